"""`python -m regulars.worker`: the background process alone, for a machine of its own.

With `--follow` it is a part of whoever started it, and ends with the standard input that it was given.
"""

from __future__ import annotations

import asyncio
import os
import sys

from regulars.kit import following, observability, settings
from regulars.worker import service

if __name__ == "__main__":
    if sys.argv[1:] == ["--follow"]:
        # Not by sys.stdin: a thread that waits in it holds its lock, and the interpreter could not end.
        following.follow(lambda: os.read(0, 1))
    configured = settings.load()
    observability.set_up(configured, process="worker")
    asyncio.run(service.work(configured))
