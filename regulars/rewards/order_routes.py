"""Orders of rewards over HTTP: placed, given, picked, taken step by step, used, cancelled. Each is an activity with
its key."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final, Literal

from litestar import Request, Response, get
from litestar.params import FromPath, FromQuery
from msgspec import Meta
from msgspec.structs import replace

from regulars.access import service as access
from regulars.access.contracts import ScopeMissing
from regulars.activities.contracts import Answer, Circumstances, Moment, Name, Reply, Word
from regulars.activities.service import Call, door, submit_of_member
from regulars.engine.contracts.gifts import OrderAct
from regulars.kit import http, ids, pages
from regulars.kit.database import Transaction
from regulars.kit.errors import NotFound, RegularsError, ValidationFault
from regulars.kit.http import Example
from regulars.kit.money import AMOUNT_MAX
from regulars.kit.reasons import Reason
from regulars.members import service as members
from regulars.members.contracts import MemberErased, MemberNotFound
from regulars.rewards import order_examples as examples
from regulars.rewards import orders, pictures
from regulars.rewards.orders import OrderShown, OrdersOut

Short = Annotated[str, Meta(max_length=1000)]
Value = Short | Annotated[int, Meta(ge=-AMOUNT_MAX, le=AMOUNT_MAX)] | bool | list[Short] | None
Form = Annotated[dict[Name, Value], Meta(max_length=50)]
Quantity = Annotated[int, Meta(ge=1, le=1000, description="How many of it.")]


class Picks(Circumstances, frozen=True, kw_only=True):
    """What a member wants of a reward: which variant, which one of several, and what its form asks for."""

    variant: Word | None = None
    choice: Name | None = None
    form: Form = {}


class OrderBody(Picks, frozen=True, kw_only=True):
    """An order. `price` says which of its prices is paid, counted from 1; `paid` is the money paid beside points."""

    reward: Name
    price: Annotated[int, Meta(ge=1, le=100)] = 1
    quantity: Quantity = 1
    paid: Annotated[int, Meta(ge=0, le=AMOUNT_MAX, description="Money in minor units.")] = 0


class GiveBody(Picks, frozen=True, kw_only=True):
    """A reward that staff give, without its price."""

    reward: Name
    quantity: Quantity = 1
    reason: Reason


class StepBody(Circumstances, frozen=True, kw_only=True):
    """What became of a step: `done`, `told`, `confirmed`, `refused`, `failed`, or, of a parcel, `moved` to the `stage`
    that `detail` names. What else `detail` has is kept with the order."""

    outcome: Literal["done", "told", "confirmed", "refused", "failed", "moved"]
    detail: Annotated[dict[Name, Value], Meta(max_length=20)] = {}
    reason: Reason | None = None


class UseBody(Circumstances, frozen=True, kw_only=True):
    """It is handed over."""

    detail: Annotated[dict[Name, Value], Meta(max_length=20)] = {}


class CancelBody(Circumstances, frozen=True, kw_only=True):
    """Who cancels: `member`, or `staff`, which is a right of its own."""

    by: Literal["member", "staff"] = "member"
    reason: Reason | None = None


class WithdrawBody(Circumstances, frozen=True, kw_only=True):
    """A service ends: now, or at a moment to come."""

    ends_at: Moment | None = None
    reason: Reason


_STAFF: Final = "activities:write"
Path = Mapping[str, Any]


async def place(runtime: Any, call: Call, body: OrderBody, path: Path) -> Reply:
    """A member orders a reward."""
    said = OrderAct(
        act="place",
        reward=body.reward,
        price=body.price - 1,
        quantity=body.quantity,
        variant=body.variant,
        choice=body.choice,
        form=dict(body.form),
        paid=body.paid,
        by="member",
    )
    return await submit_of_member(runtime, call, body, path, type="order", order=said)


async def give(runtime: Any, call: Call, body: GiveBody, path: Path) -> Reply:
    """Staff give a reward."""
    said = OrderAct(
        act="give",
        reward=body.reward,
        quantity=body.quantity,
        variant=body.variant,
        choice=body.choice,
        form=dict(body.form),
        reason=body.reason,
    )
    return await submit_of_member(runtime, call, body, path, type="order", order=said)


async def pick(runtime: Any, call: Call, body: Picks, path: Path) -> Reply:
    """A member says what they want of what they were given."""
    said = {"variant": body.variant, "choice": body.choice, "form": dict(body.form), "by": "member"}
    return await _of_order(runtime, call, body, path, act="pick", **said)


async def step(runtime: Any, call: Call, body: StepBody, path: Path) -> Reply:
    """Whoever does a step says what became of it."""
    number = path["step"]
    said = {"outcome": body.outcome, "detail": dict(body.detail), "reason": body.reason, "step": number}
    return await _of_order(runtime, call, body, path, act="step", **said)


async def use(runtime: Any, call: Call, body: UseBody, path: Path) -> Reply:
    """It is handed over."""
    return await _of_order(runtime, call, body, path, act="use", detail=dict(body.detail))


async def cancel(runtime: Any, call: Call, body: CancelBody, path: Path) -> Reply:
    """An order is cancelled."""
    if body.by == "staff" and not call.actor.may(_STAFF):
        raise ScopeMissing(scope=_STAFF)
    return await _of_order(runtime, call, body, path, act="cancel", by=body.by, reason=body.reason)


async def withdraw(runtime: Any, call: Call, body: WithdrawBody, path: Path) -> Reply:
    """A service ends."""
    return await _of_order(runtime, call, body, path, act="withdraw", ends_at=body.ends_at, reason=body.reason)


async def _of_order(runtime: Any, call: Call, body: Circumstances, path: Path, **said: Any) -> Reply:
    order_id = ids.from_wire("ord", path["order_id"])
    async with runtime.database.read(programs=[call.actor.program_id]) as tx:
        found = await orders.one(tx, program_id=call.actor.program_id, order_id=order_id)
    whose = {"member_id": found.member}
    return await submit_of_member(runtime, call, body, whose, type="order", order=OrderAct(order_id=order_id, **said))


@get(
    "/v1/members/{member_id:str}/orders",
    guards=[access.requires("members:read")],
    opt=http.describes(
        summary="A member's orders",
        detail="The latest first; with `status` only those that are open, fulfilled, failed, cancelled or expired.",
        tag="Rewards",
        scope="members:read",
        answer=OrdersOut,
        query={"status": str, "cursor": str, "limit": int},
        errors=(MemberNotFound, pages.MalformedCursor, pages.LimitOutOfRange, ids.MalformedId, ids.WrongKindOfId),
        examples=(Example(summary="One that is on its way", answer=examples.ORDERS),),
    ),
)
async def of_member(
    request: Request[Any, Any, Any],
    member_id: FromPath[str],
    status: FromQuery[str | None] = None,
    cursor: FromQuery[str | None] = None,
    limit: FromQuery[int | None] = None,
) -> Response[bytes]:
    """A page of a member's orders. Raises MalformedCursor, LimitOutOfRange, MalformedId, WrongKindOfId."""
    return await _page(request, member=member_id, state=status, cursor=cursor, limit=limit)


