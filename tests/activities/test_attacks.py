"""A batch in trouble: poison among good ones, locks, a crowd on one account, a connection that breaks anywhere."""

from __future__ import annotations

import asyncio
import random
from pathlib import Path

import asyncpg
import msgspec
import pytest

from regulars.activities import service as activities
from regulars.activities.contracts import Reply, SaleRef
from regulars.kit.address import Address
from regulars.kit.database import Database
from regulars.kit.errors import DatabaseUnavailable, ValidationFault
from regulars.kit.money import AMOUNT_MAX
from tests.activities.conftest import NOW, SHOP, Shop, answer_of, open_shop

TILLS = SHOP.replace(
    "rules:", "  rung: {count: activities, where: \"type == 'purchase'\", window: 1 day, per: till}\nrules:"
)
PHONES = tuple(f"+3736920{number:04d}" for number in range(200))


async def one(shop: Shop, sql: str, *values: object) -> int:
    """A number from the database."""
    async with shop.runtime.database.read(programs=[shop.program_id]) as tx:
        return int(await tx.fetchval(sql, *values) or 0)


async def test_one_poisoned_activity_among_200_leaves_199_right_answers(database: Database, home: Path) -> None:
    async with open_shop(database, home, TILLS) as shop:
        # A zero byte gets through every check but the last: the counter of its till cannot be written.
        intakes = [
            shop.intake(amounts=(1000,), phone=phone, till="a\x00b" if place == 77 else "till-1")
            for place, phone in enumerate(PHONES)
        ]
        replies = await asyncio.gather(*(shop.submit(intake) for intake in intakes), return_exceptions=True)
        assert isinstance(replies[77], asyncpg.DataError)
        good = [reply for reply in replies if isinstance(reply, Reply)]
        assert [reply.status for reply in good] == [201] * 199
        assert {answer_of(reply).balances[0].active for reply in good} == {10}
        assert await one(shop, "select count(*) from regulars.activity") == 199
        assert await one(shop, "select sum(active) from regulars.balance") == 1990
        assert await one(shop, "select value from regulars.counter where owner = 'till:till-1'") == 199


async def test_poison_alone_is_told_and_its_key_stays_free(database: Database, home: Path) -> None:
    async with open_shop(database, home, TILLS) as shop:
        poisoned = shop.intake(amounts=(1000,), phone=PHONES[0], till="a\x00b")
        with pytest.raises(asyncpg.DataError):
            await shop.submit(poisoned)
        assert await one(shop, "select count(*) from regulars.answer") == 0
        healed = await shop.submit(msgspec.structs.replace(poisoned, till="till-1"))
        assert healed.status == 201


async def test_a_poisoned_return_that_waits_does_not_poison_its_sale(database: Database, home: Path) -> None:
    text = TILLS.replace(
        "rung: {count: activities, where: \"type == 'purchase'\"", 'rung: {count: activities, where: "true"'
    )
    async with open_shop(database, home, text) as shop:
        early = shop.intake("return", source="t", document="R-1", till="a\x00b", sale=SaleRef(document="A-1"))
        assert (await shop.submit(early)).status == 202
        assert (await shop.buy(4000, source="t", document="A-1", till="till-1")).balances[0].active == 40
        assert await one(shop, "select count(*) from regulars.waiting") == 1
        await activities.sweep(shop.runtime, now=NOW)
        assert await one(shop, "select sum(active) from regulars.balance") == 40


async def test_an_account_that_somebody_holds_is_told_and_the_others_go_through(shop: Shop, address: Address) -> None:
    await shop.buy(1000, phone=PHONES[0])
    async with Database(address) as other, other.transaction(programs=[shop.program_id]) as tx:
        await tx.execute("select from regulars.account for update")
        crowd = [shop.submit(shop.intake(amounts=(1000,), phone=phone)) for phone in PHONES[:20]]
        replies = await asyncio.gather(*crowd, return_exceptions=True)
    assert [getattr(reply, "code", None) for reply in replies[:1]] == ["contended"]
    assert [reply.status for reply in replies[1:] if isinstance(reply, Reply)] == [201] * 19
    # And it was told the truth: nothing of it is there, and a retry does it.
    assert await one(shop, "select count(*) from regulars.activity") == 20


async def test_an_account_that_moves_again_and_again_is_decided_under_a_lock(shop: Shop, address: Address) -> None:
    await shop.buy(1000, phone=PHONES[0])
    stop = asyncio.Event()

    async def meddle() -> None:
        # Somebody bumps the version without pause, as repairs and the filler do.
        async with Database(address) as other:
            while not stop.is_set():
                async with other.transaction(programs=[shop.program_id]) as tx:
                    await tx.execute("update regulars.account set version = version + 1")

    meddler = asyncio.create_task(meddle())
    replies = [await shop.submit(shop.intake(amounts=(1000,), phone=PHONES[0])) for _ in range(10)]
    stop.set()
    await meddler
    assert [reply.status for reply in replies] == [201] * 10
    assert [answer_of(reply).balances[0].active for reply in replies] == [20, 30, 40, 50, 60, 70, 80, 90, 100, 110]


