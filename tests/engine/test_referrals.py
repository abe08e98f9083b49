"""Referrals by hand: who counts, what each side gets, and what goes back (L4, L64)."""

from __future__ import annotations

import datetime as dt
from typing import Any

from regulars.engine.contracts.activity import ReturnedLine
from regulars.engine.contracts.decision import Decision, Outcome
from regulars.program.contracts.referrals import Referral, ReferralEffects, Same, Undone
from regulars.program.contracts.triggers import OnEvent
from regulars.program.contracts.values import Period, Span, Unit
from tests.engine.friends import Friends
from tests.engine.shop import base, give, rule
from tests.engine.town import ANN, BOB, CAT, DAN

CONVERTS = "type == 'purchase' && basket.total >= 300.00"
BOTH = ReferralEffects(both=(give("500"),))


def friend(**fields: Any) -> Referral:
    given: dict[str, Any] = {"converts": CONVERTS, "effects": BOTH, "within": Span(30, Unit.DAY), **fields}
    return Referral(name="friend", **given)


def heard(done: Decision, type: str) -> list[dict[str, object]]:
    return [event.data for event in done.events if event.type == type]


def code(done: Decision) -> str | None:
    return None if done.refusal is None else done.refusal.code


def test_a_friend_who_counts_brings_points_to_both_sides() -> None:
    town = Friends(friend())
    assert town.join(BOB, by=ANN).outcome is Outcome.ACCEPTED
    town.buy(BOB, 29999)
    town.carry()
    assert (town.active(ANN), town.active(BOB)) == (0, 0)
    done = town.buy(BOB, 30000)
    assert heard(done, "referral.converted") == [{"name": "friend", "side": "friend", "level": 0, "total": 30000}]
    town.carry()
    assert (town.active(ANN), town.active(BOB)) == (500, 500)
    town.buy(BOB, 30000)
    assert town.carry() == []
    assert (town.active(ANN), town.active(BOB)) == (500, 500)
