"""The whole ledger against the plain model, in the pure engine; REGULARS_STEPS says how long (tests/README.md)."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis.stateful import run_state_machine_as_test

from tests.laws.machine import STEPS, Machine, World, done, settings_for
from tests.laws.model import Climate
from tests.laws.pure_world import PureWorld

pytestmark = pytest.mark.timeout(7200)


class PureMachine(Machine):
    """Over the engine."""

    def open_world(self, climate: Climate, now: dt.datetime) -> World:
        return PureWorld(climate, now)

    def set_clock(self, now: dt.datetime) -> None:
        self.world.town.now = now


def test_the_ledger_does_what_the_model_foretells() -> None:
    wanted = STEPS or 2000
    before = done.total()
    while done.total() - before < wanted:
        run_state_machine_as_test(PureMachine, settings=settings_for(max(wanted // 50, 1)))
