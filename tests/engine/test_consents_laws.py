"""Random words about purposes, releases with new texts, and time, held against a plain model of consent (D1).

LAW8: whether somebody looks in between makes no difference. LAW11: the same history gives the same bytes.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regulars.engine.contracts.activity import Activity, ConsentSaid, ProfileChange
from regulars.program.contracts.base import Definition
from regulars.program.contracts.definitions import Attribute, Needs, OnWithdrawal, Purpose, Segment, Withheld
from regulars.program.contracts.fields import FieldType
from regulars.program.contracts.values import Span, Text, Unit
from tests.engine.shop import ZONE, Shop, at, base, give, lines, rule

LOCAL = ZoneInfo(ZONE)
START = at("2026-01-15 10:00")
LASTS_DAYS = 60
Step = tuple[str, Any, Any]


def definitions(texts: int, *, clears: bool) -> list[Definition]:
    offers = Purpose(
        name="offers",
        texts={f"v{n}": Text(en=f"Text {n}") for n in range(1, texts + 1)},
        channels=("sms", "email"),
        needs=Needs.CONSENT,
        without=Withheld.DROP,
        renew=True,
        renew_after=Span(LASTS_DAYS, Unit.DAY),
        on_withdrawal=OnWithdrawal.CLEAR if clears else OnWithdrawal.KEEP,
    )
    hobby = Attribute(name="hobby", type=FieldType.TEXT, purpose="offers")
    fishers = Segment(name="fishers", if_="member.attributes.hobby == 'fish'")
    reads = rule("reads", give("3"), if_="member.attributes.hobby == 'fish'")
    agreed = rule("agreed", give("5"), if_="'offers' in member.consents")
    mail = rule("mail", give("7"), if_="'offers:email' in member.consents")
    return [base(), offers, hobby, fishers, reads, agreed, mail]


class Model:
    """What was said last of each, under which text, on which day; what is kept, and whether it may be read."""

    def __init__(self, *, clears: bool, channel_alone: bool = False) -> None:
        self.clears, self.channel_alone = clears, channel_alone
        self.said: dict[str | None, tuple[bool, int, dt.date]] = {}
        self.hobby: str | None = None
        self.text = 1

    def counts(self, channel: str | None, today: dt.date) -> bool:
        given, text, day = self.said.get(channel, (False, 0, today))
        alive = given and text == self.text and today < day + dt.timedelta(days=LASTS_DAYS)
        return alive and (channel is None or self.channel_alone or self.counts(None, today))

    def say(self, channel: str | None, given: bool, today: dt.date) -> None:
        self.said[channel] = (given, self.text, today)
        if channel is None and not given:
            for other in [one for one, word in self.said.items() if one is not None and word[0]]:
                self.said[other] = (False, self.text, today)
            if self.clears:
                self.hobby = None

    def tell(self, hobby: str | None, today: dt.date) -> None:
        if hobby is None or self.counts(None, today):
            self.hobby = hobby

    def points(self, today: dt.date) -> int:
        reads = self.hobby == "fish" and self.counts(None, today)
        return 10 + 3 * reads + 5 * self.counts(None, today) + 7 * self.counts("email", today)


def live(steps: Sequence[Step], model: Model) -> None:
    shops = [Shop(*definitions(1, clears=model.clears)) for _ in range(2)]
    history: list[tuple[dt.datetime, int, Activity]] = []
    now = START
    for shop in shops:
        shop.now = now
    for what, one, other in steps:
        today = now.astimezone(LOCAL).date()
        if what == "wait":
            now += dt.timedelta(days=one, hours=other)
            looks(shops[1], now)
            shops[0].now = now
            continue
        if what == "text":
            model.text = min(model.text + 1, 4)
        for place, shop in enumerate(shops):
            if what == "text":
                shop.publish(*definitions(model.text, clears=model.clears))
                activity = shop.activity("tick")
            elif what == "say":
                said = ConsentSaid(purpose="offers", channel=one, given=other)
                activity = shop.activity("consent", consents=(said,))
            elif what == "tell":
                activity = shop.activity("profile", profile=ProfileChange(attributes={"hobby": one}))
            else:
                activity = shop.activity("purchase", lines=lines(1000))
            decision = shop.do(activity)
            assert decision.refusal is None
            if place == 0:
                history.append((now, len(shop.releases), activity))
            if what == "buy":
                assert decision.points == {"points": model.points(today)}, (now, shop.member().consents)
        if what == "say":
            model.say(one, other, today)
        if what == "tell":
            model.tell(one, today)
    today = now.astimezone(LOCAL).date()
    for shop in shops:
        shop.tick()
    one, other = (shop.member() for shop in shops)
    assert (one.consents, one.attributes, one.segments) == (other.consents, other.attributes, other.segments)
    assert one.attributes == ({"hobby": model.hobby} if model.hobby else {})
    assert ("fishers" in one.segments) == (model.hobby == "fish" and model.counts(None, today))
    assert replayed(history, now, clears=model.clears) == shops[0].state


def looks(shop: Shop, moment: dt.datetime) -> None:
    for _ in range(100):
        if shop.review_at is None or shop.review_at > moment:
            break
        shop.now = shop.review_at
        shop.tick()
    shop.now = moment


def replayed(history: Sequence[tuple[dt.datetime, int, Activity]], now: dt.datetime, *, clears: bool) -> bytes:
    again = Shop(*definitions(1, clears=clears))
    for moment, release, activity in history:
        while len(again.releases) < release:
            again.publish(*definitions(min(len(again.releases) + 1, 4), clears=clears))
        again.now = moment
        again.do(activity)
    again.now = now
    again.tick()
    return again.state


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("wait"), st.integers(0, 45), st.integers(0, 23)),
        st.tuples(st.just("say"), st.sampled_from((None, None, "sms", "email")), st.booleans()),
        st.tuples(st.just("tell"), st.sampled_from(("fish", "chess", None)), st.none()),
        st.tuples(st.just("buy"), st.none(), st.none()),
        st.tuples(st.just("text"), st.none(), st.none()),
    ),
    max_size=25,
)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(clears=st.booleans(), steps=STEPS)
def test_LAW8_LAW11_consents_follow_the_model_whether_anybody_looks_or_not(clears: bool, steps: list[Step]) -> None:
    live(steps, Model(clears=clears))


def test_control_a_model_whose_channels_count_alone_is_caught() -> None:
    steps: list[Step] = [("say", "email", True), ("buy", None, None)]
    live(steps, Model(clears=False))
    with pytest.raises(AssertionError):
        live(steps, Model(clears=False, channel_alone=True))
