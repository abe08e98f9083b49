from __future__ import annotations

from uuid import UUID

from regulars.activities import claims
from regulars.kit.database import Database


async def test_who_asks_again_is_found_by_keys_however_much_has_happened(database: Database) -> None:
    asked = [[0], [1], [UUID(int=1)], ["key"], ["shop"], ["42"], [UUID(int=2)], False]
    async with database.transaction(programs=[1]) as tx:
        # In tables as small as these a scan would be right; that there is no other way would be the fault.
        await tx.execute("set local enable_seqscan = off")
        found = "\n".join(row[0] for row in await tx.fetch(f"explain {claims._WINNERS}", *asked))
    assert "Seq Scan" not in found
    assert found.count("Index Cond: (activity_id = CASE") >= 2
