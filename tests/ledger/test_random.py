"""Random acts on a few accounts, written batch by batch: afterwards everything holds, and every past statement is what was shown then (I8)."""

from __future__ import annotations

import datetime as dt
import random
from uuid import UUID

import pytest

from regulars.engine.contracts.points import Balance, LotId, LotUse
from regulars.engine.points import adjusting, earning, extending, holding, passing, reversing, spending
from regulars.engine.points.purse import Purse
from regulars.kit.database import Database
from regulars.kit.errors import RegularsError
from regulars.ledger import service as ledger
from regulars.program.contracts.definitions import Currency
from regulars.program.contracts.values import Span, Unit
from tests.ledger.shop import PROGRAM, Shop, account

START = dt.datetime(2027, 3, 10, 12, tzinfo=dt.UTC)
HOUR = dt.timedelta(hours=1)


class Shopper:
    """What a random account has done so far, as far as later acts need it."""

    def __init__(self) -> None:
        self.sales: list[tuple[LotId, int]] = []
        self.spent: list[tuple[LotUse, ...]] = []
        self.holds: list[UUID] = []

    def act(self, purse: Purse, rng: random.Random) -> None:
        what = rng.choice(["earn", "earn", "spend", "hold", "close", "reverse", "refund", "extend", "adjust"])
        points = rng.randint(1, 30)
        try:
            getattr(self, what)(purse, rng, points)
        except RegularsError:
            assert purse.entries == [] or purse.result().entries

    def earn(self, purse: Purse, rng: random.Random, points: int) -> None:
        wait = Span(rng.choice([0, 0, 5]), Unit.HOUR)
        earning.earn(purse, "points", points, expires=Span(rng.randint(1, 40), Unit.HOUR), pending=wait)
        made = [one.lot_id for one in purse.result().lots if one.lot_id in purse.made and one.granted == points]
        self.sales += [(lot_id, points) for lot_id in made[:1]]

    def spend(self, purse: Purse, rng: random.Random, points: int) -> None:
        self.spent.append(spending.spend(purse, "points", points))

    def hold(self, purse: Purse, rng: random.Random, points: int) -> None:
        holding.place(purse, "points", points, hold_id=purse.activity_id, ttl_s=3600 * rng.randint(1, 6))
        self.holds.append(purse.activity_id)

    def close(self, purse: Purse, rng: random.Random, points: int) -> None:
        if self.holds:
            hold_id = self.holds.pop(0)
            if hold_id in purse.holds:
                holding.capture(purse, hold_id, min(points, purse.holds[hold_id].amount))

    def reverse(self, purse: Purse, rng: random.Random, points: int) -> None:
        if self.sales:
            lot_id, earned = self.sales.pop(rng.randrange(len(self.sales)))
            reversing.reverse(purse, "points", earned, lots=[lot_id])

    def refund(self, purse: Purse, rng: random.Random, points: int) -> None:
        if self.spent:
            uses = self.spent.pop()
            spending.refund(purse, "points", sum(use.amount for use in uses), uses=uses)

    def extend(self, purse: Purse, rng: random.Random, points: int) -> None:
        extending.extend(purse, "points", by=Span(points, Unit.HOUR))

    def adjust(self, purse: Purse, rng: random.Random, points: int) -> None:
        adjusting.adjust(purse, "points", rng.choice([-points, points]))


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_random_histories_hold_together_and_can_be_replayed(database: Database, seed: int) -> None:
    rng = random.Random(seed)
    shop = Shop(database, Currency(name="points"))
    people = {account(n): Shopper() for n in (1, 2)}
    shown: list[tuple[UUID, dt.datetime, tuple[Balance, ...]]] = []
    for step in range(60):
        one = rng.choice(list(people))
        now = START + step * HOUR
        acts = [lambda purse, one=one: people[one].act(purse, rng)] * rng.randint(1, 2)
        await shop.do(one, now, passing.catch_up, *acts)
        async with database.read(programs=[PROGRAM]) as tx:
            shown.append((one, now, await ledger.balances_at(tx, program_id=PROGRAM, account_id=one, at=now, now=now)))
    report = await shop.check()
    assert report.breaks == ()
    assert report.entries > 60
    later = START + 1000 * HOUR
    async with database.read(programs=[PROGRAM]) as tx:
        for one, at, balances in shown:
            replayed = await ledger.balances_at(tx, program_id=PROGRAM, account_id=one, at=at, now=later)
            assert [numbers(balance) for balance in replayed] == [numbers(balance) for balance in balances], at


def numbers(balance: Balance) -> tuple[int, int, int, int]:
    return balance.active, balance.pending, balance.held, balance.arrears
