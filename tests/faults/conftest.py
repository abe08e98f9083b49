"""Fault tests run a server of their own, which they may kill."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.journeys.conftest import Server


@pytest.fixture
def doomed() -> Iterator[Server]:
    """A running server whose processes may be killed."""
    home = Path(tempfile.mkdtemp(prefix="regulars-faults-", dir="/tmp"))
    home.chmod(0o755)
    server = Server(home)
    server.start()
    yield server
    server.stop()
    shutil.rmtree(home, ignore_errors=True)
