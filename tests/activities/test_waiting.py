"""Returns that come before their sale: alone, in a crowd, with goods in exchange, and when it never comes (L15)."""

from __future__ import annotations

import asyncio
import datetime as dt
from itertools import permutations
from typing import Any
from uuid import UUID

import msgspec
import pytest

from regulars.activities import batch, faults, waiting
from regulars.activities import service as activities
from regulars.activities.contracts import Intake, LineIn, Reply, SaleRef
from regulars.activities.items import Item
from regulars.engine.contracts.activity import ReturnedLine
from regulars.kit import ids
from tests.activities.conftest import NOW, Shop, answer_of

MEMBER = "+37369123456"


async def rows(shop: Shop, sql: str) -> list[Any]:
    """Rows of the program."""
    async with shop.runtime.database.read(programs=[shop.program_id]) as tx:
        return [tuple(row) for row in await tx.fetch(sql)]


async def cases(shop: Shop) -> list[dict[str, Any]]:
    """The cases that were opened."""
    found = await rows(shop, "select body from regulars.event where types = 'case.opened' order by id")
    return [msgspec.json.decode(body)[0] for (body,) in found]


async def test_returns_and_sales_that_meet_are_brought_together(shop: Shop) -> None:
    work = []
    for number in range(40):
        work.append(
            shop.submit(shop.intake("return", source="t", document=f"R-{number}", sale=SaleRef(document=f"A-{number}")))
        )
        work.append(
            shop.submit(shop.intake(amounts=(1000,), phone=f"+3736980{number:04d}", source="t", document=f"A-{number}"))
        )
    replies = await asyncio.gather(*(asyncio.create_task(one) for one in work))
    assert {reply.status for reply in replies} <= {201, 202}
    await activities.sweep(shop.runtime, now=NOW)
    assert await rows(shop, "select count(*) from regulars.waiting") == [(0,)]
    assert await rows(shop, "select count(*), count(reverses) from regulars.activity") == [(80, 40)]
    assert await rows(shop, "select sum(active), sum(arrears) from regulars.balance") == [(0, 0)]


async def test_a_return_in_the_same_batch_behind_its_sale_is_answered_at_once(shop: Shop) -> None:
    sale = shop.intake(amounts=(4000,), phone=MEMBER, source="t", document="A-1")
    back = shop.intake("return", source="t", document="R-1", sale=SaleRef(document="A-1"))
    # One is on its way alone, and while it is, the two gather into one batch.
    first = asyncio.create_task(shop.buy(100))
    await asyncio.sleep(0)
    done = await asyncio.gather(shop.submit(sale), shop.submit(back))
    await first
    assert [reply.status for reply in done] == [201, 201]
    assert answer_of(done[1]).points == {"points": -40}


async def test_several_returns_wait_for_one_sale(shop: Shop) -> None:
    for no in (1, 2):
        part = SaleRef(document="A-1", lines=(ReturnedLine(no=no),))
        assert (await shop.submit(shop.intake("return", source="t", document=f"R-{no}", sale=part))).status == 202
    answer = await shop.buy(4000, 1000, 500, source="t", document="A-1")
    assert answer.points == {"points": 55}
    # What the till shows is what is left when both have come: 55 - 40 - 10.
    assert [(one.currency, one.active) for one in answer.balances] == [("points", 5)]
    assert await rows(shop, "select active from regulars.balance") == [(5,)]


async def test_goods_of_an_exchange_are_not_forgotten_while_it_waits(shop: Shop) -> None:
    early = shop.intake(amounts=(6000,), phone=MEMBER, source="t", document="X-1", sale=SaleRef(document="A-1"))
    assert (await shop.submit(early)).status == 202
    await shop.buy(5000, source="t", document="A-1")
    # 50 - 50 + 60.
    assert await rows(shop, "select active from regulars.balance") == [(60,)]


async def test_a_waiting_return_that_is_refused_in_the_end_is_a_case(shop: Shop) -> None:
    for number in (1, 2):
        await shop.submit(shop.intake("return", source="t", document=f"R-{number}", sale=SaleRef(document="A-1")))
    await shop.buy(4000, source="t", document="A-1")
    assert await rows(shop, "select active from regulars.balance") == [(0,)]
    [case] = await cases(shop)
    assert (case["case"], case["code"], case["document"]) == ("waiting_return_refused", "sale_already_returned", "A-1")
    assert await rows(shop, "select count(*) from regulars.waiting") == [(0,)]


