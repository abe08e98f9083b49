"""Two of the receipts once more, through a database: claimed, enriched by the directory, decided, applied, read back."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import pytest

from regulars.access import service as access
from regulars.activities import service as activities
from regulars.activities.contracts import Answer, Identifier, Intake, Reply, SaleRef
from regulars.activities.service import Runtime
from regulars.cli.demo import journey
from regulars.directory import service as directory
from regulars.directory.contracts import CategoryIn, GoodIn, StoreIn
from regulars.engine.contracts.activity import PointsPayment, ReturnedLine
from regulars.engine.contracts.decision import RuleTrace
from regulars.kit import ids
from regulars.kit import settings as kit_settings
from regulars.kit.database import Database
from regulars.program import service as programs
from tests.programs import baskets

OPENED_AT = dt.datetime(2016, 12, 1, tzinfo=dt.UTC)
ALICE = (Identifier(kind="own_id", value="alice"),)


class Counter:
    """A till with a database behind it; each basket arrives when it happened."""

    def __init__(self, runtime: Runtime, database: Database, program_id: int) -> None:
        self.runtime = runtime
        self.database = database
        self.program_id = program_id

    async def stock(self, *sold: Intake) -> None:
        """Feed the directory with the goods and stores of these baskets."""
        goods = [
            good for one in sold for line in one.lines if (good := baskets.shelf().get(line.sku or "")) is not None
        ]
        departments = {good.department for good in goods if good.department}
        parents = {
            good.category: good.department for good in goods if good.category and good.category not in departments
        }
        async with self.database.transaction(programs=[self.program_id]) as tx:
            await directory.put_categories(
                tx,
                program_id=self.program_id,
                rows=[CategoryIn(key=key) for key in sorted(departments)]
                + [CategoryIn(key=key, parent=parent) for key, parent in sorted(parents.items())],
                now=OPENED_AT,
            )
            await directory.put_goods(
                tx,
                program_id=self.program_id,
                rows=[
                    GoodIn(sku=one.sku, name=one.name, category=one.category, brand=one.brand, kind=one.kind)
                    for one in goods
                ],
                now=OPENED_AT,
            )
            stores = sorted({one.store for one in sold if one.store})
            await directory.put_stores(
                tx,
                program_id=self.program_id,
                rows=[StoreIn(id=store, zone=journey.ZONE) for store in stores],
                now=OPENED_AT,
            )

    async def serve(self, recorded: Intake, **more: Any) -> Answer:
        reply = await self.submit(
            msgspec.structs.replace(
                recorded, program_id=self.program_id, who=ALICE, received_at=recorded.occurred_at, **more
            )
        )
        assert reply.status == 201, reply.body
        return msgspec.json.decode(reply.body, type=Answer)

    async def back(self, sale: Answer, when: dt.datetime, *lines: ReturnedLine) -> Reply:
        said = repr((sale.activity_id, when, lines)).encode()
        return await self.submit(
            Intake(
                program_id=self.program_id,
                client_id=UUID(int=1),
                key=None,
                digest=hashlib.sha256(said).digest(),
                type="return",
                received_at=when,
                who=ALICE,
                source="journey",
                document=f"return {when:%m-%d}",
                sale=SaleRef(activity_id=sale.activity_id, lines=lines),
            )
        )

    async def submit(self, intake: Intake) -> Reply:
        return await activities.submit(self.runtime, intake)


@pytest.fixture
async def counter(database: Database, home: Path) -> AsyncIterator[Counter]:
    async with database.transaction(programs=[]) as tx:
        made = await access.create_program(tx, key="grocery", name="Grocery", now=OPENED_AT)
    async with database.transaction(programs=[made.program_id]) as tx:
        await programs.publish(tx, program_id=made.program_id, text=baskets.grocery(), by="test", now=OPENED_AT)
    settings = kit_settings.load({"REGULARS_HOME": str(home)})
    async with Runtime(settings, database) as runtime:
        yield Counter(runtime, database, made.program_id)


def active(answer: Answer, currency: str = "points") -> int:
    return next(one.active for one in answer.balances if one.currency == currency)


async def test_tuesday_evening_through_every_floor(counter: Counter) -> None:
    # base 61, fresh_tuesday 23, basket_60 15, pet_food 17, welcome 50 (test_grocery_receipts.py): 166.
    basket = baskets.basket(73, "31699120010")
    await counter.stock(basket)
    answer = await counter.serve(basket)
    assert (answer.total, answer.points, active(answer)) == (6108, {"points": 166}, 166)
    assert sum(line.points["points"] for line in answer.lines) == 166
    assert answer.activity_id is not None
    explained = await activities.explain(
        counter.runtime, program_id=counter.program_id, activity_id=ids.from_wire("act", answer.activity_id)
    )
    rules = {rule.rule: rule for rule in (msgspec.json.decode(raw, type=RuleTrace) for raw in explained.rules)}
    assert {name for name, rule in rules.items() if rule.fired} == {
        "base",
        "fresh_tuesday",
        "basket_60",
        "pet_food",
        "welcome",
    }
    why = {name: rule.because for name, rule in rules.items() if not rule.fired}
    assert {name: because for name, because in why.items() if because != "condition"} == {
        "base_staff": "audience",
        "baby_basics": "audience",
        "watched_purchase": "audience",
        "weekend_breakfast": "asleep",
        "five_a_day": "worse_in_group",
        "own_brand": "no_line",
        "season": "no_line",
        "coffee_stamp": "no_line",
        "summer_grill": "not_yet",
    }
    asked = rules["come_back"].condition
    assert asked is not None
    failed = [part for part in asked.parts if not part.holds]
    assert [(part.text, part.reads) for part in failed] == [
        ("member.metrics.purchases >= 6", {"member.metrics.purchases": 1})
    ]
    assert {lang for part in failed for lang, said in part.sentence.items() if said} == {"en", "ru", "ro"}


async def test_july_dairy_through_every_floor(counter: Counter) -> None:
    # The numbers of test_july_dairy_paid_partly_with_points_and_returned_in_parts.
    first, dairy = baskets.basket(2264, "31944536518"), baskets.basket(1369, "34045102223")
    await counter.stock(first, dairy)
    assert active(await counter.serve(first)) == 295
    bought = await counter.serve(dairy, pay=(PointsPayment(currency="points", points=200),))
    assert (bought.total, bought.to_pay, bought.points, active(bought)) == (1616, 1416, {"points": 27}, 72)
    assert [(one.points, one.amount) for one in bought.paid] == [(200, 200)]
    assert {line.no: line.paid_points["points"] for line in bought.lines} == {1: 33, 2: 10, 3: 49, 4: 13, 5: 33, 6: 62}
    days = [dt.datetime(2017, 7, day, 15, 0, tzinfo=dt.UTC) for day in (13, 14, 15, 16)]
    found = []
    for when, lines in zip(days, [(ReturnedLine(no=6),), (ReturnedLine(no=1),), ()], strict=False):
        reply = await counter.back(bought, when, *lines)
        assert reply.status == 201, reply.body
        answer = msgspec.json.decode(reply.body, type=Answer)
        found.append((answer.points.get("points"), answer.returned, answer.to_pay, active(answer)))
    # 4.99 less 62 points worth 0.62, 2.69 less 0.33, and what is left of 16.16 less 2.00.
    assert found == [(-6, 499, -437, 128), (-12, 269, -236, 149), (-9, 848, -743, 245)]
    again = await counter.back(bought, days[3], ReturnedLine(no=1))
    assert (again.status, msgspec.json.decode(again.body)["code"]) == (409, "return_exceeds_sale")
