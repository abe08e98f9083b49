"""What comes back of gift cards that were sold and of codes that were used or given, and what an undone return takes
again."""

from __future__ import annotations

from uuid import UUID

import pytest

from regulars.engine.contracts.activity import Line
from regulars.engine.contracts.decision import Decision
from regulars.engine.contracts.gifts import CodeSeen
from regulars.engine.contracts.known import CounterKey
from regulars.program.contracts.effects import GiveVoucher
from regulars.program.contracts.vouchers import Uses
from tests.engine.shop import MEMBER, ReturnedLine, Shop, base, rule
from tests.engine.test_undone_returns import undo
from tests.engine.test_vouchers import CODE, OTHER, Counter, buy, gift, given, held, refused, seen, summer, types

CARD = (Line(no=1, kind="gift_card", amount=6000),)
MIXED = (Line(no=1, kind="gift_card", amount=6000), Line(no=2, amount=700), Line(no=3, amount=300))


def idle(code_id: UUID = CODE, **fields: int) -> CodeSeen:
    return seen(code_id, voucher="card", state="idle", act="activate", **fields)


def sell(shop: Shop, basket: tuple[Line, ...], *codes: CodeSeen) -> Decision:
    return shop.do(shop.activity("purchase", lines=basket, codes=codes or (idle(),)))


@pytest.mark.parametrize("part", [{"amount": 5999}, {"amount": 1}, {"quantity": 999}])
def test_a_gift_card_never_comes_back_in_part(part: dict[str, int]) -> None:
    shop = Shop(*gift())
    sell(shop, CARD)
    sale = shop.last()
    assert refused(shop.back(sale, ReturnedLine(no=1, **part)), "gift_card_whole") == {"line": 1}
    twice = (ReturnedLine(no=1, amount=3000), ReturnedLine(no=1, amount=3000))
    refused(shop.back(sale, *twice), "gift_card_whole")


@pytest.mark.parametrize("whole", [{}, {"amount": 6000}, {"quantity": 1000}])
def test_a_whole_gift_card_comes_back_once(whole: dict[str, int]) -> None:
    shop = Shop(*gift())
    sell(shop, MIXED)
    sale = shop.last()
    back = shop.back(sale, ReturnedLine(no=1, **whole))
    assert (back.returned, [one.state for one in back.codes]) == (6000, ["cancelled"])
    refused(shop.back(sale, ReturnedLine(no=1)), "return_exceeds_sale")


def test_a_used_gift_card_gives_nothing_back_and_the_goods_beside_it_do() -> None:
    shop = Shop(*gift())
    sell(shop, MIXED)
    sale = shop.last()
    buy(shop, seen(voucher="card", value=6000), amounts=(100,))
    refused(shop.back(sale, ReturnedLine(no=1)), "gift_card_used")
    refused(shop.back(sale, ReturnedLine(no=1, amount=6000)), "gift_card_used")
    refused(shop.back(sale, ReturnedLine(no=1, amount=10)), "gift_card_whole")
    refused(shop.back(sale), "gift_card_used")
    assert shop.back(sale, ReturnedLine(no=2)).returned == 700


def test_a_sum_over_the_sale_is_spread_over_all_but_its_gift_cards() -> None:
    shop = Shop(*gift(), base("basket.base"))
    sell(shop, MIXED)
    sale = shop.last()
    assert shop.active() == 10
    assert refused(shop.back(sale, amount=1001), "gift_card_whole") == {"line": 1}
    assert refused(shop.back(sale, amount=7001), "return_exceeds_sale")["left"] == 1000
    # 500 of 700 and 300: 350 and 150 are left, which earn 5.
    back = shop.back(sale, amount=500)
    assert (back.returned, back.codes, shop.active()) == (500, (), 5)
    assert refused(shop.back(sale, ReturnedLine(no=2, amount=351)), "return_exceeds_sale")["left"] == 350
    assert shop.back(sale, amount=500).codes == ()
    refused(shop.back(sale, amount=1), "gift_card_whole")
    (change,) = shop.back(sale).codes
    assert (change.code_id, change.state) == (CODE, "cancelled")


def test_a_line_that_no_code_was_for_is_returned_like_any_other() -> None:
    shop = Shop(*gift())
    sell(shop, (*CARD, Line(no=2, kind="gift_card", amount=1000)))
    sale = shop.last()
    assert shop.back(sale, amount=400).returned == 400
    assert shop.back(sale, ReturnedLine(no=2, amount=600)).returned == 600
    refused(shop.back(sale, ReturnedLine(no=1, amount=600)), "gift_card_whole")


