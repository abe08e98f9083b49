"""A backup becomes a home again: copied, brought to a moment by its log, and only then a home."""

from __future__ import annotations

import datetime as dt
import errno
import fcntl
import os
import re
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import msgspec
import psycopg

from regulars.kit import backups, binaries, forgotten, outbox, postmaster, server
from regulars.kit.address import Address
from regulars.kit.backup_faults import BackupBroken, HomeNotEmpty, LogMissing, NotReached, RestoreUnderWay
from regulars.kit.backups import Found, Told
from regulars.kit.server import EmbeddedServer, Tuning
from regulars.kit.server_faults import ServerDidNotStart

_STAGED: Final = "restored-wal"
_LAST: Final = re.compile(r"last completed transaction was at log time (\S+ \S+)")
# What it says to us, who ask whether it is ready, is not why it ended.
_WHY: Final = re.compile(r"(?:FATAL|PANIC):\s+((?!the database system is).*)")
_SHORT: Final = "recovery ended before configured recovery target was reached"
# What PostgreSQL had not sent whole when the copying stopped may follow the last record; nothing longer than this.
_TORN_BYTES: Final = 1 << 20


class Restored(msgspec.Struct, frozen=True, kw_only=True):
    """From which backup, and until when: the moment of the last transaction that is there, where the log says it."""

    backup: Found
    reached: str
    log_files: int


def restore(
    home: Path,
    found: Found,
    *,
    to: dt.datetime | None,
    tuning: Tuning,
    told: Told,
    erasures: Sequence[Path] = (),
) -> Restored:
    """Make a home of a backup, at the moment `to` or as late as its log reaches.

    What is there afterwards is whole, or nothing is. The home knows from then on whom the backup folder, and further
    files of `erasures`, name as erased: it does not serve before they are erased again. Raises HomeNotEmpty,
    RestoreUnderWay, BackupBroken, LogMissing, NotReached, ErasuresChanged, OSError where a file cannot be written.
    """
    with _claimed(home):
        return _restored(home, found, to=to, tuning=tuning, told=told, erasures=erasures)


def _restored(
    home: Path,
    found: Found,
    *,
    to: dt.datetime | None,
    tuning: Tuning,
    told: Told,
    erasures: Sequence[Path],
) -> Restored:
    try:
        backups.verify(found)
        logs, missing = backups.logs_after(found)
        if missing is not None and to is None:
            raise _gap(found, logs, missing)
        for name in backups.KEPT:
            if (found.folder / name).exists():
                backups.copy_private(found.folder / name, home / name)
        told_of = forgotten.together([*forgotten.of_backup(found), *erasures])
        forgotten.remember([home / forgotten.FOLDER / forgotten.NAME], told_of)
        folder = server.own_folder(home)
        _copy(found, logs, folder, told)
        reached = _recover(EmbeddedServer(home, _recovering(tuning, folder, to)), found, logs, missing=missing, to=to)
        shutil.rmtree(folder / _STAGED)
    except BaseException:
        _sweep(home)
        raise
    (home / server.UNFINISHED).unlink()
    return Restored(backup=found, reached=reached, log_files=len(logs))


def leap(where: Address) -> None:
    """Give the next events positions above any that a listener may have seen before the restore. Raises psycopg.Error.

    What happened after the moment of the restore is gone, and with it the positions that it had: given out again, they
    would be passed over by whoever had read further.
    """
    with psycopg.connect(**where.sync_arguments("relay")) as connection:
        connection.execute(outbox.LEAP)


