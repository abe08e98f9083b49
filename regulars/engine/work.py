"""The working copy of one decision: what was loaded, what has been worked out so far, what will be said."""

from __future__ import annotations

import datetime as dt
from uuid import UUID
from zoneinfo import ZoneInfo

from regulars.engine import periods
from regulars.engine.contracts.activity import Activity
from regulars.engine.contracts.decision import (
    AttributeChange,
    EventDraft,
    Fired,
    Message,
    SegmentMove,
)
from regulars.engine.contracts.known import CounterValue, Known
from regulars.engine.metrics.days import Days
from regulars.engine.metrics.members import MemberNumbers
from regulars.engine.points.purse import Purse
from regulars.engine.scope import Scope
from regulars.engine.state import AccountState, MemberState


class Work:
    """One decision under way; it lives as long as the call. Lists only grow."""

    __slots__ = (
        "account",
        "activity",
        "attributes",
        "counted",
        "counters",
        "day",
        "days",
        "events",
        "explains",
        "fired",
        "known",
        "member",
        "member_id",
        "messages",
        "moved",
        "moves",
        "now",
        "numbers",
        "purse",
        "returned",
        "scope",
        "today",
        "waits",
        "zone",
    )

    def __init__(
        self,
        known: Known,
        activity: Activity,
        *,
        now: dt.datetime,
        zone: ZoneInfo,
        account: AccountState,
        member: MemberState,
        days: Days,
        numbers: MemberNumbers,
        purse: Purse,
        scope: Scope,
        explains: bool = False,
    ) -> None:
        self.known = known
        self.activity = activity
        self.now = now
        self.zone = zone
        self.account = account
        self.member = member
        self.member_id: UUID = activity.member_id
        self.days = days
        self.numbers = numbers
        self.purse = purse
        self.scope = scope
        self.today: dt.date = periods.local_date(now, zone)
        self.day: dt.date = periods.local_date(activity.occurred_at, zone)
        """The local day on which it happened; `today` is that of the decision."""
        self.explains = explains
        self.waits = False
        """Whether what this activity earns waits until a person says yes."""
        self.moved = False
        """Whether a static segment was joined or left."""
        self.counted = 0
        """How many entries of the purse the metrics over entries have seen."""
        self.returned = 0
        """What the goods were worth that came back, in minor units."""
        self.fired: list[Fired] = []
        self.counters: list[CounterValue] = []
        self.messages: list[Message] = []
        self.events: list[EventDraft] = []
        self.moves: list[SegmentMove] = []
        self.attributes: list[AttributeChange] = []

    def hear(self, type: str, **data: object) -> None:
        """Note an event for the world."""
        self.events.append(EventDraft(type=type, data=data))
