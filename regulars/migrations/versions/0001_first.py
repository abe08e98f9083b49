"""All tables of the first release, their walls between programs, and who may do what."""

from __future__ import annotations

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from regulars.kit import partitions, tables

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

FOUNDATION = (
    "CREATE FUNCTION regulars.visible_programs() RETURNS int[] LANGUAGE sql STABLE PARALLEL SAFE RETURN string_to_array(nullif(current_setting('regulars.programs', true), ''), ',')::int[]",
    "REVOKE ALL ON FUNCTION regulars.visible_programs() FROM PUBLIC",
    "GRANT EXECUTE ON FUNCTION regulars.visible_programs() TO regulars_app, regulars_reader, regulars_relay",
)
MONTHLY = ("activity", "answer", "event")
SECURITY = (
    'GRANT SELECT, INSERT, UPDATE, DELETE ON regulars."account" TO regulars_app',
    'ALTER TABLE regulars."account" ENABLE ROW LEVEL SECURITY',
    'ALTER TABLE regulars."account" FORCE ROW LEVEL SECURITY',
    'CREATE POLICY programs ON regulars."account" USING (program_id = ANY ((SELECT regulars.visible_programs())::int[])) WITH CHECK (program_id = ANY ((SELECT regulars.visible_programs())::int[]))',
    'GRANT SELECT, INSERT ON regulars."activity" TO regulars_app',
    'ALTER TABLE regulars."activity" ENABLE ROW LEVEL SECURITY',
    'ALTER TABLE regulars."activity" FORCE ROW LEVEL SECURITY',
    'CREATE POLICY programs ON regulars."activity" USING (program_id = ANY ((SELECT regulars.visible_programs())::int[])) WITH CHECK (program_id = ANY ((SELECT regulars.visible_programs())::int[]))',
    'GRANT SELECT, INSERT ON regulars."answer" TO regulars_app',
    'ALTER TABLE regulars."answer" ENABLE ROW LEVEL SECURITY',
    'ALTER TABLE regulars."answer" FORCE ROW LEVEL SECURITY',
    'CREATE POLICY programs ON regulars."answer" USING (program_id = ANY ((SELECT regulars.visible_programs())::int[])) WITH CHECK (program_id = ANY ((SELECT regulars.visible_programs())::int[]))',
    'GRANT SELECT, INSERT, UPDATE, DELETE ON regulars."api_key" TO regulars_app',
    'ALTER TABLE regulars."api_key" ENABLE ROW LEVEL SECURITY',
    'ALTER TABLE regulars."api_key" FORCE ROW LEVEL SECURITY',
    'CREATE POLICY programs ON regulars."api_key" USING (program_id = ANY ((SELECT regulars.visible_programs())::int[])) WITH CHECK (program_id = ANY ((SELECT regulars.visible_programs())::int[]))',
    'GRANT SELECT, INSERT ON regulars."audit" TO regulars_app',
    'ALTER TABLE regulars."audit" ENABLE ROW LEVEL SECURITY',
    'ALTER TABLE regulars."audit" FORCE ROW LEVEL SECURITY',
    'CREATE POLICY programs ON regulars."audit" USING (program_id = ANY ((SELECT regulars.visible_programs())::int[])) WITH CHECK (program_id = ANY ((SELECT regulars.visible_programs())::int[]))',
    'GRANT SELECT, INSERT, UPDATE, DELETE ON regulars."audit_head" TO regulars_app',
    'ALTER TABLE regulars."audit_head" ENABLE ROW LEVEL SECURITY',
    'ALTER TABLE regulars."audit_head" FORCE ROW LEVEL SECURITY',
    'CREATE POLICY programs ON regulars."audit_head" USING (program_id = ANY ((SELECT regulars.visible_programs())::int[])) WITH CHECK (program_id = ANY ((SELECT regulars.visible_programs())::int[]))',
    'GRANT SELECT, INSERT, UPDATE, DELETE ON regulars."balance" TO regulars_app',
    'GRANT SELECT ON regulars."balance" TO regulars_reader',
    'ALTER TABLE regulars."balance" ENABLE ROW LEVEL SECURITY',
    'ALTER TABLE regulars."balance" FORCE ROW LEVEL SECURITY',
    'CREATE POLICY programs ON regulars."balance" USING (program_id = ANY ((SELECT regulars.visible_programs())::int[])) WITH CHECK (program_id = ANY ((SELECT regulars.visible_programs())::int[]))',
    'CREATE POLICY segments ON regulars."balance" FOR SELECT TO regulars_reader USING (true)',
    'GRANT SELECT, INSERT, UPDATE, DELETE ON regulars."brand" TO regulars_app',
    'GRANT SELECT ON regulars."brand" TO regulars_reader',
    'ALTER TABLE regulars."brand" ENABLE ROW LEVEL SECURITY',
    'ALTER TABLE regulars."brand" FORCE ROW LEVEL SECURITY',
    'CREATE POLICY programs ON regulars."brand" USING (program_id = ANY ((SELECT regulars.visible_programs())::int[])) WITH CHECK (program_id = ANY ((SELECT regulars.visible_programs())::int[]))',
    'CREATE POLICY segments ON regulars."brand" FOR SELECT TO regulars_reader USING (true)',
    'GRANT SELECT, INSERT, UPDATE, DELETE ON regulars."card" TO regulars_app',
    'ALTER TABLE regulars."card" ENABLE ROW LEVEL SECURITY',
    'ALTER TABLE regulars."card" FORCE ROW LEVEL SECURITY',
    'CREATE POLICY programs ON regulars."card" USING (program_id = ANY ((SELECT regulars.visible_programs())::int[])) WITH CHECK (program_id = ANY ((SELECT regulars.visible_programs())::int[]))',
    'GRANT SELECT, INSERT, UPDATE, DELETE ON regulars."card_step" TO regulars_app',
    'ALTER TABLE regulars."card_step" ENABLE ROW LEVEL SECURITY',
    'ALTER TABLE regulars."card_step" FORCE ROW LEVEL SECURITY',
    'CREATE POLICY programs ON regulars."card_step" USING (program_id = ANY ((SELECT regulars.visible_programs())::int[])) WITH CHECK (program_id = ANY ((SELECT regulars.visible_programs())::int[]))',
    'GRANT SELECT, INSERT, UPDATE, DELETE ON regulars."category" TO regulars_app',
    'GRANT SELECT ON regulars."category" TO regulars_reader',
    'ALTER TABLE regulars."category" ENABLE ROW LEVEL SECURITY',
    'ALTER TABLE regulars."category" FORCE ROW LEVEL SECURITY',
    'CREATE POLICY programs ON regulars."category" USING (program_id = ANY ((SELECT regulars.visible_programs())::int[])) WITH CHECK (program_id = ANY ((SELECT regulars.visible_programs())::int[]))',
    'CREATE POLICY segments ON regulars."category" FOR SELECT TO regulars_reader USING (true)',
    'GRANT SELECT, INSERT, UPDATE, DELETE ON regulars."claim" TO regulars_app',
    'ALTER TABLE regulars."claim" ENABLE ROW LEVEL SECURITY',
    'ALTER TABLE regulars."claim" FORCE ROW LEVEL SECURITY',
    'CREATE POLICY programs ON regulars."claim" USING (program_id = ANY ((SELECT regulars.visible_programs())::int[])) WITH CHECK (program_id = ANY ((SELECT regulars.visible_programs())::int[]))',
    'GRANT SELECT, INSERT, UPDATE, DELETE ON regulars."counter" TO regulars_app',
    'ALTER TABLE regulars."counter" ENABLE ROW LEVEL SECURITY',
    'ALTER TABLE regulars."counter" FORCE ROW LEVEL SECURITY',
    'CREATE POLICY programs ON regulars."counter" USING (program_id = ANY ((SELECT regulars.visible_programs())::int[])) WITH CHECK (program_id = ANY ((SELECT regulars.visible_programs())::int[]))',
    'GRANT SELECT, INSERT, UPDATE, DELETE ON regulars."day_row" TO regulars_app',
    'ALTER TABLE regulars."day_row" ENABLE ROW LEVEL SECURITY',
    'ALTER TABLE regulars."day_row" FORCE ROW LEVEL SECURITY',
    'CREATE POLICY programs ON regulars."day_row" USING (program_id = ANY ((SELECT regulars.visible_programs())::int[])) WITH CHECK (program_id = ANY ((SELECT regulars.visible_programs())::int[]))',
    'GRANT SELECT, INSERT, UPDATE, DELETE ON regulars."directory_version" TO regulars_app',
    'ALTER TABLE regulars."directory_version" ENABLE ROW LEVEL SECURITY',
    'ALTER TABLE regulars."directory_version" FORCE ROW LEVEL SECURITY',
    'CREATE POLICY programs ON regulars."directory_version" USING (program_id = ANY ((SELECT regulars.visible_programs())::int[])) WITH CHECK (program_id = ANY ((SELECT regulars.visible_programs())::int[]))',
    'GRANT SELECT, INSERT, UPDATE, DELETE ON regulars."draft" TO regulars_app',
    'ALTER TABLE regulars."draft" ENABLE ROW LEVEL SECURITY',
    'ALTER TABLE regulars."draft" FORCE ROW LEVEL SECURITY',
    'CREATE POLICY programs ON regulars."draft" USING (program_id = ANY ((SELECT regulars.visible_programs())::int[])) WITH CHECK (program_id = ANY ((SELECT regulars.visible_programs())::int[]))',
    'GRANT SELECT, INSERT, UPDATE, DELETE ON regulars."due" TO regulars_app',
    'ALTER TABLE regulars."due" ENABLE ROW LEVEL SECURITY',
    'ALTER TABLE regulars."due" FORCE ROW LEVEL SECURITY',
    'CREATE POLICY programs ON regulars."due" USING (program_id = ANY ((SELECT regulars.visible_programs())::int[])) WITH CHECK (program_id = ANY ((SELECT regulars.visible_programs())::int[]))',
    'GRANT SELECT, INSERT ON regulars."entry" TO regulars_app',
    'ALTER TABLE regulars."entry" ENABLE ROW LEVEL SECURITY',
    'ALTER TABLE regulars."entry" FORCE ROW LEVEL SECURITY',
    'CREATE POLICY programs ON regulars."entry" USING (program_id = ANY ((SELECT regulars.visible_programs())::int[])) WITH CHECK (program_id = ANY ((SELECT regulars.visible_programs())::int[]))',
    'GRANT SELECT, INSERT ON regulars."event" TO regulars_app',
    'ALTER TABLE regulars."event" ENABLE ROW LEVEL SECURITY',
    'ALTER TABLE regulars."event" FORCE ROW LEVEL SECURITY',
    'CREATE POLICY programs ON regulars."event" USING (program_id = ANY ((SELECT regulars.visible_programs())::int[])) WITH CHECK (program_id = ANY ((SELECT regulars.visible_programs())::int[]))',
    'GRANT SELECT ON regulars."event_feed" TO regulars_app',
    'ALTER TABLE regulars."event_feed" ENABLE ROW LEVEL SECURITY',
    'ALTER TABLE regulars."event_feed" FORCE ROW LEVEL SECURITY',
    'CREATE POLICY programs ON regulars."event_feed" USING (program_id = ANY ((SELECT regulars.visible_programs())::int[])) WITH CHECK (program_id = ANY ((SELECT regulars.visible_programs())::int[]))',
    'GRANT SELECT ON regulars."event_relay" TO regulars_app',
    'GRANT SELECT, INSERT, UPDATE, DELETE ON regulars."good" TO regulars_app',
    'GRANT SELECT ON regulars."good" TO regulars_reader',
    'ALTER TABLE regulars."good" ENABLE ROW LEVEL SECURITY',
    'ALTER TABLE regulars."good" FORCE ROW LEVEL SECURITY',
    'CREATE POLICY programs ON regulars."good" USING (program_id = ANY ((SELECT regulars.visible_programs())::int[])) WITH CHECK (program_id = ANY ((SELECT regulars.visible_programs())::int[]))',
    'CREATE POLICY segments ON regulars."good" FOR SELECT TO regulars_reader USING (true)',
    'GRANT SELECT, INSERT, UPDATE, DELETE ON regulars."hold" TO regulars_app',
    'ALTER TABLE regulars."hold" ENABLE ROW LEVEL SECURITY',
    'ALTER TABLE regulars."hold" FORCE ROW LEVEL SECURITY',
    'CREATE POLICY programs ON regulars."hold" USING (program_id = ANY ((SELECT regulars.visible_programs())::int[])) WITH CHECK (program_id = ANY ((SELECT regulars.visible_programs())::int[]))',
    'GRANT SELECT, INSERT, UPDATE, DELETE ON regulars."identifier" TO regulars_app',
    'ALTER TABLE regulars."identifier" ENABLE ROW LEVEL SECURITY',
    'ALTER TABLE regulars."identifier" FORCE ROW LEVEL SECURITY',
    'CREATE POLICY programs ON regulars."identifier" USING (program_id = ANY ((SELECT regulars.visible_programs())::int[])) WITH CHECK (program_id = ANY ((SELECT regulars.visible_programs())::int[]))',
    'GRANT SELECT, INSERT, UPDATE, DELETE ON regulars."ledger_check" TO regulars_app',
    'ALTER TABLE regulars."ledger_check" ENABLE ROW LEVEL SECURITY',
    'ALTER TABLE regulars."ledger_check" FORCE ROW LEVEL SECURITY',
    'CREATE POLICY programs ON regulars."ledger_check" USING (program_id = ANY ((SELECT regulars.visible_programs())::int[])) WITH CHECK (program_id = ANY ((SELECT regulars.visible_programs())::int[]))',
    'GRANT SELECT, INSERT, UPDATE, DELETE ON regulars."lot" TO regulars_app',
    'ALTER TABLE regulars."lot" ENABLE ROW LEVEL SECURITY',
    'ALTER TABLE regulars."lot" FORCE ROW LEVEL SECURITY',
    'CREATE POLICY programs ON regulars."lot" USING (program_id = ANY ((SELECT regulars.visible_programs())::int[])) WITH CHECK (program_id = ANY ((SELECT regulars.visible_programs())::int[]))',
    'GRANT SELECT, INSERT ON regulars."lot_change" TO regulars_app',
    'ALTER TABLE regulars."lot_change" ENABLE ROW LEVEL SECURITY',
    'ALTER TABLE regulars."lot_change" FORCE ROW LEVEL SECURITY',
    'CREATE POLICY programs ON regulars."lot_change" USING (program_id = ANY ((SELECT regulars.visible_programs())::int[])) WITH CHECK (program_id = ANY ((SELECT regulars.visible_programs())::int[]))',
    'GRANT SELECT, INSERT ON regulars."lot_use" TO regulars_app',
    'ALTER TABLE regulars."lot_use" ENABLE ROW LEVEL SECURITY',
    'ALTER TABLE regulars."lot_use" FORCE ROW LEVEL SECURITY',
    'CREATE POLICY programs ON regulars."lot_use" USING (program_id = ANY ((SELECT regulars.visible_programs())::int[])) WITH CHECK (program_id = ANY ((SELECT regulars.visible_programs())::int[]))',
    'GRANT SELECT, INSERT, UPDATE, DELETE ON regulars."member" TO regulars_app',
    'GRANT SELECT ON regulars."member" TO regulars_reader',
    'ALTER TABLE regulars."member" ENABLE ROW LEVEL SECURITY',
    'ALTER TABLE regulars."member" FORCE ROW LEVEL SECURITY',
    'CREATE POLICY programs ON regulars."member" USING (program_id = ANY ((SELECT regulars.visible_programs())::int[])) WITH CHECK (program_id = ANY ((SELECT regulars.visible_programs())::int[]))',
    'CREATE POLICY segments ON regulars."member" FOR SELECT TO regulars_reader USING (true)',
    'GRANT SELECT, INSERT, UPDATE, DELETE ON regulars."member_attribute" TO regulars_app',
    'GRANT SELECT ON regulars."member_attribute" TO regulars_reader',
    'ALTER TABLE regulars."member_attribute" ENABLE ROW LEVEL SECURITY',
    'ALTER TABLE regulars."member_attribute" FORCE ROW LEVEL SECURITY',
    'CREATE POLICY programs ON regulars."member_attribute" USING (program_id = ANY ((SELECT regulars.visible_programs())::int[])) WITH CHECK (program_id = ANY ((SELECT regulars.visible_programs())::int[]))',
    'CREATE POLICY segments ON regulars."member_attribute" FOR SELECT TO regulars_reader USING (true)',
    'GRANT SELECT, INSERT, UPDATE, DELETE ON regulars."member_segment" TO regulars_app',
    'GRANT SELECT ON regulars."member_segment" TO regulars_reader',
    'ALTER TABLE regulars."member_segment" ENABLE ROW LEVEL SECURITY',
    'ALTER TABLE regulars."member_segment" FORCE ROW LEVEL SECURITY',
    'CREATE POLICY programs ON regulars."member_segment" USING (program_id = ANY ((SELECT regulars.visible_programs())::int[])) WITH CHECK (program_id = ANY ((SELECT regulars.visible_programs())::int[]))',
    'CREATE POLICY segments ON regulars."member_segment" FOR SELECT TO regulars_reader USING (true)',
    'GRANT SELECT, INSERT ON regulars."metric_slot" TO regulars_app',
    'ALTER TABLE regulars."metric_slot" ENABLE ROW LEVEL SECURITY',
    'ALTER TABLE regulars."metric_slot" FORCE ROW LEVEL SECURITY',
    'CREATE POLICY programs ON regulars."metric_slot" USING (program_id = ANY ((SELECT regulars.visible_programs())::int[])) WITH CHECK (program_id = ANY ((SELECT regulars.visible_programs())::int[]))',
    'GRANT SELECT, INSERT ON regulars."natural_key" TO regulars_app',
    'ALTER TABLE regulars."natural_key" ENABLE ROW LEVEL SECURITY',
    'ALTER TABLE regulars."natural_key" FORCE ROW LEVEL SECURITY',
    'CREATE POLICY programs ON regulars."natural_key" USING (program_id = ANY ((SELECT regulars.visible_programs())::int[])) WITH CHECK (program_id = ANY ((SELECT regulars.visible_programs())::int[]))',
    'GRANT SELECT, INSERT, UPDATE, DELETE ON regulars."program" TO regulars_app',
    'GRANT SELECT, INSERT ON regulars."release" TO regulars_app',
    'ALTER TABLE regulars."release" ENABLE ROW LEVEL SECURITY',
    'ALTER TABLE regulars."release" FORCE ROW LEVEL SECURITY',
    'CREATE POLICY programs ON regulars."release" USING (program_id = ANY ((SELECT regulars.visible_programs())::int[])) WITH CHECK (program_id = ANY ((SELECT regulars.visible_programs())::int[]))',
    'GRANT SELECT, INSERT, UPDATE, DELETE ON regulars."store" TO regulars_app',
    'GRANT SELECT ON regulars."store" TO regulars_reader',
    'ALTER TABLE regulars."store" ENABLE ROW LEVEL SECURITY',
    'ALTER TABLE regulars."store" FORCE ROW LEVEL SECURITY',
    'CREATE POLICY programs ON regulars."store" USING (program_id = ANY ((SELECT regulars.visible_programs())::int[])) WITH CHECK (program_id = ANY ((SELECT regulars.visible_programs())::int[]))',
    'CREATE POLICY segments ON regulars."store" FOR SELECT TO regulars_reader USING (true)',
    'GRANT SELECT, INSERT, UPDATE, DELETE ON regulars."waiting" TO regulars_app',
    'ALTER TABLE regulars."waiting" ENABLE ROW LEVEL SECURITY',
    'ALTER TABLE regulars."waiting" FORCE ROW LEVEL SECURITY',
    'CREATE POLICY programs ON regulars."waiting" USING (program_id = ANY ((SELECT regulars.visible_programs())::int[])) WITH CHECK (program_id = ANY ((SELECT regulars.visible_programs())::int[]))',
)
RELAY = (
    "GRANT SELECT ON regulars.event TO regulars_relay",
    "GRANT INSERT ON regulars.event_feed TO regulars_relay",
    "GRANT SELECT, UPDATE ON regulars.event_relay TO regulars_relay",
    "CREATE POLICY relay ON regulars.event FOR SELECT TO regulars_relay USING (true)",
    "CREATE POLICY relay ON regulars.event_feed FOR INSERT TO regulars_relay WITH CHECK (true)",
    "INSERT INTO regulars.event_relay (id, position, xid, event_id) VALUES (1, 0, '0', '00000000-0000-0000-0000-000000000000')",
)


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '2s'")
    for statement in FOUNDATION:
        op.execute(statement)
    _create_tables()
    for name in MONTHLY:
        op.execute(partitions.default_statement(name))
        for month in partitions.months_ahead(datetime.now(UTC), 2):
            op.execute(partitions.month_statement(name, month))
    for statement in (*SECURITY, *RELAY):
        op.execute(statement)


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '2s'")
    for name in (
        "waiting",
        "store",
        "release",
        "program",
        "natural_key",
        "metric_slot",
        "member_segment",
        "member_attribute",
        "member",
        "lot_use",
        "lot_change",
        "lot",
        "ledger_check",
        "identifier",
        "hold",
        "good",
        "event_relay",
        "event_feed",
        "event",
        "entry",
        "due",
        "draft",
        "directory_version",
        "day_row",
        "counter",
        "claim",
        "category",
        "card_step",
        "card",
        "brand",
        "balance",
        "audit_head",
        "audit",
        "api_key",
        "answer",
        "activity",
        "account",
    ):
        op.drop_table(name, schema="regulars")
    op.execute("DROP FUNCTION regulars.visible_programs()")


