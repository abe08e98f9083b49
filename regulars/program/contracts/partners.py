"""Partners: whose stores, budgets and offers they are. Bills come later."""

from __future__ import annotations

from typing import Final

from regulars.program.contracts.base import Definition
from regulars.program.contracts.budgets import Budget

HOUSE: Final = "house"
"""Who runs the program: the owner of what names nobody else."""
MAY_DEFINE: Final = ("offers", "rewards", "vouchers")
"""Kinds that a partner may be let define."""


class Partner(Definition, frozen=True, kw_only=True):
    """`partners`: an owner beside the house. `stores` is a condition over `store` that says which are theirs;
    `may_define` are the kinds (`offers`, `rewards`, `vouchers`) that they publish themselves, within `budget`, paid by
    themselves or by `funders`."""

    stores: str | None = None
    may_define: tuple[str, ...] = ()
    budget: Budget | None = None
    funders: tuple[str, ...] = ()
    """Who else may pay for what they publish: `house`, or another partner."""
