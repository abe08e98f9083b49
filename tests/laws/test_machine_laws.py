"""The laws wherever the machine has come: after about every second step two forks of the world go two ways."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import rule, run_state_machine_as_test

from tests.faults import table
from tests.laws import forks
from tests.laws.climates import CLIMATES
from tests.laws.machine import MEMBERS, START, STEPS, Draw, done, settings_for
from tests.laws.pure_world import PureWorld
from tests.laws.test_machine_pure import PureMachine

pytestmark = pytest.mark.timeout(7200)
LAWS = (2, 4, 6, 7, 8, 9, 10, 13)
tried: Counter[int] = Counter()
_amounts = st.lists(st.integers(1, 1500), min_size=2, max_size=3)


class LawMachine(PureMachine):
    """The machine in memory, which stops now and then to look at a law from where it is."""

    @rule(law=st.sampled_from(LAWS), data=st.data())
    def law(self, law: int, data: Any) -> None:
        self.later()
        tried[law] += 1
        getattr(self, f"_law_{law}")(data.draw)

    def _law_2(self, draw: Draw) -> None:
        whole = [
            number
            for number, sale in enumerate(self.model.sales)
            if sale.mode != "money" and not sale.closed and not any(sale.back) and sum(sale.units) > 1
        ]
        if whole:
            number = draw(st.sampled_from(whole))
            sale = self.model.sales[number]
            parts = [{line: 1} for line, units in enumerate(sale.units) for _ in range(units)]
            forks.law_2(self.world, sale.member, number, draw(st.permutations(parts))[: draw(st.integers(2, 6))])

    def _law_4(self, draw: Draw) -> None:
        member, into = draw(MEMBERS), draw(MEMBERS)
        free = {1, 2, 3, 4} - self.merged.keys() - set(self.merged.values())
        # Debts are netted for good, and nobody goes home while something of theirs is held.
        clear = all(self.model.balance(one, "points", self.now)[2:] == (0, 0) for one in (member, into))
        if member != into and {member, into} <= free and clear and not self.climate.gold:
            forks.law_4(self.world, member, into)

    def _law_6(self, draw: Draw) -> None:
        member, amounts = draw(MEMBERS), draw(_amounts)
        if not self.climate.gold:
            forks.law_6(self.world, member, amounts, draw(st.sampled_from([0, 0, 5, 80, -1])))

    def _law_7(self, draw: Draw) -> None:
        forks.law_7(self.world, draw(MEMBERS), draw(st.integers(2, 150)))

    def _law_8(self, draw: Draw) -> None:
        hours = draw(st.lists(st.sampled_from([1, 7, 24, 50, 24 * 6]), min_size=1, max_size=4))
        forks.law_8(self.world, draw(MEMBERS), hours)

    def _law_9(self, draw: Draw) -> None:
        forks.law_9(self.world, draw(MEMBERS), draw(_amounts), draw(st.sampled_from([0, 33, -1])))

    def _law_10(self, draw: Draw) -> None:
        member, to = draw(MEMBERS), draw(MEMBERS)
        parts = draw(st.lists(st.integers(2, 40), min_size=1, max_size=3))
        if not self.climate.fee and self.model.homes.get(member, member) != self.model.homes.get(to, to):
            forks.law_10(self.world, member, to, parts)

    def _law_13(self, draw: Draw) -> None:
        forks.law_13(self.world, draw(MEMBERS), draw(_amounts))


def test_the_laws_hold_wherever_the_machine_has_come() -> None:
    wanted = STEPS // 5 or 150
    before = done.total()
    while done.total() - before < wanted:
        run_state_machine_as_test(LawMachine, settings=settings_for(max(wanted // 50, 1)))
    assert not STEPS or set(tried) == set(LAWS)
    table.tell("R4", "laws on forks of worlds in memory", f"{done.total() - before} steps, {tried.total()} laws")


def world(climate: int = 0) -> PureWorld:
    """Two members who bought: the first 2 x 9.00, 1.00 and 0.99 for 448 points, the second 3.00 for 60."""
    made = PureWorld(CLIMATES[climate], START)
    for member, amounts, units in ((1, [1800, 100, 99], [2, 1, 1]), (2, [300], [1])):
        made.town.now += dt.timedelta(minutes=1)
        assert made.buy(member, amounts, units, 0) is None
    made.town.now += dt.timedelta(minutes=1)
    return made


@pytest.mark.parametrize("wrong", [False, True])
@pytest.mark.parametrize("law", LAWS)
def test_control_of_each_law_a_way_gone_wrong_is_seen(law: int, *, wrong: bool) -> None:
    made = world()
    ways: dict[int, tuple[Any, ...]] = {
        2: (1, 0, [{0: 1}, {1: 1}, {0: 1}]),
        4: (1, 2),
        6: (1, [500, 700], 40),
        7: (1, 90),
        8: (1, [5, 24]),
        9: (1, [500, 700], 0),
        10: (1, 2, [30, 40]),
        13: (1, [2000, 700]),
    }
    look = getattr(forks, f"law_{law}")
    if wrong:
        with pytest.raises(AssertionError):
            look(made, *ways[law], wrong=True)
    else:
        look(made, *ways[law])
