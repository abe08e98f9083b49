"""The history, taken in by several processes and resumed where it stopped."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator

import msgspec

from regulars.activities.service import importing
from regulars.cli import opening
from regulars.cli.demo import sources, state
from regulars.cli.demo.sources import Plan
from regulars.cli.demo.state import State
from regulars.kit.settings import Settings


def load(
    settings: Settings, plan: Plan, known: State, *, processes: int, told: Callable[[importing.Taken], None]
) -> State:
    """Take the history in and remember how far it came. What was there before is counted as a duplicate.

    Raises WorkerEnded, DemoDataChanged, DatabaseUnavailable.
    """
    done = list(known.done) if len(known.done) == processes else [min(known.done, default=0)] * processes

    def heard(taken: importing.Taken) -> None:
        done[taken.part] = max(done[taken.part], taken.last_row)
        state.save(settings, msgspec.structs.replace(known, done=tuple(done)))
        told(taken)

    entry = functools.partial(opening.entering, settings)
    importing.run(entry, functools.partial(feed, plan), after=list(done), told=heard)
    finished = msgspec.structs.replace(known, done=tuple(done), finished=True)
    state.save(settings, finished)
    return finished


def feed(plan: Plan, part: int, parts: int, after: int) -> Iterator[importing.Item | importing.Fault]:
    """The activities of a part with their place in it as the row."""
    for row, intake in enumerate(sources.intakes(plan, part=part, parts=parts), start=1):
        if row > after:
            yield importing.Item(row, row, intake)
