"""How balances of an account of several members are named: what is shared by its currency, what is a member's own by
that and the member (`points@<member>`).
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from typing import Final
from uuid import UUID

from msgspec import structs

from regulars.engine.contracts.points import Balance, LeftLot, Lot

MARK: Final = "@"


def own(currency: str, member_id: UUID) -> str:
    """The name in the books of what a member alone has of a currency."""
    return f"{currency}{MARK}{member_id.hex}"


def plain(name: str) -> str:
    """The currency that a name in the books is of."""
    return name.partition(MARK)[0]


def foreign(lot: Lot) -> Lot:
    """A lot as what goes on from it elsewhere sees it."""
    given = structs.asdict(lot) | {"remaining": 0, "held": 0, "pending": False}
    return LeftLot(**given)


def of_now(lots: Iterable[Lot], pooled: AbstractSet[str] | None) -> tuple[Lot, ...]:
    """The lots of an account in the household that shares `pooled` (none: its member is alone). Whoever founds one
    stays in the same account, but what was theirs stands under another name from then on: lots under a name of before
    are as foreign as those of another account."""
    return tuple([foreign(lot) if _is_left(lot.currency, pooled) else lot for lot in lots])


def _is_left(name: str, pooled: AbstractSet[str] | None) -> bool:
    if pooled is None:
        return MARK in name
    return (plain(name) in pooled) == (MARK in name)


def is_seen(name: str, member_id: UUID) -> bool:
    """Whether a member sees what has this name: it is shared, or their own, or they are alone."""
    return MARK not in name or name.endswith(f"{MARK}{member_id.hex}")


def seen(balances: Iterable[Balance], member_id: UUID) -> tuple[Balance, ...]:
    """The balances that a member sees, under the names of their currencies."""
    found: dict[str, Balance] = {}
    for one in sorted(balances, key=lambda balance: balance.currency):
        name = plain(one.currency)
        # Of the plain name and somebody's own one is empty: the first since there is a household, the second if there
        # was one.
        if is_seen(one.currency, member_id) and (name not in found or _is_empty(found[name])):
            found[name] = structs.replace(one, currency=name)
    return tuple(found.values())


def _is_empty(balance: Balance) -> bool:
    return not (balance.active or balance.pending or balance.held or balance.arrears)
