"""What was recorded, shown: one activity, a member's, and why one gave what it gave."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from regulars.activities import happened, queries
from regulars.activities.contracts import ActivityOut, Explanation, LineShown
from regulars.activities.recalling import points_of
from regulars.engine import service as engine
from regulars.kit import ids, pages
from regulars.kit.errors import NotFound
from regulars.members import service as members

if TYPE_CHECKING:
    from uuid import UUID

    from regulars.activities.runtime import Runtime
    from regulars.kit.database import Transaction


async def explain(runtime: Runtime, *, program_id: int, activity_id: UUID) -> Explanation:
    """Each rule of the release that judged an activity: fired with its points, or not, with the condition that failed
    and what it read.

    It is worked out from the activity and what was stored with it, under the release that judged it. Raises NotFound.
    """
    await runtime.programs.ready(program_id)
    async with runtime.database.read(programs=[program_id]) as tx:
        row = await queries.by_id(tx, program_id=program_id, activity_id=activity_id)
        if row is None:
            raise NotFound(kind="activity", id=ids.to_wire("act", activity_id))
        what = queries.decode_body(row["body"])
        told = await happened.told(tx, row, what, program_id=program_id)
    compiled = runtime.programs.numbered(program_id, row["release"])
    return Explanation(
        activity_id=ids.to_wire("act", activity_id),
        type=what.type,
        release=row["release"],
        occurred_at=what.occurred_at,
        points=points_of(compiled, row["decision"]),
        rules=tuple(msgspec.Raw(msgspec.json.encode(rule)) for rule in engine.explain(compiled, what, row["decision"])),
        **told,
    )


async def activity(runtime: Runtime, tx: Transaction, *, program_id: int, activity_id: UUID) -> ActivityOut:
    """One recorded activity with what it gave. Raises NotFound."""
    row = await queries.by_id(tx, program_id=program_id, activity_id=activity_id)
    if row is None:
        raise NotFound(kind="activity", id=ids.to_wire("act", activity_id))
    await runtime.programs.ready(program_id)
    return _shown(runtime, program_id, row)


async def page(
    runtime: Runtime,
    tx: Transaction,
    *,
    program_id: int,
    member_id: UUID,
    cursor: str | None = None,
    limit: int | None = None,
) -> pages.Page[ActivityOut]:
    """A member's activities, the newest first. Raises MalformedCursor, LimitOutOfRange."""
    size = pages.check_limit(limit)
    await runtime.programs.ready(program_id)
    before = None if cursor is None else pages.decode_cursor(cursor, tuple[int, int])
    home = await members.home(tx, program_id=program_id, member_id=member_id)
    earlier = await members.earlier_accounts(tx, program_id=program_id, member_id=member_id)
    rows = await queries.page_of_member(
        tx,
        program_id=program_id,
        accounts=[home.account_id, *earlier],
        people=await members.people(tx, program_id=program_id, member_id=member_id),
        before=before,
        limit=size + 1,
    )
    page = pages.page(rows, limit=size, key=lambda row: (row["place"], row["version"]))
    return pages.Page(items=[_shown(runtime, program_id, row) for row in page.items], next_cursor=page.next_cursor)


def _shown(runtime: Runtime, program_id: int, row: Any) -> ActivityOut:
    compiled = runtime.programs.numbered(program_id, row["release"])
    what = queries.decode_body(row["body"])
    return ActivityOut(
        activity_id=ids.to_wire("act", what.activity_id),
        member=ids.to_wire("mem", what.member_id),
        type=what.type,
        occurred_at=what.occurred_at,
        release=row["release"],
        store=None if what.store is None else what.store.id,
        document=what.document,
        total=what.total,
        discount=sum(one.points for one in engine.taken_off(compiled, row["decision"])) if what.lines else 0,
        points=points_of(compiled, row["decision"]),
        lines=tuple(
            LineShown(
                no=line.no,
                sku=line.sku,
                name=line.name,
                category=line.category,
                quantity=line.quantity,
                amount=line.amount,
            )
            for line in what.lines
        ),
        reverses=None if what.speaks_of is None else ids.to_wire("act", what.speaks_of),
    )
