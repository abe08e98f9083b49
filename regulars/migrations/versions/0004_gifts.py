"""What a member gets: codes of vouchers, orders of rewards, budgets; and what else 0.3 keeps."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


SECURITY = (
    'GRANT SELECT, INSERT, UPDATE, DELETE ON regulars."voucher_code" TO regulars_app',
    'ALTER TABLE regulars."voucher_code" ENABLE ROW LEVEL SECURITY',
    'ALTER TABLE regulars."voucher_code" FORCE ROW LEVEL SECURITY',
    'CREATE POLICY programs ON regulars."voucher_code" USING (program_id = ANY ((SELECT regulars.visible_programs())::int[])) WITH CHECK (program_id = ANY ((SELECT regulars.visible_programs())::int[]))',
)


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '2s'")
    _change_tables()
    for statement in SECURITY:
        op.execute(statement)


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '2s'")
    op.drop_index(
        "voucher_code_by_member",
        table_name="voucher_code",
        schema="regulars",
        postgresql_where=sa.text("member_id is not null"),
    )
    op.drop_index("voucher_code_by_batch", table_name="voucher_code", schema="regulars")
    op.drop_table("voucher_code", schema="regulars")


def _change_tables() -> None:
    op.create_table(
        "voucher_code",
        sa.Column("program_id", sa.Integer(), nullable=False),
        sa.Column(
            "code_id", sa.UUID(), nullable=False, comment="16 bytes of the HMAC of the normal form; the form is sealed"
        ),
        sa.Column("voucher", sa.Text(), nullable=False, comment="the campaign"),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column(
            "sealed", sa.LargeBinary(), nullable=False, comment="the code as it was made, for export and for its holder"
        ),
        sa.Column("tail", sa.Text(), nullable=False, comment="its last four characters"),
        sa.Column("batch", sa.Text(), nullable=False),
        sa.Column("shared", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column(
            "value",
            sa.BigInteger(),
            nullable=True,
            comment="what a gift card carries, in the smallest unit of its currency",
        ),
        sa.Column("from_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("until_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("member_id", sa.UUID(), nullable=True, comment="who alone may use it"),
        sa.Column("activity_id", sa.UUID(), nullable=True, comment="what gave it to the member"),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reserved_by", sa.UUID(), nullable=True, comment="the batch that is about to give it"),
        sa.Column("reserved_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lock_session", sa.Text(), nullable=True),
        sa.Column("lock_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("state in ('open', 'blocked', 'idle', 'cancelled')", name=op.f("voucher_code_state_check")),
        sa.PrimaryKeyConstraint("program_id", "code_id", name=op.f("voucher_code_pkey")),
        schema="regulars",
    )
    op.create_index(
        "voucher_code_by_batch",
        "voucher_code",
        ["program_id", "voucher", "batch", "code_id"],
        unique=False,
        schema="regulars",
    )
    op.create_index(
        "voucher_code_by_member",
        "voucher_code",
        ["program_id", "member_id"],
        unique=False,
        schema="regulars",
        postgresql_where=sa.text("member_id is not null"),
    )
