"""Looking at an account without changing it."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

from regulars.engine import (
    asking,
    challenge_seeing,
    choosing,
    consenting,
    counting,
    deciding,
    household_seeing,
    offer_seeing,
    referral_seeing,
    segments,
    standing,
    subscribing,
    tier_seeing,
    vouching,
    words,
)
from regulars.engine.compiled import Compiled
from regulars.engine.contracts.decision import Expiring
from regulars.engine.contracts.known import Known
from regulars.engine.contracts.points import Balance
from regulars.engine.contracts.view import StandingSeen, View
from regulars.engine.points import passing, paying
from regulars.engine.work import Work
from regulars.language import contracts as language


def view(compiled: Compiled, known: Known, member_id: UUID, at: dt.datetime) -> View:
    """What one member has and is at a moment. Rules that wait for a day are not run: a look changes nothing."""
    work = deciding.begin(compiled, known, asking.look(known, member_id, at), at)
    passing.catch_up(work.purse)
    tier_seeing.pass_reviews(work, compiled)
    work.numbers.move_to(work.today)
    standing.settle(work, compiled)
    if compiled.counters:
        work.scope.household.metrics = counting.Numbers(work, compiled)
    member = work.scope.member
    for currency, held in work.purse.standings.items():
        member.balances[currency] = held.active
    member.metrics = work.numbers.values(compiled.member_metrics)
    for plan in compiled.counters:
        if plan.for_member:
            member.metrics[plan.name] = counting.counter(work, compiled, plan)
    return View(
        member_id=member_id,
        at=work.now,
        joined_on=member.joined_on,
        balances=_balances(work),
        expiring=tuple(
            Expiring(currency, amount, ends_at)
            for currency in work.purse.standings
            for ends_at, amount in paying.expiring(work.purse, currency)
        ),
        metrics={name: _plain(compiled, name, value) for name, value in member.metrics.items()},
        segments=segments.find(compiled.segments, work.scope, work.member.statics),
        attributes={name: words.plain(value) for name, value in member.attributes.items()},
        challenges=challenge_seeing.seen(work, compiled),
        badges=challenge_seeing.badges(work, compiled),
        choices=choosing.seen(work, compiled),
        tiers=tier_seeing.seen(work, compiled),
        consents=consenting.seen(work, compiled),
        household=household_seeing.seen(work, compiled),
        offers=offer_seeing.seen(work, compiled),
        vouchers=vouching.seen(work, compiled),
        referrals=referral_seeing.seen(work, compiled),
        brought=referral_seeing.brought(work),
        plan=subscribing.seen(work, compiled),
    )


def standing_of(compiled: Compiled, known: Known, member_id: UUID, at: dt.datetime) -> StandingSeen:
    """Balances and tiers alone, for whoever asks often. Raises LotsNeeded."""
    work = deciding.begin(compiled, known, asking.look(known, member_id, at), at)
    passing.catch_up(work.purse)
    if not compiled.ladders:
        return StandingSeen(balances=_balances(work), tiers=())
    tier_seeing.pass_reviews(work, compiled)
    work.numbers.move_to(work.today)
    for currency, held in work.purse.standings.items():
        work.scope.member.balances[currency] = held.active
    counting.show(work, compiled)
    standing.settle(work, compiled)
    if compiled.counters:
        work.scope.household.metrics = counting.Numbers(work, compiled)
    return StandingSeen(balances=_balances(work), tiers=tier_seeing.seen(work, compiled))


def _balances(work: Work) -> tuple[Balance, ...]:
    purse = work.purse
    return tuple(
        Balance(
            currency=currency,
            active=held.active,
            pending=held.pending,
            held=held.held,
            arrears=held.arrears,
            version=held.version,
            next_change_at=purse.next_change_at(currency),
        )
        for currency, held in purse.standings.items()
    )


def _plain(compiled: Compiled, name: str, value: Any) -> object:
    plan = compiled.metrics[name]
    if isinstance(value, list):
        return {row["key"]: words.plain(row["value"], plan.value_type) for row in value}
    kind = plan.value_type if compiled.made_from.places.metric_scale(name) else language.INT
    return words.plain(value, kind)
