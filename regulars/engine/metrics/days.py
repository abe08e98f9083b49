"""Day rows: what each local day of a member gave to each metric, loaded where a window needs them, written whole where
a day was touched.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from typing import Any, Final
from uuid import UUID

import msgspec

from regulars.engine.contracts.known import DayRow

_encoder: Final = msgspec.msgpack.Encoder()
_decoder: Final = msgspec.msgpack.Decoder(dict[int, Any])


class Day:
    """One row, unpacked: `sums` by slot, `keys` what is no plain number, by slot too."""

    __slots__ = ("keys", "sums")

    def __init__(self, sums: Iterable[int] = (), keys: bytes = b"") -> None:
        self.sums = list(sums)
        self.keys: dict[int, Any] = _decoder.decode(keys) if keys else {}

    def add(self, slot: int, amount: int) -> None:
        """Add to the sum of a slot."""
        if slot >= len(self.sums):
            self.sums.extend([0] * (slot + 1 - len(self.sums)))
        self.sums[slot] += amount

    def sum(self, slot: int) -> int:
        """The sum of a slot on this day."""
        return self.sums[slot] if slot < len(self.sums) else 0


class Days:
    """The rows of one account during a decision."""

    __slots__ = ("_days", "_rows", "_touched")

    def __init__(self, rows: Iterable[DayRow]) -> None:
        self._rows = {(row.member_id, row.day): row for row in rows}
        self._days: dict[tuple[UUID, dt.date], Day] = {}
        self._touched: set[tuple[UUID, dt.date]] = set()

    def touch(self, member_id: UUID, day: dt.date) -> Day:
        """The row of a day, to be changed: it will be written whole."""
        key = (member_id, day)
        self._touched.add(key)
        return self._day(key)

    def between(self, member_id: UUID, after: dt.date, through: dt.date) -> Iterator[Day]:
        """The rows of the days `after < day <= through`, in no order."""
        for key in {*self._rows, *self._days}:
            if key[0] == member_id and after < key[1] <= through:
                yield self._day(key)

    def written(self) -> tuple[DayRow, ...]:
        """The touched rows as they now are."""
        return tuple(
            DayRow(
                member_id=member_id,
                day=day,
                sums=tuple(row.sums),
                keys=_encoder.encode(row.keys) if row.keys else b"",
            )
            for (member_id, day), row in ((key, self._days[key]) for key in sorted(self._touched))
        )

    def _day(self, key: tuple[UUID, dt.date]) -> Day:
        day = self._days.get(key)
        if day is None:
            row = self._rows.get(key)
            day = self._days[key] = Day(row.sums, row.keys) if row is not None else Day()
        return day
