"""The order of the demo: database, program, API, goods, history; then the commands to try, or the story."""

from __future__ import annotations

import asyncio
import shutil
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from regulars.cli import opening, shown
from regulars.cli.demo import examples, history, journey, serving, setting_up, state, story
from regulars.cli.demo.journey import BasketPlan
from regulars.cli.demo.state import State
from regulars.kit import edge, server
from regulars.kit import settings as kit_settings
from regulars.kit.errors import RegularsError
from regulars.kit.i18n import Text
from regulars.kit.settings import Settings


class DatabaseInUse(RegularsError):
    """Another process runs the database that is to be deleted."""

    status = 409
    texts = Text(
        en="Another process uses the database in {home}. Stop it first.",
        ru="База данных в {home} используется другим процессом. Сначала остановите его.",
        ro="Baza de date din {home} este folosită de alt proces. Opriți-l mai întâi.",
    )
    home: str


class NotOurDatabase(RegularsError):
    """The database is a server of the operator's own: the demo does not delete that."""

    status = 409
    texts = Text(
        en="REGULARS_DATABASE_URL names a server of your own. --reset only deletes the embedded database.",
        ru="REGULARS_DATABASE_URL указывает на ваш сервер. --reset удаляет только встроенную базу данных.",
        ro="REGULARS_DATABASE_URL numește un server al dumneavoastră. --reset șterge doar baza încorporată.",
    )


def settings() -> Settings:
    """The settings of this run. Raises UnknownSetting, InvalidSetting."""
    return kit_settings.load()


def forget(chosen: Settings) -> None:
    """Delete the embedded database and what the demo remembers. Raises DatabaseInUse, NotOurDatabase."""
    if chosen.database_url:
        raise NotOurDatabase
    link = chosen.home / "postgres"
    if link.exists():
        one = server.EmbeddedServer(chosen.home, server.tuning_of(chosen))
        one.start()
        supervised = one.is_supervisor
        one.stop()
        if not supervised:
            raise DatabaseInUse(home=str(chosen.home))
        folder = link.resolve()
        shutil.rmtree(folder)
        if link.is_symlink():
            link.unlink()
    for name in ("demo", "imports"):
        shutil.rmtree(chosen.home / name, ignore_errors=True)


def run(
    chosen: Settings,
    *,
    preset: str,
    members: int | None,
    processes: int,
    once: bool,
    serve: bool,
    living: Callable[[str, list[tuple[str, str]]], None],
) -> dict[str, Any] | None:
    """Everything; with `once` the result of the story. On Ctrl-C what runs is stopped in order."""
    signal.signal(signal.SIGTERM, _stop)
    began = time.monotonic()
    place = journey.folder()
    # The API starts while the program is published: its first page needs no program.
    with opening.database(), serving.api(chosen) as child:
        known = asyncio.run(_prepare(chosen, preset))
        serving.wait(chosen, child)
        url = serving.url_of(chosen)
        first_page_s = round(time.monotonic() - began, 2)
        shown.say(f"The API answers on {url} after {first_page_s} s.")
        known, loaded = _load(chosen, place, known, members, processes)
        if once:
            told = story.tell(url, known.token)
            return {"first_page_s": first_page_s, "load": loaded, "story": told, "ledger": _check(chosen, known)}
        living(url, examples.of(url, known.token))
        if serve:
            child.wait()
    return None


def _stop(*_: object) -> None:
    raise KeyboardInterrupt


async def _prepare(chosen: Settings, preset: str) -> State:
    from regulars.kit.database import Database

    async with Database(server.locate(chosen), size=2, pace="patient") as database:
        known = await setting_up.program(database, preset=preset, state=state.load(chosen))
    state.save(chosen, known)
    return known


def _load(
    chosen: Settings, place: Path, known: State, members: int | None, processes: int
) -> tuple[State, dict[str, Any]]:
    if not known.goods:
        with shown.progress("goods and stores", journey.SHELVES, unit="rows") as progress:
            opening.run(
                chosen,
                lambda database: setting_up.shelves(
                    database, place=place, program_id=known.program_id, told=progress.advance
                ),
            )
        known = msgspec.structs.replace(known, goods=True)
        state.save(chosen, known)
    if known.finished and (known.members is None or (members is not None and members <= known.members)):
        return known, {"baskets": 0, "seconds": 0.0, "already": True}
    # Another number of members is another list: it is read from its beginning, and what is there is only counted.
    if known.members != members:
        known = msgspec.structs.replace(known, members=members, done=())
    return _history(chosen, place, known, members, processes)


def _history(
    chosen: Settings, place: Path, known: State, members: int | None, processes: int
) -> tuple[State, dict[str, Any]]:
    now = edge.now()
    plan = BasketPlan(
        place=str(place),
        program_id=known.program_id,
        client_id=edge.new_id(now),
        received_at=now,
        weeks=known.weeks,
        members=members,
    )
    counts = {"applied": 0, "duplicate": 0, "refused": 0}
    faults: list[str] = []
    began = time.monotonic()
    with shown.progress("a year of baskets", journey.count(place, members=members), unit="activities") as progress:

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


def _check(chosen: Settings, known: State) -> dict[str, Any]:
    from regulars.cli import checking

    report = opening.run(chosen, lambda database: checking.ledger(database, chosen, program_id=known.program_id))
    return {"accounts": report.accounts, "entries": report.entries, "breaks": len(report.breaks)}
