"""The known ways to cheat, each caught by a limit written in YAML; every case tells why, and an honest day opens none."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest

from regulars.engine.contracts.activity import PointsPayment, Store
from regulars.engine.contracts.decision import Decision, Outcome
from regulars.program import service as programs
from tests.engine.shop import at
from tests.programs.baskets import Till

TEXT = (Path(__file__).parent / "watchful.yaml").read_text()
ALL = (PointsPayment(currency="points", points=-1),)


@pytest.fixture
def till() -> Till:
    found = Till(TEXT)
    found.now = at("2026-03-02 10:00")
    return found


def cases(decision: Decision) -> list[dict[str, Any]]:
    return [event.data for event in decision.events if event.type == "case.opened"]


def the_case(decision: Decision, limit: str) -> dict[str, Any]:
    (found,) = [one for one in cases(decision) if one["limit"] == limit]
    return found


def later(till: Till, **time: int) -> None:
    till.now += dt.timedelta(**time)


def test_the_program_is_sound() -> None:
    found = programs.check(TEXT)
    assert (found.faults, found.warnings) == ((), ())


def test_an_honest_day_opens_no_case(till: Till) -> None:
    """Negative control: the same limits, nobody cheats."""
    seen = []
    for _ in range(6):
        seen += cases(till.buy(10_00, cashier="c1", till="t1", card="own", device="d1"))
        later(till, minutes=50)
    paid = till.buy(5_00, pay=ALL, cashier="c1", card="own")
    assert (seen, cases(paid), paid.outcome) == ([], [], Outcome.ACCEPTED)


def test_a_cashier_who_uses_their_own_card_waits_for_a_check(till: Till) -> None:
    till.profile(employee_id="77")
    assert cases(till.buy(10_00, cashier="76", card="mine")) == []
    held = till.buy(10_00, cashier="77", card="mine", till="t4", store=Store(id="s1"))
    case = the_case(held, "own_card")
    assert (case["case"], case["then"], case["cashier"], case["card"], case["till"], case["store"]) == (
        "staff",
        "hold",
        "77",
        "mine",
        "t4",
        "s1",
    )
    assert case["if"] == "cashier.id != null && cashier.id == member.attributes.employee_id"
    assert (till.has().active, till.has().pending) == (10, 10)
    assert [(one.to, one.code, one.say["ru"]) for one in held.messages if one.code == "limit.hold"] == [
        ("receipt", "limit.hold", "Баллы сотрудников сначала проверяют")
    ]
    # What else listens to the limit hears it in the same decision.
    assert [event.data for event in held.events if event.type == "staff.warned"] == [{"rule": "warned", "how": "hold"}]


def test_many_cards_at_one_cashier_within_an_hour_alert(till: Till) -> None:
    seen = []
    for number in range(4):
        seen.append(cases(till.buy(1_00, cashier="c9", card=f"card-{number}")))
        later(till, minutes=10)
    assert seen[:3] == [[], [], []]
    (case,) = seen[3]
    assert (case["metric"], case["value"], case["at_most"], case["owner"]) == ("cards_an_hour", 4, 3, "cashier:c9")
    # An hour after the first two cards only two are left, and the next is the third.
    later(till, minutes=40)
    assert cases(till.buy(1_00, cashier="c9", card="card-9")) == []


def test_many_cards_on_one_device_wait(till: Till) -> None:
    for card in ("a", "b"):
        assert cases(till.buy(1_00, device="phone", card=card)) == []
    case = the_case(till.buy(1_00, device="phone", card="c"), "shared_device")
    assert (case["owner"], case["value"], case["at_most"], case["then"]) == ("device:phone", 3, 2, "hold")
    assert (till.has().active, till.has().pending) == (2, 1)


def test_a_refund_soon_after_redeeming_alerts(till: Till) -> None:
    till.buy(100_00)
    sale = till.last()
    till.buy(50, pay=ALL)
    case = the_case(till.back(sale), "refund_after_redeem")
    assert (case["then"], case["of"]) == ("alert", "return")


def test_a_refund_without_redeeming_is_nobodys_business(till: Till) -> None:
    till.buy(100_00)
    assert cases(till.back(till.last())) == []


def test_an_account_that_wakes_to_redeem_alerts(till: Till) -> None:
    till.buy(200_00)
    till.buy(200_00)
    later(till, days=179)
    assert cases(till.buy(50, pay=ALL)) == []
    later(till, days=180)
    case = the_case(till.buy(50, pay=ALL), "woken")
    assert (case["case"], case["of"], case["total"]) == ("risk", "purchase", 50)


def test_redemptions_in_quick_succession_are_refused(till: Till) -> None:
    till.buy(300_00)
    some = (PointsPayment(currency="points", points=50),)
    tries = []
    for _ in range(3):
        tries.append(till.buy(1_00, pay=some))
        later(till, minutes=15)
    assert [one.outcome for one in tries] == [Outcome.ACCEPTED, Outcome.ACCEPTED, Outcome.REFUSED]
    refusal = tries[2].refusal
    assert refusal is not None
    assert (refusal.code, refusal.by, refusal.say["ro"]) == ("limit_reached", "limits.fast", "Încercați peste o oră")
    assert refusal.fields == {"limit": "fast", "metric": "redemptions", "value": 3, "at_most": 2}
    # Buying without points is nobody's business; after an hour the first is forgotten.
    assert till.buy(1_00).outcome is Outcome.ACCEPTED
    later(till, minutes=16)
    assert till.buy(1_00, pay=some).outcome is Outcome.ACCEPTED


def test_what_one_cashier_gives_in_a_day_is_cut(till: Till) -> None:
    assert till.buy(900_00, cashier="c1").points == {"points": 900}
    cut = till.buy(200_00, cashier="c1")
    assert cut.points == {"points": 100}
    (hit,) = [event.data for event in cut.events if event.type == "limit.hit"]
    assert hit == {
        "name": "generous",
        "then": "cut",
        "metric": "given_today",
        "value": 900,
        "at_most": 1000,
        "owner": "cashier:c1",
    }
    assert till.buy(200_00, cashier="c2").points == {"points": 200}
