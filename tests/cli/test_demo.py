from __future__ import annotations

import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.ports import free_port

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]

REGULARS = str(Path(sys.executable).with_name("regulars"))


def environment(home: Path) -> dict[str, str]:
    return os.environ | {"REGULARS_HOME": str(home), "REGULARS_PORT": str(free_port())}


def demo(home: Path, *more: str) -> Any:
    command = [REGULARS, "demo", "--once", "--members", "4", *more]
    with tempfile.TemporaryDirectory() as folder:
        # Whatever lies in the folder, the server and the processes that load take Python's own modules.
        for name in ("queue", "socket"):
            (Path(folder) / f"{name}.py").write_text(f"raise SystemExit('taken for the {name} of Python')\n")
        ran = subprocess.run(command, cwd=folder, env=environment(home), capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr[-3000:]
    return json.loads(ran.stdout)


@pytest.fixture(scope="module")
def shared() -> Iterator[Path]:
    """The home of several demos side by side."""
    folder = Path(tempfile.mkdtemp(prefix="regulars-home-", dir="/tmp"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


def running(home: Path) -> list[str]:
    found = subprocess.run(["ps", "axww", "-o", "args"], capture_output=True, text=True, check=True).stdout
    return [line for line in found.splitlines() if str(home) in line]


def test_demo_loads_tells_its_story_and_a_second_one_loses_nothing(home: Path) -> None:
    first = demo(home, "--processes", "2")
    story = first["story"]
    # 490 + 124 + 3288 + 2206 + 4024 is 101.32: a point a dollar makes 101, and rules give more.
    assert story["points"]["points"] >= 101
    assert story["points"] == story["quoted_points"]
    assert story["as_quoted"] is True
    assert story["replay_is_the_same"] is True
    # A hundred points pay a dollar, in steps of a hundred.
    assert [(one["points"] % 100, one["amount"] == one["points"]) for one in story["paid"]] == [(0, True)]
    assert story["returned"]["points"] < 0
    assert "base" in story["rules_fired"]
    assert first["load"]["applied"] > 0
    assert (first["load"]["duplicate"], first["load"]["refused"]) == (0, 0)
    assert first["ledger"]["breaks"] == 0
    again = demo(home)
    assert again["load"]["already"] is True
    assert again["ledger"]["breaks"] == 0
    assert again["ledger"]["entries"] > first["ledger"]["entries"]
    assert running(home) == []


@pytest.mark.parametrize(
    ("preset", "rule"),
    [
        ("bank", "base"),
        ("cafe", "base"),
        ("club", "base"),
        ("fashion", "base"),
        ("fuel", "base"),
        ("lender", "on_time"),
        ("pharmacy", "base"),
    ],
)
def test_a_preset_lives_with_members_that_are_made(shared: Path, preset: str, rule: str) -> None:
    told = demo(shared, "--preset", preset, "--processes", "1")
    assert told["load"]["applied"] > 4
    assert (told["load"]["duplicate"], told["load"]["refused"]) == (0, 0)
    assert told["story"]["replay_is_the_same"] is True
    assert rule in told["story"]["rules_fired"]
    assert max(told["story"]["points"].values()) > 0
    assert told["ledger"]["breaks"] == 0
    assert running(shared) == []


def test_a_preset_that_does_not_exist_starts_nothing(home: Path) -> None:
    command = [sys.executable, "-m", "regulars", "demo", "--preset", "nosuch", "--reset", "--yes"]
    ran = subprocess.run(command, env=environment(home), capture_output=True, text=True, check=False)
    assert ran.returncode == 1
    assert (
        ran.stderr
        == "There is no preset nosuch. There are: grocery, bank, cafe, club, fashion, fuel, lender, pharmacy.\n"
    )
    assert not (home / "postgres").exists()


def test_printed_commands_work_as_printed_and_ctrl_c_stops_all(home: Path) -> None:
    command = [sys.executable, "-m", "regulars", "demo", "--members", "3", "--processes", "1"]
    child = subprocess.Popen(
        command,
        env=environment(home),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert child.stdout is not None
    printed: list[str] = []
    until = time.monotonic() + 300
    while len(printed) < 3 and time.monotonic() < until:
        line = child.stdout.readline()
        if not line:
            break
        if line.startswith("curl"):
            printed.append(line.strip())
    try:
        assert len(printed) == 3, (
            child.stderr.read()[-3000:] if child.stderr and child.poll() is not None else "too slow"
        )
        answers = [_played(command) for command in printed]
        assert answers[0]["points"]
        assert answers[0]["token"]
        assert answers[1]["activity_id"].startswith("act_")
        assert answers[2]["rules"]
    finally:
        child.send_signal(signal.SIGINT)
        try:
            child.communicate(timeout=60)
        except subprocess.TimeoutExpired:
            # Too late is a fault, and still nothing of it may outlive the test.
            child.terminate()
            child.communicate(timeout=60)
            raise
    assert child.returncode == 0
    assert running(home) == []


def _played(command: str) -> Any:
    # What a shell would do with the line, with the one thing that it puts in itself.
    arguments = shlex.split(command.replace("$(date +%s)", "12345"))
    import httpx

    headers: dict[str, str] = {}
    body: str | None = None
    url = ""
    at = 1
    while at < len(arguments):
        one = arguments[at]
        if one == "-H":
            name, _, value = arguments[at + 1].partition(": ")
            headers[name] = value
            at += 1
        elif one == "-d":
            body = arguments[at + 1]
            at += 1
        elif not one.startswith("-"):
            url = one
        at += 1
    answer = httpx.request("GET" if body is None else "POST", url, headers=headers, content=body, timeout=30)
    assert answer.status_code < 300, answer.text
    return answer.json()
