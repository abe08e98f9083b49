"""Households as definitions: what is wrong with one, and what a short form stands for."""

from __future__ import annotations

import pytest

from regulars.program import service as program
from regulars.program.contracts.households import Join, Leave, Sees, Successor
from tests.program.program_base import BASE, report

SOUND = "size: 4, pooled: [points]"
TITLE = "title: {en: Family, ru: Семья, ro: Familia}"


def with_family(fields: str) -> str:
    return BASE + f"households:\n  family: {{{TITLE}, {fields}}}\n"


@pytest.mark.parametrize(
    ("fields", "code", "path"),
    [
        ("size: 1", "household_size", "households.family.size"),
        ("size: 51", "household_size", "households.family.size"),
        ("size: 4, roles: {}", "household_without_roles", "households.family.roles"),
        ("size: 4, roles: {first: {may_spend: true}}", "nobody_may_invite", "households.family.roles.first"),
        ("size: 4, pooled: [points, gems]", "unknown_name", "households.family.pooled[1]"),
        ("size: 4, pooled: [points, points]", "pooled_twice", "households.family.pooled[1]"),
        ("size: 4, join: knocking", "unknown_value", "households.family.join"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(fields: str, code: str, path: str) -> None:
    found = report(with_family(fields))
    assert (code, path) in [(one.code, one.path) for one in found.faults]


def test_a_household_with_a_code_needs_nobody_who_invites() -> None:
    found = report(with_family("size: 4, join: code, roles: {first: {may_spend: true}}"))
    assert not found.faults


def test_what_is_left_out() -> None:
    family = program.read(with_family(SOUND)).households["family"]
    assert (family.join, family.leave, family.successor) == (Join.INVITE, Leave.KEEPS_OWN, Successor.NAMED)
    assert list(family.roles) == ["owner", "adult", "child"]
    owner, adult, child = family.roles.values()
    assert (owner.may_invite, owner.may_spend, owner.sees) == (True, True, Sees.ALL)
    assert (adult.may_invite, adult.may_spend, adult.sees) == (False, True, Sees.TOTALS)
    assert (child.may_invite, child.may_spend, child.sees) == (False, False, Sees.OWN)


def test_numbers_of_a_household_need_one() -> None:
    ours = "metrics:\n  ours: {count: activities, per: household}\n"
    text = BASE.replace("metrics:\n", ours, 1)
    assert "metric_owner" in [one.code for one in report(text).faults]
    assert not report(text + f"households:\n  family: {{{TITLE}, {SOUND}}}\n").faults
