"""Reads of recorded activities."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

import msgspec

from regulars.engine.contracts.activity import Activity

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from regulars.kit.database import Transaction

decode_body: Final = msgspec.json.Decoder(Activity).decode


async def by_id(tx: Transaction, *, program_id: int, activity_id: UUID) -> Any:
    """The row of one activity, or None."""
    return await tx.fetchrow(
        "select activity_id, account_id, member_id, type, release, version, occurred_at, received_at, reverses, body,"
        " decision from regulars.activity where activity_id = $1 and program_id = $2",
        activity_id,
        program_id,
    )


async def answers(tx: Transaction, *, program_id: int, activity_ids: Sequence[UUID]) -> Sequence[Any]:
    """The stored answers of some activities: `activity_id`, `status`, `body`; of what waited (202) and was refused in
    its turn, the refusal after it."""
    rows: Sequence[Any] = await tx.fetch(
        "select activity_id, status, body from regulars.answer where activity_id = any($1::uuid[]) and program_id = $2"
        " order by activity_id, status",
        list(activity_ids),
        program_id,
    )
    return rows


async def spoken_of(tx: Transaction, *, account_id: UUID, activity_id: UUID) -> list[bytes]:
    """The stored decisions of what reversed or reviewed an activity, oldest first."""
    rows = await tx.fetch(
        "select decision from regulars.activity where account_id = $1 and reverses = $2 order by version",
        account_id,
        activity_id,
    )
    return [row["decision"] for row in rows]


async def of_account(
    tx: Transaction, *, account_id: UUID, until_version: int | None = None
) -> list[tuple[Activity, int, bytes]]:
    """All activities of an account in the order of their versions, each with its release and its stored decision."""
    rows = await tx.fetch(
        "select body, release, decision from regulars.activity"
        " where account_id = $1 and version <= $2 order by version",
        account_id,
        until_version if until_version is not None else 2**62,
    )
    return [(decode_body(row["body"]), row["release"], row["decision"]) for row in rows]


async def page_of_member(
    tx: Transaction,
    *,
    program_id: int,
    accounts: Sequence[UUID],
    people: Sequence[UUID],
    before: tuple[int, int] | None,
    limit: int,
) -> Sequence[Any]:
    """Activities of a member (and of whoever was merged into them: `people`), the last decided first: those of the
    first of `accounts`, then of the next; `before` is (place of the account from 1, version).
    """
    place, version = before if before is not None else (1, 2**62)
    rows: Sequence[Any] = await tx.fetch(
        "select array_position($1::uuid[], account_id) as place, activity_id, type, release, version, occurred_at,"
        " reverses, body, decision from regulars.activity"
        " where account_id = any($1::uuid[]) and member_id = any($2::uuid[]) and program_id = $3"
        " and (array_position($1::uuid[], account_id) > $4"
        " or (array_position($1::uuid[], account_id) = $4 and version < $5))"
        " order by place, version desc limit $6",
        list(accounts),
        list(people),
        program_id,
        place,
        version,
        limit,
    )
    return rows


async def due(tx: Transaction, *, before: Any, limit: int) -> list[tuple[UUID, int]]:
    """Accounts that time has something for, the longest overdue first."""
    rows = await tx.fetch(
        "select account_id, program_id from regulars.due where review_at <= $1 order by review_at limit $2",
        before,
        limit,
    )
    return [(row["account_id"], row["program_id"]) for row in rows]


async def accounts_of_share(
    tx: Transaction, *, program_id: int, share: int, shares: int
) -> AsyncIterator[tuple[UUID, list[Any]]]:
    """The recorded activities of one share of all accounts, an account at a time, in the order of their versions."""
    # Of whom was forgotten not everything is known any more that decided then, wherever they have been.
    statement = """
        with gone as materialized (
            select account_id from regulars.erasure where program_id = $1
            union
            select a.account_id from regulars.erasure e
            join regulars.move m on m.program_id = e.program_id and e.member_id in (m.member_id, m.to_member_id)
            cross join lateral (values (m.account_id), (m.to_account_id)) as a (account_id)
            where e.program_id = $1 and m.kind in ('merge', 'unmerge', 'join', 'leave')
        )
        select account_id, body, release, decision from regulars.activity
        where program_id = $1 and mod(abs(hashtext(account_id::text)), $2) = $3
            and account_id not in (select account_id from gone)
        order by account_id, version"""
    current: UUID | None = None
    rows: list[Any] = []
    async for row in tx.rows(statement, program_id, shares, share):
        if current is not None and row["account_id"] != current:
            yield current, rows
            rows = []
        current = row["account_id"]
        rows.append(row)
    if current is not None:
        yield current, rows
