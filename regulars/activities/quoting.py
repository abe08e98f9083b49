"""A quote: the same check, load and decide as a commit, and nothing written."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from regulars.activities import answers, batch, chain, deciding, identify, load
from regulars.activities.contracts import Answer, Intake, Quoted, Reply
from regulars.activities.items import Item
from regulars.engine.contracts.decision import Outcome
from regulars.engine.contracts.points import LotsNeeded

if TYPE_CHECKING:
    import datetime as dt

    from regulars.activities.runtime import Runtime


async def quote(runtime: Runtime, intake: Intake, *, now: dt.datetime) -> tuple[Answer, Quoted] | Reply:
    """What a commit would answer now, and the facts that its token signs; a `Reply` where it would be refused.

    Raises the faults of an activity.
    """
    item = Item(intake, activity_id=runtime.new_id(now))
    await batch.check(runtime, [item], now=now)
    if item.fault is not None:
        raise item.fault
    async with runtime.database.read(programs=[intake.program_id]) as tx:
        await identify.look_up(runtime, tx, item, now=now)
        if item.fault is not None:
            raise item.fault
        wish = deciding.wish(item.who.account_id, [item])
        for _ in range(deciding.ROUNDS):
            loaded = (await load.load(tx.connection, [wish]))[item.who.account_id]
            try:
                return _decide(runtime, item, loaded)
            except LotsNeeded as need:
                wish = deciding.thirstier(wish, need)
    raise RuntimeError("the engine asked for lots again and again")


def _decide(runtime: Runtime, item: Item, loaded: load.Loaded) -> tuple[Answer, Quoted] | Reply:
    compiled, activity = item.compiled, deciding.activity_of(item)
    sale = loaded.sales.get(item.sale_id) if item.sale_id is not None else None
    course = chain.Course(deciding.known_for(item, loaded.known))
    version = course.known.version
    decision = course.decide(
        compiled,
        activity,
        now=deciding.moment_of(course.known, activity),
        sale=sale,
        sale_compiled=deciding.sale_rules(runtime, activity, sale),
    )
    if decision.outcome is Outcome.REFUSED and decision.refusal is not None:
        return answers.refused(decision.refusal)
    course.take(decision, compiled)
    answer = answers.answer(
        activity,
        decision,
        course.known,
        member=deciding.member_out(item),
        compiled=compiled,
    )
    quoted = Quoted(
        account_id=item.who.account_id,
        version=version,
        release=compiled.release.number,
        digest=item.intake.digest,
        at=activity.occurred_at,
        points=decision.points,
        paid={one.currency: one.points for one in answer.paid},
    )
    return msgspec.structs.replace(answer, activity_id=None), quoted
