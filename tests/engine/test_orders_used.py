"""Orders whose gifts were used: nothing comes out of nothing by cancelling them. Each number is worked out by hand."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from regulars.engine.contracts.gifts import CodeSeen, VoucherAct
from regulars.program.contracts.budgets import Budget
from regulars.program.contracts.definitions import Currency, CurrencyKind, Expiry, Negative, Segment
from regulars.program.contracts.effects import GiveOffer, GiveVoucher
from regulars.program.contracts.offers import Offer
from regulars.program.contracts.reward_steps import Credit, Effects, Entitle, Handover, IssueCode, OfferStep, Webhook
from regulars.program.contracts.rewards import Price, Refund, Reward
from regulars.program.contracts.values import Period, Ratio, Span, Unit
from regulars.program.contracts.vouchers import Codes, Holder, Uses, Voucher
from tests.engine.shop import MEMBER, at, give, rule
from tests.engine.test_orders import CASH, EARN, MONTH, code, heard, reward, sort
from tests.engine.test_rewards import Coded, said
from tests.engine.test_vouchers import buy, seen, tenth

GIFT = Currency(name="gift", kind=CurrencyKind.MONEY, scale=2, value=Ratio(1), expiry=Expiry(never=True))
WON = Voucher(name="won", codes=Codes(pattern="####"), gift="gift", value=100)
ISSUES_GIFT = sort("sort", IssueCode(issue_code="won"), cancel_within=MONTH)
MINE = tenth("mine", codes=Codes(pattern="####"))
ISSUES_MINE = sort("sort", IssueCode(issue_code="mine"), cancel_within=MONTH)


def coded(*definitions: Any, points: int = 100) -> Coded:
    shop = Coded(EARN, *definitions)
    shop.buy(points)
    return shop


def held(shop: Coded, voucher: str, place: int = 0) -> CodeSeen:
    """A code that the member has, as it is shown."""
    code_id = UUID(bytes=shop.member().vouchers[voucher][place][0])
    return seen(code_id, voucher=voucher, member_id=MEMBER, given=True)


def redeem(shop: Coded, one: CodeSeen) -> None:
    shop.do(shop.activity("voucher", voucher=VoucherAct(act="redeem"), codes=(one,)))


def test_an_order_whose_gift_card_was_used_is_not_cancelled() -> None:
    shop = coded(GIFT, WON, ISSUES_GIFT, reward(type="sort"))
    order_id = shop.place()
    redeem(shop, held(shop, "won"))
    assert (shop.active(), shop.active("gift")) == (0, 100)
    for by in ("member", "staff"):
        refused = shop.order("cancel", order_id=order_id, by=by)
    assert (code(refused), said(refused, "used")) == ("order_used", "vouchers.won")
    assert (shop.active(), shop.active("gift")) == (0, 100)


def test_its_gift_card_is_good_for_nobody_once_the_order_is_cancelled() -> None:
    shop = coded(GIFT, WON, ISSUES_GIFT, reward(type="sort"))
    order_id = shop.place()
    one = held(shop, "won")
    shop.order("cancel", order_id=order_id)
    assert (shop.active(), shop.states[one.code_id]) == (100, "cancelled")
    # Whoever showed it at the same moment is decided after the cancel: nothing is left of it.
    assert [value for (key, item), value in shop.counters.items() if key.metric == "uses:won" and not item] == [1]


def test_an_order_whose_code_is_used_is_cancelled_once_its_use_came_back_and_the_code_never_opens_again() -> None:
    shop = coded(MINE, ISSUES_MINE, reward(type="sort"))
    order_id = shop.place()
    one = held(shop, "mine")
    # 10 % off 10.00; 900 points.
    assert buy(shop, one, amounts=(1000,)).points == {"points": 900}
    sale = shop.last()
    assert said(shop.order("cancel", order_id=order_id), "used") == "vouchers.mine"
    shop.back(sale)
    assert shop.active() == 0
    shop.order("cancel", order_id=order_id)
    assert (shop.active(), shop.states[one.code_id], shop.member().vouchers) == (100, "cancelled", {})


def test_a_code_that_came_with_nothing_back_stays_used_and_never_opens_again() -> None:
    kind = sort("sort", IssueCode(issue_code="mine"), cancel_within=MONTH, on_refund=Refund.NONE)
    shop = coded(MINE, kind, reward(type="sort"))
    order_id = shop.place()
    one = held(shop, "mine")
    buy(shop, one, amounts=(1000,))
    sale = shop.last()
    assert heard(shop.order("cancel", order_id=order_id)) == ["reward.cancelled"]
    shop.back(sale)
    assert (shop.states[one.code_id], shop.member().vouchers) == ("cancelled", {})


def test_an_order_that_fails_after_its_code_was_used_stays_paid_and_the_code_stays_as_it_was() -> None:
    kind = sort("sort", IssueCode(issue_code="mine"), Webhook(webhook="x"))
    shop = coded(MINE, kind, reward(type="sort"))
    order_id = shop.place()
    one = held(shop, "mine")
    buy(shop, one, amounts=(1000,))
    decision = shop.step(order_id, 2, "failed")
    # 100 were set aside; 900 of the purchase are there.
    assert (heard(decision), shop.has().active, shop.has().held) == (["reward.failed"], 900, 0)
    assert shop.states[one.code_id] == "given"


def test_a_code_that_an_effect_of_a_step_gives_goes_back_with_the_order_as_well() -> None:
    kind = sort("sort", Effects(effects=(GiveVoucher(voucher="mine"),)), cancel_within=MONTH)
    shop = coded(MINE, kind, reward(type="sort"))
    order_id = shop.place()
    one = held(shop, "mine")
    buy(shop, one, amounts=(1000,))
    sale = shop.last()
    assert code(shop.order("cancel", order_id=order_id)) == "order_used"
    shop.back(sale)
    shop.order("cancel", order_id=order_id)
    assert (shop.active(), shop.states[one.code_id]) == (100, "cancelled")


def test_a_code_that_all_share_is_known_to_be_used_by_its_order() -> None:
    shared = tenth("mine", codes=Codes(shared="FRIENDS"), holder=Holder.ASSIGNED)
    shop = coded(shared, ISSUES_MINE, reward(type="sort"))
    order_id = shop.place()
    buy(shop, held(shop, "mine"), amounts=(1000,))
    sale = shop.last()
    assert code(shop.order("cancel", order_id=order_id)) == "order_used"
    shop.back(sale)
    shop.order("cancel", order_id=order_id)
    assert (shop.active(), shop.member().vouchers) == (100, {})


def test_a_code_used_once_of_several_times_is_used() -> None:
    shop = coded(tenth("mine", codes=Codes(pattern="####"), uses=Uses(code=3)), ISSUES_MINE, reward(type="sort"))
    order_id = shop.place()
    buy(shop, held(shop, "mine"), amounts=(1000,))
    assert code(shop.order("cancel", order_id=order_id)) == "order_used"


@pytest.mark.parametrize("negative", [Negative.OWN_LOT, Negative.TO_ZERO, Negative.PENDING_ONLY])
def test_what_was_credited_and_cannot_be_owed_is_not_left_to_the_member(negative: Negative) -> None:
    cash = Currency(name="cash", value=Ratio(1), scale=2, negative=negative)
    kind = sort("sort", Credit(credit="cash", amount="1.00"), cancel_within=MONTH)
    shop = coded(cash, kind, reward(type="sort"), reward("cup", prices=(Price(points={"cash": "0.60"}),)), sort("none"))
    order_id = shop.place()
    shop.place("cup")
    assert (shop.active(), shop.active("cash")) == (0, 40)
    refused = shop.order("cancel", order_id=order_id)
    assert (code(refused), said(refused, "used")) == ("order_used", "currencies.cash")
    assert (shop.active(), shop.active("cash")) == (0, 40)


# -- offers


TRIPLE = Offer(name="triple", effects=(give("7"),), on=("visit",), window=Span(10, Unit.DAY))


@pytest.mark.parametrize("step", [OfferStep(offer="triple"), Effects(effects=(GiveOffer(offer="triple"),))])
def test_an_offer_goes_with_the_order_that_gave_it(step: Any) -> None:
    shop = coded(TRIPLE, sort("sort", step, cancel_within=MONTH), reward(type="sort"))
    order_id = shop.place()
    assert list(shop.member().offers) == ["triple"]
    decision = shop.order("cancel", order_id=order_id)
    assert (shop.active(), shop.member().offers, heard(decision, "offer.")) == (100, {}, ["offer.ended"])
    assert shop.do(shop.activity("visit")).points == {}


def test_an_order_whose_offer_was_used_is_not_cancelled() -> None:
    shop = coded(TRIPLE, sort("sort", OfferStep(offer="triple"), cancel_within=MONTH), reward(type="sort"))
    order_id = shop.place()
    assert shop.do(shop.activity("visit")).points == {"points": 7}
    refused = shop.order("cancel", order_id=order_id)
    assert (code(refused), said(refused, "used")) == ("order_used", "offers.triple")
    # Nor once its window is over: what was had of it was had.
    shop.now = at("2026-03-20 10:00")
    shop.tick()
    assert shop.member().offers == {}
    assert code(shop.order("cancel", order_id=order_id)) == "order_used"


def test_an_offer_that_the_member_had_before_stays() -> None:
    kind = sort("sort", OfferStep(offer="triple"), cancel_within=MONTH)
    shop = coded(TRIPLE, rule("visitor", GiveOffer(offer="triple")), kind, reward(type="sort"))
    order_id = shop.place()
    shop.order("cancel", order_id=order_id)
    assert list(shop.member().offers) == ["triple"]


def test_a_use_that_came_back_lets_the_order_be_cancelled() -> None:
    offer = Offer(name="triple", effects=(give("7"),), window=MONTH)
    shop = coded(offer, sort("sort", OfferStep(offer="triple"), cancel_within=MONTH), reward(type="sort"))
    order_id = shop.place()
    # 10 of the purchase, 7 of the offer.
    assert shop.buy(10).points == {"points": 17}
    sale = shop.last()
    assert code(shop.order("cancel", order_id=order_id)) == "order_used"
    shop.back(sale)
    shop.order("cancel", order_id=order_id)
    assert (shop.active(), shop.member().offers) == (100, {})


# -- parts


@pytest.mark.parametrize(("whole", "choice"), [({"bundle": ("cup",)}, None), ({"choose": ("cup",)}, "cup")])
def test_a_part_is_no_way_round_what_it_asks_for_by_itself(whole: dict[str, Any], choice: str | None) -> None:
    rich = Segment(name="rich", if_="member.balances.points >= 500")
    for fields, expected in (
        ({"if_": "member.balances.points >= 500"}, "reward_not_for_member"),
        ({"audience": "rich"}, "reward_not_for_member"),
        ({"limits": {Period.EVER: 1}}, "reward_limit_reached"),
        ({"budget": Budget(uses=1)}, "reward_budget_spent"),
        ({"budget": Budget(money=300), "value": 200}, "reward_budget_spent"),
        ({"until": at("2026-03-02 10:00").date()}, "reward_not_open"),
    ):
        cup = Reward(name="cup", **fields)
        shop = coded(rich, cup, reward(price="10", type="sort", **whole), sort(cancel_within=MONTH))
        if expected in {"reward_not_for_member", "reward_not_open"}:
            assert code(shop.order(reward="mug", choice=choice)) == expected
            continue
        order_id = shop.place(choice=choice)
        refused = shop.order(reward="mug", choice=choice)
        assert (code(refused), said(refused, "reward")) == (expected, "cup")
        shop.order("cancel", order_id=order_id)
        shop.place(choice=choice)
        assert shop.active() == 90


def test_a_part_counts_as_often_as_it_is_in_the_bundle() -> None:
    cup = Reward(name="cup", limits={Period.EVER: 3})
    shop = coded(cup, reward(price="10", bundle=("cup", "cup")))
    shop.place()
    assert code(shop.order(reward="mug")) == "reward_limit_reached"


def test_m72_a_part_that_is_not_for_the_member_any_more_is_not_handed_over() -> None:
    cup = Reward(name="cup", if_="member.balances.points >= 60")
    kind = sort("sort", Handover(handover="counter"))
    shop = coded(cup, kind, reward(price="50", type="sort", bundle=("cup",)))
    order_id = shop.place()
    # 50 of 100 are set aside.
    assert code(shop.order("use", order_id=order_id)) == "reward_not_for_member"


# -- several at a time


def test_three_of_a_reward_credit_three_times_unless_the_formula_counts_itself() -> None:
    for amount in ("1.00", "1.00 * event.quantity"):
        kind = sort("sort", Credit(credit="cash", amount=amount), cancel_within=MONTH)
        shop = coded(CASH, kind, reward(type="sort"), points=300)
        order_id = shop.place(quantity=3)
        assert (shop.active(), shop.active("cash")) == (0, 300)
        shop.order("cancel", order_id=order_id)
        assert (shop.active(), shop.active("cash")) == (300, 0)


def test_three_of_a_reward_give_three_codes_by_either_step() -> None:
    for step in (IssueCode(issue_code="mine"), Effects(effects=(GiveVoucher(voucher="mine"),))):
        shop = coded(MINE, sort("sort", step), reward(type="sort"), points=300)
        shop.place(quantity=3)
        assert len(shop.member().vouchers["mine"]) == 3


@pytest.mark.parametrize("step", [OfferStep(offer="triple"), Entitle(service="insurance")])
def test_what_is_given_once_is_ordered_one_at_a_time(step: Any) -> None:
    shop = coded(TRIPLE, sort("sort", step), reward(type="sort"), points=300)
    assert code(shop.order(reward="mug", quantity=2)) == "reward_one_at_a_time"
    assert shop.active() == 300
    shop.place(quantity=1)
