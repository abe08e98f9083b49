"""The language's meaning, walked node by node: slow, plain, over fractions, and with nothing in common with the compilers."""

from __future__ import annotations

import calendar
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from math import ceil, floor
from typing import Any
from zoneinfo import ZoneInfo

from regulars.language.contracts import Schema
from regulars.language.tree import (
    Arithmetic,
    Call,
    Choose,
    Compare,
    Constant,
    Find,
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
from regulars.language.types import ListOf, Type, is_number, scale_of


class Walker:
    """`roots` are the values of the roots by name; records are dicts or have attributes."""

    def __init__(self, schema: Schema, roots: dict[str, Any], now: datetime, zone: ZoneInfo) -> None:
        self.schema, self.roots, self.now, self.zone = schema, roots, now, zone
        self.elements: dict[int, Any] = {}

    def run(self, node: Typed) -> Any:
        """The result as compiled code gives it: numbers as whole numbers at the node's scale."""
        found = self.value(node)
        if is_number(node.type) and found is not None:
            whole = found * 10 ** scale_of(node.type)
            assert whole.denominator == 1
            return int(whole)
        return found

    def value(self, node: Typed) -> Any:
        found = getattr(self, f"_{type(node).__name__.lower()}")(node)
        return lifted(found, node.type) if isinstance(node, Constant | Read | NamedList) else found

    def _constant(self, node: Constant) -> Any:
        return node.value

    def _read(self, node: Read) -> Any:
        if node.base is None:
            return self.roots[node.name]
        base = self.value(node.base)
        found = None
        if base is not None:
            found = base.get(node.name) if isinstance(base, dict) else getattr(base, node.name)
        return () if found is None and isinstance(node.type, ListOf) else found

    def _variable(self, node: Variable) -> Any:
        return self.elements[node.key]

    def _not(self, node: Not) -> bool:
        return self.value(node.of) is not True

    def _logic(self, node: Logic) -> bool:
        found = [self.value(part) is True for part in node.parts]
        return all(found) if node.op == "&&" else any(found)

    def _negate(self, node: Negate) -> Any:
        found = self.value(node.of)
        return None if found is None else -found

    def _compare(self, node: Compare) -> bool:
        left, right = self.value(node.left), self.value(node.right)
        if node.op in ("==", "!="):
            return bool(left == right) == (node.op == "==")
        if left is None or right is None:
            return False
        return bool({"<": left < right, "<=": left <= right, ">": left > right, ">=": left >= right}[node.op])

    def _arithmetic(self, node: Arithmetic) -> Any:
        left, right = self.value(node.left), self.value(node.right)
        if left is None or right is None:
            return None
        match node.op:
            case "+":
                return left + right
            case "-":
                return left - right
            case "*":
                return left * right
            case "/":
                return Fraction(0) if right == 0 else Fraction(away(left / right * 10**6), 10**6)
        if right == 0:
            return Fraction(0)
        rest = abs(left) % abs(right)
        return -rest if left < 0 else rest

    def _member(self, node: Member) -> bool:
        item = self.value(node.item)
        return item is not None and any(each == item for each in self.value(node.list))

    def _choose(self, node: Choose) -> Any:
        return self.value(node.yes if self.value(node.condition) is True else node.no)

    def _items(self, node: Items) -> list[Any]:
        return [self.value(item) for item in node.items]

    def _namedlist(self, node: NamedList) -> Any:
        return list(self.schema.lists[node.name].values)

    def _find(self, node: Find) -> Any:
        table = self.schema.tables[node.table]
        keys = tuple(self.value(key) for key in node.keys)
        return table.rows.get(keys)

    def _walk(self, node: Walk) -> Any:
        results = []
        elements = list(self.value(node.source))
        for element in elements:
            self.elements[node.variable.key] = element
            results.append(self.value(node.body))
        match node.macro:
            case "exists":
                return any(found is True for found in results)
            case "all":
                return all(found is True for found in results)
            case "exists_one":
                return sum(found is True for found in results) == 1
            case "filter":
                return [element for element, found in zip(elements, results, strict=True) if found is True]
        return results

    def _call(self, node: Call) -> Any:
        args = [self.value(arg) for arg in node.args]
        name = node.function.name
        if node.function.receiver == "list":
            there = [each for each in args[0] if each is not None]
            return {
                "sum": lambda: sum(there, Fraction(0)),
                "min": lambda: min(there, default=None),
                "max": lambda: max(there, default=None),
                "size": lambda: Fraction(len(args[0])),
                "top": lambda: sorted(there, reverse=True)[: int(args[1])],
            }[name]()
        if any(arg is None for arg in args):
            return False if node.function.empty == "false" else None
        return self.scalar(name, args)

    def scalar(self, name: str, args: list[Any]) -> Any:
        x: Any = args[0] if args else None
        match name:
            case "startsWith":
                return x[: len(args[1])] == args[1]
            case "endsWith":
                return args[1] == "" or x[-len(args[1]) :] == args[1]
            case "contains":
                return args[1] in x
            case "size":
                return Fraction(len(x))
            case "floor":
                return Fraction(floor(x))
            case "ceil":
                return Fraction(ceil(x))
            case "round":
                decimals = int(args[1]) if len(args) > 1 else 0
                return Fraction(away(x * 10**decimals), 10**decimals)
            case "abs":
                return abs(x)
            case "least":
                return min(args)
            case "greatest":
                return max(args)
        return self.time(name, args)

    def time(self, name: str, args: list[Any]) -> Any:
        today = self.now.astimezone(self.zone).date()
        if name == "today":
            return today
        x = args[0]
        if isinstance(x, datetime):
            x = x.astimezone(ZoneInfo(args[1]) if len(args) > 1 else self.zone)
        match name:
            case "toDate":
                return x.date()
            case "weekday":
                return Fraction(x.isoweekday())
            case "year" | "month" | "day" | "hour" | "minute":
                return Fraction(getattr(x, name))
            case "addDays":
                return x + timedelta(days=clamped(args[1], 36_600))
            case "addMonths":
                return later(x, clamped(args[1], 1_200))
            case "daysTo":
                return Fraction((args[1] - x).days)
            case "yearsTo":
                low, high = sorted((x, args[1]))
                years = high.year - low.year
                full = years - (anniversary(low, low.year + years) > high)
                return Fraction(full if low == x else -full)
        assert name == "daysToAnniversary"
        day = today
        while anniversary(x, day.year) != day:
            day += timedelta(days=1)
        return Fraction((day - today).days)


def lifted(found: Any, kind: Type) -> Any:
    """Whole numbers at a scale as what they mean."""
    if is_number(kind) and isinstance(found, int):
        return Fraction(found, 10 ** scale_of(kind))
    if isinstance(kind, ListOf) and is_number(kind.of):
        return [lifted(each, kind.of) for each in found]
    return found.astimezone(UTC) if isinstance(found, datetime) else found


def away(x: Fraction) -> int:
    """Rounded half away from zero."""
    return floor(x + Fraction(1, 2)) if x >= 0 else -floor(-x + Fraction(1, 2))


def clamped(x: Fraction, limit: int) -> int:
    return max(-limit, min(limit, int(x)))


def later(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def anniversary(day: date, year: int) -> date:
    return (
        date(year, 2, 28) if (day.month, day.day) == (2, 29) and not calendar.isleap(year) else day.replace(year=year)
    )
