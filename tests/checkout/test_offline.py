"""What tills did without a connection, over HTTP (LEDGER.md L58 to L60, L69; TRUST.md S7)."""

from __future__ import annotations

import asyncio
import datetime as dt
import random
from collections.abc import AsyncIterator
from typing import Any

import pyotp
import pytest

from regulars.kit import ids
from regulars.kit.address import Address
from regulars.members import codes
from tests.checkout.offline import OfflineTill, Town, decoded, opened, outcomes, somebody


@pytest.fixture(scope="module")
async def town(template: Address, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Town]:
    async with opened(template, tmp_path_factory.mktemp("offline")) as made:
        yield made


async def test_l58_in_any_order_and_twice_the_result_is_that_of_the_tills_own_order(town: Town) -> None:
    till, ann, bob = await town.till(floor=10_000), somebody(), somebody()
    till.sells(ann, 10_000, document="1")
    till.sells(bob, 5_000, document="2")
    till.sells(ann, 3_000, points=50, document="3")
    till.does("return", sale={"source": f"till-{till.name}", "document": "2"}, amount=2_000)
    shuffled = [*till.queue, *till.queue]
    random.Random(7).shuffle(shuffled)
    told = await till.tells(shuffled)
    # Each is done once, in the order of its number; its second form is told the same.
    assert [one["number"] for one in told["results"]] == [1, 1, 2, 2, 3, 3, 4, 4]
    assert {one["outcome"] for one in told["results"]} == {"applied"}
    assert [one.get("replayed", False) for one in told["results"]].count(True) == 4
    # Ann: 100 + (30.00 - 0.50) = 29 earned, 50 spent. Bob: 50 - 20.
    assert await town.balance(ann) == (100 + 29 - 50, 0)
    assert await town.balance(bob) == (30, 0)
    again = await till.tells(till.queue)
    assert outcomes(again) == [(n, "applied", True, None) for n in (1, 2, 3, 4)]
    assert [one["answer"] for one in again["results"]] == [one["answer"] for one in told["results"][::2]]
    assert (await town.balance(ann), await town.balance(bob)) == ((79, 0), (30, 0))


async def test_l60_points_of_a_frozen_balance_are_taken_once_it_is_let_go(town: Town) -> None:
    till, ann = await town.till(floor=10_000), somebody()
    till.sells(ann, 10_000)
    member = (await till.tells())["results"][0]["answer"]["member"]["id"]
    till.sells(ann, 2_000, points=50, document="77")
    till.sells(ann, 1_000)
    till.does("return", sale={"source": f"till-{till.name}", "document": "77"}, amount=1_000)
    account = ids.from_wire("mem", member)
    freeze = "update regulars.balance set frozen_reason = $2 where account_id = $1 and currency = 'points'"

    async def put(reason: str | None) -> None:
        async with town.database.transaction(programs=[1]) as tx:
            assert await tx.execute(freeze, account, reason) == 1
            await tx.execute("update regulars.account set version = version + 1 where account_id = $1", account)

    await put("looked into")
    told = await till.tells()
    # What takes nothing is done; what takes points waits, and what comes back of it; their numbers are missing still.
    assert outcomes(told) == [
        (1, "applied", True, None),
        (2, "again", False, "balance_frozen"),
        (3, "applied", False, None),
        (4, "again", False, "balance_frozen"),
    ]
    assert (told["highest"], told["missing"]) == (3, [[2, 2]])
    assert await town.cases(till) == []
    both = [till.queue[1], till.queue[3]]
    assert outcomes(await till.tells([till.queue[1]])) == [(2, "again", False, "balance_frozen")]
    await put(None)
    assert outcomes(await till.tells(both)) == [(2, "applied", False, None), (4, "applied", False, None)]
    # 100, 10 for the third, and 20.00 - 0.50 of the second, which took 50; half of it came back, so that it is
    # 10.00 - 0.25, which took 25.
    assert await town.balance(ann) == (100 + 10 + 9 - 25, 0)


