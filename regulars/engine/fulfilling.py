"""The way of an order: step after step until it is fulfilled, has failed, is cancelled or over."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Any, Final
from uuid import UUID

from regulars.engine import handing_out, ordered, periods, placing, redeeming
from regulars.engine import state as states
from regulars.engine.compiled import Compiled
from regulars.engine.contracts.decision import Message
from regulars.engine.contracts.orders import OrderRow
from regulars.engine.ordered import Order
from regulars.engine.orders.plans import RewardPlan, StepPlan
from regulars.engine.points import calendar
from regulars.engine.work import Work
from regulars.kit import ids
from regulars.program.contracts.reward_steps import Entitle, Handover, Outside, Parcel, RewardStep, Webhook
from regulars.program.contracts.rewards import Refund

RECEIPT: Final = "receipt"
PICK: Final = "pick"
"""The stage of an order that was given before the member said what they want of it."""
FAILED, CANCELLED, EXPIRED = "failed", "cancelled", "expired"
_TARGETS: Final[dict[type[RewardStep], str]] = {
    Parcel: "parcel",
    Webhook: "webhook",
    Handover: "handover",
    Entitle: "service",
}
"""What an order waits for, by the step: its word, which is also the field that names the target."""


def waits(steps: tuple[StepPlan, ...]) -> bool:
    """Whether anything of it is done by somebody else, so that the points are only set aside at first."""
    return any(step.outside is not None and not _starts_at_once(step) for step in steps)


def longest_ms(work: Work, steps: tuple[StepPlan, ...]) -> int:
    """When the last step would be over if each took all of its time."""
    end = work.purse.now
    for step in steps:
        if step.outside is not None:
            end, _ = calendar.span_end(step.outside.within, since=end, zone=work.zone)
    return states.ms(end)


def advance(work: Work, compiled: Compiled, order_id: UUID, order: Order) -> None:
    """Do what can be done at once, up to the next step that somebody else does, or to the end. Raises LotsNeeded."""
    plan = compiled.rewards.kept(order.reward)
    steps = compiled.rewards.steps(plan, order.choice)
    while order.step < len(steps):
        step = steps[order.step]
        if step.outside is None:
            if not handing_out.give(work, compiled, order, step, facts(plan, order_id, order)):
                end(work, compiled, order_id, order, FAILED, reason="no_code_left")
                return
        elif not _starts_at_once(step):
            _wait(work, plan, order_id, order, step.outside)
            return
        elif isinstance(step.outside, Entitle):
            start_service(work, order_id, order, step.outside)
        order.step += 1
    _fulfil(work, plan, order_id, order)


def _starts_at_once(step: StepPlan) -> bool:
    return isinstance(step.definition, Entitle) and not step.definition.confirm


def _wait(work: Work, plan: RewardPlan, order_id: UUID, order: Order, step: Outside) -> None:
    due, _ = calendar.span_end(step.within, since=work.scope.now, zone=work.zone)
    order.due = states.ms(due)
    order.stage = step.parcel[0] if isinstance(step, Parcel) and step.parcel else ""
    confirm = {"confirm": step.confirm} if isinstance(step, Webhook) else {}
    note(work, plan, order_id, order, step=step, detail=confirm)


def start_service(work: Work, order_id: UUID, order: Order, step: Entitle) -> None:
    """The service runs from now on."""
    order.service = step.service
    if step.lasts is not None:
        until, _ = calendar.span_end(step.lasts, since=work.scope.now, zone=work.zone)
        order.until = states.ms(until)
    work.cause("service.started", step.service, **_of_service(order_id, order))


def stop_service(work: Work, order_id: UUID, order: Order, *, at_ms: int) -> None:
    """The service is over at a moment: what was used stays used (L83)."""
    if order.service:
        order.until = at_ms
        work.cause("service.ended", order.service, **_of_service(order_id, order))
        order.service = ""


def _of_service(order_id: UUID, order: Order) -> dict[str, Any]:
    ends = states.moment(order.until).isoformat() if order.until else None
    return {"order": ids.to_wire("ord", order_id), "ends": ends}


def _fulfil(work: Work, plan: RewardPlan, order_id: UUID, order: Order) -> None:
    redeeming.capture(work, order_id, order)
    order.state, order.stage, order.due = ordered.FULFILLED, "", 0
    codes = {"codes": [ids.to_wire("vch", UUID(bytes=code)) for _, code, *_ in order.codes]} if order.codes else {}
    if plan.type.cancel_within is not None:
        until, _ = calendar.span_end(plan.type.cancel_within, since=work.scope.now, zone=work.zone)
        order.cancel = states.ms(until)
    note(work, plan, order_id, order, detail=codes)
    work.cause("reward.fulfilled", plan.name, **_said(plan, order_id, order))
    _say(work, "order.fulfilled", plan)
    if not order.service and not order.cancel:
        del work.member.rewards[ids.to_wire("ord", order_id)]


def end(
    work: Work,
    compiled: Compiled,
    order_id: UUID,
    order: Order,
    outcome: str,
    *,
    reason: str | None = None,
    refund: Refund = Refund.FULL,
) -> str | None:
    """The order comes to nothing: what it set aside is free again, what it gave goes back. Where some of that was used
    since, the price stays paid and the rest stays with the member. Says of which currency something was gone. Raises
    LotsNeeded, QuotasNeeded."""
    plan = compiled.rewards.kept(order.reward)
    told: dict[str, Any] = {"reason": reason} if reason else {}
    used = handing_out.used_of(work, compiled, order) if refund is Refund.FULL else None
    if used is not None:
        told["used"] = used
    if refund is Refund.FULL and used is None:
        back = redeeming.let_go(work, order_id, order)
        if order.money:
            told |= {"money_back": order.money}
        if back:
            told |= {"points_back": back}
    else:
        redeeming.capture(work, order_id, order)
    stop_service(work, order_id, order, at_ms=states.ms(work.scope.now))
    if order.counted:
        placing.give_back(work, compiled, plan, order)
        if outcome != EXPIRED and used is None:
            placing.count(work, compiled, plan, order, periods.date(order.counted), -order.quantity)
    lost = None if used is not None else handing_out.take_back(work, compiled, plan, order)
    order.state, order.stage, order.due = outcome, "", 0
    note(work, plan, order_id, order, detail=told)
    work.cause(f"reward.{outcome}", plan.name, **(_said(plan, order_id, order) | told))
    _say(work, f"order.{outcome}", plan)
    del work.member.rewards[ids.to_wire("ord", order_id)]
    return lost


def facts(plan: RewardPlan, order_id: UUID, order: Order) -> dict[str, Any]:
    """What stands under `event.` for the steps of an order."""
    return {"name": plan.name, **_said(plan, order_id, order)}


def _said(plan: RewardPlan, order_id: UUID, order: Order) -> dict[str, Any]:
    said: dict[str, Any] = {"order": ids.to_wire("ord", order_id), "quantity": order.quantity}
    if order.variant:
        said["variant"] = order.variant
    if order.choice:
        said["choice"] = order.choice
    if plan.definition.value is not None:
        said["value"] = plan.definition.value * order.quantity
    return said


def _say(work: Work, code: str, plan: RewardPlan) -> None:
    work.messages.append(Message(to=RECEIPT, code=code, fields={"reward": plan.name}))


def note(
    work: Work,
    plan: RewardPlan,
    order_id: UUID,
    order: Order,
    *,
    step: Outside | None = None,
    form: dict[str, object] | None = None,
    detail: Mapping[str, object] | None = None,
) -> None:
    """Write the order as it is now, for lists and for whoever fulfils it."""
    does = _TARGETS[type(step)] if step is not None else PICK if order.stage == PICK else ""
    target = getattr(step, does, "") if step is not None else ""
    due = min((one for one in (order.due, order.ends) if one), default=0) if order.state == ordered.OPEN else 0
    # A target that has not heard of it is told at once; all others are looked at when their time is over.
    tells = isinstance(step, Webhook) and order.stage != ordered.TOLD
    due_at = states.moment(due) if due else None
    work.orders.append(
        OrderRow(
            order_id=order_id,
            member_id=work.member_id,
            reward=plan.name,
            state=order.state,
            step=order.step + 1 if step is not None else 0,
            does=does,
            target=target if isinstance(target, str) else "",
            stage=order.stage,
            placed_at=states.moment(order.at),
            changed_at=work.scope.now,
            due_at=due_at,
            next_at=work.scope.now if tells else due_at,
            form=form,
            detail=dict(detail or {}),
            service=order.service,
            ends_at=states.moment(order.until) if order.until else None,
        )
    )


def step_of(compiled: Compiled, order: Order) -> Outside | None:
    """The step that an order waits at; None where it waits at none."""
    steps = compiled.rewards.steps(compiled.rewards.kept(order.reward), order.choice)
    return steps[order.step].outside if order.state == ordered.OPEN and order.step < len(steps) else None


def go_on(work: Work, compiled: Compiled, order_id: UUID, order: Order) -> None:
    """The step that it waited at is done."""
    order.step += 1
    order.due, order.stage = 0, ""
    advance(work, compiled, order_id, order)


Outcome = Callable[[Work, Compiled, UUID, Order, Outside, dict[str, object]], None]


def _done(
    work: Work, compiled: Compiled, order_id: UUID, order: Order, step: Outside, detail: dict[str, object]
) -> None:
    plan = compiled.rewards.kept(order.reward)
    if isinstance(step, Entitle):
        start_service(work, order_id, order, step)
    if detail:
        note(work, plan, order_id, order, step=step, detail=detail)
    go_on(work, compiled, order_id, order)


def _told(
    work: Work, compiled: Compiled, order_id: UUID, order: Order, step: Outside, detail: dict[str, object]
) -> None:
    order.stage = ordered.TOLD
    note(work, compiled.rewards.kept(order.reward), order_id, order, step=step, detail=detail)


def _moved(
    work: Work, compiled: Compiled, order_id: UUID, order: Order, step: Outside, detail: dict[str, object]
) -> None:
    stages = step.parcel if isinstance(step, Parcel) else ()
    stage = str(detail.get("stage", ""))
    order.stage = stage
    note(
        work,
        compiled.rewards.kept(order.reward),
        order_id,
        order,
        step=step,
        detail={key: value for key, value in detail.items() if key != "stage"},
    )
    work.hear("reward.moved", name=order.reward, order=ids.to_wire("ord", order_id), stage=stage)
    if stage == stages[-1]:
        go_on(work, compiled, order_id, order)


def _failed(
    work: Work, compiled: Compiled, order_id: UUID, order: Order, step: Outside, detail: dict[str, object]
) -> None:
    reason = detail.get("reason")
    end(work, compiled, order_id, order, FAILED, reason=str(reason) if reason else None)


OUTCOMES: Final[dict[type[RewardStep], dict[str, Outcome]]] = {
    Webhook: {"done": _done, "told": _told, "confirmed": _done, "refused": _failed, "failed": _failed},
    Parcel: {"moved": _moved, "failed": _failed},
    Handover: {"done": _done, "failed": _failed},
    Entitle: {"confirmed": _done, "refused": _failed, "failed": _failed},
}
"""What may become of a step, by its kind."""


def takes(step: Outside, order: Order, outcome: str, detail: dict[str, object]) -> bool:
    """Whether an outcome fits a step where it stands."""
    if outcome not in OUTCOMES[type(step)]:
        return False
    if isinstance(step, Webhook):
        # One that confirms is told first and confirmed then; the answer to a call may come after the confirmation.
        return {"done": not step.confirm, "told": step.confirm and not order.stage}.get(outcome, True)
    if isinstance(step, Parcel) and outcome == "moved":
        stage, now = detail.get("stage"), order.stage
        return stage in step.parcel and step.parcel.index(str(stage)) > step.parcel.index(now)
    return True


def is_over(order: Order, at: dt.datetime) -> bool:
    """Whether the time of the step, or of the order, is over."""
    ms = states.ms(at)
    return order.state == ordered.OPEN and any(0 < one <= ms for one in (order.due, order.ends))


def run_out(work: Work, compiled: Compiled, order_id: UUID, order: Order, at: dt.datetime) -> None:
    """Its time is over: a step that nobody did fails it, its own end makes it expire. Raises LotsNeeded."""
    plan = compiled.rewards.kept(order.reward)
    if 0 < order.ends <= states.ms(at) and not 0 < order.due < order.ends:
        end(work, compiled, order_id, order, EXPIRED, refund=plan.type.on_expiry)
    else:
        end(work, compiled, order_id, order, FAILED, reason="overdue")
