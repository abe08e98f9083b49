"""The embedded PostgreSQL: our own child process, in a folder that nobody else may enter, restarted when it dies.

One process of ours supervises the server of a home folder, held by a file lock; others that start meanwhile attach to
it. A server that outlived its supervisor is stopped and started again by the next one. Root never runs the server: then
it gets a system user of its own.
"""

from __future__ import annotations

import contextlib
import fcntl
import logging
import math
import os
import shutil
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, Final

import msgspec
import psycopg

from regulars.kit import address, binaries, postmaster
from regulars.kit.address import Address
from regulars.kit.binaries import Account
from regulars.kit.server_faults import NoDatabaseYet, OtherServerVersion, RestoreUnfinished, ServerDidNotStart
from regulars.kit.settings import Settings

_log = logging.getLogger(__name__)

# The kernel's limit for the path of a socket is 108 bytes, PostgreSQL adds "/.s.PGSQL.5432.lock".
_SOCKET_FOLDER_MAX: Final = 85
_READY_S: Final = 600.0

UNFINISHED: Final = "restore.unfinished"
"""The file that stands in a home while a restore into it is under way."""


class Tuning(msgspec.Struct, frozen=True, kw_only=True):
    """What the operator may turn. `durable` is off only in tests that nobody kills; `recovery` is for a restore."""

    shared_buffers: str = "128MB"
    max_wal_size: str = "2GB"
    max_connections: int = 100
    durable: bool = True
    recovery: dict[str, str] = {}


def tuning_of(settings: Settings) -> Tuning:
    """The tuning that the settings ask for."""
    return Tuning(
        shared_buffers=settings.postgres_shared_buffers,
        max_wal_size=settings.postgres_max_wal_size,
        max_connections=settings.postgres_max_connections,
    )


@contextlib.contextmanager
def serving(settings: Settings, *, make: bool = True) -> Iterator[Address]:
    """The address of the database for as long as the block runs.

    With `REGULARS_DATABASE_URL` that server; else the embedded one, started here unless another process of ours runs
    it. Raises ServerDidNotStart, OtherServerVersion; NoDatabaseYet where there is no embedded one and none is to be
    made.
    """
    if settings.database_url:
        yield address.parse(settings.database_url)
        return
    server = EmbeddedServer(settings.home, tuning_of(settings))
    if not (make or server.is_made):
        raise NoDatabaseYet(place=str(settings.home))
    try:
        yield server.start()
    finally:
        server.stop()


def locate(settings: Settings) -> Address:
    """The address of a database that another process of ours serves: what a worker needs.

    Raises NoDatabaseYet where no embedded server was ever started in this home.
    """
    if settings.database_url:
        return address.parse(settings.database_url)
    folder = (settings.home / "postgres").resolve()
    try:
        return address.embedded(settings.home, Path((folder / "socket.path").read_text()))
    except OSError as fault:
        raise NoDatabaseYet(place=str(settings.home)) from fault


