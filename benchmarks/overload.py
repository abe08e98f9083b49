"""V12: four times what the server can do, for as long as one likes: nothing lost, nothing doubled, no time-outs; what
is too much hears 429 or 503 at once, and what is served is served soon.
"""

from __future__ import annotations

from typing import Final

import msgspec

from benchmarks import checkout, house, loadmaker

TIMES: Final = 4
CONNECTIONS: Final = 800
ALLOWED: Final = frozenset({200, 201, 429, 503})


def measure(*, seconds: float, members: int) -> dict[str, float]:
    """The rate at saturation first, in the same run; then four times of it in an open loop."""
    with house.fresh() as home:
        usual = checkout.saturate(home, run="usual", seconds=seconds / 2, members=members)
        with house.serving(home):
            load = checkout.load_of(
                home,
                run="flood",
                seconds=seconds,
                members=members,
                connections=CONNECTIONS,
                rate=TIMES * usual.per_s,
            )
            flood = loadmaker.make(msgspec.structs.replace(load, warm_up_s=3.0))
        assert set(flood.statuses) <= ALLOWED, flood.statuses
        checkout.check(home, at_least=usual.acknowledged + len(flood.acknowledged))
    served = sum(count for status, count in flood.statuses.items() if status < 300)
    return {
        "overload_usual_per_s": round(usual.per_s),
        "overload_sent_times": round((flood.count / flood.seconds) / usual.per_s, 2),
        "overload_served_per_s": round(served / flood.seconds),
        "overload_shed_share": round(1 - served / flood.count, 3),
        "overload_served_p99_ms": flood.served_p99_ms,
    }
