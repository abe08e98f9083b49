"""The door of the engine: compile a release, decide an activity."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from uuid import UUID

from regulars.engine import (
    asking,
    budgets,
    deciding,
    explaining,
    focusing,
    lines,
    partnering,
    periods,
    placing,
    recording,
    recounting,
    refusals,
    rejudging,
    viewing,
)
from regulars.engine import browsing as catalogues
from regulars.engine import state as states
from regulars.engine.asking import SummedDays
from regulars.engine.begun import begun, relatives
from regulars.engine.budget_plans import BudgetPlan
from regulars.engine.budgets import LOW as BUDGET_LOW
from regulars.engine.by_hand import BY_HAND
from regulars.engine.compiled import Compiled
from regulars.engine.contracts import shared
from regulars.engine.contracts.activity import Activity
from regulars.engine.contracts.catalogue import RewardSeen
from regulars.engine.contracts.decision import Decision, Refusal, RuleTrace
from regulars.engine.contracts.known import CounterRange, Known
from regulars.engine.contracts.points import Balance, Lot
from regulars.engine.contracts.view import Past, Rebuilt, StandingSeen, View
from regulars.engine.dealing_refusals import AccountMalformed, payable
from regulars.engine.expressions import Function
from regulars.engine.games import plans as games
from regulars.engine.games.plans import cycle_end, cycle_of, days_after
from regulars.engine.games.wheel import roll
from regulars.engine.imagining import Imagined, imagine
from regulars.engine.points.errors import BalanceFrozen
from regulars.engine.quotas import COUNTED as QUOTA_COUNTED
from regulars.engine.quotas import CUT as QUOTA_CUT
from regulars.engine.quotas import EVER as QUOTA_EVER
from regulars.engine.quotas import PROGRAM as QUOTA_OF_ALL
from regulars.engine.quotas import SUPPLIED as QUOTA_SUPPLIED
from regulars.engine.quotas import USED as QUOTA_USED
from regulars.engine.quotas import is_quota
from regulars.engine.recording import waits
from regulars.engine.recounting import Gap
from regulars.engine.referrals import plans as referrals
from regulars.engine.referrals.plans import TRACES, beside
from regulars.engine.referring import TYPES as WORD_TYPES
from regulars.engine.rejudging import Rejudged
from regulars.engine.sending import HOME, RECEIVE, SEND
from regulars.engine.sending import unpack as sent
from regulars.engine.telling import (
    DISCOUNT,
    given,
    message_text,
    refusal_text,
    taken_off,
    tick,
    titled,
    unit_cost,
)
from regulars.engine.transfer_refusals import ReceiverGone
from regulars.program.contracts.definitions import Release
from regulars.program.contracts.referrals import Same
from regulars.program.contracts.values import Period

__all__ = [
    "BUDGET_LOW",
    "BY_HAND",
    "DISCOUNT",
    "HOME",
    "QUOTA_COUNTED",
    "QUOTA_CUT",
    "QUOTA_EVER",
    "QUOTA_OF_ALL",
    "QUOTA_SUPPLIED",
    "QUOTA_USED",
    "RECEIVE",
    "SEND",
    "TRACES",
    "WORD_TYPES",
    "AccountMalformed",
    "BalanceFrozen",
    "BudgetPlan",
    "Compiled",
    "Gap",
    "Imagined",
    "as_kept",
    "asked",
    "begun",
    "beside",
    "budget_period",
    "catalogue",
    "compile",
    "cycle_end",
    "cycle_of",
    "days_after",
    "decide",
    "explain",
    "fill",
    "filled",
    "foreign",
    "gap",
    "given",
    "imagine",
    "is_quota",
    "kept_under",
    "meets",
    "member_ranges",
    "message_text",
    "order_withheld",
    "payable",
    "plays_left",
    "reads",
    "rebuild",
    "receiver_gone",
    "refusal_text",
    "rejudge",
    "rejudged",
    "relatives",
    "roll",
    "sent",
    "shown",
    "standing",
    "summed_days",
    "taken_off",
    "tick",
    "titled",
    "traced_by",
    "traces_of",
    "unit_cost",
    "view",
    "view_ranges",
    "waits",
    "without_words",
]


def budget_period(compiled: Compiled, period: Period, at: dt.datetime) -> str:
    """The name under which a budget of such a period is counted at a moment."""
    return budgets.bucket_of(period, periods.local_date(at, compiled.zone))


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


def as_kept(compiled: Compiled, activity: Activity) -> Activity:
    """An activity as it may be kept and is then decided: its store says whose it is, lines of groups that keep the
    class only lose the rest."""
    activity = partnering.with_partner(compiled.partners, activity)
    return lines.as_kept(activity, compiled.groups, zone=compiled.zone, money=compiled.money)


def explain(compiled: Compiled, activity: Activity, recorded: bytes) -> tuple[RuleTrace, ...]:
    """Why each rule of its type did or did not fire for a past activity, in the order in which they ran.

    `compiled` is the release that it was decided under, `recorded` what was stored with it. Raises nothing of its own.
    """
    return explaining.explain(compiled, activity, recorded)


def asked(compiled: Compiled, text: str) -> Function:
    """A condition about members, made ready to ask many with. Raises ExpressionFaults."""
    return asking.condition(compiled, text)


def reads(compiled: Compiled, text: str) -> frozenset[str]:
    """The paths that a condition about members reads, and those of segments that it may name. Raises
    ExpressionFaults.
    """
    return asking.reads(compiled, text)


def meets(compiled: Compiled, known: Known, *, member_id: UUID, at: dt.datetime, condition: Function) -> bool:
    """Whether a member meets an `asked` condition at a moment; nothing is written. Raises LotsNeeded."""
    return asking.meets(compiled, known, member_id=member_id, at=at, condition=condition)


def summed_days(compiled: Compiled, name: str, today: dt.date) -> SummedDays | None:
    """How a member's metric is a sum of day rows on a day, for SQL; None for one that is not."""
    return asking.summed_days(compiled, name, today)


