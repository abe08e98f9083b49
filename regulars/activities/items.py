"""One activity on its way through a batch."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING
from uuid import UUID

import msgspec

from regulars.members.contracts import CardFacts, Enrolled, Named, NewCard

if TYPE_CHECKING:
    from regulars.activities.contracts import Intake, Reply
    from regulars.engine.contracts.activity import Activity, Foreign, Line, Payment, Store
    from regulars.engine.contracts.decision import Decision
    from regulars.engine.contracts.gifts import CodeGiven
    from regulars.engine.contracts.known import CounterKey
    from regulars.engine.service import Compiled


class Who(msgspec.Struct, frozen=True, kw_only=True):
    """The account and member that an item belongs to; `enrolled` are the rows of a member who is new with it."""

    account_id: UUID
    member_id: UUID
    enrolled_at: dt.datetime | None = None
    new_card: NewCard | None = None
    card: CardFacts | None = None
    named: UUID | None = None
    """Whom the card or id names, where that member was merged into this one (L66)."""
    led_from: tuple[UUID, ...] = ()
    """Other accounts that the member of the sale has been in: it, or returns of it, may be recorded there."""
    enrolled: Enrolled | None = None


class Item:
    """Filled in step by step: `check` gives rules, time, lines and store; `identify` gives `who`; the claim settles
    the id; deciding gives the decision.

    It ends with a `reply` or a `fault`: `reply` is set only once it is stored, `draft` is what the reply will be. What
    a step fills in is not there before it.
    """

    __slots__ = (
        "abroad",
        "activity_id",
        "awaits_named",
        "compiled",
        "decision",
        "draft",
        "draws",
        "fault",
        "held",
        "history",
        "intake",
        "issued",
        "lines",
        "made",
        "named",
        "occurred_at",
        "paid",
        "quotas",
        "reply",
        "sale_id",
        "sale_item",
        "sale_of",
        "shown",
        "store",
        "traces",
        "undoes",
        "waited",
        "who",
    )

    compiled: Compiled
    occurred_at: dt.datetime
    lines: tuple[Line, ...]
    store: Store | None
    who: Who

    def __init__(self, intake: Intake, *, activity_id: UUID, history: bool = False) -> None:
        self.intake = intake
        self.activity_id = activity_id
        self.history = history
        self.draws: set[str] = set()
        """Draws that it plays, as it turned out: what is left of their prizes has to be loaded."""
        self.quotas: set[CounterKey] = set()
        """What is shared that it takes of, as it turned out: what is left of it has to be loaded."""
        self.held: set[UUID] = set()
        """Codes of vouchers that the member has and that count by themselves: they have to be loaded."""
        self.shown: tuple[tuple[str, str, UUID], ...] | None = None
        """(act, text, id) of the codes that came with it, once somebody asked: an id costs a keyed hash."""
        self.waited = False
        """Whether it waited for its sale: the answer that its till has says no more than that."""
        self.fault: Exception | None = None
        self.reply: Reply | None = None
        self.begin()

    def begin(self) -> None:
        """Forget what a try that came to nothing has filled in: accounts may be claimed anew."""
        self.named: tuple[Named, ...] = ()
        self.issued: dict[str, list[CodeGiven]] = {}
        """By campaign codes of vouchers that were reserved for it."""
        self.paid: tuple[Payment, ...] | None = None
        """Its payments in the program's money, where it came in another one."""
        self.abroad: Foreign | None = None
        """That other money."""
        self.traces: tuple[str, ...] = ()
        """Identifiers that were shown, as the program asks who shares them."""
        self.sale_id: UUID | None = None
        self.sale_of: Who | None = None
        self.undoes: UUID | None = None
        """The return that is undone, where a return names one."""
        self.sale_item: Item | None = None
        self.awaits_named = False
        """Whether the id that it names its sale by is of something that waits itself."""
        self.made: Activity | None = None
        self.decision: Decision | None = None
        self.draft: Reply | None = None

    def settle(self) -> None:
        """What was decided is stored: it is the reply."""
        self.reply = self.draft

    @property
    def is_refused(self) -> bool:
        """Whether it was decided to be refused, under a key that somebody else may hold too."""
        return self.intake.key is not None and self.decision is not None and self.decision.refusal is not None

    @property
    def is_open(self) -> bool:
        """Whether there is still something to do for it."""
        return self.reply is None and self.fault is None
