"""Turns nodes of YAML into values of the definitions, typed by the Structs; every fault is kept with its place."""

from __future__ import annotations

import datetime as dt
import enum
import functools
import re
import types
from collections.abc import Callable
from typing import Any, Final, Union, get_args, get_origin

import msgspec

from regulars.program import words
from regulars.program.contracts.budgets import Budget
from regulars.program.contracts.dealings import Buying, Exchange, PayOut
from regulars.program.contracts.definitions import ByHand, EarnCap, Limit, Rule, SpendPolicy
from regulars.program.contracts.definitions import Currency as CurrencyDefinition
from regulars.program.contracts.effects import Discount
from regulars.program.contracts.plans import Plan
from regulars.program.contracts.report import Fault
from regulars.program.contracts.rewards import Price, Reward
from regulars.program.contracts.transfers import Transfer
from regulars.program.contracts.values import Period, Ratio, Span, Window
from regulars.program.contracts.vouchers import Voucher
from regulars.program.faults import fault, nearest, unknown
from regulars.program.nodes import Mapping, Node, Scalar, Sequence


class Missing:
    """The mark of a value that could not be read; its fault is already told."""


MISSING: Final = Missing()


# msgspec works the types of the fields out anew each time it is asked, and a program asks for hundreds of definitions.
@functools.cache
def fields(kind: type[msgspec.Struct]) -> tuple[msgspec.structs.FieldInfo, ...]:
    """The fields of a Struct."""
    return msgspec.structs.fields(kind)


SCALED: Final = {
    (SpendPolicy, "step"),
    (SpendPolicy, "least"),
    (EarnCap, "at_most"),
    (CurrencyDefinition, "largest_balance"),
    (CurrencyDefinition, "arrears_ceiling"),
    (ByHand, "per_act"),
    (ByHand, "per_day"),
    (Exchange, "least"),
    (Exchange, "step"),
    (Exchange, "per"),
    (Buying, "step"),
    (Buying, "most"),
    (Buying, "per"),
    (PayOut, "smallest"),
    (Transfer, "least"),
    (Transfer, "most"),
    (Transfer, "per"),
    (Rule, "caps"),
    (Limit, "at_most"),
}
"""Numbers that YAML writes in whole units and the Structs keep in the smallest."""


MONEY: Final = {
    (Plan, "price"),
    (Budget, "money"),
    (Discount, "at_most"),
    (Price, "money"),
    (Reward, "value"),
    (Voucher, "value"),
}
"""Amounts that YAML writes in units of the program's money and the Structs keep in minor units."""
BY_CURRENCY: Final = {(Budget, "points")}
"""Points by currency, each in the smallest unit of its own."""


