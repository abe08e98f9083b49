"""The tables of points. Every amount is a whole number of the currency's smallest unit."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
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
_FOR_EVER = "for ever: points are money"

entry = register(
    Table(
        "entry",
        metadata,
        Column("account_id", UUID, primary_key=True),
        Column("currency", Text, primary_key=True),
        Column("version", BigInteger, primary_key=True, autoincrement=False, comment="1 to n in each balance, no gaps"),
        Column("program_id", Integer, nullable=False),
        Column("activity_id", UUID, nullable=False),
        Column(
            "n",
            Integer,
            nullable=False,
            comment="its number among the entries of the activity; a lot it made has the same",
        ),
        Column("member_id", UUID, nullable=False),
        Column("kind", Text, nullable=False),
        Column("from_book", Text, nullable=False),
        Column("to_book", Text, nullable=False),
        Column("amount", BigInteger, nullable=False),
        Column("posted_at", _MOMENT, nullable=False, comment="when we learned it"),
        Column("effective_at", _MOMENT, nullable=False, comment="when it counts"),
        Column("line", Integer),
        Column("rule", Text),
        Column("release", Integer, nullable=False),
        Column("funder", Text, comment="who pays"),
        Column("hold_id", UUID),
        Column(
            "hash",
            LargeBinary,
            nullable=False,
            comment="HMAC over the link before and this entry with its lot and uses",
        ),
        CheckConstraint("amount > 0", name="amount"),
        CheckConstraint("from_book <> to_book", name="books"),
        Index("entry_posted_at", "posted_at", postgresql_using="brin"),
    ),
    spread="distributed",
    retention=_FOR_EVER,
    app="append",
)

lot = register(
    Table(
        "lot",
        metadata,
        Column("account_id", UUID, primary_key=True),
        Column("activity_id", UUID, primary_key=True),
        Column("n", Integer, primary_key=True, autoincrement=False),
        Column("program_id", Integer, nullable=False),
        Column("member_id", UUID, nullable=False, comment="who earned it"),
        Column("currency", Text, nullable=False),
        Column("granted", BigInteger, nullable=False),
        Column("remaining", BigInteger, nullable=False),
        Column("held", BigInteger, nullable=False),
        Column("pending", Boolean, nullable=False),
        Column("earned_at", _MOMENT, nullable=False),
        Column("active_at", _MOMENT, comment="none: it waits for an event"),
        Column("expires_at", _MOMENT, comment="none: it never ends; half-open"),
        Column("expires_on", Date, comment="the last local day in zone"),
        Column("cancels_at", _MOMENT, comment="when waiting for an event is given up"),
        Column("zone", Text, nullable=False),
        Column("source_id", UUID, nullable=False, comment="the activity that earned it"),
        Column("line", Integer),
        Column("rule", Text),
        Column("release", Integer, nullable=False),
        Column("funder", Text, nullable=False),
        Column("cost_minor", BigInteger, nullable=False, comment="what the whole grant costs its funder"),
        Column("origin_id", UUID, comment="the lot of another account that it goes on from"),
        Column("origin_n", Integer),
        CheckConstraint("0 <= held and held <= remaining and remaining <= granted", name="parts"),
        Index("lot_open", "account_id", postgresql_where=text("remaining > 0")),
        postgresql_with={"fillfactor": 90},
    ),
    spread="distributed",
    retention=_FOR_EVER,
)

lot_use = register(
    Table(
        "lot_use",
        metadata,
        Column("account_id", UUID, primary_key=True),
        Column("currency", Text, primary_key=True),
        Column(
            "version", BigInteger, primary_key=True, autoincrement=False, comment="the entry that took or gave back"
        ),
        Column("lot_activity_id", UUID, primary_key=True),
        Column("lot_n", Integer, primary_key=True, autoincrement=False),
        Column("program_id", Integer, nullable=False),
        Column("amount", BigInteger, nullable=False, comment="taken (> 0) or given back (< 0)"),
        CheckConstraint("amount <> 0", name="amount"),
    ),
    spread="distributed",
    retention=_FOR_EVER,
    app="append",
)

lot_change = register(
    Table(
        "lot_change",
        metadata,
        Column("account_id", UUID, primary_key=True),
        Column("currency", Text, primary_key=True),
        Column("seq", BigInteger, primary_key=True, autoincrement=False, comment="1 to n in each balance, no gaps"),
        Column("program_id", Integer, nullable=False),
        Column("version", BigInteger, nullable=False, comment="the balance's last entry before it"),
        Column("activity_id", UUID, nullable=False),
        Column("lot_activity_id", UUID, nullable=False),
        Column("lot_n", Integer, nullable=False),
        Column("old_active_at", _MOMENT),
        Column("active_at", _MOMENT),
        Column("old_expires_at", _MOMENT),
        Column("expires_at", _MOMENT),
        Column("old_expires_on", Date),
        Column("expires_on", Date),
        Column("posted_at", _MOMENT, nullable=False),
        Column("hash", LargeBinary, nullable=False, comment="a link of the same chain as the entries"),
    ),
    spread="distributed",
    retention=_FOR_EVER,
    app="append",
)

hold = register(
    Table(
        "hold",
        metadata,
        Column("account_id", UUID, primary_key=True),
        Column("hold_id", UUID, primary_key=True),
        Column("program_id", Integer, nullable=False),
        Column("member_id", UUID, nullable=False),
        Column("currency", Text, nullable=False),
        Column(
            "version", BigInteger, nullable=False, comment="the entry that placed it; its lot uses are what is pinned"
        ),
        Column("amount", BigInteger, nullable=False),
        Column("captured", BigInteger, nullable=False),
        Column("state", Text, nullable=False),
        Column("placed_at", _MOMENT, nullable=False),
        Column("expires_at", _MOMENT, nullable=False),
        CheckConstraint("amount > 0 and 0 <= captured and captured <= amount", name="parts"),
        Index("hold_open", "account_id", postgresql_where=text("state = 'open'")),
        postgresql_with={"fillfactor": 90},
    ),
    spread="distributed",
    retention=_FOR_EVER,
)

balance = register(
    Table(
        "balance",
        metadata,
        Column("account_id", UUID, primary_key=True),
        Column("currency", Text, primary_key=True),
        Column("program_id", Integer, nullable=False),
        Column("active", BigInteger, nullable=False),
        Column("pending", BigInteger, nullable=False),
        Column("held", BigInteger, nullable=False),
        Column("arrears", BigInteger, nullable=False),
        Column("version", BigInteger, nullable=False),
        Column("changes", BigInteger, nullable=False),
        Column("next_change_at", _MOMENT, comment="until then this row is the answer, after it the lots are"),
        Column("idle_at", _MOMENT, comment="when inactivity ends what is active"),
        Column("last_hash", LargeBinary, nullable=False, comment="the last link of the chain"),
        Column("frozen_reason", Text, comment="why nothing may be spent until a person has looked"),
        CheckConstraint("active >= 0 and pending >= 0 and held >= 0 and arrears >= 0", name="never_below_zero"),
        CheckConstraint("arrears = 0 or active = 0", name="debts_first"),
        postgresql_with={"fillfactor": 70},
    ),
    spread="distributed",
    retention=_FOR_EVER,
    readable=True,
)

ledger_check = register(
    Table(
        "ledger_check",
        metadata,
        Column("program_id", Integer, primary_key=True, autoincrement=False),
        Column("checked_until", _MOMENT, nullable=False, comment="balances with entries posted before it were checked"),
        Column("full_at", _MOMENT, comment="when all balances were checked last, from their first entries on"),
    ),
    spread="local",
    retention="for ever",
)

ledger_acceptance = register(
    Table(
        "ledger_acceptance",
        metadata,
        Column("program_id", Integer, primary_key=True, autoincrement=False),
        Column("digest", LargeBinary, primary_key=True, comment="HMAC of the row, the column and what stands there"),
        Column("account_id", UUID, nullable=False),
        Column("currency", Text, nullable=False),
        Column("accepted_at", _MOMENT, nullable=False),
    ),
    spread="local",
    retention="for ever: who accepted it and why stands in the audit log",
    app="append",
)
