"""What 20 live offers, 5 vouchers and stacking add to a checkout: CPU of decide and apply, beside the plain one."""

from __future__ import annotations

from benchmarks import deciding, house, world

ROUNDS = 2


def measure(*, count: int, members: int) -> dict[str, float]:
    """CPU a checkout with discounts, and its ratio to the plain one; both in turns, the least of each."""
    plain, full = [], []
    for _ in range(ROUNDS):
        with house.fresh() as home:
            plain.append(deciding.measure(home, count=count, members=members)["decide_apply_cpu_us"])
        with house.fresh(text=world.prices_text()) as home:
            found = deciding.measure(home, count=count, members=members, codes=world.VOUCHERS)
            full.append(found["decide_apply_cpu_us"])
    return {"prices_cpu_us": min(full), "prices_cpu_ratio": round(min(full) / min(plain), 2)}
