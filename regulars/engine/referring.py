"""Referrals in a decision: who brought the member, when that counts, and what each side gets for it.

The friend's side is the friend's own decision. Word of it goes to the account of whom brought them, and from there to
those above, each in an activity of its own: `invitation` where somebody joined, `referral` where they count,
`referral_undone` where what made them count came back. No decision touches two accounts.
"""

from __future__ import annotations

import datetime as dt
from typing import Final
from uuid import UUID

import msgspec

from regulars.engine import awarding, caps, periods, referral_refusals, refusals
from regulars.engine import state as states
from regulars.engine.compiled import Compiled
from regulars.engine.contracts.decision import Message
from regulars.engine.contracts.gifts import ReferralAct
from regulars.engine.contracts.households import Departure
from regulars.engine.contracts.known import CounterKey, CounterValue
from regulars.engine.contracts.points import LotId
from regulars.engine.judging import TakingBack
from regulars.engine.referrals import plans
from regulars.engine.referrals.plans import FRIEND, REFERRER, ReferralPlan
from regulars.engine.referred import CONVERTED, JOINED, REFUSED, UNDONE, Brought, Referred
from regulars.engine.rules import RulePlan
from regulars.engine.state import MemberState
from regulars.engine.work import Work
from regulars.kit import ids
from regulars.kit.errors import RegularsError
from regulars.program.contracts.effects import OnReversal
from regulars.program.contracts.referrals import CONVERTED as CONVERTED_EVENT
from regulars.program.contracts.referrals import Same, Undone

INVITATION: Final = "invitation"
REFERRAL: Final = "referral"
UNDOING: Final = "referral_undone"
LIMITED: Final = "referral limited"
"""Under which name it is kept with the activity that it rewarded nobody, since the period was used up."""
ERRAND: Final = "referral"
"""The kind of a departure that carries word and leads nobody."""
TYPES: Final = {"brought": INVITATION, "converted": REFERRAL, "undone": UNDOING}
"""The type of activity that carries a word to another account."""

_encode: Final = msgspec.msgpack.Encoder().encode


def show(work: Work, compiled: Compiled) -> None:
    """Nothing of it is read by expressions beside `event.`."""


def move(work: Work, compiled: Compiled) -> None:
    """No effect of a rule asks for anything here."""


def next_day(work: Work, compiled: Compiled, after: dt.date) -> dt.date | None:
    """Nothing of it changes by time alone: what comes late is judged by when it happened."""
    return None


def pass_day(work: Work, compiled: Compiled, day: dt.date) -> None:
    """Nothing comes due."""


def act(work: Work, compiled: Compiled) -> None:
    """`invitation`: a code is taken, or somebody joined by the member's own. Raises the cases of `referral_refusals`,
    MissingPart."""
    said = work.activity.referral
    if said is None or said.act not in {"joined", "brought"}:
        raise refusals.MissingPart(type=work.activity.type, part="referral")
    if said.act == "joined":
        _join(work, compiled, said)
        return
    plan = _plan(compiled, said)
    _joined_by(work, plan, said)


def reward(work: Work, compiled: Compiled) -> None:
    """`referral`: somebody whom the member brought counts; what it gives is given in `follow`. Raises UnknownReferral,
    MissingPart."""
    said = work.activity.referral
    if said is None or said.act != "converted":
        raise refusals.MissingPart(type=work.activity.type, part="referral")
    _plan(compiled, said)


def undo(work: Work, compiled: Compiled) -> None:
    """`referral_undone`: what made them count came back; what it gave is taken back in `follow`. Raises MissingPart."""
    if work.activity.referral is None or work.activity.reverses is None:
        raise refusals.MissingPart(type=work.activity.type, part="referral")


