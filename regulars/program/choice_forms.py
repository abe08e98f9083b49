"""The short forms of choices in YAML, read and printed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from regulars.program import words
from regulars.program.contracts.choices import Change, DecideBy, Default, DefaultKind, Opens, Options
from regulars.program.contracts.values import Ratio
from regulars.program.convert import MISSING, Converter
from regulars.program.nodes import Mapping, Node, Scalar, Sequence

_LISTS: Final = "lists."
_RECORDS: Final = "member.attributes."
_UNTIL: Final = "decide_by"
_FROM: Final = "tomorrow"
_CHANGES: Final = (
    "never, always, until decide_by, from tomorrow, {fee: {points: 100}, from: tomorrow, until: decide_by}"
)


def readers(converter: Converter) -> dict[Any, Callable[[Node, str], Any]]:
    """How the values of choices are read that are shorter in YAML than their Structs."""

    def options(node: Node, path: str) -> Any:
        if isinstance(node, Sequence):
            return Options(values=converter.sequence(node, str, path))
        return read(node, path, options_of, "[bread, milk], lists.choosable, member.attributes.pets")

    def opens(node: Node, path: str) -> Any:
        return read(node, path, opens_of, "day 25, 7 days")

    def decide_by(node: Node, path: str) -> Any:
        return read(node, path, lambda text: DecideBy(day_of(text)), "day 5")

    def default(node: Node, path: str) -> Any:
        if isinstance(node, Sequence):
            return Default(kind=DefaultKind.THESE, values=converter.sequence(node, str, path))
        return read(node, path, default_of, "last, none, first, [bread, milk]")

    def change(node: Node, path: str) -> Any:
        if not isinstance(node, Mapping):
            return read(node, path, change_of, _CHANGES)
        for name in node.items:
            if name not in {"fee", "from", "until"}:
                converter.unknown_field(node.keys[name], path, ["fee", "from", "until"], name)
                return MISSING
        until, starts = word(node, "until", _UNTIL, path), word(node, "from", _FROM, path)
        fee = converter.mapping(node.items["fee"], str, Ratio, f"{path}.fee") if "fee" in node.items else {}
        if MISSING in (until, starts) or fee is MISSING:
            return MISSING
        return Change(until_decide_by=until, fee=fee, from_tomorrow=starts)

    def word(node: Mapping, name: str, expected: str, path: str) -> Any:
        item = node.items.get(name)
        if item is None:
            return False
        if isinstance(item, Scalar) and item.text == expected:
            return True
        found = item.text if isinstance(item, Scalar) else name
        return converter.tell("not_understood", item, f"{path}.{name}", found=found, expected=expected)

    def read(node: Node, path: str, understand: Callable[[str], Any], expected: str) -> Any:
        if not isinstance(node, Scalar):
            return converter.tell("expected_value", node, path, expected=expected)
        try:
            return understand(" ".join(node.text.split()))
        except ValueError:
            return converter.tell("not_understood", node, path, found=node.text, expected=expected)

    return {Options: options, Opens: opens, DecideBy: decide_by, Default: default, Change: change}


def options_of(text: str) -> Options:
    """`lists.choosable` or `member.attributes.pets`. Raises NotUnderstood."""
    name = text.removeprefix(_LISTS).removeprefix(_RECORDS)
    if not name.isidentifier():
        raise words.NotUnderstood(text)
    if text == f"{_LISTS}{name}":
        return Options(list=name)
    if text == f"{_RECORDS}{name}":
        return Options(records=name)
    raise words.NotUnderstood(text)


def opens_of(text: str) -> Opens:
    """`day 25`, or a span such as `7 days`. Raises NotUnderstood."""
    return Opens(day=day_of(text)) if text.startswith("day ") else Opens(before=words.span(text))


def day_of(text: str) -> int:
    """`day 5`. Raises NotUnderstood."""
    number = text.removeprefix("day ")
    if not text.startswith("day ") or not number.isascii() or not number.isdigit() or not 1 <= int(number) <= 366:
        raise words.NotUnderstood(text)
    return int(number)


def default_of(text: str) -> Default:
    """`last`, `none`, `first`. Raises NotUnderstood."""
    if text not in {DefaultKind.LAST, DefaultKind.NONE, DefaultKind.FIRST}:
        raise words.NotUnderstood(text)
    return Default(kind=DefaultKind(text))


def change_of(text: str) -> Change:
    """`never`, `always`, `until decide_by`, `from tomorrow`. Raises NotUnderstood."""
    found = {
        "never": Change(never=True),
        "always": Change(),
        f"until {_UNTIL}": Change(until_decide_by=True),
        f"from {_FROM}": Change(from_tomorrow=True),
    }.get(text)
    if found is None:
        raise words.NotUnderstood(text)
    return found


def _print_options(value: Options) -> Any:
    if value.list is not None:
        return f"{_LISTS}{value.list}"
    return f"{_RECORDS}{value.records}" if value.records is not None else list(value.values)


def _print_opens(value: Opens) -> Any:
    return f"day {value.day}" if value.day is not None else words.print_span(value.before) if value.before else ""


def _print_default(value: Default) -> Any:
    return list(value.values) if value.kind is DefaultKind.THESE else value.kind.value


def _print_change(value: Change) -> Any:
    if value.never:
        return "never"
    if not value.fee and value.until_decide_by != value.from_tomorrow:
        return f"until {_UNTIL}" if value.until_decide_by else f"from {_FROM}"
    written: dict[str, Any] = {}
    if value.fee:
        written["fee"] = {name: words.print_ratio(fee) for name, fee in value.fee.items()}
    if value.from_tomorrow:
        written["from"] = _FROM
    if value.until_decide_by:
        written["until"] = _UNTIL
    return written or "always"


PRINTERS: Final[dict[Any, Callable[[Any], Any]]] = {
    Options: _print_options,
    Opens: _print_opens,
    DecideBy: lambda value: f"day {value.day}",
    Default: _print_default,
    Change: _print_change,
}
"""How the writer prints them, so that they read back to the same values."""
