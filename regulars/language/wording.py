"""Why a part of an expression is not true, in a sentence; and values as people read them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from regulars.kit.i18n import LANGUAGES
from regulars.language.tree import Compare, Constant, Items, Member, Not, Read, Typed
from regulars.language.types import Amount, ListOf, Type

# A path, the value found under it, and its type.
Reading = tuple[str, object, Type]

PHRASES: dict[str, tuple[str, str, str]] = {
    "is": ("`{what}` is {value}", "`{what}` — {value}", "`{what}` este {value}"),
    "needs": ("{found}; needs {wanted}", "{found}; нужно {wanted}", "{found}; trebuie {wanted}"),
    "not_true": ("`{what}` does not hold", "`{what}` не выполняется", "`{what}` nu este îndeplinită"),
    "true": ("`{what}` holds", "`{what}` выполняется", "`{what}` este îndeplinită"),
    "with": ("{verdict}: {reads}", "{verdict}: {reads}", "{verdict}: {reads}"),
    "==": ("{value}", "{value}", "{value}"),
    "!=": ("anything but {value}", "не {value}", "altceva decât {value}"),
    "<": ("less than {value}", "меньше {value}", "mai puțin de {value}"),
    "<=": ("at most {value}", "не более {value}", "cel mult {value}"),
    ">": ("more than {value}", "больше {value}", "mai mult de {value}"),
    ">=": ("at least {value}", "не менее {value}", "cel puțin {value}"),
    "or": ("{first} or {last}", "{first} или {last}", "{first} sau {last}"),
    "holding": ("a list with {value} in it", "список, где есть {value}", "o listă care conține {value}"),
    "nothing": ("empty", "пусто", "gol"),
    "none": ("no elements", "нет элементов", "niciun element"),
    "yes": ("yes", "да", "da"),
    "no": ("no", "нет", "nu"),
    "more": ("{shown} and {count} more", "{shown} и ещё {count}", "{shown} și încă {count}"),
}
TURNED = {"==": "==", "!=": "!=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}
SHOWN = 6


def phrase(code: str, lang: str, **params: object) -> str:
    """A piece of a sentence."""
    index = LANGUAGES.index(lang) if lang in LANGUAGES else 0
    return PHRASES[code][index].format(**params)


def value(found: object, kind: Type, lang: str) -> str:
    """A value as people read it: 20.00, yes, 2026-01-31, empty."""
    if found is None:
        return phrase("nothing", lang)
    if isinstance(found, bool):
        return phrase("yes" if found else "no", lang)
    if isinstance(found, int):
        return decimal(found, kind.scale if isinstance(kind, Amount) else 0)
    if isinstance(found, datetime):
        return found.isoformat(sep=" ", timespec="minutes")
    if isinstance(found, date):
        return found.isoformat()
    if isinstance(found, timedelta):
        return period(found)
    if isinstance(found, list | tuple | set | frozenset):
        of = kind.of if isinstance(kind, ListOf) else kind
        return several([value(each, of, lang) for each in found], lang)
    return str(found)


def decimal(number: int, scale: int) -> str:
    """A whole number of 10**-scale with its point."""
    if scale == 0:
        return str(number)
    digits = str(abs(number)).rjust(scale + 1, "0")
    return f"{'-' if number < 0 else ''}{digits[:-scale]}.{digits[-scale:]}"


def period(length: timedelta) -> str:
    """A period as it is written in duration(...)."""
    seconds = int(length.total_seconds())
    sign, seconds = ("-", -seconds) if seconds < 0 else ("", seconds)
    parts = ((86_400, "d"), (3_600, "h"), (60, "m"), (1, "s"))
    text = ""
    for size, letter in parts:
        count, seconds = divmod(seconds, size)
        text += f"{count}{letter}" if count else ""
    return sign + (text or "0s")


def several(found: list[str], lang: str) -> str:
    """A list cut to a length that can be read."""
    if not found:
        return phrase("none", lang)
    shown = ", ".join(found[:SHOWN])
    return shown if len(found) <= SHOWN else phrase("more", lang, shown=shown, count=len(found) - SHOWN)


def alternatives(found: list[str], lang: str) -> str:
    """Gold or platinum."""
    if len(found) < 2:
        return "".join(found)
    if len(found) > SHOWN:
        return several(found, lang)
    return phrase("or", lang, first=", ".join(found[:-1]), last=found[-1])


def sentence(tree: Typed, text: str, result: object, reads: Sequence[Reading], lang: str) -> str:
    """What came out of one part, and, where it is not true, what it needs."""
    if result:
        return phrase("true", lang, what=text)
    found = ", ".join(phrase("is", lang, what=path, value=value(read, kind, lang)) for path, read, kind in reads)
    wanted = _wanted(tree, lang)
    if wanted is not None and found:
        return phrase("needs", lang, found=found, wanted=wanted)
    verdict = phrase("not_true", lang, what=text)
    return phrase("with", lang, verdict=verdict, reads=found) if found else verdict


def _wanted(tree: Typed, lang: str) -> str | None:
    """What would make a simple comparison true."""
    match tree:
        case Compare(op=op, left=Read(), right=Constant() as constant):
            return phrase(op, lang, value=value(constant.value, constant.type, lang))
        case Compare(op=op, left=Constant() as constant, right=Read()):
            return phrase(TURNED[op], lang, value=value(constant.value, constant.type, lang))
        case Member(item=Read(), list=Items(items=items)) if all(isinstance(item, Constant) for item in items):
            return alternatives(
                [value(item.value, item.type, lang) for item in items if isinstance(item, Constant)], lang
            )
        case Member(item=Constant() as constant, list=Read()):
            return phrase("holding", lang, value=value(constant.value, constant.type, lang))
        case Read():
            return phrase("yes", lang)
        case Not(of=Read()):
            return phrase("no", lang)
        case Not(of=Compare(op="==", left=Read(), right=Constant() as constant)):
            return phrase("!=", lang, value=value(constant.value, constant.type, lang))
    return None
