"""Coupons, a code for everybody and gift cards, over HTTP."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from regulars.codes import service as codes
from regulars.codes.contracts import CodeIn
from regulars.kit import edge, server
from regulars.kit.database import Database
from tests.journeys.conftest import TILL, Server, Till

PROGRAM = (Path(__file__).parent / "vouchers.yaml").read_text()


@pytest.fixture(scope="session")
def desk(served: Server) -> Iterator[Till]:
    token = asyncio.run(served.found(name="drugstore", text=PROGRAM, scopes=(*TILL, "program:read")))
    asyncio.run(bring(served))
    made = Till(served.url, token)
    yield made
    made.client.close()


async def bring(served: Server) -> None:
    """Gift cards as a printer delivered them: not sold yet."""
    async with Database(server.locate(served.settings), size=1) as database:
        async with database.transaction(programs=[]) as tx:
            program_id = await tx.fetchval("select id from regulars.program where key = 'drugstore'")
        kind = codes.Kind(program_id=program_id, voucher="card", batch="printed", state="idle")
        async with database.transaction(programs=[program_id]) as tx:
            rows = [CodeIn(row=number, code=f"GIFT-PRNT-000{number}") for number in range(5)]
            await codes.bring(tx, codes.keys(served.settings.home), kind, rows, now=edge.now())


def basket(phone: str, *amounts: int, **more: Any) -> dict[str, Any]:
    return {"member": {"phone": phone}, "lines": [{"amount": amount} for amount in amounts], **more}


def off(answer: dict[str, Any]) -> int:
    total: int = answer["total"] - answer["to_pay"]
    return total


def balance(answer: dict[str, Any], currency: str) -> int:
    return sum(one["active"] for one in answer["balances"] if one["currency"] == currency)


def test_a_coupon_on_the_receipt_is_good_for_the_next_purchase(desk: Till) -> None:
    first = desk.done("/v1/purchases", basket("+37369200001", 30000))
    (said,) = [one for one in first["messages"] if one["code"] == "voucher.given_until"]
    code = said["fields"]["code"]
    assert said["text"]["ro"].startswith("10 % reducere: codul dvs. este DM-")
    shown = desk.get(f"/v1/members/{first['member']['id']}/vouchers")["items"]
    assert [(one["voucher"], one["code"], one["state"]) for one in shown] == [("tenth", code, "open")]
    stranger = desk.post("/v1/purchases", basket("+37369200002", 1000, vouchers=[code]))
    assert (stranger.status_code, stranger.json()["code"]) == (409, "voucher_not_yours")
    assert set(stranger.json()["texts"]) == {"en", "ru", "ro"}
    nameless = desk.post("/v1/purchases", {"member": {"gift_card": code}, "lines": [{"amount": 1000}]})
    assert (nameless.status_code, nameless.json()["code"]) == (422, "not_a_gift_card")
    quote = desk.post("/v1/quotes", basket("+37369200001", 10000, vouchers=[code.lower()])).json()
    bought = desk.done("/v1/purchases", basket("+37369200001", 10000, vouchers=[code], token=quote["token"]))
    assert (off(quote), off(bought), bought["as_quoted"]) == (1000, 1000, True)
    assert desk.get(f"/v1/members/{first['member']['id']}/vouchers")["items"] == []
    again = desk.post("/v1/purchases", basket("+37369200001", 10000, vouchers=[code]))
    assert again.json()["code"] == "voucher_used_up"


def test_a_voucher_of_the_member_counts_without_being_shown(desk: Till) -> None:
    member = desk.done("/v1/purchases", basket("+37369200003", 1000))["member"]["id"]
    desk.done(f"/v1/members/{member}/vouchers", {"voucher": "mine", "reason": "waited for an hour"})
    assert off(desk.done("/v1/purchases", basket("+37369200003", 9999))) == 0
    assert off(desk.done("/v1/purchases", basket("+37369200003", 10000))) == 2000
    assert off(desk.done("/v1/purchases", basket("+37369200003", 10000))) == 0


def test_the_welcome_code_is_for_who_has_bought_nothing_yet(desk: Till) -> None:
    first = desk.done("/v1/purchases", basket("+37369200004", 1000, vouchers=["welcome"]))
    assert first["points"] == {"points": 510}
    again = desk.post("/v1/purchases", basket("+37369200004", 1000, vouchers=["WELCOME"]))
    assert again.json()["code"] == "voucher_used_up"
    desk.done("/v1/purchases", basket("+37369200005", 1000))
    late = desk.post("/v1/purchases", basket("+37369200005", 1000, vouchers=["WELCOME"]))
    assert (late.json()["code"], late.json()["fields"]["condition"]) == (
        "voucher_condition",
        "member.metrics.purchases == 0",
    )


def test_a_gift_card_is_sold_shown_set_aside_used_and_given_back(desk: Till) -> None:
    code = "GIFT-PRNT-0001"
    early = desk.post("/v1/purchases", basket("+37369200006", 1000, vouchers=[code]))
    assert early.json()["code"] == "voucher_not_sold"
    sale = {"member": {"phone": "+37369200007"}, "lines": [{"amount": 50000, "kind": "gift_card"}], "activates": [code]}
    sold = desk.done("/v1/purchases", sale)
    assert sold["points"] == {}
    worth = desk.post("/v1/vouchers/look", {"code": code}).json()
    assert (worth["state"], worth["value"], worth["currency"], worth["uses_left"]) == ("open", 50000, "gift", 1)
    aside = desk.post("/v1/vouchers/lock", {"code": code, "session": "till-1", "ttl_s": 600})
    assert aside.status_code == 200
    other = desk.post("/v1/purchases", basket("+37369200006", 1000, vouchers=[code]))
    assert other.json()["code"] == "voucher_locked"
    pay = {"pay": [{"currency": "gift", "points": "max"}]}
    bought = desk.done("/v1/purchases", basket("+37369200006", 30000, vouchers=[code], session="till-1", **pay))
    assert (bought["to_pay"], balance(bought, "gift"), bought["points"]["points"]) == (0, 20000, 300)
    assert desk.post("/v1/vouchers/look", {"code": code}).json()["value"] == 0
    used = desk.post("/v1/returns", {"sale": {"activity_id": sold["activity_id"]}})
    assert used.json()["code"] == "gift_card_used"
    back = desk.done("/v1/returns", {"sale": {"activity_id": bought["activity_id"]}})
    assert balance(back, "gift") == 50000


def test_a_sold_gift_card_gives_money_back_only_whole_and_is_good_again_where_that_is_undone(desk: Till) -> None:
    code, member = "GIFT-PRNT-0004", {"phone": "+37369200012"}
    lines: list[dict[str, Any]] = [{"no": 1, "amount": 6000, "kind": "gift_card"}, {"no": 2, "amount": 1000}]
    free = desk.post("/v1/purchases", {"member": member, "lines": [{**lines[0], "amount": 0}], "activates": [code]})
    assert (free.status_code, free.json()["code"]) == (422, "gift_card_line")
    sold = desk.done("/v1/purchases", {"member": member, "lines": lines, "activates": [code]})
    sale = {"sale": {"activity_id": sold["activity_id"]}}
    parts: list[dict[str, Any]] = [{"lines": [{"no": 1, "amount": 5999}]}, {"lines": [{"no": 1, "quantity": "0.999"}]}]
    for part in (*parts, {"amount": 1001}):
        refused = desk.post("/v1/returns", {**sale, **part})
        assert (refused.status_code, refused.json()["code"]) == (409, "gift_card_whole")
        assert set(refused.json()["texts"]) == {"en", "ru", "ro"}
    assert desk.done("/v1/returns", {**sale, "amount": 1000})["returned"] == 1000
    back = desk.done("/v1/returns", {**sale, "lines": [{"no": 1}]})
    assert (back["returned"], desk.post("/v1/vouchers/look", {"code": code}).json()["state"]) == (6000, "cancelled")
    desk.done(f"/v1/purchases/{back['activity_id']}/void", {})
    worth = desk.post("/v1/vouchers/look", {"code": code}).json()
    assert (worth["state"], worth["value"], worth["uses_left"]) == ("open", 6000, 1)
    redeemed = desk.done("/v1/vouchers/redeem", {"member": {"phone": "+37369200013"}, "vouchers": [code]})
    assert balance(redeemed, "gift") == 6000
    used = desk.post("/v1/returns", {**sale, "lines": [{"no": 1}]})
    assert (used.status_code, used.json()["code"]) == (409, "gift_card_used")


def test_a_code_comes_back_no_more_once_the_purchase_that_gave_it_did(desk: Till) -> None:
    first = desk.done("/v1/purchases", basket("+37369200014", 30000))
    (said,) = [one for one in first["messages"] if one["code"] == "voucher.given_until"]
    code = said["fields"]["code"]
    second = desk.done("/v1/purchases", basket("+37369200014", 10000, vouchers=[code]))
    desk.done("/v1/returns", {"sale": {"activity_id": first["activity_id"]}})
    desk.done("/v1/returns", {"sale": {"activity_id": second["activity_id"]}})
    assert desk.get(f"/v1/members/{first['member']['id']}/vouchers")["items"] == []
    again = desk.post("/v1/purchases", basket("+37369200014", 10000, vouchers=[code]))
    assert again.json()["code"] == "voucher_blocked"


def test_a_gift_card_goes_into_the_wallet_without_a_basket(desk: Till) -> None:
    code = "GIFT-PRNT-0002"
    line = {"amount": 20000, "kind": "gift_card"}
    desk.done("/v1/purchases", {"member": {"phone": "+37369200008"}, "lines": [line], "activates": [code]})
    answer = desk.done("/v1/vouchers/redeem", {"member": {"phone": "+37369200009"}, "vouchers": [code]})
    assert balance(answer, "gift") == 20000


def test_codes_are_found_and_blocked_by_staff(desk: Till) -> None:
    found = desk.get("/v1/vouchers", voucher="card", batch="printed")["items"]
    assert len(found) == 5
    assert not [one for one in found if "code" in one]
    (spare,) = [one for one in found if one["ending"] == "0000"]
    assert desk.post("/v1/vouchers/state", {"state": "blocked", "ids": [spare["id"]]}).json() == {"changed": 1}
    assert desk.post("/v1/vouchers/look", {"code": "GIFT-PRNT-0000"}).json()["state"] == "blocked"
    assert desk.post("/v1/vouchers/state", {"state": "open", "codes": ["gift-prnt-0000"]}).json() == {"changed": 1}
    assert desk.post("/v1/vouchers/look", {"code": "GIFT-PRNT-0000"}).json()["state"] == "idle"
    assert desk.get("/v1/vouchers/batches", voucher="card")["items"][0]["codes"] == 5


def test_who_pays_with_a_gift_card_and_says_nothing_else_is_a_nameless_member(desk: Till) -> None:
    code, printed = "GIFT-PRNT-0003", {"amount": 30000, "kind": "gift_card"}
    desk.done("/v1/purchases", {"member": {"phone": "+37369200010"}, "lines": [printed], "activates": [code]})
    nobody = {"member": {"gift_card": code}, "pay": [{"currency": "gift", "points": "max"}]}
    first = desk.done("/v1/purchases", {**nobody, "lines": [{"amount": 10000}], "vouchers": [code]})
    assert (first["member"]["new"], first["to_pay"], balance(first, "gift")) == (True, 0, 20000)
    # The rest is the card's: the same code, however it is written, leads to it.
    again = desk.done(
        "/v1/purchases", {**nobody, "member": {"gift_card": "gift prnt 0003"}, "lines": [{"amount": 25000}]}
    )
    assert again["member"]["id"] == first["member"]["id"]
    assert (again["to_pay"], balance(again, "gift")) == (5000, 0)
