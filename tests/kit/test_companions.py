"""A process beside ours is started again whenever it ends, stopped in order, and never left behind."""

from __future__ import annotations

import logging
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from regulars.kit import companions
from regulars.kit.companions import Companion

# Each says its number in the file, and then does what a test wants of it.
FOLLOWS = 'echo $$ >> "$0"; read line'
FINISHES = 'trap "exit 0" TERM; echo $$ >> "$0"; while :; do sleep 0.02; done'
IGNORES = 'trap "" TERM; echo $$ >> "$0"; while :; do sleep 0.02; done'
SUPERVISOR = """
import subprocess, sys, time
from regulars.kit.companions import Companion
Companion("it", lambda **given: subprocess.Popen(["sh", "-c", *sys.argv[1:]], text=True, **given)).start()
time.sleep(60)
"""


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(companions, "_PAUSE_S", 0.01)


@pytest.fixture
def said(tmp_path: Path) -> Path:
    return tmp_path / "said"


@pytest.fixture
def keep(said: Path) -> Iterator[Callable[..., Companion]]:
    """Keep a shell alive that does as it is told; what the test itself does not stop is stopped after it."""
    kept = []

    def begin(does: str, **options: Any) -> Companion:
        def launch(**given: Any) -> subprocess.Popen[str]:
            return subprocess.Popen(["sh", "-c", does, str(said)], text=True, **given)

        kept.append(Companion("it", launch, **options))
        kept[-1].start()
        return kept[-1]

    yield begin
    for one in kept:
        one.stop()


def started(said: Path, count: int) -> list[int]:
    """The numbers of the first processes that were started, once there are so many."""
    until = time.monotonic() + 20
    while not said.exists() or len(found := said.read_text().split()) < count:
        assert time.monotonic() < until, f"{count} were to be started"
        time.sleep(0.01)
    return [int(one) for one in found[:count]]


def gone(pid: int) -> bool:
    until = time.monotonic() + 20
    while psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
        if time.monotonic() > until:
            return False
        time.sleep(0.01)
    return True


def test_who_dies_is_started_again(
    keep: Callable[..., Companion], said: Path, caplog: pytest.LogCaptureFixture
) -> None:
    keep(FOLLOWS)
    psutil.Process(started(said, 1)[0]).kill()
    psutil.Process(started(said, 2)[1]).kill()
    assert len(set(started(said, 3))) == 3
    assert caplog.messages == ["it is started again: exit code -9"] * 2


def test_what_it_says_last_is_in_the_log(said: Path, caplog: pytest.LogCaptureFixture) -> None:
    def launch(**given: Any) -> subprocess.Popen[str]:
        does = 'echo $$ >> "$0"; echo "no such folder" >&2; exit 3'
        return subprocess.Popen(["sh", "-c", does, str(said)], text=True, stderr=subprocess.PIPE, **given)

    one = Companion("it", launch)
    one.start()
    started(said, 2)
    one.stop()
    assert caplog.messages[0] == "it is started again: no such folder"


def test_where_it_cannot_be_started_now_it_is_tried_again(said: Path, caplog: pytest.LogCaptureFixture) -> None:
    refusals = iter(["the server is away", "still away"])

    def launch(**given: Any) -> subprocess.Popen[str]:
        for reason in refusals:
            raise ConnectionError(reason)
        return subprocess.Popen(["sh", "-c", FOLLOWS, str(said)], text=True, **given)

    one = Companion("it", launch)
    one.start()
    started(said, 1)
    one.stop()
    assert caplog.messages == ["it is started again: the server is away", "it is started again: still away"]


def test_stop_waits_until_it_has_finished(keep: Callable[..., Companion], said: Path) -> None:
    one = keep(FINISHES)
    [pid] = started(said, 1)
    one.stop()
    assert not psutil.pid_exists(pid)
    assert len(said.read_text().split()) == 1


def test_stop_while_it_is_being_started_leaves_none(said: Path) -> None:
    asked, may = threading.Event(), threading.Event()
    made = []

    def launch(**given: Any) -> subprocess.Popen[str]:
        asked.set()
        may.wait()
        made.append(subprocess.Popen(["sh", "-c", FOLLOWS, str(said)], text=True, **given))
        return made[0]

    one = Companion("it", launch)
    one.start()
    asked.wait()
    stopping = threading.Thread(target=one.stop)
    stopping.start()
    may.set()
    stopping.join()
    assert [each.returncode is not None for each in made] == [True]


def test_who_does_not_heed_that_it_is_to_stop_is_ended(keep: Callable[..., Companion], said: Path) -> None:
    one = keep(IGNORES, stop_s=0.2)
    [pid] = started(said, 1)
    # Control: it does not heed it by itself.
    psutil.Process(pid).send_signal(signal.SIGTERM)
    time.sleep(0.1)
    assert psutil.pid_exists(pid)
    one.stop()
    assert not psutil.pid_exists(pid)


def test_renewed_it_finishes_and_another_takes_its_place(
    keep: Callable[..., Companion], said: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    one = keep(FINISHES)
    started(said, 1)
    one.renew()
    first, second = started(said, 2)
    assert not psutil.pid_exists(first)
    assert psutil.pid_exists(second)
    assert caplog.messages == ["it finished, a new one takes its place"]


def test_it_ends_with_whoever_keeps_it_however_that_ends(said: Path) -> None:
    supervisor = subprocess.Popen([sys.executable, "-c", SUPERVISOR, FOLLOWS, str(said)])
    try:
        [pid] = started(said, 1)
        # Control: for as long as somebody keeps it, it stays.
        time.sleep(0.1)
        assert psutil.pid_exists(pid)
    finally:
        supervisor.kill()
        supervisor.wait()
    assert gone(pid)
