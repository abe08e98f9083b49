"""The state machine: random verbs for the plain model and for a world side by side."""

from __future__ import annotations

import copy
import datetime as dt
import os
import sys
from collections import Counter
from collections.abc import Callable
from typing import Any, Protocol

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from tests.laws.climates import CLIMATES
from tests.laws.model import Climate, Model

START = dt.datetime(2026, 3, 25, 8, tzinfo=dt.UTC)
"""Four days before the clocks of Bucharest go forward."""
STEPS = int(os.environ.get("REGULARS_STEPS", "0"))
"""How many steps the machine in memory takes, five times as many as the one over the database; none: as few as an
ordinary run can spare."""
MEMBERS = st.integers(1, 4)
MINUTE = dt.timedelta(minutes=1)
_OFTEN = {
    "wait": 4,
    "buy": 6,
    "back": 5,
    "undo": 2,
    "hold": 4,
    "capture": 4,
    "void": 1,
    "adjust": 2,
    "exchange": 1,
    "send": 3,
    "merge": 1,
    "unmerge": 1,
    "tick": 1,
    "late": 2,
    "swap": 3,
    "extend": 2,
}
_VERBS = tuple(verb for verb, times in _OFTEN.items() for _ in range(times))
Draw = Callable[[st.SearchStrategy[Any]], Any]

done: Counter[str] = Counter()
"""Steps taken in this process, by verb and what came of it."""
again: Counter[str] = Counter()
"""Histories that were decided again."""


def settings_for(examples: int, *, shrinks: bool = True) -> settings:
    """So many histories of at most 50 steps, drawn anew in each run; against a database making a failing one shorter
    takes minutes."""
    return settings(
        max_examples=examples,
        stateful_step_count=50,
        deadline=None,
        phases=(Phase.explicit, Phase.generate, Phase.shrink) if shrinks else (Phase.explicit, Phase.generate),
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
    )


class World(Protocol):
    """Where the verbs are really done; each gives None, or the code of the refusal."""

    def buy(
        self, member: int, amounts: list[int], units: list[int], pay: int, since: dt.datetime | None = None
    ) -> str | None: ...
    def swap(
        self,
        number: int,
        member: int,
        asked: dict[int, int] | int | None,
        amounts: list[int],
        units: list[int],
        pay: int,
    ) -> str | None: ...
    def give_back(self, number: int, member: int, asked: dict[int, int] | int | None) -> str | None: ...
    def undo(self, number: int, member: int) -> str | None: ...
    def hold(self, member: int, points: int, ttl: dt.timedelta, number: int) -> str | None: ...
    def capture(self, member: int, number: int, points: int | None) -> str | None: ...
    def void(self, member: int, number: int) -> str | None: ...
    def extend(self, member: int, number: int, ttl: dt.timedelta, new: int) -> str | None: ...
    def adjust(self, member: int, points: int) -> str | None: ...
    def exchange(self, member: int, points: int) -> str | None: ...
    def send(self, member: int, to: int, points: int) -> str | None: ...
    def merge(self, member: int, into: int) -> str | None: ...
    def unmerge(self, member: int) -> str | None: ...
    def tick(self, member: int) -> None: ...
    def decide_again(self) -> None: ...
    def balance(self, member: int, currency: str) -> tuple[int, int, int, int]: ...
    def lots(self, member: int, currency: str) -> list[tuple[str, int, int, bool, str]]: ...