async def test_a_sale_that_never_comes_is_a_case_after_30_days(shop: Shop) -> None:
    await shop.submit(shop.intake("return", source="t", document="R-1", sale=SaleRef(document="A-1")))
    await activities.sweep(shop.runtime, now=NOW + dt.timedelta(days=30))
    assert await cases(shop) == []
    await activities.sweep(shop.runtime, now=NOW + dt.timedelta(days=30, seconds=1))
    await activities.sweep(shop.runtime, now=NOW + dt.timedelta(days=31))
    [case] = await cases(shop)
    assert (case["case"], case["source"], case["document"]) == ("sale_never_came", "t", "A-1")
    assert await rows(shop, "select count(*) from regulars.entry") == [(0,)]


async def test_two_sweepers_bring_a_return_home_once(shop: Shop) -> None:
    """Somebody parked it while its sale went by, as two processes do: neither saw the other."""
    early = shop.intake(
        "return", source="t", document="R-1", sale=SaleRef(document="A-1", lines=(ReturnedLine(no=1, quantity=250),))
    )
    await shop.submit(early)
    async with shop.runtime.database.transaction(programs=[shop.program_id]) as tx:
        [parked] = await tx.fetch("delete from regulars.waiting returning *")
    await shop.buy(4000, source="t", document="A-1")
    async with shop.runtime.database.transaction(programs=[shop.program_id]) as tx:
        marks = ", ".join(f"${place}" for place in range(1, len(parked) + 1))
        await tx.execute(f"insert into regulars.waiting values ({marks})", *parked.values())
    await asyncio.gather(*(activities.sweep(shop.runtime, now=NOW) for _ in range(3)))
    assert await rows(shop, "select active from regulars.balance") == [(30,)]
    assert await rows(shop, "select count(*) from regulars.waiting") == [(0,)]


async def test_a_return_that_waited_is_not_taken_for_done_because_its_till_was_told_that_it_waits(shop: Shop) -> None:
    early = shop.intake("return", source="t", document="R-1", sale=SaleRef(document="A-1"))
    waiting = await shop.submit(early)
    assert (waiting.status, waiting.activity_id is not None) == (202, True)
    async with shop.runtime.database.lane() as lane:
        # The sale comes, and its account moves before the return that came with it is written.
        sale = Item(shop.intake(amounts=(4000,), phone=MEMBER, source="t", document="A-1"), activity_id=UUID(int=1))
        await batch.run(shop.runtime, lane, [sale], now=NOW, bare=True)
        assert await rows(shop, "select active from regulars.balance") == [(40,)]
        follower = batch.follower(early, waiting.activity_id or UUID(int=0))
        await batch.run_apart(shop.runtime, lane, [follower], now=NOW, again=True)
    assert await rows(shop, "select active from regulars.balance") == [(0,)]
    # The same slip once more says what its till heard first, and takes nothing again.
    again = await shop.submit(early)
    assert (again.replayed, again.body) == (True, waiting.body)
    assert await rows(shop, "select active from regulars.balance") == [(0,)]


# A sale of two units for 10.00 (10 points), its first unit brought back (5 left), that undone (10); the unit exchanged
# for goods of 5.00 (10 - 5 + 5), these brought back (5), or exchanged for goods of 7.00 (10 - 5 + 7).
CHAINS = {"sru": 10, "sxy": 5, "sxz": 12}


def told(shop: Shop, name: str, step: str, phone: str, *, by_id: str | None = None, **more: Any) -> Intake:
    """One act of a chain, by documents that begin with its name."""
    of = {"r": "s", "u": "r", "x": "s", "y": "x", "z": "x"}.get(step)
    one = (ReturnedLine(no=1, quantity=1000),) if of == "s" else ()
    sale = None if of is None else SaleRef(document=f"{name}-{of}", lines=one)
    if by_id is not None:
        sale = SaleRef(activity_id=by_id, lines=one)
    bought = {"s": (1000, 2000), "x": (500, 1000), "z": (700, 1000)}.get(step)
    lines = () if bought is None else (LineIn(no=1, amount=bought[0], quantity=bought[1]),)
    at = NOW - dt.timedelta(minutes=10 - "srxuyz".index(step))
    given = {"source": "t", "document": f"{name}-{step}", "sale": sale, "lines": lines, "occurred_at": at, **more}
    return shop.intake("return" if bought is None else "purchase", phone=phone if bought else None, **given)


