"""What is awkward, beside the numbered cases: acts that may not be, sales that are told late in four ways, sales that come
back in any state and any parts. One shop street for all of them."""

from __future__ import annotations

import asyncio
import datetime as dt
from typing import Any

import pytest

from tests.cases import attacker as attackers
from tests.cases import bringing_back, telling
from tests.cases.attacker import NO_HOLD, NO_SALE, NOBODY, Attacker
from tests.cases.conftest import Street
from tests.cases.seen import sound

# Acts that may not be: each gets its own refusal, worded in three languages, and leaves no trace in the books.


@pytest.fixture(scope="module")
async def attacker(street: Street) -> Attacker:
    """In a shop where no time passes."""
    return await attackers.opened(street)


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
    assert await sound(attacker.shop, attacker.shop.runtime.ledger_key) == []


async def test_what_has_ended_is_not_taken_again(street: Street) -> None:
    attacker = await attackers.opened(street)
    adjust: dict[str, Any] = {"currency": "points", "reason": "asked for", "through": "2027-04-20"}
    over = await attacker.holds("ann", 40)
    attacker.ids["over"] = over
    attacker.at = attackers.BEGINS + dt.timedelta(minutes=15)
    before = await attacker.trace()
    for act in ("capture", "extend", "void"):
        await attacker.refused(409, "hold_expired", "/v1/holds/<over>/" + act, {})
    # Bought on 1 March, 30 days: through 31 March.
    attacker.at = dt.datetime(2027, 4, 1, tzinfo=attackers.BEGINS.tzinfo)
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
    assert await sound(attacker.shop, attacker.shop.runtime.ledger_key) == []


async def test_L56_of_two_captures_at_once_one_is_done(attacker: Attacker) -> None:
    await attacker.buys("ivy")
    hold = await attacker.holds("ivy", 40)
    both = await asyncio.gather(*(attacker.post(f"/v1/holds/{hold}/capture", {"points": 25}) for _ in range(2)))
    assert sorted((one.status_code, one.json().get("code")) for one in both) == [(201, None), (409, "hold_closed")]
    (kept,) = (one.json() for one in both if one.status_code == 201)
    assert [(one["active"], one["held"]) for one in kept["balances"]] == [(75, 0)]


# Sales that are told late: docs/decisions/1204 has the rule.


@pytest.mark.parametrize("row", telling.ROWS, ids=[row.name for row in telling.ROWS])
async def test_L32_a_late_sale_is_judged_by_its_day_whichever_way_it_comes(street: Street, row: telling.Row) -> None:
    late, given = await telling.told(street, row)
    assert given == {who: row.paid if who.startswith("paid") else row.gives for who in late.people}
    if row.has is not None:
        told_of = {who: await late.shop.get(f"/v1/members/{await late.shop.member(who)}") for who in late.people}
        has = {who: sum(one["active"] for one in seen["balances"]) for who, seen in told_of.items()}
        assert {who: left for who, left in has.items() if left} == row.has
    assert await sound(late.shop, street.key) == []


# Sales that come back: before and after each thing that may happen to their points (L1, L2, L5 to L7; LAW2, LAW6).


async def test_LAW2_in_every_state_and_any_parts_the_same_comes_back(street: Street) -> None:
    returns = bringing_back.Returns(await street.shop(bringing_back.STORY))
    people = bringing_back.people()
    assert {await returns.sell(who) for who in people.values()} == {30}
    for state, (days, there, owed) in bringing_back.STATES.items():
        at = bringing_back.SOLD + dt.timedelta(days=days, hours=1)
        returns.shop.clock.set(at)
        if state == "another release":
            await returns.shop.publish({"rules": bringing_back.TRIPLE})
        assert await returns.has(people[state, "all of it"]) == there, state
        for way, parts in bringing_back.PARTS.items():
            who = people[state, way]
            await returns.meanwhile(state, who, at)
            assert await returns.bring_back(who, at, parts) == [points for _, points in parts], (state, way)
            assert await returns.has(who) == (0, 0, owed), (state, way)
    assert await sound(returns.shop, street.key) == []
