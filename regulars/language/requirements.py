"""What must be so for a condition to have a chance: sets of facts of which one each must hold.

It may ask for too little, never for too much: a rule that is left out by it could not have been true.
"""

from __future__ import annotations

from regulars.language import scales
from regulars.language.contracts import AtLeast, Fact, Required, Schema
from regulars.language.tree import (
    Call,
    Compare,
    Constant,
    Items,
    Logic,
    Member,
    NamedList,
    Read,
    Typed,
    Variable,
    Walk,
)
from regulars.language.types import BOOL, ListOf, is_number, scale_of

# A longer list would file a rule under so many facts that looking them up costs more than running the rule.
FACTS_MOST = 500
MIRRORED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!="}
NOTHING = Required((), ())


def required(node: Typed, schema: Schema) -> Required:
    """The requirements of a condition."""
    match node:
        case Logic(op="&&", parts=parts):
            return _both(*(required(part, schema) for part in parts))
        case Logic(parts=parts):
            return _either(tuple(required(part, schema) for part in parts))
        case Compare():
            return _of_compare(node, schema)
        case Member():
            return _of_member(node, schema)
        case Walk(macro="exists" | "exists_one"):
            return _both(_not_empty(node.source, schema), required(node.body, schema))
        case Read() | Variable() if node.type == BOOL and _fact_path(node) is not None:
            return Required((frozenset({Fact(str(_fact_path(node)), True)}),), ())
    return NOTHING


def _both(*parts: Required) -> Required:
    return Required(
        tuple(facts for part in parts for facts in part.any_of),
        tuple(bound for part in parts for bound in part.at_least),
    )


def _either(parts: tuple[Required, ...]) -> Required:
    """Every branch must have a set of facts, or none of them helps."""
    if not all(part.any_of for part in parts):
        return NOTHING
    facts = frozenset(fact for part in parts for fact in min(part.any_of, key=len))
    return Required((facts,), ()) if len(facts) <= FACTS_MOST else NOTHING


def _not_empty(node: Typed, schema: Schema) -> Required:
    """What must be so for a list to have an element."""
    match node:
        case Walk(macro="filter"):
            return _both(_not_empty(node.source, schema), required(node.body, schema))
        case Walk(macro="map"):
            return _not_empty(node.source, schema)
        case Call() if node.args:
            return _not_empty(node.args[0], schema)
    return NOTHING


def _of_compare(node: Compare, schema: Schema) -> Required:
    for one, other, op in ((node.left, node.right, node.op), (node.right, node.left, MIRRORED[node.op])):
        if not isinstance(other, Constant) or other.value is None:
            continue
        path = _fact_path(one)
        if path is not None and op == "==":
            return Required((_facts(path, one, (other,)),), ())
        if path is not None and "[]" not in path and op in (">", ">=") and is_number(one.type):
            return Required((), (AtLeast(path, _lowest(other, scale_of(one.type))),))
        if isinstance(one, Call) and _needs_element(one, op, other):
            return _not_empty(one.args[0], schema)
    return NOTHING


def _needs_element(node: Call, op: str, constant: Constant) -> bool:
    """Whether the comparison of a list's sum, size, least or greatest is false for a list without elements."""
    if node.function.receiver != "list" or isinstance(node.type, ListOf):
        return False
    if node.function.name in ("min", "max"):
        return op != "!="
    value = constant.value
    if not isinstance(value, int):
        return False
    return not {
        "==": value == 0,
        "!=": value != 0,
        "<": value > 0,
        "<=": value >= 0,
        ">": value < 0,
        ">=": value <= 0,
    }[op]


def _of_member(node: Member, schema: Schema) -> Required:
    path = _fact_path(node.item)
    if path is not None and isinstance(node.list, Items | NamedList):
        if isinstance(node.list, NamedList) and len(schema.lists[node.list.name].values) > FACTS_MOST:
            return NOTHING
        found = scales.constants(node.list, schema)
        if found is None:
            return NOTHING
        values, scale = found
        if is_number(node.item.type):
            values = scales.rescaled(values, scale, scale_of(node.item.type))
        return Required((frozenset(Fact(path, value) for value in values),), ())
    listed = _fact_path(node.list)
    if isinstance(node.item, Constant) and listed is not None:
        assert isinstance(node.list.type, ListOf)
        exact = _at(node.item, scale_of(node.list.type.of))
        facts = frozenset() if exact is None else frozenset({Fact(f"{listed}[]", exact)})
        return Required((facts,), ())
    return NOTHING


def _facts(path: str, node: Typed, constants: tuple[Constant, ...]) -> frozenset[Fact]:
    found = (_at(constant, scale_of(node.type)) for constant in constants)
    return frozenset(Fact(path, value) for value in found if value is not None)


def _at(constant: Constant, scale: int) -> object:
    """The value at the scale of the field that it is compared with; None where nothing of that scale equals it."""
    if not is_number(constant.type):
        return constant.value
    exact = scales.at_scale(constant, scale)
    return None if exact is None else exact.value


def _lowest(constant: Constant, scale: int) -> int:
    """A bound at a field's scale, rounded down, so that the index asks for too little rather than too much."""
    assert isinstance(constant.value, int)
    power = scale - scale_of(constant.type)
    return constant.value * int(10**power) if power >= 0 else constant.value // int(10**-power)


def _fact_path(node: Typed) -> str | None:
    """The path of a value that facts can be about.

    Rows of tables are found by a key, not read from a basket; a field with an odd name makes an ambiguous path.
    """
    path = node.path if isinstance(node, Read | Variable) else None
    return None if path is None or path.startswith("tables.") or "['" in path else path
