"""Step two of a batch: what one account's activities need to know, and their decisions, one on what the other left."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from typing import TYPE_CHECKING, Final

import msgspec

from regulars.activities import (
    answers,
    chain,
    faults,
    load,
    making,
    outcomes,
    pasts,
    prepare,
    rationing,
    vouchers,
    wishing,
)
from regulars.activities.contracts import Reply
from regulars.activities.link import ENROLLED, Link
from regulars.activities.making import activity_of
from regulars.engine import service as engine
from regulars.engine.contracts.decision import Decision, Outcome
from regulars.engine.contracts.known import Known, Sale

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID

    from regulars.activities.items import Item
    from regulars.activities.process import Process
    from regulars.engine.contracts.activity import Activity
    from regulars.engine.contracts.decision import Message
    from regulars.engine.contracts.known import CounterKey, CounterValue, Quota
    from regulars.engine.service import Compiled
    from regulars.kit.database import Transaction
    from regulars.members.contracts import Enrolled

ROUNDS: Final = 12
"""It may turn out twice on the way that lots are needed, first the open ones, then those that a refund names; twice
that something is drawn; and now and then that something shared is taken of."""

_NO_NAMES: Final[frozenset[str]] = frozenset()
_MOVED: Final = "member_moved"
_FROZEN: Final = engine.BalanceFrozen.code


async def decide(
    process: Process, tx: Transaction, groups: Mapping[UUID, Sequence[Item]], *, now: dt.datetime
) -> list[outcomes.Outcome]:
    """Load the accounts from the caller's snapshot and decide their activities: an outcome each, and a draft of the
    reply for every item."""
    wishes = {
        account_id: wishing.foreseen(process, wishing.wish(account_id, group), group)
        for account_id, group in groups.items()
    }
    todo = list(groups)
    decided = []
    added = _Added()
    for _ in range(ROUNDS):
        loaded = await load.load(tx.connection, [wishes[account_id] for account_id in todo])
        recorded = await pasts.needed(process, tx, loaded, {account_id: groups[account_id] for account_id in todo})
        thirsty = []
        for account_id in todo:
            try:
                seen = added.seen_by(loaded[account_id], wishes[account_id])
                link = Link(process, seen, recorded.get(account_id))
                outcome = _decide_account(process, link, groups[account_id])
                added.take(outcome)
                decided.append(outcome)
            except wishing.NEEDS as need:
                wishes[account_id] = await wishing.more(process, wishes[account_id], groups[account_id], need, now=now)
                thirsty.append(account_id)
        if not thirsty:
            return decided
        todo = thirsty
    raise RuntimeError(f"the engine asked for lots again and again: {todo}")


class _Added:
    """What the accounts of a batch that are decided already add to numbers that are nobody's own: those after them see
    it, as if it were written."""

    def __init__(self) -> None:
        self._values: dict[tuple[int, str, str], list[CounterValue]] = defaultdict(list)

    def seen_by(self, loaded: load.Loaded, wanted: load.Wish) -> load.Loaded:
        """The account with what was added since its snapshot."""
        if not self._values:
            return loaded
        quotas = self._quotas(loaded, wanted)
        if quotas is not None:
            loaded = msgspec.structs.replace(loaded, known=msgspec.structs.replace(loaded.known, quotas=quotas))
        more = [
            value
            for one in wanted.counters
            for value in self._values.get((wanted.program_id, one.metric, one.owner), ())
            if load.inside(value, one)
        ]
        if not more:
            return loaded
        known = msgspec.structs.replace(loaded.known, counters=chain.add_counters(loaded.known.counters, more))
        return msgspec.structs.replace(loaded, known=known)

    def _quotas(self, loaded: load.Loaded, wanted: load.Wish) -> dict[CounterKey, Quota] | None:
        known = loaded.known.quotas
        if not known:
            return None
        more = [
            value
            for key in wanted.quotas
            for value in self._values.get((wanted.program_id, key.metric, key.owner), ())
            if value.key == key
        ]
        return chain.add_quotas(known, more) if more else None

    def take(self, outcome: outcomes.Outcome) -> None:
        """Keep what one account added."""
        for value in outcome.counters:
            self._values[outcome.program_id, value.key.metric, value.key.owner].append(value)


async def decide_one(process: Process, tx: Transaction, loaded: load.Loaded, item: Item) -> tuple[Decision, Known, int]:
    """What becomes of a single activity that nobody writes: the decision, the account after it and all that follows
    from its late arrival, and the version before. Raises LotsNeeded."""
    account_id = loaded.known.account_id
    recorded = await pasts.needed(process, tx, {account_id: loaded}, {account_id: [item]})
    link = Link(process, loaded, recorded.get(account_id))
    link.draws = None
    decision, version = _decide_item(process, link, item)
    return decision, link.course.known, version


def _decide_account(process: Process, link: Link, group: Sequence[Item]) -> outcomes.Outcome:
    link.draws = _NO_NAMES.union(*[item.draws for item in group])
    link.group, link.stock = group, vouchers.Stock(group)
    sold: dict[UUID, tuple[Item, Decision, int]] = {}
    for item in group:
        if item.sale_item is not None and item.sale_item.fault is not None:
            # What its sale is not done for now, it is not done for either: sent again, or swept up, both are.
            item.fault = item.sale_item.fault
            continue
        decision, version = _decide_item(process, link, item)
        item.decision = decision
        _remember(process, item, decision)
        if decision.refusal is not None and decision.refusal.code == _MOVED:
            # Identified a moment before they left: where they are now, the next try knows. The key is not used up.
            item.fault = faults.MemberMoving()
            continue
        if decision.refusal is not None and decision.refusal.code == _FROZEN and item.intake.offline is not None:
            # The goods are gone: it stays undone only until somebody has looked. The till's number is not used up.
            item.fault = engine.BalanceFrozen(currency=str(decision.refusal.fields["currency"]))
            continue
        item.draft = _reply(item, activity_of(item), decision, link.course.known, version=version)
        sold[item.activity_id] = (item, decision, version)
        first = _waited_for(item)
        if first.activity_id in sold and first is not item:
            # The till of the sale is told what is there once what waited for it has come too.
            sale, before, version = sold[first.activity_id]
            sale.draft = _reply(sale, activity_of(sale), before, link.course.known, version=version)
    link.answers += [
        outcomes.Answered(activity_id=item.activity_id, status=item.draft.status, body=item.draft.body)
        for item in group
        if item.draft is not None and item.fault is None and item.intake.key is not None
    ]
    return _outcome(link, group)


def _waited_for(item: Item) -> Item:
    """What it waited for, and that perhaps for another: the one whose till is being answered now."""
    while item.waited and item.sale_item is not None:
        item = item.sale_item
    return item


def _remember(process: Process, item: Item, decision: Decision) -> None:
    keys = {ration.key for ration in decision.rations}
    # Kept with the item too: should it be decided again under a lock, guards are locked before accounts.
    item.quotas |= keys
    if keys:
        process.quotas.note(wishing.place_of(item), sorted(keys))


def _decide_item(process: Process, link: Link, item: Item) -> tuple[Decision, int]:
    course, activity, compiled = link.course, activity_of(item), item.compiled
    version = course.known.version
    if version and item.who.enrolled is not None:
        # Somebody made them a member a moment ago: another process, or an activity before it in this chain.
        item.who = msgspec.structs.replace(item.who, enrolled=None, new_card=None)
    link.newcomer = item.who.enrolled is not None
    course.known = making.known_for(item, course.known)
    welcome = _welcome(process, item)
    if welcome is not None:
        # The program greets whoever is enrolled; where the till's activity is refused, nobody was.
        _try_welcome(link, item, welcome)
    sale = link.sales.get(item.sale_id) if item.sale_id is not None else None
    if activity.type == "board" and (entry_id := prepare.entry_of(item.intake)) is not None:
        activity = msgspec.structs.replace(activity, entry=link.loaded.entries.get(entry_id))
    activity = vouchers.handed_in(process, item, activity, link.codes.found)
    # Its luck stays out of the item: should it be decided again, it must see what is left of the prizes then.
    decision, activity = link.decide(compiled, activity, sale=sale, sale_compiled=_sale_rules(process, activity, sale))
    if decision.outcome is not Outcome.ACCEPTED and welcome is not None:
        link.forget_all()
    if decision.outcome is Outcome.ACCEPTED:
        link.take(activity, decision, compiled)
        link.used += vouchers.used(item, activity, link.loaded.codes)
        arrival = activity.received_at
        if not item.history and decision.review_at is not None and decision.review_at <= arrival:
            decision = _catch_up(process, link, activity, decision, now=arrival)
    return decision, version


def _sale_rules(process: Process, activity: Activity, sale: Sale | None) -> Compiled | None:
    """The release that judged the sale which an activity undoes (L1)."""
    return None if sale is None else process.programs.numbered(activity.program_id, sale.release)


def _welcome(process: Process, item: Item) -> Activity | None:
    """The `enrolled` that goes before somebody's first activity, where rules of the program listen to it."""
    if item.who.enrolled is None or item.intake.type == ENROLLED or not item.compiled.type(ENROLLED).rules:
        return None
    first = activity_of(item)
    # Before it in the order of ids too: of lots with the same dates that of the greeting is spent first (L24).
    before = first.received_at - dt.timedelta(milliseconds=1)
    return msgspec.structs.replace(
        engine.tick(first, activity_id=process.new_id(before), at=first.occurred_at),
        type=ENROLLED,
        received_at=first.received_at,
        source=first.source,
    )


