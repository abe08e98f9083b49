"""What columns a kind of file has, and how a row of it is read: all of its faults at once, not the first."""

from __future__ import annotations

import datetime as dt
import difflib
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from regulars.activities.importing import cells
from regulars.activities.importing.faults import BadCell, Fault, MissingColumn, UnknownColumn, fault
from regulars.activities.importing.rows import Record
from regulars.program.contracts.definitions import Program
from regulars.program.contracts.fields import FieldDefinition, FieldType

Read = Callable[[Any], Any]


class Context(msgspec.Struct, frozen=True, kw_only=True):
    """What the rows of a file are read with. `file` is its digest: a row without a document is named by it."""

    program_id: int
    client_id: UUID
    received_at: dt.datetime
    money: str
    zone: str | None = None
    file: str = ""
    source: str = "import"
    fields: Mapping[str, Mapping[str, FieldDefinition]] = {}
    """The own fields of each activity type."""
    currencies: Mapping[str, int] = {}
    """The decimals of each currency of points."""
    attributes: Mapping[str, FieldType] = {}
    purposes: Mapping[str, tuple[str, ...]] = {}
    """The channels of each purpose."""

    def local(self) -> ZoneInfo | None:
        """The zone of moments that name none."""
        return ZoneInfo(self.zone) if self.zone else None


def context_of(
    program: Program, *, program_id: int, client_id: UUID, received_at: dt.datetime, zone: str | None, file: str
) -> Context:
    """The context of a file for a program; `file` is its digest."""
    return Context(
        program_id=program_id,
        client_id=client_id,
        received_at=received_at,
        money=program.program.money,
        zone=zone,
        file=file,
        fields={name: kind.fields for name, kind in program.activities.items()},
        currencies={name: one.scale for name, one in program.currencies.items()},
        attributes={name: one.type for name, one in program.attributes.items()},
        purposes={name: one.channels for name, one in program.purposes.items()},
    )


class Column(msgspec.Struct, frozen=True):
    """A column: how its cell is read, what it means to a person, and whether each row needs it."""

    name: str
    read: Read
    meaning: str
    needed: bool = False


class Reader:
    """Reads the cells of rows by their columns; `prefixes` are families of columns such as `attribute.`."""

    def __init__(self, columns: Sequence[Column], prefixes: Mapping[str, Callable[[str], Read | None]]) -> None:
        self._columns: Final = {column.name: column for column in columns}
        self._needed: Final = [column.name for column in columns if column.needed]
        self._prefixes: Final = prefixes

    def check_header(self, names: Sequence[str] | None) -> None:
        """Refuse a table whose columns are not ours. Raises UnknownColumn, MissingColumn."""
        if names is None:
            return
        for name in names:
            if self._reader(name) is None:
                raise UnknownColumn(column=name, known=self._known(name))
        for name in self._needed:
            if name not in names:
                raise MissingColumn(column=name, given=", ".join(names))

    def read(self, record: Record) -> dict[str, Any] | list[Fault]:
        """The values of a row by column name, or everything that is wrong with it."""
        values: dict[str, Any] = {}
        faults: list[Fault] = []
        for name, cell in record.cells.items():
            reader = self._reader(name)
            if reader is None:
                faults.append(fault(record.row, name, cell, "unknown_field", known=self._known(name)))
                continue
            try:
                values[name] = reader(cell)
            except BadCell as bad:
                faults.append(fault(record.row, name, cell, bad.code, **bad.data))
        faults += [fault(record.row, name, None, "missing") for name in self._needed if name not in record.cells]
        return faults or values

    def _reader(self, name: str) -> Read | None:
        column = self._columns.get(name)
        if column is not None:
            return column.read
        prefix, dot, rest = name.partition(".")
        family = self._prefixes.get(prefix) if dot else None
        return family(rest) if family else None

    def _known(self, name: str) -> str:
        near = difflib.get_close_matches(name, self._columns, n=3)
        families = [f"{prefix}.<name>" for prefix in self._prefixes]
        return ", ".join(near or [*self._columns, *families])


def text(most: int = cells.TEXT_MAX) -> Read:
    """A reader of text up to a length."""
    return lambda cell: cells.text(cell, most=most)


def typed(kind: FieldType, scale: int) -> Read:
    """The reader for a field of a program; dates and moments stay text, as the till would send them."""
    readers: dict[FieldType, Read] = {
        FieldType.TEXT: cells.text,
        FieldType.BOOL: cells.yes_no,
        FieldType.INT: cells.whole,
        FieldType.AMOUNT: lambda cell: cells.decimal(cell, scale=scale),
        FieldType.DATE: lambda cell: cells.date(cell).isoformat(),
        FieldType.MOMENT: lambda cell: cells.moment(cell, zone=None).isoformat(),
        FieldType.TEXTS: lambda cell: list(cells.texts(cell, most=100)),
        FieldType.RECORDS: lambda cell: cell,
    }
    return readers[kind]
