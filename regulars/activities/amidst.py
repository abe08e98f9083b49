"""How many members are in the middle of a challenge or a choice: what the states of all accounts say or, where there
are many, of some of them; and how many are in households, which nobody may guess.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

from regulars.engine import service as engine

if TYPE_CHECKING:
    from regulars.kit.database import Transaction

SAMPLE: Final = 20_000
"""With more accounts than this, about so many are looked at, and the number found is scaled up."""


async def members(tx: Transaction, *, program_id: int, kind: str, names: Sequence[str]) -> Mapping[str, int]:
    """Members in the middle of definitions of a kind (`challenges`, `choices`), by name; about, in large programs."""
    total = await tx.fetchval("select count(*) from regulars.account where program_id = $1", program_id)
    share = min(SAMPLE / total, 1.0) if total else 1.0
    # The same accounts at each asking: a number that jumps without a reason would not be believed.
    some = "" if share == 1.0 else f"tablesample bernoulli ({share * 100:.6f}) repeatable (1)"
    rows = await tx.fetch(f"select state from regulars.account {some} where program_id = $1", program_id)
    found: Counter[tuple[str, str]] = Counter()
    for row in rows:
        found += engine.begun(row["state"])
    scale = total / len(rows) if rows else 1.0
    return {name: round(found[kind, name] * scale) for name in names}


async def relatives(tx: Transaction, *, program_id: int, households: Sequence[str]) -> Mapping[tuple[str, str], int]:
    """Members in households of these definitions, by definition and role. In a program where very many are, some of
    them: enough to know that there are.
    """
    rows = await tx.fetch(
        """select state from regulars.account a where program_id = $1 and exists (
            select from unnest($2::text[]) as t (name) where position(convert_to(t.name, 'UTF8') in a.state) > 0)
        limit $3""",
        program_id,
        list(households),
        SAMPLE,
    )
    found: Counter[tuple[str, str]] = Counter()
    for row in rows:
        found += engine.relatives(row["state"])
    return {key: count for key, count in found.items() if key[0] in households}