@pytest.mark.parametrize("year", [1, 1969, 2200, 9999])
async def test_a_clock_that_shows_no_time_of_ours_is_refused_and_uses_no_number_up(town: Town, year: int) -> None:
    till, ann = await town.till(), somebody()
    till.sells(ann, 1_000)
    refused = await till.post(till_time=dt.datetime(year, 12, 31, 23, tzinfo=dt.UTC))
    assert (refused.status_code, refused.json()["fields"]["field"]) == (422, "till_time"), refused.text
    assert outcomes(await till.tells()) == [(1, "applied", False, None)]


async def test_a_clock_so_far_ahead_that_the_sale_would_lie_before_1970_is_told_beside_the_act(town: Town) -> None:
    till, ann = await town.till(), somebody()
    till.sells(ann, 1_000)
    told = await till.tells(till_time=dt.datetime(2199, 12, 31, tzinfo=dt.UTC))
    assert outcomes(told) == [(1, "faulty", False, "validation_fault")]


async def test_l58_two_uploads_at_once_do_everything_once(town: Town) -> None:
    till, ann = await town.till(), somebody()
    for _ in range(12):
        till.sells(ann, 1_000)
    first, second = await asyncio.gather(till.tells(), till.tells(till.queue[::-1]))
    assert [one["answer"] for one in first["results"]] == [one["answer"] for one in second["results"]]
    assert await town.balance(ann) == (120, 0)


async def test_l58_what_is_missing_is_shown(town: Town) -> None:
    till, ann = await town.till(), somebody()
    acts = [till.sells(ann, 100) for _ in range(7)]
    told = await till.tells([acts[0], acts[4]])
    assert (told["highest"], told["missing"]) == (5, [[2, 4]])
    told = await till.tells([acts[6], acts[2]])
    assert (told["highest"], told["missing"]) == (7, [[2, 2], [4, 4], [6, 6]])
    told = await till.tells([acts[1]])
    assert told["missing"] == [[4, 4], [6, 6]]
    seen = await till.seen()
    assert (seen["highest"], seen["missing"], seen["refused"], seen["faulty"]) == (7, [[4, 4], [6, 6]], 0, 0)
    told = await till.tells([acts[3], acts[5]])
    assert (told["highest"], told["missing"]) == (7, [])


async def test_l58_a_wrong_signature_is_told_by_itself_and_leaves_no_trace(town: Town) -> None:
    till, other, ann = await town.till(), await town.till(), somebody()
    good, changed, foreign = till.sells(ann, 1_000), till.sells(ann, 2_000), till.sells(ann, 3_000)
    changed["purchase"]["lines"][0]["amount"] = 200_000
    foreign["signature"] = other.signed(3, purchase=foreign["purchase"])["signature"]
    bare = {**till.sells(ann, 4_000), "signature": "nonsense"}
    told = await till.tells([bare, foreign, changed, good])
    assert outcomes(told) == [
        (1, "applied", False, None),
        *((number, "faulty", False, "till_signature_wrong") for number in (2, 3, 4)),
    ]
    assert set(told["results"][1]["problem"]["texts"]) == {"en", "ru", "ro"}
    assert await town.balance(ann) == (10, 0)
    # Who cannot sign cannot use numbers up either.
    assert (told["highest"], told["missing"], (await till.seen())["faulty"]) == (1, [], 0)
    assert await town.cases(till) == []


async def test_l58_another_act_under_a_number_that_was_used_is_refused_and_the_first_stands(town: Town) -> None:
    till, ann = await town.till(), somebody()
    till.sells(ann, 1_000)
    other = till.does("purchase", number=1, member={"phone": ann}, lines=[{"amount": 9_000}])
    told = await till.tells([till.queue[0]])
    told = await till.tells([other])
    assert outcomes(told) == [(1, "faulty", False, "till_number_taken")]
    assert told["results"][0]["problem"]["status"] == 409
    # Both in one upload: the one that stands first.
    ben, second = somebody(), await town.till()
    second.sells(ben, 1_000)
    second.does("purchase", number=1, member={"phone": ben}, lines=[{"amount": 9_000}])
    assert [one[3] for one in outcomes(await second.tells())] == [None, "till_number_taken"]
    assert (await town.balance(ann), await town.balance(ben)) == ((10, 0), (10, 0))


