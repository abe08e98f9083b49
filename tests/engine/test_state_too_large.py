"""No account remembers more than 8 KB: what would make it do so is refused whole, and who arrives goes home."""

from __future__ import annotations

from typing import Any

from regulars.engine import state as states
from regulars.engine.contracts.decision import Decision
from regulars.program.contracts.challenges import Challenge, Recurrence, Step
from regulars.program.contracts.definitions import Measure, Metric
from regulars.program.contracts.effects import OnReversal
from regulars.program.contracts.households import Household
from tests.engine.shop import base
from tests.engine.town import ANN, BOB, CAT, DAN, Town

SALES = Metric(name="sales", measure=Measure.COUNT, where="type == 'purchase'")
CLUB = Household(name="club", size=5)


def challenges(count: int) -> list[Any]:
    """All begin with the first purchase, and keep what it takes to go back."""
    steps = {"a": Step(target="5"), "b": Step(target="6")}
    return [
        Challenge(
            name=f"c{number}",
            goal="member.metrics.sales",
            target="7",
            recurrence=Recurrence.AGAIN,
            on_reversal=OnReversal.REVERSE,
            steps=steps,
        )
        for number in range(count)
    ]


def code(decision: Decision) -> str | None:
    return None if decision.refusal is None else decision.refusal.code


def test_who_would_have_to_remember_too_much_is_refused_and_nothing_is_done() -> None:
    town = Town(base(), SALES, *challenges(200))
    refused = town.at(ANN).buy(1000)
    assert refused.refusal is not None
    assert (refused.refusal.code, refused.refusal.status) == ("state_too_large", 409)
    assert refused.refusal.fields["most"] == states.MOST == 8192
    assert int(str(refused.refusal.fields["bytes"])) > 8192
    assert (town.active(ANN), town.at(ANN).done) == (0, {})


def test_who_joins_where_all_would_have_to_remember_too_much_goes_home() -> None:
    town = Town(base(), SALES, CLUB, *challenges(60))
    for member in (ANN, BOB, CAT, DAN):
        assert code(town.at(member).buy(1000)) is None
    assert code(town.found(ANN, "club")) is None
    joined = []
    for member in (BOB, CAT, DAN):
        town.household(ANN, "invite", member_id=member)
        joined.append(code(town.join(member, ANN)))
    assert (joined[0], joined[-1]) == (None, "state_too_large")
    assert len(town.accounts[ANN].state) <= 8192
    assert (town.active(DAN), town.at(DAN).account_id) == (10, DAN)
    assert code(town.at(DAN).buy(1000)) is None
    assert (town.active(DAN), town.active(ANN), town.active(BOB)) == (20, 10, 10)


def test_control_what_fits_is_done() -> None:
    town = Town(base(), SALES, *challenges(60))
    assert code(town.at(ANN).buy(1000)) is None
    assert town.active(ANN) == 10
