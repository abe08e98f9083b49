"""What a member said of purposes, word by word; rows are added and never change."""

from __future__ import annotations

from uuid import UUID

from regulars.kit.database import Transaction
from regulars.members import homes
from regulars.members.contracts import ConsentWord


async def history(tx: Transaction, *, program_id: int, member_id: UUID) -> tuple[ConsentWord, ...]:
    """Everything that a member ever said, and who was merged into them, wherever they were then; the latest first."""
    there = await homes.home(tx, program_id=program_id, member_id=member_id)
    people = [there.member_id, *await homes.followers(tx, program_id=program_id, member_id=there.member_id)]
    rows = await tx.fetch(
        """select purpose, channel, given, version, source, proof, said_at, activity_id from member_consent
        where account_id = any($1::uuid[]) and member_id = any($2::uuid[]) and program_id = $3
        order by said_at desc, activity_id desc, n desc""",
        # Who is alone is the account of the same id.
        [there.account_id, *people],
        people,
        program_id,
    )
    return tuple(ConsentWord(**dict(row)) for row in rows)
