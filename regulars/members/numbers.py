"""Card numbers: eleven random digits and a Damm check digit, which catches every single error and every swap of
neighbours. Pure.
"""

from __future__ import annotations

from typing import Final

import damm

BODY: Final = 11
LENGTH: Final = BODY + 1


def number_of(body: str) -> str:
    """The card number with these eleven digits. Raises ValueError."""
    if len(body) != BODY or not body.isascii() or not body.isdigit():
        raise ValueError("a card number is made from eleven digits")
    return f"{body}{damm.encode(body)}"


def is_well_formed(number: str) -> bool:
    """Whether it is twelve digits."""
    # str.isdigit takes superscripts and the digits of other scripts for digits.
    return len(number) == LENGTH and number.isascii() and number.isdigit()


def fits(number: str) -> bool:
    """Whether the check digit is right; the number must be well formed."""
    return bool(damm.check(number))
