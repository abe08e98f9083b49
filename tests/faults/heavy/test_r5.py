"""Fifty clients want the last hundred points, a thousand times over, at three processes of one database."""

from __future__ import annotations

import asyncio
from pathlib import Path

import psycopg
import pytest

from regulars.activities.service import Runtime
from regulars.engine.contracts.activity import PointsPayment
from regulars.kit import settings as kit_settings
from regulars.kit.address import Address
from regulars.kit.database import Database
from regulars.ledger import service as ledger
from tests.activities.conftest import SHOP, Shop, open_shop
from tests.faults import table

TIMES, CLIENTS, MEMBERS = 1_000, 50, 20
PAY = (PointsPayment(currency="points", points=100),)


def deadlocks(address: Address) -> int:
    with psycopg.connect(**address.sync_arguments("admin"), autocommit=True) as admin:
        admin.execute("SELECT pg_stat_clear_snapshot()")
        row = admin.execute("SELECT deadlocks FROM pg_stat_database WHERE datname = %s", (address.database,)).fetchone()
        assert row is not None
        return int(row[0])


@pytest.mark.slow
@pytest.mark.timeout(900)
async def test_r5_one_of_fifty_gets_the_last_hundred_points(database: Database, address: Address, home: Path) -> None:
    settings = kit_settings.load({"REGULARS_HOME": str(home)})
    async with (
        open_shop(database, home, SHOP) as shop,
        Database(address, size=3) as second,
        Runtime(settings, second) as two,
        Database(address, size=3) as third,
        Runtime(settings, third) as three,
    ):
        shops = (shop, Shop(two, shop.program_id), Shop(three, shop.program_id))
        statuses: list[int] = []
        for time in range(TIMES):
            # The same members again and again, so that their chains grow and one who lost once may win the next time.
            phone = f"+3736961{time % MEMBERS:04d}"
            await shop.buy(10_000, phone=phone, key=f"earn-{time}")
            tries = [
                one.submit(one.intake(amounts=(100,), phone=phone, pay=PAY, key=f"{client}-{time}"))
                for client in range(CLIENTS)
                for one in (shops[client % len(shops)],)
            ]
            replies = await asyncio.gather(*tries)
            statuses += [reply.status for reply in replies]
            # 100 points pay 1.00 of 1.00, so that the winner earns nothing.
            assert sorted(reply.status for reply in replies) == [201] + [409] * (CLIENTS - 1), time
        async with database.read(programs=[shop.program_id]) as tx:
            active, least = await tx.fetchrow("select sum(active)::bigint, min(active) from regulars.balance")
            report = await ledger.check(tx, program_id=shop.program_id, key=shop.runtime.ledger_key)
    # Versions run from 1 without a gap, and every chain of hashes holds: the check looks.
    assert (active, least, report.breaks, deadlocks(address)) == (0, 0, (), 0)
    won = statuses.count(201)
    table.tell("R5", f"{CLIENTS} clients, the last 100 points", f"{TIMES} times, {won} winners, 0 deadlocks")
