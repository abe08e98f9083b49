"""Whoever owns the database and changes what points stand on is found: activities, what was taken of what is shared, and
returns that give back more than was paid. What no check sees is named in the docs, table by table."""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from regulars import assembly
from regulars.access import service as access
from regulars.access.contracts import Signature
from regulars.activities import checking
from regulars.activities import service as activities
from regulars.kit import edge, ids, keyring, tables
from regulars.kit.address import Address
from regulars.kit.database import Database, Transaction
from regulars.ledger import service as ledger
from regulars.ledger.contracts import Break
from tests.api.conftest import new_key
from tests.checkout.town import PHONES, People, people
from tests.conftest import copied
from tests.ledger.test_checker import OTHER, Undo
from tests.ledger.test_checker import TABLES as OF_POINTS

PROGRAM = """
program: {name: shop, languages: [en, ru, ro], money: USD, zone: Europe/Chisinau, region: MD}
currencies:
  points: {title: {en: Points, ru: Баллы, ro: Puncte}, value: 0.01, cost: {house: 0.01}}
activities:
  purchase: {title: {en: Purchase, ru: Покупка, ro: Cumpărătură}, basket: true}
  return: {title: {en: Return, ru: Возврат, ro: Retur}, basket: true, reverses: purchase}
  visit: {title: {en: Visit, ru: Визит, ro: Vizită}}
rules:
  base: {kind: base, trigger: purchase, effects: [{give: points, amount: "basket.base"}]}
  gift: {trigger: purchase, effects: [{give: points, amount: "10"}], budget: {points: {points: 500}, shared: spring}}
  daily: {trigger: purchase, effects: [{give: points, amount: "1"}], budget: {uses: 100, per: store, period: day}}
reward_types:
  returnable: {title: {en: May come back, ru: С возвратом, ro: Cu retur}, cancel: [member], cancel_within: 14 days, on_refund: full}
rewards:
  mug: {type: returnable, title: {en: Mug, ru: Кружка, ro: Cană}, prices: [{points: 10}], stock: true}
"""
NEVER = dt.datetime(1971, 1, 1, tzinfo=dt.UTC)
MINE = ("activity", "counter_use", "counter")
OLD = "overlay(activity_id::text placing '{}-0000' from 1 for 13)::uuid"


class Village(People):
    """Ann has bought twice, paid once with points and brought that back; Bob has ordered two mugs and one is
    cancelled."""

    done: dict[str, str]
    where: Address

    async def live(self) -> None:
        stock = {"reason": "delivery", "set": 5}
        await self.post("/v1/programs/shop/stock/mug", stock, status=200)
        self.done = {"small": (await self.buy("ann", 100))["activity_id"]}
        self.done["sale"] = (await self.buy("ann", 10000))["activity_id"]
        paid = await self.buy("ann", 5000, pay=[{"currency": "points", "points": 20}])
        back = await self.post("/v1/returns", {"sale": {"activity_id": paid["activity_id"]}})
        self.done |= {"paid": paid["activity_id"], "back": back["activity_id"]}
        await self.buy("bob", 20000)
        for name in ("kept", "gone"):
            order = await self.post(f"/v1/members/{self.ids['bob']}/orders", {"reward": "mug"})
            self.done[name] = order["orders"][0]["id"]
        await self.post(f"/v1/orders/{self.done['gone']}/cancel", {"reason": "by mistake"})
        for name in ("came", "looked", "left"):
            came = await self.post("/v1/activities", {"member": {"phone": PHONES["eve"]}, "type": "visit"})
            self.done[name] = came["activity_id"]

    def id(self, name: str) -> str:
        return str(ids.from_wire("act", self.done[name]))

    async def found(self, tx: Transaction, since: dt.datetime | None = None) -> tuple[Break, ...]:
        """All that the check finds, as whoever holds this transaction sees the database."""
        key = keyring.key(self.home, "ledger")
        points = await ledger.check(tx, program_id=1, key=key)
        beyond = await activities.breaches(tx, program_id=1, since=since)
        report = await checking.kept(tx, 1, since=since, key=key, now=edge.now())
        laws = [Break(invariant=one.invariant, table=one.table, key=one.key, text=one.text) for one in beyond]
        return (*report.breaks, *(points.breaks if since is None else ()), *laws)


@pytest.fixture(scope="module")
async def town(template: Address, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Village]:
    home = tmp_path_factory.mktemp("village")
    with copied(template) as where:
        async with Database(where, size=4) as database, people(home, where, database, PROGRAM) as opened:
            token = await new_key(database, program="shop", scopes=("admin",))
            opened.client.headers["authorization"] = f"Bearer {token}"
            village = Village(opened.client, database, home)
            village.where = where
            await village.live()
            yield village


