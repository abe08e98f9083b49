"""An account of several members in one decision: one of them in focus at a time, and time passes for all."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from uuid import UUID

from regulars.engine import attributes, counting, periods, reviewing, standing, timing
from regulars.engine import state as states
from regulars.engine.compiled import Compiled
from regulars.engine.contracts import shared
from regulars.engine.contracts.known import Known
from regulars.engine.contracts.points import Balance
from regulars.engine.metrics.members import MemberNumbers
from regulars.engine.points.purse import Purse
from regulars.engine.points.sharing import SharedPurse
from regulars.engine.scope import MemberScope
from regulars.engine.state import MemberState
from regulars.engine.work import Work


def member_scope(compiled: Compiled, member: MemberState, member_id: UUID, purse: Purse) -> MemberScope:
    """What expressions read of a member at the start."""
    return MemberScope(
        member_id,
        joined_on=periods.date(member.joined_day),
        enrolled_at=states.moment(member.enrolled_ms),
        attributes=attributes.restored(member.attributes, compiled.dated_attributes, compiled.program.attributes),
        segments=tuple(member.segments),
        balances={currency: held.active for currency, held in purse.standings.items()},
    )


def show_household(work: Work) -> None:
    """Put what expressions read of the household into the scope."""
    belonging, s = work.account.household, work.scope.household
    if belonging is not None and belonging.kind:
        s.name, s.size, s.role = belonging.kind, len(belonging.roles), belonging.roles.get(work.member.id)


def focus(work: Work, compiled: Compiled, member: MemberState, *, today: dt.date) -> None:
    """Go on as this member, whose numbers are good for `today`."""
    work.member.metrics = work.numbers.numbers
    work.member, work.member_id = member, UUID(bytes=member.id)
    if isinstance(work.purse, SharedPurse):
        work.purse.focus(work.member_id)
    work.numbers = MemberNumbers(
        work.member_id,
        numbers=member.metrics,
        days=work.days,
        today=today,
        plans=compiled.member_metrics,
        joined_on=periods.date(member.joined_day),
    )
    work.scope.member = member_scope(compiled, member, work.member_id, work.purse)
    show_household(work)
    standing.show(work, compiled)
    counting.show(work, compiled)


def pass_time(work: Work, compiled: Compiled) -> None:
    """Let time pass for every member of the account, the one whose activity it is last. Raises LotsNeeded."""
    members = work.account.members
    if len(members) == 1:
        timing.pass_time(work, compiled)
        return
    actor, day, since = work.member, work.account.day, work.numbers.today
    for member in [*(one for one in members if one is not actor), actor]:
        focus(work, compiled, member, today=since)
        work.account.day, work.account.wakes = day, None
        timing.pass_time(work, compiled)
        counting.count_entries(work, compiled, ())
    if isinstance(work.purse, SharedPurse):
        work.purse.earner = work.activity.earner or work.member_id


def review_at(work: Work, compiled: Compiled, moved: Sequence[Balance]) -> dt.datetime | None:
    """When time alone next changes something of any member. The last word about a member: nobody is in focus after."""
    members = work.account.members
    if not members:
        return None
    if len(members) == 1 and not work.gone:
        return reviewing.review_at(work, compiled, moved)
    moments = []
    today = work.numbers.today
    for member in members:
        focus(work, compiled, member, today=today)
        at = reviewing.review_at(work, compiled, work.purse.result().balances)
        if at is not None:
            moments.append(at)
    work.account.wakes = None
    return min(moments, default=None)


def shown(compiled: Compiled, known: Known, member_id: UUID) -> tuple[Balance, ...]:
    """The balances that a member of an account sees under the plain names of their currencies."""
    return shared.seen(known.balances, member_id) if compiled.program.households else known.balances
