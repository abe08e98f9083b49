"""The working copy of one account's points during a decision: it posts entries, keeps lots and balances in step, and
says what came of it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from msgspec.structs import replace

from regulars.engine.contracts.points import (
    Balance,
    Book,
    Entry,
    EntryKind,
    Hold,
    LeftLot,
    Lot,
    LotChange,
    LotId,
    LotsNeeded,
    LotUse,
    Movement,
)
from regulars.engine.points.schedule import Schedule, merged, schedule_of
from regulars.engine.points.spend_order import order_of
from regulars.program.contracts.definitions import Currency

HOUSE: Final = "house"
_IN_LOTS: Final = frozenset({Book.ACTIVE, Book.PENDING, Book.HELD})


class Dates(msgspec.Struct, frozen=True, gc=False):
    """The dates of a lot to be made."""

    active_at: dt.datetime | None
    expires_at: dt.datetime | None
    expires_on: dt.date | None
    cancels_at: dt.datetime | None = None


class Standing:
    """What the account has of one currency, as it changes."""

    __slots__ = (
        "active",
        "arrears",
        "changed",
        "changes",
        "frozen",
        "held",
        "idle_at",
        "next_change_at",
        "pending",
        "version",
    )

    def __init__(self, loaded: Balance | None) -> None:
        self.active = self.pending = self.held = self.arrears = self.version = self.changes = 0
        self.next_change_at: dt.datetime | None = None
        self.idle_at: dt.datetime | None = None
        self.frozen = False
        self.changed = False
        if loaded is not None:
            self.active, self.pending, self.held = loaded.active, loaded.pending, loaded.held
            self.arrears, self.version, self.frozen = loaded.arrears, loaded.version, loaded.frozen
            self.changes, self.next_change_at, self.idle_at = loaded.changes, loaded.next_change_at, loaded.idle_at

    def add(self, book: Book, amount: int) -> None:
        """Moves `amount` into a book (out of it if < 0). Arrears are shown positive, so what goes in lessens them."""
        if book is Book.ACTIVE:
            self.active += amount
        elif book is Book.PENDING:
            self.pending += amount
        elif book is Book.HELD:
            self.held += amount
        elif book is Book.ARREARS:
            self.arrears -= amount


class Purse:
    """One account's points during one decision. `lots` are all open lots and those asked for by name, or None where
    they were not loaded.

    `now` is the moment of the decision, `occurred_at` the moment for which lots are dated (none: `now`). `schedules`
    are what `schedule()` gave after the last decision: (end, points) by currency. `money_scale` is the number of
    decimals of the program's money, `partner` whose store it is.
    """

    __slots__ = (
        "_changed_holds",
        "_changes",
        "_schedules",
        "_touched",
        "activity_id",
        "dates",
        "earner",
        "entries",
        "holds",
        "loaded",
        "lots",
        "made",
        "member_id",
        "merging",
        "money_scale",
        "now",
        "occurred_at",
        "partner",
        "policies",
        "release",
        "standings",
        "waits_until",
        "zone",
    )

    def __init__(
        self,
        policies: Mapping[str, Currency],
        *,
        balances: Iterable[Balance],
        lots: Sequence[Lot] | None,
        holds: Iterable[Hold] = (),
        activity_id: UUID,
        member_id: UUID,
        release: int,
        zone: ZoneInfo,
        now: dt.datetime,
        occurred_at: dt.datetime | None = None,
        schedules: Mapping[str, Schedule] | None = None,
        money_scale: int = 2,
        partner: str | None = None,
    ) -> None:
        self.policies = policies
        self.standings = {balance.currency: Standing(balance) for balance in balances}
        self.loaded = lots is not None
        self.lots: dict[LotId, Lot] = {lot.lot_id: lot for lot in lots or ()}
        self.holds: dict[UUID, Hold] = {hold.hold_id: hold for hold in holds}
        self.activity_id = activity_id
        self.member_id = member_id
        self.earner = member_id
        """Whose the lots are that are made: of somebody merged into the member, where their card was shown (L66)."""
        self.release = release
        self.zone = zone
        self.now = now
        self.occurred_at = occurred_at or now
        self.waits_until: dt.datetime | None = None
        """When points that wait for a person are given up, if nobody said yes."""
        self.money_scale = money_scale
        self.partner = partner
        self.entries: list[Entry] = []
        self.made: set[LotId] = set()
        # Lots made in this decision, by what must agree for two earnings to share a lot.
        self.merging: dict[tuple[object, ...], LotId] = {}
        self.dates: dict[tuple[object, ...], Dates] = {}
        self._touched: set[LotId] = set()
        self._changes: list[LotChange] = []
        self._changed_holds: set[UUID] = set()
        self._schedules = schedules or {}

    def standing(self, currency: str) -> Standing:
        """The working balance of a currency, empty if the account never had any."""
        found = self.standings.get(currency)
        if found is None:
            found = self.standings[currency] = Standing(None)
        return found

    def available(self, currency: str) -> int:
        """What may be spent now (after `catch_up`): nothing of a frozen balance."""
        found = self.standings.get(currency)
        return found.active if found is not None and not found.frozen else 0

    def is_frozen(self, currency: str) -> bool:
        """Whether nothing may be spent of it until a person has looked, however much there is."""
        found = self.standings.get(currency)
        return found is not None and found.frozen

    def require_lots(self, currency: str) -> None:
        """Raises LotsNeeded unless the lots were loaded."""
        if not self.loaded:
            raise LotsNeeded(currencies=(currency,))

    def named(self, lots: Collection[LotId]) -> list[Lot]:
        """The lots of these ids, open or not, or what goes on from them in this account. Raises LotsNeeded for those
        that were not loaded."""
        found = [self.find(lot_id) for lot_id in lots]
        missing = tuple(lot_id for lot_id, lot in zip(lots, found, strict=True) if lot is None)
        if missing:
            raise LotsNeeded(lots=missing)
        return [lot for lot in found if lot is not None]

    def find(self, lot_id: LotId) -> Lot | None:
        """The lot of this id, or the last that goes on from it after the points moved house; none: not loaded."""
        own = self.lots.get(lot_id)
        if own is not None and own.remaining:
            return own
        heirs = [lot for lot in self.lots.values() if lot.origin == lot_id and not isinstance(lot, LeftLot)]
        return max(heirs, key=lambda lot: (lot.remaining > 0, lot.lot_id), default=own)

    def standing_for(self, lot_id: LotId) -> list[Lot]:
        """The lots with points that are this lot or go on from it here: several, where its points moved house and some
        of them came back in between; in the order of their ids, however they were loaded (LAW11)."""
        there = [lot for lot in self.lots.values() if lot.remaining and lot_id in {lot.lot_id, lot.origin}]
        return sorted(there, key=lambda lot: lot.lot_id)

    def free_lots(self, currency: str, *, at_store: bool = False) -> list[Lot]:
        """Active lots with points that are not held, in the order in which they are spent (L24); `at_store` where whose
        store it is matters, which it does not for what time does. Says nothing about lots that were not loaded."""
        usable = [
            lot
            for lot in self.lots.values()
            if lot.remaining > lot.held and not lot.pending and lot.currency == currency
        ]
        if len(usable) > 1:
            usable.sort(key=self.order(currency, at_store=at_store))
        return usable

    def order(self, currency: str, *, at_store: bool) -> Callable[[Lot], tuple[Any, ...]]:
        """What lots of a currency are sorted by to be spent."""
        return order_of(self.policies[currency].spend.order, self.partner if at_store else None)

    def post(
        self,
        currency: str,
        kind: EntryKind,
        from_: Book,
        to: Book,
        amount: int,
        *,
        uses: tuple[LotUse, ...] = (),
        at: dt.datetime | None = None,
        line: int | None = None,
        rule: str | None = None,
        funder: str | None = None,
        hold_id: UUID | None = None,
    ) -> int:
        """Adds an entry and moves its amount between the books; returns its number. The caller changes the lots.

        Raises ValueError where what leaves the member's lots is not said lot by lot (I6): better no answer than a
        balance that its lots do not have."""
        if from_ in _IN_LOTS and abs(total(uses)) != amount:
            raise ValueError(f"{kind} of {amount} {currency} takes {abs(total(uses))} from lots")
        standing = self.standing(currency)
        standing.version += 1
        standing.changed = True
        standing.add(from_, -amount)
        standing.add(to, amount)
        n = len(self.entries) + 1
        self.entries.append(
            Entry(
                n=n,
                member_id=self.member_id,
                currency=currency,
                kind=kind,
                from_=from_,
                to=to,
                amount=amount,
                version=standing.version,
                effective_at=at or self.now,
                line=line,
                rule=rule,
                release=self.release,
                funder=funder,
                hold_id=hold_id,
                uses=uses,
            )
        )
        return n

    def keep(self, lot: Lot) -> None:
        """Puts a lot (new, or as it is now) among the lots of this decision."""
        self.lots[lot.lot_id] = lot
        self._touched.add(lot.lot_id)

    def take(self, uses: Iterable[LotUse]) -> None:
        """Takes from lots what `uses` says (gives back where it is < 0)."""
        for use in uses:
            lot = self.lots[use.lot_id]
            self.keep(replace(lot, remaining=lot.remaining - use.amount))

    def pin(self, uses: Iterable[LotUse]) -> None:
        """Pins in lots what `uses` says (lets go where it is < 0)."""
        for use in uses:
            lot = self.lots[use.lot_id]
            self.keep(replace(lot, held=lot.held + use.amount))

    def redate(
        self, lot: Lot, *, active_at: dt.datetime | None, expires_at: dt.datetime | None, expires_on: dt.date | None
    ) -> Lot:
        """Gives a lot new dates and notes the old ones."""
        standing = self.standing(lot.currency)
        standing.changed = True
        standing.changes += 1
        self._changes.append(
            LotChange(
                lot_id=lot.lot_id,
                currency=lot.currency,
                seq=standing.changes,
                version=standing.version,
                old_active_at=lot.active_at,
                active_at=active_at,
                old_expires_at=lot.expires_at,
                expires_at=expires_at,
                old_expires_on=lot.expires_on,
                expires_on=expires_on,
            )
        )
        changed = replace(lot, active_at=active_at, expires_at=expires_at, expires_on=expires_on)
        self.keep(changed)
        return changed

    def keep_hold(self, hold: Hold) -> None:
        """Puts a hold (new, or as it is now) among the holds of this decision."""
        self.holds[hold.hold_id] = hold
        self._changed_holds.add(hold.hold_id)

    def schedule(self, currency: str) -> Schedule:
        """When which points of a currency end, the next first: to be handed to the next decision's purse."""
        if self.loaded:
            return schedule_of(lot for lot in self.lots.values() if lot.currency == currency)
        made = schedule_of(lot for lot_id in self.made if (lot := self.lots[lot_id]).currency == currency)
        return merged(self._schedules.get(currency, ()), made)

    def result(self) -> Movement:
        """All that was done, as the ledger writes it."""
        return Movement(
            entries=tuple(self.entries),
            made=frozenset(self.made),
            lots=tuple([self.lots[lot_id] for lot_id in sorted(self._touched)]),
            changes=tuple(self._changes),
            holds=tuple([self.holds[hold_id] for hold_id in sorted(self._changed_holds)]),
            balances=tuple(
                [
                    Balance(
                        currency=currency,
                        active=standing.active,
                        pending=standing.pending,
                        held=standing.held,
                        arrears=standing.arrears,
                        version=standing.version,
                        changes=standing.changes,
                        next_change_at=self.next_change_at(currency),
                        idle_at=standing.idle_at,
                        frozen=standing.frozen,
                    )
                    for currency, standing in self.standings.items()
                    if standing.changed
                ]
            ),
        )

    def next_change_at(self, currency: str) -> dt.datetime | None:
        """When time alone next changes the balance: never later than the truth, and exact where the lots are loaded."""
        standing = self.standing(currency)
        moments = [
            moment
            for lot in self.lots.values()
            if lot.currency == currency
            for moment in _changes_of(lot)
            if moment is not None
        ]
        if standing.idle_at is not None and standing.active + standing.held > 0:
            moments.append(standing.idle_at)
        # Also where nothing was loaded: a hold may just have come along with a member.
        moments += [hold.expires_at for hold in self.holds.values() if hold.currency == currency and hold.is_open]
        if not self.loaded and standing.next_change_at is not None:
            moments.append(standing.next_change_at)
        return min(moments, default=None)


def _changes_of(lot: Lot) -> tuple[dt.datetime | None, ...]:
    if lot.pending:
        return (lot.active_at, lot.expires_at, lot.cancels_at) if lot.remaining else ()
    return (lot.expires_at,) if lot.remaining > lot.held else ()


def choose(lots: Iterable[Lot], points: int) -> tuple[LotUse, ...]:
    """How much of each lot pays for `points`, in the order given; less than asked where they do not suffice."""
    uses = []
    for lot in lots:
        part = min(lot.remaining - lot.held, points)
        if part > 0:
            uses.append(LotUse(lot.lot_id, part))
            points -= part
        if points == 0:
            break
    return tuple(uses)


def total(uses: Iterable[LotUse]) -> int:
    """The sum of lot uses."""
    return sum(use.amount for use in uses)
