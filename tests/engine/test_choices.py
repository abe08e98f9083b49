"""Choices: what a member picks for a period, what counts then, and what a change costs. Days are those of Chisinau."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from regulars.engine import service as engine
from regulars.engine import state as states
from regulars.engine.contracts.activity import ChoiceMade, ReturnedLine
from regulars.engine.contracts.decision import Decision
from regulars.engine.contracts.view import ChoiceSeen
from regulars.program.contracts.choices import Change, Choice, DecideBy, Default, DefaultKind, Opens, Options
from regulars.program.contracts.definitions import (
    Attribute,
    Currency,
    FieldDefinition,
    FieldType,
    Measure,
    Metric,
    Purpose,
    Segment,
    ValueList,
)
from regulars.program.contracts.midway import Midway, MidwayPolicy
from regulars.program.contracts.triggers import OnEvent, OnPeriod
from regulars.program.contracts.values import Period, Ratio, Span, Text, Unit
from tests.engine.shop import MEMBER, Shop, at, base, give, lines, multiply, program, release, rule

FIVE = rule("five", multiply(5), lines="line.category in member.choices.mine")


def mine(*options: str, **fields: Any) -> Choice:
    given = {"options": Options(values=options or ("bread", "milk", "fish")), "period": Period.MONTH} | fields
    return Choice(name="mine", **given)  # type: ignore[arg-type]


def choose(shop: Shop, *picked: str, ahead: bool = False, name: str = "mine") -> Decision:
    return shop.do(shop.activity("choice", choice=ChoiceMade(choice=name, picked=picked, ahead=ahead)))


def refused(decision: Decision) -> str | None:
    return decision.refusal.code if decision.refusal is not None else None


def buy(shop: Shop, category: str, amount: int = 1000, **fields: Any) -> int:
    """The points of 10.00 of one category: 10, or 50 where it is chosen."""
    return shop.buy(lines=lines(amount, category=category), **fields).points.get("points", 0)


def seen(shop: Shop) -> ChoiceSeen:
    known = shop.known(shop.activity("tick"))
    return engine.view(shop.compiled, known, member_id=MEMBER, at=shop.now).choices[0]


def go(shop: Shop, when: str) -> None:
    shop.now = at(when)


def test_a_picked_category_earns_five_times_from_the_next_purchase_on() -> None:
    shop = Shop(base(), FIVE, mine())
    assert buy(shop, "bread") == 10
    assert refused(choose(shop, "bread")) is None
    assert (buy(shop, "bread"), buy(shop, "milk")) == (50, 10)


def test_the_default_is_what_counted_last_also_in_the_next_period() -> None:
    shop = Shop(base(), FIVE, mine())
    choose(shop, "bread")
    go(shop, "2026-05-02 10:00")
    assert (buy(shop, "bread"), buy(shop, "milk")) == (50, 10)
