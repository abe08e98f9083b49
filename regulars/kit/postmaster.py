"""The first process of a PostgreSQL as the machine shows it: whether it lives, whose it is, and how it is ended."""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

_log = logging.getLogger(__name__)

_STOP_S: Final = 60.0


def end_orphan(data: Path) -> None:
    """Stop a server that outlived its supervisor, so that ours is our own child."""
    try:
        pid = int((data / "postmaster.pid").read_text().split("\n", 1)[0])
    except (OSError, ValueError):
        return
    if _is_alive(pid, data):
        _log.warning("stopping a PostgreSQL (%s) that outlived the process which ran it", pid)
        end(pid, lambda: not _is_alive(pid, data))


def _is_alive(pid: int, data: Path) -> bool:
    try:
        os.kill(pid, 0)
    except OSError:
        return False
    # A dead child that nobody waits for still answers to kill, and a number may have gone to another program.
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        folder = Path(f"/proc/{pid}/cwd").readlink()
    except OSError:
        return not Path("/proc/self").exists()
    return state != "Z" and folder == data.resolve()


def end(pid: int, is_over: Callable[[], bool]) -> None:
    """End a server: in order, then at once, then in any case."""
    # SIGINT is PostgreSQL's fast shutdown (sessions cut, data flushed), SIGQUIT leaves recovery to the next start.
    for kind, wait_s in ((signal.SIGINT, _STOP_S), (signal.SIGQUIT, 10.0), (signal.SIGKILL, 5.0)):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, kind)
        until = time.monotonic() + wait_s
        while time.monotonic() < until:
            if is_over():
                return
            time.sleep(0.005)
