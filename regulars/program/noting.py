"""How a step of a release is written down: in the audit with the state before and after, and as an event."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any, Final

import msgspec

from regulars.access import service as access
from regulars.access.contracts import Signature
from regulars.kit import outbox
from regulars.kit.database import Transaction
from regulars.kit.outbox import Event
from regulars.program import changes, emitter, proposals
from regulars.program.contracts.changes import Change
from regulars.program.contracts.definitions import Release
from regulars.program.contracts.workflow import Proposal, ReleaseOvertook, State
from regulars.program.drafts import Tree

SAYS_MAX: Final = 2000
"""So many characters of a definition an entry of the audit log shows."""
CHANGES_MAX: Final = 100
"""So many differences an entry of the audit log names; of more it says how many they are."""


async def told(
    tx: Transaction,
    by: Signature,
    action: str,
    old: Proposal | None,
    new: Proposal,
    *events: Event,
    said: dict[str, Any] | None = None,
) -> None:
    """Note a step of one proposal, and let the world hear of it; `said` is what more the audit log says."""
    await _audited(tx, by, action, old, new, said or {})
    await outbox.record(tx, *events, program_id=by.program_id, event_id=by.act_id, occurred_at=by.at)


async def overtake(tx: Transaction, proposal: Proposal, number: int, by: Signature) -> Event:
    """End a proposal because of another release; what is to be heard of it."""
    after = msgspec.structs.replace(moved(proposal, State.OVERTAKEN, by), overtaken_by=number)
    await proposals.store(tx, program_id=by.program_id, proposal=after)
    await _audited(tx, by, "release.overtake", proposal, after, {})
    return ReleaseOvertook(number=proposal.number, by=number)


def moved(proposal: Proposal, state: State, by: Signature) -> Proposal:
    """A proposal brought into a state by somebody."""
    return msgspec.structs.replace(proposal, state=state, changed_by=by.actor, changed_at=by.at)


def target(number: int) -> str:
    """What an audit entry about a release speaks of."""
    return f"release {number}"


def said(before: Release | None, made: Release) -> dict[str, Any]:
    """What the audit log says of a release that came into force: over which one, and what changed from what to what."""
    over = None if before is None else {"number": before.number, "digest": before.digest.hex()}
    return {
        "published": {"number": made.number, "digest": made.digest.hex(), "over": over},
        "changes": [] if before is None else differences(changes.between(before.program, made.program)),
    }


def differences(found: Sequence[Change]) -> list[dict[str, Any]]:
    """Differences for the audit log: where, and what stood and stands there, long values by their beginning."""
    told = [{"path": one.path, "did": one.did.value, "old": one.old, "new": one.new} for one in found[:CHANGES_MAX]]
    return told if len(found) <= CHANGES_MAX else [*told, {"more": len(found) - CHANGES_MAX}]


async def edited(
    tx: Transaction, by: Signature, draft: str, *, kind: str, name: str, old: Tree | None, new: Tree | None
) -> None:
    """Write down that somebody changed a definition in a draft, with what it said before and says now; None: it is not
    there. Nothing where it says the same."""
    if old == new:
        return
    found = changes.between_trees(_alone(kind, name, old), _alone(kind, name, new))
    path = f"{kind}.{name}" if kind != name else kind
    await access.sign(
        tx,
        by,
        action="draft.change",
        target=f"draft {draft}",
        old={"path": path, **_told(old)},
        new={"path": path, **_told(new), "changes": differences(found)},
    )


def _alone(kind: str, name: str, value: Tree | None) -> Tree:
    if kind == "program":
        return {"program": value or {}}
    return {"program": {}, kind: {} if value is None else {name: value}}


def _told(value: Tree | None) -> dict[str, Any]:
    """A definition in one line, a long one by its beginning, and what names the whole of it."""
    if value is None:
        return {"digest": None, "says": None}
    says = emitter.flow(value)
    short = says if len(says) <= SAYS_MAX else says[: SAYS_MAX - 3] + "..."
    return {"digest": hashlib.sha256(says.encode()).hexdigest(), "says": short}


async def _audited(
    tx: Transaction, by: Signature, action: str, old: Proposal | None, new: Proposal, said: dict[str, Any]
) -> None:
    before = None if old is None else _facts(old)
    await access.sign(tx, by, action=action, target=target(new.number), old=before, new={**_facts(new), **said})


def _facts(proposal: Proposal) -> dict[str, Any]:
    return {
        "state": proposal.state.value,
        "base": proposal.base,
        "digest": proposal.digest.hex(),
        "publish_at": proposal.publish_at,
        "reason": proposal.reason,
        "overtaken_by": proposal.overtaken_by,
    }
