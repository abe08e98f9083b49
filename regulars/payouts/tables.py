"""Pay-outs and their lines: one line a member, who was debited by one activity."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    DateTime,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import UUID

from regulars.kit.tables import metadata, register

_MOMENT = DateTime(timezone=True)

payout = register(
    Table(
        "payout",
        metadata,
        Column("program_id", Integer, primary_key=True),
        Column("payout_id", UUID, primary_key=True),
        Column("currency", Text, nullable=False),
        Column("period", Text, nullable=False, comment="the month, 2026-04, or its own id where it was made on demand"),
        Column("made_by", Text, nullable=False),
        Column("made_at", _MOMENT, nullable=False),
        Column("finished_at", _MOMENT, comment="none: members are still being debited"),
        UniqueConstraint("program_id", "currency", "period", name="payout_period"),
        # What is under way is finished before another begins.
        Index(
            "payout_under_way",
            "program_id",
            "currency",
            unique=True,
            postgresql_where=text("finished_at is null"),
        ),
    ),
    spread="local",
    retention="for ever: what was paid is money",
)

payout_line = register(
    Table(
        "payout_line",
        metadata,
        Column("program_id", Integer, primary_key=True),
        Column("payout_id", UUID, primary_key=True),
        Column("no", Integer, primary_key=True, autoincrement=False),
        Column("account_id", UUID, nullable=False),
        Column("member_id", UUID, nullable=False),
        Column("state", Text, nullable=False),
        Column("points", BigInteger, nullable=False, comment="0 until debited"),
        Column("bank_account", Text, comment="where it is paid to, as it was then"),
        Column("activity_id", UUID, comment="the debit"),
        Column("returned_id", UUID, comment="what brought it back"),
        Column("reason", Text, comment="why it was left out, or why it failed"),
        CheckConstraint("state in ('wanted', 'paid', 'skipped', 'confirmed', 'failed')", name="state"),
        CheckConstraint("points >= 0", name="points"),
    ),
    spread="local",
    retention="for ever: what was paid is money",
    personal=("bank_account", "reason"),
)
