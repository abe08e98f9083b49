"""The answer to a document that was recorded without one, as bulk intake does: told again from what was stored."""

from __future__ import annotations

from typing import TYPE_CHECKING

from regulars.activities import answers, queries
from regulars.activities.contracts import Answer, MemberOut, Reply
from regulars.engine import service as engine
from regulars.engine.service import Compiled
from regulars.kit import ids
from regulars.kit.errors import NotFound

if TYPE_CHECKING:
    from uuid import UUID

    from regulars.activities.process import Process
    from regulars.kit.database import Transaction


def points_of(compiled: Compiled, recorded: bytes) -> dict[str, int]:
    """What a recorded activity gave or took, by currency; `compiled` is the release that judged it."""
    points: dict[str, int] = {}
    for one in engine.given(compiled, recorded):
        points[one.currency] = points.get(one.currency, 0) + one.points
    return points


async def recall(process: Process, tx: Transaction, *, program_id: int, activity_id: UUID) -> Reply:
    """What is known of an activity that came without a key: its points, without balances, which have moved on since.
    Raises NotFound."""
    row = await queries.by_id(tx, program_id=program_id, activity_id=activity_id)
    if row is None:
        raise NotFound(kind="activity", id=ids.to_wire("act", activity_id))
    what = queries.decode_body(row["body"])
    compiled = process.programs.numbered(program_id, row["release"])
    off = sum(one.points for one in engine.taken_off(compiled, row["decision"])) if what.lines else 0
    told = Answer(
        type=what.type,
        occurred_at=what.occurred_at,
        activity_id=ids.to_wire("act", activity_id),
        member=MemberOut(id=ids.to_wire("mem", what.member_id)),
        release=row["release"],
        total=what.total,
        to_pay=what.total - off,
        discount=off,
        currency=compiled.program.program.money,
        points=points_of(compiled, row["decision"]),
        returned=0,
        lines=(),
        balances=(),
    )
    return Reply(status=200, body=answers.encode(told), replayed=True, activity_id=activity_id)
