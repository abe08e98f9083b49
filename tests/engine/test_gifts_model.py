"""Several members, one stock, one budget: supply, order, cancel, expire, fulfil, at the till, return, in any order, held
against a plain model that knows nothing of the engine (I12, L54, M72).
"""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regulars.engine.contracts.activity import Activity, Line
from regulars.engine.contracts.decision import Decision
from regulars.engine.contracts.known import CounterKey, Known
from regulars.program.contracts.budgets import Budget
from regulars.program.contracts.effects import FreeItem
from regulars.program.contracts.reward_steps import Handover
from regulars.program.contracts.rewards import CancelBy, Refund
from regulars.program.contracts.values import Period, Span, Unit
from tests.engine.shop import at, base
from tests.engine.test_orders import Desk, code, reward, sort

PRICE, CUP, BUDGET, COST, MONTHLY = 40, 25, 1_000, 200, 3
STOCK = CounterKey("stock:mug", "program", "ever")
CUPS = CounterKey("stock:cup", "program", "ever")
MONEY = CounterKey("budget:rewards.mug/money", "program", "ever")
WAITS = Span(5, Unit.DAY)


class Counter(Desk):
    """The shop of one of several members: what is shared is the same for all."""

    def __init__(self, number: int, shared: dict[Any, int]) -> None:
        super().__init__(
            base("basket.base"),
            reward("mug", str(PRICE), type="later", stock=True, value=COST, budget=Budget(money=BUDGET), expires=WAITS),
            sort(
                "later",
                Handover(handover="counter", within=Span(30, Unit.DAY)),
                cancel=(CancelBy.MEMBER,),
                cancel_within=Span(3, Unit.DAY),
                on_expiry=Refund.FULL,
            ),
            reward(
                "cup",
                str(CUP),
                type="till",
                stock=True,
                lines="line.category == 'coffee'",
                limits={Period.MONTH: MONTHLY},
            ),
            sort("till", effects=(FreeItem(),)),
        )
        self.who = UUID(int=7 + number)
        self.count = 100_000 * number
        self.counters = shared

    def activity(self, type: str, **fields: Any) -> Activity:
        return msgspec.structs.replace(super().activity(type, **fields), account_id=self.who, member_id=self.who)

    def known(self, activity: Activity, *, with_lots: bool = True) -> Known:
        found = super().known(activity, with_lots=with_lots)
        # What others took is asked for as what is shared, and is no number of this member.
        own = tuple(one for one in found.counters if ":" not in one.key.metric)
        return msgspec.structs.replace(found, account_id=self.who, members=(self.who,), counters=own)


class Held(msgspec.Struct):
    """An order as the model keeps it."""

    placed: dt.datetime
    state: str = "open"
    done: dt.datetime | None = None


class Model:
    """What is left, and what everybody has: in plain numbers. `forgets` is what the control leaves out."""

    def __init__(self, members: int, forgets: str = "") -> None:
        self.forgets = forgets
        self.mugs = self.cups = 0
        self.supplied = 0
        self.spent = 0
        self.points = [0] * members
        self.held = [0] * members
        self.cups_had = [0] * members

    def order(self, who: int, units: int) -> str | None:
        if self.points[who] < units * PRICE and self._room(units) is None:
            return "insufficient_points"
        refusal = self._room(units)
        if refusal is not None:
            return refusal
        self.mugs -= units
        self.spent += units * COST
        self.points[who] -= units * PRICE
        self.held[who] += units * PRICE
        return None

    def _room(self, units: int) -> str | None:
        if self.mugs < units:
            return "reward_out_of_stock"
        return "reward_budget_spent" if self.spent + units * COST > BUDGET else None

    def fulfil(self, who: int, units: int) -> None:
        self.held[who] -= units * PRICE

    def undo(self, who: int, units: int, *, was: str) -> None:
        """Cancelled or expired: points, stock and budget come back."""
        if was == "open":
            self.held[who] -= units * PRICE
        self.points[who] += units * PRICE
        self.spent -= units * COST
        if self.forgets != "stock":
            self.mugs += units

    def cup(self, who: int) -> str | None:
        if self.cups_had[who] >= MONTHLY:
            return "reward_limit_reached"
        if not self.cups:
            return "reward_out_of_stock"
        if self.points[who] < CUP:
            return "insufficient_points"
        self.cups -= 1
        self.cups_had[who] += 1
        self.points[who] -= CUP
        return None

    def cup_back(self, who: int) -> None:
        self.points[who] += CUP
        if self.forgets != "cup":
            self.cups += 1
        self.cups_had[who] -= 1


Step = tuple[str, int, int]
MEMBERS = 3
STEPS = st.lists(
    st.tuples(
        st.sampled_from(
            [
                "supply",
                "earn",
                "order",
                "order",
                "order",
                "cancel",
                "fulfil",
                "wait",
                "cup",
                "cup",
                "return",
                "take_back",
            ]
        ),
        st.integers(0, MEMBERS - 1),
        st.integers(1, 3),
    ),
    max_size=25,
)


