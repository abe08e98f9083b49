"""The preset of a lender: a year of one borrower, worked out by hand."""

from __future__ import annotations

import datetime as dt

from regulars.engine import service as engine
from regulars.engine.contracts.activity import ChallengeAct
from regulars.engine.contracts.decision import Decision
from regulars.program import service as programs
from tests.engine.shop import MEMBER, at
from tests.programs.baskets import Till


class Borrower(Till):
    """One member of the lender; moments in UTC, the program lives in Chisinau."""

    def __init__(self) -> None:
        super().__init__(programs.preset("lender"))

    def on(self, text: str) -> Borrower:
        self.until(at(text))
        return self

    def owes(self, due: str, *, paid: bool = False) -> Decision:
        return self.profile(loans=[{"id": "1", "amount": 100_000, "due_on": due, "paid": paid}])

    def pays(self, *, on_time: bool = True) -> Decision:
        fields = {"loan": "1", "amount": 100_000, "on_time": on_time}
        return self.do(self.activity("repayment", fields=fields))

    def takes(self, amount: int) -> Decision:
        return self.do(self.activity("loan_taken", fields={"loan": "1", "amount": amount}))

    def segments(self) -> tuple[str, ...]:
        return engine.view(self.compiled, self.known(self.activity("tick")), member_id=MEMBER, at=self.now).segments


def says_caught_up(decision: Decision) -> bool:
    return "caught_up" in [one.code for one in decision.messages]


def test_the_preset_is_sound() -> None:
    found = programs.check(programs.preset("lender"))
    assert (found.faults, found.warnings) == ((), ())


def test_a_loan_is_thanked_for_once_a_year_whatever_its_sum() -> None:
    member = Borrower().on("2026-01-05 10:00")
    assert member.takes(100_000).points == {"points": 20}
    assert member.takes(9_000_000).points == {}
    assert member.on("2026-12-30 10:00").takes(100_000).points == {}
    assert member.on("2027-01-02 10:00").takes(100_000).points == {"points": 20}


def test_a_seventh_loan_in_a_year_makes_somebody_look() -> None:
    member = Borrower().on("2026-01-05 10:00")
    decisions = [member.takes(100_000) for _ in range(7)]
    cases = [[one.data["case"] for one in decision.events if one.type == "case.opened"] for decision in decisions]
    assert cases == [*[[]] * 6, ["debt"]]


def test_a_year_on_time_brings_steps_a_badge_and_one_month_to_miss() -> None:
    member = Borrower()
    given = []
    # January to June, July is missed, August to January of the next year.
    months = [(2026, month) for month in (1, 2, 3, 4, 5, 6, 8, 9, 10, 11, 12)] + [(2027, 1)]
    for year, month in months:
        member.on(f"{year}-{month:02}-10 10:00")
        given.append(member.pays().points["points"])
    assert given == [20, 20, 70, 20, 20, 120, 20, 20, 20, 20, 20, 520]
    # 20 each month, 50, 100 and 500 for the steps and the year.
    assert sum(given) == 12 * 20 + 650


def test_control_two_missed_months_begin_the_row_anew() -> None:
    member = Borrower()
    for month in (1, 2, 3, 4, 5, 6, 9, 10, 11, 12):
        member.on(f"2026-{month:02}-10 10:00").pays()
    for month in (1, 2):
        assert member.on(f"2027-{month:02}-10 10:00").pays().points == {"points": 20}


def test_an_instalment_that_did_not_come_ends_rewards_until_it_comes() -> None:
    member = Borrower().on("2026-03-01 10:00")
    member.owes("2026-03-10")
    before = len(member.done)
    member.on("2026-03-07 10:00")
    heard = [event.type for _, decision, _ in list(member.done.values())[before:] for event in decision.events]
    assert "instalment_due" in heard
    assert member.on("2026-03-10 20:00").segments() == ()
    assert member.on("2026-03-11 10:00").segments() == ("in_arrears",)
    assert member.takes(100_000).points == {}
    late = member.pays(on_time=False)
    assert (late.points, says_caught_up(late)) == ({}, False)
    assert member.segments() == ("in_arrears",)
    assert says_caught_up(member.owes("2026-03-10", paid=True))
    assert member.segments() == ()
    assert member.takes(100_000).points == {"points": 20}


def test_paying_one_loan_on_time_rewards_nothing_while_another_is_overdue() -> None:
    member = Borrower()
    assert [member.on(f"2026-0{month}-02 10:00").pays().points for month in (1, 2)] == [{"points": 20}] * 2
    member.owes("2026-03-05")
    # The third month in a row, on another loan: 20 for the instalment are lost, 50 for the step wait.
    other = member.on("2026-03-10 10:00").pays()
    assert (other.points, says_caught_up(other)) == ({}, False)
    assert member.segments() == ("in_arrears",)
    again = member.on("2026-03-11 10:00").pays()
    assert (again.points, says_caught_up(again)) == ({}, False)
    paid = member.owes("2026-03-05", paid=True)
    assert (paid.points, says_caught_up(paid)) == ({"points": 50}, True)
    assert member.segments() == ()
    assert member.on("2026-03-12 10:00").pays().points == {"points": 20}


def test_an_instalment_still_ahead_is_no_arrears() -> None:
    member = Borrower().on("2026-03-01 10:00")
    late = {"id": "1", "amount": 100_000, "due_on": "2026-03-05", "paid": False}
    next_one = {"id": "2", "amount": 100_000, "due_on": "2026-04-05", "paid": False}
    member.profile(loans=[late, next_one])
    assert member.on("2026-03-10 10:00").segments() == ("in_arrears",)
    assert says_caught_up(member.profile(loans=[{**late, "paid": True}, next_one]))
    assert member.segments() == ()


def test_a_challenge_that_one_joined_waits_for_the_end_of_arrears() -> None:
    member = Borrower().on("2026-03-01 10:00")
    member.do(member.activity("challenge", challenge=ChallengeAct(challenge="first_three")))
    assert [member.on(f"2026-03-0{day} 10:00").pays().points for day in (2, 3)] == [{"points": 20}] * 2
    member.owes("2026-03-05")
    assert member.on("2026-03-10 10:00").pays().points == {}
    assert member.owes("2026-03-05", paid=True).points == {"points": 60}


def test_control_what_was_paid_before_its_day_is_not_missed() -> None:
    member = Borrower().on("2026-03-01 10:00")
    member.owes("2026-03-10")
    member.on("2026-03-09 10:00").pays()
    member.owes("2026-03-10", paid=True)
    assert member.on("2026-03-12 10:00").segments() == ()


def test_the_first_three_are_a_challenge_that_one_joins() -> None:
    member = Borrower().on("2026-03-01 10:00")
    member.do(member.activity("challenge", challenge=ChallengeAct(challenge="first_three")))
    assert member.review_at == dt.datetime(2026, 6, 30, 21, tzinfo=dt.UTC)
    given = [member.on(f"2026-{month:02}-10 10:00").pays().points["points"] for month in (3, 4, 5)]
    assert given == [20, 20, 130]  # 20, 50 for three months in a row, and 60
