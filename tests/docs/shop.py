"""The corner shop of docs/till.md: its server and its two terminals, as the page says, in a folder of their own.

`python -m tests.docs.shop` types the page and writes the answers of today into it.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import httpx

from regulars.kit import edge
from tests.docs import session as pages
from tests.docs.session import Session
from tests.faults.clock import Clock
from tests.ports import free_port

SECOND = dt.timedelta(seconds=1)
PAGE = Path(__file__).resolve().parents[2] / "docs" / "till.md"


class Shop:
    """The server of the page and its two terminals, in a folder of their own."""

    def __init__(self, folder: Path, page: Path = PAGE, environment: dict[str, str] | None = None) -> None:
        self.folder = folder
        self.environment = environment or {}
        self.port = free_port()
        text = page.read_text(encoding="utf-8")
        serve, self.second, *_ = (block.text for block in pages.blocks(text) if block.kind == "bash")
        program = next(one.text for one in pages.blocks(text) if one.kind == "yaml")
        (folder / f"{program.partition('name: ')[2].partition(',')[0]}.yaml").write_text(program, encoding="utf-8")
        # Whatever lies in the folder, the server and what it starts take Python's own modules.
        (folder / "queue.py").write_text("raise SystemExit('taken for the queue of Python')\n", encoding="utf-8")
        self.log = folder / "server.log"
        with self.log.open("wb") as log:
            # A session of its own: the shell and what it starts end together.
            self.server = subprocess.Popen(
                self.typed(serve), cwd=folder, env=self.clean(), stdout=log, stderr=log, start_new_session=True
            )

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def clean(self) -> dict[str, str]:
        """The environment of a terminal that speaks English and has no settings of its own."""
        mine = ("REGULARS_", "LC_", "LANG")
        return {name: value for name, value in os.environ.items() if not name.startswith(mine)} | {
            "LANG": "C.UTF-8",
            **self.environment,
        }

    def typed(self, block: str) -> list[str]:
        here = (
            block.replace("$PWD/.venv/bin", str(Path(sys.executable).parent))
            .replace("8701", str(self.port))
            .replace("8702", str(self.port))
        )
        return ["bash", "-ec", here]

    def open(self) -> tuple[str, str]:
        """Wait for the server, then type what the second terminal is told to; the token, and the manager's if it makes
        one."""
        until = time.monotonic() + 60
        while True:
            with contextlib.suppress(httpx.TransportError):
                if httpx.get(f"{self.url}/ready", timeout=2).status_code == 200:
                    break
            assert self.server.poll() is None, self.log.read_text()[-3000:]
            assert time.monotonic() < until, self.log.read_text()[-3000:]
            time.sleep(0.05)
        done = self.types(self.second + 'echo; echo "$TOKEN;${OFFICE#*Bearer };$URL"')
        assert done.returncode == 0, done.stderr
        token, office, url = done.stdout.splitlines()[-1].split(";")
        assert url == self.url
        return token, office

    def types(self, block: str) -> subprocess.CompletedProcess[str]:
        """What the second terminal says to some lines."""
        return subprocess.run(
            self.typed(block), cwd=self.folder, env=self.clean(), capture_output=True, text=True, check=False
        )

    def close(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.server.pid, signal.SIGTERM)
        self.server.wait(30)


@contextlib.contextmanager
def opened(page: Path = PAGE, *, at_noon: bool = False) -> Iterator[tuple[Shop, Session]]:
    """The shop and a session at its server, for as long as the block runs; `at_noon`: its clock is ahead, at the next
    12:00 of UTC, where no hours of any preset begin or end."""
    folder = Path(tempfile.mkdtemp(prefix="regulars-docs-", dir="/tmp"))
    folder.chmod(0o755)
    environment = dict[str, str]()
    if at_noon:
        clock, now = Clock(folder), edge.now()
        clock.turn(
            f"+{(dt.timedelta(hours=12) - (now - now.replace(hour=0, minute=0))) % dt.timedelta(days=1) // SECOND}"
        )
        environment = clock.environment
    shop = Shop(folder, page, environment)
    try:
        token, office = shop.open()
        session = Session(shop.url, token, office=office, folder=folder)
        yield shop, session
        session.close()
    finally:
        shop.close()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    with opened() as (_, here):
        PAGE.write_text(pages.rewritten(PAGE.read_text(encoding="utf-8"), here), encoding="utf-8")
