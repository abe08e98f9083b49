"""From a file to what is taken in: the whole of it, or the share of one of several processes."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Final, Literal

from regulars.activities.contracts import Intake
from regulars.activities.importing import rows
from regulars.activities.importing.baskets import BasketReader, Item
from regulars.activities.importing.faults import Fault
from regulars.activities.importing.people import MemberReader
from regulars.activities.importing.records import DirectoryReader, Listed
from regulars.activities.importing.rows import Source
from regulars.activities.importing.shape import Context

ActivityKind = Literal["activities", "members"]
KINDS: Final = ("activities", "members", "goods", "categories", "stores", "rates", "pictures")


def intakes(
    source: Source, kind: ActivityKind, context: Context, part: int = 0, parts: int = 1, after: int = 0
) -> Iterator[Item | Fault]:
    """What a part of a file says, after a row: each member belongs to one part, broken rows to the first.

    Raises UnreadableFile, ColumnTwice, UnknownColumn, MissingColumn.
    """
    reader = (BasketReader if kind == "activities" else MemberReader)(context, rows.columns(source))
    for item in reader.items(rows.read(source)):
        if isinstance(item, Fault):
            if part == 0 and item.row > after:
                yield item
        elif item.last_row > after and _part_of(item.intake, parts) == part:
            yield item


def listed(source: Source, kind: str) -> Iterator[Listed | Fault]:
    """What a file of goods, categories, stores or pictures says. Raises the same."""
    return DirectoryReader(kind, rows.columns(source)).items(rows.read(source))


def look(path: Path, *, encoding: str | None = None) -> Source:
    """Find out what a file is. Raises UnreadableFile."""
    return rows.look(path, encoding=encoding)


def _part_of(intake: Intake, parts: int) -> int:
    if parts == 1:
        return 0
    # By the first identifier: rows that name one member in two ways may meet, which costs a retry and nothing else.
    name = intake.who[0].value if intake.who else (intake.sale.document if intake.sale else "") or ""
    return zlib.crc32(name.encode()) % parts
