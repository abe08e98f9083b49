"""LAW12: bulk import equals the same activities one by one."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from regulars.activities import service as activities
from regulars.activities.contracts import Intake
from tests.laws.lab import Act, Lab, Member, acts, differences, histories, some, standing

orderly = st.lists(acts.filter(lambda act: act.kind != "end"), min_size=1, max_size=9).map(tuple)
"""Holds are ended by an id that only the answer of the first tells, so a history told in advance has none."""

becoming = st.lists(standing.filter(lambda act: act.kind != "end"), min_size=2, max_size=12).map(tuple)


def told(member: Member, history: tuple[Act, ...]) -> list[Intake]:
    """A history as rows of a file: documents, no keys."""
    return [intake for act in history if (intake := member.told_as(act, keyed=False)) is not None]


async def take_in(lab: Lab, intakes: list[Intake], sizes: list[int]) -> list[str]:
    """Import in pieces of these sizes, the last as often as needed."""
    outcomes = []
    async with lab.database.lane() as lane:
        while intakes:
            size = sizes.pop(0) if len(sizes) > 1 else sizes[0]
            piece, intakes = intakes[:size], intakes[size:]
            outcomes += [one.outcome for one in await activities.import_chunk(lab.runtime, lane, piece)]
    return outcomes


@some(20)
@given(history=orderly, sizes=st.lists(st.integers(1, 9), min_size=1, max_size=4))
def test_LAW12_import_equals_one_by_one(lab: Lab, history: tuple[Act, ...], sizes: list[int]) -> None:
    one_by_one, in_bulk = lab.member(), lab.member()
    lab.run(one_by_one.live(history))
    lab.run(take_in(lab, told(in_bulk, history), list(sizes)))
    assert differences(lab.run(in_bulk.picture()), lab.run(one_by_one.picture())) == []


@some(15)
@given(history=becoming, sizes=st.lists(st.integers(1, 9), min_size=1, max_size=4))
def test_LAW12_import_becomes_the_same_as_one_by_one(
    still_lab: Lab, history: tuple[Act, ...], sizes: list[int]
) -> None:
    one_by_one, in_bulk = still_lab.member(), still_lab.member()
    still_lab.run(one_by_one.live(history))
    still_lab.run(take_in(still_lab, told(in_bulk, history), list(sizes)))
    assert differences(still_lab.run(in_bulk.picture()), still_lab.run(one_by_one.picture())) == []


@some(6)
@given(several=st.lists(histories, min_size=2, max_size=4), size=st.integers(2, 12))
def test_LAW12_members_in_one_piece_do_not_touch_each_other(
    lab: Lab, several: list[tuple[Act, ...]], size: int
) -> None:
    several = [tuple(act for act in history if act.kind != "end") for history in several]
    apart = [lab.member() for _ in several]
    mixed = [lab.member() for _ in several]
    for member, history in zip(apart, several, strict=True):
        lab.run(take_in(lab, told(member, history), [1]))
    rows = [told(member, history) for member, history in zip(mixed, several, strict=True)]
    longest = max(len(one) for one in rows)
    woven = [one[place] for place in range(longest) for one in rows if place < len(one)]
    lab.run(take_in(lab, woven, [size]))
    for mine, theirs in zip(mixed, apart, strict=True):
        assert differences(lab.run(mine.picture()), lab.run(theirs.picture())) == []


@some(5)
@given(
    history=st.lists(acts.filter(lambda act: act.kind in {"buy", "visit", "paint"} and not act.pay), min_size=1).map(
        tuple
    )
)
def test_LAW12_the_same_file_twice_is_taken_in_once(lab: Lab, history: tuple[Act, ...]) -> None:
    member = lab.member()
    rows = told(member, history)
    assert lab.run(take_in(lab, list(rows), [4])) == ["applied"] * len(rows)
    before = lab.run(member.picture())
    assert lab.run(take_in(lab, list(rows), [3])) == ["duplicate"] * len(rows)
    assert differences(before, lab.run(member.picture())) == []


def test_LAW12_control_another_order_is_seen(lab: Lab) -> None:
    history = (
        Act(kind="buy", after_h=1, lines=((8500, 1, "milk"),)),
        Act(kind="buy", after_h=1, lines=((2000, 1, "tea"),)),
    )
    straight, turned = lab.member(), lab.member()
    lab.run(take_in(lab, told(straight, history), [2]))
    lab.run(take_in(lab, told(turned, history)[::-1], [2]))
    assert lab.run(turned.picture())["entries"] != lab.run(straight.picture())["entries"]
