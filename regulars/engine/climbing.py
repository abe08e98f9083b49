"""Tiers in a decision: where a member stands on each ladder, and when that changes.

Numbers raise a tier at once, or when the next period begins; only a review lowers it, on the day after the last on
which it is valid (or a return, where a ladder says so). A review looks at the period that has ended.
"""

from __future__ import annotations

import datetime as dt
from typing import Any, Final
from uuid import UUID

from regulars.engine import ladder_refusals as refusals
from regulars.engine import periods, rolling, tier_days, tier_reaching, tier_resting, words
from regulars.engine.compiled import Compiled
from regulars.engine.contracts.decision import Message, TierMove
from regulars.engine.ladders import standing
from regulars.engine.ladders.plan import BELOW, LadderPlan
from regulars.engine.ladders.standing import BY_HAND, GRACE, LENT, REACHED, Stand, Wanted
from regulars.engine.refusals import MissingPart
from regulars.engine.work import Work
from regulars.program.contracts.midway import Midway, MidwayPolicy
from regulars.program.contracts.values import Text

RECEIPT: Final = "receipt"
_UNDER: Final = 3
_FOR_EVER: Final = 10**9
LATE: Final = "late"
UP, DOWN, KEPT, JOINED = "tier.up", "tier.down", "tier.kept", "tier.joined"


def show(work: Work, compiled: Compiled) -> None:
    """Put the tiers into the scope: what comes late is judged by the tier of its day, as far as that is known (L32)."""
    _show(work, compiled, work.day)


def show_now(work: Work, compiled: Compiled) -> None:
    """What came late has been judged: segments, and rules that wait for something, look at where the member stands."""
    if work.day < work.numbers.today:
        _show(work, compiled, work.numbers.today)
        # They were worked out as of then.
        work.stirred = True


def _show(work: Work, compiled: Compiled, day: dt.date) -> None:
    member, number = work.scope.member, periods.number(day)
    for plan in compiled.ladders:
        kept = _kept(work, plan)
        if not plan.is_in_force(day):
            level = None
        elif kept is None:
            level = plan.level(plan.base)
        else:
            level = tier_days.level_on(plan, kept, work.member.levels.get(plan.name, ()), number)
        member.tiers[plan.name] = level
        if plan.is_main:
            member.tier = level


def move(work: Work, compiled: Compiled) -> None:
    """Raise whoever has reached more, and do what effects asked for."""
    if not compiled.ladders and not work.asked:
        return
    asked = [one for one in work.asked if isinstance(one, Wanted)]
    if asked:
        work.asked = [one for one in work.asked if not isinstance(one, Wanted)]
    for plan in compiled.ladders:
        if not plan.is_in_force(work.numbers.today):
            continue
        stand = stand_of(work, plan)
        if stand.level is None and plan.base != BELOW:
            _rise(work, plan, stand, plan.base, periods.date(stand.since), "joined")
        for wanted in asked:
            if wanted.ladder == plan.name:
                _give(work, compiled, plan, stand, wanted)
        _follow(work, compiled, plan, stand)
        _keep(work, plan, stand)


def settle(work: Work, compiled: Compiled) -> None:
    """What a release says of whoever is in the middle holds at once, before anything of today is judged."""
    for plan in compiled.ladders:
        midway = plan.midway
        if midway is None or _kept(work, plan) is None or not plan.is_in_force(work.numbers.today):
            continue
        stand = stand_of(work, plan)
        if stand.held != BY_HAND and stand.settled < midway.since:
            _settle(work, compiled, plan, stand, midway)
            _keep(work, plan, stand)


def act(work: Work, compiled: Compiled) -> None:
    """Staff set a tier, or end what they set. Raises UnknownLadder, UnknownLevel, TierNotByHand, TierEndsInThePast."""
    change = work.activity.tier
    if change is None:
        raise MissingPart(type=work.activity.type, part="tier")
    plan = next((one for one in compiled.ladders if one.name == change.ladder), None)
    if plan is None:
        raise refusals.UnknownLadder(ladder=change.ladder)
    if not plan.definition.by_hand:
        raise refusals.TierNotByHand(ladder=plan.name)
    if change.level is not None and change.level not in plan.places:
        raise refusals.UnknownLevel(ladder=plan.name, level=change.level, known=", ".join(plan.levels))
    if change.until is not None and change.until <= work.today:
        raise refusals.TierEndsInThePast(until=change.until.isoformat())
    work.asked.append(Wanted(plan.name, change.level, change.until, by_hand=True, cause="hand"))
    work.hear("tier.set", name=plan.name, level=change.level, reason=change.reason)


