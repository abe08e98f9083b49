"""The door of the ledger: its part of a batch, what `decide` loads, statements, balances at a time, and the checks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from regulars.engine.contracts.points import Hold, Lot, LotId
from regulars.ledger import apply, queries
from regulars.ledger.contracts import Kept, Posting
from regulars.ledger.queries import Reader


def apply_sql(first_parameter: int) -> tuple[str, int]:
    """The CTEs that write points for the accounts in `ok(account_id)`, and how many parameters they take from
    `first_parameter` on."""
    return apply.sql(first_parameter)


def apply_arguments(postings: Sequence[Posting], *, key: bytes) -> list[Any]:
    """The arrays for `apply_sql`, in order; each account once, its movements in the order in which they were decided.

    `key` is the secret of the hash chain: `kit.keyring.key(home, "ledger")`.
    """
    return apply.arguments(postings, key=key)


async def load_balances(reader: Reader, account_ids: Sequence[UUID]) -> dict[UUID, tuple[Kept, ...]]:
    """The balances of accounts with the last links of their chains; accounts without any are left out."""
    return await queries.balances(reader, account_ids)


async def load_lots(
    reader: Reader, account_ids: Sequence[UUID], named: Mapping[UUID, Sequence[LotId]] | None = None
) -> dict[UUID, tuple[Lot, ...]]:
    """The open lots of accounts; of `named` those lots too, open or not (what `LotsNeeded.lots` asked for)."""
    return await queries.lots(reader, account_ids, named)


async def load_holds(
    reader: Reader, account_ids: Sequence[UUID], named: Sequence[UUID] = ()
) -> dict[UUID, tuple[Hold, ...]]:
    """The open holds of accounts with what they pin; those of `named` too, open or not (what a capture or a void
    speaks of)."""
    return await queries.holds(reader, account_ids, named)
