"""A currency must be possible: nothing that contradicts itself, nothing that nobody could ever spend."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from dateutil.relativedelta import relativedelta

from regulars.program import words
from regulars.program.checks.context import Context
from regulars.program.contracts.definitions import Currency, CurrencyKind, Negative
from regulars.program.contracts.report import Fault
from regulars.program.contracts.values import Period, Ratio, Span, Unit
from regulars.program.faults import fault, unknown


def check(context: Context) -> Iterator[Fault]:
    """Policies that contradict each other, and numbers out of range."""
    for name, currency in context.program.currencies.items():
        path = f"currencies.{name}"
        yield from _numbers(path, currency)
        yield from _life(path, currency, context)
        yield from _spending(path, currency)
        yield from _caps(path, currency)


def after(span: Span, start: dt.datetime) -> dt.datetime:
    """The moment a span after another, for comparing spans of different units."""
    if span.unit in {Unit.MONTH, Unit.YEAR}:
        return start + relativedelta(months=span.count * (12 if span.unit is Unit.YEAR else 1))
    return start + dt.timedelta(**{f"{span.unit.value}s": span.count})


def longer(one: Span, other: Span) -> bool:
    """Whether the first span is longer, from the first of a long month."""
    start = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    return after(one, start) > after(other, start)


def _numbers(path: str, currency: Currency) -> Iterator[Fault]:
    if not 0 <= currency.scale <= 4:
        yield fault("scale_out_of_range", f"{path}.scale", found=currency.scale)
    if currency.counts_from not in {"active", "earned"}:
        yield fault("bad_counts_from", f"{path}.counts_from", found=currency.counts_from)
    for funder, cost in currency.cost.items():
        if cost.n < 0:
            yield fault("not_positive", f"{path}.cost.{funder}")
    if not currency.cost and currency.kind is not CurrencyKind.STATUS:
        yield fault("cost_missing", path)
    for name in ("largest_balance", "arrears_ceiling"):
        number = getattr(currency, name)
        if number is not None and number <= 0:
            yield fault("not_positive", f"{path}.{name}")
    for name in ("per_act", "per_day"):
        number = None if currency.by_hand is None else getattr(currency.by_hand, name)
        if number is not None and number < 0:
            yield fault("not_positive", f"{path}.by_hand.{name}")
    if currency.arrears_ceiling is not None and currency.negative is not Negative.ARREARS:
        yield fault("ceiling_without_arrears", f"{path}.arrears_ceiling", negative=currency.negative.value)


def _life(path: str, currency: Currency, context: Context) -> Iterator[Fault]:
    life, wait = currency.expiry.span, currency.pending.span or currency.pending.within
    if currency.counts_from == "earned" and life is not None and wait is not None and not longer(life, wait):
        shown: dict[str, Any] = {"expiry": words.print_span(life), "pending": words.print_span(wait)}
        yield fault("expiry_not_after_pending", f"{path}.expiry", **shown)
    if longer(currency.hold_ttl, currency.hold_longest):
        shown = {
            "ttl": words.print_span(currency.hold_ttl),
            "longest": words.print_span(currency.hold_longest),
        }
        yield fault("hold_longest_short", f"{path}.hold_ttl", **shown)
    for place, name in enumerate(currency.expiry.resets):
        if name not in context.program.activities:
            known = context.program.activities
            yield unknown("activity", f"{path}.expiry.resets[{place}]", name=name, known=known)
    awaited = currency.pending.until
    if awaited is not None and awaited not in context.program.activities:
        yield unknown("activity", f"{path}.pending.until", name=awaited, known=context.program.activities)


def _spending(path: str, currency: Currency) -> Iterator[Fault]:
    spend, value = currency.spend, currency.value
    if not _is_share(spend.largest_share):
        yield fault("not_a_share", f"{path}.spend.largest_share", found=words.print_ratio(spend.largest_share))
    for name, number in (("step", spend.step), ("least", spend.least + 1)):
        if number <= 0:
            yield fault("not_positive", f"{path}.spend.{name}")
    if value is None:
        for name, says in (("earns", currency.earns), ("spend.same_basket", spend.same_basket)):
            if says:
                yield fault("pays_nothing", f"{path}.{name}", name=name)
        return
    if currency.kind is CurrencyKind.STATUS:
        yield fault("status_has_value", f"{path}.value")
    if value.n <= 0:
        yield fault("not_positive", f"{path}.value")
    if spend.largest_share.n == 0:
        yield fault("step_unreachable", f"{path}.spend.largest_share", why="largest_share: 0")
    most = currency.largest_balance
    for name, number in (("step", spend.step), ("least", spend.least)):
        if most is not None and number > most:
            yield fault("step_unreachable", f"{path}.spend.{name}", why=f"{name} > largest_balance")


def _caps(path: str, currency: Currency) -> Iterator[Fault]:
    seen: set[Period] = set()
    for place, cap in enumerate(currency.caps):
        if cap.period in seen:
            yield fault("cap_twice", f"{path}.caps[{place}]", period=cap.period.value)
        seen.add(cap.period)
        if cap.at_most <= 0:
            yield fault("not_positive", f"{path}.caps[{place}].at_most")


def _is_share(ratio: Ratio) -> bool:
    return 0 <= Fraction(ratio.n, ratio.d) <= 1
