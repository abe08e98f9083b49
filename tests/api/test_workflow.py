"""A release on its way over HTTP: drafted by one, approved by another, published, rolled back; and all that stops it."""

from __future__ import annotations

import asyncio
import datetime as dt

import httpx
import pytest

from regulars.access import service as access
from regulars.access.contracts import StaffInactive
from regulars.kit import edge
from regulars.kit.address import Address
from regulars.kit.database import Database
from regulars.kit.settings import Settings
from regulars.program.contracts.definitions import KINDS
from regulars.worker import releases
from regulars.worker import service as worker
from tests.api.conftest import new_key
from tests.api.team import RIGHTS, shop, team, visit


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


async def test_nobody_approves_their_own_with_whatever_key(client: httpx.AsyncClient, database: Database) -> None:
    corner = await team(client, database, "marta", "ion", "ana")
    await corner.publish(shop(approvals=1))
    corner.tokens["marta again"] = await corner.join("marta")
    await corner.join("boss", ["admin"])
    await corner.key("boss", RIGHTS, name="robot")
    await corner.key("admin", RIGHTS, name="machine")

    await corner.put("marta", "drafts/autumn/rules/visit", visit(20))
    made = await corner.post("marta", "drafts/autumn/releases", {}, 201)
    assert made["number"] == 2
    assert await corner.refused("marta again", "releases/2/approve") == (403, "own_proposal")
    assert await corner.refused("machine", "releases/2/approve") == (403, "person_needed")
    # Whoever wrote it is no other person, though somebody else proposed it.
    await corner.put("ana", "drafts/winter/rules/visit", visit(30))
    assert (await corner.post("ion", "drafts/winter/releases", {}, 201))["number"] == 3
    assert await corner.refused("ana", "releases/3/approve") == (403, "own_proposal")
    assert await corner.refused("ion", "releases/3/approve") == (403, "own_proposal")
    # A machine proposes for the person who made its key.
    await corner.put("robot", "drafts/spring/rules/visit", visit(40))
    assert (await corner.post("robot", "drafts/spring/releases", {}, 201))["number"] == 4
    assert await corner.refused("boss", "releases/4/approve") == (403, "own_proposal")
    assert (await corner.post("ana", "releases/4/approve"))["state"] == "approved"
    assert (await corner.get("ana", "releases/3"))["approvals"] == []


async def test_two_approvals_are_two_people(client: httpx.AsyncClient, database: Database) -> None:
    corner = await team(client, database, "marta", "ion", "ana")
    await corner.publish(shop(approvals=2))
    await corner.put("marta", "drafts/autumn/rules/visit", visit(20))
    await corner.post("marta", "drafts/autumn/releases", {}, 201)
    for _ in range(2):
        one = await corner.post("ion", "releases/2/approve")
        assert (one["state"], len(one["approvals"]), one["approvals_needed"]) == ("proposed", 1, 2)
    refused = await corner.ask("marta", "POST", "releases/2/publish", language="ru")
    assert refused.json()["detail"].startswith("Нужно ещё 1 согласование других людей.")
    assert (await corner.post("ana", "releases/2/approve"))["state"] == "approved"
    assert (await corner.post("marta", "releases/2/publish"))["number"] == 2


async def test_two_who_approve_at_once_both_count(client: httpx.AsyncClient, database: Database) -> None:
    corner = await team(client, database, "marta", "ion", "ana")
    await corner.publish(shop(approvals=2))
    await corner.put("marta", "drafts/autumn/rules/visit", visit(20))
    await corner.post("marta", "drafts/autumn/releases", {}, 201)
    both = await asyncio.gather(corner.post("ion", "releases/2/approve"), corner.post("ana", "releases/2/approve"))
    assert sorted(one["state"] for one in both) == ["approved", "proposed"]
    now = await corner.get("marta", "releases/2")
    assert (now["state"], {one["name"] for one in now["approvals"]}) == ("approved", {"Ion", "Ana"})


