"""What wakes a rule: one Struct a trigger, one table from the key in YAML to the Struct."""

from __future__ import annotations

import datetime as dt
from typing import Final

import msgspec

from regulars.program.contracts.values import Period, Span

BUILT_IN_TYPES: Final = (
    "enrolled",
    "profile",
    "tier",
    "adjust",
    "extend",
    "reinstate",
    "erase",
    "hold",
    "verdict",
    "tick",
    "choice",
    "consent",
    "moved_out",
    "moved_in",
    "household",
    "play",
    "board",
    "prize",
    "challenge",
    "run",
    "offer",
    "voucher",
    "order",
    "plan",
    "referral",
    "referral_undone",
    "invitation",
    "transfer",
)
"""Activity types that every program has without defining them, and none may define; a rule may listen to the first
two."""


class Trigger(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """The base of all triggers."""


class OnActivity(Trigger, frozen=True, kw_only=True, tag_field="on", tag="activity"):
    """One or more activity types by name; YAML writes the bare name or a list.

    `of` is the path of the offer, voucher or reward whose effects a made rule carries out (`offers.come_back`); no
    program writes it.
    """

    types: tuple[str, ...]
    of: str | None = None


class OnDate(Trigger, frozen=True, kw_only=True, tag_field="on", tag="date"):
    """A day counted from a date that is a path, not an expression: `member.joined_on`, `member.attributes.birth_date`.

    `after` and `before` move it, `every` year repeats it. The day begins in the program's zone.
    """

    date: str
    after: Span | None = None
    before: Span | None = None
    every: str | None = None


class OnPeriod(Trigger, frozen=True, kw_only=True, tag_field="on", tag="period"):
    """The first moment after a period has ended.

    Metrics with the window `previous <period>` then speak of the ended one.
    """

    period: Period
    ended: bool = True


class OnEvent(Trigger, frozen=True, kw_only=True, tag_field="on", tag="event"):
    """Something that a decision causes, such as `segment.entered`; with `name`, only of that definition.

    The facts of the event stand under `event.`.
    """

    event: str
    name: str | None = None


class OnRun(Trigger, frozen=True, kw_only=True, tag_field="on", tag="run"):
    """Once for everybody of an audience (a segment or a condition), at a moment of the program's zone."""

    run: dt.datetime
    audience: str | None = None


TRIGGERS: dict[str, type[Trigger]] = {
    "activity": OnActivity,
    "date": OnDate,
    "period": OnPeriod,
    "event": OnEvent,
    "run": OnRun,
}

AnyTrigger = OnActivity | OnDate | OnPeriod | OnEvent | OnRun
"""What a stored rule decodes to."""
