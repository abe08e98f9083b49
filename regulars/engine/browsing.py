"""The catalogue for one member: who sees what is asked group by group, and only what is shown is worked out whole.

Conditions that many rewards share are asked once; prices that are plain numbers were worked out with the release.
"""

from __future__ import annotations

import datetime as dt
import itertools
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID

from regulars.engine import asking, budgets, caps, counting, deciding, placing, segments, standing
from regulars.engine.compiled import Compiled
from regulars.engine.contracts.catalogue import PriceSeen, RewardSeen, Share
from regulars.engine.contracts.known import Known
from regulars.engine.orders.plans import PricePlan, RewardPlan
from regulars.engine.orders.shelves import Entry, Rank
from regulars.engine.points import passing
from regulars.engine.work import Work
from regulars.program.contracts.rewards import Reward
from regulars.program.contracts.values import Period


def begin(compiled: Compiled, known: Known, member_id: UUID, at: dt.datetime) -> Work:
    """The member as they are, to ask the catalogue for. Raises LotsNeeded."""
    work = deciding.begin(compiled, known, asking.look(known, member_id, at), at)
    passing.catch_up(work.purse)
    work.numbers.move_to(work.today)
    counting.show(work, compiled)
    standing.settle(work, compiled)
    for currency, held in work.purse.standings.items():
        work.scope.member.balances[currency] = held.active
    work.scope.member.segments = segments.find(compiled.segments, work.scope, work.member.statics)
    return work


def page(
    compiled: Compiled, work: Work, *, limit: int, after: Rank | None = None, everything: bool = False
) -> list[RewardSeen]:
    """The next `limit` rewards for a member, best first: what they can have now, the dearest first, then what they are
    nearest to."""
    ranked = compiled.catalogue.ranked(work.scope, work.day, after, everything=everything)
    return [_seen(compiled, work, entry, rank) for rank, entry in itertools.islice(ranked, limit)]


def _seen(compiled: Compiled, work: Work, entry: Entry, rank: Rank) -> RewardSeen:
    definition = entry.definition
    plan = compiled.rewards[entry.name]
    prices = tuple(_price(one, work) for one in plan.prices)
    affordable = any(not one.lacks for one in prices)
    failing = _failing(compiled, work, plan, asked=rank[0] == 2)
    return RewardSeen(
        reward=entry.name,
        title=_words(definition.title),
        text=_words(definition.text),
        type=definition.type,
        affordable=affordable,
        why_not=_why_not(compiled, work, plan, failing, affordable=affordable),
        condition=failing,
        prices=prices,
        variants=definition.variants,
        variant=_variant(work, definition),
        choose=definition.choose,
        bundle=definition.bundle,
        stocked=definition.stock,
        till=bool(plan.type.effects),
        takes=_takes(compiled, work, plan),
        rank=rank,
    )


def _price(price: PricePlan, work: Work) -> PriceSeen:
    points, balances = price.points(work.scope), work.scope.member.balances
    lacks = {name: part - balances.get(name, 0) for name, part in points.items() if balances.get(name, 0) < part}
    return PriceSeen(points=points, money=price.money, lacks=lacks)


def _words(text: Any) -> dict[str, str]:
    return {name: found for name in ("en", "ru", "ro") if (found := getattr(text, name))}


def _variant(work: Work, definition: Reward) -> str | None:
    picked = work.scope.member.attributes.get(definition.variant_of or "")
    return picked if picked in definition.variants else None


def _failing(compiled: Compiled, work: Work, plan: RewardPlan, *, asked: bool) -> str | None:
    """What does not hold for the member: of the reward itself where it is not for them, else of its parts."""
    parts = compiled.rewards.parts(plan)
    return next((text for part in parts[0 if asked else 1 :] if (text := part.failing(work.scope)) is not None), None)


def _why_not(compiled: Compiled, work: Work, plan: RewardPlan, failing: str | None, *, affordable: bool) -> str | None:
    if failing is not None:
        return "reward_not_for_member"
    for part, times in Counter(compiled.rewards.parts(plan)).items():
        for period, most in part.definition.limits.items():
            used = 0 if period is Period.ACTIVITY else caps.used(work.member.used, part.path, period, work.day)
            if used + times > most:
                return "reward_limit_reached"
    return None if affordable else "insufficient_points"


def _takes(compiled: Compiled, work: Work, plan: RewardPlan) -> tuple[tuple[Share, ...], ...]:
    ways = plan.definition.choose or ("",)
    return tuple(tuple(_shares(compiled, work, compiled.rewards.parts(plan, choice))) for choice in ways)


def _shares(compiled: Compiled, work: Work, parts: Sequence[RewardPlan]) -> Iterator[Share]:
    for place, part in enumerate(parts):
        for what, amount in placing.costs(part, 1) if part.path in compiled.budgets else ():
            for key, size in budgets.sizes(compiled, part.path, what, work.day):
                yield Share(key, amount, size, "reward_budget_spent")
        # Its own stock is shown by itself, with its variants.
        stock = placing.stock_key(part, "") if place and not part.definition.variants else None
        if stock is not None:
            yield Share(stock, 1, None, "reward_out_of_stock")
