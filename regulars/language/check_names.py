"""Constants, names and fields: what an expression may read."""

from __future__ import annotations

import re
from collections.abc import Mapping

from regulars.language.checking import Checking, known
from regulars.language.contracts import Field, Root
from regulars.language.tree import Constant, NamedList, Read, Syntax, Typed
from regulars.language.types import BOOL, INT, NULL, TEXT, TIMESTAMP, Amount, ListOf, Record, Type

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
CONSTANT_TYPES: dict[str, Type] = {"int": INT, "text": TEXT, "bool": BOOL, "null": NULL}


def constant(check: Checking, node: Syntax) -> Typed | None:
    """A number, text, yes/no or null as written."""
    if node.kind == "amount":
        assert isinstance(node.value, tuple)  # the lexer gives (digits, scale)
        value, scale = node.value
        return number(check, value, Amount(scale), node)
    if node.kind == "int":
        assert isinstance(node.value, int)
        return number(check, node.value, INT, node)
    return Constant(
        start=node.start,
        end=node.end,
        type=CONSTANT_TYPES[node.kind],
        nullable=node.kind == "null",
        value=node.value,
    )


def number(check: Checking, value: int, kind: Type, node: Syntax) -> Typed | None:
    """A number known at save."""
    made = Constant(start=node.start, end=node.end, type=kind, value=value)
    return check.grown(made, len(str(abs(value))))


def name(check: Checking, node: Syntax) -> Typed | None:
    """A loop name or a root."""
    text = str(node.value)
    if text in check.variables:
        variable = check.variables[text]
        return check.grown(
            type(variable)(
                start=node.start, end=node.end, type=variable.type, nullable=variable.nullable, name=text,
                key=variable.key, path=variable.path,
            ),
            check.digits(variable),
        )  # fmt: skip
    root = check.schema.roots.get(text)
    if root is not None:
        return _root(check, node, root)
    if text in check.schema.foreign_roots:
        return check.fault(check.schema.foreign_roots[text], node.start, node.end, name=text)
    if text in ("lists", "tables"):
        return check.fault("use_instead", node.start, node.end, name=text, use=f"{text}.<name>")
    return check.fault(
        "unknown_name", node.start, node.end, name=text, known=known(text, [*check.schema.roots, *check.variables])
    )


def _root(check: Checking, node: Syntax, root: Root) -> Typed | None:
    if check.schema.whole_table and root.sql is None and root.name != "now":
        return check.fault("not_in_segments", node.start, node.end, name=root.name)
    if root.name == "now":
        check.volatile = True
    if not isinstance(root.type, Record):
        check.fields.add(root.name)
    return Read(
        start=node.start, end=node.end, type=root.type, nullable=root.nullable, base=None, name=root.name,
        path=root.name, python=root.python, sql=root.sql,
    )  # fmt: skip


def present_moment(check: Checking, node: Syntax, function: str) -> Typed | None:
    """The root `now`, for functions that need it."""
    root = check.schema.roots.get("now")
    if root is None or root.type != TIMESTAMP:
        return check.fault("no_now", node.start, node.end, name=function)
    return _root(check, node, root)


def field(check: Checking, node: Syntax) -> Typed | None:
    """`base.name` and `base['name']`, and the lists kept apart."""
    base_node = node.of[0]
    text = str(node.value)
    if (
        base_node.kind == "name"
        and base_node.value not in check.variables
        and base_node.value not in check.schema.roots
    ):
        if base_node.value == "lists":
            return named_list(check, node, text)
        if base_node.value == "tables":
            return check.fault(
                "use_instead", node.start, node.end, name=f"tables.{text}", use=f"tables.{text}.find(...)"
            )
    base = check.node(base_node)
    if base is None:
        return None
    if isinstance(base.type, ListOf):
        return check.fault("list_has_no_fields", node.name_start, node.name_end, name=shown(base))
    if not isinstance(base.type, Record):
        return check.fault("no_fields", node.name_start, node.name_end, type=base.type)
    fields = fields_of(check, base.type)
    if text not in fields:
        return check.fault(
            "unknown_field", node.name_start, node.name_end, record=base.type.name, name=text, known=known(text, fields)
        )
    return _read(check, node, base, fields[text])


def _read(check: Checking, node: Syntax, base: Typed, found: Field) -> Typed | None:
    text = str(node.value)
    path = path_of(base)
    step = f".{text}" if NAME.fullmatch(text) else f"['{text}']"
    full = path + step if path is not None else None
    if check.schema.whole_table and found.sql is None and not isinstance(found.type, Record):
        return check.fault("not_in_segments", node.name_start, node.name_end, name=full or text)
    if full is not None and not isinstance(found.type, Record):
        check.fields.add(full)
    # An absent list is an empty list, so a list is never empty in the sense of null.
    nullable = (found.nullable or base.nullable) and not isinstance(found.type, ListOf)
    maybe_absent = found.nullable or base.nullable
    return Read(
        start=node.start, end=node.end, type=found.type, nullable=nullable, base=base, name=text, path=full,
        python=found.python, sql=found.sql, jsonb=found.jsonb, absent=maybe_absent, order=found.order,
    )  # fmt: skip


def fields_of(check: Checking, record: Record) -> Mapping[str, Field]:
    """The fields of a record of the schema, or the columns of a table."""
    prefix, _, table = record.name.partition(".")
    if prefix == "tables" and table in check.schema.tables:
        columns = check.schema.tables[table].columns
        return {name: Field(kind, f"{{b}}.get({name!r})", nullable=True) for name, kind in columns}
    return check.schema.records.get(record.name, {})


def named_list(check: Checking, node: Syntax, text: str) -> Typed | None:
    """`lists.<name>`."""
    if text not in check.schema.lists:
        return check.fault(
            "unknown_list", node.name_start, node.name_end, name=text, known=known(text, check.schema.lists)
        )
    values = check.schema.lists[text]
    check.fields.add(f"lists.{text}")
    length = len(values.values)
    return NamedList(
        start=node.start, end=node.end, type=ListOf(values.type, typical=length, largest=length), name=text
    )


def path_of(node: Typed) -> str | None:
    """The path of what a node reads, where it reads one thing."""
    return getattr(node, "path", None)


def shown(node: Typed) -> str:
    """A short name of a node for a message."""
    return path_of(node) or "list"
