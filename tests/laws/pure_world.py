"""The world of the model in the pure engine: members of a town with tills, no database."""

from __future__ import annotations

import datetime as dt
from functools import cache
from typing import Any
from uuid import UUID

from regulars.engine import service as engine
from regulars.engine.contracts.activity import (
    Activity,
    Adjustment,
    HoldAction,
    Line,
    PointsPayment,
    ReturnedLine,
    Reversal,
)
from regulars.engine.contracts.decision import Decision, Outcome
from regulars.engine.contracts.gifts import TransferAct
from regulars.program import service as program
from tests.engine.shop import release
from tests.engine.town import Account
from tests.laws import invariants, kept
from tests.laws.climates import text_of
from tests.laws.model import Climate


@cache
def compiled(climate: Climate) -> engine.Compiled:
    """The program of a climate, compiled once."""
    return engine.compile(release(program.read(text_of(climate))))


def member_id(member: int) -> UUID:
    """A member of the model in the town."""
    return UUID(int=member)


class PureWorld:
    """The verbs of the model, done by the engine. Each gives None, or the code of the refusal."""

    def __init__(self, climate: Climate, now: dt.datetime) -> None:
        self.town = kept.Kept(of=compiled(climate))
        self.town.now = now
        self.sales: list[UUID] = []
        self.holds: dict[int, UUID] = {}
        self.left: dict[UUID, int] = {}
        """How much was done in an account when its member was merged into somebody."""

    def at(self, member: int) -> Account:
        return self.town.at(member_id(member))

    def do(self, member: int, type_: str, **fields: Any) -> Decision:
        """One activity: first asked as a quote asks, with all lots there, which must come to the same as the commit, that
        loads what it needs (LAW1); then done; a refusal writes nothing (I13)."""
        account = self.at(member)
        if account.account_id != member_id(member):
            fields["earner"] = member_id(member)
        activity = account.activity(type_, **fields)
        with_lots = self.ask_with_lots(account, activity)
        before = invariants.stored(account)
        done = self.town_does(account, activity)
        assert told(with_lots) == told(done), "LAW1"
        if done.outcome is not Outcome.ACCEPTED:
            assert invariants.stored(account) == before, "I13"
        invariants.check(account)
        self.check_left()
        return done

    def town_does(self, account: Account, activity: Activity) -> Decision:
        done = account.do(activity)
        self.town.send(activity.activity_id, done)
        for one in self.town.carry():
            assert one.outcome is Outcome.ACCEPTED
        return done

    def ask_with_lots(self, account: Account, activity: Activity) -> Decision:
        under = self.town.compiled if activity.speaks_of is not None else None
        known = account.known(activity, with_lots=True)
        return engine.decide(self.town.compiled, known, activity, now=self.town.now, sale_compiled=under)

    def buy(
        self, member: int, amounts: list[int], units: list[int], pay: int, since: dt.datetime | None = None
    ) -> str | None:
        late = {} if since is None else {"occurred_at": since}
        done = self.do(member, "purchase", **basket(amounts, units, pay), **late)
        if done.outcome is Outcome.ACCEPTED:
            self.sales.append(self.at(member).last())
            lined = sum(points for _, _, points in done.per_line)
            assert lined == sum(done.points.values()), "LAW9"
        return code(done)

    def swap(
        self,
        number: int,
        member: int,
        asked: dict[int, int] | int | None,
        amounts: list[int],
        units: list[int],
        pay: int,
    ) -> str | None:
        sale = self.sales[number]
        done = self.do(member, "purchase", **basket(amounts, units, pay), reverses=reversal(sale, asked))
        if done.outcome is Outcome.ACCEPTED:
            self.sales.append(self.at(member).last())
        invariants.check_sale(self.town, sale)
        return code(done)

    def give_back(self, number: int, member: int, asked: dict[int, int] | int | None) -> str | None:
        done = self.do(member, "return", reverses=reversal(self.sales[number], asked))
        invariants.check_sale(self.town, self.sales[number])
        return code(done)

    def undo(self, number: int, member: int) -> str | None:
        """The last return of a sale never was (L18)."""
        account = self.at(member)
        last = account.last()
        done = self.do(member, "return", reverses=Reversal(activity_id=self.sales[number], undoes=last))
        invariants.check_sale(self.town, self.sales[number])
        return code(done)

    def hold(self, member: int, points: int, ttl: dt.timedelta, number: int) -> str | None:
        said = HoldAction(act="place", currency="points", points=points, ttl_s=int(ttl.total_seconds()))
        done = self.do(member, "hold", hold=said)
        self.holds[number] = self.at(member).last() if done.outcome is Outcome.ACCEPTED else UUID(int=9999)
        return code(done)

    def capture(self, member: int, number: int, points: int | None) -> str | None:
        return code(self.do(member, "hold", hold=HoldAction(act="capture", hold_id=self.held(number), points=points)))

    def void(self, member: int, number: int) -> str | None:
        return code(self.do(member, "hold", hold=HoldAction(act="void", hold_id=self.held(number))))

    def extend(self, member: int, number: int, ttl: dt.timedelta, new: int) -> str | None:
        said = HoldAction(act="extend", hold_id=self.held(number), ttl_s=int(ttl.total_seconds()))
        done = self.do(member, "hold", hold=said)
        self.holds[new] = self.at(member).last() if done.outcome is Outcome.ACCEPTED else UUID(int=9999)
        return code(done)

    def held(self, number: int) -> UUID:
        return self.holds.get(number, UUID(int=9999))

    def adjust(self, member: int, points: int) -> str | None:
        said = Adjustment(currency="points", points=points, reason="goodwill")
        return code(self.do(member, "adjust", adjustment=said))

    def exchange(self, member: int, points: int) -> str | None:
        said = TransferAct(act="exchange", currency="points", points=points, to="miles")
        return code(self.do(member, "transfer", transfer=said))

    def send(self, member: int, to: int, points: int) -> str | None:
        there = self.at(to)
        said = TransferAct(
            act="send", currency="points", points=points, to_member=there.member_id, to_account=there.account_id
        )
        done = self.do(member, "transfer", transfer=said)
        invariants.check_transit(self.town)
        invariants.check(there)
        return code(done)

    def merge(self, member: int, into: int) -> str | None:
        left = self.at(member)
        done = self.town.merge(member_id(member), member_id(into))
        self.left[left.account_id] = len(left.done)
        self.moved(left, self.at(into))
        return code(done)

    def unmerge(self, member: int) -> str | None:
        there = self.at(member)
        done = self.town.unmerge(member_id(member))
        if done.outcome is Outcome.ACCEPTED:
            self.town.homes.pop(member_id(member))
            self.left.pop(member_id(member))
        self.moved(there, self.at(member))
        return code(done)

    def moved(self, *accounts: Account) -> None:
        invariants.check_transit(self.town)
        for account in accounts:
            invariants.check(account)

    def check_left(self) -> None:
        """Nothing is done where somebody left (I14)."""
        assert {one: len(self.town.account(one).done) for one in self.left} == self.left, "I14"

    def tick(self, member: int) -> None:
        """A sweeper looks, and what is seen stays the same (LAW8)."""
        seen = [self.balance(member, name) for name in ("points", "miles")]
        self.do(member, "tick")
        assert [self.balance(member, name) for name in ("points", "miles")] == seen, "LAW8"

    def decide_again(self) -> None:
        """The whole history once more from nothing (LAW11, I8)."""
        kept.decide_again(self.town)
        for account in self.town.accounts.values():
            invariants.check_funders(account)

    def balance(self, member: int, currency: str) -> tuple[int, int, int, int]:
        found = self.town.has(member_id(member), currency)
        return found.active, found.pending, found.held, found.arrears

    def lots(self, member: int, currency: str) -> list[tuple[str, int, int, bool, str]]:
        """As the model tells them; caught up with time as far as the last activity was."""
        return sorted(
            (str(lot.expires_at), lot.remaining, lot.held, lot.pending, lot.funder)
            for lot in self.at(member).lots.values()
            if lot.currency == currency and lot.remaining
        )


def basket(amounts: list[int], units: list[int], pay: int) -> dict[str, Any]:
    """The lines of a purchase, and what of it points are to pay."""
    lines = tuple(
        Line(no=no, amount=amount, quantity=1000 * many)
        for no, (amount, many) in enumerate(zip(amounts, units, strict=True), 1)
    )
    return {"lines": lines, "pay": (PointsPayment(currency="points", points=pay),) if pay else ()}


def reversal(sale: UUID, asked: dict[int, int] | int | None) -> Reversal:
    """Units of lines, money, or all that is left."""
    returned: tuple[ReturnedLine, ...] = ()
    if isinstance(asked, dict):
        returned = tuple(ReturnedLine(no=line + 1, quantity=1000 * units) for line, units in asked.items())
    return Reversal(activity_id=sale, lines=returned, amount=asked if isinstance(asked, int) else None)


def told(done: Decision) -> tuple[Any, ...]:
    """What does not depend on how much was loaded: when time next changes something is exact only where all lots are."""
    return done.outcome, done.refusal, done.points, done.movement.entries, done.movement.lots, done.messages


def code(done: Decision) -> str | None:
    """The refusal's code."""
    return None if done.refusal is None else done.refusal.code
