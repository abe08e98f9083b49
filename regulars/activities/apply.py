"""Step three of a batch: one statement that writes everything of every account whose version is still the expected one.

`ok` is the set of accounts that may be written: new ones whose row could be made, and known ones that could be locked
at the expected version.
Every other part joins it, so an account that moved, or that another batch holds, writes nothing at all and is decided
again.
"""

from __future__ import annotations

import os
from functools import cache
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

import msgspec

from regulars.activities import game_rows, order_rows, review_rows, sealing, use_rows
from regulars.activities.vouchers import Used, Written
from regulars.engine.contracts.known import CounterKey, CounterValue, DayRow, Ration
from regulars.kit import ids, outbox
from regulars.ledger import service as ledger
from regulars.ledger.contracts import Posting
from regulars.members import service as members
from regulars.members.contracts import Enrolled

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Sequence

    from asyncpg import Connection

    from regulars.engine.contracts.decision import (
        AttributeChange,
        CaseRow,
        ConsentChange,
        EventDraft,
        SegmentMove,
        TierMove,
    )
    from regulars.engine.contracts.games import GameRow
    from regulars.engine.contracts.households import Departure
    from regulars.engine.contracts.orders import OrderRow
    from regulars.engine.contracts.points import Movement


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One activity as it will stand in the table."""

    activity_id: UUID
    member_id: UUID
    type: str
    release: int
    version: int
    occurred_at: dt.datetime
    received_at: dt.datetime
    reverses: UUID | None
    body: bytes
    decision: bytes
    movement: Movement
    events: tuple[EventDraft, ...]
    games: tuple[GameRow, ...] = ()
    orders: tuple[OrderRow, ...] = ()
    consents: tuple[ConsentChange, ...] = ()
    case: CaseRow | None = None
    erases: bool = False
    departure: Departure | None = None
    uses: tuple[CounterValue, ...] = ()
    """What it took of what is shared and runs out."""


class Answered(msgspec.Struct, frozen=True, kw_only=True):
    """One stored answer."""

    activity_id: UUID
    status: int
    body: bytes


Guard = tuple[int, str, str]
"""Program, metric and owner (`till:17`) of a number that may refuse or cut."""


class Watched(msgspec.Struct, frozen=True, kw_only=True):
    """What one account's decisions have to do with guards: `read` with the version they saw, and those `added` to."""

    read: dict[Guard, int] = {}
    added: frozenset[Guard] = frozenset()


class Shares(msgspec.Struct, frozen=True, kw_only=True):
    """What one account's decisions, in their order, took of what is shared, and what they only asked for."""

    taken: tuple[Ration, ...] = ()
    asked: frozenset[CounterKey] = frozenset()


NOTHING: Final = Shares()
"""Of somebody who asked for nothing that is shared."""


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that one batch does to one account: at least one answer or one row.

    `expected` is the version that was read, 0 for an account that has no row; with `rows` empty (all refused) nothing
    but answers is written.
    """

    account_id: UUID
    program_id: int
    expected: int
    clock: dt.datetime | None
    metric_day: dt.date | None
    state: bytes
    review_at: dt.datetime | None
    review_moved: bool
    rows: tuple[Row, ...]
    answers: tuple[Answered, ...]
    days: tuple[DayRow, ...]
    counters: tuple[CounterValue, ...]
    segments: tuple[SegmentMove, ...]
    attributes: tuple[AttributeChange, ...]
    hashes: dict[str, bytes]
    enrolled: tuple[Enrolled, ...]
    tiers: tuple[TierMove, ...] = ()
    watched: Watched = Watched()
    shares: Shares = NOTHING
    used: tuple[Used, ...] = ()
    """Codes of vouchers that it was decided on."""
    codes: tuple[Written, ...] = ()
    """What becomes of codes."""


class Terms(msgspec.Struct, frozen=True):
    """What holds for a whole batch: the moment it is posted at, and the key of the ledger's hash chain."""

    posted_at: dt.datetime
    ledger_key: bytes


class Part(msgspec.Struct, frozen=True):
    """Some CTEs of the statement and the arguments that go with them, numbered from wherever the part before ended."""

    sql: Callable[[int], tuple[str, int]]
    arguments: Callable[[Sequence[Outcome], Terms], list[Any]]
    needed: Callable[[Outcome], bool]


