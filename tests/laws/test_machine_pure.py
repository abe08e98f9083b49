"""The whole ledger against the plain model, in the pure engine; REGULARS_STEPS says how long (tests/README.md)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis.stateful import run_state_machine_as_test
from msgspec.structs import replace

from tests.faults import table
from tests.laws import invariants
from tests.laws.climates import CLIMATES
from tests.laws.machine import START, STEPS, Machine, World, again, done, settings_for
from tests.laws.model import Climate, Model
from tests.laws.pure_world import PureWorld

pytestmark = pytest.mark.timeout(7200)


class PureMachine(Machine):
    """Over the engine."""

    def open_world(self, climate: Climate, now: dt.datetime) -> World:
        return PureWorld(climate, now)

    def set_clock(self, now: dt.datetime) -> None:
        self.world.town.now = now


def test_the_ledger_does_what_the_model_foretells() -> None:
    wanted = STEPS or 800
    before, whole = done.total(), again.total()
    while done.total() - before < wanted:
        run_state_machine_as_test(PureMachine, settings=settings_for(max(wanted // 50, 1)))
    assert again.total() > whole
    told = f"{done.total() - before} steps, {again.total() - whole} histories decided again"
    table.tell("R4", "model against the engine", told)


def town_of_two() -> PureWorld:
    """One has 199 points, 20 of them held; the other 199."""
    world = PureWorld(CLIMATES[0], START)
    for member in (1, 2):
        world.town.now += dt.timedelta(minutes=1)
        assert world.buy(member, [900, 99], [2, 1], 0) is None
    assert world.hold(1, 20, dt.timedelta(hours=5), 0) is None
    return world


def _lot(world: PureWorld, **fields: Any) -> None:
    account = world.at(1)
    lot_id, lot = next(iter(account.lots.items()))
    account.lots[lot_id] = replace(lot, **fields)


def _balance(world: PureWorld, **fields: Any) -> None:
    account = world.at(1)
    account.balances["points"] = replace(account.balances["points"], **fields)


def _entry(world: PureWorld, **fields: Any) -> None:
    account = world.at(1)
    key = account.last()
    activity, decision, number = account.done[key]
    entries = tuple(replace(entry, **fields) for entry in decision.movement.entries)
    movement = replace(decision.movement, entries=entries)
    account.done[key] = (activity, replace(decision, movement=movement), number)


BREAKS: dict[str, tuple[Callable[..., None], dict[str, Any]]] = {
    "I1": (_entry, {"amount": 0}),
    "I2": (_entry, {"version": 7}),
    "I3": (_lot, {"remaining": 198}),
    "I4": (_lot, {"granted": 5}),
    "I5": (_balance, {"arrears": 3}),
    "I6": (_entry, {"uses": ()}),
}


@pytest.mark.parametrize("broken", BREAKS)
def test_control_an_account_that_breaks_an_invariant_is_seen(broken: str) -> None:
    world = town_of_two()
    invariants.check(world.at(1))
    breaks, fields = BREAKS[broken]
    breaks(world, **fields)
    with pytest.raises(AssertionError):
        invariants.check(world.at(1))


class Forgiving(Model):
    """A model that is wrong: nobody pays a debt."""

    def pay_debt(self, account: Any, currency: str) -> None:
        pass


class Youngest(Model):
    """A model that is wrong: what ends last is spent first."""

    def usable(self, account: Any, currency: str) -> list[Any]:
        return super().usable(account, currency)[::-1]


@pytest.mark.parametrize("kind", [Forgiving, Youngest])
def test_control_a_wrong_model_is_found_out(kind: type[Model]) -> None:
    climate = CLIMATES[0]
    model, world, now = kind(climate), PureWorld(climate, START), START
    for day in range(3):
        now += dt.timedelta(days=1)
        world.town.now = now
        model.buy(1, [500], [1], 0, now)
        assert world.buy(1, [500], [1], 0) is None
        if day == 0:
            model.adjust(1, -60, now)
            assert world.adjust(1, -60) is None
            model.give_back(0, None, now)
            assert world.give_back(0, 1, None) is None
    model.adjust(1, -30, now)
    world.adjust(1, -30)
    found = [
        model.balance(1, "points", now) == world.balance(1, "points"),
        model.lots(1, "points") == world.lots(1, "points"),
    ]
    assert not all(found)
