"""What the routes of every room share: reading a body strictly, answering, saying what a route takes and gives.

Litestar's own `data` converts loosely and is never used. A route takes `request: Request`, reads its body with `body`,
and answers with `answer`. What goes wrong is raised as a RegularsError; the api room turns it into problem+json.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, TypeVar
from urllib.parse import parse_qsl

import msgspec
from litestar import Request, Response
from litestar.connection import ASGIConnection
from litestar.types import Scope

from regulars.kit import edge, i18n, strict
from regulars.kit.errors import RegularsError
from regulars.kit.i18n import Language, Text

T = TypeVar("T")

JSON: Final = "application/json"


class BodyTooLarge(RegularsError):
    """The body is larger than any request of ours may be."""

    status = 413
    texts = Text(
        en="The body is larger than {bytes_max} bytes.",
        ru="Тело запроса больше {bytes_max} байт.",
        ro="Corpul cererii depășește {bytes_max} octeți.",
    )
    bytes_max: int


class Example(msgspec.Struct, frozen=True, kw_only=True):
    """One example of an operation: what goes in and what comes out, as they stand in JSON."""

    summary: str
    body: Any = None
    answer: Any = None


class Description(msgspec.Struct, frozen=True, kw_only=True):
    """What the OpenAPI page says about a route beyond its path: `opt=http.describes(...)` on a handler."""

    summary: str
    detail: str = ""
    tag: str = ""
    scope: str | None = None
    body: Any = None
    answer: Any = None
    status: int = 200
    waits: bool = False
    """Whether the same answer may come with 202: taken, but waiting for something."""
    media_type: str = JSON
    errors: tuple[type[RegularsError], ...] = ()
    query: dict[str, Any] = {}
    headers: dict[str, str] = {}
    examples: tuple[Example, ...] = ()


def describes(
    *,
    summary: str,
    detail: str = "",
    tag: str = "",
    scope: str | None = None,
    body: Any = None,
    answer: Any = None,
    status: int = 200,
    waits: bool = False,
    media_type: str = JSON,
    errors: tuple[type[RegularsError], ...] = (),
    query: dict[str, Any] | None = None,
    headers: dict[str, str] | None = None,
    examples: tuple[Example, ...] = (),
) -> dict[str, Any]:
    """The `opt` of a handler.

    `scope` is the right that its guard asks for (None: public). `body` and `answer` are msgspec types; `query` maps a
    parameter to its type, `headers` a header to what it means. Every operation needs one example at least.
    """
    return {
        "describes": Description(
            summary=summary,
            detail=detail,
            tag=tag,
            scope=scope,
            body=body,
            answer=answer,
            status=status,
            waits=waits,
            media_type=media_type,
            errors=errors,
            query=query or {},
            headers=headers or {},
            examples=examples,
        )
    }


class UnknownParameter(RegularsError):
    """The address carries a query parameter that this operation does not know: it would not do what was meant."""

    status = 400
    texts = Text(
        en="This operation has no query parameter {parameter}. It knows: {known}.",
        ru="У этой операции нет параметра запроса {parameter}. Известны: {known}.",
        ro="Această operație nu are parametrul {parameter}. Cunoaște: {known}.",
    )
    parameter: str
    known: str


def check_query(query: bytes, opt: Mapping[str, Any]) -> None:
    """Whether an operation (`opt` as of `describes`) knows every parameter of a query string. Raises
    UnknownParameter."""
    if not query:
        return
    described = opt.get("describes")
    known = described.query if described is not None else {}
    for name, _ in parse_qsl(query.decode("latin-1"), keep_blank_values=True):
        if name not in known:
            raise UnknownParameter(parameter=name[:60], known=", ".join(sorted(known)) or "-")


async def body(request: Request[Any, Any, Any], decoder: msgspec.json.Decoder[T]) -> T:
    """The body, decoded strictly. Raises BodyTooLarge and what `strict.decode` raises."""
    return strict.decode(await request.body(), decoder)


def answer(value: Any, *, status: int = 200, headers: dict[str, str] | None = None) -> Response[bytes]:
    """A JSON answer of anything that msgspec encodes; ids and money are already as they stand on the wire."""
    return Response(msgspec.json.encode(value), status_code=status, media_type=JSON, headers=headers)


def now(connection: ASGIConnection[Any, Any, Any, Any]) -> datetime:
    """The moment this request arrived: the same for everything that it does."""
    return moment(connection.scope)


def moment(scope: Scope) -> datetime:
    """The same from a bare scope. The gate of the api room reads the clock; without it, the clock is read here once."""
    state: dict[str, Any] = scope.setdefault("state", {})
    if "now" not in state:
        state["now"] = edge.now()
    arrived: datetime = state["now"]
    return arrived


def actor(connection: ASGIConnection[Any, Any, Any, Any]) -> Any:
    """Who asks: the `Actor` of the access room that the gate found for the token; None without a token."""
    return connection.scope.get("state", {}).get("actor")


def language(connection: ASGIConnection[Any, Any, Any, Any]) -> Language:
    """The first language of `Accept-Language` that is ours; English otherwise."""
    return accepted(connection.headers.get("accept-language"))


def accepted(header: str | None) -> Language:
    """The same for the header's text: `ro-MD, ru;q=0.8` is ro."""
    wanted: list[tuple[float, int, Language]] = []
    for place, part in enumerate((header or "").split(",")[:20]):
        tag, _, weight = part.partition(";q=")
        primary = tag.strip().replace("_", "-").split("-")[0].lower()
        if primary in i18n.LANGUAGES:
            wanted.append((-_weight(weight), place, i18n.language_of(primary)))
    return min(wanted)[2] if wanted else i18n.FALLBACK


def _weight(text: str) -> float:
    try:
        return float(text) if text else 1.0
    except ValueError:
        return 0.0
