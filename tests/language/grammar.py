"""Random expressions, made from the function table: a function that is added there is drawn here without a word more."""

from __future__ import annotations

import random

from regulars.language.contracts import (
    BOOL,
    DATE,
    DURATION,
    INT,
    NUMBER,
    TEXT,
    TIMESTAMP,
    Amount,
    ListOf,
    Record,
    Schema,
    Type,
)
from regulars.language.function_texts import first
from regulars.language.functions import FUNCTIONS, Function

LITERALS = {
    "text": ["'gold'", "'t3'", "'42'", "''", "'чай'", "'a\\'b'", "'s'"],
    "int": ["0", "1", "3", "7", "-2", "11", "100", "2500"],
    "amount": ["0.00", "12.50", "99.00", "0.125", "-3.5", "0.000001"],
    "date": ["date('2000-02-29')", "date('2026-01-31')", "today()"],
    "timestamp": ["timestamp('2026-03-29T01:00:00Z')", "timestamp('2026-10-25T03:30:00+03:00')", "now"],
    "duration": ["days(30)", "duration('90m')", "days(400)"],
    "bool": ["true", "false"],
}
KINDS: dict[str, Type] = {
    "text": TEXT, "int": INT, "amount": Amount(2), "date": DATE, "timestamp": TIMESTAMP, "duration": DURATION, "bool": BOOL,
}  # fmt: skip
COMPARED = ("text", "int", "amount", "date", "timestamp", "duration", "bool")
MACROS = ("exists", "all", "exists_one")


def kind_of(type_: Type) -> str:
    return "amount" if isinstance(type_, Amount) else getattr(type_, "code", "record")


