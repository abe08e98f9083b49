"""Several activities of one account in a row, decided in memory and written at once: each sees what the one before it
left."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from typing import TYPE_CHECKING
from uuid import UUID

import msgspec

from regulars.activities import prepare
from regulars.engine import service as engine
from regulars.engine.contracts.known import CounterKey, CounterValue, DayRow, Known, Quota, Sale
from regulars.engine.contracts.points import Book, LotsNeeded
from regulars.engine.contracts.view import Past, Rebuilt
from regulars.program.contracts.definitions import Measure
from regulars.program.contracts.values import WindowKind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from regulars.engine.contracts.activity import Activity
    from regulars.engine.contracts.decision import Decision, SegmentMove
    from regulars.engine.contracts.points import Balance, Entry, Hold, LotId, Movement
    from regulars.engine.service import Compiled


def horizon_days(compiled: Compiled) -> int:
    """The longest window in days that some metric slides over: older day rows are of no use any more."""
    return max((*compiled.sliding_days, compiled.whole_days), default=0)


def may_recount(compiled: Compiled) -> bool:
    """Whether the program keeps a metric that a return may not be able to lower by itself."""
    return any(
        one.measure not in {Measure.SUM, Measure.COUNT} or one.window.kind is WindowKind.SINCE
        for one in compiled.program.metrics.values()
    )


class Recount:
    """The recorded past of an account, for the metrics that a return cannot lower by itself (the largest basket, the
    last store, a streak), and for those that a release adds. They are counted again from everything that is left.
    """

    def __init__(self) -> None:
        self._past: dict[UUID, Past] = {}
        self._releases: dict[int, Compiled] = {}

    def add(self, activity: Activity, decision: Decision, compiled: Compiled) -> None:
        """What was just decided."""
        self.remember(activity, decision.recorded, compiled, decision.movement.entries)

    def remember(self, activity: Activity, recorded: bytes, compiled: Compiled, entries: Sequence[Entry] = ()) -> None:
        """What was recorded, in the order of versions."""
        self._releases[compiled.release.number] = compiled
        self._past[activity.activity_id] = Past(
            activity=activity, recorded=recorded, release=compiled.release.number, entries=tuple(entries)
        )
        sale = None if activity.speaks_of is None else self._past.get(activity.speaks_of)
        if sale is not None:
            self._past[sale.activity.activity_id] = msgspec.structs.replace(sale, returns=(*sale.returns, recorded))

    def rebuild(self, known: Known, compiled: Compiled, member_id: UUID) -> Rebuilt:
        """All metrics of a member from the past as it stands now."""
        return engine.rebuild(
            compiled,
            known,
            member_id=member_id,
            past=[one for one in self._past.values() if one.activity.member_id == member_id],
            releases=self._releases,
            now=known.clock or dt.datetime.min.replace(tzinfo=dt.UTC),
        )

    def fill(self, gap: engine.Gap, known: Known) -> Rebuilt:
        """The metrics of a gap between two releases, for all members of the account."""
        return engine.fill(gap, known, list(self._past.values()), releases=self._releases)


def moment_of(known: Known, activity: Activity) -> dt.datetime:
    """The `now` of a decision: an account's time goes forward, so what happened before its last decision is decided
    at the moment of that one."""
    return activity.decided_at if known.clock is None else max(activity.decided_at, known.clock)


class Course:
    """An account that goes from decision to decision. Lots are kept aside and shown only to a decision that needs them:
    most do not, and a member of many purchases has many.
    """

    def __init__(
        self,
        known: Known,
        *,
        releases: Callable[[int], Compiled | None],
        past: Recount | None = None,
        days: Iterable[DayRow] = (),
    ) -> None:
        # Of somebody new nothing can have expired yet.
        lapsed = known.lapsed if known.version else known.lapsed or {}
        self.known = msgspec.structs.replace(known, lots=None, lapsed=lapsed)
        self.written: dict[tuple[UUID, dt.date], DayRow] = {}
        """The day rows that have changed, as they now are."""
        self.moves: list[SegmentMove] = []
        """Who was moved between segments, by what happened or by a release alone, in this order."""
        self._releases = releases
        self._past = past
        there = {(row.day, row.member_id) for row in known.days}
        self._old = {place: row for row in days if (place := (row.day, row.member_id)) not in there}
        """Day rows that no window reaches any more; what comes late or comes back still belongs to its own day."""
        self._lots = None if known.lots is None else {lot.lot_id: lot for lot in known.lots}

    def decide(
        self,
        compiled: Compiled,
        activity: Activity,
        *,
        now: dt.datetime,
        sale: Sale | None = None,
        sale_compiled: Compiled | None = None,
        trace: bool = False,
    ) -> Decision:
        """The next decision. Raises LotsNeeded where lots are needed that were never loaded."""
        self.keep_up(compiled, now)
        known = msgspec.structs.replace(self.known, sale=sale)
        if self._old:
            known = self._with_old_days(known, compiled, activity, sale)
        needed = sale is not None or bool(activity.pay) or activity.hold is not None
        try:
            return engine.decide(
                compiled,
                self._with_lots(known) if needed else known,
                activity,
                now=now,
                sale_compiled=sale_compiled,
                trace=trace,
            )
        except LotsNeeded as need:
            if need.lapsed or self._lots is None or needed or any(lot not in self._lots for lot in need.lots):
                raise
        return engine.decide(
            compiled, self._with_lots(known), activity, now=now, sale_compiled=sale_compiled, trace=trace
        )

    def take(self, activity: Activity, decision: Decision, compiled: Compiled) -> None:
        """Go on as if the decision were already written."""
        known, movement = self.known, decision.movement
        self._write(decision.days)
        self.moves += decision.segments
        if self._lots is not None:
            self._lots.update((lot.lot_id, lot) for lot in movement.lots)
        self.known = msgspec.structs.replace(
            known,
            version=known.version + 1,
            state=decision.state,
            clock=decision.clock,
            metric_day=decision.metric_day,
            balances=_balances(known, movement),
            holds=_holds(known, movement),
            lapsed=_lapsed(known, movement),
            days=self._days(decision, horizon_days(compiled)) if decision.days else known.days,
            counters=add_counters(known.counters, decision.counters) if decision.counters else known.counters,
            quotas=add_quotas(known.quotas, decision.counters) if known.quotas and decision.counters else known.quotas,
        )
        if self._past is not None:
            self._past.add(activity, decision, compiled)
            # Only what comes back is counted again: a till that tells late has no past loaded, and a replay must do as
            # the till did.
            if decision.recount and activity.reverses is not None and may_recount(compiled):
                self._recount(activity, compiled, self._past)

    def keep_up(self, compiled: Compiled, now: dt.datetime) -> None:
        """Count what this release keeps of members and the last one did not, and find their segments as it has them,
        before anything is decided under it. Raises LotsNeeded."""
        if not self.known.state:
            return
        filled, judged = engine.kept_under(self.known.state)
        if filled == judged == compiled.release.number:
            return
        if filled != compiled.release.number:
            gap = engine.gap(compiled, self._releases(filled))
            if gap.plans:
                self._fill(gap, compiled)
        self._rejudge(compiled, judged, now)

    def _rejudge(self, compiled: Compiled, number: int, now: dt.datetime) -> None:
        under = self._releases(number)
        try:
            found = engine.rejudge(compiled, under, self.known, now=now)
        except LotsNeeded:
            if self._lots is None:
                raise
            found = engine.rejudge(compiled, under, self._with_lots(self.known), now=now)
        self.known = msgspec.structs.replace(self.known, state=found.state)
        self.moves += found.moves

    def _fill(self, gap: engine.Gap, compiled: Compiled) -> None:
        known = self.known
        if self._past is None:
            raise RuntimeError(f"{known.account_id} lacks {', '.join(gap.metrics)}, and its past is not loaded")
        filled = self._past.fill(gap, msgspec.structs.replace(known, days=(*self._old.values(), *known.days)))
        self._take_rows(filled, known, compiled)

    def _recount(self, activity: Activity, compiled: Compiled, past: Recount) -> None:
        self._take_rows(past.rebuild(self.known, compiled, activity.member_id), self.known, compiled)

    def _take_rows(self, rebuilt: Rebuilt, known: Known, compiled: Compiled) -> None:
        self._write(rebuilt.days)
        since = rebuilt.metric_day - dt.timedelta(days=horizon_days(compiled) + 1)
        rows = {(row.day, row.member_id): row for row in (*self._old.values(), *known.days, *rebuilt.days)}
        self._old = {place: row for place, row in rows.items() if row.day < since}
        self.known = msgspec.structs.replace(
            known,
            state=rebuilt.state,
            metric_day=rebuilt.metric_day,
            days=tuple(row for row in rows.values() if row.day >= since),
        )

    def _write(self, rows: Iterable[DayRow]) -> None:
        for row in rows:
            self.written[row.member_id, row.day] = row

    def _days(self, decision: Decision, horizon: int) -> tuple[DayRow, ...]:
        since = decision.metric_day - dt.timedelta(days=horizon + 1) if decision.metric_day else dt.date.min
        written = {(row.day, row.member_id) for row in decision.days}
        days = {day for day, _ in written}
        kept = []
        for row in self.known.days:
            # Most rows are of other days than those just written: only the few that share one are compared by member.
            if row.day in days and (row.day, row.member_id) in written:
                continue
            if row.day >= since:
                kept.append(row)
            else:
                self._old[row.day, row.member_id] = row
        for place in written:
            self._old.pop(place, None)
        return (*kept, *decision.days)

    def _with_old_days(self, known: Known, compiled: Compiled, activity: Activity, sale: Sale | None) -> Known:
        zone = compiled.program.program.zone
        wanted = {prepare.local_day(activity.occurred_at, zone)}
        if sale is not None:
            wanted.add(prepare.local_day(sale.activity.occurred_at, zone))
        # Somebody who moves takes all their days along.
        moves = activity.moving is not None
        there = {(row.day, row.member_id) for row in known.days if moves or row.day in wanted}
        found = [row for place, row in self._old.items() if (moves or row.day in wanted) and place not in there]
        return known if not found else msgspec.structs.replace(known, days=(*found, *known.days))

    def _with_lots(self, known: Known) -> Known:
        return known if self._lots is None else msgspec.structs.replace(known, lots=tuple(self._lots.values()))


def add_quotas(quotas: dict[CounterKey, Quota], adds: Iterable[CounterValue]) -> dict[CounterKey, Quota]:
    """What is shared after some additions, as far as it was loaded."""
    found = dict(quotas)
    for value in adds:
        quota = found.get(value.key)
        if quota is None:
            continue
        if value.item == engine.QUOTA_USED:
            found[value.key] = msgspec.structs.replace(quota, used=quota.used + value.value)
        elif value.item not in engine.QUOTA_COUNTED:
            found[value.key] = msgspec.structs.replace(quota, told=quota.told | {value.item})
    return found


def _balances(known: Known, movement: Movement) -> tuple[Balance, ...]:
    if not movement.balances:
        return known.balances
    merged = {balance.currency: balance for balance in known.balances}
    merged.update((balance.currency, balance) for balance in movement.balances)
    # In one order, loaded or not: entries are numbered as their currencies come.
    return tuple(merged[currency] for currency in sorted(merged))


def _holds(known: Known, movement: Movement) -> tuple[Hold, ...]:
    if not movement.holds:
        return known.holds
    merged = {hold.hold_id: hold for hold in known.holds}
    merged.update((hold.hold_id, hold) for hold in movement.holds)
    return tuple(merged[hold_id] for hold_id in sorted(merged))


def _is_lapse(entry: Entry) -> bool:
    # By the book: a return that is undone reinstates too, but not what had expired.
    return Book.EXPIRED in (entry.from_, entry.to)


def _lapsed(known: Known, movement: Movement) -> dict[LotId, int] | None:
    if known.lapsed is None or not any(map(_is_lapse, movement.entries)):
        return known.lapsed
    found = dict(known.lapsed)
    for entry in movement.entries:
        for use in entry.uses if _is_lapse(entry) else ():
            found[use.lot_id] = found.get(use.lot_id, 0) + use.amount
    return found


def add_counters(counters: Iterable[CounterValue], adds: Iterable[CounterValue]) -> tuple[CounterValue, ...]:
    """Counters after some additions, one row a key and item."""
    totals: dict[tuple[CounterKey, str], int] = defaultdict(int)
    for value in (*counters, *adds):
        totals[value.key, value.item] += value.value
    return tuple(CounterValue(key, item, value) for (key, item), value in totals.items())
