"""Frozen balances over HTTP: which they are, and letting one be spent from again."""

from __future__ import annotations

from typing import Annotated, Any, Final

import msgspec
from litestar import Request, Response, get, post
from msgspec import Meta

from regulars.access import service as access
from regulars.activities import thawing
from regulars.activities.thawing import BalanceStillBroken, NotFrozen, Thawed
from regulars.kit import http, ids
from regulars.kit.http import Example
from regulars.ledger import service as ledger


class FrozenOut(msgspec.Struct, frozen=True, kw_only=True):
    """A balance that earns and may not be spent from, and what the check found; numbers in smallest units."""

    account: str
    currency: str
    reason: str
    active: int
    pending: int
    held: int
    arrears: int


class FrozenListOut(msgspec.Struct, frozen=True):
    """All frozen balances of the program."""

    items: tuple[FrozenOut, ...]


class ThawIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A balance that was looked at, and what came out."""

    account: Annotated[str, Meta(min_length=1, max_length=40)]
    currency: Annotated[str, Meta(min_length=1, max_length=120)]
    reason: Annotated[str, Meta(min_length=3, max_length=500, pattern=r"\S")]


_thaw_in: Final = msgspec.json.Decoder(ThawIn)
_ACCOUNT: Final = "acc_06DQ8V0M2KQ7A4RYD1T3ZC5E9G"
_FROZEN: Final = {
    "account": _ACCOUNT,
    "currency": "points",
    "reason": "I2: balance.active: it is not the sum of the entries",
    "active": 409,
    "pending": 0,
    "held": 40,
    "arrears": 0,
}
_THAW: Final = {"account": _ACCOUNT, "currency": "points", "reason": "Row put back from the backup of 21 March."}


@get(
    "/v1/ledger/frozen",
    guards=[access.requires("ledger:read")],
    opt=http.describes(
        summary="Frozen balances",
        detail="The check found that they do not hold: they earn, and nothing is spent from them until a person has "
        "looked.",
        tag="Points",
        scope="ledger:read",
        answer=FrozenListOut,
        examples=(Example(summary="One", answer={"items": [_FROZEN]}),),
    ),
)
async def frozen(request: Request[Any, Any, Any]) -> Response[bytes]:
    """All of them."""
    program_id = access.actor_of(request).program_id
    async with request.app.state.database.read(programs=[program_id]) as tx:
        found = await ledger.frozen(tx, program_id=program_id)
    shown = [
        FrozenOut(
            account=ids.to_wire("acc", one.account_id),
            currency=one.currency,
            reason=one.reason,
            active=one.active,
            pending=one.pending,
            held=one.held,
            arrears=one.arrears,
        )
        for one in found
    ]
    return http.answer(FrozenListOut(tuple(shown)))


@post(
    "/v1/ledger/frozen/thaw",
    guards=[access.requires("admin")],
    opt=http.describes(
        summary="Let a frozen balance be spent from again",
        detail="It is checked from its first entry on; only one that holds is let go. What was done and why goes into "
        "the audit log.",
        tag="Points",
        scope="admin",
        body=ThawIn,
        answer=Thawed,
        errors=(NotFrozen, BalanceStillBroken, ids.MalformedId, ids.WrongKindOfId),
        examples=(
            Example(
                summary="Put right and let go",
                body=_THAW,
                answer={"account": _ACCOUNT, "currency": "points", "way": "holds", "accepted": 0},
            ),
        ),
    ),
)
async def thawed(request: Request[Any, Any, Any]) -> Response[bytes]:
    """One that holds. Raises NotFrozen, BalanceStillBroken, MalformedId, WrongKindOfId."""
    program_id = access.actor_of(request).program_id
    wanted = await http.body(request, _thaw_in)
    account_id = ids.from_wire("acc", wanted.account)
    async with request.app.state.database.transaction(programs=[program_id]) as tx:
        done = await thawing.thaw(
            tx,
            access.signature(request),
            request.app.state.settings.home,
            account_id=account_id,
            currency=wanted.currency,
            reason=wanted.reason,
        )
    return http.answer(done)


ROUTES: Final[list[Any]] = [frozen, thawed]
