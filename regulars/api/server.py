"""The supervisor: the embedded database, the processes that answer the API, and the worker, under one roof."""

from __future__ import annotations

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
from typing import Final

import structlog

from regulars.api.rolling import Processes
from regulars.kit import archiving, backups, observability, server, standing, upgrade
from regulars.kit.address import Address
from regulars.kit.settings import Settings
from regulars.kit.standing import Standing

_log = structlog.get_logger("regulars.api")

_WORKER_STOP_S: Final = 10.0
_WORKER_PAUSE_S: Final = 1.0
_STARTS_MAX: Final = 5
_HEALTHY_S: Final = 20.0
_READY_TRIES: Final = 600
_READY_PAUSE_S: Final = 0.1


def serve(settings: Settings) -> None:
    """Start everything and answer until SIGTERM or SIGINT; then finish what is under way and stop everything. On SIGHUP
    the processes are replaced by those of the release that is installed then, and no request goes unanswered.

    The processes read the same `REGULARS_*` as this one. Raises PortTaken, ServerDidNotStart,
    OtherServerVersion, MayNotPrepare.
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
        # Processes of one server meet in files, or /metrics would tell of one of them by chance.
        if settings.processes > 1:
            os.environ["PROMETHEUS_MULTIPROC_DIR"] = figures
        archiver = _archiver(settings, where)
        worker = Worker()
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


def _archiver(settings: Settings, where: Address) -> archiving.Archiver | None:
    """What copies the log to the backup folder, started; None where there is no such folder."""
    if settings.database_url:
        return None
    if not settings.backup_folder:
        archiving.drop_slot(where)
        return None
    folder = Path(settings.backup_folder).expanduser().absolute()
    archiver = archiving.Archiver(where, backups.line_folder(settings.home, folder))
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
            raise server.PortTaken(host=settings.host, port=settings.port) from fault


def _tell_when_ready(settings: Settings) -> None:
    """Say where the API answers, once it does: whoever started it waits for that."""
    for _ in range(_READY_TRIES):
        with contextlib.suppress(OSError), socket.create_connection((settings.host, settings.port), timeout=1):
            _log.info("ready", url=f"http://{settings.host}:{settings.port}")
            return
        time.sleep(_READY_PAUSE_S)


def _answer(settings: Settings, ready: Path, worker: Worker) -> None:
    """Answer until asked to stop. Raises SystemExit where the processes do not come up."""

    def reloaded(well: bool) -> None:
        if well:
            worker.renew()
        before = standing.read(settings) or Standing(pid=os.getpid())
        standing.write(settings, Standing(pid=os.getpid(), reloads=before.reloads + 1, failed=not well))
        _log.info("reloaded") if well else _log.error("not reloaded: what was serves on")

    early = 0
    while early < _STARTS_MAX:
        processes, started = Processes(settings, ready=ready, before=_migrate, after=reloaded), time.monotonic()
        with contextlib.suppress(SystemExit):
            processes.answer()
        if processes.interrupt_signal:
            return
        # Granian gives up when a process dies twice within 5.5 s, which two kills by a hungry kernel may well do.
        early = early + 1 if time.monotonic() - started < _HEALTHY_S else 1
        _log.error("the processes that answer ended and are started again", early=early)
    raise SystemExit(1)


def _migrate() -> bool:
    """Bring the schema to the release installed now, which may be newer than the one this process began with."""
    command = [sys.executable, "-P", "-m", "regulars", "db", "migrate"]
    return subprocess.run(command, check=False).returncode == 0


class Worker:
    """The background process: started again when it dies, stopped with the server."""

    def __init__(self) -> None:
        self._stopping = threading.Event()
        self._starting = threading.Lock()
        self._child: subprocess.Popen[bytes] | None = None
        self._replaced: subprocess.Popen[bytes] | None = None
        self._thread = threading.Thread(target=self._watch, name="worker-watcher", daemon=True)

    def start(self) -> None:
        """Start it; this returns at once."""
        self._thread.start()

    def stop(self) -> None:
        """Ask it to finish and wait."""
        with self._starting:
            self._stopping.set()
            child = self._child
        if child is not None:
            child.terminate()
            try:
                child.wait(_WORKER_STOP_S)
            except subprocess.TimeoutExpired:
                child.kill()
        self._thread.join()

    def renew(self) -> None:
        """Let it finish what it does; a new one is started in its place."""
        child = self._child
        if child is not None:
            self._replaced = child
            child.terminate()

    def _watch(self) -> None:
        while True:
            with self._starting:
                if self._stopping.is_set():
                    return
                # A session of its own: Ctrl-C in a terminal reaches the supervisor, which stops the worker in order.
                # Nothing is ever written into its input: that ends when we do, however that comes.
                self._child = subprocess.Popen(
                    [sys.executable, "-P", "-m", "regulars.worker", "--follow"],
                    stdin=subprocess.PIPE,
                    start_new_session=True,
                )
            code = self._child.wait()
            if self._child.stdin is not None:
                self._child.stdin.close()
            if self._child is self._replaced and code == 0:
                _log.info("worker finished, a new one takes its place")
            elif not self._stopping.wait(_WORKER_PAUSE_S):
                _log.warning("worker ended and is started again", code=code)
