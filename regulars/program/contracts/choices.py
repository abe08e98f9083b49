"""Choices: what a member picks for a period."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from regulars.program.contracts.base import Definition
from regulars.program.contracts.values import Period, Ratio, Span, Text


class Options(msgspec.Struct, frozen=True):
    """What there is to pick: `values`, or a named `list`, or the keys of `records` that the member has
    (`member.attributes.pets`).
    """

    values: tuple[str, ...] = ()
    list: str | None = None
    records: str | None = None


class Opens(msgspec.Struct, frozen=True):
    """When picking for a period begins: on its `day` (counted from 1), or a span `before` it; neither: with it.

    A day after `decide_by` is one of the period before, as is every day of a choice that has no `decide_by`.
    """

    day: int | None = None
    before: Span | None = None


class DecideBy(msgspec.Struct, frozen=True):
    """The last `day` of a period, counted from 1, on which a member may pick for it the first time."""

    day: int


class DefaultKind(StrEnum):
    LAST = "last"
    NONE = "none"
    FIRST = "first"
    THESE = "these"


class Default(msgspec.Struct, frozen=True):
    """What counts for whoever picks nothing: what counted `last`, `none`, the `first` ones offered, or `these`."""

    kind: DefaultKind = DefaultKind.LAST
    values: tuple[str, ...] = ()


class Change(msgspec.Struct, frozen=True):
    """How what was picked for a running period may be changed.

    `never`; or `until_decide_by`, else `always`, through the whole period; for a `fee` (whole units by currency);
    taking effect `from_tomorrow`, else at once.
    """

    never: bool = False
    until_decide_by: bool = False
    fee: dict[str, Ratio] = {}
    from_tomorrow: bool = False


class Choice(Definition, frozen=True, kw_only=True):
    """`choices`: pick some of these. The first pick for a period is free and counts at once; each later one is a
    change.

    What lies ahead may be changed freely until its period begins, unless changes are never allowed.
    """

    options: Options
    names: dict[str, Text] = {}
    """What people read instead of an option."""
    offered: str | None = None
    """A condition about the member and `option`: which options may be picked; none: all."""
    pick: str = "1"
    """A formula: how many may be picked."""
    period: Period = Period.EVER
    opens: Opens | None = None
    decide_by: DecideBy | None = None
    default: Default = Default()
    change: Change = Change(until_decide_by=True)
