"""Step two of a batch: everything that `decide` reads about some accounts, from one snapshot."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from regulars.activities import guarding, rationing, vouchers
from regulars.activities.elsewhere import in_order
from regulars.activities.outcomes import Guard
from regulars.activities.slices import owner_of, slices_of
from regulars.codes.contracts import Found
from regulars.engine import service as engine
from regulars.engine.contracts.activity import Activity
from regulars.engine.contracts.games import EntrySeen
from regulars.engine.contracts.known import CounterKey, CounterRange, CounterValue, DayRow, Known, Sale
from regulars.engine.contracts.points import LotId
from regulars.kit import arrays
from regulars.ledger import service as ledger

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping, Sequence

    from asyncpg import Connection

_body = msgspec.json.Decoder(Activity)


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """What to load of one account.

    `first_day` and `today` are the local days of the first and last moment of this batch in the program's `zone`;
    `counts` says whether the program has metrics at all, `sliding` and `whole` are its windows in days. `lots` asks for
    the open lots and holds too, `named` for certain lots, open or not; `sales` are recorded activities to be loaded
    with what reversed them, `holds` open holds.
    """

    account_id: UUID
    program_id: int
    members: tuple[UUID, ...]
    zone: str
    first_day: dt.date
    today: dt.date
    counts: bool = False
    sliding: tuple[int, ...] = ()
    whole: int = 0
    lots: bool = False
    named: tuple[LotId, ...] = ()
    lapsed: bool = False
    """Whether what has expired of each lot is needed."""
    sales: tuple[UUID, ...] = ()
    led_from: tuple[UUID, ...] = ()
    """Accounts in which those sales were recorded before their member moved."""
    holds: tuple[UUID, ...] = ()
    counters: tuple[CounterRange, ...] = ()
    entries: tuple[UUID, ...] = ()
    """Entries of contests, of whatever account."""
    codes: tuple[UUID, ...] = ()
    """Codes of vouchers that are shown, or that the member has."""
    quotas: tuple[CounterKey, ...] = ()
    """Budgets, stock and uses of codes."""
    guards: tuple[Guard, ...] = ()
    """Numbers that may refuse or cut: their versions prove that nobody passed them meanwhile."""


class Loaded(msgspec.Struct, kw_only=True):
    """One account as loaded, with what only the apply needs: the last hash of each balance."""

    program_id: int
    known: Known
    hashes: dict[str, bytes]
    review_at: dt.datetime | None
    sales: dict[UUID, Sale]
    guards: dict[Guard, int]
    entries: dict[UUID, EntrySeen] = {}
    codes: dict[UUID, Found] = {}


_ACCOUNTS = """
select a.account_id, a.version, a.clock, a.metric_day, a.state, d.review_at
from unnest($1::uuid[]) t (id) join regulars.account a on a.account_id = t.id
left join regulars.due d on d.account_id = a.account_id
"""

# A day is wanted if it slid out of some window since the sums were good, if it is one of the days of this batch, if
# some metric must see its window whole, or if it will be written anew: that of the account's last decision, and that
# of a sale that is undone. The range is wide enough for a chain of activities on several days.
_DAYS = """
select d.account_id, d.member_id, d.day, d.sums, d.keys
from unnest($1::uuid[], $2::date[], $3::date[], $4::int[]) as t (id, first_day, today, whole)
join regulars.account a on a.account_id = t.id
join regulars.day_row d on d.account_id = t.id
where d.day between t.first_day and t.today or (t.whole > 0 and d.day > t.first_day - t.whole)
    or exists (select from unnest($5::int[]) w where d.day > a.metric_day - w and d.day <= t.today - w)
    or exists (select from unnest($6::uuid[], $7::date[]) as e (id, day) where e.id = d.account_id and e.day = d.day)
"""

_COUNTERS = """
select c.metric, c.owner, c.bucket, c.item, c.value
from unnest($1::int[], $2::text[], $3::text[], $4::text[], $5::text[]) as t (p, metric, owner, first, last)
join regulars.counter c on c.program_id = t.p and c.metric = t.metric and c.owner = t.owner
    and c.bucket between t.first and t.last
