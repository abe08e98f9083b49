"""Statements: what happened to the points of an account, with the balance after each entry, and what it has at a
moment."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any, Final
from uuid import UUID

from regulars.engine.contracts import shared
from regulars.engine.contracts.points import Balance, Book, Entry, Hold, HoldState, Lot, LotId, LotUse
from regulars.kit import pages
from regulars.kit.database import Transaction
from regulars.kit.pages import Page
from regulars.ledger import at_time, chain, history, queries
from regulars.ledger.contracts import MovedBy, Statement, StatementEntry
from regulars.ledger.history import History
from regulars.ledger.replay import Replay, by_lot

_AFTER: Final = ",\n        ".join(
    f"(sum(case '{book}' when to_book then {sign}amount when from_book then {other}amount else 0 end) over upto)"
    f"::bigint as {book}_after"
    for book, sign, other in (("active", "", "-"), ("pending", "", "-"), ("held", "", "-"), ("arrears", "-", ""))
)
# The window needs every entry of the balance before, so that no running total is stored; histories are hundreds of
# rows long.
_PAGE: Final = f"""
with booked as (
    select {queries.ENTRY_COLUMNS},
        {_AFTER}
    from regulars.entry where account_id = any($1::uuid[]) and ($2::text is null or split_part(currency, '@', 1) = $2)
    window upto as (partition by account_id, currency order by version)
), page as (
    select * from booked where ($3::timestamptz is null or posted_at <= $3)
        and ($9::uuid[] is null or member_id = any($9))
        and ($4::timestamptz is null
            or (posted_at, version, currency, account_id) < ($4, $5::bigint, $6::text, $7::uuid))
    order by posted_at desc, version desc, currency desc, account_id desc limit $8
)
select page.*, u.lot_activity_id, u.lot_n, u.amount as used
from page left join regulars.lot_use u using (account_id, currency, version)
order by posted_at desc, version desc, currency desc, account_id desc, u.lot_activity_id, u.lot_n
"""

_USES: Final = """
select u.account_id, u.currency, u.version, u.lot_activity_id, u.lot_n, u.amount
from unnest($1::uuid[], $2::text[], $3::bigint[]) as t (account_id, currency, version)
join regulars.lot_use u using (account_id, currency, version)
order by u.account_id, u.currency, u.version, u.lot_activity_id, u.lot_n
"""


_PLACE: Final = ("posted_at", "version", "currency", "account_id")


async def entries(
    tx: Transaction,
    account_id: UUID,
    *,
    earlier: Sequence[UUID] = (),
    people: Sequence[UUID] | None = None,
    currency: str | None,
    as_of: dt.datetime | None,
    cursor: str | None,
    limit: int,
) -> Page[StatementEntry]:
    """A page of entries, the latest first; `earlier` are accounts whose history goes on in this one, `people` those
    whose entries they are (none: all)."""
    after: tuple[dt.datetime | None, int | None, str | None, UUID | None] = (None, None, None, None)
    if cursor is not None:
        after = pages.decode_cursor(cursor, tuple[dt.datetime, int, str, UUID])
    rows = list[Any]()
    uses = dict[tuple[UUID, str, int], list[LotUse]]()
    for row in await tx.fetch(_PAGE, [account_id, *earlier], currency, as_of, *after, limit + 1, people):
        place = (row["account_id"], row["currency"], row["version"])
        if place not in uses:
            uses[place] = []
            rows.append(row)
        if row["used"] is not None:
            uses[place].append(LotUse(LotId(row["lot_activity_id"], row["lot_n"]), row["used"]))
    page = pages.page(rows, limit=limit, key=lambda row: tuple(row[name] for name in _PLACE))
    found = [_line(row, tuple(uses[row["account_id"], row["currency"], row["version"]])) for row in page.items]
    return Page(items=found, next_cursor=page.next_cursor)


async def moved(tx: Transaction, account_id: UUID, activity_id: UUID) -> MovedBy:
    """The entries and lot changes of one activity, in their order."""
    rows = await tx.fetch(
        f"select {queries.ENTRY_COLUMNS} from regulars.entry where account_id = $1 and activity_id = $2 order by n",
        account_id,
        activity_id,
    )
    uses = dict[tuple[str, int], list[LotUse]]()
    places = [[row[name] for row in rows] for name in ("account_id", "currency", "version")]
    for row in await tx.fetch(_USES, *places):
        use = LotUse(LotId(row["lot_activity_id"], row["lot_n"]), row["amount"])
        uses.setdefault((row["currency"], row["version"]), []).append(use)
    changes = await tx.fetch(
        "select * from regulars.lot_change where account_id = $1 and activity_id = $2 order by currency, seq",
        account_id,
        activity_id,
    )
    return MovedBy(
        entries=tuple(queries.entry_of(row, tuple(uses.get((row["currency"], row["version"]), ()))) for row in rows),
        changes=tuple(history.change_of(row) for row in changes),
    )


async def present(
    tx: Transaction, account_id: UUID, *, at: dt.datetime
) -> tuple[tuple[Balance, ...], list[Lot], list[Hold]]:
    """Balances, lots and holds at `at`, which is now or later, from what is stored."""
    kept = (await queries.balances(tx, [account_id])).get(account_id, ())
    lots = (await queries.lots(tx, [account_id])).get(account_id, ())
    holds = (await queries.holds(tx, [account_id])).get(account_id, ()) if any(x.balance.held for x in kept) else ()
    balances = tuple(at_time.balance_at(one.balance, lots, holds, at) for one in kept)
    living = [lot for one in kept for lot in at_time.lots_at(one.balance, lots, at)]
    return balances, living, [hold for hold in holds if hold.expires_at > at]


async def past(
    tx: Transaction, program_id: int, account_id: UUID, *, as_of: dt.datetime
) -> tuple[tuple[Balance, ...], list[Lot], list[Hold]]:
    """The same as what was written by `as_of` said then: entries posted up to it, and what time had done by then."""
    balances, lots, holds = list[Balance](), list[Lot](), list[Hold]()
    for one in await history.read_until(tx, program_id, account_id, as_of):
        balance, open_lots, open_holds = replayed(one, as_of=as_of)
        if balance.version == 0:
            continue
        balances.append(at_time.balance_at(balance, open_lots, open_holds, as_of))
        lots += at_time.lots_at(balance, open_lots, as_of)
        holds += [hold for hold in open_holds if hold.expires_at > as_of]
    return tuple(balances), lots, holds


def replayed(one: History, *, as_of: dt.datetime) -> tuple[Balance, list[Lot], list[Hold]]:
    """A balance, its open lots and its open holds as its entries, all of them posted by `as_of`, leave them."""
    replay = Replay(one.currency)
    for entry in one.entries:
        replay.add(entry.entry)
    all_changes = by_lot(each.change for each in one.changes)
    changes = by_lot(each.change for each in one.changes if each.posted_at <= as_of)
    lots = []
    for entry in one.entries:
        lot = one.lots.get(LotId(entry.activity_id, entry.entry.n))
        if lot is not None:
            birth = chain.born(lot, all_changes.get(lot.lot_id, ()))
            lots.append(replay.lot(birth, changes.get(lot.lot_id, ()), waited=entry.entry.to is Book.PENDING))
    holds = list(_open_holds(one))
    # When time next changed it was not kept, so the lots are always asked.
    balance = _due(replay.balance(), as_of)
    return balance, [lot for lot in lots if lot.remaining], holds


def _due(balance: Balance, at: dt.datetime) -> Balance:
    return Balance(
        currency=balance.currency,
        active=balance.active,
        pending=balance.pending,
        held=balance.held,
        arrears=balance.arrears,
        version=balance.version,
        changes=balance.changes,
        next_change_at=at,
    )


def _open_holds(one: History) -> Iterable[Hold]:
    for hold_id, entry in history.open_holds(one).items():
        placed = one.holds[hold_id].hold
        yield Hold(
            hold_id=hold_id,
            member_id=placed.member_id,
            currency=entry.currency,
            amount=entry.amount,
            state=HoldState.OPEN,
            placed_at=placed.placed_at,
            expires_at=placed.expires_at,
            uses=entry.uses,
        )


def _line(row: Any, uses: tuple[LotUse, ...]) -> StatementEntry:
    entry: Entry = queries.entry_of(row, uses)
    return StatementEntry(
        activity_id=row["activity_id"],
        posted_at=row["posted_at"],
        entry=entry,
        active_after=row["active_after"],
        pending_after=row["pending_after"],
        held_after=row["held_after"],
        arrears_after=row["arrears_after"],
    )


def statement(
    at: dt.datetime,
    standing: tuple[tuple[Balance, ...], list[Lot], list[Hold]],
    lines: Page[StatementEntry],
    *,
    currency: str | None,
) -> Statement:
    """Puts a statement together, of one currency or of all."""
    balances, lots, holds = standing
    return Statement(
        at=at,
        balances=tuple(one for one in balances if currency in (None, shared.plain(one.currency))),
        entries=lines,
        lots=tuple(sorted((x for x in lots if currency in (None, shared.plain(x.currency))), key=_by_end)),
        holds=tuple(one for one in holds if currency in (None, shared.plain(one.currency))),
    )


def _by_end(lot: Lot) -> tuple[str, bool, dt.datetime, LotId]:
    return (lot.currency, lot.expires_at is None, lot.expires_at or lot.earned_at, lot.lot_id)
