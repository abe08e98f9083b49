"""Households: accounts of several members."""

from __future__ import annotations

from regulars.program.contracts.base import Definition


class Household(Definition, frozen=True, kw_only=True):
    """`households`: a family card, a club, a team of at most `size` members."""

    size: int
