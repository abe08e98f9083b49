"""A member moves from one account to another in two activities: what leaves is packed into luggage, what arrives is
put in its place (L63 to L66, L72). No decision ever touches two accounts.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

import msgspec

from regulars.engine import (
    challenging,
    choosing,
    climbing,
    consenting,
    ordering,
    periods,
    playing,
    referral_returns,
    uniting,
)
from regulars.engine import household_refusals as cases
from regulars.engine.attempts import Standing
from regulars.engine.attributes import restored
from regulars.engine.belonging import Belonging, Merged
from regulars.engine.compiled import Compiled
from regulars.engine.contracts import shared
from regulars.engine.contracts.activity import Activity
from regulars.engine.contracts.decision import AttributeChange, SegmentMove
from regulars.engine.contracts.households import Departure, Moving
from regulars.engine.contracts.known import DayRow
from regulars.engine.contracts.points import Lot
from regulars.engine.metrics import joining
from regulars.engine.metrics.days import Days
from regulars.engine.metrics.members import MemberNumbers
from regulars.engine.metrics.plan import MetricPlan
from regulars.engine.points import moving as points
from regulars.engine.points.moving import Baggage
from regulars.engine.state import MemberState
from regulars.engine.work import Work
from regulars.kit import ids


class Luggage(msgspec.Struct, array_like=True):
    """All that travels with a member. `day` is the local day for which the numbers are good."""

    member: MemberState
    day: int
    account: bytes
    """The account that was left."""
    rows: list[DayRow] = []
    bags: list[Baggage] = []
    resets: dict[str, list[int]] = {}
    merged: dict[bytes, Merged] = {}
    """Who was merged into the member."""
    household: str = ""
    role: str = ""
    """The household that was left, and as what."""
    team: dict[str, Standing] = {}
    """What comes along of challenges that are a goal of all members of an account."""


_encode: Final = msgspec.msgpack.Encoder().encode
unpack: Final = msgspec.msgpack.Decoder(Luggage).decode


def present(work: Work) -> None:
    """Refuses what is done for somebody who is not in this account any more, also to become one with them. Raises
    MemberMoved, TargetMoved."""
    belonging, moving = work.account.household, work.activity.moving
    arrives = moving is not None and moving.act == "arrive"
    merges = arrives and moving is not None and moving.kind == "merge" and not moving.home
    if belonging is None or (arrives and not merges):
        return
    if belonging.gone is not None or (belonging.kind and work.member.id not in belonging.roles):
        # Whoever arrives finds nobody by trying again: what they brought would lie in a dead account.
        raise cases.TargetMoved if merges else cases.MemberMoved


def belonging_of(work: Work) -> Belonging:
    """What the account knows beyond each member, made where there was nothing."""
    if work.account.household is None:
        work.account.household = Belonging()
    return work.account.household


def earners(belonging: Belonging | None, member_id: bytes) -> frozenset[UUID]:
    """A member and all who were merged into them: whose lots are theirs."""
    found = {member_id}
    if belonging is not None:
        found |= {dead for dead, merged in belonging.merged.items() if merged.into == member_id}
    return frozenset(UUID(bytes=one) for one in found)


def leave_alone(work: Work, compiled: Compiled, moving: Moving) -> None:
    """All that a member alone has goes: to be merged, or to join a household."""
    belonging = belonging_of(work)
    if belonging.kind or len(work.account.members) > 1:
        raise cases.LeaveFirst(household=belonging.kind)
    bags = [points.leave(work.purse, name, takes=everything) for name in plain_names(work)]
    luggage = pack(work, compiled, bags, resets=dict(work.account.resets), merged=dict(belonging.merged))
    work.account.resets.clear()
    to_id = moving.into_id or moving.member_id
    work.account.household = Belonging(gone=(moving.account_id.bytes, to_id.bytes))
    depart(work, compiled, moving, luggage, to_id=to_id)


def may_return(work: Work, account_id: UUID) -> bool:
    """Whether what was sold in an account comes back to this one: it is the same, or led here."""
    belonging, sale = work.account.household, work.known.sale
    if account_id == work.activity.account_id:
        return True
    # Whoever bought in a household that they have left brings it back to where they are now; and so does who was merged
    # into somebody and showed their own card then: what it earned went home with them (L66).
    sold_to = None if sale is None else sale.activity.earner or sale.activity.member_id
    if sold_to == work.member_id or belonging is None:
        return sold_to == work.member_id
    return (
        # Of the forgotten nothing is known of those who led to them; the sale was found by where they went.
        belonging.erased
        or account_id.bytes in belonging.roles
        or (sold_to is not None and sold_to.bytes in belonging.merged)
        or any(merged.account == account_id.bytes for merged in belonging.merged.values())
    )


def plain_names(work: Work) -> list[str]:
    """The balances of a member alone: what stands beside them under somebody's name is left of an earlier household,
    empty, and goes on when there is another."""
    return [name for name in sorted(work.purse.standings) if shared.MARK not in name]


def everything(lot: Lot) -> bool:
    return True


def leave_merged(work: Work, compiled: Compiled, moving: Moving) -> None:
    """Somebody who was merged into this member goes home, with the lots that are theirs and what they brought."""
    belonging = belonging_of(work)
    known = belonging.merged.get(moving.member_id.bytes)
    if known is None or known.into != work.member.id:
        raise cases.NotMerged
    came = unpack(moving.luggage)
    del belonging.merged[moving.member_id.bytes]
    for dead in came.merged:
        belonging.merged.pop(dead, None)
    theirs = {moving.member_id, *(UUID(bytes=dead) for dead in came.merged)}
    _check_pinned(work, theirs)
    bags = [
        points.leave(work.purse, name, takes=lambda lot: lot.member_id in theirs, with_holds=False, with_debts=False)
        for name in sorted(work.purse.standings)
    ]
    _take_out(work, compiled, came, known)
    luggage = msgspec.structs.replace(came, bags=bags, account=work.activity.account_id.bytes)
    send(work, moving, luggage, to_id=moving.member_id)
    _tidy(work)
    work.hear("member.unmerged", unmerged=ids.to_wire("mem", moving.member_id))


def _check_pinned(work: Work, theirs: set[UUID]) -> None:
    """Nobody goes home from what they brought while a hold pins some of it: neither side could end it as it was meant.
    Raises HoldsOpen, LotsNeeded."""
    for currency in work.purse.standings:
        work.purse.require_lots(currency)
    pinned = [use.lot_id for hold in work.purse.holds.values() if hold.is_open for use in hold.uses]
    if any(lot.member_id in theirs for lot in work.purse.named(pinned)):
        raise cases.HoldsOpen


def _take_out(work: Work, compiled: Compiled, came: Luggage, known: Merged) -> None:
    numbers = _numbers(work, compiled, came)
    joining.add(
        work.numbers.numbers,
        numbers,
        compiled.member_metrics,
        today=work.numbers.today,
        sign=-1,
        joined_on=work.numbers.joined_on,
    )
    joining.add_days(work.days, work.member_id, came.rows, compiled.member_metrics, sign=-1)
    before = dict(work.member.attributes)
    uniting.part(compiled, work.member, came.member, known)
    referral_returns.part(work, came.member)
    for name in before.keys() - work.member.attributes.keys():
        work.attributes.append(AttributeChange(work.member_id, name, None))
    show(work, compiled)


def pack(
    work: Work,
    compiled: Compiled,
    bags: list[Baggage],
    *,
    resets: dict[str, list[int]],
    merged: dict[bytes, Merged],
) -> Luggage:
    """All that a member takes along."""
    member = work.member
    member.metrics = work.numbers.numbers
    rows = joining.only(work.known.days, work.member_id, compiled.member_metrics)
    return Luggage(
        member=member,
        day=periods.number(work.numbers.today),
        account=work.activity.account_id.bytes,
        rows=rows,
        bags=[bag for bag in bags if bag.parcels or bag.holds or bag.owed],
        resets=resets,
        merged=merged,
        team=challenging.take_along(work, compiled),
    )


def depart(work: Work, compiled: Compiled, moving: Moving, luggage: Luggage, *, to_id: UUID) -> None:
    """Takes the member out of the account, with nothing left in it, and sends the luggage on its way."""
    joining.clear_days(work.days, work.member_id, work.known.days, compiled.member_metrics)
    work.attributes += [AttributeChange(work.member_id, name, None) for name in work.member.attributes]
    work.moves += [SegmentMove(work.member_id, segment, False) for segment in work.member.segments]
    climbing.leave(work)
    playing.leave(work)
    work.account.members = [one for one in work.account.members if one.id != work.member.id]
    send(work, moving, luggage, to_id=to_id)
    work.gone = True


def send(work: Work, moving: Moving, luggage: Luggage, *, to_id: UUID) -> None:
    """Sends luggage to the other account."""
    work.departure = Departure(
        kind=moving.kind,
        member_id=moving.member_id,
        account_id=moving.account_id,
        to_id=to_id,
        luggage=_encode(luggage),
        role=moving.role,
        code=moving.code,
    )


def merge(work: Work, compiled: Compiled, moving: Moving, luggage: Luggage) -> None:
    """Somebody becomes one with this member."""
    belonging = belonging_of(work)
    known = Merged(into=work.member.id, account=luggage.account)
    for dead, merged in luggage.merged.items():
        belonging.merged[dead] = Merged(into=work.member.id, account=merged.account)
    belonging.merged[luggage.member.id] = known
    numbers = _numbers(work, compiled, luggage)
    joining.add_days(work.days, work.member_id, luggage.rows, compiled.member_metrics, sign=1)
    joining.add(
        work.numbers.numbers,
        numbers,
        compiled.member_metrics,
        today=work.numbers.today,
        sign=1,
        joined_on=work.numbers.joined_on,
    )
    referral_returns.unite(work, compiled, luggage.member)
    uniting.unite(compiled, work.member, luggage.member, known)
    challenging.bring_along(work, compiled, luggage.team)
    work.attributes += [
        AttributeChange(work.member_id, name, work.member.attributes[name]) for name in known.attributes
    ]
    for currency, moments in luggage.resets.items():
        work.account.resets[currency] = sorted([*work.account.resets.get(currency, ()), *moments])[-4:]
    _unpack(work, luggage)
    show(work, compiled)
    ordering.arrive(work, compiled, luggage.member.rewards)
    work.hear("member.merged", merged=ids.to_wire("mem", moving.member_id))


def settle(work: Work, compiled: Compiled, moving: Moving, luggage: Luggage) -> None:
    """Somebody has this account for their own again, just as they left."""
    belonging = belonging_of(work)
    belonging.gone = None
    belonging.merged |= luggage.merged
    _tidy(work)
    work.account.team.update(luggage.team)
    take_in(work, compiled, luggage)


def _tidy(work: Work) -> None:
    """An account that knows nothing beyond its one member is as it was before."""
    if work.account.household == Belonging():
        work.account.household = None


def take_in(work: Work, compiled: Compiled, luggage: Luggage) -> None:
    """Puts a member into this account with all that they bring."""
    member, today = work.member, work.numbers.today
    for field in MemberState.__struct_fields__:
        setattr(member, field, getattr(luggage.member, field))
    joining.add_days(work.days, work.member_id, _as(luggage.rows, work.member_id), compiled.member_metrics, sign=1)
    member.metrics = _numbers(work, compiled, luggage)
    work.numbers = MemberNumbers(
        work.member_id,
        numbers=member.metrics,
        days=work.days,
        today=today,
        plans=compiled.member_metrics,
        joined_on=periods.date(member.joined_day),
    )
    work.attributes += [AttributeChange(work.member_id, name, value) for name, value in member.attributes.items()]
    work.moves += [SegmentMove(work.member_id, segment, True) for segment in member.segments]
    for currency, moments in luggage.resets.items():
        work.account.resets[currency] = sorted([*work.account.resets.get(currency, ()), *moments])[-4:]
    _unpack(work, luggage)
    work.account.wakes = None
    show(work, compiled)
    ordering.arrive(work, compiled, luggage.member.rewards)


def _as(rows: list[DayRow], member_id: UUID) -> list[DayRow]:
    return [msgspec.structs.replace(row, member_id=member_id) for row in rows]


def _unpack(work: Work, luggage: Luggage) -> None:
    for bag in luggage.bags:
        points.arrive(work.purse, bag)


def _numbers(work: Work, compiled: Compiled, luggage: Luggage) -> dict[int, Any]:
    return joining.moved_on(
        UUID(bytes=luggage.member.id),
        luggage.member.metrics,
        luggage.rows,
        compiled.member_metrics,
        of=periods.date(luggage.day),
        today=work.numbers.today,
        joined_on=periods.date(luggage.member.joined_day),
    )


def show(work: Work, compiled: Compiled) -> None:
    """Let expressions read the member as they are after a move."""
    member, s = work.member, work.scope.member
    s.joined_on = periods.date(member.joined_day)
    s.attributes = restored(member.attributes, compiled.dated_attributes, compiled.program.attributes)
    s.language = s.attributes.get("language")
    s.balances = {currency: standing.active for currency, standing in work.purse.standings.items()}
    choosing.show(work, compiled)
    consenting.arrive(work, compiled)
    climbing.arrive(work, compiled)
    work.stirred = True


def recount(activity: Activity, numbers: MemberNumbers, days: Days, plans: Sequence[MetricPlan]) -> None:
    """What a move did to a member's metrics, where they are counted again from what was recorded."""
    moving = activity.moving
    if moving is None:
        return
    if moving.act == "leave" and moving.kind != "unmerge":
        numbers.numbers.clear()
        joining.clear_days(days, numbers.member_id, days.written(), plans)
        return
    luggage, sign = unpack(moving.luggage), -1 if moving.act == "leave" else 1
    rows = joining.only(luggage.rows, UUID(bytes=luggage.member.id), plans)
    theirs = joining.moved_on(
        UUID(bytes=luggage.member.id),
        {plan.slot: luggage.member.metrics[plan.slot] for plan in plans if plan.slot in luggage.member.metrics},
        rows,
        plans,
        of=periods.date(luggage.day),
        today=numbers.today,
        joined_on=numbers.joined_on,
    )
    joining.add_days(days, numbers.member_id, rows, plans, sign=sign)
    joining.add(numbers.numbers, theirs, plans, today=numbers.today, sign=sign, joined_on=numbers.joined_on)
