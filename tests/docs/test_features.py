"""Everything that the page of features promises is shown by a test of that name, or by a file of tests."""

from __future__ import annotations

import re
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
PAGE = (TESTS.parent / "docs" / "features.md").read_text(encoding="utf-8")


def test_every_named_test_is_there() -> None:
    functions: set[str] = set()
    for path in TESTS.rglob("test_*.py"):
        functions |= {
            path.stem,
            *re.findall(r"^(?:async )?def (test_\w+)", path.read_text(encoding="utf-8"), re.MULTILINE),
        }
    named = set(re.findall(r"`(test_\w+)`", PAGE))
    assert len(named) > 60
    assert named - functions == set()
