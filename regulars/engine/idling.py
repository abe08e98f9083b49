"""Inactivity: which activities keep points alive, and what a full return of the last of them means (L34)."""

from __future__ import annotations

import datetime as dt
from typing import Final

from regulars.engine import state as states
from regulars.engine.compiled import Compiled
from regulars.engine.contracts.activity import Activity
from regulars.engine.points import passing
from regulars.engine.work import Work

KEPT: Final = 4


def reset(work: Work, compiled: Compiled) -> None:
    """Count inactivity anew where this activity is one that resets it; ticks, returns and what is done by hand are
    none.
    """
    activity = work.activity
    if activity.type not in compiled.program.activities or activity.reverses is not None:
        return
    for currency in compiled.idling:
        resets = compiled.program.currencies[currency].expiry.resets
        if not resets or activity.type in resets:
            moments = work.account.resets.setdefault(currency, [])
            moments.append(states.ms(activity.occurred_at))
            moments.sort()
            del moments[:-KEPT]
            _count_from(work, currency)


def step_on(work: Work, compiled: Compiled, sale: Activity) -> None:
    """Count it from this sale again where it was the last, since its return was undone."""
    for currency in compiled.idling:
        resets = compiled.program.currencies[currency].expiry.resets
        moments = work.account.resets.setdefault(currency, [])
        if (not resets or sale.type in resets) and states.ms(sale.occurred_at) not in moments:
            moments.append(states.ms(sale.occurred_at))
            moments.sort()
            del moments[:-KEPT]
            _count_from(work, currency)


def step_back(work: Work, compiled: Compiled, sale_at: dt.datetime) -> None:
    """Count it from the activity before, since nothing is left of this one."""
    for currency in compiled.idling:
        moments = work.account.resets.get(currency, [])
        if states.ms(sale_at) in moments:
            moments.remove(states.ms(sale_at))
            _count_from(work, currency)


def _count_from(work: Work, currency: str) -> None:
    moments = work.account.resets[currency]
    if moments and currency in work.purse.standings:
        passing.reset_idling(work.purse, currency, last_reset_at=states.moment(moments[-1]))
