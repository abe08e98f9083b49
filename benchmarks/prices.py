"""What 20 live offers, 5 vouchers and stacking add to a checkout: CPU of decide and apply, beside the plain one.

Two figures: a busy till, where a basket meets 6 of the 20, and one where all 20 hold for every basket.
"""

from __future__ import annotations

from benchmarks import deciding, house, world

ROUNDS = 2


def measure(*, count: int, members: int) -> dict[str, float]:
    """CPU a checkout with discounts, and its ratio to the plain one; in turns, the least of each."""
    texts = {"plain": None, "prices": world.prices_text(), "prices_all": world.prices_all_text()}
    found: dict[str, list[float]] = {name: [] for name in texts}
    for _ in range(ROUNDS):
        for name, text in texts.items():
            with house.fresh(text=text) as home:
                codes = () if text is None else world.VOUCHERS
                one = deciding.measure(home, count=count, members=members, codes=codes)
                found[name].append(one["decide_apply_cpu_us"])
    least = {name: min(all_of_it) for name, all_of_it in found.items()}
    return {
        "prices_cpu_us": least["prices"],
        "prices_cpu_ratio": round(least["prices"] / least["plain"], 2),
        "prices_all_cpu_ratio": round(least["prices_all"] / least["plain"], 2),
    }
