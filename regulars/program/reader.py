"""Reads a YAML text into a Program, every fault of form at once, and remembers where each value stands."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from typing import Any, Final

import msgspec

from regulars.kit import money
from regulars.program import nodes, words
from regulars.program.contracts.audiences import NAME
from regulars.program.contracts.base import Definition
from regulars.program.contracts.definitions import (
    KINDS,
    Currency,
    Limit,
    Metric,
    Program,
    ProgramSettings,
    Rule,
    Table,
    ValueList,
)
from regulars.program.contracts.fields import FieldType
from regulars.program.contracts.places import Places
from regulars.program.contracts.report import Fault
from regulars.program.convert import MISSING, Missing, whole, yes_or_no
from regulars.program.forms import Forms
from regulars.program.nodes import Mapping, Node, Scalar, Sequence

LIST_MAX: Final = 1_000_000

LoadFile = Callable[[str], str]
"""Gives the text of a file that stands beside the YAML. Raises OSError, UnicodeError."""


class Source(msgspec.Struct, frozen=True):
    """A text as read: the program (none where its settings cannot be read), the faults of form, and the places.

    `broken` are the names of definitions that could not be read, so that nobody is told that they do not exist.
    """

    text: str
    program: Program | None
    faults: tuple[Fault, ...]
    spots: dict[str, Node]
    broken: frozenset[str]

    def place(self, path: str, offset: int = 0) -> tuple[int, int]:
        """Line and column of a path, or of the nearest thing around it, and of a character in an expression."""
        while path:
            node = self.spots.get(path)
            if isinstance(node, Scalar) and offset:
                return nodes.position(self.text, node, offset)
            if isinstance(node, Scalar) and node.quoted and offset == 0:
                return nodes.position(self.text, node, 0)
            if node is not None:
                return node.line, node.column
            path, offset = path[: max(path.rfind("."), path.rfind("["), 0)], 0
        return 1, 1


def read(text: str, load_file: LoadFile | None = None) -> Source:
    """The program in a text, with the faults of its form; files that it names come through `load_file`."""
    # Some editors put a byte order mark first; offsets must not count it.
    text = text.removeprefix("\ufeff")
    root, faults = nodes.parse(text)
    if root is None:
        return Source(text, None, tuple(faults), {}, frozenset())
    reader = _Reader(load_file)
    program = reader.program(root)
    return Source(text, program, (*faults, *reader.faults), reader.spots, frozenset(reader.broken))


class _Reader(Forms):
    def __init__(self, load_file: LoadFile | None) -> None:
        super().__init__()
        self.load_file = load_file
        self.broken: set[str] = set()

    def program(self, root: Mapping) -> Program | None:
        for name, key in root.keys.items():
            if name != "program" and name not in KINDS:
                self.unknown_field(key, "", ["program", *KINDS], name)
        settings = self._settings(root)
        # Limits come last: their numbers are in the unit of a metric, and its type follows from all the rest.
        kinds = {kind: self._kind(root, kind) for kind in KINDS if kind != "limits"}
        program = Program(program=settings or _NO_SETTINGS, **kinds)
        if "limits" in root.items:
            self.places = Places(program)
            program = msgspec.structs.replace(program, limits=self._kind(root, "limits"))
        return program if settings is not None else None

    def _settings(self, root: Mapping) -> ProgramSettings | None:
        node = root.items.get("program")
        if node is None:
            self.tell("missing_field", root, "", name="program", thing="file")
            return None
        settings = self.value(node, ProgramSettings, "program")
        if isinstance(settings, ProgramSettings):
            if money.is_currency(settings.money):
                self.money_scale = money.decimals(settings.money)
            return settings
        return None

    def _kind(self, root: Mapping, kind: str) -> dict[str, Any]:
        node = root.items.get(kind)
        if node is None:
            return {}
        self.spots[kind] = node
        if not isinstance(node, Mapping):
            self.tell("expected_mapping", node, kind)
            return {}
        definitions: dict[str, Any] = {}
        for name, item in node.items.items():
            path = f"{kind}.{name}"
            self.spots[path] = node.keys[name]
            if not NAME.fullmatch(name):
                self.tell("bad_name", node.keys[name], path, name=name)
                self.broken.add(name)
                continue
            definition = self._definition(KINDS[kind], item, path, name)
            # What the value's own node overwrote: a fault of the whole definition points at its name.
            self.spots[path] = node.keys[name]
            if isinstance(definition, Missing):
                self.broken.add(name)
            else:
                definitions[name] = definition
        return definitions

    def _definition(self, kind: type[Definition], node: Node, path: str, name: str) -> Any:
        if isinstance(node, Mapping) and "name" in node.items:
            return self.tell("name_is_key", node.items["name"], path, name=name)
        if kind is Metric:
            return self.metric(node, path, name)
        if kind is ValueList:
            return self._list(node, path, name)
        if kind is Table:
            return self._table(node, path, name)
        if kind is Currency:
            self.scale = self.scales[name] = self._scale_of(node)
        elif kind is Rule:
            self.scale = self._scale_of_rule(node)
        elif kind is Limit:
            self.scale = self._scale_of_limit(node)
        return self.struct(node, kind, path, given={"name": name})

    def _scale_of(self, node: Node) -> int:
        scale = node.items.get("scale") if isinstance(node, Mapping) else None
        return int(scale.text) if isinstance(scale, Scalar) and scale.text in {"1", "2", "3", "4"} else 0

    def _scale_of_rule(self, node: Node) -> int:
        effects = node.items.get("effects") if isinstance(node, Mapping) else None
        for effect in effects.items if isinstance(effects, Sequence) else ():
            for key in ("give", "multiply"):
                currency = effect.items.get(key) if isinstance(effect, Mapping) else None
                if isinstance(currency, Scalar):
                    return self.scales.get(currency.text, 0)
        return 0

    def _scale_of_limit(self, node: Node) -> int:
        metric = node.items.get("metric") if isinstance(node, Mapping) else None
        if isinstance(metric, Scalar) and metric.text in self.places.program.metrics:
            return self.places.metric_scale(metric.text)
        return 0

    def _list(self, node: Node, path: str, name: str) -> Any:
        if isinstance(node, Sequence):
            short = Mapping(node.line, node.column)
            short.items["values"], short.keys["values"] = node, Scalar("values", False, node.line, node.column, 0, 0)
            node = short
        if not isinstance(node, Mapping):
            return self.tell("expected_list", node, path)
        kind_node = node.items.get("type")
        kind = FieldType.INT if isinstance(kind_node, Scalar) and kind_node.text == "int" else FieldType.TEXT
        values: Any = ()
        if "values" in node.items:
            values = self.sequence(node.items["values"], int if kind is FieldType.INT else str, f"{path}.values")
            if values is MISSING:
                return MISSING
        file = node.items.get("file")
        if isinstance(file, Scalar):
            rows = self._rows(file, path)
            if rows is None:
                return MISSING
            values = (*values, *self._cells(file, path, [row[:1] for row in rows if row], [kind]))
        found = self.struct(node, ValueList, path, given={"name": name, "values": values, "file": None})
        if len(values) > LIST_MAX:
            return self.tell("list_too_long", node, path, size=len(values), most=LIST_MAX)
        return found

    def _table(self, node: Node, path: str, name: str) -> Any:
        if not isinstance(node, Mapping):
            return self.tell("expected_mapping", node, path)
        keys_node = node.items.get("keys")
        given: dict[str, Any] = {"name": name}
        if isinstance(keys_node, Sequence):
            names = self.sequence(keys_node, str, f"{path}.keys")
            given["keys"] = dict.fromkeys(names, FieldType.TEXT)
        elif keys_node is not None:
            given["keys"] = self.value(keys_node, dict[str, FieldType], f"{path}.keys")
        columns_node = node.items.get("columns")
        if columns_node is not None:
            given["columns"] = self.value(columns_node, dict[str, FieldType], f"{path}.columns")
        if MISSING in given.values():
            return MISSING
        kinds = [*given.get("keys", {}).values(), *given.get("columns", {}).values()]
        rows = self._written_rows(node, path, kinds)
        file = node.items.get("file")
        if isinstance(file, Scalar):
            loaded = self._rows(file, path)
            if loaded is None:
                return MISSING
            header = [*given.get("keys", {}), *given.get("columns", {})]
            if not loaded or [cell.strip() for cell in loaded[0]] != header:
                return self.tell("wrong_header", file, path, file=file.text, expected=",".join(header))
            rows += self._cells(file, path, loaded[1:], kinds, whole_rows=True)
        given |= {"rows": tuple(rows), "file": None}
        return self.struct(node, Table, path, given=given)

    def _written_rows(self, node: Mapping, path: str, kinds: list[FieldType]) -> list[Any]:
        rows: list[Any] = []
        written = node.items.get("rows")
        if written is not None and not isinstance(written, Sequence):
            self.tell("expected_list", written, f"{path}.rows")
        for place, row in enumerate(written.items if isinstance(written, Sequence) else ()):
            spot = f"{path}.rows[{place}]"
            self.spots[spot] = row
            if not isinstance(row, Sequence) or len(row.items) != len(kinds):
                self.tell("row_length", row, spot, expected=len(kinds))
                continue
            cells = [self._cell(item, kind, spot) for item, kind in zip(row.items, kinds, strict=True)]
            if MISSING not in cells:
                rows.append(tuple(cells))
        return rows

    def _cell(self, node: Node, kind: FieldType, path: str) -> Any:
        if not isinstance(node, Scalar):
            return self.tell("expected_value", node, path, expected=kind.value)
        return self._understood(node, path, lambda text: self._cell_value(text, kind), kind.value)

    def _cell_value(self, text: str, kind: FieldType) -> Any:
        match kind:
            case FieldType.INT:
                return whole(text)
            case FieldType.BOOL:
                return yes_or_no(text)
            case FieldType.AMOUNT:
                return words.scaled(text, self.money_scale)
            case FieldType.DATE:
                return words.date(text).isoformat()
            case _:
                return text

    def _rows(self, file: Scalar, path: str) -> list[list[str]] | None:
        if self.load_file is None or file.text.startswith("/") or ".." in file.text.split("/"):
            self.tell("file_not_beside", file, f"{path}.file", file=file.text)
            return None
        try:
            return list(csv.reader(io.StringIO(self.load_file(file.text)), strict=True))
        except (OSError, UnicodeError, csv.Error) as problem:
            self.tell("file_unreadable", file, f"{path}.file", file=file.text, problem=str(problem))
            return None

    def _cells(
        self, file: Scalar, path: str, rows: list[list[str]], kinds: list[FieldType], *, whole_rows: bool = False
    ) -> list[Any]:
        values: list[Any] = []
        for number, row in enumerate(rows, start=2 if whole_rows else 1):
            try:
                if len(row) != len(kinds):
                    raise words.NotUnderstood(",".join(row))
                cells = tuple(self._cell_value(cell.strip(), kind) for cell, kind in zip(row, kinds, strict=True))
                values.append(cells if whole_rows else cells[0])
            except ValueError:
                expected = ",".join(kind.value for kind in kinds)
                found = ",".join(row)
                self.tell("bad_row", file, f"{path}.file", file=file.text, row=number, found=found, expected=expected)
                if len(self.faults) > 100:
                    break
        return values


_NO_SETTINGS: Final = ProgramSettings(name="unreadable", money="EUR", zone="UTC")
"""Stands in where the settings cannot be read, so that the definitions are read for their faults all the same."""
