"""What a partner publishes: nothing that their budget does not name, nothing that others pay for unless it is said."""

from __future__ import annotations

import pytest

from tests.program.program_base import BASE, report

PARTNERS = """partners:
  whiskas: {title: {en: Cats, ru: Кошки, ro: Pisici}, may_define: [offers, rewards, vouchers], budget: {points: {points: 100}}}
  acme: {title: {en: Acme, ru: Акме, ro: Acme}}
reward_types:
  backed: {steps: [{credit: cash, amount: 1}]}
"""
TITLE = "title: {en: A, ru: А, ro: A}"
GIVE = 'effects: [{give: points, amount: "1"}]'
FUNDED = 'effects: [{{give: points, amount: "1", funding: [{{by: {by}, share: 1}}]}}]'


def said(definition: str, kind: str = "offers", partners: str = PARTNERS) -> list[tuple[str, str]]:
    text = f"{BASE}{partners}{kind}:\n  mine: {{{TITLE}, {definition}}}\n"
    return [(one.code, one.path) for one in report(text).faults if one.code.startswith("partner_")]


@pytest.mark.parametrize(
    ("kind", "definition", "path"),
    [
        ("offers", 'effects: [{give: cash, amount: "100"}]', "offers.mine.effects[0].give"),
        ("offers", "effects: [{multiply: cash, by: 2}]", "offers.mine.effects[0].multiply"),
        ("offers", 'effects: [{discount: {percent: "100"}}]', "offers.mine.effects[0]"),
        ("vouchers", "codes: {shared: CATS}, gift: cash, value: 1000.00", "vouchers.mine.gift"),
        ("rewards", "prices: [{points: 10}], steps: [{credit: cash, amount: 5}]", "rewards.mine.steps[0].credit"),
        (
            "rewards",
            'prices: [{points: 10}], steps: [{effects: [{give: cash, amount: "5"}]}]',
            "rewards.mine.steps[0].effects[0].give",
        ),
        ("rewards", "prices: [{points: 10}], type: backed", "rewards.mine.type"),
        ("rewards", "prices: [{points: 10}], value: 0.05", "rewards.mine.value"),
    ],
)
def test_what_the_budget_of_a_partner_does_not_name_cannot_be_given(kind: str, definition: str, path: str) -> None:
    assert said(f"owner: whiskas, {definition}", kind) == [("partner_unbounded", path)]
    # What is the house's own, or named by the budget, passes.
    assert said(definition, kind) == []
    named = PARTNERS.replace("budget: {points: {points: 100}}", "budget: {money: 9, points: {points: 9, cash: 9}}")
    assert said(f"owner: whiskas, {definition}", kind, named) == []


@pytest.mark.parametrize("by", ["acme", "house"])
def test_only_the_partner_pays_for_what_the_partner_publishes(by: str) -> None:
    funded = FUNDED.format(by=by)
    assert said(f"owner: whiskas, {funded}") == [("partner_funder", "offers.mine.effects[0].funding[0].by")]
    above = f"owner: whiskas, {GIVE}, funding: [{{by: {by}, share: 1}}]"
    assert said(above) == [("partner_funder", "offers.mine.funding[0].by")]
    stated = PARTNERS.replace("may_define:", f"funders: [{by}], may_define:")
    assert said(f"owner: whiskas, {funded}", partners=stated) == []
    assert said(f"owner: whiskas, {FUNDED.format(by='whiskas')}") == []


def test_a_funder_that_nobody_knows_is_told() -> None:
    text = BASE + PARTNERS.replace("may_define:", "funders: [nobody], may_define:")
    assert ("unknown_partner", "partners.whiskas.funders[0]") in [(one.code, one.path) for one in report(text).faults]
