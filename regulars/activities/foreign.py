"""A basket in another money: converted once, on arrival, with the rate of its day (L46). Rules see only the program's
money; what was paid, the rate, its day and its source are kept with the activity. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from fractions import Fraction

import msgspec

from regulars.activities import faults
from regulars.activities.contracts import Intake
from regulars.directory.contracts import Rate
from regulars.engine.contracts.activity import Foreign, Line, Payment
from regulars.kit import money
from regulars.program.contracts.definitions import Program


def of(intake: Intake, program: Program) -> str | None:
    """The other money that a basket is in, which has to be converted; none: it is the program's own, or there is no
    basket."""
    theirs = intake.currency
    return theirs if theirs is not None and theirs != program.program.money and intake.lines else None


def check(intake: Intake, program: Program) -> None:
    """Whether it may be in this money at all. Raises CurrencyMismatch, UnknownCurrency."""
    ours, theirs = program.program.money, intake.currency
    if theirs is None or theirs == ours:
        return
    money.decimals(theirs)
    kind = program.activities.get(intake.type)
    settles = intake.sale is not None and kind is not None and kind.reverses is not None and bool(intake.lines)
    # How much was settled is the word of a bank, in the money of the sale as it was kept.
    if settles or not (intake.lines or intake.sale is not None):
        raise faults.CurrencyMismatch(expected=ours, given=theirs)


def converted(
    lines: Sequence[Line], payments: Sequence[Payment], *, ours: str, theirs: str, rate: Rate | None, day: dt.date
) -> tuple[tuple[Line, ...], tuple[Payment, ...], Foreign]:
    """Lines and payments in the program's money, and what is kept of the other one. The total is converted once, to the
    nearest minor unit and a half up, and spread over the lines by largest remainder (L39); so are payments over theirs.

    Raises NoRate, ConvertedTooLarge.
    """
    if rate is None:
        raise faults.NoRate(money=theirs, into=ours, day=day.isoformat())
    ratio = _ratio(rate, ours=ours, theirs=theirs)
    amounts = [line.amount for line in lines]
    parts = money.spread(_convert(sum(amounts), ratio), amounts)
    paid = [payment.amount for payment in payments]
    made = tuple(msgspec.structs.replace(line, amount=part) for line, part in zip(lines, parts, strict=True))
    if payments:
        shares = money.spread(_convert(sum(paid), ratio), paid)
        payments = [Payment(kind=one.kind, amount=share) for one, share in zip(payments, shares, strict=True)]
    kept = Foreign(
        currency=theirs,
        total=sum(amounts),
        amounts=tuple(amounts),
        base=rate.base,
        quote=rate.quote,
        rate=rate.rate,
        day=rate.day,
        source=rate.source,
    )
    return made, tuple(payments), kept


def _ratio(rate: Rate, *, ours: str, theirs: str) -> Fraction:
    """Minor units of ours for one minor unit of theirs."""
    units = Fraction(rate.rate) if rate.base == theirs else 1 / Fraction(rate.rate)
    ratio: Fraction = units * 10 ** money.decimals(ours) / 10 ** money.decimals(theirs)
    return ratio


def _convert(amount: int, ratio: Fraction) -> int:
    made = money.round_ratio(amount * ratio.numerator, ratio.denominator, "half_up")
    if made > money.AMOUNT_MAX:
        raise faults.ConvertedTooLarge(most=money.AMOUNT_MAX)
    return made
