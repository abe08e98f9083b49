"""What a member does with points in a catalogue, over HTTP, from the order to what becomes of it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.journeys.conftest import TILL, Server, Till

PROGRAM = (Path(__file__).parent / "rewards.yaml").read_text()


@pytest.fixture(scope="session")
def desk(served: Server) -> Iterator[Till]:
    made = Till(served.url, asyncio.run(served.found(name="rewards", text=PROGRAM, scopes=(*TILL, "import"))))
    yield made
    made.client.close()


def member_with(desk: Till, miles: int, phone: str) -> str:
    body = {"member": {"phone": phone}, "lines": [{"amount": miles * 100}]}
    answer = desk.done("/v1/purchases", body)
    found: str = answer["member"]["id"]
    return found


def miles_of(desk: Till, member: str) -> tuple[int, int]:
    answer = desk.get(f"/v1/members/{member}")
    one = next(balance for balance in answer["balances"] if balance["currency"] == "miles")
    return one["active"], one["held"]


def test_a_coffee_is_ordered_and_paid_with_points(desk: Till) -> None:
    member = member_with(desk, 120, "+37369000001")
    answer = desk.done(f"/v1/members/{member}/orders", {"reward": "coffee"})
    assert answer["points"] == {"miles": -50}
    assert [(one["reward"], one["state"]) for one in answer["orders"]] == [("coffee", "fulfilled")]
    assert miles_of(desk, member) == (70, 0)
    again = desk.get(f"/v1/members/{member}/orders")
    assert [(one["id"], one["state"]) for one in again["items"]] == [(answer["orders"][0]["id"], "fulfilled")]


def test_a_parcel_passes_its_states_and_the_points_are_spent_at_the_end(desk: Till) -> None:
    member = member_with(desk, 150, "+37369000002")
    order = desk.done(f"/v1/members/{member}/orders", {"reward": "mug"})["orders"][0]
    assert (order["does"], order["stage"], miles_of(desk, member)) == ("parcel", "packed", (50, 100))
    step = f"/v1/orders/{order['id']}/steps/1"
    desk.done(step, {"outcome": "moved", "detail": {"stage": "shipped", "tracking": "MD1"}})
    refused = desk.post(step, {"outcome": "moved", "detail": {"stage": "packed"}})
    assert (refused.status_code, refused.json()["code"]) == (409, "order_step_over")
    desk.done(step, {"outcome": "moved", "detail": {"stage": "delivered"}})
    shown: dict[str, Any] = desk.get(f"/v1/orders/{order['id']}")
    assert (shown["state"], shown["detail"]["tracking"]) == ("fulfilled", "MD1")
    assert miles_of(desk, member) == (50, 0)


def test_a_visit_booked_elsewhere_is_confirmed_in_two_steps_and_cancelled_with_a_refund(desk: Till) -> None:
    member = member_with(desk, 600, "+37369000003")
    lacking = desk.post(f"/v1/members/{member}/orders", {"reward": "lounge"})
    assert (lacking.status_code, lacking.json()["fields"]["field"]) == (422, "form.guests")
    order = desk.done(f"/v1/members/{member}/orders", {"reward": "lounge", "form": {"guests": 2}})["orders"][0]
    assert (order["does"], order["target"], miles_of(desk, member)) == ("webhook", "lounge", (100, 500))
    step = f"/v1/orders/{order['id']}/steps"
    desk.done(f"{step}/1", {"outcome": "confirmed", "detail": {"reference": "L-77"}})
    done = desk.done(f"{step}/2", {"outcome": "confirmed"})
    assert (done["orders"][0]["state"], done["orders"][0]["service"]) == ("fulfilled", "lounge_visit")
    assert miles_of(desk, member) == (100, 0)
    services = desk.get(f"/v1/members/{member}/services")["items"]
    assert [one["service"] for one in services] == ["lounge_visit"]
    desk.done(f"/v1/orders/{order['id']}/cancel", {"by": "member"})
    assert miles_of(desk, member) == (600, 0)
    assert desk.get(f"/v1/members/{member}/services")["items"] == []


def test_the_catalogue_has_what_can_be_had_first_and_at_most_six(desk: Till) -> None:
    member = member_with(desk, 120, "+37369000004")
    found = desk.get("/v1/rewards", member=member)
    assert [(one["reward"], one["affordable"]) for one in found["items"]] == [
        ("mug", True),
        ("coffee", True),
        ("free_coffee", True),
        ("lounge", False),
    ]
    assert found["items"][3]["prices"] == [{"points": {"miles": 500}, "lacks": {"miles": 380}}]
    first = desk.get("/v1/rewards", member=member, limit=1)
    second = desk.get("/v1/rewards", member=member, limit=1, cursor=first["next_cursor"])
    assert [one["items"][0]["reward"] for one in (first, second)] == ["mug", "coffee"]


def test_the_catalogue_says_that_a_budget_is_spent_also_that_of_a_part(desk: Till) -> None:
    member = member_with(desk, 6000, "+37369000014")

    def why_not() -> dict[str, str | None]:
        found = desk.get("/v1/rewards", member=member, limit=20)["items"]
        return {one["reward"]: one["why_not"] for one in found if "bag" in one["reward"]}

    assert why_not() == {"last_bag": None, "bag_set": None, "bag_or_mug": None}
    desk.done(f"/v1/members/{member}/orders", {"reward": "bag_set"})
    # A mug can still be chosen.
    spent = "reward_budget_spent"
    assert why_not() == {"last_bag": spent, "bag_set": spent, "bag_or_mug": None}
    refused = desk.post(f"/v1/members/{member}/orders", {"reward": "last_bag"})
    assert (refused.status_code, refused.json()["code"]) == (409, spent)


def test_a_gift_card_that_a_friend_has_used_keeps_its_order_from_being_cancelled(desk: Till) -> None:
    member = member_with(desk, 6000, "+37369000015")
    friend = member_with(desk, 1, "+37369000016")
    orders = [desk.done(f"/v1/members/{member}/orders", {"reward": "gift"})["orders"][0]["id"] for _ in range(2)]
    first, second = (one["code"] for one in desk.get(f"/v1/members/{member}/vouchers")["items"])
    used = desk.done("/v1/vouchers/redeem", {"member": {"id": friend}, "vouchers": [first]})
    assert [one["active"] for one in used["balances"] if one["currency"] == "cash"] == [100]
    assert [one["code"] for one in desk.get(f"/v1/members/{member}/vouchers")["items"]] == [second]
    refused = [desk.post(f"/v1/orders/{order}/cancel", {"by": "member"}) for order in orders]
    codes = sorted((one.status_code, one.json().get("code")) for one in refused)
    assert codes == [(201, None), (409, "order_used")]
    assert miles_of(desk, member) == (5900, 0)
    gone = desk.post("/v1/vouchers/redeem", {"member": {"id": friend}, "vouchers": [second]})
    assert (gone.status_code, gone.json()["code"]) == (409, "voucher_blocked")


def test_a_reward_is_taken_at_the_till_with_the_basket(desk: Till) -> None:
    member_with(desk, 120, "+37369000005")
    basket = {
        "member": {"phone": "+37369000005"},
        "lines": [{"amount": 2000, "category": "coffee"}, {"amount": 1000}],
        "rewards": ["free_coffee"],
    }
    quote = desk.client.post("/v1/quotes", json=basket).json()
    assert quote["to_pay"] == 1000
    answer = desk.done("/v1/purchases", basket)
    # 20 for the coffee, 10 earned with the rest.
    assert (answer["to_pay"], answer["balances"][0]["active"]) == (1000, 110)


def test_staff_give_a_reward_and_see_the_queue(desk: Till) -> None:
    member = member_with(desk, 5, "+37369000006")
    order = desk.done(f"/v1/members/{member}/rewards", {"reward": "mug", "reason": "sorry"})["orders"][0]
    assert order["id"] in [one["id"] for one in desk.get("/v1/orders", does="parcel")["items"]]
    desk.done(f"/v1/orders/{order['id']}/cancel", {"by": "staff", "reason": "typo"})
    assert desk.get(f"/v1/orders/{order['id']}")["state"] == "cancelled"
    twice = desk.post(f"/v1/orders/{order['id']}/cancel", {"by": "member"})
    assert (twice.status_code, twice.json()["code"]) == (409, "order_not_open")


def test_pictures_and_long_texts_stand_in_the_catalogue_and_with_the_order(desk: Till) -> None:
    member = member_with(desk, 120, "+37369000007")
    rows = [
        {"reward": "mug", "sort": 1, "picture": "https://img.example/mug.jpg"},
        {"reward": "mug", "language": "ro", "sort": 0, "text": "O cană mare."},
        {"reward": "mug", "sort": 2, "text": "last winter", "until": "2020-01-01"},
        {"reward": "mug", "sort": 3, "text": "far from now", "from": "2990-01-01"},
    ]
    assert desk.client.put("/v1/pictures", json={"items": rows}).json() == {"count": 4}
    shown = [
        {"reward": "mug", "language": "ro", "sort": 0, "text": "O cană mare."},
        {"reward": "mug", "language": "any", "sort": 1, "picture": "https://img.example/mug.jpg"},
    ]
    found = {one["reward"]: one["pictures"] for one in desk.get("/v1/rewards", member=member)["items"]}
    assert (found["mug"], found["coffee"]) == (shown, [])
    order = desk.done(f"/v1/members/{member}/orders", {"reward": "mug"})["orders"][0]
    assert desk.get(f"/v1/members/{member}/orders")["items"][0]["pictures"] == shown
    assert desk.get(f"/v1/orders/{order['id']}")["pictures"] == shown
    desk.client.delete("/v1/pictures/mug/ro/0")
    assert desk.get(f"/v1/orders/{order['id']}")["pictures"] == shown[1:]


def test_l65_an_order_goes_with_its_member_when_two_become_one(desk: Till) -> None:
    ann, bob = member_with(desk, 700, "+37369000008"), member_with(desk, 20, "+37369000009")
    order = desk.done(f"/v1/members/{ann}/orders", {"reward": "lounge", "form": {"guests": 2}})["orders"][0]
    paid = desk.done(f"/v1/members/{ann}/orders", {"reward": "voucher"})["orders"][0]
    desk.done(f"/v1/members/{ann}/merge", {"into": bob, "reason": "one person"})
    found = {one["id"]: one for one in desk.get(f"/v1/members/{bob}/orders")["items"]}
    # What was filled in and what is known of it came along, and it stands in the queue once.
    assert found.keys() == {order["id"], paid["id"]}
    assert (found[order["id"]]["form"], found[order["id"]]["detail"]["points"]) == ({"guests": 2}, {"miles": 500})
    queue = [one["member"] for one in desk.get("/v1/orders", does="webhook")["items"] if one["id"] == order["id"]]
    theirs = [one["id"] for one in desk.get(f"/v1/members/{ann}/orders")["items"]]
    assert (queue, theirs) == ([bob], list(found))
    assert miles_of(desk, bob) == (120, 500)
    desk.done(f"/v1/orders/{order['id']}/steps/1", {"outcome": "refused", "reason": "full"})
    assert miles_of(desk, bob) == (620, 0)
    # Paid before, in an account that is no more: given back here.
    desk.done(f"/v1/orders/{paid['id']}/cancel", {"by": "member"})
    assert miles_of(desk, bob) == (720, 0)