def _own_sql(first: int) -> tuple[str, int]:
    p = [f"${first + offset}" for offset in range(8)]
    return (
        f"""input as materialized (
    select * from unnest({p[0]}::uuid[], {p[1]}::int[], {p[2]}::bigint[], {p[3]}::bigint[], {p[4]}::timestamptz[],
        {p[5]}::date[], {p[6]}::bytea[], {p[7]}::bool[])
        as t (account_id, program_id, expected, version, clock, metric_day, state, writes)
), fresh as (
    insert into regulars.account (account_id, program_id, version, clock, metric_day, state)
    select account_id, program_id, version, clock, metric_day, state from input
    where expected = 0 and writes order by account_id on conflict do nothing returning account_id
), old as materialized (
    select a.account_id from regulars.account a join input i on i.account_id = a.account_id and i.expected = a.version
    order by a.account_id for no key update of a skip locked
), moved as (
    update regulars.account a set version = i.version, clock = i.clock, metric_day = i.metric_day, state = i.state
    from input i join old using (account_id) where a.account_id = i.account_id and i.writes
), ok as materialized (
    select account_id from fresh union all select account_id from old
    union all select account_id from input where expected = 0 and not writes
)""",
        8,
    )


def _own_arguments(outcomes: Sequence[Outcome], _: Terms) -> list[Any]:
    return [
        [one.account_id for one in outcomes],
        [one.program_id for one in outcomes],
        [one.expected for one in outcomes],
        [one.expected + len(one.rows) for one in outcomes],
        [one.clock for one in outcomes],
        [one.metric_day for one in outcomes],
        [one.state for one in outcomes],
        [bool(one.rows) for one in outcomes],
    ]


def _table(
    name: str, table: str, columns: Sequence[tuple[str, str]], tail: str = ""
) -> Callable[[int], tuple[str, int]]:
    """A CTE that inserts arrays into a table, an array a column, for the accounts in `ok`; the first column is
    account_id."""

    def sql(first: int) -> tuple[str, int]:
        names = ", ".join(column for column, _ in columns)
        arrays = ", ".join(f"${first + offset}::{kind}[]" for offset, (_, kind) in enumerate(columns))
        text = (
            f"{name} as (insert into regulars.{table} as x ({names}) select {names} "
            f"from unnest({arrays}) as t ({names}) join ok using (account_id) {tail})"
        )
        return text, len(columns)

    return sql


def _transposed(width: int, rows: list[tuple[Any, ...]]) -> list[Any]:
    return [list(column) for column in zip(*rows, strict=True)] if rows else [[] for _ in range(width)]


_activities = Part(
    _table(
        "happened",
        "activity",
        [
            ("account_id", "uuid"),
            ("activity_id", "uuid"),
            ("program_id", "int"),
            ("member_id", "uuid"),
            ("type", "text"),
            ("release", "int"),
            ("version", "bigint"),
            ("occurred_at", "timestamptz"),
            ("received_at", "timestamptz"),
            ("reverses", "uuid"),
            ("body", "bytea"),
            ("decision", "bytea"),
            ("shares", "smallint"),
            ("seal", "bytea"),
        ],
    ),
    lambda outcomes, terms: _transposed(
        14,
        [
            (
                one.account_id,
                row.activity_id,
                one.program_id,
                row.member_id,
                row.type,
                row.release,
                row.version,
                row.occurred_at,
                row.received_at,
                row.reverses,
                row.body,
                row.decision,
                len(row.uses),
                _seal(one, row, terms),
            )
            for one in outcomes
            for row in one.rows
        ],
    ),
    lambda _: True,
)


def _seal(one: Outcome, row: Row, terms: Terms) -> bytes:
    covered = sealing.digest(
        account_id=one.account_id,
        activity_id=row.activity_id,
        program_id=one.program_id,
        member_id=row.member_id,
        type=row.type,
        release=row.release,
        version=row.version,
        occurred_at=row.occurred_at,
        received_at=row.received_at,
        reverses=row.reverses,
        shares=len(row.uses),
        decision=row.decision,
    )
    return sealing.seal(terms.ledger_key, covered, row.body)


