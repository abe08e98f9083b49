"""What other accounts of its members have for the past of an account: who was merged brings sales along that stand
where they were, and who went home again left some behind (L63, L66). A replay sees one account at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

import msgspec

from regulars.activities import queries
from regulars.engine import service as engine
from regulars.engine.contracts.known import Sale
from regulars.engine.contracts.points import Lot, LotId
from regulars.ledger import service as ledger

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from regulars.engine.contracts.activity import Activity
    from regulars.engine.service import Compiled
    from regulars.kit.database import Transaction

Told = tuple["Activity", int, bytes]
"""An activity, the release that judged it, and what was recorded."""


class Elsewhere(msgspec.Struct, frozen=True, kw_only=True):
    """Sales of other accounts that are spoken of in this one, with the rules that judged them; what came back in other
    accounts of those sales and of this one's own; and the lots of such sales, as this account sees them."""

    sales: dict[UUID, tuple[Sale, Compiled]] = {}
    returns: dict[UUID, list[tuple[Activity, bytes]]] = {}
    lots: tuple[Lot, ...] = ()


NOWHERE = Elsewhere()


def in_order(returns: Sequence[tuple[Activity, bytes]]) -> tuple[tuple[Activity, bytes], ...]:
    """What came back of a sale, the first one first: of one account as it stands there, of several by when it was
    received. Live and in a replay it is the same (LAW11)."""
    if len({activity.account_id for activity, _ in returns}) < 2:
        return tuple(returns)
    return tuple(sorted(returns, key=lambda one: one[0].received_at))


async def of(
    tx: Transaction, *, account_id: UUID, past: Sequence[Activity], rules: Callable[[int], Compiled]
) -> Elsewhere:
    """What other accounts have for the recorded `past` of one; `rules` are those of a release by its number."""
    others = await _others(tx, account_id, past)
    if not others:
        return NOWHERE
    own = {one.activity_id for one in past}
    spoken = {one.speaks_of for one in past if one.speaks_of is not None}
    found, named = Elsewhere(sales={}, returns={}), list[LotId]()
    for other, told in others.items():
        for activity, release, recorded in told:
            is_sale = activity.activity_id in spoken
            if is_sale:
                sale = Sale(activity=activity, decision=recorded, release=release)
                found.sales[activity.activity_id] = (sale, rules(release))
            # An exchange is both.
            back_of = activity.speaks_of if activity.speaks_of in spoken | own else None
            if back_of is not None:
                found.returns.setdefault(back_of, []).append((activity, recorded))
            if is_sale or back_of is not None:
                named += await _lots_of(tx, other, activity.activity_id)
    lots = await ledger.load_led(tx, tuple(others), tuple(dict.fromkeys(named)))
    return msgspec.structs.replace(found, lots=tuple(engine.foreign(lot) for lot in lots))


async def _others(tx: Transaction, account_id: UUID, past: Sequence[Activity]) -> dict[UUID, list[Told]]:
    """The accounts that members came from or went to, and so on from there, with their pasts."""
    others, ways = dict[UUID, list[Told]](), list(past)
    while ways:
        new = {one.moving.account_id for one in ways if one.moving is not None} - others.keys() - {account_id}
        for other in sorted(new):
            others[other] = await queries.of_account(tx, account_id=other)
        ways = [activity for other in new for activity, _, _ in others[other]]
    return others


async def _lots_of(tx: Transaction, account_id: UUID, activity_id: UUID) -> list[LotId]:
    moved = await ledger.moved(tx, account_id=account_id, activity_id=activity_id)
    made = [LotId(activity_id, entry.n) for entry in moved.entries]
    return made + [use.lot_id for entry in moved.entries for use in entry.uses]
