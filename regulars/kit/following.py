"""A process that is nothing without the one that started it: it ends with it, in order, however that one ended.

Otherwise what was left would go on answering with nobody to start it again, and hold the port that the next one needs.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable
from typing import Final

_STOP_S: Final = 10.0


def follow(ended: Callable[[], object]) -> None:
    """Stop this process once `ended` returns: by SIGTERM, so that what is under way is finished, and after ten seconds
    in any case. `ended` is called in a thread of its own and waits for as long as the other process lives."""

    def watch() -> None:
        ended()
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(_STOP_S)
        os._exit(1)

    threading.Thread(target=watch, name="follower", daemon=True).start()
