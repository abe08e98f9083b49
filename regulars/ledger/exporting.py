"""What finance takes along: entries, lots, liability, breakage and the day book as files, all of one snapshot, with a
page that says what is in them and that they add up to the balances."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec

from regulars.ledger import breakage, files, journal, liability
from regulars.ledger.contracts import AlreadyExported
from regulars.ledger.lots_at import LOTS_AT

if TYPE_CHECKING:
    from regulars.kit.database import Transaction
    from regulars.ledger.files import Columns, Format

Progress = Callable[[str, int], None]
"""Is told which table, and how many more rows of it were written."""

TABLES: Final = ("entries", "lots", "liability", "breakage", "breakage_rates", "journal")
_PAGE: Final = "manifest.json"
_TOLD_EVERY: Final = 10_000


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What is exported: entries and bookings posted from `since` on and before `until`; lots, liability and breakage as
    of `as_of`. `zone` is that of the days."""

    program_id: int
    as_of: dt.datetime
    since: dt.datetime
    until: dt.datetime
    zone: str
    tables: tuple[str, ...] = TABLES
    format: Format = "csv"


class Written(msgspec.Struct, frozen=True, kw_only=True):
    """One file."""

    file: str
    rows: int
    digest: str


class Sums(msgspec.Struct, frozen=True, kw_only=True):
    """One currency at `as_of`: what members have by the entries, and what remains of the lots; they are equal (I3, I9).
    `ended` of it is over, or has paid a debt, and stands in the books until that is written."""

    currency: str
    entries: int
    lots: int
    ended: int
    owed: int
    """What members owe after returns of spent points."""


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """The page that goes with the files."""

    program_id: int
    as_of: dt.datetime
    since: dt.datetime
    until: dt.datetime
    zone: str
    files: tuple[Written, ...]
    sums: tuple[Sums, ...]

    @property
    def adds_up(self) -> bool:
        """Whether lots and entries say the same of every currency."""
        return all(one.entries == one.lots for one in self.sums)


_ENTRIES: Final = """
select account_id, currency as balance, split_part(currency, '@', 1) as currency, version, activity_id, n, member_id,
    kind, from_book, to_book, amount, posted_at, effective_at, line, rule, release, funder, hold_id,
    encode(hash, 'hex') as hash
from regulars.entry where program_id = $1 and posted_at >= $2 and posted_at < $3
order by account_id, entry.currency, version
"""
_LOTS: Final = f"""
select account_id, balance, currency, activity_id, n, member_id, funder, rule, release, line, source_id, zone,
    earned_at, active_at, expires_at, expires_on, cancels_at, granted, remaining, held, state, cost_minor, cost,
    owed, owed_cost
from ({LOTS_AT}) lots where remaining > 0 order by account_id, activity_id, n
"""
_SUMS: Final = f"""
with booked as (
    select split_part(currency, '@', 1) as currency,
        sum(case when to_book in ('active', 'pending', 'held') then amount else 0 end
            - case when from_book in ('active', 'pending', 'held') then amount else 0 end)::bigint as entries,
        sum(case 'arrears' when to_book then -amount when from_book then amount else 0 end)::bigint as owed
    from regulars.entry where program_id = $1 and posted_at <= $2 group by 1
), left_over as (
    select currency, sum(remaining)::bigint as lots,
        sum(remaining - owed)::bigint as ended
    from ({LOTS_AT}) lots group by 1
)
select currency, coalesce(entries, 0) as entries, coalesce(lots, 0) as lots, coalesce(ended, 0) as ended,
    coalesce(owed, 0) as owed
from booked full join left_over using (currency) order by 1
"""
_COLUMNS: Final[dict[str, Columns]] = {
    "entries": (
        ("account_id", "text"), ("balance", "text"), ("currency", "text"), ("version", "int"), ("activity_id", "text"),
        ("n", "int"), ("member_id", "text"), ("kind", "text"), ("from_book", "text"), ("to_book", "text"),
        ("amount", "int"), ("posted_at", "moment"), ("effective_at", "moment"), ("line", "int"), ("rule", "text"),
        ("release", "int"), ("funder", "text"), ("hold_id", "text"), ("hash", "text"),
    ),
    "lots": (
        ("account_id", "text"), ("balance", "text"), ("currency", "text"), ("activity_id", "text"), ("n", "int"),
        ("member_id", "text"), ("funder", "text"), ("rule", "text"), ("release", "int"), ("line", "int"),
        ("source_id", "text"), ("zone", "text"), ("earned_at", "moment"), ("active_at", "moment"),
        ("expires_at", "moment"), ("expires_on", "day"), ("cancels_at", "moment"), ("granted", "int"),
        ("remaining", "int"), ("held", "int"), ("state", "text"), ("cost_minor", "int"), ("cost", "int"),
        ("owed", "int"), ("owed_cost", "int"),
    ),
    "liability": (
        ("currency", "text"), ("funder", "text"), ("accounts", "int"), ("points", "int"), ("pending", "int"),
        ("cost", "int"),
    ),
    "breakage": (
        ("currency", "text"), ("funder", "text"), ("points", "int"), ("cost", "int"), ("expected_points", "int"),
        ("expected_cost", "int"),
    ),
    "breakage_rates": (
        ("currency", "text"), ("life_months", "int"), ("age_months", "int"), ("lots", "int"),
        ("left", "int"), ("expired", "int"),
    ),
    "journal": (
        ("day", "day"), ("currency", "text"), ("funder", "text"), ("kind", "text"), ("debit", "text"),
        ("credit", "text"), ("movements", "int"), ("points", "int"), ("cost", "int"),
    ),
}  # fmt: skip