async def test_l58_what_is_broken_holds_up_nothing_and_may_be_put_right_under_its_number(town: Town) -> None:
    till, ann = await town.till(), somebody()
    till.sells(ann, 1_000)
    till.sells(ann, -5)
    till.does("purchase", lines=[{"amount": 1}], member={"phone": "nobody's"})
    till.queue.append(till.signed(4, purchase={"member": {"phone": ann}, "lines": [{"amount": 100}]}))
    till.queue.append(till.signed(5, hold={"member": {"phone": ann}, "currency": "points", "points": 1}))
    till.queue += [{"number": 1.5, "signature": "x"}, {"signature": "x"}]
    till.does("purchase", number=6, lines=[{"amount": 1}], member={"phone": ann}, store="elsewhere")
    told = await till.tells()
    assert outcomes(told) == [
        (1, "applied", False, None),
        (2, "faulty", False, "validation_fault"),
        (3, "faulty", False, "not_a_phone"),
        (4, "faulty", False, "validation_fault"),
        (5, "faulty", False, "validation_fault"),
        (6, "faulty", False, "validation_fault"),
        (None, "faulty", False, "offline_act_malformed"),
        (None, "faulty", False, "offline_act_malformed"),
    ]
    assert (await town.balance(ann), (await till.seen())["faulty"]) == ((10, 0), 5)
    # The goods are gone, so somebody is told of each, once.
    assert [number for number, _ in await town.cases(till)] == [2, 3, 4, 5, 6]
    right = till.does("purchase", number=2, member={"phone": ann}, lines=[{"amount": 500}])
    assert outcomes(await till.tells([right])) == [(2, "applied", False, None)]
    assert (await town.balance(ann), (await till.seen())["faulty"]) == ((15, 0), 4)


async def test_r7_what_an_offline_till_signs_is_read_as_strictly(town: Town) -> None:
    till, ann = await town.till(floor=10_000), somebody()
    hostile: list[Any] = [True, 2**53, 2**63, 0.3, 5.0, "１２", "12", None, -1, [1]]
    for amount in hostile:
        till.does("purchase", member={"phone": ann}, lines=[{"amount": amount}])
        till.does(
            "purchase", member={"phone": ann}, lines=[{"amount": 100}], pay=[{"currency": "points", "points": amount}]
        )
    told = await till.tells()
    assert {one["outcome"] for one in told["results"]} == {"faulty"}
    assert {one["problem"]["status"] for one in told["results"]} == {422}
    async with town.database.read(programs=[1]) as tx:
        own = "select count(*) from natural_key where source = $1"
        assert await tx.fetchval(own, f"till-{till.name}") == 0
    # Control: the same with a plain number.
    plain = till.sells(ann, 100)
    assert outcomes(await till.tells([plain])) == [(len(hostile) * 2 + 1, "applied", False, None)]


async def test_l58_whoever_was_stopped_in_the_middle_goes_on(town: Town) -> None:
    till, ann = await town.till(), somebody()
    acts = [till.sells(ann, 1_000) for _ in range(3)]
    first = await till.tells()
    # As if the process had ended between what was done and what was kept of it.
    async with town.database.transaction(programs=[1]) as tx:
        await tx.execute("delete from till_activity where till_id = $1", ids.from_wire("til", till.id))
    again = await till.tells(acts)
    assert [one["activity_id"] for one in again["results"]] == [one["activity_id"] for one in first["results"]]
    assert {one["replayed"] for one in again["results"]} == {True}
    assert await town.balance(ann) == (30, 0)


