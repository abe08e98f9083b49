"""What this room hands out: the language's types, the schema that an expression is checked against, and results."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from msgspec import Struct

from regulars.kit.errors import RegularsError
from regulars.kit.i18n import Text
from regulars.language import texts, wording
from regulars.language.types import (
    BOOL,
    DATE,
    DURATION,
    INT,
    NULL,
    NUMBER,
    TEXT,
    TIMESTAMP,
    Amount,
    ListOf,
    Record,
    Type,
)

if TYPE_CHECKING:
    from regulars.language.tree import Typed

__all__ = [
    "BOOL",
    "DATE",
    "DURATION",
    "INT",
    "METRIC_READS_ACTIVITY",
    "NOT_HERE",
    "NULL",
    "NUMBER",
    "SEGMENT_READS_MEMBER",
    "TEXT",
    "TIMESTAMP",
    "Amount",
    "AtLeast",
    "ExplainedNode",
    "Expression",
    "ExpressionFaults",
    "Fact",
    "Fault",
    "Field",
    "ListOf",
    "ListValues",
    "Record",
    "Required",
    "Root",
    "Schema",
    "Sql",
    "TableValues",
    "Type",
]

# Hints for Schema.foreign_roots: why a name that exists elsewhere is not known in this place.
SEGMENT_READS_MEMBER = "segment_reads_member"
METRIC_READS_ACTIVITY = "metric_reads_activity"
NOT_HERE = "not_here"


class Field(Struct, frozen=True):
    """One field of a record: its type and how each back end reads it.

    `python` and `sql` are templates written by our code, with `{b}` for the text of the record; names in them come from
    the schema's builder, never from a marketer's expression. Without `sql` the field cannot be used in a segment.
    A list field whose `sql` gives a JSONB array (not a PostgreSQL array) says so with `jsonb`. A text that is one of
    several steps names them in `order`, the lowest first: `atLeast` compares by it.
    """

    type: Type
    python: str
    sql: str | None = None
    nullable: bool = False
    help: Text | None = None
    jsonb: bool = False
    order: tuple[str, ...] = ()


class Root(Struct, frozen=True):
    """A name that an expression may begin with; `python` reads it from the compiled function's parameters."""

    name: str
    type: Type
    python: str
    sql: str | None = None
    nullable: bool = False
    help: Text | None = None


class ListValues(Struct, frozen=True):
    """A named list (`lists.tobacco`): values of one scalar type; amounts are whole numbers at its scale."""

    type: Type
    values: frozenset[object]


class TableValues(Struct, frozen=True):
    """A named table (`tables.mcc.find(key)`): rows by the tuple of their keys, each a mapping of column to value.

    A missing or None column is empty. Amounts are whole numbers at the column's scale.
    """

    keys: tuple[tuple[str, Type], ...]
    columns: tuple[tuple[str, Type], ...]
    rows: Mapping[tuple[object, ...], Mapping[str, object]]


class Schema(Struct, frozen=True):
    """What an expression in one place may read, and how compiled code reads it.

    `params` are the parameters of the compiled function, in order. `zone` is Python text, relative to them, that gives
    a ZoneInfo; without it an expression must name the zone of every local time. `foreign_roots` maps a root that is
    known elsewhere to the code of the sentence that explains its absence. `whole_table` is true where the expression
    must also run as SQL, so that what has no SQL is refused at save.
    """

    name: str
    params: tuple[str, ...]
    roots: Mapping[str, Root]
    records: Mapping[str, Mapping[str, Field]]
    lists: Mapping[str, ListValues] = {}
    tables: Mapping[str, TableValues] = {}
    money_scale: int = 2
    zone: str = ""
    foreign_roots: Mapping[str, str] = {}
    version: str = ""
    whole_table: bool = False


class Fault(Struct, frozen=True):
    """One thing wrong with an expression, at `start` to `end` (offsets in its text, end exclusive)."""

    code: str
    params: Mapping[str, object]
    start: int
    end: int

    def text(self, lang: str) -> str:
        """The sentence in `lang` ("en", "ru" or "ro"; anything else is worded in English)."""
        return texts.sentence(self.code, self.params, lang)


class Expression(Struct, frozen=True, kw_only=True):
    """A checked expression. `scale` counts the decimals of a numeric result (0 for a whole number or anything else).

    `fields` are the paths it reads (`member.tier`, `basket.lines[].category`). `volatile` means that its answer
    may change by time alone. Costs are in units of 10 to 15 ns: on a typical basket and on the largest that is let in.
    """

    text: str
    type: Type
    nullable: bool
    fields: frozenset[str]
    volatile: bool
    cost_typical: int
    cost_worst: int
    schema_version: str
    tree: Typed

    @property
    def scale(self) -> int:
        """Decimals of a numeric result."""
        return self.type.scale if isinstance(self.type, Amount) else 0


class Sql(Struct, frozen=True):
    """A PostgreSQL expression with `$n` placeholders, and the values for them in order."""

    text: str
    parameters: tuple[object, ...]


class Fact(Struct, frozen=True):
    """One value found under one path, such as ("basket.lines[].category", "pet"); numbers are at the field's scale."""

    path: str
    value: object


class AtLeast(Struct, frozen=True):
    """A number under a path that must be this large, at the field's scale."""

    path: str
    least: int


class Required(Struct, frozen=True):
    """What must be so for a condition to have a chance: of each set one fact, and every bound."""

    any_of: tuple[frozenset[Fact], ...]
    at_least: tuple[AtLeast, ...]


class ExplainedNode(Struct, frozen=True):
    """One part of an expression as it came out: its text and place, its result, and the values that it read.

    Amounts in `reads` and `result` are whole numbers at their own scale; `types` gives the type of each read.
    """

    text: str
    start: int
    end: int
    result: object
    reads: tuple[tuple[str, object], ...]
    parts: tuple[ExplainedNode, ...]
    tree: Typed
    types: tuple[Type, ...] = ()

    def sentence(self, lang: str) -> str:
        """Why this part is not true, in `lang`: "`member.tier` is silver; needs gold or platinum"."""
        reads = [(path, found, kind) for (path, found), kind in zip(self.reads, self.types, strict=True)]
        return wording.sentence(self.tree, self.text, self.result, reads, lang)


class ExpressionFaults(RegularsError):
    """Everything that is wrong with one expression, all at once."""

    status = 422
    texts = Text(
        en="This expression does not hold: {errors}",
        ru="Выражение не годится: {errors}",
        ro="Expresia nu este valabilă: {errors}",
    )
    errors: tuple[Fault, ...]

    def text(self, language: str) -> str:
        """Every fault in a sentence, with its place."""
        return "; ".join(f"{fault.start}-{fault.end} {fault.text(language)}" for fault in self.errors)
