"""The roles in the database, the database itself and its schema: what must be there before the first migration."""

from __future__ import annotations

from typing import Any, Final

import psycopg
from psycopg import sql

from regulars.kit import address
from regulars.kit.address import ROLES, SCHEMA, Address
from regulars.kit.errors import RegularsError
from regulars.kit.i18n import Text

# Any fixed number: two processes that start at once take turns.
_TURN: Final = 7_203_118_700


class MayNotPrepare(RegularsError):
    """The user of REGULARS_DATABASE_URL may not create our roles or schema."""

    texts = Text(
        en="The database user may not prepare the database ({reason}). Give it CREATEROLE and CREATE on the database.",
        ru="Пользователь базы не может подготовить её ({reason}). Дайте ему CREATEROLE и CREATE для базы данных.",
        ro="Utilizatorul bazei nu o poate pregăti ({reason}). Acordați-i CREATEROLE și CREATE pe baza de date.",
    )
    reason: str


class DatabaseRefuses(RegularsError):
    """The server does not answer, or does not let us in: an operator has to look."""

    status = 503
    texts = Text(
        en="The database cannot be reached: {reason}. Check REGULARS_DATABASE_URL: server, database, user, password.",
        ru="База данных недоступна: {reason}. Проверьте REGULARS_DATABASE_URL: сервер, базу, пользователя, пароль.",
        ro="Baza de date nu răspunde: {reason}. Verificați REGULARS_DATABASE_URL: server, bază, utilizator, parolă.",
    )
    reason: str


def prepare(where: Address) -> None:
    """Create what is missing of roles, database and schema. Safe to repeat. Raises MayNotPrepare, DatabaseRefuses."""
    try:
        if where.role_key is not None:
            _create_database(where)
        with psycopg.connect(**where.sync_arguments("admin"), autocommit=True) as connection:
            connection.execute("SELECT pg_advisory_lock(%s)", (_TURN,))
            if where.role_key is None:
                _create_roles(connection, where)
                _take_roles(connection)
            _create_schema(connection)
    except psycopg.errors.InsufficientPrivilege as fault:
        raise MayNotPrepare(reason=str(fault).splitlines()[0]) from fault
    except psycopg.OperationalError as fault:
        raise DatabaseRefuses(reason=str(fault).splitlines()[0]) from fault


def exist(where: Address) -> bool:
    """Whether database and roles are there, made by `prepare` at some time. Raises DatabaseRefuses."""
    # Our own roles may be what is missing.
    inside = where if where.role_key is None else where.in_database("postgres")
    names = [address.role_name(role) for role in ROLES]
    try:
        with psycopg.connect(**inside.sync_arguments("admin")) as connection:
            found = connection.execute(
                "SELECT (SELECT count(*) FROM pg_roles WHERE rolname = ANY(%s)), "
                "EXISTS (SELECT FROM pg_database WHERE datname = %s)",
                (names, where.database),
            ).fetchone()
    except psycopg.OperationalError as fault:
        raise DatabaseRefuses(reason=str(fault).splitlines()[0]) from fault
    return found == (len(ROLES), True)


def _create_database(where: Address) -> None:
    with psycopg.connect(**where.in_database("postgres").sync_arguments("admin"), autocommit=True) as connection:
        connection.execute("SELECT pg_advisory_lock(%s)", (_TURN,))
        _create_roles(connection, where)
        found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (where.database,)).fetchone()
        if not found:
            name, owner = sql.Identifier(where.database), sql.Identifier(address.role_name("owner"))
            connection.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(name, owner))
            connection.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(name))


def _create_roles(connection: psycopg.Connection[Any], where: Address) -> None:
    present = {row[0] for row in connection.execute("SELECT rolname FROM pg_roles").fetchall()}
    for role in ROLES:
        name = address.role_name(role)
        if name not in present:
            connection.execute(sql.SQL("CREATE ROLE {} NOLOGIN").format(sql.Identifier(name)))
        if where.role_key is not None:
            # Set at each start, so that a changed key is a changed password.
            _, password = where.login(role)
            statement = sql.SQL("ALTER ROLE {} LOGIN PASSWORD {}")
            connection.execute(statement.format(sql.Identifier(name), sql.Literal(password)))


def _take_roles(connection: psycopg.Connection[Any]) -> None:
    user, is_superuser = connection.execute(
        "SELECT current_user, rolsuper FROM pg_roles WHERE rolname = current_user"
    ).fetchone() or ("", False)
    if not is_superuser:
        for role in ROLES:
            statement = sql.SQL("GRANT {} TO {} WITH INHERIT FALSE, SET TRUE")
            connection.execute(statement.format(sql.Identifier(address.role_name(role)), sql.Identifier(user)))


def _create_schema(connection: psycopg.Connection[Any]) -> None:
    database = connection.info.dbname
    owner = sql.Identifier(address.role_name("owner"))
    connection.execute(
        sql.SQL("GRANT CONNECT, CREATE, TEMPORARY ON DATABASE {} TO {}").format(sql.Identifier(database), owner)
    )
    for role in ROLES[1:]:
        statement = sql.SQL("GRANT CONNECT ON DATABASE {} TO {}")
        connection.execute(statement.format(sql.Identifier(database), sql.Identifier(address.role_name(role))))
    # Made by the owner itself: creating it on behalf of another role asks for more rights than it is worth.
    connection.execute(sql.SQL("SET ROLE {}").format(owner))
    connection.execute(sql.SQL("CREATE SCHEMA IF NOT EXISTS {}").format(sql.Identifier(SCHEMA)))
    for role in ROLES[1:]:
        statement = sql.SQL("GRANT USAGE ON SCHEMA {} TO {}")
        connection.execute(statement.format(sql.Identifier(SCHEMA), sql.Identifier(address.role_name(role))))
    connection.execute("RESET ROLE")