"""

_ENTRIES = """
select e.entry_id, e.board, e.cycle, e.member_id, e.state
from unnest($1::int[], $2::uuid[]) as t (p, i) join regulars.board_entry e on e.program_id = t.p and e.entry_id = t.i
"""

_SALES = """
select v.account_id, v.activity_id, v.reverses, v.release, v.body, v.decision
from unnest($1::uuid[], $2::uuid[]) as t (a, i)
join regulars.activity v on v.account_id = t.a and (v.activity_id = t.i or v.reverses = t.i)
order by v.account_id, v.version
"""


async def load(connection: Connection, wishes: Sequence[Wish]) -> dict[UUID, Loaded]:
    """Load accounts inside the caller's snapshot; an account that has no row yet comes back as version 0."""
    ids = [wish.account_id for wish in wishes]
    rows = {row["account_id"]: row for row in await connection.fetch(_ACCOUNTS, ids)}
    balances = await ledger.load_balances(connection, ids)
    with_lots = [wish.account_id for wish in wishes if wish.lots and wish.account_id in rows]
    named = {wish.account_id: wish.named for wish in wishes if wish.named}
    lots = await ledger.load_lots(connection, with_lots, named=named) if with_lots else {}
    for wish in wishes:
        if wish.named and wish.led_from:
            past = await ledger.load_led(connection, wish.led_from, wish.named)
            here = lots.get(wish.account_id, ())
            lots[wish.account_id] = (*here, *(engine.foreign(lot) for lot in past))
    lapsed = await ledger.load_lapsed(connection, [wish.account_id for wish in wishes if wish.lapsed])
    asked = [hold for wish in wishes for hold in wish.holds]
    holds = await ledger.load_holds(connection, with_lots, named=asked) if with_lots else {}
    counters = await _counters(connection, wishes)
    sales = await _sales(connection, wishes)
    entries = await _entries(connection, wishes)
    codes = await vouchers.load(connection, [(wish.program_id, one) for wish in wishes for one in wish.codes])
    quotas = await rationing.load(connection, ((wish.program_id, key) for wish in wishes for key in wish.quotas))
    guards = await guarding.versions(connection, [guard for wish in wishes for guard in wish.guards])
    old = [wish for wish in wishes if wish.account_id in rows]
    days = await _days(connection, old, [pair for wish in old for pair in _touched(wish, rows[wish.account_id], sales)])
    loaded = {}
    for wish in wishes:
        row = rows.get(wish.account_id)
        kept = sorted(balances.get(wish.account_id, ()), key=lambda one: one.balance.currency)
        known = Known(
            account_id=wish.account_id,
            members=wish.members,
            version=0 if row is None else row["version"],
            state=b"" if row is None else row["state"],
            clock=None if row is None else row["clock"],
            metric_day=None if row is None else row["metric_day"],
            balances=tuple(one.balance for one in kept),
            # A new account has no lots, and that is knowledge, not ignorance.
            lots=tuple(lots.get(wish.account_id, ())) if wish.lots or row is None else None,
            holds=tuple(holds.get(wish.account_id, ())),
            lapsed=dict(lapsed.get(wish.account_id, {})) if wish.lapsed or row is None else None,
            days=tuple(days.get(wish.account_id, ())),
            counters=tuple(value for value in counters if any(inside(value, wanted) for wanted in wish.counters))
            if wish.counters
            else (),
            quotas={key: quotas[wish.program_id, key] for key in wish.quotas},
        )
        loaded[wish.account_id] = Loaded(
            program_id=wish.program_id,
            known=known,
            hashes={one.balance.currency: one.last_hash for one in kept},
            review_at=None if row is None else row["review_at"],
            sales={sale: sales[wish.account_id, sale] for sale in wish.sales if (wish.account_id, sale) in sales},
            guards={guard: guards[guard] for guard in wish.guards},
            entries={one: entries[one] for one in wish.entries if one in entries},
            codes={one: codes[wish.program_id, one] for one in wish.codes if (wish.program_id, one) in codes},
        )
    return loaded


