"""What compiled expressions read: plain objects, built once a decision. Names are those that `program.contracts.places`
writes into schemas.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from regulars.engine.contracts.activity import Activity, Line


class LineScope(msgspec.Struct, eq=False, gc=False):
    """A basket line. `earns`, `pays` and `discounts` are what its groups and its kind say; `gross` is what it costs
    without discounts, `amount` with them, `base` the part that earns, `paid` the money that points paid,
    `paid_earning` what of it earns nevertheless. A Struct, since a decision makes one a line: it is filled in C.
    """

    no: int
    sku: str | None
    name: str | None
    kind: str
    category: str | None
    department: str | None
    path: tuple[str, ...]
    brand: str | None
    tags: tuple[str, ...]
    quantity: int
    unit: str | None
    amount: int
    gross: int
    base: int
    facts: dict[str, Any]
    paid: int = 0
    paid_earning: int = 0
    groups: tuple[str, ...] = ()
    earns: bool = True
    pays: bool = True
    discounts: bool = True

    @classmethod
    def of(cls, line: Line) -> LineScope:
        """A line as the till sent it."""
        return cls(
            line.no,
            line.sku,
            line.name,
            line.kind,
            line.category,
            line.department,
            line.path,
            line.brand,
            line.tags,
            line.quantity,
            line.unit,
            line.amount,
            line.amount,
            line.amount,
            line.facts,
        )

    @property
    def price(self) -> int:
        """Money for one unit, a half rounded up; the whole amount where the quantity is 0."""
        return self._of_one(self.amount)

    @property
    def shelf_price(self) -> int:
        """Money for one unit without discounts."""
        return self._of_one(self.gross)

    @property
    def discount(self) -> int:
        """What discounts took off."""
        return self.gross - self.amount

    def _of_one(self, amount: int) -> int:
        if not self.quantity:
            return amount
        return (2 * amount * 1000 + self.quantity) // (2 * self.quantity)


class PaymentScope:
    __slots__ = ("amount", "kind")

    def __init__(self, kind: str, amount: int) -> None:
        self.kind = kind
        self.amount = amount


class BasketScope:
    __slots__ = ("base", "currency", "gross", "lines", "paid", "payments", "total")

    def __init__(self, lines: list[LineScope], payments: list[PaymentScope], currency: str) -> None:
        self.lines = lines
        self.payments = payments
        self.currency = currency
        self.total = 0
        self.base = 0
        self.paid = 0
        for line in lines:
            self.total += line.amount
        self.gross = self.total
        self.reckon()

    @property
    def discount(self) -> int:
        """What discounts took off."""
        return self.gross - self.total

    def reduce(self, cuts: Sequence[int]) -> None:
        """Take what discounts came to off the lines; `base` follows."""
        for line, cut in zip(self.lines, cuts, strict=True):
            line.amount -= cut
            self.total -= cut
        self.reckon()

    def reckon(self) -> None:
        """Work out `line.base` and the sums once it is known which lines earn and what points paid (L21)."""
        base = paid = 0
        for line in self.lines:
            line.base = line.amount - line.paid + line.paid_earning if line.earns else 0
            base += line.base
            paid += line.paid
        self.base = base
        self.paid = paid


class OwnerScope:
    """A card, till, cashier or device: its id and the metrics counted for it."""

    __slots__ = ("id", "metrics")

    def __init__(self, id: str | None) -> None:
        self.id = id
        self.metrics: dict[str, Any] = {}


class HouseholdScope:
    """The household of a member; somebody alone is one of size 1."""

    __slots__ = ("account_id", "metrics", "name", "role", "size")

    def __init__(self, account_id: UUID) -> None:
        self.account_id = account_id
        self.metrics: dict[str, Any] = {}
        self.size = 1
        self.name: str | None = None
        self.role: str | None = None

    @property
    def id(self) -> str:
        """Its id as text: few rules read it, and writing it costs as much as several conditions."""
        return str(self.account_id)


class StoreScope:
    __slots__ = ("chain", "city", "id", "metrics", "name", "region", "tags", "zone")

    def __init__(self, activity: Activity) -> None:
        store = activity.store
        if store is None:
            raise ValueError("an activity without a store has no scope for it")
        self.id = store.id
        self.name = store.name
        self.city = store.city
        self.region = store.region
        self.chain = store.chain
        self.zone = store.zone
        self.tags = store.tags
        self.metrics: dict[str, Any] = {}


class MemberScope:
    __slots__ = (
        "attributes",
        "badges",
        "balances",
        "choices",
        "consents",
        "enrolled_at",
        "joined_on",
        "language",
        "member_id",
        "metrics",
        "plan",
        "segments",
        "tier",
        "tiers",
    )

    def __init__(
        self,
        member_id: UUID,
        *,
        joined_on: dt.date,
        enrolled_at: dt.datetime,
        attributes: dict[str, Any],
        segments: tuple[str, ...],
        balances: dict[str, int],
    ) -> None:
        self.member_id = member_id
        self.joined_on = joined_on
        self.enrolled_at = enrolled_at
        self.attributes = attributes
        self.language = attributes.get("language")
        self.metrics: dict[str, Any] = {}
        self.segments = segments
        self.balances = balances
        self.tier: str | None = None
        self.tiers: dict[str, str | None] = {}
        self.choices: dict[str, tuple[str, ...]] = {}
        self.badges: tuple[str, ...] = ()
        self.consents: tuple[str, ...] = ()
        self.plan: str | None = None

    @property
    def id(self) -> str:
        """The member's id as text: few rules read it, and writing it costs as much as several conditions."""
        return str(self.member_id)


