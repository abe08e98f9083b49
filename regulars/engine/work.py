"""The working copy of one decision: what was loaded, what has been worked out so far, what will be said."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from regulars.engine import periods
from regulars.engine.contracts.activity import Activity
from regulars.engine.contracts.decision import (
    AttributeChange,
    ConsentChange,
    EventDraft,
    Fired,
    Message,
    SegmentMove,
    TierMove,
)
from regulars.engine.contracts.games import GameRow
from regulars.engine.contracts.gifts import CodeChange, CodeGiven, CodeSeen
from regulars.engine.contracts.households import Departure
from regulars.engine.contracts.known import CounterValue, Known
from regulars.engine.contracts.orders import OrderRow
from regulars.engine.contracts.points import LotUse
from regulars.engine.metrics.days import Days
from regulars.engine.metrics.members import MemberNumbers
from regulars.engine.points.offline import Given
from regulars.engine.points.purse import Purse
from regulars.engine.quotas import Quotas
from regulars.engine.scope import Scope
from regulars.engine.state import AccountState, MemberState


class Work:
    """One decision under way; it lives as long as the call. Lists only grow."""

    __slots__ = (
        "account",
        "activity",
        "asked",
        "asks_first",
        "attributes",
        "case",
        "caused",
        "codes",
        "consents",
        "counted",
        "counters",
        "day",
        "days",
        "dealt",
        "departure",
        "deserved",
        "drops_fields",
        "erased",
        "events",
        "explains",
        "fired",
        "games",
        "given",
        "goals",
        "gone",
        "hits",
        "issued",
        "known",
        "left",
        "member",
        "member_id",
        "messages",
        "moves",
        "now",
        "numbers",
        "orders",
        "passed_over",
        "priced",
        "purse",
        "quotas",
        "returned",
        "scope",
        "seen",
        "stirred",
        "then",
        "tiers",
        "timed",
        "today",
        "took",
        "undiscounted",
        "used_offers",
        "verdict",
        "vouched",
        "waits",
        "withheld",
        "zone",
    )

    def __init__(  # noqa: PLR0915 - one statement a field
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
        self.then: dt.date | None = None
        """The day whose numbers are read; None: as they are now."""
        self.explains = explains
        self.waits = False
        """Whether what this activity earns waits until a person says yes."""
        self.asks_first = False
        """Whether the whole activity waits: it counts in no metric, and rules only earn."""
        self.erased = False
        """Whether there is no person behind it any more."""
        self.case = ""
        """Why it waits: the first topic that a person is asked to look at."""
        self.verdict = ""
        """What this activity, a review, said."""
        self.stirred = False
        """Whether something that segments may read has changed since they were last worked out."""
        self.counted = 0
        """How many entries of the purse the metrics over entries have seen."""
        self.dealt: dict[str, tuple[LotUse, ...]] = {}
        """By currency the lots that an exchange or a pay-out took from: kept, so that they can come back to them."""
        self.given = _given(known, activity)
        """What a till without a connection gave for points already (L60)."""
        self.priced: Any = None
        """What discounts came to, as it is kept (`recording.Prices`); None where none was looked at."""
        self.took: tuple[Any, ...] = ()
        """What a return took, as `undoing` keeps it."""
        self.undiscounted: list[tuple[str, int, int]] = []
        """What a return takes of the discounts of its sale: (rule, effect, minor units)."""
        self.returned = 0
        """What the goods were worth that came back, in minor units."""
        self.fired: list[Fired] = []
        self.timed = 0
        """How many of `fired`, from the first, passed time gave before the activity itself did anything."""
        self.hits: dict[str, dict[str, object]] = {}
        """Limits that this activity runs into, by their name, with what their events and explanations say."""
        self.counters: list[CounterValue] = []
        self.seen: dict[str, object] = {}
        """Numbers that are not the member's, by what was added when they were read."""
        self.quotas = Quotas(known.quotas, kept=activity.counted, seen=self.seen, counters=self.counters)
        """Budgets, stock and uses of codes, as far as they are shared."""
        self.messages: list[Message] = []
        self.events: list[EventDraft] = []
        self.caused: list[tuple[str, dict[str, object]]] = []
        """What was caused since the last round of rules, to be heard by the next."""
        self.goals: dict[str, Any] = {}
        """The numbers of challenges before this activity, as `challenging` remembers them."""
        self.passed_over: dict[str, str] = {}
        """Offers that the member has and that do not count for this basket, by path, with why."""
        self.left: list[tuple[str, str, str]] = []
        """Rules that nobody woke, since the rounds were over: (rule, type of event, its definition), each once."""
        self.used_offers: list[str] = []
        """Offers that did something for this basket."""
        self.asked: list[Any] = []
        """What effects of rules want of tiers, challenges, choices and games: their handlers take it up."""
        self.vouched: list[CodeSeen] = []
        """Codes that count, until their use is written down."""
        self.issued: dict[str, list[CodeGiven]] = {}
        """By campaign the codes that this activity gave."""
        self.codes: list[CodeChange] = []
        """What becomes of codes."""
        self.games: list[GameRow] = []
        """Scores, plays, entries and votes to be written."""
        self.orders: list[OrderRow] = []
        """Orders of rewards as they are now, to be written."""
        self.departure: Departure | None = None
        self.gone = False
        """Whether the member has just left the account for good."""
        self.deserved: dict[str, int] = {}
        """By ladder what the numbers reached before a return took some away."""
        self.tiers: dict[tuple[UUID, str], TierMove] = {}
        """By member and ladder where somebody stands now."""
        self.moves: list[SegmentMove] = []
        self.attributes: list[AttributeChange] = []
        self.consents: list[ConsentChange] = []
        self.withheld: frozenset[str] = frozenset()
        """Attributes that may be neither set nor read, since the consent is not there that they need."""
        self.drops_fields = False
        """Whether the activity's own fields may not be kept, for the same reason."""

    def hear(self, type: str, **data: object) -> None:
        """Note an event for the world."""
        self.events.append(EventDraft(type=type, data=data))

    def leave(self, rule: str, type: str, name: str) -> None:
        """Note that a rule was not woken, though it listens to what was caused last."""
        if (rule, type, name) not in self.left:
            self.left.append((rule, type, name))

    def cause(self, type: str, name: str, **data: object) -> None:
        """Note an event of `contracts.caused` about a definition: for the world, and for rules that listen to it."""
        facts = {"name": name, **data}
        self.events.append(EventDraft(type=type, data=facts))
        self.caused.append((type, facts))


def _given(known: Known, activity: Activity) -> Given | None:
    if activity.offline is None:
        return None
    floor, since = activity.offline.floor, activity.occurred_at
    return Given(floor=floor, since=since, lapsed=known.lapsed, house=known.card_blocked)
