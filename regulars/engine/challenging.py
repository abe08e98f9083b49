"""Challenges in a decision: progress, completion, what is missed; badges."""

from __future__ import annotations

import datetime as dt

from regulars.engine.compiled import Compiled
from regulars.engine.work import Work


def show(work: Work, compiled: Compiled) -> None:
    """Put what expressions read into the scope."""


def move(work: Work, compiled: Compiled) -> None:
    """Follow the numbers as they are now, and do what effects asked for."""


def next_day(work: Work, compiled: Compiled, after: dt.date) -> dt.date | None:
    """The first day after another on which time alone changes something here."""
    return None


def pass_day(work: Work, compiled: Compiled, day: dt.date) -> None:
    """What comes due at the first moment of a day."""
