"""Every kind of definition: one frozen Struct a kind, one table from the key in YAML to the Struct.

Expressions are texts of the rule language (`regulars.language`). Where a field is typed `Span`, `Window`, `Ratio` or
the like, YAML writes a short text (`12 months`, `previous calendar month`, `0.6`) and the reader makes the value of it.
Numbers that count a currency are in its smallest unit here and in whole units in YAML (`50.00` at scale 2 is 5000).
"""

from __future__ import annotations

import datetime as dt
from enum import StrEnum

import msgspec

from regulars.program.contracts.base import Definition
from regulars.program.contracts.boards import Board, Draw
from regulars.program.contracts.budgets import Budget
from regulars.program.contracts.challenges import Challenge
from regulars.program.contracts.choices import Choice
from regulars.program.contracts.dealings import Buying, Exchange, PayOut
from regulars.program.contracts.effects import AnyEffect
from regulars.program.contracts.fields import FieldDefinition, FieldType
from regulars.program.contracts.households import Household
from regulars.program.contracts.ladders import Ladder
from regulars.program.contracts.midway import Midway
from regulars.program.contracts.offers import Offer
from regulars.program.contracts.partners import Partner
from regulars.program.contracts.plans import Plan
from regulars.program.contracts.referrals import Referral
from regulars.program.contracts.rewards import Reward, RewardType
from regulars.program.contracts.stacking import Stacking
from regulars.program.contracts.transfers import Transfer
from regulars.program.contracts.triggers import AnyTrigger
from regulars.program.contracts.values import Period, Ratio, Schedule, Share, Span, Text, Unit, Window
from regulars.program.contracts.vouchers import Voucher


class UnknownMember(StrEnum):
    """What the till does with an identifier that nobody has."""

    ENROL = "enrol"
    REFUSE = "refuse"


class TierInForce(StrEnum):
    """Which tier a purchase is judged by: the one before it, or the one that it makes."""

    BEFORE = "before"
    AFTER = "after"


class ProgramSettings(Definition, frozen=True, kw_only=True):
    """`program`: the settings of the whole."""

    languages: tuple[str, ...] = ("en", "ru", "ro")
    money: str
    zone: str
    return_window: Span | None = None
    unknown_member: UnknownMember = UnknownMember.ENROL
    redeem_needs_code: bool = False
    """Whether points may be spent only with the card's rotating code; a number that can be copied then earns alone."""
    main_ladder: str | None = None
    """The ladder that `member.tier` speaks of."""
    tier_in_force: TierInForce = TierInForce.BEFORE
    approvals: int = 0
    """How many other people must approve a release before it may be published, 0 to 2."""
    region: str = "MD"
    """ISO 3166 country whose national phone numbers are understood without a prefix."""


class CurrencyKind(StrEnum):
    POINTS = "points"
    STATUS = "status"
    STAMPS = "stamps"
    MONEY = "money"
    PASSES = "passes"


class RoundUp(StrEnum):
    """To the end of what an expiry is rounded up."""

    DAY = "day"
    MONTH = "month"
    QUARTER = "quarter"
    HALF_YEAR = "half-year"
    YEAR = "year"
    JANUARY = "january"
    """To the end of the next January, as of the other months."""
    FEBRUARY = "february"
    MARCH = "march"
    APRIL = "april"
    MAY = "may"
    JUNE = "june"
    JULY = "july"
    AUGUST = "august"
    SEPTEMBER = "september"
    OCTOBER = "october"
    NOVEMBER = "november"
    DECEMBER = "december"


class Rounding(StrEnum):
    DOWN = "down"
    HALF_UP = "half_up"
    HALF_EVEN = "half_even"
    UP = "up"


class Negative(StrEnum):
    """What a return may take of points already gone (LEDGER L7)."""

    PENDING_ONLY = "pending_only"
    OWN_LOT = "own_lot"
    TO_ZERO = "to_zero"
    ARREARS = "arrears"


class SpendOrder(StrEnum):
    EXPIRING_FIRST = "expiring_first"
    OLDEST_FIRST = "oldest_first"
    THIS_PARTNER_FIRST = "this_partner_first"
    """What the partner at whose store it is spent paid for; then what ends first."""


class Expiry(msgspec.Struct, frozen=True):
    """Exactly one of: `never`, a rolling `span`, fixed `dates` (month, day) each year, `inactivity` and its `resets`.

    `resets` are the activity types that begin the inactivity anew; empty: all types with a basket.
    """

    never: bool = False
    span: Span | None = None
    dates: tuple[tuple[int, int], ...] = ()
    inactivity: Span | None = None
    resets: tuple[str, ...] = ()


