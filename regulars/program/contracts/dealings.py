"""What members may do with a currency beside spending it: exchange it, buy it with money, have it paid out as money."""

from __future__ import annotations

import msgspec

from regulars.program.contracts.values import Period, Ratio, Span, Unit


class Exchange(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """`exchange`: `to` which currencies, in whole units of the other for one whole unit of this.

    At least `least` at a time, in steps of `step`, at most so much `per` period and member.
    """

    to: dict[str, Ratio]
    least: int = 0
    step: int = 1
    per: dict[Period, int] = {}


class Buying(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """`buy`: members buy it for a `price` in major units of money for one whole unit.

    In steps of `step`, at most `most` at a time and so much `per` period. What is left of it may be given back for the
    length of `withdrawal` (L81).
    """

    price: Ratio
    step: int = 1
    most: int | None = None
    per: dict[Period, int] = {}
    withdrawal: Span = Span(14, Unit.DAY)


class PayDay(msgspec.Struct, frozen=True):
    """A day of the month, 1 to 28: `day 10`."""

    day: int


class PayOut(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """`pay_out`: what members have is paid out as money to the bank account that the attribute `account` names.

    Once a month, from its day on (`monthly`), else on demand; balances below `smallest` wait.
    """

    account: str
    smallest: int = 1
    monthly: PayDay | None = None
