"""Founders of a household (L72): what they earned, paid and brought back before it comes back to the points that are
their own now, and to no lot of before (L9, L18, I3, I6). Worked out by hand."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regulars.engine.contracts.activity import PointsPayment, Reversal
from regulars.engine.contracts.decision import Decision, Outcome
from regulars.engine.contracts.gifts import TransferAct
from regulars.engine.contracts.shared import own
from regulars.program.contracts.dealings import Exchange
from regulars.program.contracts.definitions import Currency, Negative, Pending, SpendPolicy
from regulars.program.contracts.households import Household, Join, Successor
from regulars.program.contracts.transfers import Transfer
from regulars.program.contracts.values import Ratio, Share, Span, Unit
from tests.engine.friends import Friends
from tests.engine.shop import ReturnedLine, base, give, rule
from tests.engine.town import ANN, BOB, CAT, Town

SHARES = (Share("house", Ratio(3, 5)), Share("brand", Ratio(2, 5)))
BASE = base(funding=SHARES)
STAMPS = Currency(name="stamps", value=Ratio(1))
STAMP = rule("stamp", give("1", "stamps"))
FAMILY = Household(name="family", size=4, pooled=("stamps",), join=Join.CODE, successor=Successor.ELDEST)
CLUB = Household(name="club", size=4, pooled=("points", "stamps"), join=Join.CODE, successor=Successor.ELDEST)


def points(**fields: Any) -> Currency:
    cost = {"house": Ratio(1, 100), "brand": Ratio(1, 50)}
    return Currency(name="points", value=Ratio(1, 100), cost=cost, **fields)


def town(*definitions: Any) -> Town:
    given = definitions or (points(),)
    rules = () if any(one.name == "base" for one in given) else (BASE,)
    return Town(*rules, *given, STAMPS, STAMP, FAMILY, CLUB)


def done(decision: Decision) -> Decision:
    assert decision.outcome is Outcome.ACCEPTED, decision.refusal
    return decision


def buy(made: Town, amount: int, *, pay: int = 0, who: UUID = ANN) -> UUID:
    wishes = (PointsPayment(currency="points", points=pay),) if pay else ()
    account = made.at(who)
    done(account.buy(amount, pay=wishes))
    return account.last()


def back(made: Town, sale: UUID, *, who: UUID = ANN, **part: Any) -> UUID:
    account = made.at(who)
    done(account.back(sale, **part))
    return account.last()


def undo(made: Town, sale: UUID, returned: UUID, *, who: UUID = ANN) -> Decision:
    account = made.at(who)
    return done(account.do(account.activity("return", reverses=Reversal(activity_id=sale, undoes=returned))))


def has(made: Town, who: UUID = ANN) -> tuple[int, int, int]:
    found = made.has(who)
    return found.active, found.pending, found.arrears


def sound(made: Town) -> None:
    """I3 and I6: every balance is the sum of its lots, none has less than nothing or more than it got, and what an
    entry takes or gives back is of its own balance."""
    for account in made.accounts.values():
        for name, balance in account.balances.items():
            lots = [lot for lot in account.lots.values() if lot.currency == name]
            assert sum(lot.remaining for lot in lots) == balance.active + balance.pending + balance.held, name
            assert sum(lot.remaining for lot in lots if lot.pending) == balance.pending, name
        assert all(0 <= lot.remaining <= lot.granted for lot in account.lots.values())
        for _, decision, _ in account.done.values():
            for entry in decision.movement.entries:
                assert all(account.lots[use.lot_id].currency == entry.currency for use in entry.uses)


def both(made: Town) -> dict[str, int]:
    """What stands under either name in the founder's account."""
    found = {name: one.active + one.pending for name, one in made.accounts[ANN].balances.items()}
    return {name: found.get(name, 0) for name in ("points", own("points", ANN))}


@pytest.mark.parametrize("policy", [Negative.ARREARS, Negative.TO_ZERO, Negative.OWN_LOT])
def test_L18_a_return_of_before_is_undone_in_the_household(policy: Negative) -> None:
    made = town(points(negative=policy))
    sale = buy(made, 7500)
    returned = back(made, sale)
    done(made.found(ANN, "family"))
    assert undo(made, sale, returned).points == {"points": 75, "stamps": 1}
    assert (has(made), both(made)) == ((75, 0, 0), {"points": 0, own("points", ANN): 75})
    # It is of whoever funded it, at the same cost: 45 of the house at 1 a point, 30 of the brand at 2.
    owed = Counter[str]()
    for lot in made.accounts[ANN].lots.values():
        if lot.currency == own("points", ANN):
            owed.update({lot.funder: lot.remaining, f"cost of {lot.funder}": lot.cost_minor})
    assert owed == {"house": 45, "cost of house": 45, "brand": 30, "cost of brand": 60}
    # And it is there to be taken back again.
    back(made, sale)
    assert has(made) == (0, 0, 0)
    sound(made)


