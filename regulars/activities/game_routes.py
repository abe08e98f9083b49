"""Boards, draws and contests over HTTP: what there is to read. What members and staff do comes in as activities."""

from __future__ import annotations

import datetime as dt
from typing import Any, Final

from litestar import Request, Response, get
from litestar.params import FromPath, FromQuery

from regulars.access import service as access
from regulars.activities import games
from regulars.activities.games import BoardOut, ContestEntryOut, MemberGamesOut, ProofOut
from regulars.kit import http, ids, pages
from regulars.kit.errors import NotFound, RegularsError, ValidationFault
from regulars.kit.http import Example
from regulars.kit.i18n import Text
from regulars.members.contracts import MemberNotFound

_PAGED: Final[tuple[type[RegularsError], ...]] = (
    NotFound,
    ValidationFault,
    pages.MalformedCursor,
    pages.LimitOutOfRange,
    ids.MalformedId,
    ids.WrongKindOfId,
)
_PLACE: Final = {"rank": 1, "score": 125000, "name": {"en": "Otter 4123", "ru": "Выдра 4123", "ro": "Vidra 4123"}}
_BOARD: Final = {
    "board": "spenders",
    "from": "2027-03-01",
    "until": "2027-04-01",
    "closed": False,
    "within": "",
    "scale": 2,
    "places": [_PLACE, {**_PLACE, "rank": 2, "score": 98050, "me": True}],
    "next_cursor": None,
}
_PROOF: Final = {
    "draw": "wheel",
    "cycle": 24326,
    "from": "2027-03-01",
    "until": "2027-04-01",
    "drawn": "at once",
    "commitment": "5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03",
    "seed": None,
    "odds": {"jackpot": "1/1000", "small": "1/10"},
    "winners": {},
    "plays": [
        {
            "id": "0199b8d2c0de7abc8def001122334455",
            "n": 0,
            "ticket": False,
            "roll": None,
            "drawn": "small",
            "prize": "small",
        }
    ],
    "next_cursor": None,
}
_ENTRY: Final = {
    "entry": "act_06DQ8V0M2KQ7A4RYD1T3ZC5E9G",
    "board": "photo",
    "member": "mem_06DQ8TT3GJVX1W5Q2N0E9YHK4C",
    "state": "pending",
    "proof": "photo 17, at the till of the corner shop",
    "reason": None,
    "points": 0,
}
_GAMES: Final = {
    "boards": [
        {"board": "spenders", "within": "", "rank": 2, "score": 98050, "scale": 2, "until": "2027-04-01"},
    ],
    "draws": [{"draw": "wheel", "plays_left": {"day": 1}, "tickets": 0}],
    "entries": [_ENTRY],
}


def _day(text: str | None) -> dt.date | None:
    """A day of a cycle as the query has it. Raises ValidationFault."""
    if text is None:
        return None
    try:
        day = dt.date.fromisoformat(text)
        if len(text) == 10 and 1970 <= day.year <= 2200:
            return day
    except ValueError:
        pass
    reasons = Text(
        en="must be a day such as 2027-03-10",
        ru="должен быть день, например 2027-03-10",
        ro="trebuie să fie o zi, de exemplu 2027-03-10",
    )
    raise ValidationFault(field="on", reason=reasons.en, reasons=reasons)


def _storable(text: str | None) -> str | None:
    # A database takes no U+0000; nothing that it could find has one.
    if text is not None and "\x00" in text:
        raise NotFound(kind="board", id="-")
    return text


@get(
    "/v1/boards/{name:str}",
    guards=[access.requires("members:read")],
    opt=http.describes(
        summary="A leaderboard or contest",
        detail="Places of the cycle around the day `on` (today), best first, in the group `within`; with `around`, a "
        "member with those next to them. Nobody's id is shown, and a name only with consent.",
        tag="Games",
        scope="members:read",
        answer=BoardOut,
        query={"on": str, "within": str, "around": str, "cursor": str, "limit": int},
        errors=_PAGED,
        examples=(Example(summary="Two places", answer=_BOARD),),
    ),
)
async def board(
    request: Request[Any, Any, Any],
    name: FromPath[str],
    on: FromQuery[str | None] = None,
    within: FromQuery[str | None] = None,
    around: FromQuery[str | None] = None,
    cursor: FromQuery[str | None] = None,
    limit: FromQuery[int | None] = None,
) -> Response[bytes]:
    """A page of a board. Raises NotFound, ValidationFault, MalformedCursor, LimitOutOfRange, MalformedId."""
    program_id = access.actor_of(request).program_id
    member_id = None if around is None else ids.from_wire("mem", around)
    day, group = _day(on), _storable(within) or ""
    async with request.app.state.database.read(programs=[program_id]) as tx:
        found = await games.board_page(
            request.app.state.runtime,
            tx,
            program_id=program_id,
            name=name,
            now=http.now(request),
            on=day,
            within=group,
            around=member_id,
            cursor=cursor,
            limit=limit,
        )
    return http.answer(found)


