"""What the rule language costs, in this process alone: LANGUAGE.md section 11. Each function gives numbers by name."""

from __future__ import annotations

import gc
import random
import statistics
import time
import tracemalloc
from collections.abc import Callable
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

from regulars.language import service as language
from regulars.language.contracts import BOOL, NUMBER, TEXT, TIMESTAMP, Amount, Field, ListOf, Record, Root, Schema

BUDGETS = {
    "condition_us": 0.2,
    "exists_us": 3.0,
    "filter_map_sum_us": 6.0,
    "rules_50_lines_5_us": 60.0,
    "rules_50_lines_20_us": 200.0,
    "index_10000_median_ms": 1.0,
    "index_10000_p99_ms": 3.0,
    "one_rule_from_text_us": 500.0,
    "explain_ms": 5.0,
    "load_10000_s": 1.0,
    "load_10000_mib": 50.0,
}
SCHEMA = Schema(
    name="benchmark",
    params=("s",),
    roots={
        "channel": Root("channel", TEXT, "s.channel"),
        "tier": Root("tier", TEXT, "s.tier", nullable=True),
        "store": Root("store", TEXT, "s.store"),
        "total": Root("total", Amount(2), "s.total"),
        "tags": Root("tags", ListOf(TEXT, 5, 200), "s.tags"),
        "lines": Root("lines", ListOf(Record("line"), 30, 500), "s.lines"),
        "now": Root("now", TIMESTAMP, "s.now"),
    },
    records={
        "line": {
            "category": Field(TEXT, "{b}.category", nullable=True),
            "brand": Field(TEXT, "{b}.brand"),
            "quantity": Field(Amount(3), "{b}.quantity"),
            "amount": Field(Amount(2), "{b}.amount"),
        }
    },
    zone="s.zone",
)
TIERS = ("green", "silver", "gold", "platinum")
TEMPLATES = (
    "lines.exists(l, l.category == 'c{c}' && l.quantity >= 2)",
    "lines.filter(l, l.brand == 'b{c}').map(l, l.amount).sum() >= {n}.00",
    "channel == 'store' && tier == '{t}' && lines.exists(l, l.category in ['c{c}', 'c{d}'])",
    "store == 's{c}' && total >= {n}",
    "'t{c}' in tags && total > {n}.50",
    "total >= {m} && lines.all(l, l.quantity <= 9)",
    "(store == 's{c}' || store == 's{d}') && tier in ['gold', 'platinum']",
)


def scope(lines: int, random_: random.Random) -> SimpleNamespace:
    """A basket of a member."""
    made = [
        SimpleNamespace(
            category=f"c{random_.randint(0, 999)}", brand=f"b{random_.randint(0, 999)}",
            quantity=random_.choice((1000, 2000, 3500)), amount=random_.randint(100, 20_000),
        )
        for _ in range(lines)
    ]  # fmt: skip
    return SimpleNamespace(
        channel="store", tier=random_.choice(TIERS), store=f"s{random_.randint(0, 99)}", lines=made,
        total=sum(line.amount for line in made), tags=tuple(f"t{random_.randint(0, 999)}" for _ in range(5)),
        now=datetime(2026, 11, 21, 12, tzinfo=UTC), zone=ZoneInfo("Europe/Chisinau"),
    )  # fmt: skip


def texts(count: int, random_: random.Random) -> list[str]:
    """Mixed conditions, as a chain of shops would have them."""
    return [
        random_.choice(TEMPLATES).format(
            c=random_.randint(0, 999), d=random_.randint(0, 999), t=random_.choice(TIERS),
            n=random_.randint(1, 300), m=random_.randint(1500, 5000),
        )
        for _ in range(count)
    ]  # fmt: skip


