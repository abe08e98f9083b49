"""How many members there are of what a release touches."""

from __future__ import annotations

from collections.abc import Sequence

from regulars.kit.database import Transaction


async def in_segments(tx: Transaction, *, program_id: int, names: Sequence[str]) -> dict[str, int]:
    """How many members are in each of these segments; none of them is left out."""
    rows = await tx.fetch(
        """select segment, count(*) as members from member_segment where program_id = $1 and segment = any($2)
        group by segment""",
        program_id,
        list(names),
    )
    return {**dict.fromkeys(names, 0), **{row["segment"]: row["members"] for row in rows}}


async def on_ladders(tx: Transaction, *, program_id: int, names: Sequence[str]) -> dict[str, int]:
    """How many members stand on a level of each of these ladders."""
    rows = await tx.fetch(
        """select ladder, count(*) as members from member_tier where program_id = $1 and ladder = any($2)
        group by ladder""",
        program_id,
        list(names),
    )
    return {**dict.fromkeys(names, 0), **{row["ladder"]: row["members"] for row in rows}}
