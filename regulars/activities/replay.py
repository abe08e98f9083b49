"""The recorded past of an account, decided once more in memory: for explanations, backtests and proofs. Pure but for
what is handed in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from regulars.activities import chain, lucky, prepare
from regulars.activities.elsewhere import NOWHERE, Elsewhere, in_order
from regulars.engine.contracts.decision import Decision, Outcome
from regulars.engine.contracts.games import FactsNeeded
from regulars.engine.contracts.known import Known, Sale

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from uuid import UUID

    from regulars.engine.contracts.activity import Activity
    from regulars.engine.service import Compiled


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One activity with the decision that the replay came to, the release that judged it, and the account after it."""

    activity: Activity
    decision: Decision
    release: int
    left: Known


def replay(
    account_id: UUID,
    activities: Iterable[tuple[Activity, int]],
    *,
    choose: Callable[[Activity, int], Compiled],
    trace: UUID | None = None,
    elsewhere: Elsewhere = NOWHERE,
) -> Iterator[Step]:
    """Decide activities of one account again, in the order of their versions, from nothing.

    `activities` come with the number of the release that judged them; `choose` says which rules to use instead. The
    activity `trace` is explained. `elsewhere` is what other accounts of its members have for it; without it what comes
    back of their sales is refused.
    """
    course: chain.Course | None = None
    sales: dict[UUID, tuple[Sale, Compiled]] = {}
    met: dict[int, Compiled] = {}
    for recorded, number in activities:
        activity = recorded
        if course is None:
            nothing = Known(account_id=account_id, members=(activity.member_id,), lots=elsewhere.lots)
            known = msgspec.structs.replace(nothing, enrolled_at=activity.occurred_at)
            course = chain.Course(known, releases=met.get, past=chain.Recount())
        compiled = choose(activity, number)
        met[compiled.release.number] = compiled
        course.known = msgspec.structs.replace(course.known, card_blocked=prepare.is_card_blocked(activity))
        sale, sale_compiled = _spoken_of(activity, sales, elsewhere)
        while True:
            try:
                decision = course.decide(
                    compiled,
                    activity,
                    now=chain.moment_of(course.known, activity),
                    sale=None if sale is None else _with_returns(sale, activity, elsewhere),
                    sale_compiled=sale_compiled,
                    trace=activity.activity_id == trace,
                )
                break
            except FactsNeeded as need:
                # A candidate plays where nobody played: some luck is as good as another.
                activity = lucky.imagined(activity, need.draws)
        if decision.outcome is Outcome.ACCEPTED:
            course.take(activity, decision, compiled)
        yield Step(activity=activity, decision=decision, release=compiled.release.number, left=course.known)
        if decision.outcome is not Outcome.ACCEPTED:
            continue
        made = Sale(activity=activity, decision=decision.recorded, release=compiled.release.number)
        sales[activity.activity_id] = (made, compiled)
        if activity.speaks_of is not None and sale is not None and sale_compiled is not None:
            grown = msgspec.structs.replace(sale, returns=(*sale.returns, (activity, decision.recorded)))
            sales[activity.speaks_of] = (grown, sale_compiled)


def _spoken_of(
    activity: Activity, sales: dict[UUID, tuple[Sale, Compiled]], elsewhere: Elsewhere
) -> tuple[Sale, Compiled] | tuple[None, None]:
    """The sale that an activity speaks of, with what came back of it in this account."""
    if activity.speaks_of is None:
        return None, None
    own = sales.get(activity.speaks_of)
    return own if own is not None else elsewhere.sales.get(activity.speaks_of, (None, None))


def _with_returns(sale: Sale, activity: Activity, elsewhere: Elsewhere) -> Sale:
    """Also what had come back of it in other accounts by then."""
    there = elsewhere.returns.get(sale.activity.activity_id, ())
    before = tuple(one for one in there if one[0].received_at < activity.received_at)
    return msgspec.structs.replace(sale, returns=in_order((*before, *sale.returns))) if before else sale
