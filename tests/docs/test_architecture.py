"""The picture of the house is true: its rooms, its files, its tables."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from regulars import assembly
from regulars.kit import tables

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")


def rooms_of_tables() -> dict[str, set[str]]:
    rows = re.findall(r"^\| (\w+) \| (`.*`) \|$", PAGE.partition("## Where numbers live")[2], re.MULTILINE)
    return {room: set(re.findall(r"`(\w+)`", names)) for room, names in rows}


def files(page: str) -> list[str]:
    """Files and folders that a page names from the root on."""
    return re.findall(r"`((?:regulars|tests|benchmarks|docs)/[\w./-]*|[\w-]+\.(?:toml|md))`", page)


def test_every_table_stands_with_its_room() -> None:
    assembly.load_tables()
    named = rooms_of_tables()
    assert set().union(*named.values()) == set(tables.registry)
    for room, names in named.items():
        text = (ROOT / "regulars" / room / ("event_tables.py" if room == "kit" else "tables.py")).read_text(
            encoding="utf-8"
        )
        assert [name for name in sorted(names) if f'"{name}"' not in text] == []


def test_every_room_is_in_the_picture_on_its_floor() -> None:
    picture = PAGE.partition("```\n")[2].partition("```")[0].splitlines()
    lines = [
        number
        for room in assembly.ROOMS
        for number, line in enumerate(picture)
        if re.search(rf"(?:^   |\| ){room}\b", line)
    ]
    assert len(lines) == len(assembly.ROOMS)
    assert lines == sorted(lines, reverse=True)


@pytest.mark.parametrize("page", ["ARCHITECTURE.md", "CONTRIBUTING.md", "README.md", "CHANGELOG.md"])
def test_every_file_that_is_named_exists(page: str) -> None:
    named = files((ROOT / page).read_text(encoding="utf-8"))
    assert [name for name in named if not (ROOT / name).exists()] == []


def test_files_beside_a_named_one_exist() -> None:
    engine = {path.name for path in (ROOT / "regulars" / "engine").glob("*.py")}
    activities = {path.name for path in (ROOT / "regulars" / "activities").glob("*.py")}
    short = set(re.findall(r"`(\w+\.py)`", PAGE.partition("## The life")[2].partition("## Where numbers")[0]))
    assert short - engine - activities == set()
    assert len(short) >= 10
