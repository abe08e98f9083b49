"""What the rooms together say of a release that its own text cannot."""

from __future__ import annotations

from pathlib import Path

import pytest

from regulars import assembly
from regulars.kit.address import Address
from regulars.kit.database import Database
from regulars.program import service as program
from regulars.program.contracts.report import ProgramNotAccepted
from tests.activities.conftest import NOW, SHOP, Shop, open_shop
from tests.checkout.test_households import FAMILY, founded, invite, join, leave
from tests.checkout.town import People, people


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


ROLES = "size: 3, pooled: [stamps]"
WITHOUT = FAMILY.replace(FAMILY[FAMILY.index("households:") : FAMILY.index("activities:")], "")
RENAMED = FAMILY.replace("  family:", "  clan:")
OTHER_ROLES = FAMILY.replace(ROLES, f"{ROLES}, roles: {{owner: {{may_invite: true}}, kid: {{may_spend: false}}}}")
FEWER_ROLES = FAMILY.replace(ROLES, f"{ROLES}, roles: {{owner: {{may_invite: true}}, child: {{may_spend: false}}}}")


async def refused(town: People, text: str) -> list[tuple[str, str]]:
    """What a release is refused for, and nothing of it is kept."""
    async with town.database.transaction(programs=[1]) as tx:
        checks = assembly.release_checks(1)
        try:
            await program.publish(tx, program_id=1, text=text, by="test", now=NOW, extra_checks=checks)
        except ProgramNotAccepted as error:
            return [(fault.path, fault.texts.en.partition(".")[0]) for fault in error.report.faults]
    return []


async def test_a_household_stays_while_somebody_is_in_it(home: Path, address: Address, database: Database) -> None:
    async with people(home, address, database, FAMILY) as town:
        await founded(town)
        await invite(town, "bob", role="child")
        await join(town, "bob")
        as_child = ("households.family", "1 members are in family as child")
        as_owner = ("households.family", "1 members are in family as owner")
        assert await refused(town, WITHOUT) == [as_child, as_owner]
        assert await refused(town, RENAMED) == [as_child, as_owner]
        kid = ("households.family.roles.child", "1 members are in family as child")
        assert await refused(town, OTHER_ROLES) == [kid]
        # Nobody is there as an adult.
        assert await refused(town, FEWER_ROLES) == []
        await leave(town, "bob")
        await leave(town, "ann")
        assert await refused(town, WITHOUT) == []
