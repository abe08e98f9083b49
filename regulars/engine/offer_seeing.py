"""Offers as they are shown: all of a member's for whoever looks, a few on the till and on the receipt."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import msgspec

from regulars.engine import offering, periods, words
from regulars.engine import state as states
from regulars.engine.compiled import Compiled
from regulars.engine.contracts.decision import Message
from regulars.engine.contracts.offers import OfferSeen
from regulars.engine.offers.held import SEEN, Held
from regulars.engine.offers.plans import OfferPlan
from regulars.engine.work import Work

TILL: Final = "till"
RECEIPT: Final = "receipt"
TILL_MOST: Final = 5
RECEIPT_MOST: Final = 2
ACTIVE: Final = "active"
OFFERED: Final = "offered"
_STATES: Final = {None: ACTIVE, "not_activated": OFFERED, "used_up": "used"}
_LIVE: Final = frozenset({ACTIVE, OFFERED, "not_yet"})
_NEVER: Final = 10**9
"""Later than any day."""


def seen(work: Work, compiled: Compiled) -> tuple[OfferSeen, ...]:
    """Every offer that a member has or had, as of now, best first; metrics and segments have to be in the scope."""
    found = [_seen(work, plan, held) for plan, held in _mine(work, compiled)]
    return tuple(sorted(found, key=lambda one: _rank(compiled, one)))


def at_till(work: Work, compiled: Compiled) -> tuple[OfferSeen, ...]:
    """The offers to speak of at the till, best first: those that count for this basket, may be activated, or will count
    next time."""
    if not compiled.offers or compiled.offers_of(work.activity.type) is None:
        return ()
    found = []
    for plan, held in _mine(work, compiled):
        used = plan.name in work.used_offers
        if not _shown(plan, TILL):
            continue
        one = _seen(work, plan, held)
        if used or one.state in _LIVE:
            found.append((plan, one))
    found.sort(key=lambda pair: _rank(compiled, pair[1]))
    return tuple(_on_basket(work, compiled, plan, one) for plan, one in found[:TILL_MOST])


def print_next(work: Work, compiled: Compiled) -> None:
    """Lines for the receipt: what the member may use at the next visit."""
    if not compiled.offers or compiled.offers_of(work.activity.type) is None:
        return
    found = [_seen(work, plan, held) for plan, held in _mine(work, compiled) if _shown(plan, RECEIPT)]
    live = [one for one in found if one.state in _LIVE and one.title]
    for one in sorted(live, key=lambda one: _rank(compiled, one))[:RECEIPT_MOST]:
        fields: dict[str, Any] = {"offer": one.title}
        code = "offer.next"
        if one.text:
            code, fields["what"] = f"{code}_what", one.text
        if one.through is not None:
            code, fields["through"] = f"{code}_through", one.through.isoformat()
        work.messages.append(Message(to=RECEIPT, code=code, fields=fields))


def _mine(work: Work, compiled: Compiled) -> Iterator[tuple[OfferPlan, Held | None]]:
    """What the member was given, and what their segments bring."""
    for plan in compiled.offers.values():
        held = work.member.offers.get(plan.name)
        was_given = held is not None and held.state != SEEN
        if was_given or (plan.runs_on(work.today) and plan.is_for(work.scope)):
            yield plan, held


def _seen(work: Work, plan: OfferPlan, held: Held | None) -> OfferSeen:
    definition, today = plan.definition, work.today
    if held is None:
        state = OFFERED if plan.needs_tap else ACTIVE
        end, params = plan.end(today), plan.freeze(work.scope)
    else:
        why = offering.why_not(plan, held, today, states.ms(work.now))
        state = _STATES.get(why) or str(why)
        end, params = held.until, held.params
    shown = plan.thaw(params)
    return OfferSeen(
        name=plan.name,
        title=words.wording(definition.title),
        text=words.wording(definition.text),
        state=state,
        since=states.moment(held.since_ms) if held is not None else None,
        through=periods.date(end - 1) if end else None,
        times=held.used if held is not None else 0,
        uses=definition.uses,
        params={param.name: words.plain(shown[param.name], param.shown_as) for param in plan.params},
        reason=definition.reason,
        goods=definition.goods,
        placements=definition.placements,
    )


def _on_basket(work: Work, compiled: Compiled, plan: OfferPlan, one: OfferSeen) -> OfferSeen:
    """With what it did for this basket, or what the basket lacks for it."""
    if plan.name in work.used_offers:
        brings: dict[str, int] = {}
        for fired in work.fired:
            if fired.rule == plan.path:
                brings[fired.currency] = brings.get(fired.currency, 0) + fired.points
        return msgspec.structs.replace(one, used=True, brings=brings)
    if plan.path in work.scope.carried:
        return msgspec.structs.replace(one, needs=plan.needs(work.scope, work.scope.carried[plan.path]))
    return one


def _shown(plan: OfferPlan, placement: str) -> bool:
    return not plan.definition.placements or placement in plan.definition.placements


def _rank(compiled: Compiled, one: OfferSeen) -> tuple[int, int, int]:
    """By priority, then what ends first, then as written."""
    order = compiled.offers[one.name].order
    return order[0], periods.number(one.through) if one.through is not None else _NEVER, order[1]
