"""Challenges: joined, counted, completed, missed, repeated; late activities, returns, time and releases."""

from __future__ import annotations

from typing import Any

from regulars.engine.contracts.activity import ChallengeAct
from regulars.engine.contracts.decision import Decision
from regulars.program.contracts.challenges import Challenge, Join
from regulars.program.contracts.definitions import Measure, Metric, Over
from regulars.program.contracts.effects import Badge
from regulars.program.contracts.values import Period, Window, WindowKind
from tests.engine.shop import Shop, at, base, give, lines

MONTH = Window(kind=WindowKind.PERIOD, period=Period.MONTH)
DEPARTMENTS = Metric(
    name="departments",
    measure=Measure.DISTINCT,
    value="line.department",
    over=Over.LINES,
    where="type == 'purchase'",
    window=MONTH,
)


def explorer(**fields: Any) -> Challenge:
    """Three departments in a month."""
    given: dict[str, Any] = {
        "join": Join.TAP,
        "goal": "member.metrics.departments",
        "target": "3",
        "window": MONTH,
        "effects": (Badge(badge="explorer"), give("50")),
    }
    return Challenge(name="explorer", **given | fields)


def tap(shop: Shop, challenge: str = "explorer", act: str = "join") -> Decision:
    return shop.do(shop.activity("challenge", challenge=ChallengeAct(challenge=challenge, act=act)))


def buy(shop: Shop, department: str, amount: int = 1000, **fields: Any) -> Decision:
    return shop.buy(lines=lines(amount, department=department), **fields)


def told(decision: Decision) -> list[tuple[str, dict[str, object]]]:
    """What the world hears of challenges and badges."""
    mine = ("challenge.", "badge.")
    return [(one.type, one.data) for one in decision.events if one.type.startswith(mine) and "recorded" not in one.type]


def fired(decision: Decision) -> list[tuple[str, int]]:
    return [(one.rule, one.points) for one in decision.fired]


def said(decision: Decision) -> list[tuple[str, object, object]]:
    return [
        (one.code, one.fields["progress"], one.fields["target"])
        for one in decision.messages
        if one.code.startswith("challenge.")
    ]


def test_a_challenge_of_a_month_is_joined_counted_and_completed_with_a_badge() -> None:
    shop = Shop(DEPARTMENTS, base(), explorer())
    assert buy(shop, "fish").refusal is None
    assert told(tap(shop)) == [("challenge.joined", {"name": "explorer", "times": 0})]
    second = buy(shop, "meat")
    assert said(second) == [("challenge.progress", 2, 3)]
    assert fired(second) == [("base", 10)]
    third = buy(shop, "cake")
    assert told(third) == [
        ("challenge.completed", {"name": "explorer", "times": 1, "progress": 3, "target": 3}),
        ("badge.given", {"name": "explorer"}),
    ]
    assert fired(third) == [("base", 10), ("challenges.explorer", 50)]
    assert said(third) == [("challenge.completed", 3, 3)]
    assert shop.active() == 10 + 10 + 10 + 50
    assert fired(buy(shop, "wine")) == [("base", 10)]


def test_nobody_is_in_a_challenge_of_a_tap_without_it() -> None:
    shop = Shop(DEPARTMENTS, base(), explorer())
    for department in ("fish", "meat", "cake"):
        assert told(buy(shop, department)) == []


def test_the_next_month_begins_anew_and_what_was_not_reached_is_missed() -> None:
    shop = Shop(DEPARTMENTS, base(), explorer())
    tap(shop)
    buy(shop, "fish")
    assert shop.review_at == at("2026-03-31 21:00")  # the first of April in Chisinau
    shop.now = at("2026-04-01 10:00")
    late = shop.tick()
    assert told(late) == [("challenge.missed", {"name": "explorer", "times": 0, "progress": 1, "target": 3})]
    for department in ("fish", "meat", "cake"):
        assert told(buy(shop, department)) == []
    # Nothing was joined in April; whoever joins now has what the month has.
    assert [type for type, _ in told(tap(shop))] == ["challenge.joined", "challenge.completed", "badge.given"]
