"""The processes that answer, and how new ones take their place while requests come in.

A new process is waited for until it is ready; then the old one is told that it leaves: it takes no new connection, and
each of its answers closes its connection, so that callers come back to a new process. Only then is it stopped. All
share one listening socket: what waits in it when a process goes is taken by the others, where a socket for each would
lose it.

The supervisor stays what it was started as, so `loaded` and its folder are a contract between releases.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import socket
import stat
import time
from collections.abc import Callable
from functools import partial
from multiprocessing import connection
from pathlib import Path
from typing import Any, Final

import structlog
from granian.constants import Interfaces
from granian.log import LogLevels
from granian.server.mp import MPServer

from regulars.kit import following
from regulars.kit.settings import Settings

_log = structlog.get_logger("regulars.api")

LEAVE: Final = signal.SIGUSR1
"""Tells a process that its place is taken."""
_OPEN_FILES: Final = Path("/dev/fd")
_READY_S: Final = 60.0
_LEAVING_S: Final = 3.0
"""How long callers have to come back with a new connection; one that is silent for longer is closed in its silence."""
_STOP_S: Final = 10


class Processes(MPServer):
    """Granian's processes over one socket, replaced one by one on SIGHUP."""

    def __init__(
        self, settings: Settings, *, ready: Path, before: Callable[[], bool], after: Callable[[bool], None]
    ) -> None:
        super().__init__(
            "regulars.api.app:application",
            address=settings.host,
            port=settings.port,
            interface=Interfaces.ASGI,
            workers=settings.processes,
            # One killed process must not end the server.
            respawn_failed_workers=True,
            respawn_interval=0.2,
            workers_kill_timeout=_STOP_S,
            websockets=False,
            log_level=LogLevels.warning if settings.log_level != "debug" else LogLevels.debug,
        )
        self._ready = ready
        self._before = before
        self._after = after

    def answer(self) -> None:
        """Answer until SIGTERM or SIGINT. Raises SystemExit where the processes do not come up."""
        self.serve(target_loader=partial(loaded, str(self._ready)), wrap_loader=False)

    def _init_shared_socket(self) -> None:
        # As Granian does it by itself wherever sockets cannot be shared by their address.
        above: Any = super()
        above._init_shared_socket()
        wanted: Any = self._ssp
        made: Any = wanted.build()
        self._shd = made
        self._sfd = made.get_fd()
        self._ssp = None
        self._sso = socket.socket(fileno=self._sfd)
        self._sso.set_inheritable(True)

    def _reload(self, spawn_target: Any, target_loader: Any) -> None:
        self.reload_signal = False
        self.main_loop_interrupt.clear()
        places = range(self.workers)
        self._after(self._before() and all(self._replace(each, spawn_target, target_loader) for each in places))

    def _replace(self, place: int, spawn_target: Any, target_loader: Any) -> bool:
        old: Any = self.wrks[place]
        new: Any = self._spawn_worker(idx=place, target=spawn_target, callback_loader=target_loader)
        new.start()
        if not self._is_ready(new):
            _log.error("a new process does not come up: the old ones stay")
            new.kill()
            new.join()
            # It is not the one of this place that died.
            self.interrupt_children = [each for each in self.interrupt_children if each != place]
            return False
        self.wrks[place] = new
        with contextlib.suppress(ProcessLookupError):
            os.kill(old._id(), LEAVE)
        time.sleep(_LEAVING_S)
        old.terminate()
        old.join(_STOP_S)
        if old.is_alive():
            # A stream of events has no end; who listens takes it up again where it broke.
            _log.warning("an old process was ended in what it did", waited_s=_STOP_S)
            old.kill()
            old.join()
        return True

    def _is_ready(self, new: Any) -> bool:
        until = time.monotonic() + _READY_S
        while time.monotonic() < until and new.is_alive() and not self.interrupt_signal:
            if (self._ready / str(new._id())).exists():
                return True
            time.sleep(0.02)
        return False


def loaded(ready: str) -> Any:
    """The application of one process, which says when it is ready and heeds that it leaves."""
    from regulars.api.app import application

    supervisor = multiprocessing.parent_process()
    if supervisor is not None:
        following.follow(partial(connection.wait, [supervisor.sentinel]))
    gate = application()
    gate.when_ready = (Path(ready) / str(os.getpid())).touch

    def leave(*_: object) -> None:
        gate.leave()
        _take_no_more()

    signal.signal(LEAVE, leave)
    return gate


def _take_no_more() -> None:
    """Put a socket where nobody calls in the place of each that this process listens at, so that whoever calls is taken
    by the others. Closing it would not do: the server in this process still asks it for connections, and to shut it
    down would shut it for all who share it.
    """
    for number in [int(each.name) for each in _OPEN_FILES.iterdir()]:
        # What the listing itself had open is closed by now.
        with contextlib.suppress(OSError):
            if stat.S_ISSOCK(os.fstat(number).st_mode):
                _silence(number)


def _silence(number: int) -> None:
    with socket.socket(fileno=os.dup(number)) as found:
        if not found.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
            return
        with socket.socket(found.family, found.type) as silent:
            # Who asks it for a connection must not wait.
            silent.setblocking(False)
            silent.bind(("::1" if found.family == socket.AF_INET6 else "127.0.0.1", 0))
            silent.listen(1)
            os.dup2(silent.fileno(), number)
