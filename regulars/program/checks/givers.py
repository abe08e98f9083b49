"""Where a program gives something, whatever gives it: a rule, a prize, a step, an offer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeVar

import msgspec

E = TypeVar("E")


def giving(value: object, effect: type[E], path: str = "") -> Iterator[tuple[str, E]]:
    """Every effect of a kind below a value, with its place in the program."""
    if isinstance(value, effect):
        yield path, value
    elif isinstance(value, msgspec.Struct):
        for name, written in zip(value.__struct_fields__, value.__struct_encode_fields__, strict=True):
            yield from giving(getattr(value, name), effect, f"{path}.{written}".lstrip("."))
    elif isinstance(value, dict):
        for name, one in value.items():
            yield from giving(one, effect, f"{path}.{name}")
    elif isinstance(value, tuple):
        for place, one in enumerate(value):
            yield from giving(one, effect, f"{path}[{place}]")
