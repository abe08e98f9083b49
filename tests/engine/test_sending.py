"""Points passed on, by hand (L35, L36), and the law of parts and rings (LAW10)."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from itertools import pairwise
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from regulars.engine import service as engine
from regulars.engine.contracts.activity import HoldAction
from regulars.engine.contracts.decision import Decision, Outcome
from regulars.engine.contracts.points import EntryKind
from regulars.engine.points import transferring
from regulars.program.contracts.definitions import Currency, Expiry, Measure, Metric, Over
from regulars.program.contracts.households import Household
from regulars.program.contracts.transfers import Transfer, TransferTo
from regulars.program.contracts.triggers import OnActivity, OnEvent
from regulars.program.contracts.values import Period, Ratio, Span, Unit
from tests.engine.friends import Friends
from tests.engine.shop import base, give, rule
from tests.engine.town import ANN, BOB, CAT

ANY = Transfer()
MARCH, JUNE = dt.date(2026, 3, 31), dt.date(2026, 6, 2)


def points(transfer: Transfer | None = ANY, **fields: Any) -> Currency:
    return Currency(name="points", value=Ratio(1, 100), cost={"house": Ratio(1, 1000)}, transfer=transfer, **fields)


def lots(town: Friends, member_id: UUID) -> list[tuple[int, dt.date | None]]:
    return [
        (lot.remaining, lot.expires_on)
        for lot in sorted(town.at(member_id).lots.values(), key=lambda lot: (str(lot.expires_on), lot.lot_id))
        if lot.remaining
    ]


def ends(town: Friends, member_id: UUID) -> dt.datetime | None:
    return town.at(member_id).balances["points"].idle_at


def code(done: Decision) -> str | None:
    return None if done.refusal is None else done.refusal.code


def two_lots(*more: Any, transfer: Transfer | None = ANY, **fields: Any) -> Friends:
    """Ann has 50 through March and 20 through June."""
    soon = rule("soon", give("50", expires=Span(29, Unit.DAY)), trigger=OnActivity(types=("visit",)))
    later = rule("later", give("20", expires=Span(3, Unit.MONTH)), trigger=OnActivity(types=("visit",)))
    town = Friends(points(transfer, **fields), soon, later, *more)
    town.do(ANN, "visit")
    return town


def test_L35_they_arrive_with_the_dates_that_they_had() -> None:
    town = two_lots()
    assert lots(town, ANN) == [(50, MARCH), (20, JUNE)]
    town.pass_on(ANN, BOB, 60)
    assert (town.active(ANN), town.active(BOB)) == (10, 0)
    town.carry()
    assert lots(town, ANN) == [(10, JUNE)]
    assert lots(town, BOB) == [(50, MARCH), (10, JUNE)]


def test_L35_they_are_earned_by_nobody() -> None:
    earned = Metric(
        name="earned", measure=Measure.SUM, value="entry.amount", over=Over.ENTRIES, where="entry.kind == 'earn'"
    )
    town = two_lots(earned)
    town.pass_on(ANN, BOB, 60)
    town.carry()
    assert (town.metric(ANN, "earned"), town.metric(BOB, "earned")) == (70, 0)
    kinds = [entry.kind for one in town.at(BOB).done.values() for entry in one[1].movement.entries]
    assert kinds == [EntryKind.TRANSFER, EntryKind.TRANSFER]


def test_L35_to_be_given_points_keeps_nothing_alive() -> None:
    idle = Expiry(inactivity=Span(10, Unit.DAY), resets=("visit",))
    visit = rule("visit", give("100"), trigger=OnActivity(types=("visit",)))
    town = Friends(points(expiry=idle, round_up=None), visit)
    town.do(ANN, "visit")
    town.now += dt.timedelta(days=8)
    town.pass_on(ANN, BOB, 40)
    town.carry()
    # Bob had none: they end when they would have ended with Ann, through 12 March.
    assert ends(town, BOB) == ends(town, ANN) == dt.datetime(2026, 3, 12, 22, tzinfo=dt.UTC)
    town.do(BOB, "visit")
    until = ends(town, BOB)
    town.pass_on(ANN, BOB, 40)
    town.carry()
    assert (ends(town, BOB), town.active(BOB)) == (until, 180)
    # Nor what comes from somebody who was here since.
    town.now += dt.timedelta(days=5)
    town.do(ANN, "visit")
    town.pass_on(ANN, BOB, 40)
    town.carry()
    assert (ends(town, BOB), town.active(BOB)) == (until, 220)


def test_what_was_given_is_the_receivers_own_also_when_the_two_are_one_for_a_while() -> None:
    town = two_lots()
    town.do(BOB, "visit")
    town.pass_on(ANN, BOB, 70)
    town.carry()
    town.merge(ANN, BOB)
    assert town.active(BOB) == 140
    town.unmerge(ANN)
    assert (town.active(ANN), town.active(BOB)) == (0, 140)


def test_a_currency_that_does_not_say_so_is_not_passed_on() -> None:
    town = two_lots(transfer=None)
    assert code(town.pass_on(ANN, BOB, 10)) == "transfer_not_allowed"


def test_least_and_most_bound_one_transfer() -> None:
    town = two_lots(transfer=Transfer(least=10, most=30))
    assert code(town.pass_on(ANN, BOB, 9)) == "transfer_too_small"
    assert code(town.pass_on(ANN, BOB, 31)) == "transfer_too_large"
    for amount in (10, 30):
        assert town.pass_on(ANN, BOB, amount).outcome is Outcome.ACCEPTED


def test_a_period_bounds_all_transfers_of_a_member() -> None:
    town = two_lots(transfer=Transfer(per={Period.MONTH: 30}))
    town.pass_on(ANN, BOB, 25)
    refused = town.pass_on(ANN, CAT, 6)
    assert (code(refused), refused.refusal.fields if refused.refusal else {}) == (
        "transfer_too_large",
        {"currency": "points", "asked": 6, "possible": 5, "period": "calendar month"},
    )
    town.now = dt.datetime(2026, 4, 1, 10, tzinfo=dt.UTC)
    assert town.pass_on(ANN, CAT, 6).outcome is Outcome.ACCEPTED


def test_L36_a_fee_is_spent_by_the_sender() -> None:
    town = two_lots(transfer=Transfer(fee="ceil(event.points * 0.05) + 1"))
    done = town.pass_on(ANN, BOB, 41)
    # 41 x 0.05 = 2.05, up to 3, and 1.
    assert [(entry.kind, entry.amount) for entry in done.movement.entries] == [
        (EntryKind.TRANSFER, 41),
        (EntryKind.SPEND, 4),
    ]
    town.carry()
    assert (town.active(ANN), town.active(BOB)) == (25, 41)
    assert code(town.pass_on(ANN, BOB, 23)) == "insufficient_points"


def test_the_fee_may_read_the_member_and_counts_decimals() -> None:
    coins = Currency(
        name="coins", scale=2, transfer=Transfer(fee="size(member.segments) == 0 ? event.points * 0.1 : event.points")
    )
    town = Friends(coins, rule("visit", give("100", "coins"), trigger=OnActivity(types=("visit",))))
    town.do(ANN, "visit")
    town.pass_on(ANN, BOB, 5000, currency="coins")
    # 50.00 and a tenth of it.
    assert town.active(ANN, "coins") == 10000 - 5000 - 500


def test_L36_nothing_that_waits_is_held_or_owed_is_passed_on() -> None:
    waits = rule("waits", give("500", pending=Span(5, Unit.DAY)), trigger=OnActivity(types=("visit",)))
    town = two_lots(waits)
    assert code(town.pass_on(ANN, BOB, 71)) == "insufficient_points"
    town.do(ANN, "hold", hold=HoldAction(act="place", currency="points", points=30))
    assert code(town.pass_on(ANN, BOB, 41)) == "insufficient_points"
    owing = Friends(points(), base())
    owing.buy(CAT, 10000)
    sale = owing.at(CAT).last()
    owing.pass_on(CAT, BOB, 100)
    owing.back(CAT, sale)
    owing.do(CAT, "visit")
    assert owing.has(CAT).arrears == 100
    assert code(owing.pass_on(CAT, BOB, 1)) == "not_transferable"


def test_L36_expired_points_are_gone() -> None:
    town = two_lots()
    town.now = dt.datetime(2026, 4, 1, 10, tzinfo=dt.UTC)
    assert code(town.pass_on(ANN, BOB, 21)) == "insufficient_points"


def test_L36_who_is_full_gets_nothing_and_all_of_it_is_home_with_its_fee() -> None:
    town = two_lots(transfer=Transfer(fee="2", per={Period.MONTH: 60}), largest_balance=100)
    town.do(BOB, "visit")
    before = lots(town, ANN)
    town.pass_on(ANN, BOB, 60)
    assert lots(town, ANN) == [(8, JUNE)]
    [refused] = town.carry()
    assert (code(refused), refused.refusal.fields if refused.refusal else {}) == (
        "receiver_full",
        {"currency": "points", "room": 30},
    )
    assert (lots(town, ANN), town.active(BOB)) == (before, 70)
    # The month's room is there again, too.
    town.pass_on(ANN, CAT, 60)
    town.carry()
    assert town.active(CAT) == 60


def test_L36_what_died_on_its_way_is_not_brought_to_life_by_coming_home() -> None:
    town = two_lots()
    town.pass_on(ANN, BOB, 60)
    [(activity_id, departure)] = town.under_way
    town.now = dt.datetime(2026, 4, 1, 10, tzinfo=dt.UTC)
    town.home(activity_id, departure)
    assert (lots(town, ANN), town.active(ANN)) == ([(20, JUNE)], 20)


def test_L36_they_come_home_to_whom_the_sender_is_now() -> None:
    town = two_lots(transfer=Transfer(fee="2"))
    town.pass_on(ANN, BOB, 60)
    [(activity_id, departure)] = town.under_way
    town.merge(ANN, CAT)
    assert town.active(CAT) == 8
    town.home(activity_id, departure)
    assert (town.active(CAT), [day for _, day in lots(town, CAT)]) == (70, [MARCH, JUNE, JUNE, JUNE])
    town.unmerge(ANN)
    assert (town.active(ANN), town.active(CAT)) == (70, 0)


def test_what_the_receiver_owes_is_paid_first() -> None:
    town = Friends(points(), base())
    town.buy(BOB, 5000)
    sale = town.at(BOB).last()
    town.pass_on(BOB, CAT, 50)
    town.carry()
    town.back(BOB, sale)
    town.buy(ANN, 10000)
    town.pass_on(ANN, BOB, 70)
    town.carry()
    assert (town.has(BOB).active, town.has(BOB).arrears) == (20, 0)


def test_nobody_sends_to_themselves() -> None:
    town = two_lots()
    assert code(town.pass_on(ANN, ANN, 1)) == "transfer_to_oneself"
    town.merge(BOB, ANN)
    assert code(town.pass_on(ANN, BOB, 1)) == "transfer_to_oneself"


def family(*, pooled: bool, **transfer: Any) -> Friends:
    home = Household(name="family", size=3, pooled=("points",) if pooled else ())
    town = two_lots(home, transfer=Transfer(**transfer))
    town.do(BOB, "visit")
    town.do(CAT, "visit")
    town.found(ANN, "family")
    town.household(ANN, "invite", member_id=BOB, role="child")
    town.join(BOB, of=ANN)
    return town


def test_in_a_household_points_go_from_ones_own_to_another() -> None:
    town = family(pooled=False, to=TransferTo.HOUSEHOLD)
    town.pass_on(ANN, BOB, 60)
    town.carry()
    assert (town.active(ANN), town.active(BOB)) == (10, 130)
    assert code(town.pass_on(ANN, CAT, 1)) == "transfer_outside_household"


def test_from_what_is_shared_only_who_may_spend_sends_and_never_to_who_shares_it() -> None:
    town = family(pooled=True)
    assert code(town.pass_on(BOB, CAT, 1)) == "role_may_not"
    assert code(town.pass_on(ANN, BOB, 1)) == "transfer_to_oneself"
    town.pass_on(ANN, CAT, 60)
    town.carry()
    assert (town.active(ANN), town.active(CAT)) == (80, 130)


def test_rules_may_listen_to_both_sides() -> None:
    thanks = rule("thanks", give("1"), trigger=OnEvent(event="points.received"), **{"if": "event.points >= 60"})
    sent = rule("sent", give("2"), trigger=OnEvent(event="points.sent"))
    town = two_lots(thanks, sent)
    town.pass_on(ANN, BOB, 60)
    town.carry()
    assert (town.active(ANN), town.active(BOB)) == (12, 61)
    town.pass_on(BOB, ANN, 59)
    town.carry()
    assert town.active(ANN) == 71


def by_dates(town: Friends, member_id: UUID) -> Counter[dt.date | None]:
    found: Counter[dt.date | None] = Counter()
    for remaining, day in lots(town, member_id):
        found[day] += remaining
    return found


parts = st.lists(st.integers(1, 30), min_size=1, max_size=4).filter(lambda found: sum(found) <= 70)


@settings(max_examples=40, deadline=None)
@given(parts)
def test_LAW10_a_transfer_in_parts_equals_one(amounts: list[int]) -> None:
    parts_equal_one(amounts)


def parts_equal_one(amounts: list[int]) -> None:
    whole, pieces = two_lots(), two_lots()
    whole.pass_on(ANN, BOB, sum(amounts))
    for amount in amounts:
        pieces.pass_on(ANN, BOB, amount)
    whole.carry()
    pieces.carry()
    for member_id in (ANN, BOB):
        assert by_dates(whole, member_id) == by_dates(pieces, member_id)
        assert cost(whole, member_id) == cost(pieces, member_id)


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 70), st.lists(st.sampled_from([BOB, CAT]), max_size=4))
def test_LAW10_a_ring_of_transfers_ends_where_it_began(amount: int, stations: list[UUID]) -> None:
    ring_ends_where_it_began(amount, stations)


def ring_ends_where_it_began(amount: int, stations: list[UUID]) -> None:
    town = two_lots()
    before = by_dates(town, ANN)
    way = [ANN, *(one for one, last in zip(stations, [None, *stations], strict=False) if one != last), ANN]
    for one, other in pairwise(way):
        if one != other:
            town.pass_on(one, other, amount)
            town.carry()
    assert by_dates(town, ANN) == before
    assert (town.active(BOB), town.active(CAT)) == (0, 0)


def test_LAW10_catches_a_transfer_that_gives_points_a_new_life(monkeypatch: pytest.MonkeyPatch) -> None:
    made = transferring._made

    def younger(*asked: Any) -> Any:
        lot = made(*asked)
        return engine.foreign(lot) if lot.expires_on is None else replace(lot, expires_on=JUNE)

    monkeypatch.setattr(transferring, "_made", younger)
    with pytest.raises(AssertionError):
        ring_ends_where_it_began(70, [BOB])


def test_LAW10_catches_a_transfer_that_rounds_each_part(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transferring, "_share", transferring._cost)
    with pytest.raises(AssertionError):
        parts_equal_one([5, 5, 5, 5])


def cost(town: Friends, member_id: UUID) -> int:
    """What the lots that a member was given cost."""
    return sum(lot.cost_minor for lot in town.at(member_id).lots.values())
