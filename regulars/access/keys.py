"""API keys: made, found by their token, revoked. A token is `rk_<program>_<random>`: it names the wall it is for."""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID
from weakref import WeakKeyDictionary

import msgspec

from regulars.access import staff
from regulars.access.contracts import (
    PARTNER_SCOPES,
    SCOPES,
    Actor,
    ApiKey,
    BadToken,
    IssuedKey,
    ScopeNotForPartners,
    StaffInactive,
    UnknownKey,
    UnknownScope,
)
from regulars.kit import ids
from regulars.kit.database import Database, Transaction

FRESH: Final = dt.timedelta(seconds=5)
"""How long a process believes what it read of a key: a revoked one stops everywhere within this time."""
REMEMBERED: Final = 1000

_TOKEN: Final = re.compile(r"rk_([1-9][0-9]{0,8})_([A-Za-z0-9_-]{32,64})", re.ASCII)


class _Seen(msgspec.Struct, frozen=True):
    actor: Actor
    expires_at: dt.datetime | None
    read_at: dt.datetime


# A cache belongs to the connections it was read through: two databases in one process (tests) must not share it.
_caches: Final[WeakKeyDictionary[Database, dict[bytes, _Seen]]] = WeakKeyDictionary()


async def authenticate(database: Database, token: str, *, now: dt.datetime) -> Actor:
    """Whose token this is. Costs a statement once in five seconds. Raises BadToken, and what the database raises."""
    match = _TOKEN.fullmatch(token)
    if match is None:
        raise BadToken
    digest, program_id = _digest(token), int(match[1])
    if program_id > 2**31 - 1:
        raise BadToken
    cache = _caches.setdefault(database, {})
    seen = cache.get(digest)
    if seen is None or not seen.read_at <= now < seen.read_at + FRESH:
        cache.pop(digest, None)
        async with database.read(programs=[program_id]) as tx:
            seen = await _find(tx, program_id=program_id, digest=digest, now=now)
        if len(cache) >= REMEMBERED:
            cache.pop(next(iter(cache)))
        cache[digest] = seen
    if seen.expires_at is not None and now >= seen.expires_at:
        raise BadToken
    return seen.actor


async def create(
    tx: Transaction,
    *,
    program_id: int,
    key_id: UUID,
    secret: str,
    label: str,
    scopes: Sequence[str],
    now: dt.datetime,
    rate_per_minute: int | None = None,
    expires_at: dt.datetime | None = None,
    staff_id: UUID | None = None,
    made_by: UUID | None = None,
    partner: str | None = None,
) -> IssuedKey:
    """Write a key; only its digest stays. With `staff_id` it is that person's, else a machine's, for which the person
    `made_by` answers; with `partner` it opens what is that partner's alone. Raises UnknownScope, ScopeNotForPartners,
    UnknownStaff, StaffInactive.
    """
    for scope in scopes:
        if scope not in SCOPES:
            raise UnknownScope(scope=scope[:40], known=", ".join(SCOPES))
        if partner is not None and scope not in PARTNER_SCOPES:
            raise ScopeNotForPartners(scope=scope, known=", ".join(PARTNER_SCOPES))
    if staff_id is not None and not (await staff.named(tx, program_id=program_id, staff_id=staff_id)).active:
        raise StaffInactive(id=ids.to_wire("stf", staff_id))
    token = f"rk_{program_id}_{secret}"
    wanted = sorted(set(scopes), key=[str(scope) for scope in SCOPES].index)
    await tx.execute(
        """insert into api_key (program_id, key_id, label, hash, last_four, scopes, rate_per_minute, created_at,
        expires_at, staff_id, made_by, partner)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)""",
        program_id,
        key_id,
        label,
        _digest(token),
        token[-4:],
        wanted,
        rate_per_minute,
        now,
        expires_at,
        staff_id,
        made_by,
        partner,
    )
    key = ApiKey(
        id=ids.to_wire("key", key_id),
        label=label,
        scopes=tuple(wanted),
        last_four=token[-4:],
        created_at=now,
        staff=None if staff_id is None else ids.to_wire("stf", staff_id),
        partner=partner,
        rate_per_minute=rate_per_minute,
        expires_at=expires_at,
    )
    return IssuedKey(token=token, key=key)


async def revoke(tx: Transaction, *, program_id: int, key_id: UUID, now: dt.datetime) -> ApiKey:
    """End a key; again changes nothing. Raises UnknownKey."""
    row = await tx.fetchrow(
        f"""update api_key set revoked_at = coalesce(revoked_at, $3) where program_id = $1 and key_id = $2
        returning {_COLUMNS}""",
        program_id,
        key_id,
        now,
    )
    if row is None:
        raise UnknownKey(id=ids.to_wire("key", key_id))
    return _key(row)


async def listed(tx: Transaction, *, program_id: int) -> list[ApiKey]:
    """All keys of a program, the newest first; there are never many."""
    rows = await tx.fetch(
        f"select {_COLUMNS} from api_key where program_id = $1 order by key_id desc limit 1000", program_id
    )
    return [_key(row) for row in rows]


def forget() -> None:
    """Let this process read every key again: after a revocation here it need not wait."""
    _caches.clear()


async def _find(tx: Transaction, *, program_id: int, digest: bytes, now: dt.datetime) -> _Seen:
    row = await tx.fetchrow(
        """select k.key_id, k.label, k.scopes, k.rate_per_minute, k.expires_at, k.staff_id, k.partner,
            coalesce(k.staff_id, k.made_by) as answerable
        from api_key k left join staff s on s.program_id = k.program_id and s.staff_id = k.staff_id
        where k.program_id = $1 and k.hash = $2 and k.revoked_at is null and coalesce(s.active, true)""",
        program_id,
        digest,
    )
    if row is None:
        raise BadToken
    actor = Actor(
        program_id=program_id,
        key_id=row["key_id"],
        label=row["label"],
        scopes=frozenset(row["scopes"]),
        rate_per_minute=row["rate_per_minute"],
        staff_id=row["staff_id"],
        answerable=row["answerable"],
        partner=row["partner"],
    )
    return _Seen(actor, row["expires_at"], now)


# The secret has 256 random bits, so a plain digest cannot be turned back; a slow hash would only cost time at the till.
def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


_COLUMNS: Final = """key_id, label, scopes, last_four, created_at, staff_id, rate_per_minute, expires_at, revoked_at,
    partner"""


def _key(row: Any) -> ApiKey:
    return ApiKey(
        id=ids.to_wire("key", row["key_id"]),
        label=row["label"],
        scopes=tuple(row["scopes"]),
        last_four=row["last_four"],
        created_at=row["created_at"],
        staff=None if row["staff_id"] is None else ids.to_wire("stf", row["staff_id"]),
        partner=row["partner"],
        rate_per_minute=row["rate_per_minute"],
        expires_at=row["expires_at"],
        revoked_at=row["revoked_at"],
    )
