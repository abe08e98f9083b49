"""A release on its way over HTTP: drafted by one, approved by another, published, rolled back; and all that stops it."""

from __future__ import annotations

import httpx

from regulars.kit.database import Database
from tests.api.team import shop, team, visit


async def test_from_a_draft_to_a_release_and_back(client: httpx.AsyncClient, database: Database) -> None:
    corner = await team(client, database, "marta", "ion")
    assert await corner.publish(shop(approvals=1)) == 1

    await corner.put("marta", "drafts/autumn/rules/visit", visit(20))
    draft = await corner.get("ion", "drafts/autumn")
    assert [one["text"] for one in draft["changes"]] == ['Rule visit: effects[0].amount was "10", is now "20"']
    assert (await corner.post("marta", "drafts/autumn/check"))["ok"] is True

    made = await corner.post("marta", "drafts/autumn/releases", {"note": "Autumn"}, 201)
    assert (made["number"], made["state"], made["base"], made["approvals_needed"]) == (2, "proposed", 1, 1)
    assert await corner.refused("marta", "releases/2/publish") == (409, "approval_needed")
    assert await corner.refused("marta", "releases/2/approve") == (403, "own_proposal")

    agreed = await corner.post("ion", "releases/2/approve", {"digest": made["digest"], "note": "Agreed"})
    assert agreed["state"] == "approved"
    assert [(one["staff"], one["name"], one["note"]) for one in agreed["approvals"]] == [
        (corner.ids["ion"], "Ion", "Agreed")
    ]
    published = await corner.post("marta", "releases/2/publish")
    assert published == {"number": 2, "state": "published", "to_backfill": []}
    in_force = await corner.get("ion", "definitions/rules/visit")
    assert (in_force["release"], in_force["definition"]["effects"]) == (2, [{"give": "points", "amount": "20"}])
    assert (await corner.get("ion", "drafts"))["items"] == []

    # Going back asks for another person too.
    back = await corner.post("ion", "rollback", {"to": 1}, 201)
    assert (back["number"], back["state"]) == (3, "proposed")
    await corner.post("marta", "releases/3/approve")
    await corner.post("ion", "releases/3/publish")
    third = await corner.get("ion", "releases/3")
    assert (third["state"], third["rolled_back_to"], third["text"]) == ("published", 1, shop(approvals=1))
    assert (await corner.get("ion", "definitions/rules/visit"))["definition"]["effects"][0]["amount"] == "10"
