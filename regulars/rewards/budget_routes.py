"""Budgets and stock over HTTP: what is used, left and was cut, and how much of a reward there is."""

from __future__ import annotations

from typing import Annotated, Any, Final

import msgspec
from litestar import Request, Response, get, post
from litestar.params import FromPath
from msgspec import Meta

from regulars.access import service as access
from regulars.access.contracts import UnknownProgram
from regulars.activities import service as activities
from regulars.activities.service import StockBelowUse, StockMoved, StockTooLarge
from regulars.kit import http, strict
from regulars.kit.database import Transaction
from regulars.kit.errors import NotFound, ValidationFault
from regulars.kit.http import Example
from regulars.kit.i18n import Text
from regulars.kit.money import AMOUNT_MAX
from regulars.kit.reasons import Reason
from regulars.program.contracts.workflow import NotYours
from regulars.rewards import budgets, orders
from regulars.rewards.budgets import BudgetOut, StockOut

_EITHER: Final = Text(en="give either set or add", ru="нужно либо set, либо add", ro="dați fie set, fie add")
_KEY: Final = "/v1/programs/{program:str}"
_Count = Annotated[int, Meta(ge=0, le=AMOUNT_MAX)]
_Change = Annotated[int, Meta(ge=-AMOUNT_MAX, le=AMOUNT_MAX)]


class BudgetsOut(msgspec.Struct, frozen=True):
    """All budgets of the release in force, by name."""

    items: tuple[BudgetOut, ...]


class StocksOut(msgspec.Struct, frozen=True):
    """All rewards of which there is only so much, by name and variant."""

    items: tuple[StockOut, ...]


class OrdersCounted(msgspec.Struct, frozen=True):
    """Orders by reward and state."""

    items: tuple[orders.CountedOut, ...]


class SupplyIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """So much in all (`set`) or so much more (`add`, below 0: less), and why. With `was` nothing is changed where the
    stock is not what the caller takes it for."""

    set: _Count | None = None
    add: _Change | None = None
    was: _Count | None = None
    reason: Reason


_supply_in: Final = msgspec.json.Decoder(SupplyIn)
_STOCK: Final = {"reward": "mug", "variant": None, "supplied": 100, "used": 3, "left": 97}
_BUDGET: Final = {
    "budget": "offers.come_back",
    "of": ["offers.come_back"],
    "what": "money",
    "size": 2000000,
    "per": "store",
    "period": "calendar month",
    "used": 31250,
    "left": None,
    "cut": 0,
    "parts": [
        {"owner": "store:17", "period": "2026-11-01", "used": 31250, "left": 1968750, "cut": 0, "low": False},
    ],
}


@get(
    f"{_KEY}/budgets",
    guards=[access.requires("program:read", partners=True)],
    opt=http.describes(
        summary="What budgets have left",
        detail="One line for each thing that a budget counts: money in minor units, uses, or a currency in its "
        "smallest units. used, left and cut are those of the running period; where each store or partner has a budget "
        "of its own, left is null and parts say it. parts are the hundred latest, of earlier periods too. cut is what "
        "would have been given, had there been more.",
        tag="Budgets",
        scope="program:read",
        answer=BudgetsOut,
        errors=(UnknownProgram, activities.NothingPublished),
        examples=(Example(summary="One, by store and month", answer={"items": [_BUDGET]}),),
    ),
)
async def budgets_shown(request: Request[Any, Any, Any], program: FromPath[str]) -> Response[bytes]:
    """Every budget. Raises UnknownProgram, NothingPublished."""
    actor = await access.actor_in(request, program)
    compiled = await budgets.in_force(request.app.state.runtime, actor.program_id)
    async with request.app.state.database.read(programs=[actor.program_id]) as tx:
        found = await budgets.shown(tx, compiled, now=http.now(request), partner=actor.partner)
    return http.answer(BudgetsOut(tuple(found)))


@get(
    f"{_KEY}/stock",
    guards=[access.requires("program:read", partners=True)],
    opt=http.describes(
        summary="The stock of rewards",
        tag="Budgets",
        scope="program:read",
        answer=StocksOut,
        errors=(UnknownProgram, activities.NothingPublished),
        examples=(Example(summary="One reward", answer={"items": [_STOCK]}),),
    ),
)
async def stock_shown(request: Request[Any, Any, Any], program: FromPath[str]) -> Response[bytes]:
    """All stock. Raises UnknownProgram, NothingPublished."""
    actor = await access.actor_in(request, program)
    compiled = await budgets.in_force(request.app.state.runtime, actor.program_id)
    async with request.app.state.database.read(programs=[actor.program_id]) as tx:
        found = await budgets.stocks(tx, compiled, partner=actor.partner)
    return http.answer(StocksOut(tuple(found)))


