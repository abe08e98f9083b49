"""What expressions mean, worked out by hand: null, scales, rounding, time, lists."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from regulars.language import functions, python
from regulars.language import service as language
from regulars.language.contracts import BOOL, DATE, NUMBER, Amount
from tests.language.world import EARNING, NOW, SEGMENT, ZONE, line, random_member, scope


def run(text: str, till: SimpleNamespace | None = None, want: Any = None) -> Any:
    return language.to_python(language.check(text, EARNING, want), EARNING)(till or scope(line("pet")))


NO_TIER = scope(line("pet", 1000), line(None, 500), member={"tier": None, "birth_date": None}, store=None)


@pytest.mark.parametrize(
    ("text", "result"),
    [
        # With an empty value a test is false ...
        ("member.tier == 'gold'", False),
        ("member.tier in ['gold']", False),
        ("member.tier.atLeast('silver')", False),
        ("member.birth_date < date('2030-01-01')", False),
        ("member.birth_date >= date('1900-01-01')", False),
        ("member.tier.startsWith('g')", False),
        ("member.tier.size() >= 0", False),
        # ... except for what asks whether it is empty, or something else.
        ("member.tier == null", True),
        ("null == null", True),
        ("member.tier != 'gold'", True),
        ("!(member.tier == 'gold')", True),
        ("!has(member.tier)", True),
        ("has(type)", True),
        ("member.tier == store.city", True),
        # Through an empty record everything is empty.
        ("store.chain == 'linella'", False),
        ("has(store)", False),
        ("store.city == null", True),
        ("tables.mcc.find(mcc).category == null", True),
        # An empty condition takes the second branch.
        ("(tables.mcc.find(mcc).earns ? 1 : 2) == 2", True),
        ("tables.mcc.find(mcc).earns == false", False),
        ("!tables.mcc.find(mcc).earns", True),
        ("(tables.mcc.find(mcc).earns && true) == false", True),
        # Arithmetic with an empty value is empty.
        ("basket.lines.map(l, l.discount).max() == null", True),
        ("(basket.lines.map(l, l.discount).max() + 1) == null", True),
        ("least(basket.lines.map(l, l.discount).max(), 1) == null", True),
        # No elements.
        ("basket.lines.filter(l, false).exists(l, true)", False),
        ("basket.lines.filter(l, false).all(l, false)", True),
        ("basket.lines.filter(l, false).map(l, l.amount).sum() == 0", True),
        ("basket.lines.filter(l, false).size() == 0", True),
        ("basket.lines.filter(l, false).map(l, l.amount).min() == null", True),
        # An empty element is counted by size and by nothing else.
        ("basket.lines.map(l, l.discount).size() == 2", True),
        ("basket.lines.map(l, l.discount).sum() == 0", True),
        ("basket.lines.exists(l, l.category == null)", True),
        ("store.city in basket.lines.map(l, l.category)", False),
    ],
)
def test_null(text: str, result: bool) -> None:
    assert run(text, NO_TIER, BOOL) is result


@pytest.mark.parametrize(
    ("text", "scale", "whole"),
    [
        ("1 + 2 * 3", 0, 7),
        ("20.00 + 1", 2, 2100),
        ("1.5 * 1.25", 3, 1875),
        ("1 - 0.001", 3, 999),
        # 2 / 3 = 0.666667, -2 / 3 = -0.666667, 1 / 8 / ... half away from zero: 0.0000005 -> 0.000001
        ("2 / 3", 6, 666_667),
        ("-2 / 3", 6, -666_667),
        ("0.000001 / 2", 6, 1),
        ("-0.000001 / 2", 6, -1),
        ("1.00 / 0", 6, 0),
        ("10 / 0.25", 6, 40_000_000),
        ("7 % 3", 0, 1),
        ("-7 % 3", 0, -1),
        ("7 % -3", 0, 1),
        ("-7 % -3", 0, -1),
        ("7 % 0", 0, 0),
        ("round(2.5)", 0, 3),
        ("round(-2.5)", 0, -3),
        ("round(2.345, 2)", 2, 235),
        ("round(2, 2)", 2, 200),
        ("floor(-0.01)", 0, -1),
        ("ceil(-0.99)", 0, 0),
        ("abs(-3.50)", 2, 350),
        ("least(3, 2.50, 7)", 2, 250),
        ("greatest(3, 2.50)", 2, 300),
        ("true ? 1 : 2.5", 1, 10),
        ("-(-3)", 0, 3),
        ("basket.total / 3", 6, 3_333_333),
        ("basket.lines.map(l, l.quantity * l.amount).sum()", 5, 100_000 * 10),
        ("[3, 1.5].min()", 1, 15),
        ("[5, 9, 7].top(2).sum()", 0, 16),
        # Where a formula ends in empty it gives 0.
        ("basket.lines.map(l, l.discount).max()", 2, 0),
    ],
)
def test_numbers(text: str, scale: int, whole: int) -> None:
    expression = language.check(text, EARNING, NUMBER)
    assert expression.scale == scale
    assert language.to_python(expression, EARNING)(scope(line("pet", 1000))) == whole


def test_a_value_that_stays_empty() -> None:
    expression = language.check("basket.lines.map(l, l.discount).max()", EARNING, NUMBER)
    assert language.to_python_value(expression, EARNING)(scope(line("pet"))) is None


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("20.00 == 20", True),
        ("basket.total >= 20", False),
        ("basket.total > 9.999", True),
        ("basket.total in [10, 11.5]", True),
        ("basket.total in [10.001]", False),
        ("1 in [1.00]", True),
        ("basket.lines.exists(l, l.quantity in lists.lucky)", False),
        ("10 in basket.lines.map(l, l.amount)", True),
        ("10.001 in basket.lines.map(l, l.amount)", False),
        ("'pet' in basket.lines.map(l, l.category)", True),
        ("'Bălți' in lists.cities", True),
        ("lists.cities.exists(c, c == store.city)", True),
        ("basket.lines.exists_one(l, l.category == 'pet')", True),
        ("'чай'.size() == 3", True),
        ("type + '!' == 'purchase!'", True),
        ("'a' in []", False),
        ("member['tier'] == \"gold\"", True),
        ("// which?\n member.tier == 'gold' // gold", True),
        ("'\\u0441\\'\\n' == 'с\\'\\n'", True),
    ],
)
def test_conditions(text: str, result: bool) -> None:
    assert run(text, None, BOOL) is result


# NOW is 21 November 2026, 22:30 UTC: Sunday the 22nd, 00:30, in Chișinău.
@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("today()", date(2026, 11, 22)),
        ("now.toDate('UTC')", date(2026, 11, 21)),
        ("now.hour()", 0),
        ("now.hour('America/New_York')", 17),
        ("now.minute()", 30),
        ("now.weekday()", 7),
        ("now.month()", 11),
        ("date('2026-01-31').addMonths(1)", date(2026, 2, 28)),
        ("date('2024-02-29').addMonths(12)", date(2025, 2, 28)),
        ("date('2026-03-31').addMonths(-1)", date(2026, 2, 28)),
        ("date('2026-01-31').addDays(-31)", date(2025, 12, 31)),
        ("date('9999-12-31').addDays(1)", None),
        ("date('9999-12-31').addMonths(1)", None),
        ("date('2026-01-01').addDays(99999999)", date(2026, 1, 1) + timedelta(days=36_600)),
        ("date('2008-02-29').yearsTo(date('2026-02-27'))", 17),
        ("date('2008-02-29').yearsTo(date('2026-02-28'))", 18),
        # Whichever way one looks, only a full year is one.
        ("date('2026-03-02').yearsTo(date('2026-03-01'))", 0),
        ("date('2026-03-02').yearsTo(date('2025-03-03'))", 0),
        ("date('2026-03-02').yearsTo(date('2025-03-02'))", -1),
        ("date('2026-11-20').daysTo(today())", 2),
        ("date('1990-11-22').daysToAnniversary()", 0),
        ("date('1990-11-21').daysToAnniversary()", 364),
        # From 22 November 2026 to 28 February 2027: 8 + 31 + 31 + 28.
        ("date('2000-02-29').daysToAnniversary()", 98),
        ("now - days(1)", NOW - timedelta(days=1)),
        ("now + duration('1h30m')", NOW + timedelta(minutes=90)),
        ("now - timestamp('2026-11-21T22:00:00Z')", timedelta(minutes=30)),
        ("timestamp('9999-12-31T00:00:00Z') + days(2)", None),
        ("timestamp('2026-01-31T10:00:00+02:00')", datetime(2026, 1, 31, 8, tzinfo=UTC)),
        ("timestamp('2026-01-31T10:00')", datetime(2026, 1, 31, 10, tzinfo=UTC)),
    ],
)
def test_time(text: str, value: object) -> None:
    assert run(text) == value


def test_what_reads_the_clock_is_volatile() -> None:
    assert language.check("member.birth_date.daysToAnniversary() < 7", EARNING).volatile
    assert language.check("now.hour() > 3", EARNING).volatile
    assert not language.check("member.birth_date.month() == 3", EARNING).volatile


def test_fields_read() -> None:
    text = "type == 'purchase' && basket.lines.exists(l, l.category == 'pet' && 'own' in l.tags) && has(store)"
    text += " && basket.lines.size() > 1 && member.metrics.spend_30d > 5 && mcc in lists.cities"
    assert language.check(text, EARNING).fields == {
        "type", "basket.lines[].category", "basket.lines[].tags", "member.metrics.spend_30d", "mcc", "lists.cities",
    }  # fmt: skip
    assert language.check("basket.lines.size() > 1", EARNING).fields == {"basket.lines"}
    assert language.check("tables.mcc.find(mcc).earns", EARNING).fields == {"mcc", "tables.mcc", "tables.mcc.earns"}


@pytest.mark.parametrize(("mcc", "earns", "rate"), [("5411", True, 150), ("6011", False, None), ("1", False, None)])
def test_a_row_of_a_table(mcc: str, earns: bool, rate: int | None) -> None:
    till = scope(line("pet"), fields={"mcc": mcc})
    assert run("tables.mcc.find(mcc).earns", till) is earns
    found = language.check("tables.mcc.find(mcc).rate", EARNING, NUMBER)
    assert language.to_python_value(found, EARNING)(till) == rate


@pytest.mark.parametrize(
    ("tier", "steps"),
    [("silver", ["silver"]), ("gold", ["silver", "gold"]), ("platinum", ["silver", "gold", "platinum"])],
)
def test_a_step_is_at_least_those_below_it(tier: str, steps: list[str]) -> None:
    till = scope(line("pet", 1000), member={"tier": tier})
    held = [step for step in ("silver", "gold", "platinum") if run(f"member.tier.atLeast('{step}')", till)]
    assert held == steps


def test_steps_are_named_one_by_one_for_sql_facts_and_explanations() -> None:
    """The order is the checker's affair: `atLeast` is a membership for whoever comes after it."""
    tree = language.check("member.tier.atLeast('gold')", SEGMENT)
    assert language.to_sql(tree, SEGMENT, now=NOW, zone=ZONE).parameters == (["gold", "platinum"],)
    till = scope(line("pet", 1000), member={"tier": "silver"})
    explained = language.explain(language.check("member.tier.atLeast('gold')", EARNING), EARNING, till)
    assert explained.sentence("en") == "`member.tier` is silver; needs gold or platinum"


