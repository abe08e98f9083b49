"""Points as safe as money: what 0.4 keeps."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


FORGOTTEN = {
    "activity": '"body", "decision", "seal"',
    "answer": '"body"',
    "event": '"body"',
    "member_consent": '"source", "proof"',
}
SECURITY = (
    'GRANT SELECT, INSERT ON regulars."counter_use" TO regulars_app',
    'ALTER TABLE regulars."counter_use" ENABLE ROW LEVEL SECURITY',
    'ALTER TABLE regulars."counter_use" FORCE ROW LEVEL SECURITY',
    'CREATE POLICY programs ON regulars."counter_use" USING (program_id = ANY ((SELECT regulars.visible_programs())::int[])) WITH CHECK (program_id = ANY ((SELECT regulars.visible_programs())::int[]))',
    'GRANT SELECT, INSERT, UPDATE, DELETE ON regulars."erasure" TO regulars_app',
    'ALTER TABLE regulars."erasure" ENABLE ROW LEVEL SECURITY',
    'ALTER TABLE regulars."erasure" FORCE ROW LEVEL SECURITY',
    'CREATE POLICY programs ON regulars."erasure" USING (program_id = ANY ((SELECT regulars.visible_programs())::int[])) WITH CHECK (program_id = ANY ((SELECT regulars.visible_programs())::int[]))',
    'GRANT SELECT, INSERT ON regulars."ledger_acceptance" TO regulars_app',
    'ALTER TABLE regulars."ledger_acceptance" ENABLE ROW LEVEL SECURITY',
    'ALTER TABLE regulars."ledger_acceptance" FORCE ROW LEVEL SECURITY',
    'CREATE POLICY programs ON regulars."ledger_acceptance" USING (program_id = ANY ((SELECT regulars.visible_programs())::int[])) WITH CHECK (program_id = ANY ((SELECT regulars.visible_programs())::int[]))',
    'GRANT SELECT, INSERT, UPDATE, DELETE ON regulars."rate" TO regulars_app',
    'ALTER TABLE regulars."rate" ENABLE ROW LEVEL SECURITY',
    'ALTER TABLE regulars."rate" FORCE ROW LEVEL SECURITY',
    'CREATE POLICY programs ON regulars."rate" USING (program_id = ANY ((SELECT regulars.visible_programs())::int[])) WITH CHECK (program_id = ANY ((SELECT regulars.visible_programs())::int[]))',
    'GRANT SELECT, INSERT, UPDATE, DELETE ON regulars."review" TO regulars_app',
    'ALTER TABLE regulars."review" ENABLE ROW LEVEL SECURITY',
    'ALTER TABLE regulars."review" FORCE ROW LEVEL SECURITY',
    'CREATE POLICY programs ON regulars."review" USING (program_id = ANY ((SELECT regulars.visible_programs())::int[])) WITH CHECK (program_id = ANY ((SELECT regulars.visible_programs())::int[]))',
    'GRANT SELECT, INSERT, UPDATE, DELETE ON regulars."till" TO regulars_app',
    'ALTER TABLE regulars."till" ENABLE ROW LEVEL SECURITY',
    'ALTER TABLE regulars."till" FORCE ROW LEVEL SECURITY',
    'CREATE POLICY programs ON regulars."till" USING (program_id = ANY ((SELECT regulars.visible_programs())::int[])) WITH CHECK (program_id = ANY ((SELECT regulars.visible_programs())::int[]))',
    'GRANT SELECT, INSERT, UPDATE, DELETE ON regulars."till_activity" TO regulars_app',
    'ALTER TABLE regulars."till_activity" ENABLE ROW LEVEL SECURITY',
    'ALTER TABLE regulars."till_activity" FORCE ROW LEVEL SECURITY',
    'CREATE POLICY programs ON regulars."till_activity" USING (program_id = ANY ((SELECT regulars.visible_programs())::int[])) WITH CHECK (program_id = ANY ((SELECT regulars.visible_programs())::int[]))',
)
OPENING = """
INSERT INTO regulars.counter_use (account_id, activity_id, n, program_id, metric, owner, bucket, item, amount, hash)
SELECT '00000000-0000-0000-0000-000000000000', '00000000-0000-0000-0000-000000000000',
    row_number() OVER (ORDER BY program_id, metric, owner, bucket, item), program_id, metric, owner, bucket, item, amount, ''
