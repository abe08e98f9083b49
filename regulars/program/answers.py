"""Drafts and releases as they stand on the wire, in the caller's language."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

import msgspec

from regulars.access import service as access
from regulars.kit import ids
from regulars.kit.database import Transaction
from regulars.program.contracts.changes import Change
from regulars.program.contracts.report import Fault, Report
from regulars.program.contracts.workflow import Approval, Proposal
from regulars.program.drafting import Shown
from regulars.program.drafts import Draft
from regulars.program.showing import ReleaseShown


class FaultOut(msgspec.Struct, frozen=True, kw_only=True):
    """One thing wrong, or doubtful, and how to mend it, in the caller's language."""

    code: str
    path: str
    line: int
    column: int
    message: str
    mend: str


class ReportOut(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that a check found; `ok` says that a release may be made of it."""

    ok: bool
    faults: tuple[FaultOut, ...]
    warnings: tuple[FaultOut, ...]


class ChangeOut(msgspec.Struct, frozen=True, kw_only=True):
    """One difference to the release in force before; `text` says it in the caller's language."""

    did: str
    path: str
    field: str
    old: str | None
    new: str | None
    text: str


class TouchedOut(msgspec.Struct, frozen=True, kw_only=True):
    """A definition that is added, removed or changed, with what becomes of members in the middle of it (keep, restart,
    close; none where nobody can be), and how many they are (none where that is not counted)."""

    path: str
    did: str
    policy: str | None
    members: int | None


class MeetingOut(msgspec.Struct, frozen=True, kw_only=True):
    """A definition that the draft and a release since its base both change: as it was, as it is in force, as the draft
    has it; null where it is not there."""

    path: str
    base: dict[str, Any] | None
    theirs: dict[str, Any] | None
    yours: dict[str, Any] | None


class DraftNote(msgspec.Struct, frozen=True, kw_only=True):
    """A line of the list of drafts: which release it changes, and which definitions."""

    name: str
    base: int
    touched: tuple[str, ...]
    changed_by: str
    changed_at: dt.datetime


class DraftOut(msgspec.Struct, frozen=True, kw_only=True):
    """A draft against the release in force: what it changes, in words, and where it meets what others published."""

    name: str
    base: int
    in_force: int
    touched: tuple[str, ...]
    changed_by: str
    changed_at: dt.datetime
    changes: tuple[ChangeOut, ...]
    conflicts: tuple[MeetingOut, ...]


class ApprovalOut(msgspec.Struct, frozen=True, kw_only=True):
    """Who said yes, and when."""

    staff: str
    name: str
    note: str
    approved_at: dt.datetime


class BacktestOut(msgspec.Struct, frozen=True, kw_only=True):
    """How far a backtest has come (wanted, running, done, failed), and what it found: points in each currency's
    smallest unit, costs in minor units of money."""

    state: str
    at: dt.datetime | None
    summary: msgspec.Raw | None


class ProposalNote(msgspec.Struct, frozen=True, kw_only=True):
    """A line of the list of proposals."""

    number: int
    state: str
    base: int
    draft: str | None
    rolled_back_to: int | None
    note: str
    proposed_by: str
    proposed_at: dt.datetime
    publish_at: dt.datetime | None


class ReleaseOut(msgspec.Struct, frozen=True, kw_only=True):
    """A release, published or on its way. `text` comes with GET alone; `check` and what belongs to a proposal is null
    where the release was published directly."""

    number: int
    state: str
    base: int
    digest: str
    text: str | None
    note: str
    draft: str | None
    rolled_back_to: int | None
    changes: tuple[ChangeOut, ...]
    touched: tuple[TouchedOut, ...]
    check: ReportOut | None
    checked_at: dt.datetime | None
    approvals: tuple[ApprovalOut, ...]
    approvals_needed: int
    proposed_by: str | None
    proposed_at: dt.datetime | None
    changed_by: str | None
    changed_at: dt.datetime | None
    publish_at: dt.datetime | None
    published_by: str | None
    published_at: dt.datetime | None
    reason: str
    overtaken_by: int | None
    published_as: int | None
    proposed_as: int | None
    backtest: BacktestOut | None


def report(found: Report, language: str) -> ReportOut:
    """A report in a language."""
    return ReportOut(
        ok=found.ok,
        faults=tuple(_fault(one, language) for one in found.faults),
        warnings=tuple(_fault(one, language) for one in found.warnings),
    )


def note(draft: Draft) -> DraftNote:
    """A draft in short."""
    return DraftNote(
        name=draft.name,
        base=draft.base,
        touched=draft.touched,
        changed_by=draft.changed_by,
        changed_at=draft.changed_at,
    )


def draft(shown: Shown, language: str) -> DraftOut:
    """A draft in full."""
    return DraftOut(
        name=shown.draft.name,
        base=shown.draft.base,
        in_force=shown.in_force,
        touched=shown.draft.touched,
        changed_by=shown.draft.changed_by,
        changed_at=shown.draft.changed_at,
        changes=tuple(change(one, language) for one in shown.changes),
        conflicts=tuple(
            MeetingOut(path=one.path, base=one.base, theirs=one.theirs, yours=one.yours) for one in shown.conflicts
        ),
    )


def proposal(one: Proposal) -> ProposalNote:
    """A proposal in short."""
    return ProposalNote(
        number=one.number,
        state=one.state.value,
        base=one.base,
        draft=one.draft,
        rolled_back_to=one.rolled_back_to,
        note=one.note,
        proposed_by=one.proposed_by,
        proposed_at=one.proposed_at,
        publish_at=one.publish_at,
    )


async def names(tx: Transaction, *, program_id: int) -> dict[UUID, str]:
    """What the staff are called."""
    return {ids.from_wire("stf", one.id): one.name for one in await access.staff(tx, program_id=program_id)}


def release(shown: ReleaseShown, language: str, *, staff: Mapping[UUID, str], text: bool) -> ReleaseOut:
    """A release in full; its text where it is asked for."""
    one = shown.proposal
    return ReleaseOut(
        number=shown.number,
        state=shown.state.value,
        base=shown.base,
        digest=shown.digest.hex(),
        text=shown.text if text else None,
        note="" if one is None else one.note,
        draft=None if one is None else one.draft,
        rolled_back_to=shown.rolled_back_to,
        changes=tuple(change(each, language) for each in shown.changes),
        touched=tuple(
            TouchedOut(
                path=each.path,
                did=each.did.value,
                policy=None if each.policy is None else each.policy.value,
                members=each.members,
            )
            for each in shown.touched
        ),
        check=None if one is None else report(one.report, language),
        checked_at=None if one is None else one.checked_at,
        approvals=tuple(_approval(each, staff) for each in shown.approvals),
        approvals_needed=shown.needed,
        proposed_by=None if one is None else one.proposed_by,
        proposed_at=None if one is None else one.proposed_at,
        changed_by=None if one is None else one.changed_by,
        changed_at=None if one is None else one.changed_at,
        publish_at=None if one is None else one.publish_at,
        published_by=shown.published_by,
        published_at=shown.published_at,
        reason="" if one is None else one.reason,
        overtaken_by=shown.overtaken_by,
        published_as=shown.published_as,
        proposed_as=shown.proposed_as,
        backtest=_backtest(one),
    )


def change(one: Change, language: str) -> ChangeOut:
    """A difference in a language."""
    return ChangeOut(
        did=one.did.value,
        path=one.path,
        field=one.field,
        old=one.old,
        new=one.new,
        text=one.sentence(language),
    )


def _approval(one: Approval, staff: Mapping[UUID, str]) -> ApprovalOut:
    return ApprovalOut(
        staff=ids.to_wire("stf", one.staff_id),
        name=staff.get(one.staff_id, ""),
        note=one.note,
        approved_at=one.approved_at,
    )


def _backtest(one: Proposal | None) -> BacktestOut | None:
    if one is None or one.backtest_state is None:
        return None
    return BacktestOut(state=one.backtest_state.value, at=one.backtest_at, summary=one.backtest)


def _fault(each: Fault, language: str) -> FaultOut:
    return FaultOut(
        code=each.code,
        path=each.path,
        line=each.line,
        column=each.column,
        message=each.message(language),
        mend=each.mend(language),
    )


# Examples of the pages about routes.
CHANGE: Final = {
    "did": "changed",
    "path": "rules.visit.effects[0].amount",
    "field": "effects[0].amount",
    "old": '"10"',
    "new": '"20"',
    "text": 'Rule visit: effects[0].amount was "10", is now "20"',
}
DRAFT_NOTE: Final = {
    "name": "autumn",
    "base": 3,
    "touched": ["rules.visit"],
    "changed_by": "stf_06DQ8V0M2KQ7A4RYD1T3ZC5E9J/key_06DQ8V0M2KQ7A4RYD1T3ZC5E9G",
    "changed_at": "2026-11-21T16:20:00Z",
}
DRAFT: Final = {**DRAFT_NOTE, "in_force": 3, "changes": [CHANGE], "conflicts": []}
PROPOSAL_NOTE: Final = {
    "number": 4,
    "state": "proposed",
    "base": 3,
    "draft": "autumn",
    "rolled_back_to": None,
    "note": "Visits are worth more in autumn",
    "proposed_by": "stf_06DQ8V0M2KQ7A4RYD1T3ZC5E9J/key_06DQ8V0M2KQ7A4RYD1T3ZC5E9G",
    "proposed_at": "2026-11-21T16:25:00Z",
    "publish_at": None,
}
RELEASE: Final = {
    **PROPOSAL_NOTE,
    "digest": "9f2c",
    "text": None,
    "changes": [CHANGE],
    "touched": [{"path": "rules.visit", "did": "changed", "policy": None, "members": None}],
    "check": {"ok": True, "faults": [], "warnings": []},
    "checked_at": "2026-11-21T16:25:00Z",
    "approvals": [],
    "approvals_needed": 1,
    "changed_by": "stf_06DQ8V0M2KQ7A4RYD1T3ZC5E9J/key_06DQ8V0M2KQ7A4RYD1T3ZC5E9G",
    "changed_at": "2026-11-21T16:25:00Z",
    "published_by": None,
    "published_at": None,
    "reason": "",
    "overtaken_by": None,
    "published_as": None,
    "proposed_as": None,
    "backtest": None,
}
