"""The statements of this room, named for what they answer."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

import msgspec

from regulars.kit.database import Transaction
from regulars.program.contracts.definitions import Program, Release
from regulars.program.contracts.midway import Midway

_PROGRAM = msgspec.msgpack.Decoder(Program)
_SLOTS = msgspec.msgpack.Decoder(dict[str, int])
_MIDWAY = msgspec.json.Decoder(dict[str, Midway])
_COLUMNS = "program_id, number, body, slots, to_backfill, digest, rolled_back_to, midway, published_by, published_at"


async def newest(tx: Transaction, *, program_id: int) -> Release | None:
    """The release with the highest number."""
    row = await tx.fetchrow(
        f"select {_COLUMNS} from release where program_id = $1 order by number desc limit 1", program_id
    )
    return None if row is None else _release(row)


async def newest_number(tx: Transaction, *, program_id: int) -> int:
    """The number of the release in force; 0 where there is none."""
    found: int | None = await tx.fetchval("select max(number) from release where program_id = $1", program_id)
    return found or 0


async def newest_below(tx: Transaction, *, program_id: int, number: int) -> Release | None:
    """The release that was in force before this one."""
    row = await tx.fetchrow(
        f"select {_COLUMNS} from release where program_id = $1 and number < $2 order by number desc limit 1",
        program_id,
        number,
    )
    return None if row is None else _release(row)


async def numbered(tx: Transaction, *, program_id: int, number: int) -> Release | None:
    """One release."""
    row = await tx.fetchrow(f"select {_COLUMNS} from release where program_id = $1 and number = $2", program_id, number)
    return None if row is None else _release(row)


async def text(tx: Transaction, *, program_id: int, number: int) -> str | None:
    """The YAML of a release as it was handed in."""
    found = await tx.fetchval("select text from release where program_id = $1 and number = $2", program_id, number)
    return None if found is None else bytes(found).decode()


async def calendar(tx: Transaction, *, program_id: int) -> list[tuple[int, dt.datetime]]:
    """Number and moment of every release, the first one first."""
    rows = await tx.fetch("select number, published_at from release where program_id = $1 order by number", program_id)
    return [(row["number"], row["published_at"]) for row in rows]


async def below(tx: Transaction, *, program_id: int, number: int, limit: int) -> list[Any]:
    """The releases before a number, the newest first, without their programs."""
    return await tx.fetch(
        """select number, digest, to_backfill, rolled_back_to, published_by, published_at from release
        where program_id = $1 and number < $2::bigint order by number desc limit $3""",
        program_id,
        number,
        limit,
    )


async def known_slots(tx: Transaction, *, program_id: int) -> dict[tuple[str, str], int]:
    """Every slot ever given, by the metric's name and what it counts."""
    rows = await tx.fetch("select name, signature, slot from metric_slot where program_id = $1", program_id)
    return {(row["name"], row["signature"]): row["slot"] for row in rows}


async def insert(tx: Transaction, *, release: Release, source: str) -> bool:
    """Write a release; false where its number is taken, because somebody published at the same moment."""
    added = await tx.execute(
        """insert into release (program_id, number, text, body, slots, to_backfill, digest, rolled_back_to, midway,
            published_by, published_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) on conflict do nothing""",
        release.program_id,
        release.number,
        source.encode(),
        msgspec.msgpack.encode(release.program),
        msgspec.msgpack.encode(release.slots),
        list(release.to_backfill),
        release.digest,
        release.rolled_back_to,
        msgspec.json.encode(release.midway),
        release.published_by,
        release.published_at,
    )
    return added == 1


async def insert_slots(tx: Transaction, *, program_id: int, number: int, slots: Mapping[tuple[str, str], int]) -> None:
    """Keep slots that were given for the first time."""
    await tx.execute(
        """insert into metric_slot (program_id, slot, name, signature, since)
        select $1, slot, name, signature, $2 from unnest($3::int[], $4::text[], $5::text[]) as s(slot, name, signature)
        on conflict do nothing""",
        program_id,
        number,
        list(slots.values()),
        [name for name, _ in slots],
        [signature for _, signature in slots],
    )


def _release(row: Any) -> Release:
    return Release(
        program_id=row["program_id"],
        number=row["number"],
        program=_PROGRAM.decode(row["body"]),
        slots=_SLOTS.decode(row["slots"]),
        digest=bytes(row["digest"]),
        to_backfill=tuple(row["to_backfill"]),
        rolled_back_to=row["rolled_back_to"],
        midway=_MIDWAY.decode(row["midway"]),
        published_by=row["published_by"],
        published_at=row["published_at"],
    )
