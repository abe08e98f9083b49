"""What differs between two programs, in words."""

from __future__ import annotations

from regulars.program import service as program
from regulars.program.contracts.changes import KIND_WORDS, Change, Did
from regulars.program.contracts.definitions import KINDS
from tests.program.program_base import BASE, changed


def _diff(*pairs: tuple[str, str]) -> tuple[Change, ...]:
    return program.diff(program.read(BASE), program.read(changed(*pairs)))


def test_two_equal_programs_differ_in_nothing() -> None:
    assert _diff() == ()
    assert _diff(("visit: {fields", "visit:  {fields")) == ()


def test_a_changed_formula_is_told_by_its_field() -> None:
    (change,) = _diff(('"basket.base"', '"basket.base / 2"'))
    assert change == Change(
        did=Did.CHANGED,
        kind="rules",
        name="base",
        field="effects[0].amount",
        old='"basket.base"',
        new='"basket.base / 2"',
    )
    assert change.path == "rules.base.effects[0].amount"
    assert change.sentence("en") == 'Rule base: effects[0].amount was "basket.base", is now "basket.base / 2"'
    assert change.sentence("ru") == 'Правило base: effects[0].amount было "basket.base", теперь "basket.base / 2"'
    assert change.sentence("ro") == 'Regula base: effects[0].amount era "basket.base", este acum "basket.base / 2"'


def test_what_came_and_what_went() -> None:
    changes = _diff(
        ("  club: {static: true}", "  clan: {static: true}"),
        ("effects: [{multiply: points, by: 2}]", "effects: [{multiply: points, by: 2}, {add_to: clan}], priority: 3"),
        ("zone: Europe/Chisinau", "zone: Europe/Bucharest"),
        ("spend: {step: 10}", "spend: {step: 20}"),
    )
    assert [(one.path, one.did.value, one.old, one.new) for one in changes] == [
        ("program.zone", "changed", "Europe/Chisinau", "Europe/Bucharest"),
        ("currencies.points.spend.step", "changed", "10", "20"),
        ("segments.clan", "added", None, "{static: true}"),
        ("segments.club", "removed", "{static: true}", None),
        ("rules.double.effects[1]", "added", None, "{add_to: clan}"),
        ("rules.double.priority", "added", None, "3"),
    ]
    assert changes[0].sentence("en") == "Program: zone was Europe/Chisinau, is now Europe/Bucharest"
    assert changes[2].sentence("ro") == "Segmentul clan: adăugat"
    assert changes[3].sentence("ru") == "Сегмент club: удалено"


def test_a_long_list_is_told_by_its_first_values() -> None:
    many = ", ".join(f"CODE{number}" for number in range(100))
    (change,) = _diff(("[CIGARS, CIGARETTES]", f"[{many}]"))
    assert change.path == "lists.tobacco.values"
    assert change.new is not None
    assert (len(change.new), change.new[-3:]) == (200, "...")


def test_every_kind_has_its_word() -> None:
    assert set(KIND_WORDS) == {"program", *KINDS}