def follow(work: Work, compiled: Compiled, taking: TakingBack | None) -> None:
    """What this activity means for referrals, once its rules have given what they give. Raises LotsNeeded."""
    if not compiled.referrals and taking is None:
        return
    said = work.activity.referral
    if work.activity.type == REFERRAL and said is not None:
        _rewarded(work, compiled, said)
    elif work.activity.type == UNDOING and taking is not None:
        _take_back_reward(taking)
    else:
        if said is not None and said.act == "joined" and work.activity.type != INVITATION:
            _take_code(work, compiled, said)
        _notice(work, compiled)
        if taking is not None:
            _look_back(taking)


def _take_code(work: Work, compiled: Compiled, said: ReferralAct) -> None:
    """The code that somebody new showed with their first activity: one that cannot be taken is said, and stops
    nothing."""
    try:
        _join(work, compiled, said)
    except RegularsError as refused:
        work.messages.append(Message(to="cashier", code="referral.refused", fields={"why": refused.code}))


def _joined_by(work: Work, plan: ReferralPlan, said: ReferralAct) -> None:
    _friends(work, plan)[0] += 1
    brought = work.member.referral.brought if work.member.referral is not None else None
    if brought is not None and said.friend_id is not None and brought.by == said.friend_id.bytes:
        # Each has brought the other at the same moment: neither did.
        brought.stage = REFUSED
    work.hear("referral.joined", name=plan.name, friend=_wire(said.friend_id))


def _join(work: Work, compiled: Compiled, said: ReferralAct) -> None:
    plan = compiled.referrals.get(said.referral or "")
    if said.referrer_id is None or plan is None or not plan.is_open(work.day):
        raise referral_refusals.ReferralCodeUnknown
    known = work.member.referral or Referred()
    if known.brought is not None:
        raise referral_refusals.ReferredAlready
    since = states.moment(work.member.enrolled_ms)
    in_time = plan.takes_codes(work.scope.now, member_since=since, zone=compiled.zone)
    if known.began or known.friends or not in_time:
        raise referral_refusals.ReferralTooLate
    same = _same(work, compiled, plan, said.referrer_id.bytes)
    if same is not None:
        raise referral_refusals.SelfReferral(by=same)
    known.brought = Brought(plan.name, said.referrer_id.bytes, states.ms(work.scope.now))
    work.member.referral = known
    work.hear("referral.joined_by", name=plan.name, referrer=_wire(said.referrer_id))
    _send(work, said.referrer_id, ReferralAct(act="brought", referral=plan.name, friend_id=work.member_id))


def _same(work: Work, compiled: Compiled, plan: ReferralPlan, other: bytes) -> str | None:
    """By what the member shows to be one with another; none: nothing says so."""
    belonging = work.account.household
    merged = belonging is not None and (other in belonging.merged or work.member.id in belonging.merged)
    if other == work.member.id or merged:
        return "member"
    kinds = plan.definition.same_person
    together = belonging is not None and other in belonging.roles
    if Same.HOUSEHOLD in kinds and (together or any(one.id == other for one in work.account.members)):
        return Same.HOUSEHOLD.value
    return next((kind for kind in _seen_with(work, compiled, other) if kind in {one.value for one in kinds}), None)


def _seen_with(work: Work, compiled: Compiled, other: bytes) -> list[str]:
    """What of this activity another member was seen with before: device, card, phone."""
    kept, shown = work.activity.counted.get(plans.TRACES), plans.traces(compiled.traced, work.activity)
    if isinstance(kept, list):
        # The past is decided again with what was known then.
        work.seen[plans.TRACES] = kept
        return [str(kind) for kind in kept]
    found = sorted(
        {
            value.key.owner.partition(":")[0]
            for value in work.known.counters
            if value.key.metric == plans.TRACES
            and value.key.owner in shown
            and value.item == other.hex()
            and value.value > 0
        }
    )
    if found:
        work.seen[plans.TRACES] = found
    return found