_SUPPLIED: Final[dict[str, Any]] = {
    "detail": "Set it, or add to it; the reason is audited. It is never below what is ordered already.",
    "tag": "Budgets",
    "scope": "program:write",
    "body": SupplyIn,
    "headers": activities.KEYED,
    "answer": StockOut,
    "errors": (
        UnknownProgram,
        activities.NothingPublished,
        NotFound,
        NotYours,
        ValidationFault,
        StockBelowUse,
        StockTooLarge,
        StockMoved,
    ),
    "examples": (Example(summary="A delivery", body={"add": 50, "reason": "delivery 17"}, answer=_STOCK),),
}


@post(
    f"{_KEY}/stock/{{reward:str}}",
    status_code=200,
    guards=[access.requires("program:write", partners=True)],
    opt=http.describes(summary="Supply a reward", **_SUPPLIED),
)
async def stock_supplied(
    request: Request[Any, Any, Any], program: FromPath[str], reward: FromPath[str]
) -> Response[bytes]:
    """More or less of a reward. Raises what the description names."""
    return await _supply(request, program, reward, None)


@post(
    f"{_KEY}/stock/{{reward:str}}/{{variant:str}}",
    status_code=200,
    guards=[access.requires("program:write", partners=True)],
    opt=http.describes(summary="Supply a variant of a reward", **_SUPPLIED),
)
async def variant_supplied(
    request: Request[Any, Any, Any], program: FromPath[str], reward: FromPath[str], variant: FromPath[str]
) -> Response[bytes]:
    """More or less of a variant. Raises what the description names."""
    return await _supply(request, program, reward, variant)


@get(
    f"{_KEY}/orders",
    guards=[access.requires("program:read", partners=True)],
    opt=http.describes(
        summary="How many orders there are",
        detail="By reward and state, without members. The key of a partner sees those of their rewards.",
        tag="Rewards",
        scope="program:read",
        answer=OrdersCounted,
        errors=(UnknownProgram, activities.NothingPublished),
        examples=(Example(summary="One reward", answer={"items": [{"reward": "mug", "state": "open", "orders": 3}]}),),
    ),
)
async def orders_counted(request: Request[Any, Any, Any], program: FromPath[str]) -> Response[bytes]:
    """Orders by reward and state. Raises UnknownProgram, NothingPublished."""
    actor = await access.actor_in(request, program)
    mine = None
    if actor.partner is not None:
        held = (await budgets.in_force(request.app.state.runtime, actor.program_id)).program.rewards
        mine = [name for name, one in held.items() if one.owner == actor.partner]
    async with request.app.state.database.read(programs=[actor.program_id]) as tx:
        found = await orders.counted(tx, program_id=actor.program_id, rewards=mine)
    return http.answer(OrdersCounted(tuple(found)))


async def _supply(request: Request[Any, Any, Any], program: str, reward: str, variant: str | None) -> Response[bytes]:
    actor = await access.actor_in(request, program)
    raw = await request.body()
    activities.keyed(request, raw)
    given = strict.decode(raw, _supply_in)
    if (given.set is None) == (given.add is None):
        raise ValidationFault(field="set", reason=_EITHER.en, reasons=_EITHER)
    compiled = await budgets.in_force(request.app.state.runtime, actor.program_id)
    key = budgets.stock_key(compiled, reward, variant, partner=actor.partner)

    async def work(tx: Transaction) -> StockOut:
        was, now = await activities.supply(
            tx, program_id=actor.program_id, key=key, wanted=given.set, add=given.add or 0, was=given.was
        )
        before, after = {"supplied": was.supplied}, {"supplied": now.supplied, "reason": given.reason}
        await access.recorded(tx, request, "stock.supply", key.metric.removeprefix("stock:"), before, after)
        return budgets.stock(reward, variant, now)

    return await activities.once(request, raw, work)


ROUTES: Final[list[Any]] = [budgets_shown, stock_shown, stock_supplied, variant_supplied, orders_counted]
