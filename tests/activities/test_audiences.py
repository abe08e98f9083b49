"""Members chosen by SQL are those chosen by Python, member by member: on a real database, through the doors."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from regulars.activities import audience_sql, audiences
from regulars.activities import service as activities
from regulars.activities.audience_faults import StillPreparing, TooManyToAsk
from regulars.activities.contracts import LineIn
from regulars.engine.contracts.activity import ProfileChange
from regulars.kit.database import Database
from regulars.language import contracts as language
from regulars.language import service as rules
from regulars.program.contracts.places import Places
from tests.activities.conftest import NOW, SHOP, Shop, open_shop
from tests.activities.test_filling import LATE, publish
from tests.language.grammar import Grammar

PROGRAM = (
    SHOP.replace("name: shop,", "name: shop, main_ladder: status,")
    .replace(
        "metrics:\n",
        """attributes:
  city: {type: text, purpose: service}
  vegan: {type: bool, purpose: service}
  children: {type: int, purpose: service}
  income: {type: amount, purpose: service}
  born: {type: date, purpose: service}
  seen: {type: moment, purpose: service}
  hobbies: {type: texts, purpose: service}
  pets: {type: records, key: name, purpose: service, fields: {name: text, kind: text, born: date, price: amount, age: int}}
metrics:
  spend: {sum: "basket.total", where: "type == 'purchase'"}
  week: {sum: "basket.total", where: "type == 'purchase'", window: 7 days}
  fortnight: {count: activities, where: "type == 'purchase'", window: 14 days}
  month: {sum: "basket.total", where: "type == 'purchase'", window: calendar month}
  last_month: {sum: "basket.total", where: "type == 'purchase'", window: previous calendar month}
  year: {count: activities, where: "type == 'purchase'", window: calendar year}
  autumn: {count: activities, where: "type == 'purchase'", window: {from: 2026-10-05, until: 2026-11-10}}
  earned: {sum: "entry.amount", over: entries, where: "entry.kind == 'earn'", window: 30 days}
  largest: {max: "basket.total", where: "type == 'purchase'"}
  shelves: {distinct: "line.category", over: lines, where: "type == 'purchase'"}
""",
    )
    .replace(
        "rules:\n",
        """segments:
  club: {title: {en: Club, ru: Клуб, ro: Club}, static: true}
  quiet: {title: {en: Quiet, ru: Тихие, ro: Tăcuți}, if: "member.metrics.week == 0"}
  quiet_club: {title: {en: QC, ru: ТК, ro: CT}, if: "'quiet' in member.segments && 'club' in member.segments"}
  varied: {title: {en: V, ru: Р, ro: V}, if: "member.metrics.shelves >= 2"}
ladders:
  status:
    title: {en: Status, ru: Статус, ro: Statut}
    qualify: "member.metrics.spend"
    levels: {green: 0, silver: 300.00, gold: 900.00}
