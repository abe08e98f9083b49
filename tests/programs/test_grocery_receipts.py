"""Receipts of real baskets under the grocery program, worked out by hand from the YAML.

How to read a working. A dollar of base is a point, and cents that made no whole point are carried to the next basket
of the member. `x 0.5` is the extra of a rule that multiplies by 1.5. Points of a rule are rounded down once and spread
over its lines by largest remainder: `1.97 -> 2` is the exact share of a line and what it got. A member's first purchase
brings the 50 points of `welcome`.
"""

from __future__ import annotations

import datetime as dt

from regulars.engine.contracts.activity import Payment, PointsPayment, ReturnedLine, Reversal
from regulars.engine.contracts.decision import Cut
from tests.programs import baskets
from tests.programs.baskets import Till, by_rule, codes, funders, line_totals, per_line


def new_till() -> Till:
    return Till(baskets.grocery())


def test_fuel_earns_nothing_but_the_welcome() -> None:
    # Saturday 7 January 14:57. 1: FUEL, 17.064 gallons, 38.55: in `no_points`, so the base is 0.
    till = new_till()
    bought = till.serve(baskets.basket(1046, "31316932620"))
    assert by_rule(bought) == {"welcome": 50}
    assert bought.points == {"points": 50}
    assert line_totals(bought) == {1: 50}
    assert till.active() == 50
    assert [(move.segment, move.entered) for move in bought.segments] == [("newcomers", True)]
    assert {(change.name, change.value) for change in bought.attributes} == {
        ("first_purchase_on", dt.date(2017, 1, 7)),
        ("favourite_store", "406"),
    }
    assert set(codes(bought)) == {"points.earned", "balance", "welcome", "new_member"}
    # Through 8 March, 7 January + 60 days: a span of a rule's own is exact, only the currency's is rounded up to the month.
    assert [(one.points, one.expires_at) for one in bought.expiring] == [
        (50, dt.datetime(2017, 3, 9, 5, tzinfo=dt.UTC))
    ]
    assert [one.to for one in bought.messages if one.code == "new_member"] == ["cashier"]


def test_a_gift_card_earns_nothing_but_the_welcome() -> None:
    # 1: an electronic gift card for 10.00 (kind gift_card). A second line, voided at the till, is left out.
    till = new_till()
    bought = till.serve(baskets.basket(334, "31336452392"))
    assert by_rule(bought) == {"welcome": 50}
    assert till.active() == 50


def test_a_large_basket_with_wine_beef_and_a_key_ring() -> None:
    # Sunday 19 February 16:10, 12 lines, 172.78. 5 (MISCELLANEOUS, 2.00) earns nothing: base 170.78.
    #   base          170.78 -> 170, carry 0.78. Wine may not be paid with points, but it earns.
    #   own_brand     6 (179): 1.79 x 0.5 = 0.895 -> 0; 5 has no base.
    #   basket_150    170.78 >= 150: 75. basket_100 and basket_60 stand in the same group: out.
    #   five_a_day    produce 2.00 + 2.99 + 3.29 = 8.28 < 20: no.  season: February is FLORAL only: no.
    #   bakery_stamp  PASTRY 1.79 < 5: no.                         explorer: 6 departments < 8: no.
    #   welcome       50
    till = new_till()
    bought = till.serve(baskets.basket(2264, "31944536518"))
    assert by_rule(bought) == {"base": 170, "basket_150": 75, "welcome": 50}
    assert till.active() == 295
    # 170 x line / 170.78: 26.85 2.38 1.99 8.95 | 1.78 2.98 35.80 35.80 5.97 44.24 3.27; floors 162; one more for 3, 7, 10,
    # 4, 1, 8, 9 and 6.
    assert per_line(bought, "base") == {1: 27, 2: 2, 3: 2, 4: 9, 6: 2, 7: 3, 8: 36, 9: 36, 10: 6, 11: 44, 12: 3}
    assert sum(line_totals(bought).values()) == 295


