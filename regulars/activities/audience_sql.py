"""A condition about members as one statement of SQL: where in the tables stands what it reads.

What the engine keeps in bytes (keys of distinct counts, streaks, choices) has no SQL: such a condition is asked member
by member. Numbers of windows are sums over day rows, never running sums: those are as old as the last activity.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final

import msgspec

from regulars.engine import service as engine
from regulars.kit import tables
from regulars.language import contracts as language
from regulars.language import service as rules
from regulars.program.contracts.fields import FieldDefinition, FieldType
from regulars.program.contracts.ladders import main
from regulars.program.contracts.places import Places

if TYPE_CHECKING:
    from regulars.engine.service import Compiled
    from regulars.language.contracts import Expression, Field, Schema

_NAME: Final = re.compile(r"[a-z][a-z0-9_]*")
_ZONE: Final = re.compile(r"[A-Za-z0-9_+/-]+")
_SEGMENTS: Final = "member.segments"


class NoSql(Exception):
    """The condition reads what no table says."""


class Statement(msgspec.Struct, frozen=True):
    """`select ... {source}` gives a row a member (alias m) for which the condition holds; `$1` is the program."""

    source: str
    condition: str
    parameters: tuple[object, ...]
    currencies: tuple[str, ...] = ()
    """Those whose balances it reads: the rows of `balance` are right until time changes something."""

    def select(self, columns: str, *, where: str = "", tail: str = "") -> str:
        """The whole text; `where` is a further test."""
        more = f" and {where}" if where else ""
        return f"select {columns} from {self.source} where {_LIVING} and ({self.condition}){more} {tail}"


_LIVING: Final = "m.program_id = $1 and m.status <> 'erased'"


def statement(compiled: Compiled, text: str, *, now: dt.datetime) -> Statement:
    """The members who meet a condition at a moment. Raises NoSql, ExpressionFaults."""
    sources = _Sources(compiled, now)
    schema = sources.schema()
    try:
        expression = rules.inlined(_checked(text, schema), _SEGMENTS, sources.stands_for(schema))
        zone = compiled.program.program.zone
        made = rules.to_sql(expression, schema, now=now, zone=zone, first_parameter=2)
    except language.ExpressionFaults as faults:
        if any(fault.code not in _HAS_NO_SQL for fault in faults.errors):
            raise
        raise NoSql from faults
    joins = sources.joins(first=2 + len(made.parameters), condition=made.text)
    return Statement(
        source=f"regulars.member m {joins}",
        condition=made.text,
        parameters=(compiled.release.program_id, *made.parameters, *sources.parameters),
        currencies=sources.currencies(made.text),
    )


_HAS_NO_SQL: Final = frozenset({"not_in_segments", "too_long_for_sql"})


def _checked(text: str, schema: Schema) -> Expression:
    return rules.check(text, schema, language.BOOL)


class _Sources:
    """The schema of segments with the SQL of each field, and the joins for those that a condition turns out to read."""

    def __init__(self, compiled: Compiled, now: dt.datetime) -> None:
        self.compiled = compiled
        self.program = compiled.program
        self.parameters: list[object] = []
        self._today = now.astimezone(compiled.zone).date()
        self._joins: dict[str, str] = {}
        self._balances: dict[str, str] = {}
        self._sums: dict[str, tuple[int, dt.date | None, dt.date | None]] = {}

    def schema(self) -> Schema:
        """The schema of `Places.segment` with SQL."""
        plain = Places(self.program).segment()
        member = plain.roots["member"]
        records = {name: dict(fields) for name, fields in plain.records.items()}
        for name, sql in self._member().items():
            records["member"][name] = _with_sql(records["member"][name], sql)
        self._tell(records["attributes"], {name: self._attribute(name) for name in self.program.attributes})
        for name, attribute in self.program.attributes.items():
            if attribute.type is FieldType.RECORDS:
                fields = records[f"attribute {name}"]
                self._tell(fields, {field: _of_record(field, of) for field, of in attribute.fields.items()})
        self._tell(records["metrics"], {name: self._metric(name) for name in self.program.metrics})
        self._tell(records["balances"], {name: self._balance(name) for name in self.program.currencies})
        self._tell(records["tiers"], {name: self._tier(name) for name in self.program.ladders})
        roots = {**plain.roots, "member": msgspec.structs.replace(member, sql="m")}
        return msgspec.structs.replace(plain, roots=roots, records=records)

    def stands_for(self, schema: Schema) -> Callable[[str], Expression | str]:
        """What `'x' in member.segments` means: the condition of x, or a row where it is static."""

        def found(name: str) -> Expression | str:
            segment = self.program.segments.get(name)
            if segment is None:
                return "FALSE"
            if segment.if_ is not None:
                return _checked(segment.if_, schema)
            return (
                "EXISTS (SELECT FROM regulars.member_segment s WHERE s.account_id = m.account_id"
                f" AND s.member_id = m.member_id AND s.segment = '{_safe(name)}')"
            )

        return found

    def joins(self, *, first: int, condition: str) -> str:
        """The tables beside `member` that a condition reads; their parameters are numbered from `first`."""
        texts = [text for alias, text in self._joins.items() if re.search(rf"\b{alias}\.", condition)]
        sums = {column: what for column, what in self._sums.items() if re.search(rf"\bd\.{column}\b", condition)}
        if sums:
            texts.append(self._days(sums, first))
        return " ".join(texts)

    def _days(self, sums: Mapping[str, tuple[int, dt.date | None, dt.date | None]], first: int) -> str:
        """One pass over the day rows for all numbers, each within its own days."""
        columns = []
        for column, (slot, since, until) in sums.items():
            tests = [
                f"day {sign} ${self._parameter(first, day)}::date"
                for sign, day in ((">=", since), ("<", until))
                if day is not None
            ]
            within = f" filter (where {' and '.join(tests)})" if tests else ""
            columns.append(f"sum(sums[{slot + 1}]){within} as {column}")
        starts = [since for _, since, _ in sums.values()]
        reach = ""
        if all(since is not None for since in starts):
            earliest = min(since for since in starts if since is not None)
            reach = f" and day >= ${self._parameter(first, earliest)}::date"
        return (
            f"left join (select account_id, member_id, {', '.join(columns)} from regulars.day_row"
            f" where program_id = $1{reach} group by account_id, member_id) d"
            " on d.account_id = m.account_id and d.member_id = m.member_id"
        )

    def _parameter(self, first: int, value: object) -> int:
        if value not in self.parameters:
            self.parameters.append(value)
        return first + self.parameters.index(value)

    @staticmethod
    def _tell(fields: dict[str, Field], sql: Mapping[str, tuple[str, bool] | None]) -> None:
        for name, told in sql.items():
            if told is not None and name in fields:
                fields[name] = _with_sql(fields[name], told[0], jsonb=told[1])

    def _member(self) -> dict[str, str]:
        zone = self.program.program.zone
        if not _ZONE.fullmatch(zone):
            raise NoSql
        found = {
            "joined_on": f"((m.enrolled_at AT TIME ZONE '{zone}')::date)",
            "enrolled_at": "date_trunc('milliseconds', m.enrolled_at)",
        }
        named = main(self.program.program.main_ladder, self.program.ladders)
        tier = self._tier(named) if named is not None and named in self.program.ladders else None
        return found if tier is None else {**found, "tier": tier[0]}

    def _attribute(self, name: str) -> tuple[str, bool] | None:
        column, jsonb = _COLUMNS[self.program.attributes[name].type]
        alias = self._join("a", "member_attribute", "member", f"name = '{_safe(name)}'")
        return column.format(a=alias), jsonb

    def _balance(self, name: str) -> tuple[str, bool]:
        alias = self._join("b", "balance", "account", f"currency = '{_safe(name)}'")
        self._balances[alias] = name
        return f"coalesce({alias}.active, 0)", False

    def currencies(self, condition: str) -> tuple[str, ...]:
        """The currencies whose balances a condition reads."""
        return tuple(name for alias, name in self._balances.items() if re.search(rf"\b{alias}\.", condition))

    def _tier(self, name: str) -> tuple[str, bool] | None:
        if "member_tier" not in tables.registry:
            return None
        alias = self._join("t", "member_tier", "member", f"ladder = '{_safe(name)}'")
        levels = self.program.ladders[name].levels
        level = f"{alias}.level"
        renamed = [(old, new) for new, one in levels.items() for old in one.was]
        if renamed:
            # Rows are written with the next activity; until then they have the name of their day.
            cases = " ".join(f"when '{_safe(old)}' then '{_safe(new)}'" for old, new in renamed)
            level = f"case {level} {cases} else {level} end"
        base = next((first for first, one in levels.items() if not one.from_), None)
        # Whom nothing has happened to since the ladder began has no row, and stands where everybody begins.
        return (level if base is None else f"coalesce({level}, '{_safe(base)}')"), False

    def _metric(self, name: str) -> tuple[str, bool] | None:
        summed = engine.summed_days(self.compiled, name, self._today)
        if summed is None:
            return None
        column = f"m{summed.slot}"
        self._sums[column] = (summed.slot, summed.since, summed.until)
        return f"coalesce(d.{column}, 0)", False

    def _join(self, letter: str, table: str, of: str, test: str) -> str:
        alias = f"{letter}{len(self._joins)}"
        whose = " and ".join(f"{alias}.{key} = m.{key}" for key in ("account_id", "member_id")[: 1 + (of == "member")])
        self._joins[alias] = f"left join regulars.{table} {alias} on {whose} and {alias}.{test}"
        return alias


def _with_sql(field: Field, sql: str, *, jsonb: bool = False) -> Field:
    return msgspec.structs.replace(field, sql=sql, jsonb=jsonb)


_COLUMNS: Final[dict[FieldType, tuple[str, bool]]] = {
    FieldType.TEXT: ("{a}.text_value", False),
    FieldType.BOOL: ("({a}.number_value <> 0)", False),
    FieldType.INT: ("{a}.number_value", False),
    FieldType.AMOUNT: ("{a}.number_value", False),
    FieldType.DATE: ("{a}.date_value", False),
    FieldType.MOMENT: ("{a}.moment_value", False),
    FieldType.TEXTS: ("{a}.json_value", True),
    FieldType.RECORDS: ("{a}.json_value", True),
}

_CASTS: Final[dict[FieldType, str]] = {
    FieldType.TEXT: "({{b}} ->> '{name}')",
    FieldType.BOOL: "(({{b}} ->> '{name}')::boolean)",
    FieldType.INT: "(({{b}} ->> '{name}')::bigint)",
    FieldType.AMOUNT: "(({{b}} ->> '{name}')::bigint)",
    FieldType.DATE: "(({{b}} ->> '{name}')::date)",
    FieldType.MOMENT: "(({{b}} ->> '{name}')::timestamptz)",
    FieldType.TEXTS: "({{b}} -> '{name}')",
}


def _of_record(name: str, field: FieldDefinition) -> tuple[str, bool] | None:
    template = _CASTS.get(field.type)
    return None if template is None else (template.format(name=_safe(name)), field.type is FieldType.TEXTS)


def _safe(name: str) -> str:
    """A name of a definition; those are checked at publishing, and here once more since they become part of a text."""
    if not _NAME.fullmatch(name):
        raise NoSql
    return name
