"""What goes in and out of this room's routes."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

import msgspec

from regulars.engine.contracts import shared
from regulars.engine.contracts.points import Balance, Lot
from regulars.engine.contracts.view import Missing, StandingSeen, TierSeen
from regulars.kit import ids
from regulars.kit.pages import Page
from regulars.ledger.contracts import Statement, StatementEntry
from regulars.members.contracts import BlockReason, Card, CardStatus, Found, Member, MemberRef, Profile


class IdentifyIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who is it? Several names must be of one person."""

    member: MemberRef


class BlockIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why a card is blocked or replaced."""

    reason: BlockReason


class BalanceOut(msgspec.Struct, frozen=True, kw_only=True):
    """A balance now, in whole numbers of the currency's smallest unit."""

    currency: str
    active: int
    pending: int
    held: int
    arrears: int


class CardShown(msgspec.Struct, frozen=True, kw_only=True):
    """The card that was shown; a blocked one earns but cannot spend."""

    id: str
    last_four: str
    blocked: bool


class Identified(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Who it is. `strength` is `rotating` where a good rotating code was shown; `code_fault` says why one did not
    count.
    """

    known: bool
    id: str | None = None
    status: str | None = None
    enrolled_at: dt.datetime | None = None
    card: CardShown | None = None
    strength: str | None = None
    code_fault: str | None = None
    balances: tuple[BalanceOut, ...] = ()
    tiers: tuple[StandingOut, ...] = ()


class StandingOut(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A level of a ladder (none: below the first), since a day and through another; where the next review would put the
    member (`projected`), what the `next` level lacks, what keeps this one, and the day on which it goes otherwise. In
    words, with titles and benefits: `GET /v1/members/{member_id}/tiers`.
    """

    ladder: str
    level: str | None = None
    since: dt.date | None = None
    through: dt.date | None = None
    projected: str | None = None
    next: str | None = None
    missing: tuple[Missing, ...] = ()
    to_keep: tuple[Missing, ...] = ()
    lost_on: dt.date | None = None


class MemberOut(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A member with what identifies them and what they have."""

    id: str
    status: str
    enrolled_at: dt.datetime
    anonymous: bool
    profile: Profile
    language: str | None = None
    balances: tuple[BalanceOut, ...]
    tiers: tuple[StandingOut, ...] = ()


class CardOut(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A card; `number` is its twelve digits."""

    id: str
    number: str
    status: CardStatus
    created_at: dt.datetime
    reason: str | None = None
    changed_at: dt.datetime | None = None
    replaced_by: str | None = None


class CardsOut(msgspec.Struct, frozen=True):
    """All cards of a member, the newest first."""

    items: tuple[CardOut, ...]


class EntryOut(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A line of a statement: what moved, why, and the balance after it. `id` is `<activity>.<n>`."""

    id: str
    currency: str
    kind: str
    amount: int
    from_: str = msgspec.field(name="from")
    to: str
    effective_at: dt.datetime
    posted_at: dt.datetime
    release: int
    active_after: int
    pending_after: int
    held_after: int
    arrears_after: int
    line: int | None = None
    rule: str | None = None


class LotOut(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Points that were credited together and end together; `remaining` of `granted` are left, `held` of them set
    aside.
    """

    id: str
    currency: str
    granted: int
    remaining: int
    held: int
    earned_at: dt.datetime
    pending: bool
    active_at: dt.datetime | None = None
    expires_at: dt.datetime | None = None
    expires_on: dt.date | None = None
    rule: str | None = None


class StatementOut(msgspec.Struct, frozen=True, kw_only=True):
    """Balances and open lots at a moment, and a page of entries, the latest first."""

    at: dt.datetime
    balances: tuple[BalanceOut, ...]
    entries: Page[EntryOut]
    lots: tuple[LotOut, ...]


def statement_out(told: Statement, member_id: UUID) -> StatementOut:
    """A statement as an answer: of a household what is shared, and the member's own."""
    return StatementOut(
        at=told.at,
        balances=shown(told.balances, member_id),
        entries=Page([_entry_out(one) for one in told.entries.items], told.entries.next_cursor),
        lots=tuple(_lot_out(one) for one in told.lots if shared.is_seen(one.currency, member_id)),
    )


def _entry_out(one: StatementEntry) -> EntryOut:
    entry = one.entry
    return EntryOut(
        id=f"{ids.to_wire('act', one.activity_id)}.{entry.n}",
        currency=shared.plain(entry.currency),
        kind=entry.kind.value,
        amount=entry.amount,
        from_=entry.from_.value,
        to=entry.to.value,
        effective_at=entry.effective_at,
        posted_at=one.posted_at,
        release=entry.release,
        active_after=one.active_after,
        pending_after=one.pending_after,
        held_after=one.held_after,
        arrears_after=one.arrears_after,
        line=entry.line,
        rule=entry.rule,
    )


def _lot_out(lot: Lot) -> LotOut:
    return LotOut(
        id=f"{ids.to_wire('act', lot.lot_id.activity_id)}.{lot.lot_id.n}",
        currency=shared.plain(lot.currency),
        granted=lot.granted,
        remaining=lot.remaining,
        held=lot.held,
        earned_at=lot.earned_at,
        pending=lot.pending,
        active_at=lot.active_at,
        expires_at=lot.expires_at,
        expires_on=lot.expires_on,
        rule=lot.rule,
    )


def identified(found: Found, seen: StandingSeen) -> Identified:
    """What is told about somebody who was found."""
    assert found.member_id is not None  # noqa: S101 - the caller looked
    return Identified(
        known=True,
        id=ids.to_wire("mem", found.member_id),
        status=found.status.value,
        enrolled_at=found.enrolled_at,
        card=None
        if found.card is None
        else CardShown(
            id=ids.to_wire("crd", found.card.card_id), last_four=found.card.last_four, blocked=found.card.blocked
        ),
        strength=found.strength.value,
        code_fault=None if found.code_fault is None else found.code_fault.value,
        balances=shown(seen.balances, found.member_id),
        tiers=standings(seen.tiers),
    )


def standings(seen: tuple[TierSeen, ...]) -> tuple[StandingOut, ...]:
    """Where a member stands, as an answer, by the name of the ladder."""
    return tuple(
        StandingOut(**{name: getattr(one, name) for name in StandingOut.__struct_fields__})
        for one in sorted(seen, key=lambda one: one.ladder)
    )


def member_out(member: Member, profile: Profile, seen: StandingSeen) -> MemberOut:
    """A member as an answer."""
    return MemberOut(
        id=ids.to_wire("mem", member.member_id),
        status=member.status.value,
        enrolled_at=member.enrolled_at,
        anonymous=member.anonymous,
        profile=profile,
        language=member.language,
        balances=shown(seen.balances, member.member_id),
        tiers=standings(seen.tiers),
    )


def card_out(card: Card) -> CardOut:
    """A card as an answer."""
    return CardOut(
        id=ids.to_wire("crd", card.card_id),
        number=card.number,
        status=card.status,
        created_at=card.created_at,
        reason=card.reason,
        changed_at=card.changed_at,
        replaced_by=None if card.replaced_by is None else ids.to_wire("crd", card.replaced_by),
    )


def shown(balances: tuple[Balance, ...], member_id: UUID) -> tuple[BalanceOut, ...]:
    """Balances as an answer: those that the member sees."""
    return tuple(
        BalanceOut(currency=one.currency, active=one.active, pending=one.pending, held=one.held, arrears=one.arrears)
        for one in shared.seen(balances, member_id)
    )
