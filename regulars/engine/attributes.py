"""Attributes of a member: what may be set, what the state keeps, what expressions read."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

from msgspec.structs import replace

from regulars.engine import refusals
from regulars.engine.contracts.decision import AttributeChange
from regulars.program.contracts.definitions import Attribute
from regulars.program.contracts.fields import FieldDefinition, FieldType

ATTRIBUTE_RECORDS_MAX: Final = 50
PATCHES: Final = frozenset({"add", "change", "remove"})
"""What may be done to single records."""
TILL: Final = "till"
CLAIMED: Final = "?"
"""Behind the name of an attribute: a value that nobody verified yet. Expressions do not see it."""


def restored(
    kept: Mapping[str, Any], dated: Sequence[tuple[str, FieldType]], definitions: Mapping[str, Attribute]
) -> dict[str, Any]:
    """Kept attributes as expressions read them: ISO texts are dates and moments again."""
    attributes = {name: value for name, value in kept.items() if not name.endswith(CLAIMED)}
    for name, kind in dated:
        value = attributes.get(name)
        if value is None:
            continue
        if kind is FieldType.RECORDS:
            attributes[name] = [_record(record, definitions[name]) for record in value]
        else:
            attributes[name] = _READ[kind](value)
    return attributes


def _record(record: Mapping[str, Any], definition: Attribute) -> dict[str, Any]:
    fields = dict(record)
    for name, field in definition.fields.items():
        if field.type in _READ and fields.get(name) is not None:
            fields[name] = _READ[field.type](fields[name])
    return fields


def typed(changes: Iterable[AttributeChange], definitions: Mapping[str, Attribute]) -> tuple[AttributeChange, ...]:
    """Changes as the columns that SQL reads take them: dates and moments that the state keeps as texts are such
    again.
    """
    return tuple(_typed(change, definitions.get(change.name)) for change in changes)


def _typed(change: AttributeChange, definition: Attribute | None) -> AttributeChange:
    if definition is None or definition.type not in _READ or change.value is None:
        return change
    return replace(change, value=_READ[definition.type](change.value))


def allow(name: str, value: Any, definition: Attribute, role: str | None) -> None:
    """Whether somebody may set an attribute: in no role it is a system of the operator's own, which may all. Raises
    AttributeNotEditable, AttributeInvalid.
    """
    if value is None and definition.required:
        raise refusals.AttributeInvalid(attribute=name, expected="a value: it is required")
    # A till may what is named for it, a member and the desk all that is not kept for others.
    free = not definition.edits and role != TILL
    if role is not None and role not in definition.edits and not free:
        raise refusals.AttributeNotEditable(attribute=name, role=role, edits=", ".join(definition.edits) or "-")


def is_claim(definition: Attribute, role: str | None) -> bool:
    """Whether a value counts only once it is verified by somebody else."""
    return definition.verified_by is not None and role not in {None, definition.verified_by}


def checked(name: str, value: Any, definitions: Mapping[str, Attribute], *, current: Any = None) -> Any:
    """A value handed in for an attribute, of the attribute's type (None removes it). Of records some may be added,
    changed or removed by their key: `current` are those that there are. Raises AttributeInvalid.
    """
    definition = definitions.get(name)
    if definition is None:
        raise refusals.AttributeInvalid(attribute=name, expected="an attribute of this program")
    if value is None:
        return None
    if definition.type is FieldType.RECORDS:
        if isinstance(value, dict) and value.keys() <= PATCHES:
            value = _patched(name, value, definition, current or [])
        if not isinstance(value, list) or len(value) > ATTRIBUTE_RECORDS_MAX:
            raise refusals.AttributeInvalid(attribute=name, expected=f"at most {ATTRIBUTE_RECORDS_MAX} records")
        records = [_checked_record(name, record, definition) for record in value]
        keys = [record.get(definition.key or "") for record in records]
        if len(set(map(str, keys))) != len(keys):
            raise refusals.AttributeInvalid(attribute=name, expected=f"each {definition.key} once")
        return records
    value = _of_type(name, value, definition.type)
    if definition.options and value not in definition.options:
        raise refusals.AttributeInvalid(attribute=name, expected=", ".join(definition.options))
    return value


def _patched(name: str, patch: Mapping[str, Any], definition: Attribute, current: Sequence[Any]) -> list[Any]:
    key = definition.key or ""
    records = {record[key]: record for record in current}
    for one in _listed(name, patch, "remove"):
        if records.pop(one, None) is None:
            raise refusals.AttributeInvalid(attribute=name, expected=f"a {key} that is there")
    for one in _listed(name, patch, "change"):
        known = records.get(one.get(key)) if isinstance(one, dict) else None
        if known is None:
            raise refusals.AttributeInvalid(attribute=name, expected=f"a {key} that is there")
        records[one[key]] = {**known, **one}
    for one in _listed(name, patch, "add"):
        if not isinstance(one, dict) or one.get(key) in records:
            raise refusals.AttributeInvalid(attribute=name, expected=f"a new {key}")
        records[one.get(key)] = one
    return list(records.values())


def _listed(name: str, patch: Mapping[str, Any], act: str) -> Sequence[Any]:
    found = patch.get(act, [])
    if not isinstance(found, list):
        raise refusals.AttributeInvalid(attribute=f"{name}.{act}", expected="a list")
    return found


def _checked_record(name: str, record: Any, definition: Attribute) -> dict[str, Any]:
    if not isinstance(record, dict):
        raise refusals.AttributeInvalid(attribute=name, expected="records with fields")
    unknown = next((field for field in record if field not in definition.fields), None)
    if unknown is not None:
        raise refusals.AttributeInvalid(attribute=f"{name}.{unknown}", expected=", ".join(definition.fields))
    for field, of in definition.fields.items():
        if record.get(field) is None and (of.required or field == definition.key):
            raise refusals.AttributeInvalid(attribute=f"{name}.{field}", expected="a value: it is required")
        _check_size(f"{name}.{field}", record.get(field), of)
    return {
        field: _of_type(f"{name}.{field}", value, definition.fields[field].type)
        for field, value in record.items()
        if value is not None
    }


def _check_size(name: str, value: Any, of: FieldDefinition) -> None:
    size = len(value) if isinstance(value, str | list) else value if type(value) is int else 0
    if of.largest is not None and size > of.largest:
        raise refusals.AttributeInvalid(attribute=name, expected=f"at most {of.largest}")
    if of.smallest is not None and value is not None and size < of.smallest:
        raise refusals.AttributeInvalid(attribute=name, expected=f"at least {of.smallest}")


def _of_type(name: str, value: Any, kind: FieldType) -> Any:
    expected, accepts = _ACCEPTS[kind]
    try:
        return accepts(value)
    except (TypeError, ValueError):
        raise refusals.AttributeInvalid(attribute=name, expected=expected) from None


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _bool(value: Any) -> bool:
    if not isinstance(value, bool):
        raise TypeError
    return value


def _int(value: Any) -> int:
    if type(value) is not int or abs(value) > 2**53 - 1:
        raise TypeError
    return value


def _date(value: Any) -> dt.date:
    return value if isinstance(value, dt.date) else dt.date.fromisoformat(_text(value))


def _moment(value: Any) -> dt.datetime:
    moment = value if isinstance(value, dt.datetime) else dt.datetime.fromisoformat(_text(value))
    if moment.tzinfo is None:
        raise ValueError
    return moment.astimezone(dt.UTC)


def _texts(value: Any) -> list[str]:
    if not isinstance(value, list):
        raise TypeError
    return [_text(each) for each in value]


_ACCEPTS: Final[dict[FieldType, tuple[str, Callable[[Any], Any]]]] = {
    FieldType.TEXT: ("text", _text),
    FieldType.BOOL: ("true or false", _bool),
    FieldType.INT: ("a whole number", _int),
    FieldType.AMOUNT: ("an amount in minor units", _int),
    FieldType.DATE: ("a date such as 2026-01-31", _date),
    FieldType.MOMENT: ("a moment with its zone such as 2026-01-31T10:00:00Z", _moment),
    FieldType.TEXTS: ("a list of texts", _texts),
}
_READ: Final[dict[FieldType, Callable[[Any], Any]]] = {FieldType.DATE: _date, FieldType.MOMENT: _moment}
