"""Step three of a batch: one statement that writes everything of every account whose version is still the expected one.

`ok` is the set of accounts that may be written: new ones whose row could be made, and known ones that could be locked
at the expected version.
Every other part joins it, so an account that moved, or that another batch holds, writes nothing at all and is decided
again.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from regulars.activities import game_rows, number_rows, order_rows, record_rows, review_rows
from regulars.activities.statement import Part, Terms
from regulars.kit import arrays
from regulars.ledger import service as ledger
from regulars.ledger.contracts import Posting
from regulars.members import service as members

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Sequence

    from asyncpg import Connection

    from regulars.activities.outcomes import Outcome
    from regulars.engine.contracts.games import GameRow
    from regulars.engine.contracts.points import Movement

_OWN: Final = (
    ("account_id", "uuid"),
    ("program_id", "int"),
    ("expected", "bigint"),
    ("version", "bigint"),
    ("clock", "timestamptz"),
    ("metric_day", "date"),
    ("state", "bytea"),
    ("writes", "bool"),
)


def _own_sql(first: int) -> tuple[str, int]:
    return (
        f"""input as materialized (
    select * from {arrays.source(_OWN, first)}
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
        len(_OWN),
    )


def _own_arguments(outcomes: Sequence[Outcome]) -> list[Any]:
    rows = [
        (
            one.account_id,
            one.program_id,
            one.expected,
            one.expected + len(one.rows),
            one.clock,
            one.metric_day,
            one.state,
            bool(one.rows),
        )
        for one in outcomes
    ]
    return arrays.of(rows, len(_OWN))


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


def _moves(movement: Movement) -> bool:
    return bool(movement.entries or movement.lots or movement.holds or movement.balances)


def _postings(outcomes: Sequence[Outcome], terms: Terms) -> list[Posting]:
    return [
        Posting(
            account_id=one.account_id,
            program_id=one.program_id,
            hashes=one.hashes,
            movements=tuple((row.activity_id, row.movement) for row in one.rows if _moves(row.movement)),
            posted_at=terms.posted(one),
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

_PARTS: Final = (
    record_rows.ACTIVITIES,
    record_rows.ANSWERS,
    record_rows.DEPARTURES,
    _ledger,
    _ledger_rest,
    number_rows.DAYS,
    number_rows.DUE,
    number_rows.COUNTERS,
    number_rows.USES,
    record_rows.EVENTS,
    _enrolments,
    _facts,
    _tiers,
    _consents,
    _scores,
    _plays,
    _contests,
    _orders,
    _reviews,
    record_rows.ERASURES,
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
    arguments = _own_arguments(outcomes)
    for part, wanted in zip(_PARTS, needed, strict=True):
        if wanted:
            arguments += part.arguments(outcomes, terms)
    rows = await connection.fetch(_statement(needed), *arguments)
    return {row["account_id"] for row in rows}
