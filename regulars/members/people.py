"""Members one by one: who they are, and the profile that is sealed under their own key."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

import msgspec
from msgspec import UNSET

from regulars.kit.database import Transaction
from regulars.members import homes, identity, sealed
from regulars.members.contracts import (
    IdentifierTaken,
    Keys,
    Member,
    MemberErased,
    MemberNotFound,
    MemberStatus,
    Profile,
    ProfileIn,
)

_NAMING: Final = ("phone", "email", "own_id")
_COLUMNS: Final = "m.account_id, m.member_id, m.program_id, m.status, m.enrolled_at, m.language, m.anonymous"


class Row(msgspec.Struct, frozen=True):
    """A member with the sealed columns, inside this room only."""

    member: Member
    wrapped_key: bytes | None
    sealed_profile: bytes | None

    def key(self, keys: Keys) -> bytes:
        """The member's own key. Raises MemberErased."""
        return sealed.unwrap(keys.personal, self.wrapped_key, member_id=self.member.member_id)


async def row(tx: Transaction, *, program_id: int, member_id: UUID, lock: bool = False) -> Row:
    """A member by our own id. Raises MemberNotFound."""
    there = await homes.home(tx, program_id=program_id, member_id=member_id)
    found = await tx.fetchrow(
        f"""select {_COLUMNS}, m.wrapped_key, m.sealed_profile from member m
        where m.account_id = $2 and m.member_id = $3 and m.program_id = $1 {"for no key update" if lock else ""}""",
        program_id,
        there.account_id,
        there.member_id,
    )
    if found is None:
        raise MemberNotFound
    return Row(_member(found), found["wrapped_key"], found["sealed_profile"])


async def by_account(tx: Transaction, account_ids: Sequence[UUID]) -> dict[UUID, tuple[Member, ...]]:
    """The members of accounts, oldest first; an account without any is left out."""
    rows = await tx.fetch(
        f"select {_COLUMNS} from member m where m.account_id = any($1::uuid[]) order by m.enrolled_at, m.member_id",
        list(account_ids),
    )
    found: dict[UUID, list[Member]] = {}
    for one in rows:
        found.setdefault(one["account_id"], []).append(_member(one))
    return {account_id: tuple(members) for account_id, members in found.items()}


async def profile(tx: Transaction, *, keys: Keys, program_id: int, member_id: UUID) -> Profile:
    """What identifies a member. Raises MemberNotFound, MemberErased."""
    known = await row(tx, program_id=program_id, member_id=member_id)
    return sealed.unseal_profile(known.key(keys), known.sealed_profile, member_id=known.member.member_id)


async def change_profile(
    tx: Transaction,
    *,
    keys: Keys,
    program_id: int,
    member_id: UUID,
    changes: ProfileIn,
    region: str,
    now: dt.datetime,
) -> Profile:
    """Change what identifies a member; what is left out stays, null empties. `region`: country of phones without a
    prefix.

    A new phone, e-mail or own id leads to the member from now on, the old one no longer does. Raises MemberNotFound,
    MemberErased, IdentifierTaken, and what `normalise` raises.
    """
    known = await row(tx, program_id=program_id, member_id=member_id, lock=True)
    if known.member.status is MemberStatus.ERASED:
        raise MemberErased
    key = known.key(keys)
    member_id = known.member.member_id
    old = sealed.unseal_profile(key, known.sealed_profile, member_id=member_id)
    given: dict[str, Any] = {
        name: value for name in Profile.__struct_fields__ if (value := getattr(changes, name)) is not UNSET
    }
    for kind in _NAMING:
        if given.get(kind) is not None:
            given[kind] = identity.normalise(kind, given[kind], region=region).canonical
    new = msgspec.structs.replace(old, **given)
    await _rename(tx, keys, known.member, old, new, now)
    await tx.execute(
        """update member set sealed_profile = $3, anonymous = $4, language = $5
        where account_id = $1 and member_id = $2""",
        known.member.account_id,
        member_id,
        sealed.seal_profile(key, new, member_id=member_id),
        new.phone is None and new.email is None,
        known.member.language if changes.language is UNSET else changes.language,
    )
    return new


async def _rename(tx: Transaction, keys: Keys, member: Member, old: Profile, new: Profile, now: dt.datetime) -> None:
    """Take the new names and let go of the old ones; the lookup row decides whose a name is."""
    for kind in _NAMING:
        before, after = getattr(old, kind), getattr(new, kind)
        if before == after:
            continue
        if after is not None:
            await _take(tx, keys, member, kind, after, now)
        if before is not None:
            await tx.execute(
                "delete from identifier where program_id = $1 and kind = $2 and hash = $3 and member_id = $4",
                member.program_id,
                kind,
                identity.hash_of(keys.lookup, member.program_id, kind, before),
                member.member_id,
            )


async def _take(tx: Transaction, keys: Keys, member: Member, kind: str, canonical: str, now: dt.datetime) -> None:
    digest = identity.hash_of(keys.lookup, member.program_id, kind, canonical)
    await tx.execute(
        """insert into identifier (program_id, kind, hash, account_id, member_id, claimed_at)
        values ($1, $2, $3, $4, $5, $6) on conflict do nothing""",
        member.program_id,
        kind,
        digest,
        member.account_id,
        member.member_id,
        now,
    )
    owner = await tx.fetchval(
        "select member_id from identifier where program_id = $1 and kind = $2 and hash = $3",
        member.program_id,
        kind,
        digest,
    )
    if owner != member.member_id:
        raise IdentifierTaken(kind=kind)


def _member(found: Any) -> Member:
    return Member(
        account_id=found["account_id"],
        member_id=found["member_id"],
        program_id=found["program_id"],
        status=MemberStatus(found["status"]),
        enrolled_at=found["enrolled_at"],
        language=found["language"],
        anonymous=found["anonymous"],
    )
