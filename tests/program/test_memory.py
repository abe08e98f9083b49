"""How much a member would have to remember: a warning above 4 KB, a fault above 8 KB."""

from __future__ import annotations

import pytest

from regulars.engine import state
from regulars.program.checks import memory
from tests.program.program_base import BASE, report

TITLE = "title: {en: C, ru: К, ro: Ț}"


def with_challenges(count: int) -> str:
    """Each is about 72 bytes: a name of 3, two steps, and what it takes to go back."""
    steps = f"steps: {{a: {{{TITLE}, target: '5'}}, b: {{{TITLE}, target: '6'}}}}"
    fields = f"{TITLE}, goal: member.metrics.buys, target: '7', recurrence: again, on_reversal: reverse, {steps}"
    return BASE + "challenges:\n" + "".join(f"  {chr(97 + n // 100)}{n % 100:02}: {{{fields}}}\n" for n in range(count))


@pytest.mark.parametrize(("count", "code"), [(20, None), (50, None), (60, "remembers_much"), (100, "remembers_much")])
def test_much_is_warned_of(count: int, code: str | None) -> None:
    found = report(with_challenges(count))
    assert not found.faults
    assert [one.code for one in found.warnings if one.path == "challenges"] == ([code] if code else [])


def test_more_than_anybody_may_remember_is_a_fault_that_says_how_much_and_of_what() -> None:
    found = report(with_challenges(200))
    assert [(one.code, one.path) for one in found.faults] == [("remembers_too_much", "challenges")]
    # 200 times 3 + 4 + 14 + (7 + 8) + 2 * (8 + 9).
    assert "challenges (14000)" in found.faults[0].message("en")
    assert "8192" in found.faults[0].message("en")


def test_the_most_is_that_of_what_is_stored() -> None:
    assert memory.MOST == state.MOST
