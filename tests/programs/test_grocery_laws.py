"""Laws on real baskets under the whole grocery program: what is bought and brought back in pieces was never bought, time
may be told at once or day by day, lines may lie in any order, and metrics counted again are the metrics.
"""

from __future__ import annotations

import datetime as dt
import random

import pytest
from msgspec.structs import replace

from regulars.activities.contracts import Intake
from regulars.engine import service as engine
from regulars.engine.contracts.activity import ReturnedLine
from regulars.engine.contracts.decision import Decision
from regulars.engine.contracts.view import Past
from tests.engine.shop import MEMBER
from tests.programs import baskets
from tests.programs.baskets import Till, by_rule

# What a return is meant to change: how many there were, and who is watched for it.
OF_RETURNS = ("returns_30d", "watched")


def picture(till: Till) -> dict[str, object]:
    """All balances, metrics and segments of the member now."""
    seen = engine.view(till.compiled, till.known(till.activity("tick")), member_id=MEMBER, at=till.now)
    has = {one.currency: (one.active, one.pending, one.held, one.arrears) for one in seen.balances}
    found: dict[str, object] = {currency: numbers for currency, numbers in has.items() if any(numbers)}
    found |= {name: value for name, value in seen.metrics.items() if name not in OF_RETURNS}
    return found | {segment: True for segment in seen.segments if segment not in OF_RETURNS}


def pieces(intake: Intake, seed: int) -> list[ReturnedLine]:
    """A return of everything in random pieces: some lines whole, some by units or money and later the rest."""
    random_ = random.Random(seed)
    first, rest = [], []
    for line in intake.lines:
        units = line.quantity // 1000
        if units > 1 and random_.random() < 0.5:
            first.append(ReturnedLine(no=line.no, quantity=random_.randrange(1, units) * 1000))
        elif line.amount > 1 and random_.random() < 0.5:
            first.append(ReturnedLine(no=line.no, amount=random_.randrange(1, line.amount)))
        rest.append(ReturnedLine(no=line.no))
    random_.shuffle(first)
    random_.shuffle(rest)
    return first + rest


def shopped(number: int, count: int) -> tuple[Till, dict[str, object], Decision, Intake]:
    """A household's first `count` baskets; how things stood before the last of them, and what that one brought."""
    till = Till(baskets.grocery())
    *before, last = [one for one in baskets.household(number) if one.type == "purchase"][:count]
    for one in before:
        till.serve(one)
    assert last.occurred_at is not None
    till.until(last.occurred_at)
    stood = picture(till)
    return till, stood, till.serve(last), last


@pytest.mark.parametrize(
    ("number", "count"), [(27, 4), (993, 3), (993, 12), (1744, 2), (1744, 15), (1369, 16), (1369, 19)]
)
@pytest.mark.parametrize("seed", [1, 2])
def test_LAW6_brought_back_in_pieces_was_never_bought(number: int, count: int, seed: int) -> None:
    till, stood, bought, last = shopped(number, count)
    sale = till.last()
    assert bought.points["points"] > 0
    assert picture(till) != stood
    for piece in pieces(last, seed):
        assert till.back(sale, piece).refusal is None
    assert picture(till) == stood


def test_control_one_piece_kept_is_seen() -> None:
    till, stood, _, last = shopped(993, 3)
    sale = till.last()
    for piece in pieces(last, 1)[:-1]:
        till.back(sale, piece)
    assert picture(till) != stood


@pytest.mark.parametrize("number", [993, 1214, 1744])
def test_LAW8_when_the_sweeper_runs_changes_nothing(number: int) -> None:
    tills = (Till(baskets.grocery()), Till(baskets.grocery()))
    recorded = baskets.household(number)[:30]
    for till in tills:
        assert recorded[0].occurred_at is not None
        till.now = recorded[0].occurred_at - dt.timedelta(hours=2)
        pets = [{"name": "Rex", "kind": "dog", "born": dt.date(2015, 8, 10)}]
        till.profile(birth_date=dt.date(1980, 5, 20), pets=pets)
    late, swept = tills
    for one in recorded:
        assert one.occurred_at is not None
        swept.until(one.occurred_at)
        for till in tills:
            till.serve(one)
        assert picture(late) == picture(swept)
    swept.until(swept.now + dt.timedelta(days=400))
    late.now = swept.now
    late.tick()
    assert picture(late) == picture(swept)


@pytest.mark.parametrize("number", [993, 1744])
def test_LAW9_lines_may_lie_in_any_order(number: int) -> None:
    for one in [one for one in baskets.household(number) if len(one.lines) > 2][:12]:
        shuffled = list(one.lines)
        random.Random(number).shuffle(shuffled)
        other = replace(one, lines=tuple(replace(line, no=no) for no, line in enumerate(shuffled, start=1)))
        assert by_rule(Till(baskets.grocery()).serve(one)) == by_rule(Till(baskets.grocery()).serve(other))


@pytest.mark.parametrize("number", [27, 993, 1744])
def test_metrics_counted_again_are_the_metrics(number: int) -> None:
    till = Till(baskets.grocery())
    for one in baskets.household(number)[:40]:
        till.serve(one)
    sale = till.last()
    till.back(sale, ReturnedLine(no=1))
    stood = picture(till)
    past = [
        Past(
            activity=activity,
            recorded=decision.recorded,
            release=release,
            returns=tuple(till.done[one][1].recorded for one in till.sold.get(activity.activity_id, [])),
            entries=decision.movement.entries,
        )
        for activity, decision, release in till.done.values()
    ]
    known = till.known(till.activity("tick"))
    again = engine.rebuild(till.compiled, known, member_id=MEMBER, past=past, releases=till.releases, now=till.now)
    till.state, till.metric_day = again.state, again.metric_day
    till.days = {(row.member_id, row.day): row for row in again.days}
    assert picture(till) == stood
