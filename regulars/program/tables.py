"""Releases, the slots of metrics, and drafts. A program itself, the wall, belongs to access."""

from __future__ import annotations

from sqlalchemy import ARRAY, CheckConstraint, Column, DateTime, Integer, LargeBinary, Table, Text

from regulars.kit.tables import metadata, register

_MOMENT = DateTime(timezone=True)

release = register(
    Table(
        "release",
        metadata,
        Column("program_id", Integer, primary_key=True),
        Column("number", Integer, primary_key=True),
        Column("text", LargeBinary, nullable=False, comment="YAML exactly as it was handed in, UTF-8"),
        Column("body", LargeBinary, nullable=False, comment="the Program, msgpack, with the values of files"),
        Column("slots", LargeBinary, nullable=False, comment="metric -> slot, msgpack"),
        Column("to_backfill", ARRAY(Text), nullable=False),
        Column("digest", LargeBinary, nullable=False, comment="SHA-256 of what the program says"),
        Column("rolled_back_to", Integer, comment="the number whose text was published again"),
        Column("published_by", Text, nullable=False),
        Column("published_at", _MOMENT, nullable=False),
        CheckConstraint("number > 0", name="number"),
    ),
    spread="reference",
    retention="for ever",
    app="append",
)

metric_slot = register(
    Table(
        "metric_slot",
        metadata,
        Column("program_id", Integer, primary_key=True),
        Column("slot", Integer, primary_key=True),
        Column("name", Text, nullable=False),
        Column("signature", Text, nullable=False, comment="what the metric counts"),
        Column("since", Integer, nullable=False, comment="the release that gave it"),
    ),
    spread="reference",
    retention="for ever",
    app="append",
)

draft = register(
    Table(
        "draft",
        metadata,
        Column("program_id", Integer, primary_key=True),
        Column("name", Text, primary_key=True),
        Column("base", Integer, nullable=False, comment="the release that it changes"),
        Column("changes", LargeBinary, nullable=False, comment="definitions touched, JSON; null where removed"),
        Column("changed_by", Text, nullable=False),
        Column("changed_at", _MOMENT, nullable=False),
    ),
    spread="reference",
    retention="until it is published or discarded",
)
