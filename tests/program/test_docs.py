"""The page about programs names everything that exists, and its examples are a program."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec
import pytest

from regulars.program import service as program
from regulars.program.contracts import definitions, effects, stacking, triggers, values
from regulars.program.contracts.fields import FieldDefinition, FieldType
from regulars.program.contracts.values import Period, Schedule, Share, Unit

PAGE = (Path(__file__).parents[2] / "docs" / "program.md").read_text(encoding="utf-8")
WORDS = set(re.findall(r"[\w-]+", " ".join(re.findall(r"`([^`\n]+)`", PAGE))))

STRUCTS: list[type[msgspec.Struct]] = [
    definitions.ProgramSettings,
    *definitions.KINDS.values(),
    *effects.EFFECTS.values(),
    *triggers.TRIGGERS.values(),
    definitions.Expiry,
    definitions.Pending,
    definitions.SpendPolicy,
    definitions.EarnCap,
    FieldDefinition,
    Schedule,
    Share,
    effects.Reduction,
    effects.Part,
    stacking.StackingGroup,
]
ENUMS = [
    definitions.UnknownMember,
    definitions.CurrencyKind,
    definitions.RoundUp,
    definitions.Rounding,
    definitions.Negative,
    definitions.SpendOrder,
    FieldType,
    definitions.Keep,
    definitions.Over,
    definitions.Measure,
    definitions.RuleKind,
    definitions.LimitAction,
    effects.Per,
    effects.OnReversal,
    effects.On,
    effects.Which,
    stacking.Mode,
    values.Rollback,
]


@pytest.mark.parametrize("struct", STRUCTS, ids=lambda struct: struct.__name__)
def test_every_field_is_named(struct: type[msgspec.Struct]) -> None:
    # Spans and dates of expiry and pending are told by their written form.
    fields = {field.encode_name.rstrip("_") for field in msgspec.structs.fields(struct)} - {"span"}
    assert fields - WORDS == set()


def test_every_kind_trigger_effect_and_value_is_named() -> None:
    for kind in ("program", *definitions.KINDS):
        assert re.search(rf"^## .*\b{kind}\b", PAGE, re.MULTILINE), kind
    assert (set(effects.EFFECTS) | set(triggers.TRIGGERS)) - WORDS == set()
    for enum in ENUMS:
        assert {str(member.value) for member in enum} - WORDS == set(), enum.__name__
    for period in Period:
        assert f"`{period.value}`" in PAGE, period
    for unit in Unit:
        assert re.search(rf"`[0-9]+ {unit.value}s?`", PAGE), unit


def test_the_examples_together_are_a_program_without_faults() -> None:
    text = "\n".join(re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL))
    found = program.check(text)
    assert [(one.line, one.path, one.message("en")) for one in found.faults] == []
    read = program.read(text)
    assert {type(effect) for rule in read.rules.values() for effect in rule.effects} == set(effects.EFFECTS.values())


def test_a_field_that_is_not_named_would_be_noticed() -> None:
    # Negative control: the test of fields looks at words of the page, not at any text.
    assert "no_such_field" not in WORDS
    assert "largest_balance" in WORDS