@get(
    "/v1/members/{member_id:str}/services",
    guards=[access.requires("members:read")],
    opt=http.describes(
        summary="The services that a member has",
        detail="What runs because of a reward or a rule: insurances, rates, visits, each with its end.",
        tag="Rewards",
        scope="members:read",
        answer=OrdersOut,
        query={"cursor": str, "limit": int},
        errors=(MemberNotFound, pages.MalformedCursor, pages.LimitOutOfRange, ids.MalformedId, ids.WrongKindOfId),
        examples=(Example(summary="A lounge visit", answer=examples.SERVICES),),
    ),
)
async def services(
    request: Request[Any, Any, Any],
    member_id: FromPath[str],
    cursor: FromQuery[str | None] = None,
    limit: FromQuery[int | None] = None,
) -> Response[bytes]:
    """A page of what runs for a member. Raises MalformedCursor, LimitOutOfRange, MalformedId, WrongKindOfId."""
    return await _page(request, member=member_id, services=True, cursor=cursor, limit=limit)


@get(
    "/v1/orders",
    guards=[access.requires(_STAFF)],
    opt=http.describes(
        summary="The queue of orders",
        detail="Open orders, or those of another `status`; with `does` only those that wait for a parcel, a handover, "
        "a service, a webhook or a pick. The latest first.",
        tag="Rewards",
        scope=_STAFF,
        answer=OrdersOut,
        query={"status": str, "does": str, "cursor": str, "limit": int},
        errors=(pages.MalformedCursor, pages.LimitOutOfRange),
        examples=(Example(summary="One parcel to pack", answer=examples.ORDERS),),
    ),
)
async def queue(
    request: Request[Any, Any, Any],
    status: FromQuery[str | None] = None,
    does: FromQuery[str | None] = None,
    cursor: FromQuery[str | None] = None,
    limit: FromQuery[int | None] = None,
) -> Response[bytes]:
    """A page of the queue. Raises MalformedCursor, LimitOutOfRange."""
    return await _page(request, state=status or "open", does=does, cursor=cursor, limit=limit)


@get(
    "/v1/orders/{order_id:str}",
    guards=[access.requires("members:read")],
    opt=http.describes(
        summary="One order",
        tag="Rewards",
        scope="members:read",
        answer=OrderShown,
        errors=(NotFound, ids.MalformedId, ids.WrongKindOfId),
        examples=(Example(summary="A parcel", answer=examples.ORDER),),
    ),
)
async def one(request: Request[Any, Any, Any], order_id: FromPath[str]) -> Response[bytes]:
    """One order. Raises NotFound, MalformedId, WrongKindOfId."""
    program_id = access.actor_of(request).program_id
    async with request.app.state.database.read(programs=[program_id]) as tx:
        found = await orders.one(tx, program_id=program_id, order_id=ids.from_wire("ord", order_id))
        (shown,) = await _with_pictures(request, tx, [found])
    return http.answer(shown)


