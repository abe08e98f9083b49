"""The way of a release at the terminal: folders of files, drafts, approvals with one's own key, copies, the record."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from regulars.access import service as access
from regulars.cli import opening
from regulars.kit.database import Database
from regulars.kit.settings import Settings
from regulars.program import service as programs
from regulars.worker import releases
from tests.cli.conftest import PROGRAM, Run
from tests.program.signing import signed

NUMBERS = iter(range(1, 1000))


@pytest.fixture
def name() -> str:
    """A program of a test's own: all tests of this folder share a database."""
    return f"shop{next(NUMBERS)}"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "files"


def text(name: str, approvals: int = 0) -> str:
    more = f", approvals: {approvals}" if approvals else ""
    return PROGRAM.replace("name: corner,", f"name: {name}{more},")


def published(shop: Run, folder: Path, name: str, approvals: int = 0) -> None:
    folder.mkdir(exist_ok=True)
    file = folder / f"{name}.yaml"
    file.write_text(text(name, approvals), encoding="utf-8")
    made = shop("program", "publish", file)
    assert made.code == 0, made.err


def inside(work: Any) -> Any:
    """Something that only the API does, on the database of the commands."""
    with opening.database() as (chosen, _):
        return opening.run(chosen, work)


def draft(name: str, rule: str, amount: str) -> None:
    async def work(database: Database) -> None:
        async with database.read(programs=[]) as tx:
            found = await access.program_named(tx, key=name)
        by = signed().__class__(**{**_facts(), "program_id": found.program_id})
        definition = {"kind": "base", "trigger": "purchase", "effects": [{"give": "points", "amount": amount}]}
        async with database.transaction(programs=[found.program_id]) as tx:
            await programs.change_draft(
                tx,
                program_id=found.program_id,
                name=rule,
                kind="rules",
                definition_name="base",
                definition=definition,
                by=by,
            )

    inside(work)


def _facts() -> dict[str, Any]:
    one = signed()
    return {field: getattr(one, field) for field in one.__struct_fields__}


def audited(name: str) -> list[tuple[str, str, str]]:
    async def work(database: Database) -> Any:
        async with database.read(programs=[]) as tx:
            found = await access.program_named(tx, key=name)
        async with database.read(programs=[found.program_id]) as tx:
            page = await access.audit.page(tx, program_id=found.program_id, cursor=None, limit=100)
        return [(one.action, one.target, one.actor) for one in reversed(page.items)]

    found: list[tuple[str, str, str]] = inside(work)
    return found


def test_a_program_goes_through_a_folder_and_back(shop: Run, folder: Path, tmp_path: Path, name: str) -> None:
    published(shop, tmp_path, name)
    assert shop("program", "export", "--program", name, "--dir", folder).code == 0
    files = sorted(path.name for path in folder.iterdir())
    assert files == [
        "activities.yaml",
        "attributes.yaml",
        "currencies.yaml",
        "program.yaml",
        "purposes.yaml",
        "rules.yaml",
    ]
    assert (folder / "rules.yaml").read_text(encoding="utf-8").startswith("rules:\n  base:")
    assert shop("program", "check", folder).code == 0
    assert shop("program", "diff", folder).err == "Nothing changes.\n"
    same = json.loads(shop("program", "publish", folder, "--json").out)
    assert same["number"] == 1
    told = shop("program", "publish", folder)
    assert told.err == "Release 1 is in force.\nIt says exactly this already: nothing changed.\n"

    rules = folder / "rules.yaml"
    rules.write_text(rules.read_text(encoding="utf-8").replace("basket.base / 1.00", "basket.base / 2.00"), "utf-8")
    changed = shop("program", "diff", folder)
    assert changed.code == 1
    assert changed.out == 'Rule base: effects[0].amount was "basket.base / 1.00", is now "basket.base / 2.00"\n'
    assert json.loads(shop("program", "publish", folder, "--json").out)["number"] == 2
    shop("program", "export", "--program", name, "-o", tmp_path / "whole.yaml")
    whole = (tmp_path / "whole.yaml").read_text(encoding="utf-8")
    assert programs.read(whole) == programs.read("".join(sorted(path.read_text("utf-8") for path in folder.iterdir())))


