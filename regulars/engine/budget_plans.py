"""The budgets of a release, made ready: whose they are, how large, and which of them hold for a definition."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec

from regulars.program.contracts.base import Definition
from regulars.program.contracts.budgets import Budget, Slice
from regulars.program.contracts.definitions import Program
from regulars.program.contracts.values import Period

MONEY: Final = "money"
USES: Final = "uses"
KINDS: Final = ("rules", "offers", "vouchers", "rewards", "referrals")
"""Kinds whose definitions may have a budget."""


class BudgetPlan(msgspec.Struct, frozen=True, kw_only=True):
    """One budget: `sizes` by what it counts (MONEY, USES, a currency), for each store, partner or all, in each
    period."""

    name: str
    """Whose it is: `offers.come_back`, `partners.linella`, or `budgets.spring` where definitions share it."""
    per: Slice
    period: Period
    sizes: Mapping[str, int]

    def counter(self, what: str) -> str:
        """The name of the counter of what is used."""
        return f"budget:{self.name}/{what}"


def plans(program: Program) -> dict[str, tuple[BudgetPlan, ...]]:
    """By path (`offers.come_back`) the budgets that hold for a definition: its own, then that of the partner whose it
    is."""
    owners = {name: plan(f"partners.{name}", one.budget) for name, one in program.partners.items() if one.budget}
    found = {}
    for kind in KINDS:
        for name, definition in getattr(program, kind).items():
            own = budget_of(definition)
            holding = [plan(f"{kind}.{name}", own)] if own is not None else []
            if definition.owner in owners:
                holding.append(owners[definition.owner])
            if holding:
                found[f"{kind}.{name}"] = tuple(holding)
    return found


def plan(path: str, budget: Budget) -> BudgetPlan:
    """One budget made ready, under the name of its definition or the one that it shares."""
    sizes = dict(budget.points)
    sizes |= {MONEY: budget.money} if budget.money is not None else {}
    sizes |= {USES: budget.uses} if budget.uses is not None else {}
    name = path if budget.shared is None else f"budgets.{budget.shared}"
    return BudgetPlan(name=name, per=budget.per, period=budget.period, sizes=sizes)


def budget_of(definition: Definition) -> Budget | None:
    """The budget of a definition of any kind, where it has one."""
    found = getattr(definition, "budget", None)
    return found if isinstance(found, Budget) else None


def counted(found: Mapping[str, tuple[BudgetPlan, ...]]) -> dict[str, tuple[BudgetPlan, str]]:
    """By the name of its counter each budget, and what it counts there."""
    return {one.counter(what): (one, what) for plans_ in found.values() for one in plans_ for what in one.sizes}
