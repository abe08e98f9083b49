"""What the state keeps of an order as long as something may still happen to it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

import msgspec

from regulars.engine.contracts.points import LotId, LotUse

OPEN = "open"
FULFILLED = "fulfilled"
TOLD = "told"
"""A target outside has heard of it, and has to confirm."""


class Order(msgspec.Struct, array_like=True, gc=False):
    """One order; moments in milliseconds since 1970, 0 for none."""

    reward: str
    """Its name; empty for a service that a rule gave."""
    at: int
    member: bytes = b""
    state: str = OPEN
    step: int = 0
    """The step that it waits at, from 0."""
    stage: str = ""
    due: int = 0
    """When the time of the step is over."""
    ends: int = 0
    """When the time of the whole order is over."""
    quantity: int = 1
    variant: str = ""
    choice: str = ""
    money: int = 0
    held: list[list[int | str]] = []
    """[currency, points] that are set aside."""
    spent: list[list[Any]] = []
    """[currency, [[activity, n, amount], ...]] of the lots that paid."""
    gave: list[list[int]] = []
    """[step, place of the effect, points] of what its steps credited."""
    service: str = ""
    until: int = 0
    """When the service ends."""
    cancel: int = 0
    """Until when it may be cancelled once it is fulfilled."""
    counted: int = 0
    """The day on which limits, stock and budgets count it; 0 as long as nothing is picked."""
    codes: list[list[Any]] = []
    """[campaign, code, how often the member used it] of what its steps issued; the last only of codes that are not
    counted one by one."""
    stock: list[str] = []
    """The counters that units were taken of: they go back there, also when no release has the reward any more."""
    offers: list[list[Any]] = []
    """[offer, since when, how often it was used] of what its steps gave."""
    parts: list[str] = []
    """The rewards that it is made of beside itself: their limits and budgets counted it, too."""


def hold_id(order_id: UUID, place: int) -> UUID:
    """The hold of one currency of an order. It is nobody's activity, so that no till can capture it."""
    return UUID(int=order_id.int ^ (place + 1))


def packed(uses: tuple[LotUse, ...]) -> list[list[Any]]:
    """Lot uses as the state keeps them."""
    return [[use.lot_id.activity_id.bytes, use.lot_id.n, use.amount] for use in uses]


def unpacked(kept: list[list[Any]]) -> tuple[LotUse, ...]:
    """Lot uses out of the state."""
    return tuple(LotUse(LotId(UUID(bytes=of), n), amount) for of, n, amount in kept)


def note_code(orders: Iterable[Order], voucher: str, code_id: UUID, times: int) -> None:
    """A code that an order gave was used, or its use came back (below 0)."""
    for order in orders:
        for one in order.codes:
            if one[:2] == [voucher, code_id.bytes]:
                one[2:] = [max(sum(one[2:]) + times, 0)]


def note_offer(orders: Iterable[Order], offer: str, times: int) -> None:
    """An offer that an order gave was used, or its use came back (below 0)."""
    for order in orders:
        for one in order.offers:
            if one[0] == offer:
                one[2] = max(one[2] + times, 0)
