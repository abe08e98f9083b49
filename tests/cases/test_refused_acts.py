"""What no act on points may do: each gets its own refusal, worded in three languages, and leaves no trace in the books."""

from __future__ import annotations

import asyncio
import datetime as dt
from itertools import count
from typing import Any

import pytest

from regulars.kit import ids
from tests.cases import stories
from tests.cases.conftest import Street
from tests.cases.seen import sound
from tests.cases.shop import Shop

(STORY,) = stories.told(
    {
        "case": 56,
        "program": {
            "currencies": {
                "points": {
                    "expiry": "30 days",
                    "round_up": "day",
                    "value": 0.01,
                    "cost": {"house": 0.01},
                    "transfer": {"to": "anyone"},
                    "hold_longest": "1 hours",
                },
                "stars": {"expiry": "never", "cost": {"house": 0.01}},
            }
        },
        "steps": [{"at": "2027-03-01 12:00", "buy": [100.00]}],
    }
)
NOBODY = "mem_01M81HY8AAF6SBARMVTVQ0Y5XG"
NO_HOLD = "hld_01M81HY8AAF6SBARMVTVQ0Y5XG"
NO_SALE = "act_01M81HY8AAF6SBARMVTVQ0Y5XG"
ROWS = "entry, lot, lot_use, lot_change, hold, balance, activity, move"


