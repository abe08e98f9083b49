"""Random offers given, activated, refused, used, returned and let pass, held against a plain model of offers that knows
nothing of the engine.

LAW6: a sale and its whole return leave nothing behind. LAW8: whether somebody looks in between makes no difference.
LAW11: the same history gives the same bytes.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from fractions import Fraction
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regulars.engine.contracts.gifts import OfferAct
from regulars.program.contracts.definitions import Measure, Metric
from regulars.program.contracts.effects import GiveOffer
from regulars.program.contracts.offers import Activate, Offer
from regulars.program.contracts.values import Span, Unit
from tests.engine.shop import ZONE, Shop, at, base, lines, multiply, rule

LOCAL = ZoneInfo(ZONE)
START = at("2026-03-02 10:00")
WINDOW = 10
GIVEN_FROM, CLUB_FROM = 10_000, 20_000
Step = tuple[str, int]


def day_of(moment: dt.datetime) -> dt.date:
    return moment.astimezone(LOCAL).date()


class Mine:
    """The offer that rules and staff give, as one member has it."""

    def __init__(self, now: dt.datetime, least: Fraction, *, active: bool) -> None:
        self.since, self.least, self.active = now, least, active
        self.last = day_of(now) + dt.timedelta(days=WINDOW)
        self.used = 0


class Model:
    """The rules as the page tells them, and nothing more. Money in minor units."""

    def __init__(self, *, tap: bool, uses: int | None, forgets_uses: bool = False) -> None:
        self.tap, self.uses, self.forgets_uses = tap, uses, forgets_uses
        self.spent = 0
        self.mine: Mine | None = None
        self.refused = False
        self.club = 0
        self.sales: list[tuple[dt.datetime, int, int, bool, bool]] = []

    def _used_up(self) -> bool:
        return self.mine is not None and self.uses is not None and self.mine.used >= self.uses

    def _over(self, now: dt.datetime) -> bool:
        return self.mine is not None and day_of(now) > self.mine.last

    def morning(self, day: dt.date) -> None:
        """What ends with the day before is gone, unless it is used up: that is remembered for returns."""
        if self.mine is not None and day > self.mine.last and not self._used_up():
            self.mine = None

    def _give(self, now: dt.datetime) -> None:
        if not self.refused and (self.mine is None or self._used_up() or self._over(now)):
            self.mine = Mine(now, Fraction(self.spent, 4), active=not self.tap)

    def buy(self, now: dt.datetime, amount: int) -> int:
        """The points of a purchase: one for each whole unit, thrice with the offer, once more for the club."""
        points = amount // 100
        mine, back, club = self.mine, False, False
        if mine is not None and mine.active and not self.refused and not self._used_up() and not self._over(now):
            back = amount >= mine.least and amount * 2 // 100 > 0
        if back and mine is not None:
            points += amount * 2 // 100
            mine.used += 0 if self.forgets_uses else 1
        if self.spent >= CLUB_FROM and self.club < 2 and amount // 100 > 0:
            points += amount // 100
            self.club += 1
            club = True
        self.spent += amount
        if amount >= GIVEN_FROM:
            self._give(now)
        self.sales.append((now, amount, points, back, club))
        return points

    def give_back(self, sale: int) -> int:
        at_, amount, points, back, club = self.sales[sale]
        self.spent -= amount
        if back and not self.refused and self.mine is not None and self.mine.since <= at_ and self.mine.used > 0:
            self.mine.used -= 1
        if self.mine is not None and self.mine.since == at_:
            # The sale that gave it is gone.
            self.mine = None
        if club:
            self.club -= 1
        return -points

    def say(self, act: str, now: dt.datetime) -> str | None:
        if self.refused:
            return "offer_refused"
        if act == "give":
            if self.mine is not None and not self._used_up() and not self._over(now):
                return "offer_already_given"
            self._give(now)
            return None
        if self.mine is None:
            return "offer_not_for_member"
        if act == "activate":
            return self._activate(now)
        self.refused = act == "refuse"
        self.mine = None
        return None

    def _activate(self, now: dt.datetime) -> str | None:
        if not self.tap:
            return "offer_activates_itself"
        assert self.mine is not None
        if self._over(now):
            return "offer_over"
        if self._used_up():
            return "offer_used_up"
        if self.mine.active:
            return "offer_activated"
        self.mine.active = True
        return None


def opened(*, tap: bool, uses: int | None) -> Shop:
    back = Offer(
        name="back",
        activate=Activate.TAP if tap else Activate.SELF,
        uses=uses,
        window=Span(WINDOW, Unit.DAY),
        params={"least": "member.metrics.spend / 4"},
        if_="basket.total >= offer.least",
        effects=(multiply(3),),
    )
    club = Offer(name="club", audience="member.metrics.spend >= 200.00", uses=2, effects=(multiply(2),))
    gives = rule("gives", GiveOffer(offer="back"), **{"if": "basket.total >= 100.00"})
    shop = Shop(base(), Metric(name="spend", measure=Measure.SUM, value="basket.total"), back, club, gives)
    shop.now = START
    return shop


class Told:
    """What became of a history: points or refusal of each step, and the bytes at the end."""

    def __init__(self) -> None:
        self.found: list[int | str | None] = []
        self.state = b""


def lived(steps: Sequence[Step], *, tap: bool, uses: int | None, sweeps: bool) -> Told:
    shop, told = opened(tap=tap, uses=uses), Told()
    sales: list[UUID] = []
    back: set[int] = set()
    for act, number in steps:
        shop.now += dt.timedelta(minutes=1)
        if act == "wait":
            for _ in range(number):
                shop.now += dt.timedelta(days=1)
                if sweeps:
                    shop.tick()
        elif act == "buy":
            done = shop.buy(lines=lines(number))
            sales.append(shop.last())
            told.found.append(done.points.get("points", 0))
        elif act == "return":
            place = number % len(sales) if sales else 0
            if sales and place not in back:
                back.add(place)
                told.found.append(shop.back(sales[place]).points.get("points", 0))
        else:
            done = shop.do(shop.activity("offer", offer=OfferAct(act=act, offer="back")))
            told.found.append(done.refusal.code if done.refusal is not None else None)
    shop.tick()
    told.state = shop.state
    return told


def foretold(steps: Sequence[Step], *, tap: bool, uses: int | None, **broken: bool) -> list[int | str | None]:
    model, now = Model(tap=tap, uses=uses, **broken), START
    back: set[int] = set()
    found: list[int | str | None] = []
    for act, number in steps:
        now += dt.timedelta(minutes=1)
        if act == "wait":
            for _ in range(number):
                now += dt.timedelta(days=1)
                model.morning(day_of(now))
        elif act == "buy":
            found.append(model.buy(now, number))
        elif act == "return":
            place = number % len(model.sales) if model.sales else 0
            if model.sales and place not in back:
                back.add(place)
                found.append(model.give_back(place))
        else:
            found.append(model.say(act, now))
    return found


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("buy"), st.sampled_from([50, 1_250, 4_000, 9_999, 10_000, 15_000])),
        st.tuples(st.just("buy"), st.integers(1, 30_000)),
        st.tuples(st.just("return"), st.integers(0, 20)),
        st.tuples(st.sampled_from(["give", "activate", "activate", "withdraw"]), st.just(0)),
        st.tuples(st.sampled_from(["wait"]), st.integers(1, WINDOW + 2)),
    ),
    max_size=25,
)
KINDS = st.fixed_dictionaries({"tap": st.booleans(), "uses": st.sampled_from([None, 1, 2])})


@given(STEPS, KINDS, st.booleans())
@settings(deadline=None)
def test_offers_are_what_the_model_says(steps: list[Step], kind: dict[str, Any], sweeps: bool) -> None:
    assert lived(steps, **kind, sweeps=sweeps).found == foretold(steps, **kind)


@given(STEPS, KINDS)
@settings(deadline=None, max_examples=40)
def test_after_a_refusal_nothing_comes_back(steps: list[Step], kind: dict[str, Any]) -> None:
    history = [("buy", 10_000), ("refuse", 0), *steps]
    assert lived(history, **kind, sweeps=False).found == foretold(history, **kind)


@given(STEPS, KINDS)
@settings(deadline=None, max_examples=40)
def test_LAW8_LAW11_looking_changes_nothing_and_the_past_gives_the_same_bytes(
    steps: list[Step], kind: dict[str, Any]
) -> None:
    once = lived(steps, **kind, sweeps=False)
    assert lived(steps, **kind, sweeps=True).found == once.found
    assert lived(steps, **kind, sweeps=False).state == once.state


@pytest.mark.parametrize("tap", [False, True])
def test_control_a_model_that_forgets_uses_is_caught(tap: bool) -> None:
    steps: list[Step] = [("buy", 10_000), ("activate", 0), ("buy", 5_000), ("buy", 5_000)]
    told = lived(steps, tap=tap, uses=1, sweeps=False).found
    assert told == foretold(steps, tap=tap, uses=1)
    assert told != foretold(steps, tap=tap, uses=1, forgets_uses=True)