def test_fifty_six_lines_just_below_a_step() -> None:
    # Saturday 15 April 15:20, 56 lines, 149.17, nothing excluded.
    #   base        149.17 -> 149, carry 0.17
    #   own_brand   14 lines: .88 2.40 1.29 11.99 1.77 3.00 1.29 1.00 2.50 1.00 1.50 1.00 1.00 2.39 = 33.01,
    #               x 0.5 = 16.505 -> 16
    #   basket_100  149.17 is 0.83 short of the next step: 40
    #   dairy_trio  seven lines of CHEESE and MILK BY-PRODUCTS: 10
    #   five_a_day  produce 12.39 < 20: no.   explorer: 7 departments < 8: no.   bakery_stamp: PASTRY 3.19 < 5: no.
    #   welcome     50
    till = new_till()
    bought = till.serve(baskets.basket(1200, "32759741913"))
    assert by_rule(bought) == {"base": 149, "own_brand": 16, "basket_100": 40, "dairy_trio": 10, "welcome": 50}
    assert set(per_line(bought, "own_brand")) <= {1, 2, 5, 6, 8, 10, 20, 21, 24, 26, 27, 31, 34, 36}
    # 16 x 11.99 / 33.01 = 5.81, and 149 x 0.33 / 149.17 = 0.33: line 41, the smallest of all.
    assert per_line(bought, "own_brand")[6] == 6
    assert 41 not in per_line(bought, "base")
    assert sum(line_totals(bought).values()) == 265
    assert till.active() == 265


def test_cigarettes_earn_nothing_and_beer_does() -> None:
    # Wednesday 4 January 17:44, 26.83. 2 (CIGARETTES, 3.84) earns nothing: base 22.99 -> 22, carry 0.99.
    # Nothing is of an own brand, fresh is only 3 (DELI), and it is no Tuesday.
    till = new_till()
    bought = till.serve(baskets.basket(1359, "31254776891"))
    assert by_rule(bought) == {"base": 22, "welcome": 50}
    # 22 x line / 22.99: 4.39 -> 4, 5.01 -> 5, 4.78 -> 5, 3.04 -> 3, 4.78 -> 5 (floors 20; the two .78 get one more).
    assert per_line(bought, "base") == {1: 4, 3: 5, 4: 5, 5: 3, 6: 5}
    # 50 x line / 22.99: 9.98 -> 10, 11.40 -> 11, 10.85 -> 11, 6.92 -> 7, 10.85 -> 11.
    assert per_line(bought, "welcome") == {1: 10, 3: 11, 4: 11, 5: 7, 6: 11}
    assert line_totals(bought) == {1: 14, 3: 16, 4: 16, 5: 10, 6: 16}
    assert till.active() == 72


def test_a_weekend_breakfast_with_dairy() -> None:
    # Sunday 1 January 09:16 in New York (14:16 UTC), 15.32, nothing excluded.
    #   1 EGGS P 1.00   2 CHEESE P 1.67   3 PASTRY 1.00   4 newspaper 1.50   5 milk P 0.67   6 juice 3.49   7 towels 5.99
    #   base               15.32 -> 15, carry 0.32
    #   own_brand          1, 2, 5: 3.34 x 0.5 = 1.67 -> 1
    #   weekend_breakfast  1, 3: 2.00 x 0.5 = 1.00 -> 1
    #   dairy_trio         EGGS, CHEESE, FLUID MILK PRODUCTS: 10, paid by the dairy board
    #   baby_basics        the house has children (a family by its profile), but no line is for babies
    #   bakery_stamp       PASTRY 1.00 < 5: no
    #   welcome            50
    till = new_till()
    known = till.serve(baskets.profile(993))
    assert {(move.segment, move.entered) for move in known.segments} == {("newcomers", True), ("families", True)}
    bought = till.serve(baskets.basket(993, "31198515122"))
    assert by_rule(bought) == {"base": 15, "own_brand": 1, "weekend_breakfast": 1, "dairy_trio": 10, "welcome": 50}
    # 15 x line / 15.32: .98 1.64 .98 1.47 .66 3.42 5.86; floors 10; one more for 1, 3, 7, 5 and 2.
    assert per_line(bought, "base") == {1: 1, 2: 2, 3: 1, 4: 1, 5: 1, 6: 3, 7: 6}
    # 1 x: .30 .50 .20 -> line 2; and .50 .50 -> the earlier.
    assert per_line(bought, "own_brand") == {2: 1}
    assert per_line(bought, "weekend_breakfast") == {1: 1}
    assert funders(till) == {"dairy_board": [10], "house": [15 + 1 + 1, 50]}
    assert till.active() == 77


