"""What a member sees of their tiers: where they stand, what is missing, what keeps it, what comes."""

from __future__ import annotations

import datetime as dt

from regulars.engine import service as engine
from regulars.engine.contracts.view import TierSeen
from regulars.program.contracts.definitions import Currency
from regulars.program.contracts.ladders import Downgrade, Level, Qualify, Starts
from regulars.program.contracts.values import Ratio, Text
from tests.engine.shop import MEMBER, Shop, base
from tests.engine.test_ladders import LEVELS, MEASURES, TWO, VISITS, YEAR, by_hand, days, gold, ladder, on

GOLD = Level(
    from_={"": Ratio(1000)},
    title=Text(en="Gold", ru="Золото", ro="Aur"),
    benefits=(Text(en="Tea", ru="Чай", ro="Ceai"),),
)


def seen(shop: Shop) -> TierSeen:
    known = shop.known(shop.activity("tick"))
    (found,) = engine.view(shop.compiled, known, member_id=MEMBER, at=shop.now).tiers
    return found


def lacks(one: TierSeen) -> dict[str, object]:
    return {lack.measure: lack.missing for lack in one.missing}


def keeps(one: TierSeen) -> dict[str, object]:
    return {lack.measure: lack.missing for lack in one.to_keep}


def test_a_new_member_stands_at_the_bottom_and_sees_the_way_up() -> None:
    one = seen(Shop(YEAR, ladder(year="calendar year"), base()))
    assert (one.level, one.next, one.projected) == ("green", "silver", "green")
    assert lacks(one) == {"": {"amount": 30000, "scale": 2}}
    assert (one.through, one.lost_on, keeps(one)) == (None, None, {})


def test_what_is_missing_is_told_as_a_number_and_in_words() -> None:
    shop = Shop(YEAR, ladder(levels={**LEVELS, "gold": GOLD}, year="calendar year"), base())
    shop.buy(95000)
    one = seen(shop)
    assert (one.level, one.next_title) == ("silver", {"en": "Gold", "ru": "Золото", "ro": "Aur"})
    (said,) = one.says
    assert (said.code, said.fields["missing"], said.fields["level"]) == (
        "tier.missing",
        {"amount": 5000, "scale": 2},
        one.next_title,
    )
    assert set(engine.message_text("tier.missing").en.split()) >= {"{missing}", "more"}
    shop.buy(5000)
    assert (seen(shop).level_title, seen(shop).benefits) == (
        one.next_title,
        ({"en": "Tea", "ru": "Чай", "ro": "Ceai"},),
    )
    assert (seen(shop).next, seen(shop).missing) == (None, ())


def test_each_measure_tells_what_it_lacks_and_all_leave_out_what_is_there() -> None:
    any_ = Shop(YEAR, VISITS, ladder(Qualify(formulas=MEASURES), TWO, year="calendar month"))
    any_.buy(10000)
    assert lacks(seen(any_)) == {"spend": {"amount": 40000, "scale": 2}, "visits": 2}
    all_ = Shop(YEAR, VISITS, ladder(Qualify(formulas=MEASURES, all_=True), TWO, year="calendar month"))
    all_.buy(60000)
    assert (seen(all_).all_measures, lacks(seen(all_))) == (True, {"visits": 2})


def test_what_keeps_a_level_and_when_it_is_lost_without() -> None:
    shop = gold(grace=days(31), warn=days(30))
    assert (keeps(seen(shop)), seen(shop).lost_on, seen(shop).projected) == ({}, None, "gold")
    on(shop, "2027-01-01").tick()
    one = seen(shop)
    assert keeps(one) == {"": {"amount": 100000, "scale": 2}}
    assert (one.through, one.lost_on) == (dt.date(2027, 12, 31), dt.date(2028, 2, 1))
    assert (one.projected, one.warned) == ("silver", False)
    assert [said.code for said in one.says] == ["tier.to_keep"]
    on(shop, "2027-12-02").tick()
    assert seen(shop).warned
    on(shop, "2028-01-15").tick()
    assert (seen(shop).held, seen(shop).level) == ("grace", "gold")


def test_whoever_will_be_reassessed_sees_where_to() -> None:
    shop = gold(downgrade=Downgrade.REASSESS)
    on(shop, "2027-01-01").tick()
    assert seen(shop).projected == "green"


def test_what_starts_with_the_next_period_is_projected() -> None:
    shop = Shop(YEAR, ladder(year="calendar month", starts=Starts.NEXT_PERIOD), base())
    shop.buy(50000)
    one = seen(shop)
    assert (one.level, one.projected, one.next) == ("green", "silver", "silver")
    assert lacks(one) == {"": {"amount": 0, "scale": 2}}


def test_a_late_sweeper_makes_no_difference_to_what_is_seen() -> None:
    shop = gold()
    on(shop, "2028-02-01")
    assert (seen(shop).level, seen(shop).since) == ("silver", dt.date(2028, 1, 1))
    # Nothing of the look was written.
    assert shop.member().tiers["status"][0] == "gold"


def test_a_tier_of_staff_says_so_and_when_it_is_over() -> None:
    shop = Shop(YEAR, ladder(year="calendar year", by_hand=True), base())
    by_hand(shop, "gold", "2026-06-15")
    one = seen(shop)
    assert (one.held, one.through, one.lost_on) == ("by_hand", dt.date(2026, 6, 14), dt.date(2026, 6, 15))


def test_a_balance_is_called_by_the_title_of_its_currency() -> None:
    points = Currency(name="points", title=Text(en="Stars", ru="Звёзды", ro="Stele"), value=Ratio(1, 100))
    shop = Shop(points, ladder("member.balances.points"), base())
    shop.buy(1000)
    assert seen(shop).missing[0].title == {"en": "Stars", "ru": "Звёзды", "ro": "Stele"}
    assert lacks(seen(shop)) == {"": 290}
