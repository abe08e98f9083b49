"""L18: a return keyed by mistake, a chargeback that was won. The lines count again under the rules of their day, points
go back to their lots, and what the sale was paid with pays again.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from regulars.engine.contracts.activity import Reversal
from regulars.engine.contracts.decision import Decision
from regulars.kit import ids
from regulars.program.contracts.definitions import (
    ActivityType,
    Currency,
    EarnCap,
    Expiry,
    Measure,
    Metric,
    Negative,
    Pending,
)
from regulars.program.contracts.triggers import OnActivity
from regulars.program.contracts.values import Period, Ratio, Span, Unit
from tests.engine.shop import PointsPayment, ReturnedLine, Shop, at, base, lines, rule
from tests.engine.shop import give as gives
from tests.engine.town import ANN, BOB, Account, Town

VALUE = Ratio(1)


def undo(shop: Shop, sale: UUID, back: UUID, **fields: Any) -> Decision:
    return shop.do(shop.activity("return", reverses=Reversal(activity_id=sale, undoes=back, **fields)))


def standing(shop: Shop) -> object:
    return (
        {name: (one.active, one.pending, one.arrears) for name, one in shop.balances.items()},
        {lot_id: lot.remaining for lot_id, lot in shop.lots.items() if lot.remaining},
        shop.state,
        {key: row.sums for key, row in shop.days.items()},
    )


def test_L18_a_return_undone_leaves_everything_as_if_it_had_never_been() -> None:
    spend = Metric(name="spend", measure=Measure.SUM, value="basket.total", where="type == 'purchase'")
    points = Currency(name="points", value=VALUE, caps=(EarnCap(period=Period.DAY, at_most=300),))
    shop = Shop(points, spend, base(), rule("big", gives("50"), **{"if": "basket.total >= 100.00"}))
    shop.buy(10000, 5000)
    sale, before = shop.last(), standing(shop)
    back = shop.back(sale, ReturnedLine(no=1))
    assert back.points == {"points": -150}
    undone = undo(shop, sale, shop.last())
    assert (undone.points, undone.returned) == ({"points": 150}, -10000)
    assert standing(shop) == before
    assert [entry.kind.value for entry in undone.movement.entries] == ["reinstate"]
    # 200 of the day's 300 are used again.
    assert shop.buy(20000).points == {"points": 100}


def test_L18_under_the_rules_of_the_sale() -> None:
    shop = Shop(base("basket.base * 2"))
    shop.buy(1000, 2000)
    sale = shop.last()
    shop.back(sale, ReturnedLine(no=2))
    back = shop.last()
    shop.publish(base("basket.base"))
    assert undo(shop, sale, back).points == {"points": 40}
    assert shop.active() == 60


def test_L18_a_debt_is_forgiven_first_and_what_others_gave_goes_back_to_them() -> None:
    shop = Shop(Currency(name="points", value=VALUE), base())
    shop.buy(10000)
    sale = shop.last()
    shop.buy(10000, pay=(PointsPayment(currency="points", points=70),))
    # 30 of the first and 30 of the second purchase; the first comes back: 30, 30 and 40 owed.
    first, second = sorted(shop.lots)
    shop.back(sale)
    back = shop.last()
    assert (shop.active(), shop.has().arrears) == (0, 40)
    undo(shop, sale, back)
    assert (shop.active(), shop.has().arrears) == (60, 0)
    assert (shop.lots[first].remaining, shop.lots[second].remaining) == (30, 30)


def test_L18_what_was_repaid_meanwhile_comes_as_points() -> None:
    shop = Shop(Currency(name="points", value=VALUE), base())
    shop.buy(10000)
    sale = shop.last()
    shop.buy(10000, pay=(PointsPayment(currency="points", points=100),))
    shop.back(sale)
    back = shop.last()
    assert shop.has().arrears == 100
    shop.buy(7000)
    assert shop.has().arrears == 30
    undo(shop, sale, back)
    assert (shop.active(), shop.has().arrears) == (70, 0)


def test_L18_what_was_written_off_is_not_given_twice() -> None:
    shop = Shop(Currency(name="points", value=VALUE, negative=Negative.TO_ZERO), base())
    shop.buy(10000)
    sale = shop.last()
    shop.buy(10000, pay=(PointsPayment(currency="points", points=100),))
    shop.back(sale)
    undo(shop, sale, shop.last())
    assert (shop.active(), shop.has().arrears) == (0, 0)
    # Returned again, it is written off again, and no more than that.
    shop.back(sale)
    assert (shop.active(), shop.has().arrears) == (0, 0)


def test_L18_a_lot_that_died_since_comes_back_with_the_return_grace() -> None:
    points = Currency(name="points", value=VALUE, expiry=Expiry(span=Span(30, Unit.DAY)), round_up=None)
    shop = Shop(points, base())
    shop.buy(10000)
    sale = shop.last()
    shop.back(sale)
    back = shop.last()
    shop.now = at("2026-04-05 10:00")
    undo(shop, sale, back)
    (lot,) = [one for one in shop.lots.values() if one.remaining]
    assert (lot.remaining, str(lot.expires_on), lot.source_id) == (100, "2026-05-05", sale)


def test_L18_waiting_points_wait_again() -> None:
    shop = Shop(Currency(name="points", pending=Pending(span=Span(14, Unit.DAY))), base())
    shop.buy(10000)
    sale = shop.last()
    shop.back(sale, amount=4000)
    undo(shop, sale, shop.last())
    assert (shop.has().active, shop.has().pending) == (0, 100)
    shop.back(sale)
    back = shop.last()
    shop.now = at("2026-03-20 10:00")
    undo(shop, sale, back)
    # Their time has come meanwhile.
    assert (shop.has().active, shop.has().pending) == (100, 0)


def test_L18_points_that_were_given_back_pay_again_from_the_same_lots() -> None:
    shop = Shop(Currency(name="points", value=VALUE, expiry=Expiry(span=Span(30, Unit.DAY)), round_up=None), base())
    shop.buy(20000)
    shop.now = at("2026-03-10 10:00")
    shop.buy(10000)
    first, second = sorted(shop.lots)
    shop.buy(30000, pay=(PointsPayment(currency="points", points=300),))
    sale = shop.last()
    shop.back(sale, amount=15000)
    assert (shop.lots[first].remaining, shop.lots[second].remaining) == (50, 100)
    undone = undo(shop, sale, shop.last())
    assert [(line.points, line.amount) for line in undone.paid] == [(150, 15000)]
    assert (shop.lots[first].remaining, shop.lots[second].remaining) == (0, 0)
    # And a later return gives them back where they came from.
    shop.back(sale)
    assert (shop.lots[first].remaining, shop.lots[second].remaining) == (200, 100)


def test_L18_of_each_lot_as_much_pays_again_as_paid_before() -> None:
    """Found by the machine: the first of the lots paid for all."""
    shop = Shop(Currency(name="points", value=VALUE, expiry=Expiry(span=Span(30, Unit.DAY)), round_up=None), base())
    shop.buy(20000)
    shop.now = at("2026-03-10 10:00")
    shop.buy(10000)
    first, second = sorted(shop.lots)
    # 150 of the first are set aside when the sale is paid: 50 of the first, 70 of the second.
    shop.hold("place", currency="points", points=150)
    hold = shop.last()
    shop.buy(12000, pay=(PointsPayment(currency="points", points=120),))
    sale = shop.last()
    shop.hold("void", hold_id=hold)
    assert (shop.lots[first].remaining, shop.lots[second].remaining) == (150, 30)
    shop.back(sale)
    assert (shop.lots[first].remaining, shop.lots[second].remaining) == (200, 100)
    undo(shop, sale, shop.last())
    assert (shop.lots[first].remaining, shop.lots[second].remaining) == (150, 30)


def test_L18_of_two_returns_the_one_that_is_undone_is_paid_again() -> None:
    shop = Shop(Currency(name="points", value=VALUE, expiry=Expiry(span=Span(30, Unit.DAY)), round_up=None), base())
    shop.buy(20000)
    shop.now = at("2026-03-10 10:00")
    shop.buy(10000)
    first, second = sorted(shop.lots)
    shop.buy(30000, pay=(PointsPayment(currency="points", points=300),))
    sale = shop.last()
    shop.back(sale, amount=12000)
    shop.back(sale, amount=3000)
    # 200 and 100 paid; back came 100 and 20, then 30.
    assert (shop.lots[first].remaining, shop.lots[second].remaining) == (50, 100)
    undo(shop, sale, shop.last())
    assert (shop.lots[first].remaining, shop.lots[second].remaining) == (20, 100)


def test_L18_what_paid_a_debt_at_once_is_owed_again() -> None:
    shop = Shop(Currency(name="points", value=VALUE), base())
    shop.buy(10000)
    first = shop.last()
    shop.buy(10000, pay=(PointsPayment(currency="points", points=100),))
    second = shop.last()
    shop.back(first)
    assert (shop.active(), shop.has().arrears) == (0, 100)
    # The 100 that were paid come back, and pay what is owed.
    shop.back(second)
    assert (shop.active(), shop.has().arrears) == (0, 0)
    undo(shop, second, shop.last())
    assert (shop.active(), shop.has().arrears) == (0, 100)


def test_L18_points_that_are_not_there_any_more_to_pay_again_are_owed() -> None:
    shop = Shop(Currency(name="points", value=VALUE), base())
    shop.buy(10000)
    shop.buy(10000, pay=(PointsPayment(currency="points", points=100),))
    sale = shop.last()
    shop.back(sale)
    back = shop.last()
    shop.buy(10000, pay=(PointsPayment(currency="points", points=70),))
    assert shop.active() == 60
    undo(shop, sale, back)
    assert (shop.active(), shop.has().arrears) == (0, 40)
    # Returned once more: 60 come back as points, the debt goes.
    shop.back(sale)
    assert (shop.active(), shop.has().arrears) == (60, 0)


def test_L18_once_and_whole() -> None:
    shop = Shop(base())
    shop.buy(1000, 2000)
    sale = shop.last()
    shop.back(sale, ReturnedLine(no=1))
    back = shop.last()
    part = undo(shop, sale, back, lines=(ReturnedLine(no=1),))
    assert part.refusal is not None
    assert part.refusal.code == "return_undone_whole"
    undo(shop, sale, back)
    undoing = shop.last()
    for wrong, code in ((back, "deal_undone"), (undoing, "not_such_a_deal"), (UUID(int=3), "not_such_a_deal")):
        again = undo(shop, sale, wrong)
        assert again.refusal is not None
        assert again.refusal.code == code
    # The line may come back again.
    assert shop.back(sale, ReturnedLine(no=1)).points == {"points": -10}


def test_L18_a_visit_that_counts_again() -> None:
    visits = Metric(name="visits", measure=Measure.COUNT, where="type == 'visit'")
    back = ActivityType(name="not_come", reverses="visit")
    shop = Shop(visits, back, rule("came", gives("5"), trigger=OnActivity(types=("visit",))))
    shop.do(shop.activity("visit"))
    visit = shop.last()
    shop.do(shop.activity("not_come", reverses=Reversal(activity_id=visit)))
    assert (shop.active(), shop.metric("visits")) == (0, 0)
    again = shop.do(shop.activity("not_come", reverses=Reversal(activity_id=visit, undoes=shop.last())))
    assert again.points == {"points": 5}
    assert (shop.active(), shop.metric("visits")) == (5, 1)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.integers(1, 3), st.integers(1, 3000)), min_size=1, max_size=4),
    st.integers(0, 3),
    st.booleans(),
)
def test_L18_any_return_undone_ends_as_without_it(parts: list[tuple[int, int]], which: int, pays: bool) -> None:
    def play(*, with_undone: bool) -> tuple[int, int, int]:
        shop = Shop(
            Currency(name="points", value=Ratio(1, 100)),
            base("basket.base / 7"),
            rule("big", gives("40"), **{"if": "basket.total >= 60.00"}),
        )
        shop.buy(90000)
        pay = (PointsPayment(currency="points", points=30),) if pays else ()
        shop.buy(3000, 3000, 3000, pay=pay)
        sale, number = shop.last(), min(which, len(parts) - 1)
        undone = None
        for place, (no, amount) in enumerate(parts):
            if place == number and not with_undone:
                continue
            done = shop.back(sale, ReturnedLine(no=no, amount=amount))
            if place == number and done.refusal is None:
                undone = shop.last()
                undo(shop, sale, undone)
        has = shop.has()
        return has.active, has.pending, has.arrears

    assert play(with_undone=True) == play(with_undone=False)


def _undone(account: Account, sale: UUID, back: UUID) -> Decision:
    return account.do(account.activity("return", reverses=Reversal(activity_id=sale, undoes=back)))


WAITS = Currency(name="points", value=VALUE, pending=Pending(span=Span(14, Unit.DAY)))


@pytest.mark.parametrize("apart", [False, True])
def test_L18_what_waited_waits_again_after_its_member_was_merged(*, apart: bool) -> None:
    town = Town(base(), WAITS)
    ann = town.at(ANN)
    ann.buy(10000)
    sale = ann.last()
    ann.back(sale, amount=4000)
    back = ann.last()
    town.merge(ANN, BOB)
    if apart:
        town.unmerge(ANN)
        town.homes.pop(ANN)
    now = town.at(ANN)
    assert _undone(now, sale, back).points == {"points": 40}
    assert (now.has().active, now.has().pending) == (0, 100)
    # In time all of it begins, and all of it is taken back with the sale.
    town.now = at("2026-03-20 10:00")
    now.tick()
    assert (now.has().active, now.has().pending) == (100, 0)
    now.back(sale)
    assert (now.has().active, now.has().pending, now.has().arrears) == (0, 0, 0)


def test_L18_what_waited_is_taken_back_whole_after_a_merge() -> None:
    town = Town(base(), WAITS)
    ann = town.at(ANN)
    ann.buy(10000)
    sale = ann.last()
    ann.back(sale, amount=4000)
    back = ann.last()
    town.merge(ANN, BOB)
    bob = town.at(ANN)
    _undone(bob, sale, back)
    bob.back(sale)
    assert (bob.has().active, bob.has().pending, bob.has().arrears) == (0, 0, 0)


def test_L18_what_waited_is_active_where_the_rest_of_it_became_so_meanwhile() -> None:
    shop = Shop(WAITS, base())
    shop.buy(10000)
    sale = shop.last()
    shop.back(sale, amount=4000)
    back = shop.last()
    shop.now = at("2026-03-20 10:00")
    undo(shop, sale, back)
    assert (shop.has().active, shop.has().pending) == (100, 0)
    assert sum(lot.remaining for lot in shop.lots.values() if not lot.pending) == 100


@pytest.mark.parametrize("points", [Currency(name="points", value=VALUE), WAITS])
def test_L18_a_return_made_while_merged_is_undone_after_they_were_taken_apart(points: Currency) -> None:
    town = Town(base(), points)
    ann = town.at(ANN)
    ann.buy(10000)
    sale = ann.last()
    town.merge(ANN, BOB)
    bob = town.at(ANN)
    bob.back(sale, amount=4000)
    back = bob.last()
    town.unmerge(ANN)
    town.homes.pop(ANN)
    home = town.at(ANN)
    assert _undone(home, sale, back).points == {"points": 40}
    assert home.has().active + home.has().pending == 100
    assert (home.has().pending > 0) == (points is WAITS)
    home.back(sale)
    assert (home.has().active, home.has().pending, home.has().arrears) == (0, 0, 0)


@pytest.mark.parametrize("rest", [(), (ReturnedLine(no=1),), (ReturnedLine(no=1, quantity=1000),)])
@pytest.mark.parametrize("part", [{"amount": 1000}, {"line": ReturnedLine(no=1, amount=1000)}])
def test_L18_the_return_that_brought_the_rest_is_undone_first(
    rest: tuple[ReturnedLine, ...], part: dict[str, Any]
) -> None:
    """Once wrong: undone after the rest came back, a return was undone for nothing, and for ever."""
    shop = Shop(Currency(name="points", value=VALUE, negative=Negative.OWN_LOT), base(carry=True))
    shop.buy(5000)
    sale, bought = shop.last(), standing(shop)
    line = part.get("line")
    shop.back(sale, *(() if line is None else (line,)), amount=part.get("amount"))
    first, after_first = shop.last(), standing(shop)
    assert shop.back(sale, *rest).returned == 4000
    later = shop.last()
    refused = undo(shop, sale, first)
    assert refused.refusal is not None
    assert (refused.refusal.code, refused.refusal.fields) == (
        "later_return_first",
        {"later": ids.to_wire("act", later)},
    )
    # Each gives again exactly what it took.
    last = undo(shop, sale, later)
    assert (last.returned, standing(shop)) == (-4000, after_first)
    before = undo(shop, sale, first)
    assert (before.returned, standing(shop)) == (-1000, bought)
    kinds = [entry.kind.value for decision in (last, before) for entry in decision.movement.entries]
    assert set(kinds) == {"reinstate"}
    # And all of it is taken back with the sale.
    shop.back(sale)
    assert (shop.active(), shop.has().arrears) == (0, 0)


def test_L18_a_return_is_undone_after_the_rest_came_back_by_amounts_or_in_other_units() -> None:
    shop = Shop(base())
    shop.do(shop.activity("purchase", lines=(replace(lines(5000)[0], quantity=5000),)))
    sale = shop.last()
    shop.back(sale, amount=1000)
    first = shop.last()
    shop.back(sale, amount=4000)
    assert undo(shop, sale, first).returned == -1000
    assert shop.active() == 10
    other = Shop(base())
    other.do(other.activity("purchase", lines=(replace(lines(5000)[0], quantity=5000),)))
    sale = other.last()
    other.back(sale, ReturnedLine(no=1, quantity=1000))
    first = other.last()
    other.back(sale)
    assert undo(other, sale, first).returned == -1000
    assert other.active() == 10


@pytest.mark.parametrize("negative", [Negative.OWN_LOT, Negative.ARREARS, Negative.TO_ZERO])
@pytest.mark.parametrize("pending", [Pending(), Pending(span=Span(14, Unit.DAY))])
def test_L18_what_the_first_return_took_is_there_again_with_the_last_that_is_undone(
    negative: Negative, pending: Pending
) -> None:
    """It came as points of the undoing, which a later return of the sale left with the member."""
    big = rule("big", gives("500"), **{"if": "basket.total >= 100.00"})
    shop = Shop(Currency(name="points", value=VALUE, negative=negative, pending=pending), base(), big)
    shop.buy(10000)
    sale, bought = shop.last(), standing(shop)
    # 10.00 back takes 510, for the 500 are lost; 5.00 more take 5.
    shop.back(sale, amount=1000)
    first = shop.last()
    shop.back(sale, amount=500)
    second = shop.last()
    assert shop.active() + shop.has().pending == 85
    assert undo(shop, sale, first).points == {"points": 10}
    last = undo(shop, sale, second)
    assert {entry.kind.value for entry in last.movement.entries} == {"reinstate"}
    assert standing(shop) == bought
    shop.back(sale)
    assert (shop.active(), shop.has().pending, shop.has().arrears) == (0, 0, 0)
