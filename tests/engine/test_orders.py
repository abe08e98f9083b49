"""Rewards ordered: paid for with points, fulfilled step by step, failed, cancelled, over. Numbers are worked out by hand."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from regulars.engine.contracts.decision import Decision, Outcome
from regulars.engine.contracts.gifts import OrderAct
from regulars.engine.contracts.points import EntryKind
from regulars.program.contracts.definitions import Currency
from regulars.program.contracts.reward_steps import Credit, Webhook
from regulars.program.contracts.rewards import CancelBy, Price, Refund, Reward, RewardType
from regulars.program.contracts.values import Ratio, Span, Unit
from tests.engine.shop import Shop, at, base

EARN = base("basket.base * 100")
MONTH = Span(1, Unit.MONTH)
CASH = Currency(name="cash", value=Ratio(1), scale=2)


class Desk(Shop):
    """A shop where rewards are ordered."""

    def order(self, act: str = "place", **fields: Any) -> Decision:
        return self.do(self.activity("order", order=OrderAct(act=act, **fields)))

    def place(self, reward: str = "mug", **fields: Any) -> UUID:
        decision = self.order(reward=reward, **fields)
        assert decision.outcome is Outcome.ACCEPTED, decision.refusal
        return self.last()

    def step(self, order_id: UUID, step: int, outcome: str, **fields: Any) -> Decision:
        return self.order("step", order_id=order_id, step=step, outcome=outcome, **fields)


def reward(name: str = "mug", price: str = "100", **fields: Any) -> Reward:
    prices = fields.pop("prices", (Price(points={"points": price}),))
    return Reward(name=name, prices=prices, **fields)


def sort(name: str = "sort", *steps: Any, **fields: Any) -> RewardType:
    return RewardType(name=name, steps=steps, **fields)


def code(decision: Decision) -> str | None:
    return None if decision.refusal is None else decision.refusal.code


def heard(decision: Decision, prefix: str = "reward.") -> list[str]:
    return [event.type for event in decision.events if event.type.startswith(prefix)]


def test_a_reward_without_steps_is_paid_and_fulfilled_at_once() -> None:
    shop = Desk(EARN, reward())
    shop.buy(150)
    decision = shop.order(reward="mug")
    assert [(one.rule, one.points) for one in decision.fired] == [("rewards.mug", -100)]
    assert heard(decision) == ["reward.ordered", "reward.fulfilled"]
    assert [entry.kind for entry in decision.movement.entries] == [EntryKind.SPEND]
    assert shop.active() == 50
    assert shop.member().rewards == {}
    assert [(row.state, row.step) for row in decision.orders] == [("open", 0), ("fulfilled", 0)]


def test_too_few_points_refuse_and_nothing_is_written() -> None:
    shop = Desk(EARN, reward(price="151"))
    shop.buy(150)
    before = shop.state
    decision = shop.order(reward="mug")
    assert code(decision) == "insufficient_points"
    assert (shop.active(), shop.state) == (150, before)


def test_a_step_credits_another_currency_and_a_cancelled_order_takes_it_back() -> None:
    kind = sort("cash", Credit(credit="cash", amount="event.quantity * 2.50"), cancel_within=MONTH)
    shop = Desk(CASH, EARN, reward(type="cash"), kind)
    shop.buy(300)
    order_id = shop.place(quantity=2)
    assert (shop.active(), shop.active("cash")) == (100, 500)
    decision = shop.order("cancel", order_id=order_id)
    assert (shop.active(), shop.active("cash")) == (300, 0)
    assert heard(decision) == ["reward.cancelled"]
    assert shop.member().rewards == {}


def test_l9_a_cancelled_order_gives_points_back_to_the_lots_they_came_from() -> None:
    shop = Desk(
        EARN, reward(price="300", type="sort"), sort(cancel_within=MONTH), Currency(name="points", value=Ratio(1, 100))
    )
    shop.buy(200)
    first = next(iter(shop.lots.values())).lot_id
    shop.buy(150)
    order_id = shop.place()
    assert {lot_id == first: lot.remaining for lot_id, lot in shop.lots.items()} == {True: 0, False: 50}
    shop.order("cancel", order_id=order_id)
    assert {lot_id == first: lot.remaining for lot_id, lot in shop.lots.items()} == {True: 200, False: 150}
    assert len(shop.lots) == 2


def test_what_waits_for_somebody_only_sets_points_aside() -> None:
    shop = Desk(EARN, reward(type="sort"), sort("sort", Webhook(webhook="lounge")))
    shop.buy(150)
    order_id = shop.place()
    assert (shop.has().active, shop.has().held) == (50, 100)
    decision = shop.step(order_id, 1, "done")
    assert (shop.has().active, shop.has().held) == (50, 0)
    assert [entry.kind for entry in decision.movement.entries] == [EntryKind.CAPTURE]
    assert heard(decision) == ["reward.fulfilled"]


def test_l55_a_step_that_fails_voids_the_hold_and_nothing_is_spent() -> None:
    shop = Desk(EARN, reward(type="sort"), sort("sort", Webhook(webhook="lounge")))
    shop.buy(150)
    order_id = shop.place()
    decision = shop.step(order_id, 1, "failed", reason="full")
    assert (shop.has().active, shop.has().held) == (150, 0)
    assert heard(decision) == ["reward.failed"]
    assert code(shop.step(order_id, 1, "failed")) == "order_not_open"


def test_who_may_cancel_the_type_says_and_what_comes_back() -> None:
    kind = sort("sort", Webhook(webhook="x"), cancel=(CancelBy.STAFF,), on_refund=Refund.NONE)
    shop = Desk(EARN, reward(type="sort"), kind)
    shop.buy(150)
    order_id = shop.place()
    assert code(shop.order("cancel", order_id=order_id, by="member")) == "order_not_cancellable"
    shop.order("cancel", order_id=order_id, by="staff")
    assert (shop.has().active, shop.has().held) == (50, 0)


def test_a_step_that_nobody_does_in_time_fails_the_order() -> None:
    shop = Desk(EARN, reward(type="sort"), sort("sort", Webhook(webhook="x", within=Span(2, Unit.DAY))))
    shop.buy(150)
    shop.place()
    # Ordered on 2 March: two days live through the 4th, in Chisinau over at 22:00 UTC.
    shop.now = at("2026-03-04 21:59")
    shop.tick()
    assert shop.has().held == 100
    shop.now = at("2026-03-04 22:00")
    decision = shop.tick()
    assert (shop.has().active, shop.has().held) == (150, 0)
    assert heard(decision) == ["reward.failed"]
