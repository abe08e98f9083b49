"""Backups: copies of the embedded server with the secrets, and the log that goes on from them.

    FOLDER/<line>/<moment>/   data (pg_basebackup, with its manifest), secrets, imports, roots, erasures, backup.json
    FOLDER/<line>/wal/        the log since, copied by `kit.archiving` while `regulars serve` runs
    FOLDER/<line>/erasures.ndjson   who was forgotten since, written by `kit.forgotten` with each erasure

A line is the life of one home: a restored home begins one of its own, so that what two lives wrote never mixes.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import msgspec
import psycopg

from regulars.kit import binaries, edge, tethered
from regulars.kit.address import Address
from regulars.kit.backup_faults import BackupBroken, BackupFailed, BackupUnderWay, NoBackup, OtherBackup
from regulars.kit.settings import Settings

FORMAT: Final = 1
NOTE: Final = "backup.json"
WAL: Final = "wal"
ERASURES: Final = "erasures"
"""Folder of a home in which stands who was forgotten."""
KEPT: Final = ("secrets", "imports", "roots", ERASURES)
"""Folders of a home that a backup holds beside the database."""
SEGMENT: Final = re.compile(r"([0-9A-F]{8})([0-9A-F]{8})([0-9A-F]{8})(\.partial)?")
_SEGMENTS_A_LOG: Final = 256  # of 16 MB, as initdb makes them
_LINE: Final = "backup.line"
_LOCK: Final = "backup.lock"
# What was killed takes as long to be gone.
_LOCK_S: Final = 2.0

Told = Callable[[int, int], None]
"""Called with what is done and what there is to do, in kilobytes."""


class Backup(msgspec.Struct, frozen=True, kw_only=True):
    """What `backup.json` says of a backup. `files` has the SHA-256 of each file beside the database; `first_log` and
    `last_log` are the log files that the copy itself needs and holds."""

    format: int
    regulars: str
    postgres: str
    revision: str
    system: str
    begun_at: datetime
    ended_at: datetime
    first_log: str
    last_log: str
    files: dict[str, str]


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """A backup and the folder it lies in."""

    folder: Path
    about: Backup

    @property
    def wal(self) -> Path:
        """Where the log that goes on from it is."""
        return self.folder.parent / WAL


def line_folder(home: Path, folder: Path) -> Path:
    """The folder of this home's line in a backup folder; made on first use, readable by the owner only."""
    note = home / _LINE
    if not note.exists():
        draft = note.with_name(f".{_LINE}.{os.getpid()}")
        draft.write_text(f"{edge.now():%Y%m%dT%H%M%SZ}-{edge.secret(4).hex()}")
        try:
            os.link(draft, note)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    line = folder / note.read_text()
    for each in (folder, line, line / WAL):
        each.mkdir(mode=0o700, parents=True, exist_ok=True)
    return line


def take(settings: Settings, where: Address, folder: Path, *, revision: str, told: Told) -> Found:
    """Copy the running embedded server and what belongs to it, and verify the copy.

    An interrupted one leaves nothing, a killed one a folder that ends in `.part` and is swept away by the next. Raises
    BackupFailed, BackupUnderWay, OSError where a folder or file cannot be made or written.
    """
    if folder.resolve().is_relative_to(settings.home.resolve()):
        raise BackupFailed(reason=f"{folder} lies in REGULARS_HOME and would be lost with it")
    begun = edge.now()
    line = line_folder(settings.home, folder)
    with _alone(line) as lock:
        for left in line.glob("*.part"):
            shutil.rmtree(left)
        draft = line / f"{begun:%Y%m%dT%H%M%S.%fZ}.part"
        draft.mkdir(mode=0o700)
        try:
            about = _taken(settings, where, draft, begun=begun, revision=revision, told=told, lock=lock)
        except BaseException as fault:
            shutil.rmtree(draft, ignore_errors=True)
            if isinstance(fault, OSError) and fault.filename is None:
                # A disk that is full does not say which one it is.
                raise OSError(fault.errno, fault.strerror, str(line)) from fault
            raise
        made = draft.with_suffix("")
        draft.rename(made)
    return Found(folder=made, about=about)


