"""Who was forgotten, kept beside the database: a restore brings back whoever was erased since, and cannot know it.

One line an erasure, in the home and in the backup folder, on the disk before anybody hears that it is done. A line
names a program, a member by an id that leads to nobody, and a moment: no personal data.

    HOME/erasures/erasures.ndjson
    BACKUP_FOLDER/<line>/erasures.ndjson

Lines are only ever added. One without its end was cut short while it was written, and its erasure was never
acknowledged; a whole line that does not hold its own digest was changed, and then nobody knows whom it named.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Final
from uuid import UUID

import msgspec

from regulars.kit import backups, ids
from regulars.kit.errors import RegularsError
from regulars.kit.i18n import Text
from regulars.kit.settings import Settings

FOLDER: Final = backups.ERASURES
"""Of a home; a backup holds a copy of it."""
NAME: Final = "erasures.ndjson"
_DIGEST_BYTES: Final = 8


class ErasuresNotKept(RegularsError):
    """It could not be written down, where a restore finds it, who is forgotten: so nobody is told that they are."""

    status = 503
    texts = Text(
        en="The erasure cannot be written to {file} ({reason}): a restore would bring the member back. "
        "Repeat it once that can be written.",
        ru="Удаление нельзя записать в {file} ({reason}): восстановление вернуло бы участника. "
        "Повторите, когда запись станет возможной.",
        ro="Ștergerea nu poate fi scrisă în {file} ({reason}): o restaurare ar aduce membrul înapoi. "
        "Repetați când scrierea va fi posibilă.",
    )
    file: str
    reason: str

    @property
    def retry_after_s(self) -> int:
        """A disk that is away seldom comes back sooner."""
        return 10


class ErasuresChanged(RegularsError):
    """A whole line of the file is not as it was written: whom it named cannot be known."""

    texts = Text(
        en="Line {number} of {file} was changed: whom it named must be forgotten cannot be known. "
        "Take a copy of the file from the home or the backup folder, whichever is whole.",
        ru="Строка {number} файла {file} изменена: неизвестно, чьи данные должны быть удалены. "
        "Возьмите целую копию файла из домашней папки или из папки копий.",
        ro="Rândul {number} din {file} a fost schimbat: nu se poate ști pe cine numea. "
        "Luați o copie întreagă a fișierului din dosarul de bază sau din cel al copiilor.",
    )
    file: str
    number: int


class Forgotten(msgspec.Struct, frozen=True, order=True):
    """Somebody who was erased at a moment (aware UTC)."""

    program_id: int
    member_id: UUID
    at: datetime


class _Line(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    program: int
    member: str
    at: datetime
    digest: str = ""


_line: Final = msgspec.json.Decoder(_Line)


def remember(files: Iterable[Path], forgotten: Sequence[Forgotten]) -> None:
    """Add to each file whom it does not have yet; on the disk when this returns. Raises ErasuresNotKept,
    ErasuresChanged."""
    for file in files if forgotten else ():
        try:
            _add(file, forgotten)
        except OSError as fault:
            raise ErasuresNotKept(file=str(file), reason=fault.strerror or type(fault).__name__) from fault


def read(file: Path) -> list[Forgotten]:
    """Whom a file names; nobody where there is none. Raises ErasuresChanged, OSError."""
    try:
        content = file.read_bytes()
    except FileNotFoundError:
        return []
    except OSError as fault:
        # What fails while it is read does not say which file it was.
        raise OSError(fault.errno, fault.strerror, str(file)) from fault
    return _parsed(content, file)


def files_of(settings: Settings) -> list[Path]:
    """Where erasures are written down: in the home, and in the backup folder where there is one. Raises
    ErasuresNotKept."""
    found = [settings.home / FOLDER / NAME]
    if settings.backup_folder:
        folder = Path(settings.backup_folder).expanduser().absolute()
        try:
            found.append(backups.line_folder(settings.home, folder) / NAME)
        except OSError as fault:
            raise ErasuresNotKept(file=str(folder), reason=fault.strerror or type(fault).__name__) from fault
    return found


def known(settings: Settings, *more: Path) -> list[Forgotten]:
    """Everybody named in the home, in any line of the backup folder, and in further files: another life of the same
    database, told in another line, counts too. Raises ErasuresChanged, OSError."""
    files = [settings.home / FOLDER / NAME, *more]
    if settings.backup_folder:
        files += sorted(Path(settings.backup_folder).expanduser().absolute().glob(f"*/{NAME}"))
    return together(files)


def of_backup(found: backups.Found) -> list[Path]:
    """The files that tell of erasures before and after a backup: its own copy, and those of its folder's lines."""
    line = found.folder.parent
    return [found.folder / FOLDER / NAME, *sorted({line / NAME, *line.parent.glob(f"*/{NAME}")})]


def together(files: Iterable[Path]) -> list[Forgotten]:
    """Everybody whom files name, each once, the earliest first. Raises ErasuresChanged, OSError."""
    first: dict[tuple[int, UUID], Forgotten] = {}
    for one in sorted((one for file in files for one in read(file)), key=lambda one: one.at):
        first.setdefault((one.program_id, one.member_id), one)
    return list(first.values())


def _add(file: Path, forgotten: Sequence[Forgotten]) -> None:
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    is_new = not file.exists()
    with os.fdopen(os.open(file, os.O_RDWR | os.O_CREAT, 0o600), "r+b") as opened:
        # Several processes answer, and each may forget somebody at the same moment.
        fcntl.flock(opened, fcntl.LOCK_EX)
        content = opened.read()
        whole = content.rfind(b"\n") + 1
        there = {(one.program_id, one.member_id) for one in _parsed(content[:whole], file)}
        added = [one for one in forgotten if (one.program_id, one.member_id) not in there]
        if whole < len(content):
            # Whoever holds the lock alone writes, so a line without an end is that of somebody who died.
            opened.truncate(whole)
        opened.seek(whole)
        opened.write(b"".join(_encoded(one) for one in added))
        opened.flush()
        # Also where nothing is new: whoever wrote it may have died before it was on the disk.
        os.fsync(opened.fileno())
    if is_new:
        _sync_folder(file.parent)


def _sync_folder(folder: Path) -> None:
    held = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(held)
    finally:
        os.close(held)


def _encoded(one: Forgotten) -> bytes:
    bare = _Line(one.program_id, ids.to_wire("mem", one.member_id), one.at)
    return msgspec.json.encode(msgspec.structs.replace(bare, digest=_digest(bare))) + b"\n"


def _parsed(content: bytes, file: Path) -> list[Forgotten]:
    found = []
    for number, text in enumerate(content[: content.rfind(b"\n") + 1].splitlines(), 1):
        try:
            line = _line.decode(text)
            if line.digest != _digest(line):
                raise ErasuresChanged(file=str(file), number=number)
            found.append(Forgotten(line.program, ids.from_wire("mem", line.member), line.at))
        except (msgspec.DecodeError, ids.MalformedId, ids.WrongKindOfId) as fault:
            raise ErasuresChanged(file=str(file), number=number) from fault
    return found


def _digest(line: _Line) -> str:
    bare = msgspec.json.encode(msgspec.structs.replace(line, digest=""))
    return hashlib.blake2b(bare, digest_size=_DIGEST_BYTES).hexdigest()