async def test_of_those_who_publish_at_once_one_does(client: httpx.AsyncClient, database: Database) -> None:
    corner = await team(client, database, "marta", "ion", "ana")
    await corner.publish(shop(approvals=1))
    await corner.put("marta", "drafts/autumn/rules/visit", visit(20))
    await corner.put("ana", "drafts/winter/rules/visit", visit(30))
    for draft, who in (("autumn", "marta"), ("winter", "ana")):
        number = (await corner.post(who, f"drafts/{draft}/releases", {}, 201))["number"]
        await corner.post("ion", f"releases/{number}/approve")
    told = await asyncio.gather(
        *(corner.ask(who, "POST", f"releases/{n}/publish", {}) for n in (2, 3) for who in ("marta", "ion", "ana"))
    )
    assert sorted(one.status_code for one in told) == [200, 409, 409, 409, 409, 409]
    won = next(one.json()["number"] for one in told if one.status_code == 200)
    lost = 5 - won
    history = (await corner.get("ion", "releases"))["items"]
    assert [(one["number"], one["current"]) for one in history] == [(won, True), (1, False)]
    other = await corner.get("ion", f"releases/{lost}")
    assert (other["state"], other["overtaken_by"]) == ("overtaken", won)
    assert {one.json()["code"] for one in told if one.status_code == 409} <= {"state_forbids", "release_overtaken"}


async def test_an_approval_is_for_the_text_that_was_looked_at(client: httpx.AsyncClient, database: Database) -> None:
    corner = await team(client, database, "marta", "ion")
    await corner.publish(shop(approvals=1))
    await corner.put("marta", "drafts/autumn/rules/visit", visit(20))
    first = await corner.post("marta", "drafts/autumn/releases", {}, 201)
    assert await corner.refused("ion", "releases/2/approve", {"digest": "0" * 64}) == (409, "other_text")
    await corner.post("ion", "releases/2/approve", {"digest": first["digest"]})

    # Another text is another proposal, and needs its own yes.
    await corner.put("marta", "drafts/autumn/rules/visit", visit(200))
    second = await corner.post("marta", "drafts/autumn/releases", {}, 201)
    assert (second["number"], second["state"], second["approvals"]) == (3, "proposed", [])
    old = await corner.get("ion", "releases/2")
    assert (old["state"], old["overtaken_by"]) == ("overtaken", 3)
    assert await corner.refused("marta", "releases/2/publish") == (409, "state_forbids")
    assert await corner.refused("marta", "releases/3/publish") == (409, "approval_needed")
    assert await corner.refused("ion", "releases/3/approve", {"digest": first["digest"]}) == (409, "other_text")


async def test_two_drafts_that_meet_are_shown_side_by_side_and_settled(
    client: httpx.AsyncClient, database: Database
) -> None:
    corner = await team(client, database, "marta", "ion")
    await corner.publish(shop())
    await corner.put("marta", "drafts/autumn/rules/visit", visit(20))
    await corner.put("ion", "drafts/winter/rules/visit", visit(30))
    extra = {"title": {"en": "Guests", "ru": "Гости", "ro": "Oaspeți"}, "static": True}
    await corner.put("ion", "drafts/winter/segments/guests", extra)
    number = (await corner.post("marta", "drafts/autumn/releases", {}, 201))["number"]
    await corner.post("marta", f"releases/{number}/publish")

    met = await corner.get("ion", "drafts/winter", language="ro")
    assert (met["base"], met["in_force"]) == (1, 2)
    assert [one["text"] for one in met["changes"]] == ["Segmentul guests: adăugat"]
    assert met["conflicts"] == [
        {"path": "rules.visit", "base": visit(10), "theirs": visit(20), "yours": visit(30)},
    ]
    assert await corner.refused("ion", "drafts/winter/releases") == (409, "draft_conflict")
    assert await corner.refused("ion", "drafts/winter/rebase") == (409, "draft_conflict")
    wrong = {"choose": {"rules.visit": "yours", "rules.base": "yours"}}
    assert await corner.refused("ion", "drafts/winter/rebase", wrong) == (422, "validation_fault")

    settled = await corner.post("ion", "drafts/winter/rebase", {"choose": {"rules.visit": "yours"}})
    assert (settled["base"], settled["conflicts"]) == (2, [])
    assert [one["text"] for one in settled["changes"]] == [
        "Segment guests: added",
        'Rule visit: effects[0].amount was "20", is now "30"',
    ]
    number = (await corner.post("ion", "drafts/winter/releases", {}, 201))["number"]
    await corner.post("ion", f"releases/{number}/publish")
    assert (await corner.get("ion", "definitions/rules/visit"))["definition"] == visit(30)


