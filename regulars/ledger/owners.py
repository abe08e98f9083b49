"""Who has so much of a currency."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from uuid import UUID

import msgspec

from regulars.engine.contracts.shared import MARK

if TYPE_CHECKING:
    from regulars.kit.database import Transaction

_HOLDERS: Final = """
select account_id, currency, active from regulars.balance
where program_id = $1 and split_part(currency, '@', 1) = $2 and active >= $3
order by account_id, currency
"""


class Holder(msgspec.Struct, frozen=True):
    """A member and the active points of a balance of their own, as it was written last."""

    account_id: UUID
    member_id: UUID
    points: int


async def holders(tx: Transaction, *, program_id: int, currency: str, least: int) -> list[Holder]:
    """Members with at least so much (smallest units) of their own; what households share is not theirs."""
    found = []
    for row in await tx.fetch(_HOLDERS, program_id, currency, least):
        whose = row["currency"].partition(MARK)[2]
        # A member alone is an account with their own id.
        member_id = UUID(whose) if whose else row["account_id"]
        found.append(Holder(row["account_id"], member_id, row["active"]))
    return found
