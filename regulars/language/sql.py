"""Typed tree to a PostgreSQL expression with parameters, true for exactly the rows for which Python says True.

A condition may come out NULL, which a WHERE takes for false; where it is used as a value it is made false. Numbers are
whole numbers at their own scale; periods are microseconds, since an interval's days depend on the session's zone.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import NoReturn
from zoneinfo import ZoneInfo

from msgspec import Struct

from regulars.language import folding, limits, scales
from regulars.language.contracts import ExpressionFaults, Fault, Schema, Sql
from regulars.language.function_texts import Written
from regulars.language.functions import Function
from regulars.language.tree import (
    Arithmetic,
    Call,
    Choose,
    Compare,
    Constant,
    Items,
    Logic,
    Member,
    NamedList,
    Negate,
    Not,
    Read,
    Typed,
    Variable,
    Walk,
)
from regulars.language.types import (
    BOOL,
    DATE,
    DURATION,
    NULL,
    TEXT,
    TIMESTAMP,
    ListOf,
    Record,
    Type,
    is_number,
    scale_of,
)

SQL_TYPES = {"text": "text", "bool": "boolean", "int": "bigint", "date": "date", "timestamp": "timestamptz"}
QUOTIENT_SCALE = 6
MICROSECOND = timedelta(microseconds=1)
# What is this short is written twice rather than named once.
SHORT = 60


class Rows(Struct, frozen=True):
    """A list as a query: `SELECT {value} FROM {tables} WHERE {tests}`."""

    tables: str
    tests: tuple[str, ...]
    value: str

    def text(self, *more: str) -> str:
        """What stands behind FROM."""
        tests = (*self.tests, *more)
        return f"{self.tables} WHERE {' AND '.join(tests)}" if tests else self.tables


def to_sql(node: Typed, schema: Schema, *, first_parameter: int, now: datetime, zone: str) -> Sql:
    """The condition or value. Raises ExpressionFaults for what SQL cannot say."""
    writer = _Writer(schema, first_parameter, now, zone)
    ready = folding.folded(node, schema, now=now, zone=ZoneInfo(zone))
    text = writer.truth(ready) if ready.type == BOOL else writer.value(ready)
    return Sql(text, tuple(writer.parameters))


class _Writer:
    def __init__(self, schema: Schema, first_parameter: int, now: datetime, zone: str) -> None:
        self.schema = schema
        self.first = first_parameter
        self.now = now.astimezone(UTC)
        self.zone = zone
        self.parameters: list[object] = []
        self.elements: dict[int, str] = {}
        self.count = 0

    def alias(self) -> str:
        self.count += 1
        return f"v{self.count}"

    def parameter(self, value: object, kind: Type, *, many: bool = False) -> str:
        if isinstance(value, timedelta):
            value = value // MICROSECOND
        self.parameters.append(value)
        number = self.first + len(self.parameters) - 1
        code = "bigint" if is_number(kind) or kind == DURATION else SQL_TYPES[getattr(kind, "code", "text")]
        return f"${number}::{code}{'[]' if many else ''}"

    @staticmethod
    def refuse(code: str, node: Typed, **params: object) -> NoReturn:
        raise ExpressionFaults(errors=(Fault(code, params, node.start, node.end),))

    def once(self, codes: Mapping[str, str], template: str) -> str:
        """A text that names some values more than once.

        OFFSET keeps the planner from writing them out again, which would double the text at each level of nesting.
        """
        if all(len(code) <= SHORT for code in codes.values()):
            return template.format(**codes)
        columns = ", ".join(f"{code} AS {name}" for name, code in codes.items())
        names = {name: f"q.{name}" for name in codes}
        return f"(SELECT {template.format(**names)} FROM (SELECT {columns} OFFSET 0) q)"

    # -- conditions --

    def truth(self, node: Typed) -> str:
        """A condition; NULL stands for false."""
        match node:
            case Logic():
                word = " AND " if node.op == "&&" else " OR "
                code = f"({word.join(self.truth(part) for part in node.parts)})"
            case Not():
                code = f"({self.truth(node.of)} IS NOT TRUE)"
            case Compare():
                code = self.compare(node)
            case Member():
                code = self.member(node)
            case Walk(macro="exists"):
                rows, body = self.entered(node)
                code = f"EXISTS (SELECT 1 FROM {rows.text(self.truth(body))})"
            case Walk(macro="all"):
                rows, body = self.entered(node)
                code = f"NOT EXISTS (SELECT 1 FROM {rows.text(f'({self.truth(body)}) IS NOT TRUE')})"
            case Walk(macro="exists_one"):
                rows, body = self.entered(node)
                code = f"((SELECT count(*) FROM {rows.text(self.truth(body))}) = 1)"
            case Call():
                code = self.call(node)
            case _:
                code = self.value(node)
        if len(code) > limits.SQL_LENGTH:
            self.refuse("too_long_for_sql", node)
        return code

    def compare(self, node: Compare) -> str:
        left, right = scales.brought_together(node.left, node.right)
        for side, other in ((left, right), (right, left)):
            if isinstance(side, Constant) and side.value is None:
                return f"({self.value(other)} IS {'NOT ' if node.op == '!=' else ''}NULL)"
        kind = scales.wider(left.type, right.type)
        a, b = self.scaled(left, kind), self.scaled(right, kind)
        op = node.op
        if op == "==":
            op = "IS NOT DISTINCT FROM" if left.nullable and right.nullable else "="
        elif op == "!=":
            op = "IS DISTINCT FROM" if left.nullable or right.nullable else "<>"
        return f"({a} {op} {b})"

    def member(self, node: Member) -> str:
        item, values = node.item, node.list
        assert isinstance(values.type, ListOf)
        found = scales.constants(values, self.schema) if isinstance(values, Items | NamedList) else None
        if found is not None:
            return self.member_of_constants(item, *found)
        plain = isinstance(values, Read) and not is_number(item.type)
        if plain and isinstance(values, Read) and isinstance(item, Constant) and item.type == TEXT:
            wanted = self.value(item)
            return f"({self.read(values)} @> {f'to_jsonb({wanted})' if values.jsonb else f'ARRAY[{wanted}]'})"
        if plain and isinstance(values, Read) and not values.jsonb:
            return f"({self.value(item)} = ANY({self.read(values)}))"
        rows = self.rows(values)
        kind = scales.wider(item.type, values.type.of)
        element = self.raised(rows.value, scale_of(kind) - scale_of(values.type.of))
        return f"EXISTS (SELECT 1 FROM {rows.text(f'{element} = {self.scaled(item, kind)}')})"

    def member_of_constants(self, item: Typed, values: frozenset[object], scale: int) -> str:
        if is_number(item.type):
            values = scales.rescaled(values, scale, scale_of(item.type))
        ordered = sorted(values, key=repr)
        kind = item.type
        if kind == DURATION:
            ordered = [value // MICROSECOND for value in ordered if isinstance(value, timedelta)]
        return f"({self.value(item)} = ANY({self.parameter(ordered, kind, many=True)}))"

    # -- values --

    def value(self, node: Typed) -> str:
        """A value; a condition comes out true or false, never NULL."""
        match node:
            case Constant(value=None):
                return "NULL"
            case Constant(value=bool()):
                return "TRUE" if node.value else "FALSE"
            case Constant():
                return self.parameter(node.value, node.type)
            case Read():
                return self.read(node)
            case Variable():
                return self.elements[node.key]
            case Arithmetic():
                code = self.arithmetic(node)
            case Negate():
                code = f"(-{self.value(node.of)})"
            case Choose():
                yes, no = self.scaled(node.yes, node.type), self.scaled(node.no, node.type)
                code = f"(CASE WHEN {self.truth(node.condition)} THEN {yes} ELSE {no} END)"
            case Call() if node.type != BOOL:
                code = self.call(node)
            case _:
                code = f"COALESCE({self.truth(node)}, false)"
        if len(code) > limits.SQL_LENGTH:
            self.refuse("too_long_for_sql", node)
        return code

    def read(self, node: Read) -> str:
        if node.base is None:
            if node.sql is None:
                self.refuse("not_in_segments", node, name=node.name)
            return node.sql
        base = self.value(node.base)
        if node.sql is None:
            if isinstance(node.type, Record):
                return base
            self.refuse("not_in_segments", node, name=node.path or node.name)
        code = node.sql.replace("{b}", base)
        return f"(extract(epoch FROM {code}) * 1000000)" if node.type == DURATION else code

    @staticmethod
    def raised(code: str, power: int) -> str:
        return f"({code} * {10**power}::numeric)" if power else code

    def scaled(self, node: Typed, kind: Type) -> str:
        power = scale_of(kind) - scale_of(node.type) if is_number(kind) and node.type != NULL else 0
        return self.raised(self.value(node), power)

    def arithmetic(self, node: Arithmetic) -> str:
        left, right, op = node.left, node.right, node.op
        if node.type == TEXT:
            return f"({self.value(left)} || {self.value(right)})"
        if left.type == TIMESTAMP:
            return self.on_moments(node)
        if op in "+-":
            return f"({self.scaled(left, node.type)}::numeric {op} {self.scaled(right, node.type)})"
        a, b = self.value(left), self.value(right)
        if op == "*":
            return f"({a}::numeric * {b})"
        if op == "%":
            rest = "(CASE WHEN {n} IS NULL THEN NULL WHEN {d} = 0 THEN 0 ELSE mod({n}::numeric, {d}) END)"
            return self.once({"n": a, "d": b}, rest)
        return self.quotient(node, a, b)

    def quotient(self, node: Arithmetic, a: str, b: str) -> str:
        """Whole numbers divided, rounded half away from zero: the same steps as in Python, so the same last digit."""
        power = QUOTIENT_SCALE - scale_of(node.left.type) + scale_of(node.right.type)
        numerator = self.raised(f"{a}::numeric", max(power, 0))
        if isinstance(node.right, Constant) and isinstance(node.right.value, int) and node.right.value > 0:
            divisor = node.right.value * 10 ** max(-power, 0)
            # The constant goes into the text as digits of ours, so its parameter is not needed.
            self.parameters.pop()
            return self.once({"n": numerator}, f"div(2 * {{n}} + sign({{n}}) * {divisor}, {2 * divisor})")
        divided = "div(2 * {n} + sign({n}) * abs({d}), 2 * abs({d})) * sign({d})"
        return self.once(
            {"n": numerator, "d": self.raised(f"{b}::numeric", max(-power, 0))},
            f"(CASE WHEN {{n}} IS NULL THEN NULL WHEN {{d}} = 0 THEN 0 ELSE {divided} END)",
        )

    def on_moments(self, node: Arithmetic) -> str:
        a, b = self.value(node.left), self.value(node.right)
        if node.right.type == TIMESTAMP:
            return f"((extract(epoch FROM {a}) - extract(epoch FROM {b})) * 1000000)"
        return f"({a} {node.op} ({b})::double precision * interval '1 microsecond')"

    def call(self, node: Call) -> str:
        function = node.function
        if function.sql is None:
            self.refuse("not_in_segments", node, name=function.name)
        if node.args and isinstance(node.args[0].type, ListOf):
            rows = self.rows(node.args[0])
            assert isinstance(function.sql, str)
            return function.sql.format(value=rows.value, rows=rows.text())
        codes = [self.value(arg) for arg in node.args]
        if function.name in ("least", "greatest") and node.nullable:
            return self.strict(function, node, codes)
        return self.written(function, node, codes)

    def written(self, function: Function, node: Call, codes: list[str]) -> str:
        zone, today = self.zone_of(node), self.today() if function.volatile else ""
        if callable(function.sql):
            types = tuple(arg.type for arg in node.args)
            return function.sql(Written(tuple(codes), types, node.type, zone, today))
        assert function.sql is not None
        return function.sql.format(*codes, zone=zone, today=today)

    def strict(self, function: Function, node: Call, codes: list[str]) -> str:
        """Of what passes over NULL, a form that does not."""
        named = {f"a{at}": code for at, code in enumerate(codes)}
        empty = " OR ".join(f"{{{name}}} IS NULL" for name in named)
        inner = self.written(function, node, [f"{{{name}}}" for name in named])
        return self.once(named, f"(CASE WHEN {empty} THEN NULL ELSE {inner} END)")

    def zone_of(self, node: Call) -> str:
        if node.function.receiver != "timestamp":
            return ""
        named = node.args[-1] if len(node.args) > 1 else None
        if isinstance(named, Constant):
            # The name has been written as an argument already; it is the last parameter.
            return f"${self.first + len(self.parameters) - 1}::text"
        return self.parameter(self.zone, TEXT)

    def today(self) -> str:
        return self.parameter(self.now.astimezone(ZoneInfo(self.zone)).date(), DATE)

    # -- lists --

    def rows(self, node: Typed) -> Rows:
        """The query of a list."""
        match node:
            case Walk(macro="map"):
                rows, body = self.entered(node)
                name = self.alias()
                return Rows(
                    f"{rows.tables} CROSS JOIN LATERAL (SELECT {self.value(body)} AS value) AS {name}",
                    rows.tests,
                    f"{name}.value",
                )
            case Walk(macro="filter"):
                rows, body = self.entered(node)
                return Rows(rows.tables, (*rows.tests, self.truth(body)), rows.value)
            case Call():
                rows = self.rows(node.args[0])
                count = node.args[1]
                assert isinstance(count, Constant)
                name = self.alias()
                test = f"{rows.value} IS NOT NULL"
                best = f"(SELECT {rows.value} AS value FROM {rows.text(test)} ORDER BY 1 DESC LIMIT {count.value})"
                return Rows(f"{best} AS {name}", (), f"{name}.value")
            case _:
                return self.source(node)

    def source(self, node: Typed) -> Rows:
        assert isinstance(node.type, ListOf)
        name = self.alias()
        if isinstance(node, Read) and node.jsonb:
            # A lax path takes a single value for a list of one, where jsonb_array_elements would stop the query.
            rows = f"jsonb_path_query({self.read(node)}, 'lax $[*]') AS {name}(value)"
            return Rows(rows, (), _from_jsonb(f"{name}.value", node.type.of))
        if isinstance(node, Read):
            return Rows(f"unnest({self.read(node)}) AS {name}(value)", (), f"{name}.value")
        if isinstance(node, NamedList):
            ordered = sorted(self.schema.lists[node.name].values, key=repr)
            return Rows(
                f"unnest({self.parameter(ordered, node.type.of, many=True)}) AS {name}(value)", (), f"{name}.value"
            )
        assert isinstance(node, Items)
        if not node.items:
            return Rows(f"(SELECT NULL::text WHERE false) AS {name}(value)", (), f"{name}.value")
        kind = node.type.of
        values = ", ".join(f"({self.scaled(item, kind)})" for item in node.items)
        return Rows(f"(VALUES {values}) AS {name}(value)", (), f"{name}.value")

    def entered(self, node: Walk) -> tuple[Rows, Typed]:
        """The source of a walk, with its variable known, and its body."""
        rows = self.rows(node.source)
        self.elements[node.variable.key] = rows.value
        return rows, node.body


def _from_jsonb(code: str, kind: Type) -> str:
    if isinstance(kind, Record):
        return code
    text = f"({code} #>> '{{}}')"
    if kind == TEXT:
        return text
    return f"{text}::{'numeric' if is_number(kind) else SQL_TYPES[getattr(kind, 'code', 'text')]}"
