"""Ladders: how a tier is reached, how long it holds, how it is lost; each with numbers worked out by hand."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from regulars.engine.contracts.decision import Decision
from regulars.engine.ladders import years
from regulars.program import ladder_forms
from regulars.program.contracts.definitions import Measure, Metric
from regulars.program.contracts.ladders import Downgrade, Ladder, Level, OnReturn, Qualify, Starts
from regulars.program.contracts.triggers import OnEvent
from regulars.program.contracts.values import Ratio, Span, Unit, Window, WindowKind
from tests.engine.shop import Shop, at, base, give, multiply, rule

YEAR = Metric(name="spend", measure=Measure.SUM, value="basket.total", window=Window(kind=WindowKind.TIER_YEAR))
LEVELS = {"green": 0, "silver": 300, "gold": 1000}


def ladder(qualify: Any = "member.metrics.spend", levels: dict[str, Any] = LEVELS, **fields: Any) -> Ladder:
    """A ladder named `status`; levels as whole units of money, `year` and `valid_until` as YAML writes them."""
    made = {
        name: number
        if isinstance(number, Level)
        else Level(from_={"": Ratio(number)} if number and not isinstance(number, dict) else number or {})
        for name, number in levels.items()
    }
    if "year" in fields:
        fields["year"] = ladder_forms.tier_year(fields["year"])
    if "valid_until" in fields:
        fields["valid_until"] = ladder_forms.valid_until(fields["valid_until"])
    formulas = qualify if isinstance(qualify, Qualify) else Qualify(formulas={"": qualify})
    return Ladder(name=fields.pop("name", "status"), qualify=formulas, levels=made, **fields)


def days(count: int) -> Span:
    return Span(count, Unit.DAY)


def told(decision: Decision, *types: str) -> list[tuple[Any, ...]]:
    """The events of tiers: type, level, level before, cause."""
    return [
        (one.type, one.data["level"], one.data.get("before"), one.data.get("cause"))
        for one in decision.events
        if one.type.startswith("tier.") and (not types or one.type in types)
    ]


def tier(shop: Shop, name: str = "status") -> str | None:
    """Where the member stands as the state keeps it."""
    kept = shop.member().tiers.get(name)
    return kept[0] if kept else None


def on(shop: Shop, day: str) -> Shop:
    shop.now = at(f"{day} 10:00")
    return shop


def ticked(shop: Shop, day: str) -> list[tuple[Any, ...]]:
    return told(on(shop, day).tick())


# The smallest path: a calendar year, one measure, up at once, read by rules, heard by rules.


def test_L70_a_purchase_earns_by_the_tier_before_it_and_the_next_by_the_one_it_made() -> None:
    double = rule("double", multiply(2), **{"if": "member.tier == 'gold'"})
    shop = Shop(YEAR, ladder(year="calendar year"), base(), double)
    assert shop.buy(95000).points == {"points": 950}
    assert tier(shop) == "silver"
    assert shop.buy(10000).points == {"points": 100}
    assert tier(shop) == "gold"
    assert shop.buy(10000).points == {"points": 200}


def test_a_tier_that_is_reached_wakes_a_rule_and_is_told() -> None:
    greets = rule("greets", give("50"), trigger=OnEvent(event="tier.up", name="status"))
    shop = Shop(YEAR, ladder(year="calendar year"), base(), greets)
    first = shop.buy(1000)
    assert told(first) == [("tier.joined", "green", None, "joined")]
    second = shop.buy(30000)
    assert told(second) == [("tier.up", "silver", "green", "reached")]
    assert [(one.rule, one.points) for one in second.fired] == [("base", 300), ("greets", 50)]
    assert [(one.code, one.fields["level"]) for one in second.messages if one.code == "tier.up"] == [
        ("tier.up", "silver")
    ]
    assert [(one.ladder, one.level, one.since, one.until) for one in second.tiers] == [
        ("status", "silver", dt.date(2026, 3, 2), dt.date(2027, 1, 1))
    ]