FROM (SELECT program_id, metric, regexp_replace(owner, '^program/[0-7]$', 'program') AS owner, bucket, item, sum(value) AS amount
    FROM regulars.counter WHERE (metric LIKE '%:%' AND item = '') OR metric LIKE 'draws.%'
    GROUP BY 1, 2, 3, 4, 5 HAVING sum(value) <> 0) taken
"""


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '2s'")
    _change_tables()
    for statement in SECURITY:
        op.execute(statement)
    # Rows never change, but for what has to go when somebody is forgotten.
    for table, columns in FORGOTTEN.items():
        op.execute(f'GRANT UPDATE ({columns}) ON regulars."{table}" TO regulars_app')
    # Nobody wrote down yet who took of what is shared: what was taken by now is one row each, of no account.
    op.execute(
        "SELECT set_config('regulars.programs', coalesce((SELECT string_agg(id::text, ',') FROM regulars.program), ''), true)"
    )
    op.execute(OPENING)


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '2s'")
    for table, columns in FORGOTTEN.items():
        op.execute(f'REVOKE UPDATE ({columns}) ON regulars."{table}" FROM regulars_app')
    op.drop_column("staff", "member_ids", schema="regulars")
    op.drop_column("ledger_check", "full_at", schema="regulars")
    op.drop_column("card", "blocked_at", schema="regulars")
    op.drop_column("activity", "seal", schema="regulars")
    op.drop_column("activity", "shares", schema="regulars")
    op.drop_index(
        "till_activity_in_trouble",
        table_name="till_activity",
        schema="regulars",
        postgresql_where=sa.text("outcome in ('refused', 'faulty')"),
    )
    op.drop_table("till_activity", schema="regulars")
    op.drop_table("till", schema="regulars")
    op.drop_index("review_opened_at", table_name="review", schema="regulars")
    op.drop_table("review", schema="regulars")
    op.drop_table("rate", schema="regulars")
    op.drop_table("ledger_acceptance", schema="regulars")
    op.drop_index("erasure_open", table_name="erasure", schema="regulars", postgresql_where=sa.text("done_at is null"))
    op.drop_table("erasure", schema="regulars")
    op.drop_index("counter_use_of", table_name="counter_use", schema="regulars")
    op.drop_table("counter_use", schema="regulars")


def _change_tables() -> None:
    op.create_table(
        "counter_use",
        sa.Column("account_id", sa.UUID(), nullable=False),
        sa.Column("activity_id", sa.UUID(), nullable=False),
        sa.Column(
            "n", sa.Integer(), autoincrement=False, nullable=False, comment="its number among those of the activity"
        ),
        sa.Column("program_id", sa.Integer(), nullable=False),
        sa.Column("metric", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("bucket", sa.Text(), nullable=False),
        sa.Column("item", sa.Text(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False, comment="taken (> 0) or given back (< 0)"),
        sa.Column("hash", sa.LargeBinary(), nullable=False, comment="HMAC of the row"),
        sa.CheckConstraint("amount <> 0", name=op.f("counter_use_amount_check")),
        sa.PrimaryKeyConstraint("account_id", "activity_id", "n", name=op.f("counter_use_pkey")),
        schema="regulars",
    )
    op.create_index(
        "counter_use_of", "counter_use", ["program_id", "metric", "owner", "bucket"], unique=False, schema="regulars"
    )
    op.create_table(
        "erasure",
        sa.Column("program_id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.UUID(), nullable=False),
        sa.Column("account_id", sa.UUID(), nullable=False),
        sa.Column("activity_id", sa.UUID(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "done_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="when all that identified the person was destroyed; none: not yet",
        ),
        sa.PrimaryKeyConstraint("program_id", "member_id", name=op.f("erasure_pkey")),
        schema="regulars",
    )
    op.create_index(
        "erasure_open",
        "erasure",
        ["asked_at"],
        unique=False,
        schema="regulars",
        postgresql_where=sa.text("done_at is null"),
    )
    op.create_table(
        "ledger_acceptance",
        sa.Column("program_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column(
            "digest", sa.LargeBinary(), nullable=False, comment="HMAC of the row, the column and what stands there"
        ),
        sa.Column("account_id", sa.UUID(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("program_id", "digest", name=op.f("ledger_acceptance_pkey")),
        schema="regulars",
    )
    op.create_table(
        "rate",
        sa.Column("program_id", sa.Integer(), nullable=False),
        sa.Column("base", sa.Text(), nullable=False, comment="ISO 4217: the money of which one unit is priced"),
        sa.Column("quote", sa.Text(), nullable=False, comment="ISO 4217: the money that it is priced in"),
        sa.Column(
            "day", sa.Date(), nullable=False, comment="the local day on which it holds, and after it until the next"
        ),
        sa.Column(
            "rate", sa.Numeric(precision=24, scale=10), nullable=False, comment="how much of quote one unit of base is"
        ),
        sa.Column("source", sa.Text(), nullable=False, comment="who says so: a central bank, a card scheme"),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("base <> quote", name=op.f("rate_monies_check")),
        sa.CheckConstraint("rate > 0", name=op.f("rate_rate_check")),
        sa.PrimaryKeyConstraint("program_id", "base", "quote", "day", name=op.f("rate_pkey")),
        schema="regulars",
    )
    op.create_table(
        "review",
        sa.Column("account_id", sa.UUID(), nullable=False),
        sa.Column("activity_id", sa.UUID(), nullable=False),
        sa.Column("program_id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.UUID(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column(
            "why", sa.Text(), nullable=False, comment="approval, back_dated, by_hand, or what a limit or rule calls it"
        ),
        sa.Column("asks_first", sa.Boolean(), nullable=False, comment="whether it does nothing before the yes"),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "until", sa.DateTime(timezone=True), nullable=True, comment="when what waits is given up; none: never"
        ),
        sa.PrimaryKeyConstraint("account_id", "activity_id", name=op.f("review_pkey")),
        schema="regulars",
    )
    op.create_index(
        "review_opened_at", "review", ["program_id", "opened_at", "activity_id"], unique=False, schema="regulars"
    )
    op.create_table(
        "till",
        sa.Column("program_id", sa.Integer(), nullable=False),
        sa.Column("till_id", sa.UUID(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("store", sa.Text(), nullable=False),
        sa.Column(
            "public_key", sa.LargeBinary(), nullable=False, comment="Ed25519; the private key is at the till alone"
        ),
        sa.Column(
            "floor", sa.BigInteger(), nullable=False, comment="what points may pay offline in one basket, minor units"
        ),
        sa.Column("whole_through", sa.BigInteger(), nullable=False, comment="up to this number nothing is missing"),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("floor >= 0 and whole_through >= 0", name=op.f("till_amounts_check")),
        sa.PrimaryKeyConstraint("program_id", "till_id", name=op.f("till_pkey")),
        schema="regulars",
    )
    op.create_table(
        "till_activity",
        sa.Column("program_id", sa.Integer(), nullable=False),
        sa.Column("till_id", sa.UUID(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False, comment="the till's own, from 1 without gaps"),
        sa.Column("digest", sa.LargeBinary(), nullable=False, comment="SHA-256 of what was signed"),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column(
            "activity_id",
            sa.UUID(),
            nullable=True,
            comment="what it became, or the answer that it got; none: nothing was done",
        ),
        sa.Column("code", sa.Text(), nullable=True, comment="why not"),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "outcome in ('applied', 'waiting', 'refused', 'faulty')", name=op.f("till_activity_outcome_check")
        ),
        sa.CheckConstraint("number > 0", name=op.f("till_activity_number_check")),
        sa.PrimaryKeyConstraint("program_id", "till_id", "number", name=op.f("till_activity_pkey")),
        schema="regulars",
    )
    op.create_index(
        "till_activity_in_trouble",
        "till_activity",
        ["program_id", "till_id", "number"],
        unique=False,
        schema="regulars",
        postgresql_where=sa.text("outcome in ('refused', 'faulty')"),
    )
    op.add_column(
        "activity",
        sa.Column("shares", sa.SmallInteger(), nullable=True, comment="how many rows of counter_use belong to it"),
        schema="regulars",
    )
    op.add_column(
        "activity",
        sa.Column(
            "seal",
            sa.LargeBinary(),
            nullable=True,
            comment="keyed hashes of the row and of its body; none: written before 0.4",
        ),
        schema="regulars",
    )
    op.add_column(
        "card",
        sa.Column(
            "blocked_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="since when it cannot spend; what a till did offline before, it could",
        ),
        schema="regulars",
    )
    op.add_column(
        "ledger_check",
        sa.Column(
            "full_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="when all balances were checked last, from their first entries on",
        ),
        schema="regulars",
    )
    op.add_column(
        "staff",
        sa.Column(
            "member_ids",
            sa.ARRAY(sa.UUID()),
            server_default=sa.text("'{}'"),
            nullable=False,
            comment="whom they are as members of the program: nothing is done by hand to their own points",
        ),
        schema="regulars",
    )
