from __future__ import annotations

import datetime as dt
from uuid import UUID

import pytest

from regulars.access import keys
from regulars.access import service as access
from regulars.access.contracts import (
    Actor,
    BadToken,
    IssuedKey,
    MalformedProgramKey,
    ProgramKeyTaken,
    UnknownKey,
    UnknownProgram,
    UnknownScope,
)
from regulars.kit import edge

NOW = dt.datetime(2027, 3, 10, 9, 0, tzinfo=dt.UTC)
LATER = NOW + dt.timedelta(seconds=6)


async def create(database, program_id: int = 1, **more) -> IssuedKey:
    async with database.transaction(programs=[program_id]) as tx:
        return await access.create_key(
            tx,
            program_id=program_id,
            key_id=UUID(int=77),
            secret="s" * 43,
            label="Till 1",
            now=NOW,
            **{"scopes": ["till"], **more},
        )


async def test_a_token_says_whose_it_is(database):
    issued = await create(database, scopes=["members:read", "till", "till"], rate_per_minute=600)
    actor = await access.authenticate(database, issued.token, now=NOW)
    assert issued.token == "rk_1_" + "s" * 43
    assert actor == Actor(
        program_id=1,
        key_id=UUID(int=77),
        label="Till 1",
        scopes=frozenset({"till", "members:read"}),
        rate_per_minute=600,
    )
    assert (issued.key.scopes, issued.key.last_four) == (("till", "members:read"), "ssss")
    assert [actor.may(scope) for scope in ("till", "members:read", "admin")] == [True, True, False]


async def test_admin_may_everything(database):
    issued = await create(database, scopes=["admin"])
    assert (await access.authenticate(database, issued.token, now=NOW)).may("till")


async def test_the_token_is_stored_nowhere(database):
    issued = await create(database)
    async with database.read(programs=[1]) as tx:
        stored = await tx.fetchval("select k::text from api_key k")
    assert issued.token not in stored
    assert "s" * 10 not in stored
    assert ("s" * 10).encode().hex() not in stored


@pytest.mark.parametrize(
    "token",
    [
        "",
        "rk_1_",
        "rk_1_" + "t" * 43,
        "rk_2_" + "s" * 43,
        "rk_0_" + "s" * 43,
        "rk_01_" + "s" * 43,
        "rk_999999999_" + "s" * 43,
        "RK_1_" + "s" * 43,
        "rk_1_" + "s" * 42 + "ы",
        "rk_1_" + "s" * 43 + "\n",
        "rk_1_" + "s" * 100_000,
        "' or true --",
    ],
)
async def test_any_other_token_is_bad(database, token):
    await create(database)
    with pytest.raises(BadToken):
        await access.authenticate(database, token, now=NOW)


async def test_a_revoked_key_stops_within_seconds(database):
    issued = await create(database)
    await access.authenticate(database, issued.token, now=NOW)
    async with database.transaction(programs=[1]) as tx:
        revoked = await access.revoke_key(tx, program_id=1, key_id=UUID(int=77), now=NOW)
        again = await access.revoke_key(tx, program_id=1, key_id=UUID(int=77), now=LATER)
    assert revoked.revoked_at == again.revoked_at == NOW
    # What another process has read may live five seconds longer, not six.
    await access.authenticate(database, issued.token, now=NOW + dt.timedelta(seconds=4))
    with pytest.raises(BadToken):
        await access.authenticate(database, issued.token, now=LATER)


async def test_a_revocation_here_is_heard_at_once(database):
    issued = await create(database)
    await access.authenticate(database, issued.token, now=NOW)
    async with database.transaction(programs=[1]) as tx:
        await access.revoke_key(tx, program_id=1, key_id=UUID(int=77), now=NOW)
    access.forget_keys()
    with pytest.raises(BadToken):
        await access.authenticate(database, issued.token, now=NOW)


async def test_a_key_ends_when_it_should_even_from_memory(database):
    issued = await create(database, expires_at=NOW + dt.timedelta(seconds=2))
    await access.authenticate(database, issued.token, now=NOW + dt.timedelta(seconds=1))
    with pytest.raises(BadToken):
        await access.authenticate(database, issued.token, now=NOW + dt.timedelta(seconds=2))


async def test_a_known_key_costs_no_statement(database):
    issued = await create(database)
    await access.authenticate(database, issued.token, now=NOW)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(database), "read", None)
        await access.authenticate(database, issued.token, now=NOW + dt.timedelta(seconds=4))


async def test_memory_is_bounded(database, monkeypatch):
    monkeypatch.setattr(keys, "REMEMBERED", 2)
    tokens = []
    for n in range(4):
        async with database.transaction(programs=[1]) as tx:
            issued = await access.create_key(
                tx, program_id=1, key_id=UUID(int=n), secret=edge.token(), label="x", scopes=["till"], now=NOW
            )
        tokens.append(issued.token)
        await access.authenticate(database, issued.token, now=NOW)
    assert len(keys._caches[database]) == 2
    assert (await access.authenticate(database, tokens[0], now=NOW)).key_id == UUID(int=0)


async def test_a_scope_must_exist(database):
    with pytest.raises(UnknownScope):
        await create(database, scopes=["till", "root"])


async def test_keys_of_another_program_are_not_there(database):
    await create(database)
    async with database.transaction(programs=[2]) as tx:
        assert await access.keys(tx, program_id=1) == []
        with pytest.raises(UnknownKey):
            await access.revoke_key(tx, program_id=1, key_id=UUID(int=77), now=NOW)
    async with database.read(programs=[1]) as tx:
        assert [key.label for key in await access.keys(tx, program_id=1)] == ["Till 1"]


async def test_programs_are_numbered_and_named_once(database):
    async with database.transaction(programs=[]) as tx:
        one = await access.create_program(tx, key="grocery", name="Corner shop", now=NOW)
        two = await access.create_program(tx, key="bank-2", name="Bank", now=NOW)
        assert (one.program_id, two.program_id) == (1, 2)
        assert await access.programs(tx) == [one, two]
        assert await access.program_named(tx, key="bank-2") == two
        assert await access.program_by_id(tx, program_id=1) == one
        with pytest.raises(ProgramKeyTaken):
            await access.create_program(tx, key="grocery", name="Again", now=NOW)
        with pytest.raises(UnknownProgram):
            await access.program_named(tx, key="nothing")


@pytest.mark.parametrize("key", ["", "Grocery", "1st", "a b", "a" * 41, "ы", "a_b", "a\n"])
async def test_a_programs_key_is_plain(database, key):
    async with database.transaction(programs=[]) as tx:
        with pytest.raises(MalformedProgramKey):
            await access.create_program(tx, key=key, name="x", now=NOW)
