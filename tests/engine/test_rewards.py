"""Rewards: who may have one, what it costs, how often, what there is of it, what it is made of; each field decides."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

import pytest

from regulars.engine.contracts.activity import Line, ReturnedLine
from regulars.engine.contracts.decision import Decision, Outcome
from regulars.engine.contracts.known import CounterKey
from regulars.kit import ids
from regulars.program.contracts.budgets import Budget
from regulars.program.contracts.definitions import Attribute, Currency, Expiry, Measure, Metric, Needs, Purpose, Segment
from regulars.program.contracts.effects import Badge, Entitlement, FreeItem, GiveReward
from regulars.program.contracts.fields import FieldDefinition, FieldType
from regulars.program.contracts.offers import Offer
from regulars.program.contracts.reward_steps import (
    Credit,
    Effects,
    Entitle,
    Handover,
    IssueCode,
    OfferStep,
    Parcel,
    Webhook,
)
from regulars.program.contracts.rewards import Price, Refund, Reward
from regulars.program.contracts.triggers import OnEvent
from regulars.program.contracts.values import Period, Ratio, Share, Span, Text, Unit
from regulars.program.contracts.vouchers import Codes, Holder, Voucher
from tests.engine.shop import Shop, at, base, give, rule
from tests.engine.test_orders import CASH, EARN, MONTH, Desk, code, heard, reward, sort
from tests.engine.test_undone_returns import undo
from tests.engine.test_vouchers import Counter

DAY = Span(1, Unit.DAY)
VISITS = rule("thanks", GiveReward(reward="gift"))


def stocked(shop: Shop, name: str, units: int) -> None:
    """What staff supply: the same row that is counted down."""
    shop.counters[CounterKey(f"stock:{name}", "program", "ever"), "in"] = units


def said(decision: Decision, name: str) -> Any:
    assert decision.refusal is not None, decision.outcome
    return decision.refusal.fields[name]


# -- who


def test_m72_the_condition_that_does_not_hold_is_named_at_the_order() -> None:
    condition = "member.balances.points >= 50.0 && member.attributes.city == 'Orhei'"
    city = Attribute(name="city", type=FieldType.TEXT, purpose="service")
    shop = Desk(EARN, city, reward(if_=condition))
    shop.buy(200)
    refused = shop.order(reward="mug")
    assert (code(refused), said(refused, "condition")) == (
        "reward_not_for_member",
        "member.attributes.city == 'Orhei'",
    )
    shop.profile(city="Orhei")
    assert shop.order(reward="mug").outcome is Outcome.ACCEPTED


def test_m72_whoever_has_left_the_segment_is_refused_when_it_is_handed_over() -> None:
    rich = Segment(name="rich", if_="member.balances.points >= 150")
    shop = Desk(
        EARN, rich, reward(audience="rich", type="sort", price="100"), sort("sort", Handover(handover="counter"))
    )
    shop.buy(200)
    shop.tick()
    order_id = shop.place()
    # 100 of 200 are set aside: the next look finds them no longer rich.
    shop.tick()
    refused = shop.order("use", order_id=order_id)
    assert (code(refused), said(refused, "condition")) == ("reward_not_for_member", "rich")
    shop.buy(100)
    shop.tick()
    assert heard(shop.order("use", order_id=order_id)) == ["reward.fulfilled"]


def test_it_is_there_from_its_first_day_and_not_after_its_last() -> None:
    shop = Desk(EARN, reward(from_=dt.date(2026, 3, 3), until=dt.date(2026, 3, 4)))
    shop.buy(300)
    assert code(shop.order(reward="mug")) == "reward_not_open"
    shop.now = at("2026-03-03 10:00")
    assert shop.order(reward="mug").outcome is Outcome.ACCEPTED
    shop.now = at("2026-03-04 10:00")
    assert code(shop.order(reward="mug")) == "reward_not_open"


def test_a_reward_that_nobody_defined_is_not_ordered() -> None:
    assert code(Desk(EARN, reward()).order(reward="nothing")) == "unknown_reward"


# -- how much, how often


def test_several_prices_and_money_beside_points() -> None:
    prices = (Price(points={"points": "100"}), Price(points={"points": "40", "cash": "1.50"}, money=2500))
    shop = Desk(CASH, rule("both", give("basket.base * 100"), give("5", currency="cash")), reward(prices=prices))
    shop.buy(150)
    refused = shop.order(reward="mug", price=1)
    assert (code(refused), said(refused, "money"), said(refused, "paid")) == ("reward_money_missing", 2500, 0)
    assert code(shop.order(reward="mug", price=2)) == "reward_not_for_sale"
    shop.place(price=1, paid=2500)
    assert (shop.active(), shop.active("cash")) == (110, 350)
    shop.place(price=0)
    assert shop.active() == 10


def test_a_price_may_be_a_formula_of_the_member() -> None:
    count = Metric(name="buys", measure=Measure.COUNT)
    shop = Desk(EARN, count, reward(price="member.metrics.buys >= 2 ? 60 : 100"))
    shop.buy(100)
    shop.buy(100)
    shop.place()
    assert shop.active() == 140


@pytest.mark.parametrize("price", ["0 * member.metrics.buys", "10 - 1000 * member.metrics.buys"])
def test_a_price_that_comes_to_nothing_is_refused_and_never_a_present(price: str) -> None:
    count = Metric(name="buys", measure=Measure.COUNT)
    shop = Desk(EARN, count, reward(price=price))
    shop.buy(100)
    refused = shop.order(reward="mug")
    assert (code(refused), said(refused, "price"), shop.active()) == ("reward_not_for_sale", 1, 100)


def test_a_reward_without_a_price_is_only_given() -> None:
    shop = Desk(EARN, Reward(name="gift"))
    assert code(shop.order(reward="gift")) == "reward_not_for_sale"
    assert heard(shop.order("give", reward="gift")) == ["reward.ordered", "reward.fulfilled"]


def test_limits_hold_a_period_and_a_cancelled_order_gives_room_back() -> None:
    kind = sort("sort", cancel_within=MONTH)
    shop = Desk(EARN, reward(price="10", limits={Period.MONTH: 2}, type="sort"), kind)
    shop.buy(200)
    order_id = shop.place()
    assert code(shop.order(reward="mug", quantity=2)) == "reward_limit_reached"
    shop.place()
    refused = shop.order(reward="mug")
    assert (said(refused, "period"), said(refused, "most")) == ("calendar month", 2)
    shop.order("cancel", order_id=order_id)
    shop.place()
    shop.now = at("2026-04-01 10:00")
    shop.place()


def test_l54_one_winner_for_the_last_unit_and_it_comes_back_when_an_order_fails() -> None:
    shop = Desk(EARN, reward(price="10", stock=True, type="sort"), sort("sort", Webhook(webhook="x")))
    shop.buy(200)
    assert said(shop.order(reward="mug"), "left") == 0
    stocked(shop, "mug", 2)
    order_id = shop.place()
    assert said(shop.order(reward="mug", quantity=2), "left") == 1
    shop.place()
    assert code(shop.order(reward="mug")) == "reward_out_of_stock"
    shop.step(order_id, 1, "failed")
    shop.place()


def test_each_variant_has_its_stock_and_an_attribute_may_pick_it() -> None:
    size = Attribute(name="size", type=FieldType.TEXT, purpose="service")
    shop = Desk(EARN, size, reward(price="10", stock=True, variants=("s", "m"), variant_of="size"))
    shop.buy(200)
    stocked(shop, "mug/m", 1)
    refused = shop.order(reward="mug")
    assert (code(refused), said(refused, "part"), said(refused, "known")) == ("reward_part_unknown", "variant", "s, m")
    assert said(shop.order(reward="mug", variant="s"), "variant") == "s"
    assert code(shop.order(reward="mug", variant="xl")) == "reward_part_unknown"
    shop.profile(size="m")
    decision = shop.order(reward="mug")
    assert decision.orders[0].detail["variant"] == "m"
    assert code(shop.order(reward="mug", variant="m")) == "reward_out_of_stock"


def test_its_budget_in_money_and_in_times_ends_it_and_comes_back() -> None:
    kind = sort("sort", cancel_within=MONTH)
    costly = reward(price="10", value=300, budget=Budget(money=700), type="sort")
    rare = reward("pen", price="10", budget=Budget(uses=1))
    shop = Desk(EARN, costly, rare, kind)
    shop.buy(200)
    order_id = shop.place()
    shop.place()
    assert code(shop.order(reward="mug")) == "reward_budget_spent"
    shop.order("cancel", order_id=order_id)
    shop.place()
    shop.place("pen")
    assert code(shop.order(reward="pen")) == "reward_budget_spent"


# -- what it is made of


def test_choose_one_of_several_at_the_price_of_the_whole() -> None:
    cake = Reward(name="cake", steps=(Credit(credit="cash", amount="1"),))
    wine = Reward(name="wine", steps=(Credit(credit="cash", amount="2"),))
    shop = Desk(CASH, EARN, reward(choose=("cake", "wine")), cake, wine)
    shop.buy(250)
    assert said(shop.order(reward="mug"), "known") == "cake, wine"
    assert code(shop.order(reward="mug", choice="beer")) == "reward_part_unknown"
    shop.place(choice="wine")
    assert (shop.active(), shop.active("cash")) == (150, 200)


def test_a_bundle_is_all_of_its_parts_with_their_stock_and_steps() -> None:
    cup = Reward(name="cup", stock=True, steps=(Credit(credit="cash", amount="1"),))
    shop = Desk(CASH, EARN, reward(bundle=("cup", "bag")), cup, Reward(name="bag", steps=cup.steps))
    shop.buy(300)
    assert said(shop.order(reward="mug"), "reward") == "cup"
    stocked(shop, "cup", 1)
    shop.place()
    assert (shop.active(), shop.active("cash")) == (200, 200)


def test_own_steps_come_before_those_of_the_type_and_any_effect_is_a_step() -> None:
    kind = sort("sort", Effects(effects=(Badge(badge="patron"),)))
    shop = Desk(CASH, EARN, reward(type="sort", steps=(Credit(credit="cash", amount="event.quantity"),)), kind)
    shop.buy(300)
    shop.place(quantity=3)
    assert (shop.active("cash"), list(shop.member().badges)) == (300, ["patron"])


def test_points_that_a_step_credits_have_their_own_end_and_who_pays() -> None:
    step = Credit(credit="cash", amount="1.01", expires=Span(10, Unit.DAY), pending=Span(2, Unit.DAY))
    shares = (Share("maker", Ratio(3, 5)), Share("house", Ratio(2, 5)))
    shop = Desk(CASH, EARN, reward(steps=(step,), funding=shares))
    shop.buy(300)
    shop.place()
    lots = sorted((lot for lot in shop.lots.values() if lot.currency == "cash"), key=lambda lot: -lot.granted)
    # 101 cents: 60.6 and 40.4, the larger rest first.
    assert [(lot.funder, lot.granted, lot.pending) for lot in lots] == [("maker", 61, True), ("house", 40, True)]


class Coded(Desk, Counter):
    """Where rewards are ordered, and codes are made when they are asked for."""


def test_a_step_issues_a_code_and_a_cancelled_order_blocks_it() -> None:
    kind = sort("sort", cancel_within=MONTH)
    free = reward(type="sort", steps=(IssueCode(issue_code="ten"),))
    ten = Voucher(name="ten", effects=(give("10"),), holder=Holder.ASSIGNED, codes=Codes(pattern="####"))
    shop = Coded(EARN, free, kind, ten)
    shop.buy(100)
    order_id = shop.place()
    code_id = UUID(bytes=shop.member().vouchers["ten"][0][0])
    assert shop.states[code_id] == "given"
    decision = shop.order("cancel", order_id=order_id)
    assert (shop.states[code_id], shop.member().vouchers, shop.active()) == ("cancelled", {}, 100)
    assert heard(decision, "voucher.") == ["voucher.ended"]


def test_l55_no_code_is_left_and_nothing_is_spent() -> None:
    free = reward(steps=(IssueCode(issue_code="ten"),))
    ten = Voucher(name="ten", effects=(give("10"),), holder=Holder.ASSIGNED, codes=Codes(pattern="####"))
    shop = Coded(EARN, free, ten)
    shop.left = 0
    shop.buy(100)
    decision = shop.order(reward="mug")
    assert heard(decision) == ["reward.ordered", "reward.failed"]
    assert shop.active() == 100


def test_a_step_gives_an_offer() -> None:
    triple = Offer(name="triple", effects=(give("7"),), on=("visit",), window=MONTH)
    shop = Desk(EARN, reward(steps=(OfferStep(offer="triple"),)), triple)
    shop.buy(100)
    shop.place()
    assert list(shop.member().offers) == ["triple"]


def test_the_form_asks_for_what_is_required_of_the_right_type_and_size() -> None:
    form = {
        "address": FieldDefinition(type=FieldType.TEXT, required=True, largest=20),
        "guests": FieldDefinition(type=FieldType.INT, largest=4),
        "on": FieldDefinition(type=FieldType.DATE),
    }
    shop = Desk(EARN, reward(price="1", type="sort"), sort("sort", form=form))
    shop.buy(200)
    assert said(shop.order(reward="mug"), "field") == "form.address"
    for wrong in ({"guests": 5}, {"guests": True}, {"on": "soon"}, {"address": "x" * 21}, {"colour": "red"}):
        refused = shop.order(reward="mug", form={"address": "Orhei", **wrong})
        assert (code(refused), said(refused, "field")) == ("reward_form_fault", f"form.{next(iter(wrong))}")
    decision = shop.order(reward="mug", form={"address": "Orhei", "guests": 4, "on": "2026-03-05"})
    assert decision.orders[0].form == {"address": "Orhei", "guests": 4, "on": "2026-03-05"}


def test_a_form_takes_neither_nothing_for_something_nor_less_than_its_smallest() -> None:
    form = {
        "address": FieldDefinition(type=FieldType.TEXT, required=True),
        "note": FieldDefinition(type=FieldType.TEXT),
        "guests": FieldDefinition(type=FieldType.INT, smallest=1),
    }
    shop = Desk(EARN, reward(price="1", type="sort"), sort("sort", form=form))
    shop.buy(200)
    for wrong in ({"address": ""}, {"address": " \n"}, {"guests": 0}, {"guests": -3}):
        refused = shop.order(reward="mug", form={"address": "Orhei", **wrong})
        assert (code(refused), said(refused, "field")) == ("reward_form_fault", f"form.{next(iter(wrong))}")
    assert shop.order(reward="mug", form={"address": "Orhei", "note": "", "guests": 1}).outcome is Outcome.ACCEPTED


def test_personal_fields_of_a_form_need_the_consent_to_their_purpose() -> None:
    purpose = Purpose(name="post", texts={"v1": Text(en="To send parcels")}, needs=Needs.CONSENT)
    form = {"address": FieldDefinition(type=FieldType.TEXT, personal=True)}
    shop = Desk(EARN, purpose, reward(price="1", type="sort"), sort("sort", form=form, purpose="post"))
    shop.buy(200)
    assert code(shop.order(reward="mug", form={"address": "Orhei"})) == "consent_missing"
    assert shop.order(reward="mug").outcome is Outcome.ACCEPTED


# -- given


def test_a_rule_gives_a_reward_without_its_price() -> None:
    shop = Desk(VISITS, reward("gift", price="500"))
    decision = shop.buy(100)
    assert heard(decision) == ["reward.ordered", "reward.fulfilled"]
    assert shop.active() == 0


def test_what_a_rule_cannot_give_is_told_and_stops_nothing() -> None:
    shop = Desk(EARN, VISITS, Reward(name="gift", limits={Period.EVER: 1}))
    shop.buy(100)
    decision = shop.buy(100)
    assert [event.data["reason"] for event in decision.events if event.type == "reward.failed"] == [
        "reward_limit_reached"
    ]
    assert shop.active() == 200


def test_what_the_member_has_to_pick_waits_and_runs_out() -> None:
    cake = Reward(name="cake", stock=True)
    shop = Desk(
        VISITS, Reward(name="gift", choose=("cake", "wine"), expires=Span(14, Unit.DAY)), cake, Reward(name="wine")
    )
    decision = shop.buy(100)
    order_id = decision.orders[0].order_id
    assert (decision.orders[0].does, decision.orders[0].due_at) == ("pick", at("2026-03-16 22:00"))
    assert code(shop.order("pick", order_id=order_id, choice="cake")) == "reward_out_of_stock"
    stocked(shop, "cake", 1)
    assert heard(shop.order("pick", order_id=order_id, choice="cake")) == ["reward.fulfilled"]
    second = shop.buy(100).orders[0].order_id
    shop.now = at("2026-03-16 22:00")
    assert heard(shop.tick()) == ["reward.expired"]
    assert code(shop.order("pick", order_id=second, choice="wine")) == "order_not_open"
    # Nothing was taken for it, so nothing comes back.
    assert shop.counters[CounterKey("stock:cake", "program", "ever"), ""] == 1


def test_rules_may_listen_to_what_becomes_of_an_order() -> None:
    thanks = rule("thanks", give("event.value"), trigger=OnEvent(event="reward.fulfilled"))
    shop = Desk(EARN, thanks, reward(value=700))
    shop.buy(250)
    shop.place(quantity=2)
    # 250 less twice 100, and a point for each of 14.00.
    assert shop.active() == 64


# -- time and return


def test_expired_the_price_is_lost_or_comes_back_as_the_type_says() -> None:
    for policy, left in ((Refund.NONE, 100), (Refund.FULL, 200)):
        kind = sort("sort", Handover(handover="counter"), on_expiry=policy)
        shop = Desk(EARN, reward(type="sort", expires=Span(2, Unit.DAY)), kind)
        shop.buy(200)
        shop.place()
        shop.now = at("2026-03-04 22:00")
        assert heard(shop.tick()) == ["reward.expired"]
        assert (shop.active(), shop.has().held) == (left, 0)


def test_l10_a_lot_that_died_since_comes_back_with_the_return_grace() -> None:
    points = Currency(
        name="points", value=Ratio(1, 100), expiry=Expiry(span=Span(10, Unit.DAY)), grace=Span(30, Unit.DAY)
    )
    shop = Desk(points, EARN, reward(type="sort"), sort("sort", cancel_within=Span(2, Unit.MONTH)))
    shop.buy(100)
    order_id = shop.place()
    # Earned on 2 March, ten days: gone with the 12th.
    shop.now = at("2026-04-05 10:00")
    shop.order("cancel", order_id=order_id)
    assert shop.active() == 100
    grace = next(lot for lot in shop.lots.values() if lot.remaining)
    assert grace.expires_on == dt.date(2026, 5, 5)


def test_what_was_set_aside_outlives_its_lots_and_is_spent_all_the_same() -> None:
    points = Currency(name="points", value=Ratio(1, 100), expiry=Expiry(span=Span(10, Unit.DAY)))
    shop = Desk(points, EARN, reward(type="sort"), sort("sort", Webhook(webhook="x", within=Span(60, Unit.DAY))))
    shop.buy(100)
    order_id = shop.place()
    shop.now = at("2026-04-05 10:00")
    assert heard(shop.step(order_id, 1, "done")) == ["reward.fulfilled"]
    assert (shop.active(), shop.has().held) == (0, 0)


def test_a_parcel_only_goes_forward() -> None:
    shop = Desk(EARN, reward(steps=(Parcel(parcel=("packed", "sent", "there")),)))
    shop.buy(100)
    order_id = shop.place()
    assert code(shop.step(order_id, 1, "moved", detail={"stage": "packed"})) == "order_step_over"
    assert code(shop.step(order_id, 1, "done")) == "order_step_over"
    shop.step(order_id, 1, "moved", detail={"stage": "sent", "tracking": "MD1"})
    decision = shop.step(order_id, 1, "moved", detail={"stage": "there"})
    assert heard(decision) == ["reward.moved", "reward.fulfilled"]


def test_nobody_cancels_what_is_fulfilled_after_its_time() -> None:
    shop = Desk(EARN, reward(type="sort"), sort("sort", cancel_within=DAY))
    shop.buy(100)
    order_id = shop.place()
    shop.now = at("2026-03-03 22:00")
    assert code(shop.order("cancel", order_id=order_id)) == "order_not_open"
    shop.tick()
    assert shop.member().rewards == {}


def test_l83_a_service_withdrawn_ends_at_the_moment_stated_and_nothing_comes_back() -> None:
    kind = sort("sort", Entitle(service="insurance", lasts=Span(30, Unit.DAY)))
    shop = Desk(EARN, reward(type="sort"), kind)
    shop.buy(100)
    decision = shop.order(reward="mug")
    order_id = shop.last()
    assert heard(decision, "service.") == ["service.started"]
    assert decision.orders[-1].ends_at == at("2026-04-01 21:00")
    shop.order("withdraw", order_id=order_id, ends_at=at("2026-03-10 22:00"), reason="paid late")
    shop.now = at("2026-03-10 21:59")
    assert heard(shop.tick(), "service.") == []
    shop.now = at("2026-03-10 22:00")
    assert heard(shop.tick(), "service.") == ["service.ended"]
    assert (shop.active(), shop.member().rewards) == (0, {})


def test_a_service_that_is_confirmed_outside_begins_with_the_word_of_its_provider() -> None:
    kind = sort("sort", Entitle(service="rate", lasts=DAY, confirm=True, within=Span(2, Unit.HOUR)))
    shop = Desk(EARN, reward(type="sort"), kind)
    shop.buy(200)
    order_id = shop.place()
    assert code(shop.order("overdue", order_id=order_id)) == "order_not_over"
    shop.now = at("2026-03-02 11:59")
    assert heard(shop.step(order_id, 1, "confirmed"), "service.") == ["service.started"]
    second = shop.place()
    shop.now = at("2026-03-02 14:00")
    # Too late: the two hours are over.
    assert code(shop.step(second, 1, "confirmed")) == "order_step_over"
    assert heard(shop.order("overdue", order_id=second)) == ["reward.failed"]
    assert shop.active() == 100


def test_a_rule_gives_a_service_with_its_terms_and_gives_it_for_longer() -> None:
    effect = Entitlement(service="insurance", terms={"cover": "basket.total"}, until=Span(2, Unit.DAY))
    shop = Desk(rule("insured", effect))
    decision = shop.buy(5000)
    row = decision.orders[-1]
    assert (row.service, row.ends_at, row.detail["terms"]) == (
        "insurance",
        at("2026-03-04 22:00"),
        {"cover": {"amount": 5000, "scale": 2}},
    )
    shop.now = at("2026-03-03 10:00")
    assert [one.ends_at for one in shop.buy(5000).orders] == [at("2026-03-05 22:00")]
    shop.now = at("2026-03-05 22:00")
    assert heard(shop.tick(), "service.") == ["service.ended"]
    assert shop.member().rewards == {}


def test_a_service_that_nobody_confirms_in_time_never_begins() -> None:
    shop = Desk(rule("insured", Entitlement(service="insurance", within=DAY)))
    order_id = shop.buy(5000).orders[-1].order_id
    assert heard(shop.step(order_id, 1, "confirmed"), "service.") == ["service.started"]
    shop.order("withdraw", order_id=order_id, reason="late")
    shop.buy(5000)
    shop.now = at("2026-03-03 22:00")
    assert heard(shop.tick()) == ["reward.failed"]


def test_no_member_has_more_than_thirty_orders_open() -> None:
    shop = Desk(EARN, reward(price="1", type="sort"), sort("sort", Webhook(webhook="x")))
    shop.buy(200)
    for _ in range(30):
        shop.place()
    assert code(shop.order(reward="mug")) == "too_many_orders"
    assert len(shop.state) < 8192


def test_law6_an_order_cancelled_leaves_no_trace_of_either() -> None:
    kind = sort("sort", Credit(credit="cash", amount="3"), cancel_within=MONTH)
    fields: dict[str, Any] = {"limits": {Period.MONTH: 5}, "stock": True, "value": 100, "budget": Budget(money=900)}
    shop = Desk(CASH, EARN, reward(type="sort", **fields), kind)
    shop.buy(250)
    stocked(shop, "mug", 3)
    before = (shop.member(), shop.balances["points"].active, {lot: one.remaining for lot, one in shop.lots.items()})
    order_id: UUID = shop.place(quantity=2)
    shop.order("cancel", order_id=order_id)
    after = shop.member()
    assert (after.rewards, after.used) == (before[0].rewards, before[0].used)
    assert shop.active() == before[1]
    assert all(shop.lots[lot].remaining == left for lot, left in before[2].items())
    assert shop.active("cash") == 0
    assert {key[0].metric: value for key, value in shop.counters.items() if key[1] == ""} == {
        "stock:mug": 0,
        "budget:rewards.mug/money": 0,
    }
    assert ids.to_wire("ord", order_id) not in after.rewards


# -- at the till


FREE = sort("free", effects=(FreeItem(),))


def coffee(*others: int) -> tuple[Line, ...]:
    """A coffee for 20.00, and goods."""
    goods = tuple(Line(no=no, amount=amount, category="bread") for no, amount in enumerate(others, 2))
    return (Line(no=1, amount=2000, category="coffee"), *goods)


def cafe(**fields: Any) -> Desk:
    free = reward("free_coffee", price="50", type="free", lines="line.category == 'coffee'", **fields)
    shop = Desk(base("basket.base"), free, FREE)
    shop.buy(20_000)
    return shop


def test_a_reward_at_the_till_frees_its_line_and_its_price_is_taken_at_once() -> None:
    shop = cafe(limits={Period.DAY: 1})
    decision = shop.buy(lines=coffee(3000), rewards=("free_coffee",))
    assert [(one.source, one.amount) for one in decision.discounts] == [("rewards.free_coffee", 2000)]
    # 200 less 50 for the coffee, and 30 for the bread.
    assert shop.active() == 180
    assert heard(decision) == ["reward.ordered", "reward.fulfilled"]
    assert code(shop.buy(lines=coffee(), rewards=("free_coffee",))) == "reward_limit_reached"


def test_a_reward_that_does_nothing_for_the_basket_is_refused() -> None:
    shop = cafe()
    bread = (Line(no=1, amount=3000, category="bread"),)
    assert code(shop.buy(lines=bread, rewards=("free_coffee",))) == "reward_not_for_basket"
    assert code(shop.buy(lines=bread, rewards=("tea",))) == "unknown_reward"
    assert shop.active() == 200


def test_l12_goods_back_and_the_reward_kept_its_price_stays_spent() -> None:
    shop = cafe()
    shop.buy(lines=coffee(3000), rewards=("free_coffee",))
    shop.back(shop.last(), ReturnedLine(no=2))
    assert shop.active() == 150


def test_law6_a_reward_at_the_till_that_comes_back_leaves_its_unit_and_its_room() -> None:
    shop = cafe(stock=True, limits={Period.MONTH: 1})
    stocked(shop, "free_coffee", 1)
    shop.buy(lines=coffee(), rewards=("free_coffee",))
    assert code(shop.buy(lines=coffee(), rewards=("free_coffee",))) == "reward_limit_reached"
    shop.back(shop.last())
    assert shop.counters[CounterKey("stock:free_coffee", "program", "ever"), ""] == 0
    assert shop.buy(lines=coffee(), rewards=("free_coffee",)).outcome is Outcome.ACCEPTED


def test_l18_a_return_undone_takes_the_price_of_the_reward_again_and_no_return_gives_it_twice() -> None:
    shop = cafe(stock=True, limits={Period.MONTH: 1})
    stocked(shop, "free_coffee", 1)
    shop.buy(lines=coffee(), rewards=("free_coffee",))
    sale = shop.last()
    for _ in range(2):
        shop.back(sale)
        assert shop.active() == 200
        undo(shop, sale, shop.last())
        assert shop.active() == 150
        assert shop.counters[CounterKey("stock:free_coffee", "program", "ever"), ""] == 1
        assert code(shop.buy(lines=coffee(), rewards=("free_coffee",))) == "reward_limit_reached"


def test_l18_a_unit_that_somebody_else_has_by_now_is_not_taken_again() -> None:
    shop = cafe(stock=True)
    stocked(shop, "free_coffee", 1)
    shop.buy(lines=coffee(), rewards=("free_coffee",))
    sale = shop.last()
    shop.back(sale)
    back = shop.last()
    shop.buy(lines=coffee(), rewards=("free_coffee",))
    undo(shop, sale, back)
    stock = CounterKey("stock:free_coffee", "program", "ever")
    assert (shop.counters[stock, ""], shop.active()) == (1, 100)
    shop.back(sale)
    assert (shop.counters[stock, ""], shop.active()) == (1, 150)


def test_l18_what_was_spent_meanwhile_is_owed_and_the_next_return_forgives_it() -> None:
    shop = cafe()
    shop.buy(lines=coffee(), rewards=("free_coffee",))
    sale = shop.last()
    shop.back(sale)
    back = shop.last()
    shop.hold("place", currency="points", points=180)
    # 20 of the 50 are there.
    undo(shop, sale, back)
    assert (shop.active(), shop.has().arrears) == (0, 30)
    shop.back(sale)
    assert (shop.active(), shop.has().arrears) == (20, 0)


def test_l12_the_reward_comes_back_its_price_goes_back_and_what_was_earned_stays() -> None:
    shop = cafe()
    shop.buy(lines=coffee(3000), rewards=("free_coffee",))
    sale = shop.last()
    shop.back(sale, ReturnedLine(no=1))
    assert shop.active() == 230
    shop.back(sale, ReturnedLine(no=2))
    assert shop.active() == 200


def test_the_form_of_an_order_asks_for_the_fields_of_all_its_parts() -> None:
    guests = {"guests": FieldDefinition(type=FieldType.INT, required=True)}
    kind = sort("visit", Webhook(webhook="lounge"), form=guests)
    own: dict[str, Any] = {"price": "10"}
    parts = (reward("a", type="visit", **own), reward("b", type="visit", **own))
    shop = Desk(EARN, kind, *parts, reward(**own, bundle=("a",)), reward("two", **own, bundle=("a", "b")),
                reward("one", **own, choose=("a", "b")))  # fmt: skip
    shop.buy(100)
    assert said(shop.order(reward="mug"), "field") == "form.guests"
    assert shop.order(reward="mug", form={"guests": 2}).orders[0].form == {"guests": 2}
    assert said(shop.order(reward="two", form={"guests": 2}), "expected") == "a.guests, b.guests"
    assert code(shop.order(reward="two", form={"a.guests": 2, "b.guests": 1})) is None
    assert said(shop.order(reward="one", choice="b"), "field") == "form.guests"
    assert code(shop.order(reward="one", choice="b", form={"guests": 1})) is None
