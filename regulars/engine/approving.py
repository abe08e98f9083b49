"""What waits for a person: a limit or a rule held its points back, its type is approved first, or it came too late.

Points are pending without a date until an activity `verdict` says yes or no. Whatever needs approval counts in no
metric and does nothing else before it is approved; what was held counts at once, and no more when it is rejected.
"""

from __future__ import annotations

from typing import Final

from regulars.engine import by_hand, cases, counting, judging, recording, refusals
from regulars.engine.compiled import Compiled, TypePlan
from regulars.engine.contracts.activity import Activity, Review
from regulars.engine.contracts.known import Sale
from regulars.engine.contracts.points import LotId
from regulars.engine.judging import Judge, Judged
from regulars.engine.metrics import contribution
from regulars.engine.points import calendar, settling
from regulars.engine.recording import NOTHING_WAITS, REVIEWED_FIRST, Recorded
from regulars.engine.scope import EntryScope
from regulars.engine.work import Work
from regulars.kit import ids

VERDICT: Final = "verdict"


def ask_first(work: Work, compiled: Compiled, plan: TypePlan) -> None:
    """Let an activity wait as a whole, where its type or its age asks for a person's yes; and open the case."""
    kind = compiled.program.activities.get(work.activity.type)
    if kind is None or kind.reverses is not None:
        return
    late = work.activity.late
    if plan.approval is not None:
        counting.show(work, compiled)
    if not late and not (plan.approval is not None and bool(plan.approval(work.scope))):
        return
    work.asks_first = work.waits = True
    if kind.deadline is not None:
        at, _ = calendar.span_end(kind.deadline, since=work.activity.occurred_at, zone=work.zone)
        work.purse.waits_until = at
    proof = {} if kind.proof is None else {"proof": work.activity.fields.get(kind.proof)}
    why = "back_dated" if late else "approval"
    cases.open_case(work, why, then="approve", **proof, **_deadline(work))


def _deadline(work: Work) -> dict[str, object]:
    at = work.purse.waits_until
    return {} if at is None else {"until": at.isoformat()}


def review(work: Work, compiled: Compiled, sale_compiled: Compiled | None) -> None:
    """Do what a person said about something that waits: its points begin or are cancelled, its numbers count or do not.
    Raises SaleNotFound, NothingToReview, OwnReview, LotsNeeded.
    """
    said = work.activity.review
    if said is None:
        if work.activity.type == VERDICT:
            raise refusals.MissingPart(type=VERDICT, part="review")
        return
    sale = work.known.sale
    if sale is None or sale.activity.activity_id != said.activity_id:
        raise refusals.SaleNotFound
    _allow(sale, said)
    under = sale_compiled or compiled
    judge = Judge(under, sale.activity, sale.decision)
    recorded = judge.recorded
    said_before = recording.verdict(data for _, data in sale.returns)
    if recorded.waits == NOTHING_WAITS or said_before is not None or _is_over(work, under, sale.activity):
        raise refusals.NothingToReview(activity=ids.to_wire("act", said.activity_id))
    judged = judge.judged(judging.came_back(sale))
    _settle(work, recorded, sale.activity, approves=said.approves)
    if said.approves and recorded.waits == REVIEWED_FIRST:
        _count(work, compiled, judged, sale.activity, sign=1)
        _act(work, judged)
        if sale.activity.type in by_hand.DOES:
            by_hand.carry_out(work, sale.activity)
    elif not said.approves:
        if recorded.waits != REVIEWED_FIRST:
            _count(work, compiled, judged, sale.activity, sign=-1)
        _uncount(work, compiled, judge, judged)
    work.verdict = recording.APPROVED if said.approves else recording.REJECTED
    work.stirred = True
    facts = {"activity_reviewed": ids.to_wire("act", said.activity_id), "by": said.by}
    work.hear("case.approved" if said.approves else "case.rejected", **facts)


def _allow(sale: Sale, said: Review) -> None:
    if sale.activity.by is not None and sale.activity.by == said.by:
        raise refusals.OwnReview(activity=ids.to_wire("act", said.activity_id))
    if sale.activity.type in by_hand.DOES and not said.person:
        raise refusals.ReviewerNotAPerson(activity=ids.to_wire("act", said.activity_id))


def _is_over(work: Work, under: Compiled, activity: Activity) -> bool:
    kind = under.program.activities.get(activity.type)
    if kind is None or kind.deadline is None:
        return False
    at, _ = calendar.span_end(kind.deadline, since=activity.occurred_at, zone=work.zone)
    return work.now >= at


def _settle(work: Work, recorded: Recorded, activity: Activity, *, approves: bool) -> None:
    for currency in dict.fromkeys(part.currency for part in recorded.lots):
        lots = [
            LotId(activity.activity_id, n) for part in recorded.lots if part.currency == currency for n, _ in part.lots
        ]
        settling.settle(work.purse, currency, lots, points=None if approves else 0)


def _count(work: Work, compiled: Compiled, judged: Judged, activity: Activity, *, sign: int) -> None:
    """Count it on its own day, or take it off again; not what came back whole before: that counts once the return is
    undone."""
    metrics = compiled.type(activity.type).activity_metrics
    for metric in metrics if judged.outcome is not None else ():
        part = contribution.of(metric, judged.scope)
        if part is not None:
            counting.add(work, compiled, metric, part, sign=sign, of=activity)


def _uncount(work: Work, compiled: Compiled, judge: Judge, judged: Judged) -> None:
    undone: list[EntryScope] = []
    for effect, points in judged.points.items():
        plan, rule = judge.plan_of(effect), judge.compiled.rules[effect[0]].name
        undone += counting.earned_by(compiled, plan, rule, -points)
    counting.uncount_entries(work, compiled, judge.sale, judged.scope, undone)


def _act(work: Work, judged: Judged) -> None:
    """What else rules do happens with the yes."""
    for firing in judged.outcome.firings if judged.outcome is not None else ():
        for place, action in firing.rule.actions:
            action.act(work, firing.rule.name, place)
