"""Budgets: what may be given away in all. What would pass one is cut to what is left, then nothing more is given.

Several may hold together: the definition's own (or one that it shares with others by name), and that of the partner who
owns it. A budget is counted where it belongs: by period of the activity, by its store or partner where it says so.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from regulars.engine import earning, periods, quotas
from regulars.engine.budget_plans import USES, BudgetPlan
from regulars.engine.compiled import Compiled
from regulars.engine.contracts.activity import Activity
from regulars.engine.contracts.known import CounterKey
from regulars.engine.earning import Firing, Outcome
from regulars.engine.metrics import counters
from regulars.engine.rules import RulePlan
from regulars.engine.work import Work
from regulars.program.contracts.budgets import Slice
from regulars.program.contracts.values import Period

LOW: Final = 10
"""A budget is low once no more than a tenth of it is left."""
NOWHERE: Final = "-"
"""The store or partner of what happens in none: together they have one budget of the same size."""


class Allowed(msgspec.Struct, frozen=True):
    """How much may be given, and by which budget the rest was cut: `offers.come_back.budget`; None: nothing was."""

    amount: int
    by: str | None = None


def room(work: Work, compiled: Compiled, path: str, what: str, wanted: int) -> int:
    """How much of `wanted` the budgets of a definition (`offers.come_back`) still allow: MONEY in minor units, USES in
    times, or a currency in its smallest units. Takes nothing. Raises QuotasNeeded."""
    for plan, size in _holding(compiled, path, what):
        wanted = work.quotas.allows(_key(compiled, plan, what, work.activity, work.day), wanted, size)
    return wanted


def use(work: Work, compiled: Compiled, path: str, what: str, wanted: int) -> Allowed:
    """Take as much of `wanted` as is allowed; what is not is counted as cut. Raises QuotasNeeded."""
    amount, by, short = wanted, None, None
    keys = keys_of(work, compiled, path, what)
    for (plan, size), key in zip(_holding(compiled, path, what), keys, strict=True):
        allowed = work.quotas.allows(key, amount, size)
        if allowed < amount:
            amount, by, short = allowed, f"{plan.name}.budget", key
    for key in keys:
        work.quotas.take(key, amount)
    if short is not None:
        work.quotas.note_cut(short, wanted - amount)
    return Allowed(amount, by)


def give_back(
    work: Work, compiled: Compiled, path: str, what: str, amount: int, *, of: Activity, day: dt.date | None = None
) -> None:
    """Give room back (below 0: take it) for a sale that is returned: to its period, store and partner (L44), or to that
    of a given `day`. `compiled` is the release of the sale."""
    on = periods.local_date(of.occurred_at, compiled.zone) if day is None else day
    for plan, _ in _holding(compiled, path, what):
        work.quotas.take(_key(compiled, plan, what, of, on), -amount)


def once(work: Work, compiled: Compiled, path: str) -> bool:
    """Take one use of a definition the first time that it is asked for in an activity. False: none is left, so it does
    not count at all. Raises QuotasNeeded."""
    entered = work.quotas.entered
    if path not in entered:
        entered[path] = use(work, compiled, path, USES, 1).amount == 1
    return entered[path]


def cut(work: Work, compiled: Compiled, outcome: Outcome) -> dict[str, int]:
    """Cut what rules claim to their budgets, in the order of the rules; the rooms that were short. A rule without a use
    left does nothing at all. Raises QuotasNeeded."""
    rooms: dict[str, int] = {}
    if not compiled.budgets:
        return rooms
    for firing in list(outcome.firings):
        path = path_of(firing.rule)
        if path in compiled.budgets and _has_use(work, compiled, path, firing, rooms):
            _cut_points(work, compiled, path, firing, rooms)
        elif path in compiled.budgets:
            outcome.firings.remove(firing)
    return rooms


def _has_use(work: Work, compiled: Compiled, path: str, firing: Firing, rooms: dict[str, int]) -> bool:
    holding = _holding(compiled, path, USES)
    does = firing.rule.carrier is None or bool(firing.rule.actions) or any(claim.points for claim in firing.claims)
    if holding and not does and path not in work.quotas.entered:
        firing.used = False
    if not holding or not firing.used or once(work, compiled, path):
        return True
    for claim in firing.claims:
        _shorten(firing, claim.currency, 0, f"{holding[0][0].name}.budget", rooms)
    return False


def _cut_points(work: Work, compiled: Compiled, path: str, firing: Firing, rooms: dict[str, int]) -> None:
    for currency in dict.fromkeys(claim.currency for claim in firing.claims):
        mine = [claim for claim in firing.claims if claim.currency == currency]
        allowed = use(work, compiled, path, currency, sum(claim.points for claim in mine))
        if allowed.by is not None:
            _shorten(firing, currency, allowed.amount, allowed.by, rooms)
        keys = keys_of(work, compiled, path, currency)
        for claim in mine:
            claim.budgeted, claim.budgets = claim.points, keys


def _shorten(firing: Firing, currency: str, room: int, by: str, rooms: dict[str, int]) -> None:
    rooms[f"{firing.rule.name}/{currency}/{by}"] = room
    earning.cut_to([claim for claim in firing.claims if claim.currency == currency], room, by)


def settle(work: Work, outcome: Outcome) -> None:
    """Give back what was set aside and then cut by somebody else: a cap of the currency, the largest balance."""
    for claim in outcome.claims:
        for key in claim.budgets if claim.budgeted != claim.points else ():
            work.quotas.take(key, claim.points - claim.budgeted)
        claim.budgeted = claim.points


def cut_again(outcome: Outcome, rooms: Mapping[str, int]) -> None:
    """Cut what is left of a sale to the rooms that it had: what was cut then is not topped up (L44)."""
    for name, left in rooms.items():
        rule, _, rest = name.partition("/")
        currency, _, by = rest.partition("/")
        for firing in outcome.firings if by else ():
            if firing.rule.name == rule:
                earning.cut_to([claim for claim in firing.claims if claim.currency == currency], left, by)


def tell(work: Work, compiled: Compiled) -> None:
    """Tell the world of budgets that this decision leaves low or spent."""
    for key in work.quotas.taken():
        found = compiled.budgeted.get(key.metric)
        if found is None:
            continue
        plan, what = found
        facts = {"budget": plan.name, "what": what, "size": plan.sizes[what], "left": work.quotas.after(key)}
        low = plan.sizes[what] // LOW
        if low and work.quotas.tells(key, low, "low"):
            work.hear("budget.low", **facts, owner=key.owner, period=key.bucket)
        if work.quotas.tells(key, 0, "spent"):
            work.hear("budget.spent", **facts, owner=key.owner, period=key.bucket)


def path_of(rule: RulePlan) -> str:
    """The definition whose rule this is: `rules.visit`, `offers.come_back`."""
    return rule.path


def owner_of(plan: BudgetPlan, compiled: Compiled, activity: Activity) -> str:
    """Who has the budget that an activity takes of: `program`, `store:12`, `partner:linella`."""
    if plan.per is Slice.PROGRAM:
        return quotas.PROGRAM
    return counters.owner_named(plan.per.value, activity) or f"{plan.per.value}:{NOWHERE}"


def bucket_of(period: Period, day: dt.date) -> str:
    """The name of the period around a day."""
    return quotas.EVER if period is Period.EVER else periods.first_day(period, periods.index(period, day)).isoformat()


def keys_of(work: Work, compiled: Compiled, path: str, what: str) -> tuple[CounterKey, ...]:
    """The counters of the budgets that hold for a definition, as this activity takes of them."""
    holding = _holding(compiled, path, what)
    return tuple(_key(compiled, plan, what, work.activity, work.day) for plan, _ in holding)


def sizes(compiled: Compiled, path: str, what: str, day: dt.date) -> list[tuple[CounterKey, int]]:
    """The counters of the budgets that hold for a definition wherever it is given, and how large they are."""
    return [
        (CounterKey(plan.counter(what), quotas.PROGRAM, bucket_of(plan.period, day)), size)
        for plan, size in _holding(compiled, path, what)
        if plan.per is Slice.PROGRAM
    ]


def _key(compiled: Compiled, plan: BudgetPlan, what: str, activity: Activity, day: dt.date) -> CounterKey:
    return CounterKey(plan.counter(what), owner_of(plan, compiled, activity), bucket_of(plan.period, day))


def _holding(compiled: Compiled, path: str, what: str) -> Sequence[tuple[BudgetPlan, int]]:
    return [(plan, plan.sizes[what]) for plan in compiled.budgets.get(path, ()) if what in plan.sizes]
