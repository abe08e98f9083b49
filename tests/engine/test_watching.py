"""How far a number may move before a segment can change."""

from __future__ import annotations

import pytest

from regulars.engine import watching
from regulars.program.contracts.definitions import Measure, Metric, Segment
from regulars.program.contracts.values import Span, Unit, Window, WindowKind
from tests.engine.shop import Shop, base

SPEND = Metric(
    name="spend",
    measure=Measure.SUM,
    value="basket.total",
    window=Window(WindowKind.SLIDING, span=Span(30, Unit.DAY)),
)


def watch(condition: str) -> watching.Watch:
    (found,) = Shop(base(), SPEND, Segment(name="some", if_=condition)).compiled.watched
    return found


@pytest.mark.parametrize(("number", "least", "most"), [(1500, 1001, 1999), (1000, 1000, 1000), (2000, 2000, 2000)])
def test_a_number_may_move_up_to_its_thresholds(number: int, least: int, most: int) -> None:
    bounds = watch("member.metrics.spend >= 10.00 && member.metrics.spend < 20.00").around(number)
    assert bounds == (least, most)


def test_beyond_the_outer_thresholds_nothing_changes() -> None:
    one = watch("member.metrics.spend >= 10.00")
    below, above = one.around(999), one.around(1001)
    assert (below[1], above[0]) == (999, 1001)
    assert below[0] < -(10**18)
    assert above[1] > 10**18


def test_what_is_reckoned_with_may_not_move_at_all() -> None:
    assert watch("member.metrics.spend * 2 >= 10.00").around(700) == (700, 700)


def test_the_first_day_that_leaves_a_number_on_another_side_is_found() -> None:
    one = watch("member.metrics.spend >= 10.00")
    # 15.00 in the window: 3.00 of day 100 leave on day 130 and nothing changes, 4.00 of day 105 leave on day 135.
    gave = {100: {one.plan.slot: 300}, 105: {one.plan.slot: 400}, 110: {one.plan.slot: 800}}
    assert watching.first_change(one, 1500, gave, sorted(gave), 120) == 135
    # On day 130 the first of them is out already.
    assert watching.first_change(one, 1200, gave, sorted(gave), 130) == 135
    assert watching.first_change(one, 300, {110: {one.plan.slot: 300}}, [110], 120) is None
