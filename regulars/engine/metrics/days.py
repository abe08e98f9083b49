"""Day rows: what each local day of a member gave to each metric, loaded where a window needs them, written whole where
a day was touched.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from operator import itemgetter
from typing import Any, Final
from uuid import UUID

import msgspec

from regulars.engine.contracts.known import DayRow

_encoder: Final = msgspec.msgpack.Encoder()
_decoder: Final = msgspec.msgpack.Decoder(dict[int, Any])


class Day:
    """One row, to be changed in place."""

    __slots__ = ("_keys", "packed", "sums")

    def __init__(self, sums: Iterable[int] = (), keys: bytes = b"") -> None:
        self.sums = list(sums)
        self.packed = keys
        self._keys: dict[int, Any] | None = None

    @property
    def keys(self) -> dict[int, Any]:
        """What is no plain number, by slot; unpacked when it is first asked for."""
        if self._keys is None:
            self._keys = _decoder.decode(self.packed) if self.packed else {}
        return self._keys

    def written_keys(self) -> bytes:
        """The keys as bytes: those that were read, if nobody asked for them."""
        if self._keys is None:
            return self.packed
        return _encoder.encode(self._keys) if self._keys else b""

    def add(self, slot: int, amount: int) -> None:
        """Add to the sum of a slot."""
        sums = self.sums
        if slot >= len(sums):
            sums.extend([0] * (slot + 1 - len(sums)))
        sums[slot] += amount

    def sum(self, slot: int) -> int:
        """The sum of a slot on this day."""
        return self.sums[slot] if slot < len(self.sums) else 0


class Days:
    """The rows of one account during a decision."""

    __slots__ = ("_loaded", "_rows", "_touched")

    def __init__(self, rows: Iterable[DayRow]) -> None:
        self._loaded = rows
        # By the number of the member's id, since numbers compare in C and ids in Python; made when a member is first
        # asked for: a plain purchase asks for a single day.
        self._rows: dict[int, dict[dt.date, DayRow]] = {}
        self._touched: dict[int, tuple[UUID, dict[dt.date, Day]]] = {}

    def _of(self, wanted: int) -> dict[dt.date, DayRow]:
        found = self._rows.get(wanted)
        if found is None:
            found = self._rows[wanted] = {row.day: row for row in self._loaded if row.member_id.int == wanted}
        return found

    def touch(self, member_id: UUID, day: dt.date) -> Day:
        """The row of a day, to be changed: it will be written whole."""
        wanted = member_id.int
        touched = self._touched.get(wanted)
        if touched is None:
            touched = self._touched[wanted] = (member_id, {})
        found = touched[1].get(day)
        if found is None:
            row = self._of(wanted).get(day)
            found = touched[1][day] = Day(row.sums, row.keys) if row is not None else Day()
        return found

    def between(self, member_id: UUID, after: dt.date, through: dt.date) -> list[Day]:
        """The rows of the days `after < day <= through`, in no order."""
        wanted = member_id.int
        rows, mine = self._of(wanted), self._touched.get(wanted)
        touched = _NONE if mine is None else mine[1]
        found = [day for date, day in touched.items() if after < date <= through]
        found += [
            Day(row.sums, row.keys) for date, row in rows.items() if after < date <= through and date not in touched
        ]
        return found

    def written(self) -> tuple[DayRow, ...]:
        """The touched rows as they now are."""
        return tuple(
            [
                DayRow(member_id=member_id, day=day, sums=tuple(row.sums), keys=row.written_keys())
                for _, (member_id, days) in sorted(self._touched.items(), key=_FIRST)
                for day, row in sorted(days.items(), key=_FIRST)
            ]
        )


_FIRST: Final = itemgetter(0)
_NONE: Final[dict[dt.date, Day]] = {}
