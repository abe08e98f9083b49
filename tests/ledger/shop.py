"""A shop for tests: it loads an account's points, lets a purse do something, and writes the movement as a batch
would."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from regulars.engine.contracts.points import LotId, Movement
from regulars.engine.points import passing
from regulars.engine.points.purse import Purse
from regulars.kit.database import Database
from regulars.ledger import service as ledger
from regulars.ledger.contracts import CheckReport, Posting
from regulars.program.contracts.definitions import Currency, Expiry

KEY = b"k" * 32
PROGRAM = 1
MEMBER = UUID(int=7)
CHISINAU = ZoneInfo("Europe/Chisinau")
POINTS = Currency(name="points", expiry=Expiry(never=True))

Act = Callable[[Purse], object]


def account(n: int) -> UUID:
    return UUID(int=n << 32)


class Shop:
    """One program on one database."""

    def __init__(self, database: Database, *currencies: Currency) -> None:
        self.database = database
        self.policies = {one.name: one for one in currencies or (POINTS,)}
        self.activities = 0

    async def do(self, account_id: UUID, now: dt.datetime, *acts: Act) -> Movement:
        """One batch of one account: each act is an activity of its own, and all are written together."""
        async with self.database.transaction(programs=[PROGRAM]) as tx:
            kept = (await ledger.load_balances(tx, [account_id])).get(account_id, ())
            lots = (await ledger.load_lots(tx, [account_id], named=await self._all_lots(tx, account_id))).get(
                account_id, ()
            )
            holds = (await ledger.load_holds(tx, [account_id])).get(account_id, ())
            balances = {one.balance.currency: one.balance for one in kept}
            known_lots, known_holds = {lot.lot_id: lot for lot in lots}, {hold.hold_id: hold for hold in holds}
            movements = list[tuple[UUID, Movement]]()
            for act in acts:
                self.activities += 1
                purse = Purse(
                    self.policies,
                    balances=balances.values(),
                    lots=list(known_lots.values()),
                    holds=known_holds.values(),
                    activity_id=UUID(int=self.activities),
                    member_id=MEMBER,
                    release=1,
                    zone=CHISINAU,
                    now=now,
                )
                passing.catch_up(purse)
                act(purse)
                movement = purse.result()
                movements.append((purse.activity_id, movement))
                balances |= {one.currency: one for one in movement.balances}
                known_lots |= {lot.lot_id: lot for lot in movement.lots}
                known_holds |= {hold.hold_id: hold for hold in movement.holds}
            hashes = {one.balance.currency: one.last_hash for one in kept}
            posting = Posting(
                account_id=account_id, program_id=PROGRAM, hashes=hashes, movements=tuple(movements), posted_at=now
            )
            await write(tx, [posting])
        return movements[-1][1]

    async def _all_lots(self, tx: Any, account_id: UUID) -> dict[UUID, list[Any]]:
        rows = await tx.fetch("select activity_id, n from lot where account_id = $1 and remaining = 0", account_id)
        named = [LotId(row["activity_id"], row["n"]) for row in rows]
        return {account_id: named} if named else {}

    async def check(self, **how: Any) -> CheckReport:
        async with self.database.read(programs=[PROGRAM]) as tx:
            return await ledger.check(tx, program_id=PROGRAM, key=KEY, **how)


async def write(tx: Any, postings: Sequence[Posting], *, ok: Sequence[UUID] | None = None) -> None:
    """The ledger's part of the apply statement, for the accounts in `ok` (none: all); the rest only where it is
    needed."""
    parts, count = ledger.apply_core_sql(2)
    arguments = ledger.apply_core_arguments(postings, key=KEY)
    if any(ledger.needs_rest(movement) for posting in postings for _, movement in posting.movements):
        rest, more = ledger.apply_rest_sql(2 + count)
        parts, count = f"{parts},\n{rest}", count + more
        arguments += ledger.apply_rest_arguments(postings, key=KEY)
        assert (parts, count) == ledger.apply_sql(2)
        assert arguments == ledger.apply_arguments(postings, key=KEY)
    assert len(arguments) == count
    accounts = [posting.account_id for posting in postings] if ok is None else list(ok)
    statement = f"with ok as materialized (select unnest($1::uuid[]) as account_id),\n{parts} select account_id from ok"
    await tx.fetch(statement, accounts, *arguments)
