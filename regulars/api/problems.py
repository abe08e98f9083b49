"""Errors on the wire: problem details (RFC 9457) with a code, in the language of the caller."""

from __future__ import annotations

import http as status_names
from collections.abc import Iterator
from typing import Any, Final

import msgspec
from litestar.exceptions import HTTPException, ValidationException

from regulars import assembly
from regulars.kit import http, i18n
from regulars.kit.errors import RegularsError, ValidationFault
from regulars.kit.i18n import Text

MEDIA_TYPE: Final = "application/problem+json"


class Problem(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What every error looks like (RFC 9457): `code` names the case, `fields` are its data, `detail` its words."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    fields: dict[str, Any] = {}


class UnknownRoute(RegularsError):
    """No operation has this path."""

    status = 404
    texts = Text(
        en="There is nothing at {path}. /docs lists all operations.",
        ru="По адресу {path} ничего нет. Все операции перечислены на странице /docs.",
        ro="Nu există nimic la {path}. Toate operațiile sunt în pagina /docs.",
    )
    path: str


class MethodNotAllowed(RegularsError):
    """The path exists, with other methods."""

    status = 405
    texts = Text(
        en="{method} is not possible here, only {allowed}.",
        ru="Метод {method} здесь невозможен, только {allowed}.",
        ro="Metoda {method} nu este posibilă aici, doar {allowed}.",
    )
    method: str
    allowed: str


class UnsupportedMediaType(RegularsError):
    """A body came as something else than JSON."""

    status = 415
    texts = Text(
        en="Bodies are application/json, not {given}.",
        ru="Тело запроса должно быть application/json, а не {given}.",
        ro="Corpul cererii trebuie să fie application/json, nu {given}.",
    )
    given: str


class MalformedRequest(RegularsError):
    """The HTTP request itself cannot be read, for example its query."""

    status = 400
    texts = Text(en="The request cannot be read.", ru="Не удалось прочитать запрос.", ro="Cererea nu poate fi citită.")


class InternalFault(RegularsError):
    """A fault of ours. The log has it under the request id."""

    status = 500
    texts = Text(
        en="Something went wrong on our side. The request id is {request_id}.",
        ru="На нашей стороне произошла ошибка. Номер запроса: {request_id}.",
        ro="A apărut o eroare la noi. Numărul cererii: {request_id}.",
    )
    request_id: str


_TITLES: Final[dict[int, Text]] = {
    400: Text(en="The request is incomplete", ru="Неполный запрос", ro="Cerere incompletă"),
    401: Text(en="An API key is needed", ru="Нужен ключ API", ro="Este nevoie de o cheie API"),
    403: Text(en="Not allowed", ru="Нет прав", ro="Acces nepermis"),
    404: Text(en="Not found", ru="Не найдено", ro="Nu a fost găsit"),
    405: Text(en="Method not possible here", ru="Метод недопустим", ro="Metodă nepermisă"),
    409: Text(en="Not possible now", ru="Сейчас невозможно", ro="Imposibil acum"),
    410: Text(en="No longer there", ru="Больше не существует", ro="Nu mai există"),
    413: Text(en="Too large", ru="Слишком большой запрос", ro="Cerere prea mare"),
    415: Text(en="Not JSON", ru="Не JSON", ro="Nu este JSON"),
    422: Text(en="Something in the request is wrong", ru="Ошибка в запросе", ro="Ceva din cerere este greșit"),
    429: Text(en="Too many requests", ru="Слишком много запросов", ro="Prea multe cereri"),
    500: Text(en="A fault of ours", ru="Ошибка сервера", ro="Eroare internă"),
    503: Text(en="Try again in a moment", ru="Повторите чуть позже", ro="Încercați din nou"),
    507: Text(en="No space left", ru="Нет места", ro="Nu mai este spațiu"),
}


def title(status: int, language: str) -> str:
    """A few words for a status: what kind of trouble it is."""
    if status in _TITLES:
        return i18n.pick(_TITLES[status], language)
    return status_names.HTTPStatus(status).phrase


def encode(error: RegularsError, *, language: str) -> bytes:
    """The problem object of an error. Its `type` is a path of this server, which explains the code."""
    problem: dict[str, Any] = {
        "type": f"/problems/{error.code}",
        "title": title(error.status, language),
        "status": error.status,
        "detail": error.text(language),
        "code": error.code,
    }
    # The wording in all languages is no data of the case; the detail already says it in the caller's.
    fields = {name: value for name, value in error.fields.items() if not isinstance(value, Text) and value is not None}
    if fields:
        problem["fields"] = fields
    return msgspec.json.encode(problem)


def headers(error: RegularsError) -> dict[str, str]:
    """The headers that belong to an error besides its media type."""
    extra: dict[str, str] = {}
    if error.retry_after_s is not None:
        extra["retry-after"] = str(error.retry_after_s)
    if error.status == 401:
        extra["www-authenticate"] = 'Bearer realm="regulars"'
    if isinstance(error, MethodNotAllowed):
        extra["allow"] = error.allowed
    return extra


def from_framework(fault: HTTPException, *, method: str, path: str, bytes_max: int) -> RegularsError | None:
    """Our error for one that Litestar raised by itself; None where it is a fault of ours."""
    if fault.status_code == 404:
        return UnknownRoute(path=path[:200])
    if fault.status_code == 405:
        return MethodNotAllowed(method=method, allowed=_header(fault, "allow"))
    if fault.status_code == 413:
        return http.BodyTooLarge(bytes_max=bytes_max)
    if isinstance(fault, ValidationException):
        return _parameter(fault)
    if 400 <= fault.status_code < 500:
        return MalformedRequest()
    return None


def _header(fault: HTTPException, name: str) -> str:
    return next((value for given, value in (fault.headers or {}).items() if given.lower() == name), "")


def _parameter(fault: ValidationException) -> RegularsError:
    extra: Any = fault.extra
    first = extra[0] if isinstance(extra, list) and extra else {}
    name = str(first.get("key", "request")) if isinstance(first, dict) else "request"
    reasons = Text(
        en="is missing or not of the right kind",
        ru="не указано или имеет неверный вид",
        ro="lipsește sau nu are forma corectă",
    )
    return ValidationFault(field=name, reason=reasons.en, reasons=reasons)


def every_error() -> list[type[RegularsError]]:
    """Every error class of the rooms that answer requests, by code; `assembly.load_errors` comes first."""
    of_the_api = ("regulars.api.", *(f"regulars.{room}." for room in assembly.ROOMS))
    found = {kind for kind in _below(RegularsError) if kind.__module__.startswith(of_the_api)}
    return sorted(found, key=lambda kind: (kind.code, kind.__module__))


def _below(kind: type[RegularsError]) -> Iterator[type[RegularsError]]:
    for child in kind.__subclasses__():
        yield child
        yield from _below(child)