def test_a_fault_is_told_in_the_file_where_it_stands(shop: Run, folder: Path, tmp_path: Path, name: str) -> None:
    published(shop, tmp_path, name)
    shop("program", "export", "--program", name, "--dir", folder)
    rules = folder / "rules.yaml"
    rules.write_text("rules:\n  base: {kind: base, trigger: purchase,\n    effects: [{give: pints, amount: '1'}]}\n")
    told = shop("program", "check", folder)
    assert told.code == 1
    assert told.out.startswith(f"{rules}:3:")
    assert "fault rules.base.effects[0]" in told.out
    (folder / "more.yaml").write_text("rules: {}\n")
    assert f"{rules}:1:1" in shop("program", "check", folder).out.replace(f"{folder}/more.yaml:1:1", f"{rules}:1:1")


def test_an_empty_folder_and_a_foreign_one_are_refused(shop: Run, folder: Path, tmp_path: Path, name: str) -> None:
    folder.mkdir()
    assert "1 to 200 YAML files" in shop("program", "check", folder).err
    published(shop, tmp_path, name)
    (folder / "compose.yaml").write_text("services: {}\n")
    refused = shop("program", "export", "--program", name, "--dir", folder)
    assert refused.code == 1
    assert "compose.yaml" in refused.err
    assert [path.name for path in folder.iterdir()] == ["compose.yaml"]


def test_a_kind_that_is_gone_leaves_the_folder(shop: Run, folder: Path, tmp_path: Path, name: str) -> None:
    published(shop, tmp_path, name)
    shop("program", "export", "--program", name, "--dir", folder)
    (folder / "limits.yaml").write_text("limits: {}\n")
    shop("program", "export", "--program", name, "--dir", folder)
    assert not (folder / "limits.yaml").exists()


@pytest.fixture
def no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MY_REGULARS_KEY", raising=False)


def _person(shop: Run, program: str, who: str, email: str) -> str:
    made = shop("staff", "add", who, email, "--language", "ro", "--program", program)
    assert made.code == 0, made.err
    scopes = [part for scope in ("read", "write", "approve", "publish") for part in ("--scope", f"program:{scope}")]
    key = shop("key", "create", who, *scopes, "--staff", email, "--program", program, "--json")
    token: str = json.loads(key.out)["token"]
    return token


