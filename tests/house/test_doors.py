"""Which way imports go: floors, doors, and what the engine may reach."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import grimp
import pytest

ROOT = Path(__file__).resolve().parents[2]

DOORS, TOP = {"service", "contracts"}, {"assembly"}
OPEN_TO_TOP = {"routes", "jobs", "handlers", "tables", "parts", "checks"}

# DESIGN.md section 3, and kit.i18n, which kit.errors takes its texts from.
ENGINE_MAY_IMPORT = {
    "regulars.program.contracts",
    "regulars.language.contracts",
    "regulars.language.service",
    "regulars.kit.money",
    "regulars.kit.ids",
    "regulars.kit.errors",
    "regulars.kit.i18n",
    "msgspec",
    "dateutil",
}
# Of the standard library: nothing that reads a clock or draws a number by being used as it is meant to be.
PURE_STANDARD_LIBRARY = {
    "__future__", "abc", "array", "ast", "bisect", "builtins", "calendar", "collections", "contextlib", "copy", "dataclasses",
    "datetime", "decimal", "difflib", "enum", "fractions", "functools", "hashlib", "heapq", "hmac", "inspect", "itertools", "json", "keyword",
    "linecache", "math", "numbers", "operator", "re", "string", "struct", "sys", "textwrap", "threading", "types", "typing", "unicodedata",
    "base64", "uuid", "weakref", "zoneinfo",
}  # fmt: skip
CLOCKS_AND_DICE = {
    "now", "utcnow", "today", "time", "time_ns", "monotonic", "monotonic_ns", "perf_counter", "perf_counter_ns",
    "uuid1", "uuid4", "urandom", "token_bytes", "token_hex", "randbelow", "randint", "shuffle", "choice",
}  # fmt: skip


@pytest.fixture(scope="module")
def graph() -> grimp.ImportGraph:
    return grimp.build_graph("regulars", include_external_packages=True, cache_dir=None)


def breaches_of_doors(imports: dict[str, set[str]]) -> list[str]:
    breaches = []
    for importer, targets in imports.items():
        for imported in targets:
            here, there = importer.split(".")[1:], imported.split(".")[1:]
            private = len(there) > 1 and there[1] not in DOORS and there[0] not in {"kit", *here[:1]}
            if private and not (here and here[0] in TOP and there[1] in OPEN_TO_TOP):
                breaches.append(f"{importer} -> {imported}")
    return sorted(breaches)


def imports_of(graph: grimp.ImportGraph) -> dict[str, set[str]]:
    ours = {module for module in graph.modules if module.split(".")[0] == "regulars"}
    return {module: graph.find_modules_directly_imported_by(module) & ours for module in ours - {"regulars.__main__"}}


def test_rooms_meet_only_at_their_doors(graph: grimp.ImportGraph) -> None:
    assert breaches_of_doors(imports_of(graph)) == []


def test_control_a_reach_into_another_rooms_tables_is_seen() -> None:
    imports = {"regulars.checkout.routes": {"regulars.members.tables", "regulars.members.service", "regulars.kit.ids"}}
    assert breaches_of_doors(imports) == ["regulars.checkout.routes -> regulars.members.tables"]


def test_calls_go_down_and_nothing_goes_round() -> None:
    command = [str(Path(sys.executable).parent / "lint-imports"), "--no-cache"]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout[-3000:]


def engine_reach(graph: grimp.ImportGraph) -> list[str]:
    """What the engine reaches, through our own modules too, beyond what it may."""
    reached, to_see = set(), [module for module in graph.modules if module.startswith("regulars.engine")]
    breaches = []
    while to_see:
        module = to_see.pop()
        if module in reached:
            continue
        reached.add(module)
        for imported in graph.find_modules_directly_imported_by(module):
            top = imported.split(".")[0]
            if top == "regulars":
                to_see.append(imported)
            elif top not in PURE_STANDARD_LIBRARY | ENGINE_MAY_IMPORT:
                breaches.append(f"{module} -> {imported}")
        if module.startswith("regulars.engine"):
            breaches += [
                f"{module} -> {imported}"
                for imported in graph.find_modules_directly_imported_by(module)
                if imported.startswith("regulars.")
                and not imported.startswith("regulars.engine")
                and not any(imported == door or imported.startswith(f"{door}.") for door in ENGINE_MAY_IMPORT)
            ]
    return sorted(breaches)


def test_the_engine_reaches_no_clock_no_dice_and_no_database(graph: grimp.ImportGraph) -> None:
    assert engine_reach(graph) == []


def test_control_a_database_behind_a_door_is_seen() -> None:
    graph = grimp.ImportGraph()
    for importer, imported in (
        ("regulars.engine.decide", "regulars.program.contracts"),
        ("regulars.program.contracts", "regulars.program.store"),
        ("regulars.program.store", "asyncpg"),
    ):
        for module in (importer, imported):
            graph.add_module(module, is_squashed=module == "asyncpg")
        graph.add_import(importer=importer, imported=imported)
    assert engine_reach(graph) == ["regulars.program.store -> asyncpg"]


def impure_places(source: str, name: str) -> list[str]:
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Await | ast.AsyncFunctionDef | ast.AsyncFor | ast.AsyncWith):
            found.append(f"{name}:{node.lineno} awaits")
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            called = node.func
            if called.attr in CLOCKS_AND_DICE and _is_module_or_type(called.value):
                found.append(f"{name}:{node.lineno} calls {ast.unparse(called)}")
    return found


def _is_module_or_type(value: ast.expr) -> bool:
    # `moment.time()` of a value is pure, `datetime.now()` and `time.time()` are not.
    names = {"datetime", "dt", "date", "time", "uuid", "os", "random", "secrets"}
    return ast.unparse(value).split(".")[-1] in names


def test_the_engine_neither_waits_nor_asks_for_the_time() -> None:
    folder = ROOT / "regulars" / "engine"
    found = [place for path in folder.rglob("*.py") for place in impure_places(path.read_text(), path.name)]
    assert found == []


def test_control_a_clock_in_the_engine_is_seen() -> None:
    source = "import datetime as dt\nasync def f():\n    await g()\n    return dt.datetime.now(), value.time()\n"
    assert impure_places(source, "x.py") == ["x.py:2 awaits", "x.py:3 awaits", "x.py:4 calls dt.datetime.now"]


def test_only_the_edge_reads_the_clock() -> None:
    found = []
    for path in (ROOT / "regulars").rglob("*.py"):
        if path.name == "edge.py" or "migrations" in path.parts:
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and ast.unparse(node.func).endswith(
                ("datetime.now", "datetime.utcnow", "date.today", "uuid.uuid4", "uuid.uuid1", "time.time")
            ):
                found.append(f"{path.relative_to(ROOT)}:{node.lineno} {ast.unparse(node.func)}")
    assert found == []
