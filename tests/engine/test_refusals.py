"""Every refusal of a decision has its words: one that is in no list would tell a person its bare code."""

from __future__ import annotations

import importlib
import pkgutil
import re
import string
from collections.abc import Iterator

import regulars.engine
from regulars.engine import imagining, telling
from regulars.kit import i18n
from regulars.kit.errors import RegularsError

CYRILLIC = re.compile("[а-яё]", re.IGNORECASE)


def below(case: type[RegularsError]) -> Iterator[type[RegularsError]]:
    for one in case.__subclasses__():
        yield one
        yield from below(one)


def unworded(cases: list[type[RegularsError]]) -> list[str]:
    """What a person would be told as a code, or not in their language."""
    found = []
    for case in cases:
        texts = telling.refusal_text(case.code)
        words = [getattr(texts, language) for language in i18n.LANGUAGES]
        named = [{field for _, field, _, _ in string.Formatter().parse(text) if field} for text in words]
        whole = case.code not in words and len(set(words)) == len(words) and CYRILLIC.search(texts.ru)
        if not whole or any(fields - set(case.field_names) for fields in named):
            found.append(case.code)
    return found


def cases_of_the_engine() -> list[type[RegularsError]]:
    for module in pkgutil.walk_packages(regulars.engine.__path__, "regulars.engine."):
        importlib.import_module(module.name)
    # What cannot be imagined is refused before anything is decided.
    return [
        case
        for case in below(RegularsError)
        if case.__module__.startswith("regulars.engine.") and case.__module__ != imagining.__name__
    ]


def test_every_refusal_has_its_words_in_three_languages() -> None:
    cases = cases_of_the_engine()
    assert len(cases) > 150
    assert unworded(cases) == []


def test_a_refusal_in_no_list_is_found() -> None:
    forgotten = type("NobodyListedThis", (RegularsError,), {"texts": i18n.Text(en="No.", ru="Нет.", ro="Nu.")})
    assert unworded([forgotten]) == ["nobody_listed_this"]
