"""What time causes inside a decision: days of the calendar and ends of periods that rules wait for, each at its own
moment.

It runs with every activity, not only with ticks: whether the sweeper came before makes no difference (LAW8).
"""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

from regulars.engine import choosing, closed, counting, giving, periods, rounds, segments, standing, ticks
from regulars.engine.compiled import Compiled, groups_of
from regulars.engine.points import calendar, passing
from regulars.engine.points.purse import Purse
from regulars.engine.rules import RulePlan
from regulars.engine.scope import MemberScope
from regulars.engine.work import Work
from regulars.program.contracts.triggers import OnDate, OnPeriod
from regulars.program.contracts.values import Period, Span, Unit

TICK: Final = ticks.TICK
_EVERY: Final = {"year": Span(1, Unit.YEAR), "month": Span(1, Unit.MONTH), "week": Span(1, Unit.WEEK)}
_LENGTH_DAYS: Final = {"year": 365, "month": 28, "week": 7}

Due = tuple[dt.date, RulePlan, dict[str, Any]]


def pass_time(work: Work, compiled: Compiled) -> None:
    """Do what has come due since the account was last looked at, day by day in the order in which it came due. Raises
    LotsNeeded.
    """
    if not _sleeps(work, compiled):
        day = _next_day(work, compiled, periods.date(work.account.day))
        while day is not None and day <= work.today:
            _pass_day(work, compiled, day)
            work.account.day = periods.number(day)
            day = _next_day(work, compiled, day)
    work.account.day = max(work.account.day, periods.number(work.today))
    _catch_up(work.purse)
    work.numbers.move_to(work.today)
    standing.settle(work, compiled)


def _catch_up(purse: Purse) -> None:
    passing.catch_up(purse)
    # What a rule gave at a past moment of this same look is in no loaded balance yet, and may be over by now.
    for currency in list(purse.standings) if purse.made else ():
        at = purse.next_change_at(currency)
        if at is not None and at <= purse.now:
            passing.mature(purse, currency)


def wake(work: Work, compiled: Compiled) -> None:
    """Run what waits for a date that was set only now and lies on this very day."""
    changed = {change.name for change in work.attributes}
    if not changed or not compiled.by_date:
        return
    yesterday = work.today - dt.timedelta(days=1)
    due = [
        one
        for one in _dates(compiled, work.scope.member, yesterday, work.today)
        if _attribute(one[1].definition.trigger) in changed
    ]
    if due:
        with _moment(work, compiled, work.now):
            _run(work, compiled, due)


def _sleeps(work: Work, compiled: Compiled) -> bool:
    """Whether it is known that the calendar wakes no rule up to today."""
    wakes = work.account.wakes
    if wakes is None or len(wakes) < 3 or wakes[0] != compiled.release.number:
        return False
    return wakes[1] is None or wakes[1] > periods.number(work.today)


def next_day(work: Work, compiled: Compiled) -> dt.date | None:
    """The next day on which the calendar wakes a rule or changes the member's standing; kept in the state, so that the
    next decisions need not look at the calendar."""
    rules = _kept_day(work, compiled) if compiled.by_date or compiled.by_period else None
    found = _earlier(rules, standing.next_day(work, compiled, work.today))
    work.account.wakes = [compiled.release.number, _number(found), _number(rules)]
    return found


def _kept_day(work: Work, compiled: Compiled) -> dt.date | None:
    """The day on which a rule wakes, as it was worked out before where nothing has moved it."""
    wakes, moved = work.account.wakes, bool(work.attributes) or work.activity.type == "enrolled"
    if moved or wakes is None or len(wakes) < 3 or wakes[0] != compiled.release.number:
        return _day_of_rules(work, compiled, work.today)
    if wakes[2] is not None and wakes[2] <= periods.number(work.today):
        return _day_of_rules(work, compiled, work.today)
    return periods.date(wakes[2]) if wakes[2] is not None else None


def _number(day: dt.date | None) -> int | None:
    return None if day is None else periods.number(day)


def _earlier(one: dt.date | None, other: dt.date | None) -> dt.date | None:
    return min((day for day in (one, other) if day is not None), default=None)


def _next_day(work: Work, compiled: Compiled, after: dt.date) -> dt.date | None:
    """The first day after another on which a rule wakes or the member's standing changes."""
    return _earlier(_day_of_rules(work, compiled, after), standing.next_day(work, compiled, after))


def _day_of_rules(work: Work, compiled: Compiled, after: dt.date) -> dt.date | None:
    found = []
    for rule in compiled.by_date:
        trigger = rule.definition.trigger
        if isinstance(trigger, OnDate):
            until = after + dt.timedelta(days=_LENGTH_DAYS.get(trigger.every or "", 0) * 2)
            days = _occurrences(trigger, work.scope.member, after, None if trigger.every is None else until)
            found += [day for day, _ in days]
    for rule in compiled.by_period:
        trigger = rule.definition.trigger
        if isinstance(trigger, OnPeriod) and trigger.period not in {Period.EVER, Period.ACTIVITY}:
            found.append(periods.first_day(trigger.period, periods.index(trigger.period, after) + 1))
    return min(found, default=None)


def _dates(compiled: Compiled, member: MemberScope, after: dt.date, through: dt.date) -> Iterator[Due]:
    for rule in compiled.by_date:
        trigger = rule.definition.trigger
        if isinstance(trigger, OnDate):
            for day, facts in _occurrences(trigger, member, after, through):
                yield day, rule, facts


