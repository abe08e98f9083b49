"""Returns through the door: pinned rules, exchanges, too much, twice."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

import msgspec
import pytest

from regulars.activities import faults
from regulars.activities.contracts import Answer, Reply, SaleRef
from regulars.engine.contracts.activity import Adjustment, HoldAction, ReturnedLine
from regulars.kit import ids
from regulars.kit.errors import ValidationFault
from regulars.program import service as program
from tests.activities.conftest import NOW, SHOP, Shop, answer_of
from tests.activities.test_waiting import rows

LATER = NOW + dt.timedelta(days=2)


async def give_back(shop: Shop, sale: Answer, **given: Any) -> Reply:
    """A return of a sale, or of lines or an amount of it."""
    intake = {name: given.pop(name) for name in tuple(given) if name not in {"lines", "amount"}}
    return await shop.submit(shop.intake("return", sale=SaleRef(activity_id=sale.activity_id, **given), **intake))


def code(reply: Reply) -> str:
    """The code of a refusal."""
    return str(msgspec.json.decode(reply.body)["code"])


async def publish(shop: Shop, text: str, *, now: dt.datetime) -> None:
    """A new release, heard at once."""
    async with shop.runtime.database.transaction(programs=[shop.program_id]) as tx:
        await program.publish(tx, program_id=shop.program_id, text=text, by="test", now=now)
    shop.runtime.programs.forget(shop.program_id)


async def test_L1_a_return_is_judged_by_the_release_of_its_sale(shop: Shop) -> None:
    double = SHOP.replace('amount: "basket.base"', 'amount: "basket.base * 2"')
    await publish(shop, double, now=NOW + dt.timedelta(minutes=1))
    sale = await shop.buy(1000, 1000, 1000, received_at=NOW + dt.timedelta(hours=1))
    assert (sale.release, sale.points) == (2, {"points": 60})
    await publish(shop, SHOP, now=NOW + dt.timedelta(days=1))
    assert (await shop.buy(1000, received_at=LATER)).points == {"points": 10}
    back = answer_of(await give_back(shop, sale, lines=(ReturnedLine(no=2),), received_at=LATER))
    assert (back.release, back.points) == (3, {"points": -20})


async def test_L14_an_exchange_is_one_activity(shop: Shop) -> None:
    sale = await shop.buy(5000)
    await shop.buy(1000)
    taken = Adjustment(currency="points", points=-50, reason="spent elsewhere")
    await shop.submit(shop.intake("adjust", phone="+37369123456", adjustment=taken))
    swapped = await shop.submit(
        shop.intake(amounts=(6000,), phone="+37369123456", sale=SaleRef(activity_id=sale.activity_id))
    )
    # 10 + 60 - 50: earned first, so that nobody owes on the way.
    assert answer_of(swapped).balances[0].active == 20
    assert answer_of(swapped).balances[0].arrears == 0
    async with shop.runtime.database.read(programs=[shop.program_id]) as tx:
        assert await tx.fetchval("select count(*) from regulars.entry where kind in ('owe', 'repay')") == 0


async def test_L16_the_same_return_again_is_the_first_answer(shop: Shop) -> None:
    sale = await shop.buy(4000, 1000)
    intake = shop.intake("return", sale=SaleRef(activity_id=sale.activity_id, lines=(ReturnedLine(no=2),)))
    first, second = await shop.submit(intake), await shop.submit(intake)
    assert (second.replayed, second.body) == (True, first.body)
    assert answer_of(first).balances[0].active == 40


async def test_L16_more_than_was_sold_is_refused_and_changes_nothing(shop: Shop) -> None:
    sale = await shop.buy(4000, 1000)
    assert (await give_back(shop, sale, lines=(ReturnedLine(no=2),))).status == 201
    for too_much in (
        {"lines": (ReturnedLine(no=2),)},
        {"lines": (ReturnedLine(no=1, quantity=1001),)},
        {"lines": (ReturnedLine(no=1, amount=4001),)},
        {"amount": 4001},
    ):
        reply = await give_back(shop, sale, **too_much)
        assert (reply.status, code(reply)) == (409, "return_exceeds_sale"), too_much
    units = msgspec.json.decode((await give_back(shop, sale, lines=(ReturnedLine(no=1, quantity=1001),))).body)
    assert units["fields"] == {"line": 1, "measure": "quantity", "asked": "1.001", "left": "1"}
    assert units["detail"] == "Line 1: 1.001 cannot be returned, 1 is left."
    money = msgspec.json.decode((await give_back(shop, sale, lines=(ReturnedLine(no=1, amount=4001),))).body)
    assert (money["fields"]["asked"], money["fields"]["left"]) == (4001, 4000)
    whole = msgspec.json.decode((await give_back(shop, sale, amount=4001)).body)
    assert whole["fields"] == {"line": 0, "measure": "amount", "asked": 4001, "left": 4000}
    assert whole["texts"] == {
        "en": "40.01\u00a0MDL cannot be returned, 40.00\u00a0MDL of the sale is left.",
        "ru": "Вернуть 40,01\u00a0MDL нельзя, от продажи осталось 40,00\u00a0MDL.",
        "ro": "Nu se poate returna 40,01\u00a0MDL, din vânzare a rămas 40,00\u00a0MDL.",
    }
    assert (await shop.buy(100)).balances[0].active == 41


async def test_L52_returns_of_one_receipt_name_their_lines(shop: Shop) -> None:
    sale = await shop.buy(4000, 1000, source="till-1", document="A-1")
    named = SaleRef(source="till-1", document="A-1", lines=(ReturnedLine(no=1, quantity=500),))
    given: dict[str, Any] = {"sale": named, "source": "till-1", "document": "R-1"}
    first = await shop.submit(shop.intake("return", **given))
    again = await shop.submit(shop.intake("return", **given))
    # The same slip under another key is the same return; another slip is another.
    assert (again.replayed, again.body) == (True, first.body)
    other = await shop.submit(shop.intake("return", **{**given, "document": "R-2"}))
    assert [answer_of(one).points for one in (first, other)] == [{"points": -20}, {"points": -20}]
    assert sale.points == {"points": 50}


async def test_a_sale_of_somebody_else_is_not_returned(shop: Shop) -> None:
    sale = await shop.buy(1000)
    await shop.buy(1000, phone="+37369123457")
    with pytest.raises(faults.SaleOfAnotherMember):
        await give_back(shop, sale, phone="+37369123457")


async def test_a_return_that_nobody_sold_is_told(shop: Shop) -> None:
    with pytest.raises(faults.UnknownSale):
        await shop.submit(shop.intake("return", sale=SaleRef(activity_id=ids.to_wire("act", UUID(int=1)))))


async def test_a_retry_of_what_was_answered_is_answered_though_it_would_not_be_taken_today(shop: Shop) -> None:
    intake = shop.intake(amounts=(1000,), phone="+37369123456", occurred_at=NOW - dt.timedelta(days=80))
    first = await shop.submit(intake)
    # Twenty days later it is too old to be taken without a person's yes: but it was taken, and its answer stands.
    late = msgspec.structs.replace(intake, received_at=NOW + dt.timedelta(days=20))
    again = await shop.submit(late)
    assert (again.replayed, again.body) == (True, first.body)
    never_seen = answer_of(await shop.submit(msgspec.structs.replace(late, key="never-seen")))
    assert [(one.active, one.pending) for one in never_seen.balances] == [(10, 10)]


async def test_return_that_names_somebody_unknown_is_refused(shop: Shop) -> None:
    sale = await shop.buy(10_000)
    named = shop.intake("return", phone="+37369999999", sale=SaleRef(activity_id=sale.activity_id))
    with pytest.raises(faults.UnknownMember):
        await shop.submit(named)
    assert (await shop.buy(100)).balances[0].active == 101


async def test_L18_a_return_that_names_a_return_undoes_it(shop: Shop) -> None:
    answer = await shop.buy(3000, 2000, source="t", document="U-1")
    back = await shop.submit(
        shop.intake("return", source="t", document="U-2", sale=SaleRef(document="U-1", lines=(ReturnedLine(no=1),)))
    )
    assert back.activity_id is not None
    assert await rows(shop, "select active from regulars.balance") == [(20,)]
    named = SaleRef(activity_id=ids.to_wire("act", back.activity_id))
    undone = await shop.submit(shop.intake("return", source="t", document="U-3", sale=named))
    assert undone.status == 201
    assert await rows(shop, "select active from regulars.balance") == [(50,)]
    assert await rows(shop, "select kind, amount from regulars.entry order by version") == [
        ("earn", 50),
        ("reverse", 30),
        ("reinstate", 30),
    ]
    again = await shop.submit(shop.intake("return", source="t", document="U-4", sale=SaleRef(document="U-2")))
    assert (again.status, msgspec.json.decode(again.body)["code"]) == (409, "deal_undone")
    # What it names is still a sale of which all may come back.
    whole = await shop.submit(shop.intake("return", source="t", document="U-5", sale=SaleRef(document="U-1")))
    assert whole.status == 201
    assert await rows(shop, "select active from regulars.balance") == [(0,)]
    assert answer.points == {"points": 50}


SETTLING = SHOP.replace("expiry: 12 months", "expiry: 12 months, pending: {until: settled, within: 30 days}").replace(
    "  return:", "  settled: {basket: true, reverses: purchase, purpose: service}\n  return:", 1
)


def fault(reply: Reply) -> tuple[int, str, Any]:
    """Of a refusal."""
    said = msgspec.json.decode(reply.body)
    return reply.status, said["code"], said["fields"]


async def test_what_undoes_nothing_undoes_nothing(shop: Shop) -> None:
    sale = await shop.buy(10_000)
    of = SaleRef(activity_id=sale.activity_id)
    for kind in ("visit", "purchase"):
        with pytest.raises(ValidationFault, match=f"type: {kind} undoes nothing"):
            await shop.submit(shop.intake(kind, sale=of, may_enrol=False))
    assert (await shop.buy(100)).balances[0].active == 101


async def test_acts_of_ours_are_undone_by_their_own_operation(shop: Shop) -> None:
    await shop.buy(10_000)
    given = Adjustment(currency="points", points=50, reason="sorry")
    place = HoldAction(act="place", currency="points", points=20)
    for made in (
        shop.intake("adjust", phone="+37369123456", adjustment=given),
        shop.intake("hold", phone="+37369123456", hold=place),
    ):
        done = answer_of(await shop.submit(made))
        refused = await give_back(shop, done)
        found = {"type": "return", "expected": "purchase", "found": made.type}
        assert fault(refused) == (409, "not_such_a_sale", found)


async def test_L23_only_what_points_wait_for_says_how_much_was_settled(shop: Shop) -> None:
    sale = await shop.buy(12_300)
    of = SaleRef(activity_id=sale.activity_id)
    with pytest.raises(ValidationFault, match="settled: no points wait for return"):
        await shop.submit(shop.intake("return", sale=of, amounts=(5000,), settled=True, may_enrol=False))
    assert (await shop.buy(100)).balances[0].active == 124


async def test_L23_what_is_settled_is_said_and_not_asked_for_again(shop: Shop) -> None:
    await publish(shop, SETTLING, now=NOW + dt.timedelta(minutes=1))
    later = NOW + dt.timedelta(hours=1)
    sale = await shop.buy(12_300, received_at=later)
    of = SaleRef(activity_id=sale.activity_id)

    async def settle(settled: int | None, sale: SaleRef = of) -> Reply:
        said: dict[str, Any] = {} if settled is None else {"amounts": (settled,), "settled": True}
        return await shop.submit(shop.intake("settled", sale=sale, received_at=later, may_enrol=False, **said))

    missing = {"type": "settled", "part": "settled"}
    assert fault(await settle(None)) == (422, "missing_part", missing)
    both = SaleRef(activity_id=sale.activity_id, amount=100)
    with pytest.raises(ValidationFault, match="settled: is of the whole sale"):
        await settle(9640, both)
    answer = answer_of(await settle(9640))
    # 26.60 of 123.00 are not charged: 123 points become 96.
    assert (answer.returned, answer.to_pay, answer.points) == (2660, -2660, {"points": -27})
    assert answer.balances[0].active == 96
    more = await shop.buy(10_000, received_at=later)
    whole = answer_of(await settle(20_000, SaleRef(activity_id=more.activity_id)))
    assert (whole.returned, whole.to_pay, whole.balances[0].active) == (0, 0, 196)


async def test_L16_a_sale_of_which_all_money_came_back_is_returned(shop: Shop) -> None:
    for parts in ({"amount": 5000}, {"lines": (ReturnedLine(no=1, amount=4000), ReturnedLine(no=2, amount=1000))}):
        sale = await shop.buy(4000, 1000)
        assert answer_of(await give_back(shop, sale, **parts)).returned == 5000
        again = await give_back(shop, sale)
        assert (again.status, code(again)) == (409, "sale_already_returned")
