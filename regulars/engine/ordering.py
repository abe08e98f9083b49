"""Rewards in a decision: ordered, paid for with points, fulfilled step by step, cancelled, over."""

from __future__ import annotations

import datetime as dt

from regulars.engine.compiled import Compiled
from regulars.engine.work import Work


def show(work: Work, compiled: Compiled) -> None:
    """Let expressions read it, and let what counts for this basket count."""


def move(work: Work, compiled: Compiled) -> None:
    """Do what effects of rules asked for."""


def next_day(work: Work, compiled: Compiled, after: dt.date) -> dt.date | None:
    """The first day after another on which time alone changes something."""
    return None


def pass_day(work: Work, compiled: Compiled, day: dt.date) -> None:
    """What comes due at the first moment of a day."""
