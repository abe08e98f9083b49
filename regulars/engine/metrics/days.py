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
        # By member, made when one is first asked for: a plain purchase asks for a single day.
        self._rows: dict[UUID, dict[dt.date, DayRow]] = {}
        self._touched: dict[UUID, dict[dt.date, Day]] = {}

    def _of(self, member_id: UUID) -> dict[dt.date, DayRow]:
        found = self._rows.get(member_id)
        if found is None:
            # Numbers compare in C, ids in Python, and a busy member has many rows.
            wanted = member_id.int
            found = self._rows[member_id] = {row.day: row for row in self._loaded if row.member_id.int == wanted}
        return found

    def touch(self, member_id: UUID, day: dt.date) -> Day:
        """The row of a day, to be changed: it will be written whole."""
        days = self._touched.setdefault(member_id, {})
        found = days.get(day)
        if found is None:
            row = self._of(member_id).get(day)
            found = days[day] = Day(row.sums, row.keys) if row is not None else Day()
        return found

    def between(self, member_id: UUID, after: dt.date, through: dt.date) -> list[Day]:
        """The rows of the days `after < day <= through`, in no order."""
        rows, touched = self._of(member_id), self._touched.get(member_id, _NONE)
        found = [day for date, day in touched.items() if after < date <= through]
        found += [
            Day(row.sums, row.keys) for date, row in rows.items() if after < date <= through and date not in touched
        ]
        return found

    def written(self) -> tuple[DayRow, ...]:
        """The touched rows as they now are."""
        return tuple(
            DayRow(
                member_id=member_id,
                day=day,
                sums=tuple(row.sums),
                keys=row.written_keys(),
            )
            for member_id in sorted(self._touched)
            for day, row in sorted(self._touched[member_id].items(), key=itemgetter(0))
        )


_NONE: Final[dict[dt.date, Day]] = {}
