"""Points passed on over HTTP (L35, L36): with their dates, once, and home where the other side refuses."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from regulars.activities import bringing, moving, queries, replay
from regulars.activities import service as activities
from regulars.kit import edge, ids
from regulars.kit.errors import DatabaseUnavailable
from tests.checkout.test_merging import SHOP
from tests.checkout.town import PHONES, People, people, worker

GIVING = SHOP.replace(
    "    value: 0.01\n", "    value: 0.01\n    transfer: {most: 500, per: {calendar month: 600}}\n", 1
)


@pytest.fixture
async def town(home, address, database):
    async with people(home, address, database, GIVING) as opened:
        yield opened


async def send(town: People, name: str, to: str, points: int, **more: Any) -> Any:
    body = {"to": {"phone": PHONES[to]}, "currency": "points", "points": points}
    return await town.post(f"/v1/members/{town.ids[name]}/transfers", body, **more)


async def test_points_reach_the_other_member_and_both_statements_show_it(town: People) -> None:
    await town.buy("ann", 10000)
    await town.buy("bob", 1000)
    sent = await send(town, "ann", "bob", 60)
    assert sent["state"] == "arrived"
    assert (sent["to"], sent["points"], sent["fee"]) == (town.ids["bob"], 60, 0)
    assert (await town.active("ann"), await town.active("bob")) == (40, 70)
    assert await town.sound()


async def test_the_same_request_again_is_the_same_answer_and_moves_nothing(town: People) -> None:
    await town.buy("ann", 10000)
    await town.buy("bob", 1000)
    first = await send(town, "ann", "bob", 60, key="gift")
    assert await send(town, "ann", "bob", 60, key="gift") == first
    assert (await town.active("ann"), await town.active("bob")) == (40, 70)


async def test_L36_what_is_too_much_or_for_nobody_is_refused_and_nothing_moves(town: People) -> None:
    await town.buy("ann", 100000)
    await town.buy("bob", 1000)
    assert (await send(town, "ann", "bob", 501, status=409))["code"] == "transfer_too_large"
    await send(town, "ann", "bob", 400)
    refused = await send(town, "ann", "bob", 201, status=409)
    assert (refused["code"], refused["fields"]["possible"]) == ("transfer_too_large", 200)
    assert (await send(town, "ann", "ann", 1, status=422))["code"] == "transfer_to_oneself"
    body = {"to": {"card": "438812345679"}, "currency": "points", "points": 1}
    nobody = await town.post(f"/v1/members/{town.ids['ann']}/transfers", body, status=404)
    assert nobody["code"] == "receiver_unknown"
    assert (await town.active("ann"), await town.active("bob")) == (600, 410)
    assert await town.sound()


async def test_somebody_unknown_becomes_a_member_where_the_program_enrols_and_only_if_the_points_come(
    town: People,
) -> None:
    await town.buy("ann", 10000)
    assert (await send(town, "ann", "eve", 101, status=409))["code"] == "insufficient_points"
    town.ids["eve"] = (await send(town, "ann", "eve", 30))["to"]
    assert await town.active("eve") == 30
    assert (await town.buy("eve", 100))["member"]["id"] == town.ids["eve"]


async def test_a_process_that_dies_before_the_points_arrive_loses_and_doubles_nothing(
    town: People, home, address, monkeypatch: pytest.MonkeyPatch
) -> None:
    await town.buy("ann", 10000)
    await town.buy("bob", 1000)
    monkeypatch.setattr(moving, "finish", _dies)
    assert (await send(town, "ann", "bob", 60, status=202, key="gift"))["state"] == "under_way"
    monkeypatch.undo()
    assert (await town.active("ann"), await town.active("bob")) == (40, 10)
    async with worker(home, address) as runtime:
        assert await activities.finish_moves(runtime, now=edge.now() + moving.STALLED * 2) == 1
        assert await activities.finish_moves(runtime, now=edge.now() + moving.STALLED * 2) == 0
    assert (await town.active("ann"), await town.active("bob")) == (40, 70)
    assert (await send(town, "ann", "bob", 60, key="gift"))["state"] == "arrived"
    assert (await town.active("ann"), await town.active("bob")) == (40, 70)
    assert await town.sound()


async def test_who_is_being_merged_gets_them_later_and_the_sender_hears_that_they_are_under_way(
    town: People, home, address, monkeypatch: pytest.MonkeyPatch
) -> None:
    await town.buy("ann", 10000)
    for name in ("bob", "cat"):
        await town.buy(name, 1000)
    with monkeypatch.context() as slow:
        slow.setattr(moving, "finish", _dies)
        await town.merge("bob", "cat", key="merge", status=202)
    # Bob has left his account and is not in Cat's yet: the points have left Ann all the same.
    under_way = await send(town, "ann", "bob", 60, status=202, key="gift")
    assert (under_way["state"], under_way["points"]) == ("under_way", 60)
    assert await town.active("ann") == 40
    # Who has left cannot send, and then nothing has left.
    assert (await send(town, "bob", "ann", 5, status=409))["code"] == "member_moving"
    await town.merge("bob", "cat", key="merge")
    assert (await send(town, "ann", "bob", 60, key="gift"))["state"] == "arrived"
    assert (await town.active("ann"), await town.active("cat")) == (40, 80)
    assert await town.sound()


async def test_a_process_that_dies_after_the_points_arrived_doubles_nothing(
    town: People, home, address, monkeypatch: pytest.MonkeyPatch
) -> None:
    await town.buy("ann", 10000)
    await town.buy("bob", 1000)
    arrive = moving._arrive

    async def arrives_and_dies(*given: Any, **named: Any) -> None:
        await arrive(*given, **named)
        raise DatabaseUnavailable

    monkeypatch.setattr(moving, "_arrive", arrives_and_dies)
    await send(town, "ann", "bob", 60, status=202, key="gift")
    monkeypatch.undo()
    # Before the row was closed, who got them was merged into somebody else: they are not put in once more there.
    await town.buy("cat", 1000)
    await town.merge("bob", "cat")
    assert (await send(town, "ann", "bob", 60, key="gift"))["state"] == "arrived"
    assert (await town.active("ann"), await town.active("cat")) == (40, 80)
    assert await town.sound()


async def test_L36_who_is_gone_gets_nothing_and_the_points_are_home_in_their_own_lots(town: People) -> None:
    await town.buy("ann", 10000)
    await town.buy("bob", 1000)
    async with town.database.transaction(programs=[1]) as tx:
        await tx.execute(
            "update regulars.member set status = 'blocked' where member_id = $1", ids.from_wire("mem", town.ids["bob"])
        )
    refused = await send(town, "ann", "bob", 60, status=409, key="gift")
    assert refused["code"] == "receiver_gone"
    assert (await send(town, "ann", "bob", 60, status=409, key="gift")) == refused
    assert (await town.active("ann"), await town.active("bob")) == (100, 10)
    async with town.database.read(programs=[1]) as tx:
        lots = await tx.fetch(
            "select granted, remaining from regulars.lot where account_id = $1", ids.from_wire("mem", town.ids["ann"])
        )
    assert [tuple(lot) for lot in lots] == [(100, 100)]
    assert await town.sound()


async def test_two_who_send_to_each_other_at_once_end_where_they_began(town: People) -> None:
    await town.buy("ann", 10000)
    await town.buy("bob", 10000)
    await asyncio.gather(
        *(send(town, "ann", "bob", 10) for _ in range(5)), *(send(town, "bob", "ann", 10) for _ in range(5))
    )
    assert (await town.active("ann"), await town.active("bob")) == (100, 100)
    assert await town.sound()


async def test_what_is_sent_to_somebody_who_was_merged_reaches_whom_they_are_now(town: People) -> None:
    for name in ("ann", "bob", "cat"):
        await town.buy(name, 10000)
    await town.merge("bob", "cat")
    assert (await send(town, "ann", "bob", 30))["to"] == town.ids["cat"]
    assert (await town.active("ann"), await town.active("cat")) == (70, 230)
    assert await town.sound()


async def _dies(*_: Any, **__: Any) -> None:
    raise DatabaseUnavailable


async def test_a_process_that_dies_on_the_way_home_brings_it_there_once(
    town: People, home, address, monkeypatch: pytest.MonkeyPatch
) -> None:
    await town.buy("ann", 10000)
    await town.buy("bob", 1000)
    async with town.database.transaction(programs=[1]) as tx:
        await tx.execute(
            "update regulars.member set status = 'blocked' where member_id = $1", ids.from_wire("mem", town.ids["bob"])
        )
    arrive = moving._arrive

    async def refused_and_dies(*given: Any, **named: Any) -> None:
        await arrive(*given, **named)
        raise DatabaseUnavailable

    monkeypatch.setattr(moving, "_arrive", refused_and_dies)
    await send(town, "ann", "bob", 60, status=202, key="gift")
    monkeypatch.undo()
    # They are home already; who is blocked no more gets nothing of it any more, and Ann is told why.
    async with town.database.transaction(programs=[1]) as tx:
        await tx.execute("update regulars.member set status = 'active'")
    assert (await send(town, "ann", "bob", 60, status=409, key="gift"))["code"] == "receiver_gone"
    assert (await town.active("ann"), await town.active("bob")) == (100, 10)
    assert await town.sound()


async def test_I10_what_is_in_transit_for_too_long_is_told_aloud(
    town: People, home, address, monkeypatch: pytest.MonkeyPatch
) -> None:
    await town.buy("ann", 10000)
    await town.buy("bob", 1000)
    monkeypatch.setattr(moving, "finish", _dies)
    await send(town, "ann", "bob", 60, status=202)
    monkeypatch.undo()
    told = []
    async with worker(home, address) as runtime:
        monkeypatch.setattr(bringing.log, "error", lambda event, **facts: told.append((event, facts["kind"])))
        await activities.finish_moves(runtime, now=edge.now() + moving.ALARMING * 2)
    assert told == [("move_stalled", "send")]
    assert await town.sound()


async def test_both_statements_show_it_and_the_past_comes_out_again(town: People, home, address) -> None:
    await town.buy("ann", 10000)
    await town.buy("bob", 1000)
    sent = await send(town, "ann", "bob", 60)
    for name, books in (("ann", ("active", "transit")), ("bob", ("transit", "active"))):
        shown = await town.get(f"/v1/members/{town.ids[name]}/statement")
        passed = [one for one in shown["entries"]["items"] if one["kind"] == "transfer"]
        assert [(one["from"], one["to"], one["amount"]) for one in passed] == [(*books, 60)]
    await town.merge("bob", "ann")
    told = await town.get(f"/v1/activities/{sent['activity_id']}")
    assert (told["type"], told["member"]) == ("transfer", town.ids["ann"])
    async with worker(home, address) as runtime:
        await runtime.programs.ready(1)
        compiled = runtime.programs.numbered(1, 1)
        async with runtime.database.read(programs=[1]) as tx:
            for account in await tx.fetch("select account_id, state from regulars.account"):
                past = await queries.of_account(tx, account_id=account["account_id"])
                history = [(activity, number) for activity, number, _ in past]
                steps = list(replay.replay(account["account_id"], history, choose=lambda _, __: compiled))
                assert [step.decision.recorded for step in steps] == [recorded for _, _, recorded in past]
                assert steps[-1].left.state == account["state"]


async def test_in_a_household_points_go_from_ones_own_to_another(home, address, database) -> None:
    families = GIVING.replace(
        "activities:\n",
        "households:\n  family: {title: {en: Family, ru: Семья, ro: Familia}, size: 3}\nactivities:\n",
        1,
    )
    async with people(home, address, database, families) as town:
        for name in ("ann", "bob"):
            await town.buy(name, 10000)
        await town.post(f"/v1/members/{town.ids['ann']}/household", {"household": "family"})
        await town.post(
            f"/v1/members/{town.ids['ann']}/household/members", {"act": "invite", "member": town.ids["bob"]}
        )
        await town.post(f"/v1/members/{town.ids['bob']}/household/join", {"of": town.ids["ann"]})
        assert (await send(town, "ann", "bob", 60))["state"] == "arrived"
        assert (await town.active("ann"), await town.active("bob")) == (40, 160)
        assert await town.sound()
