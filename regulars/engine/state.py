"""What one account remembers between decisions, as bytes: lean, since every activity reads and writes it (aim 1 KB).

Lists in place of names save half the room: `used` is [index of the period, used in it, used in the one before]; metrics
are keyed by their slot.
Days are numbers since 1970, moments milliseconds since then.
"""

from __future__ import annotations

import datetime as dt
from typing import Any, Final
from uuid import UUID

import msgspec

from regulars.engine import periods
from regulars.engine.attempts import Standing
from regulars.engine.belonging import Belonging
from regulars.engine.closings import Closed
from regulars.engine.offers.held import Held
from regulars.engine.ordered import Order
from regulars.engine.referred import Referred

MOST: Final = 8192
"""Bytes: no account remembers more, since every activity reads and writes all of it."""


class MemberState(msgspec.Struct, array_like=True, kw_only=True, gc=False):
    """The part of one member."""

    id: bytes
    joined_day: int
    enrolled_ms: int
    attributes: dict[str, Any] = {}
    statics: list[str] = []
    """Static segments that the member was put on."""
    segments: list[str] = []
    """All segments that the member is in, as last worked out."""
    metrics: dict[int, Any] = {}
    carries: dict[str, int] = {}
    """What a rule with `carry` still owes, in 10**-15 of the currency's smallest unit."""
    used: dict[str, list[int]] = {}
    """Caps and counts a period: key (definition/period letter) to [period, now, before]."""
    gave: dict[int, dict[int, int]] = {}
    """By day and slot: what days inside a sliding window gave to metrics that a segment reads."""
    tiers: dict[str, list[Any]] = {}
    """By ladder: where the member stands on it, as `climbing` keeps it."""
    challenges: dict[str, Standing] = {}
    """By challenge: the running try, the one before it."""
    badges: dict[str, list[int]] = {}
    """By badge: [how often, day of the last]."""
    choices: dict[str, list[Any]] = {}
    """By choice: what is picked and since when, as `choosing` keeps it."""
    consents: dict[str, list[Any]] = {}
    """By purpose or purpose:channel: as `consenting` keeps it."""
    games: dict[str, list[Any]] = {}
    """By draw or contest: as `playing` keeps it."""
    closed: dict[str, Closed] = {}
    """By rule that waits for the end of a period: what it gave for the last one."""
    offers: dict[str, Held] = {}
    """By offer: what the member has of it."""
    vouchers: dict[str, list[Any]] = {}
    """By voucher campaign: as `vouching` keeps it."""
    rewards: dict[str, Order] = {}
    """By order of a reward that is open, may still be cancelled, or whose service runs."""
    plan: list[Any] = []
    """The paid membership, as `subscribing` keeps it."""
    referral: Referred | None = None
    """Who brought the member, whom they brought, and what became of it."""
    levels: dict[str, list[list[Any]]] = {}
    """By ladder the levels before this one, the last first: [level, day until which it was held]."""


class AccountState(msgspec.Struct, array_like=True, kw_only=True):
    """The whole of it."""

    members: list[MemberState]
    day: int
    """The local day through which date and period triggers have been looked at."""
    slots: int = 0
    """What releases before 0.2 kept here; states that they wrote are read, and filled anew."""
    schedule: dict[str, tuple[tuple[dt.datetime, int], ...]] = {}
    """By currency: when which points end, the next first, as the purse keeps it."""
    resets: dict[str, list[int]] = {}
    """By currency that ends by inactivity: the last moments that reset it, so that a return can step back (L34)."""
    wakes: list[int | None] | None = None
    """[release, the next day on which the calendar changes something, the next on which it wakes a rule]; none: not
    worked out."""
    filled: int = 0
    """The release under which all metrics were last kept: what another one counts must be filled from the history."""
    judged: int = 0
    """The release under which the segments were last worked out: what another one says otherwise moves in silence."""
    household: Belonging | None = None
    """What the account knows beyond each member: the household, who was merged into whom, where they went."""
    team: dict[str, Standing] = {}
    """By challenge that is a goal of all members together."""


class _Mark(msgspec.Struct, array_like=True, gc=False):
    """The beginning of an `AccountState`, as far as `judged`."""

    members: msgspec.Raw
    day: int
    slots: int = 0
    schedule: msgspec.Raw = msgspec.Raw()
    resets: msgspec.Raw = msgspec.Raw()
    wakes: msgspec.Raw = msgspec.Raw()
    filled: int = 0
    judged: int = 0


_mark: Final = msgspec.msgpack.Decoder(_Mark)
_encoder: Final = msgspec.msgpack.Encoder()
_decoder: Final = msgspec.msgpack.Decoder(AccountState)


def encode(state: AccountState) -> bytes:
    """The bytes that are stored."""
    return _encoder.encode(state)


def decode(data: bytes) -> AccountState:
    """The state behind stored bytes. Raises msgspec.ValidationError."""
    return _decoder.decode(data)


def kept_under(data: bytes) -> tuple[int, int]:
    """`AccountState.filled` and `judged` of stored bytes, without reading the rest."""
    mark = _mark.decode(data)
    return mark.filled, mark.judged


def new(members: tuple[UUID, ...], *, joined_on: dt.date, enrolled_at: dt.datetime, release: int) -> AccountState:
    """The state of an account that nothing has happened to."""
    return AccountState(
        members=[
            MemberState(id=member.bytes, joined_day=periods.number(joined_on), enrolled_ms=ms(enrolled_at))
            for member in members
        ],
        day=periods.number(joined_on),
        filled=release,
        judged=release,
    )


def ms(moment: dt.datetime) -> int:
    """Milliseconds since 1970."""
    return round(moment.timestamp() * 1000)


def moment(milliseconds: int) -> dt.datetime:
    """The aware moment of a number of milliseconds since 1970."""
    return dt.datetime.fromtimestamp(milliseconds / 1000, dt.UTC)


def kept(value: Any) -> Any:
    """An attribute's value as the state keeps it: dates and moments as ISO text."""
    return value.isoformat() if isinstance(value, dt.date | dt.datetime) else value
