"""Vouchers: who may use a code, when, how often, for which basket; what is given, cancelled and given back."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

import pytest
from msgspec.structs import replace

from regulars.engine import caps, vouching
from regulars.engine import service as engine
from regulars.engine import state as states
from regulars.engine.contracts.activity import Activity, PointsPayment
from regulars.engine.contracts.decision import Decision, Outcome
from regulars.engine.contracts.gifts import CodeGiven, CodeSeen, CodesNeeded, VoucherAct
from regulars.program.contracts.budgets import Budget
from regulars.program.contracts.definitions import Currency, CurrencyKind, Measure, Metric, Segment
from regulars.program.contracts.effects import Discount, GiveVoucher, On, OnReversal, Reduction
from regulars.program.contracts.households import Household
from regulars.program.contracts.stacking import Mode, Stacking
from regulars.program.contracts.values import Period, Ratio, Rollback, Share, Span, Unit, Window, WindowKind
from regulars.program.contracts.vouchers import Applies, Codes, Holder, Uses, Voucher
from tests.engine.shop import MEMBER, ReturnedLine, Shop, at, base, give, lines, rule
from tests.engine.test_undone_returns import undo
from tests.engine.town import ANN, BOB, Town

CODE = UUID(int=501)
OTHER = UUID(int=502)
FRIEND = UUID(int=8)


class Counter(Shop):
    """A shop whose codes are kept beside it: those that a member has are found, more are made when asked for."""

    def __init__(self, *definitions: Any, **settings: str) -> None:
        super().__init__(*definitions, **settings)
        self.left = 100
        self.states: dict[UUID, str] = {}

    def do(self, activity: Activity, **options: Any) -> Decision:
        while True:
            try:
                decision = self.ask(activity, **options)
                break
            except CodesNeeded as need:
                known = {one.code_id for one in activity.codes}
                activity = replace(
                    activity,
                    codes=(*activity.codes, *(self.held(one) for one in sorted(need.held - known))),
                    issued={
                        **activity.issued,
                        **{name: self.made(activity, name, count) for name, count in need.more.items()},
                    },
                )
        for change in decision.codes:
            self.states[change.code_id] = change.state or "given"
        return super().do(replace(activity, issued=decision.issued or activity.issued), **options)

    def held(self, code_id: UUID) -> CodeSeen:
        state = self.states.get(code_id, "open")
        return seen(code_id, act="held", member_id=MEMBER, given=True, state="open" if state == "given" else state)

    def made(self, activity: Activity, name: str, count: int) -> tuple[CodeGiven, ...]:
        first = activity.activity_id.int * 1000 + sum(name.encode())
        made = (CodeGiven(code_id=UUID(int=first + n), code=f"CODE-{n}", tail=str(n)) for n in range(count))
        return tuple(one if n < self.left else CodeGiven() for n, one in enumerate(made))


def summer(**fields: Any) -> Voucher:
    fields.setdefault("effects", (give("50"),))
    return Voucher(name="summer", **fields)


def seen(code_id: UUID = CODE, **fields: Any) -> CodeSeen:
    return CodeSeen(code_id=code_id, voucher=fields.pop("voucher", "summer"), code="K7QZ", **fields)


def buy(shop: Shop, *codes: CodeSeen, amounts: tuple[int, ...] = (10000,), **fields: Any) -> Decision:
    return shop.do(shop.activity("purchase", lines=lines(*amounts, **fields.pop("line", {})), codes=codes, **fields))


def refused(decision: Decision, code: str) -> dict[str, object]:
    assert decision.outcome is Outcome.REFUSED
    assert decision.refusal is not None
    assert decision.refusal.code == code
    return decision.refusal.fields


def held(shop: Shop) -> dict[str, list[list[Any]]]:
    return states.decode(shop.state).members[0].vouchers if shop.state else {}


def types(decision: Decision) -> list[str]:
    return [event.type for event in decision.events]


def test_a_code_that_is_shown_counts_for_the_basket() -> None:
    shop = Shop(summer())
    decision = buy(shop, seen())
    assert decision.points == {"points": 50}
    assert "voucher.used" in types(decision)


def test_without_a_code_the_campaign_does_nothing() -> None:
    shop = Shop(summer())
    assert buy(shop).points == {}


def test_a_code_that_nobody_made_is_refused() -> None:
    shop = Shop(summer())
    assert refused(buy(shop, seen(voucher="")), "unknown_voucher") == {"shown": "K7QZ"}


def test_a_code_counts_as_often_as_its_campaign_says() -> None:
    shop = Shop(summer(uses=Uses(code=2)))
    assert buy(shop, seen()).points == {"points": 50}
    assert buy(shop, seen()).points == {"points": 50}
    fields = refused(buy(shop, seen()), "voucher_used_up")
    assert (fields["whose"], fields["most"]) == ("code", 2)
    assert buy(shop, seen(OTHER)).points == {"points": 50}


def test_a_code_that_all_share_counts_without_limit() -> None:
    shop = Shop(summer(codes=Codes(shared="WELCOME")))
    for _ in range(3):
        assert buy(shop, seen()).points == {"points": 50}


def test_a_member_uses_a_campaign_so_often_in_all_and_a_day() -> None:
    shop = Shop(summer(uses=Uses(code=9, member=3, day=2)))
    buy(shop, seen())
    buy(shop, seen())
    assert refused(buy(shop, seen()), "voucher_used_up")["whose"] == "day"
    shop.now = at("2026-03-03 10:00")
    assert buy(shop, seen()).points == {"points": 50}
    shop.now = at("2026-03-04 10:00")
    assert refused(buy(shop, seen()), "voucher_used_up")["whose"] == "member"


@pytest.mark.parametrize(
    ("state", "code"),
    [
        ("blocked", "voucher_blocked"),
        ("cancelled", "voucher_blocked"),
        ("locked", "voucher_locked"),
        ("idle", "voucher_not_sold"),
    ],
)
def test_a_code_in_another_state_than_open_is_refused(state: str, code: str) -> None:
    shop = Shop(summer())
    refused(buy(shop, seen(state=state)), code)


def test_a_code_of_somebody_else_is_refused() -> None:
    shop = Shop(summer())
    refused(buy(shop, seen(member_id=FRIEND)), "voucher_not_yours")
    assert buy(shop, seen(member_id=MEMBER)).points == {"points": 50}


def test_an_assigned_code_that_nobody_has_is_nobodys() -> None:
    shop = Shop(summer(holder=Holder.ASSIGNED))
    refused(buy(shop, seen()), "voucher_not_given")
    assert buy(shop, seen(member_id=MEMBER)).points == {"points": 50}


def test_the_dates_of_the_campaign_and_of_the_code() -> None:
    shop = Shop(summer(from_=dt.date(2026, 3, 2), until=dt.date(2026, 3, 4)))
    shop.now = at("2026-03-01 10:00")
    refused(buy(shop, seen()), "voucher_not_yet")
    shop.now = at("2026-03-03 10:00")
    refused(buy(shop, seen(from_at=at("2026-03-03 10:01"))), "voucher_not_yet")
    refused(buy(shop, seen(until_at=at("2026-03-03 10:00"))), "voucher_over")
    assert buy(shop, seen()).points == {"points": 50}
    # The fourth begins at 22:00 UTC of the third in Chisinau.
    shop.now = at("2026-03-03 22:00")
    refused(buy(shop, seen(OTHER)), "voucher_over")


def test_what_fails_of_its_conditions_is_said() -> None:
    shop = Shop(
        summer(if_="basket.total >= 100.00", lines="line.category == 'tea'", audience="regular"),
        Segment(name="regular", static=True),
    )
    assert refused(buy(shop, seen()), "voucher_condition")["failed"] == "audience"
    shop = Shop(summer(if_="basket.total >= 100.00", lines="line.category == 'tea'"))
    fields = refused(buy(shop, seen(), amounts=(9999,)), "voucher_condition")
    assert (fields["failed"], fields["condition"]) == ("if", "basket.total >= 100.00")
    assert refused(buy(shop, seen()), "voucher_condition")["failed"] == "lines"
    assert buy(shop, seen(), line={"category": "tea"}).points == {"points": 50}


def test_an_audience_may_be_a_condition() -> None:
    shop = Shop(summer(audience="member.joined_on < date('2026-01-01')"))
    assert refused(buy(shop, seen()), "voucher_condition")["failed"] == "audience"


def test_a_campaign_counts_for_the_types_that_it_names() -> None:
    shop = Shop(summer(on=("visit",)))
    assert refused(buy(shop, seen()), "voucher_condition")["failed"] == "on"
    assert shop.do(shop.activity("visit", codes=(seen(),))).points == {"points": 50}


def test_who_is_new_is_so_for_the_purchase_that_makes_them_a_buyer() -> None:
    purchases = Metric(
        name="purchases", measure=Measure.COUNT, where="type == 'purchase'", window=Window(kind=WindowKind.EVER)
    )
    shop = Shop(summer(if_="member.metrics.purchases == 0"), purchases)
    assert buy(shop, seen()).points == {"points": 50}
    assert refused(buy(shop, seen(OTHER)), "voucher_condition")["failed"] == "if"


def test_a_part_of_a_first_purchase_that_comes_back_leaves_what_its_code_gave() -> None:
    purchases = Metric(
        name="purchases", measure=Measure.COUNT, where="type == 'purchase'", window=Window(kind=WindowKind.EVER)
    )
    shop = Shop(summer(if_="member.metrics.purchases == 0"), purchases)
    buy(shop, seen(), amounts=(10000, 5000))
    assert shop.back(shop.last(), ReturnedLine(no=2)).points == {}


def test_two_codes_of_one_campaign_do_not_count_for_one_basket() -> None:
    shop = Shop(summer())
    refused(buy(shop, seen(), seen(OTHER)), "voucher_twice")
    decision = buy(shop, seen(), seen(OTHER, voucher="winter"))
    refused(decision, "unknown_voucher")


def test_codes_of_two_campaigns_count_together() -> None:
    shop = Shop(summer(), Voucher(name="winter", effects=(give("7"),)))
    assert buy(shop, seen(), seen(OTHER, voucher="winter")).points == {"points": 57}


def test_what_a_code_is_worth_stands_in_formulas() -> None:
    shop = Shop(summer(value=500, effects=(give("voucher.value * 10"),)))
    assert buy(shop, seen()).points == {"points": 50}
    assert buy(shop, seen(OTHER, value=700)).points == {"points": 70}


def test_the_voucher_of_higher_priority_stands_first() -> None:
    shop = Shop(summer(), Voucher(name="winter", priority=5, effects=(give("7"),)))
    decision = buy(shop, seen(), seen(OTHER, voucher="winter"))
    assert [one.rule for one in decision.fired] == ["vouchers.winter", "vouchers.summer"]


def test_a_refused_code_costs_no_use() -> None:
    shop = Shop(summer(if_="basket.total >= 100.00"))
    refused(buy(shop, seen(), amounts=(100,)), "voucher_condition")
    assert shop.counters == {}
    assert buy(shop, seen()).points == {"points": 50}


def given(decision: Decision) -> list[UUID]:
    return [change.code_id for change in decision.codes if change.member_id is not None]


def test_a_rule_gives_a_code_that_stands_on_the_receipt_and_is_the_members() -> None:
    shop = Counter(
        summer(holder=Holder.ASSIGNED, window=Span(14, Unit.DAY)), rule("thanks", GiveVoucher(voucher="summer"))
    )
    decision = buy(shop)
    (code_id,) = given(decision)
    assert held(shop) == {"summer": [[code_id.bytes, 20514, 20528]]}
    (said,) = [one for one in decision.messages if one.code == "voucher.given_until"]
    assert said.fields["through"] == "2026-03-15"
    assert "voucher.given" in types(decision)
    mine = seen(code_id, member_id=MEMBER, given=True)
    assert buy(shop, mine).points == {"points": 50}
    assert code_id.bytes not in [one[0] for one in held(shop)["summer"]]
    assert refused(buy(shop, mine), "voucher_used_up")["whose"] == "code"


def test_what_is_kept_of_a_given_code_is_not_the_code() -> None:
    shop = Counter(summer(), rule("thanks", GiveVoucher(voucher="summer")))
    decision = buy(shop)
    (one,) = decision.issued["summer"]
    assert (one.code, one.tail, one.rule) == ("", "0", "thanks")
    assert not [event for event in decision.events if "CODE-0" in str(event.data)]


def test_a_given_code_ends_with_its_window() -> None:
    shop = Counter(
        summer(window=Span(14, Unit.DAY)),
        rule("thanks", GiveVoucher(voucher="summer"), **{"if": "basket.total > 500.00"}),
    )
    (code_id,) = given(buy(shop, amounts=(60000,)))
    shop.now = at("2026-03-15 22:00")
    mine = seen(code_id, member_id=MEMBER, given=True)
    refused(buy(shop, mine), "voucher_used_up")
    decision = shop.tick()
    assert "voucher.ended" in types(decision)
    assert held(shop) == {}


def test_a_look_is_due_when_a_code_ends() -> None:
    shop = Counter(summer(window=Span(14, Unit.DAY)), rule("thanks", GiveVoucher(voucher="summer")))
    assert buy(shop).review_at == at("2026-03-15 22:00")


def test_where_no_code_is_left_nothing_is_given_and_it_is_told() -> None:
    shop = Counter(summer(), rule("thanks", GiveVoucher(voucher="summer")))
    shop.left = 0
    decision = buy(shop)
    assert decision.outcome is Outcome.ACCEPTED
    assert "voucher.short" in types(decision)
    assert held(shop) == {}


def test_a_member_keeps_at_most_twenty_codes_of_a_campaign() -> None:
    shop = Counter(summer(), rule("thanks", GiveVoucher(voucher="summer")))
    for _ in range(21):
        decision = buy(shop)
    assert "voucher.short" in types(decision)
    assert len(held(shop)["summer"]) == 20


def test_a_held_code_counts_by_itself_where_the_campaign_says_so() -> None:
    shop = Counter(
        summer(applies=Applies.SELF, if_="basket.total >= 200.00"),
        rule("thanks", GiveVoucher(voucher="summer"), **{"if": "basket.total < 100.00"}),
    )
    (code_id,) = given(buy(shop, amounts=(5000,)))
    assert buy(shop, amounts=(10000,)).points == {}
    decision = buy(shop, amounts=(20000,))
    assert decision.points == {"points": 50}
    assert "voucher.used" in types(decision)
    assert held(shop) == {}
    assert code_id is not None


def test_a_held_code_that_is_blocked_does_not_count_by_itself() -> None:
    shop = Counter(
        summer(applies=Applies.SELF), rule("thanks", GiveVoucher(voucher="summer"), **{"if": "basket.total < 100.00"})
    )
    (code_id,) = given(buy(shop, amounts=(5000,)))
    shop.states[code_id] = "blocked"
    decision = buy(shop, amounts=(20000,))
    assert decision.outcome is Outcome.ACCEPTED
    assert decision.points == {}


def test_without_applies_a_held_code_waits_to_be_shown() -> None:
    shop = Counter(summer(), rule("thanks", GiveVoucher(voucher="summer"), **{"if": "basket.total < 100.00"}))
    buy(shop, amounts=(5000,))
    assert buy(shop, amounts=(20000,)).points == {}


def test_a_use_comes_back_once_all_lines_that_it_was_for_are_returned() -> None:
    shop = Shop(summer(uses=Uses(code=1, member=1)))
    buy(shop, seen(), amounts=(1000, 2000))
    sale = shop.last()
    shop.back(sale, ReturnedLine(no=1))
    refused(buy(shop, seen()), "voucher_used_up")
    decision = shop.back(sale, ReturnedLine(no=2))
    assert "voucher.returned" in types(decision)
    assert buy(shop, seen()).points == {"points": 50}


def test_L18_a_return_undone_uses_the_code_again() -> None:
    shop = Shop(summer(uses=Uses(code=1, member=1)))
    buy(shop, seen())
    sale = shop.last()
    for _ in range(2):
        shop.back(sale)
        undo(shop, sale, shop.last())
        refused(buy(shop, seen()), "voucher_used_up")
    assert shop.active() == 50
    shop.back(sale)
    assert buy(shop, seen()).points == {"points": 50}


def test_only_the_lines_that_it_was_for_matter() -> None:
    shop = Shop(summer(lines="line.amount >= 20.00"))
    buy(shop, seen(), amounts=(1000, 2000))
    shop.back(shop.last(), ReturnedLine(no=2))
    assert buy(shop, seen(), amounts=(2000,)).points == {"points": 50}


def test_a_use_stays_where_the_campaign_keeps_it() -> None:
    shop = Shop(summer(gives_back=False))
    buy(shop, seen())
    shop.back(shop.last())
    refused(buy(shop, seen()), "voucher_used_up")


def test_L4_an_unused_code_goes_with_what_it_was_given_for() -> None:
    shop = Counter(summer(), rule("thanks", GiveVoucher(voucher="summer"), **{"if": "basket.total >= 100.00"}))
    (code_id,) = given(buy(shop, amounts=(10000, 500)))
    sale = shop.last()
    assert shop.back(sale, ReturnedLine(no=2)).codes == ()
    (change,) = shop.back(sale, ReturnedLine(no=1)).codes
    assert (change.code_id, change.state) == (code_id, "cancelled")
    assert held(shop) == {}


def test_L4_a_used_code_is_kept() -> None:
    shop = Counter(summer(), rule("thanks", GiveVoucher(voucher="summer"), **{"if": "basket.total >= 200.00"}))
    (code_id,) = given(buy(shop, amounts=(20000,)))
    sale = shop.last()
    assert buy(shop, seen(code_id, member_id=MEMBER, given=True)).points == {"points": 50}
    decision = shop.back(sale)
    # Should its use come back, it is no good: what it was given for is gone.
    assert [(one.code_id, one.state) for one in decision.codes] == [(code_id, "cancelled")]
    assert "voucher.ended" not in types(decision)
    assert shop.active() == 50


def test_a_code_may_be_kept_when_what_it_was_given_for_comes_back() -> None:
    shop = Counter(summer(), rule("thanks", GiveVoucher(voucher="summer", on_reversal=OnReversal.KEEP)))
    buy(shop)
    assert shop.back(shop.last()).codes == ()
    assert len(held(shop)["summer"]) == 1


def gift(**fields: Any) -> tuple[Voucher, Currency]:
    currency = Currency(name="gift", kind=CurrencyKind.MONEY, scale=2, value=Ratio(1))
    return Voucher(name="card", gift="gift", **fields), currency


def test_a_gift_card_is_put_on_the_balance_and_pays_for_the_same_basket() -> None:
    shop = Shop(*gift(), base("basket.base"))
    card = seen(voucher="card", value=50000)
    decision = buy(shop, card, amounts=(30000,), pay=(PointsPayment(currency="gift", points=-1),))
    assert [(one.currency, one.points, one.amount) for one in decision.paid] == [("gift", 30000, 30000)]
    assert shop.active("gift") == 20000
    refused(buy(shop, card), "voucher_used_up")


def test_two_gift_cards_count_for_one_basket() -> None:
    shop = Shop(*gift())
    buy(shop, seen(voucher="card", value=500), seen(OTHER, voucher="card", value=700))
    assert shop.active("gift") == 1200


def test_a_gift_card_without_a_value_of_its_own_has_that_of_its_campaign() -> None:
    shop = Shop(*gift(value=2500))
    buy(shop, seen(voucher="card"))
    assert shop.active("gift") == 2500


def test_what_a_gift_card_paid_goes_back_to_it() -> None:
    shop = Shop(*gift())
    pay = (PointsPayment(currency="gift", points=-1),)
    buy(shop, seen(voucher="card", value=50000), amounts=(30000,), pay=pay)
    shop.back(shop.last())
    assert shop.active("gift") == 50000


def test_a_gift_card_is_good_once_it_is_sold_and_goes_back_untouched() -> None:
    shop = Shop(*gift(window=Span(1, Unit.YEAR)))
    sold = seen(voucher="card", state="idle", act="activate")
    refused(buy(shop, sold), "voucher_without_line")
    decision = buy(shop, sold, amounts=(50000,), line={"kind": "gift_card"})
    (change,) = decision.codes
    assert (change.state, change.value, change.until_at) == ("open", 50000, at("2027-03-01 22:00"))
    (back,) = shop.back(shop.last()).codes
    assert back.state == "cancelled"


def test_a_gift_card_that_was_used_does_not_go_back() -> None:
    shop = Shop(*gift())
    buy(shop, seen(voucher="card", state="idle", act="activate"), amounts=(50000,), line={"kind": "gift_card"})
    sale = shop.last()
    buy(shop, seen(voucher="card", value=50000))
    refused(shop.back(sale), "gift_card_used")


def test_only_a_gift_card_that_waits_is_sold() -> None:
    shop = Shop(*gift(), summer())
    for one in (seen(act="activate", state="idle"), seen(act="activate", voucher="card")):
        refused(buy(shop, one, amounts=(100,), line={"kind": "gift_card"}), "voucher_not_for_sale")


def said(shop: Shop, act: str, *codes: CodeSeen, **fields: Any) -> Decision:
    return shop.do(shop.activity("voucher", voucher=VoucherAct(act=act, **fields), codes=codes))


def test_a_code_is_used_without_a_basket() -> None:
    shop = Shop(summer())
    assert said(shop, "redeem", seen()).points == {"points": 50}
    refused(said(shop, "redeem", seen()), "voucher_used_up")


def test_a_code_of_baskets_alone_is_not_used_without_one() -> None:
    shop = Shop(summer(on=("purchase",)))
    assert refused(said(shop, "redeem", seen()), "voucher_condition")["failed"] == "on"


def test_a_code_is_given_by_hand() -> None:
    shop = Counter(summer())
    assert len(given(said(shop, "give", voucher="summer"))) == 1
    assert refused(said(shop, "give", voucher="winter"), "unknown_voucher_campaign")["known"] == "summer"


def test_shared_codes_need_no_row() -> None:
    shop = Counter(summer(codes=Codes(shared="WELCOME"), uses=Uses(member=1)))
    assert buy(shop, seen()).points == {"points": 50}
    assert refused(buy(shop, seen()), "voucher_used_up")["whose"] == "member"


def tenth(name: str = "summer", **fields: Any) -> Voucher:
    effect = Discount(discount=Reduction(percent=fields.pop("percent", "10")), on=On.BASKET)
    return Voucher(name=name, effects=(effect,), **fields)


def test_a_voucher_takes_something_off_the_price() -> None:
    shop = Shop(tenth(), base())
    decision = buy(shop, seen(), amounts=(10000,))
    assert [(one.source, one.amount) for one in decision.discounts] == [("vouchers.summer", 1000)]
    assert decision.points == {"points": 90}


def test_a_code_whose_discount_is_not_taken_stays_unused() -> None:
    best = Stacking(name="all", otherwise=Mode.BEST)
    shop = Shop(tenth(), tenth("winter", percent="20"), best)
    decision = buy(shop, seen(), seen(OTHER, voucher="winter"), amounts=(10000,))
    assert [(one.source, one.amount) for one in decision.discounts] == [("vouchers.winter", 2000)]
    assert buy(shop, seen(), amounts=(10000,)).outcome is Outcome.ACCEPTED
    refused(buy(shop, seen(OTHER, voucher="winter")), "voucher_used_up")


def test_of_the_vouchers_of_one_group_the_first_counts() -> None:
    shop = Shop(summer(group="spring"), Voucher(name="winter", group="spring", priority=5, effects=(give("7"),)))
    assert buy(shop, seen(), seen(OTHER, voucher="winter")).points == {"points": 7}
    assert buy(shop, seen()).points == {"points": 50}


def test_what_a_budget_leaves_nothing_of_is_no_use() -> None:
    shop = Shop(summer(budget=Budget(points={"points": 50}), uses=Uses(code=5, member=2)))
    assert buy(shop, seen()).points == {"points": 50}
    assert buy(shop, seen()).points == {"points": 0}
    assert caps.used(shop.member().used, "vouchers.summer", Period.EVER, shop.now.date()) == 1


def test_who_pays_for_what_a_voucher_gives() -> None:
    shares = (Share("maker", Ratio(3, 5)), Share("house", Ratio(2, 5)))
    points = Currency(name="points", value=Ratio(1, 100), cost={"maker": Ratio(1, 100), "house": Ratio(1, 100)})
    shop = Shop(summer(funding=shares), points)
    buy(shop, seen())
    assert sorted((lot.funder, lot.granted) for lot in shop.lots.values()) == [("house", 20), ("maker", 30)]


@pytest.mark.parametrize(("rollback", "left"), [(Rollback.KEEP, 9000), (Rollback.RECALCULATE, 10000)])
def test_L78_a_return_keeps_the_price_or_works_it_out_anew(rollback: Rollback, left: int) -> None:
    shop = Shop(tenth(if_="basket.total >= 150.00", rollback=rollback))
    buy(shop, seen(), amounts=(10000, 10000))
    decision = shop.back(shop.last(), ReturnedLine(no=2))
    assert 18000 - decision.returned == left


def test_a_code_that_only_lowers_a_price_needs_one() -> None:
    shop = Shop(tenth())
    refused(said(shop, "redeem", seen()), "voucher_needs_basket")


def handed(code_id: UUID) -> dict[str, tuple[CodeGiven, ...]]:
    return {"summer": (CodeGiven(code_id=code_id, code="C", tail="C"),)}


def test_L65_codes_come_along_when_members_are_merged_and_go_home() -> None:
    town = Town(summer(holder=Holder.ASSIGNED, uses=Uses(member=2)), base())
    ann, bob = town.at(ANN), town.at(BOB)
    for account, code_id in ((ann, CODE), (bob, OTHER)):
        act = VoucherAct(act="give", voucher="summer")
        account.do(account.activity("voucher", voucher=act, issued=handed(code_id)))
    town.merge(ANN, BOB)
    here = {UUID(bytes=one[0]) for one in town.state(BOB).members[0].vouchers["summer"]}
    assert here == {CODE, OTHER}
    # The row still names Ann, who leads to Bob: so it is handed in as his.
    decision = buy(town.at(BOB), seen(CODE, member_id=BOB, given=True))
    assert decision.points == {"points": 150}
    town.unmerge(ANN)
    assert [UUID(bytes=one[0]) for one in town.state(BOB).members[0].vouchers["summer"]] == [OTHER]


def test_L65_codes_come_along_into_a_household() -> None:
    town = Town(summer(holder=Holder.ASSIGNED), Household(name="family", size=3), base())
    ann = town.at(ANN)
    ann.do(ann.activity("voucher", voucher=VoucherAct(act="give", voucher="summer"), issued=handed(CODE)))
    town.at(BOB).buy(100)
    town.found(BOB, "family")
    town.household(BOB, "invite", member_id=ANN)
    joined = town.join(ANN, BOB)
    assert joined.outcome is Outcome.ACCEPTED, joined.refusal
    there = next(one for one in town.state(town.at(BOB).account_id).members if one.id == ANN.bytes)
    assert [UUID(bytes=one[0]) for one in there.vouchers["summer"]] == [CODE]


def test_LAW6_a_sale_and_its_whole_return_leave_the_vouchers_as_they_were() -> None:
    shop = Counter(
        summer(uses=Uses(code=3, member=5, day=4)),
        rule("thanks", GiveVoucher(voucher="winter")),
        Voucher(name="winter", effects=(give("1"),)),
    )
    shop.do(shop.activity("visit"))
    before = shop.member()
    buy(shop, seen())
    shop.back(shop.last())
    after = shop.member()
    assert (after.vouchers, after.used) == (before.vouchers, before.used)
    assert {key.metric: value for (key, item), value in shop.counters.items() if item == ""} == {"uses:summer": 0}


def test_a_member_keeps_at_most_sixty_codes_in_all() -> None:
    names = ("summer", "a", "b", "c")
    shop = Counter(
        *(Voucher(name=name, effects=(give("1"),)) for name in names),
        *(rule(f"r{name}", GiveVoucher(voucher=name)) for name in names),
    )
    for _ in range(16):
        buy(shop)
    assert sum(map(len, held(shop).values())) == 60


def test_LAW1_a_quote_and_its_purchase_say_the_same() -> None:
    shop = Shop(tenth(), base())
    activity = shop.activity("purchase", lines=lines(10000), codes=(seen(),))
    quoted, bought = shop.ask(activity), shop.do(activity)
    assert (quoted.discounts, quoted.points, quoted.messages) == (bought.discounts, bought.points, bought.messages)


def test_an_explanation_says_which_code_gave_what() -> None:
    shop = Shop(summer(), base())
    decision = buy(shop, seen(), amounts=(1000,))
    trace = engine.explain(shop.compiled, *shop.done[shop.last()][:1], decision.recorded)
    (one,) = [one for one in trace if one.rule == "vouchers.summer"]
    assert (one.fired, one.because, one.points) == (True, "fired", {"points": 50})


def test_an_open_code_that_a_member_was_given_is_good_for_whoever_shows_it() -> None:
    shop = Counter(summer())
    theirs = seen(member_id=FRIEND, given=True)
    assert buy(shop, theirs).points == {"points": 50}
    assert refused(buy(shop, theirs), "voucher_used_up")["whose"] == "code"
    # Its use comes back to the code, and not to whoever had only shown it.
    shop.back(shop.last())
    assert held(shop) == {}
    assert buy(shop, theirs).points == {"points": 50}
    refused(buy(Counter(summer(holder=Holder.ASSIGNED)), theirs), "voucher_not_yours")


def test_a_gift_card_that_was_won_can_be_given_away() -> None:
    shop = Shop(*gift(value=100))
    buy(shop, seen(voucher="card", member_id=FRIEND, given=True))
    assert shop.active("gift") == 100


def test_the_time_of_a_given_code_ends_for_whoever_shows_it() -> None:
    shop = Counter(summer(window=Span(14, Unit.DAY)), rule("thanks", GiveVoucher(voucher="summer")))
    (change,) = buy(shop).codes
    # Given on the first of fourteen days, 2 March: over with the 16th in Chisinau.
    assert change.until_at == at("2026-03-15 22:00")
    theirs = seen(OTHER, member_id=FRIEND, given=True, until_at=change.until_at)
    assert buy(shop, theirs).points == {"points": 50}
    shop.now = at("2026-03-15 22:00")
    refused(buy(shop, replace(theirs, code_id=CODE)), "voucher_over")
    # A row of before does not say when it ends.
    refused(buy(shop, seen(CODE, member_id=FRIEND, given=True)), "voucher_not_yours")


def test_codes_that_others_have_shown_make_room_for_new_ones() -> None:
    shop = Counter(summer(), rule("thanks", GiveVoucher(voucher="summer")))
    for _ in range(20):
        buy(shop)
    first = UUID(bytes=held(shop)["summer"][0][0])
    shop.counters[vouching.uses_key(shop.compiled.vouchers["summer"], first), ""] = 1
    assert "voucher.short" not in types(buy(shop))
    assert (len(held(shop)["summer"]), first.bytes in [one[0] for one in held(shop)["summer"]]) == (20, False)
