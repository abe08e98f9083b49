"""Where members stand on ladders, as SQL reads it: one row a member and ladder, written with their activities."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from regulars.engine.contracts.decision import TierMove
from regulars.kit import arrays

_COLUMNS = (
    ("account_id", "uuid"),
    ("member_id", "uuid"),
    ("ladder", "text"),
    ("program_id", "int"),
    ("level", "text"),
    ("since_on", "date"),
    ("until_on", "date"),
)
_KEY = "account_id, member_id, ladder"


def tiers_sql(first: int) -> tuple[str, int]:
    """CTEs that write where members stand where the account is in `ok`; how many parameters they take. Who stands
    below the first level has no row.
    """
    names = arrays.names(_COLUMNS)
    return (
        f"""members_climbed as materialized (
    select t.* from {arrays.source(_COLUMNS, first)} join ok using (account_id)
), members_stand as (
    insert into regulars.member_tier ({names})
    select {names} from members_climbed where level is not null order by {_KEY}
    on conflict ({_KEY}) do update
    set level = excluded.level, since_on = excluded.since_on, until_on = excluded.until_on
), members_fell as (
    delete from regulars.member_tier s using members_climbed t
    where t.level is null and s.account_id = t.account_id and s.member_id = t.member_id and s.ladder = t.ladder
)""",
        len(_COLUMNS),
    )


def tiers_arguments(rows: Iterable[tuple[UUID, int, Sequence[TierMove]]]) -> list[Any]:
    """The arguments of `tiers_sql` for (account, program, moves); the last move of a member on a ladder counts."""
    stands = {
        (account_id, move.member_id, move.ladder): (program_id, move.level, move.since, move.until)
        for account_id, program_id, moves in rows
        for move in moves
    }
    found = [(*key, *value) for key, value in stands.items()]
    return arrays.of(found, len(_COLUMNS))
