"""What is owed at a moment is the same from what is stored then and from what was posted by then, whether or not anybody
has written down what time did; worked out by hand, and by random acts."""

from __future__ import annotations

import datetime as dt
import random
from functools import partial
from uuid import UUID

import pytest

from regulars.engine.points import earning, holding, reversing, spending
from regulars.engine.points.purse import Purse
from regulars.kit.database import Database
from regulars.ledger import service as ledger
from regulars.ledger.liability import Liability
from regulars.program.contracts.definitions import Currency, Expiry, Pending
from regulars.program.contracts.values import Ratio, Span, Unit
from tests.ledger.shop import PROGRAM, Shop, account
from tests.ledger.test_random import Shopper

START = dt.datetime(2027, 3, 10, 12, tzinfo=dt.UTC)
HOUR = dt.timedelta(hours=1)
LATER = START + 1000 * HOUR
# One minor unit a point.
POINTS = Currency(name="points", expiry=Expiry(never=True), cost={"house": Ratio(1, 100)})
HOLD = UUID(int=99)


async def stored(database: Database, at: dt.datetime) -> list[Liability]:
    async with database.read(programs=[PROGRAM]) as tx:
        return await ledger.liability(tx, program_id=PROGRAM, now=at)


async def posted(database: Database, at: dt.datetime) -> list[Liability]:
    async with database.read(programs=[PROGRAM]) as tx:
        return await ledger.liability(tx, program_id=PROGRAM, now=LATER, as_of=at)


async def owed(database: Database, hours: float) -> tuple[int, int, int]:
    """Points, how many of them wait, and what they cost, so many hours after the start."""
    at = START + hours * HOUR
    now, then = await stored(database, at), await posted(database, at)
    assert now == then
    return next(((one.points, one.pending, one.cost) for one in now), (0, 0, 0))


async def test_L27_what_a_hold_pins_of_a_lot_that_is_over_is_owed_for_as_long_as_the_hold_lives(
    database: Database,
) -> None:
    await Shop(database, POINTS).do(
        account(1),
        START,
        lambda purse: earning.earn(purse, "points", 100, expires=Span(10, Unit.HOUR)),
        lambda purse: holding.place(purse, "points", 20, hold_id=HOLD, ttl_s=12 * 3600),
    )
    assert await owed(database, 9) == (100, 0, 100)
    assert await owed(database, 11) == (20, 0, 20)
    assert await owed(database, 12) == (0, 0, 0)


async def test_a_hold_that_is_over_changes_nothing_of_points_that_live(database: Database) -> None:
    await Shop(database, POINTS).do(
        account(1),
        START,
        lambda purse: earning.earn(purse, "points", 100),
        lambda purse: holding.place(purse, "points", 20, hold_id=HOLD, ttl_s=3600),
    )
    assert await owed(database, 2) == (100, 0, 100)


async def test_L8_a_debt_is_paid_at_the_moment_at_which_points_begin_or_are_let_go_of(database: Database) -> None:
    shop = Shop(database, POINTS)

    def come_back(purse: Purse) -> None:
        [lot] = [one.lot_id for one in purse.lots.values() if one.granted == 100]
        reversing.reverse(purse, "points", 100, lots=[lot])

    await shop.do(
        account(1),
        START,
        lambda purse: earning.earn(purse, "points", 100),
        lambda purse: spending.spend(purse, "points", 70),
        lambda purse: holding.place(purse, "points", 30, hold_id=HOLD, ttl_s=3 * 3600),
        # Nothing is active: 100 are owed by the member, and 30 to them, as long as they are held.
        come_back,
        lambda purse: earning.earn(purse, "points", 80, pending=Span(5, Unit.HOUR)),
    )
    assert await owed(database, 2) == (110, 80, 110)
    # The 30 pay; 70 are left to pay.
    assert await owed(database, 3) == (80, 80, 80)
    # 70 of the 80 pay.
    assert await owed(database, 5) == (10, 0, 10)
    await shop.do(account(1), START + 6 * HOUR, lambda purse: spending.spend(purse, "points", 10))
    # Written down since, and still so of each of these moments.
    assert [(await posted(database, START + hours * HOUR))[0].points for hours in (2, 3, 5)] == [110, 80, 10]
    assert await owed(database, 6) == (0, 0, 0)


async def test_what_waits_for_what_never_came_is_owed_until_it_is_given_up(database: Database) -> None:
    waiting = Pending(until="settled", within=Span(4, Unit.HOUR))
    await Shop(database, POINTS).do(account(1), START, lambda purse: earning.earn(purse, "points", 40, pending=waiting))
    assert await owed(database, 3) == (40, 40, 40)
    assert await owed(database, 4) == (0, 0, 0)


@pytest.mark.parametrize("seed", [1, 2])
async def test_I9_a_report_of_a_moment_says_later_what_it_said_then(database: Database, seed: int) -> None:
    rng, shop = random.Random(seed), Shop(database, Currency(name="points", cost={"house": Ratio(3, 700)}))
    people = {account(n): Shopper() for n in (1, 2, 3)}
    said = dict[dt.datetime, list[Liability]]()
    for step in range(40):
        one = rng.choice(list(people))
        now = START + step * HOUR
        await shop.do(one, now, partial(people[one].act, rng=rng))
        # By the others nobody has looked; half an hour later by none.
        for at in (now, now + HOUR / 2):
            said[at] = await stored(database, at)
    for at, then in said.items():
        assert await posted(database, at) == then, at
    had = 0
    end = START + 45 * HOUR
    async with database.read(programs=[PROGRAM]) as tx:
        for one in people:
            for balance in await ledger.balances_at(tx, program_id=PROGRAM, account_id=one, at=end, now=end):
                had += balance.active + balance.pending + balance.held
    assert sum(one.points for one in await stored(database, end)) == had
