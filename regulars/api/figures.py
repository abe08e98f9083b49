"""What the operator's monitoring reads at /metrics: requests by operation and status, and how long they took."""

from __future__ import annotations

import os
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

from regulars.kit import observability

MEDIA_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"


class Figures:
    """The request figures of one process."""

    def __init__(self) -> None:
        # Looking a child up by its labels costs more than counting with it.
        self._counted: dict[tuple[str, str, int], Counter] = {}
        self._timed: dict[tuple[str, str], Histogram] = {}

    def observe(self, *, method: str, route: str, status: int, seconds: float) -> None:
        """Count one answered request."""
        counter = self._counted.get((method, route, status))
        if counter is None:
            counter = observability.requests_total.labels(method, route, str(status))
            self._counted[method, route, status] = counter
        timer = self._timed.get((method, route))
        if timer is None:
            timer = self._timed[method, route] = observability.request_s.labels(method, route)
        counter.inc()
        timer.observe(seconds)


def exposition() -> bytes:
    """The text that Prometheus reads, over all processes of this server."""
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        shared = CollectorRegistry()
        MultiProcessCollector(shared)  # type: ignore[no-untyped-call]  # the library has no types there
        return generate_latest(shared)
    return observability.metrics_text()
