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


SHOPS = PARTNERS.replace("may_define:", "stores: \"store.chain == 'whiskas'\", may_define:")
SENSITIVE = BASE.replace("birth_date: {type: date,", "birth_date: {type: date, sensitive: true,").replace(
    "smoke: {", "smoke: {sensitive: true, "
)
BORN = "member.attributes.birth_date"
SEGMENTS = f'  old: {{if: "{BORN} != null"}}\n  older: {{if: "\'old\' in member.segments"}}\nrules:\n'


def read(definition: str, kind: str = "offers", partners: str = PARTNERS, more: str = "") -> list[tuple[str, str]]:
    base = SENSITIVE.replace("rules:\n", SEGMENTS, 1).replace("segments:\n", f"{more}segments:\n", 1)
    text = f"{base}{partners}{kind}:\n  mine: {{{TITLE}, owner: whiskas, {definition}}}\n"
    found = report(text).faults
    assert [one for one in found if one.code.startswith(("expression", "unknown"))] == []
    return [(one.code, one.path) for one in found if one.code.startswith("partner_")]


@pytest.mark.parametrize(
    ("definition", "path"),
    [
        (f'audience: "{BORN} != null", {GIVE}', "audience"),
        (f"audience: old, {GIVE}", "audience"),
        (f"audience: older, {GIVE}", "audience"),
        (f'audience: new, if: "{BORN} != null", {GIVE}', "if"),
        (f"audience: new, if: \"'older' in member.segments\", {GIVE}", "if"),
        (f'audience: new, if: "member.segments.size() > 1", {GIVE}', "if"),
        (f"audience: new, lines: \"'smoke' in line.groups\", {GIVE}", "lines"),
        (f'audience: new, effects: [{{give: points, amount: "{BORN} == null ? 1 : 2"}}]', "effects[0].amount"),
    ],
)
def test_a_partner_asks_nothing_sensitive_of_members(definition: str, path: str) -> None:
    assert read(definition) == [("partner_sensitive", f"offers.mine.{path}")]


def test_rewards_and_vouchers_of_a_partner_ask_nothing_sensitive_either() -> None:
    asked = f'if: "{BORN} != null"'
    assert read(f"{asked}, prices: [{{points: 10}}]", "rewards") == [("partner_sensitive", "rewards.mine.if")]
    code = f"codes: {{shared: CATS}}, {asked}, {GIVE}"
    assert read(code, "vouchers") == [("partner_sensitive", "vouchers.mine.if")]


def test_a_partner_reads_numbers_that_are_theirs_alone() -> None:
    asked = f'audience: "member.metrics.NAME > 1", {GIVE}'
    assert read(asked.replace("NAME", "buys")) == [("partner_metric", "offers.mine.audience")]
    theirs = "  cats: {owner: whiskas, count: activities, where: \"store.chain == 'whiskas'\"}\n"
    assert read(asked.replace("NAME", "cats"), more=theirs) == []
    # A class of members that the house made, and what is not sensitive, may be asked for.
    assert read(f"audience: new, {GIVE}") == []
    assert read(f"audience: \"member.attributes.size == 'L' && member.tier == null\", {GIVE}") == []


@pytest.mark.parametrize(
    ("asked", "fault"),
    [
        ("", [("partner_everywhere", "offers.mine")]),
        ("if: \"store.chain == 'felicia'\", ", [("partner_everywhere", "offers.mine.if")]),
        ("if: \"store.chain == 'whiskas' || basket.total > 1\", ", [("partner_everywhere", "offers.mine.if")]),
        ("if: \"store.chain=='whiskas' && basket.total > 1\", ", []),
        ("if: \"basket.total > 1 && partner.id == 'whiskas'\", ", []),
    ],
)
def test_a_partner_with_stores_decides_in_those_alone(asked: str, fault: list[tuple[str, str]]) -> None:
    assert read(f"audience: new, {asked}{GIVE}", partners=SHOPS) == fault


def test_a_partner_without_stores_does_not_ask_where_somebody_buys() -> None:
    asked = f"audience: new, if: \"store.chain == 'felicia'\", {GIVE}"
    assert read(asked) == [("partner_place", "offers.mine.if")]
    reward = "if: \"store.chain == 'felicia'\", prices: [{points: 10}]"
    assert read(reward, "rewards", SHOPS) == [("partner_place", "rewards.mine.if")]


def test_the_fault_says_what_to_write_instead() -> None:
    text = f"{BASE}{SHOPS}offers:\n  mine: {{{TITLE}, owner: whiskas, audience: new, {GIVE}}}\n"
    fault = next(one for one in report(text).faults if one.code == "partner_everywhere")
    assert fault.mend("en").endswith("partner.id == 'whiskas'.")