class World:
    """The engine's shops and the model side by side."""

    def __init__(self, forgets: str = "") -> None:
        self.shared: dict[Any, int] = {}
        self.shops = [Counter(number, self.shared) for number in range(MEMBERS)]
        self.model = Model(MEMBERS, forgets)
        self.orders: list[list[tuple[UUID, int, Held]]] = [[] for _ in range(MEMBERS)]
        self.cups: list[list[UUID]] = [[] for _ in range(MEMBERS)]
        self.now = at("2026-03-02 10:00")

    def play(self, steps: list[Step]) -> None:
        for what, who, amount in steps:
            self.now += dt.timedelta(minutes=1)
            for shop in self.shops:
                shop.now = self.now
            getattr(self, f"_{what}")(who, amount)
            self.compare()

    def compare(self) -> None:
        for shop, points, held in zip(self.shops, self.model.points, self.model.held, strict=True):
            assert (shop.has().active, shop.has().held) == (points, held)
        assert self.left(STOCK) == self.model.mugs
        assert self.left(CUPS) == self.model.cups
        assert self.shared.get((MONEY, ""), 0) == self.model.spent <= BUDGET
        assert self.model.mugs >= 0
        assert self.model.cups >= 0

    def left(self, key: CounterKey) -> int:
        return self.shared.get((key, "in"), 0) - self.shared.get((key, ""), 0)

    def _supply(self, _: int, amount: int) -> None:
        for key in (STOCK, CUPS):
            self.shared[key, "in"] = self.shared.get((key, "in"), 0) + amount
        self.model.mugs += amount
        self.model.cups += amount

    def _earn(self, who: int, amount: int) -> None:
        assert code(self.shops[who].buy(amount * 4000)) is None
        self.model.points[who] += amount * 40

    def _order(self, who: int, amount: int) -> None:
        expected = self.model.order(who, amount)
        assert code(self.shops[who].order(reward="mug", quantity=amount)) == expected
        if expected is None:
            self.orders[who].append((self.shops[who].last(), amount, Held(self.now)))

    def _fulfil(self, who: int, amount: int) -> None:
        for order_id, units, held in self.orders[who][:amount]:
            expected = None if held.state == "open" else "order_step_over" if held.state == "done" else "order_not_open"
            assert code(self.shops[who].order("use", order_id=order_id)) == expected
            if expected is None:
                held.state, held.done = "done", self.now
                self.model.fulfil(who, units)

    def _cancel(self, who: int, amount: int) -> None:
        for order_id, units, held in self.orders[who][-amount:]:
            expected = None if held.state in {"open", "done"} else "order_not_open"
            decision = self.shops[who].order("cancel", order_id=order_id, by="member")
            assert code(decision) == expected
            if expected is None:
                self.model.undo(who, units, was=held.state)
                held.state = "gone"

    def _wait(self, _: int, amount: int) -> None:
        """Some days later: each shop is told that time has passed."""
        self.now += dt.timedelta(days=amount)
        for who, shop in enumerate(self.shops):
            shop.now = self.now
            shop.tick()
            for _order, units, held in self.orders[who]:
                if held.state == "open" and self.now >= _over(held.placed, 5):
                    self.model.undo(who, units, was="open")
                    held.state = "gone"
                elif held.state == "done" and held.done is not None and self.now >= _over(held.done, 3):
                    held.state = "kept"

    def _cup(self, who: int, _: int) -> None:
        expected = self.model.cup(who)
        decision: Decision = self.shops[who].buy(lines=(Line(no=1, amount=2000, category="coffee"),), rewards=("cup",))
        assert code(decision) == expected
        if expected is None:
            self.cups[who].append(self.shops[who].last())

    def _return(self, who: int, _: int) -> None:
        if self.cups[who]:
            assert code(self.shops[who].back(self.cups[who].pop())) is None
            self.model.cup_back(who)

    def _take_back(self, _: int, amount: int) -> None:
        """Staff take units off the shelf, as far as they are there."""
        amount = min(amount, self.model.mugs)
        self.shared[STOCK, "in"] = self.shared.get((STOCK, "in"), 0) - amount
        self.model.mugs -= amount


def _over(since: dt.datetime, days: int) -> dt.datetime:
    """The first moment after so many days, which live through their last: in Chisinau, in March before summer time."""
    local = since + dt.timedelta(hours=2)
    day = (local + dt.timedelta(days=days + 1)).replace(hour=0, minute=0, second=0, microsecond=0)
    return day - dt.timedelta(hours=2)


@settings(max_examples=40, deadline=None)
@given(STEPS)
def test_I12_orders_of_several_members_are_as_a_plain_model_says(steps: list[Step]) -> None:
    World().play([("supply", 0, 3), *(("earn", who, 3) for who in range(MEMBERS)), *steps])


CONTROL: list[Step] = [("supply", 0, 2), ("earn", 0, 3), ("order", 0, 2), ("cancel", 0, 1), ("order", 0, 1)]


def test_control_a_model_that_forgets_that_a_cancel_gives_stock_back_is_noticed() -> None:
    World().play(CONTROL)
    with pytest.raises(AssertionError):
        World(forgets="stock").play(CONTROL)


def test_control_a_model_that_forgets_that_a_return_gives_the_cup_back_is_noticed() -> None:
    steps: list[Step] = [("supply", 0, 1), ("earn", 0, 1), ("cup", 0, 1), ("return", 0, 1)]
    World().play(steps)
    with pytest.raises(AssertionError):
        World(forgets="cup").play(steps)
