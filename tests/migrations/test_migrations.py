from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg
import pytest
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Engine, event

from regulars.kit import address as addresses
from regulars.kit import roles, tables, upgrade
from regulars.kit.address import Address
from regulars.kit.database import Database
from regulars.kit.server import EmbeddedServer, Tuning, locate
from regulars.kit.settings import Settings

SQUAWK = Path(sys.executable).parent / "squawk"


def catalogue(where: Address) -> list[tuple[object, ...]]:
    with psycopg.connect(**where.sync_arguments("admin")) as connection:
        return connection.execute(
            """SELECT 'relation', relname::text, relkind::text, reloptions::text FROM pg_class
               WHERE relnamespace = 'regulars'::regnamespace AND relname NOT LIKE 'alembic%'
               UNION ALL SELECT 'policy', polname::text, polrelid::regclass::text, '' FROM pg_policy
               UNION ALL SELECT 'function', proname::text, '', '' FROM pg_proc
               WHERE pronamespace = 'regulars'::regnamespace
               UNION ALL SELECT 'constraint', conname::text, pg_get_constraintdef(oid), '' FROM pg_constraint
               WHERE connamespace = 'regulars'::regnamespace AND conname NOT LIKE 'alembic%'
               ORDER BY 1, 2, 3"""
        ).fetchall()


@pytest.fixture
def empty(server: Address) -> Iterator[Address]:
    """A database that no migration has seen."""
    fresh = server.in_database("regulars_empty")
    yield fresh
    with psycopg.connect(**server.in_database("postgres").sync_arguments("admin"), autocommit=True) as connection:
        connection.execute('DROP DATABASE IF EXISTS "regulars_empty" WITH (FORCE)')


def test_migrations_go_up_down_and_up_to_the_same_schema(empty: Address) -> None:
    upgrade.upgrade(empty)
    assert upgrade.is_current(empty)
    once = catalogue(empty)
    assert len(once) > 20
    upgrade.downgrade(empty, "base")
    assert catalogue(empty) == []
    assert not upgrade.is_current(empty)
    upgrade.upgrade(empty)
    assert catalogue(empty) == once


def test_what_was_taken_of_what_is_shared_before_uses_were_rows_is_one_row_each(empty: Address) -> None:
    upgrade.upgrade(empty, "0004")
    with psycopg.connect(**empty.sync_arguments("admin")) as connection:
        connection.execute(
            """insert into regulars.program (key, name, created_at) values ('one', 'One', now());
            insert into regulars.counter (program_id, metric, owner, bucket, item, value) values
                (1, 'stock:mug', 'program/1', 'ever', 'in', 9), (1, 'stock:mug', 'program/1', 'ever', '', 2),
                (1, 'stock:mug', 'program/5', 'ever', '', 1), (1, 'uses:x', 'store:1', '2027-03-01', '', 4),
                (1, 'receipts', 'till:1', '2027-03-01', '', 7)"""
        )
    upgrade.upgrade(empty)
    with psycopg.connect(**empty.sync_arguments("admin")) as connection:
        rows = connection.execute(
            "select metric, owner, bucket, item, amount from regulars.counter_use order by metric"
        ).fetchall()
    assert rows == [("stock:mug", "program", "ever", "", 3), ("uses:x", "store:1", "2027-03-01", "", 4)]


def test_the_quick_check_knows_the_head_that_alembic_knows() -> None:
    assert upgrade.head() == ScriptDirectory.from_config(upgrade._config()).get_current_head()


def test_ensure_migrates_what_is_empty_and_leaves_what_is_current(empty: Address) -> None:
    upgrade.ensure(empty)
    once = catalogue(empty)
    assert upgrade.is_current(empty)
    upgrade.ensure(empty)
    assert catalogue(empty) == once
    # Whoever goes back finds here that it may.
    assert upgrade._stamp(empty) == (upgrade.head(), f"{int(upgrade.head()) - 1:04}")


