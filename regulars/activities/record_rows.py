"""What happened in a batch, for the statement that writes it: activities, answers, who left, what is told, who is to be
forgotten."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from regulars.activities import sealing, statement
from regulars.kit import ids, outbox

if TYPE_CHECKING:
    from collections.abc import Sequence

    from regulars.activities.outcomes import Outcome, Row
    from regulars.activities.statement import Terms

_ACTIVITY: Final = (
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
)
_ANSWER: Final = (
    ("account_id", "uuid"),
    ("activity_id", "uuid"),
    ("program_id", "int"),
    ("status", "smallint"),
    ("body", "bytea"),
)
_MOVE: Final = (
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
)
_ERASURE: Final = (
    ("program_id", "int"),
    ("member_id", "uuid"),
    ("account_id", "uuid"),
    ("activity_id", "uuid"),
    ("asked_at", "timestamptz"),
)


def _activities(outcomes: Sequence[Outcome], terms: Terms) -> list[tuple[Any, ...]]:
    return [
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
    ]


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


def _answers(outcomes: Sequence[Outcome], _: Terms) -> list[tuple[Any, ...]]:
    return [
        (one.account_id, answer.activity_id, one.program_id, answer.status, answer.body)
        for one in outcomes
        for answer in one.answers
    ]


def _departures(outcomes: Sequence[Outcome], terms: Terms) -> list[tuple[Any, ...]]:
    return [
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
            terms.posted(one),
        )
        for one in outcomes
        for row in one.rows
        if row.departure is not None
    ]


def _events(outcomes: Sequence[Outcome], _: Terms) -> list[tuple[Any, ...]]:
    return outbox.rows(_told(one, row) for one in outcomes for row in one.rows if row.events)


def _told(one: Outcome, row: Row) -> outbox.EventRow:
    who = {"activity": ids.to_wire("act", row.activity_id), "member": ids.to_wire("mem", row.member_id)}
    return outbox.EventRow(
        account_id=one.account_id,
        id=row.activity_id,
        program_id=one.program_id,
        occurred_at=row.occurred_at,
        events=[{"type": event.type, **who, **event.data} for event in row.events],
    )


def _erasures(outcomes: Sequence[Outcome], terms: Terms) -> list[tuple[Any, ...]]:
    return [
        (one.program_id, row.member_id, one.account_id, row.activity_id, terms.posted_at)
        for one in outcomes
        for row in one.rows
        if row.erases
    ]


ACTIVITIES: Final = statement.insert("happened", "activity", _ACTIVITY, _activities, lambda _: True)
ANSWERS: Final = statement.insert(
    "answered", "answer", _ANSWER, _answers, lambda one: bool(one.answers), tail="on conflict do nothing"
)
DEPARTURES: Final = statement.insert(
    "left_for", "move", _MOVE, _departures, lambda one: any(row.departure is not None for row in one.rows)
)
EVENTS: Final = statement.insert(
    "told", "event", outbox.COLUMNS, _events, lambda one: any(row.events for row in one.rows)
)
ERASURES: Final = statement.insert(
    "forgotten",
    "erasure",
    _ERASURE,
    _erasures,
    lambda one: any(row.erases for row in one.rows),
    tail="order by program_id, member_id on conflict do nothing",
)
