"""A home that was lost and what was kept of it, for tests of backups."""

from __future__ import annotations

import datetime as dt
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import psycopg

from regulars.kit import archiving, backups, edge, keyring, restoring, roles, settings
from regulars.kit.address import Address
from regulars.kit.server import EmbeddedServer, Tuning

SMALL = Tuning(shared_buffers="16MB", max_connections=20)
WORDS = ["before", "after", "soon", "late", "later"]


class Kept(msgspec.Struct):
    """The first of `WORDS` was said before the backup, the second after; then comes `moment`, and the others."""

    folder: Path
    before: dt.datetime
    moment: dt.datetime
    ledger_key: bytes


@contextmanager
def kept_home() -> Iterator[Kept]:
    """One that lives, is backed up, goes on living, and is gone when the block begins."""
    root = Path(tempfile.mkdtemp(prefix="regulars-backups-", dir="/tmp"))
    root.chmod(0o755)
    chosen = settings.load({"REGULARS_HOME": str(root / "home")})
    made = EmbeddedServer(chosen.home, SMALL)
    where = made.start()
    _tables(where)
    (chosen.home / "imports").mkdir()
    (chosen.home / "imports" / "state").write_text("row 7")
    (chosen.home / "roots" / "1").mkdir(parents=True)
    (chosen.home / "roots" / "1" / "000001.root.json").write_text("{}")
    (chosen.home / "roots" / "1" / ".000002.root.tmp").write_text("{")
    key = keyring.key(chosen.home, "ledger")
    folder = root / "backup"
    archiver = archiving.archiver(where, backups.line_folder(chosen.home, folder))
    archiver.start()
    _say(where, WORDS[0])
    before = edge.now()
    backups.take(chosen, where, folder, revision="0001", told=lambda *_: None)
    _say(where, WORDS[1])
    moment = edge.now()
    _say(where, WORDS[2])
    # Two more files of the log, so that one in the middle can go missing.
    for word in WORDS[3:]:
        with psycopg.connect(**where.sync_arguments("admin"), autocommit=True) as connection:
            connection.execute("SELECT pg_switch_wal()")
        _say(where, word)
    _wait_until_across(where)
    archiver.stop()
    made.stop()
    data = (chosen.home / "postgres").resolve()
    shutil.rmtree(data)
    yield Kept(folder=folder, before=before, moment=moment, ledger_key=key)
    shutil.rmtree(root)


def linked(folder: Path, place: Path) -> Path:
    """A copy of a backup folder to be harmed: links, so that it costs nothing."""
    shutil.copytree(folder, place, copy_function=lambda a, b: Path(b).hardlink_to(a))
    return place


def change(path: Path, at: int) -> None:
    """Make one byte of a file another one; the original that it was linked to stays."""
    content = bytearray(path.read_bytes())
    content[at] ^= 0xFF
    path.unlink()
    path.write_bytes(content)


def logs(folder: Path) -> list[Path]:
    """The files of the log that go on from the newest backup."""
    return backups.logs_after(backups.chosen(folder, None))[0]


def restored(home: Path, folder: Path, to: dt.datetime | None = None) -> list[str]:
    """Restore, start what came of it, and read what it says."""
    restoring.restore(home, backups.chosen(folder, to), to=to, tuning=SMALL, told=lambda *_: None)
    return said_in(home)


def said_in(home: Path) -> list[str]:
    """What a restored home says once it is started."""
    made = EmbeddedServer(home, SMALL)
    try:
        with psycopg.connect(**made.start().sync_arguments("admin")) as connection:
            assert connection.execute("SELECT position FROM regulars.event_relay").fetchone() == (1_000_000_007,)
            return [row[0] for row in connection.execute("SELECT word FROM public.said ORDER BY n").fetchall()]
    finally:
        made.stop()


def _tables(where: Address) -> None:
    roles.prepare(where)
    with psycopg.connect(**where.sync_arguments("admin")) as connection:
        # Of all tables, a restore writes this one alone.
        connection.execute("CREATE TABLE regulars.event_relay AS SELECT 1 AS id, 7::bigint AS position")
        connection.execute("GRANT SELECT, UPDATE ON regulars.event_relay TO regulars_relay")
        connection.execute("CREATE TABLE public.said (n bigserial PRIMARY KEY, word text)")


def _say(where: Address, word: str) -> None:
    with psycopg.connect(**where.sync_arguments("admin")) as connection:
        connection.execute("INSERT INTO public.said (word) VALUES (%s)", (word,))


def _wait_until_across(where: Address) -> None:
    until = time.monotonic() + 20
    while archiving.lag_bytes(where) != 0:
        assert time.monotonic() < until
        time.sleep(0.02)
