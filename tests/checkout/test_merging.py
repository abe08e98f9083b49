"""Merging members over HTTP (L63 to L67, the end of L69), with killed processes in between."""

from __future__ import annotations

import asyncio
import datetime as dt
from pathlib import Path

import pytest

from regulars.activities import moving
from regulars.activities import service as activities
from regulars.kit import edge, ids
from regulars.program import service as program
from tests.checkout.town import PHONES, People, people, worker

CORNER = (Path(__file__).parents[1] / "journeys" / "corner_shop.yaml").read_text()
# A point a dollar, and nothing else.
SHOP = CORNER[: CORNER.index("  big:")] + CORNER[CORNER.index("  visit:\n    title", CORNER.index("  big:")) :]


@pytest.fixture
async def town(home, address, database):
    async with people(home, address, database, SHOP) as opened:
        yield opened


async def test_L63_two_become_one_and_old_ids_and_cards_lead_there(town: People) -> None:
    await town.buy("ann", 12000)
    await town.buy("bob", 5000)
    moved = await town.merge("ann", "bob")
    assert (moved["kind"], moved["state"], moved["leads_to"]) == ("merge", "arrived", town.ids["bob"])
    assert await town.active("bob") == 170
    for by in ({"phone": PHONES["ann"]}, {"card": town.cards["ann"]}, {"id": town.ids["ann"]}):
        bought = await town.buy("ann", 100, by=by)
        assert bought["member"]["id"] == town.ids["bob"]
    assert await town.active("bob") == 173
    assert (await town.get(f"/v1/members/{town.ids['ann']}"))["id"] == town.ids["bob"]
    cards = await town.get(f"/v1/members/{town.ids['bob']}/cards")
    assert {one["number"] for one in cards["items"]} == {town.cards["ann"], town.cards["bob"]}
    assert await town.sound()


async def test_L63_what_one_owes_the_other_pays(town: People) -> None:
    await town.buy("ann", 12000)
    bought = await town.buy("bob", 5000)
    await town.buy("bob", 100, pay=[{"currency": "points", "points": 50}])
    await town.post("/v1/returns", {"sale": {"activity_id": bought["activity_id"]}})
    # 50 were earned and spent; 1 from 0.50 in money... the corner shop floors: 0.
    owed = (await town.balance("bob"))["arrears"]
    assert owed == 50
    await town.merge("ann", "bob")
    assert await town.balance("bob") == {"currency": "points", "active": 70, "pending": 0, "held": 0, "arrears": 0}
    assert await town.sound()


async def test_L63_the_statement_shows_both(town: People) -> None:
    await town.buy("ann", 12000)
    await town.buy("bob", 5000)
    await town.merge("ann", "bob")
    told = await town.get(f"/v1/members/{town.ids['bob']}/statement")
    kinds = [(one["kind"], one["amount"]) for one in told["entries"]["items"]]
    assert sorted(kinds) == [("earn", 50), ("earn", 120), ("merge", 120), ("merge", 120)]


async def test_L65_a_hold_moves_and_is_captured_by_its_old_id(town: People) -> None:
    await town.buy("ann", 10000)
    await town.buy("bob", 1000)
    placed = await town.post("/v1/holds", {"member": {"phone": PHONES["ann"]}, "currency": "points", "points": 60})
    hold = placed["holds"][0]["id"]
    await town.merge("ann", "bob")
    assert await town.balance("bob") == {"currency": "points", "active": 50, "pending": 0, "held": 60, "arrears": 0}
    captured = await town.post(f"/v1/holds/{hold}/capture", {"points": 45})
    assert captured["member"]["id"] == town.ids["bob"]
    assert await town.balance("bob") == {"currency": "points", "active": 65, "pending": 0, "held": 0, "arrears": 0}
    assert await town.sound()


async def test_L66_a_hold_that_came_along_is_ended_before_they_are_taken_apart(town: People) -> None:
    await town.buy("ann", 30000)
    await town.buy("bob", 1000)
    placed = await town.post("/v1/holds", {"member": {"phone": PHONES["ann"]}, "currency": "points", "points": 300})
    hold = placed["holds"][0]["id"]
    await town.merge("ann", "bob")
    assert (await town.unmerge("ann", status=409))["code"] == "holds_open"
    await town.post(f"/v1/holds/{hold}/void", {})
    await town.unmerge("ann")
    assert (await town.active("ann"), await town.active("bob")) == (300, 10)
    assert await town.sound()


