"""The two commands that a newcomer meets first."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PROMISED = {"setup", "demo", "run", "check", "test", "bench", "faults", "openapi"}


def test_make_help_explains_every_target() -> None:
    said = subprocess.run(
        ["make", "--no-print-directory", "help"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    explained = set(re.findall(r"^  make ([a-z]+) +\S", said.stdout, re.MULTILINE))
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert explained == targets
    assert targets >= PROMISED


def test_scripts_can_be_run() -> None:
    assert [path.name for path in (ROOT / ".ci").iterdir() if not path.stat().st_mode & 0o100] == []
