"""The wider check of what a member may be holds for all rows."""

from __future__ import annotations

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '2s'")
    # Each revision has a transaction of its own, which the linter of the whole text does not see.
    op.execute(
        "-- squawk-ignore constraint-missing-not-valid\nALTER TABLE regulars.member VALIDATE CONSTRAINT member_status_check"
    )


def downgrade() -> None:
    """A check that was validated stays so."""
