"""Discounts in a decision: which apply, how they meet, and what they leave to pay.

They are worked out on the prices of the shelf and on numbers without this activity: a price never depends on a number
that it changes (LAW13).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from operator import attrgetter
from typing import Any, Final

from regulars.engine import budgets, counting, earning, segments
from regulars.engine.budget_plans import MONEY, USES
from regulars.engine.compiled import Compiled, TypePlan
from regulars.engine.contracts.activity import Line
from regulars.engine.contracts.decision import Discounted, NotTaken
from regulars.engine.pricing import stacking
from regulars.engine.pricing.plans import Reach
from regulars.engine.pricing.stacking import Table, Wish
from regulars.engine.recording import LeftOut, Prices, TakenOff
from regulars.engine.rules import RulePlan
from regulars.engine.scope import LineScope, Scope
from regulars.engine.state import MemberState
from regulars.engine.work import Work

UNTIL: Final = "_until"
"""Among the facts of a carrier: the first day on which it counts no more."""
REWARDS: Final = "rewards."
ADD_ITEM: Final = "add_item"
CONDITION: Final = "condition"
NO_LINE: Final = "no_line"
WORSE: Final = stacking.WORSE
RATIONED: Final = frozenset({"per_member", "cooldown"})
"""Reasons that only the numbers of the moment know: they are kept, for whoever asks later."""
NEVER: Final = dt.date.max.toordinal()
EXACTLY: Final = frozenset({stacking.NOTHING, WORSE})
"""Reasons that cut nothing off what was taken."""


class Asked:
    """Rules about the price, asked of one basket: what they wish to take off, and why the others wish nothing."""

    __slots__ = ("missing", "pins", "reasons", "taken", "wishes")

    def __init__(self) -> None:
        self.wishes: list[Wish] = []
        self.taken: list[Wish] = []
        """Those that took something off, in the order in which they did."""
        self.reasons: dict[int, str] = {}
        self.missing: list[tuple[RulePlan, int, str]] = []
        """(rule, effect, goods) that would be free if they were in the basket."""
        self.pins: tuple[Any, ...] = ()
        """The values of what they read beyond the activity."""

    @property
    def took(self) -> frozenset[int]:
        """The rules that took something off."""
        return frozenset(wish.rule for wish in self.taken)

    def cuts(self, count: int) -> list[int]:
        """What all took off each line."""
        found = [0] * count
        for wish in self.taken:
            for place, cut in enumerate(wish.cuts):
                found[place] += cut
        return found


def discount(work: Work, compiled: Compiled, plan: TypePlan) -> None:
    """Take all discounts of this basket off its price. Raises QuotasNeeded."""
    s = work.scope
    rules = plan.pricing(s.carried)
    if not rules or not s.basket.lines:
        return
    counting.show(work, compiled)
    s.member.segments = segments.find(compiled.segments, s, work.member.statics)
    as_written = s.basket.lines
    # A cent that is left over goes by the number of the line: the order of lines changes no price (LAW9).
    s.basket.lines = sorted(as_written, key=_NUMBER)
    asked = ask(compiled, plan, rules, s, member=work.member, day=work.day)
    for wish in asked.wishes if compiled.budgets else ():
        if wish.name in compiled.budgets:
            wish.budget = SetAside(work, compiled, wish.name)
    meet(compiled, asked, s)
    _as_written(asked, s.basket.lines, as_written)
    s.basket.lines = as_written
    asked.pins = tuple([read(s) for read in plan.price_pin_readers])
    s.basket.reduce(asked.cuts(len(s.basket.lines)))
    s.took = asked.took
    work.priced = kept(asked)


_NUMBER: Final = attrgetter("no")


def _as_written(asked: Asked, lines: Sequence[LineScope], written: Sequence[LineScope]) -> None:
    """Put the cuts back into the order in which the till sent the lines."""
    if lines == written:
        return
    place = {id(line): number for number, line in enumerate(lines)}
    for wish in asked.taken:
        wish.cuts = [wish.cuts[place[id(line)]] for line in written]


class SetAside:
    """The budget of a rule: how much of it is left, and whether it may be used once more at all."""

    __slots__ = ("_compiled", "_path", "_work")

    def __init__(self, work: Work, compiled: Compiled, path: str) -> None:
        self._work = work
        self._compiled = compiled
        self._path = path

    def allows(self, wanted: int) -> int:
        """How much of it may be taken."""
        entered = self._path in self._work.quotas.entered
        if not entered and not budgets.room(self._work, self._compiled, self._path, USES, 1):
            return 0
        return budgets.room(self._work, self._compiled, self._path, MONEY, wanted)

    def use(self, wanted: int) -> int:
        """Take as much of it as may be taken."""
        if not budgets.once(self._work, self._compiled, self._path):
            return 0
        return budgets.use(self._work, self._compiled, self._path, MONEY, wanted).amount


def ask(
    compiled: Compiled,
    plan: TypePlan,
    rules: Sequence[RulePlan],
    s: Scope,
    *,
    member: MemberState,
    day: dt.date,
) -> Asked:
    """What rules about the price would take off, each for itself. Nothing is changed but which carrier is in scope."""
    asked = Asked()
    won: dict[str, RulePlan | None] = {}
    reach = Reach(s.basket.lines)
    wishes, named = asked.wishes, compiled.stacking.names
    for rule in rules:
        if not rule.ready:
            rule.prepare()
        if rule.carrier is not None:
            s.carrier = s.carried[rule.carrier]
        if rule.simple and rule.schedule is None and rule.segment is None:
            # The same as `fires`, without its calls: offers and vouchers are asked one by one.
            reason, matched = None, None
            if rule.condition is not None and not rule.condition(s):
                asked.reasons[rule.number] = CONDITION
                continue
            if rule.lines is not None:
                matched = rule.lines(s)
                reason = None if True in matched else NO_LINE
        else:
            reason, matched = earning.fires(rule, s, member, compiled.zone, day)
        group = rule.group
        if reason is None and group is not None:
            if group not in won:
                won[group] = earning.winner(plan.price_groups[group], s, member, compiled.zone, day)
            reason = None if won[group] is rule else WORSE
        if reason is None:
            until, bound = _until(rule, s), not rule.path.startswith(REWARDS)
            for place, price in rule.prices:
                definition = price.definition
                wishes.append(
                    Wish(
                        rule.path,
                        rule.number,
                        place,
                        price.worked(s, matched, reach),
                        definition.group if definition.group in named else None,
                        until,
                        (-rule.priority, rule.number, place),
                        definition.at_most,
                        bound,
                    )
                )
        else:
            asked.reasons[rule.number] = reason
        if rule.suggests and reason in {None, NO_LINE}:
            asked.missing += _missing(rule, asked)
    return asked


def _until(rule: RulePlan, s: Scope) -> int:
    until = rule.definition.until if rule.carrier is None else s.carrier.get(UNTIL)
    if until is None:
        return NEVER
    # What is kept with a sale is plain text.
    return (dt.date.fromisoformat(until) if isinstance(until, str) else until).toordinal()


def _missing(rule: RulePlan, asked: Asked) -> list[tuple[RulePlan, int, str]]:
    found = {(wish.rule, wish.effect) for wish in asked.wishes if wish.worked is not None}
    return [
        (rule, place, price.sku)
        for place, price in rule.prices
        if price.sku is not None and (rule.number, place) not in found
    ]


def meet(compiled: Compiled, asked: Asked, s: Scope, *, most: Mapping[tuple[int, int], int] | None = None) -> None:
    """Let all wishes meet over the prices of the shelf. `most` bounds effects, by rule and place."""
    for wish in asked.wishes if most else ():
        bound = (most or {}).get((wish.rule, wish.effect))
        wish.most = wish.most if bound is None else bound
    gross = [line.gross for line in s.basket.lines]
    table = Table(gross, compiled.stacking.bounds(s.basket.lines, gross))
    stacking.run(compiled.stacking.groups, asked.wishes, table)
    asked.taken = table.taken


def kept(asked: Asked) -> Prices:
    """What is kept of it with the sale."""
    add = {(rule.number, place) for rule, place, _ in asked.missing}
    out = [
        LeftOut(wish.rule, wish.effect, wish.reason, wish.instead)
        for wish in asked.wishes
        if not wish.cuts and (wish.rule, wish.effect) not in add
    ]
    out += [LeftOut(number, 0, reason) for number, reason in asked.reasons.items() if reason in RATIONED]
    return Prices(
        taken=tuple(
            [
                TakenOff(
                    wish.rule,
                    wish.effect,
                    sum(wish.cuts),
                    tuple(wish.cuts),
                    "" if wish.reason in EXACTLY else wish.reason,
                )
                for wish in asked.taken
            ]
        ),
        left_out=(*out, *[LeftOut(rule.number, place, ADD_ITEM, sku=sku) for rule, place, sku in asked.missing]),
        pins=asked.pins,
    )


def told(compiled: Compiled, priced: Prices, lines: Sequence[Line]) -> tuple[Discounted, ...]:
    """What was taken off, as the answer says it."""
    return tuple(
        [
            Discounted(
                compiled.rules[one.rule].path,
                one.effect,
                one.amount,
                tuple([(line.no, cut) for line, cut in zip(lines, one.cuts, strict=True) if cut]),
                one.reason or None,
                _funders(compiled.rules[one.rule], one),
            )
            for one in priced.taken
        ]
    )


def _funders(rule: RulePlan, one: TakenOff) -> tuple[tuple[str, int], ...]:
    shares = getattr(rule.definition.effects[one.effect], "funding", ()) or rule.definition.funding
    if not shares:
        return ()
    parts = counting.shared(one.amount, shares)
    return tuple((share.by, part) for share, part in zip(shares, parts, strict=False))


def not_taken(compiled: Compiled, priced: Prices) -> tuple[NotTaken, ...]:
    """What applied and was not taken, and why."""
    rules = compiled.rules
    return tuple(
        [NotTaken(rules[one.rule].path, one.effect, one.reason, one.instead, one.sku) for one in priced.left_out]
    )
