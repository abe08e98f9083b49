"""Bringing a database up to this release, and the check that it is.

A database that a newer release brought further says beside its revision which release before may go on with it.

The check needs no Alembic and no SQLAlchemy, which take longer to load than a server takes to start; both are loaded
only where there is something to migrate.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

import psycopg

from regulars.kit import roles
from regulars.kit.address import SCHEMA, Address, Role
from regulars.kit.errors import RegularsError
from regulars.kit.i18n import Text

if TYPE_CHECKING:
    from alembic.config import Config
    from sqlalchemy import Engine

_SCRIPTS: Final = Path(__file__).resolve().parent.parent / "migrations"
_ALSO_SERVES: Final = "also serves the release of "

Standing = Literal["none yet", "behind", "current", "ahead"]
"""How a schema stands to this release. One that is `ahead` was made by the next release and serves this one too."""


class DatabaseIsNewer(RegularsError):
    """The schema was made by a release after the next one: what this one would do with it, nobody knows."""

    texts = Text(
        en="The database is at {found}, which this release does not know: a newer one brought it there. Install that "
        "release again, or restore a backup of before into another REGULARS_HOME.",
        ru="База данных в состоянии {found}, неизвестном этой версии: её обновила более новая. Установите ту версию "
        "снова или восстановите более раннюю копию в другой REGULARS_HOME.",
        ro="Baza de date este la {found}, necunoscut acestei versiuni: a adus-o acolo una mai nouă. Instalați din nou "
        "acea versiune sau restaurați o copie anterioară în alt REGULARS_HOME.",
    )
    found: str


def engine(where: Address, *, role: Role = "owner") -> Engine:
    """A synchronous engine for migrations and their tests; the caller disposes of it."""
    from sqlalchemy import create_engine
    from sqlalchemy.pool import NullPool

    arguments = where.sync_arguments(role)
    # Were our schema the default one, Alembic would see its tables without a schema and think that ours are missing.
    arguments["options"] += " -c search_path=public"
    return create_engine("postgresql+psycopg://", creator=lambda: psycopg.connect(**arguments), poolclass=NullPool)


def upgrade(where: Address, revision: str = "head") -> None:
    """Prepare roles and schema, then run all migrations that are missing. Not inside a running event loop.

    Raises MayNotPrepare, DatabaseRefuses, DatabaseIsNewer.
    """
    from alembic import command

    roles.prepare(where)
    if standing(where) == "ahead":
        return
    _run(where, lambda config: command.upgrade(config, revision))
    if is_current(where):
        _let_the_release_before_go_on(where)


def downgrade(where: Address, revision: str) -> None:
    """Take migrations back to a revision; `base` takes all of them back."""
    from alembic import command

    _run(where, lambda config: command.downgrade(config, revision))


def check(where: Address) -> None:
    """Compare the schema with the declared tables. Raises alembic.util.CommandError where they differ."""
    from alembic import command

    _run(where, command.check)


def ensure(where: Address) -> None:
    """Upgrade a database that is not at this release; one that is costs a query. Not inside a running event loop.

    Raises MayNotPrepare, DatabaseRefuses, DatabaseIsNewer.
    """
    try:
        if standing(where) in {"current", "ahead"}:
            return
    except roles.DatabaseRefuses:
        # A user who may not take our roles on yet; if the server is away, the upgrade says so.
        pass
    upgrade(where)


def standing(where: Address) -> Standing:
    """How the schema stands to this release. Raises DatabaseIsNewer where it is too new, DatabaseRefuses."""
    try:
        found, serves = _stamp(where)
    except psycopg.OperationalError as fault:
        if roles.exist(where):
            raise roles.DatabaseRefuses(reason=str(fault).splitlines()[0]) from fault
        return "none yet"
    if not found:
        return "none yet"
    if found in revisions():
        return "current" if found == head() else "behind"
    if serves != head():
        raise DatabaseIsNewer(found=found)
    return "ahead"


def is_current(where: Address) -> bool:
    """Whether the database has every migration of this release. Raises the driver's OperationalError where our roles
    cannot enter."""
    return revision(where) == head()


def head() -> str:
    """The last revision of this release: the one that no other builds on."""
    return revisions()[-1]


def revisions() -> list[str]:
    """All revisions that this release knows, the last at the end."""
    built_on: dict[str, str] = {}
    for script in (_SCRIPTS / "versions").glob("[0-9]*.py"):
        text = script.read_text(encoding="utf-8")
        [name] = re.findall(r"^revision = ['\"](\w+)", text, re.MULTILINE)
        built_on[name] = next(iter(re.findall(r"^down_revision = ['\"](\w+)", text, re.MULTILINE)), "")
    [last] = built_on.keys() - built_on.values()
    found = [last]
    while built_on[found[0]]:
        found.insert(0, built_on[found[0]])
    return found


def revision(where: Address) -> str:
    """The revision that a database is at; empty where none was ever run. Raises the driver's OperationalError."""
    return _stamp(where)[0]


def _stamp(where: Address) -> tuple[str, str]:
    """The revision of a database, and the last one of the release before that may go on with it; empty: none."""
    table = f"{SCHEMA}.alembic_version"
    try:
        with psycopg.connect(**where.sync_arguments("owner")) as connection:
            [(found, said)] = connection.execute(
                f"SELECT string_agg(version_num, ','), obj_description('{table}'::regclass) FROM {table}"
            ).fetchall()
    except (psycopg.errors.UndefinedTable, psycopg.errors.InsufficientPrivilege):
        return "", ""
    return found or "", (said or "").removeprefix(_ALSO_SERVES)


def _let_the_release_before_go_on(where: Address) -> None:
    # A release has at most one migration, which leaves the schema usable for the release before; but that one does not
    # know it by its name, so it finds its own beside it.
    with psycopg.connect(**where.sync_arguments("owner")) as connection:
        connection.execute(f"COMMENT ON TABLE {SCHEMA}.alembic_version IS '{_ALSO_SERVES}{revisions()[-2]}'")


def _config() -> Config:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


def _run(where: Address, act: Callable[[Config], object]) -> None:
    config = _config()
    with engine(where).connect() as connection:
        config.attributes["connection"] = connection
        act(config)
