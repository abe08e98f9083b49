"""Where a member is now who is no longer the account of the same id: merged into somebody, or in a household.

Identifiers, cards and ids of ours go on naming whoever they named; what they lead to is one row a member here.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Final
from uuid import UUID

import msgspec

from regulars.members.contracts import MemberStatus
from regulars.members.session import Session


class Home(msgspec.Struct, frozen=True):
    """The account, and the member there: another one, if they were merged."""

    account_id: UUID
    member_id: UUID


class Then(msgspec.Struct, frozen=True):
    """Where a member was at a moment: the account, accounts that had led to it by then, and who the member was by then:
    themselves and all who had been merged into them."""

    account_id: UUID
    earlier: tuple[UUID, ...]
    people: tuple[UUID, ...]


_TURN: Final = 7_202
"""Names the lock of those who lead members of a program elsewhere."""

_HOMES: Final = """
select v.program_id, v.member_id, v.account_id, v.leads_to
from unnest($1::int[], $2::uuid[]) as t (p, m) join regulars.moved v on v.program_id = t.p and v.member_id = t.m
"""

# Who was merged into somebody, and into those in turn; a chain of merges has an end.
_FOLLOWERS: Final = """
with recursive chain as (
    select member_id from regulars.moved where program_id = $1 and into_id = $2
        and ($3::timestamptz is null or moved_at <= $3)
    union
    select v.member_id from regulars.moved v join chain c on v.program_id = $1 and v.into_id = c.member_id
        and ($3::timestamptz is null or v.moved_at <= $3)
)
select member_id from chain
"""


_MOVED: Final = """
select account_id, into_id from regulars.moved
where program_id = $1 and member_id = $2 and ($3::timestamptz is null or moved_at <= $3)
"""


async def homes(tx: Session, asked: Iterable[tuple[int, UUID]]) -> dict[tuple[int, UUID], Home]:
    """Where members of programs are now; whoever is alone under their own id is left out."""
    pairs = sorted(set(asked))
    rows = await tx.fetch(_HOMES, [pair[0] for pair in pairs], [pair[1] for pair in pairs])
    return {(row["program_id"], row["member_id"]): Home(row["account_id"], row["leads_to"]) for row in rows}


async def home(tx: Session, *, program_id: int, member_id: UUID) -> Home:
    """Where one member is now."""
    found = await homes(tx, [(program_id, member_id)])
    return found.get((program_id, member_id), Home(member_id, member_id))


async def followers(tx: Session, *, program_id: int, member_id: UUID, by: dt.datetime | None = None) -> list[UUID]:
    """Who was merged into a member, however long ago and through whomever; with `by`, up to that moment."""
    return [row["member_id"] for row in await tx.fetch(_FOLLOWERS, program_id, member_id, by)]


async def then(tx: Session, *, program_id: int, member_id: UUID, at: dt.datetime | None) -> Then:
    """Where a member was at a moment, None: is now. Who was in several households was in their own account before the
    last one, as far as is kept."""
    member, account = member_id, member_id
    # A chain of merges has an end: nobody is merged into somebody who was merged into them.
    while rows := await tx.fetch(_MOVED, program_id, member, at):
        account = rows[0]["account_id"]
        if rows[0]["into_id"] is None:
            break
        member = account = rows[0]["into_id"]
    merged = await followers(tx, program_id=program_id, member_id=member, by=at)
    people = (member, *merged)
    return Then(account, tuple(one for one in people if one != account), people)


async def people(tx: Session, *, program_id: int, member_id: UUID) -> list[UUID]:
    """A member and all who were merged into them."""
    there = await home(tx, program_id=program_id, member_id=member_id)
    return [there.member_id, *await followers(tx, program_id=program_id, member_id=there.member_id)]


async def earlier_accounts(tx: Session, *, program_id: int, member_id: UUID) -> list[UUID]:
    """Accounts whose history belongs to a member beside that of the account they are in: their own of before they
    joined a household, and of those merged into them."""
    there = await home(tx, program_id=program_id, member_id=member_id)
    merged = await followers(tx, program_id=program_id, member_id=there.member_id)
    return [one for one in (there.member_id, *merged) if one != there.account_id]


async def lead(
    tx: Session,
    *,
    program_id: int,
    member_id: UUID,
    from_account: UUID,
    to: Home,
    into: UUID | None,
    now: dt.datetime,
) -> None:
    """Let a member, and all who were merged into them, lead to another account, with their cards; `into` is whom they
    are merged into, wherever they have moved since. Repeats safely."""
    # One at a time: who arrives while those they joined move on must not be led to where nobody is any more.
    await tx.execute("select pg_advisory_xact_lock($1, $2)", _TURN, program_id)
    if into is not None:
        to = await home(tx, program_id=program_id, member_id=into)
    merged = await followers(tx, program_id=program_id, member_id=member_id)
    people = [member_id, *merged]
    await tx.execute(
        """insert into regulars.moved (program_id, member_id, account_id, leads_to, into_id, moved_at)
        values ($1, $2, $3, $4, $5, $6)
        on conflict (program_id, member_id) do update set account_id = excluded.account_id,
            leads_to = excluded.leads_to, into_id = excluded.into_id, moved_at = excluded.moved_at""",
        program_id,
        member_id,
        to.account_id,
        to.member_id,
        into,
        now,
    )
    if merged:
        await tx.execute(
            """update regulars.moved set account_id = $3, leads_to = $4
            where program_id = $1 and member_id = any($2::uuid[])""",
            program_id,
            merged,
            to.account_id,
            to.member_id,
        )
    await _rows(tx, people, from_account, to.account_id)
    status = MemberStatus.MERGED if into is not None else MemberStatus.ACTIVE
    await tx.execute(
        """update regulars.member set status = $3 where account_id = $1 and member_id = $2
        and status in ('active', 'merged')""",
        to.account_id,
        member_id,
        status.value,
    )
    if into is None and to == Home(member_id, member_id):
        await tx.execute("delete from regulars.moved where program_id = $1 and member_id = $2", program_id, member_id)


async def _rows(tx: Session, people: Sequence[UUID], left: UUID, reached: UUID) -> None:
    """The rows of members and their cards stand under their account, and an account never changes: so they are written
    anew."""
    if left == reached:
        return
    await tx.execute(
        """with gone as (
            delete from regulars.member where account_id = $1 and member_id = any($2::uuid[])
            returning member_id, program_id, status, anonymous, language, enrolled_at, wrapped_key, sealed_profile
        ) insert into regulars.member (account_id, member_id, program_id, status, anonymous, language, enrolled_at,
            wrapped_key, sealed_profile)
        select $3, member_id, program_id, status, anonymous, language, enrolled_at, wrapped_key, sealed_profile
        from gone order by member_id on conflict do nothing""",
        left,
        list(people),
        reached,
    )
    await tx.execute(
        """with gone as (
            delete from regulars.card where account_id = $1 and member_id = any($2::uuid[])
            returning card_id, program_id, member_id, status, last_four, sealed_number, sealed_secret, created_at,
                reason, changed_at, blocked_at, replaced_by
        ) insert into regulars.card (account_id, card_id, program_id, member_id, status, last_four, sealed_number,
            sealed_secret, created_at, reason, changed_at, blocked_at, replaced_by)
        select $3, card_id, program_id, member_id, status, last_four, sealed_number, sealed_secret, created_at, reason,
            changed_at, blocked_at, replaced_by
        from gone order by card_id on conflict do nothing""",
        left,
        list(people),
        reached,
    )
