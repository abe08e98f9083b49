"""The end of a decision: segments again, events, words, the new state, and when time alone will next change
something.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from regulars.engine import attributes, budgets, discounting, focusing, offer_seeing, refusals, vouching, words
from regulars.engine import state as states
from regulars.engine.compiled import Compiled
from regulars.engine.contracts import shared
from regulars.engine.contracts.decision import (
    CaseRow,
    Decision,
    EventDraft,
    Expiring,
    Message,
    Outcome,
    PaidLine,
    RuleTrace,
)
from regulars.engine.contracts.points import EntryKind, Movement
from regulars.engine.metrics import counters
from regulars.engine.points.errors import BalanceTooLarge
from regulars.engine.points.schedule import Schedule
from regulars.engine.points.sharing import SharedPurse
from regulars.engine.work import Work
from regulars.kit import ids
from regulars.kit.money import AMOUNT_MAX
from regulars.language import contracts as language

EXPIRING_SHOWN: Final = 3
EXPIRING_SAID: Final = dt.timedelta(days=30)
"""A receipt speaks of points that end within this time; the answer has the next ends whenever they are."""
RECEIPT: Final = "receipt"
_DEALINGS: Final = "currencies."
HEARD: Final = {
    EntryKind.EARN: "points.earned",
    EntryKind.ACTIVATE: "points.activated",
    EntryKind.CANCEL: "points.cancelled",
    EntryKind.REVERSE: "points.reversed",
    EntryKind.OWE: "points.owed",
    EntryKind.SPEND: "points.spent",
    EntryKind.CAPTURE: "points.spent",
    EntryKind.REFUND: "points.refunded",
    EntryKind.EXPIRE: "points.expired",
    EntryKind.CONVERT: "points.converted",
}
"""What the world hears of entries; the others are told by the event of their activity."""


def conclude(
    work: Work, compiled: Compiled, *, paid: Sequence[PaidLine], recorded: bytes, trace: tuple[RuleTrace, ...] = ()
) -> Decision:
    """The decision of an activity that was done."""
    offers = offer_seeing.tell(work, compiled)
    movement = work.purse.result()
    for balance in movement.balances:
        if max(balance.active + balance.pending + balance.held, balance.arrears) > AMOUNT_MAX:
            raise BalanceTooLarge(currency=balance.currency, most=AMOUNT_MAX)
    tell_entries(work, movement)
    budgets.tell(work, compiled)
    points, per_line = totals(work)
    schedules = _schedules(work)
    expiring = _expiring(work, schedules)
    say(work, compiled, points, paid, expiring)
    work.events.insert(0, EventDraft(type=f"{work.activity.type}.recorded", data=_happened(work, points)))
    account = work.account
    account.schedule = {currency: tuple(schedule) for currency, schedule in schedules.items() if schedule}
    work.member.metrics = work.numbers.numbers
    # Before the state is packed: it keeps the day on which the calendar wakes a rule.
    review_at = focusing.review_at(work, compiled, movement.balances)
    if isinstance(work.purse, SharedPurse):
        work.purse.close()
        movement = work.purse.result()
        account.schedule = {name: tuple(ends) for name, ends in work.purse.schedules().items() if ends}
    days = work.days.written()
    if any(max(row.sums, default=0) > AMOUNT_MAX or min(row.sums, default=0) < -AMOUNT_MAX for row in days):
        raise refusals.MetricTooLarge(most=AMOUNT_MAX)
    try:
        state = states.encode(account)
    except OverflowError as fault:
        raise refusals.MetricTooLarge(most=AMOUNT_MAX) from fault
    if len(state) > states.MOST:
        raise refusals.StateTooLarge(bytes=len(state), most=states.MOST)
    return Decision(
        outcome=Outcome.ACCEPTED,
        fired=tuple(work.fired),
        points=points,
        per_line=per_line,
        paid=tuple(paid),
        returned=work.returned,
        movement=movement,
        state=state,
        days=days,
        metric_day=work.numbers.today,
        clock=work.now,
        review_at=review_at,
        counters=counters.merged(work.counters),
        counted=work.seen,
        rations=work.quotas.rations(),
        segments=tuple(work.moves),
        tiers=tuple(work.tiers.values()),
        attributes=attributes.typed(work.attributes, compiled.program.attributes),
        consents=tuple(work.consents),
        drops_fields=work.drops_fields,
        games=tuple(work.games),
        offers=offers,
        orders=tuple(work.orders),
        events=tuple(work.events),
        messages=tuple(work.messages),
        expiring=expiring,
        recorded=recorded,
        trace=trace,
        codes=tuple(work.codes),
        issued=vouching.issued(work),
        departure=work.departure,
        erased=work.erased,
        case=_case(work),
        discounts=() if work.priced is None else discounting.told(compiled, work.priced, work.activity.lines),
        not_taken=() if work.priced is None else discounting.not_taken(compiled, work.priced),
        recount=tuple(sorted(work.numbers.recount)),
    )


def forgotten(work: Work, recorded: bytes) -> Decision:
    """The decision of what came for somebody who was forgotten: it is kept, and that is all."""
    return Decision(
        outcome=Outcome.ACCEPTED,
        state=states.encode(work.account),
        metric_day=work.numbers.today,
        clock=work.now,
        drops_fields=True,
        erased=True,
        returned=work.returned,
        events=(EventDraft(type=f"{work.activity.type}.recorded", data={}),),
        recorded=recorded,
    )


def _case(work: Work) -> CaseRow | None:
    said = work.activity.review
    if work.verdict and said is not None:
        return CaseRow(activity_id=said.activity_id, closed=True)
    if not work.waits:
        return None
    return CaseRow(
        activity_id=work.activity.activity_id,
        why=work.case,
        asks_first=work.asks_first,
        until=work.purse.waits_until,
    )


def tell_entries(work: Work, movement: Movement) -> None:
    """One event for each currency and kind of movement."""
    sums: dict[tuple[str, str, UUID], int] = {}
    for entry in movement.entries:
        type = HEARD.get(entry.kind)
        if type is not None:
            key = (type, shared.plain(entry.currency), entry.member_id)
            sums[key] = sums.get(key, 0) + entry.amount
    for (type, currency, member_id), amount in sums.items():
        # What time did to the others of a household says whose it was.
        other = {} if member_id == work.member_id else {"member": ids.to_wire("mem", member_id)}
        work.hear(type, currency=currency, points=amount, **other)


def totals(work: Work) -> tuple[dict[str, int], tuple[tuple[int, str, int], ...]]:
    """Points by currency, and by line and currency: they add up."""
    points: dict[str, int] = {}
    per_line: dict[tuple[int, str], int] = {}
    for fired in work.fired:
        points[fired.currency] = points.get(fired.currency, 0) + fired.points
        # Lines of a sale that is returned have numbers of their own: beside lines bought anew they stand in `fired`
        # only.
        for no, part in fired.per_line if fired.points > 0 or not work.activity.lines else ():
            key = (no, fired.currency)
            per_line[key] = per_line.get(key, 0) + part
    return points, tuple([(no, currency, part) for (no, currency), part in sorted(per_line.items()) if part])


def _happened(work: Work, points: dict[str, int]) -> dict[str, object]:
    activity = work.activity
    data: dict[str, object] = {}
    if activity.lines:
        data["total"] = activity.total
    if work.scope.basket.discount:
        data["discount"] = work.scope.basket.discount
    if points:
        data["points"] = points
    return data


def _schedules(work: Work) -> dict[str, Schedule]:
    """When which points end: worked out for the balances that moved, kept for the others."""
    purse, before = work.purse, work.account.schedule
    return {
        currency: purse.schedule(currency) if standing.changed else before.get(currency, ())
        for currency, standing in purse.standings.items()
    }


def _expiring(work: Work, schedules: Mapping[str, Schedule]) -> tuple[Expiring, ...]:
    found = []
    for currency, standing in work.purse.standings.items():
        if standing.idle_at is not None and standing.active > 0:
            found.append(Expiring(currency, standing.active, standing.idle_at))
        else:
            found += [Expiring(currency, points, ends_at) for ends_at, points in schedules[currency][:EXPIRING_SHOWN]]
    return tuple(found)


def say(
    work: Work,
    compiled: Compiled,
    points: dict[str, int],
    paid: Sequence[PaidLine],
    expiring: Sequence[Expiring],
) -> None:
    """The engine's own lines for the receipt: earned or taken back, cut, paid, balance, what ends next."""
    if work.activity.type == "tick":
        return
    said: list[Message] = []
    dealt = [one for one in work.fired if one.rule.startswith(_DEALINGS)]
    for currency, whole in points.items():
        # What a member did with points themselves has words of its own.
        amount = whole - sum([one.points for one in dealt if one.currency == currency]) if dealt else whole
        if amount:
            undone = work.activity.reverses is not None
            code = "points.earned" if amount > 0 else "points.reversed" if undone else "points.used"
            said.append(_line(code, currency=currency, points=_points(compiled, currency, abs(amount))))
    said += _waiting(work, compiled)
    for fired in work.fired:
        for cut in fired.cuts:
            cut_points = _points(compiled, fired.currency, cut.points)
            said.append(_line("points.cut", currency=fired.currency, points=cut_points, by=cut.by, rule=fired.rule))
    said += _discounts(work, compiled)
    for currency in dict.fromkeys(line.currency for line in paid):
        mine = [line for line in paid if line.currency == currency]
        said.append(
            _line(
                "points.paid" if sum(line.amount for line in mine) >= 0 else "points.refunded",
                currency=currency,
                points=_points(compiled, currency, abs(sum(line.points for line in mine))),
                amount=_money(compiled, abs(sum(line.amount for line in mine))),
            )
        )
    for currency, standing in work.purse.standings.items():
        if standing.changed:
            said.append(_line("balance", currency=currency, points=_points(compiled, currency, standing.active)))
    soon = work.now + EXPIRING_SAID
    for one in expiring:
        if one.expires_at > soon:
            continue
        ends = _last_day(one.expires_at, work.zone)
        said.append(
            _line(
                "points.expiring",
                currency=one.currency,
                points=_points(compiled, one.currency, one.points),
                through=ends,
            )
        )
    work.messages[:0] = said


