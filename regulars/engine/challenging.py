"""Challenges in a decision: who begins, what is reached and completed, what is missed, what a return undoes.

Numbers follow metrics; nothing is added up here. What happened on a day outside the running try moves its start, so
that it counts for the try of its own day or for none.
"""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Container, Iterator
from typing import Any, Final

from regulars.engine import attempts, challenge_refusals, counting, periods, reaching, refusals, segments
from regulars.engine import state as states
from regulars.engine.attempts import CLOSED, DONE, JOINED, MISSED, WHOLE, Attempt, Standing
from regulars.engine.challenges import following, windows
from regulars.engine.challenges.plan import ChallengePlan
from regulars.engine.compiled import Compiled
from regulars.engine.contracts.activity import JOIN, LEAVE
from regulars.engine.work import Work
from regulars.program.contracts.effects import OnReversal
from regulars.program.contracts.midway import MidwayPolicy
from regulars.program.contracts.values import WindowKind

MOVES: Final = frozenset({"moved_in", "moved_out"})
"""Activities that bring or take numbers without anybody having done anything."""


def show(work: Work, compiled: Compiled) -> None:
    """Put what expressions read into the scope, and remember the numbers as they are before the activity."""
    work.scope.member.badges = tuple(sorted(work.member.badges))
    if compiled.challenges:
        counting.show(work, compiled)
        for plan in compiled.challenges.values():
            held = held_of(work, plan)
            reformed = held is not None and held.now is not None and held.now.form != plan.form
            if plan.counts_new or plan.team or reformed:
                work.goals[plan.name] = following.Seen(reaching.numbers_of(work, compiled, plan))


def look(work: Work, compiled: Compiled) -> None:
    """Time has passed: numbers of a period that a team begins with may have begun anew."""
    if not compiled.challenges:
        return
    teams = [plan for plan in compiled.challenges.values() if plan.team and not plan.counts_new]
    if teams:
        counting.show(work, compiled)
    for plan in teams:
        work.goals[plan.name] = following.Seen(reaching.numbers_of(work, compiled, plan))


def move(work: Work, compiled: Compiled) -> None:
    """Follow the numbers as they are now, and do what effects asked for. Raises LotsNeeded."""
    if work.asked:
        _freeze(work, compiled)
    _drop_removed(work, compiled)
    for plan in compiled.challenges.values():
        _follow(work, compiled, plan)


def next_day(work: Work, compiled: Compiled, after: dt.date) -> dt.date | None:
    """The first day after another on which a try that is not done ends."""
    if not compiled.challenges:
        return None
    found = []
    for name, held in _standings(work):
        plan = compiled.challenges.get(name)
        if plan is not None and held.now is not None and held.now.state == JOINED:
            end = windows.ends(plan, held.now)
            if end is not None:
                found.append(max(end, after + dt.timedelta(days=1)))
    return min(found, default=None)


def pass_day(work: Work, compiled: Compiled, day: dt.date) -> None:
    """Tries that end with the day before are missed."""
    for name, held in list(_standings(work)):
        plan = compiled.challenges.get(name)
        if plan is None or held.now is None or held.now.state != JOINED:
            continue
        end = windows.ends(plan, held.now)
        if end is not None and end <= day:
            held.now.state = MISSED
            reaching.tell(work, "challenge.missed", plan, held, held.now)
            _roll(plan, held, day)
            work.stirred = True


def settle(work: Work, compiled: Compiled) -> None:
    """What a release says of whoever is in the middle holds before anything of today is counted."""
    for plan in compiled.challenges.values():
        held = held_of(work, plan)
        if held is not None:
            _settle(work, compiled, plan, held)


def note(work: Work, compiled: Compiled) -> None:
    """What a return took away belongs to the day of the sale, what the same activity brings to its own."""
    sale = work.known.sale
    if sale is None or not compiled.challenges:
        return
    counting.show(work, compiled)
    for plan in compiled.challenges.values():
        held = held_of(work, plan)
        if held is not None:
            _attribute(work, compiled, plan, held, sale.activity.occurred_at)


