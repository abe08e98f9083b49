"""The reference page, the description as JSON, and what a problem's `type` leads to. Nothing comes from elsewhere."""

from __future__ import annotations

import functools
import html
from typing import Any, Final

import msgspec
from litestar import Litestar, Request, Response, get
from litestar.params import FromPath
from litestar.response import Redirect

from regulars import assembly
from regulars.api import describing, problems
from regulars.kit import http, i18n
from regulars.kit.errors import NotFound
from regulars.kit.http import Example
from regulars.kit.i18n import Language, Text

_HTML: Final = "text/html; charset=utf-8"
_WORDS: Final[dict[str, Text]] = {
    "title": Text(en="Regulars: the API", ru="Regulars: программный интерфейс", ro="Regulars: interfața de programare"),
    "introduction": Text(
        en="Money is a whole number of minor units, points are whole, moments carry their zone. Each POST that hands "
        "in an activity takes Idempotency-Key: the same key gives the same answer. Errors name their case in code.",
        ru="Деньги — целое число минимальных единиц, баллы — целые, моменты времени — с часовым поясом. Каждый POST "
        "с активностью требует Idempotency-Key: тот же ключ даёт тот же ответ. Ошибки называют причину в поле code.",
        ro="Banii sunt un număr întreg de unități minore, punctele sunt întregi, momentele au fus orar. Fiecare POST "
        "cu o activitate cere Idempotency-Key: aceeași cheie dă același răspuns. Erorile au cauza în câmpul code.",
    ),
    "file": Text(en="OpenAPI description", ru="Описание OpenAPI", ro="Descrierea OpenAPI"),
    "request": Text(en="Request", ru="Запрос", ro="Cerere"),
    "answer": Text(en="Answer", ru="Ответ", ro="Răspuns"),
    "errors": Text(en="Errors", ru="Ошибки", ro="Erori"),
    "scope": Text(en="scope", ru="право", ro="drept"),
    "public": Text(en="no key needed", ru="без ключа", ro="fără cheie"),
    "status": Text(en="Status", ru="Статус", ro="Stare"),
    "fields": Text(en="Data", ru="Данные", ro="Date"),
}
_STYLE: Final = """
:root{color-scheme:light dark;--line:color-mix(in srgb,currentColor 18%,transparent)}
body{font:16px/1.5 system-ui,sans-serif;margin:0 auto;max-width:70rem;padding:1.5rem}
pre{background:color-mix(in srgb,currentColor 6%,transparent);border-radius:.5rem;overflow:auto;padding:.75rem}
code,pre{font:14px/1.45 ui-monospace,monospace}details{border-top:1px solid var(--line);padding:.6rem 0}
summary{cursor:pointer}summary b{display:inline-block;min-width:4rem}small{opacity:.75}h2{margin-top:2rem}
:focus-visible{outline:3px solid Highlight;outline-offset:2px}
"""


@get(
    "/",
    opt=http.describes(
        summary="To the reference page",
        tag="Operation",
        status=302,
        media_type="text/html",
        examples=(Example(summary="Redirect"),),
    ),
)
async def landing() -> Redirect:
    """Whoever comes with a browser wants to read."""
    return Redirect("/docs", status_code=302)


@get(
    "/openapi.json",
    opt=http.describes(
        summary="This description", tag="Operation", examples=(Example(summary="OpenAPI", answer={"openapi": "3.1.0"}),)
    ),
)
async def description(request: Request[Any, Any, Any]) -> Response[bytes]:
    """The description as JSON."""
    return Response(_encoded(request.app), media_type=http.JSON)


@get(
    "/docs",
    opt=http.describes(
        summary="The reference as a page",
        tag="Operation",
        media_type="text/html",
        examples=(Example(summary="A page", answer="<!doctype html>"),),
    ),
)
async def docs(request: Request[Any, Any, Any]) -> Response[str]:
    """Every operation with its examples."""
    return Response(_page(request.app, http.language(request)), media_type=_HTML)


@get(
    "/problems/{code:str}",
    opt=http.describes(
        summary="What an error code means",
        tag="Operation",
        media_type="text/html",
        errors=(NotFound,),
        examples=(Example(summary="A page", answer="<!doctype html>"),),
    ),
)
async def problem(request: Request[Any, Any, Any], code: FromPath[str]) -> Response[str]:
    """The page behind a problem's `type`. Raises NotFound."""
    language = http.language(request)
    for kind in problems.every_error():
        if kind.code == code:
            words = html.escape(i18n.pick(kind.texts, language))
            data = ", ".join(f"<code>{html.escape(name)}</code>" for name in kind.field_names) or "-"
            inside = (
                f"<h1><code>{html.escape(code)}</code></h1><p>{words}</p>"
                f"<p>{_word('status', language)}: {kind.status}<br>{_word('fields', language)}: {data}</p>"
            )
            return Response(_frame(code, inside, language), media_type=_HTML)
    raise NotFound(kind="problem", id=code[:64])


def _word(name: str, language: Language) -> str:
    return html.escape(i18n.pick(_WORDS[name], language))


def _frame(title: str, inside: str, language: Language) -> str:
    return (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width"><title>{html.escape(title)}</title>'
        f"<style>{_STYLE}</style></head><body><main>{inside}</main></body></html>"
    )


@functools.cache
def _encoded(app: Litestar) -> bytes:
    assembly.load_errors()
    return msgspec.json.encode(describing.document(app))


@functools.cache
def _page(app: Litestar, language: Language) -> str:
    by_tag: dict[str, list[describing.Operation]] = {}
    for each in describing.operations(app):
        by_tag.setdefault(each.description.tag, []).append(each)
    parts = [
        f"<h1>{_word('title', language)}</h1><p>{_word('introduction', language)}</p>",
        f'<p><a href="/openapi.json">{_word("file", language)}</a></p>',
    ]
    for tag, operations in sorted(by_tag.items()):
        parts.append(f"<h2>{html.escape(tag)}</h2>")
        parts += [_operation(each, language) for each in operations]
    return _frame(i18n.pick(_WORDS["title"], language), "".join(parts), language)


def _operation(each: describing.Operation, language: Language) -> str:
    said = each.description
    right = f"{_word('scope', language)}: {said.scope}" if said.scope else _word("public", language)
    codes = ", ".join(
        f'<a href="/problems/{kind.code}"><code>{kind.code}</code></a> {kind.status}'
        for kind in describing.errors_of(each)
    )
    examples = "".join(_example(each, example, language) for example in said.examples)
    return (
        f"<details><summary><b>{each.method}</b> <code>{html.escape(each.path)}</code> {html.escape(said.summary)} "
        f"<small>{right}</small></summary><p>{html.escape(said.detail)}</p>{examples}"
        f"<p>{_word('errors', language)}: {codes}</p></details>"
    )


def _example(each: describing.Operation, example: Example, language: Language) -> str:
    shown = [f"<h4>{html.escape(example.summary)}</h4>"]
    if example.body is not None:
        shown.append(f"<p>{_word('request', language)}</p><pre>{_json(example.body)}</pre>")
    if example.answer is not None:
        shown.append(f"<p>{_word('answer', language)} {each.description.status}</p><pre>{_json(example.answer)}</pre>")
    return "".join(shown)


def _json(value: Any) -> str:
    text = value if isinstance(value, str) else msgspec.json.format(msgspec.json.encode(value), indent=2).decode()
    return html.escape(text)


ROUTES: Final = [landing, description, docs, problem]
