"""What the world hears: events, written in the transaction of what happened, numbered by a relay, read in that order.

One row an activity holds the list of its events. Ids are given out in one order and committed in another, so nobody
reads by `id > last` (that missed 23 % in a trial). The relay takes rows of transactions below the oldest one still
running, in the order of their transaction ids, and gives each a `position` in `event_feed`: one narrow row for the
program's whole feed (type '') and one for each type in it. The event rows themselves never change.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec

from regulars.kit import arrays
from regulars.kit.database import Transaction

NO_ACCOUNT: Final = UUID(int=0)
CHANNEL: Final = "regulars_event"
# Longer than any type of ours; a longer one could not be told from a mistake.
TYPE_MAX: Final = 80


class Event(msgspec.Struct, frozen=True, kw_only=True, tag_field="type"):
    """What a room's events derive from: `class CardReplaced(Event, frozen=True, tag="members.card_replaced")`.

    Fields are ids and facts, never personal data: feeds are copied to places where nobody can erase.
    """


class EventRow(msgspec.Struct, frozen=True, kw_only=True):
    """All events of one activity. `id` is the activity's or another fresh version 7 uuid."""

    account_id: UUID
    id: UUID
    program_id: int
    occurred_at: datetime
    events: Sequence[Event | dict[str, Any]]


class FeedEvent(msgspec.Struct, frozen=True, kw_only=True):
    """One event as listeners get it. Its id on the wire is `evt_<event_id>.<n>`; (position, n) orders the feed."""

    position: int
    n: int
    event_id: UUID
    account_id: UUID
    occurred_at: datetime
    type: str
    data: dict[str, Any]


class FeedPage(msgspec.Struct, frozen=True, kw_only=True):
    """Some events in order. `more` says that others follow; `last` is where to go on, also when there are none yet."""

    events: Sequence[FeedEvent]
    last: tuple[int, int]
    more: bool


COLUMNS: Final = (
    ("account_id", "uuid"),
    ("id", "uuid"),
    ("program_id", "int"),
    ("occurred_at", "timestamptz"),
    ("types", "text"),
    ("body", "bytea"),
)
_INSERT: Final = f"INSERT INTO event ({arrays.names(COLUMNS)}) VALUES ($1, $2, $3, $4, $5, $6)"


def rows(events: Iterable[EventRow]) -> list[tuple[Any, ...]]:
    """The rows with `COLUMNS`. Raises ValueError for a type without a name or with a comma."""
    return [(one.account_id, one.id, one.program_id, one.occurred_at, *_encode(one.events)) for one in events]


async def record(
    tx: Transaction,
    *events: Event | dict[str, Any],
    program_id: int,
    event_id: UUID,
    occurred_at: datetime,
    account_id: UUID = NO_ACCOUNT,
) -> None:
    """Write the events of one act in the caller's transaction; nothing is heard unless it commits.

    `event_id` is a fresh id. Raises ValueError for a type that no event may have.
    """
    row = EventRow(
        account_id=account_id, id=event_id, program_id=program_id, occurred_at=occurred_at, events=list(events)
    )
    [values] = rows([row])
    await tx.execute(_INSERT, *values)


async def page(
    tx: Transaction,
    *,
    program_id: int,
    after: tuple[int, int] = (0, 0),
    types: Sequence[str] = (),
    limit: int = 50,
) -> FeedPage:
    """Events of a program after (position, n), oldest first, of the given types or of all.

    A position that was ever returned never gets an event before it, so `last` can be kept and asked again later.
    """
    position, n = after
    # `n` may stop inside of a row, so the row of `position` itself is read again, and one more to know what follows.
    feed = await tx.fetch(_PAGE, program_id, list(types) or [""], position - 1, limit + 2)
    found = [
        each for row in feed for each in _decode(row) if (each.position, each.n) > (position, n) and _is_of(each, types)
    ]
    shown = found[:limit]
    last = (shown[-1].position, shown[-1].n) if shown else after
    return FeedPage(events=shown, last=last, more=len(found) > limit)