def _periods(compiled: Compiled, after: dt.date, through: dt.date) -> Iterator[Due]:
    for rule in compiled.by_period:
        trigger = rule.definition.trigger
        if not isinstance(trigger, OnPeriod) or trigger.period in {Period.EVER, Period.ACTIVITY}:
            continue
        first = periods.index(trigger.period, after) + 1
        for index in range(first, periods.index(trigger.period, through) + 1):
            start, end = (periods.first_day(trigger.period, one) for one in (index - 1, index))
            yield end, rule, {"period_start": start, "period_end": end}


def _occurrences(
    trigger: OnDate, member: MemberScope, after: dt.date, through: dt.date | None
) -> Iterator[tuple[dt.date, dict[str, Any]]]:
    """(day on which the rule wakes, the date that it is about and the record it stands in) with `after < day <=
    through`.
    """
    for date, record in dates_at(trigger.date, member):
        for repeated in _repeated(date, trigger, after, through):
            day = _moved(repeated, trigger)
            if day > after and (through is None or day <= through):
                yield day, {"date": repeated} if record is None else {"date": repeated, "record": record}


def _repeated(date: dt.date, trigger: OnDate, after: dt.date, through: dt.date | None) -> Iterator[dt.date]:
    step = _EVERY.get(trigger.every or "")
    if step is None or through is None:
        yield date
        return
    slack = dt.timedelta(days=2 * _LENGTH_DAYS[trigger.every or ""])
    moved = _moved(date, trigger) - date
    first = max((after - moved - slack - date).days // (_LENGTH_DAYS[trigger.every or ""] + 3), 0)
    for count in range(first, first + 100_000):
        found = calendar.add(date, Span(step.count * count, step.unit))
        if found + moved > through + slack:
            return
        yield found


def _moved(date: dt.date, trigger: OnDate) -> dt.date:
    if trigger.after is not None:
        return calendar.add(date, trigger.after)
    if trigger.before is not None:
        return calendar.add(date, Span(-trigger.before.count, trigger.before.unit))
    return date


def dates_at(path: str, member: MemberScope) -> list[tuple[dt.date, dict[str, Any] | None]]:
    """The dates that a path names, each with the record that it stands in: `member.joined_on`,
    `member.attributes.birth_date`, `member.attributes.loans[].due_on`.
    """
    parts = path.split(".")[1:]
    values: list[tuple[Any, Any]] = [(member, None)]
    for part in parts:
        name = part.removesuffix("[]")
        values = [(_read(value, name), record) for value, record in values]
        if part.endswith("[]"):
            values = [(each, each) for value, _ in values for each in value or ()]
    return [
        (value.date() if isinstance(value, dt.datetime) else value, record)
        for value, record in values
        if isinstance(value, dt.date)
    ]


def _read(value: Any, name: str) -> Any:
    return value.get(name) if isinstance(value, dict) else getattr(value, name, None)


def _attribute(trigger: object) -> str | None:
    parts = trigger.date.split(".") if isinstance(trigger, OnDate) else []
    return parts[2].removesuffix("[]") if len(parts) > 2 and parts[1] == "attributes" else None


def _pass_day(work: Work, compiled: Compiled, day: dt.date) -> None:
    """What comes due at the first moment of a day, as if nothing later had happened: rules that waited for it, then
    the member's standing, then what that causes."""
    before = day - dt.timedelta(days=1)
    due = [*_dates(compiled, work.scope.member, before, day), *_periods(compiled, before, day)]
    with _moment(work, compiled, calendar.first_instant(day, compiled.zone)):
        # What ends with the day before is judged by what was picked for it.
        choosing.show_eve(work, compiled)
        _run(work, compiled, due)
        work.scope.event = {}
        _look_again(work, compiled)
        standing.pass_day(work, compiled, day)
        rounds.run(work, compiled)


@contextlib.contextmanager
def _moment(work: Work, compiled: Compiled, at: dt.datetime) -> Iterator[None]:
    """The account at a moment of time, under an activity that is nothing but its passing."""
    purse, outer, day = work.purse, work.scope, work.day
    now, occurred_at = purse.now, purse.occurred_at
    purse.now = purse.occurred_at = at
    work.day = periods.local_date(at, compiled.zone)
    _catch_up(purse)
    work.numbers.move_to(work.day)
    work.scope = ticks.scope(work, compiled, at, outer.member)
    try:
        yield
    finally:
        work.scope, work.day = outer, day
        purse.now, purse.occurred_at = now, occurred_at


def _run(work: Work, compiled: Compiled, due: Sequence[Due]) -> None:
    # Rules that wait for different dates of one day may each read their own.
    for event in _distinct(one[2] for one in due):
        rules = sorted({one[1] for one in due if one[2] == event}, key=lambda rule: rule.order)
        work.scope.event = event
        _look_again(work, compiled)
        given = giving.give(work, compiled, compiled.timed, rules=rules, groups=groups_of(rules))
        closed.keep(work, compiled, rules, given, event)
        counting.count_entries(work, compiled, given.claims)


def _look_again(work: Work, compiled: Compiled) -> None:
    counting.show(work, compiled)
    work.scope.member.segments = segments.find(compiled.segments, work.scope, work.member.statics)


def _distinct(events: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for event in events:
        if event not in found:
            found.append(event)
    return found
