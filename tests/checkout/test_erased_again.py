"""A database goes back to a moment before members were erased: whoever was, is erased again, whatever they had then
(TRUST.md D3). The database is copied before the erasures, which is what any restore comes to; the real one, from a backup
by the command line, is in tests/cli/test_restored.py."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import psycopg
import pytest

from regulars.activities import service as activities
from regulars.activities.service import Runtime
from regulars.kit import edge, forgotten, ids
from regulars.kit.address import Address
from regulars.kit.database import Database
from regulars.kit.forgotten import Forgotten
from regulars.kit.settings import Settings
from tests.checkout.test_households import FAMILY
from tests.checkout.town import People, people, worker
from tests.conftest import copied

GIFTS = """
reward_types:
  fetched: {steps: [{handover: counter, within: 7 days}], cancel: [member, staff]}
rewards:
  mug: {type: fetched, title: {en: Mug, ru: Кружка, ro: Cană}, prices: [{points: 10}], value: 0.50}
"""
NAMES = ("plain", "frozen", "merged", "into", "pair", "with", "one", "later", "founder", "guest", "buyer", "stays")


class World:
    """The same shop twice: as it goes on, and as it was before."""

    def __init__(self, home: Path, before: Address) -> None:
        self.home, self.before = home, before
        self.ids: dict[str, str] = {}

    def forgotten(self) -> list[Forgotten]:
        return forgotten.known(Settings(home=self.home))

    def names(self, some: list[Forgotten]) -> set[str]:
        known = {ids.from_wire("mem", one): name for name, one in self.ids.items()}
        return {known[one.member_id] for one in some}


async def befall(town: People, where: Address) -> None:
    """What everybody is in when the backup is taken."""
    for number, name in enumerate(NAMES):
        bought = await town.buy(name, 10000, by={"phone": f"+373691230{number:02d}"})
        assert bought["points"] == {"points": 100, "stamps": 1}
    await town.merge("merged", "into")
    await town.merge("pair", "with")
    await town.post(f"/v1/members/{town.ids['founder']}/household", {"household": "family"})
    invited = {"act": "invite", "member": town.ids["guest"]}
    await town.post(f"/v1/members/{town.ids['founder']}/household/members", invited)
    await town.post(f"/v1/members/{town.ids['guest']}/household/join", {"of": town.ids["founder"]})
    await town.post(f"/v1/members/{town.ids['buyer']}/orders", {"reward": "mug"})
    freeze(where, town.ids["frozen"], "looked into")


async def erased(town: People, where: Address) -> None:
    """What happens after it: all let go of what they share, and are erased."""
    freeze(where, town.ids["frozen"], None)
    await town.unmerge("merged")
    await town.merge("one", "later")
    await town.post(f"/v1/members/{town.ids['guest']}/household/leave", {})
    [order] = (await town.get(f"/v1/members/{town.ids['buyer']}/orders"))["items"]
    await town.post(f"/v1/orders/{order['id']}/cancel", {"reason": "no mugs"})
    newcomer = await town.buy("newcomer", 1000, by={"phone": "+37369123999"})
    assert newcomer["member"]["new"]
    refused = await town.post(f"/v1/members/{town.ids['stays']}/erase", {"reason": "letter"}, status=409)
    assert refused["code"] == "erasure_loses_points"
    for name in ("plain", "frozen", "merged", "with", "one", "guest", "buyer", "newcomer"):
        await town.post(f"/v1/members/{town.ids[name]}/erase", {"reason": "letter", "forfeits": True})


def freeze(where: Address, member: str, why: str | None) -> None:
    with psycopg.connect(**where.sync_arguments("admin")) as connection:
        connection.execute(
            "update regulars.balance set frozen_reason = %s where account_id = %s and currency = 'points'",
            (why, ids.from_wire("mem", member)),
        )


@pytest.fixture(scope="module")
async def world(template: Address, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    home = tmp_path_factory.mktemp("restored")
    with copied(template) as after:
        async with Database(after, size=4) as database, people(home, after, database, FAMILY + GIFTS) as town:
            await befall(town, after)
            found = town.ids
        with copied(after) as before:
            async with Database(after, size=4) as database, people(home, after, database, FAMILY + GIFTS) as town:
                town.ids = found
                await erased(town, after)
            made = World(home, before)
            made.ids = found
            yield made


@contextlib.asynccontextmanager
async def restored(world: World) -> AsyncIterator[tuple[Runtime, Address]]:
    """A process on the database as it was."""
    with copied(world.before) as where:
        async with worker(world.home, where) as process:
            yield process, where


async def back(process: Runtime, known: list[Forgotten]) -> list[Forgotten]:
    return await activities.erased_who_are_back(process.database, known)


async def statuses(process: Runtime, world: World) -> dict[str, str]:
    async with process.database.read(programs=[1]) as tx:
        rows = await tx.fetch("select member_id, status from member")
    known = {ids.from_wire("mem", one): name for name, one in world.ids.items()}
    return {known[row["member_id"]]: row["status"] for row in rows}


async def again(process: Runtime, world: World) -> dict[str, str]:
    """Erase all again, as the command does; whom it could not, and why."""
    standing = {}
    for one in await back(process, world.forgotten()):
        said = await activities.erase_again(process, one, now=edge.now())
        if said is not None:
            standing[next(iter(world.names([one])))] = said
    return standing


def test_what_is_written_beside_the_database_names_whoever_was_erased_and_nobody_else(world: World) -> None:
    expected = {"plain", "frozen", "merged", "pair", "with", "one", "later", "guest", "buyer", "newcomer"}
    assert world.names(world.forgotten()) == expected
    text = (world.home / "erasures" / forgotten.NAME).read_text()
    assert "letter" not in text
    assert "3736912" not in text


async def test_whoever_is_back_is_erased_again_whatever_they_had_then(world: World) -> None:
    async with restored(world) as (process, where):
        there = await back(process, world.forgotten())
        # Whoever came later is not there; of two who were merged then, one stands for both.
        assert world.names(there) == {"plain", "frozen", "merged", "with", "one", "later", "guest", "buyer"}
        assert await again(process, world) == {"frozen": "balance_frozen"}
        assert world.names(await back(process, world.forgotten())) == {"frozen"}
        freeze(where, world.ids["frozen"], None)
        assert await again(process, world) == {}
        assert await back(process, world.forgotten()) == []
        gone = dict.fromkeys(("plain", "frozen", "merged", "pair", "with", "one", "later", "guest", "buyer"), "erased")
        living = dict.fromkeys(("into", "founder", "stays"), "active")
        assert await statuses(process, world) == gone | living
        async with process.database.read(programs=[1]) as tx:
            held = await tx.fetch("select account_id, active from balance where currency like 'points%' and active > 0")
            orders = await tx.fetchval("select array_agg(distinct state) from reward_order")
        assert {ids.to_wire("mem", row["account_id"]): row["active"] for row in held} == {
            world.ids[name]: 100 for name in living
        }
        assert orders == ["cancelled"]
        async with httpx.AsyncClient() as nobody:
            assert await People(nobody, process.database, world.home).sound()


async def test_it_goes_on_where_it_was_cut_short_and_does_nothing_twice(world: World) -> None:
    async with restored(world) as (process, _):
        known = world.forgotten()
        first = (await back(process, known))[0]
        assert await activities.erase_again(process, first, now=edge.now()) is None
        assert first not in await back(process, known)
        count = "select count(*) from activity where type = 'erase'"
        async with process.database.read(programs=[1]) as tx:
            assert await tx.fetchval(count) == 1
        # Also by whoever did not know that it was done already.
        assert await activities.erase_again(process, first, now=edge.now()) is None
        async with process.database.read(programs=[1]) as tx:
            assert await tx.fetchval(count) == 1


async def test_control_without_what_was_written_down_they_are_all_back(world: World) -> None:
    async with restored(world) as (process, _):
        assert await back(process, []) == []
        assert set((await statuses(process, world)).values()) == {"active", "merged"}


async def test_what_the_database_knows_of_erasures_is_written_down_by_the_worker(world: World, tmp_path: Path) -> None:
    """Of a release before, or by another machine with a home of its own."""
    async with restored(world) as (process, _):
        await again(process, world)
        file = world.home / "erasures" / forgotten.NAME
        whole = file.read_bytes()
        file.unlink()
        try:
            await activities.finish_erasures(process, now=edge.now())
            # Whoever was merged into somebody goes with them.
            assert world.names(world.forgotten()) == {
                "plain", "merged", "with", "one", "later", "guest", "buyer",
            }  # fmt: skip
        finally:
            file.write_bytes(whole)
