"""Baskets in another money (L46): converted once with the rate of their day, and returned at what they were kept at."""

from __future__ import annotations

import datetime as dt
from itertools import count, permutations
from typing import Any

import pytest

from regulars.activities import foreign
from regulars.activities.contracts import Intake, LineIn
from regulars.activities.faults import ConvertedTooLarge
from regulars.directory.contracts import Rate
from regulars.engine.contracts.activity import Line, Payment
from regulars.kit import edge
from regulars.kit.database import Database
from regulars.program.service import read
from tests.api.conftest import new_key
from tests.checkout.town import People, people
from tests.conftest import copied

SHOP = """
program: {name: corner, title: {en: Corner, ru: Угол, ro: Colț}, money: EUR, zone: Europe/Bucharest, region: RO}
purposes:
  contract: {title: {en: Terms, ru: Условия, ro: Termeni}, texts: {v1: {en: Points, ru: Баллы, ro: Puncte}}}
currencies:
  points: {title: {en: Points, ru: Баллы, ro: Puncte}, expiry: never, cost: {house: 0.01}, value: 0.01}
activities:
  purchase: {title: {en: Purchase, ru: Покупка, ro: Cumpărătură}, basket: true, purpose: contract}
  return: {title: {en: Return, ru: Возврат, ro: Retur}, basket: true, reverses: purchase, purpose: contract}
rules:
  base:
    title: {en: One a euro, ru: Один за евро, ro: Unul la euro}
    kind: base
    trigger: purchase
    effects: [{give: points, amount: "basket.base"}]
"""
DAY = dt.date(2027, 3, 10)
_phones = count(69300000)


def rate(base: str, quote: str, value: str) -> Rate:
    return Rate(base=base, quote=quote, day=DAY, rate=value, source="ECB")


def lines(*amounts: int) -> list[Line]:
    return [Line(no=place, amount=amount) for place, amount in enumerate(amounts, start=1)]


def amounts(given, one, *, ours="EUR", theirs="RON", payments=()):
    made, paid, kept = foreign.converted(lines(*given), payments, ours=ours, theirs=theirs, rate=one, day=DAY)
    assert kept.total == sum(given)
    return [line.amount for line in made], [one.amount for one in paid]


def test_L46_the_total_is_converted_once_and_spread_over_the_lines() -> None:
    # 100.00 RON at 4.9760 are 20.0964...: 20.10. Three lines of 3.34, 3.33, 3.33 RON are 10.00: 2.0096, so 2.01.
    assert amounts((10000,), rate("EUR", "RON", "4.9760")) == ([2010], [])
    assert amounts((334, 333, 333), rate("EUR", "RON", "4.976")) == ([67, 67, 67], [])
    paid = (Payment(kind="card", amount=6000), Payment(kind="cash", amount=4000))
    assert amounts((10000,), rate("EUR", "RON", "4.9760"), payments=paid) == ([2010], [1206, 804])


def test_L46_a_rate_is_read_either_way_round() -> None:
    assert amounts((1000,), rate("EUR", "RON", "4.9760"), ours="RON", theirs="EUR") == ([4976], [])
    assert amounts((4976,), rate("EUR", "RON", "4.9760")) == ([1000], [])


@pytest.mark.parametrize(
    ("theirs", "given", "value", "expected"),
    [
        # 1,250 yen at 163.20: 7.659...; 1.250 dinars (three decimals) at 0.3340: 3.742...
        ("JPY", 1250, "163.20", 766),
        ("KWD", 1250, "0.3340", 374),
    ],
)
def test_L47_decimals_of_money_are_those_of_each(theirs: str, given: int, value: str, expected: int) -> None:
    assert amounts((given,), rate("EUR", theirs, value), theirs=theirs) == ([expected], [])


def test_L46_more_than_an_amount_can_be_is_refused() -> None:
    with pytest.raises(ConvertedTooLarge):
        amounts((2**53 - 1,), rate("JPY", "EUR", "3.0"), theirs="JPY")


def test_L46_a_basket_in_our_own_money_is_left_alone() -> None:
    program, now = read(SHOP), edge.now()
    for currency, expected in ((None, None), ("EUR", None), ("RON", "RON")):
        intake = Intake(
            program_id=1,
            client_id=edge.new_id(now),
            key="k",
            digest=b"",
            type="purchase",
            received_at=now,
            currency=currency,
            lines=(LineIn(no=1, amount=5),),
        )
        assert foreign.of(intake, program) == expected


class Abroad(People):
    importer: dict[str, str]

    async def feed(self, *rates: dict[str, str], status: int = 200) -> Any:
        answer = await self.client.put("/v1/rates", json={"items": list(rates)}, headers=self.importer)
        assert answer.status_code == status, answer.text
        return answer.json()

    async def bought(self, *given: int, days_ago: int = 0, status: int = 201, **more: Any) -> Any:
        at = edge.now() - dt.timedelta(days=days_ago)
        body = {
            "member": {"phone": f"+373{next(_phones)}"},
            "currency": "RON",
            "lines": [{"amount": amount} for amount in given],
            "occurred_at": at.isoformat(),
            **more,
        }
        return await self.post("/v1/purchases", body, status=status)

    async def back(self, sale: str, *, status: int = 201, **more: Any) -> Any:
        return await self.post("/v1/returns", {"sale": {"activity_id": sale}, **more}, status=status)


