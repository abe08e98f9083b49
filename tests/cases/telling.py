"""One sale of 10 March, told on 25 March in four ways: over the till, over the till and paid in part with points, by a
till that was offline, by file. Whatever has changed meanwhile, all four are judged by the day of the sale (L32, L60)."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from regulars.access import service as access
from regulars.kit import edge
from tests.cases import stories
from tests.cases.conftest import Street
from tests.cases.shop import Shop
from tests.cases.stories import Step, Story
from tests.checkout.offline import OfflineTill

ZONE = ZoneInfo("Europe/Bucharest")
SOLD, TOLD = dt.datetime(2027, 3, 10, 12, tzinfo=ZONE), dt.datetime(2027, 3, 25, 12, tzinfo=ZONE)
WAYS = ("till", "paid", "offline", "file")
MOVED = "-moved"
"""Of whom something was told since, so that their account is further on than the sale."""


class Row(NamedTuple):
    """What changes between the sale of 100.00 and its telling, and what it gives: with 1.00 of it paid with points in
    `paid`. `has`: what is there in the end, of who has anything; None: not asked."""

    name: str
    program: dict[str, Any]
    meanwhile: list[tuple[str, dict[str, Any]]]
    gives: int
    paid: int
    has: dict[str, int] | None = None


def rules(**more: Any) -> dict[str, Any]:
    """A point a euro."""
    return {
        "rules": {
            "base": {"kind": "base", "trigger": "purchase", "effects": [{"give": "points", "amount": "basket.base"}]},
            **more,
        }
    }


def points(**more: Any) -> dict[str, Any]:
    return {"currencies": {"points": {"expiry": "never", "value": 0.01, "cost": {"house": 0.01}, **more}}}


LADDER: dict[str, Any] = {
    "metrics": {"spend": {"sum": "basket.total", "where": "type == 'purchase'"}},
    "ladders": {
        "status": {"qualify": "member.metrics.spend", "by_hand": True, "levels": {"silver": 0, "gold": 1000.0}}
    },
    **rules(
        gold={"trigger": "purchase", "if": "member.tier == 'gold'", "effects": [{"give": "points", "amount": "500"}]}
    ),
}
TRIPLE = {"base": {"kind": "base", "trigger": "purchase", "effects": [{"give": "points", "amount": "basket.base * 3"}]}}
BY_HAND = {"level": "gold", "reason": "a promise", "until": "2027-03-20"}
TO_GOLD = {"call": {"post": "/v1/members/<who>/tiers/status", "body": BY_HAND}}

ROWS = [
    # Silver on the day of the sale, gold since the 12th, and by then three points a euro: 100, or 99 of 99.00.
    Row("up, and another release", LADDER, [("03-12", {"buy": [1000.0]}), ("03-15", {"publish": {"rules": TRIPLE}})],
        100, 99),
    # Gold on the day of the sale, silver from the 20th: 500 more.
    Row("down again", LADDER, [("03-05", TO_GOLD)], 600, 599),
    # Of the 80 of its own day 50 are used: 30 are left. Today's are used up, which is nothing to it.
    Row("caps of days", points(caps={"day": 80}), [("03-10", {"buy": [50.0]}), ("03-25", {"buy": [100.0]})], 30, 30),
    # 1 on the first and 120 on the 15th: of March's 141 there are 20 left, whoever came first.
    Row("the cap of its month used up since", points(caps={"calendar month": 141}), [("03-15", {"buy": [120.0]})], 20, 20),
    # Ten days: through 20 March. Who paid had got their 100 today, and who was told of since has the 1 of today.
    Row("expired since", points(expiry="10 days", round_up="day"), [], 100, 99, {f"till{MOVED}": 1}),
]  # fmt: skip


class Late:
    """A shop of one row, with a member for each way, and one of whom something was told since."""

    def __init__(self, shop: Shop, folder: Path, row: Row) -> None:
        self.shop, self.folder, self.row = shop, folder, row
        self.people = [*WAYS, f"till{MOVED}"]
        self._number = 0

    def step(self, at: dt.datetime, who: str, **said: Any) -> Step:
        self._number += 1
        return Step(self._number, at, {**said, "who": who})

    async def act(self, step: Step) -> dict[str, Any]:
        self.shop.clock.set(step.at)
        answered = await self.shop.act(step)
        assert answered.refused is None, (step, answered.body)
        assert answered.body is not None
        return answered.body

    async def before(self) -> None:
        """What each has to pay with, and what changes."""
        for who in self.people:
            await self.act(self.step(SOLD - dt.timedelta(days=9), who, buy=[1.0]))
        for day, said in self.row.meanwhile:
            at = dt.datetime.fromisoformat(f"2027-{day}T10:00").replace(tzinfo=ZONE)
            self.shop.clock.set(at)
            if "publish" in said:
                await self.shop.publish(said["publish"])
                continue
            for who in self.people:
                await self.act(self.step(at, who, **_named(said, who)))
        for who in self.people:
            given = 100 if who.startswith("paid") else 0
            if given or who.endswith(MOVED):
                by_hand = {"adjust": {"points": given or 1}, "reason": "so that there is something"}
                await self.act(self.step(TOLD - dt.timedelta(minutes=9), who, **by_hand))

    async def told(self, who: str) -> int:
        """Tell of the sale in this way; the points that it gave."""
        self.shop.clock.set(TOLD)
        late = self.step(TOLD, who, buy=[100.0], happened=SOLD.strftime("%Y-%m-%d %H:%M"))
        way = who.removesuffix(MOVED)
        answer = await getattr(self, f"_by_{way}")(late)
        return int(answer["points"].get("points", 0))

    async def _by_till(self, late: Step) -> dict[str, Any]:
        return await self.act(late)

    async def _by_paid(self, late: Step) -> dict[str, Any]:
        return await self.act(Step(late.number, late.at, {**late.said, "pay": {"points": 100}}))

    async def _by_offline(self, late: Step) -> dict[str, Any]:
        ago = (TOLD - SOLD).total_seconds() / 60
        till = await self._till()
        till.does("purchase", minutes_ago=ago, member={"own_id": late.who}, lines=[{"amount": 10_000}])
        (told,) = (await till.tells())["results"]
        assert told["outcome"] == "applied", told
        found: dict[str, Any] = told["answer"]
        return found

    async def _till(self) -> OfflineTill:
        async with self.shop.database.transaction(programs=[self.shop.program_id]) as tx:
            issued = await access.create_key(
                tx,
                program_id=self.shop.program_id,
                key_id=edge.new_id(self.shop.clock()),
                label="admin",
                scopes=("admin",),
                secret=edge.token(32),
                now=self.shop.clock(),
            )
        token = (await self.shop._key())["authorization"].removeprefix("Bearer ")
        ahead = self.shop.clock() - dt.datetime.now(dt.UTC)
        till = OfflineTill(self.shop.client, admin=issued.token, token=token, ahead=ahead)
        return await till.register(f"t{self._number}")

    async def _by_file(self, late: Step) -> dict[str, Any]:
        async with self.shop.database.lane() as lane:
            (answered,) = await self.shop.take_in([late], lane, self.folder)
        assert answered.refused is None
        told = await self.shop.get(f"/v1/members/{await self.shop.member(late.who)}/activities?limit=100")
        found: dict[str, Any] = next(one for one in told["items"] if one["document"] == late.document)
        return found


def _named(said: dict[str, Any], who: str) -> dict[str, Any]:
    if "call" not in said:
        return said
    return {"call": said["call"] | {"post": said["call"]["post"].replace("<who>", f"<{who}>")}}


def _story(row: Row) -> Story:
    (story,) = stories.told(
        {
            "case": 32,
            "program": row.program,
            "stores": [{"id": "s1", "name": "Centre", "zone": "Europe/Bucharest"}],
            "steps": [{"at": "2027-03-01 09:00", "buy": [1.0]}],
        }
    )
    return story


async def told(street: Street, row: Row) -> tuple[Late, dict[str, int]]:
    story = _story(row)
    late = Late(await street.shop(story), street.folder, row)
    await late.before()
    return late, {who: await late.told(who) for who in late.people}
