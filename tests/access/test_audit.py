from __future__ import annotations

import asyncio
import datetime as dt
import random

import asyncpg
import msgspec
import pytest

from regulars.access import service as access
from regulars.access.contracts import AuditBreak
from regulars.kit.database import Database

NOW = dt.datetime(2027, 3, 10, 9, 0, tzinfo=dt.UTC)
KEY = b"a" * 32


async def record(tx, n: int, program_id: int = 1) -> int:
    return await access.audit.record(
        tx,
        key=KEY,
        program_id=program_id,
        actor=f"key_{n}",
        action="card.block",
        target=f"crd_{n}",
        old={"status": "active"},
        new={"status": "blocked", "n": n},
        now=NOW + dt.timedelta(seconds=n),
    )


async def fill(database, count: int) -> None:
    async with database.transaction(programs=[1]) as tx:
        for n in range(count):
            await record(tx, n)


async def breaks(database, roots=()) -> list[AuditBreak]:
    async with database.read(programs=[1]) as tx:
        return await access.audit.verify(tx, key=KEY, program_id=1, roots=roots)


@pytest.fixture
async def owner(address):
    """Whoever rules the database: walls and rights do not hold him, the chain must."""
    async with Database(address, role="owner", size=1) as opened:
        yield opened


async def test_an_untouched_chain_holds(database):
    await fill(database, 5)
    async with database.read(programs=[1]) as tx:
        root = await access.audit.root(tx, key=KEY, program_id=1, now=NOW)
    assert root.position == 5
    await fill(database, 2)
    assert await breaks(database, [root]) == []


async def test_an_empty_chain_holds(database):
    assert await breaks(database) == []


async def test_writers_take_turns(database):
    async def one(n: int) -> int:
        async with database.transaction(programs=[1]) as tx:
            return await record(tx, n)

    assert sorted(await asyncio.gather(*(one(n) for n in range(10)))) == list(range(1, 11))
    assert await breaks(database) == []


async def run(database, statement: str) -> None:
    async with database.transaction(programs=[1]) as tx:
        await tx.execute(statement)


async def test_the_app_may_not_change_what_is_written(database):
    await fill(database, 1)
    for statement in ("update audit set actor = 'x'", "delete from audit"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await run(database, statement)


TAMPERINGS = {
    "edit": "update regulars.audit set {column} = {value} where position = {at}",
    "delete": "delete from regulars.audit where position = {at}",
    "swap": """update regulars.audit a set position = 10000 + {other} + {at} - a.position where position in ({at}, {other});
        update regulars.audit set position = position - 10000 where position > 10000""",
    "cut": "delete from regulars.audit where position >= {at}",
    "cut and forged end": """delete from regulars.audit where position >= {at};
        delete from regulars.audit_head;
        insert into regulars.audit_head select program_id, position, hash from regulars.audit order by position desc limit 1""",
}
VALUES = {
    "actor": "'me'",
    "action": "'x'",
    "target": "'y'",
    "old": "'{}'",
    "new": "'{}'",
    "at": "now()",
    "hash": "'\\x00'",
}


async def test_every_tampering_is_found(database, owner):
    await fill(database, 20)
    async with database.read(programs=[1]) as tx:
        root = await access.audit.root(tx, key=KEY, program_id=1, now=NOW)
    draw = random.Random(7)
    found = 0
    for turn in range(100):
        name = list(TAMPERINGS)[turn % len(TAMPERINGS)]
        at, other = draw.sample(range(1, 21), 2)
        column = draw.choice(sorted(VALUES))
        statement = TAMPERINGS[name].format(at=at, other=other, column=column, value=VALUES[column])
        try:
            async with owner.transaction(programs=[1]) as tx:
                for part in statement.split(";"):
                    assert await tx.execute(part)
                found += bool(await access.audit.verify(tx, key=KEY, program_id=1, roots=[root]))
                raise Undone
        except Undone:
            pass
    assert found == 100
    assert await breaks(database, [root]) == []


class Undone(Exception):
    """Takes a tampering back."""


async def test_without_a_root_kept_outside_a_forged_end_goes_unseen(database, owner):
    # The negative control: it shows what roots are for.
    await fill(database, 5)
    async with owner.transaction(programs=[1]) as tx:
        for part in TAMPERINGS["cut and forged end"].format(at=4).split(";"):
            await tx.execute(part)
    assert await breaks(database) == []


async def test_a_forged_root_is_told(database):
    await fill(database, 3)
    async with database.read(programs=[1]) as tx:
        root = await access.audit.root(tx, key=KEY, program_id=1, now=NOW)
    forged = msgspec.structs.replace(root, position=2)
    assert AuditBreak(position=2, reason="wrong_root") in await breaks(database, [forged])


async def test_pages_show_the_newest_first_behind_the_wall(database):
    await fill(database, 5)
    async with database.read(programs=[1]) as tx:
        first = await access.audit.page(tx, program_id=1, cursor=None, limit=3)
        second = await access.audit.page(tx, program_id=1, cursor=first.next_cursor, limit=3)
    assert [entry.position for entry in first.items] == [5, 4, 3]
    assert [entry.position for entry in second.items] == [2, 1]
    assert second.next_cursor is None
    assert msgspec.json.decode(first.items[0].new) == {"status": "blocked", "n": 4}
    async with database.read(programs=[2]) as tx:
        assert (await access.audit.page(tx, program_id=1, cursor=None, limit=3)).items == []
