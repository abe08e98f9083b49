"""The catalogue: what one member can have, in the order in which it is shown, and why not."""

from __future__ import annotations

import datetime as dt
from typing import Any

from regulars.engine import service as engine
from regulars.engine.contracts.catalogue import RewardSeen
from regulars.program.contracts.definitions import Segment
from regulars.program.contracts.rewards import Price, Reward
from regulars.program.contracts.values import Period, Text
from tests.engine.shop import MEMBER, at, give, rule
from tests.engine.test_orders import CASH, EARN, Desk, reward


def seen(shop: Desk, limit: int = 100, **options: Any) -> list[RewardSeen]:
    known = shop.known(shop.activity("tick"), with_lots=True)
    return engine.catalogue(shop.compiled, known, member_id=MEMBER, at=shop.now, limit=limit, **options)


def names(found: list[RewardSeen]) -> list[str]:
    return [one.reward for one in found]


PRICES = {"pen": 10, "cup": 90, "mug": 100, "bag": 160, "bike": 9000}
SHELF = [reward(name, price=str(price)) for name, price in PRICES.items()]


def test_what_can_be_had_now_comes_first_the_dearest_first_then_what_is_nearest() -> None:
    shop = Desk(EARN, *SHELF)
    shop.buy(100)
    found = seen(shop)
    assert names(found) == ["mug", "cup", "pen", "bag", "bike"]
    assert [(one.affordable, one.why_not) for one in found[2:4]] == [(True, None), (False, "insufficient_points")]
    assert (found[3].prices[0].points, found[3].prices[0].lacks) == ({"points": 160}, {"points": 60})


def test_pages_join_without_a_gap_wherever_they_are_cut() -> None:
    both = Price(points={"points": "20", "cash": "1"})
    odd = [
        Reward(name="pair", prices=(both,)),
        Reward(name="either", prices=(both, Price(points={"points": "150"}))),
        reward("formula", price="member.balances.points / 2"),
    ]
    shop = Desk(CASH, EARN, *SHELF, *odd, reward("rare", audience="rich"), Segment(name="rich", if_="1 > 2"))
    shop.buy(100)
    for options in ({}, {"everything": True}):
        whole = names(seen(shop, **options))
        assert len(whole) == len(set(whole)) == 8 + len(options)
        for limit in (1, 2, 3):
            joined: list[str] = []
            after = None
            while part := seen(shop, limit, after=after, **options):
                joined += names(part)
                after = part[-1].rank
            assert joined == whole


def test_only_what_is_for_the_member_is_there_and_with_everything_why_the_rest_is_not() -> None:
    rich = Segment(name="rich", if_="member.balances.points >= 500")
    shop = Desk(
        EARN, rich, reward("gold", audience="rich"), reward("long", if_="member.balances.points > 1000"), *SHELF
    )
    shop.buy(100)
    assert {"gold", "long"} & set(names(seen(shop))) == set()
    found = {one.reward: one for one in seen(shop, everything=True)}
    assert (found["gold"].why_not, found["gold"].condition) == ("reward_not_for_member", "rich")
    assert found["long"].condition == "member.balances.points > 1000"
    shop.buy(2000)
    assert {"gold", "long"} < set(names(seen(shop)))


def test_a_limit_that_is_used_up_is_said_and_the_day_bounds_what_is_there() -> None:
    limited = reward("pen", price="10", limits={Period.MONTH: 1})
    later = reward("egg", price="10", from_=dt.date(2026, 4, 1), until=dt.date(2026, 5, 1))
    shop = Desk(EARN, limited, later)
    shop.buy(100)
    shop.place("pen")
    assert [(one.reward, one.why_not) for one in seen(shop)] == [("pen", "reward_limit_reached")]
    shop.now = at("2026-04-02 10:00")
    assert [(one.reward, one.why_not) for one in seen(shop)] == [("egg", None), ("pen", None)]


def test_what_is_only_given_is_not_in_the_catalogue_and_words_are_shown() -> None:
    title = Text(en="Pen", ru="Ручка", ro="Pix")
    pen = reward("pen", price="10", title=title, stock=True, variants=("red", "blue"))
    shop = Desk(EARN, Reward(name="gift"), pen, rule("more", give("1")))
    found = seen(shop)
    assert names(found) == ["pen"]
    assert (found[0].title, found[0].variants, found[0].stocked) == (
        {"en": "Pen", "ru": "Ручка", "ro": "Pix"},
        ("red", "blue"),
        True,
    )
