"""A segment that reads the calendar makes an account due when it changes, and not every day for ever."""

from __future__ import annotations

import datetime as dt

from regulars.program.contracts.definitions import Currency, Expiry, Segment
from regulars.program.contracts.values import Ratio
from tests.engine.shop import Shop, at, base

STAYING = Currency(name="points", value=Ratio(1, 100), expiry=Expiry(never=True))


def ticks(shop: Shop, until: dt.datetime) -> list[tuple[dt.datetime, bool]]:
    """What the sweeper does until a moment: when it came, and whether some segment moved."""
    found = []
    while shop.review_at is not None and shop.review_at < until:
        shop.now = shop.review_at
        found.append((shop.now, bool(shop.tick().segments)))
    return found


def test_newcomer_is_looked_at_when_they_are_none_any_more() -> None:
    # They joined on 2 March. Through 1 May (60 days later) they are new; 2 May begins at 21:00 UTC of the day before.
    shop = Shop(STAYING, base(), Segment(name="new", if_="member.joined_on.addDays(60) >= today()"))
    shop.buy(1000)
    came = ticks(shop, at("2028-03-01 00:00"))
    assert [when for when, moved in came if moved] == [at("2026-05-01 21:00")]
    # The day after the purchase, the day itself, and 370 days later in May 2027; the next is in May 2028.
    assert len(came) == 3


def test_birthday_like_segment_comes_and_goes_each_year() -> None:
    shop = Shop(STAYING, base(), Segment(name="jubilee", if_="today().month() == member.joined_on.month()"))
    shop.buy(1000)
    moved = [when for when, moves in ticks(shop, at("2028-01-01 00:00")) if moves]
    # In until the last of March, again from 1 March to 31 March 2027: local midnights, winter and summer time.
    assert moved == [at("2026-03-31 21:00"), at("2027-02-28 22:00"), at("2027-03-31 21:00")]


def test_account_without_such_a_segment_is_never_due() -> None:
    shop = Shop(STAYING, base())
    shop.buy(1000)
    assert shop.review_at is None
