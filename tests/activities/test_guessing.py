"""Who has to wait after showing codes that nobody made: a till, else a member, at last all of a key."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

from regulars.activities.contracts import Identifier, Intake
from regulars.activities.guessing import Guesses
from regulars.kit.errors import RateLimited

NOW = dt.datetime(2026, 3, 1, 10, 0, tzinfo=dt.UTC)
KEY, OTHER = UUID(int=1), UUID(int=2)


def shown(key: UUID = KEY, *, at: dt.datetime = NOW, gift: str = "", **given: Any) -> Intake:
    """A basket with a code, of a till or of a member (by their phone)."""
    who = tuple(
        Identifier(kind, value) for kind, value in (("phone", given.pop("phone", "")), ("gift_card", gift)) if value
    )
    return Intake(program_id=1, client_id=key, type="purchase", received_at=at, who=who, codes=("X",), **given)


def waits(guesses: Guesses, *shown: Intake) -> list[int]:
    """The limit that each of them meets; 0: none."""
    found = []
    for one in shown:
        try:
            guesses.admit(one)
        except RateLimited as refused:
            found.append(refused.limit)
        else:
            found.append(0)
    return found


def test_a_till_waits_alone_whoever_it_names() -> None:
    guesses = Guesses()
    for number in range(20):
        guesses.wrong(shown(till="1", phone=f"+3736910000{number}"))
    assert waits(guesses, shown(till="1"), shown(till="2"), shown(phone="+37369100001"), shown()) == [20, 0, 0, 0]
    assert waits(guesses, shown(till="1", at=NOW + dt.timedelta(seconds=60))) == [0]


def test_without_a_till_a_member_waits_alone() -> None:
    guesses = Guesses()
    for number in range(20):
        # A gift card is a code itself: another one each time makes nobody else of them.
        guesses.wrong(shown(phone="+37369100001", gift=f"GIFT-{number}"))
    ann, bob = shown(phone="+37369100001"), shown(phone="+37369100002")
    assert waits(guesses, ann, bob, shown(), shown(OTHER, phone="+37369100001")) == [20, 0, 0, 0]


def test_where_nobody_is_named_the_key_has_the_larger_limit_and_it_holds_for_all() -> None:
    guesses = Guesses()
    for _ in range(299):
        guesses.wrong(shown())
    assert waits(guesses, shown(), shown(gift="GIFT-1")) == [0, 0]
    guesses.wrong(shown(till="another each time"))
    assert waits(guesses, shown(), shown(till="1"), shown(phone="+37369100001"), shown(OTHER)) == [300, 300, 300, 0]