@pytest.fixture(scope="module")
async def owner(town: Village) -> AsyncIterator[Database]:
    async with Database(town.where, role="owner", size=1) as database:
        async with database.transaction(programs=[1]) as tx:
            for table in (*MINE, "audit"):
                await tx.execute(f"alter table regulars.{table} no force row level security")
        yield database


@contextlib.asynccontextmanager
async def changed(owner: Database) -> AsyncIterator[Transaction]:
    """A transaction of whoever owns the database, which is undone."""
    try:
        async with owner.transaction(programs=[1]) as tx:
            yield tx
            raise Undo
    except Undo:
        pass


async def after(owner: Database, town: Village, sql: str, since: dt.datetime | None = None) -> tuple[Break, ...] | None:
    """What is found after a change, which is then undone; None where the database itself refused it."""
    found: tuple[Break, ...] | None = None
    with contextlib.suppress(asyncpg.UniqueViolationError, asyncpg.CheckViolationError):
        async with changed(owner) as tx:
            assert await tx.execute(sql), sql
            found = await town.found(tx, since)
    return found


# One row of each table, by what it is of.
ROWS = {
    "activity": "activity_id = '{sale}'",
    "counter_use": "activity_id = '{sale}' and metric like 'budget:%points'",
    "counter": "metric like 'budget:%points' and item = ''",
}


async def changes(owner: Database) -> list[tuple[str, str, str]]:
    """Every column of those tables changed, rows deleted, and rows doubled under another key."""
    async with owner.transaction(programs=[1]) as tx:
        rows = await tx.fetch(
            "select table_name, column_name, udt_name from information_schema.columns"
            " where table_schema = 'regulars' and table_name = any($1::text[]) order by table_name, ordinal_position",
            list(MINE),
        )
    other = {**OTHER, "int2": OTHER["int4"]}
    found = []
    for row in rows:
        table, column = row["table_name"], row["column_name"]
        change = other[row["udt_name"]].format(column=column)
        found.append((table, column, f"update regulars.{table} set {column} = {change} where {ROWS[table]}"))
    found += [(table, "-", f"delete from regulars.{table} where {where}") for table, where in ROWS.items()]
    for table, key, value in (
        ("activity", "activity_id", "gen_random_uuid()"), ("counter_use", "n", "n + 7"), ("counter", "owner", "'store:9'")
    ):  # fmt: skip
        names = [row["column_name"] for row in rows if row["table_name"] == table]
        values = ", ".join(value if name == key else name for name in names)
        found.append(
            (
                table,
                "+",
                f"insert into regulars.{table} ({', '.join(names)}) select {values} from regulars.{table} where {ROWS[table]}",
            )
        )
    return found


async def test_R16_whatever_is_changed_beside_points_is_found(town: Village, owner: Database) -> None:
    assert await town.sound()
    async with changed(owner) as tx:
        assert await town.found(tx) == await town.found(tx, NEVER) == ()
    missed = list[str]()
    for table, column, sql in await changes(owner):
        text = sql.format(sale=town.id("sale"))
        seen, at_once = await after(owner, town, text), await after(owner, town, text, NEVER)
        missed += [] if seen is None or seen else [f"{table}.{column}"]
        # What is new is seen within the minute: only a row that is gone or that nobody wrote waits for the night.
        missed += [] if column in "+-" or at_once is None or at_once else [f"{table}.{column} since the last check"]
    assert missed == []


NAMED = [
    ("use changed", "update regulars.counter_use set amount = 4 where activity_id = '{sale}' and amount = 10",
     ("I12", "counter_use", "", "activity_id = '{sale}' and n = ")),
    ("use removed", "delete from regulars.counter_use where activity_id = '{sale}' and amount = 10",
     ("I12", "counter_use", "", "activity_id = '{sale}'")),
    ("counter changed", "update regulars.counter set value = value - 10 where metric = 'budget:budgets.spring/points' and item = ''",
     ("I12", "counter", "value", "metric = 'budget:budgets.spring/points' and owner = 'program'")),
    ("stock added", "update regulars.counter set value = value + 5 where metric = 'stock:mug' and item = 'in'",
     ("I12", "counter", "value", "metric = 'stock:mug'")),
    ("body changed", "update regulars.activity set body = body || ' ' where activity_id = '{sale}'",
     ("I11", "activity", "body", "activity_id = '{sale}'")),
    ("decision changed", "update regulars.activity set decision = decision || 'x' where activity_id = '{sale}'",
     ("I11", "activity", "", "activity_id = '{sale}'")),
]  # fmt: skip


async def test_the_wrong_row_is_named_first(town: Village, owner: Database) -> None:
    names = {name: town.id(name) for name in ("sale", "paid")}
    for what, sql, (invariant, table, column, key) in NAMED:
        found = await after(owner, town, sql.format(**names))
        assert found, what
        assert (found[0].invariant, found[0].table, found[0].column) == (invariant, table, column), (what, found)
        assert key.format(**names) in found[0].key, (what, found[0].key)


