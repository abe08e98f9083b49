"""Numbers of different scales: which scale a comparison is made at, and constants brought to it."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import structs

from regulars.language.contracts import Schema
from regulars.language.tree import Constant, Items, NamedList, Typed
from regulars.language.types import INT, Amount, ListOf, Type, is_number, scale_of


def wider(left: Type, right: Type) -> Type:
    """The numeric type with the larger scale; for other types, the left."""
    return right if is_number(right) and scale_of(right) > scale_of(left) else left


def whole(value: int, scale: int, wanted: int) -> int | None:
    """A number of one scale as a whole number at another, None where that would lose digits."""
    if wanted >= scale:
        return value * int(10 ** (wanted - scale))
    quotient, rest = divmod(value, 10 ** (scale - wanted))
    return None if rest else quotient


def at_scale(node: Constant, scale: int) -> Constant | None:
    """The constant at another scale, or None."""
    if not isinstance(node.value, int):
        return None
    value = whole(node.value, scale_of(node.type), scale)
    return None if value is None else structs.replace(node, value=value, type=Amount(scale) if scale else INT)


def brought_together(left: Typed, right: Typed) -> tuple[Typed, Typed]:
    """Two sides of a comparison, a constant brought to the other side's scale where that loses nothing."""
    if not (is_number(left.type) and is_number(right.type)):
        return left, right
    if isinstance(right, Constant) and (exact := at_scale(right, scale_of(left.type))) is not None:
        return left, exact
    if isinstance(left, Constant) and (exact := at_scale(left, scale_of(right.type))) is not None:
        return exact, right
    return left, right


def constants(node: Typed, schema: Schema) -> tuple[frozenset[object], int] | None:
    """The values of a list that is known at save, and their scale; None when it is not."""
    assert isinstance(node.type, ListOf)
    scale = scale_of(node.type.of)
    if isinstance(node, NamedList):
        return schema.lists[node.name].values, scale
    if not isinstance(node, Items) or not all(isinstance(item, Constant) for item in node.items):
        return None
    if not is_number(node.type.of):
        return frozenset(item.value for item in node.items if isinstance(item, Constant)), scale
    found = (at_scale(item, scale) for item in node.items if isinstance(item, Constant))
    return frozenset(item.value for item in found if item is not None), scale


def rescaled(values: Iterable[object], scale: int, wanted: int) -> frozenset[object]:
    """Numbers at another scale, without those that it cannot express: nothing of that scale equals them."""
    found = (whole(value, scale, wanted) for value in values if isinstance(value, int))
    return frozenset(value for value in found if value is not None)