_answers = Part(
    _table(
        "answered",
        "answer",
        [
            ("account_id", "uuid"),
            ("activity_id", "uuid"),
            ("program_id", "int"),
            ("status", "smallint"),
            ("body", "bytea"),
        ],
        "on conflict do nothing",
    ),
    lambda outcomes, _: _transposed(
        5,
        [
            (one.account_id, answer.activity_id, one.program_id, answer.status, answer.body)
            for one in outcomes
            for answer in one.answers
        ],
    ),
    lambda one: bool(one.answers),
)


_departures = Part(
    _table(
        "left_for",
        "move",
        [
            ("account_id", "uuid"),
            ("activity_id", "uuid"),
            ("program_id", "int"),
            ("kind", "text"),
            ("member_id", "uuid"),
            ("to_account_id", "uuid"),
            ("to_member_id", "uuid"),
            ("luggage", "bytea"),
            ("role", "text"),
            ("code", "text"),
            ("left_at", "timestamptz"),
        ],
    ),
    lambda outcomes, terms: _transposed(
        11,
        [
            (
                one.account_id,
                row.activity_id,
                one.program_id,
                row.departure.kind,
                row.departure.member_id,
                row.departure.account_id,
                row.departure.to_id,
                row.departure.luggage,
                row.departure.role,
                row.departure.code,
                terms.posted_at if one.clock is None else max(terms.posted_at, one.clock),
            )
            for one in outcomes
            for row in one.rows
            if row.departure is not None
        ],
    ),
    lambda one: any(row.departure is not None for row in one.rows),
)


def _has(kind: Callable[[GameRow], bool]) -> Callable[[Outcome], bool]:
    return lambda one: any(kind(game) for row in one.rows for game in row.games)


_scores = Part(game_rows.scores_sql, lambda outcomes, _: game_rows.scores(_games(outcomes)), _has(game_rows.is_score))
_plays = Part(game_rows.plays_sql, lambda outcomes, _: game_rows.plays(_games(outcomes)), _has(game_rows.is_play))
_contests = Part(
    game_rows.contests_sql, lambda outcomes, _: game_rows.contests(_games(outcomes)), _has(game_rows.is_contest)
)


def _games(outcomes: Sequence[Outcome]) -> list[game_rows.Written]:
    return [
        (one.account_id, one.program_id, row.activity_id, row.occurred_at, game)
        for one in outcomes
        for row in one.rows
        for game in row.games
    ]


_orders = Part(
    order_rows.sql,
    lambda outcomes, _: order_rows.arguments(
        [(one.account_id, one.program_id, order) for one in outcomes for row in one.rows for order in row.orders]
    ),
    lambda one: any(row.orders for row in one.rows),
)


_reviews = Part(
    review_rows.sql,
    lambda outcomes, _: review_rows.arguments(
        [
            (one.account_id, one.program_id, row.member_id, row.type, row.received_at, row.case)
            for one in outcomes
            for row in one.rows
            if row.case is not None
        ]
    ),
    lambda one: any(row.case is not None for row in one.rows),
)


def _erasures_sql(first: int) -> tuple[str, int]:
    arrays = ", ".join(f"${first + offset}::{kind}[]" for offset, kind in enumerate(("int", "uuid", "uuid", "uuid")))
    names = "program_id, member_id, account_id, activity_id"
    return (
        f"""forgotten as (
    insert into regulars.erasure ({names}, asked_at)
    select {names}, ${first + 4} from unnest({arrays}) as t ({names}) join ok using (account_id)
    order by program_id, member_id on conflict do nothing
)""",
        5,
    )


_erasures = Part(
    _erasures_sql,
    lambda outcomes, terms: [
        *(
            list(column)
            for column in zip(
                *(
                    (one.program_id, row.member_id, one.account_id, row.activity_id)
                    for one in outcomes
                    for row in one.rows
                    if row.erases
                ),
                strict=True,
            )
        ),
        terms.posted_at,
    ],
    lambda one: any(row.erases for row in one.rows),
)


def _days_sql(first: int) -> tuple[str, int]:
    # An array of arrays would be flattened by unnest, so the sums travel as text.
    a, m, d, p, s, k = (f"${first + offset}" for offset in range(6))
    return (
        f"""counted as (
    insert into regulars.day_row as x (account_id, member_id, day, program_id, sums, keys)
    select account_id, member_id, day, program_id, string_to_array(sums, ',')::bigint[], keys
    from unnest({a}::uuid[], {m}::uuid[], {d}::date[], {p}::int[], {s}::text[], {k}::bytea[])
        as t (account_id, member_id, day, program_id, sums, keys) join ok using (account_id)
    on conflict (account_id, member_id, day) do update set sums = excluded.sums, keys = excluded.keys
)""",
        6,
    )


