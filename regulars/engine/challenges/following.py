"""How a try follows its numbers: what is reached, what is lost again, how it begins anew."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from regulars.engine import words
from regulars.engine.attempts import CLOSED, DONE, JOINED, MISSED, WHOLE, Attempt, Gave, Part, Standing
from regulars.engine.challenges.plan import ChallengePlan, Goal
from regulars.engine.scope import Scope
from regulars.language import contracts as language

STATES: Final = {JOINED: "joined", DONE: "done", MISSED: "missed", CLOSED: "closed"}


class Seen:
    """The numbers of a challenge in a decision: before the activity, and as they were last looked at."""

    __slots__ = ("before", "last")

    def __init__(self, values: dict[str, int]) -> None:
        self.before = values
        self.last = values


def values(plan: ChallengePlan, s: Scope) -> dict[str, int]:
    """The numbers of the goals of a challenge and its steps as they stand."""
    found = {WHOLE: plan.goal.reached(s)} if plan.goal is not None else {}
    for step in plan.steps:
        found[step.name] = found[WHOLE] if step.milestone and WHOLE in found else step.goal.reached(s)
    return found


def part(plan: ChallengePlan, target: int, value: int) -> Part:
    """A goal that begins while its number stands at a value. A team counts nothing that was there before it began:
    its members may have had a prize for that somewhere else."""
    return Part(target=target, start=value if plan.counts_new or plan.team else 0)


def progress(attempt: Attempt) -> int:
    """What is reached of the whole; without a goal of the whole, how many steps."""
    whole = attempt.parts.get(WHOLE)
    return whole.reached if whole is not None else sum(part.done for part in attempt.parts.values())


def target(plan: ChallengePlan, attempt: Attempt) -> int:
    """What is to be reached of the whole; without a goal of the whole, how many steps."""
    whole = attempt.parts.get(WHOLE)
    return whole.target if whole is not None else len(plan.steps)


def is_reached(plan: ChallengePlan, attempt: Attempt) -> bool:
    """Whether goal and steps are."""
    whole = attempt.parts.get(WHOLE)
    if whole is not None and whole.reached < whole.target:
        return False
    return all(step.name in attempt.parts and attempt.parts[step.name].done for step in plan.steps)


def is_over(plan: ChallengePlan, held: Standing) -> bool:
    """Whether nobody with this standing may begin now."""
    if held.now is not None or (plan.most is not None and held.times >= plan.most):
        return True
    return plan.once and (held.times > 0 or held.before is not None)


def begin_again(plan: ChallengePlan, attempt: Attempt, s: Scope) -> None:
    """What is reached beyond the target counts for the next time; the target is that of now."""
    whole = attempt.parts.get(WHOLE)
    for name, each in list(attempt.parts.items()):
        done = each.target if name == WHOLE else whole.target if whole is not None and name in _milestones(plan) else 0
        over = done or each.reached
        each.start += over
        each.reached -= over
        each.done = False
    for step in plan.steps:
        if plan.in_order and step is not plan.steps[0]:
            attempt.parts.pop(step.name, None)
        else:
            attempt.parts[step.name].target = step.goal.target(s)
    if whole is not None and plan.goal is not None:
        whole.target = plan.goal.target(s)
    if any(each.target <= 0 for each in attempt.parts.values()):
        attempt.state = DONE


def is_lost(plan: ChallengePlan, attempt: Attempt, gave: Gave) -> bool:
    """Whether what was given for is reached no more."""
    if gave.step != WHOLE:
        step = attempt.parts.get(gave.step)
        return step is not None and step.done and step.reached < step.target
    whole = attempt.parts.get(WHOLE)
    if attempt.state != DONE:
        # It has begun again: what is left of the next time pays first.
        return whole is not None and whole.reached < 0
    if plan.again and whole is not None:
        return whole.reached < 0 if plan.most is None else whole.reached < whole.target
    return any(each.reached < each.target for each in attempt.parts.values())


def undo(plan: ChallengePlan, attempt: Attempt, gave: Gave) -> None:
    """Reach it no more."""
    if gave.step != WHOLE:
        attempt.parts[gave.step].done = False
        return
    if attempt.state == DONE:
        attempt.state = JOINED
        return
    whole = attempt.parts[WHOLE]
    whole.start -= gave.target
    whole.reached += gave.target
    whole.target = gave.target


def reform(plan: ChallengePlan, attempt: Attempt, values: Mapping[str, int], s: Scope) -> None:
    """A release counts something else: what was reached and the target stay, what comes counts as the release says."""
    kept = attempt.parts
    attempt.parts = {}
    wanted = ([(WHOLE, plan.goal)] if plan.goal is not None else []) + [(step.name, step.goal) for step in plan.steps]
    for name, goal in wanted:
        old = kept.get(name)
        if old is not None:
            reached = plan.rescaled(old.reached, attempt.form)
            extra = attempt.extra if name in plan.adds_to else 0
            start = values[name] + plan.rescaled(extra, attempt.form) - reached
            attempt.parts[name] = Part(plan.rescaled(old.target, attempt.form), start, reached, old.done)
        elif not plan.in_order or not attempt.parts:
            attempt.parts[name] = part(plan, goal.target(s), values[name])
    attempt.extra = plan.rescaled(attempt.extra, attempt.form)
    attempt.form = plan.form


def told(plan: ChallengePlan, attempt: Attempt) -> dict[str, object]:
    """How much of how much; steps are counted in ones where there is no goal of the whole."""
    reached, wanted = max(progress(attempt), 0), target(plan, attempt)
    if plan.goal is None:
        return {"progress": reached, "target": wanted}
    return {"progress": number(plan.goal, reached), "target": number(plan.goal, wanted)}


def number(goal: Goal, value: int) -> Any:
    """A number of a goal as the world reads it, with the decimals that this goal has."""
    shown = value // 10 ** (goal.scale - goal.decimals)
    return words.plain(shown, language.Amount(goal.decimals) if goal.decimals else language.INT)


def _milestones(plan: ChallengePlan) -> frozenset[str]:
    return frozenset(step.name for step in plan.steps if step.milestone)
