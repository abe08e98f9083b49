"""What belongs to one program is not there for another: not to read, to explain, to return, to claim or to capture."""

from __future__ import annotations

import asyncio

import msgspec
import pytest

from regulars.access import service as access
from regulars.activities import faults
from regulars.activities import service as activities
from regulars.activities.contracts import Identifier, SaleRef
from regulars.engine.contracts.activity import HoldAction
from regulars.kit import ids
from regulars.kit.errors import NotFound
from regulars.program import service as program
from tests.activities.conftest import NOW, SHOP, Shop, answer_of


@pytest.fixture
async def stranger(shop: Shop) -> Shop:
    """Another program in the same database, served by the same process."""
    async with shop.runtime.database.transaction(programs=[]) as tx:
        made = await access.create_program(tx, key="other", name="Other", now=NOW)
    async with shop.runtime.database.transaction(programs=[made.program_id]) as tx:
        await program.publish(tx, program_id=made.program_id, text=SHOP, by="test", now=NOW)
    return Shop(shop.runtime, made.program_id)


async def test_another_programs_activity_cannot_be_read_or_explained(shop: Shop, stranger: Shop) -> None:
    sale = await shop.buy(1000)
    activity_id = ids.from_wire("act", sale.activity_id or "")
    with pytest.raises(NotFound):
        await activities.explain(shop.runtime, program_id=stranger.program_id, activity_id=activity_id)
    async with shop.runtime.database.read(programs=[stranger.program_id]) as tx:
        with pytest.raises(NotFound):
            await activities.activity(shop.runtime, tx, program_id=stranger.program_id, activity_id=activity_id)
        page = await activities.page(
            shop.runtime, tx, program_id=stranger.program_id, member_id=ids.from_wire("mem", sale.member.id)
        )
        assert list(page.items) == []


async def test_another_programs_sale_cannot_be_returned(shop: Shop, stranger: Shop) -> None:
    sale = await shop.buy(1000, source="till-1", document="A-1")
    with pytest.raises(faults.UnknownSale):
        await stranger.submit(stranger.intake("return", sale=SaleRef(activity_id=sale.activity_id)))
    by_document = SaleRef(source="till-1", document="A-1")
    assert (await stranger.submit(stranger.intake("return", sale=by_document))).status == 202
    await activities.sweep(shop.runtime, now=NOW)
    assert (await shop.buy(100)).balances[0].active == 11


async def test_keys_documents_phones_and_cards_are_each_programs_own(shop: Shop, stranger: Shop) -> None:
    mine = await shop.buy(1000, key="k", source="till-1", document="A-1")
    theirs = await stranger.buy(2000, key="k", source="till-1", document="A-1")
    assert (mine.points, theirs.points) == ({"points": 10}, {"points": 20})
    assert mine.member.id != theirs.member.id
    assert mine.member.card is not None
    with pytest.raises(faults.UnknownMember):
        await stranger.buy(1000, who=(Identifier("card", mine.member.card),))
    with pytest.raises(faults.UnknownMember):
        await stranger.buy(1000, who=(Identifier("member", mine.member.id),))


async def test_another_programs_hold_cannot_be_captured(shop: Shop, stranger: Shop) -> None:
    await shop.buy(10_000)
    await stranger.buy(10_000)
    placed = HoldAction(act="place", currency="points", points=80)
    held = await shop.submit(shop.intake("hold", phone="+37369123456", hold=placed))
    capture = HoldAction(act="capture", hold_id=held.activity_id)
    reply = await stranger.submit(stranger.intake("hold", phone="+37369123456", hold=capture))
    assert (reply.status, msgspec.json.decode(reply.body)["code"]) == (404, "hold_not_found")
    assert held.activity_id is not None
    assert msgspec.json.decode(reply.body)["fields"] == {"hold_id": ids.to_wire("hld", held.activity_id)}
    done = await shop.submit(shop.intake("hold", phone="+37369123456", hold=capture))
    assert answer_of(done).balances[0].active == 20


async def test_one_batch_serves_both_and_mixes_nothing(shop: Shop, stranger: Shop) -> None:

    crowd = [one.buy(1000 * place, key=f"{place}") for place in range(1, 11) for one in (shop, stranger)]
    await asyncio.gather(*crowd)
    for one in (shop, stranger):
        async with one.runtime.database.read(programs=[one.program_id]) as tx:
            # 10 + 20 + ... + 100.
            assert await tx.fetchval("select sum(active) from regulars.balance") == 550
            assert await tx.fetchval("select count(*) from regulars.member") == 1