def test_a_proposal_is_approved_with_ones_own_key_and_published(
    shop: Run, tmp_path: Path, name: str, no_key: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    published(shop, tmp_path, name, approvals=1)
    token = _person(shop, name, "Ana Rusu", f"ana@{name}.md")
    file = tmp_path / "next.yaml"
    file.write_text(text(name, 1).replace("/ 1.00", "/ 2.00"), encoding="utf-8")
    refused = shop("program", "publish", file)
    assert refused.code == 1
    assert "1 more approval by other people is needed" in refused.err
    made = json.loads(shop("program", "propose", file, "--note", "Half", "--by", "marta", "--json").out)
    assert (made["number"], made["state"]) == (2, "proposed")
    assert shop("program", "release", "2", "--program", name).code == 1
    asked = shop("program", "approve", "2", "--program", name)
    assert asked.code == 1
    assert "MY_REGULARS_KEY" in asked.err
    monkeypatch.setenv("MY_REGULARS_KEY", token)
    assert shop("program", "approve", "2", "--program", name).err == "Release 2 is approved.\nApproved by 1.\n"
    seen = shop("program", "show", "2", "--program", name)
    assert "Release 2: approved, over release 1." in seen.out
    assert "Proposed by marta. Half" in seen.out
    assert "Approved by Ana Rusu" in seen.out
    assert 'Rule base: effects[0].amount was "basket.base / 1.00", is now "basket.base / 2.00"' in seen.out
    assert shop("program", "release", "2", "--program", name, "--by", "marta").err == "Release 2 is in force.\n"
    back = shop("program", "rollback", "1", "--program", name, "--emergency", "--reason", "Wrong", "--by", "marta")
    assert back.err == "Release 3 is in force.\n"
    # What the commands did is on the record, as it is of requests.
    done = [(action, target, actor.partition("_")[0]) for action, target, actor in audited(name)]
    assert [one for one in done if one[0].startswith("release")] == [
        ("release.publish", "release 1", "command line"),
        ("release.propose", "release 2", "marta"),
        ("release.approve", "release 2", "stf"),
        ("release.publish", "release 2", "stf"),
        ("release.rollback", "release 3", "stf"),
    ]


def test_nobody_approves_what_they_proposed_with_their_own_key(
    shop: Run, tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    published(shop, tmp_path, name, approvals=1)
    ana, ion = (_person(shop, name, who, f"{who}@{name}.md") for who in ("ana", "ion"))
    file = tmp_path / "next.yaml"
    file.write_text(text(name, 1).replace("/ 1.00", "/ 2.00"), encoding="utf-8")
    draft(name, "autumn", "1")
    monkeypatch.setenv("MY_REGULARS_KEY", ana)
    assert shop("program", "propose", file, "--by", "marta").err == "Release 2 is proposed.\n"
    assert shop("program", "propose", "--draft", "autumn", "--program", name).err == "Release 3 is proposed.\n"
    for number in ("2", "3"):
        own = shop("program", "approve", number, "--program", name, "--json")
        assert (own.code, json.loads(own.out)["error"]) == (1, "own_proposal")
    listed = json.loads(shop("program", "proposals", "--program", name, "--json").out)
    assert {one["proposed_by"].partition("_")[0] for one in listed} == {"stf"}
    monkeypatch.setenv("MY_REGULARS_KEY", ion)
    assert shop("program", "approve", "2", "--program", name).err == "Release 2 is approved.\nApproved by 1.\n"


def test_who_copied_a_draft_does_not_approve_it(
    shop: Run, tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    sandbox = f"{name}box"
    published(shop, tmp_path, name, approvals=1)
    published(shop, tmp_path, sandbox)
    file = tmp_path / "tried.yaml"
    file.write_text(text(sandbox).replace("/ 1.00", "/ 4.00"), encoding="utf-8")
    shop("program", "publish", file)
    ana = _person(shop, name, "ana", f"ana@{name}.md")
    monkeypatch.setenv("MY_REGULARS_KEY", ana)
    assert shop("program", "copy", "--from", sandbox, "--to", name).code == 0
    monkeypatch.delenv("MY_REGULARS_KEY")
    assert shop("program", "propose", "--draft", f"from_{sandbox}", "--program", name).code == 0
    monkeypatch.setenv("MY_REGULARS_KEY", ana)
    own = shop("program", "approve", "2", "--program", name, "--json")
    assert (own.code, json.loads(own.out)["error"]) == (1, "own_proposal")


def test_a_key_does_at_the_terminal_only_what_its_scopes_allow(
    shop: Run, tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    published(shop, tmp_path, name)
    draft(name, "autumn", "1")
    shop("program", "propose", "--draft", "autumn", "--program", name)
    shop("staff", "add", "Eva", f"eva@{name}.md", "--program", name)
    key = shop("key", "create", "eva", "--scope", "program:write", "--staff", f"eva@{name}.md", "--program", name)
    monkeypatch.setenv("MY_REGULARS_KEY", key.out.strip())
    for refused in (("release", "2"), ("reject", "2", "--reason", "No"), ("rollback", "1")):
        told = shop("program", *refused, "--program", name, "--json")
        assert (told.code, json.loads(told.out)["error"]) == (1, "scope_missing")
    # What she proposes herself she may take back.
    draft(name, "winter", "2")
    assert shop("program", "propose", "--draft", "winter", "--program", name).err == "Release 3 is proposed.\n"
    assert shop("program", "reject", "3", "--reason", "No", "--program", name).err == "Release 3 is rejected.\n"


def test_a_key_of_another_program_approves_nothing(
    shop: Run, tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    published(shop, tmp_path, name, approvals=1)
    other = f"{name}x"
    published(shop, tmp_path, other)
    monkeypatch.setenv("MY_REGULARS_KEY", _person(shop, other, "Ion", f"ion@{other}.md"))
    told = shop("program", "approve", "2", "--program", name)
    assert told.code == 1
    assert told.err == f"This key is not one of {name}.\n"
    monkeypatch.setenv("MY_REGULARS_KEY", "rk_1_wrong")
    assert shop("program", "approve", "2", "--program", name).err == "This API key is not valid.\n"


def test_a_schedule_is_typed_in_the_time_of_the_program(shop: Run, tmp_path: Path, name: str) -> None:
    published(shop, tmp_path, name)
    draft(name, "autumn", "1")
    assert shop("program", "propose", "--draft", "autumn", "--program", name).code == 0
    late = shop("program", "schedule", "2", "2020-01-01T06:00", "--program", name)
    assert late.code == 1
    assert "not within the next year" in late.err
    listed = json.loads(shop("program", "proposals", "--program", name, "--json").out)
    assert [(one["number"], one["state"], one["draft"]) for one in listed] == [(2, "proposed", "autumn")]
    assert shop("program", "reject", "2", "--reason", "No", "--program", name).err == "Release 2 is rejected.\n"


def test_drafts_in_conflict_are_shown_side_by_side_and_settled(shop: Run, tmp_path: Path, name: str) -> None:
    published(shop, tmp_path, name)
    draft(name, "one", "1")
    draft(name, "two", "2")
    shop("program", "propose", "--draft", "one", "--program", name)
    shop("program", "release", "2", "--program", name)
    met = shop("program", "draft", "two", "--program", name)
    assert met.code == 1
    sides = [line for line in met.out.splitlines() if any(side in line for side in ("base", "theirs", "yours"))]
    assert "rules.base" in met.out
    assert len(sides) >= 3
    assert '"amount":"1"' in met.out
    assert '"amount":"2"' in met.out
    assert shop("program", "rebase", "two", "--program", name).code == 1
    settled = shop("program", "rebase", "two", "--yours", "rules.base", "--program", name)
    assert settled.err == "Draft two is over release 2.\n"
    clean = shop("program", "draft", "two", "--program", name)
    assert (clean.code, clean.out) == (0, 'Rule base: effects[0].amount was "1", is now "2"\n')
    assert json.loads(shop("program", "drafts", "--program", name, "--json").out)[0]["touched"] == ["rules.base"]


def test_a_sandbox_is_copied_to_the_shop_as_a_draft(shop: Run, tmp_path: Path, name: str) -> None:
    sandbox = f"{name}box"
    published(shop, tmp_path, name)
    published(shop, tmp_path, sandbox)
    file = tmp_path / "tried.yaml"
    file.write_text(text(sandbox).replace("/ 1.00", "/ 4.00"), encoding="utf-8")
    shop("program", "publish", file)
    told = shop("program", "copy", "--from", sandbox, "--to", name)
    assert told.err == f"Draft from_{sandbox} of {name} changes 1 definition over release 1.\n"
    shop("program", "propose", "--draft", f"from_{sandbox}", "--program", name)
    assert shop("program", "release", "2", "--program", name).err == "Release 2 is in force.\n"
    assert "basket.base / 4.00" in shop("program", "export", "--program", name).out
    again = shop("program", "copy", "--from", sandbox, "--to", name)
    assert again.code == 1
    assert "exactly what release 2 says" in again.err


def test_who_leaves_is_listed_as_gone(shop: Run, tmp_path: Path, name: str) -> None:
    published(shop, tmp_path, name)
    _person(shop, name, "Ion Munteanu", f"ion@{name}.md")
    assert shop("staff", "add", "Other", f"ION@{name}.md", "--program", name).code == 1
    gone = shop("staff", "leave", f"ion@{name}.md", "--program", name)
    assert gone.err == "Ion Munteanu has left; their keys stop.\n"
    (one,) = json.loads(shop("staff", "list", "--program", name, "--json").out)
    assert (one["name"], one["active"], one["languages"]) == ("Ion Munteanu", False, ["ro"])


def test_a_draft_and_a_proposal_are_backtested(shop: Run, tmp_path: Path, name: str) -> None:
    published(shop, tmp_path, name)
    draft(name, "autumn", "1")
    shop("program", "propose", "--draft", "autumn", "--program", name)
    for which in (("--draft", "autumn"), ("--release", "2")):
        ran = shop("program", "backtest", *which, "--program", name, "--processes", "1", "--json")
        assert ran.code == 0, ran.err
        assert json.loads(ran.out)["activities"] == 0
        told = shop("program", "backtest", *which, "--program", name, "--processes", "1")
        what = " ".join(which).removeprefix("--")
        assert (told.out, told.err) == ("", f"Nothing is recorded yet: {what} was judged by nothing.\n")
    assert shop("program", "backtest").code == 2
    # The worker does it too, and its summary stands with the release.
    assert shop("program", "try", "2", "--program", name).err == "The worker will backtest release 2.\n"
    assert "Backtest: wanted." in shop("program", "show", "2", "--program", name).out
    with opening.database() as (chosen, where):
        opening.run(chosen, lambda database: releases.backtest_wanted(database, where))
    said = shop("program", "show", "2", "--program", name).out
    assert "Backtest: 0 activities of 0 members; 0 would have more, 0 less; cost +0" in said
    data = json.loads(shop("program", "show", "2", "--program", name, "--json").out)
    assert (data["state"], data["backtest"]["state"], data["backtest"]["summary"]["activities"]) == (
        "proposed",
        "done",
        0,
    )


def test_the_settings_of_the_home_sign_the_record(shop: Run, tmp_path: Path, name: str) -> None:
    published(shop, tmp_path, name)

    async def work(settings: Settings, database: Database) -> Any:
        async with database.read(programs=[]) as tx:
            found = await access.program_named(tx, key=name)
        async with database.read(programs=[found.program_id]) as tx:
            key = access.audit_key(settings.home)
            return await access.audit.verify(tx, key=key, program_id=found.program_id)

    assert opening.within(work) == []
