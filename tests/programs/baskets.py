"""Real baskets of the Complete Journey year as the engine reads them, and a till that serves one account with them.

The year stays where it was: 2017, so that every date below can be looked up in the data.
"""

from __future__ import annotations

import datetime as dt
import functools
from pathlib import Path
from typing import Any
from uuid import UUID

from regulars.activities.contracts import Intake
from regulars.cli.demo import journey
from regulars.engine import service as engine
from regulars.engine.contracts.activity import Line, Store
from regulars.engine.contracts.decision import Decision
from regulars.program import service as programs
from tests.engine.shop import Shop

RECEIVED_AT = dt.datetime(2018, 1, 8, 12, 0, tzinfo=dt.UTC)
HOUSEHOLDS_MAX = 10_000


@functools.cache
def place() -> Path:
    return journey.folder()


@functools.cache
def shelf() -> dict[str, journey.JourneyGood]:
    return {good.sku: good for good in journey.goods(place())}


@functools.cache
def household(number: int) -> tuple[Intake, ...]:
    """All that the demo would hand in for one household, oldest first."""
    plan = journey.BasketPlan(
        place=str(place()), program_id=1, client_id=UUID(int=1), received_at=RECEIVED_AT, weeks=0, members=None
    )
    # With more parts than households every part is one of them.
    return tuple(journey.intakes(plan, part=number, parts=HOUSEHOLDS_MAX))


def basket(number: int, document: str) -> Intake:
    """One basket of a household by its basket id."""
    return next(one for one in household(number) if one.document == document)


def profile(number: int) -> Intake:
    """What is known of a household."""
    return next(one for one in household(number) if one.type == "profile")


def lines(intake: Intake) -> tuple[Line, ...]:
    """The lines with the facts that the directory adds on arrival."""
    return tuple(_line(one) for one in intake.lines)


def _line(given: Any) -> Line:
    good = shelf().get(given.sku)
    if good is None:
        return Line(no=given.no, sku=given.sku, quantity=given.quantity, unit=given.unit, amount=given.amount)
    path = tuple(dict.fromkeys(key for key in (good.department, good.category) if key))
    return Line(
        no=given.no,
        sku=given.sku,
        name=good.name,
        kind=good.kind,
        category=good.category,
        department=good.department,
        path=path,
        brand=good.brand,
        quantity=given.quantity,
        unit=given.unit,
        amount=given.amount,
    )


@functools.cache
def compiled(text: str) -> engine.Compiled:
    """A program ready to decide."""
    return engine.compile(programs.candidate(programs.read(text), program_id=1, number=1))


class Till(Shop):
    """One account under a program written in YAML."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.compiled = compiled(text)
        self.program = self.compiled.program
        self.releases = {1: self.compiled}

    def serve(self, intake: Intake, **more: Any) -> Decision:
        """A recorded basket or profile at the moment it happened."""
        assert intake.occurred_at is not None
        self.now = intake.occurred_at
        store = None if intake.store is None else Store(id=intake.store, zone=journey.ZONE)
        return self.do(
            self.activity(
                intake.type, lines=lines(intake), store=store, profile=intake.profile, channel="store", **more
            )
        )

    def until(self, moment: dt.datetime) -> None:
        """Let time pass as the sweeper does: a look at the account whenever it asked for one."""
        for _ in range(1000):
            if self.review_at is None or self.review_at > moment:
                self.now = moment
                return
            self.now = self.review_at
            self.tick()
        raise AssertionError("the account asks for a look again and again")


@functools.cache
def grocery() -> str:
    return programs.preset("grocery")


def by_rule(decision: Decision) -> dict[str, int]:
    """Points by rule (and by currency, where it is another than points), of what gave any."""
    found: dict[str, int] = {}
    for one in decision.fired:
        if one.points:
            key = one.rule if one.currency == "points" else f"{one.rule} {one.currency}"
            found[key] = found.get(key, 0) + one.points
    return found


def per_line(decision: Decision, rule: str) -> dict[int, int]:
    """What one rule gave each line."""
    return {no: points for one in decision.fired if one.rule == rule for no, points in one.per_line}


def line_totals(decision: Decision, currency: str = "points") -> dict[int, int]:
    """What each line brought."""
    return {no: points for no, name, points in decision.per_line if name == currency}


def funders(till: Till, currency: str = "points") -> dict[str, list[int]]:
    """How many points each funder granted, lot by lot."""
    found: dict[str, list[int]] = {}
    for lot in till.lots.values():
        if lot.currency == currency:
            found.setdefault(lot.funder, []).append(lot.granted)
    return {funder: sorted(granted) for funder, granted in found.items()}


def codes(decision: Decision) -> list[str]:
    return [message.code for message in decision.messages]
