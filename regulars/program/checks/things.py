"""Activity types, attributes, purposes, lists and tables."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from regulars.program.checks.context import Context
from regulars.program.contracts.audiences import NAME
from regulars.program.contracts.definitions import NEVER, ActivityType, Keep
from regulars.program.contracts.fields import FieldType
from regulars.program.contracts.places import ALL_ROOTS
from regulars.program.contracts.report import Fault
from regulars.program.contracts.triggers import BUILT_IN_TYPES
from regulars.program.faults import fault, unknown

_MORE_THAN_CLASS = ("sku", "name", "brand", "tags")
_WORDS = frozenset(("true", "false", "null", "in"))


def check(context: Context) -> Iterator[Fault]:
    """Names that exist, fields that can be read, rows that can be found."""
    yield from _activities(context)
    yield from _attributes(context)
    yield from _told(context)
    yield from _groups(context)
    yield from _lists(context)
    yield from _tables(context)


def _activities(context: Context) -> Iterator[Fault]:
    program = context.program
    typed: dict[str, tuple[str, FieldType]] = {}
    for name, kind in program.activities.items():
        path = f"activities.{name}"
        if name in BUILT_IN_TYPES:
            yield fault("reserved_name", path, name=name)
        for field, of in kind.fields.items():
            spot = f"{path}.fields.{field}"
            if field in ALL_ROOTS or field in _WORDS:
                yield fault("reserved_name", spot, name=field)
            elif not NAME.fullmatch(field):
                yield fault("bad_name", spot, name=field)
            if of.type is FieldType.RECORDS:
                yield fault("records_not_here", spot)
            other, there = typed.setdefault(field, (name, of.type))
            if there is not of.type:
                shown: dict[str, Any] = {"here": of.type.value, "there": there.value}
                yield fault("field_of_two_types", spot, name=field, other=other, **shown)
        for place, field in enumerate(kind.natural_key):
            if field not in kind.fields:
                yield unknown("field", f"{path}.natural_key[{place}]", name=field, known=kind.fields)
        yield from _approval(path, kind)
        if kind.reverses is not None and kind.reverses not in program.activities:
            yield unknown("activity", f"{path}.reverses", name=kind.reverses, known=program.activities)
        undone = program.activities.get(kind.reverses or "")
        if undone is not None and undone.reverses is not None and not undone.basket:
            # Only an exchange is a return that can come back itself, since it brings goods.
            yield fault("reverses_a_return", f"{path}.reverses", name=kind.reverses)
        if kind.purpose is not None and kind.purpose not in program.purposes:
            yield unknown("purpose", f"{path}.purpose", name=kind.purpose, known=program.purposes)


def _approval(path: str, kind: ActivityType) -> Iterator[Fault]:
    """What is approved first, what a person looks at, and by when."""
    if kind.proof is not None:
        field = kind.fields.get(kind.proof)
        if field is None:
            yield unknown("field", f"{path}.proof", name=kind.proof, known=kind.fields)
        elif field.type is not FieldType.TEXT:
            yield fault("proof_is_text", f"{path}.proof", name=kind.proof, found=field.type.value)
    if kind.approve == NEVER:
        for name in ("proof", "deadline"):
            if getattr(kind, name) is not None:
                yield fault("without_approval", f"{path}.{name}", what=name)
    elif kind.reverses is not None:
        yield fault("approval_of_return", f"{path}.approve")


def _attributes(context: Context) -> Iterator[Fault]:
    purposes = context.program.purposes
    for name, attribute in context.program.attributes.items():
        path = f"attributes.{name}"
        if attribute.purpose not in purposes:
            yield unknown("purpose", f"{path}.purpose", name=attribute.purpose, known=purposes)
        records = attribute.type is FieldType.RECORDS
        if records != bool(attribute.fields) or (records and attribute.key not in attribute.fields):
            yield fault("records_without_fields", path)
        dates = [of.type for of in attribute.fields.values()] if records else [attribute.type]
        if attribute.wakes and FieldType.DATE not in dates:
            yield fault("wakes_without_date", f"{path}.wakes")
        for field, of in attribute.fields.items():
            if not NAME.fullmatch(field):
                yield fault("bad_name", f"{path}.fields.{field}", name=field)
            if of.type is FieldType.RECORDS:
                yield fault("records_not_here", f"{path}.fields.{field}")


def _told(context: Context) -> Iterator[Fault]:
    """What is sensitive stands on no receipt, on no till, in no offer and in no event for others."""
    sensitive = {f"member.attributes.{name}": name for name, one in context.program.attributes.items() if one.sensitive}
    for one in context.written if sensitive else ():
        read = context.expression(one.path) if ".fields." in one.path or ".params." in one.path else None
        if read is None:
            continue
        for path, name in sensitive.items():
            if any(field == path or field.startswith((f"{path}[", f"{path}.")) for field in read.fields):
                yield fault("sensitive_told", one.path, name=name)


def _groups(context: Context) -> Iterator[Fault]:
    """A group of which only the class is kept is known by its class: what is gone tells nobody later."""
    for name, group in context.program.groups.items():
        read = context.expression(f"groups.{name}.lines")
        if group.keep is Keep.CLASS and read is not None:
            for path in sorted(
                {f"line.{field}" for field in _MORE_THAN_CLASS} & {one.removesuffix("[]") for one in read.fields}
            ):
                yield fault("class_reads_more", f"groups.{name}.lines", name=path)


def _lists(context: Context) -> Iterator[Fault]:
    for name, values in context.program.lists.items():
        if values.type not in {FieldType.TEXT, FieldType.INT}:
            yield fault("list_type", f"lists.{name}.type", found=values.type.value)
        if not values.values:
            yield fault("list_empty", f"lists.{name}")


def _tables(context: Context) -> Iterator[Fault]:
    for name, table in context.program.tables.items():
        path = f"tables.{name}"
        if not 1 <= len(table.keys) <= 3 or not table.columns:
            yield fault("table_keys", path)
        for part in ("keys", "columns"):
            for field, kind in getattr(table, part).items():
                if not NAME.fullmatch(field):
                    yield fault("bad_name", f"{path}.{part}", name=field)
                if kind in {FieldType.RECORDS, FieldType.TEXTS}:
                    yield fault("records_not_here", f"{path}.{part}.{field}")
        seen: set[tuple[object, ...]] = set()
        for place, row in enumerate(table.rows):
            key = row[: len(table.keys)]
            if key in seen:
                yield fault("table_row_twice", f"{path}.rows[{place}]", key=", ".join(map(str, key)))
            seen.add(key)