def _create_tables() -> None:
    op.create_table(
        "account",
        sa.Column("account_id", sa.UUID(), nullable=False),
        sa.Column("program_id", sa.Integer(), nullable=False),
        sa.Column(
            "version", sa.BigInteger(), nullable=False, comment="counts the activities applied; guards each decision"
        ),
        sa.Column("clock", sa.DateTime(timezone=True), nullable=False, comment="the latest now of a decision"),
        sa.Column(
            "metric_day", sa.Date(), nullable=True, comment="the local day for which the running sums in state are good"
        ),
        sa.Column("state", sa.LargeBinary(), nullable=False, comment="what decide reads, in the engine's own bytes"),
        sa.CheckConstraint("octet_length(state) <= 8192", name=op.f("account_account_state_small_check")),
        sa.PrimaryKeyConstraint("account_id", name=op.f("account_pkey")),
        schema="regulars",
        postgresql_with={"fillfactor": 60},
    )
    op.create_table(
        "activity",
        sa.Column("activity_id", sa.UUID(), nullable=False),
        sa.Column("account_id", sa.UUID(), nullable=False),
        sa.Column("program_id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.UUID(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("release", sa.Integer(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False, comment="the account's version after it"),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reverses", sa.UUID(), nullable=True, comment="the sale that it undoes"),
        sa.Column("body", sa.LargeBinary(), nullable=False, comment="the activity with its enriched lines, JSON"),
        sa.Column(
            "decision", sa.LargeBinary(), nullable=False, comment="what returns and explanations need, engine's bytes"
        ),
        sa.PrimaryKeyConstraint("activity_id", "account_id", name=op.f("activity_pkey")),
        schema="regulars",
        postgresql_partition_by="RANGE (activity_id)",
    )
    op.create_index("activity_by_account", "activity", ["account_id", "version"], unique=False, schema="regulars")
    op.create_index(
        "activity_reverses",
        "activity",
        ["account_id", "reverses"],
        unique=False,
        schema="regulars",
        postgresql_where=sa.text("reverses is not null"),
    )
    op.create_table(
        "answer",
        sa.Column("activity_id", sa.UUID(), nullable=False),
        sa.Column("account_id", sa.UUID(), nullable=False),
        sa.Column("program_id", sa.Integer(), nullable=False),
        sa.Column("status", sa.SmallInteger(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("activity_id", "account_id", name=op.f("answer_pkey")),
        schema="regulars",
        postgresql_partition_by="RANGE (activity_id)",
    )
    op.create_table(
        "api_key",
        sa.Column("program_id", sa.Integer(), nullable=False),
        sa.Column("key_id", sa.UUID(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False, comment="SHA-256 of the token, which is stored nowhere"),
        sa.Column("last_four", sa.Text(), nullable=False),
        sa.Column("scopes", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("rate_per_minute", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("rate_per_minute > 0", name=op.f("api_key_rate_check")),
        sa.PrimaryKeyConstraint("program_id", "key_id", name=op.f("api_key_pkey")),
        schema="regulars",
    )
    op.create_table(
        "audit",
        sa.Column("program_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("old", sa.LargeBinary(), nullable=False, comment="JSON exactly as it was hashed"),
        sa.Column("new", sa.LargeBinary(), nullable=False, comment="JSON exactly as it was hashed"),
        sa.Column("hash", sa.LargeBinary(), nullable=False, comment="HMAC over the entry before and this one"),
        sa.PrimaryKeyConstraint("program_id", "position", name=op.f("audit_pkey")),
        schema="regulars",
    )
    op.create_table(
        "audit_head",
        sa.Column("program_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("program_id", name=op.f("audit_head_pkey")),
        schema="regulars",
    )
    op.create_table(
        "balance",
        sa.Column("account_id", sa.UUID(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("program_id", sa.Integer(), nullable=False),
        sa.Column("active", sa.BigInteger(), nullable=False),
        sa.Column("pending", sa.BigInteger(), nullable=False),
        sa.Column("held", sa.BigInteger(), nullable=False),
        sa.Column("arrears", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("changes", sa.BigInteger(), nullable=False),
        sa.Column(
            "next_change_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="until then this row is the answer, after it the lots are",
        ),
        sa.Column("idle_at", sa.DateTime(timezone=True), nullable=True, comment="when inactivity ends what is active"),
        sa.Column("last_hash", sa.LargeBinary(), nullable=False, comment="the last link of the chain"),
        sa.Column(
            "frozen_reason", sa.Text(), nullable=True, comment="why nothing may be spent until a person has looked"
        ),
        sa.CheckConstraint(
            "active >= 0 and pending >= 0 and held >= 0 and arrears >= 0", name=op.f("balance_never_below_zero_check")
        ),
        sa.CheckConstraint("arrears = 0 or active = 0", name=op.f("balance_debts_first_check")),
        sa.PrimaryKeyConstraint("account_id", "currency", name=op.f("balance_pkey")),
        schema="regulars",
        postgresql_with={"fillfactor": 70},
    )
    op.create_table(
        "brand",
        sa.Column("program_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=True, comment="whose brand it is: the shop's own, or a maker's"),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("program_id", "key", name=op.f("brand_pkey")),
        schema="regulars",
    )
    op.create_table(
        "card",
        sa.Column("account_id", sa.UUID(), nullable=False),
        sa.Column("card_id", sa.UUID(), nullable=False),
        sa.Column("program_id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.UUID(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("last_four", sa.Text(), nullable=False),
        sa.Column("sealed_number", sa.LargeBinary(), nullable=False),
        sa.Column("sealed_secret", sa.LargeBinary(), nullable=False, comment="what its rotating codes are made from"),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True, comment="why it is no longer active"),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("replaced_by", sa.UUID(), nullable=True),
        sa.CheckConstraint("status in ('active', 'blocked', 'replaced')", name=op.f("card_status_check")),
        sa.PrimaryKeyConstraint("account_id", "card_id", name=op.f("card_pkey")),
        schema="regulars",
        postgresql_with={"fillfactor": 95},
    )
    op.create_table(
        "card_step",
        sa.Column("account_id", sa.UUID(), nullable=False),
        sa.Column("card_id", sa.UUID(), nullable=False),
        sa.Column("step", sa.BigInteger(), nullable=False, comment="the half minute whose code was used"),
        sa.Column("program_id", sa.Integer(), nullable=False),
        sa.Column(
            "activity_id", sa.UUID(), nullable=False, comment="for what: a retry of the same activity may use it again"
        ),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "card_id", "step", name=op.f("card_step_pkey")),
        schema="regulars",
    )
    op.create_index(
        "card_step_used_at", "card_step", ["used_at"], unique=False, schema="regulars", postgresql_using="brin"
    )
    op.create_table(
        "category",
        sa.Column("program_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("parent", sa.Text(), nullable=True, comment="none: a department"),
        sa.Column("name_en", sa.Text(), nullable=True),
        sa.Column("name_ru", sa.Text(), nullable=True),
        sa.Column("name_ro", sa.Text(), nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("program_id", "key", name=op.f("category_pkey")),
        schema="regulars",
    )
    op.create_table(
        "claim",
        sa.Column("program_id", sa.Integer(), nullable=False),
        sa.Column("client_id", sa.UUID(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False, comment="SHA-256 of the body that came first"),
        sa.Column("account_id", sa.UUID(), nullable=False),
        sa.Column("activity_id", sa.UUID(), nullable=False),
        sa.Column("claimed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("program_id", "client_id", "key", name=op.f("claim_pkey")),
        schema="regulars",
    )
    op.create_index(
        "claim_claimed_at", "claim", ["claimed_at"], unique=False, schema="regulars", postgresql_using="brin"
    )
    op.create_table(
        "counter",
        sa.Column("program_id", sa.Integer(), nullable=False),
        sa.Column("metric", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("bucket", sa.Text(), nullable=False),
        sa.Column("item", sa.Text(), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("program_id", "metric", "owner", "bucket", "item", name=op.f("counter_pkey")),
        schema="regulars",
        postgresql_with={"fillfactor": 80},
    )
    op.create_table(
        "day_row",
        sa.Column("account_id", sa.UUID(), nullable=False),
        sa.Column("member_id", sa.UUID(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("program_id", sa.Integer(), nullable=False),
        sa.Column("sums", postgresql.ARRAY(sa.BigInteger()), nullable=False, comment="by slot of the release"),
        sa.Column("keys", sa.LargeBinary(), nullable=False, comment="what is no sum, in the engine's own bytes"),
        sa.PrimaryKeyConstraint("account_id", "member_id", "day", name=op.f("day_row_pkey")),
        schema="regulars",
        postgresql_with={"fillfactor": 90},
    )
    op.create_table(
        "directory_version",
        sa.Column("program_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False, comment="counts the writes; caches ask for it"),
        sa.PrimaryKeyConstraint("program_id", name=op.f("directory_version_pkey")),
        schema="regulars",
    )
    op.create_table(
        "draft",
        sa.Column("program_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("base", sa.Integer(), nullable=False, comment="the release that it changes"),
        sa.Column("changes", sa.LargeBinary(), nullable=False, comment="definitions touched, JSON; null where removed"),
        sa.Column("changed_by", sa.Text(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("program_id", "name", name=op.f("draft_pkey")),
        schema="regulars",
    )
    op.create_table(
        "due",
        sa.Column("account_id", sa.UUID(), nullable=False),
        sa.Column("program_id", sa.Integer(), nullable=False),
        sa.Column(
            "review_at",
            sa.DateTime(timezone=True),
            nullable=False,
            comment="when time alone next changes something of the account",
        ),
        sa.PrimaryKeyConstraint("account_id", name=op.f("due_pkey")),
        schema="regulars",
        postgresql_with={"fillfactor": 80},
    )
    op.create_index("due_review_at", "due", ["review_at"], unique=False, schema="regulars")
    op.create_table(
        "entry",
        sa.Column("account_id", sa.UUID(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column(
            "version", sa.BigInteger(), autoincrement=False, nullable=False, comment="1 to n in each balance, no gaps"
        ),
        sa.Column("program_id", sa.Integer(), nullable=False),
        sa.Column("activity_id", sa.UUID(), nullable=False),
        sa.Column(
            "n",
            sa.Integer(),
            nullable=False,
            comment="its number among the entries of the activity; a lot it made has the same",
        ),
        sa.Column("member_id", sa.UUID(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("from_book", sa.Text(), nullable=False),
        sa.Column("to_book", sa.Text(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("posted_at", sa.DateTime(timezone=True), nullable=False, comment="when we learned it"),
        sa.Column("effective_at", sa.DateTime(timezone=True), nullable=False, comment="when it counts"),
        sa.Column("line", sa.Integer(), nullable=True),
        sa.Column("rule", sa.Text(), nullable=True),
        sa.Column("release", sa.Integer(), nullable=False),
        sa.Column("funder", sa.Text(), nullable=True, comment="who pays"),
        sa.Column("hold_id", sa.UUID(), nullable=True),
        sa.Column(
            "hash",
            sa.LargeBinary(),
            nullable=False,
            comment="HMAC over the link before and this entry with its lot and uses",
        ),
        sa.CheckConstraint("amount > 0", name=op.f("entry_amount_check")),
        sa.CheckConstraint("from_book <> to_book", name=op.f("entry_books_check")),
        sa.PrimaryKeyConstraint("account_id", "currency", "version", name=op.f("entry_pkey")),
        schema="regulars",
    )
    op.create_index("entry_posted_at", "entry", ["posted_at"], unique=False, schema="regulars", postgresql_using="brin")
    op.create_table(
        "event",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("program_id", sa.Integer(), nullable=False),
        sa.Column("xid", tables.Xid8(), server_default=sa.text("pg_current_xact_id()"), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("types", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "id", name=op.f("event_pkey")),
        schema="regulars",
        postgresql_partition_by="RANGE (id)",
    )
    op.create_index("event_xid_idx", "event", ["xid", "id"], unique=False, schema="regulars")
    op.create_table(
        "event_feed",
        sa.Column("program_id", sa.Integer(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("program_id", "type", "position", name=op.f("event_feed_pkey")),
        schema="regulars",
    )
    op.create_table(
        "event_relay",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("xid", tables.Xid8(), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("event_relay_one_row_check")),
        sa.PrimaryKeyConstraint("id", name=op.f("event_relay_pkey")),
        schema="regulars",
    )
    op.create_table(
        "good",
        sa.Column("program_id", sa.Integer(), nullable=False),
        sa.Column("sku", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("category", sa.Text(), nullable=True),
        sa.Column("brand", sa.Text(), nullable=True),
        sa.Column("kind", sa.Text(), server_default=sa.text("'goods'"), nullable=False),
        sa.Column("unit", sa.Text(), nullable=True),
        sa.Column("tags", sa.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("from", sa.Date(), nullable=True),
        sa.Column("until", sa.Date(), nullable=True, comment="exclusive; past it the facts no longer apply"),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "kind in ('goods', 'service', 'shipping', 'deposit', 'gift_card', 'fee')", name=op.f("good_kind_check")
        ),
        sa.PrimaryKeyConstraint("program_id", "sku", name=op.f("good_pkey")),
        schema="regulars",
    )
    op.create_index("good_category", "good", ["program_id", "category"], unique=False, schema="regulars")
    op.create_table(
        "hold",
        sa.Column("account_id", sa.UUID(), nullable=False),
        sa.Column("hold_id", sa.UUID(), nullable=False),
        sa.Column("program_id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.UUID(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column(
            "version",
            sa.BigInteger(),
            nullable=False,
            comment="the entry that placed it; its lot uses are what is pinned",
        ),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("captured", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("placed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("amount > 0 and 0 <= captured and captured <= amount", name=op.f("hold_parts_check")),
        sa.PrimaryKeyConstraint("account_id", "hold_id", name=op.f("hold_pkey")),
        schema="regulars",
        postgresql_with={"fillfactor": 90},
    )
    op.create_index(
        "hold_open", "hold", ["account_id"], unique=False, schema="regulars", postgresql_where=sa.text("state = 'open'")
    )
    op.create_table(
        "identifier",
        sa.Column("program_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column(
            "hash", sa.LargeBinary(), nullable=False, comment="HMAC of the canonical form; the form itself is nowhere"
        ),
        sa.Column("account_id", sa.UUID(), nullable=False),
        sa.Column("member_id", sa.UUID(), nullable=False),
        sa.Column("card_id", sa.UUID(), nullable=True, comment="which card, for kind card"),
        sa.Column("claimed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("program_id", "kind", "hash", name=op.f("identifier_pkey")),
        schema="regulars",
    )
    op.create_index("identifier_by_member", "identifier", ["member_id"], unique=False, schema="regulars")
    op.create_table(
        "ledger_check",
        sa.Column("program_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column(
            "checked_until",
            sa.DateTime(timezone=True),
            nullable=False,
            comment="balances with entries posted before it were checked",
        ),
        sa.PrimaryKeyConstraint("program_id", name=op.f("ledger_check_pkey")),
        schema="regulars",
    )
    op.create_table(
        "lot",
        sa.Column("account_id", sa.UUID(), nullable=False),
        sa.Column("activity_id", sa.UUID(), nullable=False),
        sa.Column("n", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("program_id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.UUID(), nullable=False, comment="who earned it"),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("granted", sa.BigInteger(), nullable=False),
        sa.Column("remaining", sa.BigInteger(), nullable=False),
        sa.Column("held", sa.BigInteger(), nullable=False),
        sa.Column("pending", sa.Boolean(), nullable=False),
        sa.Column("earned_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("active_at", sa.DateTime(timezone=True), nullable=True, comment="none: it waits for an event"),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True, comment="none: it never ends; half-open"),
        sa.Column("expires_on", sa.Date(), nullable=True, comment="the last local day in zone"),
        sa.Column(
            "cancels_at", sa.DateTime(timezone=True), nullable=True, comment="when waiting for an event is given up"
        ),
        sa.Column("zone", sa.Text(), nullable=False),
        sa.Column("source_id", sa.UUID(), nullable=False, comment="the activity that earned it"),
        sa.Column("line", sa.Integer(), nullable=True),
        sa.Column("rule", sa.Text(), nullable=True),
        sa.Column("release", sa.Integer(), nullable=False),
        sa.Column("funder", sa.Text(), nullable=False),
        sa.Column("cost_minor", sa.BigInteger(), nullable=False, comment="what the whole grant costs its funder"),
        sa.CheckConstraint("0 <= held and held <= remaining and remaining <= granted", name=op.f("lot_parts_check")),
        sa.PrimaryKeyConstraint("account_id", "activity_id", "n", name=op.f("lot_pkey")),
        schema="regulars",
        postgresql_with={"fillfactor": 90},
    )
    op.create_index(
        "lot_open", "lot", ["account_id"], unique=False, schema="regulars", postgresql_where=sa.text("remaining > 0")
    )
    op.create_table(
        "lot_change",
        sa.Column("account_id", sa.UUID(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column(
            "seq", sa.BigInteger(), autoincrement=False, nullable=False, comment="1 to n in each balance, no gaps"
        ),
        sa.Column("program_id", sa.Integer(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False, comment="the balance's last entry before it"),
        sa.Column("activity_id", sa.UUID(), nullable=False),
        sa.Column("lot_activity_id", sa.UUID(), nullable=False),
        sa.Column("lot_n", sa.Integer(), nullable=False),
        sa.Column("old_active_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("active_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("old_expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("old_expires_on", sa.Date(), nullable=True),
        sa.Column("expires_on", sa.Date(), nullable=True),
        sa.Column("posted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False, comment="a link of the same chain as the entries"),
        sa.PrimaryKeyConstraint("account_id", "currency", "seq", name=op.f("lot_change_pkey")),
        schema="regulars",
    )
    op.create_table(
        "lot_use",
        sa.Column("account_id", sa.UUID(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column(
            "version", sa.BigInteger(), autoincrement=False, nullable=False, comment="the entry that took or gave back"
        ),
        sa.Column("lot_activity_id", sa.UUID(), nullable=False),
        sa.Column("lot_n", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("program_id", sa.Integer(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False, comment="taken (> 0) or given back (< 0)"),
        sa.CheckConstraint("amount <> 0", name=op.f("lot_use_amount_check")),
        sa.PrimaryKeyConstraint(
            "account_id", "currency", "version", "lot_activity_id", "lot_n", name=op.f("lot_use_pkey")
        ),
        schema="regulars",
    )
    op.create_table(
        "member",
        sa.Column("account_id", sa.UUID(), nullable=False),
        sa.Column("member_id", sa.UUID(), nullable=False),
        sa.Column("program_id", sa.Integer(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("anonymous", sa.Boolean(), nullable=False, comment="nobody ever gave a phone or an e-mail"),
        sa.Column("language", sa.Text(), nullable=True),
        sa.Column("enrolled_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "wrapped_key", sa.LargeBinary(), nullable=True, comment="the member's own key, wrapped; none: erased"
        ),
        sa.Column("sealed_profile", sa.LargeBinary(), nullable=True, comment="what identifies the person"),
        sa.CheckConstraint("status in ('active', 'blocked', 'erased')", name=op.f("member_status_check")),
        sa.PrimaryKeyConstraint("account_id", "member_id", name=op.f("member_pkey")),
        schema="regulars",
        postgresql_with={"fillfactor": 90},
    )
    op.create_table(
        "member_attribute",
        sa.Column("account_id", sa.UUID(), nullable=False),
        sa.Column("member_id", sa.UUID(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("program_id", sa.Integer(), nullable=False),
        sa.Column("text_value", sa.Text(), nullable=True),
        sa.Column(
            "number_value", sa.BigInteger(), nullable=True, comment="whole numbers and amounts; 0 and 1 for no and yes"
        ),
        sa.Column("date_value", sa.Date(), nullable=True),
        sa.Column("moment_value", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "json_value", postgresql.JSONB(astext_type=sa.Text()), nullable=True, comment="lists of texts, records"
        ),
        sa.PrimaryKeyConstraint("account_id", "member_id", "name", name=op.f("member_attribute_pkey")),
        schema="regulars",
    )
    op.create_index(
        "member_attribute_date",
        "member_attribute",
        ["program_id", "name", "date_value"],
        unique=False,
        schema="regulars",
        postgresql_where=sa.text("date_value is not null"),
    )
    op.create_index(
        "member_attribute_number",
        "member_attribute",
        ["program_id", "name", "number_value"],
        unique=False,
        schema="regulars",
        postgresql_where=sa.text("number_value is not null"),
    )
    op.create_index(
        "member_attribute_text",
        "member_attribute",
        ["program_id", "name", sa.literal_column("left(text_value, 100)")],
        unique=False,
        schema="regulars",
        postgresql_where=sa.text("text_value is not null"),
    )
    op.create_table(
        "member_segment",
        sa.Column("account_id", sa.UUID(), nullable=False),
        sa.Column("member_id", sa.UUID(), nullable=False),
        sa.Column("segment", sa.Text(), nullable=False),
        sa.Column("program_id", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "member_id", "segment", name=op.f("member_segment_pkey")),
        schema="regulars",
    )
    op.create_index(
        "member_segment_members",
        "member_segment",
        ["program_id", "segment", "member_id"],
        unique=False,
        schema="regulars",
    )
    op.create_table(
        "metric_slot",
        sa.Column("program_id", sa.Integer(), nullable=False),
        sa.Column("slot", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("signature", sa.Text(), nullable=False, comment="what the metric counts"),
        sa.Column("since", sa.Integer(), nullable=False, comment="the release that gave it"),
        sa.PrimaryKeyConstraint("program_id", "slot", name=op.f("metric_slot_pkey")),
        schema="regulars",
    )
    op.create_table(
        "natural_key",
        sa.Column("program_id", sa.Integer(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("account_id", sa.UUID(), nullable=False),
        sa.Column("activity_id", sa.UUID(), nullable=False),
        sa.PrimaryKeyConstraint("program_id", "source", "document", name=op.f("natural_key_pkey")),
        schema="regulars",
    )
    op.create_table(
        "program",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("program_pkey")),
        sa.UniqueConstraint("key", name=op.f("program_key_key")),
        schema="regulars",
    )
    op.create_table(
        "release",
        sa.Column("program_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("text", sa.LargeBinary(), nullable=False, comment="YAML exactly as it was handed in, UTF-8"),
        sa.Column("body", sa.LargeBinary(), nullable=False, comment="the Program, msgpack, with the values of files"),
        sa.Column("slots", sa.LargeBinary(), nullable=False, comment="metric -> slot, msgpack"),
        sa.Column("to_backfill", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False, comment="SHA-256 of what the program says"),
        sa.Column("rolled_back_to", sa.Integer(), nullable=True, comment="the number whose text was published again"),
        sa.Column("published_by", sa.Text(), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("number > 0", name=op.f("release_number_check")),
        sa.PrimaryKeyConstraint("program_id", "number", name=op.f("release_pkey")),
        schema="regulars",
    )
    op.create_table(
        "store",
        sa.Column("program_id", sa.Integer(), nullable=False),
        sa.Column("store_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("city", sa.Text(), nullable=True),
        sa.Column("region", sa.Text(), nullable=True),
        sa.Column("chain", sa.Text(), nullable=True),
        sa.Column("zone", sa.Text(), nullable=True, comment="IANA; none: the program's"),
        sa.Column("address", sa.Text(), nullable=True),
        sa.Column("lat", sa.Float(), nullable=True),
        sa.Column("lon", sa.Float(), nullable=True),
        sa.Column("tags", sa.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("opening", postgresql.JSONB(astext_type=sa.Text()), nullable=True, comment="hours by weekday"),
        sa.Column("from", sa.Date(), nullable=True),
        sa.Column("until", sa.Date(), nullable=True, comment="exclusive; from then on closed for good"),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("(lat is null) = (lon is null)", name=op.f("store_place_check")),
        sa.CheckConstraint("lat between -90 and 90 and lon between -180 and 180", name=op.f("store_degrees_check")),
        sa.PrimaryKeyConstraint("program_id", "store_id", name=op.f("store_pkey")),
        schema="regulars",
    )
    op.create_index(
        "store_place",
        "store",
        ["program_id", "lat", "lon"],
        unique=False,
        schema="regulars",
        postgresql_where=sa.text("lat is not null"),
    )
    op.create_table(
        "waiting",
        sa.Column("program_id", sa.Integer(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("activity_id", sa.UUID(), nullable=False),
        sa.Column("intake", sa.LargeBinary(), nullable=False, comment="the return that came before its sale, JSON"),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("program_id", "source", "document", "activity_id", name=op.f("waiting_pkey")),
        schema="regulars",
    )
    op.create_index("waiting_received_at", "waiting", ["received_at"], unique=False, schema="regulars")
