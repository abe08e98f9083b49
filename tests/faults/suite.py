"""`make faults`: the heavy tests and the large forms of the others, one command, and a table of what was done and what
was lost. `python -m tests.faults.suite [pytest options]`; the table is also written to var/faults.md.

Parts, one after the other: models and repetitions side by side, then what kills and times things, alone.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Final, NamedTuple

from tests.faults import table

ROOT: Final = Path(__file__).resolve().parents[2]
OUT: Final = ROOT / "var"


class Part(NamedTuple):
    """Some tests in one run of pytest, and how large they are."""

    name: str
    tests: tuple[str, ...]
    sizes: dict[str, str]
    options: tuple[str, ...] = ()


# A size that the command line sets is kept: REGULARS_STEPS=1000000 make faults.
PARTS: Final = (
    Part(
        "models and repetitions",
        (
            "tests/laws",
            "tests/engine",
            "tests/ledger/test_at_time.py",
            "tests/activities/test_published_late.py",
            "tests/api/test_schemathesis.py",
            "tests/api/test_hostile_everywhere.py",
        ),
        {"REGULARS_ANEW": "1", "REGULARS_STEPS": "100000", "REGULARS_R19": "5000", "REGULARS_EXAMPLES": "100"},
        ("--numprocesses", "2", "--dist", "worksteal"),
    ),
    # Named in one run, pytest would take the folder inside the other for the same and leave it out.
    Part("kills", ("tests/faults",), {"FAULT_ROUNDS": "5"}),
    Part("pauses, clocks, disks and releases", ("tests/faults/heavy",), {}),
)


def run(part: Part, options: list[str]) -> int:
    """One part; the exit code of pytest."""
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *part.options, *part.tests, *options]
    sizes = {name: os.environ.get(name, size) for name, size in part.sizes.items()}
    return subprocess.run(command, cwd=ROOT, env=os.environ | sizes, check=False).returncode


def main(options: list[str]) -> int:
    """Everything, then the table; 1 where anything failed."""
    OUT.mkdir(exist_ok=True)
    rows = OUT / "faults.jsonl"
    rows.unlink(missing_ok=True)
    os.environ[table.WHERE] = str(rows)
    began = time.monotonic()
    failed = [part.name for part in PARTS if run(part, options)]
    text = table.written(table.read(rows), minutes=(time.monotonic() - began) / 60, failed=failed)
    (OUT / "faults.md").write_text(text, encoding="utf-8")
    print(text)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
