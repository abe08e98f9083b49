"""What is refused before anything is looked up: payments above the basket, clocks, dates that nobody means."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from regulars.activities import faults
from regulars.engine.contracts.activity import Adjustment, HoldAction, Payment, ProfileChange
from regulars.kit.database import Database
from regulars.kit.errors import ValidationFault
from tests.activities.conftest import NOW, SHOP, Shop, open_shop

PEOPLE = (
    SHOP
    + """
attributes:
  birth_date: {title: {en: Birthday, ru: День рождения, ro: Zi de naștere}, type: date, purpose: service}
  seen: {title: {en: Seen, ru: Визит, ro: Văzut}, type: moment, purpose: service}
"""
).replace(
    "activities:",
    """activities:
  survey:
    title: {en: Survey, ru: Опрос, ro: Sondaj}
    purpose: service
    fields: {born: {type: date}, at: {type: moment}, stars: {type: int, smallest: 1, largest: 5}}""",
)


@pytest.fixture
async def people(database: Database, home: Path) -> AsyncIterator[Shop]:
    """The small shop, which knows birthdays."""
    async with open_shop(database, home, PEOPLE) as opened:
        yield opened


def paid(*amounts: int) -> tuple[Payment, ...]:
    return tuple(Payment(kind="cash", amount=amount) for amount in amounts)


async def test_payments_add_up_to_the_basket_at_most(shop: Shop) -> None:
    await shop.buy(4000, 1000, payments=paid(3000, 2000))
    with pytest.raises(ValidationFault) as refused:
        await shop.buy(4000, 1000, payments=paid(3000, 2001))
    assert refused.value.text("en") == (
        "payments: the payments add up to 5001, the basket to 5000; what is paid is never more"
    )


async def test_what_has_no_basket_is_not_paid_for(shop: Shop) -> None:
    for given in ({"kind": "visit"}, {"kind": "hold", "hold": HoldAction(act="place", currency="points", points=1)}):
        with pytest.raises(ValidationFault, match="payments"):
            await shop.submit(shop.intake(**given, phone="+37369123456", payments=paid(0)))


BY_HAND: tuple[dict[str, Any], ...] = (
    {"kind": "adjust", "adjustment": Adjustment(currency="points", points=5, reason="r")},
    {"kind": "hold", "hold": HoldAction(act="place", currency="points", points=5)},
    {"kind": "profile", "profile": ProfileChange(attributes={"birth_date": "1990-05-17"})},
)


@pytest.mark.parametrize("given", BY_HAND, ids=lambda given: str(given["kind"]))
async def test_L59_a_built_in_type_bears_five_minutes_of_a_tills_clock(people: Shop, given: dict[str, Any]) -> None:
    await people.buy(1000)
    ahead = NOW + dt.timedelta(minutes=5)
    reply = await people.submit(people.intake(**given, phone="+37369123456", occurred_at=ahead))
    assert reply.status == 201, reply.body
    assert msgspec.json.decode(reply.body)["occurred_at"] == "2026-11-20T10:00:00Z"
    late = ahead + dt.timedelta(seconds=1)
    with pytest.raises(faults.InTheFuture):
        await people.submit(people.intake(**given, phone="+37369123456", occurred_at=late))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("birth_date", "0001-01-01"),
        ("birth_date", "1899-12-31"),
        ("birth_date", "2201-01-01"),
        ("birth_date", "9999-12-31"),
        ("seen", "0001-01-01T00:00:00+14:00"),
        ("seen", "9999-12-31T23:59:59-14:00"),
    ],
)
async def test_a_date_that_nobody_means_is_refused(people: Shop, name: str, value: str) -> None:
    profile = ProfileChange(attributes={name: value})
    with pytest.raises(ValidationFault) as refused:
        await people.submit(people.intake("profile", phone="+37369123456", profile=profile))
    assert refused.value.text("en") == f"profile.attributes.{name}: must lie between 1900 and 2200"
    field = "born" if name == "birth_date" else "at"
    with pytest.raises(faults.FieldFault):
        await people.submit(people.intake("survey", phone="+37369123456", fields={field: value}))


@pytest.mark.parametrize(("stars", "status"), [(0, None), (-3, None), (6, None), (1, 201), (5, 201)])
async def test_a_field_has_a_smallest_and_a_largest(people: Shop, stars: int, status: int | None) -> None:
    intake = people.intake("survey", phone="+37369123456", fields={"stars": stars})
    if status is None:
        with pytest.raises(faults.FieldFault):
            await people.submit(intake)
    else:
        assert (await people.submit(intake)).status == status


async def test_what_a_till_reads_is_there_also_when_it_is_nothing(shop: Shop) -> None:
    reply = await shop.submit(shop.intake("visit", phone="+37369123456"))
    told = msgspec.json.decode(reply.body)
    assert {name: told[name] for name in ("total", "to_pay", "returned", "points", "lines")} == {
        "total": 0,
        "to_pay": 0,
        "returned": 0,
        "points": {},
        "lines": [],
    }
    assert "balances" in told
