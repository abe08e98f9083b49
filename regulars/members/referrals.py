"""Referral codes: short, easy to say, of one member each. A code is worked out from the member, so that nobody waits
for anybody to make one; the lookup table says whose it is.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Final
from uuid import UUID

import msgspec

from regulars.kit import arrays, keyring
from regulars.kit.errors import DatabaseBusy
from regulars.members import homes, identity
from regulars.members.contracts import Keys
from regulars.members.homes import Home
from regulars.members.session import Session

ALPHABET: Final = "ABCDEFGHJKMNPQRSTVWXYZ23456789"
"""No I, L, O, U, 0 or 1: nobody takes one for another."""
TRIES: Final = 20
"""How often somebody else may have a code by chance; a program with so many members needs longer ones."""

_CLAIM: Final = """
insert into regulars.identifier (program_id, kind, hash, account_id, member_id, claimed_at)
values ($1, $2, $3, $4, $5, $6) on conflict do nothing
"""
_OWNER: Final = "select member_id from regulars.identifier where program_id = $1 and kind = $2 and hash = $3"
_OWNERS: Final = """
select t.nr, i.kind, i.member_id
from unnest($1::int[], $2::int[], $3::text[], $4::bytea[]) as t (nr, p, k, h)
join regulars.identifier i on i.program_id = t.p and i.kind = t.k and i.hash = t.h
"""


class Shown(msgspec.Struct, frozen=True):
    """A code that somebody showed, and the referrals that it may be of."""

    program_id: int
    code: str
    referrals: tuple[str, ...]


class Referrer(msgspec.Struct, frozen=True):
    """Whose a code is, and of which referral."""

    referral: str
    member_id: UUID


async def referral_code(
    tx: Session,
    *,
    keys: Keys,
    program_id: int,
    member_id: UUID,
    referral: str,
    prefix: str,
    length: int,
    now: dt.datetime,
) -> str:
    """The code of a member for a referral, always the same; it is theirs from the first time on that somebody asks.

    Raises DatabaseBusy where others have every code that would be theirs.
    """
    there = await homes.home(tx, program_id=program_id, member_id=member_id)
    for attempt in range(TRIES):
        code = prefix + _letters(keys, program_id, there.member_id, referral, attempt, length)
        kind, digest = _kind(referral), _hash(keys, program_id, code)
        await tx.execute(_CLAIM, program_id, kind, digest, there.account_id, there.member_id, now)
        if (await tx.fetch(_OWNER, program_id, kind, digest))[0]["member_id"] == there.member_id:
            return code
    raise DatabaseBusy


async def referrers(tx: Session, shown: Sequence[Shown], *, keys: Keys) -> list[Referrer | None]:
    """Whose codes these are, as they are now; None: nobody's."""
    rows = [
        (nr, one.program_id, _kind(referral), _hash(keys, one.program_id, one.code))
        for nr, one in enumerate(shown)
        for referral in one.referrals
    ]
    if not rows:
        return [None] * len(shown)
    found: dict[tuple[int, str], UUID] = {}
    for row in await tx.fetch(_OWNERS, *arrays.of(rows)):
        found[row["nr"], row["kind"]] = row["member_id"]
    there = await homes.homes(tx, _asked(shown, found))
    result: list[Referrer | None] = []
    for nr, one in enumerate(shown):
        owned = [(name, found[nr, _kind(name)]) for name in one.referrals if (nr, _kind(name)) in found]
        if not owned:
            result.append(None)
            continue
        name, member_id = owned[0]
        home = there.get((one.program_id, member_id), Home(member_id, member_id))
        result.append(Referrer(name, home.member_id))
    return result


def _asked(shown: Sequence[Shown], found: dict[tuple[int, str], UUID]) -> Iterable[tuple[int, UUID]]:
    return [(shown[nr].program_id, member_id) for (nr, _), member_id in found.items()]


def _letters(keys: Keys, program_id: int, member_id: UUID, referral: str, attempt: int, length: int) -> str:
    digest = keyring.digest(keys.lookup, str(program_id), "referral", referral, str(member_id), str(attempt))
    number = int.from_bytes(digest, "big")
    letters = []
    for _ in range(length):
        number, place = divmod(number, len(ALPHABET))
        letters.append(ALPHABET[place])
    return "".join(letters)


def _kind(referral: str) -> str:
    return f"referral/{referral}"


def _hash(keys: Keys, program_id: int, code: str) -> bytes:
    # However it was typed: letters of either case, with spaces or hyphens or without.
    canonical = "".join(sign for sign in code.upper() if sign.isalnum())
    return identity.hash_of(keys.lookup, program_id, "referral", canonical)