async def test_theirs_leaves_the_definition_as_it_is_in_force(client: httpx.AsyncClient, database: Database) -> None:
    corner = await team(client, database, "marta")
    await corner.publish(shop())
    await corner.put("marta", "drafts/one/rules/visit", visit(20))
    await corner.put("marta", "drafts/two/rules/visit", visit(30))
    await corner.post("marta", "drafts/one/releases", {}, 201)
    await corner.post("marta", "releases/2/publish")
    settled = await corner.post("marta", "drafts/two/rebase", {"choose": {"rules.visit": "theirs"}})
    assert (settled["changes"], settled["touched"]) == ([], [])
    assert await corner.refused("marta", "drafts/two/releases") == (409, "nothing_changes")


async def test_what_was_changed_after_proposing_stays_in_the_draft(
    client: httpx.AsyncClient, database: Database
) -> None:
    corner = await team(client, database, "marta", "ion")
    await corner.publish(shop(approvals=1))
    await corner.put("marta", "drafts/autumn/rules/visit", visit(20))
    await corner.post("marta", "drafts/autumn/releases", {}, 201)
    await corner.put("marta", "drafts/autumn/rules/visit", visit(25))
    await corner.post("ion", "releases/2/approve")
    await corner.post("marta", "releases/2/publish")
    assert (await corner.get("marta", "definitions/rules/visit"))["definition"] == visit(20)
    kept = await corner.get("marta", "drafts/autumn")
    assert (kept["base"], kept["conflicts"]) == (2, [])
    assert [one["text"] for one in kept["changes"]] == ['Rule visit: effects[0].amount was "20", is now "25"']


async def test_a_draft_can_be_taken_back_piece_by_piece(client: httpx.AsyncClient, database: Database) -> None:
    corner = await team(client, database, "marta")
    await corner.publish(shop())
    await corner.put("marta", "drafts/autumn/rules/visit", visit(20))
    removed = await corner.ask("marta", "DELETE", "drafts/autumn/segments/fans")
    assert removed.json()["touched"] == ["rules.visit", "segments.fans"]
    gone = await corner.get("marta", "drafts/autumn/segments/fans")
    assert (gone["touched"], gone["definition"]) == (True, None)
    undone = await corner.ask("marta", "DELETE", "drafts/autumn/segments/fans?undo=true")
    assert undone.json()["touched"] == ["rules.visit"]
    assert (await corner.get("marta", "drafts/autumn/rules/base"))["touched"] is False
    assert (await corner.ask("marta", "DELETE", "drafts/autumn")).status_code == 200
    assert (await corner.get("marta", "drafts"))["items"] == []
    assert await corner.refused("marta", "drafts/autumn", method="GET") == (404, "not_found")