async def has(shop: Shop, phone: str) -> int:
    """The active points of somebody: what they are told with a purchase of nothing."""
    answer = await shop.buy(0, phone=phone)
    return sum(one.active for one in answer.balances)


async def one_by_one(shop: Shop, acts: list[Intake]) -> None:
    for act in acts:
        assert (await shop.submit(act)).status in {201, 202}


async def in_one_upload(shop: Shop, acts: list[Intake]) -> None:
    for came in await activities.submit_in_order(shop.runtime, acts):
        assert isinstance(came, Reply)
        assert came.status in {201, 202}


async def by_file(shop: Shop, acts: list[Intake]) -> None:
    rows_ = [msgspec.structs.replace(act, key=None) for act in acts]
    async with shop.runtime.database.lane() as lane:
        outcomes = await activities.import_chunk(shop.runtime, lane, rows_)
    assert {one.outcome for one in outcomes} == {"applied"}


@pytest.mark.parametrize("tell", [one_by_one, in_one_upload, by_file])
async def test_what_waits_for_what_waits_comes_with_it_in_any_order(shop: Shop, tell: Any) -> None:
    for nr, (steps, points) in enumerate(CHAINS.items()):
        for place, order in enumerate(permutations(steps)):
            phone = f"+3736980{nr}{place:03d}"
            acts = [told(shop, f"{steps}{place}", step, phone) for step in order]
            await tell(shop, acts)
            assert await has(shop, phone) == points, order
            if tell is not by_file:
                # Told once more, nothing moves.
                again = await activities.submit_in_order(shop.runtime, acts)
                assert all(isinstance(one, Reply) and one.replayed for one in again)
                assert await has(shop, phone) == points, order
    assert await rows(shop, "select count(*) from regulars.waiting") == [(0,)]
    assert await cases(shop) == []


async def test_a_chain_told_a_piece_at_a_time_comes_with_its_sale(shop: Shop) -> None:
    """All of it at once when the sale comes: 10 - 5 + 5, and both waits of the exchange cannot be: the first counts."""
    acts = {step: told(shop, "c", step, MEMBER) for step in "srux"}
    for pieces in ("u", "xr", "s"):
        await in_one_upload(shop, [acts[step] for step in pieces])
    assert await has(shop, MEMBER) == 10
    assert await rows(shop, "select count(*) from regulars.waiting") == [(0,)]


async def test_what_names_by_its_id_what_waits_waits_with_it(shop: Shop) -> None:
    for nr, (steps, points) in enumerate(CHAINS.items()):
        first, then, phone = steps[1], steps[2], f"+3736980{nr}000"
        # Without a receipt of its own the id is all that there is to name it by.
        early = await shop.submit(told(shop, steps, first, phone, document=None))
        waiting = answer_of(early)
        late = told(shop, steps, then, phone, by_id=waiting.activity_id)
        reply = await shop.submit(late)
        assert (early.status, reply.status, answer_of(reply).waiting) == (202, 202, True)
        quoted = await activities.quote(shop.runtime, msgspec.structs.replace(late, key=None), now=NOW)
        assert not isinstance(quoted, Reply)
        assert quoted[0].waiting
        sold = await shop.submit(told(shop, steps, "s", phone))
        # The till of the sale shows what is there once all of it has come.
        assert [one.active for one in answer_of(sold).balances] == [points]
        assert await has(shop, phone) == points
    with pytest.raises(faults.UnknownSale):
        await shop.submit(told(shop, "n", "u", MEMBER, by_id=ids.to_wire("act", UUID(int=5))))
    assert await rows(shop, "select count(*) from regulars.waiting") == [(0,)]


@pytest.mark.parametrize("named", ["by document", "by id"])
async def test_the_sweeper_brings_together_what_did_not_see_what_it_waits_for(shop: Shop, named: str) -> None:
    """A process was killed between the steps, or two processes passed each other: first the undoing of a return alone
    is left, then a return with its undoing behind it."""
    for left in ("u", "ru"):
        early = await shop.submit(told(shop, left, "r", MEMBER))
        by_id = None if named == "by document" else answer_of(early).activity_id
        await shop.submit(told(shop, left, "u", MEMBER, by_id=by_id))
        async with shop.runtime.database.transaction(programs=[shop.program_id]) as tx:
            parked = await tx.fetch("delete from regulars.waiting returning *")
            ids_of = {msgspec.json.decode(row["intake"])["document"][-1]: row for row in parked}
            await put_back(tx, [row for step, row in ids_of.items() if step not in left])
        await shop.submit(told(shop, left, "s", MEMBER))
        async with shop.runtime.database.transaction(programs=[shop.program_id]) as tx:
            await put_back(tx, [ids_of[step] for step in left])
        await activities.sweep(shop.runtime, now=NOW)
        await activities.sweep(shop.runtime, now=NOW)
        assert await rows(shop, "select count(*) from regulars.waiting") == [(0,)]
    # Twice 10 - 5 + 5.
    assert await has(shop, MEMBER) == 20