def _notice(work: Work, compiled: Compiled) -> None:
    """Look at what the member did: does it make them count, or is it too late for a code from now on?"""
    activity = work.activity
    kind = compiled.program.activities.get(activity.type)
    if kind is None or activity.reverses is not None or work.asks_first:
        return
    there = {value.key.owner for value in work.known.counters if value.item == work.member.id.hex()}
    for trace in plans.traces(compiled.traced, activity):
        if trace in there:
            continue
        work.counters.append(CounterValue(CounterKey(plans.TRACES, trace, plans.EVER), work.member.id.hex(), 1))
    known = work.member.referral
    if known is not None and known.brought is not None and known.brought.stage == JOINED:
        _convert(work, compiled, known.brought)
    elif kind.basket and (known is None or not (known.began or known.brought)) and _could_join(work, compiled):
        work.member.referral = known or Referred()
        work.member.referral.began = True


def _could_join(work: Work, compiled: Compiled) -> bool:
    since = states.moment(work.member.enrolled_ms)
    return any(
        plan.takes_codes(work.scope.now, member_since=since, zone=compiled.zone) for plan in compiled.referrals.values()
    )


def _convert(work: Work, compiled: Compiled, brought: Brought) -> None:
    plan = compiled.referrals.get(brought.referral)
    joined_at = states.moment(brought.joined_ms)
    if plan is None or not plan.counts_at(work.scope.now, joined_at=joined_at, zone=compiled.zone):
        return
    if not plan.converts(work.scope):
        return
    same = _same(work, compiled, plan, brought.by)
    if same is not None:
        brought.stage = REFUSED
        work.hear("referral.refused", name=plan.name, by=same)
        return
    brought.stage, brought.act = CONVERTED, work.activity.activity_id.bytes
    brought.day = periods.number(work.day)
    total = work.scope.basket.total
    facts = {"side": "friend", "level": FRIEND, "total": total}
    brought.given = awarding.give(work, compiled, plan.prizes[FRIEND], {"name": plan.name, **facts})
    work.cause(CONVERTED_EVENT, plan.name, **facts)
    said = ReferralAct(
        act="converted",
        referral=plan.name,
        friend_id=work.member_id,
        level=REFERRER,
        chain=(work.member_id,),
        total=total,
    )
    _send(work, UUID(bytes=brought.by), said)


def _rewarded(work: Work, compiled: Compiled, said: ReferralAct) -> None:
    plan = compiled.referrals[said.referral or ""]
    if said.joins:
        _joined_by(work, plan, said)
    if said.level == REFERRER:
        _friends(work, plan)[1] += 1
    facts = {"side": "referrer", "level": said.level, "total": said.total}
    room = caps.room(work.member.used, plan.path, plan.definition.limits, work.day)
    if room is not None and room[0] <= 0:
        work.seen[LIMITED] = room[1].value
        work.hear("referral.limited", name=plan.name, period=room[1].value, friend=_wire(said.friend_id))
    elif said.level < len(plan.prizes):
        for period in plan.definition.limits:
            caps.add(work.member.used, plan.path, period, work.day, 1)
        awarding.give(work, compiled, plan.prizes[said.level], {"name": plan.name, **facts})
        work.cause(CONVERTED_EVENT, plan.name, **facts, friend=_wire(said.friend_id))
    _send_on(work, plan, said)


def _send_on(work: Work, plan: ReferralPlan, said: ReferralAct) -> None:
    """Tell whom brought this member, as far up as there is something to get; never anybody who is below already."""
    brought = work.member.referral.brought if work.member.referral is not None else None
    above = None if brought is None else UUID(bytes=brought.by)
    chain = (*said.chain, work.member_id)
    if above is None or above in chain or brought is None or brought.stage == REFUSED or said.level >= plan.depth:
        return
    _send(work, above, msgspec.structs.replace(said, level=said.level + 1, chain=chain))


