"""Rights of routes: `guards=[access.requires("till")]`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler

from regulars.access.contracts import Actor, ClosedToPartners, MissingToken, Scope, ScopeMissing
from regulars.kit import http

Guard = Callable[[ASGIConnection[Any, Any, Any, Any], BaseRouteHandler], Awaitable[None]]


def requires(scope: Scope, *, partners: bool = False) -> Guard:
    """A guard that lets in whoever holds the scope; partners' keys only where the route says that it shows and changes
    nothing but what is theirs. It raises MissingToken, ScopeMissing, ClosedToPartners, UnknownParameter."""

    # Not a plain function: Litestar would run that in a thread, for a tenth of a millisecond a request.
    async def guard(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
        actor = actor_of(connection)
        if not actor.may(scope):
            raise ScopeMissing(scope=scope)
        if actor.partner is not None and not partners:
            raise ClosedToPartners(partner=actor.partner)
        http.check_query(connection.scope["query_string"], handler.opt)

    return guard


def actor_of(connection: ASGIConnection[Any, Any, Any, Any]) -> Actor:
    """Who asks. Raises MissingToken."""
    actor = http.actor(connection)
    if not isinstance(actor, Actor):
        raise MissingToken
    return actor
