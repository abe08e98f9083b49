from __future__ import annotations

import os
from uuid import UUID

from regulars.members import queries
from tests.members.conftest import NOW


async def plan(tx, sql: str, *values) -> str:
    return "\n".join(row[0] for row in await tx.fetch(f"explain {sql}", *values))


async def test_hot_reads_go_by_the_key_in_tables_that_nobody_has_analysed(database):
    """A sequential scan that is right for a new program is ten times too slow for a grown one (SPEED.md)."""
    size = 20_000
    async with database.transaction(programs=[1]) as tx:
        hashes = [os.urandom(32) for _ in range(size)]
        ids = [UUID(int=n + 1) for n in range(size)]
        await tx.fetch(queries.CLAIM, [1] * size, ["phone"] * size, hashes, ids, ids, [None] * size, NOW)
        await tx.fetch(
            """insert into member (account_id, member_id, program_id, status, anonymous, enrolled_at)
            select i, i, 1, 'active', true, $2 from unnest($1::uuid[]) i""",
            ids,
            NOW,
        )
        found = await plan(tx, queries.IDENTIFIERS, list(range(100)), [1] * 100, ["phone"] * 100, hashes[:100])
        members = await plan(tx, queries.MEMBERS, ids[:100], ids[:100])
    assert "identifier_pkey" in found
    assert "member_pkey" in members
    assert "Seq Scan" not in found + members
