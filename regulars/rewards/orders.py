"""Orders as people and receivers read them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

import msgspec

from regulars.directory.contracts import Picture
from regulars.kit import ids, pages
from regulars.kit.database import Transaction
from regulars.kit.errors import NotFound

_COLUMNS: Final = """account_id, order_id, member_id, reward, state, step, does, target, stage, service, placed_at,
    changed_at, due_at, next_at, ends_at, tries, fault, form, detail"""

# An order goes with its member to another account, where it is written anew: the row that was left is history.
_LATEST: Final = """not exists (select 1 from regulars.reward_order n where n.program_id = x.program_id
    and n.order_id = x.order_id and n.account_id <> x.account_id and n.changed_at > x.changed_at)"""


class OrderShown(msgspec.Struct, frozen=True, kw_only=True):
    """An order: where it stands, what was filled in (`form`), what is known of it (`detail`: price, variant, codes,
    tracking), what the last try to reach its target met (`fault`), and the
    `pictures` of the reward."""

    id: str
    member: str
    reward: str
    state: str
    step: int
    does: str
    target: str
    stage: str
    placed_at: dt.datetime
    changed_at: dt.datetime
    due_at: dt.datetime | None
    service: str
    ends_at: dt.datetime | None
    tries: int
    fault: str | None
    form: dict[str, Any]
    detail: dict[str, Any]
    pictures: tuple[Picture, ...] = ()


class OrdersOut(msgspec.Struct, frozen=True):
    """A page of orders, the latest first."""

    items: tuple[OrderShown, ...]
    next_cursor: str | None = None


def shown(row: Any) -> OrderShown:
    """A row as it is shown."""
    return OrderShown(
        id=ids.to_wire("ord", row["order_id"]),
        member=ids.to_wire("mem", row["member_id"]),
        reward=row["reward"],
        state=row["state"],
        step=row["step"],
        does=row["does"],
        target=row["target"],
        stage=row["stage"],
        placed_at=row["placed_at"],
        changed_at=row["changed_at"],
        due_at=row["due_at"],
        service=row["service"],
        ends_at=row["ends_at"],
        tries=row["tries"],
        fault=row["fault"],
        form=_json(row["form"]),
        detail=_json(row["detail"]),
    )


def _json(value: Any) -> dict[str, Any]:
    found: dict[str, Any] = msgspec.json.decode(value) if isinstance(value, str | bytes) else value or {}
    return found


async def one(tx: Transaction, *, program_id: int, order_id: UUID) -> OrderShown:
    """One order. Raises NotFound."""
    row = await tx.fetchrow(
        f"select {_COLUMNS} from regulars.reward_order where program_id = $1 and order_id = $2 "
        "order by changed_at desc limit 1",
        program_id,
        order_id,
    )
    if row is None:
        raise NotFound(kind="order", id=ids.to_wire("ord", order_id))
    return shown(row)


async def page(
    tx: Transaction,
    *,
    program_id: int,
    people: Sequence[UUID] | None = None,
    state: str | None = None,
    does: str | None = None,
    services: bool = False,
    cursor: str | None = None,
    limit: int | None = None,
) -> OrdersOut:
    """Orders of a member and who was merged into them (`people`), or all that are in a state or wait for something, the
    latest first. Raises MalformedCursor, LimitOutOfRange."""
    most = pages.check_limit(limit)
    before = None if cursor is None else pages.decode_cursor(cursor, UUID)
    rows = await tx.fetch(
        f"select {_COLUMNS} from regulars.reward_order x where program_id = $1 and {_LATEST} "
        "and ($2::uuid[] is null or member_id = any($2)) and ($3::text is null or state = $3) "
        "and ($4::text is null or does = $4) and ($5::uuid is null or order_id < $5) "
        "and (not $6 or service <> '') order by order_id desc limit $7",
        program_id,
        None if people is None else list(people),
        state,
        does,
        before,
        services,
        most + 1,
    )
    found = pages.page(rows, limit=most, key=lambda row: row["order_id"])
    return OrdersOut(tuple(shown(row) for row in found.items), found.next_cursor)


class CountedOut(msgspec.Struct, frozen=True, kw_only=True):
    """How many orders of a reward are in a state."""

    reward: str
    state: str
    orders: int


async def counted(tx: Transaction, *, program_id: int, rewards: Sequence[str] | None = None) -> list[CountedOut]:
    """How many orders there are of each reward in each state; of these rewards, or of all."""
    rows = await tx.fetch(
        "select reward, state, count(*) as orders from regulars.reward_order x "
        f"where program_id = $1 and {_LATEST} and ($2::text[] is null or reward = any($2)) "
        "group by reward, state order by 1, 2",
        program_id,
        None if rewards is None else list(rewards),
    )
    return [CountedOut(reward=row["reward"], state=row["state"], orders=row["orders"]) for row in rows]


async def take_up(
    tx: Transaction,
    *,
    program_id: int,
    now: dt.datetime,
    until: dt.datetime,
    limit: int,
    busy: Sequence[str] = (),
) -> tuple[OrderShown, ...]:
    """Orders that somebody has to look at now; nobody else gets them before `until`. Those that targets in `busy` would
    be told of wait, unless their time is over."""
    rows = await tx.fetch(
        "update regulars.reward_order o set next_at = $3, tries = o.tries + 1 from ("
        "  select account_id, order_id from regulars.reward_order x where program_id = $1 and state = 'open' "
        "  and (does <> 'webhook' or due_at <= $2 or target <> all($5::text[])) "
        f"  and next_at <= $2 and {_LATEST} order by next_at, order_id limit $4 for update skip locked) d "
        "where o.account_id = d.account_id and o.order_id = d.order_id returning "
        + ", ".join(f"o.{name.strip()}" for name in _COLUMNS.split(",")),
        program_id,
        now,
        until,
        limit,
        list(busy),
    )
    return tuple(shown(row) for row in rows)


async def put_off(
    tx: Transaction, *, program_id: int, order_id: UUID, step: int, until: dt.datetime, fault: str
) -> None:
    """Look at an order again later, as long as it still waits at this step."""
    await tx.execute(
        "update regulars.reward_order set next_at = $4, fault = $5 "
        "where program_id = $1 and order_id = $2 and step = $3 and state = 'open'",
        program_id,
        order_id,
        step,
        until,
        fault,
    )