def act(work: Work, compiled: Compiled) -> None:
    """Somebody joins or leaves a challenge. Raises what `challenge_refusals` has, MissingPart."""
    wanted = work.activity.challenge
    if wanted is None or wanted.act not in {JOIN, LEAVE}:
        raise refusals.MissingPart(type=work.activity.type, part="challenge")
    plan = compiled.challenges.get(wanted.challenge)
    if plan is None:
        raise challenge_refusals.UnknownChallenge(challenge=wanted.challenge)
    if plan.self_joined:
        raise challenge_refusals.ChallengeJoinsItself(challenge=plan.name)
    counting.show(work, compiled)
    work.scope.member.segments = segments.find(compiled.segments, work.scope, work.member.statics)
    (_tap if wanted.act == JOIN else _leave)(work, compiled, plan)


def _tap(work: Work, compiled: Compiled, plan: ChallengePlan) -> None:
    held, day = held_of(work, plan) or Standing(), work.numbers.today
    _roll(plan, held, day)
    if held.now is not None and held.now.state == JOINED:
        raise challenge_refusals.ChallengeJoined(challenge=plan.name)
    if not windows.is_open(plan, day):
        raise challenge_refusals.ChallengeNotOpen(challenge=plan.name)
    if following.is_over(plan, held):
        raise challenge_refusals.ChallengeOver(challenge=plan.name)
    values = reaching.numbers_of(work, compiled, plan)
    if not plan.offered(work.scope) or not _begin(work, compiled, plan, held, day, values):
        raise challenge_refusals.ChallengeNotOffered(challenge=plan.name)
    if held.now is not None:
        reaching.say(work, plan, held.now, "challenge.joined")


def _leave(work: Work, compiled: Compiled, plan: ChallengePlan) -> None:
    held = held_of(work, plan)
    if held is None or held.now is None or held.now.state != JOINED:
        raise challenge_refusals.NotInChallenge(challenge=plan.name)
    held.now = None
    work.hear("challenge.left", name=plan.name)
    if held == Standing(first=held.first):
        _book(work, plan).pop(plan.name)


def _begin(
    work: Work,
    compiled: Compiled,
    plan: ChallengePlan,
    held: Standing,
    day: dt.date,
    values: dict[str, int],
) -> bool:
    """Begin a try, unless there is nothing to reach; says whether it has begun."""
    s = work.scope
    attempt = Attempt(
        began=periods.number(day),
        index=windows.index(plan, day),
        form=plan.form,
        release=compiled.release.number,
        since=0 if plan.self_joined else states.ms(s.now),
    )
    if plan.goal is not None:
        attempt.parts[WHOLE] = following.part(plan, plan.goal.target(s), values[WHOLE])
    for step in plan.steps[:1] if plan.in_order else plan.steps:
        attempt.parts[step.name] = following.part(plan, step.goal.target(s), values[step.name])
    if any(part.target <= 0 for part in attempt.parts.values()):
        return False
    if not held.times and held.before is None:
        held.first = attempt.index
    held.now = attempt
    _book(work, plan)[plan.name] = held
    work.cause("challenge.joined", plan.name, times=held.times)
    return True


def _follow(work: Work, compiled: Compiled, plan: ChallengePlan) -> None:
    day = work.numbers.today
    held = held_of(work, plan)
    if held is not None:
        _release(work, compiled, plan, held)
        _roll(plan, held, day)
        _attribute(work, compiled, plan, held, _happened(work))
        held = held_of(work, plan)
    added = _added(work, plan)
    if held is None or held.now is None:
        held = _joined_by_itself(work, compiled, plan, held, day, added)
    if held is None:
        return
    for attempt in (held.now, _before(plan, held, day)):
        if attempt is None or attempt.form != plan.form or attempt.state == CLOSED:
            continue
        if attempt.state != DONE or plan.definition.on_reversal is not OnReversal.KEEP:
            reaching.judge(work, compiled, plan, held, attempt, added if attempt is held.now else 0)


