"""Bodies from outside: bytes become a typed value or one clear error, and nothing is converted loosely. Pure.

msgspec refuses "5", 5.0 and true for a whole number by itself. What it lets pass and we do not: a key given twice, the
NUL character (PostgreSQL refuses it much later), -0, numbers that are no JSON. Its messages are English; ours are not
only.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any, Final, TypeVar

import msgspec

from regulars.kit import money
from regulars.kit.errors import RegularsError, ValidationFault
from regulars.kit.i18n import Text
from regulars.kit.reasons import NOT_BLANK

T = TypeVar("T")


class MalformedJson(RegularsError):
    """The body is no JSON: also NaN, Infinity, digits of another script, a comma too many."""

    status = 422
    texts = Text(
        en="The body is not valid JSON at byte {position}, near {near}.",
        ru="Тело запроса не является корректным JSON: байт {position}, рядом с {near}.",
        ro="Corpul cererii nu este JSON valid: octetul {position}, lângă {near}.",
    )
    position: int
    near: str


class DuplicateKey(RegularsError):
    """An object has the same key twice, so that two readers may see two values."""

    status = 422
    texts = Text(
        en="The key {key} is given twice in one object.",
        ru="Ключ {key} указан дважды в одном объекте.",
        ro="Cheia {key} este dată de două ori în același obiect.",
    )
    key: str


class ForbiddenCharacter(RegularsError):
    """A text holds U+0000, which no database of ours stores."""

    status = 422
    texts = Text(
        en="A text in the body holds the character U+0000. Please leave it out.",
        ru="В тексте запроса есть символ U+0000. Уберите его.",
        ro="Un text din corpul cererii conține caracterul U+0000. Eliminați-l.",
    )


class NegativeZero(RegularsError):
    """-0 is no number of points or money: most likely a sign was computed wrongly."""

    status = 422
    texts = Text(
        en="The body holds the number -0. Give 0.",
        ru="В теле запроса есть число -0. Укажите 0.",
        ro="Corpul cererii conține numărul -0. Indicați 0.",
    )


class MissingBody(RegularsError):
    """This operation needs a JSON body, and there was none."""

    status = 422
    texts = Text(
        en="This request needs a JSON body.",
        ru="Этому запросу нужно тело JSON.",
        ro="Cererea are nevoie de un corp JSON.",
    )


def decode(raw: bytes, decoder: msgspec.json.Decoder[T], *, closely: bool = True) -> T:
    """The value in `raw`, by a decoder made once per type. Not `closely`: for an envelope whose parts are decoded by
    themselves, so that a fault in one of them is a fault of that one.

    Raises MissingBody, MalformedJson, DuplicateKey, ForbiddenCharacter, NegativeZero, NotAWholeNumber, ValidationFault.
    """
    if not raw:
        raise MissingBody
    try:
        value = decoder.decode(raw)
    except msgspec.ValidationError as fault:
        if closely:
            _look_closer(raw)
        raise _worded(str(fault)) from fault
    except UnicodeDecodeError as fault:
        raise MalformedJson(position=fault.start, near=_near(raw, fault.start)) from fault
    except (msgspec.DecodeError, RecursionError) as fault:
        raise _malformed(raw, str(fault)) from fault
    if closely:
        _look_closer(raw)
    return value


_NEGATIVE_ZERO: Final = re.compile(rb"[:\[,\s]-0[\s,\]}]")


def _look_closer(raw: bytes) -> None:
    reader = _SLOW if b"\\u0000" in raw or _NEGATIVE_ZERO.search(raw) else _FAST
    try:
        reader.decode(raw.decode())
    except (ValueError, RecursionError) as fault:
        # What msgspec reads and Python does not: a whole number of thousands of digits, brackets thousands deep.
        raise _malformed(raw, str(fault)) from fault


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    mapping = dict(pairs)
    if len(mapping) != len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                raise DuplicateKey(key=key[:64])
            seen.add(key)
    return mapping


def _without_nul(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    for key, value in pairs:
        if "\0" in key or _holds_nul(value):
            raise ForbiddenCharacter
    return _unique(pairs)


def _holds_nul(value: Any) -> bool:
    if isinstance(value, str):
        return "\0" in value
    return isinstance(value, list) and any(_holds_nul(item) for item in value)


def _whole(literal: str) -> int:
    if literal == "-0":
        raise NegativeZero
    return int(literal)


_FAST: Final = json.JSONDecoder(object_pairs_hook=_unique)
_SLOW: Final = json.JSONDecoder(object_pairs_hook=_without_nul, parse_int=_whole)


def _malformed(raw: bytes, message: str) -> MalformedJson:
    found = re.search(r"byte (\d+)", message)
    position = int(found.group(1)) if found else len(raw)
    return MalformedJson(position=position, near=_near(raw, position))


def _near(raw: bytes, position: int) -> str:
    """The last key before a place: enough to find it by eye."""
    keys = re.findall(rb'"([^"\\]{1,64})"\s*:', raw[max(0, position - 2000) : position])
    return keys[-1].decode(errors="replace") if keys else "{"


def _place(message: str) -> tuple[str, str]:
    text, _, where = message.partition(" - at ")
    path = re.sub(r"^`?(key in )?`?\$\.?|`$", "", where.replace("`key` in ", ""))
    return text, path.strip("`$.") or "body"


def _worded(message: str) -> RegularsError:
    text, place = _place(message)
    for pattern, make in _WORDINGS:
        found = pattern.fullmatch(text)
        if found:
            return make(place, *found.groups())
    return ValidationFault(field=place, reason=text)


def _inside(place: str, name: str) -> str:
    return name if place == "body" else f"{place}.{name}"


def _fault(place: str, en: str, ru: str, ro: str) -> ValidationFault:
    return ValidationFault(field=place, reason=en, reasons=Text(en=en, ru=ru, ro=ro))


_TYPES: Final = {
    "str": Text(en="a text", ru="текст", ro="un text"),
    "int": Text(en="a whole number", ru="целое число", ro="un număr întreg"),
    "float": Text(en="a number with decimals", ru="дробное число", ro="un număr cu zecimale"),
    "bool": Text(en="true or false", ru="true или false", ro="true sau false"),
    "null": Text(en="null", ru="null", ro="null"),
    "array": Text(en="a list", ru="список", ro="o listă"),
    "object": Text(en="an object", ru="объект", ro="un obiect"),
    "datetime": Text(en="a date and time", ru="дата и время", ro="o dată cu oră"),
    "date": Text(en="a date", ru="дата", ro="o dată"),
    "uuid": Text(en="a uuid", ru="uuid", ro="un uuid"),
}


def _named(kinds: str, language: str) -> str:
    parts = [kind.strip() for kind in kinds.split("|")]
    words = [getattr(_TYPES[kind], language) if kind in _TYPES else kind for kind in parts if kind != "null"]
    separator = {"en": " or ", "ru": " или ", "ro": " sau "}[language]
    return separator.join(words) or "null"


def _mistyped(place: str, wanted: str, got: str) -> RegularsError:
    kinds = {kind.strip() for kind in wanted.split("|")}
    if kinds <= {"int", "null"} and "int" in kinds:
        return money.NotAWholeNumber(field=place)
    return _fault(
        place,
        f"expected {_named(wanted, 'en')}, got {_named(got, 'en')}",
        f"ожидалось: {_named(wanted, 'ru')}, получено: {_named(got, 'ru')}",
        f"se aștepta {_named(wanted, 'ro')}, s-a primit {_named(got, 'ro')}",
    )


def _missing(place: str, name: str) -> RegularsError:
    return _fault(_inside(place, name), "is missing", "не указано", "lipsește")


def _unknown(place: str, name: str) -> RegularsError:
    return _fault(
        _inside(place, name),
        "there is no such field; check its spelling",
        "такого поля нет; проверьте написание",
        "nu există un asemenea câmp; verificați scrierea",
    )


def _compared(place: str, sign: str, bound: str) -> RegularsError:
    english = {">=": "must be at least", "<=": "must be at most", ">": "must be above", "<": "must be below"}[sign]
    russian = {">=": "не меньше", "<=": "не больше", ">": "больше", "<": "меньше"}[sign]
    romanian = {">=": "cel puțin", "<=": "cel mult", ">": "mai mult de", "<": "mai puțin de"}[sign]
    return _fault(place, f"{english} {bound}", f"должно быть {russian} {bound}", f"trebuie să fie {romanian} {bound}")


def _sized(place: str, kind: str, sign: str, bound: str) -> RegularsError:
    what = {
        "str": Text(en="characters", ru="символов", ro="caractere"),
        "array": Text(en="items", ru="элементов", ro="elemente"),
    }.get(kind, Text(en="entries", ru="полей", ro="câmpuri"))
    few = sign.startswith(">")
    return _fault(
        place,
        f"has {'fewer than' if few else 'more than'} {bound} {what.en}",
        f"{'меньше' if few else 'больше'} чем {bound} {what.ru}",
        f"are {'mai puțin de' if few else 'mai mult de'} {bound} {what.ro}",
    )


def _unmatched(place: str, pattern: str) -> RegularsError:
    if pattern == NOT_BLANK:
        return _fault(place, "must not be blank", "не должно быть пустым", "nu poate fi gol")
    return _fault(
        place,
        f"is not of the form {pattern}",
        f"не соответствует образцу {pattern}",
        f"nu are forma {pattern}",
    )


def _not_one(place: str, value: str) -> RegularsError:
    return _fault(
        place,
        f"{value} is none of the values allowed here",
        f"{value}: такое значение здесь недопустимо",
        f"{value} nu este o valoare permisă aici",
    )


def _no_moment(place: str, *_: str) -> RegularsError:
    return _fault(
        place,
        "expected a date and time with zone, for example 2027-01-31T17:00:00+02:00",
        "ожидались дата и время с часовым поясом, например 2027-01-31T17:00:00+02:00",
        "se aștepta o dată cu oră și fus orar, de exemplu 2027-01-31T17:00:00+02:00",
    )


def _no_date(place: str, *_: str) -> RegularsError:
    return _fault(
        place,
        "expected a date, for example 2027-01-31",
        "ожидалась дата, например 2027-01-31",
        "se aștepta o dată, de exemplu 2027-01-31",
    )


_WORDINGS: Final[list[tuple[re.Pattern[str], Callable[..., RegularsError]]]] = [
    (re.compile(r"Object missing required field `(.+)`"), _missing),
    (re.compile(r"Object contains unknown field `(.+)`"), _unknown),
    (re.compile(r"Expected `datetime` with.*|Invalid RFC3339 encoded datetime"), _no_moment),
    (re.compile(r"Invalid RFC3339 encoded date"), _no_date),
    (re.compile(r"Expected `(str|array|object)` of length (>=|<=) (\d+)"), _sized),
    (re.compile(r"Expected `\w+` matching regex (.+)"), _unmatched),
    (re.compile(r"Expected `(?:int|float)` (>=|<=|>|<) (-?[\d.]+)"), _compared),
    (re.compile(r"Expected `(.+)`, got `(.+)`"), _mistyped),
    (re.compile(r"Invalid (?:enum )?value (.+)"), _not_one),
    (re.compile(r"(?:Integer value|Number) out of range"), lambda place: money.NotAWholeNumber(field=place)),
]
