"""`regulars ledger`: something is changed, found, named, frozen and let go by people; finance takes its files along."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest

from regulars.kit import edge, ids
from tests.cli.conftest import Run
from tests.cli.test_imports import rows, take_in, write


@pytest.fixture
def member() -> str:
    """A member that no other test uses."""
    return f"m{edge.random_digits(10)}"


@pytest.fixture
def admin(shop: Run) -> Iterator[psycopg.Connection[Any]]:
    """Whoever rules the database."""
    with psycopg.connect(shop("db", "url", "--role", "admin").out.strip(), autocommit=True) as connection:
        yield connection


def breaks(ran: Any) -> list[dict[str, str]]:
    found: list[dict[str, str]] = json.loads(ran.out)["breaks"]
    return found


def test_a_changed_number_is_named_frozen_rebuilt_and_let_go(
    shop: Run, tmp_path: Path, member: str, admin: psycopg.Connection[Any]
) -> None:
    # Two receipts of 12.00 each: 24 points.
    take_in(shop, write(tmp_path, rows(member, 2)))
    shop("ledger", "check", "--program", "corner")
    account = own_account_of(admin, shop, member)
    admin.execute(
        "update regulars.balance set active = active + 5 where account_id = %s and currency = 'points'", (account,)
    )
    found = shop("ledger", "check", "--program", "corner", "--freeze")
    assert found.code == 1
    assert "First wrong row (I2): balance where account_id" in found.err
    # As the command wants it, not as the row has it.
    assert f'regulars ledger thaw {wire(account)} points --rebuild --reason "why" --program corner\n' in found.err
    assert "1 thing that does not hold" in found.out or "things that do not hold" in found.out
    assert "it says:        29" in found.err
    assert "it should say:  24" in found.err
    listed = json.loads(shop("ledger", "frozen", "--program", "corner", "--json").out)
    assert [(one["account_id"], one["currency"], one["active"]) for one in listed] == [(wire(account), "points", 29)]
    name = wire(account)
    thaw = ("ledger", "thaw", name, "points", "--program", "corner", "--reason", "looked at it")
    refused = shop(*thaw, "--json")
    assert (refused.code, json.loads(refused.out)["error"]) == (1, "balance_still_broken")
    assert "`regulars ledger thaw` with --rebuild" in json.loads(refused.out)["text"]
    done = shop(*thaw, "--rebuild", "--json")
    assert (done.code, json.loads(done.out)["way"]) == (0, "rebuild")
    assert breaks(shop("ledger", "check", "--program", "corner", "--json")) == []
    again = shop(*thaw, "--json")
    assert json.loads(again.out)["error"] == "not_frozen"
    # Where there is nothing, a sentence and no empty table.
    nothing = shop("ledger", "frozen", "--program", "corner")
    assert (nothing.out, nothing.err) == ("", "No balance is frozen.\n")
    settled = shop("ledger", "settle", "--program", "corner", "--keep", "uses", "--reason", "looked at it")
    assert (settled.out, settled.err) == ("", "Nothing to settle: every number is the sum of its uses.\n")
    audit = admin.execute("select action, target, new from regulars.audit order by position desc limit 1").fetchone()
    assert audit is not None
    assert audit[:2] == ("ledger.thaw", f"{name}/points")
    assert json.loads(audit[2])["moved"]["active"] == [29, 24]


def test_history_that_was_changed_is_let_go_by_two_people_alone(
    shop: Run, tmp_path: Path, member: str, admin: psycopg.Connection[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    take_in(shop, write(tmp_path, rows(member, 2)))
    account = own_account_of(admin, shop, member)
    # History, not a number beside it: nothing reckons it again.
    change = "update regulars.entry set release = release + 5000 where account_id = %s and currency = 'points'"
    assert admin.execute(change + " and version = 1", (account,)).rowcount == 1
    assert shop("ledger", "check", "--program", "corner", "--freeze").code == 1
    thaw = (
        "ledger",
        "thaw",
        wire(account),
        "points",
        "--program",
        "corner",
        "--reason",
        "nobody knows",
        "--accept",
        "--json",
    )
    assert json.loads(shop(*thaw).out)["error"] == "key_missing"
    # What does not help is not advised.
    told = shop(*thaw[:-2], "--rebuild").err
    assert "1 thing still does not hold" in told
    assert "--rebuild does not help" in told
    assert "with --rebuild" not in told
    ana, ion = (key_of(shop, name) for name in ("ana", "ion"))
    monkeypatch.setenv("MY_REGULARS_KEY", ana)
    monkeypatch.setenv("SECOND_REGULARS_KEY", ana)
    assert json.loads(shop(*thaw).out)["error"] == "not_another_person"
    monkeypatch.setenv("SECOND_REGULARS_KEY", ion)
    done = shop(*thaw)
    assert (done.code, json.loads(done.out)["accepted"]) == (0, 1)
    report = json.loads(shop("ledger", "check", "--program", "corner", "--json").out)
    assert (report["breaks"], report["accepted"]) == ([], 1)
    # Whatever else changes in that row is told again.
    admin.execute(change + " and version = 1", (account,))
    assert len(breaks(shop("ledger", "check", "--program", "corner", "--json"))) == 1
    admin.execute(change.replace("+", "-") + " and version = 1", (account,))
    admin.execute(change.replace("+", "-") + " and version = 1", (account,))
    assert breaks(shop("ledger", "check", "--program", "corner", "--json")) == []


def test_a_root_is_written_and_compared(shop: Run, tmp_path: Path, member: str) -> None:
    take_in(shop, write(tmp_path, rows(member, 1)))
    folder = tmp_path / "outside"
    made = json.loads(shop("ledger", "root", "--program", "corner", "--out", folder, "--json").out)
    assert (made["number"], made["full"]) == (1, True)
    report = json.loads(shop("ledger", "check", "--program", "corner", "--roots", folder, "--json").out)
    assert (report["roots"], report["breaks"]) == (made["heads"], [])
    # A folder without roots is a mistake, not a ledger that holds.
    (tmp_path / "empty").mkdir()
    refused = shop("ledger", "check", "--program", "corner", "--roots", tmp_path / "empty", "--json")
    assert (refused.code, json.loads(refused.out)["error"]) == (1, "no_roots")
    # Nor does a folder of another program's roots say anything of this one.
    (tmp_path / "other").mkdir()
    for path in folder.iterdir():
        said = path.read_bytes().replace(b'"program_id": ', b'"program_id": 9')
        (tmp_path / "other" / path.name).write_bytes(said if path.suffix == ".json" else path.read_bytes())
    refused = shop("ledger", "check", "--program", "corner", "--roots", tmp_path / "other", "--json")
    assert (refused.code, json.loads(refused.out)["error"]) == (1, "no_roots")
    nowhere = shop("ledger", "check", "--program", "corner", "--roots", tmp_path / "nowhere")
    assert (nowhere.code, "does not exist" in nowhere.err) == (2, True)


def test_finance_takes_its_files_along(shop: Run, tmp_path: Path, member: str, monkeypatch: pytest.MonkeyPatch) -> None:
    take_in(shop, write(tmp_path, rows(member, 1)))
    now = edge.now()
    # A minute later, when all of it is settled.
    monkeypatch.setattr(edge, "now", lambda: now + dt.timedelta(minutes=1))
    ran = shop("ledger", "export", tmp_path / "books", "--program", "corner", "--format", "parquet", "--json")
    assert ran.code == 0
    made = json.loads(ran.out)
    assert {one["file"] for one in made["files"]} == {
        f"{name}.parquet" for name in ("entries", "lots", "liability", "breakage", "breakage_rates", "journal")
    }
    assert all(one["entries"] == one["lots"] for one in made["sums"])
    assert next(one["entries"] for one in made["sums"] if one["currency"] == "points") >= 12
    assert json.loads((tmp_path / "books" / "manifest.json").read_text()) == made
    # Long before there were any.
    past = shop("ledger", "statement", f"own_id:{member}", "--program", "corner", "--as-of", "2001-03-05T12:00:00Z")
    told = "By 2001-03-05 12:00:00 UTC nothing has happened to this member's points.\n"
    assert (past.code, past.out, past.err) == (0, "", told)
    before = ("--as-of", "2001-03-05T12:00:00Z")
    empty = shop("ledger", "export", tmp_path / "before", "--program", "corner", "--tables", "lots", *before)
    assert (empty.code, "By then no member has had any points." in empty.err) == (0, True)
    again = shop("ledger", "export", tmp_path / "books", "--program", "corner", "--json")
    assert (again.code, json.loads(again.out)["error"]) == (1, "already_exported")
    future = ("--as-of", "2199-04-01T00:00:00Z", "--json")
    early = shop("ledger", "export", tmp_path / "early", "--program", "corner", *future)
    assert (early.code, json.loads(early.out)["error"], (tmp_path / "early").exists()) == (1, "too_recent", False)
    times = ("--from", "2027-02-01T00:00:00Z", "--to", "2027-01-01T00:00:00Z")
    turned = shop("ledger", "export", tmp_path / "turned", "--program", "corner", *times)
    assert (turned.code, "must come after --from" in turned.err, (tmp_path / "turned").exists()) == (2, True, False)
    refused = shop("ledger", "export", tmp_path / "x", "--program", "corner", "--tables", "lots,secrets")
    assert refused.code == 2
    assert "there is no secrets" in refused.err


def own_account_of(admin: psycopg.Connection[Any], shop: Run, member: str) -> str:
    """The account of a member, by its statement's lots."""
    told = json.loads(shop("ledger", "statement", f"own_id:{member}", "--program", "corner", "--format", "json").out)
    source = told["entries"]["items"][0]["activity_id"]
    found = admin.execute("select account_id from regulars.activity where activity_id = %s", (source,)).fetchone()
    assert found is not None
    return str(found[0])


def wire(account: str) -> str:
    return ids.to_wire("acc", UUID(account))


def key_of(shop: Run, name: str) -> str:
    """The token of a new staff member's own key with every right."""
    shop("staff", "add", name, f"{name}@corner.md", "--program", "corner")
    ran = shop("key", "create", name, "--scope", "admin", "--staff", f"{name}@corner.md", "--program", "corner")
    return str(ran.out.strip())
