"""Choices in a decision: what a member picked, for which period, what counts for whoever did not, and what a change
costs.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from regulars.engine import choice_refusals as refusals
from regulars.engine import counting, words
from regulars.engine import state as states
from regulars.engine.choices import picks
from regulars.engine.choices.picks import MorePicks
from regulars.engine.choices.plans import ChoicePlan, defaults, fitting
from regulars.engine.compiled import Compiled
from regulars.engine.contracts.activity import ChoiceMade
from regulars.engine.contracts.decision import Fired, Message
from regulars.engine.contracts.view import ChoiceSeen
from regulars.engine.points import adjusting, calendar
from regulars.engine.points.errors import BalanceFrozen
from regulars.engine.refusals import MissingPart
from regulars.engine.work import Work
from regulars.program.contracts.midway import MidwayPolicy
from regulars.program.contracts.values import Period

RECEIPT = "receipt"


def show(work: Work, compiled: Compiled) -> None:
    """Put what counted when it happened into the scope."""
    if compiled.choices:
        _show(work, compiled, states.ms(work.scope.now))


def show_eve(work: Work, compiled: Compiled) -> None:
    """At the first moment of a day: put what counted until then into the scope, for what ends with the day before."""
    if compiled.choices:
        _show(work, compiled, states.ms(work.scope.now) - 1)


def _show(work: Work, compiled: Compiled, ms: int) -> None:
    kept = work.member.choices
    work.scope.member.choices = {
        plan.name: picks.options(picks.at(kept.get(plan.name), ms))
        for plan in compiled.choices
        if plan.is_in_force(work.day)
    }


def settle(work: Work, compiled: Compiled) -> None:
    """What a member is given who has never picked, or whose picks a release has made void: once time has passed, and
    before anything reads it.
    """
    if not compiled.choices:
        return
    for plan in compiled.choices:
        kept = work.member.choices.get(plan.name)
        if kept is not None:
            _restart(work, compiled, plan, kept)
        elif plan.has_default and plan.is_in_force(work.today):
            _look(work, compiled)
            _begin(work, compiled, plan, work.today)
    show(work, compiled)


def _begin(work: Work, compiled: Compiled, plan: ChoicePlan, day: dt.date) -> None:
    """What counts by default for somebody of whom nothing is kept."""
    values = defaults(plan, (), plan.offered(work.scope), plan.count(work.scope))
    if values:
        kept = work.member.choices[plan.name] = picks.new(plan.index(day))
        kept[picks.STINTS] = [[0, 0, values, compiled.release.number]]


def _restart(work: Work, compiled: Compiled, plan: ChoicePlan, kept: picks.Kept) -> None:
    """Void what was picked under a release that a later one does not let stand."""
    midway = compiled.release.midway.get(f"choices.{plan.name}")
    if midway is None or midway.policy is MidwayPolicy.KEEP:
        return
    void = [stint for stint in kept[picks.STINTS] if stint[2] and stint[3] < midway.since]
    if not void or picks.at(kept, states.ms(work.now)) not in void:
        return
    _look(work, compiled)
    values = defaults(plan, (), plan.offered(work.scope), _allowed(work, plan, work.today)) if plan.has_default else []
    picks.put(kept, [states.ms(work.now), 0, values, compiled.release.number], until_ms=None)
    for stint in void:
        stint[1] = picks.VOID if stint[1] and midway.policy is MidwayPolicy.RESTART else 0
    work.stirred = True


def _look(work: Work, compiled: Compiled) -> None:
    counting.show(work, compiled)


def move(work: Work, compiled: Compiled) -> None:
    """Take up what effects asked for; what happened late is behind us, and segments look at what counts now."""
    if not compiled.choices:
        return
    wishes = [wish for wish in work.asked if isinstance(wish, MorePicks)]
    if wishes:
        work.asked = [wish for wish in work.asked if not isinstance(wish, MorePicks)]
        for wish in wishes:
            _add(work, compiled, wish)
    if compiled.segments_read_choices and work.activity.occurred_at < work.now and work.purse.now == work.now:
        shown = work.scope.member.choices
        _show(work, compiled, states.ms(work.now))
        work.stirred = work.stirred or shown != work.scope.member.choices


def _add(work: Work, compiled: Compiled, wish: MorePicks) -> None:
    plan = compiled.choices_by_name[wish.choice]
    through = wish.through or plan.last_day(plan.index(work.day))
    if through < work.day:
        return
    kept = work.member.choices.setdefault(plan.name, picks.new(plan.index(work.day)))
    picks.add(kept, count=wish.count, through=_number(through), today=_number(work.day))


def next_day(work: Work, compiled: Compiled, after: dt.date) -> dt.date | None:
    """The first day after another on which another stint begins or a default takes over."""
    if not compiled.choices:
        return None
    found: list[dt.date] = []
    for plan in compiled.choices:
        if plan.has_default and plan.definition.from_ is not None and plan.definition.from_ > after:
            found.append(plan.definition.from_)
        kept = work.member.choices.get(plan.name)
        if kept is None:
            continue
        after_ms = plan.moment_ms(after + calendar.ONE_DAY)
        ahead = [stint[0] for stint in kept[picks.STINTS] if stint[0] >= after_ms]
        found += [states.moment(ms).astimezone(compiled.zone).date() for ms in ahead]
        found += [day for day in (plan.definition.from_, plan.definition.until) if day is not None and day > after]
        if plan.period is not Period.EVER and _may_turn(plan, kept, after_ms):
            found.append(plan.first_day(plan.index(after) + 1))
    return min(found, default=None)


def _may_turn(plan: ChoicePlan, kept: picks.Kept, ms: int) -> bool:
    """Whether the start of a period may change what counts: not where the default gives the same to everybody."""
    now = picks.options(picks.before(kept, ms))
    if kept[picks.MORE] or not plan.always_alike:
        return bool(now) or plan.has_default
    return defaults(plan, now, plan.options, 10**6) != list(now)


def pass_day(work: Work, compiled: Compiled, day: dt.date) -> None:
    """At the first moment of a day: what was picked for it counts, and at the start of a period the default where
    nothing was.
    """
    if not compiled.choices:
        return
    seen = work.scope.member.choices
    for plan in compiled.choices:
        kept = work.member.choices.get(plan.name)
        if kept is None and plan.has_default and plan.definition.from_ == day:
            _begin(work, compiled, plan, day)
        elif kept is not None and plan.period is not Period.EVER and plan.first_day(plan.index(day)) == day:
            _turn(work, compiled, plan, kept, day)
    _show(work, compiled, states.ms(work.scope.now))
    work.stirred = work.stirred or seen != work.scope.member.choices


def _turn(work: Work, compiled: Compiled, plan: ChoicePlan, kept: picks.Kept, day: dt.date) -> None:
    index, start = plan.index(day), plan.moment_ms(day)
    offered, count = plan.offered(work.scope), _allowed(work, plan, day)
    was = picks.options(picks.before(kept, start))
    mine = picks.own(kept, start, start + 1)
    # How many and what is offered is asked again at the start: a tier may be another by now.
    values = fitting(mine[2], offered, count) if mine is not None else defaults(plan, was, offered, count)
    if mine is not None:
        mine[2] = values
    elif tuple(values) != was:
        picks.put(kept, [start, 0, values, compiled.release.number], until_ms=start + 1)
        if values:
            work.cause("choice.made", plan.name, picked=values, own=False)
    kept[picks.LOOKED] = index
    picks.forget(kept, plan.start_ms(index - 1))


def pick(work: Work, compiled: Compiled) -> None:
    """The member picks. Raises the cases of `choice_refusals`, MissingPart, LotsNeeded."""
    made = work.activity.choice
    if made is None:
        raise MissingPart(type=work.activity.type, part="choice")
    plan = compiled.choices_by_name.get(made.choice)
    if plan is None:
        raise refusals.UnknownChoice(choice=made.choice)
    if made.ahead and plan.period is Period.EVER:
        raise refusals.NoNextPeriod(choice=plan.name)
    _look(work, compiled)
    kept = work.member.choices.get(plan.name) or picks.new(plan.index(work.today))
    index = plan.index(work.today) + (1 if made.ahead else 0)
    _check(work, plan, kept, made, index)
    starts_ms = _count(work, compiled, plan, kept, made, index)
    work.member.choices[plan.name] = kept
    _show(work, compiled, states.ms(work.now))
    work.stirred = True
    if starts_ms is not None:
        starts_at = states.moment(starts_ms)
        work.cause("choice.made", plan.name, picked=list(made.picked), own=True, starts_at=starts_at.isoformat())
    work.messages.append(
        Message(
            to=RECEIPT,
            code="choice.made",
            fields={"choice": plan.name, "picked": ", ".join(made.picked)},
            say=_said(plan, made),
        )
    )


def _check(work: Work, plan: ChoicePlan, kept: picks.Kept, made: ChoiceMade, index: int) -> None:
    """Is it offered, are they few enough, and is it open at all."""
    if not plan.is_in_force(work.today) or work.today < plan.opens_on(index):
        opens_on = plan.opens_on(index) if plan.is_in_force(work.today) else None
        raise refusals.ChoiceNotOpen(choice=plan.name, opens_on=_told(opens_on))
    counts = picks.options(picks.at(kept, states.ms(work.now)))
    existing, offered = plan.existing(work.scope), plan.offered(work.scope)
    for place, option in enumerate(made.picked):
        if option in made.picked[:place]:
            raise refusals.PickedTwice(choice=plan.name, option=option)
        # Whoever has it may keep it, also where it is not offered to them any more.
        if option not in offered and not (option in counts and option in existing):
            raise refusals.NotOffered(choice=plan.name, option=option, offered=list(offered))
    allowed = _allowed(work, plan, work.today)
    if len(made.picked) > allowed:
        raise refusals.TooManyPicked(choice=plan.name, picked=len(made.picked), allowed=allowed)


def _count(
    work: Work, compiled: Compiled, plan: ChoicePlan, kept: picks.Kept, made: ChoiceMade, index: int
) -> int | None:
    """Let the picks count, from when the definition says; the moment, or None where nothing is new."""
    start_ms = plan.start_ms(index)
    end_ms = None if plan.period is Period.EVER else plan.start_ms(index + 1)
    mine = picks.own(kept, start_ms, end_ms)
    if mine is not None and list(made.picked) == mine[2]:
        return None
    now_ms = states.ms(work.now)
    from_ms = start_ms if made.ahead else now_ms
    if _is_change(work, plan, mine, index, made):
        counts = picks.options(picks.at(kept, now_ms))
        if not made.ahead and not _mends(plan, work, counts, made):
            from_ms = _changed(work, plan, index, from_ms, end_ms)
    stint = [from_ms, 1, list(made.picked), compiled.release.number]
    picks.put(kept, stint, until_ms=end_ms)
    picks.forget(kept, plan.start_ms(plan.index(work.today) - 1))
    return from_ms


def _is_change(work: Work, plan: ChoicePlan, mine: picks.Stint | None, index: int, made: ChoiceMade) -> bool:
    """Whether this changes what counts, rather than being the first pick. Raises ChoiceClosed, ChoiceLocked."""
    change = plan.definition.change
    if mine is not None and change.never:
        raise refusals.ChoiceLocked(choice=plan.name)
    kept = work.member.choices.get(plan.name)
    if work.today <= plan.closes_on(index) or (mine is None and picks.is_asked_anew(kept, plan.start_ms(index))):
        return mine is not None
    if change.never or change.until_decide_by:
        raise refusals.ChoiceClosed(choice=plan.name, closed_on=plan.closes_on(index).isoformat())
    return True


def _mends(plan: ChoicePlan, work: Work, counts: Sequence[str], made: ChoiceMade) -> bool:
    """Whether it only puts others in the place of options that are gone: a release took them, so that is free."""
    existing = plan.existing(work.scope)
    gone = [option for option in counts if option not in existing]
    return bool(gone) and all(option in made.picked for option in counts if option in existing)


def _changed(work: Work, plan: ChoicePlan, index: int, from_ms: int, end_ms: int | None) -> int:
    """Charge for a change; from when it counts. Raises ChoiceClosed, FeeShort, BalanceFrozen, LotsNeeded."""
    if plan.definition.change.from_tomorrow:
        from_ms = plan.moment_ms(work.today + calendar.ONE_DAY)
        if end_ms is not None and from_ms >= end_ms:
            raise refusals.ChoiceClosed(choice=plan.name, closed_on=(work.today - calendar.ONE_DAY).isoformat())
    for currency, fee in plan.fee.items():
        available = work.purse.available(currency)
        if work.purse.is_frozen(currency):
            raise BalanceFrozen(currency=currency)
        if available < fee:
            raise refusals.FeeShort(choice=plan.name, currency=currency, fee=fee, available=available)
    for currency, fee in plan.fee.items():
        adjusting.take(work.purse, currency, fee, rule=f"choices.{plan.name}")
        work.fired.append(Fired(rule=f"choices.{plan.name}", effect=0, currency=currency, points=-fee))
    return from_ms


def seen(work: Work, compiled: Compiled) -> tuple[ChoiceSeen, ...]:
    """The choices of a member as of now, for whoever shows them; metrics have to be in the scope."""
    return tuple(_seen(work, compiled, plan) for plan in compiled.choices if plan.is_in_force(work.today))


def _seen(work: Work, compiled: Compiled, plan: ChoicePlan) -> ChoiceSeen:
    index, now_ms = plan.index(work.today), states.ms(work.now)
    kept = work.member.choices.get(plan.name)
    offered, allowed = plan.offered(work.scope), _allowed(work, plan, work.today)
    start_ms = plan.start_ms(index)
    forever = plan.period is Period.EVER
    mine = picks.own(kept, start_ms, None if forever else plan.start_ms(index + 1))
    counts = picks.options(picks.at(kept, now_ms))
    if kept is None or (not forever and kept[picks.LOOKED] < index and picks.own(kept, start_ms, now_ms + 1) is None):
        # Nobody has looked since the period began: a look changes nothing, so it is only worked out.
        counts = tuple(defaults(plan, counts, offered, allowed))
    later = next((one for one in (kept[picks.STINTS] if kept else ()) if one[0] > now_ms and one[0] >= start_ms), None)
    return ChoiceSeen(
        name=plan.name,
        title=words.wording(plan.definition.title),
        text=words.wording(plan.definition.text),
        options=plan.existing(work.scope),
        names={name: words.wording(text) for name, text in plan.definition.names.items()},
        offered=offered,
        allowed=allowed,
        picked=counts,
        own=mine is not None,
        open=_is_open(work, plan, mine, index),
        decide_by=None if forever else plan.closes_on(index),
        ends_on=None if forever else plan.last_day(index),
        fee=dict(plan.fee) if mine is not None or work.today > plan.closes_on(index) else {},
        later=tuple(later[2]) if later is not None else None,
        later_from=states.moment(later[0]) if later is not None else None,
        next_opens_on=None if forever else plan.opens_on(index + 1),
        next_open=not forever and work.today >= plan.opens_on(index + 1),
    )


def _is_open(work: Work, plan: ChoicePlan, mine: picks.Stint | None, index: int) -> bool:
    change = plan.definition.change
    if work.today < plan.opens_on(index) or (mine is not None and change.never):
        return False
    if change.from_tomorrow and mine is not None and work.today == plan.last_day(index):
        return False
    if mine is None and picks.is_asked_anew(work.member.choices.get(plan.name), plan.start_ms(index)):
        return True
    return work.today <= plan.closes_on(index) or not (change.never or change.until_decide_by)


def _allowed(work: Work, plan: ChoicePlan, day: dt.date) -> int:
    return plan.count(work.scope) + picks.more(work.member.choices.get(plan.name), _number(day))


def _number(day: dt.date) -> int:
    return day.toordinal()


def _told(day: dt.date | None) -> str | None:
    return None if day is None else day.isoformat()


def _said(plan: ChoicePlan, made: ChoiceMade) -> dict[str, str]:
    """The picks by the names that people read, where the definition has any."""
    title = words.wording(plan.definition.title)
    if not title:
        return {}
    named = {option: words.wording(text) for option, text in plan.definition.names.items()}

    def called(language: str) -> str:
        return ", ".join(named.get(option, {}).get(language, option) for option in made.picked)

    return {language: f"{title[language]}: {called(language)}" for language in title}


def merged(compiled: Compiled, name: str, mine: list[Any], theirs: list[Any]) -> list[Any]:
    """What two members who are one have picked: what they picked for themselves stands, the remaining one's first."""
    return picks.merged(mine, theirs)
