"""What a try of a challenge has reached: steps, completion and their prizes, what a return undoes, and who is told."""

from __future__ import annotations

import copy
from typing import Any, Final
from uuid import UUID

from regulars.engine import awarding, periods
from regulars.engine.attempts import DONE, WHOLE, Attempt, Gave, Part, Standing
from regulars.engine.challenges import following, windows
from regulars.engine.challenges.plan import COMPLETED, STEP, ChallengePlan, StepPlan
from regulars.engine.compiled import Compiled
from regulars.engine.contracts.decision import EventDraft, Message
from regulars.engine.metrics.members import MemberNumbers
from regulars.engine.rules import RulePlan
from regulars.engine.state import MemberState
from regulars.engine.work import Work
from regulars.program.contracts.effects import Badge, OnReversal

RECEIPT: Final = "receipt"
AGAIN_AT_ONCE: Final = 100
"""How often one decision completes a challenge that begins again: what is more waits for the next."""
SAID: Final = frozenset({"challenge.joined", "challenge.progress", "challenge.completed"})
TOLD: Final = frozenset({"progress", "target"})
"""What the world hears of a challenge beside what rules read under `event.`."""


def judge(work: Work, compiled: Compiled, plan: ChallengePlan, held: Standing, attempt: Attempt, added: int) -> None:
    was = following.progress(attempt)
    attempt.extra += added
    if attempt is held.now:
        attempt.count(numbers_of(work, compiled, plan), adds_to=plan.adds_to, resets=plan.resets)
    elif plan.backwards:
        attempt.count(_values_before(work, compiled, plan, attempt), adds_to=plan.adds_to, resets=False)
    if plan.definition.on_reversal is not OnReversal.KEEP:
        _undo(work, compiled, plan, held, attempt)
    _take_steps(work, compiled, plan, held, attempt)
    for _ in range(AGAIN_AT_ONCE):
        if attempt.state == DONE or not following.is_reached(plan, attempt):
            break
        _complete(work, compiled, plan, held, attempt)
    if attempt is held.now and attempt.state != DONE and following.progress(attempt) > was:
        say(work, plan, attempt, "challenge.progress")


def _take_steps(work: Work, compiled: Compiled, plan: ChallengePlan, held: Standing, attempt: Attempt) -> None:
    for step in plan.steps:
        part = attempt.parts.get(step.name)
        if part is None:
            part = _next_step(work, compiled, plan, held, attempt, step)
        if not part.done and part.reached >= part.target:
            part.done = True
            tell(work, STEP, plan, held, attempt, step.name)
            _give(work, compiled, plan, held, attempt, step.prize, step.name)
        if plan.in_order and not part.done:
            return


def _next_step(
    work: Work, compiled: Compiled, plan: ChallengePlan, held: Standing, attempt: Attempt, step: StepPlan
) -> Part:
    value = numbers_of(work, compiled, plan)[step.name]
    if step.milestone and WHOLE in attempt.parts:
        part = Part(step.goal.target(work.scope), attempt.parts[WHOLE].start)
    else:
        part = following.part(plan, step.goal.target(work.scope), value)
    part.reached = value - part.start
    attempt.parts[step.name] = part
    return part


def _complete(work: Work, compiled: Compiled, plan: ChallengePlan, held: Standing, attempt: Attempt) -> None:
    held.times += 1
    again = plan.again and (plan.most is None or held.times < plan.most)
    tell(work, COMPLETED, plan, held, attempt)
    say(work, plan, attempt, "challenge.completed")
    _give(work, compiled, plan, held, attempt, plan.prize, WHOLE)
    if again:
        following.begin_again(plan, attempt, work.scope)
    else:
        attempt.state = DONE


def _undo(work: Work, compiled: Compiled, plan: ChallengePlan, held: Standing, attempt: Attempt) -> None:
    """Take back what is reached no more; the last given goes first."""
    prizes = {step.name: step.prize for step in plan.steps} | {WHOLE: plan.prize}
    for gave in reversed(list(attempt.gave)):
        if not following.is_lost(plan, attempt, gave):
            continue
        attempt.gave.remove(gave)
        prize = prizes.get(gave.step)
        if plan.definition.on_reversal is OnReversal.REVIEW:
            for place, points in gave.points:
                if prize is not None:
                    awarding.ask(work, prize.name, awarding.points_of(prize)[place].currency.name, points)
            continue
        following.undo(plan, attempt, gave)
        held.times -= gave.step == WHOLE
        work.hear("challenge.undone", name=plan.name, step=gave.step or None)
        if prize is not None:
            awarding.take_back(work, compiled, prize, gave.points, day=periods.date(gave.day))


