"""A backtest's report as data, for files, answers and what is kept with a release."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from regulars.activities.backtest import Line, Report


def summary(report: Report) -> dict[str, Any]:
    """Points in each currency's smallest unit, money in minor units, rounded; recorded, candidate and difference."""
    before, after = report.cost()
    return {
        "activities": report.activities,
        "members": report.accounts,
        "members_more": report.members_more,
        "members_less": report.members_less,
        "refused_now": report.refused_now,
        "cost_minor": _cost(before, after),
        "by_currency": {name: _line(line) for name, line in sorted(report.by_currency.items())},
        "by_month": _lines(report.by_month),
        "by_rule": _lines(report.by_rule),
    }


def _lines(parts: dict[str, dict[str, Line]]) -> dict[str, Any]:
    return {key: {name: _line(line) for name, line in sorted(lines.items())} for key, lines in sorted(parts.items())}


def _line(line: Line) -> dict[str, Any]:
    return {
        "recorded": line.recorded,
        "candidate": line.candidate,
        "difference": line.difference,
        "cost_minor": _cost(line.cost_recorded, line.cost_candidate),
        "members": line.members,
    }


def _cost(before: Fraction, after: Fraction) -> dict[str, int]:
    return {"recorded": round(before), "candidate": round(after), "difference": round(after) - round(before)}
