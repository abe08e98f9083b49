"""The end of a cycle: winners are written down once, then each gets their prize by an activity of their own.

What is written down does not change any more, so a worker that was killed goes on with the same winners; what was
handed in already is known by its document.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import heapq
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

import msgspec
import structlog

from regulars.activities import batch, lucky, prepare, standings
from regulars.activities.contracts import Intake
from regulars.activities.items import Item
from regulars.engine import service as engine
from regulars.kit import arrays
from regulars.kit.errors import DatabaseUnavailable
from regulars.program.contracts.boards import Board, Draw, Drawn, Ties
from regulars.program.contracts.ranks import Ranks, ranks
from regulars.program.contracts.values import Period

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from regulars.activities.process import Process
    from regulars.engine.service import Compiled
    from regulars.kit.database import Lane, Transaction

SOURCE: Final = "games"
CYCLES_BACK: Final = 400
"""How many cycles a board that nobody closed for long is looked back."""

log = structlog.get_logger(__name__)

_CLOSED = "select max(cycle) from regulars.game_cycle where program_id = $1 and game = $2"
_FIRST = {
    "scores": "select min(cycle) from regulars.board_score where program_id = $1 and board = $2",
    "entries": "select min(cycle) from regulars.board_entry where program_id = $1 and board = $2",
    "tickets": "select min(cycle) from regulars.draw_play where program_id = $1 and draw = $2",
}
_CLOSE = """
insert into regulars.game_cycle (program_id, game, cycle, closed_at, paid_at) values ($1, $2, $3, $4, $5)
on conflict do nothing returning cycle
"""
_WINNERS = """
insert into regulars.game_winner (program_id, game, cycle, place, account_id, member_id, facts)
select $1, $2, $3, place, account_id, member_id, facts
from unnest($4::int[], $5::uuid[], $6::uuid[], $7::bytea[]) as t (place, account_id, member_id, facts)
"""
_TICKETS = """
select account_id, member_id, activity_id, n from regulars.draw_play
where program_id = $1 and draw = $2 and cycle = $3 and ticket order by activity_id, n
"""
_UNPAID = """
select game, cycle, place, account_id, member_id, facts from regulars.game_winner
where program_id = $1 and paid_at is null and refused is null order by game, cycle, place limit $2
"""
_PAID = """
update regulars.game_winner w set paid_at = t.paid_at, refused = t.refused
from unnest($2::text[], $3::int[], $4::int[], $5::timestamptz[], $6::text[]) as t (game, cycle, place, paid_at, refused)
where w.program_id = $1 and w.game = t.game and w.cycle = t.cycle and w.place = t.place
"""
_DONE = """
update regulars.game_cycle c set paid_at = $2 where c.program_id = $1 and c.paid_at is null and not exists (
    select from regulars.game_winner w where w.program_id = c.program_id and w.game = c.game and w.cycle = c.cycle
        and w.paid_at is null and w.refused is null
)
"""

Winner = tuple[UUID, UUID, dict[str, object]]
"""Account, member, and what their activity says."""


async def close(process: Process, lane: Lane, *, programs: Sequence[int], now: dt.datetime, limit: int = 200) -> int:
    """Write down the winners of the cycles that are due, and hand in up to `limit` prizes a program; how many. Call it
    again while it gives `limit` or more. Raises DatabaseUnavailable and its like."""
    done = 0
    for program_id in programs:
        compiled = await _compiled(process, program_id)
        if compiled is None:
            continue
        games: list[Board | Draw] = [*compiled.program.boards.values(), *compiled.program.draws.values()]
        if not games:
            continue
        for game in games:
            async with lane.transaction(programs=[program_id]) as tx:
                await _close_due(process, tx, compiled, game, program_id=program_id, now=now)
        done += await _pay(process, lane, program_id=program_id, now=now, limit=limit)
    return done


async def _compiled(process: Process, program_id: int) -> Compiled | None:
    from regulars.activities.faults import NothingPublished

    try:
        await process.programs.ready(program_id)
        return process.programs.current(program_id)
    except NothingPublished:
        return None


def waits(compiled: Compiled, game: Board | Draw) -> Any:
    """How long after a cycle its prizes are given: a span, or None for at once."""
    own = game.prizes_after if isinstance(game, Board) else game.draw_after
    return own if own is not None else compiled.program.program.return_window


def last_due(compiled: Compiled, game: Board | Draw, now: dt.datetime) -> int | None:
    """The last cycle whose prizes are due at a moment; None where there is none yet."""
    day = prepare.local_day(now, compiled.program.program.zone)
    span = waits(compiled, game)
    if game.cycle is Period.EVER:
        due = game.until is not None and engine.days_after(game.until, span) <= day
        return 0 if due else None
    cycle = engine.cycle_of(game.cycle, day) - 1
    while engine.days_after(engine.cycle_end(game.cycle, cycle), span) > day:
        cycle -= 1
    return cycle


async def _close_due(
    process: Process, tx: Transaction, compiled: Compiled, game: Board | Draw, *, program_id: int, now: dt.datetime
) -> None:
    if not game.prizes or (isinstance(game, Draw) and game.drawn is Drawn.AT_ONCE):
        return
    last = last_due(compiled, game, now)
    if last is None:
        return
    name, kind = _named(game)
    closed = await tx.fetchval(_CLOSED, program_id, name)
    first = await tx.fetchval(_FIRST[kind], program_id, game.name) if closed is None else closed + 1
    if first is None:
        return
    for cycle in range(max(first, last - CYCLES_BACK), last + 1):
        if isinstance(game, Board):
            found = await _best(tx, game, program_id=program_id, cycle=cycle)
        else:
            found = await _drawn(process, tx, game, program_id=program_id, cycle=cycle)
        # Whoever comes second finds it closed, and writes nobody down.
        if await tx.fetchval(_CLOSE, program_id, name, cycle, now, None if found else now) is None:
            return
        await _write_down(tx, program_id=program_id, game=name, cycle=cycle, found=found)


def _named(game: Board | Draw) -> tuple[str, str]:
    if isinstance(game, Draw):
        return f"draws.{game.name}", "tickets"
    return f"boards.{game.name}", "scores" if game.entries is None else "entries"


async def _best(tx: Transaction, board: Board, *, program_id: int, cycle: int) -> list[Winner]:
    wanted = [found for key in board.prizes if (found := ranks(key)) is not None]
    last, percent = max(one.last for one in wanted), max(one.percent for one in wanted)
    rows = await standings.winners(tx, board, program_id=program_id, cycle=cycle, last=last, percent=percent)
    return [_won(board, cycle, one) for one in rows if _pays(board, wanted, one)]


def _pays(board: Board, wanted: Sequence[Ranks], one: standings.Winner) -> bool:
    # Who splits a rank takes the places that follow, too, and shares what these bring.
    taken = one.tied if board.ties is Ties.SPLIT else 1
    places = range(one.place.rank, one.place.rank + taken)
    return any(ranked.holds(place, one.of) for ranked in wanted for place in places)


def _won(board: Board, cycle: int, one: standings.Winner) -> Winner:
    facts = {
        "game": f"boards.{board.name}",
        "cycle": cycle,
        "rank": one.place.rank,
        "score": one.place.score,
        "tied": one.tied,
        "turn": one.turn,
        "of": one.of,
        "within": one.within,
    }
    return one.place.account_id, one.place.member_id, facts


async def _drawn(process: Process, tx: Transaction, draw: Draw, *, program_id: int, cycle: int) -> list[Winner]:
    secret = lucky.seed(process.draw_key, program_id=program_id, draw=draw.name, cycle=cycle)
    rolled = [
        (engine.roll(lucky.value(secret, row["activity_id"]), row["n"]), row["activity_id"], row["n"], row)
        for row in await tx.fetch(_TICKETS, program_id, draw.name, cycle)
    ]
    heapq.heapify(rolled)
    prizes: Iterator[str] = (name for name, prize in draw.prizes.items() for _ in range(prize.winners or 0))
    found: list[Winner] = []
    lucky_ones: set[UUID] = set()
    for prize in prizes:
        while rolled:
            _, activity_id, n, row = heapq.heappop(rolled)
            if row["member_id"] not in lucky_ones:
                lucky_ones.add(row["member_id"])
                facts = {
                    "game": f"draws.{draw.name}",
                    "cycle": cycle,
                    "prize": prize,
                    "ticket": f"{activity_id.hex}/{n}",
                }
                found.append((row["account_id"], row["member_id"], facts))
                break
    return found


async def _write_down(tx: Transaction, *, program_id: int, game: str, cycle: int, found: Sequence[Winner]) -> None:
    await tx.execute(
        _WINNERS,
        program_id,
        game,
        cycle,
        list(range(1, len(found) + 1)),
        [account_id for account_id, _, _ in found],
        [member_id for _, member_id, _ in found],
        [msgspec.json.encode(facts) for _, _, facts in found],
    )


async def _pay(process: Process, lane: Lane, *, program_id: int, now: dt.datetime, limit: int) -> int:
    async with lane.read(programs=[program_id]) as tx:
        rows = await tx.fetch(_UNPAID, program_id, limit)
    items = [_item(process, program_id, row, now) for row in rows]
    if items:
        await batch.run_apart(process, lane, items, now=now)
    async with lane.transaction(programs=[program_id]) as tx:
        if rows:
            await _settle(tx, program_id, rows, items, now)
        await tx.execute(_DONE, program_id, now)
    return len(rows)


def _item(process: Process, program_id: int, row: Any, now: dt.datetime) -> Item:
    document = f"{row['game']}/{row['cycle']}/{row['place']}"
    intake = Intake(
        program_id=program_id,
        digest=hashlib.sha256(document.encode()).digest(),
        type="prize",
        received_at=now,
        source=SOURCE,
        document=document,
        fields=msgspec.json.decode(row["facts"]),
        account_id=row["account_id"],
        member_id=row["member_id"],
        may_enrol=False,
    )
    return Item(intake, activity_id=process.new_id(now), history=True)


async def _settle(
    tx: Transaction, program_id: int, rows: Sequence[Any], items: Sequence[Item], now: dt.datetime
) -> None:
    told = []
    for row, item in zip(rows, items, strict=True):
        why = None
        if item.fault is not None:
            if isinstance(item.fault, DatabaseUnavailable):
                continue
            why = getattr(item.fault, "code", type(item.fault).__name__)
            log.warning("prize_failed", game=row["game"], cycle=row["cycle"], place=row["place"], why=why)
        elif item.decision is not None and item.decision.refusal is not None:
            why = item.decision.refusal.code
        elif item.reply is None:
            continue
        told.append((row["game"], row["cycle"], row["place"], now if why is None else None, why))
    await tx.execute(_PAID, program_id, *arrays.of(told)) if told else None
