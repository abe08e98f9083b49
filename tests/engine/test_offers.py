"""Offers: who has them, when they count, what a use is, and when it comes back. Days are those of Chisinau."""

from __future__ import annotations

from typing import Any

from regulars.engine.contracts.decision import Decision
from regulars.engine.contracts.gifts import OfferAct
from regulars.program.contracts.effects import GiveOffer
from regulars.program.contracts.offers import Offer
from tests.engine.shop import Shop, base, multiply, rule


def offer(*effects: Any, name: str = "come_back", **fields: Any) -> Offer:
    """An offer of ten times the points, unless it says otherwise."""
    if "if" in fields:
        fields["if_"] = fields.pop("if")
    if "from" in fields:
        fields["from_"] = fields.pop("from")
    return Offer(name=name, effects=effects or (multiply(10),), **{"uses": 1, **fields})


GIVES = rule("gives", GiveOffer(offer="come_back"), **{"if": "basket.total >= 100.00"})


def say(shop: Shop, act: str, name: str = "come_back", **fields: Any) -> Decision:
    return shop.do(shop.activity("offer", offer=OfferAct(act=act, offer=name, **fields)))


def refused(decision: Decision) -> str | None:
    return decision.refusal.code if decision.refusal is not None else None


def points(decision: Decision) -> int:
    return decision.points.get("points", 0)


def test_an_offer_that_a_rule_gives_counts_for_the_next_purchase_and_once() -> None:
    shop = Shop(base("basket.base / 10"), offer(), GIVES)
    assert points(shop.buy(10000)) == 10
    assert points(shop.buy(2000)) == 20
    assert points(shop.buy(2000)) == 2