async def _page(request: Request[Any, Any, Any], *, member: str | None = None, **wanted: Any) -> Response[bytes]:
    program_id = access.actor_of(request).program_id
    member_id = None if member is None else ids.from_wire("mem", member)
    for name in ("state", "does"):
        if "\x00" in (wanted.get(name) or ""):
            raise NotFound(kind="order", id="-")
    async with request.app.state.database.read(programs=[program_id]) as tx:
        people = None if member_id is None else await members.people(tx, program_id=program_id, member_id=member_id)
        found = await orders.page(tx, program_id=program_id, people=people, **wanted)
        items = await _with_pictures(request, tx, found.items)
    return http.answer(OrdersOut(items, found.next_cursor))


async def _with_pictures(
    request: Request[Any, Any, Any], tx: Transaction, found: Sequence[OrderShown]
) -> tuple[OrderShown, ...]:
    seen = await pictures.of(
        request.app.state.runtime,
        tx,
        program_id=access.actor_of(request).program_id,
        rewards=sorted({one.reward for one in found}),
        now=http.now(request),
    )
    return tuple(replace(one, pictures=seen.get(one.reward, ())) for one in found)


_FAULTS: Final[tuple[type[RegularsError], ...]] = (
    ValidationFault,
    MemberNotFound,
    MemberErased,
    NotFound,
    ids.MalformedId,
    ids.WrongKindOfId,
)


def _door(path: str, act: Any, body: Any, scope: str, summary: str, detail: str, example: Any, given: Any) -> Any:
    return door(
        path,
        act,
        body=body,
        scope=scope,
        summary=summary,
        detail=detail,
        tag="Rewards",
        status=201,
        answer=Answer,
        errors=(*_FAULTS, ScopeMissing),
        examples=(Example(summary=example, body=given, answer=examples.ANSWER),),
    )


ROUTES: Final[list[Any]] = [
    _door(
        "/v1/members/{member_id:str}/orders",
        place,
        OrderBody,
        "members:write",
        "Order a reward",
        "Its price is taken, or set aside until it is fulfilled; its stock is reserved. Refused with the reason: not "
        "for this member (with the condition that does not hold), out of stock, a limit, too few points, a form that "
        "is not filled in.",
        "A mug in blue",
        {"reward": "mug", "variant": "blue", "form": {"address": "Str. Pușkin 22, Chișinău"}},
    ),
    _door(
        "/v1/members/{member_id:str}/rewards",
        give,
        GiveBody,
        _STAFF,
        "Give a reward",
        "By hand, without its price; conditions, limits and stock hold as if it were ordered.",
        "As an apology",
        {"reward": "mug", "variant": "blue", "reason": "the parcel was lost"},
    ),
    _door(
        "/v1/orders/{order_id:str}/pick",
        pick,
        Picks,
        "members:write",
        "Pick what was left open",
        "A reward that a rule gave waits until the member says which one, which variant, where to.",
        "The cake",
        {"choice": "cake"},
    ),
    _door(
        "/v1/orders/{order_id:str}/steps/{step:int}",
        step,
        StepBody,
        _STAFF,
        "Say what became of a step",
        "From whoever does it: staff, a courier, the receiver of a webhook. Only the step that the order waits at "
        "takes an outcome; a second one changes nothing (409).",
        "Shipped, with its number",
        {"outcome": "moved", "detail": {"stage": "shipped", "tracking": "MD1234567"}},
    ),
    _door(
        "/v1/orders/{order_id:str}/use",
        use,
        UseBody,
        "till",
        "Hand it over",
        "Whether the member may still have it is asked once more, and the answer has the condition that does not hold.",
        "At the counter",
        {"store": "s1"},
    ),
    _door(
        "/v1/orders/{order_id:str}/cancel",
        cancel,
        CancelBody,
        "members:write",
        "Cancel an order",
        "As its type allows. Points go back to the lots they came from, stock and limits have room again, what its "
        "steps gave goes back, a service ends.",
        "The member does not want it any more",
        {"by": "member"},
    ),
    _door(
        "/v1/orders/{order_id:str}/withdraw",
        withdraw,
        WithdrawBody,
        _STAFF,
        "End a service",
        "Now, or at a moment to come. What was used stays used; nothing is taken back.",
        "Paid late",
        {"ends_at": "2027-04-01T00:00:00+03:00", "reason": "paid late"},
    ),
    of_member,
    services,
    queue,
    one,
]
