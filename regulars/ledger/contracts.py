"""What goes into the ledger with a batch, and what it says when asked."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

import msgspec

from regulars.access.contracts import AuditRoot
from regulars.engine.contracts.points import Balance, Entry, Hold, Lot, LotChange, Movement
from regulars.kit.errors import RegularsError
from regulars.kit.i18n import Text
from regulars.kit.pages import Page


class Posting(msgspec.Struct, frozen=True, kw_only=True):
    """All that a batch does to the points of one account: its movements in order, each with its activity.

    `hashes` are the last links of its balances by currency, as loaded. `posted_at` is never before the account's last.
    """

    account_id: UUID
    program_id: int
    hashes: dict[str, bytes]
    movements: tuple[tuple[UUID, Movement], ...]
    posted_at: dt.datetime


class Kept(msgspec.Struct, frozen=True):
    """A balance as loaded, with the last link of its chain."""

    balance: Balance
    last_hash: bytes


class StatementEntry(msgspec.Struct, frozen=True, kw_only=True):
    """A line of a statement: the entry, what it moved in the member's books, and the balance after it."""

    activity_id: UUID
    posted_at: dt.datetime
    entry: Entry
    active_after: int
    pending_after: int
    held_after: int
    arrears_after: int


class MovedBy(msgspec.Struct, frozen=True, kw_only=True):
    """All that one activity did to the points of an account: its entries with the lots that they touched, and the lots
    that it dated anew."""

    entries: tuple[Entry, ...]
    changes: tuple[LotChange, ...]


class Statement(msgspec.Struct, frozen=True, kw_only=True):
    """A page of entries, the latest first, with the balances, open lots (what ends next first, pending ones marked)
    and open holds of an account at `at`."""

    at: dt.datetime
    balances: tuple[Balance, ...]
    entries: Page[StatementEntry]
    lots: tuple[Lot, ...]
    holds: tuple[Hold, ...]


class Break(msgspec.Struct, frozen=True, kw_only=True):
    """Something that does not hold: which invariant, in which row, what it says and what it should say.

    `expected` of a column that the chain covers is proved: with that value, and no other that was tried, the hash fits.
    Where it cannot be told from what is stored, it is empty. `account_id` and `currency` name the balance that may not
    be spent from until a person has looked; what belongs to no balance leaves them out.
    """

    invariant: str
    text: str
    table: str
    key: str
    """The row: the values of its primary key, beyond account and currency, as they are written in SQL."""
    column: str = ""
    stored: str = ""
    expected: str = ""
    account_id: UUID | None = None
    currency: str = ""


class CheckReport(msgspec.Struct, frozen=True, kw_only=True):
    """What a check went through and found; `breaks` in the order of accounts and of the chain, so that the first one is
    the first wrong row."""

    program_id: int
    accounts: int = 0
    balances: int = 0
    entries: int = 0
    lots: int = 0
    roots: int = 0
    """Ends of chains, written down outside the database, that were found again."""
    audit: int = 0
    """Rows of the audit log."""
    activities: int = 0
    """Activities held against their seals."""
    breaks: tuple[Break, ...] = ()
    accepted: int = 0
    """Breaks that a person has looked at and accepted: they are not told again, as long as nothing else changes."""
    totals: dict[str, dict[str, int]] = {}
    """By currency, the sum of each book over all entries; a currency's books add up to 0 (I1)."""


class Root(msgspec.Struct, frozen=True, kw_only=True):
    """The ends of a program's chains at a moment: all of them (`full`), or those touched since the root before."""

    program_id: int
    number: int
    at: dt.datetime
    full: bool
    heads: int
    digest: str
    """SHA-256 of the file of heads."""
    audit: AuditRoot | None
    """The end of the audit log at the same moment."""
    previous: str
    """The signature of the root before; empty for the first."""
    signature: str = ""


class OrphanedBalance(msgspec.Struct, frozen=True, kw_only=True):
    """A currency that a new release would take away, or rescale, from accounts that have points in it."""

    currency: str
    accounts: int
    points: int
    reason: str
    """`removed` or `rescaled`."""


class TooRecent(RegularsError):
    """What was true a moment ago may still be under way: a transaction may last that long."""

    status = 422
    texts = Text(
        en="That moment has not come yet, or is too recent: the past can be asked for up to {settled_s} s ago. "
        "Leave the moment out for the present.",
        ru="Этот момент ещё не наступил или был слишком недавно: прошлое доступно до момента {settled_s} с назад. "
        "Для настоящего не указывайте момент.",
        ro="Acel moment nu a venit încă sau este prea recent: trecutul poate fi cerut până la momentul de acum "
        "{settled_s} s. Pentru prezent nu indicați momentul.",
    )
    settled_s: int


class NoRoots(RegularsError):
    """A folder was named to hold the ledger against, and no roots of this program are in it, perhaps another's."""

    status = 422
    texts = Text(
        en="There are no roots of this program in {folder}, nor in {folder}/{program_id}; those of another program say "
        "nothing of it.",
        ru="Корней этой программы нет ни в {folder}, ни в {folder}/{program_id}; корни другой программы о ней "
        "ничего не говорят.",
        ro="Nu există rădăcini ale acestui program nici în {folder}, nici în {folder}/{program_id}; cele ale altui "
        "program nu spun nimic despre el.",
    )
    folder: str
    program_id: int


class AlreadyExported(RegularsError):
    """The folder has an export already: books that were closed are not written over."""

    status = 409
    texts = Text(
        en="{folder} has an export already. Name another folder, or write over it: --overwrite",
        ru="В {folder} уже есть выгрузка. Назовите другую папку или перезапишите её: --overwrite",
        ro="În {folder} există deja un export. Numiți alt dosar sau suprascrieți-l: --overwrite",
    )
    folder: str
