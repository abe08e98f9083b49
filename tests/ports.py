"""Ports for servers that tests start. Those that the kernel hands out by itself may go to any connection, or to a test
beside this one, in the seconds before the server takes its own: ours lie below them, apart for each process of a run."""

from __future__ import annotations

import itertools
import os
import socket

_FIRST, _EACH, _LANES = 20_000, 500, 24
_lane = os.getpid() % _LANES
_turns = itertools.cycle(range(_EACH))


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on, and that nobody of this run is told again soon."""
    for turn in itertools.islice(_turns, _EACH):
        port = _FIRST + _lane * _EACH + turn
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise AssertionError("no port is free")
