"""The page of features names every row of the plan, with tests that are there, or with what is missing."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

import pytest

TESTS = Path(__file__).resolve().parents[1]
ROOT = TESTS.parent
PAGE = (ROOT / "docs" / "features.md").read_text(encoding="utf-8")
README = (ROOT / "README.md").read_text(encoding="utf-8")
ROWS: Final = {"M": 85, "A": 16, "B": 7, "C": 11, "D": 9, "E": 10, "F": 9, "G": 10, "H": 9, "K": 11, "N": 20}
"""How many rows the plan has under each letter."""
PLANNED: Final = {f"{letter}{number}" for letter, most in ROWS.items() for number in range(1, most + 1)}
SHOWN = re.compile(r"`(test_\w+)`")


class Row(NamedTuple):
    name: str
    state: str
    tests: tuple[str, ...]
    said: str


def rows(page: str) -> list[Row]:
    found = re.findall(r"^\| ([A-Z]\d+) \| [^|]+ \| (done|partly|not yet) \| ([^|]+) \|$", page, re.MULTILINE)
    return [Row(name, state, tuple(SHOWN.findall(said)), said) for name, state, said in found]


def known_tests() -> set[str]:
    functions: set[str] = set()
    for path in TESTS.rglob("test_*.py"):
        functions |= {
            path.stem,
            *re.findall(r"^(?:async )?def (test_\w+)", path.read_text(encoding="utf-8"), re.MULTILINE),
        }
    return functions


THERE: Final = known_tests()


def faults(page: str) -> Iterator[str]:
    """What is wrong with a page of features."""
    times = Counter(row.name for row in rows(page))
    yield from (f"{name} has no line" for name in sorted(PLANNED - times.keys()))
    yield from (f"{name} is no row of the plan" for name in sorted(times.keys() - PLANNED))
    yield from (f"{name} has {count} lines" for name, count in times.items() if count > 1)
    for row in rows(page):
        if (row.state == "not yet") == bool(row.tests):
            yield f"{row.name} is {row.state} and names {len(row.tests)} tests"
        if (row.state == "partly") != ("Missing: " in row.said):
            yield f"{row.name} is {row.state}: what is missing?"
    yield from (f"{name} is no test" for name in sorted({*SHOWN.findall(page)} - THERE))


def waiting(page: str) -> dict[str, list[str]]:
    """What is not there yet: what it waits for, and the rows."""
    listed = page.partition("\n## Not yet\n")[2].partition("\nOf what is there")[0]
    return {
        name: re.findall(r"[A-Z]\d+", said.rpartition("(")[2])
        for name, said in re.findall(r"^- \*\*([^*]+)\*\*(.+)$", listed, re.MULTILINE)
    }


def test_every_row_has_its_line_and_every_named_test_is_there() -> None:
    assert len({*SHOWN.findall(PAGE)}) > 200
    assert list(faults(PAGE)) == []


@pytest.mark.parametrize(
    ("was", "becomes", "told"),
    [
        ("| A11 |", "| a11 |", "A11 has no line"),
        ("| A11 |", "| A12 |", "A12 has 2 lines"),
        ("| N20 |", "| N21 |", "N21 is no row of the plan"),
        ("`test_L28_calendar`", "`test_that_nobody_wrote`", "test_that_nobody_wrote is no test"),
        ("`test_L28_calendar`, `test_L31_through_the_end_of_a_named_month`", "both", "A5 is done and names 0 tests"),
        ("not yet | Messages", "done | Messages", "M22 is done and names 0 tests"),
        (". Missing: reminders, lift", "", "M43 is partly: what is missing?"),
    ],
)
def test_control_a_row_without_a_line_or_a_test_is_noticed(was: str, becomes: str, told: str) -> None:
    assert was in PAGE
    assert told in list(faults(PAGE.replace(was, becomes)))


def test_the_table_of_letters_adds_up() -> None:
    counted = Counter((row.name[0], row.state) for row in rows(PAGE))
    told = re.findall(r"^\| ([A-Z]): [^|]+ \| (\d+) \| (\d+) \| (\d+) \|$", PAGE, re.MULTILINE)
    assert [letter for letter, *_ in told] == list(ROWS)
    states = ("done", "partly", "not yet")
    assert {(one, state): int(n) for one, *all_ in told for state, n in zip(states, all_, strict=True)} == {
        (letter, state): counted[letter, state] for letter in ROWS for state in states
    }
    sums = [str(sum(counted[letter, state] for letter in ROWS)) for state in states]
    assert f"| all | {' | '.join(sums)} |" in PAGE


def test_what_is_not_there_yet_is_listed_and_the_readme_says_the_same() -> None:
    listed = waiting(PAGE)
    assert sorted(name for names in listed.values() for name in names) == sorted(
        row.name for row in rows(PAGE) if row.state == "not yet"
    )
    said = " ".join(README.partition("Not yet: ")[2].partition("\n\n")[0].split())
    parts = re.findall(r"^- \*\*([^*]+)\*\*", PAGE.partition("Of what is there")[2], re.MULTILINE)
    assert len(parts) == 4
    assert [name for name in (*listed, *parts) if name not in said] == []