class Converter:
    """Reads nodes against types. `faults` fills as it goes; `spots` remembers which node stands behind which path."""

    def __init__(self) -> None:
        self.faults: list[Fault] = []
        self.spots: dict[str, Node] = {}
        self.special: dict[Any, Callable[[Node, str], Any]] = {}
        self.money_scale = 2
        self.scales: dict[str, int] = {}
        """Decimals of the currencies read so far, by name."""
        self.scale = 0
        """Decimals of the currency or metric whose numbers are being read."""

    def tell(self, code: str, node: Node, path: str, **params: Any) -> Missing:
        """Keep a fault at a node."""
        self.faults.append(fault(code, path, line=node.line, column=node.column, **params))
        return MISSING

    def value(self, node: Node, kind: Any, path: str, *, scaled: bool = False) -> Any:
        """The value of a node as the type wants it, or MISSING."""
        self.spots[path] = node
        if isinstance(node, Scalar) and not node.text and not node.quoted:
            return self.tell("empty_value", node, path)
        if kind in self.special:
            return self.special[kind](node, path)
        origin = get_origin(kind)
        if origin in {Union, types.UnionType}:
            inner = [part for part in get_args(kind) if part is not type(None)]
            if len(inner) == 1:
                return self.value(node, inner[0], path, scaled=scaled)
        if origin is tuple:
            return self.sequence(node, get_args(kind)[0], path)
        if origin is dict:
            key_kind, item_kind = get_args(kind)
            return self.mapping(node, key_kind, item_kind, path, scaled=scaled)
        if isinstance(kind, type) and issubclass(kind, msgspec.Struct) and kind not in _SCALARS:
            return self.struct(node, kind, path)
        return self.scalar(node, kind, path, scaled=scaled)

    def scalar(self, node: Node, kind: Any, path: str, *, scaled: bool = False) -> Any:
        """A value written as one text."""
        if not isinstance(node, Scalar):
            return self.tell("expected_value", node, path, expected=_FORMS.get(kind, "text"))
        if kind is int and scaled:
            return self._understood(node, path, lambda text: words.scaled(text, self.scale), "a number")
        if isinstance(kind, type) and issubclass(kind, enum.Enum) and kind is not Period:
            return self._one_of(node, kind, path)
        if node.quoted and kind in {int, bool}:
            return self.tell("quoted_value", node, path, found=node.text, expected=_FORMS[kind])
        return self._understood(node, path, _SCALARS[kind], _FORMS.get(kind, "text"))

    def sequence(self, node: Node, kind: Any, path: str) -> Any:
        """A list of values; one that fails is left out."""
        if not isinstance(node, Sequence):
            return self.tell("expected_list", node, path)
        values = [self.value(item, kind, f"{path}[{place}]") for place, item in enumerate(node.items)]
        return tuple(value for value in values if value is not MISSING)

    def mapping(self, node: Node, key_kind: Any, kind: Any, path: str, *, scaled: bool = False) -> Any:
        """Names or periods and their values."""
        if not isinstance(node, Mapping):
            return self.tell("expected_mapping", node, path)
        values: dict[Any, Any] = {}
        for text, item in node.items.items():
            key: Any = text
            if key_kind is not str:
                key = self.scalar(node.keys[text], key_kind, path)
            value = self.value(item, kind, f"{path}.{text}", scaled=scaled)
            if key is not MISSING and value is not MISSING:
                values[key] = value
        return values

    def struct(self, node: Node, kind: Any, path: str, *, given: dict[str, Any] | None = None) -> Any:
        """A Struct from a mapping of its fields; `given` are fields that the caller has worked out itself."""
        if not isinstance(node, Mapping):
            return self.tell("expected_mapping", node, path)
        known = {field.encode_name: field for field in fields(kind)}
        values = dict(given or {})
        lacking = False
        for name, item in node.items.items():
            field = known.get(name)
            if field is not None and field.name in values:
                continue
            if field is None:
                self.unknown_field(node.keys[name], path, [*known], name)
                continue
            value = self._field(kind, name, item, field.type, f"{path}.{name}")
            if value is not MISSING:
                values[field.name] = value
            elif field.required:
                lacking = True
        for name, field in known.items():
            if field.required and field.name not in values and name not in node.items:
                self.tell("missing_field", node, path, name=name, thing=path)
                lacking = True
        return MISSING if lacking else kind(**values)

    def _field(self, kind: Any, name: str, item: Node, of: Any, path: str) -> Any:
        place, outer = (kind, name), self.scale
        if place in BY_CURRENCY and isinstance(item, Mapping):
            found = {}
            for currency, part in item.items.items():
                self.scale = self.scales.get(currency, 0)
                found[currency] = self.value(part, int, f"{path}.{currency}", scaled=True)
            self.scale = outer
            return MISSING if MISSING in found.values() else found
        if place in MONEY:
            self.scale = self.money_scale
        value = self.value(item, of, path, scaled=place in SCALED or place in MONEY)
        self.scale = outer
        return value

    def unknown_field(self, key: Scalar, path: str, known: list[str], name: str) -> None:
        """A field that the definition does not have, with the nearest that it has."""
        if name == "<<":
            # A merge key is a fault of form, and told as that.
            return
        near = nearest(name, known)
        place = {"line": key.line, "column": key.column}
        if near is None:
            self.faults.append(
                fault("unknown_field", path, name=name, thing=path, known=", ".join(sorted(known)), **place)
            )
        else:
            self.faults.append(fault("unknown_field_near", path, name=name, thing=path, near=near, **place))

    def _one_of(self, node: Scalar, kind: type[enum.Enum], path: str) -> Any:
        try:
            return kind(node.text)
        except ValueError:
            known = [str(member.value) for member in kind]
            place = {"line": node.line, "column": node.column}
            self.faults.append(unknown("value", path, name=node.text, known=known, **place))
            return MISSING

    def _understood(self, node: Scalar, path: str, read: Callable[[str], Any], expected: str) -> Any:
        try:
            return read(node.text)
        except ValueError:
            return self.tell("not_understood", node, path, found=node.text, expected=expected)


def whole(text: str) -> int:
    """A whole number of at most 18 digits. Raises NotUnderstood."""
    if not re.fullmatch(r"-?[0-9]{1,18}", text):
        raise words.NotUnderstood(text)
    return int(text)


def yes_or_no(text: str) -> bool:
    """`true` or `false`. Raises NotUnderstood."""
    if text not in {"true", "false"}:
        raise words.NotUnderstood(text)
    return text == "true"


_SCALARS: Final[dict[Any, Callable[[str], Any]]] = {
    str: str,
    int: whole,
    bool: yes_or_no,
    dt.date: words.date,
    dt.datetime: words.moment,
    Ratio: words.ratio,
    Span: words.span,
    Window: words.window,
    Period: words.period,
}

_FORMS: Final = {
    str: "text",
    int: "3",
    bool: "true, false",
    dt.date: "2026-01-31",
    dt.datetime: "2026-01-31T09:00",
    Ratio: "0.6, 1/3",
    Span: "12 months, 30 days, 1 hour",
    Window: "ever, 45 days, calendar month, previous calendar month, since last visit, {from: 2026-01-01, until: ...}",
    Period: ", ".join(period.value for period in Period),
}
