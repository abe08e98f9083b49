"""Every expression is checked in its place, and every name that it compares with must exist."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from regulars.kit.i18n import LANGUAGES, Text
from regulars.language import contracts as language
from regulars.language.contracts import Expression
from regulars.program.checks.choices import options_of
from regulars.program.checks.context import Context
from regulars.program.contracts.definitions import Program
from regulars.program.contracts.ladders import main
from regulars.program.contracts.report import Fault, worded
from regulars.program.contracts.triggers import BUILT_IN_TYPES
from regulars.program.faults import unknown
from regulars.program.fixes_of_expressions import EXPRESSIONS


def check(context: Context) -> Iterator[Fault]:
    """Faults of the rule language, each at its exact place, then names of segments, groups, types and currencies."""
    vocabulary = _vocabulary(context)
    for path, found in context.checked.items():
        if isinstance(found, language.ExpressionFaults):
            for one in found.errors:
                texts = Text(*[_sentence(one.text(language)) for language in LANGUAGES])
                yield worded(f"expression_{one.code}", path, texts, Text(*EXPRESSIONS[one.code]), offset=one.start)
        else:
            for what, name, start in constants(found, vocabulary):
                if name not in vocabulary[what][1]:
                    yield unknown(vocabulary[what][0], path, name=name, known=vocabulary[what][1], offset=start)


def _sentence(said: str) -> str:
    return said if said.endswith((".", "?")) else f"{said}."


def constants(expression: Expression, paths: Mapping[str, Any]) -> Iterator[tuple[str, str, int]]:
    """The texts that an expression compares with one of these paths: the path, the text, and where it stands."""
    for node in _below(expression.tree):
        sides = [getattr(node, name, None) for name in ("left", "right", "item", "list")]
        read = next((path for side in sides if (path := _path(side)) in paths), None)
        if read is None:
            continue
        for side in sides:
            for part in (side, *getattr(side, "items", ())):
                value = getattr(part, "value", None)
                if isinstance(value, str):
                    yield read, value, part.start


def _path(node: Any) -> str | None:
    path = getattr(node, "path", None)
    # A walk names its element by the list: basket.lines[].groups and line.groups are the same thing.
    return path.replace("basket.lines[]", "line").removesuffix("[]") if isinstance(path, str) else None


def _below(node: Any) -> Iterator[Any]:
    yield node
    for child in node.children():
        yield from _below(child)


def _vocabulary(context: Context) -> dict[str, tuple[str, tuple[str, ...]]]:
    program = context.program
    named = main(program.program.main_ladder, program.ladders)
    tiers = {f"member.tiers.{name}": ("level", tuple(ladder.levels)) for name, ladder in program.ladders.items()}
    if named in program.ladders:
        tiers["member.tier"] = tiers[f"member.tiers.{named}"]
    return tiers | {
        "type": ("activity", (*program.activities, *BUILT_IN_TYPES)),
        "member.segments": ("segment", tuple(program.segments)),
        "line.groups": ("group", tuple(program.groups)),
        "entry.currency": ("currency", tuple(program.currencies)),
        "member.consents": ("purpose", tuple(_consents(program))),
        **{
            f"member.choices.{name}": ("option", options)
            for name, choice in program.choices.items()
            if (options := options_of(choice, context)) is not None
        },
    }


def _consents(program: Program) -> Iterator[str]:
    """What `member.consents` may hold: purposes, and channels of them."""
    for name, purpose in program.purposes.items():
        yield name
        for channel in purpose.channels:
            yield f"{name}:{channel}"
