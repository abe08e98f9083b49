"""What the demo loads while its API is already up: program, goods, stores and a history."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import msgspec

from regulars.cli import checking, opening, shown
from regulars.cli.demo import history, setting_up, sources, state
from regulars.cli.demo.sources import Source
from regulars.cli.demo.state import State
from regulars.kit import edge, server
from regulars.kit.database import Database
from regulars.kit.settings import Settings


def prepare(chosen: Settings, preset: str) -> State:
    """Publish the program and make a key; what is there stays. Raises DemoDataMissing, DemoDataChanged."""
    opening.log_plainly()
    source = sources.of(preset)
    source.check()
    return asyncio.run(_prepare(chosen, preset, source))


async def _prepare(chosen: Settings, preset: str, source: Source) -> State:
    async with Database(server.locate(chosen), size=2, pace="patient") as database:
        known = await setting_up.program(database, preset=preset, source=source, state=state.load(chosen))
    state.save(chosen, known)
    return known


def load(chosen: Settings, known: State, members: int | None, processes: int) -> tuple[State, dict[str, Any]]:
    """Goods, stores and what members did, as far as they are not there; with the counts of what was taken in.

    Raises WorkerEnded, DemoDataChanged, DatabaseUnavailable.
    """
    source = sources.of(known.preset)
    if not known.goods:
        count = sum(len(rows) for _, rows in source.shelves())
        with shown.progress("goods and stores", count, unit="rows") as progress:
            opening.run(
                chosen,
                lambda database: setting_up.shelves(
                    database, source=source, program_id=known.program_id, told=progress.advance
                ),
            )
        known = msgspec.structs.replace(known, goods=True)
        state.save(chosen, known)
    if known.finished and (known.members is None or (members is not None and members <= known.members)):
        return known, {"baskets": 0, "seconds": 0.0, "already": True}
    # Another number of members is another list: it is read from its beginning, and what is there is only counted.
    if known.members != members:
        known = msgspec.structs.replace(known, members=members, done=())
    return _history(chosen, source, known, members, processes)


def _history(
    chosen: Settings, source: Source, known: State, members: int | None, processes: int
) -> tuple[State, dict[str, Any]]:
    now = edge.now()
    plan = source.plan(known, client_id=edge.new_id(now), now=now, members=members)
    counts = {"applied": 0, "duplicate": 0, "refused": 0}
    faults: list[str] = []
    began = time.monotonic()
    with shown.progress("what members did", source.count(plan), unit="activities") as progress:

        def told(taken: Any) -> None:
            for name in counts:
                counts[name] += getattr(taken, name)
            faults.extend(f"{one.found}: {one.text('en')}" for one in taken.faults[: 20 - len(faults)])
            progress.advance(taken.applied + taken.duplicate + taken.refused)

        if any(known.done):
            progress.note("going on where it stopped")
        known = history.load(chosen, plan, known, processes=processes, told=told)
    for fault in faults:
        shown.say(f"not taken in: {fault}")
    seconds = round(time.monotonic() - began, 2)
    rate = round(sum(counts.values()) / max(seconds, 0.01))
    return known, counts | {"seconds": seconds, "per_s": rate, "already": False}


def check(chosen: Settings, known: State) -> dict[str, Any]:
    """Whether the ledger holds."""
    report = opening.run(chosen, lambda database: checking.ledger(database, chosen, program_id=known.program_id))
    return {"accounts": report.accounts, "entries": report.entries, "breaks": len(report.breaks)}