@pytest.mark.parametrize("kind", sorted(KINDS))
async def test_every_kind_can_be_drafted(client: httpx.AsyncClient, database: Database, kind: str) -> None:
    corner = await team(client, database, "marta")
    await corner.publish(shop())
    await corner.put("marta", f"drafts/any/{kind}/fresh", {"title": {"en": "Fresh", "ru": "Новое", "ro": "Nou"}})
    draft = await corner.get("marta", "drafts/any")
    assert draft["touched"] == [f"{kind}.fresh"]
    assert [(one["did"], one["path"]) for one in draft["changes"]] == [("added", f"{kind}.fresh")]
    # Its own checks speak to it: something is missing everywhere but where a title is enough.
    report = await corner.post("marta", "drafts/any/check")
    assert all(one["path"].startswith(f"{kind}.fresh") for one in report["faults"])


async def test_what_is_rejected_is_never_published(client: httpx.AsyncClient, database: Database) -> None:
    corner = await team(client, database, "marta", "ion")
    await corner.publish(shop(approvals=1))
    await corner.put("marta", "drafts/autumn/rules/visit", visit(20))
    await corner.post("marta", "drafts/autumn/releases", {}, 201)
    no = await corner.post("ion", "releases/2/reject", {"reason": "Too dear"})
    assert (no["state"], no["reason"]) == ("rejected", "Too dear")
    for step in ("approve", "publish", "check", "backtest"):
        assert await corner.refused("ion", f"releases/2/{step}") == (409, "state_forbids")
    assert await corner.refused("ion", "releases/2/reject", {"reason": ""}) == (422, "validation_fault")
    # The draft is there to go on with.
    assert [one["name"] for one in (await corner.get("marta", "drafts"))["items"]] == ["autumn"]


async def test_ones_own_is_taken_back_and_others_only_by_who_approves(
    client: httpx.AsyncClient, database: Database
) -> None:
    corner = await team(client, database)
    await corner.join("marta", ["program:read", "program:write"])
    await corner.join("ion", ["program:read", "program:write"])
    await corner.publish(shop(approvals=1))
    await corner.put("marta", "drafts/autumn/rules/visit", visit(20))
    await corner.post("marta", "drafts/autumn/releases", {}, 201)
    assert await corner.refused("ion", "releases/2/reject", {"reason": "No"}) == (403, "scope_missing")
    await corner.key("admin", ["program:write", "program:read"], name="machine")
    assert await corner.refused("machine", "releases/2/reject", {"reason": "No"}) == (403, "scope_missing")
    assert (await corner.post("marta", "releases/2/reject", {"reason": "Wrong"}))["state"] == "rejected"


async def test_how_many_must_agree_is_not_turned_down_alone(client: httpx.AsyncClient, database: Database) -> None:
    corner = await team(client, database, "marta", "ion")
    await corner.publish(shop(approvals=1))
    assert await corner.refused("marta", "releases", {"text": shop()}) == (409, "approval_needed")
    made = await corner.post("marta", "releases", {"text": shop(), "propose": True}, 201)
    assert made == {"number": 2, "state": "proposed", "to_backfill": []}
    assert await corner.refused("marta", "releases/2/publish") == (409, "approval_needed")
    await corner.post("ion", "releases/2/approve")
    await corner.post("ion", "releases/2/publish")
    # Now nobody else is asked.
    assert await corner.publish(shop().replace('"10"', '"15"')) == 3


async def test_an_emergency_waits_for_nobody_and_says_why(client: httpx.AsyncClient, database: Database) -> None:
    corner = await team(client, database, "marta", "ion")
    await corner.publish(shop(approvals=1))
    await corner.put("marta", "drafts/autumn/rules/visit", visit(20))
    await corner.post("marta", "drafts/autumn/releases", {}, 201)
    await corner.post("ion", "releases/2/approve")
    await corner.post("ion", "releases/2/publish")
    assert await corner.refused("marta", "rollback", {"to": 1, "emergency": True}) == (422, "reason_needed")
    back = await corner.post("marta", "rollback", {"to": 1, "emergency": True, "reason": "Pays twenty-fold"}, 201)
    assert (back["number"], back["state"]) == (3, "published")
    entry = (await corner.get("admin", "/v1/audit"))["items"][0]
    assert (entry["action"], entry["target"], entry["old"]["in_force"]) == ("release.rollback", "release 3", 2)
    assert [(one["path"], one["old"], one["new"]) for one in entry["new"]["changes"]] == [
        ("rules.visit.effects[0].amount", '"20"', '"10"')
    ]
    assert entry["actor"].startswith(f"{corner.ids['marta']}/key_")
    said = {name: entry["new"][name] for name in ("emergency", "reason", "rolled_back_to")}
    assert said == {"emergency": True, "reason": "Pays twenty-fold", "rolled_back_to": 1}


