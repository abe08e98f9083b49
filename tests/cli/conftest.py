from __future__ import annotations

import asyncio
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest

from regulars.access import service as access
from regulars.kit import edge, upgrade
from regulars.kit.address import Address
from regulars.kit.database import Database
from regulars.kit.server import EmbeddedServer, Tuning

PROGRAM = """
program: {name: corner, title: {en: Corner, ru: Угол, ro: Colț}, money: EUR, zone: Europe/Chisinau, region: MD}
currencies:
  points:
    title: {en: Points, ru: Баллы, ro: Puncte}
    expiry: 12 months
    round_up: month
    value: 0.01
    cost: {house: 0.01}
activities:
  purchase: {title: {en: Purchase, ru: Покупка, ro: Cumpărătură}, basket: true}
  return: {title: {en: Return, ru: Возврат, ro: Retur}, basket: true, reverses: purchase}
attributes:
  age: {type: text, purpose: contract}
purposes:
  contract:
    title: {en: Membership, ru: Участие, ro: Participare}
    texts: {v1: {en: To count points., ru: Чтобы считать баллы., ro: Pentru puncte.}}
rules:
  base:
    kind: base
    trigger: purchase
    effects: [{give: points, amount: "basket.base / 1.00"}]
"""


class Ran(msgspec.Struct, frozen=True):
    code: int
    out: str
    err: str


Run = Callable[..., Ran]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """The command line as `regulars ARGUMENTS` would run it, in this process."""
    from regulars.cli import shown
    from regulars.cli.app import main

    # However slow the machine is today, a test does not hear how far something is.
    monkeypatch.setattr(shown, "_QUIET_S", float("inf"))

    # What a command sets for the processes that it starts, no other test shall find.
    monkeypatch.setenv("PYTHONSAFEPATH", "1")

    def ran(*arguments: object) -> Ran:
        monkeypatch.setattr(sys, "argv", ["regulars", *map(str, arguments)])
        monkeypatch.setenv("LANG", "en_US.UTF-8")
        monkeypatch.delenv("LC_ALL", raising=False)
        monkeypatch.delenv("LC_MESSAGES", raising=False)
        capsys.readouterr()
        code = 0
        try:
            main()
        except SystemExit as stopped:
            code = stopped.code if isinstance(stopped.code, int) else 1
        told = capsys.readouterr()
        return Ran(code, told.out, told.err)

    return ran


@pytest.fixture(scope="session")
def shop_home() -> Iterator[Path]:
    """The home that most tests of commands share."""
    yield from opened_home()


def opened_home() -> Iterator[Path]:
    """A home with a running database of its own and one program without a release: never is one alone there, whichever
    test comes first."""
    home = Path(tempfile.mkdtemp(prefix="regulars-cli-", dir="/tmp"))
    home.chmod(0o755)
    server = EmbeddedServer(home, Tuning(shared_buffers="32MB", durable=False))
    where = server.start()
    upgrade.upgrade(where)
    asyncio.run(open_program(where, "empty"))
    yield home
    server.stop()
    shutil.rmtree(home, ignore_errors=True)


async def open_program(where: Address, key: str) -> None:
    """A program in which nothing is published."""
    async with Database(where, size=1) as database, database.transaction(programs=[]) as tx:
        await access.create_program(tx, key=key, name=key, now=edge.now())


@pytest.fixture
def shop(shop_home: Path, run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    """The command line on a home where the program `corner` is published."""
    monkeypatch.setenv("REGULARS_HOME", str(shop_home))
    file = tmp_path / "corner.yaml"
    file.write_text(PROGRAM, encoding="utf-8")
    made = run("program", "publish", file, "--program", "corner")
    assert made.code == 0, made.err
    return run