def _waiting(work: Work, compiled: Compiled) -> list[Message]:
    """A line for what was given now and cannot be used yet, by the day on which it can; without one it waits for a word
    of somebody: that a payment is settled, that a person looked at it."""
    sums: dict[tuple[str, str | None], int] = {}
    for lot_id in work.purse.made:
        lot = work.purse.lots[lot_id]
        if lot.pending and lot.remaining:
            active_on = None if lot.active_at is None else lot.active_at.astimezone(work.zone).date().isoformat()
            key = (shared.plain(lot.currency), active_on)
            sums[key] = sums.get(key, 0) + lot.remaining
    return [
        _line("points.waiting", currency=currency, points=_points(compiled, currency, points), active_on=active_on)
        if active_on is not None
        else _line("points.unconfirmed", currency=currency, points=_points(compiled, currency, points))
        for (currency, active_on), points in sorted(sums.items(), key=lambda one: (one[0][0], one[0][1] or ""))
    ]


def _discounts(work: Work, compiled: Compiled) -> list[Message]:
    """A line for each source of a discount."""
    if work.priced is None:
        return []
    sums: dict[int, int] = {}
    for one in work.priced.taken:
        sums[one.rule] = sums.get(one.rule, 0) + one.amount
    said = []
    for rule, amount in sums.items():
        of = compiled.rules[rule]
        title = words.wording(of.definition.title) or of.name
        said.append(_line("discount", title=title, amount=_money(compiled, amount)))
    return said


@lru_cache(maxsize=4096)
def _last_day(expires_at: dt.datetime, zone: ZoneInfo) -> str:
    return (expires_at - dt.timedelta(microseconds=1)).astimezone(zone).date().isoformat()


def _line(code: str, **fields: object) -> Message:
    return Message(to=RECEIPT, code=code, fields=fields)


def _points(compiled: Compiled, currency: str, amount: int) -> object:
    scale = compiled.program.currencies[currency].scale
    return words.plain(amount, language.Amount(scale) if scale else language.INT)


def _money(compiled: Compiled, amount: int) -> object:
    return words.plain(amount, language.Amount(compiled.money_scale))
