"""A town that keeps all that was decided in it, in one order, so that it can be decided again from nothing (LAW11), and
told from its entries alone as it was shown then (I8)."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from typing import Any
from uuid import UUID

import msgspec

from regulars.engine.contracts.activity import Activity
from regulars.engine.contracts.decision import Decision
from regulars.engine.contracts.points import Book
from tests.engine.friends import Friends
from tests.engine.town import Account
from tests.laws import invariants


class Step(msgspec.Struct, frozen=True):
    """What happened at a moment, and what was decided."""

    at: dt.datetime
    activity: Activity
    decision: Decision


class KeptAccount(Account):
    """An account whose steps its town keeps."""

    town: Kept

    def _write(self, activity: Activity, decision: Decision) -> None:
        super()._write(activity, decision)
        self.town.history.append(Step(self.now, activity, decision))


class Kept(Friends):
    """A town with a memory."""

    def __init__(self, *definitions: Any, **options: Any) -> None:
        super().__init__(*definitions, **options)
        self.history: list[Step] = []

    def account(self, account_id: UUID) -> Account:
        if account_id not in self.accounts:
            self.accounts[account_id] = KeptAccount(self, account_id)
        return super().account(account_id)


def decide_again(town: Kept) -> None:
    """All that was accepted comes to the same once more, decision by decision, and leaves the same (LAW11); and what
    was shown after each step is what the entries up to it say (I8)."""
    fresh = Kept(of=town.compiled)
    for step in town.history:
        fresh.now = step.at
        account = fresh.account(step.activity.account_id)
        account.member_id = step.activity.member_id
        assert account.do(step.activity) == step.decision, "LAW11"
    for account_id, account in town.accounts.items():
        assert invariants.stored(fresh.account(account_id)) == invariants.stored(account), "LAW11"
        check_statements(account)


def check_statements(account: Account) -> None:
    """After each activity the entries up to it add up to the balances that were written with it (I8)."""
    sums: dict[tuple[str, Book], int] = defaultdict(int)
    for _, decision, _ in account.done.values():
        for entry in decision.movement.entries:
            sums[entry.currency, entry.from_] -= entry.amount
            sums[entry.currency, entry.to] += entry.amount
        for balance in decision.movement.balances:
            told = [balance.active, balance.pending, balance.held, -balance.arrears]
            assert [sums[balance.currency, book] for book in invariants.MINE] == told, "I8"
