"""What a person sees of something that takes a while, where no bar can be drawn."""

from __future__ import annotations

import time
from itertools import count

import pytest

from regulars.cli import shown


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each look at the clock is three seconds after the one before."""
    looks = count(step=3)
    monkeypatch.setattr(time, "monotonic", lambda: float(next(looks)))


@pytest.mark.usefixtures("clock")
def test_what_counts_nothing_says_how_long_it_has_been_going_on(capsys: pytest.CaptureFixture[str]) -> None:
    with shown.progress("reloading", None, unit="") as progress:
        progress.advance()
    assert capsys.readouterr().err.splitlines()[0] == "reloading, for 6 s now"


@pytest.mark.usefixtures("clock")
def test_nothing_yet_is_no_rate(capsys: pytest.CaptureFixture[str]) -> None:
    with shown.progress("copying", None, unit="kB") as progress:
        progress.reach(0, 6000)
        progress.reach(6000)
    first, second, *_ = capsys.readouterr().err.splitlines()
    assert first == "copying, for 6 s now"
    assert second.startswith("copying: 6,000 of 6,000 kB, ")
