"""Discounts and how they meet: one formula each, fields that go together, groups that exist, bounds that make sense."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Any, Final

import msgspec

from regulars.program.checks import rules as rule_checks
from regulars.program.checks.context import Context, has_basket, reprices
from regulars.program.contracts.base import Definition
from regulars.program.contracts.definitions import Rule
from regulars.program.contracts.effects import Discount, FreeItem, On, Part, Priced, Reduction, Refuse, Which
from regulars.program.contracts.offers import Offer
from regulars.program.contracts.report import Fault
from regulars.program.contracts.stacking import FACTS, Mode, Stacking
from regulars.program.contracts.triggers import OnActivity
from regulars.program.contracts.values import Ratio
from regulars.program.contracts.vouchers import Voucher
from regulars.program.faults import fault, unknown

_NUMBER: Final = re.compile(r"\s*-?[0-9]+(\.[0-9]+)?\s*")
KINDS: Final = ("rules", "offers", "vouchers")
"""Where effects on the price may stand: what looks at a basket before it is paid."""


def check(context: Context) -> Iterator[Fault]:
    """Every effect on the price where it stands, then the stacking and the order of each group."""
    program = context.program
    for kind in ("challenges", "boards", "draws"):
        for name, definition in getattr(program, kind).items():
            yield from _nowhere(definition, f"{kind}.{name}")
    for kind in KINDS:
        for name, definition in getattr(program, kind).items():
            yield from _definition(f"{kind}.{name}", definition, context)
    yield from _mixed(program.rules)
    for place, (name, stacking) in enumerate(program.stacking.items()):
        if place:
            yield fault("stacking_twice", f"stacking.{name}", first=next(iter(program.stacking)))
        yield from _stacking(f"stacking.{name}", stacking)
    yield from _order(context)


def _nowhere(value: Any, path: str) -> Iterator[Fault]:
    """No effect on the price may stand in here."""
    if isinstance(value, Priced):
        yield fault("price_elsewhere", path)
    elif isinstance(value, msgspec.Struct):
        for name, written in zip(value.__struct_fields__, value.__struct_encode_fields__, strict=True):
            yield from _nowhere(getattr(value, name), f"{path}.{written}")
    elif isinstance(value, tuple):
        for place, part in enumerate(value):
            yield from _nowhere(part, f"{path}[{place}]")
    elif isinstance(value, dict):
        for name, part in value.items():
            yield from _nowhere(part, f"{path}.{name}")


def _definition(path: str, definition: Rule | Offer | Voucher, context: Context) -> Iterator[Fault]:
    for place, effect in enumerate(definition.effects):
        if isinstance(effect, (Discount, FreeItem)):
            spot = f"{path}.effects[{place}]"
            yield from _place(spot, definition, context)
            yield from _shared(spot, effect, context)
            yield from _discount(spot, effect) if isinstance(effect, Discount) else _free(spot, effect)


def _place(path: str, definition: Rule | Offer | Voucher, context: Context) -> Iterator[Fault]:
    if not isinstance(definition, Rule):
        return
    if not isinstance(definition.trigger, OnActivity):
        yield fault("needs_activity", path, what="discount")
        return
    for name in definition.trigger.types:
        if not has_basket(context.program, name):
            yield fault("needs_basket", path, name=name)
    if any(isinstance(other, Refuse) for other in definition.effects):
        yield fault("discount_refuses", path)


def _shared(path: str, effect: Discount | FreeItem, context: Context) -> Iterator[Fault]:
    groups = [name for stacking in context.program.stacking.values() for name in stacking.groups]
    if effect.group is not None and effect.group not in groups:
        yield unknown("stacking_group", f"{path}.group", name=effect.group, known=groups)
    yield from rule_checks.shares(path, "", effect.funding, context)
    if effect.buy is not None:
        yield from _part(f"{path}.buy", effect.buy)
    yield from _positive(f"{path}.times", effect.times)


def _part(path: str, part: Part) -> Iterator[Fault]:
    yield from _positive(f"{path}.count", part.count)


def _positive(path: str, value: int | None) -> Iterator[Fault]:
    if value is not None and value <= 0:
        yield fault("not_positive", path)


def _free(path: str, effect: FreeItem) -> Iterator[Fault]:
    yield from _positive(f"{path}.free_item", effect.free_item)
    if effect.times is not None and effect.buy is None:
        yield fault("times_of_nothing", f"{path}.times")


def _discount(path: str, effect: Discount) -> Iterator[Fault]:
    yield from _formula(f"{path}.discount", effect.discount)
    yield from _positive(f"{path}.count", effect.count)
    yield from _positive(f"{path}.at_most", effect.at_most)
    if effect.which is Which.NTH and effect.count == 1:
        yield fault("nth_of_one", f"{path}.count")
    for place, part in enumerate(effect.bundle):
        yield from _part(f"{path}.bundle[{place}]", part)
    if effect.bundle and (effect.buy is not None or effect.which is not Which.ALL or effect.on is not On.LINES):
        yield fault("bundle_alone", f"{path}.bundle")
    elif effect.buy is not None and (effect.which is not Which.CHEAPEST or effect.on is not On.LINES):
        yield fault("buy_cheapest", f"{path}.buy")
    elif effect.which is not Which.ALL and effect.on is not On.LINES:
        yield fault("which_of_lines", f"{path}.which")
    if effect.which is Which.ALL and effect.count != 1:
        yield fault("count_of_all", f"{path}.count")
    if effect.times is not None and not effect.bundle and effect.buy is None and effect.which is not Which.NTH:
        yield fault("times_of_nothing", f"{path}.times")


def _formula(path: str, reduction: Reduction) -> Iterator[Fault]:
    given = [name for name in Reduction.__struct_fields__ if getattr(reduction, name) is not None]
    if len(given) != 1:
        yield fault("one_reduction", path, found=", ".join(given) or "-")
        return
    text: str = getattr(reduction, given[0])
    if not _NUMBER.fullmatch(text):
        return
    value = Fraction(text.strip())
    if given[0] == "percent" and value > 100:
        yield fault("percent_above_100", f"{path}.percent", found=text.strip())
    if value < 0 or (value == 0 and given[0] != "fixed"):
        yield fault("not_positive", f"{path}.{given[0]}")


def _mixed(rules: Mapping[str, Rule]) -> Iterator[Fault]:
    """Rules of one exclusive group are all asked before the price, or all after it."""
    early: dict[str, tuple[str, bool]] = {}
    for name, rule in rules.items():
        if rule.group is None:
            continue
        first, is_early = early.setdefault(rule.group, (name, reprices(rule)))
        if is_early != reprices(rule):
            yield fault("group_mixes_price", f"rules.{name}.group", group=rule.group, first=first)


def _stacking(path: str, stacking: Stacking) -> Iterator[Fault]:
    for field in ("largest_line", "largest_basket"):
        share: Ratio = getattr(stacking, field)
        if not 0 < share.n <= share.d:
            yield fault("share_of_price", f"{path}.{field}")
    for place, name in enumerate(stacking.never_below):
        if name not in FACTS:
            yield unknown("field", f"{path}.never_below[{place}]", name=name, known=FACTS)


def _order(context: Context) -> Iterator[Fault]:
    """In a group where the first wins, who is first is said and not left to the order of the file."""
    firsts = {
        name
        for stacking in context.program.stacking.values()
        for name, group in stacking.groups.items()
        if group.mode is Mode.FIRST
    }
    held: dict[tuple[str, int], str] = {}
    for kind in KINDS:
        for name, definition in getattr(context.program, kind).items():
            for group in sorted(_groups_of(definition) & firsts):
                first = held.setdefault((group, definition.priority), f"{kind}.{name}")
                if first != f"{kind}.{name}":
                    shown = {"group": group, "first": first, "priority": definition.priority}
                    yield fault("same_priority_discounts", f"{kind}.{name}", **shown)


def _groups_of(definition: Definition) -> set[str]:
    effects = getattr(definition, "effects", ())
    return {effect.group for effect in effects if isinstance(effect, Priced) and effect.group is not None}