def inside(value: CounterValue, wanted: CounterRange) -> bool:
    """Whether a counter's value lies in a range."""
    key = value.key
    return key.metric == wanted.metric and key.owner == wanted.owner and wanted.first <= key.bucket <= wanted.last


def _touched(wish: Wish, row: Any, sales: Mapping[tuple[UUID, UUID], Sale]) -> set[tuple[UUID, dt.date]]:
    """Days outside the batch that a decision may write: the account's last, and those of sales."""
    moments = [row["clock"]]
    moments += [
        sales[wish.account_id, sale].activity.occurred_at for sale in wish.sales if (wish.account_id, sale) in sales
    ]
    return {(wish.account_id, moment.astimezone(ZoneInfo(wish.zone)).date()) for moment in moments}


async def _days(
    connection: Connection, wishes: Sequence[Wish], touched: Sequence[tuple[UUID, dt.date]]
) -> dict[UUID, list[DayRow]]:
    wishes = [wish for wish in wishes if wish.counts]
    if not wishes:
        return {}
    found: dict[UUID, list[DayRow]] = defaultdict(list)
    lengths = sorted({length for wish in wishes for length in wish.sliding})
    for row in await connection.fetch(
        _DAYS,
        [wish.account_id for wish in wishes],
        [wish.first_day for wish in wishes],
        [wish.today for wish in wishes],
        [wish.whole for wish in wishes],
        lengths,
        [account_id for account_id, _ in touched],
        [day for _, day in touched],
    ):
        found[row["account_id"]].append(
            DayRow(member_id=row["member_id"], day=row["day"], sums=tuple(row["sums"]), keys=row["keys"])
        )
    return found


async def _counters(connection: Connection, wishes: Sequence[Wish]) -> list[CounterValue]:
    wanted = sorted(
        {
            (wish.program_id, one.metric, row, one.first, one.last)
            for wish in wishes
            for one in wish.counters
            for row in slices_of(one.owner)
        }
    )
    if not wanted:
        return []
    rows = await connection.fetch(_COUNTERS, *arrays.of(wanted))
    return [
        CounterValue(CounterKey(row["metric"], owner_of(row["owner"]), row["bucket"]), row["item"], row["value"])
        for row in rows
    ]


async def _entries(connection: Connection, wishes: Sequence[Wish]) -> dict[UUID, EntrySeen]:
    pairs = sorted({(wish.program_id, entry) for wish in wishes for entry in wish.entries})
    if not pairs:
        return {}
    rows = await connection.fetch(_ENTRIES, *arrays.of(pairs))
    return {
        row["entry_id"]: EntrySeen(
            board=row["board"], cycle=row["cycle"], member_id=row["member_id"], state=row["state"]
        )
        for row in rows
    }


async def _sales(connection: Connection, wishes: Sequence[Wish]) -> dict[tuple[UUID, UUID], Sale]:
    pairs = [(wish.account_id, sale) for wish in wishes for sale in wish.sales]
    if not pairs:
        return {}
    led = {(before, sale): wish.account_id for wish in wishes for before in wish.led_from for sale in wish.sales}
    now_in = led | {pair: pair[0] for pair in pairs}
    found = await connection.fetch(_SALES, *arrays.of(list(now_in)))
    # Asked for by two of its names, as an exchange may be, a row comes twice.
    rows = {(row["account_id"], row["activity_id"]): row for row in found}.values()
    sales: dict[tuple[UUID, UUID], Sale] = {}
    returns: dict[tuple[UUID, UUID], list[tuple[Activity, bytes]]] = defaultdict(list)
    for row in rows:
        stored = _body.decode(row["body"])
        # An exchange is both: a sale, and what came back of another.
        account_id = now_in.get((row["account_id"], row["activity_id"]))
        if account_id is not None:
            sales[account_id, row["activity_id"]] = Sale(
                activity=stored, decision=row["decision"], release=row["release"]
            )
        account_id = now_in.get((row["account_id"], row["reverses"]))
        if account_id is not None:
            returns[account_id, row["reverses"]].append((stored, row["decision"]))
    return {
        pair: msgspec.structs.replace(sale, returns=in_order(returns.get(pair, ()))) for pair, sale in sales.items()
    }
