"""Any history of purchases, returns and time against a plain model of a ladder, written from LEDGER L32, L70 and L71 alone."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from regulars.program.contracts.ladders import Downgrade, OnReturn
from tests.engine.shop import Shop, at
from tests.engine.test_ladders import YEAR, ladder, tier

LEVELS = {"green": 0, "silver": 300, "gold": 1000}
NAMES, NEEDS = tuple(LEVELS), (0, 30000, 100000)
Step = tuple[str, int, int]
"""What happens (`buy`, `late`: told three days after, `back`, `wait`), days since the step before, and how much or which."""
STEPS = st.lists(
    st.tuples(st.sampled_from(["buy", "buy", "late", "back", "wait"]), st.integers(0, 25), st.integers(0, 900)),
    min_size=1,
    max_size=14,
)
START = dt.date(2026, 3, 2)


def month(day: dt.date) -> int:
    return day.year * 12 + day.month


class Model:
    """A ladder of calendar months as a person would keep it on paper: what was spent in each month, less what came back;
    a level, and the month in which it is looked at.
    """

    def __init__(self, downgrade: Downgrade, on_return: OnReturn, *, more: int, looks_at_new: bool = False) -> None:
        self.downgrade, self.on_return, self.more = downgrade, on_return, more
        self.looks_at_new = looks_at_new
        self.spent: dict[int, int] = {}
        self.level = 0
        self.reviewed_in: int | None = None
        self.now = month(START)

    def reached(self, in_month: int) -> int:
        return max(place for place, need in enumerate(NEEDS) if self.spent.get(in_month, 0) >= need)

    def until(self, to: int) -> None:
        while self.now < to:
            self.now += 1
            if self.reviewed_in == self.now:
                # The review looks at the month that has ended. The control looks at the one that begins.
                self.review(self.reached(self.now if self.looks_at_new else self.now - 1))

    def review(self, deserved: int) -> None:
        if deserved < self.level and self.downgrade is not Downgrade.NEVER:
            step_down = self.downgrade is Downgrade.ONE_STEP
            self.level = max(self.level - 1, deserved) if step_down else deserved
        self.stands(self.now + 1)

    def stands(self, reviewed_in: int) -> None:
        lasts = self.level == 0 or self.downgrade is Downgrade.NEVER
        self.reviewed_in = None if lasts else reviewed_in

    def buy(self, of: int, amount: int) -> None:
        self.spent[of] = self.spent.get(of, 0) + amount
        if self.reached(self.now) > self.level:
            self.level = self.reached(self.now)
            self.stands(self.now + 1 + self.more)
        if of == self.now - 1 and self.reached(of) > self.level:
            # As if it had come in time: reached then, and kept by the review since.
            self.level = self.reached(of)
            self.stands(self.now + max(self.more, 1))

    def back(self, of: int, amount: int) -> None:
        had = max(self.reached(self.now), self.reached(self.now - 1))
        self.spent[of] -= amount
        has = max(self.reached(self.now), self.reached(self.now - 1))
        if self.on_return is OnReturn.DROP and has < self.level <= had:
            self.level = has
            self.stands(self.now + 1)


def live(model: Model, steps: list[Step]) -> tuple[list[str], list[str | None]]:
    """The levels after each step: by the model, and by the engine."""
    valid = "end of next period" if model.more else "end of period"
    shop = Shop(
        YEAR,
        ladder(
            levels=LEVELS,
            year="calendar month",
            downgrade=model.downgrade,
            on_return=model.on_return,
            valid_until=valid,
        ),
    )
    day, sales = START, list[tuple[UUID, int, int]]()
    shop.now = at(f"{START} 09:00")
    shop.buy(0)
    expected, found = [], []
    for what, days, number in steps:
        day += dt.timedelta(days=days)
        shop.now = at(f"{day} 10:00")
        model.until(month(day))
        if what in {"buy", "late"}:
            happened = max(day - dt.timedelta(days=3 if what == "late" else 0), START)
            shop.buy(number * 100, occurred_at=at(f"{happened} 09:30"))
            sales.append((shop.last(), month(happened), number * 100))
            model.buy(month(happened), number * 100)
        elif what == "back" and sales:
            sale, of, amount = sales.pop(number % len(sales))
            shop.back(sale)
            model.back(of, amount)
        else:
            shop.tick()
        expected.append(NAMES[model.level])
        found.append(tier(shop))
    return expected, found


@settings(max_examples=120, deadline=None)
@given(STEPS, st.sampled_from(Downgrade), st.sampled_from(OnReturn), st.integers(0, 1))
def test_the_engine_stands_where_a_person_with_paper_would(
    steps: list[Step], downgrade: Downgrade, on_return: OnReturn, more: int
) -> None:
    expected, found = live(Model(downgrade, on_return, more=more), steps)
    assert found == expected


def test_control_a_review_of_the_wrong_month_is_noticed() -> None:
    """1,000.00 in March are gold. On 1 April the right model keeps it, one that looks at April's nothing does not."""
    steps: list[Step] = [("buy", 0, 900), ("buy", 1, 100), ("wait", 25, 0), ("wait", 10, 0)]
    right = live(Model(Downgrade.REASSESS, OnReturn.KEEP, more=0), steps)
    assert right[0] == right[1] == ["silver", "gold", "gold", "gold"]
    wrong = live(Model(Downgrade.REASSESS, OnReturn.KEEP, more=0, looks_at_new=True), steps)
    assert wrong[0] != wrong[1]
