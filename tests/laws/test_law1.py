"""LAW1: what a quote says is what the commit does, for the same state and moment."""

from __future__ import annotations

from typing import Any

import msgspec
from hypothesis import given

from regulars.activities import service as activities
from regulars.activities.contracts import Answer, Intake, Reply
from tests.laws.lab import Act, Lab, acts, answer_of, histories, some

OWN: dict[str, Any] = {"activity_id": None, "as_quoted": None, "changed": {}, "holds": ()}
"""What only a commit can say: its own id, that of a hold it placed, and how it compares with the quote."""


async def quote_and_commit(lab: Lab, intake: Intake) -> tuple[Any, Reply]:
    """Ask what would be, then do it."""
    quoted = await activities.quote(lab.runtime, intake, now=intake.received_at)
    if isinstance(quoted, Reply):
        return quoted, await lab.submit(intake)
    return quoted[0], await lab.submit(msgspec.structs.replace(intake, quoted=quoted[1]))


def held_against(said: Any, done: Reply, *, newcomer: bool) -> tuple[Any, Any]:
    """Both sides without what they cannot share."""
    if isinstance(said, Reply):
        return (said.status, said.body), (done.status, done.body)
    return plain(said, newcomer=newcomer), plain(answer_of(done), newcomer=newcomer)


def plain(answer: Answer, *, newcomer: bool) -> Answer:
    # Somebody whom nobody knows gets their number and card only when they buy.
    who = msgspec.structs.replace(answer.member, id="", card=None) if newcomer else answer.member
    return msgspec.structs.replace(answer, member=who, **OWN)


@some(25)
@given(history=histories, last=acts)
def test_LAW1_a_quote_is_the_commit(lab: Lab, history: tuple[Act, ...], last: Act) -> None:
    member = lab.member()
    lab.run(member.live(history))
    known = lab.run(member.is_known())
    intake = member.told_as(last)
    if intake is None:
        return
    before = lab.run(member.picture())
    quoted = lab.run(activities.quote(lab.runtime, intake, now=intake.received_at))
    assert lab.run(member.picture()) == before
    said, done = lab.run(quote_and_commit(lab, intake))
    mine, theirs = held_against(said, done, newcomer=not known)
    assert mine == theirs
    if isinstance(quoted, tuple):
        assert answer_of(done).as_quoted is True


@some(10)
@given(history=histories, late_d=...)
def test_LAW1_a_late_activity_is_quoted_with_what_time_did_since(
    lab: Lab, history: tuple[Act, ...], late_d: bool
) -> None:
    member = lab.member()
    lab.run(member.live(history))
    known = lab.run(member.is_known())
    # Bought 25 days ago: what it earns lived for 20 days and is gone on arrival.
    intake = member.told_as(Act(kind="buy", lines=((1000, 1, "milk"),), late_d=25 if late_d else 3))
    assert intake is not None
    said, done = lab.run(quote_and_commit(lab, intake))
    mine, theirs = held_against(said, done, newcomer=not known)
    assert mine == theirs


def test_LAW1_a_return_that_waits_for_its_sale_is_quoted_as_one(lab: Lab) -> None:
    member = lab.member()
    lab.run(member.live((Act(kind="visit"),)))
    # It wants to pay with points that the member does not have: refused, so that nobody knows this sale.
    refused = Act(kind="buy", lines=((300, 1, "milk"),), pay=5)
    [(_, reply)] = lab.run(member.live((refused,)))
    assert reply.status == 409
    intake = member.told_as(Act(kind="return", after_h=5, part="all"))
    assert intake is not None
    said, done = lab.run(quote_and_commit(lab, intake))
    assert (said.waiting, answer_of(done).waiting) == (True, True)
    mine, theirs = held_against(said, done, newcomer=False)
    assert mine == theirs
    assert answer_of(done).as_quoted is True


def test_LAW1_control_something_between_quote_and_commit_is_seen(lab: Lab) -> None:
    member = lab.member()
    lab.run(member.live((Act(kind="buy", lines=((8000, 1, "milk"),)),)))
    intake = member.told_as(Act(kind="buy", lines=((2000, 1, "milk"),)))
    other = member.told_as(Act(kind="buy", after_h=0, lines=((2000, 1, "milk"),)))
    assert intake is not None
    assert other is not None
    quoted = lab.run(activities.quote(lab.runtime, intake, now=intake.received_at))
    assert isinstance(quoted, tuple)
    lab.run(lab.submit(other))
    done = answer_of(lab.run(lab.submit(msgspec.structs.replace(intake, quoted=quoted[1]))))
    # 80 for the milk and 7 for the busy week: 87 of the 90 points of a day were given, and the other took the last 3.
    assert (quoted[0].points, done.points) == ({"points": 3}, {"points": 0})
    assert done.as_quoted is False
    assert done.changed["points"] == {"quoted": {"points": 3}, "now": {"points": 0}}
