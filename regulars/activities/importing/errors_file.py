"""The file of broken rows: a CSV that opens in any spreadsheet and runs nothing there."""

from __future__ import annotations

import csv
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Final, Self

from regulars.activities.importing.faults import Fault
from regulars.kit.cells import harmless

HEADER: Final = ("row", "field", "found", "expected", "code")
ROWS_MAX: Final = 100_000


class ErrorsFile:
    """Written as faults come; not there at all as long as none came. Faults beyond 100,000 are counted, not written."""

    def __init__(self, path: Path, *, language: str = "en", goes_on: bool = False) -> None:
        self.path = path
        self._goes_on = goes_on
        self.count = 0
        self._language = language
        self._file: IO[str] | None = None
        self._writer: Any = None

    def __enter__(self) -> Self:
        if not self._goes_on:
            self.path.unlink(missing_ok=True)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is not None:
            self._file.close()

    def add(self, fault: Fault) -> None:
        """One more broken row."""
        self.count += 1
        if self.count > ROWS_MAX:
            return
        if self._file is None:
            # With its byte order mark, since spreadsheets take UTF-8 without it for a local encoding.
            begun = self._goes_on and self.path.exists()
            self._file = self.path.open("a", encoding="utf-8" if begun else "utf-8-sig", newline="")
            self._writer = csv.writer(self._file)
            if not begun:
                self._writer.writerow(HEADER)
        cells = (str(fault.row), fault.field, fault.found, fault.text(self._language), fault.code)
        self._writer.writerow([harmless(cell) for cell in cells])
        self._file.flush()
