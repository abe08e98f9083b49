"""The decided cases of amounts that live inside a decision; numbers as in docs/ledger.md."""

from __future__ import annotations

import pytest

from regulars.engine.contracts.activity import Adjustment, Line
from regulars.engine.contracts.decision import Cut, Outcome
from regulars.program.contracts.definitions import Currency, EarnCap, Group, Rounding, SpendPolicy
from regulars.program.contracts.effects import Per
from regulars.program.contracts.values import Period, Ratio, Share
from tests.engine.shop import Payment, PointsPayment, Shop, base, give, lines, multiply, rule

AS_MANY = (PointsPayment(currency="points", points=-1),)


def pay(points: int) -> tuple[PointsPayment, ...]:
    return (PointsPayment(currency="points", points=points),)


def test_L21_the_part_paid_with_points_earns_nothing() -> None:
    shop = Shop(Currency(name="points", value=Ratio(1, 1)), base())
    shop.buy(3000)
    bought = shop.buy(5000, 5000, pay=pay(30))
    assert [(one.no, one.points, one.amount) for one in bought.paid] == [(1, 15, 1500), (2, 15, 1500)]
    assert bought.points == {"points": 70}
    assert bought.per_line == ((1, "points", 35), (2, "points", 35))


@pytest.mark.parametrize("kind", ["shipping", "deposit", "gift_card"])
def test_L21_shipping_deposits_and_gift_cards_earn_nothing(kind: str) -> None:
    shop = Shop(base())
    bought = shop.buy(lines=(Line(no=1, amount=1000), Line(no=2, amount=500, kind=kind)))
    assert bought.per_line == ((1, "points", 10),)


def test_L21_a_group_that_earns_nothing_is_no_part_of_the_base() -> None:
    tobacco = Group(name="tobacco", lines="line.category == 'tobacco'", earns=False)
    shop = Shop(tobacco, base())
    bought = shop.buy(lines=(Line(no=1, amount=1000, category="tobacco"), Line(no=2, amount=700)))
    assert bought.per_line == ((2, "points", 7),)


def test_a_group_that_may_not_be_paid_with_points_is_paid_with_money() -> None:
    stamps = Group(name="alcohol", lines="line.category == 'alcohol'", pays=False)
    shop = Shop(Currency(name="points", value=Ratio(1, 1)), stamps, base())
    shop.buy(3000)
    bought = shop.buy(lines=(Line(no=1, amount=2000, category="alcohol"), Line(no=2, amount=500)), pay=AS_MANY)
    assert [(one.no, one.points, one.amount) for one in bought.paid] == [(2, 5, 500)]


def test_L39_an_amount_of_the_order_is_spread_by_largest_remainder() -> None:
    shop = Shop(base("1000"))
    assert shop.buy(500, 500, 500).per_line == ((1, "points", 334), (2, "points", 333), (3, "points", 333))


def test_L40_points_are_rounded_once_an_order_and_rule() -> None:
    shop = Shop(base())
    bought = shop.buy(399, 399, 399)
    assert bought.points == {"points": 11}
    assert bought.per_line == ((1, "points", 4), (2, "points", 4), (3, "points", 3))


def test_L40_or_once_a_line_where_the_currency_says_so() -> None:
    shop = Shop(Currency(name="points", per_line=True), base())
    assert shop.buy(399, 399, 399).per_line == ((1, "points", 3), (2, "points", 3), (3, "points", 3))


@pytest.mark.parametrize(
    ("rounding", "points"),
    [(Rounding.DOWN, 2), (Rounding.HALF_UP, 3), (Rounding.HALF_EVEN, 2), (Rounding.UP, 3)],
)
def test_a_currency_says_how_a_half_is_rounded(rounding: Rounding, points: int) -> None:
    shop = Shop(Currency(name="points", rounding=rounding), base())
    assert shop.buy(250).points == {"points": points}


def test_L41_only_points_that_apply_are_burnt() -> None:
    shop = Shop(Currency(name="points", value=Ratio(1, 1)), base())
    shop.buy(10000)
    bought = shop.buy(2000, pay=pay(30))
    assert sum(one.points for one in bought.paid) == 20
    assert sum(one.amount for one in bought.paid) == 2000
    assert shop.active() == 80