@contextmanager
def _claimed(home: Path) -> Iterator[None]:
    """The home is ours alone, marked as unfinished, and empty but for that mark. Raises HomeNotEmpty,
    RestoreUnderWay."""
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    mark = home / server.UNFINISHED
    there = {path.name for path in home.iterdir()}
    if there and mark.name not in there:
        raise HomeNotEmpty(home=str(home))
    try:
        # One that is there is taken over, and another is made only where there was none: in between it may have ended.
        number = os.open(mark, os.O_RDWR if there else os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    except (FileExistsError, FileNotFoundError) as other:
        raise RestoreUnderWay(home=str(home)) from other
    with os.fdopen(number, "rb") as opened:
        try:
            # The kernel gives it back however we end: what nobody holds was left behind.
            fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as held:
            raise RestoreUnderWay(home=str(home)) from held
        if not mark.exists() or not os.path.samestat(mark.stat(), os.fstat(number)):
            raise RestoreUnderWay(home=str(home))
        if not there and len(list(home.iterdir())) > 1:
            mark.unlink()
            raise HomeNotEmpty(home=str(home))
        _empty(home)
        yield


def _empty(home: Path) -> None:
    """Take away all but the mark."""
    link = home / "postgres"
    # The server of a restore that was killed may have outlived it.
    postmaster.end_orphan(link.resolve() / "data")
    shutil.rmtree(link.resolve(), ignore_errors=True)
    if link.is_symlink():
        link.unlink()
    for path in home.iterdir():
        if path.is_dir():
            shutil.rmtree(path)
        elif path.name != server.UNFINISHED:
            path.unlink()


def _sweep(home: Path) -> None:
    """Leave the home as empty as it was found; the mark goes last."""
    _empty(home)
    (home / server.UNFINISHED).unlink()


def _recovering(tuning: Tuning, folder: Path, to: dt.datetime | None) -> Tuning:
    recovery = {
        "restore_command": f'cp "{folder / _STAGED}/%f" "%p"',
        "recovery_target_timeline": "current",
        # Nobody is let in before the moment is reached.
        "hot_standby": "off",
    }
    if to is not None:
        recovery["recovery_target_time"] = f"{to:%Y-%m-%d %H:%M:%S.%f}+00"
        recovery["recovery_target_action"] = "promote"
    return msgspec.structs.replace(tuning, recovery=recovery)


def _copy(found: Found, logs: Sequence[Path], folder: Path, told: Told) -> None:
    """The database and its log, each file for the server's user alone."""
    account = binaries.server_account()
    source, data, staged = found.folder / "data", folder / "data", folder / _STAGED
    pairs = [(path, data / path.relative_to(source)) for path in sorted(source.rglob("*"))]
    pairs += [(path, staged / path.name.removesuffix(".partial")) for path in logs]
    total = sum(path.stat().st_size for path, _ in pairs if path.is_file()) >> 10
    for place in (data, staged):
        place.mkdir(mode=0o700)
    done = 0
    for path, place in pairs:
        if path.is_dir():
            place.mkdir(mode=0o700)
        else:
            shutil.copyfile(path, place)
            place.chmod(0o600)
            done += path.stat().st_size
            told(done >> 10, total)
    (data / "recovery.signal").touch(mode=0o600)
    if account:
        for place in (data, staged, *data.rglob("*"), *staged.rglob("*")):
            os.chown(place, account.uid, account.gid)


def _recover(
    made: EmbeddedServer, found: Found, logs: Sequence[Path], *, missing: str | None, to: dt.datetime | None
) -> str:
    """Let the server read the log, and hold what it read against what there was to read; the moment it came to."""
    try:
        where = made.start()
        if to is None:
            _hold_end(made.folder / "data", found, logs)
        reached = _reached(made.folder, found)
        leap(where)
    except ServerDidNotStart as fault:
        reached = _reached(made.folder, found)
        said = _said(made.folder)
        if _SHORT not in said or to is None:
            reason = next(iter(_WHY.findall(said)), fault.reason)
            if os.strerror(errno.ENOSPC) in reason:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(made.folder)) from fault
            raise BackupBroken(file=str(found.folder), reason=reason) from fault
        if missing is not None:
            raise _gap(found, logs, missing) from fault
        raise NotReached(to=f"{to:%Y-%m-%dT%H:%M:%SZ}", reaches=reached) from fault
    finally:
        made.stop()
    return reached


def _hold_end(data: Path, found: Found, logs: Sequence[Path]) -> None:
    """PostgreSQL takes a record that it cannot read for the end of the log. Raises BackupBroken where it is not."""
    lives = max((data / "pg_wal").glob("*.history")).read_text().strip().splitlines()
    # Timeline, where it ended, why.
    ended = backups.position(lives[-1].split("\t")[1])
    last = logs[-1] if logs else found.folder / "data" / "pg_wal" / found.about.last_log
    behind = backups.number(last.name) - ((ended - 1) >> 24)
    content = last.read_bytes()
    torn = content[ended % len(content) + _TORN_BYTES :] if ended % len(content) else b""
    if behind > 0 or torn.strip(b"\0"):
        raise BackupBroken(
            file=str(last), reason=f"the log cannot be read beyond {ended >> 32:X}/{ended & 0xFFFFFFFF:X}"
        )


def _gap(found: Found, logs: Sequence[Path], missing: str) -> LogMissing:
    # A file of the log is closed right after the last that was written into it.
    until = dt.datetime.fromtimestamp(logs[-1].stat().st_mtime, dt.UTC) if logs else found.about.ended_at
    return LogMissing(file=missing, reaches=f"{until:%Y-%m-%dT%H:%M:%SZ}")


def _reached(folder: Path, copy: Found) -> str:
    """The moment of the last transaction of the log; where nothing was written since, that of the copy itself."""
    found = _LAST.findall(_said(folder))
    return found[-1] if found else f"{copy.about.ended_at:%Y-%m-%d %H:%M:%S}+00"


def _said(folder: Path) -> str:
    return "".join(path.read_text(errors="replace") for path in (folder / "log").glob("*.log"))