def chain(town: Town, till: OfflineTill, phone: str, name: str) -> dict[str, dict[str, Any]]:
    """A sale of two units, one of them returned and that undone, or exchanged and the goods for it brought back or
    exchanged again; the sale has the last number."""
    source = f"till-{till.name}"

    def of(step: str) -> dict[str, Any]:
        return {"sale": {"source": source, "document": f"{name}-{step}"}}

    def again(step: str, amount: int) -> dict[str, Any]:
        return {"member": {"phone": phone}, "lines": [{"amount": amount}], "document": f"{name}-{step}"}

    one = [{"no": 1, "quantity": 1}]
    return {
        "r": till.does("return", minutes_ago=8, document=f"{name}-r", lines=one, **of("s")),
        "u": till.does("return", minutes_ago=7, document=f"{name}-u", **of("r")),
        "x": till.does("exchange", minutes_ago=6, returned=one, **again("x", 500), **of("s")),
        "y": till.does("return", minutes_ago=5, document=f"{name}-y", **of("x")),
        "z": till.does("exchange", minutes_ago=4, returned=[{"no": 1}], **again("z", 700), **of("x")),
        "s": till.does(
            "purchase",
            minutes_ago=9,
            member={"phone": phone},
            lines=[{"amount": 1_000, "quantity": 2}],
            document=f"{name}-s",
        ),
    }


# 10 points for the sale, 5 less for the return, 5 more when it is undone; the exchange: 10 - 5 + 5, without its goods 5,
# with others 10 - 5 + 7.
@pytest.mark.parametrize(
    ("uploads", "points"),
    [
        ("rus", 10), ("usr", 10), ("xys", 5), ("xzs", 12),
        ("r u s", 10), ("u r s", 10), ("u s r", 10), ("x y s", 5), ("y x s", 5), ("z x s", 12), ("zx s", 12),
    ],
)  # fmt: skip
async def test_l58_what_waits_for_what_waits_comes_with_the_sale(town: Town, uploads: str, points: int) -> None:
    till, ann = await town.till(), somebody()
    acts = chain(town, till, ann, "c")
    for upload in uploads.split():
        await till.tells([acts[step] for step in upload])
    asked = sorted((acts[step] for step in uploads.replace(" ", "")), key=lambda act: int(act["number"]))
    assert outcomes(await till.tells(asked)) == [(act["number"], "applied", True, None) for act in asked]
    assert await town.balance(ann) == (points, 0)
    assert await town.cases(till) == []


async def test_l58_what_waited_and_is_refused_in_its_turn_is_told_and_counted(town: Town) -> None:
    till, ann = await town.till(), somebody()
    acts = chain(town, till, ann, "c")
    sale = {"source": f"till-{till.name}", "document": "c-s"}
    all_of_it = till.does("return", minutes_ago=8.5, document="all", sale=sale)
    waiting = await till.tells([acts["x"], all_of_it])
    assert [one[1] for one in outcomes(waiting)] == ["waiting", "waiting"]
    assert outcomes(await till.tells([acts["s"]])) == [(6, "applied", False, None)]
    for _ in range(2):
        assert outcomes(await till.tells([acts["x"], all_of_it])) == [
            (3, "refused", True, "return_exceeds_sale"),
            (7, "applied", True, None),
        ]
    assert (await till.seen())["refused"] == 1
    assert await town.balance(ann) == (0, 0)
    async with town.database.read(programs=[1]) as tx:
        rows = await tx.fetch("select body from event where types like '%case.opened%'")
    events = [one for row in rows for one in decoded(row["body"])]
    found = [(one["case"], one["code"]) for one in events if one.get("source") == f"till-{till.name}"]
    assert found == [("waiting_return_refused", "return_exceeds_sale")]


async def test_l15_offline_a_return_may_be_told_before_its_sale(town: Town) -> None:
    till, ann = await town.till(), somebody()
    sale = till.sells(ann, 1_000, document="77")
    back = till.does("return", sale={"source": f"till-{till.name}", "document": "77"}, amount=400)
    assert outcomes(await till.tells([back])) == [(2, "waiting", False, None)]
    assert outcomes(await till.tells([sale])) == [(1, "applied", False, None)]
    assert outcomes(await till.tells([back])) == [(2, "applied", True, None)]
    assert await town.balance(ann) == (6, 0)