def test_L42_points_are_used_in_steps() -> None:
    points = Currency(name="points", value=Ratio(1, 100), spend=SpendPolicy(step=100))
    shop = Shop(points, base("1270"))
    shop.buy(100)
    asked = shop.ask(shop.activity("purchase", lines=lines(950), pay=AS_MANY))
    assert [(one.points, one.amount) for one in asked.paid] == [(900, 900)]
    fewer = shop.ask(shop.activity("purchase", lines=lines(950), pay=pay(300)))
    assert [(one.points, one.amount) for one in fewer.paid] == [(300, 300)]
    odd = shop.ask(shop.activity("purchase", lines=lines(950), pay=pay(250)))
    assert odd.refusal is not None
    assert (odd.refusal.code, odd.refusal.fields["possible"]) == ("points_step", 200)


def test_fewer_than_the_least_points_are_refused() -> None:
    shop = Shop(Currency(name="points", value=Ratio(1, 100), spend=SpendPolicy(least=500)), base("1000"))
    shop.buy(100)
    refused = shop.buy(2000, pay=pay(400))
    assert refused.refusal is not None
    assert refused.refusal.code == "points_least"
    assert refused.refusal.fields == {"currency": "points", "asked": 400, "least": 500, "possible": 1000}


def test_more_than_the_largest_share_is_refused_with_what_is_possible() -> None:
    points = Currency(name="points", value=Ratio(1, 100), spend=SpendPolicy(largest_share=Ratio(1, 2)))
    shop = Shop(points, base("5000"))
    shop.buy(100)
    refused = shop.buy(2000, pay=pay(1500))
    assert refused.refusal is not None
    assert refused.refusal.code == "points_largest_share"
    assert refused.refusal.fields["possible"] == 1000
    assert sum(one.points for one in shop.buy(2000, pay=AS_MANY).paid) == 1000


def test_more_points_than_there_are_is_refused_and_writes_nothing() -> None:
    shop = Shop(base())
    shop.buy(1000)
    refused = shop.buy(2000, pay=pay(500))
    assert refused.outcome is Outcome.REFUSED
    assert refused.refusal is not None
    assert refused.refusal.code == "insufficient_points"
    assert refused.refusal.fields == {"currency": "points", "asked": 500, "available": 10}
    assert (refused.movement.entries, refused.events, refused.messages, refused.days) == ((), (), (), ())


def test_a_currency_without_value_cannot_pay() -> None:
    shop = Shop(Currency(name="stamps"), base())
    refused = shop.buy(1000, pay=(PointsPayment(currency="stamps", points=1),))
    assert refused.refusal is not None
    assert refused.refusal.code == "currency_cannot_pay"


def test_L69_a_blocked_card_earns_but_cannot_spend() -> None:
    shop = Shop(base())
    assert shop.buy(1000, card_blocked=True).points == {"points": 10}
    refused = shop.buy(1000, pay=pay(1), card_blocked=True)
    assert refused.refusal is not None
    assert refused.refusal.code == "card_blocked"


def test_L43_caps_cut_and_say_so() -> None:
    shop = Shop(Currency(name="points", caps=(EarnCap(period=Period.DAY, at_most=200),)), base())
    shop.buy(19800)
    cut = shop.buy(300)
    assert cut.points == {"points": 2}
    assert cut.fired[0].cuts == (Cut("currencies.points.day", 1),)
    assert [one.fields["points"] for one in cut.messages if one.code == "points.cut"] == [1]


def test_L43_a_cap_that_rejects_gives_nothing() -> None:
    shop = Shop(Currency(name="points", caps=(EarnCap(period=Period.DAY, at_most=200, reject=True),)), base())
    shop.buy(19800)
    assert shop.buy(300).points == {"points": 0}


def test_L43_cuts_fall_on_the_rules_of_lowest_priority_first() -> None:
    points = Currency(name="points", caps=(EarnCap(period=Period.ACTIVITY, at_most=25),))
    shop = Shop(points, base("10"), rule("high", give("10"), priority=5), rule("low", give("10"), priority=1))
    bought = shop.buy(1000)
    assert [(one.rule, one.points) for one in bought.fired] == [("base", 10), ("high", 10), ("low", 5)]


