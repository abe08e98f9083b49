"""The recorded past of an account, decided once more in memory: for explanations, backtests and proofs. Pure but for
what is handed in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from regulars.activities import chain, prepare
from regulars.engine import service as engine
from regulars.engine.contracts.decision import Decision, Outcome
from regulars.engine.contracts.known import Known, Sale

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from uuid import UUID

    from regulars.engine.contracts.activity import Activity
    from regulars.engine.service import Compiled


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One activity with the decision that the replay came to, and the release that judged it."""

    activity: Activity
    decision: Decision
    release: int


def replay(
    account_id: UUID,
    activities: Iterable[tuple[Activity, int]],
    *,
    choose: Callable[[Activity, int], Compiled],
    trace: UUID | None = None,
) -> Iterator[Step]:
    """Decide activities of one account again, in the order of their versions, from nothing.

    `activities` come with the number of the release that judged them; `choose` says which rules to use instead. The
    activity `trace` is explained.
    """
    known: Known | None = None
    sales: dict[UUID, tuple[Sale, Compiled]] = {}
    for activity, number in activities:
        if known is None:
            known = Known(
                account_id=account_id, members=(activity.member_id,), lots=(), enrolled_at=activity.occurred_at
            )
        compiled = choose(activity, number)
        undone = sales.get(activity.reverses.activity_id) if activity.reverses is not None else None
        known = msgspec.structs.replace(
            known, sale=None if undone is None else undone[0], card_blocked=prepare.is_card_blocked(activity)
        )
        moment = activity.occurred_at if known.clock is None else max(activity.occurred_at, known.clock)
        decision = engine.decide(
            compiled,
            known,
            activity,
            now=moment,
            sale_compiled=None if undone is None else undone[1],
            trace=activity.activity_id == trace,
        )
        yield Step(activity=activity, decision=decision, release=compiled.release.number)
        if decision.outcome is not Outcome.ACCEPTED:
            continue
        known = chain.advance(known, decision, compiled=compiled)
        sale = Sale(activity=activity, decision=decision.recorded, release=compiled.release.number)
        sales[activity.activity_id] = (sale, compiled)
        if activity.reverses is not None and undone is not None:
            grown = msgspec.structs.replace(undone[0], returns=(*undone[0].returns, (activity, decision.recorded)))
            sales[activity.reverses.activity_id] = (grown, undone[1])
