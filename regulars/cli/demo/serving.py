"""The API as a child of the demo, started first and stopped last."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import httpx

from regulars.kit import companions
from regulars.kit.errors import RegularsError
from regulars.kit.i18n import Text
from regulars.kit.settings import Settings

_READY_S: Final = 60.0
_STOP_S: Final = 20.0


class ServerNotReady(RegularsError):
    """The API did not come up."""

    texts = Text(
        en="The API on {url} did not start: {reason}",
        ru="API по адресу {url} не запустился: {reason}",
        ro="API-ul de la {url} nu a pornit: {reason}",
    )
    url: str
    reason: str


@contextmanager
def api(settings: Settings) -> Iterator[subprocess.Popen[bytes]]:
    """The API until the block ends; it answers once `wait` has returned. Raises ServerNotReady where something else
    listens there."""
    if _answers(url_of(settings)):
        reason = "something answers there already; stop it or set REGULARS_PORT"
        raise ServerNotReady(url=url_of(settings), reason=reason)
    environment = os.environ | {
        "REGULARS_HOME": str(settings.home),
        "REGULARS_HOST": settings.host,
        "REGULARS_PORT": str(settings.port),
        "REGULARS_LOG_LEVEL": settings.log_level if settings.log_level != "info" else "warning",
    }
    # A session of its own: Ctrl-C reaches the demo, which first finishes what it loads and then stops the API.
    child = subprocess.Popen(
        [sys.executable, "-m", "regulars.api"], env=environment, stdout=sys.stderr, start_new_session=True
    )
    try:
        yield child
    finally:
        companions.end(child, _STOP_S)


def url_of(settings: Settings) -> str:
    """Where the API answers on this machine."""
    return f"http://{settings.host}:{settings.port}"


def wait(settings: Settings, child: subprocess.Popen[bytes]) -> None:
    """Return when the API answers. Raises ServerNotReady."""
    url = url_of(settings)
    until = time.monotonic() + _READY_S
    while time.monotonic() < until:
        if child.poll() is not None:
            raise ServerNotReady(url=url, reason=f"it ended with exit code {child.returncode}; see above")
        if _answers(url):
            return
        time.sleep(0.05)
    raise ServerNotReady(url=url, reason="it did not answer within a minute")


def _answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/health", timeout=2.0).status_code == 200
    except httpx.HTTPError:
        return False