def test_what_is_wanted_is_checked() -> None:
    assert language.check("1", EARNING, NUMBER).scale == 0
    assert language.check("1", EARNING, Amount(2)).scale == 0
    assert language.check("today()", EARNING, DATE).type == DATE


def test_constants_of_a_marketer_never_stand_in_the_source() -> None:
    tree = language.check("type == '__import__(1)' || type in ['os.system', 'x']", EARNING).tree
    source, constants = python.write(tree, EARNING, empty_is=None)
    assert "import" not in source
    assert "system" not in source
    assert set(constants.values()) == {"__import__(1)", frozenset({"os.system", "x"})}


@pytest.mark.parametrize("row", functions.FUNCTIONS, ids=lambda row: f"{row.receiver}.{row.name}")
def test_each_example_of_the_function_table_holds(row: functions.Function) -> None:
    example = row.example.replace("member.birth_date", "date('2000-11-23')")
    assert run(example, None, BOOL) is True
    assert "" not in (row.help.en, row.help.ru, row.help.ro, row.usage)


def test_a_member_of_the_segment_schema_without_attributes() -> None:
    member = random_member(random.Random(1), 1) | {"attrs": None, "marks": None}
    expression = language.check("member.attrs.kids.size() == 0 && member.marks.sum() == 0", SEGMENT)
    assert language.to_python(expression, SEGMENT)(member, NOW, None) is True
