"""Well-known programs as YAML, and the life of one member under each, with balances worked out by hand.

A step says when (by the clock of the program), what happens (`buy`, `back`, `set`, `choose`, `consent`, `promote`, and those of
ACTS, or only time passing; `stock` comes in before it, and `post` brings codes), and what comes of it: `tier` by ladder, what is `missing` to the next and for `keeping` this one, `gives` by
currency, `has` as active balances, `owes` as arrears, `waits` as pending, `off` as what came off the price by what, `to_pay`, `funds` as what each funder ever granted,
`finds` names the open order of a reward that a rule gave, `codes` as campaigns a code of which was given, `offers` as what the member has and in which state, `not_off` as why what came off nothing, or the code of a refusal. `why` is the working.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from msgspec import structs
from ruamel.yaml import YAML

from regulars.engine import service as engine
from regulars.engine.contracts.activity import (
    Activity,
    ChallengeAct,
    ChoiceMade,
    ConsentSaid,
    Line,
    Payment,
    PointsPayment,
    ReturnedLine,
    Reversal,
    Store,
    TierSet,
)
from regulars.engine.contracts.decision import Decision
from regulars.engine.contracts.gifts import OfferAct, OrderAct, PlanAct, TransferAct
from regulars.engine.contracts.view import View
from regulars.kit import ids, money
from regulars.program import service as programs
from regulars.program.contracts.fields import FieldType
from tests.engine.shop import MEMBER
from tests.programs.baskets import funders
from tests.programs.drawer import Drawer

FOLDER = Path(__file__).parent
STORIES = sorted(path.name.removesuffix(".story.yaml") for path in FOLDER.glob("*.story.yaml"))


def story(name: str) -> list[dict[str, Any]]:
    return list(YAML(typ="safe").load((FOLDER / f"{name}.story.yaml").read_text()))


def text(name: str) -> str:
    file = FOLDER / f"{name}.yaml"
    return file.read_text() if file.exists() else programs.preset(name)


class Life:
    """One member under one program."""

    def __init__(self, program: str) -> None:
        self.till = Drawer(program)
        settings = self.till.program.program
        self.zone = ZoneInfo(settings.zone)
        self.minor = money.decimals(settings.money)
        self.named: dict[str, Any] = {}
        self.before = 0

    def step(self, step: dict[str, Any]) -> Decision | None:
        self.before = len(self.till.done)
        self.till.until(self._moment(step["at"]))
        decision = None
        for reward, count in step.get("stock", {}).items():
            self.till.supply(reward, count)
        if "buy" in step:
            decision = self._buy(step)
        elif "back" in step:
            returned = tuple(self._returned(line) for line in step.get("lines", ()))
            decision = self.till.back(self.named[step["back"]], *returned)
        elif "set" in step:
            decision = self.till.profile(**step["set"])
        elif "do" in step:
            happened = {"occurred_at": self._moment(step["happened"])} if "happened" in step else {}
            decision = self.till.do(self.till.activity(step["do"], fields=self._fields(step), **happened))
        elif "promote" in step:
            given = step["promote"]
            until = dt.date.fromisoformat(given["until"]) if "until" in given else None
            change = TierSet(ladder=given["ladder"], level=given.get("level"), until=until, reason="story")
            decision = self.till.do(self.till.activity("tier", tier=change))
        elif "tap" in step:
            tapped = ChallengeAct(challenge=step["tap"])
            decision = self.till.do(self.till.activity("challenge", challenge=tapped))
        elif "choose" in step:
            decision = self._choose(step)
        elif "consent" in step:
            said = tuple(ConsentSaid(purpose=name, given=given) for name, given in step["consent"].items())
            decision = self.till.do(self.till.activity("consent", consents=said))
        else:
            for name in ACTS.keys() & step.keys():
                decision = self.till.do(ACTS[name](self, step))
        if "as" in step:
            self.named[step["as"]] = self.till.last()
        for name, reward in step.get("finds", {}).items():
            self.named[name] = self._order(reward)
        return decision

    def _order(self, reward: str) -> UUID:
        """The open order of a reward that a rule gave."""
        key = next(key for key, order in self.till.member().rewards.items() if order.reward == reward)
        return ids.from_wire("ord", key)

    def _moment(self, text: str) -> dt.datetime:
        return dt.datetime.fromisoformat(text).replace(tzinfo=self.zone).astimezone(dt.UTC)

    def heard(self) -> set[str]:
        """The events of this step and of the time before it."""
        decisions = [decision for _, decision, _ in list(self.till.done.values())[self.before :]]
        return {event.type for decision in decisions for event in decision.events}

    def look(self) -> View:
        """The member as they see themselves."""
        till = self.till
        return engine.view(till.compiled, till.known(till.activity("tick")), member_id=MEMBER, at=till.now)

    def _fields(self, step: dict[str, Any]) -> dict[str, Any]:
        types = self.till.program.activities[step["do"]].fields
        given = step.get("fields", {})
        return {
            name: dt.date.fromisoformat(value) if types[name].type is FieldType.DATE else value
            for name, value in given.items()
        }

    def whole(self, currency: str, amount: object) -> int:
        """An amount as written, in the smallest unit of a currency of points."""
        return _whole(amount, self.till.program.currencies[currency].scale)

    def _buy(self, step: dict[str, Any]) -> Decision:
        basket = tuple(self._line(no, line) for no, line in enumerate(step["buy"], start=1))
        pay = tuple(
            PointsPayment(currency=name, points=self.whole(name, amount))
            for name, amount in step.get("pay", {}).items()
        )
        payments = tuple(
            Payment(kind=kind, amount=_whole(amount, self.minor)) for kind, amount in step.get("payments", {}).items()
        )
        for name, worth in step.get("post", {}).items():
            self.till.post(name, _whole(worth, self.minor))
        chain = step.get("store")
        store = None if chain is None else Store(id=f"{chain}-1", chain=chain)
        codes = self.till.shown(step.get("shows", ()))
        fields = step.get("fields", {})
        given = {"lines": basket, "pay": pay, "payments": payments, "store": store, "codes": codes, "fields": fields}
        return self.till.do(
            self.till.activity(step.get("type", "purchase"), rewards=tuple(step.get("takes", ())), **given)
        )

    def order(self, step: dict[str, Any]) -> Activity:
        """A reward ordered from the catalogue."""
        return self.till.activity("order", order=OrderAct(act="place", **step["order"]))

    def going(self, step: dict[str, Any]) -> Activity:
        """An order taken further: a step that is done, or cancelled."""
        given = dict(step["going"])
        return self.till.activity("order", order=OrderAct(order_id=self.named[given.pop("order")], **given))

    def plan(self, step: dict[str, Any]) -> Activity:
        """A word of the billing system."""
        given = dict(step["plan"])
        until = dt.date.fromisoformat(given.pop("until")) if "until" in given else None
        return self.till.activity("plan", plan=PlanAct(until=until, **given))

    def offer(self, step: dict[str, Any]) -> Activity:
        """What a member says to an offer."""
        return self.till.activity("offer", offer=OfferAct(**step["offer"]))

    def run(self, step: dict[str, Any]) -> Activity:
        """A run reaches the member."""
        return self.till.activity("run", fields={"rule": step["run"]})

    def deal(self, step: dict[str, Any]) -> Activity:
        """Points exchanged, bought, paid out."""
        given = dict(step["deal"])
        given["points"] = self.whole(given["currency"], given.get("points", 0))
        if "of" in given:
            given["of"] = self.named[given["of"]]
        return self.till.activity("transfer", transfer=TransferAct(**given))

    def undo(self, step: dict[str, Any]) -> Activity:
        """What undoes a sale, or says how much of it is settled."""
        said = step["undo"]
        made = self.till.activity(said["type"], reverses=Reversal(activity_id=self.named[said["of"]]))
        return structs.replace(made, total=_whole(said.get("settled", "0"), self.minor))

    def _choose(self, step: dict[str, Any]) -> Decision:
        ((name, picked),) = step["choose"].items()
        made = ChoiceMade(choice=name, picked=tuple(picked), ahead=step.get("ahead", False))
        return self.till.do(self.till.activity("choice", choice=made))

    def _line(self, no: int, given: dict[str, Any]) -> Line:
        return Line(
            no=no,
            amount=_whole(given["amount"], self.minor),
            quantity=_whole(given.get("quantity", "1"), 3),
            category=given.get("category"),
            brand=given.get("brand"),
            unit=given.get("unit"),
            sku=given.get("sku"),
            kind=given.get("kind", "goods"),
            facts={name: _whole(value, self.minor) for name, value in given.get("facts", {}).items()},
        )

    def _returned(self, given: dict[str, Any]) -> ReturnedLine:
        amount = _whole(given["amount"], self.minor) if "amount" in given else None
        quantity = _whole(given["quantity"], 3) if "quantity" in given else None
        return ReturnedLine(no=given["no"], amount=amount, quantity=quantity)


ACTS: dict[str, Callable[[Life, dict[str, Any]], Activity]] = {
    name: getattr(Life, name) for name in ("order", "going", "plan", "offer", "run", "deal", "undo")
}


def _whole(amount: object, scale: int) -> int:
    exact = Decimal(str(amount)).scaleb(scale)
    assert exact == int(exact)
    return int(exact)


@pytest.mark.parametrize("name", STORIES)
def test_the_program_is_sound(name: str) -> None:
    found = programs.check(text(name))
    assert (found.faults, found.warnings) == ((), ())


@pytest.mark.parametrize("name", STORIES)
def test_the_story_ends_as_worked_out(name: str) -> None:
    steps = story(name)
    assert len(steps) >= 10
    life = Life(text(name))
    for step in steps:
        decision = life.step(step)
        told = (name, step["at"], step.get("why"))
        if "refused" in step:
            assert decision is not None, told
            assert decision.refusal is not None, told
            assert decision.refusal.code == step["refused"], told
        elif decision is not None:
            assert decision.refusal is None, told
            expected = {currency: life.whole(currency, amount) for currency, amount in step.get("gives", {}).items()}
            assert {currency: points for currency, points in decision.points.items() if points} == expected, told
        _stands(life, step, told)
        for currency, amount in step.get("has", {}).items():
            assert life.till.active(currency) == life.whole(currency, amount), (*told, currency)
        for currency, amount in step.get("waits", {}).items():
            assert life.till.has(currency).pending == life.whole(currency, amount), (*told, currency)
        _is_given(life, step, decision, told)
        for currency, amount in step.get("owes", {}).items():
            assert life.till.has(currency).arrears == life.whole(currency, amount), (*told, currency)


def _is_given(life: Life, step: dict[str, Any], decision: Decision | None, told: tuple[Any, ...]) -> None:
    """What a step says of the price, of who pays for points, of codes and offers."""
    if decision is not None and decision.refusal is None:
        off: dict[str, int] = {}
        for one in decision.discounts:
            off[one.source] = off.get(one.source, 0) + one.amount
        assert off == {name: _whole(amount, life.minor) for name, amount in step.get("off", {}).items()}, told
        why = {one.source: one.because for one in decision.not_taken}
        assert step.get("not_off", {}).items() <= why.items(), (*told, why)
        if "to_pay" in step:
            (activity, _, _) = life.till.done[life.till.last()]
            to_pay = activity.total - sum(off.values()) - sum(one.amount for one in decision.paid)
            assert to_pay == _whole(step["to_pay"], life.minor), told
    for currency, wanted in step.get("funds", {}).items():
        granted = {name: sum(points) for name, points in funders(life.till, currency).items()}
        assert granted == {name: life.whole(currency, amount) for name, amount in wanted.items()}, told
    if "codes" in step:
        assert sorted(life.till.given) == step["codes"], told
    if "offers" in step:
        assert {one.name: one.state for one in life.look().offers} == step["offers"], told


def _stands(life: Life, step: dict[str, Any], told: tuple[Any, ...]) -> None:
    """What a step says beside points: events heard or not, segments, badges, challenges, words on the receipt."""
    heard = life.heard()
    assert set(step.get("hears", ())) <= heard, told
    assert not set(step.get("silent", ())) & heard, told
    if step.keys() & {"in", "badges", "sees"}:
        view = life.look()
        assert list(view.segments) == step.get("in", list(view.segments)), told
        assert {one.name: one.times for one in view.badges}.items() >= step.get("badges", {}).items(), told
        assert {one.name: one.progress for one in view.challenges}.items() >= step.get("sees", {}).items(), told
    if step.keys() & {"tier", "missing", "keeping"}:
        tiers = {one.ladder: one for one in life.look().tiers}
        assert {name: tiers[name].level for name in step.get("tier", {})} == step.get("tier", {}), told
        for name, wanted in step.get("missing", {}).items():
            assert {one.measure: _shown(one.missing) for one in tiers[name].missing} == wanted, told
        for name, wanted in step.get("keeping", {}).items():
            assert {one.measure: _shown(one.missing) for one in tiers[name].to_keep} == wanted, told
    for code in step.get("says", ()):
        decision = life.till.done[life.till.last()][1]
        assert code in {message.code for message in decision.messages}, told


def _shown(value: Any) -> Any:
    """A plain value as a story writes it: an amount by its decimals."""
    return str(Decimal(value["amount"]).scaleb(-value["scale"])) if isinstance(value, dict) else value


@pytest.mark.parametrize("name", STORIES)
def test_control_a_story_notices_a_changed_rule(name: str) -> None:
    changed = text(name).replace("    kind: base\n", "    kind: base\n    from: 2099-01-01\n", 1)
    life = Life(changed)
    assert any(_differs(life, step) for step in story(name))


def _differs(life: Life, step: dict[str, Any]) -> bool:
    decision = life.step(step)
    if decision is None:
        return False
    expected = {currency: life.whole(currency, amount) for currency, amount in step.get("gives", {}).items()}
    return {currency: points for currency, points in decision.points.items() if points} != expected
