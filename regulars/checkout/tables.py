"""Tills that may work without a connection, and what each of them told since."""

from __future__ import annotations

from sqlalchemy import BigInteger, CheckConstraint, Column, DateTime, Index, Integer, LargeBinary, Table, Text, text
from sqlalchemy.dialects.postgresql import UUID

from regulars.kit.tables import metadata, register

_MOMENT = DateTime(timezone=True)

till = register(
    Table(
        "till",
        metadata,
        Column("program_id", Integer, primary_key=True),
        Column("till_id", UUID, primary_key=True),
        Column("name", Text, nullable=False),
        Column("store", Text, nullable=False),
        Column("public_key", LargeBinary, nullable=False, comment="Ed25519; the private key is at the till alone"),
        Column("floor", BigInteger, nullable=False, comment="what points may pay offline in one basket, minor units"),
        Column("whole_through", BigInteger, nullable=False, comment="up to this number nothing is missing"),
        Column("created_at", _MOMENT, nullable=False),
        Column("revoked_at", _MOMENT),
        CheckConstraint("floor >= 0 and whole_through >= 0", name="amounts"),
    ),
    spread="local",
)

till_activity = register(
    Table(
        "till_activity",
        metadata,
        Column("program_id", Integer, primary_key=True),
        Column("till_id", UUID, primary_key=True),
        Column("number", BigInteger, primary_key=True, comment="the till's own, from 1 without gaps"),
        Column("digest", LargeBinary, nullable=False, comment="SHA-256 of what was signed"),
        Column("outcome", Text, nullable=False),
        Column("activity_id", UUID, comment="what it became, or the answer that it got; none: nothing was done"),
        Column("code", Text, comment="why not"),
        Column("received_at", _MOMENT, nullable=False),
        CheckConstraint("number > 0", name="number"),
        CheckConstraint("outcome in ('applied', 'waiting', 'refused', 'faulty')", name="outcome"),
        Index(
            "till_activity_in_trouble",
            "program_id",
            "till_id",
            "number",
            postgresql_where=text("outcome in ('refused', 'faulty')"),
        ),
    ),
    spread="local",
)
