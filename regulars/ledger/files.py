"""Tables of millions of rows into files, a piece at a time: CSV that opens in any spreadsheet and runs nothing there,
or Parquet with types. What was written is known by its digest."""

from __future__ import annotations

import csv
import datetime as dt
import hashlib
from abc import abstractmethod
from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final, Literal, Self

from regulars.kit.cells import harmless

if TYPE_CHECKING:
    from types import TracebackType

Format = Literal["csv", "parquet"]
Kind = Literal["text", "int", "moment", "day", "bool"]
Columns = tuple[tuple[str, Kind], ...]

_ROWS: Final = 20_000
"""Rows held in memory before they are written."""


class TableFile(AbstractContextManager["TableFile"]):
    """One table, written row by row; `rows` counts them. The file has its name only once it is whole."""

    def __init__(self, path: Path, columns: Columns) -> None:
        self.path, self.columns, self.rows = path, columns, 0
        self._draft = path.with_name(f".{path.name}.part")
        self._waiting = list[Sequence[Any]]()

    def add(self, row: Sequence[Any]) -> None:
        """One more row, a value a column."""
        self._waiting.append(row)
        self.rows += 1
        if len(self._waiting) >= _ROWS:
            self._flush()

    def __enter__(self) -> Self:
        # Made for its owner alone, before anything is in it.
        self._draft.touch(mode=0o600)
        self._open(self._draft)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            self._flush()
        self._close()
        if error is None:
            self._draft.rename(self.path)
        else:
            self._draft.unlink(missing_ok=True)

    def _flush(self) -> None:
        if self._waiting:
            self._write(self._waiting)
            self._waiting = []

    @abstractmethod
    def _open(self, draft: Path) -> None: ...

    @abstractmethod
    def _write(self, rows: list[Sequence[Any]]) -> None: ...

    @abstractmethod
    def _close(self) -> None: ...


class CsvFile(TableFile):
    """Numbers as they are, moments in UTC as ISO text; texts that a spreadsheet would run get a quote before them."""

    _file: IO[str]

    def _open(self, draft: Path) -> None:
        # With its byte order mark, since spreadsheets take UTF-8 without it for a local encoding.
        self._file = draft.open("w", encoding="utf-8-sig", newline="")
        # RFC 4180: with both characters as the end of a line, a cell that holds either of them is quoted.
        self._rows = csv.writer(self._file, lineterminator="\r\n")
        self._rows.writerow([name for name, _ in self.columns])

    def _write(self, rows: list[Sequence[Any]]) -> None:
        self._rows.writerows([[_cell(value) for value in row] for row in rows])

    def _close(self) -> None:
        self._file.close()


class ParquetFile(TableFile):
    """With types: whole numbers of 64 bits, moments in UTC to the microsecond, days, texts."""

    def _open(self, draft: Path) -> None:
        # Loaded only here: it takes a fifth of a second, and most commands and every server do without.
        import pyarrow as pa
        import pyarrow.parquet as pq

        kinds = {
            "text": pa.string(),
            "int": pa.int64(),
            "moment": pa.timestamp("us", tz="UTC"),
            "day": pa.date32(),
            "bool": pa.bool_(),
        }
        self._schema = pa.schema([(name, kinds[kind]) for name, kind in self.columns])
        self._file = pq.ParquetWriter(draft, self._schema, compression="zstd")

    def _write(self, rows: list[Sequence[Any]]) -> None:
        import pyarrow as pa

        columns = zip(*([_typed(value) for value in row] for row in rows), strict=True)
        arrays = [pa.array(column, type=field.type) for column, field in zip(columns, self._schema, strict=True)]
        self._file.write_batch(pa.RecordBatch.from_arrays(arrays, schema=self._schema))

    def _close(self) -> None:
        self._file.close()


FORMATS: Final[dict[Format, type[TableFile]]] = {"csv": CsvFile, "parquet": ParquetFile}


def digest(path: Path) -> str:
    """SHA-256 of a file, read a piece at a time."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _cell(value: Any) -> Any:
    if isinstance(value, str):
        return harmless(value)
    if isinstance(value, dt.datetime):
        return value.astimezone(dt.UTC).isoformat().replace("+00:00", "Z")
    if value is None or isinstance(value, int):
        return value
    return harmless(str(value))


def _typed(value: Any) -> Any:
    if value is None or isinstance(value, (str, int, dt.date)):
        return value
    return str(value)
