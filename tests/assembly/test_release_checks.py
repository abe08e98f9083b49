"""What the rooms together say of a release that its own text cannot."""

from __future__ import annotations

from pathlib import Path

import pytest

from regulars import assembly
from regulars.kit.database import Database
from regulars.program import service as program
from regulars.program.contracts.report import ProgramNotAccepted
from tests.activities.conftest import NOW, SHOP, Shop, open_shop


async def publish(shop: Shop, text: str) -> int:
    async with shop.runtime.database.transaction(programs=[shop.program_id]) as tx:
        checks = assembly.release_checks(shop.program_id)
        made = await program.publish(tx, program_id=shop.program_id, text=text, by="test", now=NOW, extra_checks=checks)
        return made.number


@pytest.mark.parametrize(
    ("old", "new", "path"),
    [
        ("money: MDL", "money: EUR", "program.money"),
        ("expiry: 12 months", "scale: 2, expiry: 12 months", "currencies.points"),
    ],
)
async def test_what_members_hold_keeps_its_meaning(
    database: Database, home: Path, old: str, new: str, path: str
) -> None:
    async with open_shop(database, home, SHOP) as shop:
        await shop.buy(1000)
        with pytest.raises(ProgramNotAccepted) as refused:
            await publish(shop, SHOP.replace(old, new))
        assert [fault.path for fault in refused.value.report.faults] == [path]


async def test_where_nobody_holds_anything_money_may_change(database: Database, home: Path) -> None:
    async with open_shop(database, home, SHOP) as shop:
        assert await publish(shop, SHOP.replace("money: MDL", "money: EUR")) == 2