class EmbeddedServer:
    """The server of one home folder, as seen by this process: its supervisor, or attached to another's."""

    def __init__(self, home: Path, tuning: Tuning | None = None) -> None:
        self.home = home
        self.tuning = tuning or Tuning()
        self.folder = home / "postgres"
        self._account: Account | None = binaries.server_account()
        self._lock: IO[str] | None = None
        self._child: subprocess.Popen[bytes] | None = None
        self._stopping = threading.Event()
        self._watcher: threading.Thread | None = None

    @property
    def is_supervisor(self) -> bool:
        """Whether this process started the server and will stop it."""
        return self._lock is not None

    @property
    def is_made(self) -> bool:
        """Whether there are data, whole or not."""
        return (self.folder / "data" / "PG_VERSION").exists() or (self.home / UNFINISHED).exists()

    @property
    def pid(self) -> int | None:
        """The process id of the server, where this process supervises it."""
        return self._child.pid if self._child else None

    def start(self) -> Address:
        """Start the server, or attach to the one that another process runs. Raises as `serving` says."""
        self.home.mkdir(mode=0o700, parents=True, exist_ok=True)
        if (self.home / UNFINISHED).exists() and not self.tuning.recovery:
            raise RestoreUnfinished(home=str(self.home))
        if self._account:
            # The server's user must pass through here to its own folder; ours below stay shut.
            self.home.chmod(self.home.stat().st_mode | 0o111)
        self._lock = _try_lock(self.home / "postgres.lock")
        if self._lock is None:
            return self._attach()
        try:
            return self._start_as_supervisor()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stop the server if this process supervises it; clients are disconnected, what was committed is kept."""
        self._stopping.set()
        child = self._child
        if child and child.poll() is None:
            postmaster.end(child.pid, lambda: child.poll() is not None)
        if self._watcher:
            self._watcher.join()
        if self._lock:
            self._lock.close()
            self._lock = None

    def _start_as_supervisor(self) -> Address:
        self.folder = own_folder(self.home)
        data = self.folder / "data"
        if not (data / "PG_VERSION").exists():
            self._initialise(data)
        found = (data / "PG_VERSION").read_text().strip()
        if found != binaries.MAJOR:
            raise OtherServerVersion(folder=str(data), found=found, expected=binaries.MAJOR)
        postmaster.end_orphan(data)
        where = self._address()
        self._spawn()
        self._wait_until_ready(where)
        self._watcher = threading.Thread(target=self._watch, name="postgres-watcher", daemon=True)
        self._watcher.start()
        return where

    def _attach(self) -> Address:
        until = time.monotonic() + _READY_S
        while True:
            with contextlib.suppress(OSError, psycopg.OperationalError):
                path = Path(((self.home / "postgres").resolve() / "socket.path").read_text())
                where = address.embedded(self.home, path)
                _ping(where)
                return where
            if time.monotonic() > until:
                raise ServerDidNotStart(folder=str(self.folder), reason="the process that runs it does not get it up")
            # The supervisor may have gone while we waited: then the lock is ours to take.
            self._lock = _try_lock(self.home / "postgres.lock")
            if self._lock is not None:
                return self._start_as_supervisor()
            time.sleep(0.1)

    def _address(self) -> Address:
        note = self.folder / "socket.path"
        socket_folder = self.folder / "socket"
        if len(os.fsencode(socket_folder)) > _SOCKET_FOLDER_MAX:
            kept = Path(note.read_text()) if note.exists() else None
            socket_folder = kept if kept and kept.is_dir() else Path(tempfile.mkdtemp(prefix="regulars-", dir="/tmp"))
        socket_folder.mkdir(mode=0o700, exist_ok=True)
        _give(socket_folder, self._account)
        note.write_text(str(socket_folder))
        return address.embedded(self.home, socket_folder)

    def _initialise(self, data: Path) -> None:
        # Made beside its place and moved there when whole: a start that was killed half-way leaves no half server.
        draft = data.with_name("data.new")
        shutil.rmtree(draft, ignore_errors=True)
        _, password = address.embedded(self.home, self.folder).login("admin")
        arguments = ["--username=postgres", "--auth=scram-sha-256", "--encoding=UTF8", "--locale=C", "--data-checksums"]
        with tempfile.NamedTemporaryFile("w", dir=self.folder, prefix=".pw") as file:
            file.write(password)
            file.flush()
            _give(Path(file.name), self._account)
            self._run("initdb", f"--pgdata={draft}", f"--pwfile={file.name}", *arguments)
        draft.rename(data)

    def _run(self, program: str, *arguments: str) -> None:
        command = [str(binaries.folder(self._account) / program), *arguments]
        result = subprocess.run(command, check=False, capture_output=True, **self._as_account())
        if result.returncode:
            said = (result.stderr or result.stdout).decode(errors="replace")
            raise ServerDidNotStart(folder=str(self.folder), reason=_tail(said))

    def _as_account(self) -> dict[str, Any]:
        environment = {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"}
        options: dict[str, Any] = {"cwd": self.folder, "env": environment, "stdin": subprocess.DEVNULL}
        if self._account:
            options |= {"user": self._account.uid, "group": self._account.gid, "extra_groups": []}
        return options

    def _spawn(self) -> None:
        said = self.folder / "start.log"
        command = [str(binaries.folder(self._account) / "postgres"), "-D", str(self.folder / "data")]
        for name, value in _configuration(self.tuning, self.folder).items():
            command += ["-c", f"{name}={value}"]
        with said.open("wb") as log:
            # A session of its own: Ctrl-C in a terminal reaches us, and we stop the server when we are done with it.
            self._child = subprocess.Popen(
                command, stdout=log, stderr=log, start_new_session=True, umask=0o077, **self._as_account()
            )

    def _wait_until_ready(self, where: Address) -> None:
        # Reading the log of days takes as long as it takes.
        until = time.monotonic() + (math.inf if self.tuning.recovery else _READY_S)
        while True:
            try:
                _ping(where)
            except psycopg.OperationalError as fault:
                if self._child is None or self._child.poll() is not None or time.monotonic() > until:
                    raise ServerDidNotStart(folder=str(self.folder), reason=self._last_words(fault)) from fault
                time.sleep(0.01)
            else:
                return

    def _last_words(self, fault: Exception) -> str:
        for path in (self.folder / "start.log", *sorted((self.folder / "log").glob("*.log"))):
            with contextlib.suppress(OSError):
                said = path.read_text(errors="replace")
                if "FATAL" in said or "PANIC" in said:
                    return _tail(said)
        return str(fault)

    def _watch(self) -> None:
        pause_s = 0.05
        while self._child is not None:
            started = time.monotonic()
            code = self._child.wait()
            if self._stopping.is_set():
                return
            # Reset after a while of good health, so that only a server that dies again and again is waited for.
            pause_s = 0.05 if time.monotonic() - started > 10 else min(pause_s * 2, 5.0)
            _log.error("the embedded PostgreSQL ended with code %s; starting it again in %.2f s", code, pause_s)
            if self._stopping.wait(pause_s):
                return
            with contextlib.suppress(OSError):
                self._spawn()


def _configuration(tuning: Tuning, folder: Path) -> dict[str, str]:
    socket_folder = (folder / "socket.path").read_text()
    safe = "on" if tuning.durable else "off"
    return {
        "listen_addresses": "",
        "unix_socket_directories": socket_folder,
        "unix_socket_permissions": "0700",
        "max_connections": str(tuning.max_connections),
        "shared_buffers": tuning.shared_buffers,
        "max_wal_size": tuning.max_wal_size,
        "checkpoint_timeout": "15min",
        # A backup disk that went away must not fill this one: beyond this, a new base backup is needed.
        "max_slot_wal_keep_size": "8GB",
        "fsync": safe,
        "full_page_writes": safe,
        "synchronous_commit": "on",
        "random_page_cost": "1.1",
        "jit": "off",
        "timezone": "UTC",
        "log_timezone": "UTC",
        "logging_collector": "on",
        "log_directory": str(folder / "log"),
        # Seven files, one a weekday, each begun anew after a week: the log cannot fill the disk.
        "log_filename": "postgres-%a.log",
        "log_rotation_age": "1d",
        "log_truncate_on_rotation": "on",
        # Parameters may be personal data.
        "log_parameter_max_length": "0",
        "log_parameter_max_length_on_error": "0",
        **tuning.recovery,
    }


def _try_lock(path: Path) -> IO[str] | None:
    # Nobody else may open it: whoever can, can hold the lock.
    file = os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), "r+")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.close()
        return None
    return file


def own_folder(home: Path) -> Path:
    """The server's folder: `postgres` in the home, or where its user can reach it, with a link in the home."""
    link, account = home / "postgres", binaries.server_account()
    if not link.exists():
        if account and not binaries.can_enter(home, account):
            # Opening the folders above to others would be worse than a link out of here.
            link.symlink_to(tempfile.mkdtemp(prefix="regulars-", dir="/var/lib"))
        else:
            link.mkdir(mode=0o700)
        _give(link.resolve(), account)
    return link.resolve()


def _give(path: Path, account: Account | None) -> None:
    if account:
        os.chown(path, account.uid, account.gid)


def _ping(where: Address) -> None:
    user, password = where.login("admin")
    with psycopg.connect(
        host=where.host, port=where.port, dbname="postgres", user=user, password=password, connect_timeout=2
    ):
        pass


def _tail(said: str) -> str:
    return " / ".join(line.strip() for line in said.strip().splitlines()[-5:])
