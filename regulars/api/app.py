"""The application: the routes of every room behind the gate."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Callable
from datetime import datetime
from typing import Any

import structlog
from litestar import Litestar, Request, Response
from litestar.exceptions import HTTPException

from regulars import assembly
from regulars.access import service as access
from regulars.access.contracts import Actor
from regulars.api import events, health, problems, reference
from regulars.api.figures import Figures
from regulars.api.gate import Gate
from regulars.kit import http, observability, server
from regulars.kit import settings as configuration
from regulars.kit.address import Address
from regulars.kit.database import Database
from regulars.kit.errors import RegularsError
from regulars.kit.settings import Settings

_log = structlog.get_logger("regulars.api")


def application() -> Gate:
    """The application of one server process, from `REGULARS_*`: what Granian loads."""
    settings = configuration.load()
    observability.set_up(settings, process="api")
    return build(settings, where=server.locate(settings))


def build(settings: Settings, *, where: Address, routes: Litestar | None = None) -> Gate:
    """The application over a database. It starts while the database is away, and answers 503 until it is back. `routes`
    are those of an application that has ended, of the same `body_bytes_max`: registering them takes a while."""
    database = Database(where, size=settings.pool_connections)
    app = routes or routes_only(life, body_bytes_max=settings.body_bytes_max)
    app.state.update(
        {
            "settings": settings,
            "database": database,
            "release_checks": assembly.release_checks,
            "impact_counters": assembly.impact_counters,
            "partners": assembly.partners,
            "in_force": assembly.in_force,
            "standing": assembly.standing,
        }
    )

    async def authenticate(token: str, now: datetime) -> Actor:
        return await access.authenticate(database, token, now=now)

    def is_full() -> bool:
        runtime = app.state.get("runtime")
        return runtime is not None and runtime.batcher.is_full

    return Gate(app, settings=settings, authenticate=authenticate, figures=Figures(), is_full=is_full)


@contextlib.asynccontextmanager
async def life(app: Litestar) -> AsyncIterator[None]:
    """What an application stands on, from its first request to its last."""
    settings, database = app.state.settings, app.state.database
    async with database, assembly.living(settings, database) as runtime:
        app.state.runtime = runtime
        yield


def routes_only(
    life: Callable[[Litestar], contextlib.AbstractAsyncContextManager[None]] | None = None,
    *,
    body_bytes_max: int = 1_000_000,
) -> Litestar:
    """All routes without what they stand on: enough to describe them."""
    return Litestar(
        route_handlers=[*reference.ROUTES, *health.ROUTES, *events.ROUTES, *assembly.routes()],
        exception_handlers={RegularsError: _problem, HTTPException: _framework_problem, Exception: _fault},
        lifespan=[life] if life else None,
        openapi_config=None,
        logging_config=None,
        request_max_body_size=body_bytes_max,
    )


def _problem(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    assert isinstance(error, RegularsError)  # noqa: S101 - Litestar's table of handlers says so
    language = http.language(request)
    return Response(
        problems.encode(error, language=language),
        status_code=error.status,
        media_type=problems.MEDIA_TYPE,
        headers={"content-language": language, **problems.headers(error)},
    )


def _framework_problem(request: Request[Any, Any, Any], fault: Exception) -> Response[bytes]:
    assert isinstance(fault, HTTPException)  # noqa: S101 - Litestar's table of handlers says so
    known = problems.from_framework(
        fault,
        method=request.method,
        path=request.url.path,
        bytes_max=request.app.state.settings.body_bytes_max,
    )
    return _fault(request, fault) if known is None else _problem(request, known)


def _fault(request: Request[Any, Any, Any], fault: Exception) -> Response[bytes]:
    request_id = str(request.scope["state"].get("request_id", ""))
    _log.error("fault", request_id=request_id, route=request.scope.get("path_template"), exc_info=fault)
    return _problem(request, problems.InternalFault(request_id=request_id))