class Grammar:
    """Draws expressions of a schema."""

    def __init__(self, schema: Schema, random_: random.Random) -> None:
        self.schema = schema
        self.random = random_
        self.used: set[str] = set()
        self.walks = 0
        self.scalars: dict[str, list[str]] = {kind: [] for kind in KINDS}
        self.lists: list[tuple[str, Type]] = []
        for root in schema.roots.values():
            self._collect(root.name, root.type)

    def _collect(self, path: str, type_: Type) -> None:
        if isinstance(type_, Record):
            for name, field in self.schema.records[type_.name].items():
                self._collect(f"{path}.{name}", field.type)
        elif isinstance(type_, ListOf):
            self.lists.append((path, type_.of))
        else:
            self.scalars[kind_of(type_)].append(path)

    def pick(self, *of: str) -> str:
        return self.random.choice(of)

    # -- values --

    def value(self, kind: str, depth: int = 0) -> str:
        if depth < 3 and self.random.random() < 0.45:
            return self.random.choice((self.made, self.made, self.called, self.called, self.chosen))(kind, depth + 1)
        return self.leaf(kind)

    def leaf(self, kind: str) -> str:
        fields = self.scalars[kind]
        if fields and self.random.random() < 0.75:
            return self.random.choice(fields)
        return self.random.choice(LITERALS[kind])

    def number(self, depth: int) -> str:
        return self.value(self.pick("int", "amount"), depth)

    def made(self, kind: str, depth: int) -> str:
        match kind:
            case "bool":
                return self.condition(depth)
            case "int":
                op = self.pick("+", "-", "*", "%")
                return f"({self.value('int', depth)} {op} {self.value('int', depth)})"
            case "amount":
                return f"({self.number(depth)} {self.pick('+', '-', '*', '/')} {self.value('amount', depth)})"
            case "text" if not self.walks:
                return f"({self.leaf('text')} + {self.leaf('text')})"
            case "timestamp":
                return f"({self.leaf('timestamp')} {self.pick('+', '-')} {self.leaf('duration')})"
            case "duration":
                return f"({self.leaf('timestamp')} - {self.leaf('timestamp')})"
        return self.leaf(kind)

    def chosen(self, kind: str, depth: int) -> str:
        other = self.pick("null", self.value(kind, depth)) if kind != "bool" else self.value(kind, depth)
        return f"({self.condition(depth + 1)} ? {self.value(kind, depth)} : {other})"

    def called(self, kind: str, depth: int) -> str:
        rows = [row for row in FUNCTIONS if not row.own_tree and kind in results(row)]
        return self.call(self.random.choice(rows), kind, depth) if rows else self.leaf(kind)

    def call(self, row: Function, kind: str, depth: int) -> str:
        self.used.add(f"{row.receiver}.{row.name}")
        args = [
            self.argument(row, at, wanted, kind, depth) for at, wanted in enumerate(row.args, start=bool(row.receiver))
        ]
        if row.optional and self.random.random() < 0.5 and kind in results(row):
            args.append("'Europe/London'" if row.optional == (TEXT,) else self.pick("0", "1", "2"))
        elif row.name == "round" and kind == "amount":
            args.append(self.pick("0", "1", "4"))
        if row.receiver == "list":
            return f"{self.list_for(row, kind, depth)}.{row.name}({', '.join(args)})"
        if row.receiver:
            return f"{self.value(row.receiver, depth + 1)}.{row.name}({', '.join(args)})"
        return f"{row.name}({', '.join(args)})"

    def argument(self, row: Function, at: int, wanted: Type, kind: str, depth: int) -> str:
        if at in row.written:
            return self.pick("0", "1", "3")
        if wanted == NUMBER:
            return self.value(kind if callable(row.result) else self.pick("int", "amount"), depth + 1)
        return self.value(kind_of(wanted), depth + 1)

    # -- lists --

    def list_for(self, row: Function, kind: str, depth: int) -> str:
        """A list whose elements suit a function that gives `kind`."""
        if row.name == "size" or self.random.random() < 0.15:
            return self.list_of(self.pick("int", "text") if row.name == "size" else kind, depth)
        return self.list_of(kind, depth)

    def list_of(self, kind: str, depth: int) -> str:
        """A list of such elements, at times cut by a function that gives a list again."""
        cuts = [row for row in FUNCTIONS if row.result is first and row.receiver == "list"]
        if kind in ("int", "amount", "date", "timestamp") and self.random.random() < 0.15:
            row = self.random.choice(cuts)
            self.used.add(f"{row.receiver}.{row.name}")
            return f"{self.uncut(kind, depth)}.{row.name}({self.pick('1', '2', '3')})"
        return self.uncut(kind, depth)

    def uncut(self, kind: str, depth: int) -> str:
        ready = [path for path, of in self.lists if kind_of(of) == kind]
        found = [(path, of) for path, of in self.lists if isinstance(of, Record) or kind_of(of) != kind]
        draw = self.random.random()
        if ready and draw < 0.3:
            return self.random.choice(ready)
        if found and draw < 0.75 and self.walks < 2:
            path, of = self.random.choice(found)
            return self.mapped(path, of, kind, depth)
        items = ", ".join(self.value(kind, 2) for _ in range(self.random.randint(1, 3)))
        return f"[{items}]"

    def mapped(self, path: str, of: Type, kind: str, depth: int) -> str:
        filtered = f".filter({self.body(of, depth, 'bool')})" if self.random.random() < 0.4 else ""
        again = f".filter({self.body(KINDS[kind], depth, 'bool')})" if self.random.random() < 0.2 else ""
        return f"{path}{filtered}.map({self.body(of, depth, kind)}){again}"

    def body(self, of: Type, depth: int, kind: str) -> str:
        """A name and an expression over it, for a walk."""
        name = "xyz"[self.walks] + str(self.random.randint(0, 99))
        scalars, lists = {key: list(found) for key, found in self.scalars.items()}, list(self.lists)
        self.walks += 1
        for _ in range(3):
            self._collect(name, of)
        text = self.value(kind, depth + 1) if kind != "bool" else self.condition(depth + 2)
        self.walks -= 1
        self.scalars, self.lists = scalars, lists
        return f"{name}, {text}"

    # -- conditions --

    def condition(self, depth: int = 0) -> str:
        draw = self.random.random()
        if depth < 3 and draw < 0.35:
            return f"({self.condition(depth + 1)} {self.pick('&&', '||')} {self.condition(depth + 1)})"
        if depth < 4 and draw < 0.42:
            return f"!{self.condition(depth + 1)}"
        if depth < 3 and draw < 0.47:
            return f"({self.condition(depth + 1)} {self.pick('==', '!=')} {self.pick('true', 'false')})"
        if draw < 0.52 and self.walks < 1:
            kind = self.random.choice(COMPARED)
            return f"{self.list_of(kind, depth)}.{self.random.choice(MACROS)}({self.body(KINDS[kind], depth, 'bool')})"
        if draw < 0.60 and self.walks < 2:
            path, of = self.random.choice(self.lists)
            return f"{path}.{self.random.choice(MACROS)}({self.body(of, depth, 'bool')})"
        if draw < 0.70:
            return self.membership(depth)
        if draw < 0.76:
            return f"({self.value(self.random.choice(COMPARED), depth + 1)} {self.pick('==', '!=')} null)"
        if draw < 0.82:
            return self.call(
                self.random.choice([row for row in FUNCTIONS if row.result == BOOL and not row.own_tree]), "bool", depth
            )
        if draw < 0.86:
            return f"has({self.leaf(self.random.choice(COMPARED))})"
        return self.compared(depth)

    def compared(self, depth: int) -> str:
        kind = self.random.choice(COMPARED)
        ops = ("==", "!=") if kind in ("text", "bool") else ("==", "!=", "<", "<=", ">", ">=")
        other = self.pick("int", "amount") if kind in ("int", "amount") else kind
        return f"({self.value(kind, depth + 1)} {self.random.choice(ops)} {self.value(other, depth + 1)})"

    def membership(self, depth: int) -> str:
        kind = self.pick("text", "int", "amount", "date")
        named = [f"lists.{name}" for name, values in self.schema.lists.items() if kind_of(values.type) == kind]
        if named and self.random.random() < 0.3:
            return f"({self.value(kind, depth + 1)} in {self.random.choice(named)})"
        if self.random.random() < 0.4:
            return f"({self.value(kind, depth + 1)} in [{', '.join(self.random.choice(LITERALS[kind]) for _ in range(3))}])"
        return f"({self.value(kind, depth + 1)} in {self.list_of(kind, depth + 1)})"


def results(row: Function) -> tuple[str, ...]:
    """The kinds that a function may give."""
    if callable(row.result):
        if row.result is first and row.receiver == "list":
            return ()
        return ("int", "amount", "date", "timestamp") if row.elements == "ordered" else ("int", "amount")
    if row.name == "round":
        return ("int", "amount")
    return (kind_of(row.result),)
