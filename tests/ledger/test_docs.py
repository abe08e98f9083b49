from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_every_test_that_the_page_names_exists() -> None:
    page = (ROOT / "docs" / "ledger.md").read_text()
    named = re.findall(r"`(tests/[\w/.]+)::(test_\w+)`", page)
    assert len(named) >= 30
    missing = [f"{file}::{name}" for file, name in named if not re.search(rf"def {name}\(", (ROOT / file).read_text())]
    assert missing == []
    files = re.findall(r"`(tests/[\w/.]+|regulars/[\w/.]+)`", page)
    assert [file for file in files if not (ROOT / file).exists()] == []