class Attacker:
    """Somebody with a key of a till and of the desk, who tries everything."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        self.ids: dict[str, str] = {}
        self._numbers = count(1)

    async def post(self, path: str, body: dict[str, Any], *, language: str = "en") -> Any:
        key = {"idempotency-key": f"{self.shop.program_id}-{next(self._numbers)}", "accept-language": language}
        return await self.shop.client.post(path, json=body, headers=await self.shop._key() | key)

    async def does(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        answer = await self.post(path, body)
        assert answer.status_code == 201, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def buys(self, who: str, amount: int = 10_000) -> str:
        sold = await self.does("/v1/purchases", {"member": {"own_id": who}, "lines": [{"amount": amount}]})
        self.ids[who] = sold["member"]["id"]
        return str(sold["activity_id"])

    async def holds(self, who: str, points: int = 10) -> str:
        body = {"member": {"own_id": who}, "currency": "points", "points": points}
        return str((await self.does("/v1/holds", body))["holds"][0]["id"])

    async def freeze(self, who: str) -> None:
        account = ids.from_wire("mem", self.ids[who])
        async with self.shop.database.transaction(programs=[self.shop.program_id]) as tx:
            await tx.execute("update regulars.balance set frozen_reason = 'looked into' where account_id = $1", account)
            await tx.execute("update regulars.account set version = version + 1 where account_id = $1", account)

    async def trace(self) -> dict[str, list[str]]:
        """Every row of the books and of what was done."""
        async with self.shop.database.read(programs=[self.shop.program_id]) as tx:
            return {
                table: sorted(str(tuple(row)) for row in await tx.fetch(f"select * from regulars.{table}"))
                for table in ROWS.split(", ")
            }

    async def refused(self, status: int, code: str, path: str, body: dict[str, Any]) -> None:
        """Try it: a refusal of the books has its words in all languages, others speak that of whoever asks."""
        for name, one in self.ids.items():
            path = path.replace(f"<{name}>", one)
        told = [await self.post(path, body)]
        if "texts" not in told[0].json():
            told += [await self.post(path, body, language=language) for language in ("ru", "ro")]
        assert {(one.status_code, one.json()["code"]) for one in told} == {(status, code)}, (path, body, told[0].text)
        texts = told[0].json().get("texts", {}).values() or [one.json()["detail"] for one in told]
        assert len(set(texts)) == 3, texts
        assert not any("{" in text or code in text for text in texts), texts


@pytest.fixture(scope="module")
async def attacker(street: Street) -> Attacker:
    """In a shop where no time passes."""
    return await _opened(street)


async def _opened(street: Street) -> Attacker:
    """A shop where everything has happened once: ann and dan have 100 points, bob was merged into cat, fay is
    erased, gus has a hold and is frozen; each hold has ended in its own way."""
    shop = await street.shop(STORY)
    shop.clock.set(STORY.steps[0].at)
    one = Attacker(shop)
    for who in ("ann", "bob", "cat", "dan", "eve", "fay", "gus"):
        await one.buys(who)
    for name in ("open", "captured", "voided", "old"):
        one.ids[name] = await one.holds("dan", 10)
    await one.does(f"/v1/holds/{one.ids['captured']}/capture", {"points": 6})
    await one.does(f"/v1/holds/{one.ids['voided']}/void", {})
    await one.does(f"/v1/holds/{one.ids['old']}/extend", {})
    one.ids["frozen"] = await one.holds("gus")
    await one.freeze("gus")
    await one.does(f"/v1/members/{one.ids['bob']}/merge", {"into": one.ids["cat"], "reason": "same person"})
    await one.does(f"/v1/members/{one.ids['fay']}/erase", {"reason": "asked for it", "forfeits": True})
    one.ids["sale"], one.ids["back"] = await one.buys("eve"), await one.buys("eve")
    await one.does("/v1/returns", {"sale": {"activity_id": one.ids["back"]}})
    return one


async def test_control_another_refusal_and_a_trace_are_noticed(attacker: Attacker) -> None:
    with pytest.raises(AssertionError, match="hold_closed"):
        await attacker.refused(409, "hold_expired", "/v1/holds/<voided>/void", {})
    before = await attacker.trace()
    await attacker.buys("zoe", 100)
    assert await attacker.trace() != before


async def test_an_act_that_may_not_be_has_its_own_refusal_and_leaves_no_trace(attacker: Attacker) -> None:
    to: dict[str, Any] = {"currency": "points", "points": 1}
    adjust: dict[str, Any] = {"currency": "points", "reason": "asked for"}
    sale, back = ({"activity_id": attacker.ids[one]} for one in ("sale", "back"))
    out = {"member": {"own_id": "eve"}, "lines": [{"amount": 100}]}
    cat = {"into": attacker.ids["cat"], "reason": "same person"}
    before = await attacker.trace()
    rows: list[tuple[int, str, str, dict[str, Any]]] = [
        # Holds: each ends once, and only as far as it goes.
        (409, "hold_closed", "/v1/holds/<captured>/capture", {"points": 4}),
        (409, "hold_closed", "/v1/holds/<captured>/void", {}),
        (409, "hold_closed", "/v1/holds/<captured>/extend", {}),
        (409, "hold_closed", "/v1/holds/<voided>/void", {}),
        (409, "hold_closed", "/v1/holds/<old>/capture", {}),
        (409, "capture_exceeds_hold", "/v1/holds/<open>/capture", {"points": 11}),
        (422, "hold_too_long", "/v1/holds/<open>/extend", {"ttl_s": 3601}),
        (404, "not_found", f"/v1/holds/{NO_HOLD}/capture", {}),
        (422, "wrong_kind_of_id", "/v1/holds/<ann>/capture", {}),
        (409, "balance_frozen", "/v1/holds/<frozen>/capture", {}),
        (409, "balance_frozen", "/v1/holds", {"member": {"own_id": "gus"}, **to}),
        (409, "insufficient_points", "/v1/holds", {"member": {"own_id": "ann"}, "currency": "points", "points": 101}),
        (410, "account_erased", "/v1/holds", {"member": {"id": attacker.ids["fay"]}, **to}),
        (404, "unknown_member", "/v1/holds", {"member": {"id": NOBODY}, **to}),
        # Points for somebody else.
        (422, "transfer_to_oneself", "/v1/members/<ann>/transfers", {"to": {"id": attacker.ids["ann"]}, **to}),
        (422, "transfer_to_oneself", "/v1/members/<cat>/transfers", {"to": {"own_id": "bob"}, **to}),
        (409, "insufficient_points", "/v1/members/<ann>/transfers", {"to": {"own_id": "dan"}, **to, "points": 101}),
        (409, "balance_frozen", "/v1/members/<gus>/transfers", {"to": {"own_id": "dan"}, **to}),
        (410, "account_erased", "/v1/members/<fay>/transfers", {"to": {"own_id": "dan"}, **to}),
        (404, "receiver_unknown", "/v1/members/<ann>/transfers", {"to": {"id": NOBODY}, **to}),
        (404, "receiver_unknown", "/v1/members/<ann>/transfers", {"to": {"card": "999999999999"}, **to}),
        (404, "member_not_found", f"/v1/members/{NOBODY}/transfers", {"to": {"own_id": "dan"}, **to}),
        (
            422,
            "transfer_not_allowed",
            "/v1/members/<ann>/transfers",
            {"to": {"own_id": "dan"}, **to, "currency": "stars"},
        ),
        # Members made one, and two again.
        (409, "already_one", "/v1/members/<ann>/merge", {"into": attacker.ids["ann"], "reason": "same person"}),
        (409, "already_one", "/v1/members/<bob>/merge", cat),
        (409, "already_one", "/v1/members/<cat>/merge", {"into": attacker.ids["bob"], "reason": "a ring"}),
        (409, "already_one", "/v1/members/<bob>/merge", {"into": attacker.ids["dan"], "reason": "was merged before"}),
        (404, "member_not_found", "/v1/members/<ann>/merge", {"into": NOBODY, "reason": "same person"}),
        (410, "member_erased", "/v1/members/<ann>/merge", {"into": attacker.ids["fay"], "reason": "same person"}),
        (410, "account_erased", "/v1/members/<fay>/merge", {"into": attacker.ids["ann"], "reason": "same person"}),
        (409, "balance_frozen", "/v1/members/<gus>/merge", {"into": attacker.ids["ann"], "reason": "same person"}),
        (409, "never_merged", "/v1/members/<ann>/unmerge", {"reason": "two people"}),
        # Goods that are not there to come back.
        (422, "unknown_sale_line", "/v1/exchanges", {**out, "sale": sale, "returned": [{"no": 9}]}),
        (422, "duplicate_line", "/v1/exchanges", {**out, "sale": sale, "returned": [{"no": 1}, {"no": 1}]}),
        (409, "return_exceeds_sale", "/v1/exchanges", {**out, "sale": sale, "returned": [{"no": 1, "quantity": 2}]}),
        (409, "return_exceeds_sale", "/v1/exchanges", {**out, "sale": sale, "returned": [{"no": 1, "amount": 10_001}]}),
        (409, "return_exceeds_sale", "/v1/exchanges", {**out, "sale": back, "returned": [{"no": 1}]}),
        (404, "unknown_sale", "/v1/exchanges", {**out, "sale": {"activity_id": NO_SALE}, "returned": [{"no": 1}]}),
        (
            409,
            "sale_of_another_member",
            "/v1/exchanges",
            {**out, "member": {"own_id": "dan"}, "sale": sale, "returned": [{"no": 1}]},
        ),
        (409, "sale_already_returned", "/v1/purchases/<back>/void", {}),
        # By hand.
        (409, "insufficient_points", "/v1/members/<ann>/points/adjust", {**adjust, "points": -101}),
        (422, "validation_fault", "/v1/members/<ann>/points/adjust", {**adjust, "points": 0}),
        (422, "balance_too_large", "/v1/members/<ann>/points/adjust", {**adjust, "points": 2**53 - 1}),
        (422, "unknown_points_currency", "/v1/members/<ann>/points/adjust", {**adjust, "points": 1, "currency": "x"}),
        (409, "balance_frozen", "/v1/members/<gus>/points/adjust", {**adjust, "points": -1}),
        (410, "account_erased", "/v1/members/<fay>/points/adjust", {**adjust, "points": 1}),
        (422, "day_is_over", "/v1/members/<ann>/points/extend", {**adjust, "through": "2027-02-28"}),
        (409, "nothing_to_extend", "/v1/members/<ann>/points/extend", {**adjust, "through": "2027-03-31"}),
        (409, "nothing_lapsed", "/v1/members/<ann>/points/reinstate", {**adjust, "points": 1, "through": "2027-03-31"}),
    ]
    for row in rows:
        await attacker.refused(*row)
    assert await attacker.trace() == before
    assert await sound(attacker.shop, await _key(attacker)) == []


async def test_what_has_ended_is_not_taken_again(street: Street) -> None:
    attacker = await _opened(street)
    adjust: dict[str, Any] = {"currency": "points", "reason": "asked for", "through": "2027-04-20"}
    over = await attacker.holds("ann", 40)
    attacker.ids["over"] = over
    attacker.shop.clock.set(STORY.steps[0].at + dt.timedelta(minutes=15))
    before = await attacker.trace()
    for act in ("capture", "extend", "void"):
        await attacker.refused(409, "hold_expired", "/v1/holds/<over>/" + act, {})
    # Bought on 1 March, 30 days: through 31 March.
    attacker.shop.clock.set(dt.datetime(2027, 4, 1, tzinfo=STORY.steps[0].at.tzinfo))
    for row in (
        (409, "nothing_to_extend", "/v1/members/<ann>/points/extend", adjust),
        (409, "nothing_lapsed", "/v1/members/<ann>/points/reinstate", {**adjust, "points": 101}),
        (409, "insufficient_points", "/v1/holds", {"member": {"own_id": "ann"}, "currency": "points", "points": 1}),
        (
            409,
            "insufficient_points",
            "/v1/members/<ann>/transfers",
            {"to": {"own_id": "dan"}, "currency": "points", "points": 1},
        ),
    ):
        await attacker.refused(*row)
    assert await attacker.trace() == before
    # Control: no more than expired comes back, and then it is there.
    given = await attacker.does("/v1/members/" + attacker.ids["ann"] + "/points/reinstate", {**adjust, "points": 100})
    assert [(one["currency"], one["active"]) for one in given["balances"]] == [("points", 100)]


async def test_who_was_taken_apart_is_not_taken_apart_again(attacker: Attacker) -> None:
    for who in ("jon", "kim"):
        await attacker.buys(who)
    one = "/v1/members/" + attacker.ids["jon"]
    await attacker.does(one + "/merge", {"into": attacker.ids["kim"], "reason": "same person"})
    home = await attacker.does(one + "/unmerge", {"reason": "two people"})
    assert home["state"] == "arrived"
    before = await attacker.trace()
    await attacker.refused(409, "not_merged", one + "/unmerge", {"reason": "two people"})
    assert await attacker.trace() == before


async def test_L36_what_a_forgotten_member_cannot_take_is_home_in_its_own_lots(attacker: Attacker) -> None:
    body = {"to": {"id": attacker.ids["fay"]}, "currency": "points", "points": 60}
    before = await attacker.trace()
    refused = await attacker.post("/v1/members/" + attacker.ids["ann"] + "/transfers", body)
    assert (refused.status_code, refused.json()["code"]) == (409, "receiver_gone")
    after = await attacker.trace()
    # It went out and came home, which the books show; the lots are as they were.
    assert (len(after["entry"]) - len(before["entry"]), after["lot"]) == (2, before["lot"])
    assert await sound(attacker.shop, await _key(attacker)) == []


async def test_L56_of_two_captures_at_once_one_is_done(attacker: Attacker) -> None:
    await attacker.buys("ivy")
    hold = await attacker.holds("ivy", 40)
    both = await asyncio.gather(*(attacker.post(f"/v1/holds/{hold}/capture", {"points": 25}) for _ in range(2)))
    assert sorted((one.status_code, one.json().get("code")) for one in both) == [(201, None), (409, "hold_closed")]
    (kept,) = (one.json() for one in both if one.status_code == 201)
    assert [(one["active"], one["held"]) for one in kept["balances"]] == [(75, 0)]


async def _key(attacker: Attacker) -> bytes:
    return attacker.shop.runtime.ledger_key
