"""The tables of what happened: accounts with their state, activities, claims and answers, day rows, counters."""

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
    SmallInteger,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, UUID

from regulars.kit.tables import metadata, register

FOR_EVER = "never dropped: a return, an explanation or a backtest may ask for it"
AS_THE_ACCOUNT = "while the account is"

MOMENT = DateTime(timezone=True)

account = register(
    Table(
        "account",
        metadata,
        Column("account_id", UUID, primary_key=True),
        Column("program_id", Integer, nullable=False),
        Column("version", BigInteger, nullable=False, comment="counts the activities applied; guards each decision"),
        Column("clock", MOMENT, nullable=False, comment="the latest now of a decision"),
        Column("metric_day", Date, comment="the local day for which the running sums in state are good"),
        Column("state", LargeBinary, nullable=False, comment="what decide reads, in the engine's own bytes"),
        CheckConstraint("octet_length(state) <= 8192", name="account_state_small"),
        postgresql_with={"fillfactor": 60},
    ),
    spread="distributed",
    retention=AS_THE_ACCOUNT,
)

due = register(
    Table(
        "due",
        metadata,
        Column("account_id", UUID, primary_key=True),
        Column("program_id", Integer, nullable=False),
        Column("review_at", MOMENT, nullable=False, comment="when time alone next changes something of the account"),
        Index("due_review_at", "review_at"),
        postgresql_with={"fillfactor": 80},
    ),
    spread="distributed",
    retention=AS_THE_ACCOUNT,
)

activity = register(
    Table(
        "activity",
        metadata,
        Column("activity_id", UUID, primary_key=True),
        Column("account_id", UUID, primary_key=True),
        Column("program_id", Integer, nullable=False),
        Column("member_id", UUID, nullable=False),
        Column("type", Text, nullable=False),
        Column("release", Integer, nullable=False),
        Column("version", BigInteger, nullable=False, comment="the account's version after it"),
        Column("occurred_at", MOMENT, nullable=False),
        Column("received_at", MOMENT, nullable=False),
        Column("reverses", UUID, comment="the sale that it undoes"),
        Column("body", LargeBinary, nullable=False, comment="the activity with its enriched lines, JSON"),
        Column("decision", LargeBinary, nullable=False, comment="what returns and explanations need, engine's bytes"),
        Column("shares", SmallInteger, comment="how many rows of counter_use belong to it"),
        Column("seal", LargeBinary, comment="keyed hashes of the row and of its body; none: written before 0.4"),
        Index("activity_by_account", "account_id", "version"),
        Index("activity_reverses", "account_id", "reverses", postgresql_where=text("reverses is not null")),
        postgresql_partition_by="RANGE (activity_id)",
    ),
    spread="distributed",
    retention=FOR_EVER,
    app="append",
    monthly=True,
    # The seal covers them: who empties them seals anew.
    personal=("body", "decision", "seal"),
)

claim = register(
    Table(
        "claim",
        metadata,
        Column("program_id", Integer, primary_key=True),
        Column("client_id", UUID, primary_key=True),
        Column("key", Text, primary_key=True),
        Column("digest", LargeBinary, nullable=False, comment="SHA-256 of the body that came first"),
        Column("account_id", UUID, nullable=False),
        Column("activity_id", UUID, nullable=False),
        Column("claimed_at", MOMENT, nullable=False),
        Index("claim_claimed_at", "claimed_at", postgresql_using="brin"),
    ),
    spread="lookup",
    retention="answer_days",
)

natural_key = register(
    Table(
        "natural_key",
        metadata,
        Column("program_id", Integer, primary_key=True),
        Column("source", Text, primary_key=True),
        Column("document", Text, primary_key=True),
        Column("digest", LargeBinary, nullable=False),
        Column("account_id", UUID, nullable=False),
        Column("activity_id", UUID, nullable=False),
    ),
    spread="lookup",
    retention=FOR_EVER,
    app="append",
)

answer = register(
    Table(
        "answer",
        metadata,
        Column("activity_id", UUID, primary_key=True),
        Column("account_id", UUID, primary_key=True),
        Column("program_id", Integer, nullable=False),
        Column("status", SmallInteger, nullable=False),
        Column("body", LargeBinary, nullable=False),
        postgresql_partition_by="RANGE (activity_id)",
    ),
    spread="distributed",
    retention="answer_days",
    app="append",
    monthly=True,
    personal=("body",),
)

