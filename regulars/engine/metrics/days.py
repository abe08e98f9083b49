"""Day rows: what each local day of a member gave to each metric, loaded where a window needs them, written whole where
a day was touched.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any, Final
from uuid import UUID

import msgspec

from regulars.engine.contracts.known import DayRow

_encoder: Final = msgspec.msgpack.Encoder()
_decoder: Final = msgspec.msgpack.Decoder(dict[int, Any])


class Day:
    """One row, to be changed in place."""

    __slots__ = ("_keys", "_packed", "sums")

    def __init__(self, sums: Iterable[int] = (), keys: bytes = b"") -> None:
        self.sums = list(sums)
        self._packed = keys
        self._keys: dict[int, Any] | None = None

    @property
    def keys(self) -> dict[int, Any]:
        """What is no plain number, by slot; unpacked when it is first asked for."""
        if self._keys is None:
            self._keys = _decoder.decode(self._packed) if self._packed else {}
        return self._keys

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
        self._rows: dict[UUID, dict[dt.date, DayRow]] = {}
        for row in rows:
            self._rows.setdefault(row.member_id, {})[row.day] = row
        self._days: dict[UUID, dict[dt.date, Day]] = {}
        self._touched: set[tuple[UUID, dt.date]] = set()

    def touch(self, member_id: UUID, day: dt.date) -> Day:
        """The row of a day, to be changed: it will be written whole."""
        days = self._days.setdefault(member_id, {})
        found = days.get(day)
        if found is None:
            row = self._rows.get(member_id, _NO_ROWS).get(day)
            found = days[day] = Day(row.sums, row.keys) if row is not None else Day()
            self._touched.add((member_id, day))
        return found

    def between(self, member_id: UUID, after: dt.date, through: dt.date) -> list[Day]:
        """The rows of the days `after < day <= through`, in no order."""
        rows, days = self._rows.get(member_id, _NO_ROWS), self._days.get(member_id, _NO_DAYS)
        found = [day for date, day in days.items() if after < date <= through]
        found += [Day(row.sums, row.keys) for date, row in rows.items() if after < date <= through and date not in days]
        return found

    def written(self) -> tuple[DayRow, ...]:
        """The touched rows as they now are."""
        return tuple(
            DayRow(
                member_id=member_id,
                day=day,
                sums=tuple(row.sums),
                keys=_encoder.encode(row.keys) if row.keys else b"",
            )
            for (member_id, day), row in ((key, self._days[key[0]][key[1]]) for key in sorted(self._touched))
        )


_NO_ROWS: Final[dict[dt.date, DayRow]] = {}
_NO_DAYS: Final[dict[dt.date, Day]] = {}