def _joined_by_itself(
    work: Work, compiled: Compiled, plan: ChallengePlan, held: Standing | None, day: dt.date, added: int
) -> Standing | None:
    if work.activity.type in MOVES:
        return held
    if not plan.self_joined or not windows.is_open(plan, day) or (held is not None and following.is_over(plan, held)):
        return held
    values = reaching.numbers_of(work, compiled, plan)
    before = work.goals[plan.name].before if plan.counts_new or plan.team else dict.fromkeys(values, 0)
    came = added or any(value > before[name] for name, value in values.items())
    if not came or not plan.offered(work.scope):
        return held
    happened = _happened(work)
    began = min(day, periods.local_date(happened, compiled.zone))
    wanted = held or Standing()
    probe = Attempt(began=periods.number(day), index=windows.index(plan, day), form=0, release=0)
    if not added and plan.counts_new and not windows.holds(plan, probe, happened, compiled.zone):
        # It came too late for a window that is over.
        return held
    return wanted if _begin(work, compiled, plan, wanted, max(began, _first(plan, day)), before) else held


def _first(plan: ChallengePlan, day: dt.date) -> dt.date:
    """The first day of the window of a day."""
    if plan.kind is WindowKind.PERIOD:
        return periods.first_day(plan.period, windows.index(plan, day))
    return day if plan.kind is WindowKind.SLIDING else dt.date.min


def _attribute(work: Work, compiled: Compiled, plan: ChallengePlan, held: Standing, at: dt.datetime) -> None:
    """Give what has changed since the numbers were last looked at to the try of the moment that it belongs to."""
    if work.activity.type in MOVES:
        # What somebody brings along was done under another start: what was reached stays.
        _roll(plan, held, work.numbers.today)
        if (plan.team or not plan.resets) and held.now is not None and held.now.form == plan.form:
            held.now.start_from(reaching.numbers_of(work, compiled, plan), adds_to=plan.adds_to)
        return
    if not plan.counts_new or plan.name not in work.goals:
        return
    _roll(plan, held, work.numbers.today)
    values, seen = reaching.numbers_of(work, compiled, plan), work.goals[plan.name]
    change = {name: value - seen.last[name] for name, value in values.items() if value != seen.last[name]}
    seen.last = values
    if not change or (held.now is not None and windows.holds(plan, held.now, at, compiled.zone)):
        return
    if held.now is not None:
        held.now.move(change, counts=False)
    before = _before(plan, held, work.numbers.today)
    if before is not None and windows.holds(plan, before, at, compiled.zone):
        before.move(change, counts=True)


def _roll(plan: ChallengePlan, held: Standing, day: dt.date) -> None:
    """A try whose window is over makes room for the next."""
    if held.now is not None and held.now.state != JOINED:
        end = windows.ends(plan, held.now)
        if end is not None and end <= day:
            held.before, held.now = held.now, None


def _before(plan: ChallengePlan, held: Standing, day: dt.date) -> Attempt | None:
    """The try of the window before this one; what is longer ago is over for good."""
    before = held.before
    if before is not None and plan.kind is WindowKind.PERIOD and before.index < windows.index(plan, day) - 1:
        return None
    return before


def _happened(work: Work) -> dt.datetime:
    """The moment that what changes now belongs to."""
    sale = work.known.sale
    if sale is not None and work.activity.reverses is not None and not work.activity.lines:
        return sale.activity.occurred_at
    return work.scope.now


def _added(work: Work, plan: ChallengePlan) -> int:
    mine = [one for one in work.asked if isinstance(one, attempts.Added) and one.challenge == plan.name]
    for one in mine:
        work.asked.remove(one)
    return sum(one.on(plan.scale) for one in mine)


def _freeze(work: Work, compiled: Compiled) -> None:
    for one in [one for one in work.asked if isinstance(one, attempts.Frozen)]:
        work.asked.remove(one)
        metric = compiled.metrics.get(one.metric)
        if metric is not None and metric.for_member:
            work.numbers.freeze(metric, one.by)
            work.scope.member.metrics.pop(one.metric, None)
            work.stirred = True


def _release(work: Work, compiled: Compiled, plan: ChallengePlan, held: Standing) -> None:
    """What a release since the start does to somebody in the middle."""
    attempt = held.now
    if attempt is not None and not _settle(work, compiled, plan, held) and attempt.form != plan.form:
        following.reform(plan, attempt, work.goals[plan.name].before, work.scope)


