"""A quote: the same check, load and decide as a commit, and nothing written."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from regulars.activities import answers, claiming, deciding, identify, load, making, waiting, wishing
from regulars.activities.contracts import Answer, Intake, Quoted, Reply
from regulars.activities.items import Item

if TYPE_CHECKING:
    import datetime as dt

    from regulars.activities.process import Process
    from regulars.kit.database import Transaction


async def quote(process: Process, intake: Intake, *, now: dt.datetime) -> tuple[Answer, Quoted] | Reply:
    """What a commit would answer now, and the facts that its token signs; a `Reply` where it would be refused.

    Raises the faults of an activity.
    """
    item = Item(intake, activity_id=process.new_id(now))
    await claiming.check(process, [item], now=now)
    if item.fault is not None:
        raise item.fault
    async with process.database.read(programs=[intake.program_id]) as tx:
        await identify.look_up(process, tx, item, now=now)
        if item.fault is not None:
            raise item.fault
        if waiting.waits(item):
            return _told(item, waiting.answer(item), version=0)
        wish = wishing.foreseen(process, wishing.wish(item.who.account_id, [item]), [item])
        for _ in range(deciding.ROUNDS):
            loaded = (await load.load(tx.connection, [wish]))[item.who.account_id]
            try:
                return await _decide(process, tx, item, loaded)
            except wishing.NEEDS as need:
                wish = await wishing.more(process, wish, [item], need, now=now)
    raise RuntimeError("the engine asked for lots again and again")


async def _decide(process: Process, tx: Transaction, item: Item, loaded: load.Loaded) -> tuple[Answer, Quoted] | Reply:
    decision, after, version = await deciding.decide_one(process, tx, loaded, item)
    if decision.refusal is not None:
        return answers.refused(decision.refusal, item.compiled)
    activity = making.activity_of(item)
    answer = answers.answer(activity, decision, after, member=making.member_out(item), compiled=item.compiled)
    return _told(item, answer, version=version)


def _told(item: Item, answer: Answer, *, version: int) -> tuple[Answer, Quoted]:
    quoted = Quoted(
        account_id=item.who.account_id,
        version=version,
        release=item.compiled.release.number,
        digest=item.intake.digest,
        at=item.intake.received_at,
        points=answer.points,
        paid={one.currency: one.points for one in answer.paid},
        discounts=answers.by_source(answer),
    )
    return msgspec.structs.replace(answer, activity_id=None), quoted
