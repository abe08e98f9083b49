"""The preset of a lender over HTTP: paying on time is rewarded, a new loan hardly, arrears not at all."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Iterator
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from regulars.program import service as program
from tests.journeys.conftest import TILL, Server, Till

VERA = {"phone": "+37369155501"}
ION = {"phone": "+37369155502"}


@pytest.fixture(scope="session")
def lender(served: Server) -> Iterator[Till]:
    token = asyncio.run(served.found(name="lender", text=program.preset("lender"), scopes=TILL))
    made = Till(served.url, token)
    yield made
    made.client.close()


def does(lender: Till, type: str, who: dict[str, str], **more: Any) -> dict[str, Any]:
    return lender.done("/v1/activities", {"type": type, "member": who, **more})


def pays(lender: Till, who: dict[str, str]) -> dict[str, Any]:
    return does(lender, "repayment", who, fields={"loan": "1", "amount": 100_000, "on_time": True})


def takes(lender: Till, who: dict[str, str]) -> dict[str, Any]:
    return does(lender, "loan_taken", who, fields={"loan": "1", "amount": 5_000_000})


def says(answer: dict[str, Any], code: str) -> str:
    return str(next(one["text"]["en"] for one in answer["messages"] if one["code"] == code))


def test_a_borrower_is_rewarded_for_paying_back_and_for_nothing_else(lender: Till) -> None:
    first = takes(lender, VERA)
    assert first["points"] == {"points": 20}
    assert takes(lender, VERA)["points"] == {}
    here = f"/v1/members/{first['member']['id']}"
    offered = {one["name"]: (one["state"], one["join"]) for one in lender.get(f"{here}/challenges")["items"]}
    assert offered == {"steady": ("offered", "self"), "first_three": ("offered", "tap")}
    joined = lender.done(f"{here}/challenges/first_three/join", {"channel": "app"})
    assert says(joined, "challenge.joined") == "The first three: joined, 0 of 3."
    assert lender.post(f"{here}/challenges/steady/join", {}).json()["code"] == "challenge_joins_itself"

    once = pays(lender, VERA)
    assert (once["points"], says(once, "challenge.progress")) == ({"points": 20}, "A year on time: 1 of 12.")
    assert pays(lender, VERA)["points"] == {"points": 20}
    # A month gives 40 for instalments; three of them within four months are 60 more.
    third = pays(lender, VERA)
    assert third["points"] == {"points": 60}
    assert says(third, "challenge.completed") == "The first three: done, 3 of 3."
    page = lender.get(f"{here}/challenges")
    assert [(one["name"], one["times"]) for one in page["badges"]] == [("first_three", 1)]
    assert {one["name"]: one["progress"] for one in page["items"]} == {"steady": 1, "first_three": 3}
    assert lender.post(f"{here}/challenges/first_three/join", {}).json()["code"] == "challenge_over"
    assert third["balances"][0]["active"] == 20 + 20 + 20 + 60
    entries = lender.get(f"{here}/statement")["entries"]["items"]
    rules = [one["rule"] for one in reversed(entries) if one["kind"] == "earn"]
    assert rules == ["thank_you", "on_time", "on_time", "challenges.first_three"]


def test_an_instalment_that_did_not_come_ends_rewards_until_it_is_paid(lender: Till) -> None:
    takes(lender, ION)
    assert pays(lender, ION)["points"] == {"points": 20}
    yesterday = dt.datetime.now(ZoneInfo("Europe/Chisinau")).date() - dt.timedelta(days=1)
    owed = {"id": "1", "amount": 100_000, "due_on": yesterday.isoformat(), "paid": False}
    does(lender, "profile", ION, profile={"attributes": {"loans": [owed]}})
    late = pays(lender, ION)
    assert (late["points"], late["balances"][0]["active"]) == ({}, 40)
    assert "caught_up" not in [one["code"] for one in late.get("messages", ())]
    caught_up = does(lender, "profile", ION, profile={"attributes": {"loans": [{**owed, "paid": True}]}})
    assert says(caught_up, "caught_up") == "Nothing is overdue any more."
    assert pays(lender, ION)["points"] == {"points": 20}
