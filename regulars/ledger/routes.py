"""The books over HTTP: what is owed in points."""

from __future__ import annotations

import datetime as dt
from typing import Any, Final

import msgspec
from litestar import Request, Response, get

from regulars.access import service as access
from regulars.kit import http
from regulars.kit.http import Example
from regulars.ledger import liability as books
from regulars.ledger.liability import Liability


class LiabilityOut(msgspec.Struct, frozen=True, kw_only=True):
    """What is owed at a moment; `cost` in minor units of the program's money."""

    at: dt.datetime
    items: tuple[Liability, ...]


@get(
    "/v1/ledger/liability",
    guards=[access.requires("ledger:read")],
    opt=http.describes(
        summary="What is owed in points",
        detail="By currency and funder: what remains of all lots, each at the cost of its issue.",
        tag="Points",
        scope="ledger:read",
        answer=LiabilityOut,
        examples=(
            Example(
                summary="A brand and the house",
                answer={
                    "at": "2026-11-21T16:20:00Z",
                    "items": [
                        {
                            "currency": "points",
                            "funder": "brand",
                            "accounts": 120,
                            "points": 61000,
                            "pending": 0,
                            "cost": 122000,
                        },
                        {
                            "currency": "points",
                            "funder": "house",
                            "accounts": 410,
                            "points": 940000,
                            "pending": 12000,
                            "cost": 752000,
                        },
                    ],
                },
            ),
        ),
    ),
)
async def liability(request: Request[Any, Any, Any]) -> Response[bytes]:
    """The debt of the program as of now."""
    program_id, now = access.actor_of(request).program_id, http.now(request)
    async with request.app.state.database.read(programs=[program_id]) as tx:
        found = await books.liability(tx, program_id=program_id, now=now)
    return http.answer(LiabilityOut(at=now, items=tuple(found)))


ROUTES: Final[list[Any]] = [liability]