async def test_what_was_done_online_and_queued_as_well_counts_once(town: Town) -> None:
    till, ann = await town.till(), somebody()
    online = await town.buys(ann, 1_000, source=f"till-{till.name}", document="5")
    till.sells(ann, 1_000, document="5")
    told = await till.tells()
    assert outcomes(told) == [(1, "faulty", False, "document_taken")]
    assert told["results"][0]["problem"]["fields"]["activity_id"] == online["activity_id"]
    assert (await town.balance(ann), await town.cases(till)) == ((10, 0), [])


@pytest.mark.parametrize(
    "ahead",
    [dt.timedelta(hours=-3), dt.timedelta(hours=2), dt.timedelta(days=-20_000), dt.timedelta(days=60_000)],
)
async def test_l59_the_clock_of_the_till_is_set_right_by_what_it_says_as_it_sends(
    town: Town, ahead: dt.timedelta
) -> None:
    till, ann = await town.till(ahead=ahead), somebody()
    till.sells(ann, 1_000, minutes_ago=30)
    told = await till.tells()
    done = dt.datetime.fromisoformat(told["results"][0]["answer"]["occurred_at"])
    # Half an hour before now, whatever the till's clock said.
    assert abs((dt.datetime.now(dt.UTC) - done).total_seconds() - 1800) < 60
    assert abs(told["clock_offset_s"] + ahead.total_seconds()) < 60
    assert "clock" not in told["results"][0]


async def test_l59_still_in_the_future_it_counts_from_its_arrival_and_is_marked(town: Town) -> None:
    till, ann = await town.till(), somebody()
    till.sells(ann, 1_000, minutes_ago=-600)
    told = await till.tells()
    done = dt.datetime.fromisoformat(told["results"][0]["answer"]["occurred_at"])
    assert abs((dt.datetime.now(dt.UTC) - done).total_seconds()) < 60
    assert told["results"][0]["clock"] == "ahead"
    async with town.database.read(programs=[1]) as tx:
        activity_id = ids.from_wire("act", told["results"][0]["activity_id"])
        body = await tx.fetchval("select body from activity where activity_id = $1", activity_id)
    assert decoded(body)[0]["notes"] == {"clock": "ahead"}
    # Control: online the same is refused.
    later = (dt.datetime.now(dt.UTC) + dt.timedelta(hours=10)).isoformat()
    body = {"member": {"phone": ann}, "lines": [{"amount": 1}], "occurred_at": later}
    assert (await town.ask("POST", "/v1/purchases", body)).json()["code"] == "in_the_future"


async def test_l59_sent_with_a_time_long_before_the_sale_it_counts_from_its_arrival_and_is_marked(town: Town) -> None:
    till, ann = await town.till(), somebody()
    till.sells(ann, 1_000)
    # By its own clock the sale comes half a century after what it says as it sends.
    told = await till.tells(till_time=dt.datetime(1970, 6, 1, tzinfo=dt.UTC))
    assert outcomes(told) == [(1, "applied", False, None)]
    done = dt.datetime.fromisoformat(told["results"][0]["answer"]["occurred_at"])
    assert abs((dt.datetime.now(dt.UTC) - done).total_seconds()) < 60
    assert told["results"][0]["clock"] == "ahead"
    assert await town.balance(ann) == (10, 0)


async def test_l59_sent_with_a_time_long_after_the_sale_it_was_long_ago_and_waits_for_a_person(town: Town) -> None:
    till, ann = await town.till(), somebody()
    till.sells(ann, 1_000)
    begun = dt.datetime.now(dt.UTC)
    sent_at = begun.replace(year=begun.year + 20, day=1)
    [told] = (await till.tells(till_time=sent_at))["results"]
    done = dt.datetime.fromisoformat(told["answer"]["occurred_at"])
    # Five minutes before it was sent by its clock at the sale, so as long before now as the two are apart.
    expected = begun - (sent_at - begun) - dt.timedelta(minutes=5)
    assert abs((done - expected).total_seconds()) < 60
    assert "clock" not in told
    # Nobody gets points for what may be an old sale before somebody has looked (L32).
    assert (told["answer"]["waiting"], await town.balance(ann)) == (True, (0, 0))


