"""Everything is held against everything else: what other rooms keep beside points (I10 to I14), and frozen balances and the
books over HTTP."""

from __future__ import annotations

import asyncio
import datetime as dt
from pathlib import Path
from typing import Any

import pytest

from regulars.activities import service as activities
from regulars.activities import soundness
from regulars.kit import edge, ids
from regulars.kit.address import Address
from regulars.kit.database import Database
from tests.api.conftest import new_key
from tests.checkout.town import PHONES, People, people
from tests.ledger.test_checker import Undo

CORNER = (Path(__file__).parents[1] / "journeys" / "corner_shop.yaml").read_text()
# A point a dollar, and nothing else.
SHOP = CORNER[: CORNER.index("  big:")] + CORNER[CORNER.index("  visit:\n    title", CORNER.index("  big:")) :]


@pytest.fixture
async def town(home: Path, address: Address, database: Database) -> Any:
    async with people(home, address, database, SHOP) as opened:
        yield opened


WRONG = {
    "entry names no activity": ("I11", "entry", "delete from regulars.activity where member_id = '{ann}'"),
    "event is gone": ("I11", "event", "delete from regulars.event where account_id = '{ann}'"),
    "account goes back": ("I11", "account", "update regulars.account set version = 0 where account_id = '{ann}'"),
    "refused and yet written": ("I13", "answer", "update regulars.answer set status = 409 where account_id = '{ann}'"),
    "posted to who was merged": (
        "I14",
        "entry",
        "update regulars.moved set moved_at = moved_at - interval '1 h' where member_id = '{bob}'",
    ),
    "more used than supplied": (
        "I12",
        "counter",
        """insert into regulars.counter (program_id, metric, owner, bucket, item, value)
        values (1, 'stock:mug', '', '', 'in', 5), (1, 'stock:mug', '', '', '', 6)""",
    ),
}


async def test_what_other_rooms_keep_is_held_against_points(town: People, address: Address) -> None:
    await town.buy("ann", 12000)
    await town.buy("bob", 5000)
    await town.merge("bob", "ann")
    assert await town.sound()
    names = {name: str(ids.from_wire("mem", town.ids[name])) for name in ("ann", "bob")}
    async with Database(address, role="owner", size=1) as owner:
        for what, (invariant, table, sql) in WRONG.items():
            try:
                async with owner.transaction(programs=[1]) as tx:
                    assert await tx.execute(sql.format(**names)), what
                    for since in (None, edge.now() - dt.timedelta(hours=2)):
                        if since is not None and table == "account":
                            # The number of all activities of an account is counted at night.
                            continue
                        found = await activities.breaches(tx, program_id=1, since=since)
                        assert {(one.invariant, one.table) for one in found} == {(invariant, table)}, (what, found)
                    raise Undo
            except Undo:
                pass
    async with town.database.read(programs=[1]) as tx:
        (stranded,) = await soundness.breaches(tx, program_id=1, since=None, transit={"points": 7})
    assert (stranded.invariant, stranded.stored) == ("I10", "7")


