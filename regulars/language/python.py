"""Typed tree to a Python function: one `compile()` an expression, plain operators on plain values.

The source holds no text of a marketer: names come from the schema, loop names are made here, texts are bound as
constants, and `__builtins__` is empty.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from msgspec import Struct

from regulars.language import repeated_reads, runtime, scales
from regulars.language.contracts import Schema
from regulars.language.function_texts import Written
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
from regulars.language.types import BOOL, NULL, TIMESTAMP, ListOf, Type, is_number, scale_of

NAME = re.compile(r"[A-Za-z_]\w*")
PURE = re.compile(r"[A-Za-z_][\w.\[\]']*")
QUOTIENT_SCALE = 6


class Loop(Struct, frozen=True):
    """A list as a comprehension: `[{element} {clauses}]`."""

    clauses: str
    element: str
    nullable: bool


def compile_function(node: Typed, schema: Schema, *, empty_is: object) -> Callable[..., Any]:
    """A function of `schema.params`. An empty result becomes `empty_is`; a condition gives True or False."""
    source, constants = write(node, schema, empty_is=empty_is)
    # Only what it calls: ten thousand full copies of these names are twenty megabytes.
    called = {name: made for name, made in runtime.GLOBALS.items() if name in source}
    names: dict[str, Any] = {"__builtins__": {}, **called, **constants}
    exec(compile(source, "<rule>", "exec"), names)  # noqa: S102  the text is ours, see the docstring of the module
    made: Callable[..., Any] = names["rule"]
    return made


def write(node: Typed, schema: Schema, *, empty_is: object) -> tuple[str, dict[str, object]]:
    """The source of a function `rule`, and the constants that it names."""
    writer = _Writer(schema)
    writer.hoist(node)
    if node.type == BOOL:
        code = writer.truth(node) if not node.nullable else f"({writer.value(node)} is True)"
    else:
        code = writer.value(node)
        if node.nullable and empty_is is not None:
            code = writer.named(
                code, lambda first, again: f"({writer.constant(empty_is)} if {first} is None else {again})"
            )
    lines = [f"def rule({', '.join(schema.params)}):", *(f"    {line}" for line in writer.lines), f"    return {code}"]
    return "\n".join(lines), writer.constants


class _Writer:
    def __init__(self, schema: Schema) -> None:
        self.schema = schema
        self.constants: dict[str, object] = {}
        self.lines: list[str] = []
        self.local: dict[str, str] = {}
        self.elements: dict[int, str] = {}
        self.count = 0
        # Python forbids `:=` in what a comprehension runs over.
        self.in_iterable = 0

    def fresh(self, letter: str) -> str:
        self.count += 1
        return f"_{letter}{self.count}"

    def constant(self, value: object) -> str:
        if value is None or isinstance(value, bool | int):
            return repr(value) if not isinstance(value, int) or value >= 0 else f"({value})"
        name = self.fresh("k")
        self.constants[name] = value
        return name

    def named(self, code: str, build: Callable[[str, str], str]) -> str:
        """Text that needs a value more than once: `build` gets what to write first, and what to write after that."""
        if NAME.fullmatch(code) or (self.in_iterable and PURE.fullmatch(code)):
            return build(code, code)
        name = self.fresh("t")
        if self.in_iterable:
            return f"(lambda {name}: {build(name, name)})({code})"
        return build(f"({name} := {code})", name)

    def unless_empty(
        self, nodes: Sequence[Typed], codes: Sequence[str], build: Callable[[list[str]], str], otherwise: str
    ) -> str:
        """`build` over the codes if none of the nodes is empty, else `otherwise` (False makes it an `and`)."""
        tests: list[str] = []
        ready: list[str] = []

        def step(at: int) -> str:
            if at == len(nodes):
                return self._guarded(tests, build(ready), otherwise)
            if not nodes[at].nullable:
                ready.append(codes[at])
                return step(at + 1)

            def bound(first: str, again: str) -> str:
                tests.append(first)
                ready.append(again)
                return step(at + 1)

            return self.named(codes[at], bound)

        return step(0)

    @staticmethod
    def _guarded(tests: list[str], code: str, otherwise: str) -> str:
        if not tests:
            return code
        if otherwise == "False":
            return f"({' and '.join(f'{test} is not None' for test in tests)} and {code})"
        return f"({otherwise} if {' or '.join(f'{test} is None' for test in tests)} else {code})"

    # -- what is read --

    def hoist(self, node: Typed) -> None:
        """Give local names to what is read again and again."""
        for read in repeated_reads.repeated(node):
            code = self.read(read)
            if read.path is not None and not NAME.fullmatch(code):
                name = self.fresh("h")
                self.lines.append(f"{name} = {code}")
                self.local[read.path] = name

    def read(self, node: Read) -> str:
        if node.path is not None and node.path in self.local:
            return self.local[node.path]
        if node.base is None:
            return node.python
        base = self.value(node.base)
        if not node.base.nullable:
            return node.python.replace("{b}", base)
        return self.unless_empty([node.base], [base], lambda ready: node.python.replace("{b}", ready[0]), "None")

    # -- values --

    def value(self, node: Typed) -> str:
        """Python text for the value, None where it is empty; a condition gives True or False."""
        match node:
            case Constant():
                return self.constant(node.value)
            case Read():
                code = self.read(node)
                return f"({code} or ())" if isinstance(node.type, ListOf) and node.absent else code
            case Variable():
                return self.elements[node.key]
            case NamedList():
                return self.constant(self.schema.lists[node.name].values)
            case Find():
                return self.find(node)
            case Arithmetic():
                return self.arithmetic(node)
            case Negate():
                return self.unless_empty([node.of], [self.value(node.of)], lambda r: f"(-{r[0]})", "None")
            case Choose():
                kind = node.type
                yes, no = self.scaled(node.yes, kind), self.scaled(node.no, kind)
                return f"({yes} if {self.truth(node.condition)} else {no})"
            case Call():
                return self.call(node)
            case Walk(macro="exists"):
                return f"({self.found(node)} != [])"
            case Walk(macro="all"):
                return f"({self.found(node)} == [])"
            case Walk(macro="exists_one"):
                return f"({self.found(node)} == [1])"
            case Items() | Walk():
                return self.list(node)
            case Logic():
                return self.logic(node)
            case _:
                return self.truth(node)

    def truth(self, node: Typed) -> str:
        """Python text that is true or false in an `if`; for all but an empty yes/no it is True or False."""
        match node:
            case Logic():
                word = " and " if node.op == "&&" else " or "
                return f"({word.join(self.truth(part) for part in node.parts)})"
            case Not():
                return f"(not {self.truth(node.of)})"
            case Compare():
                return self.compare(node)
            case Member():
                return self.member(node)
            case _:
                return self.value(node)

    def logic(self, node: Logic) -> str:
        code = self.truth(node)
        return f"({code} is True)" if any(_loose(part) for part in node.parts) else code

    def scaled(self, node: Typed, kind: Type) -> str:
        """The value brought to the scale of a wider numeric type."""
        power = scale_of(kind) - scale_of(node.type)
        if not is_number(kind) or node.type == NULL or power == 0:
            return self.value(node)
        if isinstance(node, Constant) and isinstance(node.value, int):
            return self.constant(node.value * 10**power)
        return self.unless_empty([node], [self.value(node)], lambda r: f"({r[0]} * {10**power})", "None")

    def compare(self, node: Compare) -> str:
        left, right = scales.brought_together(node.left, node.right)
        for side, other in ((left, right), (right, left)):
            if isinstance(side, Constant) and side.value is None:
                if not other.nullable:
                    return repr(node.op == "!=")
                return f"({self.value(other)} is {'not ' if node.op == '!=' else ''}None)"
        kind = scales.wider(left.type, right.type)
        codes = [self.scaled(left, kind), self.scaled(right, kind)]
        if node.op in ("==", "!="):
            return f"({codes[0]} {node.op} {codes[1]})"
        return self.unless_empty([left, right], codes, lambda r: f"({r[0]} {node.op} {r[1]})", "False")

    def member(self, node: Member) -> str:
        values = node.list
        if isinstance(values, Items | NamedList):
            found = scales.constants(values, self.schema)
            if found is not None:
                return self.member_of_constants(node.item, *found)
        assert isinstance(values.type, ListOf)
        item, kind = node.item, values.type.of
        if isinstance(item, Constant) and is_number(kind):
            exact = scales.at_scale(item, scale_of(kind))
            if exact is None:
                return "False"
            item = exact
        if scale_of(item.type) > scale_of(kind):
            loop = self.loop(values, skip_empty=True)
            code = f"[{loop.element} * {10 ** (scale_of(item.type) - scale_of(kind))} {loop.clauses}]"
            return f"({self.value(item)} in {code})"
        listed = self.list(values, skip_empty=True)
        return f"({self.scaled(item, kind) if is_number(kind) else self.value(item)} in {listed})"

    def member_of_constants(self, item: Typed, values: frozenset[object], scale: int) -> str:
        if is_number(item.type) and scale_of(item.type) != scale:
            values = scales.rescaled(values, scale, scale_of(item.type))
        return f"({self.value(item)} in {self.constant(values)})"

    def find(self, node: Find) -> str:
        table = self.schema.tables[node.table]
        keys = [
            self.scaled(key, kind) if is_number(kind) else self.value(key)
            for key, (_, kind) in zip(node.keys, table.keys, strict=True)
        ]
        return f"{self.constant(table.rows)}.get(({', '.join(keys)},))"

    def arithmetic(self, node: Arithmetic) -> str:
        left, right, op = node.left, node.right, node.op
        sides = [left, right]
        if not is_number(node.type):
            codes = [self.value(left), self.value(right)]
            if node.type == TIMESTAMP:
                sign = "-" if op == "-" else ""
                return self.unless_empty(sides, codes, lambda r: f"moved({r[0]}, {sign}{r[1]})", "None")
            return self.unless_empty(sides, codes, lambda r: f"({r[0]} {op} {r[1]})", "None")
        if op in "+-":
            codes = [self.scaled(left, node.type), self.scaled(right, node.type)]
            return self.unless_empty(sides, codes, lambda r: f"({r[0]} {op} {r[1]})", "None")
        codes = [self.value(left), self.value(right)]
        if op == "*":
            return self.unless_empty(sides, codes, lambda r: f"({r[0]} * {r[1]})", "None")
        if op == "%":
            return self.unless_empty(sides, codes, lambda r: f"remainder({r[0]}, {r[1]})", "None")
        return self.unless_empty(sides, codes, lambda r: _divided(r, left, right), "None")

    def call(self, node: Call) -> str:
        function, args = node.function, node.args
        codes = [
            self.list(arg, skip_empty=function.name != "size") if isinstance(arg.type, ListOf) else self.value(arg)
            for arg in args
        ]
        zone = self.zone(node)
        today = f"{self.now()}.astimezone({self.schema.zone}).date()" if function.volatile else ""
        types = tuple(arg.type for arg in args)

        def build(ready: list[str]) -> str:
            if callable(function.python):
                return function.python(Written(tuple(ready), types, node.type, zone, today))
            return function.python.format(*ready, zone=zone, today=today)

        if function.empty == "unaffected":
            return build(codes)
        return self.unless_empty(args, codes, build, "False" if function.empty == "false" else "None")

    def zone(self, node: Call) -> str:
        """The zone of a call: the one that it names, else the schema's."""
        last = node.args[-1] if node.args else None
        if node.function.receiver == "timestamp" and len(node.args) > 1 and isinstance(last, Constant):
            return self.constant(ZoneInfo(str(last.value)))
        return self.schema.zone

    def now(self) -> str:
        return self.local.get("now", self.schema.roots["now"].python)

    # -- lists --

    def list(self, node: Typed, *, skip_empty: bool = False) -> str:
        """Python text of a collection."""
        if isinstance(node, Read | NamedList):
            return self.value(node)
        if isinstance(node, Call):
            return self.call(node)
        if isinstance(node, Items) and not node.items:
            return "()"
        loop = self.loop(node, skip_empty=skip_empty)
        return f"[{loop.element} {loop.clauses}]"

    def loop(self, node: Typed, *, skip_empty: bool = False, to_bind: bool = False) -> Loop:
        """The list as clauses of a comprehension; filter and map join those of their source.

        `to_bind` says that the element will be given a name by a further clause, which may not hold a `:=`.
        """
        if isinstance(node, Walk):
            bound = to_bind or (skip_empty and node.body.nullable)
            loop = self.mapped(node, to_bind=bound) if node.macro == "map" else self.filtered(node)
        else:
            assert isinstance(node.type, ListOf)
            name = self.fresh("e")
            self.in_iterable += 1
            loop = Loop(f"for {name} in {self.items(node)}", name, node.type.holes)
            self.in_iterable -= 1
        if not (skip_empty and loop.nullable):
            return loop
        loop = self.with_name(loop)
        return Loop(f"{loop.clauses} if {loop.element} is not None", loop.element, nullable=False)

    def items(self, node: Typed) -> str:
        """What a comprehension runs over."""
        if isinstance(node, Items):
            assert isinstance(node.type, ListOf)
            kind = node.type.of
            return "(" + "".join(f"{self.scaled(item, kind)}, " for item in node.items) + ")"
        return self.list(node)

    def with_name(self, loop: Loop) -> Loop:
        """The loop with its element in a variable."""
        if NAME.fullmatch(loop.element):
            return loop
        name = self.fresh("e")
        # CPython turns a loop over one element into an assignment.
        return Loop(f"{loop.clauses} for {name} in ({loop.element},)", name, loop.nullable)

    def entered(self, node: Walk) -> Loop:
        """The source of a walk, its element known by the walk's variable."""
        loop = self.with_name(self.loop(node.source, to_bind=True))
        self.elements[node.variable.key] = loop.element
        return loop

    def filtered(self, node: Walk) -> Loop:
        loop = self.entered(node)
        return Loop(f"{loop.clauses} if {self.truth(node.body)}", loop.element, loop.nullable)

    def mapped(self, node: Walk, *, to_bind: bool) -> Loop:
        loop = self.entered(node)
        self.in_iterable += to_bind
        body = self.value(node.body)
        self.in_iterable -= to_bind
        return Loop(loop.clauses, body, node.body.nullable)

    def found(self, node: Walk) -> str:
        """A list with a 1 for each element that decides exists, all or exists_one."""
        loop = self.entered(node)
        body = f"not {self.truth(node.body)}" if node.macro == "all" else self.truth(node.body)
        return f"[1 {loop.clauses} if {body}]"


def _divided(ready: list[str], left: Typed, right: Typed) -> str:
    power = QUOTIENT_SCALE - scale_of(left.type) + scale_of(right.type)
    numerator = ready[0] if power <= 0 else f"{ready[0]} * {10**power}"
    divisor = ready[1] if power >= 0 else f"{ready[1]} * {10**-power}"
    return f"divided({numerator}, {divisor})"


def _loose(node: Typed) -> bool:
    """Whether the truth of a node may be None instead of False."""
    return node.nullable and node.type == BOOL
