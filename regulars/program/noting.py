"""How a step of a release is written down: in the audit with the state before and after, and as an event."""

from __future__ import annotations

from typing import Any

import msgspec

from regulars.access import service as access
from regulars.access.contracts import Signature
from regulars.kit import outbox
from regulars.kit.database import Transaction
from regulars.kit.outbox import Event
from regulars.program import proposals
from regulars.program.contracts.workflow import Proposal, ReleaseOvertook, State


async def told(
    tx: Transaction, by: Signature, action: str, old: Proposal | None, new: Proposal, *events: Event
) -> None:
    """Note a step of one proposal, and let the world hear of it."""
    await _audited(tx, by, action, old, new)
    await outbox.record(tx, *events, program_id=by.program_id, event_id=by.act_id, occurred_at=by.at)


async def overtake(tx: Transaction, proposal: Proposal, number: int, by: Signature) -> Event:
    """End a proposal because of another release; what is to be heard of it."""
    after = msgspec.structs.replace(moved(proposal, State.OVERTAKEN, by), overtaken_by=number)
    await proposals.store(tx, program_id=by.program_id, proposal=after)
    await _audited(tx, by, "release.overtake", proposal, after)
    return ReleaseOvertook(number=proposal.number, by=number)


def moved(proposal: Proposal, state: State, by: Signature) -> Proposal:
    """A proposal brought into a state by somebody."""
    return msgspec.structs.replace(proposal, state=state, changed_by=by.actor, changed_at=by.at)


def target(number: int) -> str:
    """What an audit entry about a release speaks of."""
    return f"release {number}"


async def _audited(tx: Transaction, by: Signature, action: str, old: Proposal | None, new: Proposal) -> None:
    before = None if old is None else _facts(old)
    await access.sign(tx, by, action=action, target=target(new.number), old=before, new=_facts(new))


def _facts(proposal: Proposal) -> dict[str, Any]:
    return {
        "state": proposal.state.value,
        "base": proposal.base,
        "digest": proposal.digest.hex(),
        "publish_at": proposal.publish_at,
        "reason": proposal.reason,
        "overtaken_by": proposal.overtaken_by,
    }