async def test_L66_unmerged_lots_go_home(town: People) -> None:
    await town.buy("ann", 10000)
    await asyncio.sleep(0.01)
    await town.buy("bob", 5000)
    await town.merge("ann", "bob")
    await town.buy("bob", 20000, pay=[{"currency": "points", "points": 120}])
    # 200.00 less 1.20 in points: 198 earned by Bob.
    left = await town.unmerge("ann")
    assert (left["kind"], left["state"], left["leads_to"]) == ("unmerge", "arrived", town.ids["ann"])
    assert (await town.active("ann"), await town.active("bob")) == (0, 30 + 198)
    assert (await town.buy("ann", 1000))["member"]["id"] == town.ids["ann"]
    assert await town.sound()


async def test_L66_what_the_old_card_earned_since_goes_home(town: People) -> None:
    await town.buy("ann", 1000)
    await town.buy("bob", 2000)
    await town.merge("ann", "bob")
    await town.buy("ann", 500, by={"card": town.cards["ann"]})
    await town.buy("bob", 700, by={"card": town.cards["bob"]})
    await town.unmerge("ann")
    assert (await town.active("ann"), await town.active("bob")) == (15, 27)
    assert await town.sound()


async def test_L66_what_was_given_to_the_old_id_since_goes_home(town: People) -> None:
    await town.buy("ann", 1000)
    await town.buy("bob", 2000)
    await town.merge("ann", "bob")
    for name, points in (("ann", 30), ("bob", 7)):
        given = {"currency": "points", "points": points, "reason": "late parcel"}
        done = await town.post(f"/v1/members/{town.ids[name]}/points/adjust", given)
        assert done["member"]["id"] == town.ids["bob"]
    assert await town.active("bob") == 10 + 20 + 30 + 7
    await town.unmerge("ann")
    assert (await town.active("ann"), await town.active("bob")) == (10 + 30, 20 + 7)
    assert await town.sound()


async def test_L67_a_return_that_comes_late_is_applied_to_the_other(town: People) -> None:
    await town.buy("ann", 10000, source="till", document="7")
    await town.buy("ann", 5000, pay=[{"currency": "points", "points": 40}])
    await town.buy("bob", 1000)
    await town.merge("ann", "bob")
    # 60 + 49 + 10; all 100 of the first purchase go back.
    assert await town.active("bob") == 119
    back = await town.post("/v1/returns", {"sale": {"source": "till", "document": "7"}})
    assert back["member"]["id"] == town.ids["bob"]
    assert back["points"] == {"points": -100}
    assert await town.active("bob") == 19
    assert await town.sound()


async def test_L67_points_that_paid_before_come_back_to_the_other(town: People) -> None:
    await town.buy("ann", 10000)
    paid = await town.buy("ann", 5000, pay=[{"currency": "points", "points": 100}])
    await town.buy("bob", 1000)
    await town.merge("ann", "bob")
    assert await town.active("bob") == 59
    await town.post("/v1/returns", {"sale": {"activity_id": paid["activity_id"]}})
    assert await town.active("bob") == 110
    assert await town.sound()


@pytest.mark.parametrize("first", ["return", "merge"])
async def test_L18_a_return_is_undone_while_merged_and_after_they_were_taken_apart(town: People, first: str) -> None:
    """Once wrong: 500 while merged, and 404 for the sale after they were taken apart."""
    async with town.database.transaction(programs=[1]) as tx:
        waits = SHOP.replace("currencies:\n  points:\n", "currencies:\n  points:\n    pending: 14 days\n")
        assert waits != SHOP
        await program.publish(tx, program_id=1, text=waits, by="test", now=edge.now())
    sale = (await town.buys("ann", {"amount": 6000}, {"amount": 4000}))["activity_id"]
    await town.buy("bob", 1000)
    part = {"sale": {"activity_id": sale}, "lines": [{"no": 2}]}
    for step in (first, "merge" if first == "return" else "return"):
        if step == "merge":
            await town.merge("ann", "bob")
        else:
            back = await town.post("/v1/returns", part)
    if first == "merge":
        await town.unmerge("ann")
    undone = await town.post("/v1/returns", {"sale": {"activity_id": back["activity_id"]}})
    assert undone["points"] == {"points": 40}
    owner, other = ("bob", 10) if first == "return" else ("ann", 0)
    assert (await town.balance(owner))["pending"] == 100 + other
    again = await town.post("/v1/returns", {"sale": {"activity_id": sale}})
    assert again["points"] == {"points": -100}
    assert (await town.balance(owner))["pending"] == other
    assert await town.sound()


