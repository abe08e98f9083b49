"""What a partner's definitions may read: what they gave tells whom they held for, so they ask nothing that a partner
may not know.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from regulars.language import contracts as language
from regulars.language import service as rules
from regulars.language.contracts import Expression
from regulars.program.checks.context import Context
from regulars.program.checks.expressions import constants
from regulars.program.contracts.audiences import segment_named
from regulars.program.contracts.partners import Partner
from regulars.program.contracts.report import Fault
from regulars.program.contracts.vouchers import Voucher
from regulars.program.faults import fault

_METRIC: Final = re.compile(r"\w+\.metrics\.(\w+)")
_PLACES: Final = ("store.", "partner.", "till.", "cashier.")
_AT_TILLS: Final = frozenset({"offers", "vouchers"})
"""Kinds that are looked at with every purchase, wherever it is."""


def check(context: Context) -> Iterator[Fault]:
    """Each definition of a partner who defines that kind; what the house publishes for them is the house's to judge."""
    program = context.program
    for name, partner in program.partners.items():
        for kind in partner.may_define:
            for of, definition in getattr(program, kind, {}).items():
                if definition.owner == name:
                    path = f"{kind}.{of}"
                    at_tills = kind in _AT_TILLS and not (isinstance(definition, Voucher) and definition.gift)
                    yield from _reads(path, definition.audience, partner, context)
                    yield from _stores(path, definition.if_, partner, context, at_tills=at_tills)


def _reads(path: str, audience: str | None, partner: Partner, context: Context) -> Iterator[Fault]:
    named = segment_named(audience) if audience is not None else None
    for attribute in sorted(_of_segment(named, context, frozenset())) if named is not None else ():
        yield fault("partner_sensitive", f"{path}.audience", partner=partner.name, name=attribute)
    for one in _written(path, context):
        expression = context.expression(one)
        if expression is None:
            continue
        for attribute in sorted(_sensitive(expression, context, frozenset())):
            yield fault("partner_sensitive", one, partner=partner.name, name=attribute)
        for group in sorted(_groups(expression, context)):
            yield fault("partner_sensitive", one, partner=partner.name, name=group)
        for metric in sorted({found[1] for field in expression.fields if (found := _METRIC.match(field))}):
            if context.program.metrics[metric].owner != partner.name:
                yield fault("partner_metric", one, partner=partner.name, name=metric)


def _stores(path: str, condition: str | None, partner: Partner, context: Context, *, at_tills: bool) -> Iterator[Fault]:
    if _is_narrowed(condition, partner):
        return
    if partner.stores is not None and at_tills:
        yield fault("partner_everywhere", f"{path}.if" if condition else path, partner=partner.name)
        return
    for one in _written(path, context):
        expression = context.expression(one)
        read = sorted(field for field in expression.fields if field.startswith(_PLACES)) if expression else []
        if read:
            yield fault("partner_place", one, partner=partner.name, name=read[0])


def _is_narrowed(condition: str | None, partner: Partner) -> bool:
    """Whether a condition holds in the partner's own stores alone: whatever else it asks, it asks for that."""
    if condition is None or partner.stores is None:
        return False
    try:
        asked = rules.conjuncts(condition)
        named = rules.conjuncts(f"partner.id == '{partner.name}'")
        return named <= asked or rules.conjuncts(partner.stores) <= asked
    except language.ExpressionFaults:
        # Told where the expression stands.
        return True


def _written(path: str, context: Context) -> Iterator[str]:
    return (one.path for one in context.written if one.path.startswith(f"{path}."))


def _sensitive(expression: Expression, context: Context, seen: frozenset[str]) -> set[str]:
    """The sensitive attributes that an expression reads, by itself or by the segments that it asks for."""
    read = {
        field.partition("[")[0].split(".")[2] for field in expression.fields if field.startswith("member.attributes.")
    }
    attributes = context.program.attributes
    found = {name for name in read if name in attributes and attributes[name].sensitive}
    if any(field.startswith("member.segments") for field in expression.fields):
        named = {text for what, text, _ in constants(expression, {"member.segments": None}) if what}
        # Asked otherwise than for one by its name, all of them are read.
        for name in sorted(named or context.program.segments):
            found |= _of_segment(name, context, seen)
    return found


def _of_segment(name: str, context: Context, seen: frozenset[str]) -> set[str]:
    expression = None if name in seen else context.expression(f"segments.{name}.if")
    return set() if expression is None else _sensitive(expression, context, seen | {name})


def _groups(expression: Expression, context: Context) -> set[str]:
    groups = context.program.groups
    named = {text for _, text, _ in constants(expression, {"line.groups": None})}
    return {f"groups.{name}" for name in named if name in groups and groups[name].sensitive}
