"""In which order lots are spent (L24)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from functools import partial
from typing import Any, Final

from regulars.engine.contracts.points import Lot, LotId
from regulars.program.contracts.definitions import SpendOrder

NEVER: Final = dt.datetime.max.replace(tzinfo=dt.UTC)


def order_of(order: SpendOrder, partner: str | None) -> Callable[[Lot], tuple[Any, ...]]:
    """What lots are sorted by; `partner` is whose store it is, none where that does not
    matter."""
    return partial(_ORDERS[order], partner)


def _expiring_first(_: str | None, lot: Lot) -> tuple[dt.datetime, dt.datetime, LotId]:
    # What dies first goes first: the member loses least. The id breaks ties, because quote and commit may load the
    # lots in another order and must still choose alike.
    return (lot.expires_at or NEVER, lot.earned_at, lot.lot_id)


def _oldest_first(_: str | None, lot: Lot) -> tuple[dt.datetime, dt.datetime, LotId]:
    return (lot.earned_at, lot.expires_at or NEVER, lot.lot_id)


def _this_partner_first(partner: str | None, lot: Lot) -> tuple[bool, dt.datetime, dt.datetime, LotId]:
    # What a partner paid for is spent at home first: then nobody owes anybody for it.
    return (lot.funder != partner, *_expiring_first(partner, lot))


_ORDERS: Final = {
    SpendOrder.EXPIRING_FIRST: _expiring_first,
    SpendOrder.OLDEST_FIRST: _oldest_first,
    SpendOrder.THIS_PARTNER_FIRST: _this_partner_first,
}
