"""The gate in front of all routes: moment, request id, size, key and its rate; the log and the figures."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Awaitable, Callable
from datetime import datetime
from functools import cache
from http import HTTPStatus
from typing import Any, Final

import structlog
from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPScope, Receive, Scope, Send
from opentelemetry import trace

from regulars.access.contracts import Actor, BadToken
from regulars.api import problems
from regulars.api.figures import Figures
from regulars.api.limits import Allowance, Buckets
from regulars.kit import edge, http
from regulars.kit.errors import Overloaded, RateLimited, RegularsError, ValidationFault
from regulars.kit.i18n import Language, Text
from regulars.kit.settings import Settings

_log = structlog.get_logger("regulars.api")

Authenticate = Callable[[str, datetime], Awaitable[Actor]]

_REQUEST_ID: Final = re.compile(rb"[A-Za-z0-9._-]{1,64}")
_NEEDED: Final = frozenset(
    {
        b"authorization",
        b"content-length",
        b"content-type",
        b"accept-language",
        b"x-request-id",
        b"idempotency-key",
        b"traceparent",
    }
)
_SLOW_S: Final = 0.5
_AT_A_TIME: Final = 64
"""So many are turned away in one turn of the loop: of all who come at once each would else be answered between two
steps of a batch, and those who were let in would wait for that."""


class Gate:
    """An ASGI application around another."""

    def __init__(
        self,
        inside: ASGIApp,
        *,
        settings: Settings,
        authenticate: Authenticate,
        figures: Figures,
        is_full: Callable[[], bool] = lambda: False,
    ) -> None:
        self._inside = inside
        self._is_full = is_full
        self._turn = asyncio.Semaphore(_AT_A_TIME)
        self._unavailable = 0
        self._told_at_s = 0.0
        self._settings = settings
        self._authenticate = authenticate
        self._figures = figures
        # Each process counts for itself, so each gets its share.
        self._buckets = Buckets(
            rate_per_s=max(1.0, settings.rate_limit_per_s / settings.processes),
            burst=max(1, settings.rate_limit_burst // settings.processes),
        )
        self._tracer = trace.get_tracer("regulars.api") if settings.otlp_endpoint else None
        self._leaving = False
        self.when_ready: Callable[[], None] | None = None
        """Called once, when what the application stands on is there."""

    def leave(self) -> None:
        """From now on each answer closes its connection: whoever calls again comes to another process."""
        self._leaving = True

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP:
            await self._inside(scope, receive, self._telling(send))
            return
        await self._answer(scope, receive, send)

    def _telling(self, send: Send) -> Send:
        async def told(message: Any) -> None:
            await send(message)
            if message["type"] == "lifespan.startup.complete" and self.when_ready is not None:
                self.when_ready()

        return told

    async def _answer(self, scope: HTTPScope, receive: Receive, send: Send) -> None:
        started = time.perf_counter()
        headers = {name: value for name, value in scope["headers"] if name in _NEEDED}
        given = headers.get(b"x-request-id", b"")
        request_id = given.decode() if _REQUEST_ID.fullmatch(given) else edge.token(9)
        extra = [(b"x-request-id", request_id.encode())]
        if self._leaving:
            extra.append((b"connection", b"close"))
        if b"idempotency-key" in headers and self._is_full():
            # Before anything is read of it: a flood must cost less than the work that it keeps waiting.
            await self._turn_away(headers, extra, send)
            self._figures.observe(
                method="any", route="none", status=Overloaded.status, seconds=time.perf_counter() - started
            )
            self._tell_unavailable("none")
            return
        now = edge.now()
        state: dict[str, Any] = {"now": now, "request_id": request_id, "headers": headers}
        scope["state"] = state
        seen = _Seen()

        async def answered(message: Any) -> None:
            if message["type"] == "http.response.start":
                seen.status = message["status"]
                seen.seconds = time.perf_counter() - started
                message["headers"] = [*message["headers"], *extra]
            await send(message)

        try:
            try:
                _check_address(scope)
                self._check_size(headers)
                allowance = await self._recognise(headers, state, now)
                if allowance is not None:
                    extra += _rate_headers(allowance)
                    if allowance.wait_s:
                        raise RateLimited(limit=allowance.limit, window_s=allowance.window_s, wait_s=allowance.wait_s)
            except RegularsError as error:
                await refuse(error, scope, answered)
                return
            await self._pass(scope, receive, answered)
        finally:
            self._record(scope, seen, request_id, time.perf_counter() - started)

    async def _turn_away(self, headers: dict[bytes, bytes], extra: list[tuple[bytes, bytes]], send: Send) -> None:
        """503, whoever it is: nothing is asked and nothing is worked out anew."""
        language = http.accepted(headers.get(b"accept-language", b"").decode("latin-1"))
        async with self._turn:
            await asyncio.sleep(0)
            answered = [*_full_headers(language), *extra]
            await send({"type": "http.response.start", "status": Overloaded.status, "headers": answered})
            await send({"type": "http.response.body", "body": _full_body(language), "more_body": False})

    async def _pass(self, scope: HTTPScope, receive: Receive, send: Send) -> None:
        if self._tracer is None:
            await self._inside(scope, receive, send)
            return
        with self._tracer.start_as_current_span(scope["method"], kind=trace.SpanKind.SERVER) as span:
            await self._inside(scope, receive, send)
            # The route, not the path: a path may hold what a person is called elsewhere.
            route = str(scope.get("path_template", "unknown"))
            span.update_name(f"{scope['method']} {route}")
            span.set_attribute("http.route", route)
            span.set_attribute("http.request.method", scope["method"])

    def _check_size(self, headers: dict[bytes, bytes]) -> None:
        length = headers.get(b"content-length", b"0")
        if not length.isdigit():
            raise problems.MalformedRequest
        if int(length) > self._settings.body_bytes_max:
            raise http.BodyTooLarge(bytes_max=self._settings.body_bytes_max)
        kind = headers.get(b"content-type")
        if kind is not None and int(length) > 0 and b"json" not in kind.lower():
            raise problems.UnsupportedMediaType(given=kind[:100].decode("latin-1"))

    async def _recognise(self, headers: dict[bytes, bytes], state: dict[str, Any], now: datetime) -> Allowance | None:
        given = headers.get(b"authorization")
        if given is None:
            return None
        kind, _, token = given.decode("latin-1").partition(" ")
        if kind.lower() != "bearer" or not token.strip():
            raise BadToken
        actor = await self._authenticate(token.strip(), now)
        state["actor"] = actor
        return self._buckets.take(actor.key_id, now_s=time.monotonic(), rate_per_minute=actor.rate_per_minute)

    def _record(self, scope: HTTPScope, seen: _Seen, request_id: str, seconds: float) -> None:
        # Without a route there is no bound on what the label may be.
        route = str(scope.get("path_template") or "none")
        self._figures.observe(
            method=scope["method"] if scope.get("path_template") else "any",
            route=route,
            status=seen.status,
            seconds=seen.seconds or seconds,
        )
        if seen.status == HTTPStatus.SERVICE_UNAVAILABLE:
            self._tell_unavailable(route)
        elif seen.status >= 400 or seen.seconds > _SLOW_S:
            level = _log.error if seen.status >= 500 else _log.info
            actor = scope["state"].get("actor")
            level(
                "request",
                method=scope["method"],
                route=route,
                status=seen.status,
                ms=round(seconds * 1000, 1),
                request_id=request_id,
                program=actor.program_id if actor else None,
                key=str(actor.key_id) if actor else None,
            )

    def _tell_unavailable(self, route: str) -> None:
        # Once a second: telling each of a flood would take the time of those who could be answered.
        self._unavailable += 1
        now_s = time.monotonic()
        if now_s - self._told_at_s >= 1.0:
            _log.error("unavailable", route=route, requests=self._unavailable)
            self._unavailable, self._told_at_s = 0, now_s


def _check_address(scope: HTTPScope) -> None:
    # No database of ours stores the character, and it would be told much later by a fault.
    if b"%00" in scope["query_string"] or "\x00" in scope["path"]:
        reasons = Text(
            en="holds the character U+0000; please leave it out",
            ru="содержит символ U+0000; уберите его",
            ro="conține caracterul U+0000; eliminați-l",
        )
        raise ValidationFault(field="url", reason=reasons.en, reasons=reasons)


class _Seen:
    """What the answer turned out to be."""

    __slots__ = ("seconds", "status")

    def __init__(self) -> None:
        self.status = 500
        self.seconds = 0.0


def _rate_headers(allowance: Allowance) -> list[tuple[bytes, bytes]]:
    return [
        (b"ratelimit-limit", str(allowance.limit).encode()),
        (b"ratelimit-remaining", str(allowance.remaining).encode()),
        (b"ratelimit-reset", str(allowance.reset_s).encode()),
    ]


@cache
def _full_body(language: Language) -> bytes:
    return problems.encode(Overloaded(), language=language)


@cache
def _full_headers(language: Language) -> list[tuple[bytes, bytes]]:
    return _headers(Overloaded(), language, _full_body(language))


async def refuse(error: RegularsError, scope: Scope, send: Send) -> None:
    """Answer with an error as problem details, from outside any route."""
    wanted = scope["state"]["headers"].get(b"accept-language", b"").decode("latin-1")
    language = http.accepted(wanted)
    body = problems.encode(error, language=language)
    await send({"type": "http.response.start", "status": error.status, "headers": _headers(error, language, body)})
    await send({"type": "http.response.body", "body": body, "more_body": False})


def _headers(error: RegularsError, language: Language, body: bytes) -> list[tuple[bytes, bytes]]:
    return [
        (b"content-type", problems.MEDIA_TYPE.encode()),
        (b"content-language", language.encode()),
        (b"content-length", str(len(body)).encode()),
        *((name.encode(), value.encode()) for name, value in problems.headers(error).items()),
    ]
