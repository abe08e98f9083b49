"""Single codes of vouchers, asked for by a till: what one is still worth, and setting one aside."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Final
from uuid import UUID

import msgspec

from regulars.activities import prepare, rationing
from regulars.codes import service as codes
from regulars.codes.contracts import Code, CodeShared, CodeUsedUp, UnknownCode
from regulars.engine.contracts.known import CounterKey

if TYPE_CHECKING:
    from collections.abc import Mapping

    from regulars.activities.process import Process
    from regulars.engine.service import Compiled
    from regulars.kit.database import Transaction
    from regulars.program.contracts.vouchers import Voucher

LOCK_S: Final = 900
"""How long a code is set aside where neither the till nor the campaign says."""


class CodeLooked(msgspec.Struct, frozen=True, kw_only=True):
    """A code, how often it still counts (None: as often as anybody likes), and what is still on a gift card."""

    code: Code
    title: dict[str, str]
    uses_left: int | None
    value: int | None
    currency: str | None


async def look(
    process: Process, *, program_id: int, client_id: UUID, code: str, till: str | None = None, now: dt.datetime
) -> CodeLooked:
    """A code as it is now. Raises UnknownCode, RateLimited, NothingPublished."""
    process.guesses.allow(client_id, till, now)
    compiled = await _rules(process, program_id, now)
    code_id = codes.id_of(process.code_keys, program_id, code)
    async with process.database.read(programs=[program_id]) as tx:
        found = await codes.show(tx, program_id=program_id, code_id=code_id) or _of_all(
            process, program_id, compiled, code_id
        )
        voucher = None if found is None else compiled.program.vouchers.get(found.voucher)
        if found is None or voucher is None:
            process.guesses.note(client_id, till, now)
            raise UnknownCode
        left = await _uses_left(tx, program_id, voucher, code_id)
    value = found.value if found.value is not None else voucher.value
    if voucher.gift is not None and (left == 0 or found.state == "cancelled"):
        # What was on it is on somebody's balance now.
        value = 0
    title = {key: getattr(voucher.title, key) for key in ("en", "ru", "ro")}
    return CodeLooked(code=found, title=title, uses_left=left, value=value, currency=voucher.gift)


async def lock(
    process: Process,
    tx: Transaction,
    *,
    program_id: int,
    client_id: UUID,
    code: str,
    session: str,
    ttl_s: int | None,
    now: dt.datetime,
) -> dt.datetime:
    """Set a code aside for a session; until when. The rules of the program are loaded before the transaction begins.
    Raises UnknownCode, CodeLocked, CodeUsedUp, CodeShared, RateLimited."""
    process.guesses.allow(client_id, ("session", session), now)
    compiled = process.programs.at(program_id, now)
    code_id = codes.id_of(process.code_keys, program_id, code)
    found = await codes.held_still(tx, program_id=program_id, code_id=code_id)
    voucher = None if found is None else compiled.program.vouchers.get(found)
    if voucher is None:
        if _of_all(process, program_id, compiled, code_id) is not None:
            raise CodeShared
        process.guesses.note(client_id, ("session", session), now)
        raise UnknownCode
    # With its row locked: a purchase that uses it is written by now, or waits for this.
    if await _uses_left(tx, program_id, voucher, code_id) == 0:
        raise CodeUsedUp
    until = now + dt.timedelta(seconds=lock_seconds(voucher, ttl_s))
    await codes.lock(tx, program_id=program_id, code_id=code_id, session=session, until=until, now=now)
    return until


def lock_seconds(voucher: Voucher, asked_s: int | None) -> int:
    """How long a code is set aside: as long as the till asks, but not longer than its campaign lets it."""
    most = None if voucher.lock is None else prepare.seconds(voucher.lock)
    return min(asked_s or most or LOCK_S, most or asked_s or LOCK_S)


async def shared(process: Process, *, program_id: int, now: dt.datetime) -> dict[UUID, str]:
    """The codes that campaigns share with everybody, by their ids."""
    compiled = await _rules(process, program_id, now)
    named = [one.codes.shared for one in compiled.program.vouchers.values() if one.codes.shared is not None]
    return {codes.id_of(process.code_keys, program_id, text): text for text in named}


async def _rules(process: Process, program_id: int, now: dt.datetime) -> Compiled:
    await process.programs.ready(program_id)
    return process.programs.at(program_id, now)


def _of_all(process: Process, program_id: int, compiled: Compiled, code_id: UUID) -> Code | None:
    for name, one in compiled.program.vouchers.items():
        text = one.codes.shared
        if text is not None and codes.id_of(process.code_keys, program_id, text) == code_id:
            return codes.of_all(code_id, voucher=name, text=text)
    return None


async def used_up(
    process: Process, tx: Transaction, *, program_id: int, vouchers: Mapping[UUID, str], now: dt.datetime
) -> set[UUID]:
    """Of codes by their campaign: those that count no more, whoever showed them."""
    compiled = process.programs.at(program_id, now)
    asked: dict[UUID, tuple[int, CounterKey]] = {}
    for code_id, name in vouchers.items():
        voucher = compiled.program.vouchers.get(name)
        if voucher is not None and voucher.uses_of_code is not None:
            asked[code_id] = (program_id, _uses(name, code_id))
    quotas = await rationing.load(tx.connection, asked.values()) if asked else {}
    most = {code_id: compiled.program.vouchers[vouchers[code_id]].uses_of_code or 0 for code_id in asked}
    return {code_id for code_id, key in asked.items() if quotas[key].used >= most[code_id]}


def _uses(voucher: str, code_id: UUID) -> CounterKey:
    return CounterKey(f"uses:{voucher}", f"code:{code_id}", "ever")


async def _uses_left(tx: Transaction, program_id: int, voucher: Voucher, code_id: UUID) -> int | None:
    if voucher.uses_of_code is None:
        return None
    key = _uses(voucher.name, code_id)
    quotas = await rationing.load(tx.connection, [(program_id, key)])
    return max(voucher.uses_of_code - quotas[program_id, key].used, 0)
