"""Codes made by the hundred thousand: numbers nobody can guess, sealed and written set-wise; what is there already is
made anew.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final
from uuid import UUID

import msgspec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from regulars.codes import patterns, sealing
from regulars.codes.contracts import CodeIn, CodeKeys, PatternTooNarrow, RowRefused
from regulars.kit.database import Transaction

ROOM: Final = 1000
"""So many codes a pattern must have for each that is made, or somebody who tries some finds one."""
SHORTEST: Final = 4
_NUMBER_BYTES: Final = 16

_INSERT: Final = """
insert into regulars.voucher_code
    (program_id, code_id, voucher, state, sealed, tail, batch, value, from_at, until_at, member_id, made_at,
     reserved_by, reserved_until)
select $1, id, $2, $3, sealed, tail, $4, value, from_at, until_at, member_id, $5, $6, $7
from unnest($8::uuid[], $9::bytea[], $10::text[], $11::bigint[], $12::timestamptz[], $13::timestamptz[], $14::uuid[])
    as t (id, sealed, tail, value, from_at, until_at, member_id)
on conflict do nothing
returning code_id
"""

_WRITE: Final = """
insert into regulars.voucher_code (program_id, code_id, voucher, state, sealed, tail, batch, value, until_at, made_at)
select $1, id, $2, $3, sealed, tail, $4, $5, $6, $7
from unnest($8::uuid[], $9::bytea[], $10::text[]) as t (id, sealed, tail)
on conflict do nothing
"""

_COUNT: Final = "select count(*) from regulars.voucher_code where program_id = $1 and voucher = $2 and batch = $3"

Random = Callable[[int], bytes]


class Kind(msgspec.Struct, frozen=True, kw_only=True):
    """What all codes of one making have in common."""

    program_id: int
    voucher: str
    batch: str
    state: str = "open"
    pattern: str = ""
    check: bool = True
    value: int | None = None
    until_at: dt.datetime | None = None
    reserved_by: UUID | None = None
    reserved_until: dt.datetime | None = None


class Drawn(msgspec.Struct, frozen=True):
    """Codes that nobody has yet, ready to be written: sealed, in the order of their ids."""

    ids: list[UUID]
    sealed: list[bytes]
    tails: list[str]


def room_for(pattern: str, count: int) -> None:
    """Whether a pattern has room for so many codes. Raises PatternTooNarrow."""
    there, needed = patterns.combinations(pattern), count * ROOM
    if there < needed:
        raise PatternTooNarrow(combinations=there, count=count, needed=needed)


async def counted(tx: Transaction, kind: Kind) -> int:
    """How many codes of a batch there are."""
    return int(await tx.fetchval(_COUNT, kind.program_id, kind.voucher, kind.batch))


async def make(
    tx: Transaction, keys: CodeKeys, kind: Kind, count: int, *, random: Random, now: dt.datetime
) -> dict[UUID, str]:
    """Write so many new codes of a pattern; gives them by their ids. Those that were there already are drawn again."""
    made: dict[UUID, str] = {}
    while len(made) < count:
        drawn = _drawn(keys, kind, count - len(made), random)
        rows = [(code_id, code, kind.value, None, kind.until_at, None) for code_id, code in drawn.items()]
        for code_id in await _insert(tx, keys, kind, rows, now=now):
            made[code_id] = drawn[code_id]
    return made


def draw(keys: CodeKeys, kind: Kind, count: int, *, random: Random) -> Drawn:
    """Draw so many codes of a pattern, or a few fewer where some came twice. No database: this can be done while others
    are written."""
    cipher, lookup = sealing.cipher(keys), sealing.lookup_of(keys, kind.program_id)
    found: dict[bytes, tuple[str, str]] = {}
    for code in _codes(kind, count, random):
        form = patterns.normal(code)
        found[sealing.id_under(lookup, form)] = code, form
    ordered = sorted(found.items())
    return Drawn(
        ids=[UUID(bytes=raw) for raw, _ in ordered],
        sealed=[sealing.seal_bytes(cipher, raw, code) for raw, (code, _) in ordered],
        tails=[patterns.tail_of(form) for _, (_, form) in ordered],
    )


async def write(tx: Transaction, kind: Kind, drawn: Drawn, *, now: dt.datetime) -> int:
    """Write codes that were drawn; how many of them are new."""
    return await tx.execute(
        _WRITE,
        kind.program_id,
        kind.voucher,
        kind.state,
        kind.batch,
        kind.value,
        kind.until_at,
        now,
        drawn.ids,
        drawn.sealed,
        drawn.tails,
    )


async def bring(
    tx: Transaction, keys: CodeKeys, kind: Kind, given: Iterable[CodeIn], *, now: dt.datetime
) -> tuple[int, list[RowRefused]]:
    """Write codes of a file: how many are new, and the rows that are no codes."""
    refused: list[RowRefused] = []
    rows: dict[UUID, CodeIn] = {}
    for one in given:
        form = patterns.normal(one.code)
        if patterns.foreign(one.code):
            refused.append(_refused(one, "letters"))
            continue
        if not SHORTEST <= len(form) <= patterns.LONGEST or len(one.code) > patterns.LONGEST:
            refused.append(_refused(one, "malformed"))
            continue
        code_id = sealing.id_of(keys, kind.program_id, one.code)
        if code_id in rows:
            refused.append(_refused(one, "twice"))
        else:
            rows[code_id] = one
    written = await _insert(
        tx,
        keys,
        kind,
        [
            (code_id, one.code.strip(), one.value, one.from_at, one.until_at or kind.until_at, one.member_id)
            for code_id, one in rows.items()
        ],
        now=now,
    )
    refused += [_refused(one, "taken") for code_id, one in rows.items() if code_id not in written]
    return len(written), sorted(refused, key=lambda one: one.row)


def _refused(one: CodeIn, why: str) -> RowRefused:
    return RowRefused(row=one.row, code=patterns.tail(one.code), why=why)


def _drawn(keys: CodeKeys, kind: Kind, count: int, random: Random) -> dict[UUID, str]:
    return {sealing.id_of(keys, kind.program_id, code): code for code in _codes(kind, count, random)}


def _codes(kind: Kind, count: int, random: Random) -> Iterator[str]:
    there, noise = patterns.combinations(kind.pattern), random(_NUMBER_BYTES * count)
    for at in range(0, len(noise), _NUMBER_BYTES):
        # So much wider than the pattern that no code is likelier than another.
        number = int.from_bytes(noise[at : at + _NUMBER_BYTES]) % there
        yield patterns.made(kind.pattern, number, check=kind.check)


Row = tuple[UUID, str, int | None, dt.datetime | None, dt.datetime | None, UUID | None]


async def _insert(tx: Transaction, keys: CodeKeys, kind: Kind, rows: Sequence[Row], *, now: dt.datetime) -> set[UUID]:
    if not rows:
        return set()
    # Sorted by key, as every statement that many write at once.
    rows = sorted(rows, key=lambda row: row[0])
    cipher: AESGCM = sealing.cipher(keys)
    found = await tx.fetch(
        _INSERT,
        kind.program_id,
        kind.voucher,
        kind.state,
        kind.batch,
        now,
        kind.reserved_by,
        kind.reserved_until,
        [row[0] for row in rows],
        [sealing.seal(cipher, row[0], row[1]) for row in rows],
        [patterns.tail(row[1]) for row in rows],
        [row[2] for row in rows],
        [row[3] for row in rows],
        [row[4] for row in rows],
        [row[5] for row in rows],
    )
    return {row["code_id"] for row in found}
