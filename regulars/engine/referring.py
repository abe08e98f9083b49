"""Referrals in a decision: who brought the member, when that counts, and what each side gets for it.

The friend's side is the friend's own decision. Word of it goes to the account of whom brought them, and from there to
those above, each in an activity of its own: `invitation` where somebody joined, `referral` where they count,
`referral_undone` where what made them count came back. No decision touches two accounts.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Final
from uuid import UUID

import msgspec

from regulars.engine import awarding, caps, periods, recording, referral_refusals, refusals
from regulars.engine import referral_returns as back
from regulars.engine import state as states
from regulars.engine.compiled import Compiled
from regulars.engine.contracts.activity import Activity
from regulars.engine.contracts.decision import Message
from regulars.engine.contracts.gifts import ReferralAct
from regulars.engine.contracts.known import CounterKey, CounterValue
from regulars.engine.judging import Judge, TakingBack, came_back
from regulars.engine.referrals import plans
from regulars.engine.referrals.plans import FRIEND, REFERRER, ReferralPlan
from regulars.engine.referred import CONVERTED, JOINED, REFUSED, Brought, Referred
from regulars.engine.scope import Scope
from regulars.engine.work import Work
from regulars.kit.errors import RegularsError
from regulars.program.contracts.referrals import CONVERTED as CONVERTED_EVENT
from regulars.program.contracts.referrals import Same

INVITATION: Final = "invitation"
REFERRAL: Final = "referral"
UNDOING: Final = "referral_undone"
TYPES: Final = {"brought": INVITATION, "converted": REFERRAL, "undone": UNDOING}
"""The type of activity that carries a word to another account."""


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
    _joined_by(work, compiled, plan, said)


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


def follow(work: Work, compiled: Compiled, taking: TakingBack | None, sale_compiled: Compiled | None) -> None:
    """What this activity means for referrals, once its rules have given what they give; `sale_compiled` is the release
    of the activity that it speaks of. Raises LotsNeeded."""
    if not compiled.referrals and taking is None:
        return
    said = work.activity.referral
    if work.activity.type == REFERRAL and said is not None:
        _rewarded(work, compiled, said)
    elif work.activity.type == UNDOING and taking is not None:
        back.take_back_reward(taking)
    else:
        if said is not None and said.act == "joined" and work.activity.type != INVITATION:
            _take_code(work, compiled, said)
        _notice(work, compiled)
        if work.verdict:
            _hear_verdict(work, compiled, sale_compiled or compiled)
        if taking is not None:
            back.look_back(taking)


def _take_code(work: Work, compiled: Compiled, said: ReferralAct) -> None:
    """The code that somebody new showed with their first activity: one that cannot be taken is said, and stops
    nothing."""
    try:
        _join(work, compiled, said)
    except RegularsError as refused:
        work.messages.append(Message(to="cashier", code="referral.refused", fields={"why": refused.code}))


def _joined_by(work: Work, compiled: Compiled, plan: ReferralPlan, said: ReferralAct) -> None:
    back.friends(work, plan)[0] += 1
    brought = work.member.referral.brought if work.member.referral is not None else None
    if brought is not None and said.friend_id is not None and brought.by == said.friend_id.bytes:
        # Each has brought the other at the same moment: neither did, and what it gave meanwhile goes back.
        word = ReferralAct(act="undone", referral=brought.referral, friend_id=work.member_id, forced=True)
        back.take_apart(work, compiled, brought, word, to=said.friend_id)
    work.hear("referral.joined", name=plan.name, friend=back.wire(said.friend_id))


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
    work.hear("referral.joined_by", name=plan.name, referrer=back.wire(said.referrer_id))
    back.send(work, said.referrer_id, ReferralAct(act="brought", referral=plan.name, friend_id=work.member_id))


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
    """What another member was seen with, of this activity or of earlier ones of the member: device, card, phone."""
    kept, shown = work.activity.counted.get(plans.TRACES), plans.traces(compiled.traced, work.activity)
    if isinstance(kept, list):
        # The past is decided again with what was known then.
        work.seen[plans.TRACES] = kept
        return [str(kind) for kind in kept]
    mine, kinds = plans.beside(work.member.id), set()
    for value in work.known.counters:
        if value.key.metric != plans.TRACES or value.value <= 0:
            continue
        who, _, kind = value.item.partition(":")
        if who == other.hex() and (value.key.owner in shown or value.key.owner == mine):
            kinds.add(kind or value.key.owner.partition(":")[0])
    found = sorted(kinds)
    if found:
        work.seen[plans.TRACES] = found
    return found


def _notice(work: Work, compiled: Compiled) -> None:
    """Look at what the member did: does it make them count, or is it too late for a code from now on?"""
    activity = work.activity
    kind = compiled.program.activities.get(activity.type)
    if kind is None or activity.reverses is not None or work.asks_first:
        return
    _remember(work, plans.traces(compiled.traced, activity))
    known = work.member.referral
    if known is not None and known.brought is not None and known.brought.stage == JOINED:
        _convert(work, compiled, known.brought, activity, work.scope)
    elif kind.basket and (known is None or not (known.began or known.brought)) and _could_join(work, compiled):
        work.member.referral = known or Referred()
        work.member.referral.began = True


def _remember(work: Work, traces: Sequence[str]) -> None:
    """What the member was seen with for the first time; and, on both sides, who was seen with it before them: whichever
    of the two counts later may do so with something else."""
    me = work.member.id
    for trace in traces:
        before = {value.item for value in work.known.counters if value.key.owner == trace and value.value > 0}
        if me.hex() in before:
            continue
        _count(work, trace, me.hex())
        kind = trace.partition(":")[0]
        for other in sorted(before) if len(before) < plans.SHARED_MOST else ():
            _count(work, plans.beside(me), f"{other}:{kind}")
            _count(work, plans.beside(bytes.fromhex(other)), f"{me.hex()}:{kind}")


def _count(work: Work, owner: str, item: str) -> None:
    work.counters.append(CounterValue(CounterKey(plans.TRACES, owner, plans.EVER), item, 1))


def _could_join(work: Work, compiled: Compiled) -> bool:
    since = states.moment(work.member.enrolled_ms)
    return any(
        plan.takes_codes(work.scope.now, member_since=since, zone=compiled.zone) for plan in compiled.referrals.values()
    )


def _hear_verdict(work: Work, compiled: Compiled, under: Compiled) -> None:
    """A person said yes or no to an activity: what waited for it counts now, what counted already does no more."""
    known, sale = work.member.referral, work.known.sale
    brought = known.brought if known is not None else None
    if brought is None or sale is None:
        return
    judge = Judge(under, sale.activity, sale.decision)
    if work.verdict == recording.REJECTED and brought.act == sale.activity.activity_id.bytes:
        back.undone(work, under, brought)
        return
    waited = judge.recorded.waits == recording.REVIEWED_FIRST and brought.stage == JOINED
    if work.verdict == recording.APPROVED and waited:
        _convert(work, compiled, brought, sale.activity, judge.judged(came_back(sale)).scope)


def _convert(work: Work, compiled: Compiled, brought: Brought, activity: Activity, scope: Scope) -> None:
    plan = compiled.referrals.get(brought.referral)
    joined_at = states.moment(brought.joined_ms)
    if plan is None or not plan.counts_at(scope.now, joined_at=joined_at, zone=compiled.zone):
        return
    if not plan.converts(scope):
        return
    same = _same(work, compiled, plan, brought.by)
    if same is not None:
        brought.stage = REFUSED
        work.hear("referral.refused", name=plan.name, by=same)
        return
    brought.stage, brought.act = CONVERTED, activity.activity_id.bytes
    brought.day = periods.number(periods.local_date(activity.occurred_at, compiled.zone))
    brought.word = b"" if activity is work.activity else work.activity.activity_id.bytes
    total = scope.basket.total
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
    back.send(work, UUID(bytes=brought.by), said)


def _rewarded(work: Work, compiled: Compiled, said: ReferralAct) -> None:
    plan = compiled.referrals[said.referral or ""]
    if said.joins:
        _joined_by(work, compiled, plan, said)
    if said.level == REFERRER:
        back.friends(work, plan)[1] += 1
    facts = {"side": "referrer", "level": said.level, "total": said.total}
    room = caps.room(work.member.used, plan.path, plan.definition.limits, work.day)
    if room is not None and room[0] <= 0:
        work.seen[back.LIMITED] = room[1].value
        work.hear("referral.limited", name=plan.name, period=room[1].value, friend=back.wire(said.friend_id))
    elif said.level < len(plan.prizes):
        for period in plan.definition.limits:
            caps.add(work.member.used, plan.path, period, work.day, 1)
        awarding.give(work, compiled, plan.prizes[said.level], {"name": plan.name, **facts})
        work.cause(CONVERTED_EVENT, plan.name, **facts, friend=back.wire(said.friend_id))
    _send_on(work, plan, said)


def _send_on(work: Work, plan: ReferralPlan, said: ReferralAct) -> None:
    """Tell whom brought this member, as far up as there is something to get; never anybody who is below already."""
    brought = work.member.referral.brought if work.member.referral is not None else None
    above = None if brought is None else UUID(bytes=brought.by)
    chain = (*said.chain, work.member_id)
    if above is None or above in chain or brought is None or brought.stage == REFUSED or said.level >= plan.depth:
        return
    back.send(work, above, msgspec.structs.replace(said, level=said.level + 1, chain=chain))


def _plan(compiled: Compiled, said: ReferralAct) -> ReferralPlan:
    plan = compiled.referrals.get(said.referral or "")
    if plan is None:
        raise referral_refusals.UnknownReferral(referral=said.referral or "", known=", ".join(compiled.referrals))
    return plan