@pytest.mark.parametrize(("amount", "quantity"), [(0, 1000), (6000, 2000), (6000, 500)])
def test_a_gift_card_is_sold_with_one_line_of_one_piece_that_costs_something(amount: int, quantity: int) -> None:
    shop = Shop(*gift(value=5000))
    decision = sell(shop, (Line(no=4, kind="gift_card", amount=amount, quantity=quantity),))
    assert refused(decision, "gift_card_line") == {"shown": "K7QZ", "line": 4}


@pytest.mark.parametrize(("own", "value"), [(0, 6000), (8000, 8000)])
def test_L18_a_gift_card_whose_return_is_undone_is_good_again_for_as_much(own: int, value: int) -> None:
    shop = Shop(*gift())
    sell(shop, CARD, idle(value=own) if own else idle())
    sale = shop.last()
    for _ in range(2):
        shop.back(sale, ReturnedLine(no=1))
        undone = undo(shop, sale, shop.last())
        (change,) = undone.codes
        assert (change.code_id, change.state, change.value) == (CODE, "open", value)
        assert "voucher.activated" in types(undone)
    buy(shop, seen(voucher="card", value=value))
    assert shop.active("gift") == value
    refused(shop.back(sale), "gift_card_used")


def test_L18_an_undone_return_of_other_lines_leaves_the_gift_card_alone() -> None:
    shop = Shop(*gift())
    sell(shop, MIXED)
    sale = shop.last()
    shop.back(sale, ReturnedLine(no=2))
    assert undo(shop, sale, shop.last()).codes == ()


def test_L18_a_return_is_not_undone_once_somebody_else_used_its_code() -> None:
    shop = Shop(summer())
    buy(shop, seen())
    sale = shop.last()
    shop.back(sale)
    back = shop.last()
    buy(shop, seen())
    assert refused(undo(shop, sale, back), "voucher_used_since") == {"shown": "K7QZ", "voucher": "summer"}
    uses = CounterKey("uses:summer", f"code:{CODE}", "ever")
    assert (shop.counters[uses, ""], shop.active()) == (1, 50)
    # Once that use came back too, it may be undone.
    shop.back(shop.last())
    assert undo(shop, sale, back).points == {"points": 50}
    assert shop.counters[uses, ""] == 1


@pytest.mark.parametrize("uses", [Uses(code=9, member=1), Uses(code=9, day=1)])
def test_L18_nor_once_the_member_used_another_code_in_its_place(uses: Uses) -> None:
    shop = Shop(summer(uses=uses))
    buy(shop, seen())
    sale = shop.last()
    shop.back(sale)
    back = shop.last()
    buy(shop, seen(OTHER))
    refused(undo(shop, sale, back), "voucher_used_since")


def test_a_used_code_whose_own_sale_is_gone_is_nobodys_when_its_use_comes_back() -> None:
    shop = Counter(summer(), rule("thanks", GiveVoucher(voucher="summer"), **{"if": "basket.total >= 200.00"}))
    (code_id,) = given(buy(shop, amounts=(20000,)))
    first = shop.last()
    buy(shop, seen(code_id, member_id=MEMBER, given=True))
    second = shop.last()
    shop.back(first)
    ended = shop.back(second)
    assert (held(shop), shop.active()) == ({}, 0)
    assert ("voucher.ended" in types(ended), "voucher.returned" in types(ended)) == (True, False)
    refused(buy(shop, seen(code_id, member_id=MEMBER, given=True, state=shop.states[code_id])), "voucher_blocked")


def test_a_used_code_whose_own_sale_stands_comes_back() -> None:
    shop = Counter(summer(), rule("thanks", GiveVoucher(voucher="summer"), **{"if": "basket.total >= 200.00"}))
    (code_id,) = given(buy(shop, amounts=(20000,)))
    buy(shop, seen(code_id, member_id=MEMBER, given=True))
    back = shop.back(shop.last())
    assert [one[0] for one in held(shop)["summer"]] == [code_id.bytes]
    assert "voucher.returned" in types(back)
    assert buy(shop, seen(code_id, member_id=MEMBER, given=True)).points == {"points": 50}
