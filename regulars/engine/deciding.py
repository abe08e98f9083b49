"""The order inside a decision: time, groups, what refuses, price, base, metrics, segments, rules, caps, entries,
segments again, words.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from msgspec.structs import replace

from regulars.engine import (
    acts,
    approving,
    at_till,
    challenging,
    choosing,
    climbing,
    closed,
    concluding,
    consenting,
    counting,
    discounting,
    erasing,
    explaining,
    focusing,
    giving,
    households,
    idling,
    lines,
    moving,
    offering,
    periods,
    price,
    recording,
    referring,
    refusals,
    returning,
    rounds,
    segments,
    standing,
    stopping,
    timing,
    vouching,
)
from regulars.engine import state as states
from regulars.engine.compiled import Compiled, TypePlan
from regulars.engine.contracts import shared
from regulars.engine.contracts.activity import Activity, PointsPayment
from regulars.engine.contracts.decision import Decision, Outcome, PaidLine, RuleTrace
from regulars.engine.contracts.known import Known
from regulars.engine.judging import TakingBack
from regulars.engine.metrics.days import Days
from regulars.engine.metrics.members import MemberNumbers
from regulars.engine.points.purse import Purse
from regulars.engine.points.sharing import SharedPurse
from regulars.engine.scope import LineScope, Scope
from regulars.engine.state import AccountState, MemberState
from regulars.engine.work import Work
from regulars.kit.errors import RegularsError

CLOCKS_DIFFER: Final = dt.timedelta(minutes=5)
"""A return at another till may be dated so much before its sale."""


def decide(
    compiled: Compiled,
    known: Known,
    activity: Activity,
    *,
    now: dt.datetime,
    sale_compiled: Compiled | None = None,
    explains: bool = False,
) -> Decision:
    """Everything that one activity causes. Raises LotsNeeded."""
    try:
        work = begin(compiled, known, activity, now, explains=explains)
        return _decided(work, compiled, sale_compiled)
    except refusals.Refused as refused:
        refusal = refused.refusal
    except RegularsError as error:
        refusal = refusals.of(error)
    return Decision(outcome=Outcome.REFUSED, refusal=refusal, state=known.state, clock=known.clock)


def _decided(work: Work, compiled: Compiled, sale_compiled: Compiled | None) -> Decision:
    plan = compiled.type(work.activity.type)
    if erasing.is_erased(work):
        return erasing.without_a_person(work, compiled, _returned(work, compiled, sale_compiled))
    _bring_up_to_now(work, compiled)
    bought, uses = _sold(work, compiled, plan)
    paid = list(bought)
    acts.act(work, compiled)
    if work.gone or work.erased:
        return _left(work, compiled)
    approving.review(work, compiled, sale_compiled)
    approving.ask_first(work, compiled, plan)
    timing.wake(work, compiled)
    taking = _returned(work, compiled, sale_compiled)
    if taking is not None:
        climbing.before_return(work, compiled)
        returning.recount(taking, compiled)
        challenging.note(work, compiled)
        if taking.takes_all:
            idling.step_back(work, compiled, taking.sale.occurred_at)
        elif taking.brings_all:
            idling.step_on(work, compiled, taking.sale)
    idling.reset(work, compiled)
    if not work.asks_first:
        counting.count_activity(work, compiled, plan)
    counting.show(work, compiled)
    if compiled.tier_after:
        climbing.move(work, compiled)
    given, pins = _given(work, compiled, plan)
    late, late_uses = _price_late(work)
    bought, uses, paid = [*bought, *late], uses | late_uses, [*paid, *late]
    offering.use(work, compiled, given.outcome.firings)
    vouching.use(work, compiled, given.outcome.firings)
    if taking is not None:
        # After what is earned anew: an exchange never owes on its way (L14).
        refunded, undone = returning.post(taking, compiled)
        paid += refunded
        counting.uncount_entries(work, compiled, taking.sale, taking.before.scope, undone)
    counting.count_entries(work, compiled, given.claims)
    closed.judge(work, compiled)
    referring.follow(work, compiled, taking, sale_compiled)
    rounds.run(work, compiled)
    recorded = recording.record(
        compiled, work, pins=pins, given=given, paid=bought, uses=uses, back=taking.back if taking is not None else None
    )
    trace: tuple[RuleTrace, ...] = ()
    if work.explains:
        with counting.of_its_day(work, compiled):
            rules = explaining.trace(compiled, plan, work.scope, given.outcome, recording.decode(recorded).priced)
        trace = explaining.with_others(rules, work.activity, recording.decode(recorded))
    return concluding.conclude(work, compiled, paid=paid, recorded=recorded, trace=trace)


def _sold(work: Work, compiled: Compiled, plan: TypePlan) -> tuple[list[PaidLine], price.Uses]:
    """What it costs, and what of that is paid with points, if it may be at all."""
    with counting.of_its_day(work, compiled):
        _admit(work, compiled, plan)
        discounting.discount(work, compiled, plan)
        at_till.sell(work, compiled)
        bought, uses = _price(work, compiled)
        stopping.stop_at_price(work, compiled, plan)
    return bought, uses


def _given(work: Work, compiled: Compiled, plan: TypePlan) -> tuple[giving.Giving, Sequence[Any]]:
    """What its rules give, and what they read beyond the activity."""
    with counting.of_its_day(work, compiled):
        work.scope.member.segments = segments.find(compiled.segments, work.scope, work.member.statics)
        does = plan.rules or work.scope.carried or work.scope.took
        pins = recording.pins(plan, work.scope) if does else []
        return giving.give(work, compiled, plan), pins


def _left(work: Work, compiled: Compiled) -> Decision:
    """Somebody has left the account, or was forgotten: nothing else is looked at."""
    decision = concluding.conclude(work, compiled, paid=[], recorded=recording.nothing(compiled, work))
    # Where nobody is any more there is nothing that time could change.
    return replace(decision, review_at=None, messages=(), expiring=()) if work.erased else decision


def _bring_up_to_now(work: Work, compiled: Compiled) -> None:
    """What had come due before the activity, and what the account has that may count in it."""
    moving.present(work)
    focusing.pass_time(work, compiled)
    if work.day < work.today:
        # Time went by after it happened: it is judged as of its own day nevertheless (L32).
        climbing.show(work, compiled)
    challenging.look(work, compiled)
    consenting.settle(work, compiled)
    choosing.settle(work, compiled)
    offering.settle(work, compiled)
    work.timed = len(work.fired)


def _admit(work: Work, compiled: Compiled, plan: TypePlan) -> None:
    """Whether it may be at all, by what is there before anything is priced or given."""
    consenting.admit_activity(work, compiled)
    lines.find_groups(work.scope, compiled.groups)
    vouching.check(work, compiled)
    at_till.check(work, compiled)
    stopping.stop_if_refused(work, compiled, plan)


def begin(compiled: Compiled, known: Known, activity: Activity, now: dt.datetime, *, explains: bool = False) -> Work:
    """The working copy of one account for one activity: its clock never goes back."""
    now = max(now, known.clock) if known.clock is not None else now
    account = _account(compiled, known, activity)
    member = _member(account, known, activity)
    day = periods.local_date(now, compiled.zone)
    days = Days(known.days)
    numbers = MemberNumbers(
        activity.member_id,
        numbers=member.metrics,
        days=days,
        today=known.metric_day or day,
        plans=compiled.member_metrics,
        joined_on=periods.date(member.joined_day),
    )
    mine = activity.member_id
    purse = _purse(compiled, known, activity, account, now, mine if member.id == mine.bytes else UUID(bytes=member.id))
    purse.earner = activity.earner or purse.member_id
    work = Work(
        known,
        activity,
        now=now,
        zone=compiled.zone,
        account=account,
        member=member,
        days=days,
        numbers=numbers,
        purse=purse,
        scope=_scope(compiled, activity, member, purse),
        explains=explains,
    )
    work.member_id = purse.member_id
    focusing.show_household(work)
    standing.show(work, compiled)
    return work


def _purse(
    compiled: Compiled, known: Known, activity: Activity, account: AccountState, now: dt.datetime, member_id: UUID
) -> Purse:
    belonging = account.household
    pooled = None if belonging is None or not belonging.kind else frozenset(belonging.pooled)
    given: dict[str, Any] = {
        "balances": known.balances,
        "lots": None if known.lots is None else shared.of_now(known.lots, pooled),
        "holds": known.holds,
        "activity_id": activity.activity_id,
        "member_id": member_id,
        "release": compiled.release.number,
        "zone": compiled.zone,
        "now": now,
        "occurred_at": min(activity.occurred_at, now),
        "schedules": account.schedule,
        "money_scale": compiled.money_scale,
        "partner": None if activity.store is None else activity.store.whose,
    }
    if pooled is None:
        return Purse(compiled.program.currencies, **given)
    return SharedPurse(compiled.program.currencies, pooled=pooled, **given)


def _account(compiled: Compiled, known: Known, activity: Activity) -> AccountState:
    if known.state:
        return states.decode(known.state)
    enrolled_at = known.enrolled_at or activity.occurred_at
    joined_on = periods.local_date(enrolled_at, compiled.zone)
    return states.new(known.members, joined_on=joined_on, enrolled_at=enrolled_at, release=compiled.release.number)


def _member(account: AccountState, known: Known, activity: Activity) -> MemberState:
    wanted = activity.member_id.bytes
    for member in account.members:
        if member.id == wanted:
            return member
    if activity.type == timing.TICK and account.members:
        # Time speaks to the account; whose id that is may have left the household.
        return account.members[0]
    # Joined the account since its state was written.
    enrolled_at = known.enrolled_at or activity.occurred_at
    member = MemberState(id=wanted, joined_day=account.day, enrolled_ms=states.ms(enrolled_at))
    account.members.append(member)
    return member


def _scope(compiled: Compiled, activity: Activity, member: MemberState, purse: Purse) -> Scope:
    return Scope(
        activity,
        lines=[LineScope.of(line) for line in activity.lines],
        member=focusing.member_scope(compiled, member, purse.member_id, purse),
        zone=compiled.zone,
        money=compiled.money,
    )


def _returned(work: Work, compiled: Compiled, sale_compiled: Compiled | None) -> TakingBack | None:
    if work.activity.reverses is None:
        return None
    sale = work.known.sale
    if (
        sale is None
        or sale.activity.activity_id != work.activity.reverses.activity_id
        or not moving.may_return(work, sale.activity.account_id)
    ):
        raise refusals.SaleNotFound
    if work.activity.occurred_at < sale.activity.occurred_at - CLOCKS_DIFFER:
        raise refusals.ReturnBeforeSale(
            returned_at=work.activity.occurred_at.isoformat(), sold_at=sale.activity.occurred_at.isoformat()
        )
    kind = compiled.program.activities.get(work.activity.type)
    if kind is not None and kind.reverses not in {None, sale.activity.type}:
        raise refusals.NotSuchASale(type=kind.name, expected=kind.reverses, found=sale.activity.type)
    if sale.activity.type in acts.ACTS and work.activity.type not in acts.ACTS:
        # An act of ours is undone by its own operation, if by any.
        raise refusals.NotSuchASale(type=work.activity.type, expected="purchase", found=sale.activity.type)
    under = sale_compiled or compiled
    if under.release.number != sale.release:
        raise ValueError(f"a sale of release {sale.release} is returned under it, not under {under.release.number}")
    return TakingBack(work, under, sale)


def _price(work: Work, compiled: Compiled) -> tuple[list[PaidLine], price.Uses]:
    wishes = work.activity.pay
    if not wishes:
        return [], {}
    if work.known.card_blocked and work.given is None:
        raise refusals.CardBlocked
    households.check_spending(work, compiled, [wish.currency for wish in wishes])
    early = [wish for wish in wishes if not price.pays_late(work.purse.policies, wish)]
    return _pay(work, early)


def _price_late(work: Work) -> tuple[list[PaidLine], price.Uses]:
    """What pays only after the rules have given: also with what they gave for this very basket (L79)."""
    late = [wish for wish in work.activity.pay if price.pays_late(work.purse.policies, wish)]
    return _pay(work, late) if late else ([], {})


def _pay(work: Work, wishes: Sequence[PointsPayment]) -> tuple[list[PaidLine], price.Uses]:
    found = price.pay(work.purse, work.scope.basket, wishes, given=work.given)
    if work.given is not None:
        for currency, points in work.given.borne.items():
            work.hear(
                "case.opened", case="redeemed_after_block", currency=currency, points=points, card=work.activity.card
            )
        work.given.borne.clear()
    return found