async def test_every_step_is_in_the_audit_with_old_and_new(
    client: httpx.AsyncClient, database: Database, settings: Settings
) -> None:
    corner = await team(client, database, "marta", "ion")
    await corner.publish(shop(approvals=1))
    await corner.put("marta", "drafts/autumn/rules/visit", visit(20))
    await corner.post("marta", "drafts/autumn/releases", {}, 201)
    await corner.post("ion", "releases/2/approve")
    await corner.post("ion", "releases/2/publish")
    entries = (await corner.get("admin", "/v1/audit"))["items"]
    steps = [
        (one["action"], one["target"], (one["old"] or {}).get("state"), one["new"].get("state"))
        for one in reversed(entries)
        if one["target"].startswith("release")
    ]
    assert steps == [
        ("release.publish", "release 1", None, None),
        ("release.propose", "release 2", None, "proposed"),
        ("release.approve", "release 2", "proposed", "approved"),
        ("release.publish", "release 2", "approved", "published"),
    ]
    published = entries[0]["new"]
    assert [(one["path"], one["old"], one["new"]) for one in published["changes"]] == [
        ("rules.visit.effects[0].amount", '"10"', '"20"')
    ]
    assert published["published"]["over"]["number"] == 1
    async with database.read(programs=[1]) as tx:
        assert await access.audit.verify(tx, key=access.audit_key(settings.home), program_id=1) == []


async def test_every_change_of_a_draft_is_in_the_audit_with_old_and_new(
    client: httpx.AsyncClient, database: Database
) -> None:
    corner = await team(client, database, "marta", "ion")
    await corner.publish(shop())
    await corner.put("marta", "drafts/autumn/rules/visit", visit(20))
    await corner.put("ion", "drafts/autumn/rules/visit", visit(30))
    assert (await corner.ask("ion", "DELETE", "drafts/autumn/rules/visit?undo=true")).status_code == 200
    assert (await corner.ask("ion", "DELETE", "drafts/autumn/rules/visit")).status_code == 200
    # Again the same changes nothing, and says nothing.
    assert (await corner.ask("ion", "DELETE", "drafts/autumn/rules/visit")).status_code == 200
    entries = [one for one in (await corner.get("admin", "/v1/audit"))["items"] if one["action"] == "draft.change"]
    ten, twenty, thirty = (
        f"{{trigger: visit, effects: [{{give: points, amount: {points}}}]}}" for points in (10, 20, 30)
    )
    assert [(one["old"]["says"], one["new"]["says"]) for one in reversed(entries)] == [
        (ten, twenty),
        (twenty, thirty),
        (thirty, ten),
        (ten, None),
    ]
    assert {one["target"] for one in entries} == {"draft autumn"}
    assert {one["new"]["path"] for one in entries} == {"rules.visit"}
    first, second = entries[-1], entries[-2]
    assert first["new"]["digest"] == second["old"]["digest"] != second["new"]["digest"]
    assert first["actor"].startswith(corner.ids["marta"])
    assert [(one["path"], one["old"], one["new"]) for one in first["new"]["changes"]] == [
        ("rules.visit.effects[0].amount", "10", "20")
    ]


