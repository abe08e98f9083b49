"""What a member said of purposes, word by word; rows are added and never change."""

from __future__ import annotations

from uuid import UUID

from regulars.kit.database import Transaction
from regulars.members.contracts import ConsentWord


async def history(tx: Transaction, *, program_id: int, account_id: UUID, member_id: UUID) -> tuple[ConsentWord, ...]:
    """Everything that a member ever said, the latest first."""
    rows = await tx.fetch(
        """select purpose, channel, given, version, source, proof, said_at, activity_id from member_consent
        where account_id = $1 and member_id = $2 and program_id = $3 order by said_at desc, activity_id desc, n desc""",
        account_id,
        member_id,
        program_id,
    )
    return tuple(ConsentWord(**dict(row)) for row in rows)
