"""The two trees of an expression: Syntax as it was written, Typed as it was checked. Every node knows its place."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec import Struct

from regulars.language.types import Type

if TYPE_CHECKING:
    from regulars.language.functions import Function


class Syntax(Struct, frozen=True, gc=False):
    """A node as written. `kind` is one of KINDS; `value` is its name, operator or constant; `of` its children.

    `name_start` and `name_end` are the place of `value` itself, where it differs from the node's.
    """

    kind: str
    start: int
    end: int
    value: object = None
    of: tuple[Syntax, ...] = ()
    name_start: int = 0
    name_end: int = 0
    depth: int = 1


# and, or, not, choose: logic. compare: == != < <= > >=. arithmetic: + - * / %. call: f(x). method: x.f(y), x first.
KINDS = frozenset(
    "int amount text bool null name select index call method list not negate"
    " and or compare in arithmetic choose".split()
)


class Typed(Struct, frozen=True, kw_only=True, gc=False):
    """A checked node: its place, its type, and whether it may be empty."""

    start: int
    end: int
    type: Type
    nullable: bool = False

    def children(self) -> Iterator[Typed]:
        """The nodes directly below, in the order of the text."""
        yield from ()


class Constant(Typed, frozen=True, kw_only=True, gc=False):
    """A value known at save; amounts are whole numbers at the type's scale."""

    value: object


class Read(Typed, frozen=True, kw_only=True, gc=False):
    """A root (`base` is None) or a field of a record."""

    base: Typed | None
    name: str
    path: str | None
    python: str
    sql: str | None
    jsonb: bool = False
    # A list that may be missing reads as an empty one.
    absent: bool = False
    # What a text of steps may be, the lowest first.
    order: tuple[str, ...] = ()

    def children(self) -> Iterator[Typed]:
        if self.base is not None:
            yield self.base


class Variable(Typed, frozen=True, kw_only=True, gc=False):
    """The element that a walk has in hand; `key` tells walks of one expression apart."""

    name: str
    key: int
    path: str | None


class Not(Typed, frozen=True, kw_only=True, gc=False):
    of: Typed

    def children(self) -> Iterator[Typed]:
        yield self.of


class Logic(Typed, frozen=True, kw_only=True, gc=False):
    """`&&` or `||` over two or more parts."""

    op: str
    parts: tuple[Typed, ...]

    def children(self) -> Iterator[Typed]:
        yield from self.parts


class Negate(Typed, frozen=True, kw_only=True, gc=False):
    of: Typed

    def children(self) -> Iterator[Typed]:
        yield self.of


class Binary(Typed, frozen=True, kw_only=True, gc=False):
    op: str
    left: Typed
    right: Typed

    def children(self) -> Iterator[Typed]:
        yield self.left
        yield self.right


class Compare(Binary, frozen=True, kw_only=True, gc=False):
    """`== != < <= > >=`; numbers may differ in scale."""


class Arithmetic(Binary, frozen=True, kw_only=True, gc=False):
    """`+ - * / %` on numbers, `+` on texts, `+ -` on moments and periods."""


class Member(Typed, frozen=True, kw_only=True, gc=False):
    """`item in list`."""

    item: Typed
    list: Typed

    def children(self) -> Iterator[Typed]:
        yield self.item
        yield self.list


class Choose(Typed, frozen=True, kw_only=True, gc=False):
    condition: Typed
    yes: Typed
    no: Typed

    def children(self) -> Iterator[Typed]:
        yield self.condition
        yield self.yes
        yield self.no


class Items(Typed, frozen=True, kw_only=True, gc=False):
    """A list written out; its elements have been brought to the list's element type, but for their scale."""

    items: tuple[Typed, ...]

    def children(self) -> Iterator[Typed]:
        yield from self.items


class NamedList(Typed, frozen=True, kw_only=True, gc=False):
    name: str


class Find(Typed, frozen=True, kw_only=True, gc=False):
    """A row of a named table, empty when there is none."""

    table: str
    keys: tuple[Typed, ...]
    path: str

    def children(self) -> Iterator[Typed]:
        yield from self.keys


class Walk(Typed, frozen=True, kw_only=True, gc=False):
    """exists, all, exists_one, filter or map over a list."""

    macro: str
    source: Typed
    variable: Variable
    body: Typed
    # A filtered list is still a part of the list that it came from.
    path: str | None = None

    def children(self) -> Iterator[Typed]:
        yield self.source
        yield self.body


class Call(Typed, frozen=True, kw_only=True, gc=False):
    """A function of the table; a receiver is the first argument."""

    function: Function
    args: tuple[Typed, ...]

    def children(self) -> Iterator[Typed]:
        yield from self.args
