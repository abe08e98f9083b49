"""Numbers of what is shared that are not the sum of their uses, after a person has looked: either the numbers are put
back to what the uses say, or what they say is taken over as one more use. Nothing of it happens by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal

import msgspec

from regulars.access import service as access
from regulars.activities import guarding, reconciling, slices, use_rows
from regulars.activities.sealed import NOBODY
from regulars.kit import keyring

if TYPE_CHECKING:
    from pathlib import Path

    from regulars.access.contracts import Signature
    from regulars.kit.database import Transaction

Keep = Literal["uses", "counters"]

_ADD: Final = """
insert into regulars.counter as x (program_id, metric, owner, bucket, item, value) values ($1, $2, $3, $4, $5, $6)
on conflict (program_id, metric, owner, bucket, item) do update set value = x.value + excluded.value
"""
_USE: Final = """
insert into regulars.counter_use (account_id, activity_id, n, program_id, metric, owner, bucket, item, amount, hash)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
"""


class Settled(msgspec.Struct, frozen=True, kw_only=True):
    """A number, what it said, and what its uses said."""

    metric: str
    owner: str
    bucket: str
    item: str
    counted: int
    used: int


async def settle(tx: Transaction, by: Signature, home: Path, *, keep: Keep, reason: str) -> list[Settled]:
    """Make numbers and uses agree again, and write down who did and why: what each number was."""
    found = await reconciling.differing(tx, program_id=by.program_id, now=by.at)
    # Whoever is about to take of it waits, and then finds what is right.
    await guarding.lock(tx.connection, sorted({(by.program_id, row["metric"], row["owner"]) for row in found}))
    rows = await reconciling.differing(tx, program_id=by.program_id, now=by.at)
    for n, row in enumerate(rows, 1):
        if keep == "uses":
            await _count_anew(tx, by.program_id, row)
        else:
            await _take_over(tx, by, keyring.key(home, "ledger"), n, row)
    settled = [
        Settled(**{name: row[name] for name in reconciling.WHICH}, counted=row["value"] or 0, used=row["amount"] or 0)
        for row in rows
    ]
    if settled:
        new = {"keep": keep, "reason": reason, "numbers": settled}
        await access.sign(tx, by, action="ledger.settle", target=keep, old={}, new=new)
    return settled


async def _count_anew(tx: Transaction, program_id: int, row: Any) -> None:
    missing = (row["amount"] or 0) - (row["value"] or 0)
    owner = slices.slice_of(row["owner"])
    await tx.execute(_ADD, program_id, row["metric"], owner, row["bucket"], row["item"], missing)


async def _take_over(tx: Transaction, by: Signature, key: bytes, n: int, row: Any) -> None:
    use: dict[str, Any] = {
        "account_id": NOBODY,
        "activity_id": by.act_id,
        "n": n,
        "program_id": by.program_id,
        **{name: row[name] for name in reconciling.WHICH},
        "amount": (row["value"] or 0) - (row["amount"] or 0),
    }
    await tx.execute(_USE, *use.values(), use_rows.signature(key, **use))
