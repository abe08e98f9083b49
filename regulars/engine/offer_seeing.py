"""Offers as they are shown: all of a member's for whoever looks, a few on the till and on the receipt."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

from regulars.engine import offering, periods, words
from regulars.engine import state as states
from regulars.engine.compiled import Compiled
from regulars.engine.contracts.decision import Message
from regulars.engine.contracts.offers import OfferSeen
from regulars.engine.expressions import Function
from regulars.engine.offers.held import SEEN, Held
from regulars.engine.offers.plans import ORDER, RECEIPT, OfferIndex, OfferPlan
from regulars.engine.work import Work

TILL_MOST: Final = 5
RECEIPT_MOST: Final = 2
ACTIVE: Final = "active"
OFFERED: Final = "offered"
_STATES: Final = {None: ACTIVE, "not_activated": OFFERED, "used_up": "used"}
_LIVE: Final = frozenset({ACTIVE, OFFERED, "not_yet"})
_NEVER: Final = 10**9
"""Later than any day."""


Standing = tuple[OfferPlan, Held | None, str, int]
"""An offer, what is kept of it, its state, and the first day (since 1970) on which it counts no more: 0 for none."""


def seen(work: Work, compiled: Compiled) -> tuple[OfferSeen, ...]:
    """Every offer that a member has or had, as of now, best first; metrics and segments have to be in the scope."""
    return tuple(_seen(work, one) for one in sorted(_all(work, compiled.offers.values()), key=_rank))


def tell(work: Work, compiled: Compiled) -> tuple[OfferSeen, ...]:
    """The offers to speak of at the till, best first: those that count for this basket, may be activated, or will count
    next time. What the member may use at the next visit stands on the receipt.
    """
    index = compiled.offers_of(work.activity.type)
    if index is None:
        return ()
    mine, printed = _mine(work, index)
    if not mine:
        return ()
    found = sorted(_best(work, mine, printed), key=_rank)
    _print(work, [one for one in found if one[2] in _LIVE and one[0].on_receipt])
    shown = [one for one in found if one[0].on_till][:TILL_MOST]
    return tuple([_seen(work, one, **_on_basket(work, one[0])) for one in shown])


def _mine(work: Work, index: OfferIndex) -> tuple[Sequence[OfferPlan], int]:
    """The offers to look at, the one of highest priority first, and of how many of them a receipt may speak."""
    more = {name: plan for name in work.member.offers if (plan := index.plans.get(name)) and not plan.audience}
    for segment in work.scope.member.segments if index.by_segment else ():
        more |= {plan.name: plan for plan in index.by_segment.get(segment, ())}
    if not more:
        return index.in_order, index.printed
    printed = index.printed + sum(plan.on_receipt for plan in more.values())
    return sorted((*index.conditions, *more.values()), key=ORDER), printed


def _best(work: Work, mine: Sequence[OfferPlan], printed: int) -> list[Standing]:
    """Of offers in the order of their priority at least those that are spoken of: once there are enough of a priority,
    those of lower ones are not looked at."""
    used = work.used_offers
    found: list[Standing] = []
    till, receipt = TILL_MOST, min(RECEIPT_MOST, printed)
    for one in _all(work, mine):
        plan, _, state, _ = one
        if till <= 0 and receipt <= 0 and plan.order[0] > found[-1][0].order[0]:
            break
        if state in _LIVE or plan.name in used:
            found.append(one)
            till -= plan.on_till
            receipt -= plan.on_receipt and state in _LIVE
    return found


def _print(work: Work, printed: Sequence[Standing]) -> None:
    for plan, _, _, end in printed[:RECEIPT_MOST]:
        fields: dict[str, Any] = {"offer": plan.title}
        code = "offer.next"
        if plan.text:
            code, fields["what"] = f"{code}_what", plan.text
        if end:
            code, fields["through"] = f"{code}_through", periods.date(end - 1).isoformat()
        work.messages.append(Message(to=RECEIPT, code=code, fields=fields))


def _all(work: Work, plans: Iterable[OfferPlan]) -> Iterator[Standing]:
    """Of some offers those that the member was given, and those of audiences that they are in."""
    today, now_ms, s = work.today, states.ms(work.now), work.scope
    asked: dict[Function | None, bool] = {}
    for plan in plans:
        held = work.member.offers.get(plan.name)
        if held is None or held.state == SEEN:
            if not plan.runs_on(today):
                continue
            audience = plan.audience
            is_for = plan.is_for(s) if audience is None else asked.get(audience)
            if is_for is None:
                is_for = asked[audience] = plan.is_for(s)
            if not is_for:
                continue
        if held is None:
            yield plan, None, OFFERED if plan.needs_tap else ACTIVE, plan.end(today)
        else:
            why = offering.why_not(plan, held, today, now_ms)
            yield plan, held, _STATES.get(why) or str(why), held.until


def _seen(work: Work, standing: Standing, **more: Any) -> OfferSeen:
    plan, held, state, end = standing
    definition = plan.definition
    shown = plan.thaw(held.params if held is not None else plan.freeze(work.scope)) if plan.params else {}
    return OfferSeen(
        name=plan.name,
        title=plan.title,
        text=plan.text,
        state=state,
        since=states.moment(held.since_ms) if held is not None else None,
        through=periods.date(end - 1) if end else None,
        times=held.used if held is not None else 0,
        uses=definition.uses,
        params={param.name: words.plain(shown[param.name], param.shown_as) for param in plan.params},
        reason=definition.reason,
        goods=definition.goods,
        placements=definition.placements,
        **more,
    )


def _on_basket(work: Work, plan: OfferPlan) -> dict[str, Any]:
    """With what it did for this basket, or what the basket lacks for it."""
    if plan.name in work.used_offers:
        brings: dict[str, int] = {}
        for fired in work.fired:
            if fired.rule == plan.path:
                brings[fired.currency] = brings.get(fired.currency, 0) + fired.points
        off = sum(cut.amount for cut in work.priced.taken if cut.rule == plan.number) if work.priced is not None else 0
        return {"used": True, "brings": brings, "discount": off}
    if plan.path in work.scope.carried:
        return {"needs": plan.needs(work.scope, work.scope.carried[plan.path])}
    return {}


def _rank(one: Standing) -> tuple[int, int, int]:
    """By priority, then what ends first, then as written."""
    plan, _, _, end = one
    return plan.order[0], end or _NEVER, plan.order[1]
