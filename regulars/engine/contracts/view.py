"""What an account looks like at a moment, for whoever only wants to read; and metrics counted again from the past."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

import msgspec

from regulars.engine.contracts.activity import Activity
from regulars.engine.contracts.decision import Expiring, Message
from regulars.engine.contracts.known import DayRow
from regulars.engine.contracts.offers import OfferSeen
from regulars.engine.contracts.points import Balance, Entry


class ChoiceSeen(msgspec.Struct, frozen=True, kw_only=True):
    """A choice as one member has it on a day: what there is, what is `offered` to them and how many they may pick, what
    they have `picked` for this period (`own`: by themselves), and whether it may be picked or changed now (`open`), for
    which `fee`, through which day.

    `later` is what counts from `later_from` on, where something is picked already. Days are local days of the program;
    none where the choice has no periods.
    """

    name: str
    title: dict[str, str]
    text: dict[str, str]
    options: tuple[str, ...]
    names: dict[str, dict[str, str]]
    offered: tuple[str, ...]
    allowed: int
    picked: tuple[str, ...]
    own: bool
    open: bool
    decide_by: dt.date | None
    ends_on: dt.date | None
    fee: dict[str, int]
    later: tuple[str, ...] | None
    later_from: dt.datetime | None
    next_opens_on: dt.date | None
    next_open: bool


class ConsentSeen(msgspec.Struct, frozen=True, kw_only=True):
    """A purpose as one member has it on a day: its texts by version, the `version` in force, what they said last
    (`given`: none, nothing yet), whether it `counts`, and what is kept for it.
    """

    purpose: str
    title: dict[str, str]
    version: str
    texts: dict[str, dict[str, str]]
    needs_consent: bool
    counts: bool
    given: bool | None
    given_version: str | None
    said_on: dt.date | None
    lapses_on: dt.date | None
    channels: dict[str, bool]
    attributes: tuple[str, ...]
    activities: tuple[str, ...]


class Missing(msgspec.Struct, frozen=True, kw_only=True):
    """What one measure of a ladder lacks: what is asked for, what there is and the difference, as plain values (amounts
    as {"amount", "scale"}).
    """

    measure: str
    title: dict[str, str]
    need: object
    have: object
    missing: object


class TierSeen(msgspec.Struct, frozen=True, kw_only=True):
    """Where a member stands on one ladder: the `level` (none: below the first) since a day and `through` another, how
    it is `held` (reached, by_hand, lent, grace), and where the next review would put them if nothing more happened.

    `missing` is what the `next` level lacks, `to_keep` what the review of this one does, each measure by itself
    (`all_measures`: all of them are needed, else any will do). `lost_on` is the day on which the level goes unless that
    comes; `says` are the same as lines for the member. Texts are by language.
    """

    ladder: str
    title: dict[str, str]
    main: bool
    level: str | None
    level_title: dict[str, str]
    benefits: tuple[dict[str, str], ...]
    since: dt.date | None
    through: dt.date | None
    held: str
    projected: str | None
    next: str | None
    next_title: dict[str, str]
    all_measures: bool
    missing: tuple[Missing, ...]
    to_keep: tuple[Missing, ...]
    lost_on: dt.date | None
    warned: bool
    says: tuple[Message, ...]


class StandingSeen(msgspec.Struct, frozen=True, kw_only=True):
    """What a till asks of somebody it has just recognised: balances, and where they stand on each ladder."""

    balances: tuple[Balance, ...]
    tiers: tuple[TierSeen, ...]


class StepSeen(msgspec.Struct, frozen=True, kw_only=True):
    """A step of a challenge; numbers as metrics are told (amounts as {"amount", "scale"})."""

    name: str
    title: dict[str, str]
    progress: object
    target: object
    done: bool


class ChallengeSeen(msgspec.Struct, frozen=True, kw_only=True):
    """A challenge as one member has it on a day: `state` is `offered`, `joined`, `done`, `missed` or `closed` (by a
    release), `join` is `self` or `tap`, `times` how often it was done so far, `ends_on` the last day of the try.
    Without a goal of the whole, progress and target are steps.
    """

    name: str
    title: dict[str, str]
    text: dict[str, str]
    picture: str | None
    state: str
    join: str
    team: bool
    progress: object
    target: object
    steps: tuple[StepSeen, ...]
    times: int
    ends_on: dt.date | None


class BadgeSeen(msgspec.Struct, frozen=True, kw_only=True):
    """A badge: how often it was given and when last; title and picture of the definition that gives it."""

    name: str
    title: dict[str, str]
    picture: str | None
    times: int
    last_on: dt.date


class RelativeSeen(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody in a household as a member of it is shown them: `balances` of what is their own, where the member's role
    sees that."""

    member: UUID
    role: str
    balances: dict[str, int]


