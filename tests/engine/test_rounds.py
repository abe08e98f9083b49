"""Rules that listen to what a decision causes: they run in rounds, see the facts, and end."""

from __future__ import annotations

from regulars.engine import service as engine
from regulars.engine.contracts.decision import Decision
from regulars.program.contracts.definitions import Measure, Metric, Segment
from regulars.program.contracts.effects import AddTo, Badge, RemoveFrom
from regulars.program.contracts.triggers import OnEvent
from tests.engine.shop import Shop, base, give, rule

SPEND = Metric(name="spend", measure=Measure.SUM, value="basket.total")
BIG = Segment(name="big", if_="member.metrics.spend >= 100.00")


def buy(shop: Shop, amount: int) -> Decision:
    return shop.buy(amount)


def fired(decision: Decision) -> list[tuple[str, int]]:
    return [(one.rule, one.points) for one in decision.fired]


def test_a_rule_hears_of_a_segment_entered_in_the_same_decision_and_once() -> None:
    entered = rule("welcome", give("50"), trigger=OnEvent(event="segment.entered", name="big"))
    shop = Shop(SPEND, BIG, base(), entered)
    assert fired(buy(shop, 6000)) == [("base", 60)]
    assert fired(buy(shop, 6000)) == [("base", 60), ("welcome", 50)]
    assert fired(buy(shop, 6000)) == [("base", 60)]


def test_an_event_of_another_definition_does_not_wake_it() -> None:
    other = Segment(name="other", static=True)
    entered = rule("welcome", give("50"), trigger=OnEvent(event="segment.entered", name="other"))
    shop = Shop(SPEND, BIG, other, base(), entered)
    assert fired(buy(shop, 20000)) == [("base", 200)]


def test_what_a_woken_rule_causes_wakes_the_next() -> None:
    club = Segment(name="club", static=True)
    joins = rule("joins", AddTo(add_to="club"), trigger=OnEvent(event="segment.entered", name="big"))
    greets = rule("greets", give("7"), trigger=OnEvent(event="segment.entered", name="club"))
    shop = Shop(SPEND, BIG, club, base(), joins, greets)
    decision = buy(shop, 20000)
    assert fired(decision) == [("base", 200), ("greets", 7)]
    assert [one.segment for one in decision.segments] == ["big", "club"]


def test_rules_that_wake_each_other_for_ever_end_after_four_rounds() -> None:
    club = Segment(name="club", static=True)
    first = rule("first", AddTo(add_to="club"), trigger=OnEvent(event="segment.entered", name="big"))
    off = rule("off", RemoveFrom(remove_from="club"), give("1"), trigger=OnEvent(event="segment.entered", name="club"))
    on = rule("on", AddTo(add_to="club"), give("1"), trigger=OnEvent(event="segment.left", name="club"))
    shop = Shop(SPEND, BIG, club, base(), first, off, on)
    # Round 1: first. 2: off. 3: on. 4: off.
    assert fired(buy(shop, 20000)) == [("base", 200), ("off", 1), ("on", 1), ("off", 1)]


def test_what_comes_after_the_last_round_is_explained_as_not_followed() -> None:
    badges = [
        rule(f"r{n}", Badge(badge=f"b{n + 1}"), trigger=OnEvent(event="badge.given", name=f"b{n}")) for n in range(1, 5)
    ]
    last = rule("r5", give("7"), trigger=OnEvent(event="badge.given", name="b5"))
    shop = Shop(base(), rule("r0", Badge(badge="b1")), *badges, last)
    decision = buy(shop, 1000)
    # Rounds 1 to 4: r1 to r4, of which the last gives b5.
    assert fired(decision) == [("base", 10)]
    told = engine.explain(shop.compiled, shop.done[shop.last()][0], decision.recorded)
    assert [(one.rule, one.fired, one.because, one.fields) for one in told if one.because == "not_followed"] == [
        ("r5", False, "not_followed", {"event": "badge.given", "name": "b5"})
    ]
    shorter = Shop(base(), rule("r0", Badge(badge="b2")), *badges, last)
    decision = buy(shorter, 1000)
    assert fired(decision) == [("base", 10), ("r5", 7)]
    told = engine.explain(shorter.compiled, shorter.done[shorter.last()][0], decision.recorded)
    assert not [one for one in told if one.because == "not_followed"]
