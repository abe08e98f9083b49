"""The walls between programs, tried with bare SQL on every table there is (TRUST.md S2): the tables come from the
catalogue, so that a new one is tried as well."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from psycopg import sql

from regulars.kit.address import Address
from tests.conftest import copied
from tests.house import test_tables as catalogue

MINE, THEIRS = 101, 202
# What a column of a type holds in the rows of both programs; others differ.
_SAME: dict[str, Any] = {
    "bool": False,
    "date": "2026-03-02",
    "timestamptz": "2026-03-02T09:00:00Z",
    "json": "{}",
    "jsonb": "{}",
    "xid8": "1",
}
_COLUMNS = """
select a.attname, t.typname, t.typcategory from pg_attribute a join pg_type t on t.oid = a.atttypid
where a.attrelid = %s::regclass and a.attnum > 0 and not a.attisdropped and a.attgenerated = '' order by a.attnum
"""
_WALLED = """
select c.relname from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'program_id'
where c.relnamespace = 'regulars'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
order by c.relname
"""


def value_of(kind: str, category: str, program: int, place: int) -> Any:
    if category == "A":
        return "{}"
    if category == "N":
        return program * 10 + place
    if kind == "uuid":
        return uuid.UUID(int=(0x0190 << 112) | (0x7 << 76) | (0b10 << 62) | program << 8 | place)
    text = f"{program}-{place}"
    return text.encode() if kind == "bytea" else _SAME.get(kind, text)


@pytest.fixture(scope="module")
def filled(template: Address) -> Iterator[Address]:
    """A database in which every table of programs has a row of each of two programs: what else must hold for a row
    (checks, references) is taken away, the walls stay."""
    with copied(template) as where, psycopg.connect(**where.sync_arguments("admin"), autocommit=True) as admin:
        for table, name in admin.execute(
            """select conrelid::regclass::text, conname from pg_constraint
            where connamespace = 'regulars'::regnamespace and contype in ('c', 'f') and coninhcount = 0"""
        ).fetchall():
            admin.execute(sql.SQL("alter table {} drop constraint {}").format(named(table), sql.Identifier(name)))
        for (table,) in admin.execute(_WALLED).fetchall():
            for program in (MINE, THEIRS):
                insert(admin, table, program)
        yield where


def named(table: str) -> sql.Composable:
    return sql.Identifier("regulars", table.removeprefix("regulars.").strip('"'))


def insert(connection: psycopg.Connection[Any], table: str, program: int, *, place: int = 0) -> None:
    columns = connection.execute(_COLUMNS, (f'regulars."{table}"',)).fetchall()
    row = {
        name: program if name == "program_id" else value_of(kind, category, program, at + 16 * place)
        for at, (name, kind, category) in enumerate(columns)
    }
    fill = sql.SQL("insert into {} ({}) overriding system value values ({})").format(
        named(table),
        sql.SQL(", ").join(map(sql.Identifier, row)),
        sql.SQL(", ").join(map(sql.Literal, row.values())),
    )
    connection.execute(fill)


def breaches(where: Address) -> list[str]:
    """What the app, sent by one program, sees or changes of the other's in any table."""
    found = []
    with psycopg.connect(**where.sync_arguments("app"), autocommit=True) as app:
        tables = [name for (name,) in app.execute(_WALLED).fetchall()]
        assert len(tables) > 40
        for table in tables:
            rights = {
                right
                for right in ("INSERT", "UPDATE", "DELETE")
                if app.execute("select has_table_privilege(%s, %s)", (f'regulars."{table}"', right)).fetchone()
                == (True,)
            }
            found += [f"{table}: {fault}" for fault in _try(app, table, rights)]
    return found


def _try(app: psycopg.Connection[Any], table: str, rights: set[str]) -> Iterator[str]:
    name, theirs = named(table), sql.SQL("program_id = {}").format(sql.Literal(THEIRS))
    with app.transaction(force_rollback=True):
        app.execute("select set_config('regulars.programs', %s, true)", (str(MINE),))
        if app.execute(sql.SQL("select count(*) from {}").format(name)).fetchone() != (1,):
            yield "sees another number of rows than its own"
        if app.execute(sql.SQL("select count(*) from {} where {}").format(name, theirs)).fetchone() != (0,):
            yield "sees the other's row"
        if "UPDATE" in rights:
            changed = app.execute(sql.SQL("update {} set program_id = program_id where {}").format(name, theirs))
            if changed.rowcount:
                yield "changes the other's row"
        if "DELETE" in rights and app.execute(sql.SQL("delete from {} where {}").format(name, theirs)).rowcount:
            yield "deletes the other's row"
    for way in rights & {"INSERT", "UPDATE"}:
        # Across the wall: a new row there, and a row of one's own moved there.
        try:
            with app.transaction(force_rollback=True):
                app.execute("select set_config('regulars.programs', %s, true)", (str(MINE),))
                if way == "INSERT":
                    insert(app, table, THEIRS, place=1)
                else:
                    app.execute(sql.SQL("update {} set program_id = {}").format(name, sql.Literal(THEIRS)))
        except psycopg.errors.InsufficientPrivilege:
            continue
        yield f"writes into the other program by {way}"


