"""The tables of the outbox. Apart from it, since SQLAlchemy takes a second to load and only migrations and the registry
need it."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    DateTime,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    Uuid,
    text,
)

from regulars.kit import tables

event = tables.register(
    Table(
        "event",
        tables.metadata,
        Column("account_id", Uuid, primary_key=True),
        Column("id", Uuid, primary_key=True),
        Column("program_id", Integer, nullable=False),
        Column("xid", tables.Xid8, nullable=False, server_default=text("pg_current_xact_id()")),
        Column("occurred_at", DateTime(timezone=True), nullable=False),
        Column("types", Text, nullable=False),
        Column("body", LargeBinary, nullable=False),
        Index("event_xid_idx", "xid", "id"),
        postgresql_partition_by="RANGE (id)",
    ),
    spread="distributed",
    retention="old months detach",
    personal=("body",),
    app="append",
    monthly=True,
)

event_feed = tables.register(
    Table(
        "event_feed",
        tables.metadata,
        Column("program_id", Integer, primary_key=True),
        Column("type", Text, primary_key=True),
        Column("position", BigInteger, primary_key=True, autoincrement=False),
        Column("account_id", Uuid, nullable=False),
        Column("event_id", Uuid, nullable=False),
    ),
    spread="local",
    retention="as long as the events",
    app="read",
)

event_relay = tables.register(
    Table(
        "event_relay",
        tables.metadata,
        Column("id", Integer, primary_key=True, autoincrement=False),
        Column("position", BigInteger, nullable=False),
        Column("xid", tables.Xid8, nullable=False),
        Column("event_id", Uuid, nullable=False),
        CheckConstraint("id = 1", name="one_row"),
    ),
    spread="local",
    retention="for ever",
    app="read",
)
