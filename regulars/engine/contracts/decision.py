"""What a decision says: the points of each line, the movements, the new state, the events, the words for the
receipt."""

from __future__ import annotations

import datetime as dt
from enum import StrEnum
from uuid import UUID

import msgspec

from regulars.engine.contracts.games import GameRow
from regulars.engine.contracts.gifts import CodeChange, CodeGiven
from regulars.engine.contracts.households import Departure
from regulars.engine.contracts.known import CounterValue, DayRow, Ration
from regulars.engine.contracts.offers import OfferSeen
from regulars.engine.contracts.orders import OrderRow
from regulars.engine.contracts.points import Movement


class Outcome(StrEnum):
    ACCEPTED = "accepted"
    REFUSED = "refused"


class Refusal(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """Why nothing was done: a wire code (`insufficient_points`, `return_exceeds_sale`, `limit_reached`, ...), its
    HTTP status, data, and the definition that said no."""

    code: str
    status: int = 409
    fields: dict[str, object] = {}
    by: str | None = None
    """`limits.day`, `rules.closed_store`."""
    say: dict[str, str] = {}
    """Words of the definition by language, where it has any."""


class Message(msgspec.Struct, frozen=True, gc=False, kw_only=True, array_like=True):
    """A line for the receipt (`to == "receipt"`) or the cashier: a code with fields, and the words of the definition
    by language (empty for the engine's own codes)."""

    to: str
    code: str
    fields: dict[str, object] = {}
    say: dict[str, str] = {}


class Cut(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """`points` that were earned but cut by a cap, limit or ceiling named `by` (`rules.weekend.calendar month`,
    `limits.day`, `currencies.points.largest_balance`)."""

    by: str
    points: int


class Fired(msgspec.Struct, frozen=True, gc=False, kw_only=True, array_like=True):
    """What one effect of a rule gave (> 0) or, in a return, took back (< 0): `per_line` are (line no, points), they
    add up to `points`."""

    rule: str
    effect: int
    currency: str
    points: int
    per_line: tuple[tuple[int, int], ...] = ()
    cuts: tuple[Cut, ...] = ()


class PaidLine(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """The split of a line: `points` of `currency` were worth `amount` minor units of it."""

    no: int
    currency: str
    points: int
    amount: int


class Discounted(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """What one effect on the price took off (below 0: what a return took of it), in minor units: `per_line` are (line
    no, amount), they add up to `amount`. `source` is a path: `rules.weekend`, `vouchers.spring`. `cut_by` says what
    kept it from more: `at_most`, `budget`, `never_below`, `largest_discount_line`, `largest_discount_basket`.
    """

    source: str
    effect: int
    amount: int
    per_line: tuple[tuple[int, int], ...] = ()
    cut_by: str | None = None
    funders: tuple[tuple[str, int], ...] = ()
    """Who pays how much of it (L82); empty: the house all of it."""


class NotTaken(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """A discount that applied and was not taken. `because`: `worse_in_group` (`instead` is what was better),
    `nothing_to_discount`, `add_item` (goods `sku` would be free, if the till added them), or one of those that cut.
    """

    source: str
    effect: int
    because: str
    instead: tuple[str, ...] = ()
    sku: str | None = None


class EventDraft(msgspec.Struct, frozen=True, gc=False, kw_only=True, array_like=True):
    """Something the world may hear; `type` in the past tense (`points.earned`, `segment.entered`)."""

    type: str
    data: dict[str, object] = {}


class SegmentMove(msgspec.Struct, frozen=True, gc=False, array_like=True):
    member_id: UUID
    segment: str
    entered: bool


class TierMove(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """Where a member stands on a ladder now, for SQL; `until` is the first day on which the level is valid no more."""

    member_id: UUID
    ladder: str
    level: str | None
    since: dt.date
    until: dt.date | None = None


class AttributeChange(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """For the typed columns that segments read in SQL."""

    member_id: UUID
    name: str
    value: object


class ConsentChange(msgspec.Struct, frozen=True, gc=False, kw_only=True, array_like=True):
    """What a member said of a purpose, or of one channel of it: for the history of consents."""

    member_id: UUID
    purpose: str
    channel: str | None
    given: bool
    version: str
    source: str
    proof: str | None = None


class CaseRow(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """An activity that waits for a person's yes or no, or, `closed`, waits no more."""

    activity_id: UUID
    why: str = ""
    """`approval`, `back_dated`, `by_hand`, or what a limit or rule calls it."""
    asks_first: bool = False
    """Whether it does nothing before the yes."""
    until: dt.datetime | None = None
    closed: bool = False


class Expiring(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """`points` of a currency that end together."""

    currency: str
    points: int
    expires_at: dt.datetime


class ConditionTrace(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A part of a condition: its text, whether it held, the values it read, and the parts inside it."""

    text: str
    holds: bool
    reads: dict[str, object] = {}
    sentence: dict[str, str] = {}
    parts: tuple[ConditionTrace, ...] = ()


class RuleTrace(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Why a rule did or did not fire. `because` is a code: `fired`, `asleep` (schedule), `not_yet`, `over`,
    `audience`, `condition`, `no_line`, `worse_in_group`, `discounted` and why a discount was not taken (`NotTaken`),
    `per_member`, `cooldown`, `nothing_given`, `cut`; of offers also `not_activated`, `used_up`, `refused`. A limit
    that it ran into is a line too: `limits.<name>` and what it did. So is all else that gave or took points: `time`
    (what had come due before the activity) and `caused` (what the activity brought about: prizes, rules woken by
    events, what a return takes back). `not_followed`: a rule listens to `event` `name`, which came after the last round
    of what is caused. The points of all lines add up to those of the activity.
    """

    rule: str
    fired: bool
    because: str
    condition: ConditionTrace | None = None
    fields: dict[str, object] = {}
    points: dict[str, int] = {}
    per_line: tuple[tuple[int, str, int], ...] = ()
    """(line no, currency, points)."""
    cuts: tuple[Cut, ...] = ()
    discount: int = 0
    """What it took off the price, in minor units; `discounted` are (line no, amount)."""
    discounted: tuple[tuple[int, int], ...] = ()


class Decision(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """Everything that one activity caused.

    `recorded` is what is stored with the activity for returns and explanations: `Recorded`, as bytes. `review_at` is
    when time alone would next change something of this account.
    `paid` is the part of the basket paid with points. `trace` is only there if it was asked for.
    """

    outcome: Outcome
    refusal: Refusal | None = None
    fired: tuple[Fired, ...] = ()
    points: dict[str, int] = {}
    """What the activity brought (or took), by currency, as the receipt says it."""
    per_line: tuple[tuple[int, str, int], ...] = ()
    """(line no, currency, points): they add up to `points`."""
    paid: tuple[PaidLine, ...] = ()
    returned: int = 0
    """What the goods were worth that came back with this activity, in minor units."""
    movement: Movement = Movement()
    state: bytes = b""
    days: tuple[DayRow, ...] = ()
    metric_day: dt.date | None = None
    clock: dt.datetime | None = None
    review_at: dt.datetime | None = None
    counters: tuple[CounterValue, ...] = ()
    """What to add to each counter."""
    rations: tuple[Ration, ...] = ()
    """What it asked and took of what is shared."""
    counted: dict[str, object] = {}
    """Numbers that are not the member's as they were read: kept with the activity."""
    segments: tuple[SegmentMove, ...] = ()
    tiers: tuple[TierMove, ...] = ()
    attributes: tuple[AttributeChange, ...] = ()
    events: tuple[EventDraft, ...] = ()
    consents: tuple[ConsentChange, ...] = ()
    drops_fields: bool = False
    """Whether the activity's own fields may not be kept, since nobody consented to what they are for."""
    messages: tuple[Message, ...] = ()
    expiring: tuple[Expiring, ...] = ()
    """The next points to end, at most three a currency."""
    recorded: bytes = b""
    trace: tuple[RuleTrace, ...] = ()
    erased: bool = False
    """Whether the member is forgotten from now on, or was before: nothing that somebody said is kept."""
    case: CaseRow | None = None
    """What waits for a person, or does no more."""
    departure: Departure | None = None
    """Somebody leaves for another account: what has to arrive there."""
    games: tuple[GameRow, ...] = ()
    """Scores, plays, entries and votes to be written."""
    orders: tuple[OrderRow, ...] = ()
    """Orders of rewards to be written, each as often as it changed."""
    offers: tuple[OfferSeen, ...] = ()
    """The offers to speak of at the till, best first."""
    issued: dict[str, tuple[CodeGiven, ...]] = {}
    """By campaign the codes that it gave, without the codes themselves: kept with the activity."""
    codes: tuple[CodeChange, ...] = ()
    """Codes of vouchers that are given, activated or cancelled."""
    discounts: tuple[Discounted, ...] = ()
    """What was taken off the price, by what, in the order in which it was taken off."""
    not_taken: tuple[NotTaken, ...] = ()
    recount: tuple[str, ...] = ()
    """Metrics of the member that this return could not lower exactly: they have to be counted again (`rebuild`)."""
