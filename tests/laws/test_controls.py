"""Controls: a world in which one thing alone was broken, and the one check that must see it. All other checks of what
is stored must find nothing there, so that none stands in for another."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from functools import partial

import pytest
from msgspec.structs import replace

from regulars.engine.contracts.activity import Activity, Adjustment, Reversal
from regulars.engine.contracts.decision import Decision, Outcome
from regulars.engine.contracts.gifts import TransferAct
from tests.engine.town import Account
from tests.laws import invariants, kept
from tests.laws.climates import CLIMATES
from tests.laws.machine import START
from tests.laws.pure_world import PureWorld, member_id
from tests.laws.test_machine_pure import town_of_two


def later(world: PureWorld) -> PureWorld:
    world.town.now += dt.timedelta(minutes=1)
    return world


def sees(world: PureWorld) -> list[str]:
    """Which checks of what is stored say that something is wrong."""
    looks: list[tuple[str, Callable[[], None]]] = [
        ("I10", partial(invariants.check_transit, world.town)),
        ("I14", world.check_left),
        *(("I7", partial(invariants.check_sale, world.town, sale)) for sale in world.sales),
    ]
    for account in world.town.accounts.values():
        looks += [
            ("I1-I6", partial(invariants.check, account)),
            ("I8", partial(kept.check_statements, account)),
            ("I9", partial(invariants.check_funders, account)),
        ]
    return sorted({name for name, look in looks if not _holds(look)})


def _holds(look: Callable[[], None]) -> bool:
    try:
        look()
    except AssertionError:
        return False
    return True


def test_I7_control_more_taken_back_than_a_sale_earned_is_seen() -> None:
    """A sale of 199 points and one of 20, both brought back: then it is said that both came back of the first."""
    world = later(town_of_two())
    assert world.buy(2, [100], [1], 0) is None
    for number in (1, 2):
        assert later(world).give_back(number, 2, None) is None
    assert sees(world) == []
    account = world.at(2)
    back = account.last()
    activity, decision, release = account.done[back]
    both = replace(activity, reverses=Reversal(activity_id=world.sales[1]))
    account.done[back] = (both, decision, release)
    assert sees(world) == ["I7"]


def test_I8_control_a_statement_that_says_something_else_is_seen() -> None:
    world = later(town_of_two())
    account = world.at(1)
    first = next(iter(account.done))
    activity, decision, release = account.done[first]
    [told] = decision.movement.balances
    movement = replace(decision.movement, balances=(replace(told, active=told.active + 1),))
    account.done[first] = (activity, replace(decision, movement=movement), release)
    assert sees(world) == ["I8"]


@pytest.mark.parametrize("broken", [{"funder": "brand"}, {"cost_minor": 158}])
def test_I9_control_a_lot_of_another_funder_or_at_another_price_is_seen(broken: dict[str, object]) -> None:
    """199 points cost the house 159.2, which is 159."""
    world = town_of_two()
    account = world.at(1)
    [(lot_id, lot)] = account.lots.items()
    assert (lot.funder, lot.cost_minor) == ("house", 159)
    assert sees(world) == []
    account.lots[lot_id] = replace(lot, **broken)
    assert sees(world) == ["I9"]


def test_I10_control_points_that_never_arrive_are_seen() -> None:
    world = later(town_of_two())
    there = world.at(2)
    said = TransferAct(act="send", currency="points", points=30, to_member=there.member_id, to_account=there.account_id)
    account = world.at(1)
    assert account.do(account.activity("transfer", transfer=said)).outcome is Outcome.ACCEPTED
    assert sees(world) == ["I10"]


class Leaky(PureWorld):
    """A world in which a refusal notes down that there was one."""

    def town_does(self, account: Account, activity: Activity) -> Decision:
        done = super().town_does(account, activity)
        if done.outcome is not Outcome.ACCEPTED:
            account.clock = self.town.now
        return done


@pytest.mark.parametrize("kind", [PureWorld, Leaky])
def test_I13_control_a_refusal_that_leaves_a_trace_is_seen(kind: type[PureWorld]) -> None:
    world = later(kind(CLIMATES[0], START))
    assert world.buy(1, [500], [1], 0) is None
    later(world)
    if kind is PureWorld:
        assert world.adjust(1, -900) == "insufficient_points"
        return
    with pytest.raises(AssertionError, match="I13"):
        world.adjust(1, -900)
    assert sees(world) == []


def test_I14_control_an_act_where_somebody_left_is_seen() -> None:
    """Somebody who has no points yet is merged, and is then given what was decided a moment before."""
    world = later(town_of_two())
    assert world.buy(3, [1], [1], 0) is None
    left = world.town.account(member_id(3))
    late = left.activity("adjust", adjustment=Adjustment(currency="points", points=5, reason="goodwill"))
    decided = left.ask(late)
    assert world.merge(3, 1) is None
    assert left.ask(late).refusal is not None
    assert sees(world) == []
    left._write(late, decided)
    assert sees(world) == ["I14"]


def _forget(world: PureWorld) -> None:
    del world.town.history[1]


def _change_state(world: PureWorld) -> None:
    account = world.at(1)
    account.state = account.state[:-1] + bytes([account.state[-1] ^ 1])


def _change_lot(world: PureWorld) -> None:
    account = world.at(2)
    [(lot_id, lot)] = account.lots.items()
    account.lots[lot_id] = replace(lot, earned_at=lot.earned_at + dt.timedelta(microseconds=1))


def _change_entry(world: PureWorld) -> None:
    step = world.town.history[0]
    entries = tuple(replace(entry, rule="another") for entry in step.decision.movement.entries)
    decision = replace(step.decision, movement=replace(step.decision.movement, entries=entries))
    world.town.history[0] = replace(step, decision=decision)


@pytest.mark.parametrize("breaks", [_forget, _change_state, _change_lot, _change_entry])
def test_LAW11_control_another_past_or_a_byte_of_state_is_seen(breaks: Callable[[PureWorld], None]) -> None:
    world = later(town_of_two())
    assert world.adjust(2, -150) is None
    world.decide_again()
    breaks(world)
    with pytest.raises(AssertionError, match="LAW11"):
        world.decide_again()