def _try_welcome(link: Link, item: Item, welcome: Activity) -> None:
    decision, welcome = link.decide(item.compiled, welcome)
    if decision.outcome is Outcome.ACCEPTED:
        link.take(welcome, decision, item.compiled)


def _catch_up(process: Process, link: Link, late: Activity, decision: Decision, *, now: dt.datetime) -> Decision:
    """What arrived late is followed by what time has done since: earned in January, expired in February, told in one
    answer (L32). Gives the decision as it is to be told."""
    compiled = process.programs.at(late.program_id, now)
    tick = engine.tick(late, activity_id=process.new_id(now), at=now)
    since, tick = link.decide(compiled, tick)
    link.take(tick, since, compiled)
    active = {balance.currency: balance.active for balance in link.course.known.balances}
    return msgspec.structs.replace(
        decision,
        expiring=since.expiring,
        # Nobody is told in February that points will end in January.
        messages=tuple(_as_of_now(one, active) for one in decision.messages if one.code != "points.expiring"),
    )


def _as_of_now(message: Message, active: Mapping[str, int]) -> Message:
    currency = message.fields.get("currency")
    if message.code != "balance" or message.say or not isinstance(currency, str):
        return message
    was, now = message.fields["points"], active.get(currency, 0)
    points = {**was, "amount": now} if isinstance(was, dict) else now
    return msgspec.structs.replace(message, fields={**message.fields, "points": points})


