"""Texts in the three languages, and the small grammar that they need. Pure."""

from __future__ import annotations

import string
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final, Literal, get_args

import msgspec

Language = Literal["en", "ru", "ro"]
LANGUAGES: Final[tuple[Language, ...]] = get_args(Language)
FALLBACK: Final[Language] = "en"


class Text(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One text in every language that Regulars speaks. A text may name fields: see `fill`."""

    en: str
    ru: str
    ro: str


def language_of(tag: str | None) -> Language:
    """The language for a tag such as `ru`, `ro-MD` or `de`; unknown and missing ones get English."""
    if tag in LANGUAGES:
        return tag
    primary = (tag or "").replace("_", "-").split("-")[0].strip().lower()
    for language in LANGUAGES:
        if primary == language:
            return language
    return FALLBACK


def pick(text: Text, language: str) -> str:
    """The wording of `text` in `language`; English where the language is not one of ours."""
    wording: str = getattr(text, language_of(language))
    return wording or text.en


def plural(count: int, language: str, *forms: str) -> str:
    """Choose the form of a noun that fits `count`.

    Forms are given as one, many in English ("point", "points"); one, few, many in Russian ("балл", "балла", "баллов");
    one, few, other in Romanian ("punct", "puncte", "de puncte"). Raises ValueError when their number is wrong.
    """
    index = _PLURALS[language_of(language)](abs(count))
    expected = 2 if language_of(language) == "en" else 3
    if len(forms) != expected:
        raise ValueError(f"{language} needs {expected} plural forms, got {len(forms)}: {forms}")
    return forms[index]


def fill(text: Text, language: str, fields: Mapping[str, Any], shown: Mapping[str, Any] | None = None) -> str:
    """The wording of `text` with its fields put in.

    `{points}` becomes the value; `{points:балл|балла|баллов}` becomes the noun's form for that number, without the
    number itself. What of the fields is `shown` otherwise than it counts is put in so. Raises KeyError when the text
    names a field that is not given.
    """
    found = []
    instead: Mapping[str, Any] = shown or {}
    for literal, name, spec in _parts(pick(text, language)):
        found.append(literal)
        if not name:
            continue
        value = fields[name]
        if not spec:
            found.append(str(instead.get(name, value)))
        elif "|" in spec:
            count = value if isinstance(value, int) else instead.get(name, value)
            found.append(plural(int(count), language, *spec.split("|")))
        else:
            found.append(format(value, spec))
    return "".join(found)


@lru_cache(maxsize=4096)
def _parts(wording: str) -> tuple[tuple[str, str, str], ...]:
    """A wording taken apart once: what stands before a field, the field, how it is put in.

    A field is a plain name and nothing else: a text that a marketer wrote must not reach attributes of our values.
    """
    return tuple((literal, name or "", spec or "") for literal, name, spec, _ in string.Formatter().parse(wording))


def _english(count: int) -> int:
    return 0 if count == 1 else 1


def _russian(count: int) -> int:
    if count % 10 == 1 and count % 100 != 11:
        return 0
    if count % 10 in {2, 3, 4} and count % 100 not in {12, 13, 14}:
        return 1
    return 2


def _romanian(count: int) -> int:
    if count == 1:
        return 0
    return 1 if count == 0 or 1 <= count % 100 <= 19 else 2


_PLURALS = {"en": _english, "ru": _russian, "ro": _romanian}