def test_L47_money_without_decimals_is_not_divided_by_a_hundred() -> None:
    shop = Shop(base(), money="JPY", zone="Asia/Tokyo")
    assert shop.buy(1250).points == {"points": 1250}
    assert Shop(base(), money="KWD").buy(1250).points == {"points": 1}


def test_L79_points_of_a_basket_cannot_pay_for_it() -> None:
    shop = Shop(Currency(name="points", value=Ratio(1, 1)), base("1000"))
    refused = shop.buy(1000, pay=pay(5))
    assert refused.refusal is not None
    assert refused.refusal.code == "insufficient_points"


def test_L82_two_funders_share_by_largest_remainder() -> None:
    shared = rule("shared", give("101", funding=(Share("brand", Ratio(3, 5)), Share("house", Ratio(2, 5)))), priority=1)
    shop = Shop(base("0"), shared)
    shop.buy(1000)
    assert sorted((lot.funder, lot.granted) for lot in shop.lots.values()) == [("brand", 61), ("house", 40)]


def test_two_and_three_make_four() -> None:
    double, triple = rule("double", multiply(2)), rule("triple", multiply(3))
    assert Shop(base(), double, triple).buy(1000).points == {"points": 40}


def test_a_multiplier_counts_unrounded_points_of_its_own_lines() -> None:
    # 3.99 of 7.98 at 1 per 1.00: 3.99 unrounded, times 2 extra is 7.98, so 7.
    triple = rule("triple", multiply(3), lines="line.category == 'dairy'")
    shop = Shop(base(), triple)
    bought = shop.buy(lines=(Line(no=1, amount=399, category="dairy"), Line(no=2, amount=399)))
    assert [(one.rule, one.points, one.per_line) for one in bought.fired] == [
        ("base", 7, ((1, 4), (2, 3))),
        ("triple", 7, ((1, 7),)),
    ]


def test_a_multiplier_may_be_a_fraction() -> None:
    half_more = rule("half_more", multiply(3, 2))
    assert Shop(base(), half_more).buy(1500).points == {"points": 15 + 7}


def test_points_per_line_unit_and_payment() -> None:
    per_line = rule("per_line", give("line.base / 2", per=Per.LINE), lines="line.category == 'a'")
    per_unit = rule("per_unit", give("3", per=Per.UNIT), lines="line.category == 'a'")
    per_payment = rule("per_payment", give("payment.kind == 'card' ? payment.amount * 2 : 0", per=Per.PAYMENT))
    shop = Shop(base("0"), per_line, per_unit, per_payment)
    bought = shop.buy(
        lines=(Line(no=1, amount=500, category="a", quantity=2500), Line(no=2, amount=300)),
        payments=(Payment(kind="card", amount=600), Payment(kind="cash", amount=200)),
    )
    # 5.00 / 2 = 2.5; 3 for each of 2.5 units = 7.5; 6.00 by card twice = 12, spread over 5.00 and 3.00.
    assert [(one.rule, one.points, one.per_line) for one in bought.fired] == [
        ("per_line", 2, ((1, 2),)),
        ("per_unit", 7, ((1, 7),)),
        ("per_payment", 12, ((1, 8), (2, 4))),
    ]


def test_a_currency_with_decimals_counts_its_smallest_unit() -> None:
    cash = Currency(name="cash", scale=2)
    shop = Shop(cash, base("0"), rule("back", give("basket.base * 0.015", "cash")))
    assert shop.buy(1000).points == {"cash": 15}


def test_L38_balance_stays_within_what_every_program_reads_right() -> None:
    shop = Shop(base())
    largest = 2**53 - 1
    given = shop.do(shop.activity("adjust", adjustment=Adjustment(currency="points", points=largest, reason="test")))
    assert given.refusal is None
    more = shop.buy(100)
    assert more.refusal is not None
    assert (more.refusal.code, more.refusal.fields["most"]) == ("balance_too_large", largest)
    assert shop.active() == largest
