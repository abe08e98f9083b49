"""Programs with households, and the life of several people under them, with balances worked out by hand.

A step says when (by the clock of the program), who, and what happens: `buy` (with rewards that one `takes`), `back`, `set`, `hold`, `found`, `join`,
`role`, `succeed`, `leave`, `merge`, `unmerge`, `invited` (with the code of whom), or only time passing; and
what comes of it: `gives` by currency, `off` as what came off the price, `has` as active balances of whom, `waits` as their pending points, `badges`, or the code of a refusal. `why` is the working.
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from ruamel.yaml import YAML

from regulars.engine.contracts.activity import HoldAction, Line, PointsPayment
from regulars.engine.contracts.decision import Decision
from regulars.engine.contracts.gifts import ReferralAct
from regulars.program import service as programs
from tests.engine.friends import Friends
from tests.engine.town import Town
from tests.programs.baskets import compiled

FOLDER = Path(__file__).parent
NAMES = {name: UUID(int=number) for number, name in enumerate(("ann", "bob", "cat", "dan"), start=10)}
TEXTS = {"cafe_family": programs.preset("cafe"), "fashion_friends": programs.preset("fashion")}


def story(name: str) -> list[dict[str, Any]]:
    return list(YAML(typ="safe").load((FOLDER / f"{name}.story.town.yaml").read_text()))


class Life:
    """Several people under one program."""

    def __init__(self, text: str) -> None:
        program = compiled(text)
        self.town = Friends(of=program) if program.program.referrals else Town(of=program)
        self.zone = ZoneInfo(self.town.compiled.program.program.zone)
        self.named: dict[str, Any] = {}

    def step(self, step: dict[str, Any]) -> Decision | None:
        self._until(dt.datetime.fromisoformat(step["at"]).replace(tzinfo=self.zone).astimezone(dt.UTC))
        acts = [act for act in STEPS if act in step]
        if not acts:
            return None
        who = NAMES[step["who"]]
        decision: Decision = STEPS[acts[0]](self, who, step)
        if "as" in step:
            self.named[step["as"]] = self.town.at(who).last()
        if isinstance(self.town, Friends) and decision.departure is not None:
            self.town.send(self.town.at(who).last(), decision)
            self.town.carry()
        return decision

    def active(self, name: str, currency: str) -> int:
        return self.town.active(NAMES[name], currency)

    def waits(self, name: str) -> int:
        return self.town.at(NAMES[name]).has("points").pending

    def badges(self, name: str) -> list[str]:
        account = self.town.at(NAMES[name])
        (member,) = (one for one in self.town.state(account.account_id).members if one.id == account.member_id.bytes)
        return sorted(member.badges)

    def _until(self, moment: dt.datetime) -> None:
        for _ in range(1000):
            reviews = [(one.review_at, id) for id, one in self.town.accounts.items() if one.review_at is not None]
            review_at, account_id = min(reviews, default=(None, None))
            if review_at is None or account_id is None or review_at > moment:
                break
            self.town.now = max(self.town.now, review_at)
            account = self.town.accounts[account_id]
            account.member_id = account_id
            account.tick()
        self.town.now = moment

    def buy(self, who: UUID, step: dict[str, Any]) -> Decision:
        basket = tuple(
            Line(
                no=no,
                amount=_whole(line["amount"], 2),
                quantity=_whole(line.get("quantity", "1"), 3),
                category=line.get("category"),
            )
            for no, line in enumerate(step["buy"], start=1)
        )
        pay = tuple(PointsPayment(currency=name, points=points) for name, points in step.get("pay", {}).items())
        return self.town.at(who).buy(lines=basket, pay=pay, rewards=tuple(step.get("takes", ())))

    def back(self, who: UUID, step: dict[str, Any]) -> Decision:
        return self.town.at(who).back(self.named[step["back"]])

    def set(self, who: UUID, step: dict[str, Any]) -> Decision:
        return self.town.at(who).profile(**step["set"])

    def invited(self, who: UUID, step: dict[str, Any]) -> Decision:
        said = ReferralAct(act="joined", referral="friend", code="X", referrer_id=NAMES[step["invited"]])
        account = self.town.at(who)
        return account.do(account.activity("invitation", referral=said))

    def hold(self, who: UUID, step: dict[str, Any]) -> Decision:
        ((currency, points),) = step["hold"].items()
        account = self.town.at(who)
        return account.do(account.activity("hold", hold=HoldAction(act="place", currency=currency, points=points)))

    def found(self, who: UUID, step: dict[str, Any]) -> Decision:
        return self.town.found(who, step["found"])

    def join(self, who: UUID, step: dict[str, Any]) -> Decision:
        of, code = NAMES[step["join"]], step.get("code")
        if code == "known":
            household = self.town.state(self.town.at(of).account_id).household
            assert household is not None
            code = household.code
        return self.town.join(who, of, code=code)

    def role(self, who: UUID, step: dict[str, Any]) -> Decision:
        return self.town.household(who, "role", member_id=NAMES[step["role"]], role=step["to"])

    def succeed(self, who: UUID, step: dict[str, Any]) -> Decision:
        return self.town.household(who, "succeed", member_id=NAMES[step["succeed"]])

    def leave(self, who: UUID, step: dict[str, Any]) -> Decision:
        return self.town.leave(who)

    def merge(self, who: UUID, step: dict[str, Any]) -> Decision:
        return self.town.merge(who, NAMES[step["merge"]])

    def unmerge(self, who: UUID, step: dict[str, Any]) -> Decision:
        return self.town.unmerge(who)


STEPS: dict[str, Any] = {
    name: getattr(Life, name)
    for name in (
        "buy",
        "back",
        "set",
        "hold",
        "found",
        "join",
        "role",
        "succeed",
        "leave",
        "merge",
        "unmerge",
        "invited",
    )
}


def _whole(amount: object, scale: int) -> int:
    exact = Decimal(str(amount)).scaleb(scale)
    assert exact == int(exact)
    return int(exact)


@pytest.mark.parametrize("name", TEXTS)
def test_the_program_is_sound(name: str) -> None:
    found = programs.check(TEXTS[name])
    assert (found.faults, found.warnings) == ((), ())


@pytest.mark.parametrize("name", TEXTS)
def test_the_story_ends_as_worked_out(name: str) -> None:
    steps = story(name)
    assert len(steps) >= 15
    life = Life(TEXTS[name])
    for step in steps:
        decision = life.step(step)
        told = (step["at"], step.get("who"), step.get("why"))
        if "refused" in step:
            assert decision is not None, told
            assert decision.refusal is not None, told
            assert decision.refusal.code == step["refused"], told
        elif decision is not None:
            assert decision.refusal is None, (*told, decision.refusal)
            assert {name: points for name, points in decision.points.items() if points} == step.get("gives", {}), told
            assert sum(one.amount for one in decision.discounts) == _whole(step.get("off", "0"), 2), told
        for who, balances in step.get("has", {}).items():
            for currency, amount in balances.items():
                assert life.active(who, currency) == amount, (*told, who, currency)
        for who, points in step.get("waits", {}).items():
            assert life.waits(who) == points, (*told, who)
        for who, badges in step.get("badges", {}).items():
            assert life.badges(who) == badges, (*told, who)


def test_control_the_story_notices_a_household_that_shares_nothing() -> None:
    life = Life(TEXTS["cafe_family"].replace("pooled: [stamps]", "pooled: []"))
    steps = story("cafe_family")
    joined = next(place for place, step in enumerate(steps) if step.get("code") == "known")
    for step in steps[: joined + 1]:
        life.step(step)
    assert life.active("ann", "stamps") == 2
    assert steps[joined]["has"]["ann"]["stamps"] == 3