async def test_the_world_hears_of_every_step(client: httpx.AsyncClient, database: Database, address: Address) -> None:
    corner = await team(client, database, "marta", "ion")
    await corner.publish(shop(approvals=1))
    for draft, points in (("autumn", 20), ("winter", 30)):
        await corner.put("marta", f"drafts/{draft}/rules/visit", visit(points))
        await corner.post("marta", f"drafts/{draft}/releases", {}, 201)
    await corner.post("ion", "releases/2/approve")
    await corner.post("ion", "releases/3/reject", {"reason": "Later"})
    await corner.put("marta", "drafts/spring/rules/visit", visit(40))
    await corner.post("marta", "drafts/spring/releases", {}, 201)
    await corner.post("ion", "releases/2/publish")
    async with Database(address, role="relay", size=1) as relay:
        await worker.relay_events(relay)
    items = (await corner.get("admin", "/v1/events"))["items"]
    assert [(one["type"], one["data"]["number"]) for one in items] == [
        ("program.release_published", 1),
        ("program.release_proposed", 2),
        ("program.release_proposed", 3),
        ("program.release_approved", 2),
        ("program.release_rejected", 3),
        ("program.release_proposed", 4),
        ("program.release_published", 2),
        ("program.release_overtaken", 4),
    ]
    assert items[-1]["data"] == {"number": 4, "by": 2}
    assert items[3]["data"] == {"number": 2, "given": 1, "needed": 1}


async def test_a_release_is_published_at_its_moment(
    client: httpx.AsyncClient, database: Database, settings: Settings
) -> None:
    corner = await team(client, database, "marta", "ion")
    await corner.publish(shop(approvals=1))
    await corner.put("marta", "drafts/autumn/rules/visit", visit(20))
    await corner.post("marta", "drafts/autumn/releases", {}, 201)
    moment = edge.now() + dt.timedelta(seconds=2)
    when = {"publish_at": moment.isoformat()}
    assert await corner.refused("marta", "releases/2/schedule", when) == (409, "approval_needed")
    await corner.post("ion", "releases/2/approve")
    for wrong in (edge.now() - dt.timedelta(hours=1), edge.now() + dt.timedelta(days=400)):
        refused = await corner.refused("marta", "releases/2/schedule", {"publish_at": wrong.isoformat()})
        assert refused == (422, "moment_too_early")
    planned = await corner.post("marta", "releases/2/schedule", when)
    assert (planned["state"], planned["publish_at"]) == ("scheduled", moment.isoformat().replace("+00:00", "Z"))

    await releases.publish_due(database, home=settings.home)
    assert (await corner.get("marta", "releases/2"))["state"] == "scheduled"
    await asyncio.sleep(max((moment - edge.now()).total_seconds(), 0) + 0.01)
    await releases.publish_due(database, home=settings.home)
    done = await corner.get("marta", "releases/2")
    assert (done["state"], done["published_by"]) == ("published", "worker")
    assert (await corner.get("marta", "definitions/rules/visit"))["release"] == 2


async def test_copies_from_a_sandbox_keep_what_the_shop_is(client: httpx.AsyncClient, database: Database) -> None:
    sandbox = await team(client, database, "sanda", program="sandbox")
    corner = await team(client, database, "marta", "ion")
    await corner.publish(shop(approvals=1))
    tried = shop().replace('"10"', '"40"').replace("name: corner", "name: sandbox").replace("MDL", "EUR")
    await sandbox.publish(tried)
    body = {"source": "sandbox", "key": sandbox.tokens["sanda"], "draft": "from_sandbox"}
    assert (await corner.post("marta", "copies", body, 201))["touched"] == ["rules.visit"]
    shown = await corner.get("marta", "drafts/from_sandbox")
    assert [one["text"] for one in shown["changes"]] == ['Rule visit: effects[0].amount was "10", is now "40"']
    assert await corner.refused("marta", "copies", body) == (409, "draft_name_taken")
    # With its settings it brings the money, and never the name or the number of approvals.
    whole = await corner.post("marta", "copies", {**body, "draft": "whole", "settings": True}, 201)
    assert whole["touched"] == ["program.program", "rules.visit"]
    settings = (await corner.get("marta", "drafts/whole/program/program"))["definition"]
    assert (settings["name"], settings["money"], settings["approvals"]) == ("corner", "EUR", "1")


