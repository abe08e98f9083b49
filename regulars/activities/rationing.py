"""Budgets, stock and uses of codes in a batch: loaded at once where it is known that they will be asked for, and proved
before anything is written.

What is left is nobody's own, so no account's version protects it. Whoever took of it is written only if, under the lock
of its guard, as much is left as their decision needs: fifty buyers of one reward do not decide each other anew. Whoever
got nothing needs no lock: they were decided on what their snapshot had, and only fall with somebody of their own batch
who took the last of it and could not be written.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from regulars.activities.outcomes import NOTHING, Guard, Shares
from regulars.activities.slices import slices_of
from regulars.engine import service as engine
from regulars.engine.contracts.known import CounterKey, Quota, Ration

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from asyncpg import Connection

    from regulars.activities.outcomes import Outcome

Shared = tuple[int, CounterKey]
"""Something shared of a program."""

_QUOTAS = """
select t.n, c.item, sum(c.value)::bigint as value
from unnest($1::int[], $2::int[], $3::text[], $4::text[], $5::text[]) as t (n, p, metric, owner, bucket)
join regulars.counter c
    on c.program_id = t.p and c.metric = t.metric and c.owner = t.owner and c.bucket = t.bucket
group by t.n, c.item
"""


async def load(connection: Connection, wanted: Iterable[Shared]) -> dict[Shared, Quota]:
    """What was supplied, what is used and what was told of each of these; nothing of what nobody touched yet."""
    keys = sorted(set(wanted))
    if not keys:
        return {}
    rows = [(n, program, key, owner) for n, (program, key) in enumerate(keys) for owner in slices_of(key.owner)]
    items: dict[int, dict[str, int]] = defaultdict(dict)
    for row in await connection.fetch(
        _QUOTAS,
        [n for n, *_ in rows],
        [program for _, program, *_ in rows],
        [key.metric for _, _, key, _ in rows],
        [owner for *_, owner in rows],
        [key.bucket for _, _, key, _ in rows],
    ):
        items[row["n"]][row["item"]] = row["value"]
    return {one: _quota(items[n]) for n, one in enumerate(keys)}


def _quota(items: Mapping[str, int]) -> Quota:
    return Quota(
        items.get(engine.QUOTA_SUPPLIED, 0),
        items.get(engine.QUOTA_USED, 0),
        frozenset(name for name, value in items.items() if value > 0 and name not in engine.QUOTA_COUNTED),
    )


def shares(rations: Sequence[Ration], refused: Iterable[CounterKey]) -> Shares:
    """The shares of one account; `refused` is what may have refused one of its activities."""
    if not rations and not refused:
        return NOTHING
    return Shares(
        taken=tuple(one for one in rations if one.taken),
        asked=frozenset(one.key for one in rations if not one.taken).union(refused),
    )


def locked(outcomes: Iterable[Outcome]) -> set[Shared]:
    """What has to stand still while these are written: all that somebody takes of. Who gives back waits for nobody."""
    return {(one.program_id, ration.key) for one in outcomes for ration in one.shares.taken if ration.taken > 0}


def guards(keys: Iterable[Shared]) -> set[Guard]:
    """The guards of some keys; one guard serves all periods."""
    return {(program, key.metric, key.owner) for program, key in keys}


class Ledger:
    """What is left while a batch is gone through in the order in which it was decided."""

    def __init__(self, there: Mapping[Shared, Quota]) -> None:
        self._there = there
        self._used: dict[Shared, int] = defaultdict(int)
        self._told: set[tuple[Shared, str]] = set()
        self._lost: set[Shared] = set()

    def admits(self, one: Outcome) -> bool:
        """Whether the decisions of an account would be the same now; if so, what they took is gone."""
        program, mine = one.program_id, one.shares
        if any((program, key) in self._lost for key in mine.asked):
            return False
        used: dict[Shared, int] = defaultdict(int)
        for ration in mine.taken:
            shared = (program, ration.key)
            quota = self._there.get(shared)
            if quota is not None:
                size = quota.supplied if ration.size is None else ration.size
                left = size - quota.used - self._used[shared] - used[shared]
                marked = any(mark in quota.told or (shared, mark) in self._told for mark in ration.marks)
                if ration.taken > 0 and (marked or not ration.least <= left <= ration.most):
                    return False
            used[shared] += ration.taken
        for shared, amount in used.items():
            self._used[shared] += amount
        self._told |= {((program, ration.key), mark) for ration in mine.taken for mark in ration.marks}
        return True

    def lose(self, one: Outcome) -> None:
        """Somebody is not written: who was decided on what they took is decided again."""
        self._lost |= {(one.program_id, ration.key) for ration in one.shares.taken}
