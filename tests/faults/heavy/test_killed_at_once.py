"""Processes that are killed the moment they have come up come up again, however often; those that never do are not tried for ever."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults import crowd, table
from tests.journeys.conftest import Server

KILLS = 12
# A release that is installed by halves: the processes that answer cannot be loaded.
UNABLE = """
import sys

class Unable:
    def find_spec(self, name, path=None, target=None):
        if name == "regulars.api.app":
            raise ImportError(name)

sys.meta_path.insert(0, Unable())
"""


@pytest.fixture
def served(home: Path) -> Iterator[Server]:
    running = Server(home)
    running.start()
    yield running
    if running.child is not None and running.child.poll() is None:
        running.stop()


@pytest.mark.timeout(400)
def test_who_is_killed_as_soon_as_it_answers_answers_again(served: Server) -> None:
    for _ in range(KILLS):
        for each in crowd.api_processes(served):
            crowd.kill(each)
        served.wait_until_ready(within_s=60)
    assert served.stop() == 0
    table.tell("R1", f"{KILLS} kills, each as soon as the server answered", "answers again after each")


@pytest.mark.timeout(400)
def test_control_who_never_comes_up_is_given_up(home: Path) -> None:
    (home / "sitecustomize.py").write_text(UNABLE, encoding="utf-8")
    served = Server(home, PYTHONPATH=str(home))
    with served.log.open("ab") as log:
        child = subprocess.Popen([sys.executable, "-m", "regulars.api"], env=served.environment, stdout=log, stderr=log)
    assert child.wait(300) == 1, served.log.read_text()
