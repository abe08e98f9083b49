"""What `regulars import` does: read, check, hand over, remember how far it came."""

from __future__ import annotations

import contextlib
import datetime as dt
import functools
from itertools import islice
from pathlib import Path
from typing import Any, Final

import msgspec

from regulars.activities import service as activities
from regulars.activities.service import importing
from regulars.cli import opening, shown
from regulars.directory import service as directory
from regulars.directory.contracts import CategoryIn, GoodIn, PictureIn, RateIn, StoreIn
from regulars.kit import edge
from regulars.kit.database import Database
from regulars.kit.errors import RegularsError
from regulars.kit.i18n import Text
from regulars.kit.settings import Settings
from regulars.program import service as programs

_LISTED_CHUNK: Final = 5000


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What the person asked for."""

    file: Path
    kind: str
    program: str
    dry_run: bool
    resume: bool
    errors: Path
    encoding: str | None
    zone: str | None
    processes: int


class Outcome(msgspec.Struct, kw_only=True):
    """What became of the file. Counts are activities, or rows of the directory; `errors` is the file of errors."""

    applied: int = 0
    duplicate: int = 0
    refused: int = 0
    broken: int = 0
    dry_run: bool = False
    resumed_after: int = 0
    errors: str | None = None


class _Undone(Exception):
    """Ends the transaction of a dry run."""


class UnknownKind(RegularsError):
    """There is no such kind of file."""

    texts = Text(
        en="There is no kind '{given}'. Known are: {known}.",
        ru="Нет вида «{given}». Известны: {known}.",
        ro="Nu există tipul „{given}”. Sunt cunoscute: {known}.",
    )
    given: str
    known: str = ", ".join(importing.KINDS)


def run(plan: Plan) -> Outcome:
    """Take the file in, or only check it. Raises UnknownKind, UnreadableFile and its like, UnknownProgram."""
    if plan.kind not in importing.KINDS:
        raise UnknownKind(given=plan.kind)
    source = importing.look(plan.file, encoding=plan.encoding)
    if plan.kind in {"activities", "members"}:
        return _activities(plan, source)
    return _directory(plan, source)


def _activities(plan: Plan, source: Any) -> Outcome:
    with opening.database() as (chosen, _):
        context = opening.run(chosen, lambda database: _context(plan, chosen, database))
        feed = functools.partial(_feed, source, plan.kind, context)
        outcome = Outcome(dry_run=plan.dry_run)
        if plan.dry_run:
            with importing.ErrorsFile(plan.errors, language=shown.language()) as errors:
                _check(plan, chosen, feed, errors, outcome)
            return _finished(plan, outcome, errors.count)
        name = importing.digest(plan.file, str(context.program_id), plan.kind)
        mark = importing.load_mark(chosen.home, name) if plan.resume else None
        if mark is not None and mark.finished:
            mark = None
        after = [mark.start(part, plan.processes) if mark else 0 for part in range(plan.processes)]
        outcome.resumed_after = min(after)
        with importing.ErrorsFile(plan.errors, language=shown.language(), goes_on=mark is not None) as errors:
            _take_in(plan, chosen, feed, after, name, errors, outcome)
        since = None if mark is not None else context.received_at
        opening.run(chosen, functools.partial(_prepare_again, context.program_id, since))
        return _finished(plan, outcome, errors.count)


async def _prepare_again(program_id: int, since: dt.datetime | None, database: Database) -> None:
    async with database.transaction(programs=[program_id]) as tx:
        await activities.prepare_again(tx, program_id=program_id, since=since)


def _feed(source: Any, kind: Any, context: Any, part: int, parts: int, after: int) -> Any:
    return importing.intakes(source, kind, context, part, parts, after)


def _take_in(
    plan: Plan, chosen: Settings, feed: Any, after: list[int], name: str, errors: Any, outcome: Outcome
) -> None:
    done = list(after)
    with shown.progress(plan.file.name, None, unit=plan.kind) as progress:

        def told(taken: Any) -> None:
            done[taken.part] = max(done[taken.part], taken.last_row)
            for one in taken.faults:
                errors.add(one)
            _count(outcome, taken)
            progress.advance(taken.applied + taken.duplicate + taken.refused + taken.broken)
            importing.save_mark(chosen.home, name, importing.Mark(done=tuple(done)))

        importing.run(functools.partial(opening.entering, chosen), feed, after=after, told=told)
    importing.save_mark(chosen.home, name, importing.Mark(done=tuple(done), finished=True))


def _check(plan: Plan, chosen: Settings, feed: Any, errors: Any, outcome: Outcome) -> None:
    with shown.progress(f"checking {plan.file.name}", None, unit=plan.kind) as progress:

        def told(taken: Any) -> None:
            for one in taken.faults:
                errors.add(one)
            _count(outcome, taken)
            progress.advance(taken.applied + taken.refused + taken.broken)

        entry = functools.partial(opening.checking, chosen)
        importing.run(entry, feed, after=[0] * plan.processes, told=told)


def _count(outcome: Outcome, taken: Any) -> None:
    outcome.applied += taken.applied
    outcome.duplicate += taken.duplicate
    outcome.refused += taken.refused
    outcome.broken += taken.broken


def _finished(plan: Plan, outcome: Outcome, errors: int) -> Outcome:
    outcome.errors = str(plan.errors) if errors else None
    return outcome


async def _context(plan: Plan, chosen: Settings, database: Database) -> Any:
    async with database.read(programs=[]) as tx:
        found = await opening.program(tx, plan.program)
    async with database.read(programs=[found.program_id]) as tx:
        release = await programs.current(tx, program_id=found.program_id)
    now = edge.now()
    return importing.context_of(
        release.program,
        program_id=found.program_id,
        client_id=edge.new_id(now),
        received_at=now,
        zone=plan.zone,
        file=importing.digest(plan.file),
    )


_LISTS: Final[dict[str, tuple[Any, Any, dict[str, str]]]] = {
    "goods": (GoodIn, directory.put_goods, {"from": "from_"}),
    "categories": (CategoryIn, directory.put_categories, {"category": "key"}),
    "stores": (StoreIn, directory.put_stores, {"store": "id", "latitude": "lat", "longitude": "lon", "from": "from_"}),
    "rates": (RateIn, directory.put_rates, {}),
    "pictures": (PictureIn, directory.put_pictures, {"from": "from_"}),
}


def _directory(plan: Plan, source: Any) -> Outcome:
    kind, put, renamed = _LISTS[plan.kind]
    outcome = Outcome(dry_run=plan.dry_run)
    faulty: set[int] = set()
    with importing.ErrorsFile(plan.errors, language=shown.language()) as errors:

        def good_rows() -> Any:
            for item in importing.listed(source, plan.kind):
                if isinstance(item, importing.Fault):
                    errors.add(item)
                    faulty.add(item.row)
                else:
                    yield kind(**{renamed.get(name, name): value for name, value in item.values.items()})

        async def work(_: Settings, database: Database) -> None:
            async with database.read(programs=[]) as tx:
                found = await opening.program(tx, plan.program)
            rows = good_rows()
            # A category may stand before the one above it, so that all of them go in together.
            size = _LISTED_CHUNK if plan.kind != "categories" else 10**9
            with shown.progress(plan.file.name, None) as progress:
                while piece := list(islice(rows, size)):
                    with contextlib.suppress(_Undone):
                        async with database.transaction(programs=[found.program_id]) as tx:
                            await put(tx, program_id=found.program_id, rows=piece, now=edge.now())
                            if plan.dry_run:
                                # Written and undone: what the rest of the directory has against it is heard too.
                                raise _Undone
                    outcome.applied += len(piece)
                    progress.advance(len(piece))

        opening.within(work)
    outcome.broken = len(faulty)
    return _finished(plan, outcome, errors.count)
