"""What people read of boards, draws and contests."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

import msgspec

from regulars.activities import lucky, prepare, pseudonyms, standings
from regulars.activities.standings import Place
from regulars.engine import service as engine
from regulars.kit import ids, pages
from regulars.kit.errors import NotFound
from regulars.members import service as members
from regulars.program.contracts.boards import Board, Draw, Drawn
from regulars.program.contracts.values import Period

if TYPE_CHECKING:
    from regulars.activities.process import Process
    from regulars.engine.service import Compiled
    from regulars.kit.database import Transaction

SHOWN_AFTER: Final = dt.timedelta(hours=1)
"""A seed is shown this long after its cycle: what came in at its very end is decided by then."""


class PlaceOut(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A place on a board. `name` is what others may read: the member's own words with consent, else an invented name
    by language; `me` marks the member asked for, `entry` the entry of a contest."""

    rank: int
    score: int
    name: dict[str, str]
    me: bool = False
    entry: str | None = None


class BoardOut(msgspec.Struct, frozen=True, kw_only=True):
    """A page of a board: its cycle from `from_` up to `until` (the first day after it, none for ever), scores in units
    of 10^-`scale`, the places, best first. `closed` once the winners are written down."""

    board: str
    from_: dt.date | None = msgspec.field(name="from")
    until: dt.date | None
    closed: bool
    within: str
    scale: int
    places: tuple[PlaceOut, ...]
    next_cursor: str | None = None


class PlayOut(msgspec.Struct, frozen=True, kw_only=True):
    """A play: the activity's id in hex is what its luck is worked out from, `n` counts plays in one activity. `roll`,
    at least 0 and below 2^64, is shown with the seed, as text, since it is beyond what browsers count."""

    id: str
    n: int
    ticket: bool
    roll: str | None
    drawn: str | None
    prize: str | None


class ProofOut(msgspec.Struct, frozen=True, kw_only=True):
    """All that it takes to work out again what was drawn in a cycle. `commitment` is the SHA-256 of the seed; the seed
    itself is there once the cycle is over (of a lottery: once it is drawn)."""

    draw: str
    cycle: int
    from_: dt.date | None = msgspec.field(name="from")
    until: dt.date | None
    drawn: str
    commitment: str
    seed: str | None
    odds: dict[str, str]
    winners: dict[str, int]
    plays: tuple[PlayOut, ...]
    next_cursor: str | None = None


class StandingOut(msgspec.Struct, frozen=True, kw_only=True):
    """Where a member stands on a board in the cycle that runs."""

    board: str
    within: str
    rank: int
    score: int
    scale: int
    until: dt.date | None


class DrawLeftOut(msgspec.Struct, frozen=True, kw_only=True):
    """What a member may still do in a draw: plays left by period, and the tickets of this cycle."""

    draw: str
    plays_left: dict[str, int]
    tickets: int


class ContestEntryOut(msgspec.Struct, frozen=True, kw_only=True):
    """An entry of a contest: `pending`, `accepted`, `rejected` (with a reason) or `withdrawn`."""

    entry: str
    board: str
    member: str
    state: str
    proof: str | None
    reason: str | None
    points: int


class MemberGamesOut(msgspec.Struct, frozen=True, kw_only=True):
    """What a member has on boards, in draws and in contests."""

    boards: tuple[StandingOut, ...]
    draws: tuple[DrawLeftOut, ...]
    entries: tuple[ContestEntryOut, ...]


_PLAYS = """
select activity_id, n, ticket, drawn, prize from regulars.draw_play
where program_id = $1 and draw = $2 and cycle = $3 and (activity_id, n) > ($4::uuid, $5::int)
order by activity_id, n limit $6
"""
_TICKETS = """
select draw, cycle, count(*) from regulars.draw_play
where account_id = $1 and member_id = $2 and ticket group by draw, cycle
"""
_ENTRIES = """
select e.entry_id, e.board, e.member_id, e.state, e.proof, e.reason, coalesce((
    select sum(v.points) from regulars.board_vote v where v.program_id = e.program_id and v.board = e.board
        and v.cycle = e.cycle and v.entry_id = e.entry_id), 0)::bigint as points
from regulars.board_entry e where e.program_id = $1
"""
_CLOSED = "select true from regulars.game_cycle where program_id = $1 and game = $2 and cycle = $3"