class Pending(msgspec.Struct, frozen=True):
    """When earned points become active; with nothing set, at once.

    After a `span`, on the next of fixed `dates` (month, day), or `until` an activity of a named type comes `within` a
    span (else they are cancelled).
    """

    span: Span | None = None
    dates: tuple[tuple[int, int], ...] = ()
    until: str | None = None
    within: Span | None = None


class SpendPolicy(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Limits of paying with points; `step` and `least` in the currency, `largest_share` of a basket's total.

    With `same_basket` it pays after the rules have given: also with what this very basket earns, which is earned on the
    whole of it (L79).
    """

    order: SpendOrder = SpendOrder.EXPIRING_FIRST
    step: int = 1
    least: int = 0
    largest_share: Ratio = Ratio(1, 1)
    same_basket: bool = False


class EarnCap(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """At most `at_most` of the currency in a `period`; `reject` gives nothing where else what room is left is given."""

    period: Period
    at_most: int
    reject: bool = False


class ByHand(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """How many points one of the staff may give, take or bring back by hand without a second person, in the smallest
    unit (L75): in one act, and in all acts of a local day; none: as many as they like."""

    per_act: int | None = None
    per_day: int | None = None


class Currency(Definition, frozen=True, kw_only=True):
    """`currencies`: anything that is counted in lots."""

    kind: CurrencyKind = CurrencyKind.POINTS
    scale: int = 0
    """Decimals of one unit, 0 to 4; amounts in the ledger are whole numbers of the smallest part."""
    expiry: Expiry = Expiry(span=Span(12, Unit.MONTH))
    round_up: RoundUp | None = RoundUp.MONTH
    counts_from: str = "active"
    pending: Pending = Pending()
    negative: Negative = Negative.ARREARS
    arrears_ceiling: int | None = None
    rounding: Rounding = Rounding.DOWN
    per_line: bool = False
    """Round once per line instead of once per order and rule."""
    value: Ratio | None = None
    """Money (major units) that one whole unit pays at the till; none: it cannot be spent on a basket."""
    earns: bool = False
    """Whether what it pays for earns, as what money pays for does: a gift card that was bought, not one that was won
    (L21)."""
    cost: dict[str, Ratio] = {}
    """Money that one whole unit costs, by funder."""
    spend: SpendPolicy = SpendPolicy()
    caps: tuple[EarnCap, ...] = ()
    largest_balance: int | None = None
    grace: Span = Span(30, Unit.DAY)
    """Life of points given back after their lot died (L10)."""
    hold_ttl: Span = Span(15, Unit.MINUTE)
    hold_longest: Span = Span(7, Unit.DAY)
    exchange: Exchange | None = None
    buy: Buying | None = None
    pay_out: PayOut | None = None
    transfer: Transfer | None = None
    """Whether and how members pass it on to each other; none: they do not."""
    by_hand: ByHand | None = None
    """From where on a second person has to say yes to what staff do by hand; none: they never have to."""


NEVER = "never"
ALWAYS = "always"


class ActivityType(Definition, frozen=True, kw_only=True):
    """`activities`: what may happen. `purchase`, `return` and `visit` are types like any other.

    `basket` says that it carries lines. `approve` is `never`, `always`, or a condition under which it does nothing and
    its points wait until a person says yes, by the `deadline`; `proof` names the field that the person looks at.
    """

    fields: dict[str, FieldDefinition] = {}
    basket: bool = False
    natural_key: tuple[str, ...] = ()
    """Fields that name one such activity for ever; empty: (source, document)."""
    purpose: str | None = None
    reverses: str | None = None
    sources: tuple[str, ...] = ()
    """Who may send it; empty: everybody who may send activities."""
    approve: str = NEVER
    proof: str | None = None
    deadline: Span | None = None
    back_dating: Span = Span(90, Unit.DAY)
    """How late it may come without a person's yes."""
    future: Span = Span(5, Unit.MINUTE)


class Attribute(Definition, frozen=True, kw_only=True):
    """`attributes`: what is known of a member, also things a member has (`records` with `key` and `fields`)."""

    type: FieldType
    key: str | None = None
    fields: dict[str, FieldDefinition] = {}
    options: tuple[str, ...] = ()
    edits: tuple[str, ...] = ()
    sees: tuple[str, ...] = ()
    purpose: str
    verified_by: str | None = None
    sensitive: bool = False
    required: bool = False
    wakes: bool = False


class Needs(StrEnum):
    """What a purpose stands on: the contract of membership, or a consent that is given and withdrawn."""

    CONTRACT = "contract"
    CONSENT = "consent"


class Withheld(StrEnum):
    """What becomes of data that comes without the consent it needs."""

    REFUSE = "refuse"
    DROP = "drop"


class OnWithdrawal(StrEnum):
    """What becomes of attributes when the consent to their purpose is withdrawn: kept where nothing reads them, or
    emptied.
    """

    KEEP = "keep"
    CLEAR = "clear"


class Purpose(Definition, frozen=True, kw_only=True):
    """`purposes`: why data is held; `texts` by version, the last is in force.

    Where it `needs` consent, attributes and fields of activities that name it are taken and read only while the member
    consents; what comes `without` it is refused, or dropped.
    """

    texts: dict[str, Text]
    channels: tuple[str, ...] = ()
    needs: Needs = Needs.CONTRACT
    without: Withheld = Withheld.REFUSE
    renew: bool = False
    """Whether a consent to an older text counts no more."""
    renew_after: Span | None = None
    """How long a consent counts."""
    on_withdrawal: OnWithdrawal = OnWithdrawal.KEEP


class ValueList(Definition, frozen=True, kw_only=True):
    """`lists`: values, at most a million; `type` text or int. A CSV `file` beside the YAML may hold them, one a row."""

    type: FieldType = FieldType.TEXT
    values: tuple[str | int, ...] = ()
    file: str | None = None


class Table(Definition, frozen=True, kw_only=True):
    """`tables`: rows found by one to three keys; each row has its keys, then its columns, or stands in a CSV `file`."""

    keys: dict[str, FieldType]
    columns: dict[str, FieldType]
    rows: tuple[tuple[str | int | bool, ...], ...] = ()
    file: str | None = None


class Keep(StrEnum):
    FULL = "full"
    CLASS = "class"


class Group(Definition, frozen=True, kw_only=True):
    """`groups`: a kind of basket line, found once a line."""

    lines: str
    earns: bool = True
    pays: bool = True
    """Whether such a line may be paid with points."""
    discounts: bool = True
    sensitive: bool = False
    keep: Keep = Keep.FULL


class Over(StrEnum):
    ACTIVITIES = "activities"
    LINES = "lines"
    ENTRIES = "entries"


class Owner(StrEnum):
    """Whose number a metric is."""

    MEMBER = "member"
    HOUSEHOLD = "household"
    CARD = "card"
    DEVICE = "device"
    STORE = "store"
    TILL = "till"
    CASHIER = "cashier"
    PARTNER = "partner"
    PROGRAM = "program"


class Measure(StrEnum):
    SUM = "sum"
    COUNT = "count"
    DISTINCT = "distinct"
    MIN = "min"
    MAX = "max"
    FIRST = "first"
    LAST = "last"
    STREAK = "streak"


class Metric(Definition, frozen=True, kw_only=True):
    """`metrics`: a number about someone.

    YAML names the measure by its own key: `sum: "basket.total"`, `count: activities`, `streak: week`. `value` is the
    expression measured (none for count and streak); `over` says what is walked; `streak` the period that must follow
    on the last. With `by`, an expression, the metric keeps one number a key, at most 50 keys.
    """

    measure: Measure
    value: str | None = None
    over: Over = Over.ACTIVITIES
    where: str | None = None
    window: Window = Window()
    per: Owner = Owner.MEMBER
    by: str | None = None
    streak: Period | None = None
    freeze: int = 0
    ladder: str | None = None
    """Whose year the window `tier year` is; without it that of the main ladder."""


class Segment(Definition, frozen=True, kw_only=True):
    """`segments`: who. Either a condition or a static list filled by `add_to`."""

    if_: str | None = msgspec.field(default=None, name="if")
    static: bool = False
    announce_on_release: bool = False


class RuleKind(StrEnum):
    BASE = "base"
    BONUS = "bonus"


class Rule(Definition, frozen=True, kw_only=True):
    """`rules`: earning, and everything else that happens.

    `lines` picks basket lines; without a match the rule does not fire. In an exclusive `group` only the rule of
    highest `priority` among those that fire counts. `caps` bound what it gives in a period. `per_member` is how often
    it may fire in a period, `cooldown` the time that must lie between two firings for one member.
    """

    kind: RuleKind = RuleKind.BONUS
    trigger: AnyTrigger
    audience: str | None = None
    """A segment's name, or a condition."""
    if_: str | None = msgspec.field(default=None, name="if")
    lines: str | None = None
    effects: tuple[AnyEffect, ...]
    schedule: Schedule | None = None
    group: str | None = None
    priority: int = 0
    per_member: dict[Period, int] = {}
    cooldown: Span | None = None
    caps: dict[Period, int] = {}
    budget: Budget | None = None
    funding: tuple[Share, ...] = ()
    """Who pays for it, where its effects name nobody."""


class LimitAction(StrEnum):
    CUT = "cut"
    REFUSE = "refuse"
    HOLD = "hold"
    ALERT = "alert"


class Limit(Definition, frozen=True, kw_only=True):
    """`limits`: caps, velocity, cool-down, fraud.

    Over a `metric` with `at_most` (in the metric's smallest unit), or a condition `if` that must stay false, or a
    `cooldown`: the time that must lie between two such activities of a member (with `if`: of those for which it holds).
    `applies_to` names activity types (empty: all that carry what the metric counts). `cut` cuts points of `currency`.
    """

    metric: str | None = None
    at_most: int | None = None
    if_: str | None = msgspec.field(default=None, name="if")
    cooldown: Span | None = None
    applies_to: tuple[str, ...] = ()
    then: LimitAction
    currency: str | None = None
    case: str | None = None


class Program(msgspec.Struct, frozen=True, kw_only=True):
    """One released (or drafted) program: every definition by kind and name, in the order written."""

    program: ProgramSettings
    currencies: dict[str, Currency] = {}
    activities: dict[str, ActivityType] = {}
    attributes: dict[str, Attribute] = {}
    purposes: dict[str, Purpose] = {}
    lists: dict[str, ValueList] = {}
    tables: dict[str, Table] = {}
    groups: dict[str, Group] = {}
    metrics: dict[str, Metric] = {}
    segments: dict[str, Segment] = {}
    rules: dict[str, Rule] = {}
    limits: dict[str, Limit] = {}
    ladders: dict[str, Ladder] = {}
    challenges: dict[str, Challenge] = {}
    boards: dict[str, Board] = {}
    draws: dict[str, Draw] = {}
    choices: dict[str, Choice] = {}
    households: dict[str, Household] = {}
    partners: dict[str, Partner] = {}
    plans: dict[str, Plan] = {}
    stacking: dict[str, Stacking] = {}
    offers: dict[str, Offer] = {}
    vouchers: dict[str, Voucher] = {}
    reward_types: dict[str, RewardType] = {}
    rewards: dict[str, Reward] = {}
    referrals: dict[str, Referral] = {}


KINDS: dict[str, type[Definition]] = {
    "currencies": Currency,
    "activities": ActivityType,
    "attributes": Attribute,
    "purposes": Purpose,
    "lists": ValueList,
    "tables": Table,
    "groups": Group,
    "metrics": Metric,
    "segments": Segment,
    "rules": Rule,
    "limits": Limit,
    "ladders": Ladder,
    "challenges": Challenge,
    "boards": Board,
    "draws": Draw,
    "choices": Choice,
    "households": Household,
    "partners": Partner,
    "plans": Plan,
    "stacking": Stacking,
    "offers": Offer,
    "vouchers": Voucher,
    "reward_types": RewardType,
    "rewards": Reward,
    "referrals": Referral,
}
"""The one table from a key in YAML to its Struct; `program` itself stands alone."""


class Release(msgspec.Struct, frozen=True, kw_only=True):
    """A program as published: `number` counts from 1; `slots` gives each member metric its place for ever."""

    program_id: int
    number: int
    program: Program
    slots: dict[str, int]
    digest: bytes
    to_backfill: tuple[str, ...] = ()
    """Metrics that must be counted anew from recorded activities before anybody relies on them."""
    rolled_back_to: int | None = None
    midway: dict[str, Midway] = {}
    """What becomes of members in the middle, by the path of the definition (`challenges.autumn`); missing: keep."""
    published_by: str = ""
    published_at: dt.datetime | None = None


class ReleaseNote(msgspec.Struct, frozen=True, kw_only=True):
    """A line of the history of releases; `digest` in hex, `current` for the one in force."""

    number: int
    digest: str
    current: bool
    to_backfill: tuple[str, ...] = ()
    rolled_back_to: int | None = None
    published_by: str
    published_at: dt.datetime