async def put_back(tx: Any, parked: list[Any]) -> None:
    """As if these had been parked only now."""
    for row in parked:
        marks = ", ".join(f"${place}" for place in range(1, len(row) + 1))
        await tx.execute(f"insert into regulars.waiting values ({marks})", *row.values())


async def test_killed_before_what_waited_is_forgotten_the_sweeper_says_what_became_of_it(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def killed(*_: Any) -> None:
        raise SystemExit

    for step in "ru":
        await shop.submit(told(shop, "a", step, MEMBER))
    # Everything is brought back already, so that what comes after it is refused.
    await shop.submit(shop.intake("return", source="t", document="all", sale=SaleRef(document="b-s")))
    await shop.submit(told(shop, "b", "x", MEMBER, occurred_at=NOW + dt.timedelta(minutes=1)))
    async with shop.runtime.database.lane() as lane:
        for name in "ab":
            with monkeypatch.context() as patched:
                patched.setattr(waiting, "finished", killed)
                sale = Item(told(shop, name, "s", MEMBER), activity_id=UUID(int=ord(name)))
                with pytest.raises(SystemExit):
                    await batch.run(shop.runtime, lane, [sale], now=NOW)
    assert await has(shop, MEMBER) == 10
    assert await cases(shop) == []
    await activities.sweep(shop.runtime, now=NOW)
    await activities.sweep(shop.runtime, now=NOW)
    assert await has(shop, MEMBER) == 10
    assert [(case["case"], case["document"]) for case in await cases(shop)] == [("waiting_return_refused", "b-s")]


async def test_what_waited_and_is_refused_in_its_turn_is_told_so_from_then_on(shop: Shop) -> None:
    first = shop.intake("return", source="t", document="all", sale=SaleRef(document="b-s"))
    exchange = told(shop, "b", "x", MEMBER, occurred_at=NOW + dt.timedelta(minutes=1))
    of_it = told(shop, "b", "y", MEMBER, occurred_at=NOW + dt.timedelta(minutes=2))
    stranger = told(shop, "b", "x", "+37369000002", document="b-o", occurred_at=NOW + dt.timedelta(minutes=3))
    await shop.buy(100, phone="+37369000002")
    heard = [await shop.submit(one) for one in (of_it, stranger, exchange, first)]
    assert [one.status for one in heard] == [202, 202, 202, 202]
    await shop.submit(told(shop, "b", "s", MEMBER))
    assert (await has(shop, MEMBER), await has(shop, "+37369000002")) == (0, 1)
    again = [await shop.submit(one) for one in (exchange, of_it, stranger)]
    codes = [msgspec.json.decode(one.body)["code"] for one in again]
    assert [one.status >= 400 for one in again] == [True, True, True]
    assert codes == ["return_exceeds_sale", "sale_not_found", "sale_of_another_member"]
    assert sorted(case["code"] for case in await cases(shop)) == sorted(codes)
    assert await rows(shop, "select count(*) from regulars.waiting") == [(0,)]


async def test_a_return_that_came_long_before_its_sale_is_no_older_than_it_for_the_sweeper_either(shop: Shop) -> None:
    early = shop.intake("return", source="t", document="e-r", sale=SaleRef(document="e-s"))
    assert (await shop.submit(early)).status == 202
    later = NOW + dt.timedelta(minutes=20)
    sale = shop.intake(amounts=(1000,), phone=MEMBER, source="t", document="e-s", received_at=later)
    async with shop.runtime.database.lane() as lane:
        await batch.run(shop.runtime, lane, [Item(sale, activity_id=UUID(int=1))], now=later, bare=True)
    assert await rows(shop, "select active from regulars.balance") == [(10,)]
    await activities.sweep(shop.runtime, now=later)
    assert await rows(shop, "select active from regulars.balance") == [(0,)]
    assert await cases(shop) == []