def test_L9_what_was_paid_before_comes_back_to_ones_own_and_pays_again() -> None:
    made = town()
    buy(made, 7500)
    # 45 of the house and 5 of the brand pay; 1.00 - 0.50 gives nothing.
    paid = buy(made, 100, pay=50)
    done(made.found(ANN, "family"))
    returned = back(made, paid)
    assert (has(made), both(made)) == ((75, 0, 0), {"points": 0, own("points", ANN): 75})
    again = undo(made, paid, returned)
    spent = [(one.kind.value, one.amount) for one in again.movement.entries if one.currency == own("points", ANN)]
    assert (has(made), spent) == ((25, 0, 0), [("spend", 50)])
    back(made, paid)
    assert has(made) == (75, 0, 0)
    sound(made)


@pytest.mark.parametrize("policy", [Negative.ARREARS, Negative.TO_ZERO, Negative.OWN_LOT])
def test_L79_what_a_basket_paid_with_its_own_points_is_gone_with_it(policy: Negative) -> None:
    made = town(points(negative=policy, spend=SpendPolicy(same_basket=True)), BASE, rule("big", give("50")))
    # 54 and 50, of which 100 pay at once.
    sale = buy(made, 5402, pay=100)
    assert has(made) == (4, 0, 0)
    done(made.found(ANN, "family"))
    back(made, sale)
    assert (has(made), both(made)) == ((0, 0, 0), {"points": 0, own("points", ANN): 0})
    sound(made)


def test_L18_what_waited_before_waits_again_in_the_household_and_begins_in_time() -> None:
    made = town(points(pending=Pending(span=Span(7, Unit.DAY))))
    sale = buy(made, 10000)
    returned = back(made, sale)
    done(made.found(ANN, "family"))
    undo(made, sale, returned)
    assert (has(made), both(made)) == ((0, 100, 0), {"points": 0, own("points", ANN): 100})
    sound(made)
    made.now += dt.timedelta(days=10)
    made.at(ANN).tick()
    assert has(made) == (100, 0, 0)
    back(made, sale)
    assert has(made) == (0, 0, 0)
    sound(made)


def test_L65_what_a_hold_took_before_was_taken_and_an_open_one_keeps_its_owner_out() -> None:
    made = town()
    buy(made, 7500)
    ann = made.at(ANN)
    done(ann.hold("place", currency="points", points=20))
    (hold,) = ann.holds.values()
    refused = made.found(ANN, "family").refusal
    assert refused is not None
    assert refused.code == "holds_open"
    done(ann.hold("capture", hold_id=hold.hold_id, points=4))
    done(made.found(ANN, "family"))
    assert has(made) == (71, 0, 0)
    late = ann.hold("capture", hold_id=hold.hold_id, points=4).refusal
    assert late is not None
    assert (late.code, has(made)) == ("hold_closed", (71, 0, 0))
    sound(made)


def test_an_exchange_of_before_is_undone_in_the_household() -> None:
    made = town(points(exchange=Exchange(to={"miles": Ratio(1, 3)})), Currency(name="miles", value=Ratio(1, 50)))
    buy(made, 9000)
    ann = made.at(ANN)
    # 54 of the house and 6 of the brand.
    said = TransferAct(act="exchange", currency="points", to="miles", points=60)
    done(ann.do(ann.activity("transfer", transfer=said)))
    asked = TransferAct(act="undo", currency="points", points=0, of=ann.last(), reason="by mistake")
    done(made.found(ANN, "family"))
    assert (has(made), made.active(ANN, "miles")) == ((30, 0, 0), 20)
    done(ann.do(ann.activity("transfer", transfer=asked)))
    assert (has(made), made.active(ANN, "miles")) == ((90, 0, 0), 0)
    sound(made)


def test_L36_points_on_their_way_come_home_to_the_founder() -> None:
    made = Friends(BASE, points(transfer=Transfer()), STAMPS, STAMP, FAMILY)
    made.at(ANN).buy(7500)
    made.pass_on(ANN, BOB, 45)
    [(activity_id, departure)] = made.under_way
    done(made.found(ANN, "family"))
    made.home(activity_id, departure)
    assert (has(made), both(made)) == ((75, 0, 0), {"points": 0, own("points", ANN): 75})
    sound(made)


def test_who_leaves_alone_founds_another_or_shares_all_has_the_same() -> None:
    """Out of one household and into others: with points of one's own, shared, and alone again."""
    made = town()
    sale = buy(made, 7500)
    paid = buy(made, 100, pay=50)
    returned = back(made, paid)
    for name in ("family", "club", "family"):
        done(made.found(ANN, name))
        undo(made, paid, returned)
        assert has(made) == (25, 0, 0)
        returned = back(made, paid)
        assert has(made) == (75, 0, 0)
        sound(made)
        done(made.leave(ANN))
        undo(made, paid, returned)
        assert has(made) == (25, 0, 0)
        returned = back(made, paid)
        assert has(made) == (75, 0, 0)
        sound(made)
    back(made, sale)
    assert has(made) == (0, 0, 0)