def view_ranges(compiled: Compiled, account_id: UUID, member_id: UUID, at: dt.datetime) -> tuple[CounterRange, ...]:
    """The counters to load before `view`."""
    return asking.view_ranges(compiled, account_id, member_id, at)


def member_ranges(compiled: Compiled, member_id: UUID, at: dt.datetime) -> tuple[CounterRange, ...]:
    """The counters to load before `meets`."""
    return asking.ranges(compiled, member_id, at)


def plays_left(compiled: Compiled, state: bytes, *, member_id: UUID, day: dt.date) -> dict[str, dict[Period, int]]:
    """By draw that runs on a day, how often a member may still play in each period that it limits."""
    members = states.decode(state).members if state else []
    mine = next((one.used for one in members if one.id == member_id.bytes), {})
    return games.plays_left(compiled.draws, mine, day)


def view(compiled: Compiled, known: Known, *, member_id: UUID, at: dt.datetime) -> View:
    """What one member of an account has and is at a moment, without writing anything. Raises LotsNeeded."""
    return viewing.view(compiled, known, member_id, at)


def standing(compiled: Compiled, known: Known, *, member_id: UUID, at: dt.datetime) -> StandingSeen:
    """The balances and tiers of one member alone: a part of `view` for whoever asks often. Raises LotsNeeded."""
    return viewing.standing_of(compiled, known, member_id, at)


def catalogue(
    compiled: Compiled,
    known: Known,
    *,
    member_id: UUID,
    at: dt.datetime,
    limit: int,
    after: tuple[int, int, str] | None = None,
    everything: bool = False,
) -> list[RewardSeen]:
    """What a member can have for points now, best first, at most `limit` after a rank; `everything`: also what is not
    for them, with the condition that does not hold. Raises LotsNeeded."""
    work = catalogues.begin(compiled, known, member_id, at)
    return catalogues.page(compiled, work, limit=limit, after=after, everything=everything)


def order_withheld(compiled: Compiled, known: Known, *, member_id: UUID, at: dt.datetime, order_id: UUID) -> str | None:
    """The purpose that a member does not consent to by now, and that the personal fields of an order are for; None:
    whoever fulfils it may be told of them. Raises LotsNeeded."""
    return placing.withheld(catalogues.begin(compiled, known, member_id, at), compiled, order_id)


def filled(state: bytes) -> int:
    """The number of the release under which all metrics of an account were last kept."""
    return states.kept_under(state)[0]


def kept_under(state: bytes) -> tuple[int, int]:
    """The numbers of the releases under which metrics were last kept, and segments last worked out."""
    return states.kept_under(state)


def rejudge(compiled: Compiled, under: Compiled | None, known: Known, *, now: dt.datetime) -> Rejudged:
    """The segments that this release has otherwise than the one before it, worked out in silence for an account that
    it fills. Raises LotsNeeded.
    """
    return rejudging.rejudge(compiled, under, known, now=now)


def rejudged(compiled: Compiled, under: Compiled) -> frozenset[str]:
    """The segments of this release whose members may change with it, announced or not."""
    return rejudging.changed(compiled, under).all


def gap(compiled: Compiled, under: Compiled | None) -> Gap:
    """What a release keeps of members that another (None: nobody knows which) did not: `fill` counts it."""
    return recounting.gap(compiled, under)


def fill(gap: Gap, known: Known, past: Sequence[Past], *, releases: Mapping[int, Compiled]) -> Rebuilt:
    """The metrics of a gap as if they had been kept from the start, from everything recorded of the account (all its
    members, in the order of versions); `known.days` are all of its day rows. Whenever it is done, it comes to the same.

    Raises KeyError for a release that is not there.
    """
    return recounting.fill(gap, known, past, releases=releases)


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
    return recounting.rebuild(compiled, known, member_id, past, releases=releases, now=now)


def shown(compiled: Compiled, known: Known, member_id: UUID) -> tuple[Balance, ...]:
    """The balances of an account as one of its members sees them: in a household what is shared, and their own."""
    return focusing.shown(compiled, known, member_id)


def foreign(lot: Lot) -> Lot:
    """A lot of an account that led to this one, as the accounts after it see it: nothing is left in it, and what comes
    back to it comes back as a new one."""
    return shared.foreign(lot)


def receiver_gone() -> Refusal:
    """Why nothing arrives with somebody who is blocked, erased or not there."""
    return refusals.of(ReceiverGone())


def traces_of(compiled: Compiled, hashes: Sequence[tuple[str, bytes]]) -> tuple[str, ...]:
    """Of identifiers that were shown (kind, keyed hash) those that may betray one person behind two members, where the
    program has referrals that ask for it."""
    return referrals.traces_of(compiled.traced, hashes) if compiled.traced else ()


def traced_by(activity: Activity) -> list[str]:
    """What may betray that the same person did this and something else, whatever the program asks for."""
    return referrals.traces(frozenset(Same), activity)


def without_words(compiled: Compiled, type: str, decision: bytes) -> bytes:
    """What is stored of a decision, without what it says of the person; the same bytes where there is nothing of
    that."""
    return recording.without_words(compiled.type(type), decision)
