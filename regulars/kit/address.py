"""Where the database is and how each of our roles signs in."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final, Literal
from urllib.parse import parse_qs, unquote, urlsplit

import msgspec

from regulars.kit import keyring

# owner: owns schema and tables; migrations and partitions. app: reads and writes rows, owns nothing, bound by the walls
# between programs. reader: reads only, for the SQL of segments, with the program in its condition. relay: stamps events
# of all programs and sees no other table. admin: whoever may create roles and databases.
Role = Literal["owner", "app", "reader", "relay", "admin"]
ROLES: Final[tuple[Role, ...]] = ("owner", "app", "reader", "relay")

SCHEMA: Final = "regulars"


def role_name(role: Role) -> str:
    """The name of a role in the database."""
    return f"regulars_{role}"


class Address(msgspec.Struct, frozen=True, kw_only=True):
    """A database. With a `role_key` each role signs in with a password of its own (our embedded server).

    Without one, the user of the URL signs in and takes the role on, so that any kind of sign-in works there.
    """

    host: str
    port: int
    database: str
    user: str = ""
    password: str = ""
    parameters: dict[str, str] = {}
    role_key: bytes | None = None

    def login(self, role: Role) -> tuple[str, str]:
        """User and password of a role."""
        if self.role_key is None:
            return self.user, self.password
        name = "postgres" if role == "admin" else role_name(role)
        return name, keyring.digest(self.role_key, name).hex()

    def taken_role(self, role: Role) -> str | None:
        """The role to take on after signing in; None where the user is the role already."""
        return None if self.role_key is not None or role == "admin" else role_name(role)

    def sync_arguments(self, role: Role) -> dict[str, Any]:
        """Arguments of `psycopg.connect`."""
        user, password = self.login(role)
        taken = self.taken_role(role)
        options = f"-c search_path={SCHEMA}" + (f" -c role={taken}" if taken else "")
        known = {"host": self.host, "port": self.port, "dbname": self.database, "options": options}
        return {**known, **self.parameters, **({"user": user} if user else {}), "password": password or None}

    def in_database(self, database: str) -> Address:
        """The same server, another database."""
        return msgspec.structs.replace(self, database=database)


def parse(url: str) -> Address:
    """The address behind `postgresql://user:password@host:port/name?sslmode=require`. Raises ValueError."""
    parts = urlsplit(url)
    if parts.scheme not in {"postgresql", "postgres"}:
        raise ValueError("a database URL begins with postgresql://")
    parameters = {name: values[-1] for name, values in parse_qs(parts.query).items()}
    host = parameters.pop("host", "") or unquote(parts.hostname or "localhost")
    database = unquote(parts.path.lstrip("/"))
    if not database:
        raise ValueError("a database URL ends in the name of a database")
    return Address(
        host=host,
        port=int(parameters.pop("port", 0) or parts.port or 5432),
        database=database,
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        parameters=parameters,
    )


def embedded(home: Path, socket_folder: Path) -> Address:
    """The address of the server that lives in a home folder."""
    return Address(host=str(socket_folder), port=5432, database="regulars", role_key=keyring.key(home, "database"))
