"""The cafe's family card over HTTP, as docs/presets/cafe.md tells it: four people, one card, every figure by hand."""

from __future__ import annotations

from typing import Any

import pytest

from regulars.program import service as program
from tests.checkout.town import People, people


@pytest.fixture
async def town(home, address, database):
    async with people(home, address, database, program.preset("cafe")) as opened:
        yield opened


def coffee(price: int, cups: int, kind: str = "latte") -> dict[str, Any]:
    return {"amount": price * cups, "quantity": cups, "category": kind}


async def has(town: People, name: str) -> tuple[int, int]:
    return await town.active(name), await town.active(name, "stamps")


async def test_a_family_fills_one_card(town: People) -> None:
    # Ann: two lattes at 30.00. Bob: an espresso at 20.00.
    await town.buys("ann", coffee(3000, 2))
    await town.buys("bob", coffee(2000, 1, "espresso"))
    assert (await has(town, "ann"), await has(town, "bob")) == ((60, 2), (20, 1))

    # Ann founds the family, and is welcome in it.
    ann, base = town.ids["ann"], f"/v1/members/{town.ids['ann']}/household"
    await town.post(base, {"household": "family"})
    assert await has(town, "ann") == (80, 2)
    code = (await town.get(base))["code"]

    # Bob does not know the code at first; then his stamp is everybody's, his points are his.
    join = f"/v1/members/{town.ids['bob']}/household/join"
    assert (await town.post(join, {"of": ann, "code": "NOTTHIS1"}, status=403))["code"] == "not_invited"
    assert await has(town, "bob") == (20, 1)
    assert (await town.post(join, {"of": ann, "code": code}))["state"] == "arrived"
    assert (await has(town, "ann"), await has(town, "bob")) == ((80, 3), (40, 3))

    # A child fills the card and does not spend from it; an owner says who is no child.
    refused = {"member": {"id": town.ids["bob"]}, "currency": "stamps", "points": 1}
    assert (await town.post("/v1/holds", refused, status=403))["code"] == "role_may_not"
    role = {"act": "role", "member": town.ids["bob"], "role": "adult"}
    assert (await town.post(base.replace(ann, town.ids["bob"]) + "/members", role, status=403))[
        "code"
    ] == "role_may_not"
    await town.post(base + "/members", role)
    held = await town.post("/v1/holds", refused)
    await town.post(f"/v1/holds/{held['holds'][0]['id']}/void", {})

    # Seven espressi of Bob make ten stamps; nine of the eleven after Ann's latte are a free cup beside a cake.
    await town.buys("bob", coffee(2000, 7, "espresso"))
    assert (await has(town, "ann"), await has(town, "bob")) == ((80, 10), (180, 10))
    await town.buys("ann", coffee(3000, 1))
    assert (await has(town, "ann"), await has(town, "bob")) == ((110, 11), (180, 11))
    done = await town.buys("ann", coffee(3000, 1), {"amount": 2500}, rewards=["free_coffee"])
    assert (done["total"], done["to_pay"]) == (5500, 2500)
    assert done["points"] == {"points": 25, "stamps": -9}
    assert (await has(town, "ann"), await has(town, "bob")) == ((135, 2), (180, 2))

    # Cat was never here; it is the family's tenth coffee that Ann has just drunk, hers is the eleventh.
    await town.buys("cat", coffee(2500, 1, "cappuccino"))
    await town.post(f"/v1/members/{town.ids['cat']}/household/join", {"of": ann, "code": code})
    assert await has(town, "cat") == (45, 3)
    seen = await town.get(base.replace(ann, town.ids["cat"]))
    assert ([one["id"] for one in seen["members"]], seen["shared"]) == ([town.ids["cat"]], {"stamps": 3})

    # A nameless card turns out to be Bob's second one.
    nameless = await town.post("/v1/purchases", {"member": {"token": "PAR-7"}, "lines": [coffee(3000, 1)]})
    town.ids["card"] = nameless["member"]["id"]
    await town.merge("card", "bob")
    assert (await has(town, "bob"), await has(town, "ann")) == ((210, 4), (135, 4))

    # Bob leaves with what is left of his: one espresso and the nameless card. What was earned first was spent.
    await town.post(f"/v1/members/{town.ids['bob']}/household/leave", {})
    assert (await has(town, "bob"), await has(town, "ann")) == ((210, 2), (135, 2))

    # The only owner leaves once somebody follows her.
    leave = base + "/leave"
    assert (await town.post(leave, {}, status=409))["code"] == "successor_needed"
    await town.post(base + "/members", {"act": "succeed", "member": town.ids["cat"]})
    await town.post(leave, {})
    assert (await has(town, "ann"), await has(town, "cat")) == ((135, 1), (45, 1))
    assert await town.sound()
