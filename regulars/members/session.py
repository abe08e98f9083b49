"""Where the statements of a batch run."""

from __future__ import annotations

from typing import Any, Protocol


class Session(Protocol):
    """A `Transaction`, or the driver's own connection inside one."""

    async def fetch(self, sql: str, *values: Any) -> list[Any]:
        """All rows."""

    async def execute(self, sql: str, *values: Any) -> Any:
        """Run a statement."""
