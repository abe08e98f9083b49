"""The hot doors: plain ASGI handlers inside the application, since a request object and its answer cost 30 us more.

Body in, Intake to `activities`, the stored bytes out. They share Litestar's routing, guards and error answers.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final, Literal, TypeVar

import msgspec
from litestar import Request, Response, asgi, post, put
from litestar.enums import ScopeType
from litestar.exceptions import MethodNotAllowedException
from litestar.types import Receive, Scope, Send

from regulars.access import service as access
from regulars.access.contracts import Actor, MissingToken, ScopeMissing
from regulars.activities.contracts import Circumstances, Reply
from regulars.activities.faults import IdempotencyKeyMalformed, IdempotencyKeyMissing
from regulars.kit import bounds, http, strict

B = TypeVar("B")


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """Who calls, when, under which key, with which bytes."""

    actor: Actor
    key: str | None
    digest: bytes
    at: dt.datetime


# What an operation does with a decoded body: runtime, call, body, path parameters.
Act = Callable[[Any, Call, B, Mapping[str, Any]], Awaitable[Reply]]

_KEY: Final = re.compile(rb"[\x21-\x7e]{1,255}")
_MAKERS: Final = {"POST": post, "PUT": put}
_PROBLEM: Final = "application/problem+json"
REPLAYED: Final = {"idempotency-replayed": "true"}
KEYED: Final = {"Idempotency-Key": "A text of yours, new for each activity and the same on retries."}
"""The header that a keyed operation is described with."""


def door(
    path: str,
    act: Act[B],
    *,
    body: type[B],
    keyed: bool = True,
    scope: Any = "till",
    method: Literal["POST", "PUT"] = "POST",
    **described: Any,
) -> Any:
    """An operation that hands in an activity (`keyed`), or asks about one; PUT only where the path has parameters."""
    decoder = msgspec.json.Decoder(body)
    headers = KEYED if keyed else {}
    opt = http.describes(scope=scope, body=body, headers=headers, **described) | {"method": method}
    right = scope
    if "{" in path:
        options = {"guards": [access.requires(scope)], "opt": opt}
        return _cold(path, act, decoder, keyed=keyed, make=_MAKERS[method], options=options)

    async def handle(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP or scope["method"] != "POST":
            raise MethodNotAllowedException(headers={"allow": "POST"})
        # The guard's own question, without the connection object that Litestar makes for a guard.
        actor = scope["state"].get("actor")
        if actor is None:
            raise MissingToken
        if not actor.may(right):
            raise ScopeMissing(scope=right)
        http.check_query(scope["query_string"], opt)
        app = scope["litestar_app"]
        raw = await read(receive, app.state.settings.body_bytes_max)
        reply = await act(
            app.state.runtime, call(scope, raw, keyed=keyed), strict.decode(raw, decoder), scope["path_params"]
        )
        await answer(reply, send)

    return asgi(path, copy_scope=False, opt=opt)(_named(handle, act))


def _cold(
    path: str, act: Act[B], decoder: msgspec.json.Decoder[B], *, keyed: bool, make: Any, options: dict[str, Any]
) -> Any:
    # Litestar 2.25 cannot route to a plain ASGI handler whose path has parameters (KeyError of the method).
    async def handle(request: Request[Any, Any, Any]) -> Response[bytes]:
        raw = await request.body()
        reply = await act(
            request.app.state.runtime,
            call(request.scope, raw, keyed=keyed),
            strict.decode(raw, decoder),
            request.path_params,
        )
        return Response(
            reply.body, status_code=reply.status, media_type=_kind(reply), headers=REPLAYED if reply.replayed else None
        )

    return make(path, **options)(_named(handle, act))


def _named(handle: Any, act: Any) -> Any:
    handle.__name__, handle.__doc__ = act.__name__, act.__doc__
    return handle


def call(scope: Any, raw: bytes, *, keyed: bool) -> Call:
    """Who calls, from what the gate found. Raises MissingToken, IdempotencyKeyMissing, IdempotencyKeyMalformed."""
    state = scope["state"]
    actor = state.get("actor")
    if actor is None:
        raise MissingToken
    key = state["headers"].get(b"idempotency-key")
    if keyed and key is None:
        raise IdempotencyKeyMissing
    if keyed and not _KEY.fullmatch(key):
        raise IdempotencyKeyMalformed
    # The same bytes to another path are another request.
    digest = hashlib.sha256(f"{scope['method']} {scope['path']}".encode() + b"\n" + raw).digest()
    return Call(actor=actor, key=key.decode() if keyed else None, digest=digest, at=http.moment(scope))


async def read(receive: Receive, bytes_max: int) -> bytes:
    """The body, up to a size. Raises BodyTooLarge; a client that went away ends the request."""
    message: Any = await receive()
    raw: bytes = message.get("body", b"")
    if not message.get("more_body") and len(raw) <= bytes_max:
        return raw
    chunks, size = [raw], len(raw)
    while size <= bytes_max and message.get("more_body"):
        message = await receive()
        chunks.append(message.get("body", b""))
        size += len(chunks[-1])
    if size > bytes_max:
        raise http.BodyTooLarge(bytes_max=bytes_max)
    return b"".join(chunks)


async def answer(reply: Reply, send: Send) -> None:
    """The bytes as they were stored; a refusal is a problem."""
    headers = [(b"content-type", _kind(reply).encode()), (b"content-length", str(len(reply.body)).encode())]
    if reply.replayed:
        headers += [(name.encode(), value.encode()) for name, value in REPLAYED.items()]
    await send({"type": "http.response.start", "status": reply.status, "headers": headers})
    await send({"type": "http.response.body", "body": reply.body, "more_body": False})


def _kind(reply: Reply) -> str:
    return _PROBLEM if reply.status >= 400 else http.JSON


def circumstances(call: Call, body: Circumstances) -> dict[str, Any]:
    """Who, when and where of an intake."""
    return {
        "program_id": call.actor.program_id,
        "client_id": call.actor.key_id,
        "by": answers_for(call.actor),
        "person": call.actor.staff_id or call.actor.answerable,
        "in_person": call.actor.staff_id is not None,
        "key": call.key,
        "digest": call.digest,
        "received_at": call.at,
        "occurred_at": None if body.occurred_at is None else bounds.moment("occurred_at", body.occurred_at),
        "source": body.source,
        "document": body.document,
        "channel": body.channel,
        "store": body.store,
        "till": body.till,
        "cashier": body.cashier,
        "device": body.device,
    }


def answers_for(actor: Actor) -> str:
    """Who answers for what is handed in: a person where one is known, else a key."""
    return str(actor.staff_id or actor.answerable or actor.key_id)
