"""The table at the end of `make faults`: each heavy test says what it did, and what was lost by it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

import msgspec

WHERE: Final = "REGULARS_FAULTS_TABLE"
"""The variable that names the file where rows gather; without it nobody keeps them."""


class Row(msgspec.Struct, frozen=True):
    """What one test did, and what came of it. `lost` is `nothing`, or for a control what it was to lose."""

    bar: str
    what: str
    done: str
    lost: str


def tell(bar: str, what: str, done: str, lost: str = "nothing") -> None:
    """Add a row; a test does so at its end, when all it asserts has held."""
    where = os.environ.get(WHERE)
    if where:
        line = msgspec.json.encode(Row(bar, what, done, lost)) + b"\n"
        # One write of less than a page, so that rows of several processes do not mix.
        with Path(where).open("ab") as file:
            file.write(line)


def read(where: Path) -> list[Row]:
    """The rows of a run, by bar."""
    lines = where.read_bytes().splitlines() if where.exists() else []
    return sorted((msgspec.json.decode(line, type=Row) for line in lines), key=lambda row: (_number(row.bar), row.what))


def written(rows: list[Row], *, minutes: float, failed: list[str]) -> str:
    """The table as a page of Markdown."""
    cells = [("bar", "what", "done", "lost, doubled or drifted"), *((r.bar, r.what, r.done, r.lost) for r in rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(4)]
    lines = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |" for row in cells
    ]
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    end = f"FAILED, see above: {', '.join(failed)}" if failed else "All of it held."
    return "\n".join(("# What was tried", "", *lines, "", f"{minutes:.0f} minutes. {end}", ""))


def _number(bar: str) -> tuple[str, int]:
    digits = "".join(one for one in bar if one.isdigit())
    return bar.rstrip("0123456789"), int(digits or 0)
