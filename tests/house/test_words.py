"""Words that do not stand in the house: unfinished work, and names that say nothing."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
UNFINISHED = re.compile(r"\b(TODO|FIXME|XXX|HACK|NotImplemented(Error)?)\b|(?i:coming soon|not (yet )?implemented)")
EMPTY_NAMES = re.compile(r"(^|_)(utils?|helpers?|managers?|misc|common)($|_)")
OTHER_WORDS = re.compile(r"\bcustomers?\b(?! loyalty)", re.IGNORECASE)
FOLDERS = ("regulars", "tests", "benchmarks", "docs", ".ci")


def texts() -> list[Path]:
    paths = [
        path for folder in FOLDERS for path in (ROOT / folder).rglob("*") if path.suffix in {".py", ".md", ".yaml", ""}
    ]
    return [path for path in paths if path.is_file() and path != Path(__file__) and "__pycache__" not in path.parts]


def test_nothing_is_left_unfinished() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{number} {line.strip()[:80]}"
        for path in texts()
        for number, line in enumerate(path.read_text(errors="replace").splitlines(), start=1)
        if UNFINISHED.search(line)
    ]
    assert found == []


@pytest.mark.parametrize("line", ["# " + "TO" + "DO later", "raise Not" + "ImplementedError"])
def test_control_unfinished_work_is_seen(line: str) -> None:
    assert UNFINISHED.search(line)


def test_modules_and_classes_have_names_that_say_something() -> None:
    found = [str(path.relative_to(ROOT)) for path in (ROOT / "regulars").rglob("*.py") if EMPTY_NAMES.search(path.stem)]
    for path in (ROOT / "regulars").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ClassDef) and re.search(r"(Manager|Helper|Service|Utils?)$", node.name):
                found.append(f"{path.relative_to(ROOT)}:{node.lineno} {node.name}")
    assert found == []


def test_rooms_say_what_they_own_and_import_nothing_to_say_it() -> None:
    found = []
    for path in (ROOT / "regulars").glob("*/__init__.py"):
        body = ast.parse(path.read_text()).body
        if len(body) != 1 or ast.get_docstring(ast.parse(path.read_text())) is None:
            found.append(str(path.relative_to(ROOT)))
    assert found == []


def test_a_member_is_called_a_member() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{number} {line.strip()[:80]}"
        for path in (ROOT / "regulars").rglob("*.py")
        for number, line in enumerate(path.read_text().splitlines(), start=1)
        if OTHER_WORDS.search(line)
    ]
    assert found == []
