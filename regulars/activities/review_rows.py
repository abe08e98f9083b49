"""What waits for a person, of a batch, as arrays for the statement that writes it: rows that come and rows that go."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from regulars.engine.contracts.decision import CaseRow
from regulars.kit import arrays

_OPENED: Final = (
    ("account_id", "uuid"),
    ("activity_id", "uuid"),
    ("program_id", "int"),
    ("member_id", "uuid"),
    ("type", "text"),
    ("why", "text"),
    ("asks_first", "bool"),
    ("opened_at", "timestamptz"),
    ("until", "timestamptz"),
)
_CLOSED: Final = (("account_id", "uuid"), ("activity_id", "uuid"), ("program_id", "int"))

Written = tuple[UUID, int, UUID, str, "dt.datetime", CaseRow | None]
"""Account, program, member, type and arrival of the activity, and its case."""


def sql(first: int) -> tuple[str, int]:
    """Rows of what begins to wait; whoever was reviewed goes, also from an account that its member has left since."""
    names = arrays.names(_OPENED)
    return (
        f"""asked as (
    insert into regulars.review ({names})
    select {names} from {arrays.source(_OPENED, first)} join ok using (account_id) order by account_id, activity_id
), answered_for as (
    delete from regulars.review r using {arrays.source(_CLOSED, first + len(_OPENED))}
    join ok using (account_id) where r.activity_id = t.activity_id and r.program_id = t.program_id
)""",
        len(_OPENED) + len(_CLOSED),
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
    return [*arrays.of(opened, len(_OPENED)), *arrays.of(gone, len(_CLOSED))]