def test_tuesday_evening_fires_both_exclusive_groups() -> None:
    # Tuesday 31 January 18:34 in New York, 61.08, nothing excluded, no own brand.
    #   base           61.08 -> 61, carry 0.08
    #   fresh_tuesday  PRODUCE 3, 5, 6: 3.57 + 6.99 + 12.99 = 23.55 x 1 -> 23. five_a_day would fire too (produce 23.55
    #                  >= 20, no meat) and give 11, but it is the weaker one of its group.
    #   basket_60      61.08 >= 60: 15
    #   pet_food       2 (DOG FOODS, 17.99 >= 15 makes a pet owner at once) x 1 -> 17,
    #                  shared 0.6 to 0.4: 10.2 and 6.8 -> 10 and 7
    #   welcome        50
    till = new_till()
    bought = till.serve(baskets.basket(73, "31699120010"))
    assert by_rule(bought) == {"base": 61, "fresh_tuesday": 23, "basket_60": 15, "pet_food": 17, "welcome": 50}
    # 61 x line / 61.08: 2.79 17.97 3.57 2.50 6.98 12.97 5.37 2.59 2.50 3.78; floors 54; one more for 2, 5, 6, 1, 10, 8
    # and 3; lines 7, 4 and 9 stay.
    assert per_line(bought, "base") == {1: 3, 2: 18, 3: 4, 4: 2, 5: 7, 6: 13, 7: 5, 8: 3, 9: 2, 10: 4}
    # 23 x line / 23.55: 3.49 -> 3, 6.83 -> 7, 12.69 -> 13.
    assert per_line(bought, "fresh_tuesday") == {3: 3, 5: 7, 6: 13}
    assert per_line(bought, "pet_food") == {2: 17}
    # What a funder gave with the same end is one lot: the house has 61 + 23 + 15 + 7, and 50 that end sooner.
    assert funders(till) == {"kibble_brands": [10], "house": [50, 106]}
    assert till.active() == 166
    assert {move.segment for move in bought.segments} == {"newcomers", "pet_owners"}


def test_baby_food_reaches_its_cap_of_the_day() -> None:
    # First basket, Thursday 5 January: 20.36 -> 20, carry 0.36. Baby food 16.87 < 20.00: not a family yet.
    #
    # Second basket, Tuesday 24 January 17:35: 20.66 with the carry 21.02 -> 21, carry 0.02.
    #   own_brand    3 (soy sauce 1.29): 0.645 -> 0
    #   baby_basics  16.87 + 19.37 = 36.24 >= 20: a family now. Units 2 + 6 + 1 + 1 + 4 + 2 + 2 = 18, two points each
    #                are 36; the day's cap is 20, so 16 are cut.
    till = new_till()
    first = till.serve(baskets.basket(1744, "31269058400"))
    assert by_rule(first) == {"base": 20, "welcome": 50}
    bought = till.serve(baskets.basket(1744, "31553737727"))
    assert by_rule(bought) == {"base": 21, "baby_basics": 20}
    # 21 x line / 20.66: 1.70 5.08 1.31 2.84 2.84 3.62 1.81 1.81; floors 16; one more for 4, 5, 7, 8 and 1.
    assert per_line(bought, "base") == {1: 2, 2: 5, 3: 1, 4: 3, 5: 3, 6: 3, 7: 2, 8: 2}
    # 20 x units / 18: 2.22 6.67 1.11 1.11 4.44 2.22 2.22; floors 18; one more for 2 and 6.
    assert per_line(bought, "baby_basics") == {1: 2, 2: 7, 4: 1, 5: 1, 6: 5, 7: 2, 8: 2}
    assert [cut for one in bought.fired for cut in one.cuts] == [Cut("rules.baby_basics.day", 16)]
    assert [message.fields["points"] for message in bought.messages if message.code == "points.cut"] == [16]
    assert till.active() == 70 + 41
    assert ("families", True) in [(move.segment, move.entered) for move in bought.segments]


