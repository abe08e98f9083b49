"""A program that is not ours and ends with us, however we ended: PostgreSQL's own copying would go on for as long as
there is something to copy, for nobody.

Between us and it stands a small process of ours. Its input is one into which nothing is ever written and which ends
when we do; then it ends all that it started. Run as a file of its own, it needs nothing of this package.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

_KILLED = 128


@contextmanager
def running(
    command: Sequence[str], *, environment: Mapping[str, str], held: Sequence[int] = ()
) -> Iterator[subprocess.Popen[str]]:
    """The program, with what it complains about to be read from `stderr`; when the block is left by an exception, it is
    ended, else waited for. It goes on holding the files `held`, and writes for its owner alone. Raises OSError."""
    with subprocess.Popen(
        [sys.executable, "-I", "-S", __file__, *command],
        env=dict(environment),
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        umask=0o077,
        pass_fds=held,
        # Ctrl-C in a terminal reaches us, and we end it: it would take its own end for a fault.
        start_new_session=True,
    ) as child:
        yield child
        # Before its input is closed, which would tell it that we are gone.
        child.wait()


def main() -> None:
    """Run the command that the arguments are until it ends, or our input does."""
    # Open here are only those that were handed to us; they are handed on.
    child = subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL, close_fds=False)
    threading.Thread(target=_end_with_input, daemon=True).start()
    code = child.wait()
    sys.exit(code if code >= 0 else _KILLED - code)


def _end_with_input() -> None:
    while os.read(0, 1):
        pass
    # What it started belongs to this group too, and so do we.
    os.killpg(0, signal.SIGKILL)


if __name__ == "__main__":
    main()