async def test_a_copy_needs_a_right_in_both(client: httpx.AsyncClient, database: Database) -> None:
    sandbox = await team(client, database, program="sandbox")
    corner = await team(client, database, "marta")
    await corner.publish(shop())
    body = {"source": "sandbox", "key": sandbox.tokens["admin"], "draft": "x"}
    assert await corner.refused("marta", "copies", body) == (409, "nothing_released")
    await sandbox.publish(shop().replace('"10"', '"40"'))
    assert await corner.refused("marta", "copies", {**body, "key": "rk_1_no"}) == (401, "bad_token")
    assert await corner.refused("marta", "copies", {**body, "source": "other"}) == (404, "unknown_program")
    assert await corner.refused("marta", "copies", {**body, "release": 7}) == (404, "not_found")
    till = await sandbox.key("admin", ["till"])
    assert await corner.refused("marta", "copies", {**body, "key": till}) == (403, "scope_missing")
    await corner.join("reader", ["program:read"])
    assert await corner.refused("reader", "copies", body) == (403, "scope_missing")


async def test_proposals_are_listed_the_newest_first(client: httpx.AsyncClient, database: Database) -> None:
    corner = await team(client, database, "marta")
    await corner.publish(shop())
    for number in range(3):
        await corner.put("marta", f"drafts/d{number}/rules/visit", visit(20 + number))
        await corner.post("marta", f"drafts/d{number}/releases", {"note": f"Note {number}"}, 201)
    await corner.post("marta", "releases/3/reject", {"reason": "No"})
    first = await corner.get("marta", "proposals?limit=2")
    assert [(one["number"], one["state"], one["note"]) for one in first["items"]] == [
        (4, "proposed", "Note 2"),
        (3, "rejected", "Note 1"),
    ]
    rest = await corner.get("marta", f"proposals?limit=2&cursor={first['next_cursor']}")
    assert [one["number"] for one in rest["items"]] == [2]
    still = await corner.get("marta", "proposals?open=true")
    assert [one["number"] for one in still["items"]] == [4, 2]


@pytest.mark.parametrize("path", ["releases/99999999999", "releases/0", "releases?cursor=OTIyMzM3MjAzNjg1NDc3NTgwNg"])
async def test_absurd_numbers_find_nothing(client: httpx.AsyncClient, database: Database, path: str) -> None:
    corner = await team(client, database, "marta")
    await corner.publish(shop())
    assert (await corner.ask("marta", "GET", path)).status_code in {200, 404}


async def test_who_left_can_do_nothing_any_more(client: httpx.AsyncClient, database: Database) -> None:
    corner = await team(client, database, "marta", "ion")
    await corner.publish(shop(approvals=1))
    await corner.put("marta", "drafts/autumn/rules/visit", visit(20))
    await corner.post("marta", "drafts/autumn/releases", {}, 201)
    gone = {"name": "Ion", "email": "ion@corner.md", "languages": ["ro"], "active": False}
    assert (await corner.ask("admin", "PUT", f"/v1/staff/{corner.ids['ion']}", gone)).json()["active"] is False
    assert await corner.refused("ion", "releases/2/approve") == (401, "bad_token")
    with pytest.raises(StaffInactive):
        await new_key(database, program="corner", scopes=["till"], staff=corner.ids["ion"])


