"""What a member becomes: tiers, households, boards, consents, runs, staff, proposals; and what else 0.2 keeps."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


SECURITY = (
    'GRANT SELECT ON regulars."day_row" TO regulars_reader',
    'CREATE POLICY segments ON regulars."day_row" FOR SELECT TO regulars_reader USING (true)',
    'GRANT SELECT, INSERT ON regulars."approval" TO regulars_app',
    'ALTER TABLE regulars."approval" ENABLE ROW LEVEL SECURITY',
    'ALTER TABLE regulars."approval" FORCE ROW LEVEL SECURITY',
    'CREATE POLICY programs ON regulars."approval" USING (program_id = ANY ((SELECT regulars.visible_programs())::int[])) WITH CHECK (program_id = ANY ((SELECT regulars.visible_programs())::int[]))',
    'GRANT SELECT, INSERT, UPDATE, DELETE ON regulars."board_entry" TO regulars_app',
    'ALTER TABLE regulars."board_entry" ENABLE ROW LEVEL SECURITY',
    'ALTER TABLE regulars."board_entry" FORCE ROW LEVEL SECURITY',
    'CREATE POLICY programs ON regulars."board_entry" USING (program_id = ANY ((SELECT regulars.visible_programs())::int[])) WITH CHECK (program_id = ANY ((SELECT regulars.visible_programs())::int[]))',
    'GRANT SELECT, INSERT, UPDATE, DELETE ON regulars."board_score" TO regulars_app',
    'ALTER TABLE regulars."board_score" ENABLE ROW LEVEL SECURITY',
    'ALTER TABLE regulars."board_score" FORCE ROW LEVEL SECURITY',
    'CREATE POLICY programs ON regulars."board_score" USING (program_id = ANY ((SELECT regulars.visible_programs())::int[])) WITH CHECK (program_id = ANY ((SELECT regulars.visible_programs())::int[]))',
    'GRANT SELECT, INSERT, UPDATE, DELETE ON regulars."board_vote" TO regulars_app',
    'ALTER TABLE regulars."board_vote" ENABLE ROW LEVEL SECURITY',
    'ALTER TABLE regulars."board_vote" FORCE ROW LEVEL SECURITY',
    'CREATE POLICY programs ON regulars."board_vote" USING (program_id = ANY ((SELECT regulars.visible_programs())::int[])) WITH CHECK (program_id = ANY ((SELECT regulars.visible_programs())::int[]))',
    'GRANT SELECT, INSERT, UPDATE, DELETE ON regulars."counter_guard" TO regulars_app',
    'ALTER TABLE regulars."counter_guard" ENABLE ROW LEVEL SECURITY',
    'ALTER TABLE regulars."counter_guard" FORCE ROW LEVEL SECURITY',
    'CREATE POLICY programs ON regulars."counter_guard" USING (program_id = ANY ((SELECT regulars.visible_programs())::int[])) WITH CHECK (program_id = ANY ((SELECT regulars.visible_programs())::int[]))',
    'GRANT SELECT, INSERT ON regulars."draw_play" TO regulars_app',
    'ALTER TABLE regulars."draw_play" ENABLE ROW LEVEL SECURITY',
    'ALTER TABLE regulars."draw_play" FORCE ROW LEVEL SECURITY',
    'CREATE POLICY programs ON regulars."draw_play" USING (program_id = ANY ((SELECT regulars.visible_programs())::int[])) WITH CHECK (program_id = ANY ((SELECT regulars.visible_programs())::int[]))',
    'GRANT SELECT, INSERT, UPDATE, DELETE ON regulars."game_cycle" TO regulars_app',
    'ALTER TABLE regulars."game_cycle" ENABLE ROW LEVEL SECURITY',
    'ALTER TABLE regulars."game_cycle" FORCE ROW LEVEL SECURITY',
    'CREATE POLICY programs ON regulars."game_cycle" USING (program_id = ANY ((SELECT regulars.visible_programs())::int[])) WITH CHECK (program_id = ANY ((SELECT regulars.visible_programs())::int[]))',
    'GRANT SELECT, INSERT, UPDATE, DELETE ON regulars."game_winner" TO regulars_app',
    'ALTER TABLE regulars."game_winner" ENABLE ROW LEVEL SECURITY',
    'ALTER TABLE regulars."game_winner" FORCE ROW LEVEL SECURITY',
    'CREATE POLICY programs ON regulars."game_winner" USING (program_id = ANY ((SELECT regulars.visible_programs())::int[])) WITH CHECK (program_id = ANY ((SELECT regulars.visible_programs())::int[]))',
    'GRANT SELECT, INSERT ON regulars."member_consent" TO regulars_app',
    'ALTER TABLE regulars."member_consent" ENABLE ROW LEVEL SECURITY',
    'ALTER TABLE regulars."member_consent" FORCE ROW LEVEL SECURITY',
    'CREATE POLICY programs ON regulars."member_consent" USING (program_id = ANY ((SELECT regulars.visible_programs())::int[])) WITH CHECK (program_id = ANY ((SELECT regulars.visible_programs())::int[]))',
    'GRANT SELECT, INSERT, UPDATE, DELETE ON regulars."member_tier" TO regulars_app',
    'GRANT SELECT ON regulars."member_tier" TO regulars_reader',
    'ALTER TABLE regulars."member_tier" ENABLE ROW LEVEL SECURITY',
    'ALTER TABLE regulars."member_tier" FORCE ROW LEVEL SECURITY',
    'CREATE POLICY programs ON regulars."member_tier" USING (program_id = ANY ((SELECT regulars.visible_programs())::int[])) WITH CHECK (program_id = ANY ((SELECT regulars.visible_programs())::int[]))',
    'CREATE POLICY segments ON regulars."member_tier" FOR SELECT TO regulars_reader USING (true)',
    'GRANT SELECT, INSERT, UPDATE, DELETE ON regulars."move" TO regulars_app',
    'ALTER TABLE regulars."move" ENABLE ROW LEVEL SECURITY',
    'ALTER TABLE regulars."move" FORCE ROW LEVEL SECURITY',
    'CREATE POLICY programs ON regulars."move" USING (program_id = ANY ((SELECT regulars.visible_programs())::int[])) WITH CHECK (program_id = ANY ((SELECT regulars.visible_programs())::int[]))',
    'GRANT SELECT, INSERT, UPDATE, DELETE ON regulars."moved" TO regulars_app',
    'ALTER TABLE regulars."moved" ENABLE ROW LEVEL SECURITY',
    'ALTER TABLE regulars."moved" FORCE ROW LEVEL SECURITY',
    'CREATE POLICY programs ON regulars."moved" USING (program_id = ANY ((SELECT regulars.visible_programs())::int[])) WITH CHECK (program_id = ANY ((SELECT regulars.visible_programs())::int[]))',
    'GRANT SELECT, INSERT, UPDATE, DELETE ON regulars."proposal" TO regulars_app',
    'ALTER TABLE regulars."proposal" ENABLE ROW LEVEL SECURITY',
    'ALTER TABLE regulars."proposal" FORCE ROW LEVEL SECURITY',
    'CREATE POLICY programs ON regulars."proposal" USING (program_id = ANY ((SELECT regulars.visible_programs())::int[])) WITH CHECK (program_id = ANY ((SELECT regulars.visible_programs())::int[]))',
    'GRANT SELECT, INSERT, UPDATE, DELETE ON regulars."release_head" TO regulars_app',
    'ALTER TABLE regulars."release_head" ENABLE ROW LEVEL SECURITY',
    'ALTER TABLE regulars."release_head" FORCE ROW LEVEL SECURITY',
    'CREATE POLICY programs ON regulars."release_head" USING (program_id = ANY ((SELECT regulars.visible_programs())::int[])) WITH CHECK (program_id = ANY ((SELECT regulars.visible_programs())::int[]))',
    'GRANT SELECT, INSERT, UPDATE, DELETE ON regulars."run" TO regulars_app',
    'ALTER TABLE regulars."run" ENABLE ROW LEVEL SECURITY',
    'ALTER TABLE regulars."run" FORCE ROW LEVEL SECURITY',
    'CREATE POLICY programs ON regulars."run" USING (program_id = ANY ((SELECT regulars.visible_programs())::int[])) WITH CHECK (program_id = ANY ((SELECT regulars.visible_programs())::int[]))',
    'GRANT SELECT, INSERT, UPDATE, DELETE ON regulars."run_member" TO regulars_app',
    'ALTER TABLE regulars."run_member" ENABLE ROW LEVEL SECURITY',
    'ALTER TABLE regulars."run_member" FORCE ROW LEVEL SECURITY',
    'CREATE POLICY programs ON regulars."run_member" USING (program_id = ANY ((SELECT regulars.visible_programs())::int[])) WITH CHECK (program_id = ANY ((SELECT regulars.visible_programs())::int[]))',
    'GRANT SELECT, INSERT, UPDATE, DELETE ON regulars."staff" TO regulars_app',
    'ALTER TABLE regulars."staff" ENABLE ROW LEVEL SECURITY',
    'ALTER TABLE regulars."staff" FORCE ROW LEVEL SECURITY',
    'CREATE POLICY programs ON regulars."staff" USING (program_id = ANY ((SELECT regulars.visible_programs())::int[])) WITH CHECK (program_id = ANY ((SELECT regulars.visible_programs())::int[]))',
    'GRANT SELECT, INSERT, UPDATE, DELETE ON regulars."walk" TO regulars_app',
    'ALTER TABLE regulars."walk" ENABLE ROW LEVEL SECURITY',
    'ALTER TABLE regulars."walk" FORCE ROW LEVEL SECURITY',
    'CREATE POLICY programs ON regulars."walk" USING (program_id = ANY ((SELECT regulars.visible_programs())::int[])) WITH CHECK (program_id = ANY ((SELECT regulars.visible_programs())::int[]))',
)


# A wider check takes its place in the same transaction: no client loses a guarantee.
DROP_STATUS = """-- squawk-ignore ban-drop-constraint
ALTER TABLE regulars.member DROP CONSTRAINT member_status_check"""
STATUS = "ALTER TABLE regulars.member ADD CONSTRAINT member_status_check CHECK (status in ({states})) NOT VALID"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '2s'")
    _change_tables()
    op.execute(DROP_STATUS)
    # The next revision validates it: in one transaction with this, nobody could read members meanwhile.
    op.execute(STATUS.format(states="'active', 'blocked', 'erased', 'merged'"))
    for statement in SECURITY:
        op.execute(statement)


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '2s'")
    op.execute('DROP POLICY segments ON regulars."day_row"')
    op.execute('REVOKE SELECT ON regulars."day_row" FROM regulars_reader')
    op.execute(DROP_STATUS)
    op.execute(STATUS.format(states="'active', 'blocked', 'erased'"))
    op.drop_column("release", "midway", schema="regulars")
    op.drop_column("lot", "origin_n", schema="regulars")
    op.drop_column("lot", "origin_id", schema="regulars")
    op.drop_column("draft", "authors", schema="regulars")
    op.drop_column("api_key", "made_by", schema="regulars")
    op.drop_column("api_key", "staff_id", schema="regulars")
    op.drop_table("walk", schema="regulars")
    op.drop_table("staff", schema="regulars")
    op.drop_table("run_member", schema="regulars")
    op.drop_table("run", schema="regulars")
    op.drop_table("release_head", schema="regulars")
    op.drop_table("proposal", schema="regulars")
    op.drop_index("moved_leads_to", table_name="moved", schema="regulars")
    op.drop_table("moved", schema="regulars")
    op.drop_index(
        "move_under_way", table_name="move", schema="regulars", postgresql_where=sa.text("arrived_at is null")
    )
    op.drop_index("move_by_member", table_name="move", schema="regulars")
    op.drop_table("move", schema="regulars")
    op.drop_index("member_tier_members", table_name="member_tier", schema="regulars")
    op.drop_table("member_tier", schema="regulars")
    op.drop_index("member_consent_members", table_name="member_consent", schema="regulars")
    op.drop_table("member_consent", schema="regulars")
    op.drop_table("game_winner", schema="regulars")
    op.drop_table("game_cycle", schema="regulars")
    op.drop_index("draw_play_cycle", table_name="draw_play", schema="regulars")
    op.drop_table("draw_play", schema="regulars")
    op.drop_table("counter_guard", schema="regulars")
    op.drop_index("board_vote_entry", table_name="board_vote", schema="regulars")
    op.drop_table("board_vote", schema="regulars")
    op.drop_index("board_score_rank", table_name="board_score", schema="regulars")
    op.drop_table("board_score", schema="regulars")
    op.drop_index("board_entry_cycle", table_name="board_entry", schema="regulars")
    op.drop_table("board_entry", schema="regulars")
    op.drop_table("approval", schema="regulars")


def _change_tables() -> None:
    op.create_table(
        "approval",
        sa.Column("program_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("staff_id", sa.UUID(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False, comment="what was approved"),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("program_id", "number", "staff_id", name=op.f("approval_pkey")),
        schema="regulars",
    )
    op.create_table(
        "board_entry",
        sa.Column("account_id", sa.UUID(), nullable=False),
        sa.Column("entry_id", sa.UUID(), nullable=False, comment="the activity that handed it in"),
        sa.Column("program_id", sa.Integer(), nullable=False),
        sa.Column("board", sa.Text(), nullable=False),
        sa.Column("cycle", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.UUID(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("proof", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "state in ('pending', 'accepted', 'rejected', 'withdrawn')", name=op.f("board_entry_state_check")
        ),
        sa.PrimaryKeyConstraint("account_id", "entry_id", name=op.f("board_entry_pkey")),
        schema="regulars",
    )
    op.create_index(
        "board_entry_cycle",
        "board_entry",
        ["program_id", "board", "cycle", "state", "entry_id"],
        unique=False,
        schema="regulars",
    )
    op.create_table(
        "board_score",
        sa.Column("account_id", sa.UUID(), nullable=False),
        sa.Column("program_id", sa.Integer(), nullable=False),
        sa.Column("board", sa.Text(), nullable=False),
        sa.Column("cycle", sa.Integer(), nullable=False, comment="its number; the next one has the next number"),
        sa.Column("member_id", sa.UUID(), nullable=False),
        sa.Column("within", sa.Text(), nullable=False, comment="the group that the member is ranked in"),
        sa.Column("score", sa.BigInteger(), nullable=False, comment="in the smallest unit of the metric"),
        sa.Column("reached_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("shown", sa.Text(), nullable=True, comment="what others read, with consent; none: an invented name"),
        sa.PrimaryKeyConstraint(
            "account_id", "program_id", "board", "cycle", "member_id", name=op.f("board_score_pkey")
        ),
        schema="regulars",
        postgresql_with={"fillfactor": 80},
    )
    op.create_index(
        "board_score_rank",
        "board_score",
        ["program_id", "board", "cycle", "within", "score", "reached_at", "member_id"],
        unique=False,
        schema="regulars",
    )
    op.create_table(
        "board_vote",
        sa.Column("account_id", sa.UUID(), nullable=False, comment="whoever votes; for the jury, whoever entered"),
        sa.Column("entry_id", sa.UUID(), nullable=False),
        sa.Column("judge", sa.Text(), nullable=False, comment="one of the jury; empty for a member's vote"),
        sa.Column("program_id", sa.Integer(), nullable=False),
        sa.Column("board", sa.Text(), nullable=False),
        sa.Column("cycle", sa.Integer(), nullable=False),
        sa.Column("points", sa.BigInteger(), nullable=False),
        sa.Column("voted_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "entry_id", "judge", name=op.f("board_vote_pkey")),
        schema="regulars",
    )
    op.create_index(
        "board_vote_entry", "board_vote", ["program_id", "board", "cycle", "entry_id"], unique=False, schema="regulars"
    )
    op.create_table(
        "counter_guard",
        sa.Column("program_id", sa.Integer(), nullable=False),
        sa.Column("metric", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column(
            "version", sa.BigInteger(), nullable=False, comment="moves with every addition to a number that may refuse"
        ),
        sa.PrimaryKeyConstraint("program_id", "metric", "owner", name=op.f("counter_guard_pkey")),
        schema="regulars",
        postgresql_with={"fillfactor": 50},
    )
    op.create_table(
        "draw_play",
        sa.Column("account_id", sa.UUID(), nullable=False),
        sa.Column("activity_id", sa.UUID(), nullable=False),
        sa.Column("draw", sa.Text(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False, comment="the play's number in its activity, from 0"),
        sa.Column("program_id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.UUID(), nullable=False),
        sa.Column("cycle", sa.Integer(), nullable=False),
        sa.Column("played_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ticket", sa.Boolean(), nullable=False, comment="whether it waits for the end of the cycle"),
        sa.Column("drawn", sa.Text(), nullable=True, comment="what the luck said"),
        sa.Column("prize", sa.Text(), nullable=True, comment="what was given: nothing where all of it had gone"),
        sa.PrimaryKeyConstraint("account_id", "activity_id", "draw", "n", name=op.f("draw_play_pkey")),
        schema="regulars",
    )
    op.create_index(
        "draw_play_cycle",
        "draw_play",
        ["program_id", "draw", "cycle", "activity_id", "n"],
        unique=False,
        schema="regulars",
    )
    op.create_table(
        "game_cycle",
        sa.Column("program_id", sa.Integer(), nullable=False),
        sa.Column("game", sa.Text(), nullable=False, comment="boards.<name> or draws.<name>"),
        sa.Column("cycle", sa.Integer(), nullable=False),
        sa.Column(
            "closed_at", sa.DateTime(timezone=True), nullable=False, comment="when its winners were written down"
        ),
        sa.Column("paid_at", sa.DateTime(timezone=True), nullable=True, comment="when the last of them had the prize"),
        sa.PrimaryKeyConstraint("program_id", "game", "cycle", name=op.f("game_cycle_pkey")),
        schema="regulars",
    )
    op.create_table(
        "game_winner",
        sa.Column("program_id", sa.Integer(), nullable=False),
        sa.Column("game", sa.Text(), nullable=False),
        sa.Column("cycle", sa.Integer(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False, comment="counts all winners of a cycle from 1"),
        sa.Column("account_id", sa.UUID(), nullable=False),
        sa.Column("member_id", sa.UUID(), nullable=False),
        sa.Column(
            "facts", sa.LargeBinary(), nullable=False, comment="rank, score and so on, as the activity says, JSON"
        ),
        sa.Column("paid_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("refused", sa.Text(), nullable=True, comment="why the prize could not be given"),
        sa.PrimaryKeyConstraint("program_id", "game", "cycle", "place", name=op.f("game_winner_pkey")),
        schema="regulars",
    )
    op.create_table(
        "member_consent",
        sa.Column("account_id", sa.UUID(), nullable=False),
        sa.Column("activity_id", sa.UUID(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("program_id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.UUID(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=True, comment="none: the purpose as a whole"),
        sa.Column("given", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False, comment="of the text that was seen"),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("proof", sa.Text(), nullable=True),
        sa.Column("said_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "activity_id", "n", name=op.f("member_consent_pkey")),
        schema="regulars",
    )
    op.create_index(
        "member_consent_members",
        "member_consent",
        ["account_id", "member_id", "said_at"],
        unique=False,
        schema="regulars",
    )
    op.create_table(
        "member_tier",
        sa.Column("account_id", sa.UUID(), nullable=False),
        sa.Column("member_id", sa.UUID(), nullable=False),
        sa.Column("ladder", sa.Text(), nullable=False),
        sa.Column("program_id", sa.Integer(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("since_on", sa.Date(), nullable=False),
        sa.Column(
            "until_on",
            sa.Date(),
            nullable=True,
            comment="the first day on which it is valid no more; none: it has no end",
        ),
        sa.PrimaryKeyConstraint("account_id", "member_id", "ladder", name=op.f("member_tier_pkey")),
        schema="regulars",
    )
    op.create_index(
        "member_tier_members",
        "member_tier",
        ["program_id", "ladder", "level", "member_id"],
        unique=False,
        schema="regulars",
    )
    op.create_table(
        "move",
        sa.Column("account_id", sa.UUID(), nullable=False, comment="the account that was left"),
        sa.Column("activity_id", sa.UUID(), nullable=False, comment="the activity by which it was left"),
        sa.Column("program_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("member_id", sa.UUID(), nullable=False, comment="who moves"),
        sa.Column("to_account_id", sa.UUID(), nullable=False),
        sa.Column("to_member_id", sa.UUID(), nullable=False, comment="the same member, or the one that takes over"),
        sa.Column("luggage", sa.LargeBinary(), nullable=False, comment="what travels, in the engine's own bytes"),
        sa.Column("role", sa.Text(), nullable=True, comment="as what they join a household"),
        sa.Column("code", sa.Text(), nullable=True, comment="the code that they joined with"),
        sa.Column("left_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "arrived_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="when all of it was in its place; none: under way",
        ),
        sa.Column("refusal", sa.Text(), nullable=True, comment="why it was sent home, JSON"),
        sa.CheckConstraint("kind in ('merge', 'unmerge', 'join', 'leave')", name=op.f("move_kind_check")),
        sa.PrimaryKeyConstraint("account_id", "activity_id", name=op.f("move_pkey")),
        schema="regulars",
    )
    op.create_index("move_by_member", "move", ["program_id", "member_id"], unique=False, schema="regulars")
    op.create_index(
        "move_under_way",
        "move",
        ["left_at"],
        unique=False,
        schema="regulars",
        postgresql_where=sa.text("arrived_at is null"),
    )
    op.create_table(
        "moved",
        sa.Column("program_id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.UUID(), nullable=False, comment="who is no longer the account of the same id"),
        sa.Column("account_id", sa.UUID(), nullable=False, comment="where this id leads to now"),
        sa.Column(
            "leads_to", sa.UUID(), nullable=False, comment="the member there; the same one, unless they were merged"
        ),
        sa.Column(
            "into_id",
            sa.UUID(),
            nullable=True,
            comment="the member that they were merged into, who may have been merged since",
        ),
        sa.Column("moved_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("program_id", "member_id", name=op.f("moved_pkey")),
        schema="regulars",
    )
    op.create_index("moved_leads_to", "moved", ["program_id", "leads_to"], unique=False, schema="regulars")
    op.create_table(
        "proposal",
        sa.Column("program_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("base", sa.Integer(), nullable=False, comment="the release in force that it changes; 0: none yet"),
        sa.Column("text", sa.LargeBinary(), nullable=False, comment="YAML exactly as it was handed in, UTF-8"),
        sa.Column("body", sa.LargeBinary(), nullable=False, comment="the Program, msgpack, with the values of files"),
        sa.Column("digest", sa.LargeBinary(), nullable=False, comment="SHA-256 of what the program says"),
        sa.Column("draft", sa.Text(), nullable=True, comment="the draft that it came of"),
        sa.Column("rolled_back_to", sa.Integer(), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("midway", sa.LargeBinary(), nullable=False, comment="path -> policy for members in the middle; JSON"),
        sa.Column("report", sa.LargeBinary(), nullable=False, comment="what the last check found, JSON"),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("proposed_by", sa.Text(), nullable=False),
        sa.Column("proposers", sa.ARRAY(sa.UUID()), nullable=False, comment="the people who may not approve it"),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("publish_at", sa.DateTime(timezone=True), nullable=True, comment="when the worker is to publish it"),
        sa.Column("changed_by", sa.Text(), nullable=False, comment="who brought it into its state"),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "reason", sa.Text(), nullable=False, comment="why it was rejected, or failed; a code of ours for the latter"
        ),
        sa.Column("overtaken_by", sa.Integer(), nullable=True),
        sa.Column(
            "backtest_state", sa.Text(), nullable=True, comment="wanted, running, done, failed; none: nobody asked"
        ),
        sa.Column("backtest", sa.LargeBinary(), nullable=True, comment="the summary, JSON"),
        sa.Column("backtest_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("number > 0", name=op.f("proposal_number_check")),
        sa.PrimaryKeyConstraint("program_id", "number", name=op.f("proposal_pkey")),
        schema="regulars",
    )
    op.create_table(
        "release_head",
        sa.Column("program_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("last", sa.Integer(), nullable=False, comment="the last number given to a release or a proposal"),
        sa.PrimaryKeyConstraint("program_id", name=op.f("release_head_pkey")),
        schema="regulars",
    )
    op.create_table(
        "run",
        sa.Column("program_id", sa.Integer(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("run_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("release", sa.Integer(), nullable=False, comment="the release that it began under"),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("members", sa.BigInteger(), nullable=False, comment="how many were in the audience when it began"),
        sa.Column("done", sa.BigInteger(), nullable=False),
        sa.Column("refused", sa.BigInteger(), nullable=False, comment="of those done, how many were refused"),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "status in ('running', 'paused', 'cancelled', 'finished', 'missed')", name=op.f("run_status_check")
        ),
        sa.PrimaryKeyConstraint("program_id", "rule", "run_at", name=op.f("run_pkey")),
        schema="regulars",
    )
    op.create_table(
        "run_member",
        sa.Column("program_id", sa.Integer(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("run_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("account_id", sa.UUID(), nullable=False),
        sa.Column("member_id", sa.UUID(), nullable=False),
        sa.PrimaryKeyConstraint(
            "program_id", "rule", "run_at", "account_id", "member_id", name=op.f("run_member_pkey")
        ),
        schema="regulars",
    )
    op.create_table(
        "staff",
        sa.Column("program_id", sa.Integer(), nullable=False),
        sa.Column("staff_id", sa.UUID(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False, comment="in small letters"),
        sa.Column("languages", sa.ARRAY(sa.Text()), nullable=False, comment="en, ru, ro; the first one is preferred"),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("program_id", "staff_id", name=op.f("staff_pkey")),
        sa.UniqueConstraint("program_id", "email", name=op.f("staff_program_id_email_key")),
        schema="regulars",
    )
    op.create_table(
        "walk",
        sa.Column("program_id", sa.Integer(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False, comment="what is done to each account"),
        sa.Column("release", sa.Integer(), nullable=False, comment="the release that asks for it"),
        sa.Column("piece", sa.Integer(), nullable=False),
        sa.Column("after", sa.UUID(), nullable=True, comment="accounts up to this one are done; none: nobody yet"),
        sa.Column("through", sa.UUID(), nullable=True, comment="the last account of the piece; none: all that follow"),
        sa.Column("accounts", sa.BigInteger(), nullable=False, comment="how many there were when it began"),
        sa.Column("done", sa.BigInteger(), nullable=False),
        sa.Column("touched", sa.BigInteger(), nullable=False, comment="how many of them had to be changed"),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("program_id", "purpose", "release", "piece", name=op.f("walk_pkey")),
        schema="regulars",
    )
    op.add_column(
        "api_key",
        sa.Column("staff_id", sa.UUID(), nullable=True, comment="whose key it is; none: a machine's"),
        schema="regulars",
    )
    op.add_column(
        "api_key", sa.Column("made_by", sa.UUID(), nullable=True, comment="the person who made it"), schema="regulars"
    )
    op.add_column(
        "draft",
        sa.Column(
            "authors",
            sa.ARRAY(sa.UUID()),
            server_default=sa.text("'{}'"),
            nullable=False,
            comment="the people who changed it, who may not approve it",
        ),
        schema="regulars",
    )
    op.add_column(
        "lot",
        sa.Column("origin_id", sa.UUID(), nullable=True, comment="the lot of another account that it goes on from"),
        schema="regulars",
    )
    op.add_column("lot", sa.Column("origin_n", sa.Integer(), nullable=True), schema="regulars")
    op.add_column(
        "release",
        sa.Column(
            "midway",
            sa.LargeBinary(),
            server_default=sa.text("'{}'"),
            nullable=False,
            comment="path -> policy for members in the middle, since; JSON",
        ),
        schema="regulars",
    )
