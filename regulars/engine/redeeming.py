"""What an order does with points: set aside, spent, let go, given back to the lots they came from."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

from regulars.engine import ordered
from regulars.engine import state as states
from regulars.engine.contracts.decision import Fired
from regulars.engine.ordered import Order
from regulars.engine.points import holding, spending
from regulars.engine.work import Work

_MARGIN = dt.timedelta(days=14)
"""How long after its time an order still holds its points: what ends it may be late, and says what becomes of them."""


def hold(work: Work, order_id: UUID, order: Order, points: dict[str, int], *, until_ms: int) -> None:
    """Set points aside until the order is fulfilled. Raises InsufficientPoints, BalanceFrozen, LotsNeeded."""
    until = states.moment(until_ms) + _MARGIN
    for place, (currency, amount) in enumerate(points.items()):
        holding.place(work.purse, currency, amount, hold_id=ordered.hold_id(order_id, place), ttl_s=None, until=until)
        order.held.append([currency, amount])


def spend(work: Work, order: Order, points: dict[str, int]) -> None:
    """Spend points at once. Raises InsufficientPoints, BalanceFrozen, LotsNeeded."""
    for currency, amount in points.items():
        uses = spending.spend(work.purse, currency, amount, rule=f"rewards.{order.reward}")
        order.spent.append([currency, ordered.packed(uses)])
        work.fired.append(Fired(rule=f"rewards.{order.reward}", effect=0, currency=currency, points=-amount))


def capture(work: Work, order_id: UUID, order: Order) -> None:
    """What was set aside is spent. Raises HoldExpired, HoldClosed, HoldNotFound, BalanceFrozen, LotsNeeded."""
    for place, (currency, amount) in enumerate(order.held):
        work.purse.require_lots(str(currency))
        uses = holding.capture(work.purse, ordered.hold_id(order_id, place))
        order.spent.append([currency, ordered.packed(uses)])
        points = -int(amount)
        work.fired.append(Fired(rule=f"rewards.{order.reward}", effect=0, currency=str(currency), points=points))
    order.held = []


def let_go(work: Work, order_id: UUID, order: Order) -> dict[str, int]:
    """Nothing was spent after all: what was set aside is free again, what was spent goes back to the lots that it came
    from (L9, L10). Says how much of each currency. Raises LotsNeeded."""
    back: dict[str, int] = {}
    for place, (currency, amount) in enumerate(order.held):
        work.purse.require_lots(str(currency))
        hold = work.purse.holds.get(ordered.hold_id(order_id, place))
        if hold is not None and hold.is_open and hold.expires_at > work.purse.now:
            holding.void(work.purse, hold.hold_id)
        back[str(currency)] = int(amount)
    for name, kept in order.spent:
        paid, uses = str(name), ordered.unpacked(kept)
        total = sum(use.amount for use in uses)
        work.purse.require_lots(paid)
        spending.refund(work.purse, paid, total, uses=uses)
        back[paid] = back.get(paid, 0) + total
    order.held, order.spent = [], []
    return back