async def last_position(tx: Transaction, *, program_id: int) -> int:
    """The position of the newest numbered event row of a program; 0 where there is none."""
    found: int | None = await tx.fetchval(
        "SELECT max(position) FROM event_feed WHERE program_id = $1 AND type = ''", program_id
    )
    return found or 0


async def relay(tx: Transaction, *, limit: int = 2000) -> int:
    """Number the events of finished transactions, in order; how many rows it numbered.

    `tx` is a transaction of `Database(role="relay")`. Of several relays one works and the others find nothing to do.
    """
    numbered: int = await tx.fetchval(_RELAY, limit)
    if numbered:
        # Heard when this commits; whoever missed it asks from time to time.
        await tx.execute("SELECT pg_notify($1, '')", CHANNEL)
    return numbered


# One statement, one snapshot: what is below its oldest running transaction can no longer grow. Ties within one
# transaction go by id. A relay that finds the row locked by another sees no state and does nothing.
_RELAY: Final = """
    WITH state AS MATERIALIZED (
        SELECT position, xid, event_id FROM event_relay WHERE id = 1 FOR UPDATE SKIP LOCKED
    ), taken AS MATERIALIZED (
        SELECT e.xid, e.id, e.program_id, e.account_id, e.types
        FROM event e
        WHERE (e.xid, e.id) > ((SELECT xid FROM state), (SELECT event_id FROM state))
          AND e.xid < pg_snapshot_xmin(pg_current_snapshot())
        ORDER BY e.xid, e.id
        LIMIT $1
    ), numbered AS MATERIALIZED (
        SELECT t.*, (SELECT position FROM state) + row_number() OVER (ORDER BY t.xid, t.id) AS position FROM taken t
    ), fed AS (
        INSERT INTO event_feed (program_id, type, position, account_id, event_id)
        SELECT n.program_id, u.type, n.position, n.account_id, n.id
        FROM numbered n CROSS JOIN LATERAL unnest(array_prepend('', string_to_array(n.types, ','))) AS u (type)
    ), moved AS (
        UPDATE event_relay r SET position = l.position, xid = l.xid, event_id = l.id
        FROM (SELECT position, xid, id FROM numbered ORDER BY position DESC LIMIT 1) l
        WHERE r.id = 1
    )
    SELECT count(*)::int FROM numbered
"""

LEAP: Final = "UPDATE regulars.event_relay SET position = position + 1000000000 WHERE id = 1"
"""What the relay runs once after a restore: more than was ever handed out between a backup and what came after it."""

_PAGE: Final = """
    SELECT f.position, e.id, e.account_id, e.occurred_at, e.body
    FROM (
        SELECT DISTINCT fed.position, fed.account_id, fed.event_id
        FROM unnest($2::text[]) AS wanted (type)
        CROSS JOIN LATERAL (
            SELECT position, account_id, event_id FROM event_feed
            WHERE program_id = $1 AND type = wanted.type AND position > $3
            ORDER BY position LIMIT $4
        ) fed
        ORDER BY fed.position LIMIT $4
    ) f
    JOIN event e ON e.account_id = f.account_id AND e.id = f.event_id
    WHERE e.program_id = $1
    ORDER BY f.position
"""


def _encode(events: Sequence[Event | dict[str, Any]]) -> tuple[str, bytes]:
    names = list(dict.fromkeys(_type_of(each) for each in events))
    for name in names:
        if not name or "," in name or len(name) > TYPE_MAX:
            raise ValueError(f"{name!r} is no type of an event")
    return ",".join(names), msgspec.json.encode(events)


def _type_of(event: Event | dict[str, Any]) -> str:
    return str(event["type"] if isinstance(event, dict) else event.__struct_config__.tag)


def _decode(row: Any) -> list[FeedEvent]:
    found = []
    for n, raw in enumerate(msgspec.json.decode(row["body"], type=list[dict[str, Any]]), start=1):
        kind = raw.pop("type")
        found.append(
            FeedEvent(
                position=row["position"],
                n=n,
                event_id=row["id"],
                account_id=row["account_id"],
                occurred_at=row["occurred_at"],
                type=kind,
                data=raw,
            )
        )
    return found


def _is_of(each: FeedEvent, types: Sequence[str]) -> bool:
    return not types or each.type in types
