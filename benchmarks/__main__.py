"""`python -m benchmarks [--short] [--only NAME ...]`: what SPEED.md promises, measured from an empty database."""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import time
import traceback
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, Final

from rich.console import Console
from rich.table import Table

from benchmarks import (
    catalogue,
    checkout,
    deciding,
    demos,
    engine,
    hot,
    hot_member,
    house,
    importing,
    large,
    memory,
    overload,
    past,
    prices,
    segments,
    standing,
    vouchers,
)
from benchmarks.promises import PROMISES

RESULTS: Final = Path(__file__).parent / "results.json"


def main() -> None:
    """Run the parts, print the table, write results.json."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--short", action="store_true", help="a minute or two, for CI: CPU is what to look at")
    parser.add_argument("--only", nargs="+", choices=sorted(PARTS), help="only these parts")
    parser.add_argument("--output", type=Path, default=RESULTS, help="where the figures go")
    given = parser.parse_args()
    # Figures of another version must not pass for this one's: only --only keeps what is there.
    kept = json.loads(given.output.read_text()) if given.only and given.output.exists() else {}
    kept.pop("failed", None)
    run = Run(found=kept)
    for name, part in PARTS.items():
        if given.only and name not in given.only:
            continue
        run.measure(name, partial(part, run, short=given.short))
        run.found["machine"] = _machine(short=given.short)
        given.output.write_text(json.dumps(run.found, indent=2, sort_keys=True) + "\n")
    _print(run.found)
    if failed := run.found.get("failed"):
        print(f"Not measured: {', '.join(failed)}", file=sys.stderr)
        sys.exit(1)


class Run:
    """One run of the parts: what was measured, and what could not be, which loses nobody else's figures."""

    def __init__(self, found: dict[str, Any]) -> None:
        self.found = found

    def measure(self, name: str, work: Callable[[], dict[str, float]]) -> None:
        """Do one piece and keep its figures, or why there are none."""
        print(f"{name} ...", file=sys.stderr, flush=True)
        began = time.perf_counter()
        try:
            self.found |= work()
        except Exception as fault:  # noqa: BLE001 - whatever it is, the other pieces can still be measured
            traceback.print_exc()
            self.found.setdefault("failed", {})[name] = f"{type(fault).__name__}: {fault}"[:500]
        print(f"{name}: {time.perf_counter() - began:.0f} s", file=sys.stderr, flush=True)


def _tills(run: Run, *, short: bool) -> dict[str, float]:
    members = 2_000 if short else 20_000
    seconds, rounds = (3, 1) if short else (12, 5)
    with house.fresh() as home:
        chained, each = members // 10, 20 if short else 50
        run.measure("import", lambda: importing.measure(home, members=members, chained=chained, each=each))
        run.measure("checkouts", lambda: checkout.measure(home, seconds=seconds, rounds=rounds, members=members))
        run.measure("quotes", lambda: checkout.quotes(home, seconds=3 if short else 20, members=members))
        run.measure("lone till", lambda: checkout.lone(home, count=80 if short else 800, members=members))
        run.measure(
            "decide and apply", lambda: deciding.measure(home, count=1_000 if short else 20_000, members=members)
        )
    return {}


def _engine(run: Run, *, short: bool) -> dict[str, float]:
    run.measure("50 rules", lambda: {"decide_us_50_rules": engine.decide_us_50_rules()})
    run.measure("10,000 rules", lambda: {"decide_us_10000_rules": engine.decide_us_10000_rules()})
    run.measure("10,000 rewards", catalogue.measure)
    return {}


def _standing(run: Run, *, short: bool) -> dict[str, float]:
    return standing.measure(count=1_000 if short else 10_000, members=500 if short else 5_000)


def _prices(run: Run, *, short: bool) -> dict[str, float]:
    return prices.measure(
        count=600 if short else 5_000,
        members=300 if short else 5_000,
        rounds=3 if short else 5,
        seconds=2 if short else 12,
    )


def _hot(run: Run, *, short: bool) -> dict[str, float]:
    return hot.measure(seconds=2 if short else 10, rounds=1 if short else 5, members=500 if short else 5_000)


def _hot_member(run: Run, *, short: bool) -> dict[str, float]:
    return hot_member.measure(seconds=3 if short else 12, rounds=2 if short else 5, members=500 if short else 5_000)


def _overload(run: Run, *, short: bool) -> dict[str, float]:
    return overload.measure(seconds=10 if short else 600, members=2_000 if short else 20_000)


def _past(run: Run, *, short: bool) -> dict[str, float]:
    return past.measure(entries=500_000 if short else 5_000_000, checked=12_000 if short else 200_000)


def _large(run: Run, *, short: bool) -> dict[str, float]:
    if short:
        return large.measure(entries=300_000, seconds=12, members=500, each=8)
    return large.measure(entries=5_000_000, seconds=600, members=20_000, each=5)


def _memory(run: Run, *, short: bool) -> dict[str, float]:
    return memory.measure(rules=10_000, seconds=3 if short else 60)


def _segments(run: Run, *, short: bool) -> dict[str, float]:
    members, reached = (20_000, 2_000) if short else (1_000_000, 100_000)
    return segments.measure(members=members, run_members=reached)


def _vouchers(run: Run, *, short: bool) -> dict[str, float]:
    return vouchers.measure(count=50_000 if short else 1_000_000)


def _demo(run: Run, *, short: bool) -> dict[str, float]:
    run.measure("help", lambda: {"help_s": demos.help_s()})
    run.measure("a year", lambda: demos.measure(run.found, members=60 if short else None))
    return {}


PARTS: Final[dict[str, Callable[..., dict[str, float]]]] = {
    "engine": _engine,
    "tills": _tills,
    "standing": _standing,
    "prices": _prices,
    "hot": _hot,
    "hot_member": _hot_member,
    "overload": _overload,
    "past": _past,
    "large": _large,
    "memory": _memory,
    "segments": _segments,
    "vouchers": _vouchers,
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