class EntryScope:
    """An entry of points as metrics see it; `amount` has the scale that all currencies of the program share."""

    __slots__ = ("amount", "currency", "funder", "kind", "rule")

    def __init__(self, kind: str, currency: str, amount: int, rule: str | None, funder: str | None) -> None:
        self.kind = kind
        self.currency = currency
        self.amount = amount
        self.rule = rule
        self.funder = funder


class Scope:
    """`s` of every compiled expression."""

    __slots__ = (
        "awake",
        "basket",
        "card",
        "carried",
        "carrier",
        "cashier",
        "channel",
        "device",
        "event",
        "fields",
        "household",
        "member",
        "now",
        "partner",
        "program",
        "source",
        "store",
        "till",
        "took",
        "type",
        "zone",
    )

    def __init__(
        self, activity: Activity, *, lines: list[LineScope], member: MemberScope, zone: ZoneInfo, money: str
    ) -> None:
        self.type = activity.type
        self.now = activity.occurred_at
        self.zone = ZoneInfo(activity.store.zone) if activity.store is not None and activity.store.zone else zone
        self.member = member
        payments = [PaymentScope(payment.kind, payment.amount) for payment in activity.payments]
        self.basket = BasketScope(lines, payments, activity.currency or money)
        self.store = StoreScope(activity) if activity.store is not None else None
        self.channel = activity.channel
        self.card = OwnerScope(activity.card)
        self.till = OwnerScope(activity.till)
        self.cashier = OwnerScope(activity.cashier)
        self.device = OwnerScope(activity.device)
        self.partner = OwnerScope(activity.store.whose if activity.store is not None else None)
        self.program = OwnerScope(None)
        self.household = HouseholdScope(activity.account_id)
        self.fields = activity.fields
        self.source = activity.source
        self.event: dict[str, Any] = {}
        self.awake: dict[int, bool] = {}
        """Which schedules cover `now`, by the id of the schedule."""
        self.carried: dict[str, dict[str, Any]] = {}
        """The offers, vouchers and rewards that count for this basket, by path (`offers.come_back`), with their facts.
        """
        self.carrier: dict[str, Any] = {}
        """The facts of the one whose effects are being worked out."""
        self.took: frozenset[int] = frozenset()
        """The rules, by number, whose effect on the price was taken: only these do the rest of what they say."""

    def owner(self, per: str) -> OwnerScope | StoreScope | HouseholdScope | None:
        """The thing that a metric `per` card, till, cashier, device, store, partner or program counts for."""
        found: OwnerScope | StoreScope | HouseholdScope | None = getattr(self, per)
        return found
