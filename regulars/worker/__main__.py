"""`python -m regulars.worker`: the background process alone, for a machine of its own."""

from __future__ import annotations

import asyncio

from regulars.kit import observability, settings
from regulars.worker import service

if __name__ == "__main__":
    configured = settings.load()
    observability.set_up(configured, process="worker")
    asyncio.run(service.work(configured))
