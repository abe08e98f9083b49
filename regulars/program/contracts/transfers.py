"""What a currency says of points that a member passes on to somebody else."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from regulars.program.contracts.triggers import OnEvent
from regulars.program.contracts.values import Period


class TransferTo(StrEnum):
    """Whom points may go to: anybody of the program, or somebody of the same household."""

    ANYONE = "anyone"
    HOUSEHOLD = "household"


class Transfer(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """`least` and `most` in one transfer, at most so many `per` period, and what it costs the sender beside: `fee`, a
    formula in whole units. All in the currency that is sent."""

    least: int = 1
    most: int | None = None
    per: dict[Period, int] = {}
    fee: str | None = None
    to: TransferTo = TransferTo.ANYONE


def sent(currency: str) -> OnEvent:
    """What the fee of a transfer sees: the member who sends, and `event.points`."""
    return OnEvent(event="points.sent", name=currency)
