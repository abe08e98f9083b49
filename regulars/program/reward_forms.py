"""The short forms of rewards in YAML, read and printed: prices, and steps that their own key names."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final

from regulars.program import words
from regulars.program.contracts.reward_steps import STEPS, AnyStep
from regulars.program.contracts.rewards import Price
from regulars.program.convert import MISSING, Converter
from regulars.program.emitter import Expression
from regulars.program.faults import unknown
from regulars.program.nodes import Mapping, Node

MONEY: Final = "money"
_NUMBER: Final = re.compile(r"[0-9]+(\.[0-9]+)?")


def readers(converter: Converter) -> dict[Any, Callable[[Node, str], Any]]:
    """How the values of rewards are read that are shorter in YAML than their Structs."""

    def price(node: Node, path: str) -> Any:
        if not isinstance(node, Mapping):
            return converter.tell("expected_mapping", node, path)
        if not node.items:
            return converter.tell("empty_value", node, path)
        points, money = {}, None
        for name, item in node.items.items():
            if name == MONEY:
                outer, converter.scale = converter.scale, converter.money_scale
                money = converter.value(item, int, f"{path}.{name}", scaled=True)
                converter.scale = outer
            else:
                points[name] = converter.value(item, str, f"{path}.{name}")
        if money is MISSING or MISSING in points.values():
            return MISSING
        return Price(points=points, money=money)

    def step(node: Node, path: str) -> Any:
        if not isinstance(node, Mapping):
            return converter.tell("expected_mapping", node, path)
        tags = [name for name in node.items if name in STEPS]
        if len(tags) == 1:
            return converter.struct(node, STEPS[tags[0]], path)
        if tags:
            return converter.tell("several_steps", node, path, names=", ".join(tags))
        key = next(iter(node.keys.values()), None)
        if key is None:
            return converter.tell("empty_value", node, path)
        fault = unknown("reward_step", path, name=key.text, known=STEPS, line=key.line, column=key.column)
        converter.faults.append(fault)
        return MISSING

    return {Price: price, AnyStep: step}


def print_price(price: Price, money_scale: int) -> dict[str, Any]:
    """A price as YAML has it."""
    written: dict[str, Any] = {
        currency: text if _NUMBER.fullmatch(text) else Expression(text) for currency, text in price.points.items()
    }
    if price.money is not None:
        written[MONEY] = words.print_decimal(price.money, money_scale)
    return written
