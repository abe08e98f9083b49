"""Offers: somebody has them, they end, what is worked out for a member can be kept, and what they do can be done."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from regulars.language import contracts as language
from regulars.language.contracts import Amount
from regulars.program.checks import rules
from regulars.program.checks.context import Context, as_rule, has_basket
from regulars.program.checks.givers import giving
from regulars.program.contracts.audiences import NAME, segment_named
from regulars.program.contracts.definitions import RuleKind
from regulars.program.contracts.effects import AnyEffect, Give, GiveOffer, HoldForReview, Multiply, Refuse
from regulars.program.contracts.offers import Activate, Offer
from regulars.program.contracts.report import Fault
from regulars.program.contracts.reward_steps import OfferStep
from regulars.program.contracts.values import Text, Unit
from regulars.program.faults import fault, unknown

_CLOCK: Final = frozenset({Unit.HOUR, Unit.MINUTE})
_KEPT: Final = (language.INT, language.TEXT, language.BOOL, language.DATE, language.TIMESTAMP)


def check(context: Context) -> Iterator[Fault]:
    """Each offer by itself, and who gives it."""
    program = context.program
    given = set()
    for path, effect in giving(program, GiveOffer):
        given.add(effect.offer)
        if effect.offer not in program.offers:
            yield unknown("name", f"{path}.offer", name=effect.offer, known=program.offers)
    # Whether there is such an offer is asked with the rewards.
    given.update(step.offer for _, step in giving(program, OfferStep))
    based = {
        effect.give
        for rule in program.rules.values()
        if rule.kind is RuleKind.BASE
        for effect in rule.effects
        if isinstance(effect, Give)
    }
    for name, offer in program.offers.items():
        path = f"offers.{name}"
        yield from _who(path, offer, context, given=name in given)
        yield from _when(path, offer)
        yield from _on(path, offer, context)
        yield from _params(path, offer, context)
        yield from _does(path, name, offer, context, based)
        yield from _says(path, offer, context)


def _who(path: str, offer: Offer, context: Context, *, given: bool) -> Iterator[Fault]:
    if offer.audience is None:
        if not given:
            yield fault("offer_never_given", path)
        return
    segment = segment_named(offer.audience)
    if segment is not None and segment not in context.program.segments:
        yield unknown("segment", f"{path}.audience", name=segment, known=context.program.segments)


def _when(path: str, offer: Offer) -> Iterator[Fault]:
    if offer.window is not None and (offer.window.unit in _CLOCK or offer.window.count <= 0):
        yield fault("offer_window", f"{path}.window", found=f"{offer.window.count} {offer.window.unit.value}")
    if offer.from_ is not None and offer.until is not None and offer.until <= offer.from_:
        yield fault("dates_reversed", path, from_=offer.from_, until=offer.until)
    if offer.uses is not None and offer.uses <= 0:
        yield fault("not_positive", f"{path}.uses")
    if offer.activate is Activate.TAP and offer.uses is None and offer.window is None and offer.until is None:
        yield fault("offer_never_ends", path)


def _on(path: str, offer: Offer, context: Context) -> Iterator[Fault]:
    for place, name in enumerate(offer.on):
        if name not in context.program.activities:
            yield unknown("activity", f"{path}.on[{place}]", name=name, known=context.program.activities)
        elif not has_basket(context.program, name):
            yield fault("needs_basket", f"{path}.on[{place}]", name=name)
    for place, name in enumerate(offer.placements):
        if not NAME.fullmatch(name):
            yield fault("bad_name", f"{path}.placements[{place}]", name=name)


def _params(path: str, offer: Offer, context: Context) -> Iterator[Fault]:
    for name in offer.params:
        spot = f"{path}.params.{name}"
        if not NAME.fullmatch(name):
            yield fault("bad_name", spot, name=name)
        expression = context.expression(spot)
        if expression is not None and expression.type not in _KEPT and not isinstance(expression.type, Amount):
            yield fault("offer_param_type", spot, name=name)


def _does(path: str, name: str, offer: Offer, context: Context, based: set[str]) -> Iterator[Fault]:
    if not offer.effects:
        yield fault("no_effects", path)
    yield from rules.effects(f"{path}.effects", as_rule(name, offer, context.program), context, based)
    unfunded: set[str] = set()
    for place, effect in enumerate(offer.effects):
        if isinstance(effect, Refuse | HoldForReview):
            yield fault("offer_refuses", f"{path}.effects[{place}]")
        if not getattr(effect, "funding", ()):
            unfunded.add(_currency(effect))
    for currency in sorted(unfunded - {""}) or [""]:
        yield from rules.shares(path, currency, offer.funding, context)


def _currency(effect: AnyEffect) -> str:
    match effect:
        case Give(give=currency) | Multiply(multiply=currency):
            return currency
        case _:
            return ""


def _says(path: str, offer: Offer, context: Context) -> Iterator[Fault]:
    for field in ("title", "text"):
        said: Text = getattr(offer, field)
        missing = [one for one in context.program.program.languages if not getattr(said, one, "")]
        if missing and (field == "title" or said != Text()):
            yield fault("offer_untranslated", f"{path}.{field}", languages=", ".join(missing))
