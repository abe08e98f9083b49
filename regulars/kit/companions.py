"""A process beside this one, kept alive: started again whenever it ends, until it is told to stop."""

from __future__ import annotations

import logging
import subprocess
import threading
from collections.abc import Callable
from typing import Any, Final

_log = logging.getLogger(__name__)

_PAUSE_S: Final = 1.0
_PAUSE_MAX_S: Final = 30.0
_STOP_S: Final = 10.0


class Companion:
    """A child of this process, watched by a thread.

    `launch` hands what it is given on to `subprocess.Popen`; where it raises OSError it is asked again, ever more
    seldom. Given are a session of its own, so that Ctrl-C in a terminal reaches us, and we stop the child in order; and
    an input into which nothing is ever written and which ends when we do, however that comes (`kit.following`).
    """

    def __init__(self, name: str, launch: Callable[..., subprocess.Popen[str]], *, stop_s: float = _STOP_S) -> None:
        self._name = name
        self._launch = launch
        self._stop_s = stop_s
        self._stopping = threading.Event()
        self._starting = threading.Lock()
        self._child: subprocess.Popen[str] | None = None
        self._replaced: subprocess.Popen[str] | None = None
        self._thread = threading.Thread(target=self._watch, name=f"{name}-watcher", daemon=True)

    def start(self) -> None:
        """Start it; this returns at once."""
        self._thread.start()

    def stop(self) -> None:
        """Ask it to finish what it does, and wait; after `stop_s` it is ended."""
        with self._starting:
            self._stopping.set()
        if self._child is not None:
            end(self._child, self._stop_s)
        self._thread.join()

    def renew(self) -> None:
        """Let it finish what it does; a new one is started in its place."""
        with self._starting:
            self._replaced = self._child
        if self._replaced is not None:
            self._replaced.terminate()

    def _watch(self) -> None:
        pause_s = _PAUSE_S
        while True:
            try:
                with self._starting:
                    if self._stopping.is_set():
                        return
                    self._child = self._launch(stdin=subprocess.PIPE, start_new_session=True)
            except OSError as fault:
                said, pause_s = str(fault), min(pause_s * 2, _PAUSE_MAX_S)
            else:
                said, pause_s = _last_words(self._child), _PAUSE_S
                if self._child is self._replaced and self._child.returncode == 0:
                    _log.info("%s finished, a new one takes its place", self._name)
                    continue
            if not self._stopping.wait(pause_s):
                _log.error("%s is started again: %s", self._name, said)


def end(child: subprocess.Popen[Any], stop_s: float = _STOP_S) -> None:
    """Ask a child to finish what it does, wait, and end it where it does not."""
    child.terminate()
    try:
        child.wait(stop_s)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()


def _last_words(child: subprocess.Popen[str]) -> str:
    # Waited for before the block closes its input, which would tell it that we are gone.
    with child:
        said = child.stderr.read().strip() if child.stderr else ""
        child.wait()
    return said or f"exit code {child.returncode}"
