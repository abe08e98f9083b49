"""Programs, their staff and API keys, and the audit chain."""

from __future__ import annotations

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    Identity,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import UUID

from regulars.kit.tables import metadata, register

_MOMENT = DateTime(timezone=True)

# The walls themselves stand outside the walls (the column is `id`, not `program_id`): whoever sweeps, relays or
# migrates must see which there are.
program = register(
    Table(
        "program",
        metadata,
        Column("id", Integer, Identity(), primary_key=True),
        Column("key", Text, nullable=False, unique=True),
        Column("name", Text, nullable=False),
        Column("created_at", _MOMENT, nullable=False),
    ),
    spread="reference",
    retention="for ever",
)

staff = register(
    Table(
        "staff",
        metadata,
        Column("program_id", Integer, primary_key=True),
        Column("staff_id", UUID, primary_key=True),
        Column("name", Text, nullable=False),
        Column("email", Text, nullable=False, comment="in small letters"),
        Column("languages", ARRAY(Text), nullable=False, comment="en, ru, ro; the first one is preferred"),
        Column("active", Boolean, nullable=False),
        Column("created_at", _MOMENT, nullable=False),
        Column(
            "member_ids",
            ARRAY(UUID),
            nullable=False,
            server_default=text("'{}'"),
            comment="whom they are as members of the program: nothing is done by hand to their own points",
        ),
        UniqueConstraint("program_id", "email"),
    ),
    spread="reference",
    retention="as long as the audit",
    personal=("name", "email"),
)

api_key = register(
    Table(
        "api_key",
        metadata,
        Column("program_id", Integer, primary_key=True),
        Column("key_id", UUID, primary_key=True),
        Column("label", Text, nullable=False),
        Column("hash", LargeBinary, nullable=False, comment="SHA-256 of the token, which is stored nowhere"),
        Column("last_four", Text, nullable=False),
        Column("scopes", ARRAY(Text), nullable=False),
        Column("rate_per_minute", Integer),
        Column("staff_id", UUID, comment="whose key it is; none: a machine's"),
        Column("made_by", UUID, comment="the person who made it"),
        Column("partner", Text, comment="the partner who alone is seen and changed with it; none: the house's"),
        Column("created_at", _MOMENT, nullable=False),
        Column("expires_at", _MOMENT),
        Column("revoked_at", _MOMENT),
        CheckConstraint("rate_per_minute > 0", name="rate"),
    ),
    spread="reference",
    retention="as long as the audit",
)

audit_head = register(
    Table(
        "audit_head",
        metadata,
        Column("program_id", Integer, primary_key=True, autoincrement=False),
        Column("position", BigInteger, nullable=False),
        Column("hash", LargeBinary, nullable=False),
    ),
    spread="local",
    retention="as long as the audit",
)

audit = register(
    Table(
        "audit",
        metadata,
        Column("program_id", Integer, primary_key=True),
        Column("position", BigInteger, primary_key=True),
        Column("at", _MOMENT, nullable=False),
        Column("actor", Text, nullable=False),
        Column("action", Text, nullable=False),
        Column("target", Text, nullable=False),
        Column("old", LargeBinary, nullable=False, comment="JSON exactly as it was hashed"),
        Column("new", LargeBinary, nullable=False, comment="JSON exactly as it was hashed"),
        Column("hash", LargeBinary, nullable=False, comment="HMAC over the entry before and this one"),
    ),
    spread="local",
    retention="five years",
    app="append",
)