def fed(value: str, days_ago: int = 0, **more: str) -> dict[str, str]:
    day = (edge.now() - dt.timedelta(days=days_ago)).date().isoformat()
    return {"base": "EUR", "quote": "RON", "day": day, "rate": value, "source": "BNR", **more}


@pytest.fixture(scope="module")
async def abroad(template, tmp_path_factory):
    home = tmp_path_factory.mktemp("abroad")
    with copied(template) as where:
        async with Database(where, size=4) as database, people(home, where, database, SHOP) as town:
            opened = Abroad(town.client, database, home)
            token = await new_key(database, program="shop", scopes=("import", "till"))
            opened.importer = {"authorization": f"Bearer {token}"}
            await opened.feed(fed("4.9760", 30))
            yield opened


async def test_L46_over_the_till_a_month_later_at_the_same_rate(abroad: Abroad) -> None:
    sale = await abroad.bought(10000, days_ago=30)
    assert (sale["total"], sale["currency"], sale["points"]) == (2010, "EUR", {"points": 20})
    told = await abroad.get(f"/v1/activities/{sale['activity_id']}/explanation")
    assert told["said"]["money"] == {
        "currency": "RON",
        "total": 10000,
        "rate": "4.976",
        "of": "1 EUR in RON",
        "day": fed("1", 30)["day"],
        "source": "BNR",
    }
    # Another rate since: the return is at that of the sale. 10.05 are left, which earn 10.
    await abroad.feed(fed("9.9999", 1))
    back = await abroad.back(sale["activity_id"], amount=5000, currency="RON")
    assert (back["returned"], back["points"]) == (1005, {"points": -10})
    rest = await abroad.back(sale["activity_id"], amount=5000, currency="RON")
    assert (rest["returned"], rest["points"]) == (1005, {"points": -10})
    more = await abroad.back(sale["activity_id"], amount=1, currency="RON", status=409)
    assert (more["code"], more["fields"]["left"]) == ("return_exceeds_sale", 0)


async def test_L46_any_split_brings_back_exactly_what_was_kept(abroad: Abroad) -> None:
    # 1.01 RON are 0.20 EUR, so that 0.01 RON is mostly nothing; 0.33 + 0.67 + 0.01 are all of it in any order.
    for parts in permutations((33, 67, 1)):
        sale = await abroad.bought(101, days_ago=30)
        assert sale["total"] == 20
        back = [(await abroad.back(sale["activity_id"], amount=part, currency="RON"))["returned"] for part in parts]
        assert sum(back) == 20
        assert await abroad.sound()


async def test_L46_lines_come_back_in_their_own_money(abroad: Abroad) -> None:
    sale = await abroad.bought(4976, 9952, days_ago=30)
    assert [sale["total"], sale["points"]] == [3000, {"points": 30}]
    back = await abroad.back(sale["activity_id"], lines=[{"no": 2, "amount": 4976}], currency="RON")
    assert (back["returned"], back["points"]) == (1000, {"points": -10})
    # In the program's money too, as a desk would say it.
    home = await abroad.back(sale["activity_id"], lines=[{"no": 2, "amount": 1000}])
    assert (home["returned"], home["points"]) == (1000, {"points": -10})


async def test_L46_without_a_rate_it_is_refused_and_says_what_to_do(abroad: Abroad) -> None:
    for day in (60, 23):
        # A rate holds for the week after it, as banks publish none on holidays; then it is no rate of the day.
        refused = await abroad.bought(10000, days_ago=day, status=422)
        assert (refused["code"], refused["fields"]["money"]) == ("no_rate", "RON")
    assert (await abroad.bought(10000, days_ago=24))["total"] == 2010
    unknown = await abroad.bought(10000, currency="XQX", status=422)
    assert unknown["code"] == "unknown_currency"


async def test_L46_a_return_names_the_money_of_its_sale_or_ours(abroad: Abroad) -> None:
    sale = await abroad.bought(10000, days_ago=30)
    wrong = await abroad.back(sale["activity_id"], amount=5000, currency="USD", status=422)
    assert wrong["code"] == "sale_in_other_money"
    ours = await abroad.bought(10000, currency="EUR")
    wrong = await abroad.back(ours["activity_id"], amount=5000, currency="RON", status=422)
    assert wrong["code"] == "sale_in_other_money"


async def test_rates_are_fed_listed_and_checked(abroad: Abroad) -> None:
    for bad, code in (
        ({"rate": "0"}, "validation_fault"),
        ({"rate": "-1"}, "validation_fault"),
        ({"rate": "1e3"}, "validation_fault"),
        ({"quote": "EUR"}, "rate_of_itself"),
        ({"quote": "XQX"}, "rate_of_itself"),
        ({"source": " "}, "validation_fault"),
    ):
        assert (await abroad.feed({**fed("1"), **bad}, status=422))["code"] == code
    await abroad.feed(fed("0.8500", quote="CHF"), fed("0.9000", quote="CHF"))
    listed = (await abroad.client.get("/v1/rates", params={"money": "CHF"}, headers=abroad.importer)).json()
    assert [(one["rate"], one["source"]) for one in listed["items"]] == [("0.9", "BNR")]