waiting = register(
    Table(
        "waiting",
        metadata,
        Column("program_id", Integer, primary_key=True),
        Column("source", Text, primary_key=True),
        Column("document", Text, primary_key=True),
        Column("activity_id", UUID, primary_key=True),
        Column("intake", LargeBinary, nullable=False, comment="the return that came before its sale, JSON"),
        Column("received_at", MOMENT, nullable=False),
        Index("waiting_received_at", "received_at"),
    ),
    spread="lookup",
    retention="30 days, then a case",
    personal=("intake",),
)

review = register(
    Table(
        "review",
        metadata,
        Column("account_id", UUID, primary_key=True),
        Column("activity_id", UUID, primary_key=True),
        Column("program_id", Integer, nullable=False),
        Column("member_id", UUID, nullable=False),
        Column("type", Text, nullable=False),
        Column("why", Text, nullable=False, comment="approval, back_dated, by_hand, or what a limit or rule calls it"),
        Column("asks_first", Boolean, nullable=False, comment="whether it does nothing before the yes"),
        Column("opened_at", MOMENT, nullable=False),
        Column("until", MOMENT, comment="when what waits is given up; none: never"),
        Index("review_opened_at", "program_id", "opened_at", "activity_id"),
    ),
    spread="distributed",
    retention="until a person has said yes or no",
)

erasure = register(
    Table(
        "erasure",
        metadata,
        Column("program_id", Integer, primary_key=True),
        Column("member_id", UUID, primary_key=True),
        Column("account_id", UUID, nullable=False),
        Column("activity_id", UUID, nullable=False),
        Column("asked_at", MOMENT, nullable=False),
        Column("done_at", MOMENT, comment="when all that identified the person was destroyed; none: not yet"),
        Index("erasure_open", "asked_at", postgresql_where=text("done_at is null")),
    ),
    spread="lookup",
    retention="for ever: whoever restores a backup erases them again",
)

day_row = register(
    Table(
        "day_row",
        metadata,
        Column("account_id", UUID, primary_key=True),
        Column("member_id", UUID, primary_key=True),
        Column("day", Date, primary_key=True),
        Column("program_id", Integer, nullable=False),
        Column("sums", ARRAY(BigInteger), nullable=False, comment="by slot of the release"),
        Column("keys", LargeBinary, nullable=False, comment="what is no sum, in the engine's own bytes"),
        postgresql_with={"fillfactor": 90},
    ),
    spread="distributed",
    retention=AS_THE_ACCOUNT,
    personal=("keys",),
    readable=True,
)

counter = register(
    Table(
        "counter",
        metadata,
        Column("program_id", Integer, primary_key=True),
        Column("metric", Text, primary_key=True),
        Column("owner", Text, primary_key=True),
        Column("bucket", Text, primary_key=True),
        Column("item", Text, primary_key=True),
        Column("value", BigInteger, nullable=False),
        postgresql_with={"fillfactor": 80},
    ),
    spread="lookup",
    retention="until its window has gone by",
)

counter_use = register(
    Table(
        "counter_use",
        metadata,
        Column("account_id", UUID, primary_key=True),
        Column("activity_id", UUID, primary_key=True),
        Column("n", Integer, primary_key=True, autoincrement=False, comment="its number among those of the activity"),
        Column("program_id", Integer, nullable=False),
        Column("metric", Text, nullable=False),
        Column("owner", Text, nullable=False),
        Column("bucket", Text, nullable=False),
        Column("item", Text, nullable=False),
        Column("amount", BigInteger, nullable=False, comment="taken (> 0) or given back (< 0)"),
        Column("hash", LargeBinary, nullable=False, comment="HMAC of the row"),
        CheckConstraint("amount <> 0", name="amount"),
        Index("counter_use_of", "program_id", "metric", "owner", "bucket"),
    ),
    spread="distributed",
    retention="for ever: who took of what is shared",
    app="append",
)

move = register(
    Table(
        "move",
        metadata,
        Column("account_id", UUID, primary_key=True, comment="the account that was left"),
        Column("activity_id", UUID, primary_key=True, comment="the activity by which it was left"),
        Column("program_id", Integer, nullable=False),
        Column("kind", Text, nullable=False),
        Column("member_id", UUID, nullable=False, comment="who moves"),
        Column("to_account_id", UUID, nullable=False),
        Column("to_member_id", UUID, nullable=False, comment="the same member, or the one that takes over"),
        Column("luggage", LargeBinary, nullable=False, comment="what travels, in the engine's own bytes"),
        Column("role", Text, comment="as what they join a household"),
        Column("code", Text, comment="the code that they joined with"),
        Column("left_at", MOMENT, nullable=False),
        Column("arrived_at", MOMENT, comment="when all of it was in its place; none: under way"),
        Column("refusal", Text, comment="why it was sent home, JSON"),
        CheckConstraint("kind in ('merge', 'unmerge', 'join', 'leave', 'send', 'referral')", name="kind"),
        Index("move_under_way", "left_at", postgresql_where=text("arrived_at is null")),
        Index("move_by_member", "program_id", "member_id"),
    ),
    spread="distributed",
    retention=FOR_EVER,
    personal=("luggage",),
)

