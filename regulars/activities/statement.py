"""The pieces of the one statement that writes a batch (`apply`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from regulars.kit import arrays

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Sequence

    from regulars.activities.outcomes import Outcome


class Terms(msgspec.Struct, frozen=True):
    """What holds for a whole batch: the moment it is posted at, and the key of the ledger's hash chain."""

    posted_at: dt.datetime
    ledger_key: bytes

    def posted(self, one: Outcome) -> dt.datetime:
        """The moment for one account: in its books time goes forward, also where two processes' clocks differ."""
        return self.posted_at if one.clock is None else max(self.posted_at, one.clock)


class Part(msgspec.Struct, frozen=True):
    """Some CTEs of the statement and the arguments that go with them, numbered from wherever the part before ended."""

    sql: Callable[[int], tuple[str, int]]
    arguments: Callable[[Sequence[Outcome], Terms], list[Any]]
    needed: Callable[[Outcome], bool]


def insert(
    name: str,
    table: str,
    columns: arrays.Columns,
    rows: Callable[[Sequence[Outcome], Terms], list[tuple[Any, ...]]],
    needed: Callable[[Outcome], bool],
    *,
    tail: str = "",
) -> Part:
    """A part that inserts rows, for the accounts in `ok`; one of the columns is account_id."""
    names = arrays.names(columns)

    def sql(first: int) -> tuple[str, int]:
        text = (
            f"{name} as (insert into regulars.{table} as x ({names}) select {names} "
            f"from {arrays.source(columns, first)} join ok using (account_id) {tail})"
        )
        return text, len(columns)

    return Part(sql, lambda outcomes, terms: arrays.of(rows(outcomes, terms), len(columns)), needed)