def _settle(work: Work, compiled: Compiled, plan: ChallengePlan, held: Standing) -> bool:
    """Begin a try anew or end it where a release since its start says so; whether it did."""
    attempt, midway = held.now, plan.midway
    if attempt is None or attempt.state != JOINED or midway is None or midway.policy is MidwayPolicy.KEEP:
        return False
    if attempt.release >= midway.since:
        return False
    held.now = None
    if midway.policy is MidwayPolicy.CLOSE:
        attempt.state = CLOSED
        held.now = attempt
        work.hear("challenge.dropped", name=plan.name)
    elif windows.is_open(plan, work.numbers.today):
        _restart(work, compiled, plan, held)
    return True


def _restart(work: Work, compiled: Compiled, plan: ChallengePlan, held: Standing) -> None:
    _begin(work, compiled, plan, held, work.numbers.today, reaching.numbers_of(work, compiled, plan))
    published_at = compiled.release.published_at
    if held.now is not None and published_at is not None:
        # Its window may be older than the release: what was done before counted for the try that is gone.
        held.now.since = states.ms(published_at)


def _drop_removed(work: Work, compiled: Compiled) -> None:
    for book in _books(work):
        for name in [name for name in book if name not in compiled.challenges]:
            if book.pop(name).now is not None:
                work.hear("challenge.dropped", name=name)


def _books(work: Work) -> tuple[dict[str, Standing], dict[str, Standing]]:
    return work.member.challenges, work.account.team


def _book(work: Work, plan: ChallengePlan) -> dict[str, Standing]:
    return work.account.team if plan.team else work.member.challenges


def held_of(work: Work, plan: ChallengePlan) -> Standing | None:
    return _book(work, plan).get(plan.name)


def _standings(work: Work) -> Iterator[tuple[str, Standing]]:
    for book in _books(work):
        yield from book.items()


def merged(compiled: Compiled, name: str, mine: Any, theirs: Any) -> Standing:
    """What two members who become one have reached together in a challenge."""
    return attempts.merged(mine, theirs)


def is_settled(held: Standing) -> bool:
    """Whether the running try has ended, one way or another."""
    return held.now is not None and held.now.state != JOINED


def parted(compiled: Compiled, mine: dict[str, Standing], theirs: dict[str, Standing], settled: Container[str]) -> None:
    """Takes out of a member's challenges what another brought, who goes home. `settled`: the challenges that were
    over for the member before the other came."""
    for name, his in theirs.items():
        plan, own = compiled.challenges.get(name), mine.get(name)
        if plan is not None and own is not None:
            scaled = functools.partial(plan.rescaled, form=his.now.form) if his.now is not None else int
            reverses = plan.definition.on_reversal is OnReversal.REVERSE
            attempts.part(own, his, settled=name in settled, keeps=not reverses, scaled=scaled)


def take_along(work: Work, compiled: Compiled) -> dict[str, Standing]:
    """What whoever leaves takes along of the goals of the team: all of it if nobody stays, else what is done. For who
    stays, what was reached stays."""
    team, others = work.account.team, [one for one in work.account.members if one is not work.member]
    if not others:
        found = dict(team)
        team.clear()
        return found
    counting.show(work, compiled)
    for name, held in team.items():
        plan = compiled.challenges.get(name)
        if plan is not None and plan.adds_members and held.now is not None:
            own = following.values(plan, work.scope)
            held.now.move({part: -value for part, value in own.items()}, counts=False)
    return {name: attempts.settled(held) for name, held in team.items()}


def bring_along(work: Work, compiled: Compiled, brought: dict[str, Standing]) -> None:
    """Somebody comes to a team: what they have done is done for all, what they had begun counts for nobody."""
    team = work.account.team
    for name, theirs in brought.items():
        plan = compiled.challenges.get(name)
        if plan is None or not plan.team:
            continue
        came, held = attempts.settled(theirs, gave=True), team.setdefault(name, Standing())
        _roll(plan, came, work.numbers.today)
        _roll(plan, held, work.numbers.today)
        if came.now is not None and (held.now is None or (came.now.state == DONE and held.now.state == JOINED)):
            held.now = came.now
        held.before = held.before or came.before
        held.times, held.first = max(held.times, came.times), held.first or came.first
        if held == Standing():
            del team[name]