@contextmanager
def _alone(line: Path) -> Iterator[int]:
    """Hold the one lock of a line, which the kernel gives back however we end; what copies for us holds it with us.
    Raises BackupUnderWay."""
    lock = os.open(line / _LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        until = time.monotonic() + _LOCK_S
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError as held:
                if time.monotonic() > until:
                    raise BackupUnderWay(folder=str(line)) from held
                time.sleep(0.05)
        yield lock
    finally:
        os.close(lock)


def _taken(
    settings: Settings, where: Address, draft: Path, *, begun: datetime, revision: str, told: Told, lock: int
) -> Backup:
    # Before the database: how far an import came, and what a root has of the ledger, may lag what the database has, it
    # may never be ahead.
    for name in KEPT:
        if (settings.home / name).exists():
            copy_private(settings.home / name, draft / name)
    _make_room(where, draft.parent)
    _base_backup(where, draft / "data", told, lock)
    first_log, last_log = _logs(draft / "data")
    about = Backup(
        format=FORMAT,
        regulars=version("regulars"),
        postgres=binaries.MAJOR,
        revision=revision,
        system=_system(where),
        begun_at=begun,
        ended_at=edge.now(),
        first_log=first_log,
        last_log=last_log,
        files={str(path.relative_to(draft)): _digest(path) for path in _files_beside(draft)},
    )
    _write(draft / NOTE, msgspec.json.format(msgspec.json.encode(about)))
    verify(Found(folder=draft, about=about))
    return about


def verify(found: Found) -> None:
    """Hold a backup against its manifests, byte by byte. Raises BackupBroken."""
    for name, digest in found.about.files.items():
        path = found.folder / name
        if not path.is_file() or _digest(path) != digest:
            raise BackupBroken(file=str(path), reason="it is missing or was changed")
    command = [_program("pg_verifybackup"), "--exit-on-error", "--quiet", str(found.folder / "data")]
    with tethered.running(command, environment=os.environ) as child:
        said = child.stderr.read() if child.stderr else ""
    if child.returncode:
        raise BackupBroken(file=str(found.folder / "data"), reason=_last_line(said))


def backups(folder: Path) -> list[Found]:
    """The whole backups below a folder (or the one that it is), the oldest first. Raises NoBackup, OtherBackup."""
    notes = [folder / NOTE] if (folder / NOTE).is_file() else [*folder.glob(f"*/{NOTE}"), *folder.glob(f"*/*/{NOTE}")]
    found = [Found(folder=note.parent, about=_read(note)) for note in notes if note.parent.suffix != ".part"]
    if not found:
        raise NoBackup(folder=str(folder))
    return sorted(found, key=lambda one: one.about.ended_at)


def chosen(folder: Path, to: datetime | None) -> Found:
    """The backup to begin with: the newest, or the newest that was whole at that moment. Raises NoBackup,
    OtherBackup."""
    found = [one for one in backups(folder) if to is None or one.about.ended_at <= to]
    if not found:
        raise NoBackup(folder=f"{folder} ({to:%Y-%m-%dT%H:%M:%SZ})")
    return found[-1]


def logs_after(found: Found) -> tuple[list[Path], str | None]:
    """The log files that go on from a backup without a gap, and the first one that is missing although later ones are
    there."""
    there: dict[int, Path] = {}
    for path in sorted(found.wal.glob("*"), reverse=True):
        match = SEGMENT.fullmatch(path.name)
        if match and match[1] == found.about.last_log[:8]:
            # A whole file comes after its `.partial` in this order and takes its place.
            there[number(path.name)] = path
    numbers = sorted(each for each in there if each >= number(found.about.last_log))
    if not numbers:
        return [], None
    # The copy holds its own log: what follows begins with its last file or the next.
    expected = number(found.about.last_log) + (numbers[0] != number(found.about.last_log))
    whole: list[Path] = []
    for each in numbers:
        if each != expected:
            return whole, log_name(found.about.last_log[:8], expected)
        whole.append(there[each])
        expected += 1
    return whole, None


def keep(newest: Found, count: int) -> list[Path]:
    """Delete the oldest backups of the same line beyond `count`, and the log that only they need; what went."""
    line = sorted(backups(newest.folder.parent), key=lambda one: one.about.ended_at)
    gone = [one.folder for one in line[: max(0, len(line) - count)]]
    for folder in gone:
        shutil.rmtree(folder)
    oldest = line[len(gone)]
    for path in sorted(oldest.wal.glob("*")):
        match = SEGMENT.fullmatch(path.name)
        if match and path.name < oldest.about.first_log:
            path.unlink()
            gone.append(path)
    return gone


def _base_backup(where: Address, place: Path, told: Told, lock: int) -> None:
    user, password = where.login("admin")
    command = [_program("pg_basebackup"), "-h", where.host, "-p", str(where.port), "-U", user, "-D", str(place)]
    command += ["-X", "stream", "-c", "fast", "--manifest-checksums=SHA256", "--progress", "--no-password"]
    # The password goes by the environment: arguments are visible to every user of the machine.
    environment = {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "PGPASSWORD": password}
    with tethered.running(command, environment=environment, held=[lock]) as child:
        said = ""
        for line in child.stderr or ():
            if match := re.search(r"(\d+)/(\d+) kB", line):
                told(int(match[1]), int(match[2]))
            elif line.strip():
                said = line.strip()
    if child.returncode:
        raise BackupFailed(reason=said)


def _make_room(where: Address, folder: Path) -> None:
    with psycopg.connect(**where.sync_arguments("admin")) as connection:
        [needed] = connection.execute("SELECT sum(pg_database_size(oid))::bigint FROM pg_database").fetchone() or (0,)
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise BackupFailed(reason=f"{folder} has {free >> 20} MiB left, {needed >> 20} MiB are needed")


def _system(where: Address) -> str:
    with psycopg.connect(**where.sync_arguments("admin")) as connection:
        [found] = connection.execute("SELECT system_identifier::text FROM pg_control_system()").fetchone() or ("",)
    return str(found)


def _logs(data: Path) -> tuple[str, str]:
    """The first and the last log file that a copy needs, by its manifest."""
    manifest: dict[str, Any] = msgspec.json.decode((data / "backup_manifest").read_bytes())
    ranges = manifest["WAL-Ranges"]
    timeline = f"{ranges[0]['Timeline']:08X}"
    first, last = (position(each) >> 24 for each in (ranges[0]["Start-LSN"], ranges[-1]["End-LSN"]))
    return log_name(timeline, first), log_name(timeline, last)


def position(lsn: str) -> int:
    high, low = lsn.split("/")
    return (int(high, 16) << 32) + int(low, 16)


def number(name: str) -> int:
    return int(name[8:16], 16) * _SEGMENTS_A_LOG + int(name[16:24], 16)


def log_name(timeline: str, number: int) -> str:
    return f"{timeline}{number // _SEGMENTS_A_LOG:08X}{number % _SEGMENTS_A_LOG:08X}"


def _read(note: Path) -> Backup:
    try:
        raw: dict[str, Any] = msgspec.json.decode(note.read_bytes())
        if raw.get("format") != FORMAT or raw.get("postgres") != binaries.MAJOR:
            raise OtherBackup(
                folder=str(note.parent), made_by=f"{raw.get('regulars')}, PostgreSQL {raw.get('postgres')}"
            )
        return msgspec.convert(raw, Backup)
    except (msgspec.DecodeError, msgspec.ValidationError, AttributeError) as fault:
        raise BackupBroken(file=str(note), reason=str(fault)) from fault


def _files_beside(draft: Path) -> Iterator[Path]:
    for name in KEPT:
        yield from sorted(path for path in (draft / name).rglob("*") if path.is_file())


def copy_private(source: Path, target: Path) -> None:
    """Copy a folder so that only its owner may look into the copy."""
    target.mkdir(mode=0o700)
    for path in sorted(source.rglob("*")):
        place = target / path.relative_to(source)
        if path.is_dir():
            place.mkdir(mode=0o700)
        elif not path.name.startswith("."):
            # What begins with a dot is a file that somebody is just writing.
            _write(place, path.read_bytes())


def _write(path: Path, content: bytes) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _program(name: str) -> str:
    # Run as ourselves, and not as the server's user: what it writes belongs to us.
    return str(binaries.folder(None) / name)


def _last_line(said: str) -> str:
    return next((line for line in reversed(said.strip().splitlines()) if line), "?").partition("error: ")[2] or said


def moment_of(text: str) -> datetime:
    """A moment that names its zone, in UTC. Raises ValueError."""
    found = datetime.fromisoformat(text)
    if found.tzinfo is None:
        raise ValueError(text)
    return found.astimezone(UTC)
