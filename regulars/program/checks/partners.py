"""What a partner publishes by themselves is bounded by their own budget, and paid by themselves."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import msgspec

from regulars.program.checks.context import Context
from regulars.program.contracts.definitions import Program
from regulars.program.contracts.effects import Convert, Give, Multiply, Priced
from regulars.program.contracts.partners import Partner
from regulars.program.contracts.report import Fault
from regulars.program.contracts.reward_steps import Credit
from regulars.program.contracts.rewards import Reward
from regulars.program.contracts.values import Share
from regulars.program.contracts.vouchers import Voucher
from regulars.program.faults import fault

MONEY: Final = "money"


def check(context: Context) -> Iterator[Fault]:
    """Each definition of a partner who defines that kind; what the house publishes for them is the house's to judge."""
    program = context.program
    for name, partner in program.partners.items():
        for kind in partner.may_define:
            for of, definition in getattr(program, kind, {}).items():
                if definition.owner == name:
                    yield from _of_partner(f"{kind}.{of}", definition, partner, program)


def _of_partner(path: str, definition: Any, partner: Partner, program: Program) -> Iterator[Fault]:
    budget = partner.budget
    if budget is not None:
        known = {*budget.points, *((MONEY,) if budget.money is not None else ())}
        for spot, what in _given(path, definition, program):
            if what not in known:
                yield fault("partner_unbounded", spot, partner=partner.name, what=what)
    payers = (partner.name, *partner.funders)
    for spot, one in _within(path, definition):
        if isinstance(one, Share) and one.by not in payers:
            yield fault("partner_funder", f"{spot}.by", partner=partner.name, by=one.by)


def _given(path: str, definition: Any, program: Program) -> Iterator[tuple[str, str]]:
    """Where a definition gives something, and what: a currency, or money."""
    for spot, one in _within(path, definition):
        yield from _gives(spot, one)
    if isinstance(definition, Reward):
        kind = program.reward_types.get(definition.type or "")
        for _, one in _within("", kind) if kind is not None else ():
            for _, what in _gives("", one):
                yield f"{path}.type", what


def _gives(path: str, one: object) -> Iterator[tuple[str, str]]:
    match one:
        case Give(give=currency):
            yield f"{path}.give", currency
        case Multiply(multiply=currency):
            yield f"{path}.multiply", currency
        case Convert(to=currency):
            yield f"{path}.to", currency
        case Credit(credit=currency):
            yield f"{path}.credit", currency
        case Voucher(gift=str() as currency):
            yield f"{path}.gift", currency
        case Priced():
            yield path, MONEY
        case Reward(value=int()):
            yield f"{path}.value", MONEY


def _within(path: str, value: object) -> Iterator[tuple[str, object]]:
    """A definition and every part of it, with its place."""
    if isinstance(value, msgspec.Struct):
        yield path, value
        for name, written in zip(value.__struct_fields__, value.__struct_encode_fields__, strict=True):
            yield from _within(f"{path}.{written}", getattr(value, name))
    elif isinstance(value, dict):
        for name, one in value.items():
            yield from _within(f"{path}.{name}", one)
    elif isinstance(value, tuple):
        for place, one in enumerate(value):
            yield from _within(f"{path}[{place}]", one)
