"""A referral made ready: its condition, and what each side gets as rules of its own."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Final
from zoneinfo import ZoneInfo

from regulars.engine import state as states
from regulars.engine.contracts.activity import Activity
from regulars.engine.contracts.known import CounterRange
from regulars.engine.expressions import Function
from regulars.engine.making import Making
from regulars.engine.points import calendar
from regulars.engine.rules import RulePlan
from regulars.program.contracts.definitions import Over, Rule
from regulars.program.contracts.effects import AnyEffect
from regulars.program.contracts.referrals import Referral, Same, converted

FRIEND: Final = 0
"""The level of whom it is all about; 1 is the referrer, 2 and 3 are those above."""
REFERRER: Final = 1
TRACES: Final = "same person"
"""The counter of who was seen with a device, a card, a phone: no metric of a program has a name with a space."""
EVER: Final = "ever"
SHARED_MOST: Final = 50
"""What more members than these were seen with (a terminal that all use) says nothing of any two of them."""
_FAR: Final = 3_000_000
"""Prizes are rules of no list: their numbers come after those of all others."""
_TRACED: Final = frozenset({Same.DEVICE, Same.CARD, Same.PHONE})


class ReferralPlan:
    """One referral of a release."""

    __slots__ = ("_condition", "_made_from", "definition", "name", "path", "prizes")

    def __init__(self, definition: Referral, *, number: int, made_from: Making) -> None:
        self.definition = definition
        self.name = definition.name
        self.path = f"referrals.{definition.name}"
        self._made_from = made_from
        self._condition: Function | None = None
        effects = definition.effects
        sides = [(*effects.both, *effects.friend), (*effects.both, *effects.referrer), *effects.levels]
        self.prizes = tuple(_prize(self.path, side, number * 10 + level, made_from) for level, side in enumerate(sides))
        """What each level gets, from the friend up."""

    @property
    def converts(self) -> Function:
        """Whether an activity makes the friend count."""
        if self._condition is None:
            place = self._made_from.places.metric(Over.ACTIVITIES)
            self._condition = self._made_from.expressions.condition(self.definition.converts, place)
        return self._condition

    @property
    def depth(self) -> int:
        """The highest level that gets something."""
        return len(self.prizes) - 1

    def is_open(self, day: dt.date) -> bool:
        """Whether it runs on a day."""
        begun = self.definition.from_ is None or self.definition.from_ <= day
        return begun and (self.definition.until is None or day < self.definition.until)

    def counts_at(self, at: dt.datetime, *, joined_at: dt.datetime, zone: ZoneInfo) -> bool:
        """Whether what happens at a moment still counts for who joined at another."""
        # Moments are kept to the millisecond: what happened with the joining itself is not before it.
        if states.ms(at) < states.ms(joined_at):
            return False
        within = self.definition.within
        return within is None or at < calendar.span_end(within, since=joined_at, zone=zone)[0]

    def takes_codes(self, at: dt.datetime, *, member_since: dt.datetime, zone: ZoneInfo) -> bool:
        """Whether a code is still taken from who became a member at a moment."""
        return at < calendar.span_end(self.definition.join, since=member_since, zone=zone)[0]


def _prize(path: str, effects: tuple[AnyEffect, ...], number: int, made_from: Making) -> RulePlan:
    rule = Rule(name=path, trigger=converted(path.partition(".")[2]), effects=effects)
    return RulePlan(rule, number=_FAR + number, made_from=made_from)


def plans(definitions: Mapping[str, Referral], made_from: Making) -> dict[str, ReferralPlan]:
    """The referrals of a release."""
    return {
        name: ReferralPlan(definition, number=number, made_from=made_from)
        for number, (name, definition) in enumerate(definitions.items())
    }


def traced(definitions: Mapping[str, Referral]) -> frozenset[Same]:
    """What has to be remembered of who was seen with it."""
    return frozenset(kind for definition in definitions.values() for kind in definition.same_person) & _TRACED


def traces(kinds: frozenset[Same], activity: Activity) -> list[str]:
    """What an activity was done with that may betray one person behind two members: `device:17`."""
    found = [] if Same.DEVICE not in kinds or activity.device is None else [f"{Same.DEVICE.value}:{activity.device}"]
    if Same.CARD in kinds and activity.card is not None:
        found.append(f"{Same.CARD.value}:{activity.card}")
    return found + [trace for trace in activity.traces if trace.partition(":")[0] in {kind.value for kind in kinds}]


_KINDS: Final = {"phone": Same.PHONE, "token": Same.CARD}
"""Identifiers by what they betray."""
_HASH: Final = 16
"""Bytes of a hash that are kept: enough that no two phones are ever taken for one."""


def traces_of(kinds: frozenset[Same], hashes: Sequence[tuple[str, bytes]]) -> tuple[str, ...]:
    """What identifiers that were shown betray: `phone:<hash>`."""
    found = ((_KINDS.get(kind), digest) for kind, digest in hashes)
    return tuple(f"{same.value}:{digest[:_HASH].hex()}" for same, digest in found if same in kinds and same is not None)


def beside(member: bytes) -> str:
    """The counter of a member that has (`other:kind`) who was seen with what they were seen with, in whatever order."""
    return f"beside:{member.hex()}"


def ranges(kinds: frozenset[Same], activity: Activity) -> tuple[CounterRange, ...]:
    """What has to be loaded to know who else was seen with it, and who with anything else of the member's."""
    owners = (*traces(kinds, activity), beside(activity.member_id.bytes))
    return tuple(CounterRange(TRACES, owner, EVER, EVER) for owner in owners)
