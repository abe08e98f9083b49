"""Step two of a batch: what one account's activities need to know, and their decisions, one on what the other left."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from typing import TYPE_CHECKING, Final

import msgspec

from regulars.activities import (
    answers,
    apply,
    chain,
    faults,
    load,
    lucky,
    pasts,
    prepare,
    rationing,
    stripping,
    use_rows,
    vouchers,
)
from regulars.activities.contracts import MemberOut, Reply
from regulars.activities.lucky import DrawsNeeded
from regulars.engine import service as engine
from regulars.engine.contracts.decision import Decision, EventDraft, Outcome
from regulars.engine.contracts.games import FactsNeeded
from regulars.engine.contracts.gifts import CodesNeeded
from regulars.engine.contracts.known import Known, QuotasNeeded, Sale
from regulars.engine.contracts.points import LotsNeeded
from regulars.kit import ids

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID

    from regulars.activities.items import Item
    from regulars.activities.lately import Place
    from regulars.activities.process import Process
    from regulars.engine.contracts.activity import Activity
    from regulars.engine.contracts.decision import Message
    from regulars.engine.contracts.known import CounterKey, CounterValue, Quota
    from regulars.engine.service import Compiled
    from regulars.kit.database import Transaction
    from regulars.members.contracts import Enrolled

ENROLLED: Final = "enrolled"
ROUNDS: Final = 12
"""It may turn out twice on the way that lots are needed, first the open ones, then those that a refund names; twice
that something is drawn; and now and then that something shared is taken of."""

_ALL_DAYS: Final = 20_000
_MOVED: Final = "member_moved"
_FROZEN: Final = engine.BalanceFrozen.code

_encode_body: Final = msgspec.json.Encoder().encode


async def decide(
    process: Process, tx: Transaction, groups: Mapping[UUID, Sequence[Item]], *, now: dt.datetime
) -> list[apply.Outcome]:
    """Load the accounts from the caller's snapshot and decide their activities: an outcome each, and a draft of the
    reply for every item."""
    wishes = {account_id: foreseen(process, wish(account_id, group), group) for account_id, group in groups.items()}
    todo = list(groups)
    outcomes = []
    added = _Added()
    for _ in range(ROUNDS):
        loaded = await load.load(tx.connection, [wishes[account_id] for account_id in todo])
        recorded = await pasts.needed(process, tx, loaded, {account_id: groups[account_id] for account_id in todo})
        thirsty = []
        for account_id in todo:
            try:
                seen = added.seen_by(loaded[account_id], wishes[account_id])
                link = _Chain(process, seen, recorded.get(account_id))
                outcome = _decide_account(process, link, groups[account_id])
                added.take(outcome)
                outcomes.append(outcome)
            except LotsNeeded as need:
                wishes[account_id] = thirstier(wishes[account_id], need)
                thirsty.append(account_id)
            except DrawsNeeded as need:
                for item in groups[account_id]:
                    # Kept with the item: should it be decided again, guards are locked before accounts.
                    item.draws |= need.draws
                wishes[account_id] = drawing(wishes[account_id], groups[account_id])
                thirsty.append(account_id)
            except QuotasNeeded as need:
                for item in groups[account_id]:
                    item.quotas |= need.keys
                wishes[account_id] = rationed(wishes[account_id], groups[account_id])
                thirsty.append(account_id)
            except CodesNeeded as need:
                wishes[account_id] = await coded(process, wishes[account_id], groups[account_id], need, now=now)
                thirsty.append(account_id)
        if not thirsty:
            return outcomes
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

    def take(self, outcome: apply.Outcome) -> None:
        """Keep what one account added."""
        for value in outcome.counters:
            self._values[outcome.program_id, value.key.metric, value.key.owner].append(value)


def wish(account_id: UUID, group: Sequence[Item]) -> load.Wish:
    """What has to be loaded to decide some activities of one account."""
    zone = group[0].compiled.program.program.zone
    days = [prepare.local_day(item.occurred_at, zone) for item in group]
    # What comes late is followed by a tick of its arrival.
    arrivals = [prepare.local_day(item.intake.received_at, zone) for item in group if not item.history]
    wanted = load.Wish(
        account_id=account_id,
        program_id=group[0].intake.program_id,
        members=tuple(dict.fromkeys(item.who.member_id for item in group)),
        zone=zone,
        first_day=min(days),
        today=max([*days, *arrivals]),
        counts=any(item.compiled.member_metrics for item in group),
        sliding=tuple(sorted({length for item in group for length in item.compiled.sliding_days})),
        # Somebody who moves takes all their days along.
        whole=_ALL_DAYS
        if any(item.intake.moving is not None for item in group)
        else max(item.compiled.whole_days for item in group),
        lots=any(_needs_lots(item) for item in group),
        led_from=tuple(dict.fromkeys(one for item in group for one in item.who.led_from)),
        sales=tuple(dict.fromkeys(item.sale_id for item in group if item.sale_id is not None)),
        holds=tuple(item.intake.hold.hold_id for item in group if item.intake.hold and item.intake.hold.hold_id),
        counters=tuple(dict.fromkeys(one for item in group for one in item.compiled.counter_ranges(activity_of(item)))),
        guards=tuple(dict.fromkeys(one for item in group for one in _guards(item))),
        entries=tuple(dict.fromkeys(entry for item in group if (entry := prepare.entry_of(item.intake)) is not None)),
    )
    if any(item.draws for item in group):
        wanted = drawing(wanted, group)
    return rationed(wanted, group) if any(item.quotas for item in group) else wanted


def guards(account_id: UUID, group: Sequence[Item]) -> set[apply.Guard]:
    """All guards that writing these activities may have to lock, as far as it turned out before."""
    wanted = wish(account_id, group)
    return {*wanted.guards, *rationing.guards((wanted.program_id, key) for key in wanted.quotas)}


def foreseen(process: Process, wanted: load.Wish, group: Sequence[Item]) -> load.Wish:
    """The same wish with what was lately asked for in such places: it will be asked for again."""
    keys = {key for item in group for key in process.quotas.of(_place(item))}
    wanted = msgspec.structs.replace(wanted, codes=vouchers.wanted(process, group))
    return msgspec.structs.replace(wanted, quotas=tuple(sorted(keys.union(wanted.quotas)))) if keys else wanted


def _place(item: Item) -> Place:
    store = None if item.store is None else item.store.id
    return (item.intake.program_id, item.compiled.release.number, item.intake.type, store)


def rationed(wanted: load.Wish, group: Sequence[Item]) -> load.Wish:
    """The same wish with what is left of everything shared that these activities take of."""
    keys = {key for item in group for key in item.quotas}
    return msgspec.structs.replace(wanted, quotas=tuple(sorted(keys.union(wanted.quotas))))


async def coded(
    process: Process, wanted: load.Wish, group: Sequence[Item], need: CodesNeeded, *, now: dt.datetime
) -> load.Wish:
    """The same wish with the codes that the member has; those that are to be given are reserved."""
    for item in group:
        item.held |= need.held
    await vouchers.reserve(process, group, need.more, now=now)
    return msgspec.structs.replace(wanted, codes=vouchers.wanted(process, group))


def drawing(wanted: load.Wish, group: Sequence[Item]) -> load.Wish:
    """The same wish with what is left of the prizes that these activities may draw."""
    ranges, guards = list(wanted.counters), list(wanted.guards)
    for item in group:
        day = prepare.local_day(item.intake.received_at, wanted.zone)
        for name in sorted(item.draws):
            plan = item.compiled.draws.get(name)
            for one in () if plan is None else plan.ranges(day):
                ranges.append(one)
                guards.append((wanted.program_id, one.metric, one.owner))
    return msgspec.structs.replace(wanted, counters=tuple(dict.fromkeys(ranges)), guards=tuple(dict.fromkeys(guards)))


def _needs_lots(item: Item) -> bool:
    intake = item.intake
    return item.sale_id is not None or bool(intake.pay) or intake.hold is not None or intake.moving is not None


def _guards(item: Item) -> list[apply.Guard]:
    """Numbers that may refuse this activity, or cut what it earns."""
    compiled = item.compiled
    if not compiled.guarded:
        return []
    ranges = compiled.counter_ranges(activity_of(item))
    return [(item.intake.program_id, one.metric, one.owner) for one in ranges if one.metric in compiled.guarded]


def thirstier(wanted: load.Wish, need: LotsNeeded) -> load.Wish:
    """The same wish with the lots that the engine asked for."""
    lapsed = wanted.lapsed or need.lapsed
    return msgspec.structs.replace(wanted, lots=True, named=(*wanted.named, *need.lots), lapsed=lapsed)


def activity_of(item: Item) -> Activity:
    """The item as the engine reads it; made once its member and its id are known."""
    made = item.made
    if made is None or (made.activity_id, made.account_id) != (item.activity_id, item.who.account_id):
        made = prepare.activity(
            item.intake,
            item.compiled.program,
            activity_id=item.activity_id,
            account_id=item.who.account_id,
            member_id=item.who.member_id,
            occurred_at=item.occurred_at,
            lines=item.lines,
            store=item.store,
            sale=item.sale_id,
            undoes=item.undoes,
            card=None if item.who.card is None else str(item.who.card.card_id),
            card_blocked=_card_blocked(item),
            earner=item.who.named,
            traces=item.traces,
            late=not item.history and prepare.is_late(item.intake, item.compiled.program, item.occurred_at),
            answered=not item.history,
            # What a till without a connection took has left its shop; an old history keeps its own time.
            online=(not item.history or item.waited) and item.intake.offline is None,
            paid=item.paid,
            abroad=item.abroad,
        )
        item.made = engine.as_kept(item.compiled, made)
        return item.made
    return made


def known_for(item: Item, known: Known) -> Known:
    """The account as this very item finds it."""
    return msgspec.structs.replace(
        known,
        enrolled_at=item.who.enrolled_at or item.occurred_at,
        card_blocked=_card_blocked(item),
    )


def _card_blocked(item: Item) -> bool:
    """Whether the card that was shown may not spend: at a till without a connection, whether it might not then."""
    card = item.who.card
    if card is None or not card.blocked:
        return False
    return item.intake.offline is None or card.blocked_at is None or card.blocked_at <= item.occurred_at


def sale_rules(process: Process, activity: Activity, sale: Sale | None) -> Compiled | None:
    """The release that judged the sale which an activity undoes (L1)."""
    return None if sale is None else process.programs.numbered(activity.program_id, sale.release)


def member_out(item: Item) -> MemberOut:
    """Who it was, as the answer says it."""
    return MemberOut(
        id=ids.to_wire("mem", item.who.member_id),
        new=item.who.enrolled is not None,
        card=None if item.who.new_card is None else item.who.new_card.number,
        card_blocked=item.who.card is not None and item.who.card.blocked,
    )


class _Chain:
    """What the activities of one account add up to while they are decided."""

    def __init__(self, process: Process, loaded: load.Loaded, recorded: pasts.Recorded | None = None) -> None:
        self.loaded = loaded
        self._process = process
        self._recorded = recorded
        self.course = self._begin()
        self.sales = dict(loaded.sales)
        self.rows: list[apply.Row] = []
        self.answers: list[apply.Answered] = []
        self.decisions: list[Decision] = []
        self.used: list[vouchers.Used] = []
        """Codes that its activities were decided on."""
        self.newcomer = False
        """Whether the next activity that is taken makes somebody a member."""
        self.group: Sequence[Item] = ()
        self.stock = vouchers.Stock(())
        self.codes = vouchers.Codes(loaded.codes)
        self.draws: frozenset[str] | None = frozenset()
        """Draws whose prizes were loaded; None in a quote, where nothing is drawn."""

    def decide(
        self, compiled: Compiled, activity: Activity, *, sale: Sale | None = None, sale_compiled: Compiled | None = None
    ) -> tuple[Decision, Activity]:
        """The next decision, and the activity with the luck that it turned out to need. Raises LotsNeeded,
        DrawsNeeded."""
        activity = self.stock.handed_in(activity)
        while True:
            try:
                now = chain.moment_of(self.course.known, activity)
                decision = self.course.decide(compiled, activity, now=now, sale=sale, sale_compiled=sale_compiled)
                return decision, activity
            except FactsNeeded as need:
                activity = self._lucky(compiled, activity, need)
            except CodesNeeded as need:
                if self.draws is not None or not need.more:
                    raise CodesNeeded(need.held, self.stock.needs(need.more)) from None
                activity = vouchers.imagined(activity, need.more)

    def _lucky(self, compiled: Compiled, activity: Activity, need: FactsNeeded) -> Activity:
        if self.draws is None:
            return lucky.unknown(activity, need.draws)
        rationed = frozenset(name for name in need.draws if compiled.draws[name].periods)
        if not rationed <= self.draws:
            raise DrawsNeeded(rationed)
        key, counters = self._process.draw_key, self.course.known.counters
        return lucky.handed_in(activity, compiled, need.draws, key=key, counters=counters)

    def _begin(self) -> chain.Course:
        past, days = (None, ()) if self._recorded is None else (self._recorded.past, self._recorded.days)
        releases = pasts.releases_of(self._process, self.loaded.program_id)
        return chain.Course(self.loaded.known, releases=releases, past=past, days=days)

    def forget_all(self) -> None:
        """Go back to what was loaded: what a newcomer was greeted with falls away with their refused first activity."""
        if self._recorded is not None:
            self._recorded = pasts.Recorded(chain.Recount(), ())
        self.course = self._begin()
        self.rows.clear()
        self.decisions.clear()
        self.used.clear()
        self.stock = vouchers.Stock(self.group)
        self.codes = vouchers.Codes(self.loaded.codes)

    def take(self, activity: Activity, decision: Decision, compiled: Compiled) -> None:
        """Go on from an accepted decision."""
        if decision.counted:
            activity = msgspec.structs.replace(activity, counted=decision.counted)
        activity = self.stock.take(activity, decision)
        self.codes.take(decision)
        self.course.take(activity, decision, compiled)
        release = compiled.release.number
        row = _row(activity, decision, release=release, version=self.course.known.version)
        if self.newcomer and activity.type != ENROLLED:
            row = msgspec.structs.replace(row, events=(EventDraft(type="member.enrolled"), *row.events))
        self.rows.append(row)
        self.decisions.append(decision)
        self.sales[activity.activity_id] = Sale(activity=activity, decision=decision.recorded, release=release)
        self.newcomer = False
        spoken_of = activity.speaks_of
        if spoken_of is not None:
            sale = self.sales[spoken_of]
            returns = (*sale.returns, (activity, decision.recorded))
            self.sales[spoken_of] = msgspec.structs.replace(sale, returns=returns)


async def decide_one(process: Process, tx: Transaction, loaded: load.Loaded, item: Item) -> tuple[Decision, Known, int]:
    """What becomes of a single activity that nobody writes: the decision, the account after it and all that follows
    from its late arrival, and the version before. Raises LotsNeeded."""
    account_id = loaded.known.account_id
    recorded = await pasts.needed(process, tx, {account_id: loaded}, {account_id: [item]})
    link = _Chain(process, loaded, recorded.get(account_id))
    link.draws = None
    decision, version = _decide_item(process, link, item)
    return decision, link.course.known, version


def _decide_account(process: Process, link: _Chain, group: Sequence[Item]) -> apply.Outcome:
    link.draws = frozenset[str]().union(*(item.draws for item in group))
    link.group, link.stock = group, vouchers.Stock(group)
    sold: dict[UUID, tuple[Item, Decision, int]] = {}
    for item in group:
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
        if item.waited and item.sale_id in sold:
            # The till of the sale is told what is there once the return that waited for it has come too.
            sale, before, version = sold[item.sale_id]
            sale.draft = _reply(sale, activity_of(sale), before, link.course.known, version=version)
    link.answers += [
        apply.Answered(activity_id=item.activity_id, status=item.draft.status, body=item.draft.body)
        for item in group
        if item.draft is not None and item.fault is None and item.intake.key is not None
    ]
    return _outcome(link, group)


def _remember(process: Process, item: Item, decision: Decision) -> None:
    keys = {ration.key for ration in decision.rations}
    # Kept with the item too: should it be decided again under a lock, guards are locked before accounts.
    item.quotas |= keys
    if keys:
        process.quotas.note(_place(item), sorted(keys))


def _decide_item(process: Process, link: _Chain, item: Item) -> tuple[Decision, int]:
    course, activity, compiled = link.course, activity_of(item), item.compiled
    version = course.known.version
    if version and item.who.enrolled is not None:
        # Somebody made them a member a moment ago: another process, or an activity before it in this chain.
        item.who = msgspec.structs.replace(item.who, enrolled=None, new_card=None)
    link.newcomer = item.who.enrolled is not None
    course.known = known_for(item, course.known)
    welcome = _welcome(process, item)
    if welcome is not None:
        # The program greets whoever is enrolled; where the till's activity is refused, nobody was.
        _try_welcome(link, item, welcome)
    sale = link.sales.get(item.sale_id) if item.sale_id is not None else None
    if activity.type == "board" and (entry_id := prepare.entry_of(item.intake)) is not None:
        activity = msgspec.structs.replace(activity, entry=link.loaded.entries.get(entry_id))
    activity = vouchers.handed_in(process, item, activity, link.codes.found)
    # Its luck stays out of the item: should it be decided again, it must see what is left of the prizes then.
    decision, activity = link.decide(compiled, activity, sale=sale, sale_compiled=sale_rules(process, activity, sale))
    if decision.outcome is not Outcome.ACCEPTED and welcome is not None:
        link.forget_all()
    if decision.outcome is Outcome.ACCEPTED:
        link.take(activity, decision, compiled)
        link.used += vouchers.used(item, activity, link.loaded.codes)
        arrival = activity.received_at
        if not item.history and decision.review_at is not None and decision.review_at <= arrival:
            decision = _catch_up(process, link, activity, decision, now=arrival)
    return decision, version


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


def _try_welcome(link: _Chain, item: Item, welcome: Activity) -> None:
    decision, welcome = link.decide(item.compiled, welcome)
    if decision.outcome is Outcome.ACCEPTED:
        link.take(welcome, decision, item.compiled)


def _catch_up(process: Process, link: _Chain, late: Activity, decision: Decision, *, now: dt.datetime) -> Decision:
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
        member=member_out(item),
        compiled=item.compiled,
        quoted=item.intake.quoted,
        version=version,
    )


def _kept(activity: Activity, decision: Decision) -> Activity:
    if decision.erased:
        return stripping.stripped(activity)
    return msgspec.structs.replace(activity, fields={}) if decision.drops_fields else activity


def _row(activity: Activity, decision: Decision, *, release: int, version: int) -> apply.Row:
    return apply.Row(
        activity_id=activity.activity_id,
        member_id=activity.member_id,
        type=activity.type,
        release=release,
        version=version,
        occurred_at=activity.occurred_at,
        received_at=activity.received_at,
        reverses=activity.speaks_of,
        # What nobody consented to is not kept either.
        body=_encode_body(_kept(activity, decision)),
        decision=decision.recorded,
        movement=decision.movement,
        events=decision.events,
        departure=decision.departure,
        case=decision.case,
        erases=decision.erased and activity.erasure is not None,
        games=decision.games,
        orders=decision.orders,
        consents=decision.consents,
        uses=use_rows.of(decision.counters),
    )


def _outcome(link: _Chain, group: Sequence[Item]) -> apply.Outcome:
    loaded, known, decisions = link.loaded, link.course.known, link.decisions
    review_at = decisions[-1].review_at if decisions else loaded.review_at
    return apply.Outcome(
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


def _watched(link: _Chain, group: Sequence[Item]) -> apply.Watched:
    guarded = frozenset[str]().union(*(item.compiled.guarded for item in group))
    if not guarded and not link.loaded.guards:
        return apply.Watched()
    added = (
        (link.loaded.program_id, one.key.metric, one.key.owner)
        for decision in link.decisions
        for one in decision.counters
        if one.key.metric in guarded
    )
    return apply.Watched(read=link.loaded.guards, added=frozenset(added))


def _shares(link: _Chain, group: Sequence[Item]) -> apply.Shares:
    rations = [ration for decision in link.decisions for ration in decision.rations]
    refused = any(item.decision is not None and item.decision.refusal is not None for item in group)
    return rationing.shares(rations, (link.loaded.known.quotas or ()) if refused else ())


def _newcomers(group: Sequence[Item]) -> tuple[Enrolled, ...]:
    found = {item.who.enrolled.member_id: item.who.enrolled for item in group if item.who.enrolled is not None}
    return tuple(found.values())
