"""The rows of what is on its way between accounts: a member who moves, points that are sent, word to a referrer."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

import msgspec

if TYPE_CHECKING:
    from regulars.kit.database import Transaction

COLUMNS: Final = """account_id, activity_id, program_id, kind, member_id, to_account_id, to_member_id, luggage, role,
code, left_at, arrived_at, refusal"""


class Move(msgspec.Struct, frozen=True, kw_only=True):
    """One move, as its row says."""

    account_id: UUID
    activity_id: UUID
    program_id: int
    kind: str
    member_id: UUID
    to_account_id: UUID
    to_member_id: UUID
    luggage: bytes
    role: str | None
    code: str | None
    left_at: dt.datetime
    arrived_at: dt.datetime | None
    refusal: str | None


async def of_activity(tx: Transaction, *, program_id: int, activity_id: UUID) -> Move | None:
    """The move that an activity began."""
    row = await tx.fetchrow(
        f"select {COLUMNS} from regulars.move where program_id = $1 and activity_id = $2", program_id, activity_id
    )
    return None if row is None else of_row(row)


async def last_merge(tx: Transaction, *, program_id: int, member_id: UUID) -> Move | None:
    """The last merge of a member into somebody, as it arrived there."""
    row = await tx.fetchrow(
        f"""select {COLUMNS} from regulars.move where program_id = $1 and member_id = $2 and kind = 'merge'
        and arrived_at is not null and refusal is null order by left_at desc limit 1""",
        program_id,
        member_id,
    )
    return None if row is None else of_row(row)


async def under_way(tx: Transaction, *, before: dt.datetime, word_before: dt.datetime, limit: int) -> list[Move]:
    """Moves that began before a moment and have not ended, the oldest first; of word that nobody waits for, those of
    before `word_before`."""
    rows = await tx.fetch(
        f"""select {COLUMNS} from regulars.move where arrived_at is null
        and (left_at < $1 or (kind = 'referral' and left_at <= $2)) order by left_at, activity_id limit $3""",
        before,
        word_before,
        limit,
    )
    return [of_row(row) for row in rows]


def of_row(row: Any) -> Move:
    """A move from its row."""
    return Move(**dict(row.items()))
