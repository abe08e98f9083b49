"""What an expression may read where, and what it is told about the rest."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from regulars.language import contracts as language
from regulars.language import service as rules
from regulars.language.contracts import Amount, Expression, ExpressionFaults, ListOf, Record, Schema
from regulars.program import reader
from regulars.program.contracts.definitions import Over, Program
from regulars.program.contracts.places import Places
from regulars.program.contracts.triggers import OnActivity, OnDate, OnPeriod
from regulars.program.contracts.values import Period
from tests.program.program_base import changed

PURCHASE = OnActivity(types=("purchase",))


def _program(*pairs: tuple[str, str]) -> Program:
    read = reader.read(changed(*pairs)).program
    assert read is not None
    return read


PLACES = Places(_program())


def _check(text: str, schema: Schema) -> Expression:
    return rules.check(text, schema, None)


def _hint(text: str, schema: Schema) -> str:
    with pytest.raises(ExpressionFaults) as faults:
        _check(text, schema)
    return faults.value.errors[0].code


def test_a_rule_reads_member_basket_and_the_fields_of_its_own_types() -> None:
    here = PLACES.rule(PURCHASE)
    assert _check("member.metrics.spend", here).type == Amount(2)
    assert _check("member.metrics.buys", here).type == language.INT
    assert _check("member.balances.cash", here).type == Amount(2)
    assert _check("member.balances.points", here).type == language.INT
    assert _check("note == 'x' && cashier.metrics.cards > 3 && basket.base > 1", here).type == language.BOOL
    assert _check("member.attributes.pets.exists(p, p.born > date('2020-01-01'))", here).type == language.BOOL
    assert _hint("minutes > 3", here) == _hint("nonsense > 3", here)


def test_a_rule_over_two_types_reads_the_fields_of_both() -> None:
    here = PLACES.rule(OnActivity(types=("purchase", "visit")))
    assert _check("note == 'x' || minutes > 3", here).fields == {"note", "minutes"}


def test_a_field_of_an_activity_may_be_empty() -> None:
    run = rules.to_python(_check("minutes > 3", PLACES.limit(["visit"])), PLACES.limit(["visit"]))

    assert run(SimpleNamespace(fields={})) is False
    assert run(SimpleNamespace(fields={"minutes": 4})) is True


def test_events_are_known_where_they_happen() -> None:
    assert _check("event.date", PLACES.rule(OnDate(date="member.joined_on"))).type == language.DATE
    assert _check("event.period_end", PLACES.rule(OnPeriod(period=Period.MONTH))).type == language.DATE
    assert _hint("event.date", PLACES.rule(PURCHASE)) == language.NOT_HERE


def test_before_the_price_there_is_no_base() -> None:
    early = _check("basket.total > 1 && basket.lines.exists(l, l.price > 1)", PLACES.rule(PURCHASE, before_price=True))
    assert early.type == language.BOOL
    for text in ("basket.base > 1", "basket.paid > 1", "basket.lines.exists(l, l.base > 1)"):
        assert _check(text, PLACES.rule(PURCHASE)).type == language.BOOL
        assert _hint(text, PLACES.rule(PURCHASE, before_price=True)) == _hint(
            "basket.nothing > 1", PLACES.rule(PURCHASE)
        )


def test_a_segment_looks_at_the_member_only() -> None:
    here = PLACES.segment()
    assert _check("member.metrics.spend > 5 && 'club' in member.segments && now > member.enrolled_at", here).volatile
    for text in ("basket.total > 5", "type == 'visit'", "store.id == '1'", "minutes > 1"):
        assert _hint(text, here) == language.SEGMENT_READS_MEMBER


def test_a_metric_never_looks_at_the_member() -> None:
    for over in Over:
        assert _hint("member.metrics.buys == 1", PLACES.metric(over)) == language.METRIC_READS_ACTIVITY
    assert _check("line.amount", PLACES.metric(Over.LINES)).type == Amount(2)
    assert _check("entry.amount", PLACES.metric(Over.ENTRIES)).type == Amount(2)
    assert _hint("entry.amount", PLACES.metric(Over.LINES)) == language.METRIC_READS_ACTIVITY
    assert _hint("card.metrics.x == 1", PLACES.metric(Over.ACTIVITIES)) != ""


def test_a_group_reads_the_goods_and_not_other_groups() -> None:
    assert _check("line.category in lists.tobacco && type == 'purchase'", PLACES.group()).type == language.BOOL
    assert _hint("member.id == '1'", PLACES.group()) == language.NOT_HERE
    with pytest.raises(ExpressionFaults):
        _check("'smoke' in line.groups", PLACES.group())
    assert _check("'smoke' in line.groups", PLACES.line(PURCHASE)).type == language.BOOL


def test_entries_compare_at_the_largest_scale_of_all_currencies() -> None:
    assert PLACES.entry_scale == 2
    only_points = Places(_program(("kind: money, scale: 2, value: 1", "kind: stamps"), ("{day: 50.00}", "{day: 50}")))
    assert only_points.entry_scale == 0
    assert _check("entry.amount", only_points.metric(Over.ENTRIES)).type == language.INT


def test_types_of_metrics() -> None:
    assert PLACES.metric_type("top") == Amount(2)
    assert PLACES.metric_scale("top") == 2
    assert PLACES.metric_type("row") == language.INT
    keyed = PLACES.rule(PURCHASE).records["metrics"]["by_shelf"]
    assert isinstance(keyed.type, ListOf)
    assert keyed.type.of == Record("metric by_shelf")
    assert PLACES.rule(PURCHASE).records["metrics"]["top"].nullable


def test_money_of_a_program_without_decimals() -> None:
    yen = Places(_program(("money: EUR", "money: JPY"), ("at_most: 500.00", "at_most: 500")))
    assert _check("basket.total", yen.rule(PURCHASE)).type == Amount(0)


def test_the_same_place_is_the_same_schema() -> None:
    assert PLACES.rule(PURCHASE) is PLACES.rule(OnActivity(types=("purchase",)))
    other = Places(_program(("static: true}", "static: true}\n  extra: {static: true}")))
    assert PLACES.rule(PURCHASE).version == other.rule(PURCHASE).version
    changed_fields = Places(_program(("{note: text}", "{note: int}")))
    assert PLACES.rule(PURCHASE).version != changed_fields.rule(PURCHASE).version


def test_every_field_has_its_help_in_three_languages() -> None:
    here = PLACES.rule(PURCHASE)
    for record in ("basket", "line", "payment", "entry", "store", "member"):
        for name, field in here.records[record].items():
            if (record, name) == ("store", "metrics"):
                continue
            assert field.help is not None, (record, name)
            assert all((field.help.en, field.help.ru, field.help.ro)), (record, name)
    for name, root in here.roots.items():
        if name != "note":
            assert root.help is not None, name
            assert all((root.help.en, root.help.ru, root.help.ro)), name


def test_tables_give_dates_and_amounts_as_the_language_reads_them() -> None:
    places = Places(
        _program((
            "columns: {percent: int}, rows: [[1, 10], [2, 20]]",
            "columns: {percent: int, price: amount, since: date}, rows: [[1, 10, 0.50, 2026-01-31]]",
        ))
    )  # fmt: skip
    here = places.rule(PURCHASE)
    run = rules.to_python(
        _check("tables.season.find(1).price == 0.5 && tables.season.find(1).since.month() == 1", here), here
    )

    assert run(SimpleNamespace(zone=None)) is True
