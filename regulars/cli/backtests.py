"""What a backtest found, for people and for programs: points in whole units, money in major units."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any, Final

import msgspec

from regulars.activities import service as activities
from regulars.activities.service import BacktestReport
from regulars.cli import shown
from regulars.engine import service as engine
from regulars.kit import money
from regulars.program.contracts.definitions import Program

_RIGHT: Final = frozenset({2, 3, 4, 5, 6, 7, 8})


class Priced(msgspec.Struct, frozen=True, kw_only=True):
    """A report with what is needed to write its numbers: the decimals of each currency and of money."""

    report: BacktestReport
    currency: str
    decimals: int
    scales: dict[str, int]


def priced(report: BacktestReport, program: Program) -> Priced:
    """The report of a backtest of this program."""
    decimals = money.decimals(program.program.money)
    return Priced(
        report=report,
        currency=program.program.money,
        decimals=decimals,
        scales={name: one.scale for name, one in program.currencies.items()} | {engine.DISCOUNT: decimals},
    )


def as_data(found: Priced) -> dict[str, Any]:
    """The report for a program: points in each currency's smallest unit, money in minor units, rounded."""
    return activities.backtest_summary(found.report)


def tell(found: Priced, what: str, *, whole: bool) -> None:
    """The report as tables. `what` was judged, by all that is recorded if `whole`, by some days of it otherwise."""
    report = found.report
    if not report.activities:
        shown.say(f"Nothing is recorded {'yet' if whole else 'in these days'}: {what} was judged by nothing.")
        return
    before, after = report.cost()
    changed = any(line.differs for line in report.by_currency.values()) or any(
        line.differs for lines in report.by_rule.values() for line in lines.values()
    )
    judged = shown.counted(report.activities, "activity", "activities")
    refused = shown.counted(report.refused_now, "activity", "activities")
    print(
        f"{judged} of {shown.counted(report.accounts, 'member')}; {report.members_more:,} would have more,"
        f" {report.members_less:,} less; {refused} would be refused."
    )
    print(
        f"Cost: {_money(found, before)} {found.currency} recorded, {_money(found, after)} with {what}"
        f" ({_money(found, after - before, sign=True) or 'no change'})."
    )
    if not changed:
        print(f"{what[0].upper()}{what[1:]} gives exactly what was given.")
    _table(found, what, "By currency", "", {"": report.by_currency})
    _table(found, what, "By month", "month", report.by_month)
    _table(found, what, "By rule", "rule", report.by_rule)


def _table(found: Priced, what: str, title: str, first: str, parts: dict[str, Any]) -> None:
    rows = [
        (
            key,
            name,
            _points(found, name, line.recorded),
            _points(found, name, line.candidate),
            _points(found, name, line.difference, sign=True),
            _money(found, line.cost_recorded),
            _money(found, line.cost_candidate),
            _money(found, line.cost_candidate - line.cost_recorded, sign=True),
            f"{line.members:,}" if line.members else "",
        )
        for key, lines in sorted(parts.items())
        for name, line in sorted(lines.items())
    ]
    given = f"with {what}"
    columns = ["points then", given, "change", "cost then", given, "change", "members changed"]
    shown.table(title, [first, "currency", *columns], rows, right=_RIGHT)


def _points(found: Priced, currency: str, points: int, *, sign: bool = False) -> str:
    return _number(Fraction(points), found.scales.get(currency, 0), sign=sign)


def _money(found: Priced, minor: Fraction, *, sign: bool = False) -> str:
    return _number(minor, found.decimals, sign=sign)


def _number(smallest: Fraction, decimals: int, *, sign: bool) -> str:
    if sign and not smallest:
        return ""
    whole = Decimal(round(smallest)).scaleb(-decimals)
    return f"{whole:{'+' if sign else ''},.{decimals}f}"