def test_ten_coffees_fill_a_card_and_the_next_purchase_cashes_it() -> None:
    # Tuesday 15 August 14:28: 22.78 -> 22, carry 0.78. own_brand 2 (0.79): 0.395 -> 0. Ten jars of coffee: 10 stamps;
    # the balance *before* is 0, so the card is not full yet when the rules run (L79 in spirit).
    #
    # Wednesday 13 September: 23.99 + 0.78 = 24.77 -> 24, carry 0.77. 11 jars: 11 stamps. Ten were there before: they
    # become 10 x 12 = 120 points. Stamps: 10 - 10 + 11 = 11.
    till = new_till()
    first = till.serve(baskets.basket(1214, "35080600854"))
    assert by_rule(first) == {"base": 22, "coffee_stamp coffee": 10, "welcome": 50}
    # 22 x line / 22.78: 6.75 0.76 14.49; floors 20; one more for 2 and 1.
    assert per_line(first, "base") == {1: 7, 2: 1, 3: 14}
    assert line_totals(first, "coffee") == {3: 10}
    second = till.serve(baskets.basket(1214, "36027976411"))
    assert per_line(second, "base") == {1: 17, 2: 7}  # 24 x 16.50 / 23.99 = 16.51, 24 x 7.49 / 23.99 = 7.49
    assert per_line(second, "coffee_stamp") == {1: 11}
    assert "coffee_full" in codes(second)
    assert (till.active(), till.active("coffee")) == (22 + 50 + 24 + 120, 11)


def test_pet_owners_earn_twice_and_the_brand_pays_its_share() -> None:
    # Friday 13 January, 25.97 -> 25, carry 0.97.
    #   own_brand  2 (bulbs, 3.00) x 0.5 = 1.50 -> 1
    #   pet_food   1 (dog food 16.99), 3 (litter 3.99): 20.98 >= 15, x 1 -> 20; 0.6 are 12, 0.4 are 8
    till = new_till()
    bought = till.serve(baskets.basket(1470, "31389916723"))
    assert by_rule(bought) == {"base": 25, "own_brand": 1, "pet_food": 20, "welcome": 50}
    # 25 x line / 25.97: 16.36 2.89 3.84 1.92 -> 16, 3, 4, 2. 20 x: 16.20 3.80 -> 16, 4.
    assert per_line(bought, "base") == {1: 16, 2: 3, 3: 4, 4: 2}
    assert per_line(bought, "pet_food") == {1: 16, 3: 4}
    # 50 x: 32.71 5.78 7.68 3.83 -> 32 + 5 + 7 + 3 = 47, one more for 4, 2 and 1: .83 .78 .71.
    assert per_line(bought, "welcome") == {1: 33, 2: 6, 3: 7, 4: 4}
    assert line_totals(bought) == {1: 65, 2: 10, 3: 15, 4: 6}
    assert funders(till) == {"kibble_brands": [12], "house": [25 + 1 + 8, 50]}
    assert till.active() == 96


def test_a_phone_card_earns_nothing_and_the_clock_is_the_stores() -> None:
    # Tuesday 1 August 22:15 in New York, Wednesday in UTC. 1 (PREPAID WIRELESS, 20.00) earns nothing: base 9.96 -> 9.
    # It is Tuesday, but after 20:00; infant bottles are not in the list of baby care.
    till = new_till()
    bought = till.serve(baskets.basket(10, "34576228139"))
    assert by_rule(bought) == {"base": 9, "welcome": 50}
    # 9 x line / 9.96: .90 .90 3.61 .89 2.69; floors 5; one more for 2, 3, 5 and 6.
    assert per_line(bought, "base") == {2: 1, 3: 1, 4: 3, 5: 1, 6: 3}
    assert {change.value for change in bought.attributes} == {dt.date(2017, 8, 1), "441"}


def test_several_lines_of_one_category_paid_with_the_store_card() -> None:
    # Sunday 22 January 15:05, five of seven lines are HOUSEHOLD CLEANG NEEDS; 23.35 -> 23, carry 0.35.
    #   own_brand   6, 7: 1.49 + 1.99 = 3.48 x 0.5 = 1.74 -> 1
    #   store_card  the payments are ours, the data has none: 15.00 by store card, a point for four dollars: 3.75 -> 3
    till = new_till()
    paid = (Payment(kind="store_card", amount=1500), Payment(kind="cash", amount=835))
    bought = till.serve(baskets.basket(1161, "31527862113"), payments=paid)
    assert by_rule(bought) == {"base": 23, "own_brand": 1, "store_card": 3, "welcome": 50}
    # 23 x line / 23.35: 1.97 -> 2, 2.65 -> 3, 8.86 -> 9, 2.46 -> 2, 3.63 -> 4, 1.47 -> 1, 1.96 -> 2.
    assert per_line(bought, "base") == {1: 2, 2: 3, 3: 9, 4: 2, 5: 4, 6: 1, 7: 2}
    assert per_line(bought, "own_brand") == {7: 1}
    # 3 x: .26 .35 1.16 .32 .47 .19 .26; floor 1 at line 3; one more for 5 and 2.
    assert per_line(bought, "store_card") == {2: 1, 3: 1, 5: 1}
    assert till.active() == 77