async def test_fifty_at_once_on_one_account_are_fifty_in_a_row(shop: Shop) -> None:
    replies = await asyncio.gather(*(shop.submit(shop.intake(amounts=(1000,), phone=PHONES[0])) for _ in range(50)))
    answers = [answer_of(reply) for reply in replies]
    assert sorted(answer.balances[0].active for answer in answers) == [10 * place for place in range(1, 51)]
    assert sum(answer.member.new for answer in answers) == 1
    assert sum(answer.member.card is not None for answer in answers) == 1
    assert await one(shop, "select version from regulars.account") == 50
    assert await one(shop, "select count(*) from regulars.member") == 1


async def test_a_broken_connection_loses_nothing_that_was_acknowledged(shop: Shop, address: Address) -> None:
    """Backends are ended without pause under load: what was answered is there once, what was not is there at most once,
    and a retry finds out."""
    stop = asyncio.Event()
    ended = 0

    async def end_backends() -> None:
        nonlocal ended
        async with Database(address, role="admin", size=1) as admin:
            while not stop.is_set():
                async with admin.transaction(programs=[]) as tx:
                    ended += await tx.fetchval(
                        "select count(pg_terminate_backend(pid)) from pg_stat_activity where datname = $1"
                        " and usename <> current_user and pid <> pg_backend_pid() and state <> 'idle'",
                        address.database,
                    )
                await asyncio.sleep(random.uniform(0.05, 0.3))

    acknowledged = 0

    async def till(number: int) -> None:
        nonlocal acknowledged
        made = 0
        # As long as it takes for a few backends to be hit in the middle of something, on a quick machine too.
        while made < 15 or (ended < 4 and made < 1000):
            intake = shop.intake(amounts=(1000,), phone=PHONES[number % 5])
            while True:
                try:
                    reply = await shop.submit(intake)
                except DatabaseUnavailable:
                    await asyncio.sleep(0.01)
                    continue
                assert reply.status == 201
                break
            made += 1
            acknowledged += 1

    killer = asyncio.create_task(end_backends())
    await asyncio.gather(*(till(number) for number in range(20)))
    stop.set()
    await killer
    assert ended > 3
    assert await one(shop, "select count(*) from regulars.activity") == acknowledged
    assert await one(shop, "select count(*) from regulars.answer") == acknowledged
    assert await one(shop, "select count(*) from regulars.event") == acknowledged
    assert await one(shop, "select sum(active) from regulars.balance") == 10 * acknowledged
    assert await one(shop, "select sum(version) from regulars.account") == acknowledged


async def test_a_refusal_after_a_broken_connection_is_not_a_success(shop: Shop, address: Address) -> None:
    await shop.buy(1000, phone=PHONES[0])
    async with Database(address, role="owner") as owner, owner.transaction(programs=[shop.program_id]) as tx:
        # The apply fails for everybody, as on a disk that is full or a table that is away.
        await tx.execute("alter table regulars.entry rename to entry_away")
    with pytest.raises(asyncpg.UndefinedTableError):
        await shop.buy(1000, phone=PHONES[0], key="k")
    async with Database(address, role="owner") as owner, owner.transaction(programs=[shop.program_id]) as tx:
        await tx.execute("alter table regulars.entry_away rename to entry")
    assert (await shop.buy(1000, phone=PHONES[0], key="k")).balances[0].active == 20


async def test_500_lines_add_up(shop: Shop) -> None:
    answer = await shop.buy(*range(1, 501))
    # 1 + 2 + ... + 500 = 125,250 bani: 1,252 points, a part for each line.
    assert answer.points == {"points": 1252}
    assert sum(line.points["points"] for line in answer.lines) == 1252


async def test_largest_basket_is_taken_and_one_more_is_not(shop: Shop) -> None:
    answer = await shop.buy(AMOUNT_MAX - 1, 1)
    # 2**53 - 1 bani at a point a leu.
    assert answer.points == {"points": 90_071_992_547_409}
    with pytest.raises(ValidationFault):
        await shop.buy(AMOUNT_MAX, 1)
    assert await one(shop, "select count(*) from regulars.activity") == 1


async def test_an_import_piece_with_poison_keeps_the_others(database: Database, home: Path) -> None:
    async with open_shop(database, home, TILLS) as shop:
        rows = [
            shop.intake(
                amounts=(1000,),
                phone=phone,
                key=None,
                source="old",
                document=str(place),
                till="\x00" if place == 3 else "t",
            )
            for place, phone in enumerate(PHONES[:8])
        ]
        async with database.lane() as lane:
            outcomes = await activities.import_chunk(shop.runtime, lane, rows)
        assert [one.outcome for one in outcomes] == ["applied"] * 3 + ["refused"] + ["applied"] * 4
        assert isinstance(outcomes[3].fault, asyncpg.DataError)
        assert await one(shop, "select count(*) from regulars.activity") == 7
