"""Contests: entries, what staff say of them, votes and points of a jury. One table from act to function."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final
from uuid import UUID

from regulars.engine import refusals
from regulars.engine.contracts.games import Entry, EntrySeen, Vote
from regulars.engine.games.plans import BoardPlan
from regulars.engine.games.refusals import (
    EntryNotFound,
    EntryNotOpen,
    GameNotForMember,
    GameNotOpen,
    NoPlaysLeft,
    NotAContest,
    OwnEntry,
    ProofMissing,
    UnknownAct,
    VotedAlready,
)
from regulars.engine.games.standings import Standing
from regulars.engine.work import Work
from regulars.kit import ids
from regulars.program.contracts.boards import Entries, Proof

PENDING: Final = "pending"
ACCEPTED: Final = "accepted"
REJECTED: Final = "rejected"
WITHDRAWN: Final = "withdrawn"
POINTS_MOST: Final = 100
"""The most points that one of the jury gives."""


def act(work: Work, plan: BoardPlan, held: Standing) -> None:
    """What a member or staff do with a contest. Raises what `games.refusals` has, MissingPart."""
    entries, wish = plan.definition.entries, str(work.activity.fields.get("act") or "")
    if not wish:
        raise refusals.MissingPart(type=work.activity.type, part="act")
    if wish not in ACTS:
        raise UnknownAct(act=wish[:60], known=", ".join(("join", "leave", *ACTS)))
    if entries is None:
        raise NotAContest(game=f"boards.{plan.name}", act=wish)
    if not plan.runs(work.day):
        raise GameNotOpen(game=f"boards.{plan.name}")
    ACTS[wish](work, plan, held, entries)


def _enter(work: Work, plan: BoardPlan, held: Standing, entries: Entries) -> None:
    if not plan.audience.has(work.scope):
        raise GameNotForMember(game=f"boards.{plan.name}")
    if held.entered >= entries.per_member:
        raise _used(plan, entries.per_member)
    proof = str(work.activity.fields.get("proof") or "").strip()
    fits = proof.startswith(("https://", "http://")) if entries.proof is Proof.LINK else bool(proof)
    if entries.proof is not Proof.NONE and not fits:
        raise ProofMissing(game=f"boards.{plan.name}", proof=entries.proof.value)
    held.entered += 1
    state = PENDING if entries.moderated else ACCEPTED
    _write(work, plan.name, held.cycle, work.activity.activity_id, state, proof=proof or None)
    work.hear("entry.made", name=plan.name, entry=ids.to_wire("act", work.activity.activity_id), state=state)


def _withdraw(work: Work, plan: BoardPlan, held: Standing, entries: Entries) -> None:
    entry_id, seen = _own(work, plan)
    if seen.state == WITHDRAWN:
        raise EntryNotOpen(state=seen.state)
    _write(work, plan.name, seen.cycle, entry_id, WITHDRAWN)
    work.hear("entry.withdrawn", name=plan.name, entry=ids.to_wire("act", entry_id))


def _accept(work: Work, plan: BoardPlan, held: Standing, entries: Entries) -> None:
    _moderate(work, plan, ACCEPTED)


def _reject(work: Work, plan: BoardPlan, held: Standing, entries: Entries) -> None:
    if not work.activity.fields.get("reason"):
        raise refusals.MissingPart(type=work.activity.type, part="reason")
    _moderate(work, plan, REJECTED)


def _moderate(work: Work, plan: BoardPlan, state: str) -> None:
    entry_id, seen = _own(work, plan)
    if seen.state in {WITHDRAWN, state}:
        raise EntryNotOpen(state=seen.state)
    reason = work.activity.fields.get("reason")
    _write(work, plan.name, seen.cycle, entry_id, state, reason=None if reason is None else str(reason))
    work.hear(
        "entry.accepted" if state == ACCEPTED else "entry.rejected",
        name=plan.name,
        entry=ids.to_wire("act", entry_id),
        reason=reason,
    )


def _vote(work: Work, plan: BoardPlan, held: Standing, entries: Entries) -> None:
    if not plan.audience.has(work.scope):
        raise GameNotForMember(game=f"boards.{plan.name}")
    entry_id, seen = _seen(work, plan)
    if seen.member_id == work.member_id:
        raise OwnEntry
    if seen.state != ACCEPTED or seen.cycle != held.cycle:
        raise EntryNotOpen(state=seen.state if seen.cycle == held.cycle else "closed")
    if entry_id.bytes in held.voted:
        raise VotedAlready
    if len(held.voted) >= entries.votes:
        raise _used(plan, entries.votes)
    held.voted.append(entry_id.bytes)
    work.games.append(Vote(board=plan.name, cycle=seen.cycle, entry_id=entry_id, points=1))
    work.hear("entry.voted", name=plan.name, entry=ids.to_wire("act", entry_id))


def _judge(work: Work, plan: BoardPlan, held: Standing, entries: Entries) -> None:
    entry_id, seen = _own(work, plan)
    points, judge = work.activity.fields.get("points"), work.activity.fields.get("judge")
    if not isinstance(points, int) or not 0 <= points <= POINTS_MOST or not isinstance(judge, str) or not judge:
        raise refusals.MissingPart(type=work.activity.type, part="points, judge")
    if not entries.jury:
        raise NotAContest(game=f"boards.{plan.name}", act="judge")
    if seen.state != ACCEPTED:
        raise EntryNotOpen(state=seen.state)
    weighed = points * entries.jury
    work.games.append(Vote(board=plan.name, cycle=seen.cycle, entry_id=entry_id, points=weighed, judge=judge))
    work.hear("entry.judged", name=plan.name, entry=ids.to_wire("act", entry_id), points=points)


def _seen(work: Work, plan: BoardPlan) -> tuple[UUID, EntrySeen]:
    """The entry that the activity names, as it was when it came in."""
    named = work.activity.fields.get("entry")
    if not isinstance(named, str):
        raise refusals.MissingPart(type=work.activity.type, part="entry")
    try:
        entry_id = ids.from_wire("act", named)
    except (ids.MalformedId, ids.WrongKindOfId) as fault:
        raise EntryNotFound from fault
    seen = work.activity.entry
    if seen is None or seen.board != plan.name:
        raise EntryNotFound
    return entry_id, seen


def _own(work: Work, plan: BoardPlan) -> tuple[UUID, EntrySeen]:
    """The same, where it must be the member's own: staff act in the name of whoever entered."""
    entry_id, seen = _seen(work, plan)
    if seen.member_id != work.member_id:
        raise EntryNotFound
    return entry_id, seen


def _used(plan: BoardPlan, most: int) -> NoPlaysLeft:
    return NoPlaysLeft(game=f"boards.{plan.name}", period=plan.definition.cycle.value, most=most)


def _write(
    work: Work,
    board: str,
    cycle: int,
    entry_id: UUID,
    state: str,
    *,
    proof: str | None = None,
    reason: str | None = None,
) -> None:
    work.games.append(
        Entry(
            board=board,
            cycle=cycle,
            entry_id=entry_id,
            member_id=work.member_id,
            state=state,
            at=work.scope.now,
            proof=proof,
            reason=reason,
        )
    )


ACTS: Final[dict[str, Callable[[Work, BoardPlan, Standing, Entries], Any]]] = {
    "enter": _enter,
    "withdraw": _withdraw,
    "accept": _accept,
    "reject": _reject,
    "vote": _vote,
    "judge": _judge,
}
