"""Homes that no command can work on as they are: never used, without a schema, of the release before, of a later one."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from regulars.cli import opening
from regulars.kit import upgrade
from regulars.kit.address import SCHEMA, Address
from regulars.kit.server_faults import DatabaseRests, NoDatabaseYet
from tests.cli.conftest import PROGRAM, Run

DO = "Make one: regulars db migrate. Or name the place where yours is: REGULARS_HOME, REGULARS_DATABASE_URL."
LATER = (
    "The database is at 0999, which this release does not know: a newer one brought it there. "
    "Install that release again, or restore a backup of before into another REGULARS_HOME.\n"
)
ID = "01arz3ndektsv4rrffq69g5fav"

# One of each group, and each that does more than the others before it opens the database.
COMMANDS = f"""
backup {{folder}}/backup
db migrate
db restored
import {{folder}}/members.csv --kind members
key revoke key_{ID}
ledger check
ledger export {{folder}}/export
ledger root --out {{folder}}/root
payout make points --out {{folder}}/payments.csv
program backtest {{folder}}/corner.yaml
program publish {{folder}}/corner.yaml
run list
segment add friends {{folder}}/members.csv
staff list
voucher export gift {{folder}}/codes.csv
webhook secret crm
""".strip().splitlines()


@pytest.fixture
def bare(server: Address, monkeypatch: pytest.MonkeyPatch) -> Iterator[Address]:
    """A home whose server runs and where no migration was ever run."""
    monkeypatch.setenv("REGULARS_HOME", str(Path(server.host).parent.parent))
    # Where nobody serves.
    monkeypatch.setenv("REGULARS_PORT", "8798")
    yield server
    with psycopg.connect(**server.in_database("postgres").sync_arguments("admin"), autocommit=True) as connection:
        connection.execute(f'DROP DATABASE IF EXISTS "{server.database}" WITH (FORCE)')


@pytest.fixture
def migrated(bare: Address, template: Address) -> Address:
    """The same home at this release."""
    with psycopg.connect(**bare.in_database("postgres").sync_arguments("admin"), autocommit=True) as connection:
        connection.execute(
            f'CREATE DATABASE "{bare.database}" TEMPLATE "{template.database}" STRATEGY FILE_COPY OWNER regulars_owner'
        )
    return bare


def refused(run: Run, *arguments: object) -> str:
    ran = run(*arguments)
    assert (ran.code, ran.out) == (1, ""), (arguments, ran)
    return ran.err


def test_a_home_that_was_never_used_is_left_as_it_is_and_told(
    run: Run, home: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("REGULARS_HOME", str(home))
    told = f"There is no database of Regulars in {home} yet. {DO}\n"
    assert refused(run, "backup", tmp_path / "backup") == told
    assert refused(run, "db", "restored") == told
    assert refused(run, "db", "url") == told
    with pytest.raises(NoDatabaseYet):
        opening.run_by_others()
    assert list(home.iterdir()) == list(tmp_path.iterdir()) == []


def test_a_home_without_a_schema_is_told_or_gets_it(bare: Address, run: Run, tmp_path: Path) -> None:
    home = Path(bare.host).parent.parent
    told = f"There is no database of Regulars in {home} yet. {DO}\n"
    assert refused(run, "backup", tmp_path / "backup") == told
    assert refused(run, "db", "restored") == told
    with pytest.raises(NoDatabaseYet):
        opening.run_by_others()
    assert json.loads(run("doctor", "--json").out)["schema"] == "none yet"
    assert upgrade.standing(bare) == "none yet"
    # What works on a program makes what it needs, and says that there is none.
    assert "There is no program here yet. Publish one" in refused(run, "ledger", "check")
    assert upgrade.standing(bare) == "current"


def test_a_home_that_nobody_serves_is_told_to_whoever_wants_to_look_into_it(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REGULARS_HOME", str(home))
    (home / "postgres").mkdir()
    (home / "postgres" / "socket.path").write_text(str(home / "postgres" / "socket"))
    with pytest.raises(DatabaseRests, match=f"Nobody runs the database in {home}. Start it: regulars serve"):
        opening.run_by_others()


def test_a_home_of_the_release_before_is_copied_as_it_is_and_upgraded_by_the_rest(migrated: Address, run: Run) -> None:
    before = upgrade.revisions()[-2]
    upgrade.downgrade(migrated, before)
    # What a backup is made of.
    with opening.as_it_is() as (_, where):
        assert upgrade.revision(where) == before
    assert json.loads(run("doctor", "--json").out)["schema"] == "behind"
    assert run("program", "list").code == 0
    assert upgrade.revision(migrated) == upgrade.head()


def at(where: Address, revision: str, *, also_serves: str = "") -> None:
    """As a later release leaves the schema."""
    with psycopg.connect(**where.sync_arguments("owner")) as connection:
        connection.execute(f"UPDATE {SCHEMA}.alembic_version SET version_num = '{revision}'")
        if also_serves:
            said = f"also serves the release of {also_serves}"
            connection.execute(f"COMMENT ON TABLE {SCHEMA}.alembic_version IS '{said}'")


def test_no_command_touches_what_a_much_later_release_made(migrated: Address, run: Run, tmp_path: Path) -> None:
    at(migrated, "0999", also_serves="0998")
    (tmp_path / "corner.yaml").write_text(PROGRAM, encoding="utf-8")
    (tmp_path / "members.csv").write_text("phone\n+37369111111\n", encoding="utf-8")
    told = {line: refused(run, *line.format(folder=tmp_path).split()) for line in COMMANDS}
    assert {line: said for line, said in told.items() if said != LATER} == {}
    assert {file.name for file in tmp_path.iterdir()} == {"corner.yaml", "members.csv"}
    ran = run("doctor", "--json")
    assert (ran.code, json.loads(ran.out)["schema"]) == (1, "too new")


def test_the_release_before_goes_on_with_what_the_next_one_made(migrated: Address, run: Run) -> None:
    at(migrated, "0999", also_serves=upgrade.head())
    ran = run("db", "migrate")
    assert (ran.code, ran.err) == (0, "The database is at 0999.\n")
    assert "There is no program here yet. Publish one" in refused(run, "ledger", "check")
    assert json.loads(run("doctor", "--json").out)["schema"] == "ahead"
    assert upgrade.revision(migrated) == "0999"


def test_the_command_line_opens_the_database_in_one_place() -> None:
    # But for what makes the schema, and a demo that keeps the server for as long as it shows its address.
    opens = re.compile(r"\bserver\.serving\(")
    folder = Path(opening.__file__).parent
    found = {file.name for file in folder.rglob("*.py") if opens.search(file.read_text(encoding="utf-8"))}
    assert found == {"opening.py", "databases.py", "running.py"}
