"""Budgets that can be spent, partners that exist, and owners who stay within what they were given."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from regulars.program.checks.context import Context
from regulars.program.contracts.base import Definition
from regulars.program.contracts.budgets import Budget, Slice
from regulars.program.contracts.definitions import KINDS, Program
from regulars.program.contracts.partners import HOUSE, MAY_DEFINE, Partner
from regulars.program.contracts.report import Fault
from regulars.program.contracts.values import Period, Share
from regulars.program.faults import fault, unknown

BUDGETED: Final = ("rules", "offers", "vouchers", "rewards", "referrals")
"""Kinds whose definitions may have a budget."""


def check(context: Context) -> Iterator[Fault]:
    """Each budget by itself, those that share one, and partners with what is theirs."""
    program = context.program
    shared: dict[str, Budget] = {}
    for kind in BUDGETED:
        for name, definition in getattr(program, kind).items():
            budget = getattr(definition, "budget", None)
            if budget is not None:
                path = f"{kind}.{name}.budget"
                is_open = getattr(definition, "audience", None) is None
                yield from _budget(path, budget, context, is_open=is_open)
                if budget.shared is not None and shared.setdefault(budget.shared, budget) != budget:
                    yield fault("budget_shared_differs", f"{path}.shared", name=budget.shared)
    for name, partner in program.partners.items():
        yield from _partner(f"partners.{name}", partner, context)
    if program.partners:
        yield from _owners(program)


def _budget(path: str, budget: Budget, context: Context, *, is_open: bool) -> Iterator[Fault]:
    sizes = _sizes(budget)
    if not sizes:
        yield fault("budget_of_nothing", path)
    for what, size in sizes.items():
        spot = f"{path}.points.{what}" if what in budget.points else f"{path}.{what}"
        if size < 0:
            yield fault("not_positive", spot)
        elif size == 0 and is_open:
            yield fault("budget_of_zero", spot)
    for currency in budget.points:
        if currency not in context.program.currencies:
            yield unknown("currency", f"{path}.points", name=currency, known=context.program.currencies)
    if budget.period is Period.ACTIVITY:
        yield fault("budget_by_activity", f"{path}.period")


def _partner(path: str, partner: Partner, context: Context) -> Iterator[Fault]:
    if partner.name == HOUSE:
        yield fault("partner_named_house", path)
    for place, kind in enumerate(partner.may_define):
        if kind not in MAY_DEFINE:
            yield unknown("kind", f"{path}.may_define[{place}]", name=kind, known=MAY_DEFINE)
    for place, funder in enumerate(partner.funders):
        known = (HOUSE, *context.program.partners)
        if funder not in known:
            yield unknown("partner", f"{path}.funders[{place}]", name=funder, known=known)
    budget = partner.budget
    if budget is None:
        if partner.may_define:
            yield fault("partner_without_budget", f"{path}.may_define")
        return
    yield from _budget(f"{path}.budget", budget, context, is_open=True)
    if budget.uses is not None or budget.per is not Slice.PROGRAM or budget.shared is not None:
        yield fault("partner_budget_simple", f"{path}.budget")
    yield from _within(path, partner, budget, context.program)


def _within(path: str, partner: Partner, budget: Budget, program: Program) -> Iterator[Fault]:
    """What a partner's definitions may give together, where they count by the same period, is no more than theirs."""
    own: dict[str, Budget] = {}
    for kind in BUDGETED:
        for name, definition in getattr(program, kind).items():
            found = getattr(definition, "budget", None)
            if definition.owner == partner.name and found is not None and found.period is budget.period:
                own[f"{kind}.{name}" if found.shared is None else found.shared] = found
    for what, size in _sizes(budget).items():
        total = sum(_sizes(one).get(what, 0) for one in own.values())
        if total > size:
            yield fault("partner_budget_passed", f"{path}.budget", what=what, total=total, size=size)


def _owners(program: Program) -> Iterator[Fault]:
    known = (HOUSE, *program.partners)
    for kind in KINDS:
        for name, definition in getattr(program, kind).items():
            path = f"{kind}.{name}"
            if definition.owner is not None and definition.owner not in known:
                yield unknown("partner", f"{path}.owner", name=definition.owner, known=known)
            for spot, share in _funders(path, definition):
                if share.by not in known:
                    yield unknown("partner", f"{spot}.by", name=share.by, known=known)


def _funders(path: str, definition: Definition) -> Iterator[tuple[str, Share]]:
    yield from _shares(path, definition)
    effects: Any = getattr(definition, "effects", ())
    for place, effect in enumerate(effects if isinstance(effects, tuple) else ()):
        yield from _shares(f"{path}.effects[{place}]", effect)


def _shares(path: str, of: Any) -> Iterator[tuple[str, Share]]:
    for place, share in enumerate(getattr(of, "funding", ())):
        yield f"{path}.funding[{place}]", share


def _sizes(budget: Budget) -> dict[str, int]:
    sizes = {"money": budget.money, "uses": budget.uses, **budget.points}
    return {what: size for what, size in sizes.items() if size is not None}
