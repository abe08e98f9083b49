"""What a return does to a price: each unit comes back at what was paid for it, and, where a discount says so, what is
left is priced anew as if only it had been bought (L78).

What that makes dearer is withheld of the refund: never more than the discounts that are lost, and never more than came
back, so that no return costs anything. A later return counts it again: all back is all refunded.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Protocol

from msgspec.structs import replace

from regulars.engine import budgets, discounting, lines, pinning, remaining
from regulars.engine.budget_plans import MONEY
from regulars.engine.compiled import Compiled, TypePlan
from regulars.engine.contracts.activity import Activity
from regulars.engine.recording import Prices, Recorded, TakenOff
from regulars.engine.remaining import Back, Left
from regulars.engine.rules import RulePlan
from regulars.engine.scope import LineScope, Scope
from regulars.engine.state import MemberState
from regulars.engine.work import Work
from regulars.kit.money import spread
from regulars.program.contracts.effects import Points, Priced
from regulars.program.contracts.values import Rollback


class Sold(Protocol):
    """A sale that is judged: at the prices of the shelf, at those that were paid, and what was recorded of it."""

    @property
    def compiled(self) -> Compiled: ...
    @property
    def plan(self) -> TypePlan: ...
    @property
    def shelf(self) -> Activity: ...
    @property
    def sale(self) -> Activity: ...
    @property
    def recorded(self) -> Recorded: ...
    @property
    def sale_day(self) -> dt.date: ...


NOBODY = MemberState(id=b"", joined_day=0, enrolled_ms=0)
"""How often a rule fired was decided with the sale; it is not asked again."""


def net(sale: Activity, priced: Prices | None) -> Activity:
    """A sale with its lines at what they cost after discounts."""
    if priced is None or not priced.taken:
        return sale
    off = _off(priced, len(sale.lines))
    made = tuple(
        replace(line, amount=line.amount - cut) if cut else line for line, cut in zip(sale.lines, off, strict=True)
    )
    return replace(sale, lines=made, total=sum(line.amount for line in made))


def _off(priced: Prices, count: int) -> list[int]:
    off = [0] * count
    for one in priced.taken:
        for place, cut in enumerate(one.cuts):
            off[place] += cut
    return off


def _still(one: Left, priced: Prices) -> list[int]:
    """What each discount still takes off the units that are left of a line."""
    cuts = [taken.cuts[one.place] for taken in priced.taken]
    paid = one.line.amount
    return spread(one.share(paid + sum(cuts)) - one.share(paid), cuts) if any(cuts) else cuts


def show(scope: Scope, there: Sequence[Left], priced: Prices | None) -> None:
    """Let the lines that are left say what they cost on the shelf."""
    if priced is None or not priced.taken:
        return
    basket = scope.basket
    for one, line in zip(there, basket.lines, strict=True):
        line.gross = one.amount + sum(_still(one, priced))
    basket.gross = sum(line.gross for line in basket.lines)


def charge(rest: Sequence[Left], priced: Prices | None, withheld: int) -> None:
    """Spread what is withheld over the lines that are left, by the discount that they still have."""
    if priced is None:
        return
    there = [one for one in rest if one.is_there]
    still = [sum(_still(one, priced)) for one in there]
    if any(still):
        for one, more in zip(there, spread(min(withheld, sum(still)), still), strict=True):
            one.more = more


def took(compiled: Compiled, plan: TypePlan, scope: Scope, priced: Prices | None, *, day: dt.date) -> frozenset[int]:
    """The rules whose discount was taken and that would still fire for what is left: they give their points too."""
    if priced is None or not priced.taken:
        return frozenset()
    rules = [compiled.rules[number] for number in dict.fromkeys(one.rule for one in priced.taken)]
    if not any(isinstance(effect, Points) for rule in rules for effect in rule.definition.effects):
        return frozenset()
    then = pinning.as_then(compiled, scope, plan.price_pins, priced.pins, day=day)
    reasons = discounting.ask(compiled, plan, rules, then, member=NOBODY, day=day).reasons
    return frozenset(rule.number for rule in rules if rule.number not in reasons)


def withheld(judge: Sold, before: Back, back: Back, *, undoes: bool = False) -> int:
    """What of the worth of a return is not refunded, since a discount was lost with it; below 0: what was withheld
    before and is refunded now. A return that is undone leaves what the others would have left without it.
    """
    priced = judge.recorded.priced
    if priced is None or not any(_recalculates(judge.compiled, one) for one in priced.taken):
        return 0
    after = remaining.total((before, back))
    if undoes:
        return _lost(judge, priced, after) - before.withheld
    worth = _sum(remaining.left(judge.sale, before)) - _sum(remaining.left(judge.sale, after))
    return min(_lost(judge, priced, after), before.withheld + worth) - before.withheld


def _sum(rest: Sequence[Left]) -> int:
    return sum(one.amount for one in rest)


def _recalculates(compiled: Compiled, one: TakenOff) -> bool:
    effect = compiled.rules[one.rule].definition.effects[one.effect]
    return isinstance(effect, Priced) and effect.rollback is Rollback.RECALCULATE


def _lost(judge: Sold, priced: Prices, back: Back) -> int:
    """What the units that are left cost more by themselves: at most the discounts on them that may be lost."""
    units = Back(tuple((place, quantity, 0) for place, quantity, _ in back.lines))
    rest = remaining.left(judge.sale, units)
    there = [one for one in rest if one.quantity > 0]
    if not there:
        return 0
    recalculated = [_recalculates(judge.compiled, taken) for taken in priced.taken]
    may_be_lost = sum(cut for one in there for cut, may in zip(_still(one, priced), recalculated, strict=True) if may)
    return min(max(_anew(judge, priced, units) - _sum(rest), 0), may_be_lost)


def _anew(judge: Sold, priced: Prices, units: Back) -> int:
    """What is left by itself costs so much, under the release and the values of the sale."""
    compiled, plan, sale = judge.compiled, judge.plan, judge.shelf
    there = sorted((one for one in remaining.left(sale, units) if one.quantity > 0), key=lambda one: one.line.no)
    activity = replace(sale, lines=tuple(one.now() for one in there), total=_sum(there))
    scope = Scope(
        activity,
        lines=[LineScope.of(line) for line in activity.lines],
        member=pinning.member(
            compiled,
            plan.price_pins,
            priced.pins,
            member_id=sale.member_id,
            at=sale.occurred_at,
            day=judge.sale_day,
        ),
        zone=compiled.zone,
        money=compiled.money,
    )
    pinning.show_others(scope, plan.price_pins, priced.pins)
    scope.carried = judge.recorded.carried
    lines.find_groups(scope, compiled.groups)
    amounts = {(one.rule, one.effect): one.amount for one in priced.taken}
    rules = [rule for rule in plan.pricing(scope.carried) if _may(judge, rule, amounts)]
    asked = discounting.ask(compiled, plan, rules, scope, member=NOBODY, day=judge.sale_day)
    limited = {key: most for key, most in amounts.items() if _is_limited(compiled, compiled.rules[key[0]])}
    discounting.meet(compiled, asked, scope, most=limited)
    return scope.basket.gross - sum(asked.cuts(len(there)))


def _may(judge: Sold, rule: RulePlan, taken: dict[tuple[int, int], int]) -> bool:
    """Whether a rule is asked again. A voucher that was not used then is not used now, nor is a budget, nor a rule that
    had fired often enough.
    """
    was_taken = any(number == rule.number for number, _ in taken)
    scarce = rule.carrier is not None or rule.is_rationed or _is_limited(judge.compiled, rule)
    return was_taken or not scarce


def _is_limited(compiled: Compiled, rule: RulePlan) -> bool:
    return budgets.path_of(rule) in compiled.budgets


def give_back(work: Work, judge: Sold, before: Back, after: Back) -> None:
    """Note what discounts cost less, now that only so much is left, and give it back to their budgets."""
    priced, compiled = judge.recorded.priced, judge.compiled
    if priced is None or not priced.taken:
        return
    was, now = _cost(judge, priced, before), _cost(judge, priced, after)
    for one, less in zip(priced.taken, [a - b for a, b in zip(was, now, strict=True)], strict=True):
        rule = compiled.rules[one.rule]
        if less:
            work.undiscounted.append((rule.name, one.effect, less))
        if less and _is_limited(compiled, rule):
            budgets.give_back(work, compiled, budgets.path_of(rule), MONEY, less, of=judge.shelf)


def _cost(judge: Sold, priced: Prices, back: Back) -> list[int]:
    """What each discount still costs: its share of the units that are left, less what of it is withheld."""
    there = [one for one in remaining.left(judge.sale, back) if one.quantity > 0]
    still = [_still(one, priced) for one in there]
    cost = [sum(cuts) for cuts in zip(*still, strict=True)] if still else [0] * len(priced.taken)
    losing = [c if _recalculates(judge.compiled, taken) else 0 for c, taken in zip(cost, priced.taken, strict=True)]
    if back.withheld <= 0 or not any(losing):
        return cost
    gone = spread(min(back.withheld, sum(losing)), losing)
    return [c - less for c, less in zip(cost, gone, strict=True)]
