"""Step one of a batch: idempotency keys and natural keys lead to one account and one activity id, whoever came first.

A short transaction of its own. It commits without waiting for the disk: the apply that follows is later in the same
log, so a claim
that a crash loses belongs to an activity that nobody was told about.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

import msgspec

from regulars.kit import arrays

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    from asyncpg import Connection


class Claim(msgspec.Struct, frozen=True, kw_only=True):
    """What one activity wants to be: its key (None in bulk), its document (None if it has none), and who it would
    be."""

    program_id: int
    client_id: UUID
    key: str | None
    source: str
    document: str | None
    digest: bytes
    account_id: UUID
    activity_id: UUID


class Claims(msgspec.Struct, frozen=True):
    """Who won each, in the order given, and whether returns wait for sales among them."""

    each: list[Claimed]
    awaited: bool


class Claimed(msgspec.Struct, frozen=True, kw_only=True):
    """Who won. `by_key` and `by_document` are what stands under the key and the document now; the answer is the
    stored one, if any."""

    activity_id: UUID
    account_id: UUID
    key_digest: bytes | None = None
    document_digest: bytes | None = None
    by_document: bool = False
    answered: tuple[int, bytes] | None = None
    applied: bool = False


# How many were new, and whether somebody waits: in the usual case that is all there is to ask.
_CLAIM = """
with keys as (
    insert into regulars.claim (program_id, client_id, key, digest, account_id, activity_id, claimed_at)
    select p, c, k, d, a, i, $7 from unnest($1::int[], $2::uuid[], $3::text[], $4::bytea[], $5::uuid[], $6::uuid[])
        as t (p, c, k, d, a, i)
    order by p, c, k
    on conflict do nothing returning 1
), documents as (
    insert into regulars.natural_key (program_id, source, document, digest, account_id, activity_id)
    select p, s, n, d, a, i
    from unnest($8::int[], $9::text[], $10::text[], $11::bytea[], $12::uuid[], $13::uuid[]) as t (p, s, n, d, a, i)
    order by p, s, n
    on conflict do nothing returning 1
)
select (select count(*) from keys) + (select count(*) from documents) as taken, exists (
    select from unnest($8::int[], $9::text[], $10::text[]) as t (p, s, n)
    join regulars.waiting w on w.program_id = t.p and w.source = t.s and w.document = t.n) as awaited
"""

# Of what waited and was refused when its turn came there are two answers: the last row counts, the refusal.
# A second statement: the first one does not see rows that another process committed while it ran. Not by coalesce where
# a key is compared: the wall around a table takes it for a leak, and then every row is read.
_WINNERS = """
select t.nr, c.digest as key_digest, n.digest as document_digest, n.activity_id is not null as by_document,
    coalesce(n.activity_id, c.activity_id) as activity_id, coalesce(n.account_id, c.account_id) as account_id,
    w.status, w.body,
    exists (select from regulars.activity v
        where v.activity_id = case when n.activity_id is not null then n.activity_id
            when c.activity_id is not null then c.activity_id else t.fresh end) as applied
from unnest($1::int[], $2::int[], $3::uuid[], $4::text[], $5::text[], $6::text[], $7::uuid[])
    as t (nr, p, c, k, s, n, fresh)
left join regulars.claim c on c.program_id = t.p and c.client_id = t.c and c.key = t.k
left join regulars.natural_key n on n.program_id = t.p and n.source = t.s and n.document = t.n
left join regulars.answer w
    on w.activity_id = case when n.activity_id is null then c.activity_id else n.activity_id end
where $8 or coalesce(n.activity_id, c.activity_id) is distinct from t.fresh
order by t.nr, w.status
"""

_ANSWERS = """
select t.nr, c.digest, c.activity_id, c.account_id, w.status, w.body
from unnest($1::int[], $2::int[], $3::uuid[], $4::text[]) as t (nr, p, c, k)
join regulars.claim c on c.program_id = t.p and c.client_id = t.c and c.key = t.k
join regulars.answer w on w.activity_id = c.activity_id
order by t.nr, w.status
"""


async def claim(connection: Connection, claims: Sequence[Claim], *, now: dt.datetime, again: bool = False) -> Claims:
    """Claim keys and documents for a batch. Rows are sorted by key inside each statement.

    `again` says that some of these were tried before, so that their own answers count too: they may have been stored
    although nobody heard.
    """
    keyed = [one for one in claims if one.key is not None]
    filed = [one for one in claims if one.document is not None]
    found = await connection.fetchrow(
        _CLAIM,
        [one.program_id for one in keyed],
        [one.client_id for one in keyed],
        [one.key for one in keyed],
        [one.digest for one in keyed],
        [one.account_id for one in keyed],
        [one.activity_id for one in keyed],
        now,
        [one.program_id for one in filed],
        [one.source for one in filed],
        [one.document for one in filed],
        [one.digest for one in filed],
        [one.account_id for one in filed],
        [one.activity_id for one in filed],
    )
    claimed = [Claimed(activity_id=one.activity_id, account_id=one.account_id) for one in claims]
    if not again and found["taken"] == len(keyed) + len(filed) and all(_is_named(one) for one in claims):
        # All of it was new, so nobody else can have won.
        return Claims(claimed, found["awaited"])
    held_by_others = await connection.fetch(
        _WINNERS,
        list(range(len(claims))),
        [one.program_id for one in claims],
        [one.client_id for one in claims],
        [one.key for one in claims],
        [one.source for one in claims],
        [one.document for one in claims],
        [one.activity_id for one in claims],
        again,
    )
    for row in held_by_others:
        claimed[row["nr"]] = Claimed(
            activity_id=row["activity_id"] or claims[row["nr"]].activity_id,
            account_id=row["account_id"] or claims[row["nr"]].account_id,
            key_digest=row["key_digest"],
            document_digest=row["document_digest"],
            by_document=row["by_document"],
            answered=None if row["status"] is None else (row["status"], row["body"]),
            applied=row["applied"],
        )
    return Claims(claimed, found["awaited"])


def _is_named(one: Claim) -> bool:
    """Whether it has a key or a document: without either only its own id says whether it was here before."""
    return one.key is not None or one.document is not None


_EARLIER = """
select t.nr, c.activity_id from unnest($1::int[], $2::int[], $3::uuid[], $4::text[]) as t (nr, p, c, k)
join regulars.claim c on c.program_id = t.p and c.client_id = t.c and c.key = t.k
"""


async def earlier(connection: Connection, keys: Sequence[tuple[int, UUID, str | None]]) -> dict[int, UUID]:
    """The activity ids that (program, client, key) already stand for, by place; only those that came before."""
    rows = await connection.fetch(_EARLIER, list(range(len(keys))), *arrays.of(keys))
    return {row["nr"]: row["activity_id"] for row in rows}


async def answers(connection: Connection, keys: Sequence[tuple[int, UUID, str]]) -> list[Claimed | None]:
    """What stands under some keys (program, client, key), with its answer if there is one; reads only."""
    rows = await connection.fetch(_ANSWERS, list(range(len(keys))), *arrays.of(keys))
    found: list[Claimed | None] = [None] * len(keys)
    for row in rows:
        found[row["nr"]] = Claimed(
            activity_id=row["activity_id"],
            account_id=row["account_id"],
            key_digest=row["digest"],
            answered=(row["status"], row["body"]),
        )
    return found