def test_who_was_merged_before_and_who_joins_after_the_founding_have_their_own() -> None:
    made = town()
    theirs = buy(made, 2000, who=CAT)
    returned = back(made, theirs, who=CAT)
    done(made.merge(CAT, ANN))
    sale = buy(made, 7500)
    back_of_it = back(made, sale)
    done(made.found(ANN, "family"))
    code = made.state(ANN).household
    bobs = buy(made, 1000, who=BOB)
    of_bobs = back(made, bobs, who=BOB)
    assert code is not None
    done(made.join(BOB, ANN, code=code.code))
    undo(made, theirs, returned)
    undo(made, sale, back_of_it)
    undo(made, bobs, of_bobs, who=BOB)
    assert (has(made), has(made, BOB)) == ((95, 0, 0), (10, 0, 0))
    sound(made)
    # What was Cat's goes home with her, what is Bob's with him.
    done(made.unmerge(CAT))
    made.homes.pop(CAT)
    done(made.leave(BOB))
    made.homes.pop(BOB)
    assert (has(made), has(made, BOB), has(made, CAT)) == ((75, 0, 0), (10, 0, 0), (20, 0, 0))
    for who, bought in ((ANN, sale), (BOB, bobs), (CAT, theirs)):
        back(made, bought, who=who)
        assert has(made, who) == (0, 0, 0)
    sound(made)


ACTS = st.lists(
    st.tuples(st.sampled_from(["buy", "pay", "back", "part", "undo", "hold", "wait"]), st.integers(0, 99)),
    min_size=6,
    max_size=14,
)
KINDS = [
    points(),
    points(negative=Negative.OWN_LOT),
    points(negative=Negative.TO_ZERO),
    points(spend=SpendPolicy(same_basket=True)),
    points(pending=Pending(span=Span(3, Unit.DAY))),
]


def act(made: Town, told: list[Any], sales: list[UUID], backs: list[tuple[UUID, UUID]], does: str, number: int) -> None:
    """One step of a life; which sale or return it is about goes by its number, so that two lives are about the same."""
    ann = made.at(ANN)
    if does in {"buy", "pay"}:
        wish = (PointsPayment(currency="points", points=number + 1),) if does == "pay" else ()
        decision = ann.buy(100 * (number + 3), pay=wish)
        if decision.outcome is Outcome.ACCEPTED:
            sales.append(ann.last())
    elif does in {"back", "part"} and sales:
        sale = sales[number % len(sales)]
        line = ReturnedLine(no=1, amount=100 * (number % 3 + 1)) if does == "part" else ReturnedLine(no=1)
        decision = ann.back(sale, line)
        if decision.outcome is Outcome.ACCEPTED:
            backs.append((sale, ann.last()))
    elif does == "undo" and backs:
        sale, returned = backs[number % len(backs)]
        decision = ann.do(ann.activity("return", reverses=Reversal(activity_id=sale, undoes=returned)))
    elif does == "hold":
        decision = ann.hold("place", currency="points", points=number + 1)
        if decision.outcome is Outcome.ACCEPTED:
            (hold,) = (one for one in decision.movement.holds if one.is_open)
            done(ann.hold("capture", hold_id=hold.hold_id, points=number // 2))
    elif does == "wait":
        made.now += dt.timedelta(days=number % 5)
        decision = ann.tick()
    else:
        return
    told.append((does, decision.refusal and decision.refusal.code, decision.points, has(made)))


def in_one(made: Town) -> bool:
    household = made.state(made.at(ANN).account_id).household
    return household is not None and bool(household.kind)


def life(kind: Currency, steps: list[tuple[str, int]], *, founds: dict[int, str]) -> list[Any]:
    made = town(kind, BASE)
    told: list[Any] = []
    sales: list[UUID] = []
    backs: list[tuple[UUID, UUID]] = []
    made.at(ANN).buy(7500)
    sales.append(made.at(ANN).last())
    for place, (does, number) in enumerate(steps):
        # Of two lots earned at one moment either may be spent first.
        made.now += dt.timedelta(minutes=1)
        if place in founds:
            done(made.leave(ANN) if in_one(made) else made.found(ANN, founds[place]))
        act(made, told, sales, backs, does, number)
        sound(made)
    return told


@settings(deadline=None, max_examples=30)
@given(
    st.sampled_from(KINDS),
    ACTS,
    st.dictionaries(st.integers(0, 9), st.sampled_from(["family", "club"]), min_size=1, max_size=4),
)
def test_whoever_founds_and_leaves_has_what_they_would_have_had(
    kind: Currency, steps: list[tuple[str, int]], founds: dict[int, str]
) -> None:
    """A household of one is no other life: everything comes out as if it had never been founded."""
    assert life(kind, steps, founds=founds) == life(kind, steps, founds={})
