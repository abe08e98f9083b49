"""A basket with discounts over real HTTP: quoted, bought, explained, returned. Every figure is worked out by hand."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

from tests.journeys.conftest import SHOP, TILL, Server, Till

DISCOUNTS = """
  tea_week:
    title: {en: Tea week, ru: Неделя чая, ro: Săptămâna ceaiului}
    trigger: purchase
    lines: "line.category == 'tea'"
    effects: [{discount: {percent: "20"}, group: goods}, {give: points, amount: "5"}]
  three_for_two:
    title: {en: Three for two, ru: Три по цене двух, ro: Trei la preț de două}
    trigger: purchase
    lines: "line.category == 'jam'"
    effects: [{discount: {percent: "100"}, which: nth, count: 3, rollback: recalculate, group: goods}]
  ten_off:
    title: {en: Two dollars off, ru: Скидка два доллара, ro: Doi dolari reducere}
    trigger: purchase
    if: "basket.total >= 40.00"
    effects: [{discount: {amount: "2.00"}, on: basket, group: goods}]
stacking:
  till: {groups: {goods: {mode: best}}, largest_basket: 0.5, never_below: [cost]}
"""
ANA = {"phone": "+37369123456"}


@pytest.fixture(scope="session")
def shop(served: Server) -> Iterator[Till]:
    token = asyncio.run(served.found(name="discounts", text=SHOP + DISCOUNTS, scopes=(*TILL, "import")))
    made = Till(served.url, token)
    yield made
    made.client.close()


def basket(*lines: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"member": ANA, "lines": list(lines), **more}


def test_a_basket_is_quoted_bought_as_quoted_explained_and_returned(shop: Till) -> None:
    tea = {"amount": 1000, "quantity": 2, "category": "tea"}
    jam = {"amount": 3000, "quantity": 3, "category": "jam"}
    quote = shop.client.post("/v1/quotes", json=basket(tea, jam)).json()
    # A fifth off the tea and the third jam free, 2.00 + 10.00, are more than 2.00 off everything.
    assert (quote["total"], quote["discount"], quote["to_pay"]) == (4000, 1200, 2800)
    assert [(one["source"], one["amount"], one["lines"]) for one in quote["discounts"]] == [
        ("rules.tea_week", 200, {"1": 200}),
        ("rules.three_for_two", 1000, {"2": 1000}),
    ]
    assert quote["not_taken"] == [
        {
            "source": "rules.ten_off",
            "title": {"en": "Two dollars off", "ru": "Скидка два доллара", "ro": "Doi dolari reducere"},
            "because": "worse_in_group",
            "instead": ["rules.tea_week", "rules.three_for_two"],
        }
    ]
    bought = shop.done("/v1/purchases", basket(tea, jam, token=quote["token"]))
    assert bought["as_quoted"] is True
    # 28.00 earn 28, and the tea brings 5 more.
    assert bought["points"] == {"points": 33}
    assert [line.get("discount") for line in bought["lines"]] == [200, 1000]
    said = [message["text"] for message in bought["messages"] if message["code"] == "discount"]
    assert said[1] == {
        "en": "Three for two: 10.00 off.",
        "ru": "Три по цене двух: скидка 10,00.",
        "ro": "Trei la preț de două: reducere 10,00.",
    }
    told = shop.get(f"/v1/activities/{bought['activity_id']}/explanation")["rules"]
    why = {rule["rule"]: (rule["because"], rule.get("discount", 0)) for rule in told}
    assert (why["tea_week"], why["three_for_two"], why["ten_off"]) == (
        ("discounted", 200),
        ("discounted", 1000),
        ("worse_in_group", 0),
    )
    # One jam back breaks three for two: two jams cost 20.00, as was paid for three. Nothing is refunded.
    first = shop.done("/v1/returns", sale(bought, {"no": 2, "quantity": 1}))
    assert (first["returned"], first["to_pay"], first["points"]) == (0, 0, {})
    lost = next(message["text"]["en"] for message in first["messages"] if message["code"] == "discount.lost")
    assert lost == "Not refunded, since a discount is lost with what came back: 6.67."
    # One tea at what was paid for it.
    second = shop.done("/v1/returns", sale(bought, {"no": 1, "quantity": 1}))
    assert (second["returned"], second["to_pay"], second["points"]) == (400, -400, {"points": -4})
    last = shop.done("/v1/returns", sale(bought))
    assert (last["returned"], last["points"]) == (2400, {"points": -29})


def sale(bought: dict[str, Any], *lines: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {"sale": {"activity_id": bought["activity_id"]}}
    return found | {"lines": list(lines)} if lines else found


def test_a_commit_says_that_a_discount_is_another(shop: Till) -> None:
    quote = shop.client.post("/v1/quotes", json=basket({"amount": 5000})).json()
    assert (quote["discount"], quote["to_pay"]) == (200, 4800)
    bought = shop.done("/v1/purchases", basket({"amount": 3000}, token=quote["token"]))
    assert bought["changed"]["discounts"] == {"quoted": {"rules.ten_off": 200}, "now": {}}


def test_goods_are_not_sold_below_what_they_cost(shop: Till) -> None:
    fed = shop.client.put("/v1/goods", json={"items": [{"sku": "t1", "category": "tea", "cost": 450}]})
    assert fed.status_code == 200, fed.text
    quote = shop.client.post("/v1/quotes", json=basket({"sku": "t1", "amount": 1000, "quantity": 2})).json()
    # A fifth of 10.00 is 2.00; two cost 9.00.
    assert quote["discounts"][0]["lines"] == {"1": 100}
    assert quote["discounts"][0]["cut_by"] == "never_below"
