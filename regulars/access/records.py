"""The audit entry of a request: who asks is its actor, when is its moment."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

from litestar import Request

from regulars.access import audit, guards
from regulars.kit import http, ids, keyring
from regulars.kit.database import Transaction


async def recorded(
    tx: Transaction, request: Request[Any, Any, Any], action: str, target: str, old: Any, new: Any
) -> None:
    """Add to the program's chain what this request does. `old` and `new` hold no personal data. Raises MissingToken."""
    actor = guards.actor_of(request)
    await audit.record(
        tx,
        key=audit_key(request.app.state.settings.home),
        program_id=actor.program_id,
        actor=ids.to_wire("key", actor.key_id),
        action=action,
        target=target,
        old=old,
        new=new,
        now=http.now(request),
    )


@functools.cache
def audit_key(home: Path) -> bytes:
    """The secret of the chain; a file is too slow for every call."""
    return keyring.key(home, "audit")