counter_guard = register(
    Table(
        "counter_guard",
        metadata,
        Column("program_id", Integer, primary_key=True),
        Column("metric", Text, primary_key=True),
        Column("owner", Text, primary_key=True),
        Column("version", BigInteger, nullable=False, comment="moves with every addition to a number that may refuse"),
        postgresql_with={"fillfactor": 50},
    ),
    spread="lookup",
    retention=FOR_EVER,
)

walk = register(
    Table(
        "walk",
        metadata,
        Column("program_id", Integer, primary_key=True),
        Column("purpose", Text, primary_key=True, comment="what is done to each account"),
        Column("release", Integer, primary_key=True, comment="the release that asks for it"),
        Column("piece", Integer, primary_key=True),
        Column("after", UUID, comment="accounts up to this one are done; none: nobody yet"),
        Column("through", UUID, comment="the last account of the piece; none: all that follow"),
        Column("accounts", BigInteger, nullable=False, comment="how many there were when it began"),
        Column("done", BigInteger, nullable=False),
        Column("touched", BigInteger, nullable=False, comment="how many of them had to be changed"),
        Column("finished_at", MOMENT),
    ),
    spread="local",
    retention="until a later release asks anew",
)

run = register(
    Table(
        "run",
        metadata,
        Column("program_id", Integer, primary_key=True),
        Column("rule", Text, primary_key=True),
        Column("run_at", MOMENT, primary_key=True),
        Column("release", Integer, nullable=False, comment="the release that it began under"),
        Column("status", Text, nullable=False),
        Column("members", BigInteger, nullable=False, comment="how many were in the audience when it began"),
        Column("done", BigInteger, nullable=False),
        Column("refused", BigInteger, nullable=False, comment="of those done, how many were refused"),
        Column("started_at", MOMENT, nullable=False),
        Column("finished_at", MOMENT),
        CheckConstraint("status in ('running', 'paused', 'cancelled', 'finished', 'missed')", name="status"),
    ),
    spread="local",
)

run_member = register(
    Table(
        "run_member",
        metadata,
        Column("program_id", Integer, primary_key=True),
        Column("rule", Text, primary_key=True),
        Column("run_at", MOMENT, primary_key=True),
        Column("account_id", UUID, primary_key=True),
        Column("member_id", UUID, primary_key=True),
    ),
    spread="local",
    retention="until the run has come to the member",
)

board_score = register(
    Table(
        "board_score",
        metadata,
        Column("account_id", UUID, primary_key=True),
        Column("program_id", Integer, primary_key=True),
        Column("board", Text, primary_key=True),
        Column("cycle", Integer, primary_key=True, comment="its number; the next one has the next number"),
        Column("member_id", UUID, primary_key=True),
        Column("within", Text, nullable=False, comment="the group that the member is ranked in"),
        Column("score", BigInteger, nullable=False, comment="in the smallest unit of the metric"),
        Column("reached_at", MOMENT, nullable=False),
        Column("shown", Text, comment="what others read, with consent; none: an invented name"),
        Index("board_score_rank", "program_id", "board", "cycle", "within", "score", "reached_at", "member_id"),
        postgresql_with={"fillfactor": 80},
    ),
    spread="distributed",
    retention=AS_THE_ACCOUNT,
    personal=("shown",),
)

draw_play = register(
    Table(
        "draw_play",
        metadata,
        Column("account_id", UUID, primary_key=True),
        Column("activity_id", UUID, primary_key=True),
        Column("draw", Text, primary_key=True),
        Column("n", Integer, primary_key=True, comment="the play's number in its activity, from 0"),
        Column("program_id", Integer, nullable=False),
        Column("member_id", UUID, nullable=False),
        Column("cycle", Integer, nullable=False),
        Column("played_at", MOMENT, nullable=False),
        Column("ticket", Boolean, nullable=False, comment="whether it waits for the end of the cycle"),
        Column("drawn", Text, comment="what the luck said"),
        Column("prize", Text, comment="what was given: nothing where all of it had gone"),
        Index("draw_play_cycle", "program_id", "draw", "cycle", "activity_id", "n"),
    ),
    spread="distributed",
    retention=FOR_EVER,
    app="append",
)

