"""Budgets and stock as people read them: what the release in force says, and what was counted since."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Final

import msgspec

from regulars.activities import service as activities
from regulars.engine import service as engine
from regulars.engine.contracts.known import CounterKey
from regulars.kit.errors import NotFound
from regulars.program.contracts.workflow import NotYours

if TYPE_CHECKING:
    from collections.abc import Mapping

    from regulars.activities.service import Runtime, Tally
    from regulars.engine.service import BudgetPlan, Compiled
    from regulars.kit.database import Transaction

PARTS: Final = 100


class PartOut(msgspec.Struct, frozen=True, kw_only=True):
    """A budget in one period (its first day, or `ever`) for one owner: `program`, `store:17`, `partner:linella`."""

    owner: str
    period: str
    used: int
    left: int
    cut: int
    low: bool


class BudgetOut(msgspec.Struct, frozen=True, kw_only=True):
    """What a budget counts of one thing: money, uses or a currency; `of` are the definitions that it holds for."""

    budget: str
    of: tuple[str, ...]
    what: str
    size: int
    per: str
    period: str
    used: int
    left: int | None
    cut: int
    parts: tuple[PartOut, ...]


class StockOut(msgspec.Struct, frozen=True, kw_only=True):
    """How much there is of a reward, and what of it is ordered."""

    reward: str
    variant: str | None
    supplied: int
    used: int
    left: int


async def in_force(runtime: Runtime, program_id: int) -> Compiled:
    """The release in force. Raises NothingPublished."""
    await runtime.programs.ready(program_id)
    return runtime.programs.current(program_id)


async def shown(
    tx: Transaction, compiled: Compiled, *, now: dt.datetime, partner: str | None = None
) -> list[BudgetOut]:
    """All budgets by name, with what they have left now; for a `partner` only theirs."""
    holds: dict[str, list[str]] = {}
    for path, plans in compiled.budgets.items():
        for plan in plans:
            holds.setdefault(plan.name, []).append(path)
    tallies = await activities.tallies(tx, program_id=compiled.release.program_id, counters=list(compiled.budgeted))
    parts: dict[str, dict[CounterKey, Tally]] = {}
    for key, tally in tallies.items():
        parts.setdefault(key.metric, {})[key] = tally
    return [
        _budget(compiled, plan, what, tuple(holds[plan.name]), parts.get(name, {}), now)
        for name, (plan, what) in sorted(compiled.budgeted.items())
        if partner is None
        or plan.name == f"partners.{partner}"
        or all(_owner(compiled, path) == partner for path in holds[plan.name])
    ]


def _owner(compiled: Compiled, path: str) -> str | None:
    kind, _, name = path.partition(".")
    owner: str | None = getattr(compiled.program, kind)[name].owner
    return owner


def _budget(
    compiled: Compiled,
    plan: BudgetPlan,
    what: str,
    of: tuple[str, ...],
    found: Mapping[CounterKey, Tally],
    now: dt.datetime,
) -> BudgetOut:
    size, running = plan.sizes[what], engine.budget_period(compiled, plan.period, now)
    current = [tally for key, tally in found.items() if key.bucket == running]
    used = sum(tally.used for tally in current)
    shared = plan.per.value == engine.QUOTA_OF_ALL
    latest = sorted(found.items(), key=lambda one: (one[0].bucket, one[1].used), reverse=True)[:PARTS]
    return BudgetOut(
        budget=plan.name,
        of=of,
        what=what,
        size=size,
        per=plan.per.value,
        period=plan.period.value,
        used=used,
        left=max(size - used, 0) if shared else None,
        cut=sum(tally.cut for tally in current),
        parts=tuple(_part(key, tally, size) for key, tally in latest),
    )


def _part(key: CounterKey, tally: Tally, size: int) -> PartOut:
    left = max(size - tally.used, 0)
    low = left * engine.BUDGET_LOW <= size
    return PartOut(owner=key.owner, period=key.bucket, used=tally.used, left=left, cut=tally.cut, low=low)


async def stocks(tx: Transaction, compiled: Compiled, *, partner: str | None = None) -> list[StockOut]:
    """All rewards of which there is only so much; for a `partner` only theirs."""
    places = [
        (name, variant, f"stock:{name}/{variant}" if variant else f"stock:{name}")
        for name, reward in sorted(compiled.program.rewards.items())
        if reward.stock and (partner is None or reward.owner == partner)
        for variant in (reward.variants or (None,))
    ]
    tallies = await activities.tallies(
        tx, program_id=compiled.release.program_id, counters=[counter for *_, counter in places]
    )
    return [stock(name, variant, tallies.get(_whole(counter), _NOTHING)) for name, variant, counter in places]


def stock(reward: str, variant: str | None, tally: Tally) -> StockOut:
    """One reward or variant as it is shown."""
    left = max(tally.supplied - tally.used, 0)
    return StockOut(reward=reward, variant=variant, supplied=tally.supplied, used=tally.used, left=left)


def stock_key(compiled: Compiled, reward: str, variant: str | None, *, partner: str | None = None) -> CounterKey:
    """The counter of the stock of a reward, or of one of its variants; for a `partner` only of theirs. Raises
    NotFound, NotYours."""
    plan = compiled.rewards.get(reward)
    if partner is not None and plan is not None and plan.definition.owner != partner:
        raise NotYours(partner=partner, path=f"rewards.{reward}")
    variants = () if plan is None else plan.definition.variants
    counter = None if plan is None else plan.stock_of(variant or "")
    # Of a reward with variants each is counted by itself.
    if counter is None or (variant is None) != (not variants) or (variant is not None and variant not in variants):
        raise NotFound(kind="stock", id=(reward if variant is None else f"{reward}/{variant}")[:120])
    return _whole(counter)


def _whole(counter: str) -> CounterKey:
    return CounterKey(counter, engine.QUOTA_OF_ALL, engine.QUOTA_EVER)


_NOTHING: Final = activities.Tally()
