"""A sale that comes back, whenever and in whatever parts: the same points each time, and the sum of the parts is the
whole (L1, L2, L5 to L7; LAW2, LAW6)."""

from __future__ import annotations

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

from tests.cases import stories
from tests.cases.shop import Shop
from tests.cases.stories import Step

ZONE = ZoneInfo("Europe/Bucharest")
SOLD = dt.datetime(2027, 3, 1, 12, tzinfo=ZONE)

BY_TIER = "member.tier == 'gold' ? basket.base * 5 : basket.base * 2 / 3"
(STORY,) = stories.told(
    {
        "case": 2,
        "program": {
            # Points wait for two days, and live for thirty from then on.
            "currencies": {
                "points": {"pending": "2 days", "expiry": "30 days", "round_up": "day", "value": 0.01, "cost": {"house": 0.01}}
            },
            "metrics": {"spend": {"sum": "basket.total", "where": "type == 'purchase'"}},
            "ladders": {
                "status": {"qualify": "member.metrics.spend", "by_hand": True, "levels": {"silver": 0, "gold": 1000000.0}}
            },
            "rules": {
                "base": {"kind": "base", "trigger": "purchase", "effects": [{"give": "points", "amount": BY_TIER}]}
            },
        },
        "steps": [{"at": "2027-03-01 09:00", "buy": [1.0]}],
    }
)  # fmt: skip
LINES = [{"quantity": "3", "amount": 30.0}, {"amount": 15.5}]
"""45.50, at two points for three euros: 30.33, so 30."""

PARTS: dict[str, list[tuple[dict[str, Any], int]]] = {
    "all of it": [({}, -30)],
    # 45.50 are left with 35.50, 25.50, 15.50, nothing: 30, 23, 17, 10, 0 points.
    "unit by unit": [
        ({"lines": [{"no": 1, "quantity": "1"}]}, -7),
        ({"lines": [{"no": 1, "quantity": "1"}]}, -6),
        ({"lines": [{"no": 1, "quantity": "1"}]}, -7),
        ({"lines": [{"no": 2}]}, -10),
    ],
    # The second line first: 30.00 are left, 20 points; then 12.50 of the first in money, 17.50 and 11 points; the rest.
    "line by line": [({"lines": [{"no": 2}]}, -10), ({"lines": [{"no": 1, "amount": 12.5}]}, -9), ({}, -11)],
    # 45.49 still give 30; 25.49 give 16.
    "by money": [({"amount": 0.01}, 0), ({"amount": 20.0}, -14), ({"amount": 25.49}, -16)],
    "in two halves": [({"amount": 22.75}, -15), ({"amount": 22.75}, -15)],
}
TRIPLE = {"base": {"kind": "base", "trigger": "purchase", "effects": [{"give": "points", "amount": "basket.base * 3"}]}}
STATES: dict[str, tuple[int, tuple[int, int, int], int]] = {
    "pending": (0, (0, 30, 0), 0),
    "active": (3, (30, 0, 0), 0),
    # All 30 pay for something else first: they are owed.
    "spent": (4, (30, 0, 0), 30),
    # Gold by then, and silver when it was sold.
    "another tier": (12, (30, 0, 0), 0),
    "another release": (15, (30, 0, 0), 0),
    # Earned and gone unused: they are owed all the same.
    "expired": (40, (0, 0, 0), 30),
}
"""By what has become of the points: days after the sale, what is there (active, pending, owed), and what is owed in the
end; nothing else is left in the end."""


def people() -> dict[tuple[str, str], str]:
    """Who tries a state and a way; letters alone, as stories name people."""
    letters = "abcdef"
    return {
        (state, way): f"{letters[row]}-{letters[column]}"
        for row, state in enumerate(STATES)
        for column, way in enumerate(PARTS)
    }


class Returns:
    """One shop, and a member for each state and each way to bring goods back."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        self._number = 0

    async def act(self, at: dt.datetime, who: str, **said: Any) -> dict[str, Any]:
        self._number += 1
        self.shop.clock.set(at)
        step = Step(self._number, at, {**said, "who": who})
        answered = await self.shop.act(step)
        assert answered.refused is None, (who, said, answered.body)
        assert answered.body is not None
        return answered.body

    async def sell(self, who: str) -> int:
        """The sale."""
        sold = await self.act(SOLD, who, buy=LINES, document=f"sale-{who}", **{"as": f"sale-{who}"})
        return int(sold["points"]["points"])

    async def meanwhile(self, state: str, who: str, at: dt.datetime) -> None:
        """What happens to one member before the goods come back."""
        if state == "spent":
            await self.act(at, who, buy=[0.3], pay={"points": 30})
        elif state == "another tier":
            gold = {"level": "gold", "reason": "a promise"}
            await self.act(at, who, call={"post": f"/v1/members/<{who}>/tiers/status", "body": gold})

    async def bring_back(self, who: str, at: dt.datetime, parts: list[tuple[dict[str, Any], int]]) -> list[int]:
        """The points of each part."""
        told = [await self.act(at, who, back=f"sale-{who}", **part) for part, _ in parts]
        return [int(one["points"].get("points", 0)) for one in told]

    async def has(self, who: str) -> tuple[int, int, int]:
        """Active, pending, owed."""
        seen = await self.shop.get(f"/v1/members/{await self.shop.member(who)}")
        (one,) = seen["balances"] or [{"active": 0, "pending": 0, "arrears": 0}]
        return one["active"], one["pending"], one["arrears"]
