"""Servers that may be killed, paused and starved, with two processes that answer."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.journeys.conftest import Server


@pytest.fixture
def pair() -> Iterator[Server]:
    """A running server of two processes that answer."""
    home = Path(tempfile.mkdtemp(prefix="regulars-faults-", dir="/tmp"))
    home.chmod(0o755)
    server = Server(home, REGULARS_PROCESSES="2")
    server.start()
    yield server
    server.stop()
    shutil.rmtree(home, ignore_errors=True)
