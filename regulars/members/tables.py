"""Members, the identifiers that lead to them, their cards, and what the SQL of segments reads of them."""

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
from sqlalchemy.dialects.postgresql import JSONB, UUID

from regulars.kit.tables import metadata, register

_MOMENT = DateTime(timezone=True)

identifier = register(
    Table(
        "identifier",
        metadata,
        Column("program_id", Integer, primary_key=True),
        Column("kind", Text, primary_key=True),
        Column("hash", LargeBinary, primary_key=True, comment="HMAC of the canonical form; the form itself is nowhere"),
        Column("account_id", UUID, nullable=False),
        Column("member_id", UUID, nullable=False),
        Column("card_id", UUID, comment="which card, for kind card"),
        Column("claimed_at", _MOMENT, nullable=False),
        Index("identifier_by_member", "member_id"),
    ),
    spread="lookup",
    personal=("hash",),
    retention="while the member is",
)

member = register(
    Table(
        "member",
        metadata,
        Column("account_id", UUID, primary_key=True),
        Column("member_id", UUID, primary_key=True),
        Column("program_id", Integer, nullable=False),
        Column("status", Text, nullable=False),
        Column("anonymous", Boolean, nullable=False, comment="nobody ever gave a phone or an e-mail"),
        Column("language", Text),
        Column("enrolled_at", _MOMENT, nullable=False),
        Column("wrapped_key", LargeBinary, comment="the member's own key, wrapped; none: erased"),
        Column("sealed_profile", LargeBinary, comment="what identifies the person"),
        CheckConstraint("status in ('active', 'blocked', 'erased', 'merged')", name="status"),
        postgresql_with={"fillfactor": 90},
    ),
    spread="distributed",
    personal=("language", "sealed_profile"),
    retention="while the member is",
    readable=True,
)

moved = register(
    Table(
        "moved",
        metadata,
        Column("program_id", Integer, primary_key=True),
        Column("member_id", UUID, primary_key=True, comment="who is no longer the account of the same id"),
        Column("account_id", UUID, nullable=False, comment="where this id leads to now"),
        Column("leads_to", UUID, nullable=False, comment="the member there; the same one, unless they were merged"),
        Column("into_id", UUID, comment="the member that they were merged into, who may have been merged since"),
        Column("moved_at", _MOMENT, nullable=False),
        Index("moved_leads_to", "program_id", "leads_to"),
    ),
    spread="lookup",
    retention="while the member is",
)

card = register(
    Table(
        "card",
        metadata,
        Column("account_id", UUID, primary_key=True),
        Column("card_id", UUID, primary_key=True),
        Column("program_id", Integer, nullable=False),
        Column("member_id", UUID, nullable=False),
        Column("status", Text, nullable=False),
        Column("last_four", Text, nullable=False),
        Column("sealed_number", LargeBinary, nullable=False),
        Column("sealed_secret", LargeBinary, nullable=False, comment="what its rotating codes are made from"),
        Column("created_at", _MOMENT, nullable=False),
        Column("reason", Text, comment="why it is no longer active"),
        Column("changed_at", _MOMENT),
        Column("blocked_at", _MOMENT, comment="since when it cannot spend; what a till did offline before, it could"),
        Column("replaced_by", UUID),
        CheckConstraint("status in ('active', 'blocked', 'replaced')", name="status"),
        postgresql_with={"fillfactor": 95},
    ),
    spread="distributed",
    personal=("last_four", "sealed_number", "sealed_secret"),
    retention="while the member is",
)

card_step = register(
    Table(
        "card_step",
        metadata,
        Column("account_id", UUID, primary_key=True),
        Column("card_id", UUID, primary_key=True),
        Column("step", BigInteger, primary_key=True, comment="the half minute whose code was used"),
        Column("program_id", Integer, nullable=False),
        Column("activity_id", UUID, nullable=False, comment="for what: a retry of the same activity may use it again"),
        Column("used_at", _MOMENT, nullable=False),
        Index("card_step_used_at", "used_at", postgresql_using="brin"),
    ),
    spread="distributed",
    retention="100 days",
)

member_attribute = register(
    Table(
        "member_attribute",
        metadata,
        Column("account_id", UUID, primary_key=True),
        Column("member_id", UUID, primary_key=True),
        Column("name", Text, primary_key=True),
        Column("program_id", Integer, nullable=False),
        Column("text_value", Text),
        Column("number_value", BigInteger, comment="whole numbers and amounts; 0 and 1 for no and yes"),
        Column("date_value", Date),
        Column("moment_value", _MOMENT),
        Column("json_value", JSONB, comment="lists of texts, records"),
        # A long text does not fit into an index and would take the whole batch down; SQL asks with left() as well.
        Index(
            "member_attribute_text",
            "program_id",
            "name",
            text("left(text_value, 100)"),
            postgresql_where=text("text_value is not null"),
        ),
        Index(
            "member_attribute_number",
            "program_id",
            "name",
            "number_value",
            postgresql_where=text("number_value is not null"),
        ),
        Index(
            "member_attribute_date", "program_id", "name", "date_value", postgresql_where=text("date_value is not null")
        ),
    ),
    spread="distributed",
    personal=("text_value", "number_value", "date_value", "moment_value", "json_value"),
    retention="while the member is",
    readable=True,
)

member_segment = register(
    Table(
        "member_segment",
        metadata,
        Column("account_id", UUID, primary_key=True),
        Column("member_id", UUID, primary_key=True),
        Column("segment", Text, primary_key=True),
        Column("program_id", Integer, nullable=False),
        Index("member_segment_members", "program_id", "segment", "member_id"),
    ),
    spread="distributed",
    retention="while the member is in it",
    readable=True,
)

member_consent = register(
    Table(
        "member_consent",
        metadata,
        Column("account_id", UUID, primary_key=True),
        Column("activity_id", UUID, primary_key=True),
        Column("n", Integer, primary_key=True),
        Column("program_id", Integer, nullable=False),
        Column("member_id", UUID, nullable=False),
        Column("purpose", Text, nullable=False),
        Column("channel", Text, comment="none: the purpose as a whole"),
        Column("given", Boolean, nullable=False),
        Column("version", Text, nullable=False, comment="of the text that was seen"),
        Column("source", Text, nullable=False),
        Column("proof", Text),
        Column("said_at", _MOMENT, nullable=False),
        Index("member_consent_members", "account_id", "member_id", "said_at"),
    ),
    spread="distributed",
    personal=("source", "proof"),
    retention="while the member is",
    app="append",
)

member_tier = register(
    Table(
        "member_tier",
        metadata,
        Column("account_id", UUID, primary_key=True),
        Column("member_id", UUID, primary_key=True),
        Column("ladder", Text, primary_key=True),
        Column("program_id", Integer, nullable=False),
        Column("level", Text, nullable=False),
        Column("since_on", Date, nullable=False),
        Column("until_on", Date, comment="the first day on which it is valid no more; none: it has no end"),
        Index("member_tier_members", "program_id", "ladder", "level", "member_id"),
    ),
    spread="distributed",
    retention="while the member is on it",
    readable=True,
)