rules:
""",
    )
)
MEMBERS = 60
CITIES = ("gold", "t3", "42", "", "чай", "a'b")


def profile(random_: random.Random) -> dict[str, Any]:
    """Some attributes of somebody; most have holes."""
    pet = {"name": random_.choice(CITIES), "kind": random_.choice(["cat", "dog"]), "age": random_.randint(0, 12)}
    everything: dict[str, Any] = {
        "city": random_.choice(CITIES),
        "vegan": random_.random() < 0.5,
        "children": random_.randint(-2, 11),
        "income": random_.choice([0, 1250, 9900, -350]),
        "born": random_.choice(["2000-02-29", "1991-11-21", "2026-01-31"]),
        "seen": random_.choice(["2026-03-29T01:00:00Z", "2026-10-25T03:30:00+03:00"]),
        "hobbies": random_.sample(CITIES, random_.randint(0, 3)),
        "pets": [pet, {**pet, "name": "x", "born": "2020-02-29", "price": 12_50}][: random_.randint(0, 2)],
    }
    return {name: value for name, value in everything.items() if random_.random() < 0.7}


async def populate(shop: Shop) -> None:
    """Members with purchases over three months, attributes, and a club."""
    random_ = random.Random(20261122)
    intakes = []
    for number in range(MEMBERS):
        phone = f"+373690{number:05d}"
        moments = sorted(
            NOW - dt.timedelta(days=random_.randint(0, 90), hours=random_.randint(0, 23)) for _ in range(7)
        )
        for moment in moments[: random_.randint(1, 7)]:
            lines = tuple(
                LineIn(
                    no=no, amount=random_.choice([100, 1250, 9900, 20_000]), category=random_.choice(["tea", "milk"])
                )
                for no in range(1, random_.randint(2, 4))
            )
            intakes.append(shop.intake(phone=phone, occurred_at=moment, received_at=moment, lines=lines))
        joins = ("club",) if random_.random() < 0.4 else ()
        change = ProfileChange(attributes=profile(random_), add_to=joins)
        intakes.append(shop.intake("profile", phone=phone, occurred_at=NOW, profile=change))
    async with shop.runtime.database.lane() as lane:
        outcomes = await activities.import_chunk(shop.runtime, lane, intakes)
    assert {one.outcome for one in outcomes} == {"applied"}, [one for one in outcomes if one.outcome != "applied"][:1]


@pytest.fixture
async def crowd(database: Database, home: Path) -> AsyncIterator[Shop]:
    async with open_shop(database, home, PROGRAM) as shop:
        await populate(shop)
        yield shop


async def by_sql(shop: Shop, condition: str, now: dt.datetime) -> set[Any]:
    return {one async for one in audiences.who(shop.runtime, program_id=shop.program_id, condition=condition, now=now)}


async def by_python(shop: Shop, condition: str, now: dt.datetime) -> set[Any]:
    compiled = shop.runtime.programs.current(shop.program_id)
    return {one async for one in audiences.walk(shop.runtime, compiled, condition, now=now)}


def has_sql(shop: Shop, condition: str, now: dt.datetime) -> bool:
    try:
        audience_sql.statement(shop.runtime.programs.current(shop.program_id), condition, now=now)
    except audience_sql.NoSql:
        return False
    return True


def drawn(shop: Shop, seed: int, count: int, now: dt.datetime) -> list[str]:
    """Conditions that the language takes and that have SQL."""
    schema = Places(shop.runtime.programs.current(shop.program_id).program).segment()
    grammar = Grammar(schema, random.Random(seed))
    found: list[str] = []
    while len(found) < count:
        text = grammar.condition()
        try:
            rules.check(text, schema, language.BOOL)
        except language.ExpressionFaults:
            continue
        if has_sql(shop, text, now):
            found.append(text)
    return found


BY_HAND = (
    "member.metrics.week > 100.00",
    "member.metrics.fortnight == 0 || member.metrics.month >= 500.00",
    "member.metrics.last_month > member.metrics.month",
    "member.metrics.year >= 3 && member.metrics.autumn < 3",
    "member.metrics.earned >= 100 && member.balances.points > 100",
    "'quiet' in member.segments && !('club' in member.segments)",
    "'quiet_club' in member.segments",
    "!('quiet_club' in member.segments) && member.attributes.vegan",
    "member.attributes.pets.exists(p, p.kind == 'cat' && p.born.yearsTo(today()) >= 3)",
    "member.attributes.pets.all(p, p.price == null)",
    "'gold' in member.attributes.hobbies || member.attributes.city == 'a\\'b'",
    "member.attributes.born.month() == 2 && member.attributes.income >= 12.50",
    "member.attributes.seen < now && member.attributes.children % 2 == 1",
    "member.joined_on <= today().addDays(-60)",
    "member.attributes.city != 'gold'",
    "member.tier == 'gold' || member.metrics.week > 300.00",
    "member.tiers.status != 'green'",
    "member.tier.atLeast('silver') && member.metrics.fortnight > 0",
)


async def test_conditions_written_by_hand_choose_the_same_members(crowd: Shop) -> None:
    for now in (NOW, NOW + dt.timedelta(days=11)):
        for condition in BY_HAND:
            assert has_sql(crowd, condition, now), condition
            assert await by_sql(crowd, condition, now) == await by_python(crowd, condition, now), (condition, now)


async def test_each_of_them_chooses_some_and_leaves_some(crowd: Shop) -> None:
    # Else the comparison above would be blind.
    for condition in BY_HAND:
        assert 0 < len(await by_python(crowd, condition, NOW)) < MEMBERS, condition


@pytest.mark.parametrize("seed", range(3))
async def test_generated_conditions_choose_the_same_members(crowd: Shop, seed: int) -> None:
    now = NOW + dt.timedelta(days=5)
    for condition in drawn(crowd, seed, 25, now):
        assert await by_sql(crowd, condition, now) == await by_python(crowd, condition, now), condition


async def test_the_answer_says_how_it_was_found(crowd: Shop) -> None:
    runtime, program_id = crowd.runtime, crowd.program_id
    by_sql_ = await audiences.count(
        runtime, program_id=program_id, condition="member.metrics.spend > 0", now=NOW, sample=3
    )
    assert (by_sql_.count, by_sql_.how, len(by_sql_.sample)) == (MEMBERS, "sql", 3)
    told: list[int] = []
    condition = "member.metrics.shelves >= 2"
    walked = await audiences.count(runtime, program_id=program_id, condition=condition, now=NOW, progress=told.append)
    assert (walked.count, walked.how) == (len(await by_python(crowd, condition, NOW)), "walk")
    assert told == [MEMBERS]
    with pytest.raises(TooManyToAsk):
        await audiences.count(runtime, program_id=program_id, condition=condition, now=NOW, most=MEMBERS - 1)
    assert (
        await audiences.count(runtime, program_id=program_id, condition=condition, now=NOW, most=MEMBERS)
    ).count == walked.count
    also = await audiences.count(runtime, program_id=program_id, condition="'varied' in member.segments", now=NOW)
    assert (also.count, also.how) == (walked.count, "walk")


async def test_points_that_ended_while_nobody_looked_do_not_count(database: Database, home: Path) -> None:
    async with open_shop(database, home, SHOP.replace("expiry: 12 months", "expiry: 20 days, round_up: day")) as shop:
        await shop.buy(10_000)
        await shop.buy(10_000, phone="+37369999999", received_at=NOW + dt.timedelta(days=15))
        later, condition = NOW + dt.timedelta(days=25), "member.balances.points >= 100"
        # No sweep came by: the row of the first still says 100, and yet the points ended.
        found = await audiences.count(shop.runtime, program_id=shop.program_id, condition=condition, now=later)
        assert (found.count, found.how) == (1, "sql")


async def test_a_metric_that_is_being_filled_is_not_counted_by_halves(database: Database, home: Path) -> None:
    async with open_shop(database, home, SHOP) as shop:
        await shop.buy(1000)
        await publish(shop, LATE)
        from regulars.activities import filling, walks

        with pytest.raises(StillPreparing):
            # The worker has not even begun with it.
            await audiences.count(
                shop.runtime, program_id=shop.program_id, condition="member.metrics.spend > 0", now=NOW
            )
        async with database.transaction(programs=[shop.program_id]) as tx:
            await walks.begin(tx, program_id=shop.program_id, purpose=filling.PURPOSE, release=2)
        with pytest.raises(StillPreparing) as caught:
            await audiences.count(
                shop.runtime, program_id=shop.program_id, condition="member.metrics.spend > 0", now=NOW
            )
        assert (caught.value.release, caught.value.percent) == (2, 0)
        # What reads nothing of it is counted at once.
        old = await audiences.count(
            shop.runtime, program_id=shop.program_id, condition="member.metrics.purchases > 0", now=NOW
        )
        assert old.count == 1


async def test_members_of_another_program_are_never_counted(database: Database, home: Path) -> None:
    from regulars.access import service as access
    from regulars.program import service as program

    async with open_shop(database, home, SHOP) as shop:
        await shop.buy(1000)
        async with database.transaction(programs=[]) as tx:
            other = await access.create_program(tx, key="other", name="Other", now=NOW)
        async with database.transaction(programs=[other.program_id]) as tx:
            await program.publish(tx, program_id=other.program_id, text=SHOP, by="test", now=NOW)
        condition = "member.metrics.purchases >= 0"
        mine = await audiences.count(shop.runtime, program_id=shop.program_id, condition=condition, now=NOW)
        theirs = await audiences.count(shop.runtime, program_id=other.program_id, condition=condition, now=NOW)
        assert (mine.count, theirs.count) == (1, 0)


def test_names_that_could_be_sql_are_not_written_into_it() -> None:
    with pytest.raises(audience_sql.NoSql):
        audience_sql._safe("x' or true --")
