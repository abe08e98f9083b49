"""Every error speaks three languages about the same facts, and no two share a code."""

from __future__ import annotations

import importlib
import pkgutil
import string
from collections import Counter

import msgspec
import pytest

import regulars
from regulars.kit import i18n
from regulars.kit.errors import RegularsError
from regulars.kit.i18n import LANGUAGES, Text


def every_error() -> list[type[RegularsError]]:
    for module in pkgutil.walk_packages(regulars.__path__, "regulars."):
        if ".migrations" not in module.name and not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    found: list[type[RegularsError]] = []
    to_see = [RegularsError]
    while to_see:
        kinds = to_see.pop().__subclasses__()
        found += kinds
        to_see += kinds
    return sorted({kind for kind in found if kind.__module__.startswith("regulars.")}, key=lambda kind: kind.code)


def faults_of(kind: type[RegularsError]) -> list[str]:
    faults = []
    for language in LANGUAGES:
        wording = i18n.pick(kind.texts, language)
        unknown = {name for _, name, _, _ in string.Formatter().parse(wording) if name} - set(kind.field_names)
        if unknown:
            faults.append(f"{kind.__name__} {language} names {sorted(unknown)}")
    wordings = [kind.texts.en, kind.texts.ru, kind.texts.ro]
    if not all(wordings) or (len(set(wordings)) < 3 and len(kind.texts.en.replace("{", "")) > 30):
        faults.append(f"{kind.__name__} is not translated")
    if not 400 <= kind.status < 600:
        faults.append(f"{kind.__name__} has status {kind.status}")
    return faults


def test_every_error_speaks_three_languages() -> None:
    assert [fault for kind in every_error() for fault in faults_of(kind)] == []


def test_no_two_errors_share_a_code() -> None:
    shared = [code for code, count in Counter(kind.code for kind in every_error()).items() if count > 1]
    assert shared == []


def test_control_a_text_that_names_a_field_that_is_not_there_is_seen() -> None:
    class Broken(RegularsError):
        status = 422
        texts = Text(en="{amount} is wrong, and that in English", ru="{sum} неверно", ro="{amount} este greșit")
        amount: int

    assert faults_of(Broken) == ["Broken ru names ['sum']"]


def test_fields_are_wire_data() -> None:
    assert msgspec.json.encode(RegularsError().fields) == b"{}"
    with pytest.raises(TypeError, match="has no field 'amount'"):
        RegularsError(amount=1)
