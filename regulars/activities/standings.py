"""Who stands where on a board: pages and ranks, read from an index in the order of the ranking.

A rank is one more than how many are ahead, so nobody's rank has to be written when somebody else moves.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

import msgspec

from regulars.program.contracts.boards import Best, Board, Ties

if TYPE_CHECKING:
    from regulars.kit.database import Transaction

AROUND: Final = 5
"""How many are shown ahead and behind."""
TIED: Final = 1000


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """A row of a board: an entry in a contest, else a member; `score` in the smallest unit of the metric."""

    rank: int
    member_id: UUID
    account_id: UUID
    score: int
    reached_at: dt.datetime
    shown: str | None = None
    entry_id: UUID | None = None


# The scores of a contest are added up when they are asked for: votes are written with those who vote.
_SCORES = {
    False: """
select account_id, member_id, null::uuid as entry_id, score, reached_at, shown, within from regulars.board_score
where program_id = $1 and board = $2 and cycle = $3
""",
    True: """
select e.account_id, e.member_id, e.entry_id, coalesce(sum(v.points), 0)::bigint as score,
    coalesce(max(v.voted_at), max(e.changed_at)) as reached_at, null::text as shown, ''::text as within
from regulars.board_entry e left join regulars.board_vote v
    on v.program_id = e.program_id and v.board = e.board and v.cycle = e.cycle and v.entry_id = e.entry_id
