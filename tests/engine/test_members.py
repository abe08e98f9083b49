"""What changes a member: enrolment, profile, holds, adjustments; who cannot."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from regulars.engine import service as engine
from regulars.engine.contracts.activity import Adjustment, HoldAction, ProfileChange
from regulars.engine.contracts.decision import Outcome
from regulars.program.contracts.definitions import Attribute, Segment
from regulars.program.contracts.fields import FieldDefinition, FieldType
from regulars.program.contracts.triggers import OnActivity
from tests.engine.shop import MEMBER, Shop, at, base, give, rule

TEXT = Attribute(name="nick", type=FieldType.TEXT, purpose="service")
DATE = Attribute(name="born", type=FieldType.DATE, purpose="service")
PETS = Attribute(
    name="pets",
    type=FieldType.RECORDS,
    key="name",
    fields={"name": FieldDefinition(type=FieldType.TEXT), "born": FieldDefinition(type=FieldType.DATE)},
    purpose="service",
)
SIZE = Attribute(name="size", type=FieldType.TEXT, options=("s", "m"), purpose="service")
FANS = Segment(name="fans", static=True)


def test_enrolment_dates_the_member() -> None:
    joined = Segment(name="new", if_="member.joined_on == date('2026-03-03')")
    shop = Shop(joined, base())
    shop.now = at("2026-03-02 22:30")
    enrolled = shop.do(shop.activity("enrolled"))
    assert [one.segment for one in enrolled.segments] == ["new"]
    assert [event.type for event in enrolled.events][:2] == ["enrolled.recorded", "member.enrolled"]


def test_rules_may_welcome_on_enrolment() -> None:
    shop = Shop(base(), rule("welcome", give("50"), trigger=OnActivity(types=("enrolled",))))
    assert shop.do(shop.activity("enrolled")).points == {"points": 50}


def test_attributes_are_read_back_with_their_types() -> None:
    young = Segment(name="young", if_="member.attributes.born > date('2000-01-01')")
    puppy = Segment(name="puppy", if_="member.attributes.pets.exists(p, p.born >= date('2026-01-01'))")
    shop = Shop(DATE, PETS, young, puppy, base())
    shop.profile(born="2001-05-06", pets=[{"name": "Rex", "born": "2026-02-01"}])
    shop.buy(100)
    view = engine.view(shop.compiled, shop.known(shop.activity("tick")), member_id=MEMBER, at=shop.now)
    assert view.segments == ("young", "puppy")
    assert view.attributes["born"] == "2001-05-06"
    shop.profile(born=None)
    view = engine.view(shop.compiled, shop.known(shop.activity("tick")), member_id=MEMBER, at=shop.now)
    assert (view.segments, "born" in view.attributes) == (("puppy",), False)


@pytest.mark.parametrize(
    ("attributes", "named", "expected"),
    [
        ({"nick": 5}, "nick", "text"),
        ({"born": "tomorrow"}, "born", "a date such as 2026-01-31"),
        ({"born": "2026-02-30"}, "born", "a date such as 2026-01-31"),
        ({"size": "xl"}, "size", "s, m"),
        ({"wings": 2}, "wings", "an attribute of this program"),
        ({"pets": {"name": "Rex"}}, "pets", "at most 50 records"),
        ({"pets": [{"tail": "long"}]}, "pets.tail", "name, born"),
        ({"pets": [{"name": "Rex", "born": "soon"}]}, "pets.born", "a date such as 2026-01-31"),
    ],
)
def test_a_value_of_another_type_is_refused(attributes: dict[str, Any], named: str, expected: str) -> None:
    shop = Shop(TEXT, DATE, PETS, SIZE, base())
    refused = shop.profile(**attributes)
    assert refused.refusal is not None
    assert refused.refusal.code == "attribute_invalid"
    assert refused.refusal.fields == {"attribute": named, "expected": expected}
    assert shop.state == b""


def test_only_static_segments_may_be_joined_by_hand() -> None:
    shop = Shop(FANS, Segment(name="rich", if_="member.balances.points > 100"), base())
    change = ProfileChange(add_to=("rich",))
    refused = shop.do(shop.activity("profile", profile=change))
    assert refused.refusal is not None
    assert (refused.refusal.code, refused.refusal.fields) == ("unknown_static_segment", {"segment": "rich"})


def test_an_adjustment_gives_and_takes_by_hand() -> None:
    shop = Shop(base())
    shop.do(shop.activity("adjust", adjustment=Adjustment(currency="points", points=30, reason="sorry")))
    assert shop.active() == 30
    shop.do(shop.activity("adjust", adjustment=Adjustment(currency="points", points=-10, reason="mistake")))
    assert shop.active() == 20
    refused = shop.do(shop.activity("adjust", adjustment=Adjustment(currency="gold", points=1, reason="x")))
    assert refused.refusal is not None
    assert refused.refusal.code == "unknown_points_currency"


def test_L56_a_hold_is_captured_in_part_and_ends_once() -> None:
    shop = Shop(base())
    shop.buy(10000)
    placed = shop.hold("place", currency="points", points=100)
    hold_id = shop.last()
    assert (shop.has().active, shop.has().held) == (0, 100)
    assert [hold.hold_id for hold in placed.movement.holds] == [hold_id]
    shop.hold("capture", hold_id=hold_id, points=60)
    assert (shop.has().active, shop.has().held) == (40, 0)
    for act in ("capture", "void"):
        refused = shop.hold(act, hold_id=hold_id)
        assert refused.refusal is not None
        assert refused.refusal.code == "hold_closed"
    assert shop.active() == 40


def test_L56_more_than_is_held_cannot_be_captured() -> None:
    shop = Shop(base())
    shop.buy(10000)
    shop.hold("place", currency="points", points=50)
    refused = shop.hold("capture", hold_id=shop.last(), points=51)
    assert refused.refusal is not None
    assert refused.refusal.code == "capture_exceeds_hold"


def test_L57_a_hold_that_is_over_reserves_nothing() -> None:
    shop = Shop(base())
    shop.buy(10000)
    shop.hold("place", currency="points", points=100)
    hold_id = shop.last()
    assert shop.review_at == at("2026-03-02 10:15")
    shop.now = at("2026-03-02 10:16")
    refused = shop.hold("capture", hold_id=hold_id)
    assert refused.refusal is not None
    assert refused.refusal.code == "hold_expired"
    shop.tick()
    assert (shop.has().active, shop.has().held) == (100, 0)


def test_a_hold_needs_its_parts() -> None:
    shop = Shop(base())
    refused = shop.do(shop.activity("hold", hold=HoldAction(act="place", currency="points")))
    assert refused.outcome is Outcome.REFUSED
    assert refused.refusal is not None
    assert refused.refusal.code == "missing_part"


def test_the_clock_of_an_account_never_goes_back() -> None:
    shop = Shop(base())
    shop.buy(1000)
    shop.now -= dt.timedelta(hours=1)
    decision = shop.buy(1000)
    assert decision.clock == at("2026-03-02 10:00")


def test_the_state_stays_small() -> None:
    shop = Shop(TEXT, DATE, FANS, base("basket.base / 7", carry=True))
    shop.profile(nick="Ana", born="1990-01-01")
    for _ in range(20):
        shop.buy(1234)
    assert len(shop.state) < 200
