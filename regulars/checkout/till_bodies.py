"""Tills that work without a connection, and what they tell once they have one again, as it stands in JSON."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from regulars.activities.contracts import Answer, Body, Moment, Word
from regulars.checkout.bodies import ActivityBody, Amount, ExchangeBody, PurchaseBody, ReturnBody
from regulars.kit.money import AMOUNT_MAX

ACTIVITIES_MAX = 500

Number = Annotated[int, Meta(ge=1, le=AMOUNT_MAX, description="The till's own number: 1, 2, 3, without gaps.")]
Outcome = Literal["applied", "waiting", "refused", "faulty", "again"]


class TillIn(Body, frozen=True, kw_only=True):
    """A till to be registered: its name and the store it stands in. `floor` is how much of one basket it may let
    points pay without asking us, in minor units; 0: offline it takes none."""

    name: Word
    store: Word
    floor: Amount = 0


class TillOut(msgspec.Struct, frozen=True, kw_only=True):
    """A till and how far its numbers came: `missing` are ranges of numbers below `highest` that never came (the first
    hundred), `refused` and `faulty` count what was told and not done."""

    id: str
    name: str
    store: str
    floor: int
    created_at: dt.datetime
    revoked_at: dt.datetime | None = None
    highest: int = 0
    missing: tuple[tuple[int, int], ...] = ()
    refused: int = 0
    faulty: int = 0


class TillIssued(msgspec.Struct, frozen=True, kw_only=True):
    """A new till with its private key (Ed25519, PEM), shown this once and kept nowhere here."""

    private_key: str
    till: TillOut


class TillsOut(msgspec.Struct, frozen=True):
    """All tills of the program, the newest first."""

    items: tuple[TillOut, ...]


class SignedBody(Body, frozen=True, kw_only=True):
    """One act of an offline till: its number, exactly one of `purchase`, `return`, `exchange`, `activity` as they are
    sent online, with `occurred_at` by the till's clock, and the till's signature in base64."""

    number: Number
    signature: Annotated[str, Meta(min_length=1, max_length=200)]
    purchase: PurchaseBody | None = None
    return_: ReturnBody | None = msgspec.field(default=None, name="return")
    exchange: ExchangeBody | None = None
    activity: ActivityBody | None = None


class UploadBody(Body, frozen=True, kw_only=True):
    """What a till did offline, in any order and as often as it likes. `till_time` is its clock as it sends."""

    till_time: Moment
    activities: Annotated[tuple[SignedBody, ...], Meta(min_length=1, max_length=ACTIVITIES_MAX)]


class Envelope(Body, frozen=True, kw_only=True):
    """The same as it is read first: each act by itself, so that a broken one holds up no other."""

    till_time: Moment
    activities: Annotated[tuple[msgspec.Raw, ...], Meta(min_length=1, max_length=ACTIVITIES_MAX)]


class ProblemOut(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Why something was not done, as the problem that the same would have met online."""

    code: str
    status: int
    detail: str
    texts: dict[str, str] = {}
    fields: dict[str, object] = {}


class ToldOut(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What became of one act: `applied`; `waiting` (a return before its sale); `refused` for good; `faulty`, nothing
    was kept but its number, and it may be sent again put right; `again`, nothing was done, send the same once more.

    `replayed`: it was told before, and this is the first answer. `answer` is that of the same act online. `clock`:
    `ahead` where the till's clock was ahead by more than it said, so that it counts from its arrival.
    """

    number: int | None
    outcome: Outcome
    replayed: bool = False
    clock: str | None = None
    activity_id: str | None = None
    answer: Answer | None = None
    problem: ProblemOut | None = None


class UploadOut(msgspec.Struct, frozen=True, kw_only=True):
    """What became of each act, by number, and what of this till is still missing. `clock_offset_s` is what its clock
    was behind (below 0: ahead)."""

    clock_offset_s: int
    results: tuple[ToldOut, ...]
    highest: int
    missing: tuple[tuple[int, int], ...]