def test_a_coupon_line_of_nothing_gets_nothing() -> None:
    # Sunday 29 January 14:41. 3 (COUPON) is worth 0.00. 24.19 -> 24, carry 0.19.
    #   own_brand  2, 7, 8: 4.00 + 3.08 + 6.99 = 14.07 x 0.5 = 7.035 -> 7
    #   pet_food   3.08 + 6.99 = 10.07 < 15.00: no pet owner yet
    till = new_till()
    bought = till.serve(baskets.basket(1101, "31672281159"))
    assert by_rule(bought) == {"base": 24, "own_brand": 7, "welcome": 50}
    # 7 x line / 14.07: 1.99 -> 2, 1.53 -> 2, 3.48 -> 3.
    assert per_line(bought, "own_brand") == {2: 2, 7: 2, 8: 3}
    # 24 x line / 24.19: 3.96 3.97 - 2.48 2.48 1.12 3.06 6.94; floors 20... 3 + 3 + 2 + 2 + 1 + 3 + 6 = 20; one more for
    # 2, 1, 8 and then the earlier of 4 and 5.
    assert per_line(bought, "base") == {1: 4, 2: 4, 4: 3, 5: 2, 6: 1, 7: 3, 8: 7}
    assert 3 not in line_totals(bought)
    assert till.active() == 81


def test_july_dairy_paid_partly_with_points_and_returned_in_parts() -> None:
    # 19 February: 295 points, carry 0.78 (above). The welcome's 50 live through 20 April.
    # On 10 July 245 are left. Basket of 16.16, of which the member pays 200 points (a step of 100; half would be 8.08).
    #
    #   line               amount   points paid: 200 x amount / 16.16     base
    #   1 YOGURT             2.69    33.29 -> 33                          2.36
    #   2 EGGS P             0.79     9.78 -> 10                          0.69
    #   3 juice              3.99    49.38 -> 49                          3.50
    #   4 PRODUCE            1.01    12.50 -> 13                          0.88
    #   5 milk P             2.69    33.29 -> 33                          2.36
    #   6 DELI CHEESES P     4.99    61.76 -> 62                          4.37     14.16
    #
    #   base        14.16 + 0.78 = 14.94 -> 14, carry 0.94
    #   own_brand   2, 5, 6: 0.69 + 2.36 + 4.37 = 7.42 x 0.5 = 3.71 -> 3
    #   season      July: PRODUCE 20 % of 0.88 = 0.176 -> 0
    #   dairy_trio  YOGURT, EGGS, FLUID MILK PRODUCTS: 10
    #   balance     295 - 50 - 200 + 14 + 3 + 10 = 72
    till = new_till()
    till.serve(baskets.basket(2264, "31944536518"))
    till.until(dt.datetime(2017, 7, 10, 22, 0, tzinfo=dt.UTC))
    assert till.active() == 245
    dairy = baskets.basket(1369, "34045102223")
    bought = till.serve(dairy, pay=(PointsPayment(currency="points", points=200),))
    assert [(one.no, one.points, one.amount) for one in bought.paid] == [
        (1, 33, 33),
        (2, 10, 10),
        (3, 49, 49),
        (4, 13, 13),
        (5, 33, 33),
        (6, 62, 62),
    ]
    assert by_rule(bought) == {"base": 14, "own_brand": 3, "dairy_trio": 10}
    # 14 x base / 14.16: 2.33 .68 3.46 .87 2.33 4.32; floors 11; one more for 4, 2 and 3.
    assert per_line(bought, "base") == {1: 2, 2: 1, 3: 4, 4: 1, 5: 2, 6: 4}
    # 3 x base / 7.42: .28 .95 1.77 -> 0, 1, 2.
    assert per_line(bought, "own_brand") == {5: 1, 6: 2}
    # 10 x base / 14.16: 1.67 .49 2.47 .62 1.67 3.09; floors 7; one more for 1, 5 and 4.
    assert per_line(bought, "dairy_trio") == {1: 2, 3: 2, 4: 1, 5: 2, 6: 3}
    assert till.active() == 72
    sale = till.last()

    # 6 comes back: base 9.79. The rule's running total is 170.78 + 9.79 = 180.57 -> 180, it stood at 184: -4 (L49).
    # own_brand: 3.05 x 0.5 = 1.525 -> 1: -2. Dairy still has three kinds. 62 points go back: 72 - 6 + 62 = 128.
    till.now += dt.timedelta(days=3)
    first = till.back(sale, ReturnedLine(no=6))
    assert by_rule(first) == {"base": -4, "own_brand": -2}
    assert [(one.no, one.points, one.amount) for one in first.paid] == [(6, -62, -62)]
    assert till.active() == 128

    # 1 (yogurt) comes back: base 7.43, running 178.21 -> 178: -2. own_brand stays at 1. Two kinds of dairy are left:
    # -10. 33 points go back: 128 - 12 + 33 = 149.
    till.now += dt.timedelta(days=1)
    second = till.back(sale, ReturnedLine(no=1))
    assert by_rule(second) == {"base": -2, "dairy_trio": -10}
    assert till.active() == 149

    # The rest: base 0, running 170.78 -> 170: -8; own_brand -1; 10 + 49 + 13 + 33 = 105 points go back. 149 - 9 + 105.
    till.now += dt.timedelta(days=1)
    rest = till.back(sale)
    assert by_rule(rest) == {"base": -8, "own_brand": -1}
    assert till.active() == 245
    again = till.back(sale, ReturnedLine(no=1))
    assert again.refusal is not None
    assert again.refusal.code == "return_exceeds_sale"


