"""Earning: funders, caps of the balance, waiting times, and debts paid first."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from math import lcm
from typing import Final

import msgspec

from regulars.engine.contracts.points import Book, EntryKind
from regulars.engine.points import calendar
from regulars.engine.points.credit import cost_minor, credit, enlarge, repay
from regulars.engine.points.passing import mature
from regulars.engine.points.purse import HOUSE, Dates, Purse
from regulars.kit.money import spread
from regulars.program.contracts.definitions import Currency, Expiry, Pending, RoundUp
from regulars.program.contracts.values import Ratio, Share, Span

_FREE: Final = Ratio(0)
_BY_HOUSE: Final = (Share(HOUSE, Ratio(1)),)


class Earned(msgspec.Struct, frozen=True):
    """What became of earned points: `active` after `repaid` went to arrears, `pending`, `expired` before they arrived
    (L32), and `cut` by the largest balance."""

    active: int = 0
    pending: int = 0
    repaid: int = 0
    expired: int = 0
    cut: int = 0


def earn(
    purse: Purse,
    currency: str,
    points: int,
    *,
    rule: str | None = None,
    line: int | None = None,
    funding: Sequence[Share] = (),
    expires: Span | Expiry | None = None,
    pending: Span | Pending | None = None,
    waits: bool = False,
    cost: Ratio | None = None,
) -> Earned:
    """Earns `points` (> 0, smallest units), dated by `occurred_at`. `expires` and `pending` override the currency's
    policies; `waits` leaves them pending without a date, until a person says yes; `cost` overrides what a whole unit
    costs each funder.

    Needs lots only where a lot made now is already due and others are, too. Raises LotsNeeded.
    """
    policy = purse.policies[currency]
    dates = _dates(purse, policy, expires=expires, pending=pending, waits=waits)
    at_once = dates.active_at is not None and dates.active_at <= purse.occurred_at
    allowed = _within_largest_balance(purse, policy, points, at_once=at_once)
    if allowed == 0:
        return Earned(cut=points)
    standing = purse.standing(currency)
    owed, waiting = standing.arrears, standing.pending
    for share, part in zip(funding or _BY_HOUSE, _shares(allowed, funding), strict=True):
        if part:
            _grant(purse, policy, part, dates=dates, funder=share.by, cost=cost, rule=rule, line=line)
    over = dates.expires_at is not None and dates.expires_at <= purse.now
    if over or (not at_once and dates.active_at is not None and dates.active_at <= purse.now):
        mature(purse, currency)
    elif at_once:
        repay(purse, currency, at=purse.now)
    repaid, waits_now = owed - standing.arrears, standing.pending - waiting
    expired = allowed - repaid if over else 0
    return Earned(
        active=allowed - waits_now - repaid - expired,
        pending=waits_now,
        repaid=repaid,
        expired=expired,
        cut=points - allowed,
    )


def _dates(
    purse: Purse, policy: Currency, *, expires: Span | Expiry | None, pending: Span | Pending | None, waits: bool
) -> Dates:
    # Most rules of a decision earn with the same dates.
    key = (policy.name, purse.occurred_at, expires, pending, waits)
    found = purse.dates.get(key)
    if found is None:
        since = purse.occurred_at
        found = dates_of(purse, policy, since=since, expires=expires, pending=pending, waits=waits)
        purse.dates[key] = found
    return found


def dates_of(
    purse: Purse,
    policy: Currency,
    *,
    since: dt.datetime,
    expires: Span | Expiry | None = None,
    pending: Span | Pending | None = None,
    waits: bool = False,
) -> Dates:
    """The dates of a lot earned at `since`. A span of a rule's own is taken as it is, rounded to the end of its
    day only."""
    zone = purse.zone
    waiting = policy.pending if pending is None else Pending(span=pending) if isinstance(pending, Span) else pending
    active_at = None if waits else calendar.activation(waiting, since=since, zone=zone)
    cancels_at = purse.waits_until if waits else None
    if not waits and waiting.until is not None and waiting.within is not None:
        cancels_at, _ = calendar.span_end(waiting.within, since=since, zone=zone)
    life, round_up = policy.expiry, policy.round_up
    if isinstance(expires, Span):
        life, round_up = Expiry(span=expires), RoundUp.DAY
    elif expires is not None:
        life = expires
    counts_from = since if policy.counts_from == "earned" else active_at
    if counts_from is None:
        return Dates(active_at, None, None, cancels_at)
    expires_at, expires_on = calendar.expiry(life, since=counts_from, zone=zone, round_up=round_up)
    return Dates(active_at, expires_at, expires_on, cancels_at)


def _within_largest_balance(purse: Purse, policy: Currency, points: int, *, at_once: bool) -> int:
    if policy.largest_balance is None:
        return points
    standing = purse.standing(policy.name)
    room = policy.largest_balance - standing.active - standing.pending
    # What pays a debt never becomes a balance, so the cap counts only what is left after it (L8).
    repays = standing.arrears if at_once else 0
    return min(points, max(room, 0) + repays)


def _shares(points: int, funding: Sequence[Share]) -> list[int]:
    if len(funding) < 2:
        return [points]
    common = lcm(*[share.share.d for share in funding])
    return spread(points, [share.share.n * (common // share.share.d) for share in funding])


def _grant(
    purse: Purse,
    policy: Currency,
    points: int,
    *,
    dates: Dates,
    funder: str,
    cost: Ratio | None,
    rule: str | None,
    line: int | None,
) -> None:
    unit_cost = cost or policy.cost.get(funder) or _FREE
    when = (purse.occurred_at, dates.active_at, dates.expires_at, dates.cancels_at)
    key = (policy.name, funder, when, unit_cost.n, unit_cost.d)
    # What time has reached already, told late, is posted as it went: it grows no more.
    reached = [moment for moment in (dates.active_at, dates.expires_at) if moment is not None]
    late = any(purse.occurred_at < moment <= purse.now for moment in reached)
    known = None if late else purse.merging.get(key)
    before = 0 if known is None else purse.lots[known].granted
    # Worked out from the whole lot, so that several small earnings do not each round.
    whole = cost_minor(before + points, unit_cost, scale=policy.scale, money_scale=purse.money_scale)
    if known is not None:
        enlarge(purse, purse.lots[known], points, cost_minor=whole, line=line, rule=rule)
        return
    lot = credit(
        purse,
        policy.name,
        points,
        kind=EntryKind.EARN,
        from_=Book.ISSUED,
        earned_at=purse.occurred_at,
        active_at=dates.active_at,
        expires_at=dates.expires_at,
        expires_on=dates.expires_on,
        cancels_at=dates.cancels_at,
        funder=funder,
        cost_minor=whole,
        line=line,
        rule=rule,
    )
    purse.merging[key] = lot.lot_id