def _look_back(taking: TakingBack) -> None:
    """What a return undoes: the friend counts no more, what their counting gave goes as the referral says it."""
    work, sale = taking.work, taking.sale
    known = work.member.referral
    brought = known.brought if known is not None else None
    if brought is None or brought.stage != CONVERTED or brought.act != sale.activity_id.bytes:
        return
    plan = taking.compiled.referrals.get(brought.referral)
    if plan is None or (not taking.takes_all and plan.converts(taking.after.scope)):
        return
    brought.stage = UNDONE
    _undo(
        taking.work,
        taking.compiled,
        plan.definition.on_reversal,
        plan.prizes[FRIEND],
        brought.given,
        day=brought.day,
        act=sale.activity_id,
    )
    brought.given = []
    work.hear("referral.undone", name=plan.name)
    said = ReferralAct(act="undone", referral=plan.name, friend_id=work.member_id, of=sale.activity_id)
    _send(work, UUID(bytes=brought.by), said)


def _take_back_reward(taking: TakingBack) -> None:
    """What a friend's counting gave this member goes, with what rules gave that listened to it."""
    work, said, word = taking.work, taking.sale.referral, taking.work.activity.referral
    plan = taking.compiled.referrals.get(said.referral or "") if said is not None else None
    if said is None or word is None or plan is None:
        return
    recorded = taking.recorded
    given = [(rule, currency, points) for rule, currency, points in recorded.others[recorded.timed :] if points > 0]
    by_name = {rule.name: rule for rule in taking.compiled.rules}
    if said.level <= plan.depth:
        by_name[plan.path] = plan.prizes[said.level]
    for name, rule in by_name.items():
        found = [(place, points) for one, currency, points in given if one == name for place in _places(rule, currency)]
        mode = plan.definition.on_reversal if name == plan.path and not word.forced else Undone.REVERSE
        if found:
            day = periods.number(taking.sale_day)
            _undo(work, taking.compiled, mode, rule, found, day=day, act=taking.sale.activity_id)
    if LIMITED not in taking.sale.counted and said.level <= plan.depth:
        for period in plan.definition.limits:
            caps.add(work.member.used, plan.path, period, taking.sale_day, -1)
    if said.level == REFERRER:
        friends = _friends(work, plan)
        friends[1] = max(friends[1] - 1, 0)
    work.hear("referral.undone", name=plan.name, friend=_wire(said.friend_id))
    brought = work.member.referral.brought if work.member.referral is not None else None
    if brought is not None and said.level < plan.depth:
        above = msgspec.structs.replace(word, of=taking.sale.activity_id)
        _send(work, UUID(bytes=brought.by), above)


def _places(rule: RulePlan, currency: str) -> list[int]:
    """The place of the effect of a rule that gives a currency: the first, where several do."""
    return [place for place, plan in awarding.points_of(rule).items() if plan.currency.name == currency][:1]


def _undo(
    work: Work,
    compiled: Compiled,
    mode: Undone,
    rule: RulePlan,
    given: list[tuple[int, int]],
    *,
    day: int,
    act: UUID,
) -> None:
    """Take back what one side got, as the referral says it; of rules that listened, as their effects do."""
    if mode is Undone.KEEP:
        return
    effects = awarding.points_of(rule)
    for place, points in given:
        effect = effects.get(place)
        if effect is None or points <= 0:
            continue
        currency = effect.currency.name
        waits = _waiting(work, currency, rule.name, act) if mode is Undone.PENDING else []
        back = points if mode is Undone.REVERSE else min(sum(n for _, n in waits), points)
        if back:
            lots = [lot_id for lot_id, _ in waits]
            awarding.take_back(work, compiled, rule, [(place, back)], day=periods.date(day), lots=lots)
        if points > back and effect.definition.on_reversal is not OnReversal.KEEP:
            awarding.ask(work, rule.name, currency, points - back)


