"""What happened, for those who listen: a page by position, and a stream that can be taken up again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from datetime import datetime
from typing import Any, Final

import msgspec
from litestar import Request, Response, get
from litestar.params import FromQuery
from litestar.response import Stream

from regulars.access import service as access
from regulars.kit import http, ids, outbox, pages
from regulars.kit.database import Database
from regulars.kit.errors import DatabaseUnavailable, Overloaded, RegularsError
from regulars.kit.http import Example
from regulars.kit.i18n import Text
from regulars.kit.outbox import FeedEvent, FeedPage

_STREAM_PAGE: Final = 100
# Proxies close a connection on which nothing comes for a minute or so.
_HEARTBEAT_S: Final = 15.0
_TYPES_MAX: Final = 20


class MalformedPosition(RegularsError):
    """Where to go on was not taken from an answer of this feed."""

    status = 422
    texts = Text(
        en="{given} is no position of this feed. Take the position of the last event that you have.",
        ru="{given} не является позицией этой ленты. Возьмите position последнего полученного события.",
        ro="{given} nu este o poziție a acestui flux. Folosiți position a ultimului eveniment primit.",
    )
    given: str


class EventOut(msgspec.Struct, frozen=True, kw_only=True):
    """One event. `id` is the same whenever it is delivered; `position` orders the feed of a program."""

    id: str
    position: str
    type: str
    occurred_at: datetime
    account: str
    data: dict[str, Any]


_EXAMPLE: Final = {
    "id": "evt_06DQ8V0M2KQ7A4RYD1T3ZC5E9G.1",
    "position": "4711.1",
    "type": "points.earned",
    "occurred_at": "2026-11-21T16:20:00Z",
    "account": "acc_06DQ8TT3GJVX1W5Q2N0E9YHK4C",
    "data": {"currency": "points", "points": 9},
}
_QUERY: Final = {"after": str, "type": str}


@get(
    "/v1/events",
    guards=[access.requires("events:read")],
    opt=http.describes(
        summary="What happened, by position",
        detail="Oldest first. `type` takes one type or several with commas. Nothing is ever put before a position that "
        "was returned, so that keeping the last event's `position` for `after` is enough to miss nothing.",
        tag="Events",
        scope="events:read",
        answer=pages.Page[EventOut],
        query={**_QUERY, "limit": int},
        errors=(MalformedPosition, pages.LimitOutOfRange),
        examples=(Example(summary="One event", answer={"items": [_EXAMPLE], "next_cursor": None}),),
    ),
)
async def page(
    request: Request[Any, Any, Any],
    after: FromQuery[str | None] = None,
    type: FromQuery[str | None] = None,
    limit: FromQuery[int | None] = None,
) -> Response[bytes]:
    """A page of the feed. Raises MalformedPosition, LimitOutOfRange."""
    program_id = access.actor_of(request).program_id
    found = await _read(
        request.app.state.database,
        program_id=program_id,
        after=position(after),
        types=_types(type),
        limit=pages.check_limit(limit),
    )
    following = _text(found.last) if found.more else None
    return http.answer(pages.Page(items=[shown(each) for each in found.events], next_cursor=following))


@get(
    "/v1/events/stream",
    guards=[access.requires("events:read")],
    opt=http.describes(
        summary="What happens, as it happens",
        detail="Server-sent events. `Last-Event-ID`, or `after`, takes the stream up where it broke; without either it "
        "begins with the next event.",
        tag="Events",
        scope="events:read",
        media_type="text/event-stream",
        query=_QUERY,
        errors=(MalformedPosition,),
        headers={"Last-Event-ID": "The id of the last event that was received."},
        examples=(Example(summary="One event", answer="id: 4711.1\nevent: points.earned\ndata: {...}\n\n"),),
    ),
)
async def stream(
    request: Request[Any, Any, Any], after: FromQuery[str | None] = None, type: FromQuery[str | None] = None
) -> Stream:
    """The feed as a stream that never ends by itself. Raises MalformedPosition."""
    program_id = access.actor_of(request).program_id
    database: Database = request.app.state.database
    begin = request.headers.get("last-event-id") or after
    if begin is None:
        async with database.read(programs=[program_id]) as tx:
            start = (await outbox.last_position(tx, program_id=program_id), _AFTER_ALL)
    else:
        start = position(begin)
    interval_s = request.app.state.settings.relay_interval_ms / 1000
    texts = _follow(database, program_id=program_id, after=start, types=_types(type), interval_s=interval_s)
    return Stream(
        texts, media_type="text/event-stream", headers={"cache-control": "no-store", "x-accel-buffering": "no"}
    )


# Events of one row have small numbers; this is behind all of them.
_AFTER_ALL: Final = 2**31 - 1


async def _follow(
    database: Database, *, program_id: int, after: tuple[int, int], types: list[str], interval_s: float
) -> AsyncGenerator[bytes, None]:
    yield b": connected\n\n"
    quiet_s = 0.0
    while True:
        try:
            found = await _read(database, program_id=program_id, after=after, types=types, limit=_STREAM_PAGE)
        except (DatabaseUnavailable, Overloaded):
            # It comes back by itself, and the stream goes on where it was.
            found = FeedPage(events=[], last=after, more=False)
        for each in found.events:
            yield _sse(each)
        after = found.last
        if found.more:
            continue
        quiet_s = 0.0 if found.events else quiet_s + interval_s
        if quiet_s >= _HEARTBEAT_S:
            quiet_s = 0.0
            yield b": still here\n\n"
        await asyncio.sleep(interval_s)


async def _read(
    database: Database, *, program_id: int, after: tuple[int, int], types: list[str], limit: int
) -> FeedPage:
    async with database.read(programs=[program_id]) as tx:
        return await outbox.page(tx, program_id=program_id, after=after, types=types, limit=limit)


def shown(event: FeedEvent) -> EventOut:
    """An event as it goes out."""
    return EventOut(
        id=f"{ids.to_wire('evt', event.event_id)}.{event.n}",
        position=_text((event.position, event.n)),
        type=event.type,
        occurred_at=event.occurred_at,
        account=ids.to_wire("acc", event.account_id),
        data=event.data,
    )


def _sse(event: FeedEvent) -> bytes:
    data = msgspec.json.encode(shown(event)).decode()
    return f"id: {_text((event.position, event.n))}\nevent: {event.type}\ndata: {data}\n\n".encode()


def position(text: str | None) -> tuple[int, int]:
    """`4711.2` is the second event of row 4711; nothing is the beginning. Raises MalformedPosition."""
    if text is None:
        return (0, 0)
    whole, _, part = text.partition(".")
    if not all(each.isascii() and each.isdigit() and len(each) <= 18 for each in (whole, part or "0")):
        raise MalformedPosition(given=text[:40])
    return int(whole), int(part or _AFTER_ALL)


def _text(after: tuple[int, int]) -> str:
    return f"{after[0]}.{after[1]}"


def _types(text: str | None) -> list[str]:
    return [each.strip() for each in (text or "").split(",") if each.strip()][:_TYPES_MAX]


ROUTES: Final = [page, stream]
