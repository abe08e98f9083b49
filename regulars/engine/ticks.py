"""What expressions read when nothing happens but time."""

from __future__ import annotations

import datetime as dt
from typing import Final

from msgspec.structs import replace

from regulars.engine.compiled import Compiled
from regulars.engine.scope import MemberScope, Scope
from regulars.engine.work import Work

TICK: Final = "tick"


def scope(work: Work, compiled: Compiled, at: dt.datetime, member: MemberScope) -> Scope:
    """The member at a moment, under an activity that is nothing but the passing of time."""
    tick = replace(
        work.activity,
        type=TICK,
        occurred_at=at,
        channel=None,
        store=None,
        till=None,
        cashier=None,
        device=None,
        card=None,
        lines=(),
        total=0,
        payments=(),
        fields={},
    )
    return Scope(tick, lines=[], member=member, zone=compiled.zone, money=compiled.money)
