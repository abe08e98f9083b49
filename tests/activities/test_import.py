"""Taking in a history: chains, rows told twice, rows that are wrong, and a database that goes away in between."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest

from regulars.activities import faults
from regulars.activities import service as activities
from regulars.activities.contracts import ImportOutcome, Intake, SaleRef
from regulars.engine.contracts.activity import PointsPayment
from regulars.kit import upgrade
from regulars.kit.database import Database
from regulars.kit.errors import DatabaseUnavailable
from regulars.kit.server import EmbeddedServer, Tuning
from tests.activities.conftest import NOW, SHOP, Shop, open_shop

HOUR = dt.timedelta(hours=1)


def row(shop: Shop, number: int, *, phone: str = "+37369123456", amount: int = 1000, **given: Any) -> Intake:
    """A purchase of a file."""
    fields: dict[str, Any] = {"amounts": (amount,), "phone": phone, **given}
    at = NOW - dt.timedelta(days=200) + number * HOUR
    return shop.intake(key=None, source="old", document=f"d{number}", occurred_at=at, received_at=NOW, **fields)


async def take_in(shop: Shop, rows: list[Intake]) -> list[ImportOutcome]:
    """One piece."""
    async with shop.runtime.database.lane() as lane:
        return await activities.import_chunk(shop.runtime, lane, rows)


async def active(shop: Shop) -> int:
    """All points of everybody."""
    async with shop.runtime.database.read(programs=[shop.program_id]) as tx:
        return int(await tx.fetchval("select sum(active) from regulars.balance") or 0)


async def test_a_chain_of_one_member_is_written_at_once(shop: Shop) -> None:
    done = await take_in(shop, [row(shop, number) for number in range(30)])
    assert [one.outcome for one in done] == ["applied"] * 30
    assert await active(shop) == 300
    async with shop.runtime.database.read(programs=[shop.program_id]) as tx:
        assert await tx.fetchval("select version from regulars.account") == 30
        assert await tx.fetchval("select count(*) from regulars.answer") == 0


async def test_one_row_alone_is_taken_in(shop: Shop) -> None:
    [one] = await take_in(shop, [row(shop, 1)])
    assert (one.outcome, await active(shop)) == ("applied", 10)


async def test_what_is_wrong_in_the_middle_is_told_and_the_rest_goes_on(shop: Shop) -> None:
    too_much = (PointsPayment(currency="points", points=1_000_000),)
    done = await take_in(
        shop,
        [
            row(shop, 1),
            row(shop, 2, pay=too_much),
            row(shop, 3, currency="EUR"),
            row(shop, 4, phone="nobody"),
            row(shop, 5),
        ],
    )
    assert [one.outcome for one in done] == ["applied", "refused", "refused", "refused", "applied"]
    assert done[1].refusal is not None
    assert done[1].refusal.code == "insufficient_points"
    assert isinstance(done[2].fault, faults.NoRate)
    assert await active(shop) == 20


async def test_duplicates_in_one_piece_and_in_the_next(shop: Shop) -> None:
    rows = [row(shop, number) for number in range(4)]
    done = await take_in(shop, [*rows, rows[1], rows[1]])
    assert [one.outcome for one in done] == ["applied"] * 4 + ["duplicate"] * 2
    again = await take_in(shop, rows)
    assert [one.outcome for one in again] == ["duplicate"] * 4
    assert {one.activity_id for one in again} == {one.activity_id for one in done}
    changed = await take_in(shop, [row(shop, 1, amount=1001)])
    assert isinstance(changed[0].fault, faults.DocumentTaken)
    assert await active(shop) == 40


async def test_a_return_behind_its_sale_keeps_its_place(shop: Shop) -> None:
    back = shop.intake(
        "return", key=None, source="old", document="r", received_at=NOW, sale=SaleRef(source="old", document="d1"),
        occurred_at=NOW - dt.timedelta(days=200) + 2 * HOUR,
    )  # fmt: skip
    done = await take_in(shop, [row(shop, 1), back, row(shop, 3, amount=5000)])
    assert [one.outcome for one in done] == ["applied"] * 3
    async with shop.runtime.database.read(programs=[shop.program_id]) as tx:
        types = await tx.fetch("select type from regulars.activity order by version")
    assert [one["type"] for one in types] == ["purchase", "return", "purchase"]
    assert await active(shop) == 50


@pytest.mark.slow
async def test_a_database_that_goes_away_between_pieces_loses_nothing(home: Path) -> None:
    server = EmbeddedServer(home, Tuning(shared_buffers="32MB"))
    where = server.start()
    try:
        upgrade.upgrade(where)
        async with Database(where, size=3) as database, open_shop(database, home, SHOP) as shop:
            rows = [row(shop, number, phone=f"+3736991{number % 7:04d}") for number in range(40)]
            async with database.lane() as lane:
                await activities.import_chunk(shop.runtime, lane, rows[:20])
                server.stop()
                with pytest.raises(DatabaseUnavailable):
                    await activities.import_chunk(shop.runtime, lane, rows[20:])
                server = EmbeddedServer(home, Tuning(shared_buffers="32MB"))
                server.start()
                done = await activities.import_chunk(shop.runtime, lane, rows)
            assert [one.outcome for one in done] == ["duplicate"] * 20 + ["applied"] * 20
            assert await active(shop) == 400
    finally:
        server.stop()
