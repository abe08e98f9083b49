from __future__ import annotations

import datetime as dt
import random
from uuid import UUID

import pytest

from regulars.engine.contracts.decision import AttributeChange, SegmentMove
from regulars.members import service as members
from tests.members.conftest import NOW

A, B = UUID(int=1), UUID(int=2)


@pytest.fixture
def write():
    async def apply(tx, rows, ok) -> None:
        sql, count = members.facts_sql(2)
        arguments = members.facts_arguments(rows)
        assert len(arguments) == count
        await tx.fetch(f"with ok as (select unnest($1::uuid[]) account_id), {sql} select 1", ok, *arguments)

    return apply


async def segments(tx) -> list[tuple[int, str]]:
    rows = await tx.fetch("select member_id, segment from member_segment order by 1, 2")
    return [(row["member_id"].int, row["segment"]) for row in rows]


async def test_moves_between_segments_are_written_for_accounts_that_may(database, write):
    async with database.transaction(programs=[1]) as tx:
        moves = [SegmentMove(A, "loyal", True), SegmentMove(A, "new", True)]
        await write(tx, [(A, 1, moves, []), (B, 1, [SegmentMove(B, "loyal", True)], [])], [A])
        assert await segments(tx) == [(1, "loyal"), (1, "new")]
        # Entering again changes nothing; of two words about one segment the last counts.
        again = [SegmentMove(A, "loyal", True), SegmentMove(A, "new", True), SegmentMove(A, "new", False)]
        await write(tx, [(A, 1, again, [])], [A])
        assert await segments(tx) == [(1, "loyal")]


async def test_attributes_stand_in_columns_of_their_type(database, write):
    moment = dt.datetime(2027, 1, 2, 3, 4, tzinfo=dt.UTC)
    changes = [
        AttributeChange(A, "city", "Bălți"),
        AttributeChange(A, "children", 2),
        AttributeChange(A, "owner", True),
        AttributeChange(A, "birthday", dt.date(1990, 2, 28)),
        AttributeChange(A, "seen", moment),
        AttributeChange(A, "likes", ["tea", "bread"]),
        AttributeChange(A, "cars", [{"plate": "X", "since": dt.date(2020, 1, 1)}]),
    ]
    async with database.transaction(programs=[1]) as tx:
        await write(tx, [(A, 1, [], changes)], [A])
        rows = await tx.fetch(
            """select name, text_value, number_value, date_value, moment_value, json_value::text
            from member_attribute order by name collate "C" """
        )
        assert [tuple(row) for row in rows] == [
            ("birthday", None, None, dt.date(1990, 2, 28), None, None),
            ("cars", None, None, None, None, '[{"plate": "X", "since": "2020-01-01"}]'),
            ("children", None, 2, None, None, None),
            ("city", "Bălți", None, None, None, None),
            ("likes", None, None, None, None, '["tea", "bread"]'),
            ("owner", None, 1, None, None, None),
            ("seen", None, None, None, moment, None),
        ]
        # Another type takes the old value away, none takes the row away.
        await write(tx, [(A, 1, [], [AttributeChange(A, "city", 5), AttributeChange(A, "likes", None)])], [A])
        rows = await tx.fetch(
            "select name, text_value, number_value from member_attribute where name in ('city', 'likes')"
        )
        assert [tuple(row) for row in rows] == [("city", None, 5)]


async def test_a_long_text_takes_nobody_down(database, write):
    # Random, so that nothing compresses it below what an index takes.
    text = "".join(random.Random(1).choice("абвгдежзиклмнопрстуфхцчшщ") for _ in range(20_000))
    async with database.transaction(programs=[1]) as tx:
        await write(tx, [(A, 1, [], [AttributeChange(A, "story", text)])], [A])
        assert await tx.fetchval("select text_value from member_attribute") == text


async def test_nothing_is_enrolled_for_an_account_that_moved(database, keys, want):
    async with database.transaction(programs=[1]) as tx:
        (found,) = await members.claim(tx, [want(("own_id", "7"))], keys=keys, now=NOW)
        assert found.account_id is not None
        assert found.member_id is not None
        assert found.new_card is not None
        row = members.enrolled(
            keys,
            account_id=found.account_id,
            member_id=found.member_id,
            program_id=1,
            named=(),
            card=found.new_card,
            enrolled_at=NOW,
        )
        sql, _ = members.enrol_sql(2)
        statement = f"with ok as (select unnest($1::uuid[]) account_id), {sql} select 1"
        await tx.fetch(statement, [], *members.enrol_arguments([row]))
        assert await tx.fetchval("select count(*) from member") == 0
        # Twice in one chain, and once more by another process: one member, one card.
        await tx.fetch(statement, [found.account_id], *members.enrol_arguments([row, row]))
        late = members.enrolled(
            keys,
            account_id=found.account_id,
            member_id=found.member_id,
            program_id=1,
            named=(),
            card=members.draw_card(keys, program_id=1, now=NOW),
            enrolled_at=NOW,
        )
        await tx.fetch(statement, [found.account_id], *members.enrol_arguments([late]))
        cards = await members.cards(tx, keys=keys, program_id=1, member_id=found.member_id)
    assert [card.number for card in cards] == [found.new_card.number]
