"""A number that can be copied earns; where the program says so, only the rotating code spends."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from regulars.activities import faults
from regulars.activities.contracts import Answer, Identifier
from regulars.engine.contracts.activity import PointsPayment
from regulars.kit import ids
from regulars.kit.database import Database
from regulars.members import service as members
from tests.activities.conftest import NOW, SHOP, Shop, answer_of, open_shop

CAREFUL = SHOP.replace("money: MDL", "money: MDL, redeem_needs_code: true")
PAY = (PointsPayment(currency="points", points=100),)


async def code_of(shop: Shop, answer: Answer, *, at: dt.datetime) -> Identifier:
    """What the member's app shows at a moment."""
    member_id = ids.from_wire("mem", answer.member.id)
    async with shop.runtime.database.read(programs=[shop.program_id]) as tx:
        card_id = await tx.fetchval("select card_id from regulars.card where member_id = $1", member_id)
        shown = await members.code(
            tx, keys=shop.runtime.member_keys, program_id=shop.program_id, member_id=member_id, card_id=card_id, now=at
        )
    return Identifier("qr", shown.payload)


async def test_static_number_earns_but_does_not_redeem(database: Database, home: Path) -> None:
    async with open_shop(database, home, CAREFUL) as shop:
        first = await shop.buy(100_000)
        with pytest.raises(faults.RedeemCodeNeeded):
            await shop.buy(2000, pay=PAY)
        assert (await shop.buy(2000)).balances[0].active == first.balances[0].active + 20


async def test_rotating_code_redeems_once(database: Database, home: Path) -> None:
    async with open_shop(database, home, CAREFUL) as shop:
        first = await shop.buy(100_000)
        shown = await code_of(shop, first, at=NOW)
        paid = shop.intake(amounts=(2000,), who=(shown,), pay=PAY)
        reply = await shop.submit(paid)
        assert answer_of(reply).to_pay == 1900
        with pytest.raises(faults.RedeemCodeRefused):
            await shop.submit(shop.intake(amounts=(2000,), who=(shown,), pay=PAY))
        # The same request again is answered, not refused: the code was used by itself.
        assert (await shop.submit(paid)).body == reply.body


async def test_screenshot_of_ninety_seconds_ago_is_refused(database: Database, home: Path) -> None:
    async with open_shop(database, home, CAREFUL) as shop:
        first = await shop.buy(100_000)
        old = await code_of(shop, first, at=NOW - dt.timedelta(seconds=90))
        with pytest.raises(faults.RedeemCodeRefused):
            await shop.submit(shop.intake(amounts=(2000,), who=(old,), pay=PAY))


async def test_without_the_setting_a_number_redeems(shop: Shop) -> None:
    await shop.buy(100_000)
    assert (await shop.buy(2000, pay=PAY)).to_pay == 1900
