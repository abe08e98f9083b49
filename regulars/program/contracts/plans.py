"""Plans: paid membership. Benefits are rules, offers and rewards that read `member.plan`."""

from __future__ import annotations

from regulars.program.contracts.base import Definition
from regulars.program.contracts.values import Span


class Plan(Definition, frozen=True, kw_only=True):
    """`plans`: what a member may be in, for a `period` at a `price` in the program's money. It is set by the activity
    `plan` (started, renewed, ended), which a billing system sends; `trial` is free, and once for a member."""

    price: int | None = None
    period: Span | None = None
    trial: Span | None = None
    grace: Span | None = None
    """How long the benefits go on after a period that was not renewed."""
