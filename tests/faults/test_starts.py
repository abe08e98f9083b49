"""Whatever the supervisor does while it starts a process that answers, that process comes up."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from regulars.kit.address import Address
from tests.faults import crowd
from tests.ports import free_port

# Another thread is in the middle of an import that the processes need too, and it never ends.
BUSY = """
import importlib.machinery, sys, threading, time
from regulars.api import server
from regulars.kit import settings

begun = threading.Event()

class Slow:
    def find_spec(self, name, path=None, target=None):
        return importlib.machinery.ModuleSpec(name, self) if name == "regulars.api.app" else None

    def create_module(self, spec):
        return None

    def exec_module(self, module):
        begun.set()
        time.sleep(3600)

sys.meta_path.insert(0, Slow())
threading.Thread(target=__import__, args=("regulars.api.app",), daemon=True).start()
begun.wait()
server.serve(settings.load())
"""


def answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/health", timeout=2).status_code == 200
    except httpx.TransportError:
        return False


@pytest.mark.slow
def test_a_process_that_answers_waits_for_nothing_that_a_thread_of_its_supervisor_does(
    address: Address, home: Path
) -> None:
    port = free_port()
    ours = {name: value for name, value in os.environ.items() if not name.startswith("REGULARS_")}
    known = {"REGULARS_HOME": str(home), "REGULARS_PORT": str(port), "REGULARS_DATABASE_URL": crowd.url_of(address)}
    log = home / "server.log"
    with log.open("wb") as said:
        child = subprocess.Popen([sys.executable, "-c", BUSY], env=ours | known, stdout=said, stderr=said)
    try:
        until = time.monotonic() + 45
        while not answers(f"http://127.0.0.1:{port}"):
            assert time.monotonic() < until, log.read_text()
            time.sleep(0.05)
    finally:
        child.send_signal(signal.SIGTERM)
        assert child.wait(30) == 0, log.read_text()
