"""Runs every check over a program and puts each fault at its line and column."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec

from regulars.language.contracts import Expression
from regulars.program.checks import (
    boards,
    budgets,
    challenges,
    choices,
    circles,
    consents,
    currencies,
    dealings,
    expressions,
    households,
    ladders,
    limits,
    memory,
    metrics,
    offers,
    partner_reads,
    partners,
    plans,
    prices,
    referrals,
    rewards,
    rules,
    segments,
    settings,
    things,
    vouchers,
    windows,
)
from regulars.program.checks.context import Context
from regulars.program.contracts.definitions import Program
from regulars.program.contracts.report import Check, Fault, Report, Severity
from regulars.program.reader import Source

CHECKS: Final = (
    settings.check,
    currencies.check,
    dealings.check,
    things.check,
    segments.check,
    metrics.check,
    rules.check,
    windows.check,
    challenges.check,
    circles.check,
    limits.check,
    boards.check,
    choices.check,
    consents.check,
    ladders.check,
    households.check,
    referrals.check,
    plans.check,
    prices.check,
    offers.check,
    vouchers.check,
    budgets.check,
    partners.check,
    partner_reads.check,
    rewards.check,
    memory.check,
    expressions.check,
)
"""The one list of checks of this room; other rooms hand theirs to `publish`."""


def program(checked: Program, extra: Sequence[Check] = ()) -> Report:
    """What is wrong with a program that came without a file."""
    context = Context(checked)
    return _report(_found(context, extra), context)


def source(read: Source, extra: Sequence[Check] = ()) -> Report:
    """What is wrong with a text: its form, then its meaning, in the order of the file."""
    found = list(read.faults)
    context = None
    if read.program is not None:
        context = Context(read.program)
        found += [_placed(one, read) for one in _found(context, extra) if not _follows(one, read)]
    return _report(sorted(found, key=lambda one: (one.line, one.column)), context)


def _found(context: Context, extra: Sequence[Check]) -> list[Fault]:
    found = [one for check in CHECKS for one in check(context)]
    return found + [one for check in extra for one in check(context.program)]


def _placed(one: Fault, read: Source) -> Fault:
    line, column = read.place(one.path, one.offset)
    return msgspec.structs.replace(one, line=line, column=column)


def _follows(one: Fault, read: Source) -> bool:
    """Whether a fault only follows from one of form that is told already."""
    if any(f"'{name}'" in one.texts.en or f".{name}." in f".{one.path}." for name in read.broken):
        return True
    # What lacks a part that could not be read lacks it for that reason.
    return any(f"{told.path}.".startswith((f"{one.path}.", f"{one.path}[")) for told in read.faults)


def _report(found: Sequence[Fault], context: Context | None) -> Report:
    checked = context.checked.values() if context is not None else ()
    sound = [one for one in checked if isinstance(one, Expression)]
    return Report(
        faults=tuple(one for one in found if one.severity is Severity.FAULT),
        warnings=tuple(one for one in found if one.severity is Severity.WARNING),
        cost_typical=sum(one.cost_typical for one in sound),
        cost_worst=sum(one.cost_worst for one in sound),
    )