async def test_a_frozen_balance_is_let_go_over_http_once_it_holds(town: People, address: Address) -> None:
    await town.buy("ann", 12000)
    await town.buy("bob", 1000)
    account = ids.to_wire("acc", ids.from_wire("mem", town.ids["ann"]))
    change = "update regulars.balance set active = active {} 5 where account_id = $1"
    async with Database(address, role="owner", size=1) as owner:

        async def put(sign: str) -> None:
            async with owner.transaction(programs=[1]) as tx:
                assert await tx.execute(change.format(sign), ids.from_wire("mem", town.ids["ann"])) == 1

        await put("+")
        report = await activities.check_everything(town.database, town.home, program_id=1, freeze=True)
        assert (report.breaks[0].table, report.breaks[0].stored, report.breaks[0].expected) == ("balance", "125", "120")
        (frozen,) = (await town.get("/v1/ledger/frozen"))["items"]
        assert (frozen["account"], frozen["currency"], frozen["active"]) == (account, "points", 125)
        # It earns, and nobody spends from it.
        await town.buy("ann", 1000)
        refused = await town.client.post(
            "/v1/purchases",
            json={
                "member": {"phone": PHONES["ann"]},
                "lines": [{"amount": 100}],
                "pay": [{"currency": "points", "points": 50}],
            },
            headers={"idempotency-key": "frozen"},
        )
        assert (refused.status_code, refused.json()["code"]) == (409, "balance_frozen")
        # Nor is anybody forgotten while somebody looks into what they have.
        gone = {"reason": "asked for it", "forfeits": True}
        kept = await town.post(f"/v1/members/{town.ids['ann']}/erase", gone, status=409)
        assert (kept["code"], kept["fields"], await town.active("ann")) == (
            "balance_frozen",
            {"currency": "points"},
            135,
        )
        admin = {"authorization": f"Bearer {await new_key(town.database, program='shop', scopes=('admin',))}"}
        body = {"account": account, "currency": "points", "reason": "put back from the backup"}
        wrong = await town.client.post("/v1/ledger/frozen/thaw", json=body, headers=admin)
        assert (wrong.status_code, wrong.json()["code"]) == (409, "balance_still_broken")
        await put("-")
        done = await town.client.post("/v1/ledger/frozen/thaw", json=body, headers=admin)
        assert (done.status_code, done.json()["way"]) == (200, "holds"), done.text
        again = await town.client.post("/v1/ledger/frozen/thaw", json=body, headers=admin)
        assert (again.status_code, again.json()["code"]) == (409, "not_frozen")
    audit = (await town.client.get("/v1/audit", headers=admin)).json()["items"][0]
    assert (audit["action"], audit["new"]["reason"]) == ("ledger.thaw", "put back from the backup")
    await town.buy("ann", 100, pay=[{"currency": "points", "points": 50}])
    assert await town.sound()


async def test_the_books_of_a_day_over_http(town: People) -> None:
    await town.buy("ann", 12000)
    begin = edge.now() - dt.timedelta(hours=1)
    asked = {"since": begin.isoformat(), "until": edge.now().isoformat(), "zone": "Europe/Chisinau"}
    early = await town.client.get("/v1/ledger/journal", params=asked)
    assert (early.status_code, early.json()["code"]) == (422, "too_recent")
    for wrong in ({"since": "never"}, {"until": "2020-01-01T00:00:00Z"}, {"zone": "Moon"}):
        answer = await town.client.get("/v1/ledger/journal", params={**asked, **wrong})
        assert (answer.status_code, answer.json()["code"]) == (422, "validation_fault"), wrong
    for missing in ("since", "until"):
        params = {name: value for name, value in asked.items() if name != missing}
        told = (await town.client.get("/v1/ledger/journal", params=params)).json()
        assert (told["code"], told["fields"]["field"]) == ("validation_fault", missing)
    owed = (await town.get("/v1/ledger/liability"))["items"]
    assert [(one["currency"], one["points"]) for one in owed] == [("points", 120)]
    then = await town.client.get("/v1/ledger/liability", params={"as_of": begin.isoformat()})
    assert then.json()["items"] == []
    assert (await town.client.get("/v1/ledger/liability", params={"as_of": edge.now().isoformat()})).status_code == 422


async def test_I8_statements_of_the_past_over_merges_lateness_and_extension(
    town: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown: list[tuple[str, dt.datetime, dict[str, Any]]] = []

    async def look(name: str) -> None:
        # What the member is shown now is what must be told of this moment for ever.
        said = await town.get(f"/v1/members/{town.ids[name]}/statement")
        shown.append((name, edge.now(), said))
        await asyncio.sleep(0.01)

    await town.buy("ann", 12000)
    await look("ann")
    sale = await town.buy("bob", 5000)
    await look("bob")
    # Bought in February, learned today: it is in no statement of before.
    late = (edge.now() - dt.timedelta(days=40)).isoformat()
    await town.buy("ann", 3000, occurred_at=late)
    await look("ann")
    await town.buy("bob", 100, pay=[{"currency": "points", "points": 30}])
    await look("bob")
    await town.merge("bob", "ann")
    await look("ann")
    await town.post("/v1/returns", {"sale": {"activity_id": sale["activity_id"]}})
    await look("ann")
    real = edge.now
    monkeypatch.setattr(edge, "now", lambda: real() + dt.timedelta(minutes=10))
    for name, moment, said in shown:
        answer = await town.client.get(f"/v1/members/{town.ids[name]}/statement", params={"as_of": moment.isoformat()})
        # Bob's id leads to ann by now; of that moment it tells his own books, and hers tell nothing of his.
        told = answer.json()
        for part in ("balances", "entries", "lots"):
            assert told[part] == said[part], (name, moment, part)
