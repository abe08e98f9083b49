"""V8 and V13: the demo as a person meets it, and a backtest of its year."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import msgspec

from benchmarks import segments
from regulars.kit import server
from regulars.kit import settings as kit_settings
from regulars.program import service as programs


def measure(found: dict[str, Any], *, members: int | None, processes: int = 2) -> dict[str, float]:
    """First start, second start, full load, backtest under a changed program; each goes into `found` as it comes."""
    home = Path(tempfile.mkdtemp(prefix="regulars-bench-", dir="/var/tmp"))
    home.chmod(0o755)
    try:
        some = ["--members", str(members)] if members else []
        first = _demo(home, *some, "--processes", str(processes))
        assert first["ledger"]["breaks"] == 0, first["ledger"]
        found |= {
            "demo_first_page_s": first["first_page_s"],
            "demo_load_s": first["load"]["seconds"],
            "demo_load_per_s": first["load"]["per_s"],
            "demo_activities": first["load"]["applied"],
        }
        again = _demo(home, *some)
        assert again["ledger"]["breaks"] == 0, again["ledger"]
        found["demo_again_s"] = again["first_page_s"]
        changed = home / "candidate.yaml"
        text = programs.preset("grocery")
        assert text.count("by: 1.5}") > 1
        changed.write_text(text.replace("by: 1.5}", "by: 2}", 1), encoding="utf-8")
        began = time.perf_counter()
        report = msgspec.json.decode(
            _run(home, "program", "backtest", str(changed), "--processes", str(processes), "--json")
        )
        took = time.perf_counter() - began
        assert report["activities"] >= first["load"]["applied"], report["activities"]
        assert report["by_rule"]["own_brand"]["points"]["difference"] > 0
        found["backtest_s"] = round(took, 1)
        settings = kit_settings.load({"REGULARS_HOME": str(home)})
        with server.serving(settings):
            return segments.backfill(settings, processes=processes)
    finally:
        shutil.rmtree((home / "postgres").resolve(), ignore_errors=True)
        shutil.rmtree(home, ignore_errors=True)


def help_s() -> float:
    """How long `regulars --help` takes, the best of five."""
    waits = []
    for _ in range(5):
        began = time.perf_counter()
        subprocess.run([sys.executable, "-m", "regulars", "--help"], check=True, capture_output=True)
        waits.append(time.perf_counter() - began)
    return round(min(waits), 2)


def _demo(home: Path, *more: str) -> Any:
    return msgspec.json.decode(_run(home, "demo", "--once", *more))


def _run(home: Path, *arguments: str) -> bytes:
    environment = os.environ | {"REGULARS_HOME": str(home), "REGULARS_PORT": "8797"}
    command = [sys.executable, "-m", "regulars", *arguments]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, env=environment).stdout