def test_june_beef_and_what_it_was_exchanged_for() -> None:
    # Wednesday 28 June 17:03, 57.57 -> 57, carry 0.57.
    #   own_brand     4 (0.99): 0.495 -> 0
    #   season        June: PRODUCE 1, 5: (1.50 + 4.99) x 20 % = 1.298 -> 1, shares 0.23 and 0.77: line 5
    #   summer_grill  BEEF 3, 7: (1.35 + 41.56) x 0.25 = 10.7275 -> 10, shares 0.31 and 9.69: all of it line 7
    #   basket_60     57.57 < 60: no.  bakery_stamp: PASTRY 3.29 < 5: no.  five_a_day: produce 6.49 < 20: no.
    #   welcome       50
    till = new_till()
    bought = till.serve(baskets.basket(406, "33894528872"))
    assert by_rule(bought) == {"base": 57, "season": 1, "summer_grill": 10, "welcome": 50}
    assert (per_line(bought, "season"), per_line(bought, "summer_grill")) == ({5: 1}, {7: 10})
    assert till.active() == 118
    # Two days later 7 (41.56) is exchanged for goods of 50.00.
    #   base          carry 0.57 - 41.56 = -40.99: -41, carry 0.01; then 50.00 + 0.01: 50
    #   summer_grill  1.35 x 0.25 = 0.3375 -> 0: -10
    till.now += dt.timedelta(days=2)
    back = Reversal(activity_id=till.last(), lines=(ReturnedLine(no=7),))
    exchanged = till.buy(5000, reverses=back)
    given: dict[str, int] = {}
    for one in exchanged.fired:
        given[one.rule] = given.get(one.rule, 0) + one.points
    assert given == {"base": -41 + 50, "summer_grill": -10}
    assert exchanged.points == {"points": -1}
    assert till.active() == 117


def test_some_units_of_a_line_come_back() -> None:
    # The coffee of 15 August: 22.78 -> 22 points and 10 stamps for 10 jars of 1.50. Three jars back: 4.50.
    # Base 18.28 -> 18: -4. Stamps 7: -3.
    till = new_till()
    till.serve(baskets.basket(1214, "35080600854"))
    till.now += dt.timedelta(days=2)
    back = till.back(till.last(), ReturnedLine(no=3, quantity=3000))
    assert by_rule(back) == {"base": -4, "coffee_stamp coffee": -3}
    assert (till.active(), till.active("coffee")) == (72 - 4, 7)


