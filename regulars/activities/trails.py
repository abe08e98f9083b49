"""Which accounts a member has been in: what they bought, and what came back of it, may be recorded in any of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from regulars.kit.database import Transaction

_ACCOUNTS: Final = """
with recursive trail as (
    select t.p as program_id, t.m as of_id, t.m as member_id from unnest($1::int[], $2::uuid[]) as t (p, m)
    union
    select l.program_id, l.of_id, v.to_member_id from trail l
    join regulars.move v on v.program_id = l.program_id and v.member_id = l.member_id
)
select distinct l.program_id, l.of_id, e.account_id
from trail l join regulars.move v on v.program_id = l.program_id and v.member_id = l.member_id
cross join lateral (values (v.account_id), (v.to_account_id)) as e (account_id)
order by e.account_id
"""


async def accounts(tx: Transaction, asked: Sequence[tuple[int, UUID]]) -> dict[tuple[int, UUID], tuple[UUID, ...]]:
    """All accounts that members of programs, and those whom they were merged into, have been in; whoever never moved
    is left out."""
    pairs = sorted(set(asked))
    found: dict[tuple[int, UUID], tuple[UUID, ...]] = {}
    for row in await tx.fetch(_ACCOUNTS, [pair[0] for pair in pairs], [pair[1] for pair in pairs]):
        who = (row["program_id"], row["of_id"])
        found[who] = (*found.get(who, ()), row["account_id"])
    return found
