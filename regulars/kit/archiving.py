"""The log of the embedded server, copied to the backup folder while the server writes it: what is lost with the disk is
what did not get across yet, well below a second of it."""

from __future__ import annotations

import logging
import os
import subprocess
import threading
from pathlib import Path
from typing import Any, Final

import psycopg

from regulars.kit import backups, binaries
from regulars.kit.address import Address

_log = logging.getLogger(__name__)

# The server keeps what this slot has not got yet, up to max_slot_wal_keep_size.
SLOT: Final = "regulars_backup"
_STOP_S: Final = 10.0
_PAUSE_S: Final = 1.0
_PAUSE_MAX_S: Final = 30.0


class Archiver:
    """`pg_receivewal` as a child of this process, started again when it dies."""

    def __init__(self, where: Address, line: Path) -> None:
        self._where = where
        self._wal = line / backups.WAL
        self._stopping = threading.Event()
        self._child: subprocess.Popen[str] | None = None
        self._starting = threading.Lock()
        self._thread = threading.Thread(target=self._watch, name="archive-watcher", daemon=True)

    def start(self) -> None:
        """Start it; this returns at once."""
        self._thread.start()

    def stop(self) -> None:
        """Ask it to finish the file it writes, and wait."""
        with self._starting:
            self._stopping.set()
            child = self._child
        if child is not None:
            child.terminate()
            try:
                child.wait(_STOP_S)
            except subprocess.TimeoutExpired:
                child.kill()
        self._thread.join()

    def _watch(self) -> None:
        pause_s = _PAUSE_S
        while not self._stopping.is_set():
            try:
                keep_slot(self._where)
                said = self._receive()
                pause_s = _PAUSE_S
            except (psycopg.Error, OSError) as fault:
                said, pause_s = str(fault), min(pause_s * 2, _PAUSE_MAX_S)
            if not self._stopping.wait(pause_s):
                _log.error("the log is not copied to %s and is tried again: %s", self._wal, said.strip())

    def _receive(self) -> str:
        with self._starting:
            if self._stopping.is_set():
                return ""
            user, password = self._where.login("admin")
            command = [str(binaries.folder(None) / "pg_receivewal"), "-h", self._where.host, "-U", user]
            command += ["-p", str(self._where.port), "-D", str(self._wal), "--slot", SLOT]
            # On the disk at once, and gone when the server goes: then we start it anew.
            command += ["--synchronous", "--no-loop", "--no-password"]
            environment = {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "PGPASSWORD": password}
            self._child = subprocess.Popen(
                command, env=environment, stderr=subprocess.PIPE, text=True, start_new_session=True, umask=0o077
            )
        return self._child.communicate()[1]


def keep_slot(where: Address) -> None:
    """Make the slot, or make it anew where the server had to let go of it: then the log has a gap, and only a new base
    backup mends it. Raises psycopg.Error."""
    with psycopg.connect(**where.sync_arguments("admin"), autocommit=True) as connection:
        found = _slot(connection)
        if found == "lost":
            _log.error("the backup folder was away for too long: the log has a gap; run: regulars backup")
            connection.execute("SELECT pg_drop_replication_slot(%s)", (SLOT,))
        if found in {None, "lost"}:
            connection.execute("SELECT pg_create_physical_replication_slot(%s, true)", (SLOT,))


def drop_slot(where: Address) -> None:
    """Nobody copies the log any more: the server need not keep it. Raises psycopg.Error."""
    with psycopg.connect(**where.sync_arguments("admin"), autocommit=True) as connection:
        connection.execute(
            "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name = %s AND NOT active",
            (SLOT,),
        )


def lag_bytes(where: Address) -> int | None:
    """How much of the log is not in the backup folder yet; None where nobody copies it. Raises psycopg.Error."""
    with psycopg.connect(**where.sync_arguments("admin"), autocommit=True) as connection:
        row = connection.execute(
            """SELECT pg_wal_lsn_diff(pg_current_wal_flush_lsn(), r.flush_lsn)::bigint
               FROM pg_replication_slots s JOIN pg_stat_replication r ON r.pid = s.active_pid WHERE s.slot_name = %s""",
            (SLOT,),
        ).fetchone()
    return None if row is None else row[0]


def _slot(connection: psycopg.Connection[Any]) -> str | None:
    row = connection.execute("SELECT wal_status FROM pg_replication_slots WHERE slot_name = %s", (SLOT,)).fetchone()
    return None if row is None else row[0]
