"""What a till did without a connection, told when it has one again (LEDGER.md L60, L69): worked out by hand."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from regulars.engine.contracts.activity import Offline, PointsPayment
from regulars.engine.contracts.decision import Decision, Outcome
from regulars.engine.contracts.points import EntryKind
from regulars.program.contracts.definitions import Currency, Expiry, Negative
from regulars.program.contracts.values import Ratio, Span, Unit
from tests.engine.shop import Shop, at, base

TILL = UUID(int=17)


def shop(**policy: Any) -> Shop:
    """One point a leu, a point pays one ban; points live 30 days, to the end of the last of them."""
    expiry = Expiry(span=Span(30, Unit.DAY))
    return Shop(Currency(name="points", value=Ratio(1, 100), expiry=expiry, round_up=None, **policy), base())


def redeem(it: Shop, points: int, *, when: str, floor: int = 10_000, number: int = 1, **more: Any) -> Decision:
    """A basket of 200.00, some of it paid with points at a till without a connection."""
    offline = Offline(till=TILL, number=number, floor=floor)
    pay = (PointsPayment(currency="points", points=points),)
    return it.buy(20_000, pay=pay, offline=offline, occurred_at=at(when), **more)


def entries(decision: Decision) -> list[tuple[str, str, str, int]]:
    return [
        (one.kind.value, one.from_.value, one.to.value, one.amount)
        for one in decision.movement.entries
        if one.kind is not EntryKind.EARN
    ]


def test_l60_up_to_the_floor_limit_points_are_taken_as_online() -> None:
    it = shop()
    it.buy(30_000)
    done = redeem(it, 120, when="2026-03-02 09:00", floor=120)
    assert done.outcome is Outcome.ACCEPTED
    # 300 earned, 120 paid 1.20, and the other 198.80 earn 198.
    assert entries(done) == [("spend", "active", "spent", 120)]
    assert it.active() == 300 - 120 + 198


def test_l60_above_the_floor_limit_it_is_refused_and_nothing_moves() -> None:
    it = shop()
    it.buy(30_000)
    refused = redeem(it, 121, when="2026-03-02 09:00", floor=120)
    assert refused.refusal is not None
    assert (refused.refusal.code, refused.refusal.fields) == ("floor_limit_exceeded", {"amount": 121, "floor": 120})
    assert it.active() == 300
    # Unless somebody says otherwise a till lets nothing through.
    assert Offline(till=TILL, number=1).floor == 0


def test_l60_a_balance_that_is_short_is_owed() -> None:
    it = shop()
    it.buy(5_000)
    done = redeem(it, 80, when="2026-03-02 09:00")
    # 50 were there, 30 are owed; the 199 that the basket earns pay them first.
    assert entries(done) == [
        ("spend", "active", "spent", 50),
        ("owe", "arrears", "spent", 30),
        ("repay", "active", "arrears", 30),
    ]
    assert (it.active(), it.has().arrears) == (169, 0)
    # Control: the same with a connection is refused.
    it = shop()
    it.buy(5_000)
    online = it.buy(20_000, pay=(PointsPayment(currency="points", points=80),))
    assert online.refusal is not None
    assert online.refusal.code == "insufficient_points"


def test_l60_what_is_missing_is_written_off_where_the_currency_knows_no_debts() -> None:
    it = shop(negative=Negative.TO_ZERO)
    it.buy(5_000)
    done = redeem(it, 80, when="2026-03-02 09:00")
    assert entries(done) == [("spend", "active", "spent", 50), ("write_off", "written_off", "spent", 30)]


def test_l60_a_lot_that_expired_since_the_sale_is_reinstated_for_exactly_this() -> None:
    it = shop()
    it.now = at("2026-03-02 10:00")
    it.buy(5_000)
    it.now = at("2026-03-20 10:00")
    it.buy(3_000)
    # The 50 live through 1 April (30 days), local time is UTC+3 by then: gone at 21:00Z.
    it.now = at("2026-04-02 10:00")
    it.tick()
    assert it.active() == 30
    done = redeem(it, 20, when="2026-04-01 12:00")
    # On that day the 50 would have paid first, so 20 of them do; the 30 are untouched and 30 stay expired.
    assert entries(done) == [("reinstate", "expired", "active", 20), ("spend", "active", "spent", 20)]
    assert it.active() == 30 + 199
    again = redeem(it, 45, when="2026-04-01 13:00", number=2)
    # Of the 50 another 30 may stand up; the other 15 come from the 30 of March.
    assert entries(again) == [("reinstate", "expired", "active", 30), ("spend", "active", "spent", 45)]
    third = redeem(it, 5, when="2026-04-01 13:30", number=3)
    assert entries(third) == [("spend", "active", "spent", 5)]


def test_l60_what_had_expired_before_the_sale_stays_so() -> None:
    it = shop()
    it.buy(5_000)
    it.now = at("2026-04-02 10:00")
    it.tick()
    assert it.active() == 0
    done = redeem(it, 20, when="2026-04-01 21:30")
    assert entries(done) == [("owe", "arrears", "spent", 20), ("repay", "active", "arrears", 20)]


def test_l69_with_a_blocked_card_the_house_bears_it_and_a_person_is_called() -> None:
    it = shop()
    it.buy(30_000)
    done = redeem(it, 120, when="2026-03-02 09:00", card_blocked=True)
    assert done.outcome is Outcome.ACCEPTED
    assert entries(done) == [("write_off", "written_off", "spent", 120)]
    assert (it.active(), it.has().arrears) == (300 + 198, 0)
    heard = [one for one in done.events if one.type == "case.opened"]
    assert [(one.data["case"], one.data["points"]) for one in heard] == [("redeemed_after_block", 120)]
    # Control: with a connection a blocked card cannot spend at all.
    online = it.buy(20_000, pay=(PointsPayment(currency="points", points=120),), card_blocked=True)
    assert online.refusal is not None
    assert online.refusal.code == "card_blocked"


def test_l69_a_return_of_it_gives_the_points_back_to_the_house() -> None:
    it = shop()
    it.buy(30_000)
    redeem(it, 120, when="2026-03-02 09:00", card_blocked=True)
    sale = it.last()
    back = it.back(sale)
    assert ("refund", "spent", "written_off", 120) in entries(back)
    assert (it.active(), it.has().arrears) == (300, 0)


def test_a_return_of_what_is_owed_forgives_the_debt() -> None:
    it = shop()
    done = redeem(it, 80, when="2026-03-02 09:00")
    # Nothing there: 80 owed, 199 earned, 80 of them repay.
    assert entries(done) == [("owe", "arrears", "spent", 80), ("repay", "active", "arrears", 80)]
    it.back(it.last())
    # 119 are left of what was earned, the debt was paid with the other 80: they come back, and all 199 go.
    assert (it.active(), it.has().arrears) == (0, 0)


def test_a_till_says_how_many_points_it_took() -> None:
    it = shop()
    it.buy(30_000)
    refused = redeem(it, -1, when="2026-03-02 09:00")
    assert refused.refusal is not None
    assert refused.refusal.code == "points_not_said"
