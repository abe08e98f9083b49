"""Ladders: tiers, how they are reached and how they are lost."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

import msgspec

from regulars.program.contracts.base import Definition
from regulars.program.contracts.values import Period, Ratio, Span, Text


class YearKind(StrEnum):
    EVER = "ever"
    CALENDAR = "calendar"
    ANNIVERSARY = "anniversary"
    ROLLING = "rolling"


class TierYear(msgspec.Struct, frozen=True):
    """How the time of a ladder is divided: not at all, by the calendar, by anniversaries of joining, or `span` long
    from the day on which a level was reached.
    """

    kind: YearKind = YearKind.EVER
    period: Period | None = None
    span: Span | None = None


class ValidUntil(msgspec.Struct, frozen=True):
    """How long a level lives once it is reached: through this period (0 more) or the next (1 more), or a `span`."""

    periods: int = 0
    span: Span | None = None


class Starts(StrEnum):
    AT_ONCE = "at once"
    NEXT_PERIOD = "next period"


class Downgrade(StrEnum):
    """What a review does to a level that is no longer deserved."""

    NEVER = "never"
    ONE_STEP = "one_step"
    REASSESS = "reassess"


class OnReturn(StrEnum):
    """What a return does that takes away what a level stands on."""

    KEEP = "keep"
    DROP = "drop"


class Qualify(msgspec.Struct, frozen=True):
    """The measures by name; a single formula has the empty name. `all_` asks for every one, else any will do."""

    formulas: dict[str, str]
    all_: bool = False


class Level(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A level: what each measure must reach (`from`; nothing: everybody), its words, and what it was called before.

    YAML writes a bare number where there is nothing else to say, or measures and numbers where there are several.
    """

    from_: dict[str, Ratio] = msgspec.field(default={}, name="from")
    title: Text = Text()
    benefits: tuple[Text, ...] = ()
    was: tuple[str, ...] = ()
    """Names of levels of earlier releases whose members stand here now."""


class Lifetime(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """`levels` that are never lost again once the `total`, a formula over the member, has reached their number."""

    total: str
    levels: dict[str, Ratio]


class Ladder(Definition, frozen=True, kw_only=True):
    """`ladders`: tiers. `levels` from the lowest to the highest, each with what `qualify` must reach.

    At the end of what a level is valid for, a review looks at the period that has ended (`downgrade`, after `grace`).
    """

    qualify: Qualify
    levels: dict[str, Level]
    year: TierYear = TierYear()
    starts: Starts = Starts.AT_ONCE
    valid_until: ValidUntil = ValidUntil()
    downgrade: Downgrade = Downgrade.ONE_STEP
    on_return: OnReturn = OnReturn.KEEP
    grace: Span | None = None
    """How long a level is left after the end of what it is valid for."""
    warn: Span | None = None
    """How long before the end the world hears of a level that will be lost, once a member, level and period."""
    rollover: str | None = None
    """A status currency: what was reached beyond the level comes again as a new lot when the new period begins."""
    lifetime: Lifetime | None = None
    by_hand: bool = False
    """Whether staff may set a level; it is then left alone until its date."""
    pooled: str | None = None
    """A kind of household whose members stand on it together."""


def main(named: str | None, ladders: Mapping[str, Ladder]) -> str | None:
    """The ladder that `member.tier` and the window `tier year` speak of: the one named, or the only one."""
    if named is not None or len(ladders) != 1:
        return named
    return next(iter(ladders))
