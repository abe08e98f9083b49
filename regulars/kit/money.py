"""Money and other whole numbers: minor units, the largest amount, spreading and rounding. Pure; no floats."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, Literal

from regulars.kit.errors import RegularsError
from regulars.kit.i18n import Text

# Browsers keep numbers as doubles: up to here every whole number survives them (docs/ledger-cases.md, L38).
AMOUNT_MAX: Final = 2**53 - 1
QUANTITY_SCALE: Final = 1000

Rounding = Literal["down", "half_up", "half_even", "up"]

# Number of decimals of the minor unit where it is not two: ISO 4217, List One (published by SIX, 2024-06-25).
_DECIMALS: Final[dict[str, int]] = {
    **dict.fromkeys(
        [
            "BIF",
            "CLP",
            "DJF",
            "GNF",
            "ISK",
            "JPY",
            "KMF",
            "KRW",
            "PYG",
            "RWF",
            "UGX",
            "UYI",
            "VND",
            "VUV",
            "XAF",
            "XOF",
        ],
        0,
    ),
    "XPF": 0,
    **dict.fromkeys(["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"], 3),
    **dict.fromkeys(["CLF", "UYW"], 4),
}
_TWO_DECIMALS: Final = frozenset(
    """
    AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE CHF CHW
    CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS
    INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN
    NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC
    SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XCD YER ZAR ZMW ZWG ZWL
    """.split()
)


class UnknownCurrency(RegularsError):
    """No currency of ISO 4217 has this code."""

    status = 422
    texts = Text(
        en="{currency} is not a currency code of ISO 4217, such as EUR.",
        ru="{currency} не является кодом валюты ISO 4217, например EUR.",
        ro="{currency} nu este un cod de monedă ISO 4217, de exemplu EUR.",
    )
    currency: str


class NotAWholeNumber(RegularsError):
    """An amount must be a whole number of minor units, written as a number without a decimal point."""

    status = 422
    texts = Text(
        en="{field} must be a whole number, such as 1250 for 12.50.",
        ru="Поле {field} должно быть целым числом, например 1250 для 12,50.",
        ro="Câmpul {field} trebuie să fie un număr întreg, de exemplu 1250 pentru 12,50.",
    )
    field: str


class AmountOutOfRange(RegularsError):
    """A whole number, but below the least or above the most that this field takes."""

    status = 422
    texts = Text(
        en="{field} must lie between {least} and {most}.",
        ru="Поле {field} должно быть от {least} до {most}.",
        ro="Câmpul {field} trebuie să fie între {least} și {most}.",
    )
    field: str
    least: int
    most: int


def decimals(currency: str) -> int:
    """How many decimals the minor unit of a currency has: EUR 2, JPY 0, KWD 3. Raises UnknownCurrency."""
    if currency in _TWO_DECIMALS:
        return 2
    if currency in _DECIMALS:
        return _DECIMALS[currency]
    raise UnknownCurrency(currency=currency[:16])


def is_currency(currency: str) -> bool:
    """Whether ISO 4217 knows this code (upper case)."""
    return currency in _TWO_DECIMALS or currency in _DECIMALS


def whole(value: Any, *, field: str, least: int = 0, most: int = AMOUNT_MAX) -> int:
    """`value` if it is an int between `least` and `most`; true, 5.0 and "5" are not.

    Raises NotAWholeNumber, AmountOutOfRange.
    """
    if type(value) is not int:
        raise NotAWholeNumber(field=field)
    if not least <= value <= most:
        raise AmountOutOfRange(field=field, least=least, most=most)
    return value


def spread(total: int, weights: Sequence[int]) -> list[int]:
    """Share `total` by weight in whole units that add up to it: largest remainder, ties to the earlier place (L39).

    1000 over three equal weights is 334, 333, 333. A negative total is the mirror of its positive one. Where all
    weights are 0, all places weigh the same. Raises ValueError without a weight or with a negative one.
    """
    if not weights or min(weights) < 0:
        raise ValueError("spread needs at least one weight, and none below 0")
    if total < 0:
        return [-part for part in spread(-total, weights)]
    whole = sum(weights)
    if not whole:
        weights, whole = [1] * len(weights), len(weights)
    parts = [total * weight // whole for weight in weights]
    rest = total - sum(parts)
    if rest:
        remainders = [total * weight % whole for weight in weights]
        # Sorting keeps equal ones in their order, backwards too.
        for place in sorted(range(len(parts)), key=remainders.__getitem__, reverse=True)[:rest]:
            parts[place] += 1
    return parts


def round_ratio(numerator: int, denominator: int, mode: Rounding) -> int:
    """`numerator / denominator` rounded exactly to a whole number.

    `down` is towards zero and `up` away from it; a half goes away from zero with `half_up` and to the even neighbour
    with `half_even`. So -x always rounds to minus what x rounds to. Raises ZeroDivisionError.
    """
    negative = (numerator < 0) != (denominator < 0)
    whole_part, rest = divmod(abs(numerator), abs(denominator))
    if not rest:
        return -whole_part if negative else whole_part
    twice = 2 * rest
    away = {
        "down": False,
        "up": rest > 0,
        "half_up": twice >= abs(denominator),
        "half_even": twice > abs(denominator) or (twice == abs(denominator) and whole_part % 2 == 1),
    }[mode]
    rounded = whole_part + away
    return -rounded if negative else rounded