def _give(
    work: Work,
    compiled: Compiled,
    plan: ChallengePlan,
    held: Standing,
    attempt: Attempt,
    prize: RulePlan | None,
    step: str,
) -> None:
    part = attempt.parts.get(step) or Part(0)
    given = awarding.give(work, compiled, prize, _facts(plan, held, attempt, step)) if prize is not None else []
    if plan.definition.on_reversal is not OnReversal.KEEP:
        attempt.gave.append(Gave(step, part.target, periods.number(work.numbers.today), given))
    if plan.team and prize is not None:
        _share_badges(work, prize)


def _share_badges(work: Work, prize: RulePlan) -> None:
    """What a team has done, all of it has done."""
    for effect in prize.definition.effects:
        if isinstance(effect, Badge):
            for member in work.account.members:
                if member is not work.member:
                    times = member.badges.get(effect.badge, [0])[0]
                    member.badges[effect.badge] = [times + 1, periods.number(work.day)]


def _facts(plan: ChallengePlan, held: Standing, attempt: Attempt, step: str = WHOLE) -> dict[str, Any]:
    part = attempt.parts.get(step)
    if part is None:
        ones = 10**plan.scale
        part = Part(len(plan.steps) * ones, reached=following.progress(attempt) * ones)
    facts: dict[str, Any] = {"name": plan.name, "times": held.times}
    if step:
        facts["step"] = step
    return facts | {"progress": part.reached, "target": part.target}


def tell(work: Work, type: str, plan: ChallengePlan, held: Standing, attempt: Attempt, step: str = WHOLE) -> None:
    facts = _facts(plan, held, attempt, step)
    goal = plan.goal_of(step)
    if goal is not None:
        facts_told = {name: following.number(goal, facts[name]) for name in TOLD}
    else:
        facts_told = following.told(plan, attempt)
    work.events.append(EventDraft(type=type, data=facts | facts_told))
    work.caused.append((type, facts))


def say(work: Work, plan: ChallengePlan, attempt: Attempt, code: str) -> None:
    """A line for the receipt: the last word on a challenge is the one that counts."""
    if work.activity.type == "tick":
        return
    fields = {"challenge": plan.name, **following.told(plan, attempt)}
    before = [one for one in work.messages if one.code in SAID and one.fields.get("challenge") == plan.name]
    if code == "challenge.progress" and any(one.code == "challenge.joined" for one in before):
        code = "challenge.joined"
    work.messages[:] = [one for one in work.messages if one not in before]
    work.messages.append(Message(to=RECEIPT, code=code, fields=fields))


def numbers_of(work: Work, compiled: Compiled, plan: ChallengePlan) -> dict[str, int]:
    """The goals as they stand; of a team that has no numbers of its own, those of its members together."""
    found = following.values(plan, work.scope)
    if plan.adds_members and len(work.account.members) > 1:
        for other in work.account.members:
            if other is not work.member:
                for name, value in _of_other(work, compiled, plan, other).items():
                    found[name] += value
    return found


def _of_other(work: Work, compiled: Compiled, plan: ChallengePlan, other: MemberState) -> dict[str, int]:
    numbers = MemberNumbers(
        UUID(bytes=other.id),
        numbers=other.metrics,
        days=work.days,
        today=work.numbers.today,
        plans=(),
        joined_on=periods.date(other.joined_day),
    )
    s, outer = work.scope, work.scope.member
    s.member = copy.copy(outer)
    s.member.metrics = {name: numbers.value(compiled.metrics[name]) for name in plan.metrics}
    try:
        return following.values(plan, s)
    finally:
        s.member = outer


def _values_before(work: Work, compiled: Compiled, plan: ChallengePlan, attempt: Attempt) -> dict[str, int]:
    """The numbers of the period before this one, as they are now."""
    if attempt.index != windows.index(plan, work.numbers.today) - 1:
        return attempt.as_counted(plan.adds_to)
    day = periods.first_day(plan.period, attempt.index)
    member = work.scope.member
    outer, member.metrics = (
        member.metrics,
        {name: work.numbers.on(compiled.metrics[name], day) for name in plan.metrics},
    )
    try:
        return following.values(plan, work.scope)
    finally:
        member.metrics = outer
