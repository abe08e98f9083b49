"""What the steps of an order give: points, codes, offers. All of it is written down with the order, so that it goes
back when the order comes to nothing; what was used by then cannot, and such an order is not cancelled.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from regulars.engine import awarding, offering, periods, vouching
from regulars.engine import state as states
from regulars.engine.compiled import Compiled
from regulars.engine.offers.held import GivenOffer
from regulars.engine.ordered import Order
from regulars.engine.orders.plans import RewardPlan, StepPlan
from regulars.engine.voucher_wishes import VoucherWished
from regulars.engine.work import Work
from regulars.program.contracts.reward_steps import IssueCode


def give(work: Work, compiled: Compiled, order: Order, step: StepPlan, facts: dict[str, Any]) -> bool:
    """Do a step that Regulars does itself; False where there were too few codes. Raises LotsNeeded, CodesNeeded."""
    if isinstance(step.definition, IssueCode):
        by = f"rewards.{order.reward}"
        return all(_issue(work, compiled, order, step.definition.issue_code, by) for _ in range(order.quantity))
    if step.rule is not None:
        # Its one use of a budget was taken when it was ordered.
        work.quotas.entered[step.owner.path] = True
        for _ in range(order.quantity if step.each else 1):
            before = len(work.asked)
            given = awarding.give(work, compiled, step.rule, facts)
            order.gave += [[order.step, place, points] for place, points in given]
            _hand_out(work, compiled, order, before)
    return True


def _hand_out(work: Work, compiled: Compiled, order: Order, before: int) -> None:
    """Codes and offers that a step just asked for are given at once: the order knows them then."""
    wishes, work.asked = work.asked[before:], work.asked[:before]
    for wish in wishes:
        if isinstance(wish, VoucherWished):
            _issue(work, compiled, order, wish.voucher, f"rewards.{order.reward}")
        elif not isinstance(wish, GivenOffer):
            work.asked.append(wish)
        elif offering.grant(work, compiled, wish):
            order.offers.append([wish.offer, states.ms(work.scope.now), 0])


def _issue(work: Work, compiled: Compiled, order: Order, voucher: str, by: str) -> bool:
    code_id = vouching.issue(work, compiled, voucher, by)
    if code_id is not None:
        order.codes.append([voucher, code_id.bytes, 0])
    return code_id is not None


def used_of(work: Work, compiled: Compiled, order: Order) -> str | None:
    """The first of what an order gave that was used since (`vouchers.won`, `offers.come_back`); None where all of it is
    untouched. Raises QuotasNeeded."""
    for voucher, code, *uses in order.codes:
        if any(uses) or vouching.is_used(work, compiled, voucher, UUID(bytes=code)):
            return f"vouchers.{voucher}"
    return next((f"offers.{name}" for name, _, uses in order.offers if uses), None)


def take_back(work: Work, compiled: Compiled, plan: RewardPlan, order: Order) -> str | None:
    """All of it, as far as it is there; a currency of which something was gone, and is not owed either. Raises
    LotsNeeded, QuotasNeeded."""
    day = periods.local_date(states.moment(order.at), work.zone)
    steps = compiled.rewards.steps(plan, order.choice)
    lost = None
    for number, place, points in order.gave:
        rule = steps[number].rule if number < len(steps) else None
        if rule is not None:
            gone = awarding.take_back(work, compiled, rule, [(place, points)], day=day)
            lost = lost or next(iter(gone), None)
    for voucher, code, *_ in order.codes:
        vouching.withdraw(work, compiled, voucher, UUID(bytes=code))
    for name, since_ms, _ in order.offers:
        offering.take_away(work, compiled, name, since_ms=since_ms, cause="cancelled")
    return lost
