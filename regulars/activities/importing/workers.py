"""Taking activities in, in pieces and in one or several processes; what was taken in is told piece by piece."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import queue as queues
import signal
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from multiprocessing import get_context
from multiprocessing.synchronize import Event
from typing import Any, Final

import msgspec

from regulars.activities.contracts import ImportOutcome, Intake
from regulars.activities.importing.baskets import Item
from regulars.activities.importing.faults import Fault, fault, refused
from regulars.kit import i18n
from regulars.kit.errors import DatabaseUnavailable, RegularsError
from regulars.kit.i18n import Text

CHUNK: Final = 1000
_TRIES: Final = 30
_PAUSE_S: Final = 1.0

Feed = Callable[[int, int, int], Iterator[Item | Fault]]
"""(part, parts, after which row) gives what this part takes in; it must be picklable."""


class Taken(msgspec.Struct, frozen=True, kw_only=True):
    """A piece that was acknowledged: how far its part is, and what became of its activities."""

    part: int
    last_row: int
    applied: int = 0
    duplicate: int = 0
    refused: int = 0
    broken: int = 0
    faults: tuple[Fault, ...] = ()


class WorkerEnded(RegularsError):
    """A process of the import ended by itself. What it had taken in stays; start the import again to go on."""

    texts = Text(
        en="A process of the import ended ({reason}). Run the same command again: it goes on where it stopped.",
        ru="Процесс загрузки завершился ({reason}). Повторите команду: загрузка продолжится с места остановки.",
        ro="Un proces al importului s-a încheiat ({reason}). Rulați din nou comanda: va continua de unde a rămas.",
    )
    reason: str


Apply = Callable[[Sequence[Intake]], Any]


async def take_in(
    items: Iterator[Item | Fault],
    apply: Apply,
    *,
    part: int,
    told: Callable[[Taken], None],
    stopped: Callable[[], bool],
    chunk: int = CHUNK,
) -> None:
    """Hand pieces to `apply` until the file is over or somebody stops it; each is told after it was acknowledged."""
    while piece := list(islice(items, chunk)):
        if stopped():
            return
        faults = [one for one in piece if isinstance(one, Fault)]
        good = [one for one in piece if isinstance(one, Item)]
        outcomes = await _patiently(apply, [one.intake for one in good]) if good else []
        gc.collect(0)
        told(_taken(part, piece, good, outcomes, faults))


async def _patiently(apply: Apply, intakes: Sequence[Intake]) -> list[ImportOutcome]:
    # A database that goes away comes back within seconds; what was applied meanwhile comes back as a duplicate.
    for attempt in range(_TRIES):
        try:
            outcomes: list[ImportOutcome] = await apply(intakes)
            return outcomes
        except DatabaseUnavailable:
            if attempt == _TRIES - 1:
                raise
            await asyncio.sleep(_PAUSE_S)
    raise AssertionError


def _taken(
    part: int,
    piece: Sequence[Item | Fault],
    good: Sequence[Item],
    outcomes: Sequence[ImportOutcome],
    faults: list[Fault],
) -> Taken:
    counts = {"applied": 0, "duplicate": 0, "refused": 0}
    for item, outcome in zip(good, outcomes, strict=True):
        counts[outcome.outcome] += 1
        if outcome.outcome == "refused":
            faults.append(_refusal(item, outcome))
    broken = len({one.row for one in piece if isinstance(one, Fault)})
    last = max(one.row if isinstance(one, Fault) else one.last_row for one in piece)
    return Taken(part=part, last_row=last, broken=broken, faults=tuple(faults), **counts)


def _refusal(item: Item, outcome: ImportOutcome) -> Fault:
    document = _named(item.intake)
    if isinstance(outcome.fault, RegularsError):
        return refused(item.first_row, outcome.fault, found=document)
    if outcome.fault is not None:
        raise outcome.fault
    refusal = outcome.refusal
    if refusal is None:
        return fault(item.first_row, "", document, "missing")
    said = Text(**{str(language): outcome.texts.get(language, refusal.code) for language in i18n.LANGUAGES})
    return Fault(row=item.first_row, field=refusal.by or "", found=document, code=refusal.code, say=said)


def _named(intake: Intake) -> str:
    # The document of a member's row is made of hashes, which say nothing to a person.
    if intake.type in {"enrolled", "profile"} and intake.who:
        return intake.who[0].value
    return intake.document or ""


def run(
    entry: Callable[..., Any], feed: Feed, *, after: Sequence[int], told: Callable[[Taken], None], chunk: int = CHUNK
) -> None:
    """Take a feed in with as many processes as `after` has rows to go on from; one process is this one.

    `entry` makes `apply` in each process: an async context manager. On Ctrl-C the pieces under way are finished first.
    Raises WorkerEnded, what `feed` raises, and what `entry` raises.
    """
    if len(after) == 1:
        asyncio.run(_serve(entry, feed, 0, 1, after[0], chunk, told, lambda: False))
        return
    context = get_context("spawn")
    messages: Any = context.Queue()
    stop = context.Event()
    parts = len(after)
    arguments = [(entry, feed, part, parts, after[part], chunk, messages, stop) for part in range(parts)]
    workers = [context.Process(target=_process, args=one, daemon=True) for one in arguments]
    for worker in workers:
        worker.start()
    try:
        _listen(workers, messages, told)
    except BaseException:
        stop.set()
        with contextlib.suppress(Exception):
            _listen(workers, messages, told)
        raise
    finally:
        stop.set()
        for worker in workers:
            worker.join(10)
            if worker.is_alive():
                worker.terminate()
                worker.join()
        messages.close()


def _listen(workers: Sequence[Any], messages: Any, told: Callable[[Taken], None]) -> None:
    over: set[int] = set()
    while len(over) < len(workers):
        try:
            message = messages.get(timeout=0.5)
        except queues.Empty:
            for part, worker in enumerate(workers):
                if part not in over and not worker.is_alive() and messages.empty():
                    raise WorkerEnded(reason=f"exit code {worker.exitcode}") from None
            continue
        if isinstance(message, Taken):
            told(message)
        elif isinstance(message, int):
            over.add(message)
        else:
            raise message


def _process(entry: Any, feed: Feed, part: int, parts: int, after: int, chunk: int, messages: Any, stop: Event) -> None:
    # Ctrl-C reaches the whole group of a terminal; the parent decides what happens then.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        asyncio.run(_serve(entry, feed, part, parts, after, chunk, messages.put, stop.is_set))
        messages.put(part)
    except RegularsError as error:
        messages.put(error)
    except Exception as error:  # noqa: BLE001 - whatever it is, the parent must hear of it
        messages.put(WorkerEnded(reason=f"{type(error).__name__}: {error}"))


async def _serve(
    entry: Any, feed: Feed, part: int, parts: int, after: int, chunk: int, told: Any, stopped: Callable[[], bool]
) -> None:
    async with entry() as apply:
        # Nearly everything here is gone by counting; the collector walks the rest once a piece instead of all the time.
        gc.freeze()
        gc.disable()
        await take_in(feed(part, parts, after), apply, part=part, told=told, stopped=stopped, chunk=chunk)
