"""Budgets and partners as definitions: what is wrong with one, and what they are read as."""

from __future__ import annotations

import pytest

from regulars.program import service as program
from regulars.program.contracts.budgets import Budget, Slice
from regulars.program.contracts.values import Period
from tests.program.program_base import BASE, report

PARTNER = "title: {en: Cats, ru: Кошки, ro: Pisici}"
VISIT = "trigger: visit"


def with_rules(*rules: str, partners: str = "") -> str:
    written = "".join(f"  extra{place}: {{{rule}}}\n" for place, rule in enumerate(rules))
    text = BASE.replace("rules:\n", f"rules:\n{written}", 1)
    return text + (f"partners:\n{partners}" if partners else "")


def budgeted(budget: str, more: str = "") -> str:
    return f'{VISIT}, effects: [{{give: points, amount: "1"}}], budget: {budget}{more}'


def faults(text: str) -> list[tuple[str, str]]:
    return [(one.code, one.path) for one in report(text).faults]


def test_a_budget_is_read_in_the_units_of_what_it_counts() -> None:
    text = with_rules(
        budgeted("{money: 20000.00, points: {points: 500, cash: 12.50}, uses: 7, per: store, period: calendar month}")
    )
    assert faults(text) == []
    assert program.read(text).rules["extra0"].budget == Budget(
        money=2000000, points={"points": 500, "cash": 1250}, uses=7, per=Slice.STORE, period=Period.MONTH
    )


@pytest.mark.parametrize(
    ("rules", "code", "path"),
    [
        ((budgeted("{per: store}"),), "budget_of_nothing", "rules.extra0.budget"),
        ((budgeted("{uses: 0}"),), "budget_of_zero", "rules.extra0.budget.uses"),
        ((budgeted("{points: {points: -1}}"),), "not_positive", "rules.extra0.budget.points.points"),
        ((budgeted("{points: {stars: 5}}"),), "unknown_currency", "rules.extra0.budget.points"),
        ((budgeted("{uses: 5, period: activity}"),), "budget_by_activity", "rules.extra0.budget.period"),
        (
            (budgeted("{uses: 5, shared: spring}"), budgeted("{uses: 6, shared: spring}")),
            "budget_shared_differs",
            "rules.extra1.budget.shared",
        ),
    ],
)
def test_what_is_wrong_with_a_budget(rules: tuple[str, ...], code: str, path: str) -> None:
    assert (code, path) in faults(with_rules(*rules))


def test_a_budget_of_zero_for_an_audience_is_one_that_is_switched_off() -> None:
    assert faults(with_rules(budgeted("{uses: 0}", ", audience: new"))) == []


CATS = f"  whiskas: {{{PARTNER}, may_define: [offers], budget: {{points: {{points: 100}}}}}}\n"


@pytest.mark.parametrize(
    ("partners", "rules", "code", "path"),
    [
        (f"  house: {{{PARTNER}}}\n", (), "partner_named_house", "partners.house"),
        (CATS.replace("[offers]", "[ladders]"), (), "unknown_kind", "partners.whiskas.may_define[0]"),
        (
            f"  whiskas: {{{PARTNER}, may_define: [offers]}}\n",
            (),
            "partner_without_budget",
            "partners.whiskas.may_define",
        ),
        (CATS.replace("{points: {points: 100}}", "{uses: 5}"), (), "partner_budget_simple", "partners.whiskas.budget"),
        (
            CATS.replace("{points: {points: 100}}", "{points: {points: 5}, per: store}"),
            (),
            "partner_budget_simple",
            "partners.whiskas.budget",
        ),
        (
            CATS,
            (
                budgeted("{points: {points: 60}}", ", owner: whiskas"),
                budgeted("{points: {points: 41}}", ", owner: whiskas"),
            ),
            "partner_budget_passed",
            "partners.whiskas.budget",
        ),
        (CATS, (budgeted("{uses: 1}", ", owner: whiskers"),), "unknown_partner", "rules.extra0.owner"),
        (
            CATS,
            (f'{VISIT}, effects: [{{give: points, amount: "1", funding: [{{by: nobody, share: 1}}]}}]',),
            "unknown_partner",
            "rules.extra0.effects[0].funding[0].by",
        ),
        (
            CATS,
            (
                f'{VISIT}, effects: [{{give: points, amount: "1", funding: [{{by: house, share: 0.6}}, {{by: whiskas, share: 0.3}}]}}]',
            ),
            "shares_not_one",
            "rules.extra0.effects[0].funding",
        ),
        (
            CATS.replace(PARTNER, f"{PARTNER}, stores: \"member.tier == 'x'\""),
            (),
            "expression_not_here",
            "partners.whiskas.stores",
        ),
    ],
)
def test_what_is_wrong_with_partners_and_owners(partners: str, rules: tuple[str, ...], code: str, path: str) -> None:
    assert (code, path) in faults(with_rules(*rules, partners=partners))


def test_a_partner_with_what_is_theirs_within_their_budget_is_sound() -> None:
    stores = CATS.replace(PARTNER, f"{PARTNER}, stores: \"store.chain == 'cats'\"")
    rules = (
        budgeted("{points: {points: 60}}", ", owner: whiskas"),
        budgeted("{points: {points: 40}}", ", owner: whiskas"),
        # Of another period: it is bounded by the partner's budget when it is given.
        budgeted("{points: {points: 90}, period: day}", ", owner: whiskas"),
        budgeted("{points: {points: 900}}", ", owner: house"),
    )
    assert faults(with_rules(*rules, partners=stores)) == []