def test_a_household_that_mostly_buys_fuel() -> None:
    # Eight baskets from 3 January to 2 February. Fuel of 20.00 six times: nothing, but the weeks in a row go on.
    #   3 January    fuel; welcome                                            50
    #   12 January   14.74 -> 14, carry 0.74; own_brand 14.74 x 0.5 = 7.37    14 + 7
    #   17 January   5.79 + 0.74 = 6.53 -> 6, carry 0.53                      6
    #   24 January   the fourth week in a row, but the month's base is 20.53 < 40: no streak
    till = new_till()
    served = [till.serve(one) for one in baskets.household(1730)[:8]]
    assert [by_rule(one) for one in served] == [
        {"welcome": 50},
        {},
        {},
        {"base": 14, "own_brand": 7},
        {},
        {"base": 6},
        {},
        {},
    ]
    assert till.active() == 77
    # The welcome of 3 January lives through 4 March, that is until 5 March 00:00 in New York.
    till.until(dt.datetime(2017, 3, 5, 4, 59, tzinfo=dt.UTC))
    assert till.active() == 77
    till.until(dt.datetime(2017, 3, 5, 5, 0, tzinfo=dt.UTC))
    assert till.active() == 27


def test_a_member_who_comes_back_keeps_what_was_about_to_end() -> None:
    # Ten baskets of one household; the birthday (10 March) is ours, the data has none.
    #   1  1 January     5.98             -> 5   c .98   welcome 50, through 2 March
    #   2  1 January    18.97 + .98       -> 19  c .95
    #   3  2 January     7.99 + .95       -> 8   c .94   roses; FLORAL is in season in February only
    #   4  14 January    2.00 + .94       -> 2   c .94
    #   5  4 February    1.99 + .94       -> 2   c .93
    #      7 March       birthday, three days before: 100, through 6 April
    #   6  26 March      6.99 + .93       -> 7   c .92   own_brand 3.495 -> 3; the sixth purchase and the only one of 45
    #                                                    days: come_back, 25, and what ends within two months lives
    #                                                    three months longer: the birthday's 100 through 6 July
    #   7  23 April     14.00 + .92       -> 14  c .92   own_brand 4.00 x 0.5 = 2; PASTRY 4.00 < 5.00; 11:45 is late
    #   8  13 May        3.29 + .92       -> 4   c .21
    #   9  15 June       4.99 + .21       -> 5   c .20
    #   10 27 June      fuel
    till = new_till()
    till.now = dt.datetime(2017, 1, 1, 18, 0, tzinfo=dt.UTC)
    till.profile(birth_date=dt.date(1980, 3, 10))
    served = [till.serve(one) for one in baskets.household(717)[:10]]
    assert [by_rule(one) for one in served] == [
        {"base": 5, "welcome": 50},
        {"base": 19},
        {"base": 8},
        {"base": 2},
        {"base": 2},
        {"birthday": 100, "base": 7, "own_brand": 3, "come_back": 25},
        {"base": 14, "own_brand": 2},
        {"base": 4},
        {"base": 5},
        {},
    ]
    back = [event for event in served[5].events if event.type == "came_back"]
    # The last 90 days have all six baskets: 5.98 + 18.97 + 7.99 + 2.00 + 1.99 + 6.99 = 43.92.
    assert [event.data for event in back] == [
        {"rule": "come_back", "purchases": 6, "spend_90d": {"amount": 4392, "scale": 2}}
    ]
    # 5 + 19 + 8 + 2 + 2 + 35 + 16 + 4 + 5 = 96, and the birthday's 100 through 6 July.
    assert till.active() == 196
    till.until(dt.datetime(2017, 7, 7, 3, 59, tzinfo=dt.UTC))
    assert till.active() == 196
    till.until(dt.datetime(2017, 7, 7, 4, 0, tzinfo=dt.UTC))
    assert till.active() == 96


def test_time_told_by_the_sweeper_or_by_the_next_purchase_ends_alike() -> None:
    tills = [new_till(), new_till()]
    for till in tills:
        till.now = dt.datetime(2017, 1, 1, 18, 0, tzinfo=dt.UTC)
        till.profile(birth_date=dt.date(1980, 3, 10))
    for one in baskets.household(717)[:10]:
        assert one.occurred_at is not None
        tills[1].until(one.occurred_at)
        for till in tills:
            till.serve(one)
    assert tills[0].active() == tills[1].active() == 196
    assert len(tills[1].done) > len(tills[0].done)