_days = Part(
    _days_sql,
    lambda outcomes, _: _transposed(
        6,
        [
            (one.account_id, day.member_id, day.day, one.program_id, ",".join(map(str, day.sums)), day.keys)
            for one in outcomes
            for day in one.days
        ],
    ),
    lambda one: bool(one.days),
)


def _due_sql(first: int) -> tuple[str, int]:
    a, p, r = (f"${first + offset}" for offset in range(3))
    return (
        f"""plan as materialized (
    select account_id, program_id, review_at
    from unnest({a}::uuid[], {p}::int[], {r}::timestamptz[]) as t (account_id, program_id, review_at)
    join ok using (account_id)
), planned as (
    insert into regulars.due as x (account_id, program_id, review_at)
    select account_id, program_id, review_at from plan where review_at is not null order by account_id
    on conflict (account_id) do update set review_at = excluded.review_at
), unplanned as (
    delete from regulars.due x using plan where x.account_id = plan.account_id and plan.review_at is null
)""",
        3,
    )


_due = Part(
    _due_sql,
    lambda outcomes, _: _transposed(
        3, [(one.account_id, one.program_id, one.review_at) for one in outcomes if one.review_moved]
    ),
    lambda one: one.review_moved,
)


def _counters_sql(first: int) -> tuple[str, int]:
    a, p, m, o, b, i, v = (f"${first + offset}" for offset in range(7))
    # Several accounts of a batch add to one row; it is summed first, since one statement may touch a row only once. A
    # distinct item counts uses.
    return (
        f"""tallied as (
    insert into regulars.counter as x (program_id, metric, owner, bucket, item, value)
    select program_id, metric, owner, bucket, item, sum(value)
    from unnest({a}::uuid[], {p}::int[], {m}::text[], {o}::text[], {b}::text[], {i}::text[], {v}::bigint[])
        as t (account_id, program_id, metric, owner, bucket, item, value) join ok using (account_id)
    group by program_id, metric, owner, bucket, item order by program_id, metric, owner, bucket, item
    on conflict (program_id, metric, owner, bucket, item) do update set value = x.value + excluded.value
)""",
        7,
    )


SLICES: Final = 8
"""How many rows a number of the whole program has: every batch of every process adds to it."""
_WHOLE: Final = "program"


def slice_of(owner: str) -> str:
    """The row that this process adds to: its own slice of what everybody adds to, else the owner's only one."""
    return f"{_WHOLE}/{os.getpid() % SLICES}" if owner == _WHOLE else owner


def slices_of(owner: str) -> list[str]:
    """All rows that make up an owner's number."""
    return [f"{_WHOLE}/{number}" for number in range(SLICES)] if owner == _WHOLE else [owner]


def owner_of(row: str) -> str:
    """Whose row it is."""
    return _WHOLE if row.startswith(f"{_WHOLE}/") else row


_counters = Part(
    _counters_sql,
    lambda outcomes, _: _transposed(
        7,
        [
            (
                one.account_id,
                one.program_id,
                add.key.metric,
                slice_of(add.key.owner),
                add.key.bucket,
                add.item,
                add.value,
            )
            for one in outcomes
            for add in one.counters
        ],
    ),
    lambda one: bool(one.counters),
)


_uses = Part(
    use_rows.sql,
    lambda outcomes, terms: use_rows.arguments(
        [
            (one.account_id, one.program_id, row.activity_id, row.uses)
            for one in outcomes
            for row in one.rows
            if row.uses
        ],
        key=terms.ledger_key,
    ),
    lambda one: any(row.uses for row in one.rows),
)


def _events_sql(first: int) -> tuple[str, int]:
    a, i, p, o, t, b = (f"${first + offset}" for offset in range(6))
    return (
        f"""told as (
    insert into regulars.event ({outbox.COLUMNS}) select {outbox.COLUMNS}
    from unnest({a}::uuid[], {i}::uuid[], {p}::int[], {o}::timestamptz[], {t}::text[], {b}::bytea[])
        as t ({outbox.COLUMNS}) join ok using (account_id)
)""",
        6,
    )


