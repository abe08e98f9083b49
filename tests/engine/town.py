"""A small world of several accounts: members with tills of their own, who are merged, taken apart and share households.
What leaves one account is carried to the other, as the room of activities does it.
"""

from __future__ import annotations

import copy
import datetime as dt
from typing import Any
from uuid import UUID

from msgspec.structs import replace

from regulars.engine import service as engine
from regulars.engine import state as states
from regulars.engine.contracts.activity import Activity
from regulars.engine.contracts.decision import Decision, Outcome
from regulars.engine.contracts.households import Departure, HouseholdAct, Moving
from regulars.engine.contracts.known import Known, Sale
from regulars.engine.contracts.points import Balance
from regulars.program.contracts.base import Definition
from tests.engine.shop import Shop

ANN, BOB, CAT, DAN = (UUID(int=number) for number in (0xA, 0xB, 0xC, 0xD))


class Account(Shop):
    """One account of a town."""

    def __init__(self, town: Town, account_id: UUID) -> None:
        # Compiled once for the whole town.
        self.__dict__ = {name: copy.copy(value) for name, value in vars(town.blank).items() if name != "now"}
        self.town = town
        self.account_id = account_id
        self.member_id = account_id
        self.compiled, self.releases = town.compiled, town.releases
        self.count = 1000 * (len(town.accounts) + 1)

    @property
    def now(self) -> dt.datetime:
        return self.town.now

    @now.setter
    def now(self, moment: dt.datetime) -> None:
        pass

    def activity(self, type: str, **fields: Any) -> Activity:
        made = super().activity(type, **fields)
        return replace(made, account_id=self.account_id, member_id=self.member_id)

    def known(self, activity: Activity, *, with_lots: bool = True) -> Known:
        known = super().known(activity, with_lots=with_lots)
        sale = known.sale
        if activity.speaks_of is not None:
            # Somebody who was merged since may have brought something back at either account.
            sale = self.town.sale(activity.speaks_of)
        lots = known.lots
        if lots is not None and sale is not None:
            told = (sale.activity, *(activity for activity, _ in sale.returns))
            for one in dict.fromkeys(one.account_id for one in told if one.account_id != self.account_id):
                there = self.town.accounts[one].lots.values()
                lots = (*lots, *(engine.foreign(lot) for lot in there if lot.lot_id not in self.lots))
        if lots is not None and activity.order is not None:
            others = [one for one in self.town.accounts.values() if one is not self]
            lots = (*lots, *(engine.foreign(lot) for other in others for lot in other.lots.values()))
        return replace(known, account_id=self.account_id, members=(self.member_id,), sale=sale, lots=lots)


