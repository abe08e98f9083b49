"""Releases, what leads to them, the slots of metrics, and drafts. A program itself, the wall, belongs to access."""

from __future__ import annotations

from sqlalchemy import ARRAY, CheckConstraint, Column, DateTime, Integer, LargeBinary, Table, Text, text
from sqlalchemy.dialects.postgresql import UUID

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
        Column(
            "midway",
            LargeBinary,
            nullable=False,
            server_default=text("'{}'"),
            comment="path -> policy for members in the middle, since; JSON",
        ),
        Column("published_by", Text, nullable=False),
        Column("published_at", _MOMENT, nullable=False),
        CheckConstraint("number > 0", name="number"),
    ),
    spread="reference",
    retention="for ever",
    app="append",
)

release_head = register(
    Table(
        "release_head",
        metadata,
        Column("program_id", Integer, primary_key=True, autoincrement=False),
        Column("last", Integer, nullable=False, comment="the last number given to a release or a proposal"),
    ),
    spread="reference",
    retention="for ever",
)

proposal = register(
    Table(
        "proposal",
        metadata,
        Column("program_id", Integer, primary_key=True),
        Column("number", Integer, primary_key=True),
        Column("state", Text, nullable=False),
        Column("base", Integer, nullable=False, comment="the release in force that it changes; 0: none yet"),
        Column("text", LargeBinary, nullable=False, comment="YAML exactly as it was handed in, UTF-8"),
        Column("body", LargeBinary, nullable=False, comment="the Program, msgpack, with the values of files"),
        Column("digest", LargeBinary, nullable=False, comment="SHA-256 of what the program says"),
        Column("draft", Text, comment="the draft that it came of"),
        Column("rolled_back_to", Integer),
        Column("note", Text, nullable=False),
        Column("midway", LargeBinary, nullable=False, comment="path -> policy for members in the middle; JSON"),
        Column("report", LargeBinary, nullable=False, comment="what the last check found, JSON"),
        Column("checked_at", _MOMENT, nullable=False),
        Column("proposed_by", Text, nullable=False),
        Column("proposers", ARRAY(UUID), nullable=False, comment="the people who may not approve it"),
        Column("proposed_at", _MOMENT, nullable=False),
        Column("publish_at", _MOMENT, comment="when the worker is to publish it"),
        Column("changed_by", Text, nullable=False, comment="who brought it into its state"),
        Column("changed_at", _MOMENT, nullable=False),
        Column("reason", Text, nullable=False, comment="why it was rejected, or failed; a code of ours for the latter"),
        Column("overtaken_by", Integer),
        Column("backtest_state", Text, comment="wanted, running, done, failed; none: nobody asked"),
        Column("backtest", LargeBinary, comment="the summary, JSON"),
        Column("backtest_at", _MOMENT),
        CheckConstraint("number > 0", name="number"),
    ),
    spread="reference",
    retention="for ever",
)

approval = register(
    Table(
        "approval",
        metadata,
        Column("program_id", Integer, primary_key=True),
        Column("number", Integer, primary_key=True),
        Column("staff_id", UUID, primary_key=True),
        Column("digest", LargeBinary, nullable=False, comment="what was approved"),
        Column("note", Text, nullable=False),
        Column("approved_at", _MOMENT, nullable=False),
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
        Column(
            "authors",
            ARRAY(UUID),
            nullable=False,
            server_default=text("'{}'"),
            comment="the people who changed it, who may not approve it",
        ),
        Column("partner", Text, comment="the partner whose it is; none: the house's"),
        Column("changed_by", Text, nullable=False),
        Column("changed_at", _MOMENT, nullable=False),
    ),
    spread="reference",
    retention="until it is published or discarded",
)
