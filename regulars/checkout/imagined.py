"""What somebody thinks up: a member before an activity, and the activity."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from regulars.activities.contracts import Body, Circumstances, Name
from regulars.checkout.bodies import LINES_MAX, FieldValue, LineBody, PayBody, PaymentBody
from regulars.kit.money import AMOUNT_MAX

_Number = Annotated[int, Meta(ge=-AMOUNT_MAX, le=AMOUNT_MAX)]
_Points = Annotated[int, Meta(ge=0, le=AMOUNT_MAX)]
_Value = _Number | Annotated[str, Meta(max_length=200)] | dict[str, _Number]


class ImaginedBody(Body, frozen=True, kw_only=True):
    """The member as they are before: points in each currency's smallest unit, metrics as they would be read then (money
    in minor units), static segments, tiers by ladder, picks by choice. What is left out follows from the rest, or is 0.
    """

    joined_on: dt.date | None = None
    attributes: Annotated[dict[Name, Any], Meta(max_length=200)] = msgspec.field(default_factory=dict)
    balances: Annotated[dict[Name, _Points], Meta(max_length=100)] = msgspec.field(default_factory=dict)
    metrics: Annotated[dict[Name, _Value], Meta(max_length=1000)] = msgspec.field(default_factory=dict)
    segments: Annotated[tuple[Name, ...], Meta(max_length=1000)] = ()
    tiers: Annotated[dict[Name, Name], Meta(max_length=100)] = msgspec.field(default_factory=dict)
    choices: Annotated[dict[Name, Annotated[tuple[str, ...], Meta(max_length=50)]], Meta(max_length=100)] = (
        msgspec.field(default_factory=dict)
    )


class SimulateBody(Circumstances, frozen=True, kw_only=True):
    """An activity of an imagined member. `release` is a published or proposed one, `draft` a draft; with neither the
    one in force. `occurred_at` may lie ahead."""

    member: ImaginedBody = ImaginedBody()
    type: Name = "purchase"
    lines: Annotated[tuple[LineBody, ...], Meta(max_length=LINES_MAX)] = ()
    payments: Annotated[tuple[PaymentBody, ...], Meta(max_length=20)] = ()
    pay: Annotated[tuple[PayBody, ...], Meta(max_length=10)] = ()
    fields: dict[Name, FieldValue] = msgspec.field(default_factory=dict)
    release: Annotated[int, Meta(ge=1, le=2**31 - 1)] | None = None
    draft: Annotated[str, Meta(min_length=1, max_length=63)] | None = None
