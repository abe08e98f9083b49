"""What a release must pass about discounts: each thing broken once, its code and its path."""

from __future__ import annotations

import pytest

from tests.program.program_base import BASE, report

STACKING = "stacking: {till: {groups: {goods: {mode: first}, all: {}}}}\n"


def found(rules: str = "", more: str = STACKING) -> list[tuple[str, str]]:
    """The codes and paths of the faults and warnings of a program with these rules."""
    made = report(BASE.replace("rules:\n", f"rules:\n{rules}", 1) + more)
    return [(one.code, one.path) for one in (*made.faults, *made.warnings)]


def effect(text: str) -> str:
    return f"  off: {{trigger: purchase, effects: [{text}]}}\n"


def test_a_sound_discount_passes() -> None:
    assert found(effect('{discount: {percent: "10"}, group: all, at_most: 5.00}')) == []


SPOT = "rules.off.effects[0]"


@pytest.mark.parametrize(
    ("text", "code", "path"),
    [
        ('{discount: {percent: "10", amount: "1"}}', "one_reduction", f"{SPOT}.discount"),
        ("{discount: {}}", "one_reduction", f"{SPOT}.discount"),
        ('{discount: {percent: "101"}}', "percent_above_100", f"{SPOT}.discount.percent"),
        ('{discount: {amount: "0"}}', "not_positive", f"{SPOT}.discount.amount"),
        ('{discount: {percent: "10"}, group: godos}', "unknown_stacking_group", f"{SPOT}.group"),
        ('{discount: {percent: "10"}, which: nth}', "nth_of_one", f"{SPOT}.count"),
        ('{discount: {percent: "10"}, count: 2}', "count_of_all", f"{SPOT}.count"),
        ('{discount: {percent: "10"}, which: cheapest, count: 0}', "not_positive", f"{SPOT}.count"),
        ('{discount: {percent: "10"}, times: 2}', "times_of_nothing", f"{SPOT}.times"),
        ('{discount: {percent: "10"}, at_most: 0}', "not_positive", f"{SPOT}.at_most"),
        ('{discount: {percent: "10"}, on: basket, which: cheapest}', "which_of_lines", f"{SPOT}.which"),
        ('{discount: {percent: "10"}, buy: {lines: "true"}}', "buy_cheapest", f"{SPOT}.buy"),
        ('{discount: {fixed: "9"}, on: basket, bundle: [{lines: "true"}]}', "bundle_alone", f"{SPOT}.bundle"),
        ('{discount: {fixed: "9"}, bundle: [{lines: "true", count: 0}]}', "not_positive", f"{SPOT}.bundle[0].count"),
        ("{free_item: 0}", "not_positive", f"{SPOT}.free_item"),
        ("{free_item: 1, times: 2}", "times_of_nothing", f"{SPOT}.times"),
        ('{discount: {percent: "10"}, funding: [{by: x, share: 0.5}]}', "shares_not_one", f"{SPOT}.funding"),
    ],
)
def test_a_fault_of_an_effect(text: str, code: str, path: str) -> None:
    assert (code, path) in found(effect(text))


def test_a_condition_reads_nothing_that_the_price_changes() -> None:
    # LAW13: what points paid and what is earned is known once the price is.
    rule = '  off: {trigger: purchase, if: "basket.base > 5.00", effects: [{discount: {percent: "10"}}]}\n'
    assert [path for code, path in found(rule)] == ["rules.off.if"]
    line = effect('{discount: {per_unit: "line.discount"}}')
    assert [path for code, path in found(line)] == [f"{SPOT}.discount.per_unit"]
    assert found(effect('{discount: {per_unit: "line.price / 2"}}')) == []


def test_a_discount_stands_where_a_basket_is_about_to_be_paid() -> None:
    visit = '  off: {trigger: visit, effects: [{discount: {percent: "10"}}]}\n'
    assert ("needs_basket", SPOT) in found(visit)
    month = '  off: {trigger: {period: week, ended: true}, effects: [{discount: {percent: "10"}}]}\n'
    assert ("needs_activity", SPOT) in found(month)
    refuses = (
        '  off: {trigger: purchase, effects: [{discount: {percent: "10"}}, {refuse: x, say: {en: a, ru: b, ro: c}}]}\n'
    )
    assert ("discount_refuses", SPOT) in found(refuses)
    draw = 'draws: {wheel: {prizes: {car: {odds: 0.5, effects: [{discount: {percent: "10"}}]}}}}\n'
    assert ("price_elsewhere", "draws.wheel.prizes.car.effects[0]") in found(more=draw)


def test_rules_of_one_group_are_asked_at_one_time() -> None:
    rules = (
        '  a: {trigger: purchase, group: one, priority: 1, effects: [{discount: {percent: "10"}}]}\n'
        '  b: {trigger: purchase, group: one, priority: 2, effects: [{give: points, amount: "1"}]}\n'
    )
    assert found(rules) == [("group_mixes_price", "rules.b.group")]


def test_in_a_group_of_the_first_an_equal_priority_is_warned_of() -> None:
    rules = (
        '  a: {trigger: purchase, effects: [{discount: {percent: "10"}, group: goods}]}\n'
        '  b: {trigger: purchase, effects: [{discount: {percent: "20"}, group: goods}]}\n'
    )
    assert found(rules) == [("same_priority_discounts", "rules.b")]
    assert found(rules.replace("b: {trigger: purchase", "b: {trigger: purchase, priority: 1")) == []


def test_a_stacking_that_makes_no_sense() -> None:
    assert found(more="stacking: {a: {}, b: {}}\n") == [("stacking_twice", "stacking.b")]
    assert found(more="stacking: {a: {largest_line: 1.5}}\n") == [("share_of_price", "stacking.a.largest_line")]
    assert found(more="stacking: {a: {largest_basket: 0}}\n") == [("share_of_price", "stacking.a.largest_basket")]
    assert found(more="stacking: {a: {never_below: [costs]}}\n") == [("unknown_field", "stacking.a.never_below[0]")]
