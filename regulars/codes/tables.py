"""Codes of vouchers: one row a code, found by a keyed hash of its normal form."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import UUID

from regulars.kit.tables import metadata, register

_MOMENT = DateTime(timezone=True)

voucher_code = register(
    Table(
        "voucher_code",
        metadata,
        Column("program_id", Integer, primary_key=True),
        Column(
            "code_id", UUID, primary_key=True, comment="16 bytes of the HMAC of the normal form; the form is sealed"
        ),
        Column("voucher", Text, nullable=False, comment="the campaign"),
        Column("state", Text, nullable=False),
        Column("sealed", LargeBinary, nullable=False, comment="the code as it was made, for export and for its holder"),
        Column("tail", Text, nullable=False, comment="its last four characters"),
        Column("batch", Text, nullable=False),
        Column(
            "blocked", Boolean, nullable=False, server_default=text("false"), comment="by staff, whatever its state"
        ),
        Column("value", BigInteger, comment="what a gift card carries, in the smallest unit of its currency"),
        Column("from_at", _MOMENT),
        Column("until_at", _MOMENT),
        Column("member_id", UUID, comment="who alone may use it"),
        Column("activity_id", UUID, comment="what gave it to the member"),
        Column("given_at", _MOMENT),
        Column("reserved_by", UUID, comment="the batch that is about to give it"),
        Column("reserved_until", _MOMENT),
        Column("lock_session", Text),
        Column("lock_until", _MOMENT),
        Column("made_at", _MOMENT, nullable=False),
        CheckConstraint("state in ('open', 'idle', 'cancelled')", name="state"),
        # The next free one is found at once, however many were given before it.
        Index(
            "voucher_code_free",
            "program_id",
            "voucher",
            postgresql_where=text("member_id is null and state = 'open'"),
        ),
        Index(
            "voucher_code_by_member",
            "program_id",
            "member_id",
            postgresql_where=text("member_id is not null"),
        ),
    ),
    spread="lookup",
    personal=("member_id",),
    retention="while the program is",
)
