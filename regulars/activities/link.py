"""What the activities of one account add up to while they are decided, one on what the other left."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from regulars.activities import chain, lucky, pasts, stripping, use_rows, vouchers
from regulars.activities.lucky import DrawsNeeded
from regulars.activities.outcomes import Answered, Row
from regulars.engine.contracts.decision import Decision, EventDraft
from regulars.engine.contracts.games import FactsNeeded
from regulars.engine.contracts.gifts import CodesNeeded
from regulars.engine.contracts.known import Sale

if TYPE_CHECKING:
    from collections.abc import Sequence

    from regulars.activities import load
    from regulars.activities.items import Item
    from regulars.activities.process import Process
    from regulars.engine.contracts.activity import Activity
    from regulars.engine.service import Compiled

ENROLLED: Final = "enrolled"

_encode_body: Final = msgspec.json.Encoder().encode


class Link:
    """What the activities of one account add up to while they are decided."""

    def __init__(self, process: Process, loaded: load.Loaded, recorded: pasts.Recorded | None = None) -> None:
        self.loaded = loaded
        self._process = process
        self._recorded = recorded
        self.course = self._begin()
        self.sales = dict(loaded.sales)
        self.rows: list[Row] = []
        self.answers: list[Answered] = []
        self.decisions: list[Decision] = []
        self.used: list[vouchers.Used] = []
        """Codes that its activities were decided on."""
        self.newcomer = False
        """Whether the next activity that is taken makes somebody a member."""
        self.group: Sequence[Item] = ()
        self.stock = vouchers.Stock(())
        self.codes = vouchers.Codes(loaded.codes)
        self.draws: frozenset[str] | None = frozenset()
        """Draws whose prizes were loaded; None in a quote, where nothing is drawn."""

    def decide(
        self, compiled: Compiled, activity: Activity, *, sale: Sale | None = None, sale_compiled: Compiled | None = None
    ) -> tuple[Decision, Activity]:
        """The next decision, and the activity with the luck that it turned out to need. Raises LotsNeeded,
        DrawsNeeded."""
        activity = self.stock.handed_in(activity)
        while True:
            try:
                now = chain.moment_of(self.course.known, activity)
                decision = self.course.decide(compiled, activity, now=now, sale=sale, sale_compiled=sale_compiled)
                return decision, activity
            except FactsNeeded as need:
                activity = self._lucky(compiled, activity, need)
            except CodesNeeded as need:
                if self.draws is not None or not need.more:
                    raise CodesNeeded(need.held, self.stock.needs(need.more)) from None
                activity = vouchers.imagined(activity, need.more)

    def _lucky(self, compiled: Compiled, activity: Activity, need: FactsNeeded) -> Activity:
        if self.draws is None:
            return lucky.unknown(activity, need.draws)
        rationed = frozenset(name for name in need.draws if compiled.draws[name].periods)
        if not rationed <= self.draws:
            raise DrawsNeeded(rationed)
        key, counters = self._process.draw_key, self.course.known.counters
        return lucky.handed_in(activity, compiled, need.draws, key=key, counters=counters)

    def _begin(self) -> chain.Course:
        past, days = (None, ()) if self._recorded is None else (self._recorded.past, self._recorded.days)
        releases = pasts.releases_of(self._process, self.loaded.program_id)
        return chain.Course(self.loaded.known, releases=releases, past=past, days=days)

    def forget_all(self) -> None:
        """Go back to what was loaded: what a newcomer was greeted with falls away with their refused first activity."""
        if self._recorded is not None:
            self._recorded = pasts.Recorded(chain.Recount(), ())
        self.course = self._begin()
        self.rows.clear()
        self.decisions.clear()
        self.used.clear()
        self.stock = vouchers.Stock(self.group)
        self.codes = vouchers.Codes(self.loaded.codes)

    def take(self, activity: Activity, decision: Decision, compiled: Compiled) -> None:
        """Go on from an accepted decision."""
        if decision.counted:
            activity = msgspec.structs.replace(activity, counted=decision.counted)
        activity = self.stock.take(activity, decision)
        self.codes.take(decision)
        self.course.take(activity, decision, compiled)
        release = compiled.release.number
        row = _row(activity, decision, release=release, version=self.course.known.version)
        if self.newcomer and activity.type != ENROLLED:
            row = msgspec.structs.replace(row, events=(EventDraft(type="member.enrolled"), *row.events))
        self.rows.append(row)
        self.decisions.append(decision)
        self.sales[activity.activity_id] = Sale(activity=activity, decision=decision.recorded, release=release)
        self.newcomer = False
        spoken_of = activity.speaks_of
        if spoken_of is not None:
            sale = self.sales[spoken_of]
            returns = (*sale.returns, (activity, decision.recorded))
            self.sales[spoken_of] = msgspec.structs.replace(sale, returns=returns)


def _kept(activity: Activity, decision: Decision) -> Activity:
    if decision.erased:
        return stripping.stripped(activity)
    return msgspec.structs.replace(activity, fields={}) if decision.drops_fields else activity


def _row(activity: Activity, decision: Decision, *, release: int, version: int) -> Row:
    return Row(
        activity_id=activity.activity_id,
        member_id=activity.member_id,
        type=activity.type,
        release=release,
        version=version,
        occurred_at=activity.occurred_at,
        received_at=activity.received_at,
        reverses=activity.speaks_of,
        # What nobody consented to is not kept either.
        body=_encode_body(_kept(activity, decision)),
        decision=decision.recorded,
        movement=decision.movement,
        events=decision.events,
        departure=decision.departure,
        case=decision.case,
        erases=decision.erased and activity.erasure is not None,
        games=decision.games,
        orders=decision.orders,
        consents=decision.consents,
        uses=use_rows.of(decision.counters),
    )
