"""Quantities: on the wire a whole number or a decimal in quotes, inside thousandths. Never a float. Pure."""

from __future__ import annotations

import re
from typing import Final

from regulars.checkout.contracts import MalformedQuantity, QuantityTooFine
from regulars.kit.money import AMOUNT_MAX, QUANTITY_SCALE

_DECIMAL: Final = re.compile(r"([0-9]{1,13})(?:\.([0-9]{1,18}))?")


def thousandths(given: int | str, *, field: str) -> int:
    """`2` is 2000, `"1.25"` is 1250. Raises MalformedQuantity, QuantityTooFine (also for "1.2500")."""
    if isinstance(given, int):
        found = given * QUANTITY_SCALE
    else:
        parts = _DECIMAL.fullmatch(given)
        if parts is None:
            raise MalformedQuantity(field=field)
        decimals = parts[2] or ""
        if len(decimals) > 3:
            raise QuantityTooFine(field=field, given=given)
        found = int(parts[1]) * QUANTITY_SCALE + int(decimals.ljust(3, "0"))
    if not 0 < found <= AMOUNT_MAX:
        raise MalformedQuantity(field=field)
    return found


def text(thousandths: int) -> str:
    """As a till writes it: 1250 is "1.25", 2000 is "2"."""
    units, rest = divmod(thousandths, QUANTITY_SCALE)
    return f"{units}.{rest:03d}".rstrip("0") if rest else str(units)
