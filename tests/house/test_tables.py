"""The live schema holds to the registry: walls, keys that can be spread, rights."""

from __future__ import annotations

from pathlib import Path

import psycopg
from sqlalchemy import ForeignKeyConstraint, PrimaryKeyConstraint, UniqueConstraint

from regulars import assembly
from regulars.kit import tables, upgrade
from regulars.kit.address import Address
from regulars.kit.tables import Registered

assembly.load_tables()
VERSIONS = Path(upgrade.__file__).parent.parent / "migrations" / "versions"


def keys_that_cannot_be_spread(about: Registered) -> list[str]:
    if about.spread != "distributed":
        return []
    keys = [
        constraint
        for constraint in about.table.constraints
        if isinstance(constraint, PrimaryKeyConstraint | UniqueConstraint)
    ]
    faults = [f"{about.name}: {key.name}" for key in keys if "account_id" not in key.columns]
    faults += [
        f"{about.name}: {index.name}"
        for index in about.table.indexes
        if index.unique and "account_id" not in index.columns
    ]
    for key in about.table.constraints:
        if isinstance(key, ForeignKeyConstraint):
            other = tables.registry[key.referred_table.name]
            if other.spread == "distributed" and "account_id" not in key.columns:
                faults.append(f"{about.name}: {key.name}")
    return faults


def test_every_key_of_a_distributed_table_contains_the_account() -> None:
    assert [fault for about in tables.registry.values() for fault in keys_that_cannot_be_spread(about)] == []


def test_control_a_key_without_the_account_is_seen() -> None:
    from sqlalchemy import Column, Integer, MetaData, Table, Uuid

    table = Table("x", MetaData(), Column("account_id", Uuid), Column("id", Integer, primary_key=True))
    about = Registered(
        table=table, spread="distributed", personal=(), retention="", app="write", readable=False, monthly=False
    )
    assert keys_that_cannot_be_spread(about) == ["x: None"]


def test_every_declared_table_is_registered() -> None:
    assert {table.name for table in tables.metadata.tables.values()} == set(tables.registry)


def test_a_unique_key_across_accounts_begins_with_the_program() -> None:
    # Else a stranger's key tells that it exists in another program.
    found = []
    for about in tables.registry.values():
        if about.is_walled and about.spread == "lookup":
            first = next(iter(about.table.primary_key.columns)).name
            if first != "program_id":
                found.append(f"{about.name} begins with {first}")
    assert found == []


def ask(where: Address, question: str) -> list[tuple[object, ...]]:
    with psycopg.connect(**where.sync_arguments("admin"), autocommit=True) as connection:
        return connection.execute(question).fetchall()


def test_every_table_of_programs_has_its_wall(address: Address) -> None:
    walled = ask(
        address,
        """SELECT c.relname FROM pg_class c JOIN pg_policy p ON p.polrelid = c.oid AND p.polname = 'programs'
           WHERE c.relnamespace = 'regulars'::regnamespace AND c.relrowsecurity AND c.relforcerowsecurity
             AND p.polqual IS NOT NULL AND p.polwithcheck IS NOT NULL AND p.polcmd = '*'""",
    )
    expected = {about.name for about in tables.registry.values() if about.is_walled}
    assert {row[0] for row in walled} == expected
    with_program = ask(
        address,
        """SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
           WHERE c.relnamespace = 'regulars'::regnamespace AND a.attname = 'program_id' AND NOT c.relispartition
             AND c.relkind IN ('r', 'p')""",
    )
    assert {row[0] for row in with_program} == expected


def test_the_app_owns_nothing_and_no_wall_can_be_stepped_over(address: Address) -> None:
    assert ask(address, "SELECT relname FROM pg_class WHERE relowner = 'regulars_app'::regrole") == []
    ours = "SELECT rolname FROM pg_roles WHERE rolname LIKE 'regulars%' AND (rolbypassrls OR rolsuper OR rolcreaterole)"
    assert ask(address, ours) == []


def test_nobody_reaches_a_partition_past_its_parents_wall(address: Address) -> None:
    found = ask(
        address,
        """SELECT c.relname, r.rolname FROM pg_class c CROSS JOIN pg_roles r
           WHERE c.relnamespace = 'regulars'::regnamespace AND c.relispartition AND c.relkind = 'r'
             AND r.rolname IN ('regulars_app', 'regulars_reader', 'regulars_relay')
             AND has_table_privilege(r.oid, c.oid, 'SELECT, INSERT, UPDATE, DELETE')""",
    )
    assert found == []


def test_views_and_functions_lend_nobody_rights(address: Address) -> None:
    views = ask(
        address,
        """SELECT relname FROM pg_class WHERE relnamespace = 'regulars'::regnamespace AND relkind = 'v'
           AND NOT coalesce('security_invoker=true' = ANY (reloptions), false)""",
    )
    functions = ask(address, "SELECT proname FROM pg_proc WHERE pronamespace = 'regulars'::regnamespace AND prosecdef")
    triggers = ask(
        address,
        """SELECT tgname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
           WHERE c.relnamespace = 'regulars'::regnamespace AND NOT t.tgisinternal""",
    )
    assert (views, functions, triggers) == ([], [], [])


def test_nothing_of_ours_lies_in_public(address: Address) -> None:
    assert ask(address, "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace") == []


def test_a_table_that_is_only_added_to_cannot_be_changed_by_the_app(address: Address) -> None:
    changeable = ask(
        address,
        """SELECT c.relname FROM pg_class c WHERE c.relnamespace = 'regulars'::regnamespace
             AND has_table_privilege('regulars_app', c.oid, 'UPDATE, DELETE, TRUNCATE')""",
    )
    added_to = {about.name for about in tables.registry.values() if about.app != "write"}
    assert {row[0] for row in changeable} & added_to == set()


def test_every_table_says_how_long_it_keeps_its_rows() -> None:
    assert [about.name for about in tables.registry.values() if not about.retention] == []