board_entry = register(
    Table(
        "board_entry",
        metadata,
        Column("account_id", UUID, primary_key=True),
        Column("entry_id", UUID, primary_key=True, comment="the activity that handed it in"),
        Column("program_id", Integer, nullable=False),
        Column("board", Text, nullable=False),
        Column("cycle", Integer, nullable=False),
        Column("member_id", UUID, nullable=False),
        Column("state", Text, nullable=False),
        Column("proof", Text),
        Column("reason", Text),
        Column("changed_at", MOMENT, nullable=False),
        CheckConstraint("state in ('pending', 'accepted', 'rejected', 'withdrawn')", name="state"),
        Index("board_entry_cycle", "program_id", "board", "cycle", "state", "entry_id"),
    ),
    spread="distributed",
    retention=AS_THE_ACCOUNT,
    personal=("proof", "reason"),
)

board_vote = register(
    Table(
        "board_vote",
        metadata,
        Column("account_id", UUID, primary_key=True, comment="whoever votes; for the jury, whoever entered"),
        Column("entry_id", UUID, primary_key=True),
        Column("judge", Text, primary_key=True, comment="one of the jury; empty for a member's vote"),
        Column("program_id", Integer, nullable=False),
        Column("board", Text, nullable=False),
        Column("cycle", Integer, nullable=False),
        Column("points", BigInteger, nullable=False),
        Column("voted_at", MOMENT, nullable=False),
        Index("board_vote_entry", "program_id", "board", "cycle", "entry_id"),
    ),
    spread="distributed",
    retention=AS_THE_ACCOUNT,
)

game_cycle = register(
    Table(
        "game_cycle",
        metadata,
        Column("program_id", Integer, primary_key=True),
        Column("game", Text, primary_key=True, comment="boards.<name> or draws.<name>"),
        Column("cycle", Integer, primary_key=True),
        Column("closed_at", MOMENT, nullable=False, comment="when its winners were written down"),
        Column("paid_at", MOMENT, comment="when the last of them had the prize"),
    ),
    spread="local",
)

game_winner = register(
    Table(
        "game_winner",
        metadata,
        Column("program_id", Integer, primary_key=True),
        Column("game", Text, primary_key=True),
        Column("cycle", Integer, primary_key=True),
        Column("place", Integer, primary_key=True, comment="counts all winners of a cycle from 1"),
        Column("account_id", UUID, nullable=False),
        Column("member_id", UUID, nullable=False),
        Column("facts", LargeBinary, nullable=False, comment="rank, score and so on, as the activity says, JSON"),
        Column("paid_at", MOMENT),
        Column("refused", Text, comment="why the prize could not be given"),
    ),
    spread="local",
)

reward_order = register(
    Table(
        "reward_order",
        metadata,
        Column("account_id", UUID, primary_key=True),
        Column("order_id", UUID, primary_key=True, comment="made from the activity that placed it"),
        Column("program_id", Integer, nullable=False),
        Column("member_id", UUID, nullable=False),
        Column("reward", Text, nullable=False),
        Column("state", Text, nullable=False),
        Column("step", Integer, nullable=False, comment="where it waits, from 1; 0 nowhere"),
        Column("does", Text, nullable=False, comment="what it waits for: webhook, parcel, handover, service, pick"),
        Column("target", Text, nullable=False),
        Column("stage", Text, nullable=False),
        Column("service", Text, nullable=False, comment="a service that runs because of it"),
        Column("placed_at", MOMENT, nullable=False),
        Column("changed_at", MOMENT, nullable=False),
        Column("due_at", MOMENT, comment="when its time is over"),
        Column("next_at", MOMENT, comment="when the worker has to look at it"),
        Column("ends_at", MOMENT, comment="when its service ends"),
        Column("tries", Integer, nullable=False, server_default=text("0"), comment="of this step, by the worker"),
        Column("fault", Text, comment="what the last try met"),
        Column("form", JSONB, comment="what was filled in"),
        Column("detail", JSONB, nullable=False, comment="price, variant, codes, tracking"),
        CheckConstraint("state in ('open', 'fulfilled', 'failed', 'cancelled', 'expired')", name="state"),
        Index("reward_order_next", "next_at", postgresql_where=text("state = 'open' and next_at is not null")),
        Index("reward_order_id", "program_id", "order_id"),
        Index("reward_order_queue", "program_id", "state", "order_id"),
        Index("reward_order_member", "program_id", "member_id", "order_id"),
    ),
    spread="distributed",
    retention=AS_THE_ACCOUNT,
    personal=("form", "detail", "fault"),
)
