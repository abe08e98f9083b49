"""What tiers, challenges and segments add to a checkout: CPU of decide and apply, beside the plain program's."""

from __future__ import annotations

from benchmarks import deciding, house, world

ROUNDS = 2


def measure(*, count: int, members: int) -> dict[str, float]:
    """CPU a checkout with standing, and its ratio to the plain one; both in turns, the least of each."""
    plain, full = [], []
    for _ in range(ROUNDS):
        with house.fresh() as home:
            plain.append(deciding.measure(home, count=count, members=members)["decide_apply_cpu_us"])
        with house.fresh(text=world.standing_text()) as home:
            full.append(deciding.measure(home, count=count, members=members)["decide_apply_cpu_us"])
    return {"standing_cpu_us": min(full), "standing_cpu_ratio": round(min(full) / min(plain), 2)}
