"""What waits for a person's yes or no, the longest waiting first."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from regulars.access import service as access
from regulars.activities import queries
from regulars.activities.contracts import ReviewOut
from regulars.kit import ids, pages

if TYPE_CHECKING:
    from regulars.kit.database import Transaction

_PAGE: Final = """
select r.activity_id, r.member_id, r.type, r.why, r.asks_first, r.opened_at, r.until, v.body
from regulars.review r join regulars.activity v on v.account_id = r.account_id and v.activity_id = r.activity_id
where r.program_id = $1 and (r.until is null or r.until > $2)
    and ($3::timestamptz is null or (r.opened_at, r.activity_id) > ($3, $4::uuid))
order by r.opened_at, r.activity_id limit $5
"""


async def page(
    tx: Transaction, *, program_id: int, now: dt.datetime, cursor: str | None, limit: int | None
) -> pages.Page[ReviewOut]:
    """A page of what waits. Raises MalformedCursor, LimitOutOfRange."""
    size = pages.check_limit(limit)
    after: tuple[dt.datetime | None, UUID | None] = (None, None)
    if cursor is not None:
        after = pages.decode_cursor(cursor, tuple[dt.datetime, UUID])
    rows = await tx.fetch(_PAGE, program_id, now, *after, size + 1)
    found = pages.page(rows, limit=size, key=lambda row: (row["opened_at"], row["activity_id"]))
    staff = {one.id for one in await access.staff(tx, program_id=program_id)}
    return pages.Page(items=[_shown(row, staff) for row in found.items], next_cursor=found.next_cursor)


def who(by: str, staff: set[str]) -> str:
    """Whoever answers for something, as the world reads it: `stf_...` for a person, `key_...` for a machine's key."""
    person = ids.to_wire("stf", UUID(by))
    return person if person in staff else ids.to_wire("key", UUID(by))


def _shown(row: Any, staff: set[str]) -> ReviewOut:
    body = queries.decode_body(row["body"])
    said = body.adjustment or body.extension
    return ReviewOut(
        activity_id=ids.to_wire("act", row["activity_id"]),
        member=ids.to_wire("mem", row["member_id"]),
        type=row["type"],
        why=row["why"],
        does_nothing_before=row["asks_first"],
        opened_at=row["opened_at"],
        until=row["until"],
        by=None if body.by is None else who(body.by, staff),
        currency=None if said is None else said.currency,
        points=None if said is None else said.points,
        through=None if body.extension is None else body.extension.through,
        reason=None if said is None else said.reason,
        note=None if said is None else said.note,
    )
