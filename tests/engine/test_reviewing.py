"""What waits for a person: held back, approved first, or too late; the yes and the no, once, and never one's own."""

from __future__ import annotations

from uuid import UUID

import pytest
from msgspec.structs import replace

from regulars.engine import service as engine
from regulars.engine.contracts.activity import Activity, Reversal, Review
from regulars.engine.contracts.decision import Decision, Outcome
from regulars.engine.contracts.view import Past
from regulars.program.contracts.definitions import ActivityType, Attribute, Limit, LimitAction, Measure, Metric, Over
from regulars.program.contracts.effects import SetAttribute
from regulars.program.contracts.fields import FieldDefinition, FieldType
from regulars.program.contracts.triggers import OnActivity
from regulars.program.contracts.values import Period, Span, Unit
from tests.engine.shop import MEMBER, Shop, at, base, give, lines, rule

PURCHASES = Metric(name="purchases", measure=Measure.COUNT, where="type == 'purchase'")
EARNED = Metric(
    name="earned", measure=Measure.SUM, value="entry.amount", over=Over.ENTRIES, where="entry.kind == 'earn'"
)
HOLDS = Limit(name="large", if_="basket.total >= 50.00", then=LimitAction.HOLD, applies_to=("purchase",))
PHOTO = ActivityType(
    name="photo",
    fields={"url": FieldDefinition(type=FieldType.TEXT), "likes": FieldDefinition(type=FieldType.INT)},
    approve="always",
    proof="url",
    deadline=Span(3, Unit.DAY),
)
ON_PHOTO = OnActivity(types=("photo",))
FAME = Attribute(name="famous", type=FieldType.BOOL, purpose="service")
PHOTOS = Metric(name="photos", measure=Measure.COUNT, where="type == 'photo'")
IN_ROW = Metric(name="in_row", measure=Measure.STREAK, streak=Period.DAY, where="type == 'photo'")


def say(shop: Shop, of: UUID, *, yes: bool, by: str = "ana") -> Decision:
    return shop.do(shop.activity("verdict", review=Review(activity_id=of, approves=yes, by=by, reason="looked at it")))


def numbers(shop: Shop) -> dict[str, object]:
    look: Activity = shop.activity("tick")
    return dict(engine.view(shop.compiled, shop.known(look), member_id=MEMBER, at=shop.now).metrics)


def waiting() -> Shop:
    shop = Shop(HOLDS, PURCHASES, EARNED, base())
    shop.buy(1000)
    shop.buy(5000)
    assert (shop.has().active, shop.has().pending) == (10, 50)
    return shop


def test_a_yes_lets_what_was_held_begin() -> None:
    shop = waiting()
    decided = say(shop, shop.last(), yes=True)
    assert (shop.has().active, shop.has().pending) == (60, 0)
    (told,) = [event.data for event in decided.events if event.type == "case.approved"]
    # Words of staff stand with the activity: events are copied to where nobody can erase.
    assert (told["by"], "reason" in told) == ("ana", False)
    assert numbers(shop) == {"purchases": 2, "earned": 60}


def test_a_no_cancels_it_and_it_counts_no_more() -> None:
    shop = waiting()
    decided = say(shop, shop.last(), yes=False)
    assert (shop.has().active, shop.has().pending) == (10, 0)
    assert "case.rejected" in {event.type for event in decided.events}
    assert numbers(shop) == {"purchases": 1, "earned": 10}


def test_it_is_reviewed_once_and_only_what_waits() -> None:
    shop = waiting()
    sale = shop.last()
    say(shop, sale, yes=True)
    for one in (sale, next(iter(shop.done))):
        refused = say(shop, one, yes=False)
        assert refused.refusal is not None
        assert refused.refusal.code == "nothing_to_review"
    assert shop.active() == 60


def test_what_was_rejected_and_then_comes_back_takes_nothing_more() -> None:
    shop = waiting()
    sale = shop.last()
    say(shop, sale, yes=False)
    assert shop.back(sale).points == {}
    assert (shop.active(), shop.has().arrears, numbers(shop)["purchases"]) == (10, 0, 1)


def test_what_came_back_while_it_waited_is_not_given_with_the_yes() -> None:
    shop = waiting()
    sale = shop.last()
    shop.back(sale, amount=2000)
    assert shop.has().pending == 30
    say(shop, sale, yes=True)
    assert (shop.active(), numbers(shop)["earned"]) == (40, 40)


def photographed() -> Shop:
    famous = SetAttribute(set="famous", value="true")
    shop = Shop(PHOTO, FAME, PHOTOS, IN_ROW, base(), rule("thanks", give("likes"), famous, trigger=ON_PHOTO))
    decided = shop.do(shop.activity("photo", fields={"url": "https://x/1.jpg", "likes": 30}, by="bob"))
    (case,) = [event.data for event in decided.events if event.type == "case.opened"]
    assert (case["case"], case["proof"], case["then"]) == ("approval", "https://x/1.jpg", "approve")
    # 2 March, 12:00 at home: three days last until the end of 5 March, 22:00 in London.
    assert case["until"] == "2026-03-05T22:00:00+00:00"
    return shop


