"""V14: how much memory a server process with 10,000 rules takes, and whether it grows."""

from __future__ import annotations

from benchmarks import checkout, house, loadmaker


def measure(*, rules: int, seconds: float) -> dict[str, float]:
    """Memory after the first answers and after a while under load."""
    with house.fresh(rules=rules) as home, house.serving(home) as child:
        _load(home, "warm", seconds=2.0)
        first = house.rss_mb(child)
        _load(home, "long", seconds=seconds)
        last = house.rss_mb(child)
        return {
            "rss_mb": last,
            "rss_growth_percent": round((last - first) / first * 100, 1),
            "postgres_mb": house.postgres_mb(home),
        }


def _load(home: house.House, run: str, *, seconds: float) -> None:
    load = checkout.load_of(home, run=run, seconds=seconds, members=2_000, connections=64)
    assert set(loadmaker.make(load).statuses) <= {200, 201}