async def board_page(
    process: Process,
    tx: Transaction,
    *,
    program_id: int,
    name: str,
    now: dt.datetime,
    on: dt.date | None = None,
    within: str = "",
    around: UUID | None = None,
    cursor: str | None = None,
    limit: int | None = None,
) -> BoardOut:
    """Places of a board in the cycle around a day (none: today), from the top or around a member. Raises NotFound,
    MalformedCursor, LimitOutOfRange."""
    compiled, board = await _board(process, program_id, name)
    cycle = engine.cycle_of(board.cycle, on or _today(compiled, now))
    size = pages.check_limit(limit)
    following = None
    if around is not None:
        there = await members.home(tx, program_id=program_id, member_id=around)
        places, within = await standings.around(
            tx,
            board,
            program_id=program_id,
            cycle=cycle,
            account_id=there.account_id,
            member_id=there.member_id,
        )
    else:
        after = None if cursor is None else _place(pages.decode_cursor(cursor, tuple[int, dt.datetime, UUID]))
        places = await standings.top(
            tx, board, program_id=program_id, cycle=cycle, within=within, limit=size + 1, after=after
        )
        page = pages.page(
            places, limit=size, key=lambda one: (one.score, one.reached_at, one.entry_id or one.member_id)
        )
        places, following = list(page.items), page.next_cursor
    return BoardOut(
        board=name,
        from_=_first_day(board, cycle),
        until=_end(board, cycle),
        closed=bool(await tx.fetchval(_CLOSED, program_id, f"boards.{name}", cycle)),
        within=within,
        scale=_scale(compiled, board),
        places=tuple(_shown(process, board, one, around) for one in places),
        next_cursor=following,
    )


def _place(key: tuple[int, dt.datetime, UUID]) -> Place:
    score, reached_at, tie = key
    return Place(rank=0, member_id=tie, account_id=tie, score=score, reached_at=reached_at)


def _shown(process: Process, board: Board, place: Place, me: UUID | None) -> PlaceOut:
    name = pseudonyms.invented(process.draw_key, board.name, place.member_id)
    texts = {"en": name.en, "ru": name.ru, "ro": name.ro}
    return PlaceOut(
        rank=place.rank,
        score=place.score,
        name=texts if place.shown is None else dict.fromkeys(texts, place.shown),
        me=place.member_id == me,
        entry=None if place.entry_id is None else ids.to_wire("act", place.entry_id),
    )


async def proof(
    process: Process,
    tx: Transaction,
    *,
    program_id: int,
    name: str,
    now: dt.datetime,
    on: dt.date | None = None,
    cursor: str | None = None,
    limit: int | None = None,
) -> ProofOut:
    """What was drawn in the cycle around a day (none: today), and what proves it. Raises NotFound, MalformedCursor,
    LimitOutOfRange."""
    compiled = await _compiled(process, program_id)
    draw = compiled.program.draws.get(name)
    if draw is None:
        raise NotFound(kind="draw", id=name)
    cycle = engine.cycle_of(draw.cycle, on or _today(compiled, now))
    secret = lucky.seed(process.draw_key, program_id=program_id, draw=name, cycle=cycle)
    is_over = await _is_over(tx, compiled, draw, program_id=program_id, cycle=cycle, now=now)
    size = pages.check_limit(limit)
    after = (UUID(int=0), -1) if cursor is None else pages.decode_cursor(cursor, tuple[UUID, int])
    rows = await tx.fetch(_PLAYS, program_id, name, cycle, *after, size + 1)
    page = pages.page(rows, limit=size, key=lambda row: (row["activity_id"], row["n"]))
    return ProofOut(
        draw=name,
        cycle=cycle,
        from_=_first_day(draw, cycle),
        until=_end(draw, cycle),
        drawn=draw.drawn.value,
        commitment=lucky.commitment(secret),
        seed=secret.hex() if is_over else None,
        odds={prize: f"{one.odds.n}/{one.odds.d}" for prize, one in draw.prizes.items() if one.odds is not None},
        winners={prize: one.winners for prize, one in draw.prizes.items() if one.winners is not None},
        plays=tuple(_play(row, secret if is_over else None) for row in page.items),
        next_cursor=page.next_cursor,
    )


def _play(row: Any, secret: bytes | None) -> PlayOut:
    rolled = None if secret is None else engine.roll(lucky.value(secret, row["activity_id"]), row["n"])
    return PlayOut(
        id=row["activity_id"].hex,
        n=row["n"],
        ticket=row["ticket"],
        roll=None if rolled is None else str(rolled),
        drawn=row["drawn"],
        prize=row["prize"],
    )


