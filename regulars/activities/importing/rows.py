"""Rows out of a file of any kind, one at a time, in bounded memory; a row that cannot be read is a fault."""

from __future__ import annotations

import contextlib
import csv
import gzip
import io
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, Any, Final, Literal, cast

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from regulars.activities.importing import encodings
from regulars.activities.importing.faults import ColumnTwice, Fault, UnreadableFile, fault

FileFormat = Literal["csv", "ndjson", "parquet"]
ROW_MAX: Final = 1_000_000
CELL_MAX: Final = 10_000
COLUMNS_MAX: Final = 200
# A file of spaces packs a thousand to one, a real one ten to one.
_UNPACKED_FREE: Final = 64 << 20
_UNPACKED_RATIO: Final = 100
_FAMILIES: Final = {
    "attributes": "attribute", "fields": "field", "pay": "pay", "payments": "payment", "adjust": "adjust",
}  # fmt: skip
_PARQUET_ROWS: Final = 2_000
_PARQUET_GROUP_MAX: Final = 2 << 30
_SUFFIXES: Final[dict[str, FileFormat]] = {
    ".csv": "csv", ".tsv": "csv", ".txt": "csv", ".ndjson": "ndjson", ".jsonl": "ndjson", ".parquet": "parquet",
}  # fmt: skip


class Record(msgspec.Struct, frozen=True):
    """A row: its number as a spreadsheet shows it (a header is row 1), and its cells by column; no empty ones."""

    row: int
    cells: dict[str, Any]


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """A file whose kind and encoding are known."""

    path: str
    format: FileFormat
    encoding: str = "utf-8"
    packed: bool = False

    def open(self) -> IO[bytes]:
        """The bytes of the file, unpacked. Raises UnreadableFile."""
        return _open(Path(self.path), packed=self.packed)

    def size_bytes(self) -> int:
        """The size on disk."""
        return Path(self.path).stat().st_size


def look(path: Path, *, encoding: str | None = None) -> Source:
    """Find out what a file is. Raises UnreadableFile."""
    packed = path.suffix.lower() == ".gz"
    suffix = Path(path.stem).suffix.lower() if packed else path.suffix.lower()
    if suffix not in _SUFFIXES:
        raise UnreadableFile(file=path.name, reason=_wrong_suffix(suffix))
    form = _SUFFIXES[suffix]
    if not path.is_file():
        raise UnreadableFile(file=str(path), reason="there is no such file")
    if form == "parquet":
        return Source(path=str(path), format=form)
    if encoding is not None:
        try:
            "".encode(encoding)
        except LookupError:
            raise UnreadableFile(file=path.name, reason=f"no encoding is called {encoding}") from None
    found = encoding or encodings.detect(lambda: _open(path, packed=packed))
    return Source(path=str(path), format=form, encoding=found, packed=packed)


def columns(source: Source) -> list[str] | None:
    """The columns of a file; None for NDJSON, where each row names its own. Raises UnreadableFile, ColumnTwice."""
    if source.format == "ndjson":
        return None
    if source.format == "parquet":
        return _unique([_column(name) for name in _parquet(source).schema_arrow.names])
    with contextlib.closing(_Lines(source)) as lines:
        header, _ = _csv_header(source, lines)
    return header


def read(source: Source) -> Iterator[Record | Fault]:
    """Every row in order, broken ones as faults. Raises UnreadableFile, ColumnTwice."""
    if source.format == "parquet":
        return _read_parquet(source)
    return _read_csv(source) if source.format == "csv" else _read_ndjson(source)


class _RowTooLong(Exception):
    pass


class _Lines:
    """Lines of text of bounded length. An iterator with a class of its own: it lives on after it has raised."""

    def __init__(self, source: Source) -> None:
        # Only the reader of broken bytes differs: UTF-16 knows no escapes for them.
        wide = source.encoding.lower().replace("_", "-").startswith("utf-16")
        errors = "replace" if wide else "surrogateescape"
        self._text = io.TextIOWrapper(cast("Any", source.open()), encoding=source.encoding, errors=errors, newline="")

    def close(self) -> None:
        self._text.close()

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        line = self._text.readline(ROW_MAX)
        if not line:
            raise StopIteration
        if len(line) == ROW_MAX and not line.endswith(("\n", "\r")):
            while line and not line.endswith(("\n", "\r")):
                line = self._text.readline(ROW_MAX)
            raise _RowTooLong
        return line


def _read_csv(source: Source) -> Iterator[Record | Fault]:
    with contextlib.closing(_Lines(source)) as lines:
        header, dialect = _csv_header(source, lines)
        before = csv.field_size_limit(ROW_MAX)
        try:
            yield from _csv_rows(csv.reader(lines, delimiter=dialect, strict=True), header)
        finally:
            csv.field_size_limit(before)


def _csv_rows(reader: Iterator[list[str]], header: list[str]) -> Iterator[Record | Fault]:
    row = 1
    while True:
        row += 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except _RowTooLong:
            yield fault(row, "", None, "row_too_long", most=ROW_MAX)
            continue
        except csv.Error as error:
            yield fault(row, "", None, "broken_csv", reason=str(error))
            continue
        if not cells:
            row -= 1  # an empty line is no row
            continue
        yield _csv_record(row, cells, header)


def _csv_record(row: int, cells: list[str], header: list[str]) -> Record | Fault:
    if len(cells) != len(header):
        return fault(row, "", None, "wrong_cell_count", given=len(cells), expected=len(header))
    found = {name: cell for name, cell in zip(header, cells, strict=True) if cell.strip()}
    for name, cell in found.items():
        if len(cell) > CELL_MAX:
            return fault(row, name, cell, "cell_too_long", most=CELL_MAX)
    return Record(row, found)