where e.program_id = $1 and e.board = $2 and e.cycle = $3 and e.state = 'accepted'
group by e.account_id, e.member_id, e.entry_id
""",
}
_TIE = "coalesce(entry_id, member_id)"


def _ahead(best: Best) -> tuple[str, str]:
    """The sign of a better score and the order of scores."""
    return (">", "desc") if best is Best.HIGHEST else ("<", "asc")


def _source(board: Board) -> str:
    return f"with s as ({_SCORES[board.entries is not None]} )"


async def top(
    tx: Transaction, board: Board, *, program_id: int, cycle: int, within: str, limit: int, after: Place | None = None
) -> list[Place]:
    """The best, or those that follow on `after`."""
    rows = await _following(tx, board, after, program_id=program_id, cycle=cycle, within=within, limit=limit)
    return await _ranked(tx, board, rows, program_id=program_id, cycle=cycle, within=within)


async def _following(
    tx: Transaction, board: Board, after: Place | None, *, program_id: int, cycle: int, within: str, limit: int
) -> list[Any]:
    better, order = _ahead(board.best)
    worse = "<" if better == ">" else ">"
    follows, arguments = "", [program_id, board.name, cycle, within, limit]
    if after is not None:
        follows = f"and score {worse}= $6 and (score {worse} $6 or (reached_at, {_TIE}) > ($7::timestamptz, $8::uuid))"
        arguments += [after.score, after.reached_at, after.entry_id or after.member_id]
    ordered = f"order by score {order}, reached_at, {_TIE} limit $5"
    return await tx.fetch(f"{_source(board)} select * from s where within = $4 {follows} {ordered}", *arguments)


async def _ranked(
    tx: Transaction, board: Board, rows: list[Any], *, program_id: int, cycle: int, within: str
) -> list[Place]:
    """Rows that follow on each other, with their ranks: of the first it is counted who is ahead."""
    if not rows:
        return []
    better, equal = await _ahead_of(tx, board, rows[0], program_id=program_id, cycle=cycle, within=within)
    places: list[Place] = []
    for position, row in enumerate(rows, better + equal + 1):
        rank = position
        if board.ties is not Ties.EARLIER:
            same = row["score"] == places[-1].score if places else equal > 0
            rank = (places[-1].rank if places else better + 1) if same else position
        places.append(_place(row, rank))
    return places


def _place(row: Any, rank: int) -> Place:
    return Place(
        rank=rank,
        member_id=row["member_id"],
        account_id=row["account_id"],
        score=row["score"],
        reached_at=row["reached_at"],
        shown=row["shown"],
        entry_id=row["entry_id"],
    )


async def _ahead_of(
    tx: Transaction, board: Board, row: Any, *, program_id: int, cycle: int, within: str
) -> tuple[int, int]:
    """How many have a better score than a row, and how many the same but earlier."""
    better, _ = _ahead(board.best)
    arguments = [program_id, board.name, cycle, within, row["score"]]
    ahead = f"{_source(board)} select count(*) from s where within = $4 and score {better} $5"
    equal = (
        f"{_source(board)} select count(*) from s where within = $4 and score = $5 "
        f"and (reached_at, {_TIE}) < ($6::timestamptz, $7::uuid)"
    )
    tie = (row["reached_at"], row["entry_id"] or row["member_id"])
    return int(await tx.fetchval(ahead, *arguments)), int(await tx.fetchval(equal, *arguments, *tie))


async def of_member(
    tx: Transaction, board: Board, *, program_id: int, cycle: int, account_id: UUID, member_id: UUID
) -> list[tuple[Place, str]]:
    """Where a member stands, and in which group; in a contest each of their entries."""
    found = []
    mine = {"account_id": account_id, "member_id": member_id}
    for row in await _rows_of(tx, board, program_id=program_id, cycle=cycle, **mine):
        within = row["within"]
        found.append(((await _ranked(tx, board, [row], program_id=program_id, cycle=cycle, within=within))[0], within))
    return found


async def _rows_of(
    tx: Transaction, board: Board, *, program_id: int, cycle: int, account_id: UUID, member_id: UUID
) -> list[Any]:
    # The account leads to its few rows; by member alone a board of a million would be read through.
    text = f"{_source(board)} select * from s where account_id = $4 and member_id = $5 order by {_TIE}"
    return await tx.fetch(text, program_id, board.name, cycle, account_id, member_id)


async def around(
    tx: Transaction,
    board: Board,
    *,
    program_id: int,
    cycle: int,
    account_id: UUID,
    member_id: UUID,
    reach: int = AROUND,
) -> tuple[list[Place], str]:
    """A member (in a contest the first of their entries) with those next to them, best first, and their group; nobody
    where the member stands nowhere."""
    who = {"account_id": account_id, "member_id": member_id}
    rows = await _rows_of(tx, board, program_id=program_id, cycle=cycle, **who)
    if not rows:
        return [], ""
    mine, within = rows[0], rows[0]["within"]
    better, order = _ahead(board.best)
    back = "asc" if order == "desc" else "desc"
    ahead = await tx.fetch(
        f"{_source(board)} select * from s where within = $4 and score {better}= $5 "
        f"and (score {better} $5 or (reached_at, {_TIE}) < ($6::timestamptz, $7::uuid)) "
        f"order by score {back}, reached_at desc, {_TIE} desc limit $8",
        program_id,
        board.name,
        cycle,
        within,
        mine["score"],
        mine["reached_at"],
        mine["entry_id"] or mine["member_id"],
        reach,
    )
    behind = await _following(
        tx, board, _place(mine, 0), program_id=program_id, cycle=cycle, within=within, limit=reach
    )
    together = [*reversed(ahead), mine, *behind]
    return await _ranked(tx, board, together, program_id=program_id, cycle=cycle, within=within), within


class Winner(msgspec.Struct, frozen=True, kw_only=True):
    """A place that may bring a prize: `tied` members share the rank, `turn` counts them from 0, `of` all in the
    group."""

    place: Place
    within: str
    tied: int
    turn: int
    of: int


async def winners(
    tx: Transaction, board: Board, *, program_id: int, cycle: int, last: int, percent: int
) -> list[Winner]:
    """Everybody down to rank `last` or the best `percent`, whichever is lower, in each group, best first."""
    groups = await tx.fetch(
        f"{_source(board)} select within, count(*) as of from s group by within order by within",
        program_id,
        board.name,
        cycle,
    )
    found: list[Winner] = []
    for row in groups:
        lowest = max(last, -(-row["of"] * percent // 100))
        asked: dict[str, Any] = {"program_id": program_id, "cycle": cycle, "within": row["within"]}
        found += _winners(await _down_to(tx, board, lowest, **asked), row["within"], row["of"])
    return found


async def _down_to(tx: Transaction, board: Board, lowest: int, **asked: Any) -> list[Place]:
    places = await top(tx, board, limit=lowest, **asked)
    # Whoever has the score of the last one shares its rank, however many they are.
    while board.ties is not Ties.EARLIER and places:
        more = [
            one for one in await top(tx, board, limit=TIED, after=places[-1], **asked) if one.score == places[-1].score
        ]
        places += more
        if len(more) < TIED:
            break
    return places


def _winners(places: list[Place], within: str, of: int) -> list[Winner]:
    tied: dict[int, int] = {}
    for place in places:
        tied[place.rank] = tied.get(place.rank, 0) + 1
    turns: dict[int, int] = {}
    found = []
    for place in places:
        turn = turns.get(place.rank, 0)
        turns[place.rank] = turn + 1
        found.append(Winner(place=place, within=within, tied=tied[place.rank], turn=turn, of=of))
    return found