async def test_a_use_that_is_gone_from_its_counter_too_is_found(town: Village, owner: Database) -> None:
    """The sums agree; the seal of the activity says that it took something."""
    async with changed(owner) as tx:
        await tx.execute(f"delete from regulars.counter_use where activity_id = '{town.id('sale')}' and amount = 10")
        sql = (
            "update regulars.counter set value = value - 10 where metric = 'budget:budgets.spring/points' and item = ''"
        )
        assert await tx.execute(sql) == 1
        (found,) = await town.found(tx)
    assert (found.table, found.stored, found.expected) == ("counter_use", "1", "2")
    assert town.id("sale") in found.key


async def test_a_sealed_activity_that_moved_nothing_is_missed(town: Village, owner: Database) -> None:
    """Once wrong: what moved no points, a visit or a return of nothing, could be taken away unseen."""
    async with changed(owner) as tx:
        await tx.execute(f"delete from regulars.activity where activity_id = '{town.id('looked')}'")
        found = [(one.invariant, one.table, town.id("looked") in one.key) for one in await town.found(tx)]
    assert found == [("I11", "event", True)]


async def test_a_person_settles_numbers_and_uses(town: Village, owner: Database) -> None:
    """Three purchases of 10 points each; somebody makes it 25, twice: once the uses are kept, once the number is."""
    where = "metric = 'budget:budgets.spring/points' and item = ''"
    for keep, value in (("uses", 30), ("counters", 25)):
        async with owner.transaction(programs=[1]) as tx:
            assert await tx.execute(f"update regulars.counter set value = value - 5 where {where}") == 1
        now = edge.now()
        by = Signature(program_id=1, act_id=edge.new_id(now), actor="ana", at=now, key=access.audit_key(town.home))
        async with town.database.transaction(programs=[1]) as tx:
            how: Any = {"keep": keep, "reason": f"kept the {keep}"}
            (done,) = await activities.settle(tx, by, town.home, **how)
            assert (done.metric, done.counted, done.used) == ("budget:budgets.spring/points", 25, 30)
            assert await tx.fetchval(f"select sum(value)::int from regulars.counter where {where}") == value
            assert await activities.settle(tx, by, town.home, **how) == []
        assert await town.sound()
        audit = (await town.client.get("/v1/audit")).json()["items"][0]
        assert (audit["action"], audit["new"]["reason"]) == ("ledger.settle", f"kept the {keep}")


async def test_I7_more_than_was_paid_never_comes_back(town: Village, owner: Database) -> None:
    """The return of what 20 points paid is made to speak of a sale that no points paid."""
    account_id = ids.from_wire("mem", town.ids["ann"])
    for since in (None, NEVER):
        sql = f"update regulars.activity set reverses = '{town.id('small')}' where activity_id = '{town.id('back')}'"
        found = [one for one in await after(owner, town, sql, since) or () if one.invariant == "I7"]
        told = {one.text: (one.stored, one.expected, one.account_id, one.currency) for one in found}
        # A dollar earned 1 point under the rule of the base; 49 are taken back of it.
        assert told == {
            f"with it more came back than was paid for {town.id('small')}": ("20", "at most 0", account_id, "points"),
            "returns of it took back more points than it gave": ("60", "at most 12", None, ""),
        }


async def test_an_activity_without_a_seal_is_found_once_others_have_one(town: Village, owner: Database) -> None:
    async with changed(owner) as tx:
        gone = "update regulars.activity set seal = null where activity_id = '{}'"
        await tx.execute(gone.format(town.id("back")))
        (found,) = await town.found(tx)
        assert (found.table, found.column, town.id("back") in found.key) == ("activity", "seal", True)
        # The program is of before seals: its first activity has none, and a process of the release before may go on
        # for a day beside new ones.
        await tx.execute(gone.format(town.id("small")))
        assert await town.found(tx) == ()
        for then, which in (("01000000", "not in ('{back}') and activity_id <>"), ("00900000", "=")):
            where = f"activity_id {which.format(back=town.id('back'))} '{town.id('small')}'"
            await tx.execute(f"update regulars.activity set activity_id = {OLD.format(then)} where {where}")
        late = {one.key for one in await town.found(tx) if one.column == "seal"}
    assert [town.id("back") in key for key in late] == [True]


def test_what_no_check_sees_is_named() -> None:
    """Every table is either held against something, or named in docs/ledger.md with what it means that it is not."""
    assembly.load_tables()
    page = (Path(__file__).parents[2] / "docs" / "ledger.md").read_text()
    section = page.partition("### What no check sees")[2].partition("\n## ")[0]
    assert section
    covered = {*OF_POINTS, *MINE, "audit", "audit_head", "ledger_acceptance"}
    unnamed = {name for name in tables.registry if name not in covered and f"`{name}`" not in section}
    assert unnamed == set()
