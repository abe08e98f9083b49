"""What a return does to offers: a use comes back with all that it was for, an offer goes with the sale that gave it."""

from __future__ import annotations

from regulars.engine import offer_refusals, offering, ordered
from regulars.engine import state as states
from regulars.engine.compiled import Compiled
from regulars.engine.judging import Judged, TakingBack
from regulars.engine.offers.held import SEEN, Held
from regulars.engine.offers.plans import KIND
from regulars.program.contracts.effects import GiveOffer


def take_back(taking: TakingBack, compiled: Compiled) -> None:
    """Give back the use of an offer once nothing is left of what it did for the sale (LAW6); where the return was
    undone, take it again. An offer that the sale gave goes with it. Raises OfferUsedSince."""
    work, under = taking.work, taking.compiled
    sold_ms = states.ms(taking.sale.occurred_at)
    for number in taking.recorded.fired:
        rule = under.rules[number]
        if rule.carrier is None or not rule.carrier.startswith(KIND):
            continue
        was, is_now = _stands(taking.before, number), _stands(taking.after, number)
        if was != is_now:
            name = rule.carrier.removeprefix(KIND)
            _recount(taking, compiled, name, 1 if is_now else -1, sold_ms=sold_ms)
    for number in sorted(taking.before.fired - taking.after.fired):
        for effect in under.rules[number].definition.effects:
            if isinstance(effect, GiveOffer):
                offering.take_away(work, compiled, effect.offer, since_ms=sold_ms, cause="returned")


def _stands(judged: Judged, number: int) -> bool:
    """Whether an offer still does something for what is left of a sale, or what it did was left to the member."""
    return number in judged.fired or any(effect[0] == number and points for effect, points in judged.points.items())


def _recount(taking: TakingBack, compiled: Compiled, name: str, step: int, *, sold_ms: int) -> None:
    """A use is given back, or, where the return was undone, taken again. Raises OfferUsedSince."""
    work = taking.work
    ordered.note_offer(work.member.rewards.values(), name, step)
    held, plan = work.member.offers.get(name), compiled.offers.get(name)
    if plan is None or (held is not None and (held.since_ms > sold_ms or held.used + step < 0)):
        # It was given anew since: that use is history.
        return
    if held is None:
        if step < 0 or plan.definition.uses is None or not plan.has_audience:
            return
        held = work.member.offers[name] = Held(SEEN, sold_ms, compiled.release.number, plan.end(work.day))
    uses = plan.definition.uses
    if step > 0 and taking.undone is not None and uses is not None and held.used >= uses:
        raise offer_refusals.OfferUsedSince(offer=name)
    held.used += step
    if held.state == SEEN and held.used == 0 and not plan.begins_at_sight:
        del work.member.offers[name]
    if step < 0:
        work.hear("offer.use_returned", name=name, times=held.used)