def _reply(item: Item, activity: Activity, decision: Decision, known: Known, *, version: int) -> Reply:
    if decision.refusal is not None:
        return answers.refused(decision.refusal, item.compiled)
    if item.history and item.intake.key is None:
        # Nobody reads the answer of one row among a million.
        return Reply(status=201, body=b"", activity_id=activity.activity_id)
    return answers.accepted(
        activity,
        decision,
        known,
        member=making.member_out(item),
        compiled=item.compiled,
        quoted=item.intake.quoted,
        version=version,
    )


def _outcome(link: Link, group: Sequence[Item]) -> outcomes.Outcome:
    loaded, known, decisions = link.loaded, link.course.known, link.decisions
    review_at = decisions[-1].review_at if decisions else loaded.review_at
    return outcomes.Outcome(
        account_id=known.account_id,
        program_id=loaded.program_id,
        expected=loaded.known.version,
        clock=known.clock,
        metric_day=known.metric_day,
        state=known.state,
        review_at=review_at,
        review_moved=review_at != loaded.review_at,
        rows=tuple(link.rows),
        answers=tuple(link.answers),
        days=tuple(link.course.written.values()),
        counters=chain.add_counters((), [one for decision in decisions for one in decision.counters]),
        segments=tuple(link.course.moves),
        attributes=tuple(change for decision in decisions for change in decision.attributes),
        hashes=loaded.hashes,
        # A refused first activity makes nobody a member.
        enrolled=_newcomers(group) if link.rows else (),
        tiers=tuple(move for decision in decisions for move in decision.tiers),
        watched=_watched(link, group),
        shares=_shares(link, group),
        used=tuple(link.used),
        codes=tuple(
            vouchers.Written(link.loaded.program_id, row.activity_id, change)
            for row, decision in zip(link.rows, decisions, strict=True)
            for change in decision.codes
        ),
    )


def _watched(link: Link, group: Sequence[Item]) -> outcomes.Watched:
    guarded = _NO_NAMES.union(*[item.compiled.guarded for item in group])
    if not guarded and not link.loaded.guards:
        return outcomes.Watched()
    added = (
        (link.loaded.program_id, one.key.metric, one.key.owner)
        for decision in link.decisions
        for one in decision.counters
        if one.key.metric in guarded
    )
    return outcomes.Watched(read=link.loaded.guards, added=frozenset(added))


def _shares(link: Link, group: Sequence[Item]) -> outcomes.Shares:
    rations = [ration for decision in link.decisions for ration in decision.rations]
    refused = any(item.decision is not None and item.decision.refusal is not None for item in group)
    return rationing.shares(rations, (link.loaded.known.quotas or ()) if refused else ())


def _newcomers(group: Sequence[Item]) -> tuple[Enrolled, ...]:
    found = {item.who.enrolled.member_id: item.who.enrolled for item in group if item.who.enrolled is not None}
    return tuple(found.values())