def _told(one: Outcome, row: Row) -> outbox.EventRow:
    who = {"activity": ids.to_wire("act", row.activity_id), "member": ids.to_wire("mem", row.member_id)}
    return outbox.EventRow(
        account_id=one.account_id,
        id=row.activity_id,
        program_id=one.program_id,
        occurred_at=row.occurred_at,
        events=[{"type": event.type, **who, **event.data} for event in row.events],
    )


_events = Part(
    _events_sql,
    lambda outcomes, _: list(outbox.arrays([_told(one, row) for one in outcomes for row in one.rows if row.events])),
    lambda one: any(row.events for row in one.rows),
)


def _moves(movement: Movement) -> bool:
    return bool(movement.entries or movement.lots or movement.holds or movement.balances)


def _postings(outcomes: Sequence[Outcome], terms: Terms) -> list[Posting]:
    return [
        Posting(
            account_id=one.account_id,
            program_id=one.program_id,
            hashes=one.hashes,
            movements=tuple((row.activity_id, row.movement) for row in one.rows if _moves(row.movement)),
            # Time goes forward in the books of an account, also where two processes' clocks differ.
            posted_at=terms.posted_at if one.clock is None else max(terms.posted_at, one.clock),
        )
        for one in outcomes
    ]


# Two parts: most batches are plain earnings, and planning what they leave out costs most of a millisecond.
_ledger = Part(
    ledger.apply_core_sql,
    lambda outcomes, terms: ledger.apply_core_arguments(_postings(outcomes, terms), key=terms.ledger_key),
    lambda one: any(_moves(row.movement) for row in one.rows),
)

_ledger_rest = Part(
    ledger.apply_rest_sql,
    lambda outcomes, terms: ledger.apply_rest_arguments(_postings(outcomes, terms), key=terms.ledger_key),
    lambda one: any(ledger.needs_rest(row.movement) for row in one.rows),
)

_enrolments = Part(
    members.enrol_sql,
    lambda outcomes, _: members.enrol_arguments([new for one in outcomes for new in one.enrolled]),
    lambda one: bool(one.enrolled),
)

_facts = Part(
    members.facts_sql,
    lambda outcomes, _: members.facts_arguments(
        [(one.account_id, one.program_id, one.segments, one.attributes) for one in outcomes]
    ),
    lambda one: bool(one.segments or one.attributes),
)

_tiers = Part(
    members.tiers_sql,
    lambda outcomes, _: members.tiers_arguments([(one.account_id, one.program_id, one.tiers) for one in outcomes]),
    lambda one: bool(one.tiers),
)

_consents = Part(
    members.consents_sql,
    lambda outcomes, _: members.consents_arguments(
        [
            (one.account_id, row.activity_id, one.program_id, row.occurred_at, row.consents)
            for one in outcomes
            for row in one.rows
        ]
    ),
    lambda one: any(row.consents for row in one.rows),
)

_PARTS = (
    _activities,
    _answers,
    _departures,
    _ledger,
    _ledger_rest,
    _days,
    _due,
    _counters,
    _uses,
    _events,
    _enrolments,
    _facts,
    _tiers,
    _consents,
    _scores,
    _plays,
    _contests,
    _orders,
    _reviews,
    _erasures,
)


@cache
def _statement(needed: tuple[bool, ...]) -> str:
    """The whole statement for the parts that a batch needs; there are few combinations, and each is planned for its
    own sizes."""
    text, count = _own_sql(1)
    pieces = [text]
    for part, wanted in zip(_PARTS, needed, strict=True):
        if wanted:
            text, arguments = part.sql(count + 1)
            pieces.append(text)
            count += arguments
    return "with " + ",\n".join(pieces) + "\nselect account_id from ok"


async def apply(
    connection: Connection, outcomes: Sequence[Outcome], *, posted_at: dt.datetime, ledger_key: bytes
) -> set[UUID]:
    """Write a batch inside the caller's transaction; gives the accounts that were written. The others moved: decide
    them again."""
    needed = tuple(any(part.needed(one) for one in outcomes) for part in _PARTS)
    terms = Terms(posted_at, ledger_key)
    arguments = _own_arguments(outcomes, terms)
    for part, wanted in zip(_PARTS, needed, strict=True):
        if wanted:
            arguments += part.arguments(outcomes, terms)
    rows = await connection.fetch(_statement(needed), *arguments)
    return {row["account_id"] for row in rows}
