"""`python -m benchmarks [--short] [--only NAME ...]`: what SPEED.md promises, measured from an empty database."""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from rich.console import Console
from rich.table import Table

from benchmarks import checkout, deciding, demos, house, importing, memory
from benchmarks.promises import PROMISES

RESULTS: Final = Path(__file__).parent / "results.json"


def main() -> None:
    """Run the parts, print the table, write results.json."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--short", action="store_true", help="a minute or two, for CI: CPU is what to look at")
    parser.add_argument("--only", nargs="+", choices=sorted(PARTS), help="only these parts")
    parser.add_argument("--output", type=Path, default=RESULTS, help="where the figures go")
    given = parser.parse_args()
    found: dict[str, Any] = {}
    for name, part in PARTS.items():
        if given.only and name not in given.only:
            continue
        print(f"{name} ...", file=sys.stderr, flush=True)
        began = time.perf_counter()
        found |= part(given.short)
        print(f"{name}: {time.perf_counter() - began:.0f} s", file=sys.stderr, flush=True)
    kept = json.loads(given.output.read_text()) if given.only and given.output.exists() else {}
    found = kept | found
    found["machine"] = _machine(short=given.short)
    given.output.write_text(json.dumps(found, indent=2, sort_keys=True) + "\n")
    _print(found)


def _tills(short: bool) -> dict[str, float]:
    members = 2_000 if short else 20_000
    with house.fresh() as home:
        found = importing.measure(home, members=members, chained=members // 10, each=20 if short else 50)
        found |= checkout.measure(home, seconds=3 if short else 20, rounds=1 if short else 5, members=members)
        found |= checkout.quotes(home, seconds=3 if short else 20, members=members)
        found |= checkout.lone(home, count=80 if short else 800, members=members)
        found |= deciding.measure(home, count=1_000 if short else 20_000, members=members)
    return found


def _engine(short: bool) -> dict[str, float]:
    from benchmarks import engine

    return {
        "decide_us_50_rules": engine.decide_us_50_rules(),
        "decide_us_10000_rules": engine.decide_us_10000_rules(),
    }


def _memory(short: bool) -> dict[str, float]:
    return memory.measure(rules=10_000, seconds=3 if short else 120)


def _demo(short: bool) -> dict[str, float]:
    return {"help_s": demos.help_s()} | demos.measure(members=60 if short else None)


PARTS: Final[dict[str, Callable[[bool], dict[str, float]]]] = {
    "engine": _engine,
    "tills": _tills,
    "memory": _memory,
    "demo": _demo,
}


def _machine(*, short: bool) -> dict[str, Any]:
    return {
        "cores": os.cpu_count(),
        "system": platform.platform(),
        "python": platform.python_version(),
        "load_average": [round(one, 2) for one in os.getloadavg()],
        "short": short,
    }


def _print(found: dict[str, Any]) -> None:
    table = Table(title="What SPEED.md promises, and what this machine did")
    for column in ("promise", "figure", "what", "promised", "measured", "kept"):
        table.add_column(column, justify="right" if column in {"promised", "measured"} else "left")
    for one in PROMISES:
        value = found.get(one.name)
        if value is None:
            continue
        kept = one.kept(value)
        bound = f"{one.sign} {one.bound:,g}" if one.sign else ""
        table.add_row(
            one.promise, one.name, one.meaning, bound, f"{value:,}", {True: "yes", False: "no", None: ""}[kept]
        )
    Console(width=None if sys.stdout.isatty() else 160).print(table)


if __name__ == "__main__":
    main()
