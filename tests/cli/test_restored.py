"""A real backup is restored to a moment before somebody was erased: by the one command they are erased again, and nobody
is served before (TRUST.md D3). What they may have had then: tests/checkout/test_erased_again.py."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from regulars.api import server as supervisor
from regulars.kit import archiving, backups, edge, forgotten, ids, server, settings
from regulars.kit.address import Address
from regulars.kit.backup_faults import ErasedAreBack
from regulars.kit.database import Database
from regulars.kit.forgotten import Forgotten
from tests.api.conftest import new_key, running
from tests.cli.conftest import Run, opened_home

PHONES = {"ann": "+37369200001", "bob": "+37369200002", "cat": "+37369200003"}


@pytest.fixture(scope="session")
def shop_home() -> Iterator[Path]:
    """One of its own: in the shared one other tests sign their records with other keys."""
    yield from opened_home()


@pytest.fixture
def folder() -> Iterator[Path]:
    made = Path(tempfile.mkdtemp(prefix="regulars-restored-", dir="/tmp"))
    made.chmod(0o755)
    yield made
    for link in made.glob("*/postgres"):
        shutil.rmtree(link.resolve(), ignore_errors=True)
    shutil.rmtree(made, ignore_errors=True)


@pytest.fixture
async def lived(shop: Run, shop_home: Path, folder: Path) -> AsyncIterator[dict[str, Any]]:
    """A shop that is backed up, and erases somebody afterwards; when that was, and who is who."""
    chosen = settings.load({"REGULARS_HOME": str(shop_home), "REGULARS_BACKUP_FOLDER": str(folder / "backup")})
    where = server.locate(chosen)
    archiver = archiving.archiver(where, backups.line_folder(shop_home, folder / "backup"))
    archiver.start()
    async with Database(where, size=4) as database:
        token = await new_key(database, program="corner", scopes=("till", "members:read", "members:write"))
        async with running(chosen, where) as client:
            client.headers["authorization"] = f"Bearer {token}"
            known = {name: await buy(client, phone) for name, phone in PHONES.items()}
            backups.take(chosen, where, folder / "backup", revision="0005", told=lambda *_: None)
            known["moment"] = edge.now().isoformat().replace("+00:00", "Z")
            await post(client, f"/v1/members/{known['ann']}/erase", {"reason": "letter", "forfeits": True})
    until = time.monotonic() + 60
    while archiving.lag_bytes(where) != 0:
        assert time.monotonic() < until
        await asyncio.sleep(0.02)
    archiver.stop()
    yield known
    archiving.drop_slot(where)
    for file in forgotten.files_of(chosen):
        file.unlink()


async def buy(client: httpx.AsyncClient, phone: str) -> str:
    made = await post(client, "/v1/purchases", {"member": {"phone": phone}, "lines": [{"amount": 1000}]})
    return str(made["member"]["id"])


async def post(client: httpx.AsyncClient, path: str, body: Any) -> Any:
    answer = await client.post(path, json=body, headers={"idempotency-key": edge.token(6)})
    assert answer.status_code == 201, answer.text
    return answer.json()


def statuses(where: Address, known: dict[str, Any]) -> dict[str, tuple[str, bool]]:
    """Of each name: what the member is, and whether their key is there."""
    with psycopg.connect(**where.sync_arguments("admin")) as connection:
        rows = connection.execute("select member_id, status, wrapped_key is not null from regulars.member").fetchall()
    found = {ids.to_wire("mem", member): (status, key) for member, status, key in rows}
    return {name: found[known[name]] for name in PHONES}


async def test_whoever_was_erased_since_is_not_there_after_a_restore_to_before(
    shop: Run, lived: dict[str, Any], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = folder / "second"
    monkeypatch.setenv("REGULARS_HOME", str(home))
    done = await asyncio.to_thread(shop, "restore", folder / "backup", "--to", lived["moment"])
    assert done.code == 0, done.err
    assert "1 member erased since, and now erased again." in done.err
    assert "Everything holds." in done.err
    chosen = settings.load({"REGULARS_HOME": str(home)})
    restored = server.EmbeddedServer(home, server.tuning_of(chosen))
    where = restored.start()
    try:
        assert statuses(where, lived) == {"ann": ("erased", False), "bob": ("active", True), "cat": ("active", True)}
        await asyncio.to_thread(supervisor.refuse_who_were_erased, chosen, where)
        # Bob was erased in a life of this database that this home heard of otherwise.
        [corner] = [one.program_id for one in forgotten.known(chosen)]
        more = folder / "copy.ndjson"
        forgotten.remember([more], [Forgotten(corner, ids.from_wire("mem", lived["bob"]), edge.now())])
        shutil.copy(more, home / forgotten.FOLDER / forgotten.NAME)
        with pytest.raises(ErasedAreBack) as refused:
            await asyncio.to_thread(supervisor.refuse_who_were_erased, chosen, where)
        assert refused.value.fields == {"members": 1}
        again = await asyncio.to_thread(shop, "db", "restored", "--erasures", more)
        assert (again.code, "1 member erased since" in again.err) == (0, True), again.err
        assert statuses(where, lived) == {"ann": ("erased", False), "bob": ("erased", False), "cat": ("active", True)}
        await asyncio.to_thread(supervisor.refuse_who_were_erased, chosen, where)
    finally:
        restored.stop()