async def test_l60_up_to_the_floor_limit_and_above_it_a_person_is_called(town: Town) -> None:
    till, plain, ann = await town.till(floor=50), await town.till(), somebody()
    await town.buys(ann, 30_000)
    till.sells(ann, 1_000, points=50)
    till.sells(ann, 1_000, points=51)
    # A till lets nothing through unless somebody said how much.
    plain.sells(ann, 1_000, points=1)
    assert outcomes(await till.tells()) == [(1, "applied", False, None), (2, "refused", False, "floor_limit_exceeded")]
    assert outcomes(await plain.tells()) == [(1, "refused", False, "floor_limit_exceeded")]
    # 300 - 50, and the other 9.50 earned 9.
    assert await town.balance(ann) == (259, 0)
    assert (await town.cases(till), await town.cases(plain)) == (
        [(2, "floor_limit_exceeded")],
        [(1, "floor_limit_exceeded")],
    )
    # Told again it is the same answer, and nobody is called twice.
    assert outcomes(await till.tells()) == [(1, "applied", True, None), (2, "refused", True, "floor_limit_exceeded")]
    assert len(await town.cases(till)) == 1


async def test_l60_what_is_not_there_is_owed(town: Town) -> None:
    till, ann = await town.till(floor=10_000), somebody()
    await town.buys(ann, 2_000)
    till.sells(ann, 100, points=70)
    told = await till.tells()
    # 20 were there; 50 are owed, and the other 30 bani of the basket earn nothing.
    assert told["results"][0]["outcome"] == "applied"
    assert await town.balance(ann) == (0, 50)


async def test_l69_after_a_block_the_house_bears_it_before_the_block_the_member_does(town: Town) -> None:
    till, ann = await town.till(floor=10_000), somebody()
    bought = await town.buys(ann, 30_000)
    card, member = bought["member"]["card"], bought["member"]["id"]
    pay: dict[str, Any] = {
        "pay": [{"currency": "points", "points": 40}],
        "lines": [{"amount": 1_000}],
        "member": {"card": card},
    }
    till.does("purchase", minutes_ago=10, **pay)
    (shown,) = (await town.ask("GET", f"/v1/members/{member}/cards")).json()["items"]
    blocked = await town.ask("POST", f"/v1/members/{member}/cards/{shown['id']}/block", {"reason": "lost"})
    assert blocked.status_code == 200, blocked.text
    till.does("purchase", minutes_ago=-0.02, **pay)
    assert outcomes(await till.tells()) == [(1, "applied", False, None), (2, "applied", False, None)]
    # 300 - 40 of the first; both earn 9 for 9.60, the second takes nothing of the member.
    assert await town.balance(ann) == (300 - 40 + 9 + 9, 0)
    statement = (await town.ask("GET", f"/v1/members/{member}/statement")).json()["entries"]["items"]
    assert [(one["from"], one["to"], one["amount"]) for one in statement if one["kind"] == "write_off"] == [
        ("written_off", "spent", 40)
    ]


