"""Metrics in a decision: what the activity adds to each, and the numbers that rules then read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from regulars.engine import state as states
from regulars.engine.compiled import Compiled, TypePlan
from regulars.engine.contracts.known import CounterKey
from regulars.engine.earning import Claim
from regulars.engine.metrics import contribution, counters
from regulars.engine.metrics.contribution import Part
from regulars.engine.metrics.plan import MetricPlan
from regulars.engine.points.purse import HOUSE
from regulars.engine.scope import EntryScope, Scope
from regulars.engine.work import Work
from regulars.engine.contracts.points import Entry, EntryKind
from regulars.kit.money import spread


def show(work: Work, compiled: Compiled, plan: TypePlan) -> None:
    """Put the numbers as they are now where expressions of this type read them."""
    s = work.scope
    s.member.metrics = work.numbers.values(plan.metrics_read)
    for metric in plan.counters_read:
        number = counter(work, compiled, metric)
        if metric.for_member:
            s.member.metrics[metric.name] = number
        else:
            owner = s.owner(metric.per)
            if owner is not None:
                owner.metrics[metric.name] = number


def counter(work: Work, compiled: Compiled, metric: MetricPlan) -> Any:
    """The number of a counter for the owner that this activity names; as if empty where it names none."""
    owner = counters.owner(metric, work.activity)
    found = counters.range_of(metric, owner or "", work.activity.occurred_at, compiled.zone)
    return counters.value(metric, found, (*(work.known.counters or ()), *work.counters) if owner else ())


def count_activity(work: Work, compiled: Compiled, plan: TypePlan) -> None:
    """Add this activity to the metrics over activities and lines."""
    for metric in plan.reset_by:
        work.numbers.forget(metric)
    for metric in plan.activity_metrics:
        if metric not in plan.reset_by:
            part = contribution.of(metric, work.scope)
            if not contribution.is_empty(metric, part):
                add(work, compiled, metric, part)


def add(work: Work, compiled: Compiled, metric: MetricPlan, part: Part, *, sign: int = 1) -> None:
    """Add a part of this activity to its metric, wherever that is kept."""
    activity = work.activity
    if not metric.counter:
        work.numbers.add(metric, part, sign=sign, day=work.day, at_ms=states.ms(activity.occurred_at))
        return
    owner = counters.owner(metric, activity)
    bucket = counters.bucket(metric, activity.occurred_at, compiled.zone)
    if owner is not None and bucket is not None:
        work.counters += counters.additions(metric, part, sign=sign, key=CounterKey(metric.name, owner, bucket))


def count_entries(work: Work, compiled: Compiled, plan: TypePlan, claims: Sequence[Claim]) -> None:
    """Add what was done to points to the metrics over entries, and show those that something reads."""
    if not compiled.entry_metrics:
        return
    entries = [*earned_entries(compiled, claims), *other_entries(compiled, work.purse.entries)]
    if not entries:
        return
    for metric in compiled.entry_metrics:
        part = contribution.of(metric, work.scope, entries)
        if not contribution.is_empty(metric, part):
            add(work, compiled, metric, part)
            if metric in plan.metrics_read:
                work.scope.member.metrics[metric.name] = work.numbers.value(metric)


def earned_entries(compiled: Compiled, claims: Iterable[Claim]) -> list[EntryScope]:
    """What claims gave, an entry a rule and funder: in the books several rules may share one lot and entry."""
    entries = []
    for claim in claims:
        if claim.points:
            scale = 10 ** (compiled.made_from.places.entry_scale - claim.plan.currency.scale)
            shares = claim.plan.definition.funding
            whole = [share.share.n * 10**9 // share.share.d for share in shares]
            parts = spread(claim.points, whole) if len(shares) > 1 else [claim.points]
            names = [share.by for share in shares] or [HOUSE]
            entries += [
                EntryScope(EntryKind.EARN.value, claim.currency, part * scale, claim.rule.name, name)
                for name, part in zip(names, parts, strict=True)
                if part
            ]
    return entries


def other_entries(compiled: Compiled, entries: Iterable[Entry]) -> list[EntryScope]:
    """All entries of the books but earnings."""
    return [
        EntryScope(
            entry.kind.value,
            entry.currency,
            entry.amount * 10 ** (compiled.made_from.places.entry_scale - compiled.program.currencies[entry.currency].scale),
            entry.rule,
            entry.funder,
        )
        for entry in entries
        if entry.kind is not EntryKind.EARN
    ]
