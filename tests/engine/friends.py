"""A town whose members bring each other and pass points on: what one account has for another is carried there as the
room of activities does it.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

import msgspec
from msgspec.structs import replace

from regulars.engine import service as engine
from regulars.engine.contracts.activity import Reversal
from regulars.engine.contracts.decision import Decision, Outcome, Refusal
from regulars.engine.contracts.gifts import ReferralAct, TransferAct
from regulars.engine.contracts.households import Departure
from regulars.engine.contracts.known import CounterKey
from tests.engine.town import Account, Town

_word = msgspec.msgpack.Decoder(ReferralAct).decode


class Friends(Town):
    """All accounts, one set of counters, and what is on its way between them."""

    def __init__(self, *definitions: Any, **options: Any) -> None:
        super().__init__(*definitions, **options)
        self.under_way: list[tuple[UUID, Departure]] = []
        self.heard: dict[UUID, UUID] = {}
        """By the activity that sent word, the one by which it arrived."""
        self.shared: dict[tuple[CounterKey, str], int] = {}

    def account(self, account_id: UUID) -> Account:
        found = super().account(account_id)
        # Counters are nobody's own: who used a device is the same for all.
        found.counters = self.shared
        return found

    def invited(self, friend: UUID, by: UUID | None, **fields: Any) -> Decision:
        """Somebody new gives the code of somebody else."""
        said = ReferralAct(act="joined", referral=fields.pop("referral", "friend"), code="X", referrer_id=by)
        return self.do(friend, "invitation", referral=said, **fields)

    def do(self, member_id: UUID, type: str, **fields: Any) -> Decision:
        account = self.at(member_id)
        done = account.do(account.activity(type, **fields))
        if done.outcome is Outcome.ACCEPTED:
            self.send(account.last(), done)
        return done

    def buy(self, member_id: UUID, *amounts: int, **fields: Any) -> Decision:
        account = self.at(member_id)
        done = account.buy(*amounts, **fields)
        self.send(account.last(), done)
        return done

    def back(self, member_id: UUID, sale: UUID, *returned: Any, **fields: Any) -> Decision:
        account = self.at(member_id)
        done = account.back(sale, *returned, **fields)
        self.send(account.last(), done)
        return done

    def merge(self, one: UUID, into: UUID) -> Decision:
        done = super().merge(one, into)
        self.send(self.at(into).last(), done)
        return done

    def send(self, activity_id: UUID, done: Decision) -> None:
        if done.outcome is Outcome.ACCEPTED and done.departure is not None:
            self.under_way.append((activity_id, done.departure))

    def carry(self) -> list[Decision]:
        """Bring everything that is under way to where it belongs, and what comes of it; in the order it was sent."""
        done = []
        while self.under_way:
            activity_id, departure = self.under_way.pop(0)
            done.append(self.arrive(activity_id, departure))
        return done

    def arrive(self, activity_id: UUID, departure: Departure) -> Decision:
        if departure.kind == engine.SEND:
            return self._points(activity_id, departure)
        said = _word(departure.luggage)
        account = self.at(departure.to_id)
        fields: dict[str, Any] = {}
        if said.of is not None:
            given = self.heard[said.of]
            said = replace(said, of=given)
            fields["reverses"] = Reversal(activity_id=given)
        done = account.do(account.activity(engine.WORD_TYPES[said.act], referral=said, **fields))
        self.heard[activity_id] = account.last()
        self.send(account.last(), done)
        return done

    def pass_on(self, member_id: UUID, to: UUID, points: int, **fields: Any) -> Decision:
        """Somebody sends points; they arrive, or come home, with `carry`."""
        there = self.at(to)
        act = TransferAct(
            act="send",
            currency=fields.pop("currency", "points"),
            points=points,
            to_member=there.member_id,
            to_account=there.account_id,
        )
        return self.do(member_id, "transfer", transfer=act, **fields)

    def _points(self, activity_id: UUID, departure: Departure) -> Decision:
        sent = engine.sent(departure.luggage)
        account = self.at(departure.to_id)
        given: dict[str, Any] = {"currency": sent.currency, "points": sent.points, "luggage": departure.luggage}
        act = TransferAct(act="receive", from_member=departure.member_id, **given)
        done = account.do(account.activity("transfer", transfer=act))
        if done.outcome is not Outcome.ACCEPTED:
            self.home(activity_id, departure, done.refusal)
        return done

    def home(self, activity_id: UUID, departure: Departure, refused: Refusal | None = None) -> Decision:
        """What was sent comes back."""
        sent = engine.sent(departure.luggage)
        account = self.at(departure.member_id)
        given: dict[str, Any] = {"currency": sent.currency, "points": sent.points, "luggage": departure.luggage}
        return account.do(
            account.activity("transfer", transfer=TransferAct(act="home", of=activity_id, reason="", **given))
        )
