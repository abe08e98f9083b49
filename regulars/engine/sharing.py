"""Prizes of places that several members take together: the points of all these places are divided, the rest of a
division goes to those first in turn, so that all parts add up to the whole.
"""

from __future__ import annotations

from collections.abc import Sequence

from regulars.engine import counting, earning, giving
from regulars.engine.compiled import Compiled
from regulars.engine.earning import Outcome
from regulars.engine.rules import RulePlan
from regulars.engine.work import Work


def share(
    work: Work, compiled: Compiled, prizes: Sequence[tuple[RulePlan, dict[str, object]]], among: int, turn: int
) -> None:
    """Give one of `among` members, the one in this `turn` (from 0), their part of several prizes, each under the facts
    of its own place; what is no points everybody gets as the best of the places has it. Raises LotsNeeded."""
    outer, whole = work.scope.event, Outcome()
    try:
        for rule, facts in prizes:
            work.scope.event = facts
            counting.show(work, compiled)
            found = earning.run(
                (rule,), work.scope, groups={}, member=work.member, zone=compiled.zone, day=work.day, explains=False
            )
            whole.firings += found.firings
            whole.claims += found.claims
        for claim in whole.claims:
            part = claim.points // among + (turn < claim.points % among)
            claim.cut(claim.points - part, f"{claim.rule.name}.ties")
        lots_of = giving.cut(work, compiled, compiled.caused, whole)
        giving.earn(work, whole, lots_of)
        earning.use_caps(whole, member=work.member, day=work.day, at=work.scope.now)
        work.fired += [giving.fired(work, claim) for claim in whole.claims if claim.points or claim.cuts]
        if prizes:
            rule, work.scope.event = prizes[0]
            for place, action in rule.actions:
                action.act(work, rule.name, place)
        counting.count_entries(work, compiled, whole.claims)
    finally:
        work.scope.event = outer
