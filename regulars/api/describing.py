"""The API described: OpenAPI 3.1 from the route table, the Structs and the examples. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any, Final

import msgspec
from litestar import Litestar
from litestar.handlers import BaseRouteHandler
from litestar.routes import ASGIRoute, HTTPRoute, WebSocketRoute

from regulars import assembly
from regulars.access.contracts import SCOPES, BadToken, ClosedToPartners, MissingToken, ScopeMissing
from regulars.api import problems
from regulars.api.health import VERSION
from regulars.kit import http, strict
from regulars.kit.errors import DatabaseUnavailable, RateLimited, RegularsError
from regulars.kit.http import Description

_REF: Final = "#/components/schemas/{name}"
_OF_BODIES: Final = (http.BodyTooLarge, problems.UnsupportedMediaType, strict.MalformedJson)
_OF_KEYS: Final = (MissingToken, BadToken, ScopeMissing, ClosedToPartners, RateLimited, http.UnknownParameter)
# Errors of a room whose classes are its own: known here by their codes.
_OF_ACTIVITIES: Final = frozenset({"idempotency_key_reused", "overloaded", "still_running", "unknown_member"})
_INTRODUCTION: Final = """Regulars turns what members do into points. Money is a whole number of minor units with its
currency; points are whole numbers; a quantity is a whole number or a decimal in quotes with at most three decimals.
Moments carry their zone. Each POST that hands in an activity takes `Idempotency-Key`: the same key with the same body
gets the same answer, byte for byte, with `Idempotency-Replayed: true`. Errors are `application/problem+json`; `code`
names the case (docs/errors.md), `Accept-Language` chooses en, ru or ro for `detail`. The answer to an activity that is
refused is kept and repeated byte for byte: its `detail` is English, and `texts` has all three languages."""


class Operation(msgspec.Struct, frozen=True, kw_only=True):
    """One route and what it says about itself."""

    method: str
    path: str
    name: str
    parameters: tuple[str, ...]
    description: Description


def operations(application: Litestar) -> list[Operation]:
    """Every described route, by path and method."""
    found = [
        operation
        for route in application.routes
        for handler in _handlers(route)
        for operation in _operations(route.path_format, handler)
    ]
    return sorted(found, key=lambda each: (each.path, each.method))


def undescribed(application: Litestar) -> list[str]:
    """Paths of routes that say nothing about themselves; a test holds this empty."""
    return [
        route.path
        for route in application.routes
        for handler in _handlers(route)
        if "describes" not in handler.opt and handler.handler_name != "options_handler"
    ]


def _handlers(route: HTTPRoute | ASGIRoute | WebSocketRoute) -> Sequence[BaseRouteHandler]:
    # One of HTTP has several, any other only one.
    return route.route_handlers if isinstance(route, HTTPRoute) else [route.route_handler]


def _operations(path: str, handler: BaseRouteHandler) -> Iterator[Operation]:
    description = handler.opt.get("describes")
    if description is None:
        return
    methods = [handler.opt["method"]] if "method" in handler.opt else sorted(getattr(handler, "http_methods", ()))
    for method in methods:
        if method in {"OPTIONS", "HEAD"}:
            continue
        yield Operation(
            method=str(method),
            path=path,
            name=handler.handler_name,
            parameters=tuple(re.findall(r"{(\w+)}", path)),
            description=description,
        )


def document(application: Litestar) -> dict[str, Any]:
    """The whole description."""
    every = operations(application)
    bodies = [each.description.body for each in every if each.description.body is not None]
    answers = [each.description.answer for each in every if each.description.answer is not None]
    kinds = list({str(kind): kind for kind in (*bodies, *answers, problems.Problem)}.values())
    schemas, components = msgspec.json.schema_components(kinds, ref_template=_REF, schema_hook=_anything)
    by_kind = {str(kind): schema for kind, schema in zip(kinds, schemas, strict=True)}
    paths: dict[str, dict[str, Any]] = {}
    for each in every:
        paths.setdefault(each.path, {})[each.method.lower()] = _operation(each, by_kind)
    return {
        "openapi": "3.1.0",
        "jsonSchemaDialect": "https://json-schema.org/draft/2020-12/schema",
        "info": {
            "title": "Regulars",
            "version": VERSION,
            "description": _INTRODUCTION,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "http://127.0.0.1:8700"}],
        "tags": [{"name": tag} for tag in sorted({each.description.tag for each in every})],
        "paths": paths,
        "components": {"schemas": dict(sorted(components.items())), "securitySchemes": {"key": _security()}},
    }


def _anything(kind: type) -> dict[str, Any]:
    """Values whose form a program decides, such as the fields of a receipt message."""
    if kind is object:
        return {"description": "Any JSON value."}
    raise TypeError(kind)


def _security() -> dict[str, Any]:
    return {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "rk_<program>_<secret>",
        "description": "An API key of one program. Scopes: " + ", ".join(SCOPES) + ".",
    }


def _operation(each: Operation, by_kind: dict[str, Any]) -> dict[str, Any]:
    said = each.description
    described: dict[str, Any] = {
        "operationId": _operation_id(each),
        "summary": said.summary,
        "tags": [said.tag],
        "parameters": _parameters(each),
        "responses": _responses(each, by_kind),
        "security": [{"key": [said.scope]}] if said.scope else [],
    }
    if said.detail:
        described["description"] = said.detail
    if said.body is not None:
        content: dict[str, Any] = {"schema": by_kind[str(said.body)]}
        given = [example for example in said.examples if example.body is not None]
        if given:
            content["examples"] = {
                _slug(example.summary): {"summary": example.summary, "value": example.body} for example in given
            }
        described["requestBody"] = {"required": True, "content": {http.JSON: content}}
    return described


def _operation_id(each: Operation) -> str:
    words = [word for word in re.split(r"[/{}_]+", each.path) if word and word != "v1"]
    return "_".join([each.method.lower(), *words])


def _parameters(each: Operation) -> list[dict[str, Any]]:
    said = each.description
    found: list[dict[str, Any]] = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}} for name in each.parameters
    ]
    for name, kind in said.query.items():
        schema = msgspec.json.schema(kind)
        if name == "limit":
            schema |= {"minimum": 1, "maximum": 100}
        found.append({"name": name, "in": "query", "required": False, "schema": schema})
    for name, meaning in said.headers.items():
        found.append(
            {
                "name": name,
                "in": "header",
                "required": name == "Idempotency-Key",
                "description": meaning,
                "schema": {"type": "string", "minLength": 1, "maxLength": 255},
            }
        )
    return found


def errors_of(each: Operation) -> list[type[RegularsError]]:
    """Every error that an operation may answer with, besides faults of ours."""
    said = each.description
    found = [*said.errors, DatabaseUnavailable]
    if said.scope:
        found += _OF_KEYS
    if said.body is not None:
        found += _OF_BODIES
    if "Idempotency-Key" in said.headers:
        assembly.load_errors()
        found += [kind for kind in problems.every_error() if kind.code in _OF_ACTIVITIES]
    return sorted(set(found), key=lambda kind: (kind.status, kind.code))


def _responses(each: Operation, by_kind: dict[str, Any]) -> dict[str, Any]:
    said = each.description
    content: dict[str, Any] = {}
    if said.answer is not None:
        content["schema"] = by_kind[str(said.answer)]
    elif said.media_type != http.JSON:
        content["schema"] = {"type": "string"}
    given = [example for example in said.examples if example.answer is not None]
    if given:
        content["examples"] = {
            _slug(example.summary): {"summary": example.summary, "value": example.answer} for example in given
        }
    good: dict[str, Any] = {"description": said.summary, "content": {said.media_type: content}}
    if "Idempotency-Key" in said.headers:
        good["headers"] = {
            "Idempotency-Replayed": {
                "description": "true where this answer was given before.",
                "schema": {"type": "string", "enum": ["true"]},
            }
        }
    responses = {str(said.status): good}
    if said.waits:
        responses["202"] = {**good, "description": "Taken; it waits for the sale that it names"}
    by_status: dict[int, list[type[RegularsError]]] = {}
    for kind in errors_of(each):
        by_status.setdefault(kind.status, []).append(kind)
    for status, kinds in sorted(by_status.items()):
        codes = ", ".join(f"`{kind.code}`" for kind in kinds)
        responses[str(status)] = {"description": codes, "content": _problem(by_kind)}
    responses["default"] = {"description": "Another problem; `code` names it.", "content": _problem(by_kind)}
    return responses


def _problem(by_kind: dict[str, Any]) -> dict[str, Any]:
    return {problems.MEDIA_TYPE: {"schema": by_kind[str(problems.Problem)]}}


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")[:40]
