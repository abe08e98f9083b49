"""How many members are in the middle of what a release touches."""

from __future__ import annotations

import pytest

from regulars.activities import amidst
from tests.laws.lab import Act, Lab, Member

BUY = Act(kind="buy", lines=((1000, 1, "tea"),))


async def counted(lab: Lab, kind: str, *names: str) -> dict[str, int]:
    async with lab.database.read(programs=[lab.program_id]) as tx:
        return dict(await amidst.members(tx, program_id=lab.program_id, kind=kind, names=names))


def some_in_the_middle(lab: Lab) -> None:
    """Three who are in `three` by themselves, one of them through it; one who tapped into `sum`; one who picked."""
    first, second, third = (Member(lab, number) for number in (9_001, 9_002, 9_003))
    lab.run(first.live((BUY, Act(kind="tap", part="join"), Act(kind="pick", part="tea"))))
    lab.run(second.live((BUY, BUY, BUY)))
    lab.run(third.live((BUY,)))


def test_whoever_has_begun_and_not_ended_is_in_the_middle(standing_lab: Lab) -> None:
    assert standing_lab.run(counted(standing_lab, "challenges", "three", "sum")) == {"three": 0, "sum": 0}
    some_in_the_middle(standing_lab)
    assert standing_lab.run(counted(standing_lab, "challenges", "three", "sum", "gone")) == {
        "three": 2,
        "sum": 1,
        "gone": 0,
    }
    assert standing_lab.run(counted(standing_lab, "choices", "mine"))["mine"] == 1


def test_of_many_some_are_looked_at_and_the_rest_reckoned(standing_lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(8_000, 8_040):
        standing_lab.run(Member(standing_lab, number).live((BUY,)))
    monkeypatch.setattr(amidst, "SAMPLE", 20)
    about = standing_lab.run(counted(standing_lab, "challenges", "three"))["three"]
    # All forty are in it, so that any sample says forty.
    assert about == 40