async def test_s7_the_code_of_the_app_is_proof_at_the_moment_it_was_shown_offline_too(town: Town) -> None:
    till, ann = await town.till(floor=10_000, of="strict"), somebody()
    bought = await town.buys(ann, 30_000, of="strict")
    member = bought["member"]["id"]
    (card,) = (await town.ask("GET", f"/v1/members/{member}/cards", of="strict")).json()["items"]
    secret = (await town.ask("GET", f"/v1/members/{member}/cards/{card['id']}/app-secret", of="strict")).json()
    raw = pyotp.parse_uri(secret["otpauth"]).byte_secret()

    def pays(shown_minutes_ago: float, told_minutes_ago: float) -> None:
        at = till.now() - dt.timedelta(minutes=shown_minutes_ago)
        qr = codes.payload(bought["member"]["card"], codes.code_of(raw, codes.step_of(at)))
        pay = [{"currency": "points", "points": 10}]
        till.does("purchase", minutes_ago=told_minutes_ago, member={"qr": qr}, lines=[{"amount": 100}], pay=pay)

    pays(60, 60)  # an hour ago: proof then
    pays(61.5, 60)  # shown 90 s before: a picture of a screen
    pays(60, 59.9)  # the first code once more
    till.does(
        "purchase",
        member={"card": bought["member"]["card"]},
        lines=[{"amount": 100}],
        pay=[{"currency": "points", "points": 10}],
    )
    assert [(one[1], one[3]) for one in outcomes(await till.tells())] == [
        ("applied", None),
        ("faulty", "redeem_code_refused"),
        ("faulty", "redeem_code_refused"),
        ("faulty", "redeem_code_needed"),
    ]
    assert await town.balance(ann, of="strict") == (290, 0)


async def test_a_till_that_was_revoked_tells_nothing_more(town: Town) -> None:
    till, ann = await town.till(), somebody()
    till.sells(ann, 1_000)
    await till.tells()
    admin = {"authorization": f"Bearer {town.tokens['shop'][0]}"}
    revoked = await town.client.post(f"/v1/tills/{till.id}/revoke", headers=admin)
    assert revoked.json()["revoked_at"]
    till.sells(ann, 1_000)
    answer = await till.post()
    assert (answer.status_code, answer.json()["code"]) == (403, "till_revoked")
    assert await town.balance(ann) == (10, 0)
    listed = (await town.client.get("/v1/tills", headers=admin)).json()["items"]
    assert {one["id"]: one["revoked_at"] for one in listed}[till.id] == revoked.json()["revoked_at"]


async def test_the_till_of_another_program_is_not_there(town: Town) -> None:
    till = await town.till()
    till.token = town.tokens["strict"][1]
    till.sells(somebody(), 100)
    answer = await till.post()
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


async def test_the_private_key_is_kept_nowhere(town: Town) -> None:
    till = await town.till()
    raw = till._key.private_bytes_raw()
    async with town.database.read(programs=[1]) as tx:
        rows = await tx.fetch("select * from till")
        audit = await tx.fetch("select * from audit")
    for row in [*rows, *audit]:
        assert raw not in str(dict(row.items())).encode()
        assert raw.hex() not in str(dict(row.items()))
        assert not any(isinstance(value, bytes) and raw in value for value in row.values())


async def test_an_envelope_is_read_strictly(town: Town) -> None:
    till = await town.till()
    headers = {"authorization": f"Bearer {town.tokens['shop'][1]}"}
    for body in (
        b"",
        b"[",
        b"{}",
        b'{"till_time": "2027-01-01", "activities": []}',
        b'{"till_time": 1, "activities": [1]}',
    ):
        answer = await town.client.post(f"/v1/tills/{till.id}/activities", content=body, headers=headers)
        assert answer.status_code == 422, (body, answer.text)
    at = dt.datetime.now(dt.UTC).isoformat()
    many = {"till_time": at, "activities": [{}] * 501}
    assert (await town.client.post(f"/v1/tills/{till.id}/activities", json=many, headers=headers)).status_code == 422
    # A key given twice is a fault of that act alone.
    act = till.sells(somebody(), 100)
    twice = b'{"till_time": "%s", "activities": [{"number": 1, "number": 1, "signature": "x"}]}' % at.encode()
    answer = await town.client.post(f"/v1/tills/{till.id}/activities", content=twice, headers=headers)
    assert (answer.status_code, answer.json()["results"][0]["outcome"]) == (200, "faulty")
    assert outcomes(await till.tells([act])) == [(1, "applied", False, None)]


async def test_after_all_of_it_the_books_are_right(town: Town) -> None:
    till, ann = await town.till(floor=10_000), somebody()
    till.sells(ann, 2_000, points=500)
    await till.tells()
    assert await town.breaks(1) == []