def test_s2_as_one_program_no_row_of_another_is_seen_changed_or_inserted(filled: Address) -> None:
    assert breaches(filled) == []


def test_s2_without_a_program_nothing_is_seen_also_on_a_connection_that_was_used(filled: Address) -> None:
    with psycopg.connect(**filled.sync_arguments("app"), autocommit=True) as app:
        for (table,) in app.execute(_WALLED).fetchall():
            count = sql.SQL("select count(*) from {}").format(named(table))
            with app.transaction():
                app.execute("select set_config('regulars.programs', %s, true)", (f"{MINE},{THEIRS}",))
                # Both are there: whoever is sent by both sees both.
                assert app.execute(count).fetchone() == (2,), table
            assert app.execute(count).fetchone() == (0,), table


def test_s2_the_owner_is_bound_too(filled: Address) -> None:
    with psycopg.connect(**filled.sync_arguments("owner"), autocommit=True) as owner:
        for (table,) in owner.execute(_WALLED).fetchall():
            assert owner.execute(sql.SQL("select count(*) from {}").format(named(table))).fetchone() == (0,), table


@pytest.mark.parametrize(
    ("hole", "seen"),
    [
        ("alter table regulars.lot disable row level security", "lot: sees the other's row"),
        (
            "drop policy programs on regulars.lot; create policy programs on regulars.lot using (true)",
            "lot: sees the other's row",
        ),
        (
            """drop policy programs on regulars.till; create policy programs on regulars.till
            using (program_id = any ((select regulars.visible_programs())::int[])) with check (true)""",
            "till: writes into the other program by INSERT",
        ),
    ],
)
def test_s2_control_a_hole_in_a_wall_is_seen(filled: Address, hole: str, seen: str) -> None:
    mended = {
        "lot": """alter table regulars.lot enable row level security; drop policy programs on regulars.lot;
            create policy programs on regulars.lot using (program_id = any ((select regulars.visible_programs())::int[]))
            with check (program_id = any ((select regulars.visible_programs())::int[]))""",
        "till": """drop policy programs on regulars.till;
            create policy programs on regulars.till using (program_id = any ((select regulars.visible_programs())::int[]))
            with check (program_id = any ((select regulars.visible_programs())::int[]))""",
    }
    with psycopg.connect(**filled.sync_arguments("admin"), autocommit=True) as admin:
        admin.execute(hole)
        try:
            assert seen in breaches(filled)
        finally:
            admin.execute(mended[seen.partition(":")[0]])


def test_s2_control_a_view_and_a_function_that_lend_rights_are_seen(address: Address) -> None:
    with psycopg.connect(**address.sync_arguments("admin"), autocommit=True) as admin:
        admin.execute("create view regulars.leak as select * from regulars.lot")
    with pytest.raises(AssertionError):
        catalogue.test_views_and_functions_lend_nobody_rights(address)
    with psycopg.connect(**address.sync_arguments("admin"), autocommit=True) as admin:
        admin.execute("drop view regulars.leak")
        catalogue.test_views_and_functions_lend_nobody_rights(address)
        admin.execute("create function regulars.lend() returns int language sql security definer return 1")
    with pytest.raises(AssertionError):
        catalogue.test_views_and_functions_lend_nobody_rights(address)
    with psycopg.connect(**address.sync_arguments("admin"), autocommit=True) as admin:
        admin.execute("alter table regulars.lot no force row level security")
    with pytest.raises(AssertionError):
        catalogue.test_every_table_of_programs_has_its_wall(address)


def test_s2_control_a_role_that_steps_over_walls_is_seen(address: Address) -> None:
    with psycopg.connect(**address.sync_arguments("admin"), autocommit=True) as admin:
        admin.execute("alter role regulars_app bypassrls")
        try:
            with pytest.raises(AssertionError):
                catalogue.test_the_app_owns_nothing_and_no_wall_can_be_stepped_over(address)
        finally:
            admin.execute("alter role regulars_app nobypassrls")
    catalogue.test_the_app_owns_nothing_and_no_wall_can_be_stepped_over(address)
