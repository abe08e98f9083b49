"""Choices: what a member picks for a period."""

from __future__ import annotations

from regulars.program.contracts.base import Definition


class Choice(Definition, frozen=True, kw_only=True):
    """`choices`: pick some of these. `options` are values, or `lists.<name>`; `pick` says how many."""

    options: tuple[str, ...]
    pick: str = "1"
