"""What effects want of plans."""

from __future__ import annotations

import msgspec

from regulars.program.contracts.values import Span


class Enlisted(msgspec.Struct, frozen=True):
    """The member in a plan, for a span or the plan's own period; who is in it already stays so much longer."""

    plan: str
    span: Span | None
