"""People who sign what tests do with drafts and releases."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Mapping, Sequence
from uuid import UUID

from regulars.access.contracts import Signature
from regulars.kit.database import Transaction
from regulars.program import service as program
from regulars.program.contracts.definitions import Release
from regulars.program.contracts.midway import MidwayPolicy
from regulars.program.contracts.workflow import Proposal

NOW = dt.datetime(2026, 11, 22, 9, 0, tzinfo=dt.UTC)
KEY = b"k" * 32
_acts = itertools.count(1)


def signed(
    actor: str = "ion", staff: int | None = None, *, made_by: int | None = None, at: dt.datetime = NOW
) -> Signature:
    """A person (`staff` is their number), or a machine for which the person `made_by` may answer."""
    person = None if staff is None else UUID(int=staff)
    answers = person if made_by is None else UUID(int=made_by)
    return Signature(
        program_id=1,
        act_id=UUID(int=(1 << 100) + next(_acts)),
        actor=actor,
        at=at,
        key=KEY,
        staff_id=person,
        answerable=answers,
    )


async def propose(
    tx: Transaction,
    draft: str,
    by: Signature | None = None,
    *,
    midway: Mapping[str, MidwayPolicy] | None = None,
    checks: Sequence[program.ReleaseCheck] = (),
) -> Proposal:
    merged = await program.merge_draft(tx, program_id=1, name=draft)
    prepared = program.prepare_draft(merged)
    by = by or signed()
    return await program.propose(tx, prepared=prepared, note="", midway=midway or {}, checks=checks, by=by)


async def publish(tx: Transaction, draft: str, by: Signature | None = None) -> Release:
    """Propose a draft and publish it, where nobody else must agree."""
    by = by or signed()
    made = await propose(tx, draft, by)
    return await program.publish_proposal(tx, number=made.number, checks=(), by=signed(by.actor, at=by.at))