async def test_L69_a_nameless_card_joins_whoever_registers_it(town: People) -> None:
    await town.buy("ann", 3000)
    nameless = await town.post("/v1/purchases", {"member": {"token": "PAR-1"}, "lines": [{"amount": 2000}]})
    town.ids["card"] = nameless["member"]["id"]
    await town.merge("card", "ann")
    again = await town.post("/v1/purchases", {"member": {"token": "PAR-1"}, "lines": [{"amount": 100}]})
    assert again["member"]["id"] == town.ids["ann"]
    assert await town.active("ann") == 51


async def test_a_merge_is_done_once_however_often_it_is_asked_for(town: People) -> None:
    await town.buy("ann", 1000)
    await town.buy("bob", 1000)
    first = await town.merge("ann", "bob", key="same")
    again = await town.merge("ann", "bob", key="same")
    assert again == first
    refused = await town.merge("ann", "bob", status=409)
    assert refused["code"] == "already_one"
    assert (await town.merge("bob", "bob", status=409))["code"] == "already_one"
    # Also when they were parted since, and merged the other way round.
    await town.unmerge("ann")
    await town.merge("bob", "ann")
    assert await town.merge("ann", "bob", key="same") == first
    assert (await town.merge("ann", "bob", status=409))["code"] == "already_one"
    assert await town.active("bob") == 20


async def test_who_was_never_merged_is_not_taken_apart(town: People) -> None:
    await town.buy("ann", 1000)
    assert (await town.unmerge("ann", status=409))["code"] == "never_merged"


async def test_merged_unmerged_and_merged_again(town: People) -> None:
    await town.buy("ann", 1000)
    await town.buy("bob", 2000)
    for _ in range(2):
        await town.merge("ann", "bob")
        assert await town.active("bob") == 30
        await town.unmerge("ann")
        assert (await town.active("ann"), await town.active("bob")) == (10, 20)
    assert await town.sound()


async def test_a_process_that_dies_between_the_halves_loses_nothing(
    town: People, home, address, database, monkeypatch: pytest.MonkeyPatch
) -> None:
    await town.buy("ann", 12000)
    await town.buy("bob", 5000)

    async def dies(*_: object, **__: object) -> None:
        raise RuntimeError("killed")

    with monkeypatch.context() as broken:
        broken.setattr(moving, "finish", dies)
        assert (await town.merge("ann", "bob", key="m", status=202))["state"] == "under_way"
    assert not await town.sound()
    refused = await town.client.post(
        "/v1/purchases",
        json={"member": {"phone": PHONES["ann"]}, "lines": [{"amount": 100}]},
        headers={"idempotency-key": "meanwhile"},
    )
    assert (refused.status_code, refused.json()["code"]) == (409, "member_moving")
    async with worker(home, address) as runtime:
        assert await activities.finish_moves(runtime, now=edge.now()) == 0
        assert await activities.finish_moves(runtime, now=edge.now() + dt.timedelta(minutes=1)) == 1
    assert await town.active("bob") == 170
    moved = await town.merge("ann", "bob", key="m")
    assert moved["state"] == "arrived"
    bought = await town.post(
        "/v1/purchases", {"member": {"phone": PHONES["ann"]}, "lines": [{"amount": 100}]}, key="meanwhile"
    )
    assert bought["member"]["id"] == town.ids["bob"]
    assert await town.sound()


async def test_a_till_that_buys_while_members_are_merged_loses_nothing(town: People) -> None:
    await town.buy("ann", 1000)
    await town.buy("bob", 1000)

    async def buys(number: int) -> int:
        for _ in range(50):
            answer = await town.client.post(
                "/v1/purchases",
                json={"member": {"phone": PHONES["ann"]}, "lines": [{"amount": 100}]},
                headers={"idempotency-key": f"busy-{number}"},
            )
            if answer.status_code == 201:
                return 1
            assert answer.json()["code"] in {"member_moving", "contended"}
            await asyncio.sleep(0.02)
        return 0

    done = await asyncio.gather(*(buys(number) for number in range(20)), town.merge("ann", "bob"))
    assert sum(one for one in done if isinstance(one, int)) == 20
    assert await town.active("bob") == 40
    assert await town.sound()


async def test_the_activities_of_both_are_shown(town: People) -> None:
    for amount in (100, 200, 300):
        await town.buy("ann", amount)
    await town.buy("bob", 400)
    await town.merge("ann", "bob")
    await town.buy("ann", 500)
    path = f"/v1/members/{town.ids['bob']}/activities?limit=2"
    seen: list[int] = []
    cursor: str | None = None
    while True:
        page = await town.get(path + (f"&cursor={cursor}" if cursor else ""))
        seen += [one["total"] for one in page["items"] if one["type"] == "purchase"]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert seen == [500, 400, 300, 200, 100]