class Machine(RuleBasedStateMachine):
    """What the model foretells is what the world does: acceptance, code, balances, lots."""

    world: Any

    def open_world(self, climate: Climate, now: dt.datetime) -> World:
        """A fresh world; of those that follow."""
        raise RuntimeError("a machine without a world")

    def set_clock(self, now: dt.datetime) -> None:
        """The world's clock goes forward."""

    @initialize(climate=st.sampled_from(CLIMATES))
    def begin(self, climate: Climate) -> None:
        self.now = START
        self.climate = climate
        self.model = Model(climate)
        self.world = self.open_world(climate, self.now)
        self.holds: list[tuple[int, int]] = []
        self.merged: dict[int, int] = {}
        for member in (1, 2, 3, 4):
            self.bought(member, [900, 99], [2, 1], 0)

    def compare(self, verb: str, member: int, foretold: str | None, found: str | None, *others: int) -> None:
        done[f"{verb} {foretold or 'ok'}"] += 1
        assert found == foretold, f"{verb}: {found}, the model says {foretold}"
        for one in (member, *others):
            for currency in ("points", "miles"):
                mine, theirs = self.model.balance(one, currency, self.now), self.world.balance(one, currency)
                assert theirs == mine, f"{verb}, {currency} of {one}: {theirs}, the model says {mine}"
                if found is None:
                    mine_lots, their_lots = self.model.lots(one, currency), self.world.lots(one, currency)
                    assert their_lots == mine_lots, f"{verb}, lots of {one}: {their_lots}, the model says {mine_lots}"

    def teardown(self) -> None:
        """A history that came to its end is decided again (LAW11, I8)."""
        if hasattr(self, "world") and sys.exc_info()[0] is None:
            again["histories"] += 1
            self.world.decide_again()

    def later(self) -> dt.datetime:
        self.now += MINUTE
        self.set_clock(self.now)
        return self.now

    @rule(verb=st.sampled_from(_VERBS), data=st.data())
    def act(self, verb: str, data: Any) -> None:
        getattr(self, f"_{verb}")(data.draw)

    def _wait(self, draw: Draw) -> None:
        self.now += dt.timedelta(hours=draw(st.sampled_from([1, 5, 23, 24, 25, 1, 49, 24 * 8, 24 * 9 + 1, 24 * 33])))
        self.set_clock(self.now)
        done["wait"] += 1

    def _buy(self, draw: Draw) -> None:
        amounts, units = self.basket(draw)
        self.bought(draw(MEMBERS), amounts, units, draw(st.sampled_from([0, 0, 0, 7, 60, 333, -1])))

    def basket(self, draw: Draw) -> tuple[list[int], list[int]]:
        """What lines cost, and how many units they have."""
        lines = draw(st.lists(st.tuples(st.integers(1, 900), st.integers(1, 3)), min_size=1, max_size=3))
        return [price * many for price, many in lines], [many for _, many in lines]

    def bought(self, member: int, amounts: list[int], units: list[int], pay: int) -> None:
        now = self.later()
        foretold = self.model.buy(member, amounts, units, pay, now)
        self.compare("buy", member, foretold, self.world.buy(member, amounts, units, pay))

    def _late(self, draw: Draw) -> None:
        """A purchase of an earlier day, told only now (L32). Of somebody who owes something no case says whether what
        has ended since pays for it; gold is gold now, and was not then."""
        member, amounts, units = draw(MEMBERS), *self.basket(draw)
        now = self.later()
        since = now - dt.timedelta(days=draw(st.sampled_from([1, 1, 2, 8, 9, 10, 25])), hours=draw(st.integers(0, 12)))
        if self.climate.gold or self.model.balance(member, "points", now)[3]:
            return
        foretold = self.model.buy(member, amounts, units, 0, now, since)
        self.compare("late", member, foretold, self.world.buy(member, amounts, units, 0, since))

    def _swap(self, draw: Draw) -> None:
        """Goods for goods (L14)."""
        if self.climate.gold:
            return
        number, asked = self.asked(draw)
        amounts, units = self.basket(draw)
        pay, member = draw(st.sampled_from([0, 0, 7, 60, -1])), self.model.sales[number].member
        foretold = self.model.swap(number, asked, amounts, units, pay, self.later())
        self.compare("swap", member, foretold, self.world.swap(number, member, asked, amounts, units, pay))

    def asked(self, draw: Draw) -> tuple[int, dict[int, int] | int | None]:
        """A sale, and what of it comes back: units, money, or all; units and money of one sale are not mixed, which no
        case decides."""
        number = draw(st.integers(0, len(self.model.sales) - 1))
        sale = self.model.sales[number]
        sale.mode = sale.mode or draw(st.sampled_from(["units", "money"]))
        if draw(st.integers(0, 5)) == 0:
            return number, None
        if sale.mode == "money":
            left = sum(sale.amounts) - sum(sale.back)
            return number, draw(st.sampled_from([max(left, 1), left + 1, max(left // 2, 1), 1, 99]))
        return number, {draw(st.integers(0, len(sale.amounts) - 1)): draw(st.integers(1, 2))}

    def _back(self, draw: Draw) -> str | None:
        number, asked = self.asked(draw)
        member = self.model.sales[number].member
        foretold = self.model.give_back(number, asked, self.later())
        self.compare("return", member, foretold, self.world.give_back(number, member, asked))
        return foretold

    def _undo(self, draw: Draw) -> None:
        """A return keyed by mistake and undone at once never was (L18). Where what was paid has died or moved house it
        comes back as another lot, and where something is owed it pays that at once: of which lots it is paid again then
        no case decides."""
        number, asked = self.asked(draw)
        member = self.model.sales[number].member
        now = self.later()
        whole = self.model.is_whole(number, now) and self.model.is_still(member, now, now + MINUTE)
        before = copy.deepcopy(self.model)
        foretold = self.model.give_back(number, asked, now)
        self.compare("return", member, foretold, self.world.give_back(number, member, asked))
        if foretold is None and whole:
            self.model = before
            self.later()
            self.compare("undo", member, None, self.world.undo(number, member))

    def _hold(self, draw: Draw) -> None:
        member, number, now = draw(MEMBERS), len(self.holds), self.later()
        points = draw(st.sampled_from([1, 40, 90, 90, 300]))
        ttl = dt.timedelta(hours=draw(st.sampled_from([20, 100, 168, 1, 200])))
        foretold = self.model.hold(member, points, ttl, number, now)
        self.holds.append((member, number))
        self.compare("hold", member, foretold, self.world.hold(member, points, ttl, number))

    def one_hold(self, draw: Draw) -> tuple[int, int]:
        """One of the last, or one that nobody placed."""
        if not self.holds or draw(st.integers(0, 9)) == 9:
            return 1, 999
        back: int = draw(st.integers(0, min(2, len(self.holds) - 1)))
        return self.holds[-1 - back]

    def _capture(self, draw: Draw) -> None:
        member, number = self.one_hold(draw)
        points = draw(st.sampled_from([None, 1, 40, 150]))
        foretold = self.model.capture(member, number, points, self.later())
        self.compare("capture", member, foretold, self.world.capture(member, number, points))

    def _void(self, draw: Draw) -> None:
        member, number = self.one_hold(draw)
        foretold = self.model.void(member, number, self.later())
        self.compare("void", member, foretold, self.world.void(member, number))

    def _extend(self, draw: Draw) -> None:
        member, number = self.one_hold(draw)
        ttl, new, now = dt.timedelta(hours=draw(st.sampled_from([5, 40, 168, 1]))), len(self.holds), self.later()
        foretold = self.model.extend(member, number, ttl, new, now)
        self.holds.append((member, new))
        self.compare("extend", member, foretold, self.world.extend(member, number, ttl, new))

    def _adjust(self, draw: Draw) -> None:
        member, points = draw(MEMBERS), draw(st.sampled_from([-500, -60, -1, 1, 45, 200]))
        foretold = self.model.adjust(member, points, self.later())
        self.compare("adjust", member, foretold, self.world.adjust(member, points))

    def _exchange(self, draw: Draw) -> None:
        member, points = draw(MEMBERS), draw(st.sampled_from([1, 3, 20, 61]))
        foretold = self.model.exchange(member, points, self.later())
        self.compare("exchange", member, foretold, self.world.exchange(member, points))

    def _send(self, draw: Draw) -> None:
        member, to, points = draw(MEMBERS), draw(MEMBERS), draw(st.sampled_from([1, 2, 30, 75, 400]))
        foretold = self.model.send(member, to, points, self.later())
        self.compare("send", member, foretold, self.world.send(member, to, points), to)

    def _merge(self, draw: Draw) -> None:
        member, into = draw(MEMBERS), draw(MEMBERS)
        alone = member not in self.merged and member not in self.merged.values()
        # Which of the room under a cap is whose, once something came back of what was bought while they were one, no
        # case decides.
        if self.climate.cap is not None or not alone or into in self.merged or member == into:
            return
        now = self.later()
        self.merged[member] = into
        foretold = self.model.merge(member, into, now)
        self.compare("merge", member, foretold, self.world.merge(member, into), into)

    def _unmerge(self, draw: Draw) -> None:
        if not self.merged or self.climate.gold:
            return
        member = draw(st.sampled_from(sorted(self.merged)))
        into = self.merged[member]
        foretold = self.model.unmerge(member, self.later())
        if foretold is None:
            del self.merged[member]
        self.compare("unmerge", member, foretold, self.world.unmerge(member), into)

    def _tick(self, draw: Draw) -> None:
        member = draw(MEMBERS)
        self.later()
        self.world.tick(member)
        self.compare("tick", member, None, None)