def before_return(work: Work, compiled: Compiled) -> None:
    """Remember what the numbers reach before a return takes some of them away, where that may cost a level at once."""
    for plan in compiled.ladders:
        if plan.drops_on_return:
            work.deserved[plan.name] = tier_reaching.deserved(work, compiled, plan)


def next_day(work: Work, compiled: Compiled, after: dt.date) -> dt.date | None:
    """The first day after another on which a level ends, a warning is due, or a period begins that matters."""
    if not compiled.ladders:
        return None
    number, found = periods.number(after), []
    for plan in compiled.ladders:
        kept = _kept(work, plan)
        if kept is None:
            continue
        stand = Stand(*kept)
        if stand.until:
            found.append(plan.grace_ends(stand.until) if stand.held == GRACE else stand.until)
            warns = plan.warns(stand.until)
            if warns is not None and stand.warned.get(stand.level or "") != stand.until:
                found.append(warns)
        if plan.waits_for_periods:
            joined_on = work.numbers.joined_on
            begins = plan.period_begins(plan.period(after, joined_on) + 1, joined_on)
            found.append(periods.number(begins))
    for plan in compiled.ladders:
        # Nobody stands on it any more: segments that read it look again.
        until = plan.definition.until
        if until is not None:
            found.append(periods.number(until))
    day = min((one for one in found if one > number), default=None)
    return None if day is None else periods.date(day)


def pass_day(work: Work, compiled: Compiled, day: dt.date) -> None:
    """Review the levels that end, begin what starts with a period, roll over, warn."""
    number, joined_on = periods.number(day), work.numbers.joined_on
    for plan in compiled.ladders:
        if _kept(work, plan) is None:
            continue
        if not plan.is_in_force(day):
            _close(work, plan, day)
            continue
        stand = stand_of(work, plan)
        begins = plan.waits_for_periods and plan.period_begins(plan.period(day, joined_on), joined_on) == day
        if begins and plan.rolled is not None:
            _roll(work, compiled, plan, stand)
        if begins and not plan.at_once and stand.held != BY_HAND:
            reached = tier_reaching.reached(work, compiled, plan, _eve(day))
            if reached > place_of(plan, stand):
                _rise(work, plan, stand, reached, day, "reached")
        if stand.until and stand.until <= number:
            _review(work, compiled, plan, stand, day)
        _warn(work, compiled, plan, stand, number)
        _keep(work, plan, stand)


def stand_of(work: Work, plan: LadderPlan) -> Stand:
    """Where the member stands, as a copy to work on; `_keep` puts it back."""
    kept = _kept(work, plan)
    if kept is None:
        return Stand(plan.level(BELOW), periods.number(work.numbers.joined_on))
    stand = Stand(*kept)
    if stand.level is None or stand.level in plan.places:
        return stand
    # A release has renamed the level, or taken it away.
    before, place = stand.level, standing.place_in(plan, stand.level, stand.place)
    stand.set(plan, place, since=stand.since, until=stand.until, held=stand.held)
    if before not in plan.renamed:
        _tell(work, plan, KEPT, stand, before, "release")
    return stand


def _kept(work: Work, plan: LadderPlan) -> list[Any] | None:
    """What the state keeps of the member on a ladder; the best that anybody has where the household stands on it
    together.
    """
    mine = work.member.tiers.get(plan.name)
    if not _is_shared(work, plan):
        return mine
    all_kept = [kept for one in work.account.members if (kept := one.tiers.get(plan.name)) is not None]
    return max(all_kept, key=lambda kept: _rank(plan, kept), default=None)


def _is_shared(work: Work, plan: LadderPlan) -> bool:
    belonging = work.account.household
    if belonging is None or not belonging.kind:
        return False
    return plan.definition.pooled == belonging.kind or plan.name in belonging.pooled