def _waiting(work: Work, currency: str, rule: str, act: UUID) -> list[tuple[LotId, int]]:
    """What an activity gave by a rule and is still pending."""
    work.purse.require_lots(currency)
    return [
        (lot_id, lot.remaining)
        for lot_id, lot in sorted(work.purse.lots.items())
        if lot.currency == currency and lot.pending and lot.rule == rule and lot.source_id == act and lot.remaining
    ]


def unite(work: Work, compiled: Compiled, theirs: MemberState) -> None:
    """Another becomes one with this member. Did one of them bring the other, they brought themselves, and what both got
    for it goes back (L64). Raises LotsNeeded."""
    mine, other = work.member.referral, theirs.referral
    people = {work.member.id, theirs.id, *(work.account.household.merged if work.account.household else ())}
    for known in (mine, other):
        brought = known.brought if known is not None else None
        if brought is not None and brought.by in people:
            _take_apart(work, compiled, brought)
    if other is None:
        return
    both = mine or Referred()
    for name, (joined, counted) in other.friends.items():
        held = both.friends.get(name, [0, 0])
        both.friends[name] = [held[0] + joined, held[1] + counted]
    # Who was here before is no newcomer, whatever they were taken for as somebody else.
    new = other.brought is not None and (other.brought.stage != JOINED or work.member.joined_day >= theirs.joined_day)
    if both.brought is None and new:
        both.brought = other.brought
    work.member.referral = None if both == Referred() else both


def part(work: Work, theirs: MemberState) -> None:
    """Somebody who was merged into this member goes home, with their own friends, and with what became of who brought
    them."""
    mine, other = work.member.referral, theirs.referral
    if mine is None or other is None:
        return
    for name, (joined, counted) in other.friends.items():
        held = mine.friends.get(name, [0, 0])
        rest = [max(held[0] - joined, 0), max(held[1] - counted, 0)]
        if any(rest):
            mine.friends[name] = rest
        else:
            mine.friends.pop(name, None)
    if other.brought is not None:
        own = mine.brought
        if own is not None and (own.by, own.joined_ms) == (other.brought.by, other.brought.joined_ms):
            other.brought, mine.brought = own, None
        elif other.brought.by == work.member.id and other.brought.stage != JOINED:
            other.brought.stage, other.brought.given = UNDONE, []
    if mine == Referred():
        work.member.referral = None


def _take_apart(work: Work, compiled: Compiled, brought: Brought) -> None:
    """Nobody brings themselves: what both sides got goes back."""
    counted, brought.stage = brought.stage == CONVERTED, REFUSED
    plan = compiled.referrals.get(brought.referral)
    if not counted or plan is None:
        return
    of = UUID(bytes=brought.act)
    _undo(work, compiled, Undone.REVERSE, plan.prizes[FRIEND], brought.given, day=brought.day, act=of)
    brought.given = []
    work.hear("referral.undone", name=plan.name)
    _send(work, work.member_id, ReferralAct(act="undone", referral=plan.name, of=of, forced=True))


def _friends(work: Work, plan: ReferralPlan) -> list[int]:
    if work.member.referral is None:
        work.member.referral = Referred()
    return work.member.referral.friends.setdefault(plan.name, [0, 0])


def _plan(compiled: Compiled, said: ReferralAct) -> ReferralPlan:
    plan = compiled.referrals.get(said.referral or "")
    if plan is None:
        raise referral_refusals.UnknownReferral(referral=said.referral or "", known=", ".join(compiled.referrals))
    return plan


def _send(work: Work, to: UUID, said: ReferralAct) -> None:
    """Word for another account; it is carried to wherever that member is."""
    if work.departure is not None and said.act == "converted":
        # Joined and counting by one activity: one word says both.
        said = msgspec.structs.replace(said, joins=True)
    work.departure = Departure(kind=ERRAND, member_id=work.member_id, account_id=to, to_id=to, luggage=_encode(said))


def _wire(member_id: UUID | None) -> str | None:
    return None if member_id is None else ids.to_wire("mem", member_id)
