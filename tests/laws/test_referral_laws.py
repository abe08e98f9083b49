"""Who brings whom: whatever friends do and whenever word of it arrives, both sides come to the same, and all of it is
decided again as it was."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regulars.engine.contracts.decision import Outcome
from regulars.program.contracts.referrals import Referral, ReferralEffects, Undone
from regulars.program.contracts.values import Span, Unit
from tests.engine.shop import base, give
from tests.engine.town import ANN, BOB, CAT
from tests.laws import invariants
from tests.laws.kept import Kept, decide_again
from tests.laws.lab import some

PEOPLE = (ANN, BOB, CAT)
FRIEND = Referral(
    name="friend",
    converts="type == 'purchase' && basket.total >= 300.00",
    effects=ReferralEffects(both=(give("500"),)),
    within=Span(30, Unit.DAY),
    on_reversal=Undone.REVERSE,
)
# Who, what, and of what: whom they were brought by, how much they buy, which of their purchases comes back.
Acts = list[tuple[int, str, int]]
acts: st.SearchStrategy[Acts] = st.lists(
    st.tuples(st.integers(0, 2), st.sampled_from(["join", "buy", "buy", "back", "wait"]), st.integers(0, 2)),
    min_size=2,
    max_size=14,
)


def lived(history: Acts, *, carries: bool, loses: bool = False) -> Kept:
    """A history of three friends, each brought by one before them; word goes after each act, or at the end; the control
    loses what a purchase has to tell."""
    town = Kept(FRIEND, base())
    sales: dict[int, list[UUID]] = {0: [], 1: [], 2: []}
    for who, what, number in history:
        town.now += dt.timedelta(days=11 if what == "wait" else 0, minutes=1)
        account = town.at(PEOPLE[who])
        before = invariants.stored(account)
        if what == "join" and number < who:
            done = town.invited(PEOPLE[who], by=PEOPLE[number])
        elif what == "buy":
            done = town.buy(PEOPLE[who], (1000, 30000, 45000)[number])
            sales[who].append(account.last())
        elif what == "back" and sales[who]:
            done = town.back(PEOPLE[who], sales[who][number % len(sales[who])])
        else:
            done = account.tick()
        if done.outcome is not Outcome.ACCEPTED:
            assert invariants.stored(account) == before, "I13"
        if loses and what == "buy":
            town.under_way.clear()
        if carries:
            town.carry()
    town.carry()
    return town


def has(town: Kept) -> list[tuple[int, int, int]]:
    found = [town.has(one) for one in PEOPLE]
    return [(one.active, one.pending, one.arrears) for one in found]


@some(12)
@given(history=acts)
def test_LAW8_whenever_word_arrives_friends_come_to_the_same(history: Acts) -> None:
    assert has(lived(history, carries=True)) == has(lived(history, carries=False))


@some(12)
@given(history=acts)
def test_LAW11_what_friends_did_is_decided_again(history: Acts) -> None:
    town = lived(history, carries=True)
    for account in town.accounts.values():
        invariants.check(account)
    invariants.check_transit(town)
    decide_again(town)


@some(8)
@given(history=acts, amount=st.sampled_from([30000, 45000]))
def test_LAW6_a_purchase_that_counted_and_came_back_leaves_nothing_with_either(history: Acts, amount: int) -> None:
    """Bob, whom Ann brought, buys and brings back: she has what she had."""
    joined = [(1, "join", 0), *(act for act in history if act[0] != 1)]
    before = has(lived(joined, carries=True))
    bought = [*joined, (1, "buy", 1 if amount == 30000 else 2), (1, "back", 0)]
    assert has(lived(bought, carries=True)) == before


COUNTED: Acts = [(0, "buy", 0), (1, "join", 0), (1, "buy", 1)]


def test_control_word_that_is_lost_is_seen() -> None:
    """Ann bought for 10.00, Bob for 300.00, and each got 500 for it."""
    assert has(lived(COUNTED, carries=True)) == [(510, 0, 0), (800, 0, 0), (0, 0, 0)]
    assert has(lived(COUNTED, carries=True, loses=True)) == [(10, 0, 0), (800, 0, 0), (0, 0, 0)]


def test_control_word_that_is_forgotten_is_not_decided_again() -> None:
    town = lived(COUNTED, carries=True)
    assert town.history[-1].activity.referral is not None
    del town.history[-1]
    with pytest.raises(AssertionError, match="LAW11"):
        decide_again(town)
