"""Households: somebody can get in, and what is shared exists."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from regulars.program.checks.context import Context
from regulars.program.contracts.households import Household, Join
from regulars.program.contracts.report import Fault
from regulars.program.faults import fault, unknown

MOST: Final = 50
"""Every activity of one looks at all of them."""


def check(context: Context) -> Iterator[Fault]:
    """Size, roles, and the currencies and ladders that are shared."""
    for name, household in context.program.households.items():
        path = f"households.{name}"
        if not 2 <= household.size <= MOST:
            yield fault("household_size", f"{path}.size", size=household.size, most=MOST)
        yield from _roles(path, household)
        yield from _pooled(path, household, context)


def _roles(path: str, household: Household) -> Iterator[Fault]:
    if not household.roles:
        yield fault("household_without_roles", f"{path}.roles")
        return
    first, role = next(iter(household.roles.items()))
    if not role.may_invite and household.join is not Join.CODE:
        yield fault("nobody_may_invite", f"{path}.roles.{first}")


def _pooled(path: str, household: Household, context: Context) -> Iterator[Fault]:
    program = context.program
    known = [*program.currencies, *program.ladders]
    for place, name in enumerate(household.pooled):
        if name not in known:
            yield unknown("name", f"{path}.pooled[{place}]", name=name, known=known)
        elif name in household.pooled[:place]:
            yield fault("pooled_twice", f"{path}.pooled[{place}]", name=name)
