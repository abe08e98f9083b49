"""All tables of the first release."""

from __future__ import annotations

from datetime import UTC, datetime

from alembic import op

from regulars.kit import outbox, partitions, tables
from regulars.kit.address import SCHEMA

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '2s'")
    for statement in tables.foundation_statements():
        op.execute(statement)
    tables.metadata.create_all(op.get_bind(), checkfirst=False)
    for name, about in sorted(tables.registry.items()):
        if about.monthly:
            op.execute(partitions.default_statement(name))
            for month in partitions.months_ahead(datetime.now(UTC), 2):
                op.execute(partitions.month_statement(name, month))
        for statement in tables.security_statements(name):
            op.execute(statement)
    for statement in outbox.relay_statements():
        op.execute(statement)


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '2s'")
    tables.metadata.drop_all(op.get_bind(), checkfirst=True)
    op.execute(f"DROP FUNCTION {SCHEMA}.visible_programs()")
