"""Codes in the database: made by pattern, imported with the faults of each row, reserved, listed, exported."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from regulars.access import service as access
from regulars.codes import service as codes
from regulars.codes.contracts import CodeIn, CodeKeys, PatternTooNarrow, RowRefused
from regulars.kit import edge
from regulars.kit.database import Database

NOW = dt.datetime(2026, 11, 20, 10, 0, tzinfo=dt.UTC)


@pytest.fixture
async def program_id(database: Database) -> int:
    async with database.transaction(programs=[]) as tx:
        return (await access.create_program(tx, key="shop", name="Shop", now=NOW)).program_id


@pytest.fixture
def keys(home: Path) -> CodeKeys:
    return codes.keys(home)


def kind(program_id: int, **fields: Any) -> codes.Kind:
    return codes.Kind(program_id=program_id, voucher="summer", batch="b", **fields)


async def test_twenty_thousand_codes_are_all_different_and_found(
    database: Database, program_id: int, keys: CodeKeys
) -> None:
    wanted = kind(program_id, pattern="SUM-@@@@-@@@@")
    for _ in range(2):
        async with database.transaction(programs=[program_id]) as tx:
            made = await codes.make(tx, keys, wanted, 10_000, random=edge.secret, now=NOW)
        assert len(set(made.values())) == 10_000
    async with database.read(programs=[program_id]) as tx:
        assert await codes.counted(tx, wanted) == 20_000
        code_id, text = next(iter(made.items()))
        assert codes.id_of(keys, program_id, text.lower()) == code_id
        found = await codes.find(tx.connection, [(program_id, code_id)])
        assert found[program_id, code_id].seen.voucher == "summer"
        exported = {one.text async for one in codes.export(tx, keys, program_id=program_id, voucher="summer")}
    assert len(exported) == 20_000
    assert set(made.values()) <= exported


async def test_what_is_there_already_is_drawn_again(database: Database, program_id: int, keys: CodeKeys) -> None:
    """With a hundred codes and a random source that repeats itself, a hundred are made all the same."""
    noise: Iterator[int] = (number // 2 for number in count())

    def random(size: int) -> bytes:
        return b"".join(next(noise).to_bytes(16) for _ in range(size // 16))

    async with database.transaction(programs=[program_id]) as tx:
        made = await codes.make(tx, keys, kind(program_id, pattern="A-##"), 60, random=random, now=NOW)
        assert len(made) == 60
        more = await codes.make(tx, keys, kind(program_id, pattern="A-##"), 40, random=random, now=NOW)
    assert len(set(made) | set(more)) == 100


def test_a_pattern_needs_room_for_those_who_guess() -> None:
    codes.room_for("A-@@@@", 1000)
    with pytest.raises(PatternTooNarrow) as refused:
        codes.room_for("A-@@@@", 1049)
    assert (refused.value.combinations, refused.value.needed) == (1_048_576, 1_049_000)


async def test_each_row_of_a_file_is_judged_by_itself(database: Database, program_id: int, keys: CodeKeys) -> None:
    rows = [
        CodeIn(row=2, code="AB-12"),
        CodeIn(row=3, code="x"),
        CodeIn(row=4, code="ab 12"),
        CodeIn(row=5, code="CD-34"),
        CodeIn(row=6, code="ВЕСНА-2026"),
        CodeIn(row=7, code="ȘAPTE-7"),
        CodeIn(row=8, code="SAPTE 7"),
    ]
    async with database.transaction(programs=[program_id]) as tx:
        assert await codes.bring(tx, keys, kind(program_id), [CodeIn(row=2, code="CD34")], now=NOW) == (1, [])
        new, refused = await codes.bring(tx, keys, kind(program_id), rows, now=NOW)
    assert new == 2
    assert refused == [
        RowRefused(row=3, code="", why="malformed"),
        RowRefused(row=4, code="12", why="twice"),
        RowRefused(row=5, code="34", why="taken"),
        RowRefused(row=6, code="2026", why="letters"),
        RowRefused(row=8, code="TE7", why="twice"),
    ]


async def test_one_code_belongs_to_one_campaign(database: Database, program_id: int, keys: CodeKeys) -> None:
    winter = codes.Kind(program_id=program_id, voucher="winter", batch="b")
    async with database.transaction(programs=[program_id]) as tx:
        await codes.bring(tx, keys, kind(program_id), [CodeIn(row=2, code="AB-12")], now=NOW)
        new, refused = await codes.bring(tx, keys, winter, [CodeIn(row=2, code="AB-12")], now=NOW)
        (batch,) = await codes.batches(tx, program_id=program_id)
    assert (new, refused[0].why) == (0, "taken")
    assert (batch.voucher, batch.codes, batch.free) == ("summer", 1, 1)


async def test_pages_of_codes_show_only_their_end(database: Database, program_id: int, keys: CodeKeys) -> None:
    async with database.transaction(programs=[program_id]) as tx:
        await codes.make(tx, keys, kind(program_id, pattern="SUM-@@@@-@@@@"), 5, random=edge.secret, now=NOW)
        first = await codes.codes(tx, keys, program_id=program_id, voucher="summer", limit=3)
        rest = await codes.codes(tx, keys, program_id=program_id, voucher="summer", after=first[-1].code_id)
        assert await codes.codes(tx, keys, program_id=program_id, state="blocked") == []
    assert (len(first), len(rest)) == (3, 2)
    assert {one.text for one in (*first, *rest)} == {None}
