"""The audit entry of a request: who asks is its actor, when is its moment."""

from __future__ import annotations

import datetime as dt
import functools
from pathlib import Path
from typing import Any
from uuid import UUID

from litestar import Request

from regulars.access import audit, guards
from regulars.access.contracts import Actor, Signature
from regulars.kit import edge, http, ids, keyring
from regulars.kit.database import Transaction


async def recorded(
    tx: Transaction, request: Request[Any, Any, Any], action: str, target: str, old: Any, new: Any
) -> None:
    """Add to the program's chain what this request does. `old` and `new` hold no personal data. Raises MissingToken."""
    await sign(tx, signature(request), action=action, target=target, old=old, new=new)


def signature(request: Request[Any, Any, Any]) -> Signature:
    """Who signs what a request does. Raises MissingToken."""
    home, now = request.app.state.settings.home, http.now(request)
    return signature_of(guards.actor_of(request), home=home, now=now, act_id=edge.new_id(now))


def signature_of(actor: Actor, *, home: Path, now: dt.datetime, act_id: UUID) -> Signature:
    """The same for an actor who came another way than by a request."""
    key = ids.to_wire("key", actor.key_id)
    return Signature(
        program_id=actor.program_id,
        act_id=act_id,
        actor=key if actor.staff_id is None else f"{ids.to_wire('stf', actor.staff_id)}/{key}",
        at=now,
        key=audit_key(home),
        staff_id=actor.staff_id,
        answerable=actor.answerable,
        partner=actor.partner,
    )


def machine_signature(program_id: int, *, actor: str, home: Path, now: dt.datetime, act_id: UUID) -> Signature:
    """Who signs what a command or the worker does: nobody answers for it but `actor`, as it calls itself."""
    return Signature(program_id=program_id, act_id=act_id, actor=actor, at=now, key=audit_key(home))


async def sign(tx: Transaction, by: Signature, *, action: str, target: str, old: Any, new: Any) -> None:
    """Add to the program's chain what `by` does. `old` and `new` hold no personal data."""
    await audit.record(
        tx,
        key=by.key,
        program_id=by.program_id,
        actor=by.actor,
        action=action,
        target=target,
        old=old,
        new=new,
        now=by.at,
    )


@functools.cache
def audit_key(home: Path) -> bytes:
    """The secret of the chain; a file is too slow for every call."""
    return keyring.key(home, "audit")