async def export(
    tx: Transaction, folder: Path, wanted: Wanted, *, overwrite: bool = False, progress: Progress | None = None
) -> Manifest:
    """Write the tables into a folder, with `manifest.json`. To be run in a snapshot of a patient connection. Raises
    AlreadyExported."""
    _make_place(folder, overwrite=overwrite)
    written = list[Written]()
    for table in wanted.tables:
        columns = _COLUMNS[table]
        path = folder / f"{table}.{wanted.format}"
        with files.FORMATS[wanted.format](path, columns) as file:
            async for row in _rows(tx, table, wanted):
                file.add([row[name] for name, _ in columns])
                if progress is not None and file.rows % _TOLD_EVERY == 0:
                    progress(table, _TOLD_EVERY)
            if progress is not None:
                progress(table, file.rows % _TOLD_EVERY)
        written.append(Written(file=path.name, rows=file.rows, digest=files.digest(path)))
    sums = [Sums(**dict(row.items())) for row in await tx.fetch(_SUMS, wanted.program_id, wanted.as_of)]
    manifest = Manifest(
        program_id=wanted.program_id,
        as_of=wanted.as_of,
        since=wanted.since,
        until=wanted.until,
        zone=wanted.zone,
        files=tuple(written),
        sums=tuple(sums),
    )
    _write_page(folder, manifest)
    return manifest


def _make_place(folder: Path, *, overwrite: bool) -> None:
    if (folder / _PAGE).exists() and not overwrite:
        raise AlreadyExported(folder=str(folder))
    # What every member has is nobody else's business.
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)


def _write_page(folder: Path, manifest: Manifest) -> None:
    page = folder / _PAGE
    page.touch(mode=0o600)
    page.write_bytes(msgspec.json.format(msgspec.json.encode(manifest), indent=2))


async def _rows(tx: Transaction, table: str, wanted: Wanted) -> AsyncIterator[Any]:
    if table in _STREAMED:
        sql, values = _STREAMED[table]
        async for row in tx.rows(sql, *values(wanted)):
            yield row
        return
    for value in await _SUMMARIES[table](tx, wanted):
        yield msgspec.structs.asdict(value)


async def _liability(tx: Transaction, wanted: Wanted) -> Sequence[msgspec.Struct]:
    return await liability.liability(tx, program_id=wanted.program_id, now=wanted.as_of, as_of=wanted.as_of)


async def _breakage(tx: Transaction, wanted: Wanted) -> Sequence[msgspec.Struct]:
    return (await breakage.breakage(tx, program_id=wanted.program_id, as_of=wanted.as_of))[0]


async def _rates(tx: Transaction, wanted: Wanted) -> Sequence[msgspec.Struct]:
    return (await breakage.breakage(tx, program_id=wanted.program_id, as_of=wanted.as_of))[1]


async def _journal(tx: Transaction, wanted: Wanted) -> Sequence[msgspec.Struct]:
    return await journal.journal(
        tx, program_id=wanted.program_id, since=wanted.since, until=wanted.until, zone=wanted.zone
    )


# Of millions of rows, read a piece at a time.
_STREAMED: Final[dict[str, tuple[str, Callable[[Wanted], tuple[Any, ...]]]]] = {
    "entries": (_ENTRIES, lambda wanted: (wanted.program_id, wanted.since, wanted.until)),
    "lots": (_LOTS, lambda wanted: (wanted.program_id, wanted.as_of)),
}
_SUMMARIES: Final = {
    "liability": _liability,
    "breakage": _breakage,
    "breakage_rates": _rates,
    "journal": _journal,
}
