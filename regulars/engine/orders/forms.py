"""What a member fills in to order: held against the fields of the type."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Any, Final

from regulars.engine.orders.refusals import RewardFormFault
from regulars.kit.money import AMOUNT_MAX
from regulars.program.contracts.fields import FieldDefinition, FieldType

_TEXT_MOST: Final = 1000


def _is_int(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _parses(kind: type[dt.date]) -> Callable[[Any], bool]:
    def fits(value: Any) -> bool:
        if not isinstance(value, str):
            return False
        try:
            parsed = kind.fromisoformat(value)
        except ValueError:
            return False
        return not isinstance(parsed, dt.datetime) or parsed.tzinfo is not None

    return fits


_FITS: Final[dict[FieldType, tuple[str, Callable[[Any], bool]]]] = {
    FieldType.TEXT: ("a text", lambda value: isinstance(value, str)),
    FieldType.BOOL: ("true or false", lambda value: isinstance(value, bool)),
    FieldType.INT: ("a whole number", _is_int),
    FieldType.AMOUNT: ("an amount in whole minor units", _is_int),
    FieldType.DATE: ("a date such as 2027-01-31", _parses(dt.date)),
    FieldType.MOMENT: ("a moment with its zone such as 2027-01-31T10:00:00Z", _parses(dt.datetime)),
    FieldType.TEXTS: (
        "a list of texts",
        lambda value: isinstance(value, list) and all(isinstance(x, str) for x in value),
    ),
    FieldType.RECORDS: (
        "a list of records",
        lambda value: isinstance(value, list) and all(isinstance(x, dict) for x in value),
    ),
}


def check(form: Mapping[str, FieldDefinition], given: Mapping[str, object]) -> None:
    """Whether what was filled in is what the form asks for. Raises RewardFormFault."""
    for name in sorted(given.keys() - form.keys()):
        raise RewardFormFault(field=f"form.{name[:64]}", expected=", ".join(sorted(form)) or "-")
    for name, field in form.items():
        _check(name, field, given.get(name))


def _check(name: str, field: FieldDefinition, value: Any) -> None:
    expected, fits = _FITS[field.type]
    if value is None or (isinstance(value, str) and not value.strip()):
        # What is filled in with nothing is not filled in.
        if field.required:
            raise RewardFormFault(field=f"form.{name}", expected=expected)
        if value is None:
            return
    if not fits(value):
        raise RewardFormFault(field=f"form.{name}", expected=expected)
    size = abs(value) if _is_int(value) else len(value) if isinstance(value, str | list) else 0
    most = field.largest if field.largest is not None else AMOUNT_MAX if _is_int(value) else _TEXT_MOST
    if field.smallest is not None and (value if _is_int(value) else size) < field.smallest:
        raise RewardFormFault(field=f"form.{name}", expected=f">= {field.smallest}")
    if size > most:
        raise RewardFormFault(field=f"form.{name}", expected=f"<= {most}")
