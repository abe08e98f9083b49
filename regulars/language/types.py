"""The types of the language and the words that people read for them."""

from __future__ import annotations

from msgspec import Struct


class Plain(Struct, frozen=True, tag="plain"):
    """A type without parameters; `code` names it in the wire form and in the table of words."""

    code: str


class Amount(Struct, frozen=True, tag="amount"):
    """A fixed-point number: at run time a whole number of 10**-scale."""

    scale: int


class Record(Struct, frozen=True, tag="record"):
    """A thing with fields; `name` is a key of Schema.records."""

    name: str


class ListOf(Struct, frozen=True, tag="list"):
    """A list with its typical and largest length; `holes` when a computed element may be empty."""

    of: Type
    typical: int = 30
    largest: int = 500
    holes: bool = False


Type = Plain | Amount | Record | ListOf

TEXT = Plain("text")
BOOL = Plain("bool")
INT = Plain("int")
DATE = Plain("date")
TIMESTAMP = Plain("timestamp")
DURATION = Plain("duration")
NULL = Plain("null")
# Wanted of a formula: a whole number or an amount of any scale. No value has this type.
NUMBER = Plain("number")

WORDS = {
    "text": {"en": "text", "ru": "текст", "ro": "text"},
    "bool": {"en": "yes/no", "ru": "да/нет", "ro": "da/nu"},
    "int": {"en": "whole number", "ru": "целое число", "ro": "număr întreg"},
    "amount": {"en": "amount", "ru": "сумма", "ro": "sumă"},
    "date": {"en": "date", "ru": "дата", "ro": "dată"},
    "timestamp": {"en": "moment", "ru": "момент", "ro": "moment"},
    "duration": {"en": "period", "ru": "период", "ro": "perioadă"},
    "null": {"en": "empty", "ru": "пусто", "ro": "gol"},
    "number": {"en": "number", "ru": "число", "ro": "număr"},
    "list": {"en": "list of {of}", "ru": "список ({of})", "ro": "listă de {of}"},
}


def is_number(kind: Type) -> bool:
    """Whether arithmetic is possible."""
    return kind == INT or isinstance(kind, Amount)


def is_scalar(kind: Type) -> bool:
    """Whether a value of it is one value, not a list and not a record."""
    return isinstance(kind, Amount) or (isinstance(kind, Plain) and kind != NULL)


def scale_of(kind: Type) -> int:
    """Decimals of a numeric type; 0 for a whole number."""
    return kind.scale if isinstance(kind, Amount) else 0


def word(kind: Type, lang: str) -> str:
    """The word for a type in a message."""
    match kind:
        case ListOf(of=of):
            return WORDS["list"][lang].format(of=word(of, lang))
        case Record(name=name):
            return name
        case Amount():
            return WORDS["amount"][lang]
        case _:
            return WORDS[kind.code][lang]
