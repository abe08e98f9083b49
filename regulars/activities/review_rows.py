"""What waits for a person, of a batch, as arrays for the statement that writes it: rows that come and rows that go."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from regulars.engine.contracts.decision import CaseRow

Written = tuple[UUID, int, UUID, str, "dt.datetime", CaseRow | None]
"""Account, program, member, type and arrival of the activity, and its case."""


def sql(first: int) -> tuple[str, int]:
    """Rows of what begins to wait; whoever was reviewed goes, also from an account that its member has left since."""
    kinds = ("uuid", "uuid", "int", "uuid", "text", "text", "bool", "timestamptz", "timestamptz")
    names = "account_id, activity_id, program_id, member_id, type, why, asks_first, opened_at, until"
    arrays = ", ".join(f"${first + offset}::{kind}[]" for offset, kind in enumerate(kinds))
    gone = ", ".join(f"${first + len(kinds) + offset}::{kind}[]" for offset, kind in enumerate(("uuid", "uuid", "int")))
    return (
        f"""asked as (
    insert into regulars.review ({names})
    select {names} from unnest({arrays}) as t ({names}) join ok using (account_id) order by account_id, activity_id
), answered_for as (
    delete from regulars.review r using unnest({gone}) as t (account_id, activity_id, program_id)
    join ok using (account_id) where r.activity_id = t.activity_id and r.program_id = t.program_id
)""",
        len(kinds) + 3,
    )


def arguments(written: Sequence[Written]) -> list[Any]:
    """What was opened and not closed in the same batch, then what was closed."""
    closed = {case.activity_id for *_, case in written if case is not None and case.closed}
    opened = [
        (account, case.activity_id, program, member, type, case.why, case.asks_first, at, case.until)
        for account, program, member, type, at, case in written
        if case is not None and not case.closed and case.activity_id not in closed
    ]
    gone = [(row[0], row[5].activity_id, row[1]) for row in written if row[5] is not None and row[5].closed]
    return [*_columns(opened, 9), *_columns(gone, 3)]


def _columns(rows: Sequence[tuple[Any, ...]], width: int) -> list[list[Any]]:
    return [list(column) for column in zip(*rows, strict=True)] if rows else [[] for _ in range(width)]