@get(
    "/v1/boards/{name:str}/entries",
    guards=[access.requires("members:read")],
    opt=http.describes(
        summary="The entries of a contest",
        detail="For staff who accept or reject them (an activity `board` with `act: accept` or `act: reject`), and for "
        "whoever shows them: then with `only=accepted`.",
        tag="Games",
        scope="members:read",
        answer=pages.Page[ContestEntryOut],
        query={"on": str, "only": str, "cursor": str, "limit": int},
        errors=_PAGED,
        examples=(Example(summary="One that waits", answer={"items": [_ENTRY], "next_cursor": None}),),
    ),
)
async def entries(
    request: Request[Any, Any, Any],
    name: FromPath[str],
    on: FromQuery[str | None] = None,
    only: FromQuery[str | None] = None,
    cursor: FromQuery[str | None] = None,
    limit: FromQuery[int | None] = None,
) -> Response[bytes]:
    """A page of entries. Raises NotFound, ValidationFault, MalformedCursor, LimitOutOfRange."""
    program_id, day, wanted = access.actor_of(request).program_id, _day(on), _storable(only)
    async with request.app.state.database.read(programs=[program_id]) as tx:
        page = await games.entries(
            request.app.state.runtime,
            tx,
            program_id=program_id,
            name=name,
            now=http.now(request),
            state=wanted,
            on=day,
            cursor=cursor,
            limit=limit,
        )
    return http.answer(page)


@get(
    "/v1/draws/{name:str}/proof",
    guards=[access.requires("members:read")],
    opt=http.describes(
        summary="The proof of a draw",
        detail="The hash of the secret seed of the cycle around the day `on` (today), every play of it, and, once the "
        "cycle is over, the seed: with it anybody works out again what each play had to win (docs/games.md).",
        tag="Games",
        scope="members:read",
        answer=ProofOut,
        query={"on": str, "cursor": str, "limit": int},
        errors=_PAGED,
        examples=(Example(summary="The cycle runs: the seed is not shown yet", answer=_PROOF),),
    ),
)
async def proof(
    request: Request[Any, Any, Any],
    name: FromPath[str],
    on: FromQuery[str | None] = None,
    cursor: FromQuery[str | None] = None,
    limit: FromQuery[int | None] = None,
) -> Response[bytes]:
    """What was drawn, and what proves it. Raises NotFound, ValidationFault, MalformedCursor, LimitOutOfRange."""
    program_id, day = access.actor_of(request).program_id, _day(on)
    async with request.app.state.database.read(programs=[program_id]) as tx:
        found = await games.proof(
            request.app.state.runtime,
            tx,
            program_id=program_id,
            name=name,
            now=http.now(request),
            on=day,
            cursor=cursor,
            limit=limit,
        )
    return http.answer(found)


@get(
    "/v1/members/{member_id:str}/games",
    guards=[access.requires("members:read")],
    opt=http.describes(
        summary="A member's places, plays and entries",
        tag="Games",
        scope="members:read",
        answer=MemberGamesOut,
        errors=(MemberNotFound, ids.MalformedId, ids.WrongKindOfId),
        examples=(Example(summary="Second place, one spin left today", answer=_GAMES),),
    ),
)
async def of_member(request: Request[Any, Any, Any], member_id: FromPath[str]) -> Response[bytes]:
    """What a member has in games. Raises MemberNotFound, MalformedId, WrongKindOfId."""
    program_id = access.actor_of(request).program_id
    wanted = ids.from_wire("mem", member_id)
    async with request.app.state.database.read(programs=[program_id]) as tx:
        found = await games.of_member(
            request.app.state.runtime, tx, program_id=program_id, member_id=wanted, now=http.now(request)
        )
    return http.answer(found)


ROUTES: Final = (board, entries, proof, of_member)