class Town:
    """All accounts of a program."""

    def __init__(self, *definitions: Definition, of: Any = None) -> None:
        self.definitions = definitions
        self.now = dt.datetime(2026, 3, 2, 10, tzinfo=dt.UTC)
        self.blank = Shop(*definitions)
        self.compiled = self.blank.compiled if of is None else of
        self.releases = {1: self.compiled}
        self.accounts: dict[UUID, Account] = {}
        self.homes: dict[UUID, tuple[UUID, UUID]] = {}
        self.arrived: dict[UUID, bytes] = {}

    def account(self, account_id: UUID) -> Account:
        if account_id not in self.accounts:
            self.accounts[account_id] = Account(self, account_id)
        return self.accounts[account_id]

    def at(self, member_id: UUID) -> Account:
        """The account that a member's cards lead to, with that member at the till."""
        account_id, there = self.homes.get(member_id, (member_id, member_id))
        found = self.account(account_id)
        found.member_id = there
        return found

    def sale(self, activity_id: UUID) -> Sale | None:
        for account in self.accounts.values():
            if activity_id in account.done:
                sold, decision, number = account.done[activity_id]
                returns = [
                    (there.done[one][0], there.done[one][1].recorded)
                    for there in self.accounts.values()
                    for one in there.sold.get(activity_id, ())
                ]
                returns.sort(key=lambda one: one[0].received_at)
                return Sale(activity=sold, decision=decision.recorded, release=number, returns=tuple(returns))
        return None

    def merge(self, one: UUID, into: UUID) -> Decision:
        """A desk finds that two members are the same person."""
        target = self.at(into)
        moving = Moving(
            act="leave", kind="merge", member_id=one, account_id=target.account_id, into_id=target.member_id
        )
        return self._carry(self.at(one), moving)

    def unmerge(self, one: UUID) -> Decision:
        """They were not."""
        account = self.at(one)
        moving = Moving(
            act="leave",
            kind="unmerge",
            member_id=one,
            account_id=one,
            into_id=account.member_id,
            luggage=self.arrived[one],
        )
        return self._carry(account, moving)

    def found(self, member_id: UUID, household: str) -> Decision:
        return self.household(member_id, "found", household=household)

    def household(self, by: UUID, act: str, **fields: Any) -> Decision:
        account = self.at(by)
        return account.do(account.activity("household", household=HouseholdAct(act=act, **fields)))

    def join(self, member_id: UUID, of: UUID, **fields: Any) -> Decision:
        target = self.at(of).account_id
        return self._carry(
            self.at(member_id), Moving(act="leave", kind="join", member_id=member_id, account_id=target, **fields)
        )

    def leave(self, member_id: UUID, **fields: Any) -> Decision:
        account = self.at(member_id)
        home = member_id if account.account_id != member_id else UUID(int=member_id.int + 1000)
        return self._carry(account, Moving(act="leave", kind="leave", member_id=member_id, account_id=home, **fields))

    def set_out(self, one: UUID, into: UUID) -> tuple[Departure, Account]:
        """The first half of a merge alone."""
        account, target = self.at(one), self.at(into)
        moving = Moving(
            act="leave", kind="merge", member_id=one, account_id=target.account_id, into_id=target.member_id
        )
        departure = account.do(account.activity("moved_out", moving=moving)).departure
        assert departure is not None
        return departure, account

    def _carry(self, account: Account, moving: Moving) -> Decision:
        left = account.do(account.activity("moved_out", moving=moving))
        if left.outcome is not Outcome.ACCEPTED:
            return left
        assert left.departure is not None
        return self.reach(left.departure, account)

    def reach(self, departure: Departure, account: Account) -> Decision:
        """The second half of a move, there or, if it is refused there, at home."""
        arrived = self._arrive(departure, account, home=False)
        if arrived.outcome is not Outcome.ACCEPTED:
            self._arrive(departure, account, home=True)
            return arrived
        if departure.kind == "merge":
            self.arrived[departure.member_id] = departure.luggage
        self._lead(departure)
        return arrived

    def _arrive(self, departure: Departure, left: Account, *, home: bool) -> Decision:
        account = left if home else self.account(departure.account_id)
        account.member_id = departure.member_id if home else departure.to_id
        moving = Moving(
            act="arrive",
            kind=departure.kind,
            member_id=departure.member_id,
            account_id=left.account_id,
            into_id=departure.to_id,
            home=home,
            role=departure.role,
            code=departure.code,
            luggage=departure.luggage,
        )
        return account.do(account.activity("moved_in", moving=moving))

    def _lead(self, departure: Departure) -> None:
        place = (departure.account_id, departure.to_id)
        for member_id, (_, there) in list(self.homes.items()):
            if there == departure.member_id:
                self.homes[member_id] = place
        self.homes[departure.member_id] = place

    def has(self, member_id: UUID, currency: str = "points") -> Balance:
        """What a member sees of a currency."""
        account = self.at(member_id)
        view = engine.view(
            self.compiled, account.known(account.activity("tick")), member_id=account.member_id, at=self.now
        )
        return next((one for one in view.balances if one.currency == currency), Balance(currency=currency))

    def active(self, member_id: UUID, currency: str = "points") -> int:
        return self.has(member_id, currency).active

    def metric(self, member_id: UUID, name: str) -> object:
        account = self.at(member_id)
        known = account.known(account.activity("tick"))
        return engine.view(self.compiled, known, member_id=account.member_id, at=self.now).metrics[name]

    def state(self, account_id: UUID) -> states.AccountState:
        return states.decode(self.accounts[account_id].state)