def test_a_server_process_starts_without_what_only_migrations_need() -> None:
    code = (
        "import sys, regulars.api.app, regulars.api.server; print(sorted({'sqlalchemy', 'alembic'} & set(sys.modules)))"
    )
    ran = subprocess.run([sys.executable, "-W", "ignore", "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"


def test_an_upgrade_can_be_repeated(address: Address) -> None:
    before = catalogue(address)
    upgrade.upgrade(address)
    assert catalogue(address) == before


def test_the_schema_is_what_the_rooms_declare(address: Address) -> None:
    upgrade.check(address)


def test_control_a_column_too_few_is_seen(address: Address) -> None:
    with psycopg.connect(**address.sync_arguments("admin")) as connection:
        connection.execute("ALTER TABLE regulars.event DROP COLUMN types")
    with pytest.raises(CommandError, match=r"add_column.*types"):
        upgrade.check(address)


def linted(path: Path) -> str:
    result = subprocess.run([SQUAWK, "--config", str(SETTINGS), str(path)], capture_output=True, text=True, check=False)
    assert "Error" not in result.stderr, result.stderr
    return "" if result.returncode == 0 else result.stdout


SETTINGS = Path(__file__).with_name("squawk.toml")


def test_no_migration_stops_the_world(empty: Address, tmp_path: Path) -> None:
    roles.prepare(empty)
    said: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if (
            not statement.lstrip()
            .upper()
            .startswith(("SELECT", "INSERT INTO", "CREATE TABLE REGULARS.ALEMBIC_VERSION"))
        ):
            said.append(statement.strip().rstrip(";") + ";")

    made = upgrade.engine

    def watched(*arguments: Any, **options: Any) -> Engine:
        engine = made(*arguments, **options)
        event.listen(engine, "before_cursor_execute", note)
        return engine

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(upgrade, "engine", watched)
        upgrade.upgrade(empty)
    script = tmp_path / "all.sql"
    script.write_text(
        "SET lock_timeout = '2s';\nSET statement_timeout = '60s';\nBEGIN;\n" + "\n".join(said) + "\nCOMMIT;\n"
    )
    assert len(said) > 20
    assert linted(script) == ""


def test_control_a_risky_migration_is_seen(tmp_path: Path) -> None:
    script = tmp_path / "risky.sql"
    script.write_text("ALTER TABLE regulars.event ADD COLUMN n bigint NOT NULL;\n")
    assert "adding-required-field" in linted(script)


async def test_a_server_of_ones_own_is_used_through_its_url(home: Path) -> None:
    # A second instance with ordinary users, as a managed PostgreSQL has them.
    server = EmbeddedServer(home, Tuning(shared_buffers="16MB", durable=False))
    own = server.start()
    try:
        with psycopg.connect(**own.in_database("postgres").sync_arguments("admin"), autocommit=True) as connection:
            connection.execute("CREATE ROLE shop LOGIN CREATEROLE PASSWORD 'let me in'")
            connection.execute("CREATE DATABASE loyalty OWNER shop")
        where = addresses.parse(f"postgresql://shop:let%20me%20in@/loyalty?host={own.host}")
        await _use(where)
    finally:
        server.stop()


async def _use(where: Address) -> None:
    import asyncio

    await asyncio.to_thread(upgrade.upgrade, where)
    async with Database(where) as database, database.transaction(programs=[1]) as tx:
        assert await tx.fetchval("SELECT current_user") == "regulars_app"
        assert await tx.fetchval("SELECT count(*) FROM event") == 0


def test_a_server_that_does_not_answer_is_told_in_a_sentence(tmp_path: Path) -> None:
    nobody = Settings(home=tmp_path, database_url="postgresql://boss:x@127.0.0.1:1/shop")
    with pytest.raises(roles.DatabaseRefuses, match="REGULARS_DATABASE_URL"):
        upgrade.ensure(locate(nobody))


def test_a_database_that_is_not_there_is_told_in_a_sentence(address: Address, tmp_path: Path) -> None:
    user, password = address.login("admin")
    place = f"host={quote(address.host, safe='')}&port={address.port}"
    missing = Settings(home=tmp_path, database_url=f"postgresql://{user}:{quote(password)}@/nowhere?{place}")
    with pytest.raises(roles.DatabaseRefuses, match="nowhere"):
        upgrade.ensure(locate(missing))


def test_every_right_and_wall_of_the_registry_is_there(empty: Address) -> None:
    upgrade.upgrade(empty)
    wanted: set[tuple[str, str, str]] = set()
    columns: set[tuple[str, str, str]] = set()
    for name in tables.registry:
        for statement in tables.security_statements(name):
            for rights, table, role in re.findall(r'^GRANT (.+) ON regulars\."(\w+)" TO (\w+)', statement):
                if "(" in rights:
                    columns |= {(role, table, column) for column in re.findall(r'"(\w+)"', rights)}
                else:
                    wanted |= {(role, table, right.strip()) for right in rights.split(",")}
    with psycopg.connect(**empty.sync_arguments("admin")) as connection:
        given = connection.execute(
            "SELECT grantee, table_name, privilege_type FROM information_schema.role_table_grants"
            " WHERE table_schema = 'regulars'"
        ).fetchall()
        updated = connection.execute(
            "SELECT grantee, table_name, column_name FROM information_schema.column_privileges"
            " WHERE table_schema = 'regulars' AND privilege_type = 'UPDATE'"
        ).fetchall()
        policies = connection.execute(
            "SELECT polname, polrelid::regclass::text FROM pg_policy JOIN pg_class ON pg_class.oid = polrelid"
        ).fetchall()
    assert len(wanted) > 50
    assert wanted - {tuple(one) for one in given} == set()
    # Of what is only appended the application changes what is a person's, to forget them, and nothing else.
    assert columns - {tuple(one) for one in updated} == set()
    appended = {name for name, about in tables.registry.items() if about.app == "append"}
    assert {tuple(one) for one in updated if one[0] == "regulars_app" and one[1] in appended} == columns
    named = {
        found
        for name in tables.registry
        for statement in tables.security_statements(name)
        for found in re.findall(r'CREATE POLICY (\w+) ON regulars\."(\w+)"', statement)
    }
    there = {(name, table.removeprefix("regulars.").strip('"')) for name, table in policies}
    assert named - there == set()