def _keep(work: Work, plan: LadderPlan, stand: Stand) -> None:
    """Put the standing back into the state, of all who share it, into the scope, and say what SQL has to know."""
    kept = stand.kept()
    members = work.account.members if _is_shared(work, plan) else (work.member,)
    for member in members:
        before = member.tiers.get(plan.name)
        if before == kept or (before is None and stand.level is None and not plan.waits_for_periods):
            continue
        member.tiers[plan.name] = list(kept)
        tier_days.remember(member.levels, plan, before or [], stand, today=periods.number(work.numbers.today))
        if (before or [None])[:3] != kept[:3]:
            _note(work, plan, stand, UUID(bytes=member.id))
        if member is work.member:
            _show_now(work, plan, stand)


def arrive(work: Work, compiled: Compiled) -> None:
    """Somebody has come into this account with their tiers: expressions read them, SQL gets its rows."""
    for plan in compiled.ladders:
        if plan.name in work.member.tiers:
            stand = stand_of(work, plan)
            _show_now(work, plan, stand)
            _note(work, plan, stand, work.member_id)


def leave(work: Work) -> None:
    """Nobody stands here any more: the rows go."""
    day = work.numbers.today
    for name in work.member.tiers:
        work.tiers[work.member_id, name] = TierMove(work.member_id, name, None, day)


def _close(work: Work, plan: LadderPlan, day: dt.date) -> None:
    """The ladder is over: nobody stands on it any more."""
    work.member.levels.pop(plan.name, None)
    if work.member.tiers.pop(plan.name, None) is not None:
        work.tiers[work.member_id, plan.name] = TierMove(work.member_id, plan.name, None, day)
    _show_now(work, plan, Stand())


def _note(work: Work, plan: LadderPlan, stand: Stand, member_id: UUID) -> None:
    since, until = periods.date(stand.since), periods.date(stand.until) if stand.until else None
    work.tiers[member_id, plan.name] = TierMove(member_id, plan.name, stand.level, since, until)


def _show_now(work: Work, plan: LadderPlan, stand: Stand) -> None:
    member = work.scope.member
    if member.tiers.get(plan.name) != stand.level:
        work.stirred = True
    member.tiers[plan.name] = stand.level
    if plan.is_main:
        member.tier = stand.level


def place_of(plan: LadderPlan, stand: Stand) -> int:
    """The place of the level on which somebody stands."""
    return plan.places[stand.level] if stand.level is not None else BELOW


def _follow(work: Work, compiled: Compiled, plan: LadderPlan, stand: Stand) -> None:
    today = work.numbers.today
    if stand.held == BY_HAND:
        return
    if plan.midway is not None and stand.settled < plan.midway.since:
        _settle(work, compiled, plan, stand, plan.midway)
    place, now = place_of(plan, stand), tier_reaching.reached(work, compiled, plan, None)
    if stand.held == GRACE and now >= place:
        _extend(work, plan, stand, today)
    if plan.at_once and now > place:
        _rise(work, plan, stand, now, min(work.day, today), "reached")
    if plan.has_periods and (work.verdict or _is_late(work, plan)):
        _catch_up(work, compiled, plan, stand)
    elif plan.rolled is not None and work.activity.reverses is not None:
        _roll(work, compiled, plan, stand)
    if plan.name in work.deserved:
        _drop(work, compiled, plan, stand)
    if not stand.until and stand.held == REACHED:
        # Reached under a release in which it had no end.
        stand.until = plan.ends(place_of(plan, stand), today, work.numbers.joined_on, more=0)
    _warn(work, compiled, plan, stand, periods.number(today))


def _settle(work: Work, compiled: Compiled, plan: LadderPlan, stand: Stand, midway: Midway) -> None:
    """What a release says of members in the middle: they stand where this period or the one before it puts them by the
    new numbers, or (closed) where this period alone does.
    """
    stand.settled = midway.since
    if plan.name not in work.member.tiers:
        return
    place, today = place_of(plan, stand), work.numbers.today
    restarts = midway.policy is MidwayPolicy.RESTART
    anew = (
        tier_reaching.deserved(work, compiled, plan) if restarts else tier_reaching.reached(work, compiled, plan, None)
    )
    if anew < place:
        _fall(work, plan, stand, anew, today, "release")
    elif anew > place:
        _rise(work, plan, stand, anew, today, "release")


