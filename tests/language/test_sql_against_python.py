"""The same members are chosen by the SQL of a condition as by its Python: random conditions on a real PostgreSQL."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
import pytest

from regulars.kit.address import Address
from regulars.language import functions, runtime
from regulars.language import service as language
from regulars.language.contracts import BOOL, Expression, ExpressionFaults, Sql
from tests.language.grammar import Grammar
from tests.language.world import NOW, SEGMENT, ZONE, fill, random_member

MEMBERS = 150
CONDITIONS = 250


@pytest.fixture(scope="module")
def members() -> list[dict[str, Any]]:
    random_ = random.Random(20261121)
    return [random_member(random_, number) for number in range(MEMBERS)]


@pytest.fixture(scope="module")
def connection(server: Address, members: list[dict[str, Any]]) -> Iterator[psycopg.Connection[Any]]:
    # A session zone with clock changes: nothing may depend on it.
    where = server.in_database("postgres").sync_arguments("admin")
    with psycopg.connect(**where, autocommit=True) as opened:
        opened.execute("SET timezone = 'America/New_York'")
        fill(opened, members)
        yield opened


def chosen_by_python(expression: Expression, members: list[dict[str, Any]]) -> set[int]:
    run = language.to_python(expression, SEGMENT)
    return {member["id"] for member in members if run(member, NOW, ZoneInfo(ZONE))}


def chosen_by_sql(expression: Expression, connection: psycopg.Connection[Any]) -> set[int]:
    condition = language.to_sql(expression, SEGMENT, now=NOW, zone=ZONE)
    rows = psycopg.RawCursor(connection).execute(
        f"SELECT m.id FROM member m WHERE {condition.text}", condition.parameters
    )
    return {row[0] for row in rows}


def disagreements(
    seed: int, connection: psycopg.Connection[Any], members: list[dict[str, Any]], count: int
) -> list[str]:
    grammar = Grammar(SEGMENT, random.Random(seed))
    found = []
    for _ in range(count):
        text = grammar.condition()
        try:
            expression = language.check(text, SEGMENT, BOOL)
        except ExpressionFaults:
            continue
        if chosen_by_sql(expression, connection) != chosen_by_python(expression, members):
            found.append(text)
    return found


@pytest.mark.parametrize("seed", range(4))
def test_random_conditions_choose_the_same_members(
    seed: int, connection: psycopg.Connection[Any], members: list[dict[str, Any]]
) -> None:
    assert disagreements(seed, connection, members, CONDITIONS) == []


# Each of these was a fault of the prototype, or would be one without a rule of LANGUAGE.md section 7.
ONCE_WRONG = (
    "member.balance / 3 * 3 == member.balance",
    "member.visits % 7 == -1 || member.points % 7 == -1",
    "(member.attrs.month < 6) == false",
    "!(member.points > 100)",
    "member.tier != 'gold'",
    "member.tier == member.attrs.shoe",
    "member.attrs.kids.all(k, !(k.age < 9))",
    "member.attrs.codes.exists_one(c, c.contains('4'))",
    "member.points * 1000000000 * 1000000000 > 5",
    "member.tier.startsWith('50%_') || member.city.contains('%_')",
    "member.tags.exists(t, t == 'a\\'b')",
    "'back\\\\slash' in member.attrs.codes",
    "least(member.points, 3) == 3",
    "member.marks.size() == 0 && member.marks.all(x, false)",
    "member.seen + member.pause > member.joined",
    "member.born.yearsTo(today()) >= 18",
    "today().yearsTo(member.born) < -18",
    "member.born.addMonths(1).day() == 28",
    "member.joined.toDate() == member.joined.toDate('UTC')",
    "member.vegan == false",
    "(member.vegan && member.active) == false",
    "member.points / member.visits == 0",
    "round(member.balance / 7, 1) > round(member.weight)",
    "member.attrs.fees.max() == null || [member.points, member.visits].min() < 3",
)


@pytest.mark.parametrize("text", ONCE_WRONG)
def test_what_once_differed_does_not(
    text: str, connection: psycopg.Connection[Any], members: list[dict[str, Any]]
) -> None:
    expression = language.check(text, SEGMENT, BOOL)
    assert chosen_by_sql(expression, connection) == chosen_by_python(expression, members)


def test_a_wrong_remainder_would_be_seen(
    connection: psycopg.Connection[Any], members: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: with Python's own `%` the comparison fails."""
    monkeypatch.setitem(runtime.GLOBALS, "remainder", lambda left, right: left % right)
    expression = language.check("member.visits % 7 == -1", SEGMENT, BOOL)
    assert chosen_by_sql(expression, connection) != chosen_by_python(expression, members)


def test_both_know_the_same_hours_at_every_clock_change(connection: psycopg.Connection[Any]) -> None:
    zones = ("Europe/Chisinau", "Europe/Bucharest", "Europe/Moscow", "Pacific/Chatham", "Europe/London")
    moments = [at for zone in zones for at in changes(zone)]
    assert len(moments) > 100
    query = "SELECT extract(hour FROM $1::timestamptz AT TIME ZONE $2::text)::int, ($1 AT TIME ZONE $2)::date"
    for zone in zones:
        for at in moments:
            local = at.astimezone(ZoneInfo(zone))
            found = psycopg.RawCursor(connection).execute(query, (at, zone)).fetchone()
            assert found == (local.hour, local.date())


def changes(zone: str) -> Iterator[datetime]:
    """The minutes around each change of the clock, 2015 to 2030."""
    at = datetime(2015, 1, 1, tzinfo=UTC)
    before = at.astimezone(ZoneInfo(zone)).utcoffset()
    while at.year < 2030:
        at += timedelta(hours=1)
        now = at.astimezone(ZoneInfo(zone)).utcoffset()
        if now != before:
            yield from (at - timedelta(minutes=1), at, at + timedelta(minutes=1))
            before = now


def test_a_constant_is_worked_out_before_the_query() -> None:
    expression = language.check(
        "member.joined < now - days(30) && member.enrolled > today().addDays(-3)", SEGMENT, BOOL
    )
    sql = language.to_sql(expression, SEGMENT, now=NOW, zone=ZONE, first_parameter=5)
    assert sql.text == "((m.joined < $5::timestamptz) AND (m.enrolled > $6::date))"
    # It is 22 November in Chișinău already.
    assert sql.parameters == (NOW - timedelta(days=30), datetime(2026, 11, 19, tzinfo=UTC).date())


def test_a_tag_is_looked_up_in_a_way_that_an_index_serves() -> None:
    expression = language.check("'vip' in member.tags", SEGMENT, BOOL)
    sql = language.to_sql(expression, SEGMENT, now=NOW, zone=ZONE)
    assert sql == Sql("(m.tags @> ARRAY[$1::text])", ("vip",))


def test_every_function_has_sql_or_is_known_not_to() -> None:
    assert [row.name for row in functions.FUNCTIONS if row.sql is None and not row.own_tree] == []
