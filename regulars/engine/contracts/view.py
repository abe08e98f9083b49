"""What an account looks like at a moment, for whoever only wants to read; and metrics counted again from the past."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

import msgspec

from regulars.engine.contracts.activity import Activity
from regulars.engine.contracts.decision import Expiring
from regulars.engine.contracts.known import DayRow
from regulars.engine.contracts.points import Balance, Entry


class ChoiceSeen(msgspec.Struct, frozen=True, kw_only=True):
    """A choice as one member has it on a day: what there is, what is `offered` to them and how many they may pick, what
    they have `picked` for this period (`own`: by themselves), and whether it may be picked or changed now (`open`), for
    which `fee`, through which day.

    `later` is what counts from `later_from` on, where something is picked already. Days are local days of the program;
    none where the choice has no periods.
    """

    name: str
    title: dict[str, str]
    text: dict[str, str]
    options: tuple[str, ...]
    names: dict[str, dict[str, str]]
    offered: tuple[str, ...]
    allowed: int
    picked: tuple[str, ...]
    own: bool
    open: bool
    decide_by: dt.date | None
    ends_on: dt.date | None
    fee: dict[str, int]
    later: tuple[str, ...] | None
    later_from: dt.datetime | None
    next_opens_on: dt.date | None
    next_open: bool


class View(msgspec.Struct, frozen=True, kw_only=True):
    """One member of an account as of `at`: what time has done since the last decision is in it, nothing is written.

    `metrics` are plain values (amounts as {"amount", "scale"}); `used` tells of each cap and count per member what the
    running period has used.
    """

    member_id: UUID
    at: dt.datetime
    joined_on: dt.date
    balances: tuple[Balance, ...] = ()
    expiring: tuple[Expiring, ...] = ()
    metrics: dict[str, object] = {}
    segments: tuple[str, ...] = ()
    attributes: dict[str, object] = {}
    choices: tuple[ChoiceSeen, ...] = ()


class Past(msgspec.Struct, frozen=True, kw_only=True):
    """One recorded activity of a member: what was stored with it, its release, the records of what reversed it (oldest
    first), and the entries that it wrote.
    """

    activity: Activity
    recorded: bytes
    release: int
    returns: tuple[bytes, ...] = ()
    entries: tuple[Entry, ...] = ()


class Rebuilt(msgspec.Struct, frozen=True, kw_only=True):
    """The account's state with all metrics of the member counted anew, and all day rows of the member."""

    state: bytes
    days: tuple[DayRow, ...]
    metric_day: dt.date
