"""How much of a basket points may pay, and what they are worth."""

from __future__ import annotations

import datetime as dt

import msgspec

from regulars.engine.points.purse import Purse
from regulars.program.contracts.definitions import Currency


class Payable(msgspec.Struct, frozen=True):
    """So many points pay so much: `points` in smallest units, `amount` in minor units."""

    points: int = 0
    amount: int = 0


def worth(policy: Currency, points: int, *, money_scale: int) -> int:
    """What `points` (smallest units) pay, in minor units, rounded down; 0 for a currency that pays nothing."""
    if policy.value is None:
        return 0
    minor: int = 10**money_scale
    units: int = 10**policy.scale
    return points * policy.value.n * minor // (policy.value.d * units)


def most_payable(
    purse: Purse,
    currency: str,
    amount: int,
    *,
    total: int | None = None,
    wanted: int | None = None,
    available: int | None = None,
) -> Payable:
    """The most points that pay for `amount` minor units (what of the basket may be paid with them): whole steps,
    never more than apply (L41, L42).

    The largest share counts from the basket's `total` (none: `amount`); `wanted` is the most that the member wants to
    use, `available` what there is of them (none: what the account has). Less than the least that the currency asks for
    is nothing.
    """
    policy = purse.policies[currency]
    if policy.value is None or policy.value.n <= 0:
        return Payable()
    units: int = 10**policy.scale
    minor: int = 10**purse.money_scale
    share = policy.spend.largest_share
    limit = min(amount, (amount if total is None else total) * share.n // share.d)
    step = step_of(policy)
    there = purse.available(currency) if available is None else available
    points = min(limit * policy.value.d * units // (policy.value.n * minor), there)
    if wanted is not None:
        points = min(points, wanted)
    points -= points % step
    paid = worth(policy, points, money_scale=purse.money_scale)
    # Where a point is worth less than the smallest coin, the last ones of them may pay nothing: they stay with the
    # member.
    needed = -(-paid * policy.value.d * units // (policy.value.n * minor))
    points = min(points, -(-needed // step) * step)
    return Payable() if points < policy.spend.least or points <= 0 else Payable(points, paid)


def step_of(policy: Currency) -> int:
    """The step in which a currency is spent, in smallest units."""
    return max(policy.spend.step, 1)


def expiring(purse: Purse, currency: str, n: int = 3) -> tuple[tuple[dt.datetime, int], ...]:
    """The next `n` moments at which points of a currency end, and how many; no more than is active."""
    standing = purse.standing(currency)
    if standing.idle_at is not None and standing.active > 0:
        return ((standing.idle_at, standing.active),)
    return tuple(purse.schedule(currency)[:n])