async def _all_points(town: People) -> int:
    async with town.database.read(programs=[1]) as tx:
        return int(await tx.fetchval("select sum(active + pending + held) from regulars.balance"))


async def _settled(town: People, home, address) -> None:
    """Everybody can buy, no move is under way and the books hold."""
    async with worker(home, address) as runtime:
        await activities.finish_moves(runtime, now=edge.now() + dt.timedelta(minutes=1))
    assert await town.sound()
    for name in list(town.ids):
        bought = await town.buy(name, 50)
        assert (await town.get(f"/v1/members/{town.ids[name]}"))["id"] == bought["member"]["id"]


@pytest.mark.parametrize("times", range(4))
async def test_two_merges_in_a_row_at_the_same_time_lose_nothing(town: People, home, address, times: int) -> None:
    for name in ("ann", "bob", "cat"):
        await town.buy(name, 10000)
    await asyncio.gather(_tries(town, "ann", "bob"), _tries(town, "bob", "cat"))
    assert await _all_points(town) == 300
    await _settled(town, home, address)
    homes = {(await town.get(f"/v1/members/{town.ids[name]}"))["id"]: name for name in ("ann", "bob", "cat")}
    assert sum([await town.active(name) for name in homes.values()]) == 300


@pytest.mark.parametrize("times", range(4))
async def test_merges_into_each_other_at_the_same_time_lose_nobody(town: People, home, address, times: int) -> None:
    for name in ("ann", "bob"):
        await town.buy(name, 10000)
    await asyncio.gather(_tries(town, "ann", "bob"), _tries(town, "bob", "ann"))
    assert await _all_points(town) == 200
    await _settled(town, home, address)


async def test_who_arrives_after_the_other_has_left_goes_home(
    town: People, home, address, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("ann", "bob", "cat"):
        await town.buy(name, 10000)

    async def dies(*_: object, **__: object) -> None:
        raise RuntimeError("killed")

    with monkeypatch.context() as broken:
        broken.setattr(moving, "finish", dies)
        assert (await town.merge("ann", "bob", key="m", status=202))["state"] == "under_way"
    assert (await town.merge("bob", "cat"))["state"] == "arrived"
    await _settled(town, home, address)
    assert (await town.merge("ann", "bob", key="m", status=409))["code"] == "target_moved"
    assert (await town.active("ann"), await town.active("cat")) == (100, 200)
    await town.merge("ann", "bob")
    assert await town.active("ann") == await town.active("cat") == 300


async def test_who_joins_somebody_that_moves_on_is_led_to_where_they_are(
    town: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("ann", "bob", "cat"):
        await town.buy(name, 10000)
    lead, arrived, moved_on = moving._lead, asyncio.Event(), asyncio.Event()

    async def late(tx, move, *, now):
        if ids.to_wire("mem", move.member_id) == town.ids["ann"]:
            arrived.set()
            await moved_on.wait()
        await lead(tx, move, now=now)

    monkeypatch.setattr(moving, "_lead", late)

    async def moves_on() -> None:
        await arrived.wait()
        await town.merge("bob", "cat")
        moved_on.set()

    await asyncio.gather(town.merge("ann", "bob"), moves_on())
    assert (await town.buy("ann", 1000))["member"]["id"] == town.ids["cat"]
    assert await town.active("ann") == 310
    assert await town.sound()


async def _tries(town: People, one: str, into: str) -> None:
    """Either is right for one who comes at the wrong moment: merged, or told so with nothing done."""
    answer = await town.client.post(
        f"/v1/members/{town.ids[one]}/merge",
        json={"into": town.ids[into], "reason": "same person"},
        headers={"idempotency-key": f"{one}-{into}"},
    )
    assert answer.status_code in {201, 202, 409}, answer.text


async def test_many_merges_at_once_wait_for_their_turn(town: People) -> None:
    names = [f"guest-{number}" for number in range(12)]
    await town.buy("bob", 100)
    for name in names:
        bought = await town.post("/v1/purchases", {"member": {"own_id": name}, "lines": [{"amount": 1000}]})
        town.ids[name] = bought["member"]["id"]
    done = await asyncio.gather(*(town.merge(name, "bob", status=201) for name in names))
    assert {one["state"] for one in done} == {"arrived"}
    assert await town.active("bob") == 121
    assert await town.sound()
