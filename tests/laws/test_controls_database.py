"""Controls over the database: one thing alone is changed in the rows, by whoever may, and the one check of the machine's
that must see it does."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from regulars.activities.contracts import Intake, Reply
from regulars.engine.contracts.activity import Adjustment
from regulars.kit import edge
from regulars.kit.address import Address
from regulars.kit.database import Database
from tests.conftest import copied
from tests.laws import past
from tests.laws.climates import CLIMATES
from tests.laws.database_world import DatabaseWorld
from tests.laws.machine import START
from tests.laws.test_machine_database import Open, open_at


@pytest.fixture(scope="module")
def house(template: Address, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Open]:
    """One for all controls: each has members of its own."""
    home: Path = tmp_path_factory.mktemp("home")
    with copied(template) as address:
        yield from open_at(address, home)


def furnish(made: DatabaseWorld) -> DatabaseWorld:
    """Two members with 199 points each, of whom the second spends 150."""
    for member in (1, 2):
        made.now += dt.timedelta(minutes=1)
        assert made.buy(member, [900, 99], [2, 1], 0) is None
    made.now += dt.timedelta(minutes=1)
    assert made.adjust(2, -150) is None
    assert [made.balance(one, "points")[0] for one in (1, 2)] == [199, 49]
    made.now += dt.timedelta(minutes=1)
    return made


@pytest.fixture
def world(house: Open, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> DatabaseWorld:
    """Of the kind that a test asks for, furnished."""
    loop, runtime, programs = house
    kind = getattr(request, "param", DatabaseWorld)
    made: DatabaseWorld = kind(loop, runtime, programs[CLIMATES[0]], START)
    monkeypatch.setattr(edge, "now", lambda: made.now)
    return furnish(made)


def sees(world: DatabaseWorld) -> list[str]:
    """Which of the checks at the end of a history say that something is wrong; and I1 to I7, the ledger's own."""
    looks = {
        "I1-I7": world.check(1, 2),
        "I8": world.check_shown(),
        "I9": past.check_funders(world.runtime, world.program_id),
        "LAW11": world.check_past(),
    }
    found = []
    for name, look in looks.items():
        try:
            world.run(look)
        except AssertionError:
            found.append(name)
    return found


def change(world: DatabaseWorld, sql: str, member: int = 1) -> None:
    """Change rows of a member's account, as the owner of the tables, who alone may."""
    account_id = world.run(world.home(member)).account_id

    async def run() -> None:
        async with (
            Database(world.runtime.database.address, role="owner", size=1) as owner,
            owner.transaction(programs=[world.program_id]) as tx,
        ):
            await tx.execute(sql, account_id)

    world.run(run())


STATE = "set state = set_byte(state, length(state) - 1, get_byte(state, length(state) - 1) # 1)"


def test_LAW11_control_a_byte_of_state_is_seen(world: DatabaseWorld) -> None:
    assert sees(world) == []
    change(world, f"update regulars.account {STATE} where account_id = $1")
    assert sees(world) == ["LAW11"]


def test_LAW11_control_an_activity_left_out_is_seen(world: DatabaseWorld) -> None:
    change(world, "delete from regulars.activity where account_id = $1 and version = 2", member=2)
    assert "LAW11" in sees(world)


def test_I8_control_an_entry_that_was_posted_at_another_time_is_seen(world: DatabaseWorld) -> None:
    """The chain of hashes sees it too (I2): it holds the moment of posting."""
    change(world, "update regulars.entry set posted_at = posted_at + interval '1 day' where account_id = $1")
    assert sees(world) == ["I1-I7", "I8"]


def test_I9_control_a_lot_of_another_funder_is_seen(world: DatabaseWorld) -> None:
    """The chain of hashes sees it too (I2): it holds how the lot was born."""
    change(world, "update regulars.lot set funder = 'brand' where account_id = $1")
    try:
        assert sees(world) == ["I1-I7", "I9"]
    finally:
        change(world, "update regulars.lot set funder = 'house' where account_id = $1")
    assert sees(world) == []


class Leaky(DatabaseWorld):
    """A world in which a refusal gives a point for the trouble."""

    def submit(self, intake: Intake) -> Reply:
        reply = super().submit(intake)
        if reply.status >= 400:
            given: Any = Adjustment(currency="points", points=1, reason="sorry")
            super().submit(self.intake(1, "adjust", adjustment=given))
        return reply


@pytest.mark.parametrize("world", [Leaky], indirect=True)
def test_I13_control_a_refusal_that_leaves_a_trace_is_seen(world: DatabaseWorld) -> None:
    with pytest.raises(AssertionError, match="I13"):
        world.adjust(1, -900)
    assert sees(world) == []


def test_I13_and_one_that_leaves_none_is_none(world: DatabaseWorld) -> None:
    assert world.adjust(1, -900) == "insufficient_points"


def test_I14_control_an_entry_where_somebody_left_is_seen(world: DatabaseWorld) -> None:
    left = world.run(world.home(2)).account_id
    assert world.merge(2, 1) is None
    world.run(world.check(1))

    async def post() -> None:
        async with (
            Database(world.runtime.database.address, role="owner", size=1) as owner,
            owner.transaction(programs=[world.program_id]) as tx,
        ):
            await tx.execute(
                "insert into regulars.entry select (jsonb_populate_record(e, jsonb_build_object("
                " 'version', e.version + 1, 'n', e.n + 1))).* from regulars.entry e where account_id = $1"
                " order by version desc limit 1",
                left,
            )

    world.run(post())
    with pytest.raises(AssertionError, match="I14"):
        world.run(world.check(1))


def test_L51_L52_keys_and_documents_of_another_body_are_refused(world: DatabaseWorld) -> None:
    """Of what was accepted and of what was refused."""
    assert world.adjust(1, -900) == "insufficient_points"
    for place in range(len(world.answered)):
        world.retry(place)
