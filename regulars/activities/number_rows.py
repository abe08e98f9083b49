"""Numbers of a batch, for the statement that writes it: days of members, counters, what was taken of what runs out; and
when time alone will change something."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from regulars.activities import use_rows
from regulars.activities.slices import slice_of
from regulars.activities.statement import Part
from regulars.kit import arrays

if TYPE_CHECKING:
    from collections.abc import Sequence

    from regulars.activities.outcomes import Outcome
    from regulars.activities.statement import Terms

# An array of arrays would be flattened by unnest, so the sums travel as text.
_DAY: Final = (
    ("account_id", "uuid"),
    ("member_id", "uuid"),
    ("day", "date"),
    ("program_id", "int"),
    ("sums", "text"),
    ("keys", "bytea"),
)
_DUE: Final = (("account_id", "uuid"), ("program_id", "int"), ("review_at", "timestamptz"))
_MOST: Final = 2**63 - 1
_COUNTER: Final = (
    ("account_id", "uuid"),
    ("program_id", "int"),
    ("metric", "text"),
    ("owner", "text"),
    ("bucket", "text"),
    ("item", "text"),
    ("value", "bigint"),
)


def _days_sql(first: int) -> tuple[str, int]:
    return (
        f"""counted as (
    insert into regulars.day_row as x (account_id, member_id, day, program_id, sums, keys)
    select account_id, member_id, day, program_id, string_to_array(sums, ',')::bigint[], keys
    from {arrays.source(_DAY, first)} join ok using (account_id)
    on conflict (account_id, member_id, day) do update set sums = excluded.sums, keys = excluded.keys
)""",
        len(_DAY),
    )


def _days(outcomes: Sequence[Outcome], _: Terms) -> list[Any]:
    rows = [
        (one.account_id, day.member_id, day.day, one.program_id, ",".join(map(str, day.sums)), day.keys)
        for one in outcomes
        for day in one.days
    ]
    return arrays.of(rows, len(_DAY))


def _due_sql(first: int) -> tuple[str, int]:
    return (
        f"""plan as materialized (
    select account_id, program_id, review_at from {arrays.source(_DUE, first)} join ok using (account_id)
), planned as (
    insert into regulars.due as x (account_id, program_id, review_at)
    select account_id, program_id, review_at from plan where review_at is not null order by account_id
    on conflict (account_id) do update set review_at = excluded.review_at
), unplanned as (
    delete from regulars.due x using plan where x.account_id = plan.account_id and plan.review_at is null
)""",
        len(_DUE),
    )


def _due(outcomes: Sequence[Outcome], _: Terms) -> list[Any]:
    rows = [(one.account_id, one.program_id, one.review_at) for one in outcomes if one.review_moved]
    return arrays.of(rows, len(_DUE))


def _kept(number: str) -> str:
    return f"least(greatest({number}, {-_MOST}), {_MOST})::bigint"


def _counters_sql(first: int) -> tuple[str, int]:
    # Several accounts of a batch add to one row; it is summed first, since one statement may touch a row only once. A
    # distinct item counts uses. What belongs to all, one till's absurd sales may not bring to a stop: it ends at the
    # largest number that the column holds.
    return (
        f"""tallied as (
    insert into regulars.counter as x (program_id, metric, owner, bucket, item, value)
    select program_id, metric, owner, bucket, item, {_kept("sum(value)")}
    from {arrays.source(_COUNTER, first)} join ok using (account_id)
    group by program_id, metric, owner, bucket, item order by program_id, metric, owner, bucket, item
    on conflict (program_id, metric, owner, bucket, item) do update
        set value = {_kept("x.value::numeric + excluded.value")}
)""",
        len(_COUNTER),
    )


def _counters(outcomes: Sequence[Outcome], _: Terms) -> list[Any]:
    rows = [
        (one.account_id, one.program_id, key.metric, slice_of(key.owner), key.bucket, add.item, add.value)
        for one in outcomes
        for add in one.counters
        for key in (add.key,)
    ]
    return arrays.of(rows, len(_COUNTER))


def _uses(outcomes: Sequence[Outcome], terms: Terms) -> list[Any]:
    taken = [
        (one.account_id, one.program_id, row.activity_id, row.uses) for one in outcomes for row in one.rows if row.uses
    ]
    return use_rows.arguments(taken, key=terms.ledger_key)


DAYS: Final = Part(_days_sql, _days, lambda one: bool(one.days))
DUE: Final = Part(_due_sql, _due, lambda one: one.review_moved)
COUNTERS: Final = Part(_counters_sql, _counters, lambda one: bool(one.counters))
USES: Final = Part(use_rows.sql, _uses, lambda one: any(row.uses for row in one.rows))
