"""What a release must pass about plans."""

from __future__ import annotations

import pytest

from tests.program.program_base import BASE, report

PLANS = BASE + "plans:\n  club: {CLUB}\n"


@pytest.mark.parametrize(
    ("club", "code", "path"),
    [
        ("period: 12 hours", "plan_in_days", "plans.club.period"),
        ("period: 1 month, trial: 30 minutes", "plan_in_days", "plans.club.trial"),
        ("period: 1 month, grace: 90 minutes", "plan_in_days", "plans.club.grace"),
        ("period: 1 month, price: -1.00", "plan_price", "plans.club.price"),
        ("trial: 7 days", "trial_of_no_period", "plans.club.trial"),
    ],
)
def test_a_plan_that_cannot_be_is_told_where_it_stands(club: str, code: str, path: str) -> None:
    found = report(PLANS.replace("CLUB", club)).faults
    assert [(one.code, one.path) for one in found] == [(code, path)]


def test_an_effect_names_a_plan_that_there_is_for_whole_days() -> None:
    rule = "  join: {trigger: purchase, effects: [{plan: clbu, until: 5 hours}]}\n"
    text = PLANS.replace("CLUB", "period: 1 month").replace("rules:\n", f"rules:\n{rule}", 1)
    found = report(text).faults
    assert [(one.code, one.path) for one in found] == [
        ("unknown_plan", "rules.join.effects[0].plan"),
        ("plan_in_days", "rules.join.effects[0].until"),
    ]


def test_control_a_plan_that_can_be_passes() -> None:
    assert report(PLANS.replace("CLUB", "period: 1 month, trial: 7 days, grace: 3 days, price: 49.00")).faults == ()