def run_us(run: Callable[..., Any], *args: Any, repeats: int = 5, rounds: int = 400) -> float:
    """Microseconds a call: the best of some rounds, so that a busy neighbour counts for less."""
    best = float("inf")
    for _ in range(repeats):
        started = time.perf_counter_ns()
        for _ in range(rounds):
            run(*args)
        best = min(best, (time.perf_counter_ns() - started) / rounds)
    return best / 1000


def single() -> dict[str, float]:
    """One condition, one walk, one formula."""
    till = scope(20, random.Random(1))
    made = {
        "condition_us": ("channel == 'store' && tier == 'gold'", BOOL),
        "exists_us": ("lines.exists(l, l.category == 'c1' && l.quantity >= 2)", BOOL),
        "filter_map_sum_us": ("lines.filter(l, l.quantity >= 2).map(l, l.amount).sum()", NUMBER),
    }
    return {
        name: run_us(language.to_python(language.check(text, SCHEMA, want), SCHEMA), till)
        for name, (text, want) in made.items()
    }


def fifty() -> dict[str, float]:
    """Fifty rules, all run."""
    random_ = random.Random(2)
    rules = [language.to_python(language.check(text, SCHEMA, BOOL), SCHEMA) for text in texts(50, random_)]

    def all_of(till: SimpleNamespace) -> None:
        for rule in rules:
            rule(till)

    return {f"rules_50_lines_{lines}_us": run_us(all_of, scope(lines, random_), rounds=60) for lines in (5, 20)}


def ten_thousand(count: int = 10_000, baskets: int = 200) -> dict[str, float]:
    """Many rules behind the index, each compiled on its first hit; and what loading them takes."""
    random_ = random.Random(3)
    written = texts(count, random_)
    tracemalloc.start()
    expressions = [(number, language.check(text, SCHEMA, BOOL)) for number, text in enumerate(written)]
    index = language.RuleIndex(expressions, SCHEMA)
    memory = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    started = time.perf_counter()
    for text in written[:1000]:
        language.check(text, SCHEMA, BOOL)
    load_s = (time.perf_counter() - started) * count / 1000
    found = _at_the_till(index, dict(expressions), [scope(20, random_) for _ in range(baskets)])
    return {"load_10000_s": load_s, "load_10000_mib": memory / 2**20, **found}


def _at_the_till(
    index: language.RuleIndex[int], expressions: dict[int, Any], tills: list[SimpleNamespace]
) -> dict[str, float]:
    compiled = {key: language.to_python(expression, SCHEMA) for key, expression in expressions.items()}
    gc.collect()
    gc.freeze()
    taken, candidates = [], []
    for till in tills:
        started = time.perf_counter_ns()
        keys = index.candidates(index.facts(till))
        for key in keys:
            compiled[key](till)
        taken.append((time.perf_counter_ns() - started) / 1e6)
        candidates.append(len(keys))
    gc.unfreeze()
    return {
        "index_10000_median_ms": statistics.median(taken),
        "index_10000_p99_ms": sorted(taken)[int(len(taken) * 0.99) - 1],
        "index_10000_candidates": statistics.median(candidates),
    }


def at_save() -> dict[str, float]:
    """What a marketer waits for."""
    text = TEMPLATES[2].format(c=1, d=2, t="gold")
    expression = language.check(text, SCHEMA, BOOL)
    till = scope(20, random.Random(4))

    def from_text() -> None:
        language.to_python(language.check(text, SCHEMA, BOOL), SCHEMA)

    return {
        "one_rule_from_text_us": run_us(from_text, rounds=40),
        "explain_ms": run_us(language.explain, expression, SCHEMA, till, rounds=10) / 1000,
    }


def measure() -> dict[str, float]:
    """All of it, in a few seconds."""
    return {**single(), **fifty(), **at_save(), **ten_thousand()}


if __name__ == "__main__":
    for name, value in measure().items():
        budget = BUDGETS.get(name)
        print(f"{name:26} {value:10.3f}" + ("" if budget is None else f"   budget {budget:g}"))
