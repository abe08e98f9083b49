"""When time alone would next change something of an account that something reads."""

from __future__ import annotations

import datetime as dt

from regulars.engine.compiled import Compiled
from regulars.engine.work import Work


def review_at(work: Work, compiled: Compiled) -> dt.datetime | None:
    """The earliest of: points that end, begin or are let go. None if time changes nothing."""
    purse = work.purse
    moments = [at for currency in purse.standings if (at := purse.next_change_at(currency)) is not None]
    return min(moments, default=None)
