"""The door of the engine: compile a release, decide an activity."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from uuid import UUID

from regulars.engine import deciding, explaining, viewing
from regulars.engine.compiled import Compiled
from regulars.engine.contracts.activity import Activity
from regulars.engine.contracts.decision import Decision, RuleTrace
from regulars.engine.contracts.known import Known
from regulars.engine.contracts.view import Past, Rebuilt, View
from regulars.engine.telling import GivenBy, given, message_text, refusal_text, tick, unit_cost
from regulars.program.contracts.definitions import Release

__all__ = [
    "Compiled",
    "GivenBy",
    "compile",
    "decide",
    "explain",
    "given",
    "message_text",
    "rebuild",
    "refusal_text",
    "tick",
    "unfilled",
    "unit_cost",
    "view",
]


def compile(release: Release) -> Compiled:  # noqa: A001  the verb of the room: engine.compile(release)
    """A release made ready: costs milliseconds a hundred rules, so keep it. Raises ExpressionFaults for a release that
    was never checked.
    """
    return Compiled(release)


def decide(
    compiled: Compiled,
    known: Known,
    activity: Activity,
    *,
    now: dt.datetime,
    sale_compiled: Compiled | None = None,
    trace: bool = False,
) -> Decision:
    """Everything that one activity causes to one account; pure.

    `now` is when it arrived; the account's clock never goes back. What the caller did wrong is a decision whose outcome
    is `refused`.
    Raises LotsNeeded: load the open lots and holds of the account and those it names, and decide again.
    """
    return deciding.decide(compiled, known, activity, now=now, sale_compiled=sale_compiled, explains=trace)


def explain(compiled: Compiled, activity: Activity, recorded: bytes) -> tuple[RuleTrace, ...]:
    """Why each rule of its type did or did not fire for a past activity, in the order in which they ran.

    `compiled` is the release that it was decided under, `recorded` what was stored with it. Raises nothing of its own.
    """
    return explaining.explain(compiled, activity, recorded)


def view(compiled: Compiled, known: Known, *, member_id: UUID, at: dt.datetime) -> View:
    """What one member of an account has and is at a moment, without writing anything. Raises LotsNeeded."""
    return viewing.view(compiled, known, member_id, at)


def unfilled(compiled: Compiled, state: bytes) -> tuple[str, ...]:
    """Metrics of this release that were never counted for an account with this state: `rebuild` counts them."""
    return viewing.unfilled(compiled, state)


def rebuild(
    compiled: Compiled,
    known: Known,
    *,
    member_id: UUID,
    past: Sequence[Past],
    releases: Mapping[int, Compiled],
    now: dt.datetime,
) -> Rebuilt:
    """All metrics of a member counted anew from everything recorded of them, oldest first, each activity beside the
    records of what reversed it; `releases` are those that they were decided under. Raises KeyError for a release that
    is not there.
    """
    return viewing.rebuild(compiled, known, member_id, past, releases=releases, now=now)
