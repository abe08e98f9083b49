"""Offers in a decision: given, activated, refused, used up, over; which of them count for a basket.

What a member was given is kept; who has an offer because of its audience is asked at each basket, and kept only where
something has to be remembered: frozen parameters, a window, uses.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Final

import msgspec

from regulars.engine import counting, offer_refusals, ordered, periods, refusals, segments
from regulars.engine import state as states
from regulars.engine.compiled import Compiled
from regulars.engine.earning import Firing
from regulars.engine.offers.held import ACTIVE, GIVEN, OVER, REFUSED, SEEN, GivenOffer, Held
from regulars.engine.offers.plans import KIND, UNTIL, OfferPlan
from regulars.engine.work import Work
from regulars.program.contracts.midway import MidwayPolicy

TICK: Final = "tick"
BY_AUDIENCE: Final = "audience"
BY_HAND: Final = "staff"


def show(work: Work, compiled: Compiled) -> None:
    """Nothing of it is read before time has passed: then `settle` lets count what counts."""


def settle(work: Work, compiled: Compiled) -> None:
    """Once time has passed, and before anything is refused or priced: let the offers count that this member has and
    that are for this type of activity."""
    if work.member.offers and work.activity.type != TICK:
        _follow_release(work, compiled)
    if not compiled.offers:
        return
    index = compiled.offers_of(work.activity.type)
    if index is None:
        return
    at_ms = states.ms(work.scope.now)
    for name, held in work.member.offers.items():
        plan = index.plans.get(name)
        if plan is not None and held.state != SEEN:
            _let_count(work, plan, held, at_ms)
    if index.has_audiences:
        counting.show(work, compiled)
        s = work.scope
        # As before this activity: what it changes counts from the next one on.
        known = s.member.segments
        found = segments.find(index.segments, s, work.member.statics)
        for segment in found:
            _see_all(work, compiled, index.by_segment.get(segment, ()), at_ms)
        for audience, plans in index.by_audience.items():
            if audience(s):
                _see_all(work, compiled, plans, at_ms)
        s.member.segments = known


def _see_all(work: Work, compiled: Compiled, plans: Iterable[OfferPlan], at_ms: int) -> None:
    """Offers of an audience that the member is in."""
    mine, carried = work.member.offers, work.scope.carried
    for plan in plans:
        held = mine.get(plan.name)
        if held is None and plan.counts_at_once:
            carried[plan.path] = {}
        else:
            _see(work, compiled, plan, held, at_ms)


def _see(work: Work, compiled: Compiled, plan: OfferPlan, held: Held | None, at_ms: int) -> None:
    if (held is not None and held.state != SEEN) or not (plan.always or plan.runs_on(work.day)):
        return
    if plan.needs_tap:
        work.passed_over[plan.path] = "not_activated"
        return
    if held is None and plan.begins_at_sight:
        held = _begin(work, compiled, plan, SEEN, by=BY_AUDIENCE)
    if held is not None:
        _let_count(work, plan, held, at_ms)
    else:
        work.scope.carried[plan.path] = {} if plan.definition.until is None else {UNTIL: plan.definition.until}


def _let_count(work: Work, plan: OfferPlan, held: Held, at_ms: int) -> None:
    reason = why_not(plan, held, work.day, at_ms)
    if reason is not None:
        work.passed_over[plan.path] = reason
        return
    facts = work.scope.carried[plan.path] = plan.thaw(held.params)
    if held.until:
        facts[UNTIL] = periods.date(held.until)


def why_not(plan: OfferPlan, held: Held, day: dt.date, at_ms: int) -> str | None:
    """Why an offer that a member has does not count; None where it does."""
    uses, start = plan.definition.uses, plan.definition.from_
    if held.state == REFUSED:
        return "refused"
    if held.state == OVER or (held.until and periods.number(day) >= held.until):
        return "over"
    if held.since_ms > at_ms or (start is not None and day < start):
        return "not_yet"
    if uses is not None and held.used >= uses:
        return "used_up"
    if held.state == GIVEN and plan.needs_tap:
        return "not_activated"
    return None


def is_live(plan: OfferPlan, held: Held, day: dt.date) -> bool:
    """Whether it counts, or will once it begins or is activated."""
    return why_not(plan, held, day, held.since_ms) in {None, "not_yet", "not_activated"}


def _begin(work: Work, compiled: Compiled, plan: OfferPlan, state: int, *, by: str) -> Held | None:
    """Give it as of now, with its parameters frozen; None where it would be over already."""
    until = plan.end(work.day)
    if until and until <= periods.number(work.today):
        return None
    held = Held(state, states.ms(work.scope.now), compiled.release.number, until)
    if plan.params:
        counting.show(work, compiled)
        held.params = plan.freeze(work.scope)
    work.member.offers[plan.name] = held
    work.cause("offer.given", plan.name, by=by, **_through(held))
    return held


def _through(held: Held) -> dict[str, object]:
    return {"through": periods.date(held.until - 1).isoformat()} if held.until else {}


def move(work: Work, compiled: Compiled) -> None:
    """Give what effects of rules asked for."""
    if not work.asked:
        return
    wishes = [wish for wish in work.asked if isinstance(wish, GivenOffer)]
    if not wishes:
        return
    work.asked = [wish for wish in work.asked if not isinstance(wish, GivenOffer)]
    for wish in wishes:
        grant(work, compiled, wish)


def grant(work: Work, compiled: Compiled, wish: GivenOffer) -> bool:
    """Give an offer that an effect asked for; False where the member has it, refused it, or it would be over."""
    plan = compiled.offers[wish.offer]
    held = work.member.offers.get(plan.name)
    if held is not None and (held.state == REFUSED or _has(plan, held, work.day)):
        return False
    return _begin(work, compiled, plan, GIVEN if plan.needs_tap else ACTIVE, by=wish.by) is not None


def take_away(work: Work, compiled: Compiled, name: str, *, since_ms: int, cause: str) -> None:
    """What gave an offer at a moment is gone: so is the offer, however often it was used; its audience keeps it."""
    held, plan = work.member.offers.get(name), compiled.offers.get(name)
    if plan is None or held is None or held.since_ms != since_ms or held.state not in {GIVEN, ACTIVE}:
        return
    if not plan.has_audience:
        end(work, compiled, name, held, cause=cause)
        return
    held.state = SEEN
    if not held.used and not plan.begins_at_sight:
        del work.member.offers[name]


def _has(plan: OfferPlan, held: Held, day: dt.date) -> bool:
    """Whether it was given to the member, and they may still use it: it is not given twice at once."""
    return held.state != SEEN and is_live(plan, held, day)


def next_day(work: Work, compiled: Compiled, after: dt.date) -> dt.date | None:
    """The first day after another on which an offer that the member has is over."""
    if not work.member.offers:
        return None
    found = [
        max(held.until, periods.number(after) + 1)
        for name, held in work.member.offers.items()
        if held.until and held.state not in {REFUSED, OVER} and not _used_up(compiled, name, held)
    ]
    return periods.date(min(found)) if found else None


def pass_day(work: Work, compiled: Compiled, day: dt.date) -> None:
    """Offers whose last day was the one before are over."""
    number = periods.number(day)
    for name, held in list(work.member.offers.items()):
        if held.until and held.until <= number and held.state not in {REFUSED, OVER}:
            if _used_up(compiled, name, held):
                continue
            end(work, compiled, name, held, cause="time")


def _used_up(compiled: Compiled, name: str, held: Held) -> bool:
    plan = compiled.offers.get(name)
    return plan is not None and plan.definition.uses is not None and held.used >= plan.definition.uses


def end(work: Work, compiled: Compiled, name: str, held: Held, *, cause: str) -> None:
    """It is over; what its audience would bring again is remembered."""
    plan = compiled.offers.get(name)
    if plan is not None and plan.has_audience:
        work.member.offers[name] = Held(OVER, held.since_ms, compiled.release.number, used=held.used)
    else:
        del work.member.offers[name]
    work.cause("offer.ended", name, cause=cause, times=held.used)


def _follow_release(work: Work, compiled: Compiled) -> None:
    """What a release took away is over; what it does to members in the middle is done, once."""
    for name, held in list(work.member.offers.items()):
        plan = compiled.offers.get(name)
        if plan is None:
            _drop(work, compiled, name, held)
        elif held.state in {REFUSED, OVER} or held.release == compiled.release.number:
            continue
        elif plan.midway is not None and held.release < plan.midway.since:
            if plan.midway.policy is MidwayPolicy.CLOSE:
                end(work, compiled, name, held, cause="release")
            else:
                del work.member.offers[name]
                state = GIVEN if plan.needs_tap and held.state != SEEN else held.state
                _begin(work, compiled, plan, state, by="release")
        else:
            _complete(work, compiled, plan, held)


def _drop(work: Work, compiled: Compiled, name: str, held: Held) -> None:
    del work.member.offers[name]
    if held.state not in {REFUSED, OVER}:
        work.cause("offer.ended", name, cause="release", times=held.used)


def _complete(work: Work, compiled: Compiled, plan: OfferPlan, held: Held) -> None:
    """Parameters that this release has and the one of the start had not, or had of another kind, are frozen now."""
    there = held.params
    missing = [param for param in plan.params if param.name not in there or not param.fits(there[param.name])]
    if missing:
        counting.show(work, compiled)
        held.params = {**held.params, **{param.name: param.frozen(work.scope) for param in missing}}


def use(work: Work, compiled: Compiled, firings: list[Firing]) -> None:
    """Count the offers that did something for this basket: gave points, took something off the price, or acted."""
    for firing in firings:
        path = firing.rule.carrier
        if path is None or not path.startswith(KIND):
            continue
        if not _did_something(work, firing):
            firing.used = False
            continue
        plan = compiled.offers[path.removeprefix(KIND)]
        held = work.member.offers.get(plan.name)
        if held is None and plan.definition.uses is not None:
            held = Held(SEEN, states.ms(work.scope.now), compiled.release.number, plan.end(work.day))
            work.member.offers[plan.name] = held
        if held is not None:
            held.used += 1
        work.used_offers.append(plan.name)
        ordered.note_offer(work.member.rewards.values(), plan.name, 1)
        work.cause("offer.used", plan.name, times=1 if held is None else held.used)


def _did_something(work: Work, firing: Firing) -> bool:
    acted = firing.rule.number in work.scope.took or (bool(firing.rule.actions) and not work.asks_first)
    return acted or any(claim.points for claim in firing.claims)


def act(work: Work, compiled: Compiled) -> None:
    """Somebody gives, activates, refuses or withdraws an offer. Raises what `offer_refusals` has, MissingPart."""
    wanted = work.activity.offer
    if wanted is None or wanted.act not in ACTS:
        raise refusals.MissingPart(type=work.activity.type, part="offer")
    plan = compiled.offers.get(wanted.offer)
    if plan is None:
        raise offer_refusals.UnknownOffer(offer=wanted.offer)
    counting.show(work, compiled)
    work.scope.member.segments = segments.find(compiled.segments, work.scope, work.member.statics)
    ACTS[wanted.act](work, compiled, plan)


def _give(work: Work, compiled: Compiled, plan: OfferPlan) -> None:
    held = work.member.offers.get(plan.name)
    if held is not None and held.state == REFUSED:
        raise offer_refusals.OfferRefused(offer=plan.name)
    if held is not None and _has(plan, held, work.day):
        raise offer_refusals.OfferAlreadyGiven(offer=plan.name)
    if _begin(work, compiled, plan, GIVEN if plan.needs_tap else ACTIVE, by=BY_HAND) is None:
        raise offer_refusals.OfferOver(offer=plan.name)


def _activate(work: Work, compiled: Compiled, plan: OfferPlan) -> None:
    held = _mine(work, plan)
    if not plan.needs_tap:
        raise offer_refusals.OfferActivatesItself(offer=plan.name)
    if held is None:
        held = _begin(work, compiled, plan, GIVEN, by=BY_AUDIENCE)
        if held is None:
            raise offer_refusals.OfferOver(offer=plan.name)
    reason = why_not(plan, held, work.day, held.since_ms)
    if reason in _FORBIDS:
        raise _FORBIDS[reason](offer=plan.name)
    if held.state == ACTIVE:
        raise offer_refusals.OfferActivated(offer=plan.name)
    held.state = ACTIVE
    work.cause("offer.activated", plan.name, **_through(held))


_FORBIDS: Final = {"over": offer_refusals.OfferOver, "used_up": offer_refusals.OfferUsedUp}


def _refuse(work: Work, compiled: Compiled, plan: OfferPlan) -> None:
    held = _mine(work, plan)
    since_ms, used = (held.since_ms, held.used) if held is not None else (states.ms(work.scope.now), 0)
    work.member.offers[plan.name] = Held(REFUSED, since_ms, compiled.release.number, used=used)
    work.cause("offer.refused", plan.name)


def _withdraw(work: Work, compiled: Compiled, plan: OfferPlan) -> None:
    held = _mine(work, plan)
    if held is None:
        held = Held(SEEN, states.ms(work.scope.now), compiled.release.number)
    end(work, compiled, plan.name, held, cause="withdrawn")


def _mine(work: Work, plan: OfferPlan) -> Held | None:
    """What the member has of it; None where only its audience has it. Raises OfferNotForMember, OfferRefused,
    OfferOver.
    """
    held = work.member.offers.get(plan.name)
    if held is None:
        if not plan.has_audience or not plan.is_for(work.scope):
            raise offer_refusals.OfferNotForMember(offer=plan.name)
        if plan.definition.until is not None and work.day >= plan.definition.until:
            raise offer_refusals.OfferOver(offer=plan.name)
    elif held.state == REFUSED:
        raise offer_refusals.OfferRefused(offer=plan.name)
    elif held.state == OVER:
        raise offer_refusals.OfferOver(offer=plan.name)
    return held


ACTS: Final = {"give": _give, "activate": _activate, "refuse": _refuse, "withdraw": _withdraw}


def merged(compiled: Compiled, name: str, mine: Held, theirs: Held) -> Held:
    """An offer that both of two members had who are one: used by either is used, refused by either is refused (L64)."""
    kept = min(mine, theirs, key=lambda held: _RANK[held.state])
    kept = mine if _RANK[mine.state] == _RANK[kept.state] else theirs
    return Held(kept.state, kept.since_ms, kept.release, kept.until, mine.used + theirs.used, kept.params)


_RANK: Final = {REFUSED: 0, ACTIVE: 1, SEEN: 2, GIVEN: 3, OVER: 4}
"""Whose standing is kept: what is refused stays refused, what counts goes on counting."""


def parted(mine: dict[str, Held], theirs: dict[str, Held], before: Mapping[str, Held | None]) -> None:
    """Takes out of a member's offers what came with another, who goes home; what was used or refused since stays."""
    for name, was in before.items():
        now, other = mine.get(name), theirs.get(name)
        if now is None or other is None:
            continue
        if was is None:
            del mine[name]
            continue
        said_no = now.state == REFUSED and REFUSED not in {was.state, other.state}
        since = now.used - was.used - other.used
        mine[name] = msgspec.structs.replace(
            was, used=max(was.used + since, 0), state=REFUSED if said_no else was.state
        )
