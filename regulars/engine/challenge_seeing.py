"""Challenges and badges as a member sees them on a day."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from regulars.engine import challenging, periods, reaching
from regulars.engine.attempts import DONE, JOINED, MISSED, WHOLE, Attempt, Standing
from regulars.engine.challenges import following, windows
from regulars.engine.challenges.plan import ChallengePlan
from regulars.engine.compiled import Compiled
from regulars.engine.contracts.view import BadgeSeen, ChallengeSeen, StepSeen
from regulars.engine.work import Work
from regulars.program.contracts.definitions import Program
from regulars.program.contracts.effects import Badge
from regulars.program.contracts.values import Text

OFFERED = "offered"


def seen(work: Work, compiled: Compiled) -> tuple[ChallengeSeen, ...]:
    """The challenges that the member may begin, is in, or was in last."""
    found = []
    for plan in compiled.challenges.values():
        one = _seen(work, compiled, plan)
        if one is not None:
            found.append(one)
    return tuple(found)


def badges(work: Work, compiled: Compiled) -> tuple[BadgeSeen, ...]:
    """The badges of the member, with title and picture of the definition that gives them."""
    givers = dict(_givers(compiled.program))
    return tuple(
        BadgeSeen(
            name=name,
            title=_texts(givers[name][0]) if name in givers else {},
            picture=givers[name][1] if name in givers else None,
            times=times,
            last_on=periods.date(day),
        )
        for name, (times, day) in sorted(work.member.badges.items())
    )


def _seen(work: Work, compiled: Compiled, plan: ChallengePlan) -> ChallengeSeen | None:
    day = work.numbers.today
    held = challenging.held_of(work, plan) or Standing()
    attempt = held.now
    end = windows.ends(plan, attempt) if attempt is not None else None
    over = attempt is not None and end is not None and end <= day
    if attempt is None or over:
        may_begin = windows.is_open(plan, day) and (over or not following.is_over(plan, held))
        if may_begin and not (over and plan.once) and plan.offered(work.scope):
            return _offered(work, compiled, plan, held)
        attempt = attempt or held.before
    if attempt is None or attempt.form != plan.form:
        return None
    state = MISSED if over and attempt.state == JOINED else attempt.state
    if state in {JOINED, DONE} and attempt is held.now and not over:
        attempt.count(reaching.numbers_of(work, compiled, plan), adds_to=plan.adds_to, resets=plan.resets)
    return _told(plan, held, attempt, following.STATES[state], work)


def _offered(work: Work, compiled: Compiled, plan: ChallengePlan, held: Standing) -> ChallengeSeen:
    """As it would begin now."""
    day = work.numbers.today
    attempt = Attempt(began=periods.number(day), index=windows.index(plan, day), form=plan.form, release=0)
    values = reaching.numbers_of(work, compiled, plan)
    if plan.goal is not None:
        attempt.parts[WHOLE] = following.part(plan, plan.goal.target(work.scope), values[WHOLE])
    for step in plan.steps:
        attempt.parts[step.name] = following.part(plan, step.goal.target(work.scope), values[step.name])
    attempt.count(values, adds_to=plan.adds_to, resets=False)
    return _told(plan, held, attempt, OFFERED, work)


def _told(plan: ChallengePlan, held: Standing, attempt: Attempt, state: str, work: Work) -> ChallengeSeen:
    end: dt.date | None = windows.ends(plan, attempt)
    told = following.told(plan, attempt)
    return ChallengeSeen(
        name=plan.name,
        title=_texts(plan.title),
        text=_texts(plan.definition.text),
        picture=plan.definition.picture,
        state=state,
        join=plan.definition.join.value,
        team=plan.team,
        progress=told["progress"],
        target=told["target"],
        steps=tuple(_steps(plan, attempt, work)),
        times=held.times,
        ends_on=end - dt.timedelta(days=1) if end is not None else None,
    )


def _steps(plan: ChallengePlan, attempt: Attempt, work: Work) -> Iterator[StepSeen]:
    for step in plan.steps:
        part = attempt.parts.get(step.name)
        target = part.target if part is not None else step.goal.target(work.scope)
        yield StepSeen(
            name=step.name,
            title=_texts(step.title),
            progress=following.number(step.goal, max(part.reached, 0) if part is not None else 0),
            target=following.number(step.goal, target),
            done=part is not None and part.done,
        )


def _givers(program: Program) -> Iterator[tuple[str, tuple[Text, str | None]]]:
    """Badges with title and picture, the last of each name the one that counts: a challenge before a rule, the first
    before others.
    """
    for rule in reversed(program.rules.values()):
        for effect in rule.effects:
            if isinstance(effect, Badge):
                yield effect.badge, (rule.title, None)
    for challenge in reversed(program.challenges.values()):
        given = [(effect, step.title) for step in challenge.steps.values() for effect in step.effects]
        given += [(effect, challenge.title) for effect in challenge.effects]
        for effect, title in given:
            if isinstance(effect, Badge):
                yield effect.badge, (title, challenge.picture)


def _texts(text: Text) -> dict[str, str]:
    return {language: said for language in ("en", "ru", "ro") if (said := getattr(text, language))}
