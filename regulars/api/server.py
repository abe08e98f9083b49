"""The supervisor: the embedded database, the processes that answer the API, and the worker, under one roof."""

from __future__ import annotations

import asyncio
import contextlib
import multiprocessing
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any, Final

import structlog

from regulars.api.rolling import Processes
from regulars.kit import archiving, backups, forgotten, observability, server, standing, upgrade
from regulars.kit.address import Address
from regulars.kit.backup_faults import ErasedAreBack
from regulars.kit.companions import Companion
from regulars.kit.database import Database
from regulars.kit.server_faults import PortTaken
from regulars.kit.settings import Settings
from regulars.kit.standing import Standing

_log = structlog.get_logger("regulars.api")

_STARTS_MAX: Final = 5
_READY_TRIES: Final = 600
_READY_PAUSE_S: Final = 0.1


def serve(settings: Settings) -> None:
    """Start everything and answer until SIGTERM or SIGINT; then finish what is under way and stop everything. On SIGHUP
    the processes are replaced by those of the release that is installed then, and no request goes unanswered.

    The processes read the same `REGULARS_*` as this one. Raises PortTaken, ServerDidNotStart,
    OtherServerVersion, MayNotPrepare, ErasedAreBack, ErasuresChanged.
    """
    observability.set_up(settings, process="supervisor")
    # Never by fork: other threads watch the database and the worker meanwhile, or import a module, and the child would
    # wait for ever for a lock that one of them held.
    multiprocessing.set_start_method("spawn", force=True)
    _check_port(settings)
    # Until there is something to reload.
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    with (
        server.serving(settings) as where,
        tempfile.TemporaryDirectory(prefix="regulars-figures-") as figures,
        tempfile.TemporaryDirectory(prefix="regulars-ready-") as ready,
    ):
        upgrade.ensure(where)
        refuse_who_were_erased(settings, where)
        # Processes of one server meet in files, or /metrics would tell of one of them by chance.
        if settings.processes > 1:
            os.environ["PROMETHEUS_MULTIPROC_DIR"] = figures
        archiver = _archiver(settings, where)
        worker = Companion("worker", _worker)
        worker.start()
        threading.Thread(target=_tell_when_ready, args=(settings,), name="ready-teller", daemon=True).start()
        standing.write(settings, Standing(pid=os.getpid()))
        try:
            _answer(settings, Path(ready), worker)
        finally:
            standing.remove(settings)
            worker.stop()
            # Last, so that what the others still wrote gets across.
            if archiver is not None:
                archiver.stop()


def refuse_who_were_erased(settings: Settings, where: Address) -> None:
    """However the database was restored, nobody who was erased since is served. Raises ErasedAreBack,
    ErasuresChanged."""
    known = forgotten.known(settings)
    if not known:
        return

    async def look() -> int:
        # The supervisor needs nothing of that otherwise.
        from regulars.activities import service as activities

        async with Database(where, size=1, pace="patient") as database:
            return len(await activities.erased_who_are_back(database, known))

    if back := asyncio.run(look()):
        raise ErasedAreBack(members=back)


def _archiver(settings: Settings, where: Address) -> Companion | None:
    """What copies the log to the backup folder, started; None where there is no such folder."""
    if settings.database_url:
        return None
    if not settings.backup_folder:
        archiving.drop_slot(where)
        return None
    folder = Path(settings.backup_folder).expanduser().absolute()
    archiver = archiving.archiver(where, backups.line_folder(settings.home, folder))
    archiver.start()
    return archiver


def _check_port(settings: Settings) -> None:
    # The processes share their port among themselves, so without this a second server would share it too, and a till
    # would reach now one database and now the other.
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as fault:
            raise PortTaken(host=settings.host, port=settings.port) from fault


def _tell_when_ready(settings: Settings) -> None:
    """Say where the API answers, once it does: whoever started it waits for that."""
    for _ in range(_READY_TRIES):
        with contextlib.suppress(OSError), socket.create_connection((settings.host, settings.port), timeout=1):
            _log.info("ready", url=f"http://{settings.host}:{settings.port}")
            return
        time.sleep(_READY_PAUSE_S)


def _answer(settings: Settings, ready: Path, worker: Companion) -> None:
    """Answer until asked to stop. Raises SystemExit where the processes do not come up."""

    def reloaded(well: bool) -> None:
        if well:
            worker.renew()
        before = standing.read(settings) or Standing(pid=os.getpid())
        standing.write(settings, Standing(pid=os.getpid(), reloads=before.reloads + 1, failed=not well))
        _log.info("reloaded") if well else _log.error("not reloaded: what was serves on")

    in_vain = 0
    while in_vain < _STARTS_MAX:
        for before in ready.iterdir():
            before.unlink()
        processes = Processes(settings, ready=ready, before=_migrate, after=reloaded)
        with contextlib.suppress(SystemExit):
            processes.answer()
        if processes.interrupt_signal:
            return
        # Granian gives up when a process dies twice within 5.5 s, which two kills by a hungry kernel may well do. What
        # came up and was killed comes up again, however often; only what never does is not worth another try.
        in_vain = 0 if any(ready.iterdir()) else in_vain + 1
        _log.error("the processes that answer ended and are started again", in_vain=in_vain)
    raise SystemExit(1)


def _migrate() -> bool:
    """Bring the schema to the release installed now, which may be newer than the one this process began with."""
    command = [sys.executable, "-P", "-m", "regulars", "db", "migrate"]
    return subprocess.run(command, check=False).returncode == 0


def _worker(**given: Any) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, "-P", "-m", "regulars.worker", "--follow"], text=True, **given)
