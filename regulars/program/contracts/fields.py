"""Fields of activities, records and forms: a type, a size, and whether they must be there."""

from __future__ import annotations

from enum import StrEnum

import msgspec


class FieldType(StrEnum):
    """The type of an attribute or of a field of an activity."""

    TEXT = "text"
    BOOL = "bool"
    INT = "int"
    AMOUNT = "amount"
    DATE = "date"
    MOMENT = "moment"
    TEXTS = "texts"
    RECORDS = "records"


class FieldDefinition(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A field of an activity type or of a record; a bare word in YAML is its type.

    `smallest` and `largest` are the fewest and most characters or items, or the smallest and largest number.
    """

    type: FieldType
    unit: str | None = None
    smallest: int | None = None
    largest: int | None = None
    personal: bool = False
    required: bool = False