def _csv_header(source: Source, lines: _Lines) -> tuple[list[str], str]:
    try:
        first = next(lines)
    except (StopIteration, _RowTooLong):
        raise UnreadableFile(file=Path(source.path).name, reason="its first line must name the columns") from None
    delimiter = max(",;\t", key=first.count)
    names = next(csv.reader([first], delimiter=delimiter))
    return _unique([_column(name) for name in names]), delimiter


def _read_ndjson(source: Source) -> Iterator[Record | Fault]:
    decoder = msgspec.json.Decoder(dict[str, Any])
    with contextlib.closing(_Lines(source)) as lines:
        row = 0
        while True:
            row += 1
            try:
                line = next(lines)
            except StopIteration:
                return
            except _RowTooLong:
                yield fault(row, "", None, "row_too_long", most=ROW_MAX)
                continue
            if not line.strip():
                continue
            yield _json_record(row, line, source, decoder)


def _json_record(row: int, line: str, source: Source, decoder: msgspec.json.Decoder[dict[str, Any]]) -> Record | Fault:
    if encodings.is_broken(line):
        return fault(row, "", line, "broken_text", encoding=source.encoding)
    try:
        found = decoder.decode(line)
    except (msgspec.MsgspecError, RecursionError) as error:
        return fault(row, "", line, "not_json", reason=str(error))
    return _plain_record(row, found)


def _read_parquet(source: Source) -> Iterator[Record | Fault]:
    file = _parquet(source)
    names = _unique([_column(name) for name in file.schema_arrow.names])
    row = 0
    for batch in file.iter_batches(batch_size=_PARQUET_ROWS):
        for at in range(batch.num_rows):
            row += 1
            try:
                cells = {name: column[at].as_py() for name, column in zip(names, batch.columns, strict=True)}
            except (ValueError, OverflowError, pa.ArrowInvalid) as error:
                yield fault(row, "", None, "broken_text", encoding=f"UTF-8 ({error})")
                continue
            yield _plain_record(row, cells)


def _parquet(source: Source) -> pq.ParquetFile:
    name = Path(source.path).name
    try:
        schema = pq.read_schema(source.path)
        # As dictionaries: a huge text repeated in every row stays one text, whatever the file says.
        texts = [
            field.name for field in schema if pa.types.is_string(field.type) or pa.types.is_large_string(field.type)
        ]
        file = pq.ParquetFile(source.path, read_dictionary=texts)
    except (OSError, pa.ArrowException) as error:
        raise UnreadableFile(file=name, reason=str(error).split("\n", maxsplit=1)[0]) from error
    for group in range(file.metadata.num_row_groups):
        if file.metadata.row_group(group).total_byte_size > _PARQUET_GROUP_MAX:
            raise UnreadableFile(file=name, reason="a row group unpacks to more than 2 GiB; write smaller ones")
    return file


def _plain_record(row: int, found: dict[str, Any]) -> Record | Fault:
    cells: dict[str, Any] = {}
    for name, value in found.items():
        if value is None or value == "":
            continue
        if isinstance(value, str) and len(value) > CELL_MAX:
            return fault(row, name, value, "cell_too_long", most=CELL_MAX)
        if isinstance(value, dict) and name in _FAMILIES:
            # `attributes: {age: 40}` of JSON is the column attribute.age of a table.
            cells |= {f"{_FAMILIES[name]}.{inner}": cell for inner, cell in value.items() if cell is not None}
        else:
            cells[_column(name)] = value
    return Record(row, cells)


def _column(name: str) -> str:
    return name.strip().lstrip("\N{ZERO WIDTH NO-BREAK SPACE}").strip('"').lower().replace(" ", "_").replace("-", "_")


def _unique(names: Sequence[str]) -> list[str]:
    if len(names) > COLUMNS_MAX:
        raise UnreadableFile(file="the file", reason=f"it has more than {COLUMNS_MAX} columns")
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise ColumnTwice(column=name)
        seen.add(name)
    return list(names)


def _wrong_suffix(suffix: str) -> str:
    if suffix in {".xlsx", ".xls", ".ods"}:
        return "save the sheet as CSV (UTF-8) first"
    if suffix in {".zip", ".7z", ".rar"}:
        return "unpack it first; .gz is read as it is"
    return (
        f"{suffix or 'a name without an ending'} is not among .csv, .tsv, .ndjson, .jsonl, .parquet (and .gz of them)"
    )


class _Bounded:
    """Unpacked bytes, up to a bound in proportion to the packed file: a small file cannot fill the disk with faults."""

    def __init__(self, file: IO[bytes], name: str, most: int) -> None:
        self._file = file
        self._name = name
        self._left = most

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)

    def read(self, size: int = -1) -> bytes:
        return self._counted(self._file.read(size))

    def read1(self, size: int = -1) -> bytes:
        return self._counted(cast("Any", self._file).read1(size))

    def __enter__(self) -> IO[bytes]:
        return cast("IO[bytes]", self)

    def __exit__(self, *ignored: object) -> None:
        self._file.close()

    def _counted(self, piece: bytes) -> bytes:
        self._left -= len(piece)
        if self._left < 0:
            raise UnreadableFile(file=self._name, reason=f"it unpacks to more than {_UNPACKED_RATIO} times its size")
        return piece


def _open(path: Path, *, packed: bool) -> IO[bytes]:
    try:
        if not packed:
            return path.open("rb")
        most = max(_UNPACKED_FREE, path.stat().st_size * _UNPACKED_RATIO)
        return cast("IO[bytes]", _Bounded(cast("IO[bytes]", gzip.open(path, "rb")), path.name, most))
    except OSError as error:
        raise UnreadableFile(file=str(path), reason=error.strerror or str(error)) from error
