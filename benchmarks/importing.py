"""V2: bulk import with `decide` included, one activity a member and chains of a history."""

from __future__ import annotations

import functools
import time

import msgspec

from benchmarks import bare, world
from benchmarks.house import House
from regulars.activities.service import importing
from regulars.cli import opening
from regulars.kit import edge


class Imported(msgspec.Struct, frozen=True, kw_only=True):
    """Activities a second, and how long it took."""

    per_s: float
    applied: int
    seconds: float


def take_in(house: House, *, run: str, members: int, each: int, first: int = 0, processes: int = 2) -> Imported:
    """Import a history; the time to start the processes is not counted, that of the first to the last piece is."""
    plan = world.HistoryPlan(
        program_id=house.program_id, run=run, members=members, each=each, first=first, until=edge.now()
    )
    applied = 0
    began = ended = 0.0

    def told(taken: importing.Taken) -> None:
        nonlocal applied, began, ended
        assert taken.refused == 0 and taken.broken == 0, taken.faults[:3]  # noqa: PT018 - one fact
        ended = time.perf_counter()
        if not began:
            # The first piece tells when the work was under way; it is left out of the count.
            began = ended
            return
        applied += taken.applied

    entry = functools.partial(opening.entering, house.settings)
    importing.run(entry, functools.partial(world.history, plan), after=[0] * processes, told=told)
    took = max(ended - began, 1e-9)
    return Imported(per_s=applied / took, applied=applied, seconds=took)


def measure(house: House, *, members: int, chained: int, each: int) -> dict[str, float]:
    """The figures of V2, with the bare bound measured before and after in the same run."""
    bare.prepare(house)
    bound = bare.per_s(house)
    single = take_in(house, run="single", members=members, each=1)
    chains = take_in(house, run="chain", members=chained, each=each, first=members)
    bound = (bound + bare.per_s(house)) / 2
    return {
        "import_per_s": round(chains.per_s),
        "import_single_per_s": round(single.per_s),
        "bare_per_s": round(bound),
        "import_ratio_bare": round(chains.per_s / bound, 3),
    }
