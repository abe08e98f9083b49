"""The metrics of one member during a decision: the numbers of the state, the day rows behind them, and the day they are
good for.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any, Final
from uuid import UUID

from regulars.engine import periods
from regulars.engine.metrics import running, streaks
from regulars.engine.metrics.contribution import Part
from regulars.engine.metrics.days import Day, Days
from regulars.engine.metrics.plan import NEW_YEAR, MetricPlan, Shape
from regulars.program.contracts.values import Period, WindowKind

_A_DAY: Final = dt.timedelta(days=1)


class MemberNumbers:
    """Numbers that are good for `today`; time only moves on."""

    __slots__ = (
        "_days",
        "_indexes",
        "_row",
        "_row_day",
        "_sliding",
        "joined_on",
        "member_id",
        "numbers",
        "recount",
        "today",
    )

    def __init__(
        self,
        member_id: UUID,
        *,
        numbers: running.Numbers,
        days: Days,
        today: dt.date,
        plans: Sequence[MetricPlan],
        joined_on: dt.date = NEW_YEAR,
    ) -> None:
        self.member_id = member_id
        self.joined_on = joined_on
        self.numbers = numbers
        self.today = today
        self.recount: set[str] = set()
        self._days = days
        self._row: Day | None = None
        self._row_day: dt.date | None = None
        self._indexes: dict[Period, int] = {}
        self._sliding = [plan for plan in plans if plan.slides]

    def move_to(self, day: dt.date) -> None:
        """Let the sliding windows slide to a day; the rows of the days that leave them must have been loaded."""
        if day <= self.today:
            return
        left: dict[int, list[Day]] = {}
        for plan in self._sliding:
            if plan.slot in self.numbers:
                rows = left.get(plan.days)
                if rows is None:
                    gone = dt.timedelta(days=plan.days)
                    rows = left[plan.days] = self._days.between(self.member_id, self.today - gone, day - gone)
                if rows:
                    running.slide(plan, self.numbers, rows)
        self.today = day
        self._indexes.clear()

    def add(self, plan: MetricPlan, part: Part, *, sign: int, day: dt.date, at_ms: int) -> None:
        """Count a part of an activity of `day`, or take it back. What cannot be taken back exactly is named in
        `recount`.
        """
        if sign < 0 and plan.kind is WindowKind.SINCE:
            # It may have happened before the window began anew.
            self.recount.add(plan.name)
        if plan.shape is Shape.NUMBER:
            self.add_number(plan, sign * part, day)
            return
        now, behind = self._place(plan, day) if plan.rolls else (0, 0)
        try:
            running.add(
                plan,
                self.numbers,
                part,
                sign=sign,
                day=day,
                today=self.today,
                at_ms=at_ms,
                now=now,
                behind=behind,
            )
        except running.Recount:
            self.recount.add(plan.name)
            return
        if plan.kind is WindowKind.SLIDING and plan.shape is not Shape.STREAK:
            row = self._touch(day)
            try:
                row.keys[plan.slot] = running.merge(plan, row.keys.get(plan.slot), part, sign=sign, at_ms=at_ms)
            except running.Recount:
                self.recount.add(plan.name)

    def add_number(self, plan: MetricPlan, amount: int, day: dt.date) -> None:
        """Count a number of an activity of `day`: most metrics are such, and each activity moves many of them."""
        numbers, slot = self.numbers, plan.slot
        if plan.rolls:
            now, behind = self._place(plan, day)
            running.add_to_period(plan, numbers, amount, now=now, behind=behind)
        elif (day == self.today and not plan.dated) or running.counts(plan, numbers, day, self.today):
            numbers[slot] = numbers.get(slot, 0) + amount
        row = self._row
        if row is None or self._row_day != day:
            row = self._touch(day)
        row.add(slot, amount)

    def _touch(self, day: dt.date) -> Day:
        if self._row is None or self._row_day != day:
            self._row, self._row_day = self._days.touch(self.member_id, day), day
        return self._row

    def _index(self, plan: MetricPlan) -> int:
        if plan.anniversary:
            return plan.index(self.today, self.joined_on)
        found = self._indexes.get(plan.period)
        if found is None:
            found = self._indexes[plan.period] = plan.index(self.today)
        return found

    def _place(self, plan: MetricPlan, day: dt.date) -> tuple[int, int]:
        """The period that the numbers are good for, and how many periods behind it a day lies."""
        now = self._index(plan)
        return now, 0 if day == self.today else now - plan.index(day, self.joined_on)

    def next_period(self, plan: MetricPlan) -> dt.date:
        """The first day of the period after the one that the numbers are good for."""
        return plan.first_day(self._index(plan) + 1, self.joined_on)

    def on(self, plan: MetricPlan, day: dt.date) -> Any:
        """One number as it was at the end of a day of this period or of the one before it: windows that do not begin
        anew with a period are read as they are now.
        """
        if plan.keeps and plan.kind is not WindowKind.PREVIOUS and plan.rolls:
            now = self._index(plan)
            if plan.index(day, self.joined_on) == now - 1:
                return running.before(plan, self.numbers, now)
        return self.value(plan)

    def of_day(self, plan: MetricPlan, day: dt.date) -> Any:
        """One number as what happened on a past day finds it: of windows of one day that of its own, however long ago,
        since its row is there to be written; of others that begin anew with a period that of its own, as far as it is
        kept (this one and the one before); in an older one nothing counts as known."""
        if plan.one_day and day < self.today:
            return sum(row.sum(plan.slot) for row in self._days.between(self.member_id, day - _A_DAY, day))
        if not plan.rolls:
            return self.value(plan)
        now = self._index(plan)
        behind = now - plan.index(day, self.joined_on)
        if behind <= 0:
            return self.value(plan)
        kept = behind == 1 and plan.kind is not WindowKind.PREVIOUS
        return running.before(plan, self.numbers, now) if kept else running.answer(plan, None)

    def freeze(self, plan: MetricPlan, by: int) -> None:
        """Let the running streak of a metric miss so many periods more; where none runs it is lost."""
        held = self.numbers.get(plan.slot)
        if held is not None and plan.shape is Shape.STREAK and self.value(plan):
            slot, first = streaks.frozen_slot(plan.slot), held[0] - (held[1] - 1) - held[2]
            given = [one for one in self.numbers.get(slot, ()) if one >= first]
            self.numbers[slot] = given + [periods.index(plan.streak, self.today)] * by

    def forget(self, plan: MetricPlan) -> None:
        """Begin a window `since last` anew."""
        running.forget(plan, self.numbers)

    def values(self, plans: Iterable[MetricPlan]) -> dict[str, Any]:
        """The numbers of some metrics by name, as expressions read them."""
        return {plan.name: self.value(plan) for plan in plans}

    def value(self, plan: MetricPlan) -> Any:
        """One number as expressions read it."""
        if plan.plain:
            return self.numbers.get(plan.slot) or 0
        if plan.whole_days:
            return self._whole(plan)
        return running.value(plan, self.numbers, self.today, self._index(plan) if plan.rolls else 0)

    def _whole(self, plan: MetricPlan) -> Any:
        total: Any = None
        after = self.today - dt.timedelta(days=plan.days)
        for row in self._days.between(self.member_id, after, self.today):
            held = row.keys.get(plan.slot)
            if held is not None:
                total = running.join(plan, total, held)
        return running.answer(plan, total)