class HouseholdSeen(msgspec.Struct, frozen=True, kw_only=True):
    """The household of a member, as far as their role sees it: who is in it, what is shared. `code` is there for who
    may invite, with who is `invited` and who was `proposed`.
    """

    name: str
    title: dict[str, str]
    role: str
    size: int
    most: int
    shared: dict[str, int]
    members: tuple[RelativeSeen, ...]
    code: str | None
    invited: dict[UUID, str]
    proposed: tuple[UUID, ...]


class PlanSeen(msgspec.Struct, frozen=True, kw_only=True):
    """A paid membership: `state` is `trial`, `active` or `unpaid`; `until` is the first day that is not paid,
    `benefits_until` the first on which the benefits are gone, `price` of a period in minor units."""

    name: str
    title: dict[str, str]
    text: dict[str, str]
    state: str
    since: dt.datetime
    until: dt.date | None
    benefits_until: dt.date | None
    price: int | None
    trial_used: bool


class VoucherHeld(msgspec.Struct, frozen=True, kw_only=True):
    """A code that the member was given and has not used up; `until` is the first day on which it is valid no more."""

    code_id: UUID
    voucher: str
    title: dict[str, str]
    given_on: dt.date
    until: dt.date | None
    by_itself: bool


class ReferralSeen(msgspec.Struct, frozen=True, kw_only=True):
    """A referral as a member sees it: how many joined by their code, how many of them count, and how often they may
    still be rewarded in the running periods (nothing: as often as they like)."""

    name: str
    title: dict[str, str]
    open: bool
    prefix: str
    length: int
    link: str | None
    joined: int
    counted: int
    left: dict[str, int]


class BroughtSeen(msgspec.Struct, frozen=True, kw_only=True):
    """Who brought a member, and what became of it: `joined`, `counted`, `undone` (it came back) or `refused`."""

    referral: str
    by: UUID
    joined_at: dt.datetime
    state: str


class View(msgspec.Struct, frozen=True, kw_only=True):
    """One member of an account as of `at`: what time has done since the last decision is in it, nothing is written.

    `metrics` are plain values (amounts as {"amount", "scale"}); `used` tells of each cap and count per member what the
    running period has used.
    """

    member_id: UUID
    at: dt.datetime
    joined_on: dt.date
    balances: tuple[Balance, ...] = ()
    expiring: tuple[Expiring, ...] = ()
    metrics: dict[str, object] = {}
    segments: tuple[str, ...] = ()
    attributes: dict[str, object] = {}
    challenges: tuple[ChallengeSeen, ...] = ()
    badges: tuple[BadgeSeen, ...] = ()
    tiers: tuple[TierSeen, ...] = ()
    choices: tuple[ChoiceSeen, ...] = ()
    consents: tuple[ConsentSeen, ...] = ()
    household: HouseholdSeen | None = None
    plan: PlanSeen | None = None
    offers: tuple[OfferSeen, ...] = ()
    vouchers: tuple[VoucherHeld, ...] = ()
    referrals: tuple[ReferralSeen, ...] = ()
    brought: BroughtSeen | None = None


class Past(msgspec.Struct, frozen=True, kw_only=True):
    """One recorded activity of a member: what was stored with it, its release, the records of what reversed it (oldest
    first), and the entries that it wrote.
    """

    activity: Activity
    recorded: bytes
    release: int
    returns: tuple[bytes, ...] = ()
    entries: tuple[Entry, ...] = ()


class Rebuilt(msgspec.Struct, frozen=True, kw_only=True):
    """The account's state with all metrics of the member counted anew, and all day rows of the member."""

    state: bytes
    days: tuple[DayRow, ...]
    metric_day: dt.date
