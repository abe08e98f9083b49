"""Is it alive, can it work, and what are its figures: for those who run it. No key needed, no rate."""

from __future__ import annotations

from typing import Any, Final

import msgspec
from litestar import Request, Response, get

from regulars.api import figures
from regulars.kit import http


class Health(msgspec.Struct, frozen=True):
    """The process answers."""

    status: str
    version: str


class Readiness(msgspec.Struct, frozen=True):
    """The process can serve the till: its database answers. `programs` is how many have a release loaded here; none is
    fine, they are loaded when first asked for."""

    status: str
    database: str
    programs: int


VERSION: Final = "0.4.0"


@get(
    "/health",
    opt=http.describes(
        summary="Is the process alive",
        detail="Answers as long as the process does, also while its database is away.",
        tag="Operation",
        answer=Health,
        examples=(http.Example(summary="Alive", answer={"status": "ok", "version": VERSION}),),
    ),
)
async def health() -> Response[bytes]:
    """Liveness."""
    return http.answer(Health(status="ok", version=VERSION))


@get(
    "/ready",
    opt=http.describes(
        summary="Can it serve requests",
        detail="200 when the database answers; 503 with Retry-After while it does not.",
        tag="Operation",
        answer=Readiness,
        examples=(http.Example(summary="Ready", answer={"status": "ready", "database": "ok", "programs": 1}),),
    ),
)
async def ready(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Readiness. Raises DatabaseUnavailable."""
    await request.app.state.database.ping()
    loaded = request.app.state.runtime.programs.loaded
    return http.answer(Readiness(status="ready", database="ok", programs=loaded))


@get(
    "/metrics",
    opt=http.describes(
        summary="Figures for Prometheus",
        tag="Operation",
        media_type="text/plain",
        examples=(http.Example(summary="Figures", answer="# HELP regulars_requests_total Answered requests."),),
    ),
)
async def metrics() -> Response[bytes]:
    """Figures in the text format of Prometheus."""
    return Response(figures.exposition(), media_type=figures.MEDIA_TYPE)


ROUTES: Final = [health, ready, metrics]
