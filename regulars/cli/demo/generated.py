"""Members and two years of what they did, made from a preset's table: the same table and day give the same history.

Nothing is drawn but from a seed of the member's own number, so that processes may share the members between them, and
a run that was interrupted goes on with the very same activities.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import random
from collections.abc import Iterator
from importlib import import_module
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from regulars.activities.contracts import Identifier, Intake, LineIn, SaleRef
from regulars.cli.demo.habits import Card, Deed, Good, Habit, Loans, Shop, Table
from regulars.engine.contracts.activity import ChoiceMade, ProfileChange, ReturnedLine
from regulars.engine.contracts.gifts import PlanAct

SOURCE: Final = "demo"
_NAMES: Final = {
    "en": ("Emma", "Oliver", "Grace", "Henry", "Alice", "George"),
    "ru": ("Анна", "Сергей", "Ольга", "Дмитрий", "Мария", "Иван"),
    "ro": ("Ana", "Mihai", "Elena", "Andrei", "Ioana", "Ștefan"),
}
_HOURS_OF_RETURN: Final = (24, 24 * 12)
_BUILT_IN: Final = frozenset({"profile", "plan", "choice"})
_MONTH: Final = dt.timedelta(days=30)
_PAID_EVERY: Final = dt.timedelta(days=28)
"""Never later than a month after the last time, in February either."""
_TRIAL: Final = dt.timedelta(days=13)


class GeneratedPlan(msgspec.Struct, frozen=True, kw_only=True):
    """What a process needs to know to make its share. `through` is the last day of the history; `attributes`, `types`
    and `zone` are the program's: what it does not know is left out.
    """

    preset: str
    program_id: int
    client_id: UUID
    received_at: dt.datetime
    through: dt.date
    currency: str
    zone: str
    attributes: frozenset[str]
    types: frozenset[str]
    members: int | None = None


def table(preset: str) -> Table:
    """The table of a preset. Raises ModuleNotFoundError for one that has none."""
    found: Table = import_module(f"regulars.cli.demo.tables.{preset}").TABLE
    return found


def count(plan: GeneratedPlan) -> int:
    """How many activities there are to load."""
    return sum(1 for _ in intakes(plan))


def intakes(plan: GeneratedPlan, *, part: int = 0, parts: int = 1) -> Iterator[Intake]:
    """All that members did, member by member and in the order of time within each; `part` of `parts` picks members."""
    made = table(plan.preset)
    for number in range(1, (plan.members or made.members) + 1):
        if number % parts == part:
            yield from _Life(plan, made, number).lived()


class _Life:
    """One member from joining to today."""

    def __init__(self, plan: GeneratedPlan, made: Table, number: int) -> None:
        self._plan = plan
        self._table = made
        self._number = number
        self._draw = random.Random(f"{plan.preset}/{number}")  # noqa: S311  a story, no secret
        self._zone = ZoneInfo(plan.zone)
        self._habit = self._of_share()
        self._ends_at = _noon(plan.through, self._zone)
        joined_day = plan.through - dt.timedelta(days=self._draw.randrange(30, made.days))
        self._joined_at = _noon(joined_day, self._zone) - dt.timedelta(hours=self._draw.randrange(1, 4))
        if self._draw.randrange(100) < self._habit.lapses:
            self._ends_at -= dt.timedelta(days=self._draw.randrange(60, max(made.days // 2, 61)))

    def lived(self) -> Iterator[Intake]:
        """What happened, oldest first."""
        courses = [self._visits(), *(self._deeds(deed) for deed in self._habit.deeds)]
        if self._table.loans is not None:
            courses = [self._loans(self._table.loans)]
        courses += [self._membership(), self._picks()]
        happened = sorted((one for course in courses for one in course), key=_moment)
        known = {*self._plan.types, *_BUILT_IN}
        yield from (one for one in (self._profile(), *happened) if one.type in known)

    def _of_share(self) -> Habit:
        drawn = self._draw.randrange(sum(habit.share for habit in self._table.habits))
        for habit in self._table.habits:
            drawn -= habit.share
            if drawn < 0:
                return habit
        raise AssertionError("shares add up to what was drawn from")

    def _profile(self) -> Intake:
        language = self._draw.choice(tuple(_NAMES))
        born = dt.date(1950, 1, 1) + dt.timedelta(days=self._draw.randrange(20_000))
        facts: dict[str, object] = {
            "language": language,
            "first_name": self._draw.choice(_NAMES[language]),
            "birth_date": born.isoformat(),
        }
        if self._table.sizes:
            facts["size"] = self._draw.choice(self._table.sizes)
        if self._draw.randrange(100) < self._table.accounts:
            facts["iban"] = _iban(self._draw.randrange(10**18))
        mine = {name: value for name, value in facts.items() if name in self._plan.attributes}
        return self._intake("profile", self._joined_at, profile=ProfileChange(attributes=mine))

    def _visits(self) -> Iterator[Intake]:
        goods = [good for like in self._habit.likes for good in self._table.goods if good.category == like]
        for count, at in enumerate(self._days(self._habit.every_days), 1):
            bought = self._purchase(count, at, goods)
            yield bought
            if self._table.card is not None:
                yield from self._of_card(bought, self._table.card)
            elif self._draw.randrange(100) < self._habit.returns:
                yield self._return(bought)

    def _purchase(self, count: int, at: dt.datetime, goods: list[Good]) -> Intake:
        shop = self._draw.choice(self._table.shops)
        till = f"{shop.id}-{self._draw.randint(1, shop.tills)}"
        where = {"store": shop.id, "till": till, "channel": "store", "currency": self._plan.currency}
        document, fields, card = f"{self._number}-{count}", dict(shop.fields), self._table.card
        if card is not None:
            fields[card.number] = f"{self._number:06}{count:06}"
        type = "purchase" if card is None else card.sale
        return self._intake(type, at, document=document, lines=self._lines(shop, goods), fields=fields, **where)

    def _lines(self, shop: Shop, goods: list[Good]) -> tuple[LineIn, ...]:
        if shop.sums is not None:
            return (LineIn(no=1, quantity=1000, unit="pc", amount=self._draw.randint(*shop.sums)),)
        chosen = [self._draw.choice(goods) for _ in range(self._draw.randint(*self._habit.lines))]
        many = [self._draw.randint(*good.amounts) for good in chosen]
        return tuple(
            LineIn(no=no, sku=good.sku, quantity=1000 * count, unit=good.unit, amount=good.price * count)
            for no, (good, count) in enumerate(zip(chosen, many, strict=True), 1)
        )

    def _of_card(self, paid: Intake, card: Card) -> Iterator[Intake]:
        """What the bank hears of a payment afterwards."""
        settled_at = _moment(paid) + dt.timedelta(days=self._draw.randint(1, 4))
        whole = sum(line.amount for line in paid.lines)
        part = whole * self._draw.randint(60, 95) // 100 if self._draw.randrange(100) < card.less else whole
        # A bank names a payment by its number.
        sale = SaleRef(source=SOURCE, document=str(paid.fields[card.number]))
        line = LineIn(no=1, amount=part)
        if settled_at <= self._plan.received_at:
            yield self._intake(card.settled, settled_at, document=f"{paid.document}-in", sale=sale, lines=(line,))
        back_at = settled_at + dt.timedelta(days=self._draw.randint(2, 20))
        if self._draw.randrange(100) < card.back and back_at <= self._plan.received_at:
            yield self._intake(card.charged_back, back_at, document=f"{paid.document}-back", sale=sale)

    def _membership(self) -> Iterator[Intake]:
        """The words of a billing system: a trial, then a renewal each month, before what is paid ends."""
        name = self._habit.plan
        if name is None:
            return
        begins = self._joined_at + dt.timedelta(days=self._draw.randrange(1, 20))
        if begins > self._ends_at:
            return
        trial = PlanAct(act="started", plan=name, trial=True)
        yield self._intake("plan", begins, document=f"{self._number}-plan", plan=trial)
        at, count = begins + _TRIAL, 0
        while at <= self._ends_at:
            count += 1
            renewed = PlanAct(act="renewed", plan=name)
            yield self._intake("plan", at, document=f"{self._number}-plan-{count}", plan=renewed)
            at += _PAID_EVERY

    def _picks(self) -> Iterator[Intake]:
        after = (self._joined_at + _MONTH).astimezone(self._zone).date().replace(day=1)
        at = _noon(after, self._zone)
        if after > self._joined_at.date() and at <= self._ends_at:
            for name, options in self._habit.picks.items():
                made = ChoiceMade(choice=name, picked=options)
                yield self._intake("choice", at, document=f"{self._number}-{name}", choice=made)

    def _return(self, bought: Intake) -> Intake:
        hours = self._draw.randint(*_HOURS_OF_RETURN)
        at = min(_moment(bought) + dt.timedelta(hours=hours), self._plan.received_at)
        line = self._draw.choice(bought.lines)
        sale = SaleRef(source=SOURCE, document=bought.document, lines=(ReturnedLine(no=line.no),), reason="size")
        return self._intake("return", at, document=f"{bought.document}-back", sale=sale, store=bought.store)

    def _deeds(self, deed: Deed) -> Iterator[Intake]:
        for count, at in enumerate(self._days(deed.every_days), 1):
            fields = {name: self._draw.choice(values) for name, values in deed.fields.items()}
            yield self._intake(deed.type, at, document=f"{self._number}-{deed.type}-{count}", fields=fields)

    def _loans(self, loans: Loans) -> Iterator[Intake]:
        for count, at in enumerate(self._days(self._habit.every_days), 1):
            yield from self._loan(loans, f"{self._number}-{count}", at)

    def _loan(self, loans: Loans, name: str, at: dt.datetime) -> Iterator[Intake]:
        whole = self._draw.choice(loans.amounts)
        each = whole // loans.instalments
        yield self._intake("loan_taken", at, document=name, fields={"loan": name, "amount": whole})
        for number in range(1, loans.instalments + 1):
            due = _noon((at + dt.timedelta(days=30 * number)).date(), self._zone)
            late_days = self._late_days(loans)
            begins = at if number == 1 else due - dt.timedelta(days=29)
            owed = {"id": f"{name}-{number}", "amount": each, "due_on": due.date().isoformat(), "paid": False}
            yield from self._records(f"{name}-{number}-due", begins, {"add": [owed]})
            if late_days is None or due + dt.timedelta(days=late_days) > self._ends_at:
                return
            paid_at = due + dt.timedelta(days=late_days)
            fields = {"loan": name, "amount": each, "on_time": late_days <= 0}
            yield self._intake("repayment", paid_at, document=f"{name}-{number}", fields=fields)
            paid = {"id": f"{name}-{number}", "paid": True}
            yield from self._records(f"{name}-{number}-paid", paid_at, {"change": [paid]})

    def _records(self, document: str, at: dt.datetime, patch: dict[str, Any]) -> Iterator[Intake]:
        """The instalment that is next, as a record of the member: what did not come by its day can be seen there."""
        if "loans" in self._plan.attributes:
            yield self._intake("profile", at, document=document, profile=ProfileChange(attributes={"loans": patch}))

    def _late_days(self, loans: Loans) -> int | None:
        drawn = self._draw.randrange(100)
        if drawn < loans.on_time:
            return -self._draw.randrange(0, 6)
        return None if drawn >= 100 - loans.missed else self._draw.randrange(1, 20)

    def _days(self, every: int) -> Iterator[dt.datetime]:
        at = self._joined_at
        first, last = self._habit.hours
        while True:
            at += dt.timedelta(days=max(1, round(self._draw.expovariate(1 / every))))
            if at > self._ends_at:
                return
            day = at.astimezone(self._zone).date()
            minutes = self._draw.randrange(first * 60, last * 60)
            yield _noon(day, self._zone) + dt.timedelta(minutes=minutes - 12 * 60)

    def _intake(self, type: str, at: dt.datetime, **given: Any) -> Intake:
        said = repr((type, at, sorted((name, repr(value)) for name, value in given.items())))
        return Intake(
            program_id=self._plan.program_id,
            client_id=self._plan.client_id,
            key=None,
            digest=hashlib.sha256(said.encode()).digest(),
            type=type,
            received_at=self._plan.received_at,
            occurred_at=min(at, self._plan.received_at),
            who=() if given.get("sale") is not None else (Identifier(kind="own_id", value=str(self._number)),),
            source=SOURCE,
            **({"document": f"{self._number}-{type}-{at:%Y%m%dT%H%M}"} | given),
        )


def _noon(day: dt.date, zone: ZoneInfo) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(12), zone).astimezone(dt.UTC)


def _moment(intake: Intake) -> dt.datetime:
    return intake.occurred_at or intake.received_at


def _iban(number: int) -> str:
    """An account of the made-up bank AG in Moldova, with its check digits (ISO 7064, MOD 97-10)."""
    bank, country = "1016", "2213"
    check = 98 - int(f"{bank}{number:018d}{country}00") % 97
    return f"MD{check:02d}AG{number:018d}"
