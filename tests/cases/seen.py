"""What the books of one program say: of everybody, of each activity, and of any moment, read from the tables."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from typing import Any
from uuid import UUID

import msgspec

from regulars.activities import checking
from regulars.kit import ids
from regulars.ledger import service as ledger
from tests.cases.shop import SOURCE, Shop

BOOKS = ("active", "pending", "held", "arrears")


class Row(msgspec.Struct, frozen=True):
    """An entry, with what its activity is called instead of an id."""

    account_id: UUID
    member: str
    currency: str
    version: int
    activity: str
    kind: str
    from_book: str
    to_book: str
    amount: int
    effective_at: dt.datetime
    line: int | None
    rule: str | None
    funder: str | None


class Books(msgspec.Struct, frozen=True):
    """Everything that is stored of the points of a program."""

    entries: tuple[Row, ...]
    lots: tuple[tuple[Any, ...], ...]
    uses: tuple[tuple[Any, ...], ...]
    holds: tuple[tuple[Any, ...], ...]
    balances: tuple[tuple[Any, ...], ...]

    def at(self, account_id: UUID, currency: str, moment: dt.datetime) -> dict[str, int]:
        """A balance by what counts at a moment."""
        found = dict.fromkeys(BOOKS, 0)
        for one in self.entries:
            if (one.account_id, one.currency) == (account_id, currency) and one.effective_at <= moment:
                for book, sign in ((one.from_book, -1), (one.to_book, 1)):
                    if book in found:
                        # What is owed stands on the other side.
                        found[book] += one.amount * (-sign if book == "arrears" else sign)
        return found

    def written(self, activity: str) -> list[list[Any]]:
        """Kinds and amounts of the entries of an activity."""
        return [[one.kind, one.amount] for one in self.entries if one.activity == activity]

    def plain(self) -> dict[str, list[str]]:
        """All of it without ids: what two ways of telling a story must have in common."""
        return {
            # Lots that move together leave in the order of their ids, and ids of a file are made at one moment.
            "entries": sorted(str([getattr(one, name) for name in _COMPARED]) for one in self.entries),
            # Ids have an order of their own.
            "lots": sorted(str(one) for one in self.lots),
            "uses": sorted(str(one) for one in self.uses),
            "holds": sorted(str(one) for one in self.holds),
            "balances": sorted(str(one) for one in self.balances),
        }


async def books(shop: Shop) -> Books:
    """The books as they stand."""
    people = {ids.from_wire("mem", id): who for who, id in shop.members.items()}
    async with shop.database.read(programs=[shop.program_id]) as tx:
        named = {
            row["activity_id"]: row["document"] if row["source"] == SOURCE else row["type"]
            for row in await tx.fetch(
                """select a.activity_id, a.type, n.source, n.document from regulars.activity a
                left join regulars.natural_key n using (activity_id)"""
            )
        }
        entries = await tx.fetch("select * from regulars.entry order by member_id, account_id, currency, version")
        lots = await tx.fetch("select * from regulars.lot order by account_id, currency, earned_at, activity_id, n")
        uses = await tx.fetch(
            "select * from regulars.lot_use order by account_id, currency, version, lot_activity_id, lot_n"
        )
        holds = await tx.fetch("select * from regulars.hold order by placed_at, hold_id")
        balances = await tx.fetch("select * from regulars.balance order by currency, active, version")
    # What is one's own in a household is kept under one's own name.
    own = {id.hex: who for id, who in people.items()}

    def called(currency: str) -> str:
        plain, at, whose = currency.partition("@")
        return f"{plain}@{own.get(whose, '?')}" if at else plain

    by_lot = {
        (row["activity_id"], row["n"]): (called(row["currency"]), row["earned_at"], row["expires_at"]) for row in lots
    }
    return Books(
        entries=tuple(
            Row(
                account_id=row["account_id"],
                member=people.get(row["member_id"], "nobody"),
                activity=named.get(row["activity_id"], "?"),
                currency=called(row["currency"]),
                **{name: row[name] for name in _ENTRY},
            )
            for row in entries
        ),
        lots=tuple(
            (
                called(row["currency"]),
                named.get(row["activity_id"], "?"),
                named.get(row["source_id"], "?"),
                *(row[name] for name in _LOT),
            )
            for row in lots
        ),
        uses=tuple(
            (called(row["currency"]), row["amount"], by_lot.get((row["lot_activity_id"], row["lot_n"]))) for row in uses
        ),
        holds=tuple(tuple(row[name] for name in _HOLD) for row in holds),
        balances=tuple((called(row["currency"]), *(row[name] for name in _BALANCE)) for row in balances),
    )


_ENTRY = ("version", "kind", "from_book", "to_book", "amount", "effective_at", "line", "rule", "funder")
_COMPARED = [name for name in Row.__struct_fields__ if name not in {"account_id", "version"}]
_LOT = ("granted", "remaining", "held", "pending", "earned_at", "active_at", "expires_at", "expires_on",
        "cancels_at", "line", "rule", "release", "funder", "cost_minor")  # fmt: skip
_HOLD = ("currency", "amount", "captured", "state", "placed_at", "expires_at")
_BALANCE = (*BOOKS, "version", "next_change_at", "idle_at")


async def open_lots(shop: Shop, who: str) -> dict[str, list[list[Any]]]:
    """What is left of each open lot of somebody's account and its last day, in spend order, by currency."""
    wire = await shop.member(who)
    told = await shop.get(f"/v1/members/{wire}/statement?limit=1")
    found = defaultdict(list)
    for lot in told["lots"]:
        found[lot["currency"]].append([lot["remaining"], lot.get("expires_on")])
    return dict(found)


async def home(shop: Shop, who: str, at: dt.datetime) -> UUID:
    """The account whose books were somebody's at a moment: their own, until they moved."""
    member_id = ids.from_wire("mem", await shop.member(who))
    async with shop.database.read(programs=[shop.program_id]) as tx:
        found: UUID | None = await tx.fetchval(
            "select account_id from regulars.moved where member_id = $1 and moved_at <= $2", member_id, at
        )
    return found or member_id


async def sound(shop: Shop, key: bytes) -> list[Any]:
    """What does not hold: in the books, of activities and their seals, of what is shared and what came back (I1 to I7,
    I11, I12)."""
    async with shop.database.read(programs=[shop.program_id]) as tx:
        report = await ledger.check(tx, program_id=shop.program_id, key=key)
        beyond = await checking.kept(tx, shop.program_id, since=None, key=key, now=shop.clock())
    return [*report.breaks, *beyond.breaks]