def test_what_is_approved_first_counts_and_acts_with_the_yes() -> None:
    shop = photographed()
    assert (shop.active(), shop.has().pending, numbers(shop)) == (0, 30, {"photos": 0, "in_row": 0})
    shop.now = at("2026-03-03 10:00")
    decided = say(shop, shop.last(), yes=True)
    assert [one.name for one in decided.attributes] == ["famous"]
    # It counts on its own day.
    assert (shop.active(), numbers(shop)) == (30, {"photos": 1, "in_row": 1})


def test_what_is_rejected_has_never_happened() -> None:
    shop = photographed()
    decided = say(shop, shop.last(), yes=False)
    assert (decided.attributes, shop.active(), shop.has().pending) == ((), 0, 0)
    assert numbers(shop) == {"photos": 0, "in_row": 0}


def test_what_nobody_reviewed_in_time_is_given_up() -> None:
    shop = photographed()
    photo = shop.last()
    shop.now = at("2026-03-05 22:00")
    shop.tick()
    assert shop.has().pending == 0
    refused = say(shop, photo, yes=True).refusal
    assert refused is not None
    assert refused.code == "nothing_to_review"


def test_nobody_reviews_what_they_handed_in() -> None:
    shop = photographed()
    photo = shop.last()
    refused = say(shop, photo, yes=True, by="bob").refusal
    assert refused is not None
    assert (refused.code, refused.status) == ("own_review", 403)
    assert say(shop, photo, yes=True, by="ana").outcome is Outcome.ACCEPTED


@pytest.mark.parametrize(("likes", "pending"), [(99, 0), (100, 100)])
def test_approval_may_depend_on_what_happened(likes: int, pending: int) -> None:
    photo = ActivityType(name="photo", fields={"likes": FieldDefinition(type=FieldType.INT)}, approve="likes >= 100")
    shop = Shop(photo, base(), rule("thanks", give("likes"), trigger=ON_PHOTO))
    shop.do(shop.activity("photo", fields={"likes": likes}))
    assert (shop.active(), shop.has().pending) == (likes - pending, pending)


def test_L32_what_comes_too_late_waits_for_a_person() -> None:
    shop = Shop(PURCHASES, base())
    late = shop.buy(1000, occurred_at=at("2025-11-01 10:00"), late=True)
    (case,) = [event.data for event in late.events if event.type == "case.opened"]
    assert (case["case"], case["occurred_at"]) == ("back_dated", "2025-11-01T10:00:00+00:00")
    assert (shop.has().pending, numbers(shop)["purchases"]) == (10, 0)
    say(shop, shop.last(), yes=True)
    assert (shop.active(), numbers(shop)["purchases"]) == (10, 1)


def test_counting_anew_sees_what_a_person_said() -> None:
    """What was rejected is no part of what is counted again, what was approved is."""
    found = {}
    for yes in (True, False):
        shop = photographed()
        say(shop, shop.last(), yes=yes)
        photo, said = list(shop.done.values())
        past = [
            Past(activity=photo[0], recorded=photo[1].recorded, release=1, returns=(said[1].recorded,)),
            Past(activity=said[0], recorded=said[1].recorded, release=1),
        ]
        rebuilt = engine.rebuild(
            shop.compiled,
            shop.known(shop.activity("tick")),
            member_id=MEMBER,
            past=past,
            releases={1: shop.compiled},
            now=shop.now,
        )
        shop.state, shop.days = rebuilt.state, {(row.member_id, row.day): row for row in rebuilt.days}
        found[yes] = numbers(shop)
    assert found == {True: {"photos": 1, "in_row": 1}, False: {"photos": 0, "in_row": 0}}


@pytest.mark.parametrize("late", [False, True])
@pytest.mark.parametrize("yes", [False, True])
def test_what_came_back_before_a_person_spoke_follows_their_word_once_the_return_is_undone(
    *, late: bool, yes: bool
) -> None:
    """Once wrong: after the yes its points waited for ever."""
    if late:
        shop = Shop(PURCHASES, EARNED, base())
        shop.buy(1000)
        shop.do(replace(shop.activity("purchase", lines=lines(5000), occurred_at=at("2025-11-01 10:00")), late=True))
    else:
        shop = waiting()
    sale = shop.last()
    shop.back(sale)
    back = shop.last()
    assert say(shop, sale, yes=yes).outcome is Outcome.ACCEPTED
    assert (shop.has().active, shop.has().pending, numbers(shop)["purchases"]) == (10, 0, 1)
    shop.do(shop.activity("return", reverses=Reversal(activity_id=sale, undoes=back)))
    assert (shop.has().active, shop.has().pending) == ((60, 0) if yes else (10, 0))
    assert numbers(shop)["purchases"] == (2 if yes else 1)
