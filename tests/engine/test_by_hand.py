"""Points moved by hand: what one person may do alone."""

from __future__ import annotations

import datetime as dt

from regulars.engine.contracts.activity import Extension
from regulars.program.contracts.definitions import Currency, Expiry
from regulars.program.contracts.values import Ratio, Span, Unit
from tests.engine.shop import Shop, base, lines


def test_L37_points_of_an_hour_live_no_longer_by_one_person_alone() -> None:
    points = Currency(name="points", value=Ratio(1, 100), expiry=Expiry(span=Span(1, Unit.HOUR)))
    shop = Shop(points, base())
    shop.do(shop.activity("purchase", lines=lines(10000)))
    today = Extension(currency="points", through=shop.now.date(), reason="was ill")
    # They live till 11:00; the end of the day is more than an hour from now.
    asked = shop.do(shop.activity("extend", extension=today, by="ana"))
    assert (asked.case is not None and asked.case.asks_first, shop.has().active) == (True, 100)
    [lot] = shop.lots.values()
    assert lot.expires_at == shop.now + dt.timedelta(hours=1)