async def _is_over(
    tx: Transaction, compiled: Compiled, draw: Draw, *, program_id: int, cycle: int, now: dt.datetime
) -> bool:
    if draw.drawn is Drawn.AT_END:
        return bool(await tx.fetchval(_CLOSED, program_id, f"draws.{draw.name}", cycle))
    end = _end(draw, cycle)
    return end is not None and _today(compiled, now - SHOWN_AFTER) >= end


async def of_member(
    process: Process, tx: Transaction, *, program_id: int, member_id: UUID, now: dt.datetime
) -> MemberGamesOut:
    """What a member has now. Raises MemberNotFound."""
    compiled = await _compiled(process, program_id)
    there = await members.home(tx, program_id=program_id, member_id=member_id)
    today = _today(compiled, now)
    boards = []
    for board in compiled.program.boards.values():
        cycle = engine.cycle_of(board.cycle, today)
        for place, within in await standings.of_member(
            tx, board, program_id=program_id, cycle=cycle, account_id=there.account_id, member_id=there.member_id
        ):
            scale, until = _scale(compiled, board), _end(board, cycle)
            boards.append(
                StandingOut(
                    board=board.name, within=within, rank=place.rank, score=place.score, scale=scale, until=until
                )
            )
    state = await tx.fetchval("select state from regulars.account where account_id = $1", there.account_id)
    left = engine.plays_left(compiled, state or b"", member_id=there.member_id, day=today)
    tickets = {
        (row["draw"], row["cycle"]): row["count"] for row in await tx.fetch(_TICKETS, there.account_id, there.member_id)
    }
    mine = f"{_ENTRIES} and e.account_id = $2 and e.member_id = $3 order by e.entry_id desc limit 100"
    rows = await tx.fetch(mine, program_id, there.account_id, there.member_id)
    return MemberGamesOut(
        boards=tuple(boards),
        draws=tuple(
            DrawLeftOut(
                draw=name,
                plays_left={period.value: number for period, number in periods.items()},
                tickets=tickets.get((name, engine.cycle_of(compiled.program.draws[name].cycle, today)), 0),
            )
            for name, periods in left.items()
        ),
        entries=tuple(_entry(row) for row in rows),
    )


async def entries(
    process: Process,
    tx: Transaction,
    *,
    program_id: int,
    name: str,
    now: dt.datetime,
    state: str | None = None,
    on: dt.date | None = None,
    cursor: str | None = None,
    limit: int | None = None,
) -> pages.Page[ContestEntryOut]:
    """The entries of a contest in a cycle, the oldest first. Raises NotFound, MalformedCursor, LimitOutOfRange."""
    compiled, board = await _board(process, program_id, name)
    cycle = engine.cycle_of(board.cycle, on or _today(compiled, now))
    size = pages.check_limit(limit)
    after = UUID(int=0) if cursor is None else pages.decode_cursor(cursor, UUID)
    text = (
        f"{_ENTRIES} and e.board = $2 and e.cycle = $3 and ($4::text is null or e.state = $4) and e.entry_id > $5 "
        "order by e.entry_id limit $6"
    )
    rows = await tx.fetch(text, program_id, name, cycle, state, after, size + 1)
    page = pages.page(rows, limit=size, key=lambda row: row["entry_id"])
    return pages.Page(items=[_entry(row) for row in page.items], next_cursor=page.next_cursor)


def _entry(row: Any) -> ContestEntryOut:
    return ContestEntryOut(
        entry=ids.to_wire("act", row["entry_id"]),
        board=row["board"],
        member=ids.to_wire("mem", row["member_id"]),
        state=row["state"],
        proof=row["proof"],
        reason=row["reason"],
        points=row["points"],
    )


async def _compiled(process: Process, program_id: int) -> Compiled:
    await process.programs.ready(program_id)
    return process.programs.current(program_id)


async def _board(process: Process, program_id: int, name: str) -> tuple[Compiled, Board]:
    compiled = await _compiled(process, program_id)
    board = compiled.program.boards.get(name)
    if board is None:
        raise NotFound(kind="board", id=name)
    return compiled, board


def _today(compiled: Compiled, now: dt.datetime) -> dt.date:
    return prepare.local_day(now, compiled.program.program.zone)


def _first_day(game: Board | Draw, cycle: int) -> dt.date | None:
    return game.from_ if game.cycle is Period.EVER else engine.cycle_end(game.cycle, cycle - 1)


def _end(game: Board | Draw, cycle: int) -> dt.date | None:
    """The first day after a cycle; none for one that never ends."""
    return game.until if game.cycle is Period.EVER else engine.cycle_end(game.cycle, cycle)


def _scale(compiled: Compiled, board: Board) -> int:
    return 0 if board.metric is None else compiled.made_from.places.metric_scale(board.metric)
