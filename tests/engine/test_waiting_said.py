"""What the receipt says of points that were given and cannot be used yet."""

from __future__ import annotations

from regulars.engine.contracts.decision import Decision
from regulars.program.contracts.definitions import Currency, Pending
from regulars.program.contracts.values import Span, Unit
from tests.engine.shop import Shop, at, base, give, rule


def lines(decision: Decision) -> list[tuple[str, object, object]]:
    return [
        (one.code, one.fields["points"], one.fields.get("active_on"))
        for one in decision.messages
        if one.code.startswith("points.") or one.code == "balance"
    ]


def test_the_receipt_says_from_which_day_the_points_that_wait_can_be_used() -> None:
    shop = Shop(
        Currency(name="points"), base(), rule("later", give("200", pending=Span(5, Unit.DAY)), give("3", expires=None))
    )
    shop.now = at("2026-03-01 10:00")
    # 80 and 3 at once, 200 after five whole days: from 6 March.
    assert lines(shop.buy(8000)) == [
        ("points.earned", 283, None),
        ("points.waiting", 200, "2026-03-06"),
        ("balance", 83, None),
    ]
    # The next receipt speaks of what it gave only.
    assert ("points.waiting", 200, "2026-03-06") not in lines(shop.buy(100))[:1]


def test_points_without_a_day_wait_to_be_confirmed() -> None:
    pending = Pending(until="settled", within=Span(30, Unit.DAY))
    shop = Shop(Currency(name="points", pending=pending), base())
    assert lines(shop.buy(8000)) == [
        ("points.earned", 80, None),
        ("points.unconfirmed", 80, None),
        ("balance", 0, None),
    ]


def test_what_can_be_used_at_once_is_said_once() -> None:
    assert lines(Shop(Currency(name="points"), base()).buy(8000)) == [
        ("points.earned", 80, None),
        ("balance", 80, None),
    ]