def _is_late(work: Work, plan: LadderPlan) -> bool:
    """Whether it happened in the period that has ended. What a person has approved only now may have, too."""
    return plan.period(work.day, work.numbers.joined_on) == rolling.day_of(plan, work)[0] - 1


def _catch_up(work: Work, compiled: Compiled, plan: LadderPlan, stand: Stand) -> None:
    """What arrives late and belongs to the period that has ended is looked at as the review of that period would have
    done (L32).
    """
    begins = rolling.day_of(plan, work)[1]
    reached, place = tier_reaching.reached(work, compiled, plan, _eve(begins)), place_of(plan, stand)
    if reached >= place and stand.held == GRACE:
        _extend(work, plan, stand, work.numbers.today)
    if reached > place:
        _rise(work, plan, stand, reached, begins, LATE)
    if plan.rolled is not None:
        _roll(work, compiled, plan, stand)


def _roll(work: Work, compiled: Compiled, plan: LadderPlan, stand: Stand) -> None:
    period, begins = rolling.day_of(plan, work)
    with tier_reaching.numbers_of(work, compiled, _eve(begins)):
        points = rolling.surplus(plan, work, compiled, plan.reached(work.scope))
    rolling.roll(work, compiled, plan, stand, period=period, points=points)


def _drop(work: Work, compiled: Compiled, plan: LadderPlan, stand: Stand) -> None:
    has, place = tier_reaching.deserved(work, compiled, plan), place_of(plan, stand)
    lost = stand.held != LENT and has < place <= work.deserved[plan.name]
    if lost and not tier_resting.is_out_of_reach(work, compiled, plan, stand):
        _fall(work, plan, stand, has, work.numbers.today, "return")


def _review(work: Work, compiled: Compiled, plan: LadderPlan, stand: Stand, day: dt.date) -> None:
    """Keep or lower a level on the first day on which it is not valid any more, or once its grace is over."""
    place, number = place_of(plan, stand), periods.number(day)
    deserved = tier_reaching.reached(work, compiled, plan, _eve(day))
    if stand.held in {BY_HAND, LENT}:
        _end(work, plan, stand, max(deserved, tier_reaching.reached(work, compiled, plan, None)), day)
        return
    if stand.held == GRACE:
        if plan.grace_ends(stand.until) > number:
            return
        # In its grace it could be earned by the new period, and by what arrived late of the one that ended.
        deserved = max(
            deserved,
            *(tier_reaching.reached(work, compiled, plan, at) for at in (None, _eve(periods.date(stand.until)))),
        )
    if deserved >= place or not plan.drops:
        _extend(work, plan, stand, day)
    elif stand.held == REACHED and plan.grace_ends(stand.until) > number:
        stand.held = GRACE
    else:
        _fall(work, plan, stand, plan.lowered(place, deserved), day, "review")


def _end(work: Work, plan: LadderPlan, stand: Stand, deserved: int, day: dt.date) -> None:
    """What was given is over: what was held beneath it comes back where it is still valid, else the numbers decide."""
    level, since, until = stand.under if len(stand.under) == _UNDER else (None, 0, 0)
    beneath = plan.places.get(level or "", plan.base)
    place, before, number = place_of(plan, stand), stand.level, periods.number(day)
    if beneath >= deserved and (not until or until > number):
        stand.set(plan, beneath, since=since if beneath < place else stand.since, until=until)
        _tell(work, plan, DOWN if beneath < place else UP if beneath > place else KEPT, stand, before, "ended")
    elif deserved < place:
        _fall(work, plan, stand, deserved, day, "ended")
    elif deserved > place:
        _rise(work, plan, stand, deserved, day, "ended")
    else:
        _extend(work, plan, stand, day)


def _give(work: Work, compiled: Compiled, plan: LadderPlan, stand: Stand, wanted: Wanted) -> None:
    if wanted.level is None:
        if stand.held in {BY_HAND, LENT}:
            _end(work, plan, stand, tier_reaching.deserved(work, compiled, plan), work.numbers.today)
        return
    place, now, today = plan.places[wanted.level], place_of(plan, stand), work.numbers.today
    until = plan.ends(place, today, work.numbers.joined_on, more=plan.definition.valid_until.periods)
    if wanted.until is not None:
        until = periods.number(wanted.until)
    if not wanted.by_hand and (stand.held == BY_HAND or place < now or (place == now and _lasts(stand, until))):
        # What a rule gives takes nothing away, and leaves alone what staff have set.
        return
    before, since = stand.level, stand.since if place == now else periods.number(today)
    stand.set(plan, place, since=since, until=until, held=BY_HAND if wanted.by_hand else LENT)
    type = JOINED if before is None else UP if place > now else DOWN if place < now else KEPT
    _tell(work, plan, type, stand, before, wanted.cause)


