"""What comes back of referrals: returns, and members who turn out to be one (L4, L64); and the word that goes to other
accounts.
"""

from __future__ import annotations

from typing import Final
from uuid import UUID

import msgspec

from regulars.engine import awarding, caps, periods
from regulars.engine.compiled import Compiled
from regulars.engine.contracts.gifts import ReferralAct
from regulars.engine.contracts.households import Departure
from regulars.engine.contracts.points import LotId
from regulars.engine.judging import TakingBack
from regulars.engine.referrals.plans import FRIEND, REFERRER, ReferralPlan
from regulars.engine.referred import CONVERTED, JOINED, REFUSED, UNDONE, Brought, Referred
from regulars.engine.rules import RulePlan
from regulars.engine.state import MemberState
from regulars.engine.work import Work
from regulars.kit import ids
from regulars.program.contracts.effects import OnReversal
from regulars.program.contracts.referrals import Undone

LIMITED: Final = "referral limited"
"""Under which name it is kept with the activity that it rewarded nobody, since the period was used up."""
ERRAND: Final = "referral"
"""The kind of a departure that carries word and leads nobody."""

_encode: Final = msgspec.msgpack.Encoder().encode


def told_by(brought: Brought) -> UUID:
    """The activity by which whom brought the member heard of it."""
    return UUID(bytes=brought.word or brought.act)


def look_back(taking: TakingBack) -> None:
    """What a return undoes: the friend counts no more, what their counting gave goes as the referral says it."""
    work, sale = taking.work, taking.sale
    known = work.member.referral
    brought = known.brought if known is not None else None
    if brought is None or brought.stage != CONVERTED or brought.act != sale.activity_id.bytes:
        return
    plan = taking.compiled.referrals.get(brought.referral)
    if plan is None or (not taking.takes_all and plan.converts(taking.after.scope)):
        return
    undone(work, taking.compiled, brought)


def undone(work: Work, under: Compiled, brought: Brought) -> None:
    """The friend counts no more, and whom brought them is told."""
    plan = under.referrals.get(brought.referral)
    if plan is None or brought.stage != CONVERTED:
        return
    brought.stage, of = UNDONE, told_by(brought)
    mode, prize = plan.definition.on_reversal, plan.prizes[FRIEND]
    _undo(work, under, mode, prize, brought.given, day=brought.day, act=of)
    brought.given = []
    work.hear("referral.undone", name=plan.name)
    said = ReferralAct(act="undone", referral=plan.name, friend_id=work.member_id, of=of)
    send(work, UUID(bytes=brought.by), said)


def take_back_reward(taking: TakingBack) -> None:
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
        held = friends(work, plan)
        held[1] = max(held[1] - 1, 0)
    work.hear("referral.undone", name=plan.name, friend=wire(said.friend_id))
    brought = work.member.referral.brought if work.member.referral is not None else None
    # A word that would have gone round in a ring was never sent on.
    if brought is not None and said.level < plan.depth and UUID(bytes=brought.by) not in said.chain:
        above = msgspec.structs.replace(word, of=taking.sale.activity_id)
        send(work, UUID(bytes=brought.by), above)


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
            said = ReferralAct(act="undone", referral=brought.referral, forced=True)
            take_apart(work, compiled, brought, said, to=work.member_id)
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


def take_apart(work: Work, compiled: Compiled, brought: Brought, said: ReferralAct, *, to: UUID) -> None:
    """It turns out that nobody brought anybody: what both sides got goes back, and `said` tells the other side."""
    counted, brought.stage = brought.stage == CONVERTED, REFUSED
    plan = compiled.referrals.get(brought.referral)
    if not counted or plan is None:
        return
    of = told_by(brought)
    _undo(work, compiled, Undone.REVERSE, plan.prizes[FRIEND], brought.given, day=brought.day, act=of)
    brought.given = []
    work.hear("referral.undone", name=plan.name)
    send(work, to, msgspec.structs.replace(said, of=of))


def friends(work: Work, plan: ReferralPlan) -> list[int]:
    """[how many joined by the member's code, how many of them count] of a referral."""
    if work.member.referral is None:
        work.member.referral = Referred()
    return work.member.referral.friends.setdefault(plan.name, [0, 0])


def send(work: Work, to: UUID, said: ReferralAct) -> None:
    """Word for another account; it is carried to wherever that member is."""
    if work.departure is not None and said.act == "converted":
        # Joined and counting by one activity: one word says both.
        said = msgspec.structs.replace(said, joins=True)
    work.departure = Departure(kind=ERRAND, member_id=work.member_id, account_id=to, to_id=to, luggage=_encode(said))


def wire(member_id: UUID | None) -> str | None:
    """The id of a member as the world reads it."""
    return None if member_id is None else ids.to_wire("mem", member_id)
