"""Orders that go with their member: merged, taken apart, into a household and out of it (L64 to L66). Numbers are worked
out by hand."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

from regulars.engine.contracts.decision import Decision, Outcome
from regulars.engine.contracts.gifts import OrderAct
from regulars.program.contracts.households import Household
from regulars.program.contracts.reward_steps import Credit, Parcel, Webhook
from regulars.program.contracts.rewards import CancelBy
from regulars.program.contracts.values import Period, Span, Unit
from tests.engine.test_orders import CASH, EARN, MONTH, Desk, code, heard, reward, sort
from tests.engine.test_rewards import stocked
from tests.engine.town import ANN, BOB, Town

WAITS = sort("sort", Webhook(webhook="lounge"), cancel=(CancelBy.MEMBER, CancelBy.STAFF))
DONE = sort("sort", Credit(credit="cash", amount="2.50"), cancel_within=MONTH)


def order(town: Town, who: UUID, act: str = "place", **fields: Any) -> Decision:
    account = town.at(who)
    return account.do(account.activity("order", order=OrderAct(act=act, **fields)))


def place(town: Town, who: UUID, name: str = "mug") -> UUID:
    decision = order(town, who, reward=name)
    assert decision.outcome is Outcome.ACCEPTED, decision.refusal
    return town.at(who).last()


def waiting(town: Town) -> UUID:
    """Ann has 150, of which 100 are held for a mug that somebody outside has to do; Bob has 60."""
    town.at(ANN).buy(150)
    town.at(BOB).buy(60)
    return place(town, ANN)


def has(town: Town, who: UUID) -> tuple[int, int]:
    found = town.has(who)
    return found.active, found.held


def test_L65_an_order_is_fulfilled_on_the_other_account_by_its_old_id() -> None:
    town = Town(EARN, reward(type="sort"), WAITS)
    order_id = waiting(town)
    arrived = town.merge(ANN, BOB)
    assert [(row.order_id, row.member_id, row.does, row.state) for row in arrived.orders] == [
        (order_id, BOB, "webhook", "open")
    ]
    assert has(town, BOB) == (110, 100)
    done = order(town, BOB, "step", order_id=order_id, step=1, outcome="done")
    assert (heard(done), has(town, BOB)) == (["reward.fulfilled"], (110, 0))


def test_L65_an_order_cancelled_on_the_other_account_frees_points_and_stock() -> None:
    town = Town(EARN, reward(type="sort", stock=True), WAITS)
    stocked(town.at(ANN), "mug", 1)
    order_id = waiting(town)
    town.merge(ANN, BOB)
    cancelled = order(town, BOB, "cancel", order_id=order_id, by="member")
    assert (has(town, BOB), heard(cancelled)) == ((210, 0), ["reward.cancelled"])
    assert [(one.key.metric, one.value) for one in cancelled.counters] == [("stock:mug", -1)]


def test_L65_the_time_that_remains_of_an_order_runs_on() -> None:
    town = Town(EARN, reward(type="sort"), sort("sort", Webhook(webhook="lounge", within=Span(2, Unit.DAY))))
    order_id = waiting(town)
    town.now += dt.timedelta(days=1)
    arrived = town.merge(ANN, BOB)
    # Two days are over when the second one is, in Chișinău.
    over = dt.datetime(2026, 3, 4, 22, tzinfo=dt.UTC)
    assert arrived.orders[0].due_at == over
    town.now = over - dt.timedelta(seconds=1)
    assert code(order(town, BOB, "overdue", order_id=order_id)) == "order_not_over"
    town.now = over
    assert heard(order(town, BOB, "overdue", order_id=order_id)) == ["reward.failed"]
    assert has(town, BOB) == (210, 0)


def test_L65_what_an_order_had_spent_before_comes_back_on_the_other_account() -> None:
    town = Town(CASH, EARN, reward(type="sort"), DONE)
    town.at(ANN).buy(150)
    town.at(BOB).buy(60)
    order_id = place(town, ANN)
    town.merge(ANN, BOB)
    assert (town.active(BOB), town.active(BOB, "cash")) == (110, 250)
    order(town, BOB, "cancel", order_id=order_id)
    assert (town.active(BOB), town.active(BOB, "cash")) == (210, 0)
    assert code(order(town, BOB, "cancel", order_id=order_id)) == "order_not_open"


def test_L64_what_either_had_of_a_reward_counts_for_both() -> None:
    town = Town(EARN, reward(limits={Period.YEAR: 2}))
    town.at(ANN).buy(300)
    town.at(BOB).buy(300)
    for who in (ANN, BOB):
        place(town, who)
    town.merge(ANN, BOB)
    assert code(order(town, BOB, reward="mug")) == "reward_limit_reached"
    town.unmerge(ANN)
    assert order(town, BOB, reward="mug").outcome is Outcome.ACCEPTED


def test_L66_nobody_goes_home_while_an_order_holds_their_points() -> None:
    town = Town(EARN, reward(type="sort"), WAITS)
    order_id = waiting(town)
    town.merge(ANN, BOB)
    assert code(town.unmerge(ANN)) == "holds_open"
    order(town, BOB, "cancel", order_id=order_id, by="staff")
    assert town.unmerge(ANN).outcome is Outcome.ACCEPTED
    assert (has(town, ANN), has(town, BOB)) == ((150, 0), (60, 0))


def test_L66_an_order_goes_home_once_and_one_that_is_over_does_not_come_again() -> None:
    town = Town(CASH, EARN, reward(type="sort"), DONE)
    town.at(ANN).buy(250)
    town.at(BOB).buy(60)
    first, second = place(town, ANN), place(town, ANN)
    town.merge(ANN, BOB)
    order(town, BOB, "cancel", order_id=first)
    home = town.unmerge(ANN)
    assert [(row.order_id, row.member_id) for row in home.orders] == [(second, ANN)]
    assert code(order(town, BOB, "cancel", order_id=second)) == "order_not_open"
    assert code(order(town, ANN, "cancel", order_id=first)) == "order_not_open"
    order(town, ANN, "cancel", order_id=second)
    # 250 and 60 were earned; the two mugs came back, and nothing twice.
    assert town.active(ANN) + town.active(BOB) == 310
    assert town.active(ANN, "cash") + town.active(BOB, "cash") == 0


def test_L72_an_order_goes_into_a_household_and_out_of_it() -> None:
    town = Town(EARN, reward(type="sort"), WAITS, Household(name="family", size=3, pooled=("points",)))
    order_id = waiting(town)
    town.found(BOB, "family")
    town.household(BOB, "invite", member_id=ANN)
    joined = town.join(ANN, BOB)
    assert [(row.order_id, row.member_id) for row in joined.orders] == [(order_id, ANN)]
    assert (has(town, ANN), has(town, BOB)) == ((110, 100), (110, 100))
    assert code(town.leave(ANN)) == "holds_open"
    order(town, ANN, "step", order_id=order_id, step=1, outcome="done")
    assert has(town, BOB) == (110, 0)
    assert town.leave(ANN).outcome is Outcome.ACCEPTED


def test_an_order_whose_reward_is_gone_is_cancelled_by_staff_alone() -> None:
    shop = Desk(EARN, reward(type="sort", stock=True), sort("sort", Parcel(parcel=("packed", "sent")), cancel=()))
    stocked(shop, "mug", 1)
    shop.buy(150)
    order_id = shop.place()
    assert code(shop.order("cancel", order_id=order_id, by="staff")) == "order_not_cancellable"
    shop.publish(EARN)
    assert code(shop.order("cancel", order_id=order_id, by="member")) == "order_not_cancellable"
    cancelled = shop.order("cancel", order_id=order_id, by="staff", reason="gone")
    assert (heard(cancelled), shop.has().active, shop.has().held) == (["reward.cancelled"], 150, 0)
    assert [(one.key.metric, one.value) for one in cancelled.counters] == [("stock:mug", -1)]


def test_an_order_whose_step_is_gone_is_cancelled_by_staff_alone() -> None:
    shop = Desk(EARN, reward(type="sort"), sort("sort", Parcel(parcel=("packed", "sent")), cancel=()))
    shop.buy(150)
    order_id = shop.place()
    shop.publish(EARN, reward(type="sort"), sort("sort", cancel=()))
    assert code(shop.step(order_id, 1, "moved", detail={"stage": "sent"})) == "order_step_over"
    assert code(shop.order("cancel", order_id=order_id, by="member")) == "order_not_cancellable"
    shop.order("cancel", order_id=order_id, by="staff")
    assert (shop.has().active, shop.has().held) == (150, 0)


def test_the_time_of_an_order_whose_reward_is_gone_runs_out_all_the_same() -> None:
    kind = sort("sort", Parcel(parcel=("packed", "sent"), within=Span(2, Unit.DAY)), cancel=())
    shop = Desk(EARN, reward(type="sort"), kind)
    shop.buy(150)
    shop.place()
    shop.publish(EARN)
    shop.now += dt.timedelta(days=4)
    shop.buy(1)
    assert (shop.member().rewards, shop.has().active, shop.has().held) == ({}, 151, 0)