def _lasts(stand: Stand, until: int) -> bool:
    return not stand.until or 0 < until <= stand.until


def _rise(work: Work, plan: LadderPlan, stand: Stand, place: int, day: dt.date, cause: str) -> None:
    before, more = stand.level, plan.definition.valid_until.periods
    if cause == LATE:
        # It was reached in the period before the one that begins with this day.
        more = max(more - 1, 0)
    until = plan.ends(place, day, work.numbers.joined_on, more=more)
    stand.set(plan, place, since=periods.number(day), until=until)
    _tell(work, plan, JOINED if before is None else UP, stand, before, cause)


def _fall(work: Work, plan: LadderPlan, stand: Stand, place: int, day: dt.date, cause: str) -> None:
    before = stand.level
    stand.set(plan, place, since=periods.number(day), until=plan.ends(place, day, work.numbers.joined_on, more=0))
    _tell(work, plan, DOWN, stand, before, cause)


def _extend(work: Work, plan: LadderPlan, stand: Stand, day: dt.date) -> None:
    place = place_of(plan, stand)
    until = plan.ends(place, day, work.numbers.joined_on, more=0)
    stand.set(plan, place, since=stand.since, until=until)
    if place > plan.base:
        _tell(work, plan, KEPT, stand, stand.level, "review")


def _warn(work: Work, compiled: Compiled, plan: LadderPlan, stand: Stand, today: int) -> None:
    """Once for a member, level and end (L71): whatever comes and goes meanwhile, a notice is not sent again."""
    day, place = plan.warns(stand.until), place_of(plan, stand)
    if day is None or not day <= today < stand.until or place <= plan.base or not plan.drops:
        return
    level = stand.level or ""
    if stand.warned.get(level) == stand.until or tier_reaching.reached(work, compiled, plan, None) >= place:
        return
    stand.warned = {name: until for name, until in stand.warned.items() if until > today} | {level: stand.until}
    ends = plan.grace_ends(stand.until) if stand.held == REACHED else stand.until
    last = periods.date(ends) - dt.timedelta(days=1)
    work.hear("tier.warned", name=plan.name, level=level, through=last.isoformat())


def _tell(work: Work, plan: LadderPlan, type: str, stand: Stand, before: str | None, cause: str) -> None:
    facts: dict[str, object] = {"level": stand.level, "before": before, "cause": cause}
    if stand.until:
        facts["through"] = (periods.date(stand.until) - dt.timedelta(days=1)).isoformat()
    work.cause(type, plan.name, **facts)
    if work.activity.type != "tick" and (type in {UP, DOWN} or (type == JOINED and cause != "joined")):
        code, name = (type, stand.level) if stand.level is not None else ("tier.lost", before)
        title = level_title(plan, plan.places[name]) if name in plan.places else name
        work.messages.append(Message(to=RECEIPT, code=code, fields={"ladder": plan.name, "level": title}))


def level_title(plan: LadderPlan, place: int) -> dict[str, str]:
    """What people call a level, by language; its name where nobody has said."""
    name = plan.levels[place]
    return words.wording(plan.definition.levels[name].title) or words.wording(Text(en=name))


def _eve(day: dt.date) -> dt.date:
    return day - dt.timedelta(days=1)


def merged(compiled: Compiled, name: str, mine: list[Any] | None, theirs: list[Any]) -> list[Any]:
    """Where somebody stands who was two: on the higher level, and on one that both had for the longer (L63)."""
    plan = next((one for one in compiled.ladders if one.name == name), None)
    if plan is None or mine is None:
        return mine or theirs
    return theirs if _rank(plan, theirs) > _rank(plan, mine) else mine


def _rank(plan: LadderPlan, kept: list[Any]) -> tuple[int, int]:
    until = int(kept[2]) if len(kept) > 2 else 0
    return standing.place_in(plan, *tier_days.read(kept)), until or _FOR_EVER
