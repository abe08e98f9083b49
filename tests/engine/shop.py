"""A small world for tests: one account kept in memory, and short ways to write programs, baskets and returns."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

from msgspec.structs import replace

from regulars.engine import service as engine
from regulars.engine import state as states
from regulars.engine.contracts.activity import (
    Activity,
    HoldAction,
    Line,
    Payment,
    PointsPayment,
    ProfileChange,
    ReturnedLine,
    Reversal,
    Store,
)
from regulars.engine.contracts.decision import Decision, Outcome
from regulars.engine.contracts.known import CounterKey, CounterValue, DayRow, Known, Quota, QuotasNeeded, Sale
from regulars.engine.contracts.points import Balance, Book, Hold, Lot, LotId, LotsNeeded
from regulars.engine.state import MemberState
from regulars.program.contracts.base import Definition
from regulars.program.contracts.definitions import (
    KINDS,
    ActivityType,
    Currency,
    Program,
    ProgramSettings,
    Release,
    Rule,
    RuleKind,
    TierInForce,
)
from regulars.program.contracts.effects import Give, Multiply
from regulars.program.contracts.midway import Midway
from regulars.program.contracts.triggers import OnActivity
from regulars.program.contracts.values import Ratio

MEMBER = UUID(int=7)
ZONE = "Europe/Chisinau"
PURCHASE = OnActivity(types=("purchase",))


def at(text: str) -> dt.datetime:
    """`2026-03-01 10:00` in UTC."""
    return dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC)


def give(amount: str, currency: str = "points", **fields: Any) -> Give:
    return Give(give=currency, amount=amount, **fields)


def multiply(n: int, d: int = 1, currency: str = "points", **fields: Any) -> Multiply:
    return Multiply(multiply=currency, by=Ratio(n, d), **fields)


def base(amount: str = "basket.base", **fields: Any) -> Rule:
    effect = {key: fields.pop(key) for key in ("carry", "per", "funding", "on_reversal") if key in fields}
    return Rule(name="base", kind=RuleKind.BASE, trigger=PURCHASE, effects=(give(amount, **effect),), **fields)


def rule(name: str, *effects: Any, trigger: Any = PURCHASE, **fields: Any) -> Rule:
    if "if" in fields:
        fields["if_"] = fields.pop("if")
    return Rule(name=name, trigger=trigger, effects=effects, **fields)


def program(
    *definitions: Definition, money: str = "MDL", zone: str = ZONE, main: str | None = None, force: str = "before"
) -> Program:
    """A program of these definitions; points, purchase, return and visit are there unless they are defined. `main` is
    its main ladder, `force` the tier in force.
    """
    kinds: dict[str, Any] = {}
    defaults: list[Definition] = [
        Currency(name="points", value=Ratio(1, 100)),
        ActivityType(name="purchase", basket=True),
        ActivityType(name="return", reverses="purchase"),
        ActivityType(name="visit"),
    ]
    keys = {kind: key for key, kind in KINDS.items()}
    for definition in (*defaults, *definitions):
        kinds.setdefault(keys[type(definition)], {})[definition.name] = definition
    return Program(
        program=ProgramSettings(
            name="test", money=money, zone=zone, main_ladder=main, tier_in_force=TierInForce(force)
        ),
        **kinds,
    )


def release(of: Program, number: int = 1) -> Release:
    slots = {name: slot for slot, name in enumerate(sorted(of.metrics))}
    return Release(program_id=1, number=number, program=of, slots=slots, digest=b"")


def lines(*amounts: int, **fields: Any) -> tuple[Line, ...]:
    return tuple(Line(no=no, amount=amount, **fields) for no, amount in enumerate(amounts, 1))


class Shop:
    """One account, its program, and everything that was written for it."""

    def __init__(self, *definitions: Definition, money: str = "MDL", zone: str = ZONE, **settings: str) -> None:
        self.settings = settings
        self.compiled = engine.compile(release(program(*definitions, money=money, zone=zone, **settings)))
        self.releases = {1: self.compiled}
        self.now = at("2026-03-02 10:00")
        self.count = 0
        self.state = b""
        self.clock: dt.datetime | None = None
        self.metric_day: dt.date | None = None
        self.review_at: dt.datetime | None = None
        self.balances: dict[str, Balance] = {}
        self.lots: dict[LotId, Lot] = {}
        self.holds: dict[UUID, Hold] = {}
        self.lapsed: dict[LotId, int] = {}
        self.days: dict[tuple[UUID, dt.date], DayRow] = {}
        self.counters: dict[tuple[CounterKey, str], int] = {}
        self.done: dict[UUID, tuple[Activity, Decision, int]] = {}
        self.sold: dict[UUID, list[UUID]] = {}
        self.loads = 0

    def publish(self, *definitions: Definition, midway: dict[str, Midway] | None = None) -> None:
        number = len(self.releases) + 1
        made = replace(
            release(program(*definitions, **self.settings), number), midway=midway or {}, published_at=self.now
        )
        self.compiled = self.releases[number] = engine.compile(made)

    def activity(self, type: str, **fields: Any) -> Activity:
        self.count += 1
        when = fields.pop("occurred_at", self.now)
        basket = fields.get("lines", ())
        return Activity(
            activity_id=UUID(int=1000 + self.count),
            program_id=1,
            type=type,
            account_id=MEMBER,
            member_id=MEMBER,
            occurred_at=when,
            received_at=self.now,
            total=sum(line.amount for line in basket),
            **fields,
        )

    def known(self, activity: Activity, *, with_lots: bool = True) -> Known:
        sale = None
        if activity.speaks_of in self.done:
            sold, decision, number = self.done[activity.speaks_of]
            returns = tuple(
                (self.done[one][0], self.done[one][1].recorded) for one in self.sold.get(sold.activity_id, [])
            )
            sale = Sale(activity=sold, decision=decision.recorded, release=number, returns=returns)
        return Known(
            account_id=MEMBER,
            members=(MEMBER,),
            state=self.state,
            clock=self.clock,
            metric_day=self.metric_day,
            balances=tuple(self.balances.values()),
            lots=tuple(self.lots.values()) if with_lots else None,
            holds=tuple(self.holds.values()),
            lapsed=self.lapsed,
            days=tuple(self.days.values()),
            counters=tuple(CounterValue(key, item, value) for (key, item), value in self.counters.items()),
            sale=sale,
        )

    def ask(self, activity: Activity, **options: Any) -> Decision:
        """Decide without writing, loading lots only when they are asked for."""
        under = None
        if activity.speaks_of in self.done:
            under = self.releases[self.done[activity.speaks_of][2]]
        blocked = options.pop("card_blocked", False)
        with_lots, asked = False, set[CounterKey]()
        while True:
            known = replace(
                self.known(activity, with_lots=with_lots),
                card_blocked=blocked,
                quotas={key: self.quota(key) for key in asked},
            )
            try:
                return engine.decide(self.compiled, known, activity, now=self.now, sale_compiled=under, **options)
            except LotsNeeded:
                assert not with_lots, "lots were asked for although they were there"
                with_lots = True
                self.loads += 1
            except QuotasNeeded as need:
                if need.keys <= asked:
                    raise AssertionError("quotas were asked for although they were there") from need
                asked |= need.keys

    def quota(self, key: CounterKey) -> Quota:
        """What is shared, as it was written so far."""
        items = {item: value for (one, item), value in self.counters.items() if one == key}
        told = frozenset(name for name, value in items.items() if value and name not in {"", "in", "cut"})
        return Quota(items.get("in", 0), items.get("", 0), told)

    def do(self, activity: Activity, **options: Any) -> Decision:
        decision = self.ask(activity, **options)
        if decision.outcome is Outcome.ACCEPTED:
            self._write(activity, decision)
        return decision

    def _write(self, activity: Activity, decision: Decision) -> None:
        self.state, self.clock, self.metric_day = decision.state, decision.clock, decision.metric_day
        self.review_at = decision.review_at
        self.balances |= {balance.currency: balance for balance in decision.movement.balances}
        self.lots |= {lot.lot_id: lot for lot in decision.movement.lots}
        self.holds |= {hold.hold_id: hold for hold in decision.movement.holds}
        for entry in decision.movement.entries:
            for use in entry.uses if Book.EXPIRED in {entry.from_, entry.to} else ():
                self.lapsed[use.lot_id] = self.lapsed.get(use.lot_id, 0) + use.amount
        self.days |= {(row.member_id, row.day): row for row in decision.days}
        for one in decision.counters:
            place = (one.key, one.item)
            self.counters[place] = self.counters.get(place, 0) + one.value
        if decision.counted:
            activity = replace(activity, counted=decision.counted)
        self.done[activity.activity_id] = (activity, decision, self.compiled.release.number)
        if activity.speaks_of is not None:
            self.sold.setdefault(activity.speaks_of, []).append(activity.activity_id)

    def buy(self, *amounts: int, **fields: Any) -> Decision:
        """Buy lines of these amounts (minor units)."""
        options = {key: fields.pop(key) for key in ("trace", "card_blocked") if key in fields}
        basket = fields.pop("lines", None) or lines(*amounts)
        return self.do(self.activity("purchase", lines=basket, **fields), **options)

    def last(self) -> UUID:
        """The activity that was done last."""
        return next(reversed(self.done))

    def back(
        self, sale: UUID, *returned: ReturnedLine, amount: int | None = None, reason: str | None = None, **fields: Any
    ) -> Decision:
        reversal = Reversal(activity_id=sale, lines=returned, amount=amount, reason=reason)
        return self.do(self.activity("return", reverses=reversal, **fields))

    def tick(self) -> Decision:
        return self.do(self.activity("tick"))

    def profile(self, **attributes: Any) -> Decision:
        return self.do(self.activity("profile", profile=ProfileChange(attributes=attributes)))

    def hold(self, act: str, **fields: Any) -> Decision:
        return self.do(self.activity("hold", hold=HoldAction(act=act, **fields)))

    def member(self) -> MemberState:
        """The member as the state keeps them."""
        return states.decode(self.state).members[0]

    def metric(self, name: str) -> Any:
        """A metric of the member as a look at the account shows it now."""
        known = self.known(self.activity("tick"))
        value = engine.view(self.compiled, known, member_id=MEMBER, at=self.now).metrics[name]
        return value["amount"] if isinstance(value, dict) else value

    def has(self, currency: str = "points") -> Balance:
        return self.balances.get(currency, Balance(currency=currency))

    def active(self, currency: str = "points") -> int:
        return self.has(currency).active


__all__ = [
    "MEMBER",
    "PURCHASE",
    "ZONE",
    "Payment",
    "PointsPayment",
    "ReturnedLine",
    "Shop",
    "Store",
    "at",
    "base",
    "give",
    "lines",
    "multiply",
    "program",
    "release",
    "rule",
]