async def test_a_backtest_stands_with_the_proposal(
    client: httpx.AsyncClient, database: Database, address: Address
) -> None:
    corner = await team(client, database, "marta", "ion")
    await corner.publish(shop())
    await corner.key("admin", ["till"], name="till")
    for number in range(2):
        bought = {"member": {"phone": "+37369123456"}, "lines": [{"amount": 1000}], "document": f"d{number}"}
        headers = {"authorization": f"Bearer {corner.tokens['till']}", "idempotency-key": f"k{number}"}
        assert (await client.post("/v1/purchases", json=bought, headers=headers)).status_code == 201
    twice = {"kind": "base", "trigger": "purchase", "effects": [{"give": "points", "amount": "basket.base * 2"}]}
    await corner.put("marta", "drafts/twice/rules/base", twice)
    made = await corner.post("marta", "drafts/twice/releases", {}, 201)
    assert made["backtest"] is None
    for _ in range(2):
        asked = await corner.post("marta", "releases/2/backtest", None, 202)
        assert (asked["backtest"]["state"], asked["backtest"]["summary"]) == ("wanted", None)

    assert await releases.backtest_wanted(database, address) is True
    assert await releases.backtest_wanted(database, address) is False
    found = (await corner.get("ion", "releases/2"))["backtest"]
    summary = found["summary"]
    assert (found["state"], summary["activities"], summary["members"], summary["members_more"]) == ("done", 2, 1, 1)
    # 10 points a leu and twice as many: 10.00 twice is 20 and 40; a point costs 0.01.
    assert summary["by_rule"]["base"]["points"] == {
        "recorded": 20,
        "candidate": 40,
        "difference": 20,
        "cost_minor": {"recorded": 20, "candidate": 40, "difference": 20},
        "members": 1,
    }
    # Asked for anew, it is judged anew.
    assert (await corner.post("ion", "releases/2/backtest", None, 202))["backtest"]["state"] == "wanted"


async def test_how_many_are_in_a_segment_that_goes_is_shown(client: httpx.AsyncClient, database: Database) -> None:
    corner = await team(client, database, "marta")
    await corner.publish(shop())
    await corner.ask("marta", "DELETE", "drafts/fewer/segments/fans")
    made = await corner.post("marta", "drafts/fewer/releases", {}, 201)
    assert made["touched"] == [{"path": "segments.fans", "did": "removed", "policy": None, "members": 0}]
    wrong = {"in_progress": {"segments.fans": "restart"}}
    assert await corner.refused("marta", "drafts/fewer/releases", wrong) == (422, "not_midway")


async def test_how_many_stand_on_a_ladder_that_changes_is_shown(client: httpx.AsyncClient, database: Database) -> None:
    corner = await team(client, database, "marta")
    ladder = """
metrics:
  spend: {title: {en: Spend, ru: Траты, ro: Cheltuieli}, sum: "basket.total"}
ladders:
  status:
    title: {en: Status, ru: Статус, ro: Statut}
    qualify: "member.metrics.spend"
    levels: {green: 0, silver: 100.00}
"""
    await corner.publish(shop() + ladder)
    await corner.key("admin", ["till"], name="till")
    for number in range(3):
        bought = {"member": {"phone": f"+3736912345{number}"}, "lines": [{"amount": 1000}], "document": f"d{number}"}
        headers = {"authorization": f"Bearer {corner.tokens['till']}", "idempotency-key": f"k{number}"}
        assert (await client.post("/v1/purchases", json=bought, headers=headers)).status_code == 201
    higher = {
        "title": {"en": "Status", "ru": "Статус", "ro": "Statut"},
        "qualify": "member.metrics.spend",
        "levels": {"green": "0", "silver": "200.00"},
    }
    await corner.put("marta", "drafts/higher/ladders/status", higher)
    made = await corner.post("marta", "drafts/higher/releases", {"in_progress": {"ladders.status": "restart"}}, 201)
    assert made["touched"] == [{"path": "ladders.status", "did": "changed", "policy": "restart", "members": 3}]
