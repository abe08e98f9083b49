"""The log of the embedded server, copied to the backup folder while the server writes it: what is lost with the disk is
what did not get across yet, well below a second of it."""

from __future__ import annotations

import logging
import os
import subprocess
from functools import partial
from pathlib import Path
from typing import Any, Final

import psycopg

from regulars.kit import backups, binaries
from regulars.kit.address import Address
from regulars.kit.companions import Companion

_log = logging.getLogger(__name__)

# The server keeps what this slot has not got yet, up to max_slot_wal_keep_size.
SLOT: Final = "regulars_backup"


def archiver(where: Address, line: Path) -> Companion:
    """What copies the log into the `line` of a backup folder once it is started."""
    wal = line / backups.WAL
    return Companion(f"the copy of the log to {wal}", partial(_receive, where, wal))


def _receive(where: Address, wal: Path, **given: Any) -> subprocess.Popen[str]:
    """Raises OSError where the server does not answer."""
    try:
        keep_slot(where)
    except psycopg.Error as fault:
        raise ConnectionError(str(fault)) from fault
    user, password = where.login("admin")
    command = [str(binaries.folder(None) / "pg_receivewal"), "-h", where.host, "-U", user]
    command += ["-p", str(where.port), "-D", str(wal), "--slot", SLOT]
    # On the disk at once, and gone when the server goes: then it is started anew.
    command += ["--synchronous", "--no-loop", "--no-password"]
    environment = {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "PGPASSWORD": password}
    return subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True, umask=0o077, **given)


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
