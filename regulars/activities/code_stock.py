"""Codes of vouchers by the thousand: made, imported from a file and exported, under the campaign that the program in
force defines.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import re
import unicodedata
from collections.abc import AsyncIterator, Callable, Collection, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

import msgspec

from regulars.codes import service as codes
from regulars.codes.contracts import CodeIn, NoPattern, RowRefused, UnknownCampaign
from regulars.kit import edge, ids, money
from regulars.kit.errors import RegularsError, ValidationFault
from regulars.kit.i18n import Text

if TYPE_CHECKING:
    from regulars.activities.process import Process
    from regulars.engine.service import Compiled
    from regulars.program.contracts.vouchers import Voucher

CHUNK: Final = 10_000
"""Codes a transaction: each ends well within the time that one may take, and what is written stays."""

_CODE: Final = re.compile(r"[\w .\-/]+")
"""What a code may be written with: letters, digits and what stands between them."""

Told = Callable[[int], None]
Exported = tuple[str | None, str, str, str, dt.datetime | None, str | None]


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """Which codes are wanted: so many in all of a batch of a campaign. `idle` are gift cards that are sold later;
    `value` in the smallest unit."""

    program_id: int
    voucher: str
    batch: str
    count: int = 0
    value: int | None = None
    until_at: dt.datetime | None = None
    idle: bool = False


class Brought(msgspec.Struct, kw_only=True):
    """How many codes of a file are new, and the rows that are no codes."""

    new: int = 0
    refused: list[RowRefused] = []


async def make(process: Process, order: Order, *, now: dt.datetime, progress: Told) -> int:
    """See to it that a batch has so many codes; how many were made. Called again after it was stopped it makes the
    rest. Raises UnknownCampaign, NoPattern, PatternTooNarrow, NothingPublished."""
    _, voucher = await _campaign(process, order, now)
    if voucher.codes.pattern is None:
        raise NoPattern(voucher=order.voucher)
    codes.room_for(voucher.codes.pattern, order.count)
    kind = _kind(order, voucher)
    async with process.database.read(programs=[order.program_id]) as tx:
        there = await codes.counted(tx, kind)
    progress(min(there, order.count))
    made = 0
    drawn = _drawn(process, kind, order.count - there)
    while there + made < order.count:
        ready = await drawn
        # While these are written the next are drawn and sealed: no transaction is open for that.
        drawn = _drawn(process, kind, order.count - there - made - len(ready.ids))
        try:
            async with process.database.transaction(programs=[order.program_id]) as tx:
                new = await codes.write(tx, kind, ready, now=now)
        except BaseException:
            drawn.cancel()
            raise
        made += new
        progress(new)
    await drawn
    return made


def _drawn(process: Process, kind: codes.Kind, missing: int) -> asyncio.Task[codes.Drawn]:
    size = min(CHUNK, max(missing, 0))
    return asyncio.create_task(asyncio.to_thread(codes.draw, process.code_keys, kind, size, random=edge.secret))


async def bring(
    process: Process, order: Order, rows: Iterable[Mapping[str, str]], *, now: dt.datetime, progress: Told
) -> Brought:
    """Write the codes of a file, whose rows are texts by the name of their column; the same file again changes
    nothing. Raises UnknownCampaign, NothingPublished."""
    compiled, voucher = await _campaign(process, order, now)
    brought, kind = Brought(refused=[]), _kind(order, voucher)
    shared = {codes.normal(one.codes.shared) for one in compiled.program.vouchers.values() if one.codes.shared}
    for part in _parts(rows):
        read: list[CodeIn] = []
        for number, row in part:
            try:
                read.append(_read(number, row, compiled, voucher, shared))
            except _NotReadable as fault:
                brought.refused.append(RowRefused(row=number, code=codes.tail(row.get("code", "")), why=fault.why))
        async with process.database.transaction(programs=[order.program_id]) as tx:
            new, refused = await codes.bring(tx, process.code_keys, kind, read, now=now)
        brought.new += new
        brought.refused += refused
        progress(len(part))
    brought.refused.sort(key=lambda one: one.row)
    return brought


async def order(
    process: Process,
    program_id: int,
    voucher: str,
    batch: str,
    *,
    count: int = 0,
    value: str = "",
    until: str = "",
    idle: bool = False,
    now: dt.datetime,
) -> Order:
    """An order as a person writes it. Raises UnknownCampaign, ValidationFault, NothingPublished."""
    made = Order(program_id=program_id, voucher=voucher, batch=batch, count=count, idle=idle)
    compiled, definition = await _campaign(process, made, now)
    try:
        worth = value_of(value, scale_of(compiled, definition)) if value else None
    except ValueError as fault:
        raise _wrong("value", "500.00") from fault
    try:
        until_at = _moment(until, ZoneInfo(compiled.program.program.zone))
    except _NotReadable as fault:
        raise _wrong("until", "2027-01-01") from fault
    return msgspec.structs.replace(made, value=worth, until_at=until_at)


def _wrong(field: str, expected: str) -> ValidationFault:
    said = Text(
        en=f"is not understood; write it as {expected}",
        ru=f"непонятно; пишите как {expected}",
        ro=f"nu se înțelege; scrieți ca {expected}",
    )
    return ValidationFault(field=field, reason=said.en, reasons=said)


async def export(process: Process, program_id: int, voucher: str, *, batch: str | None) -> AsyncIterator[Exported]:
    """All codes of a campaign, or of one batch, with their text: (code, batch, state, value, until, member), as an
    import reads them. Raises UnknownCampaign, NothingPublished."""
    order = Order(program_id=program_id, voucher=voucher, batch=batch or "")
    scale = scale_of(*await _campaign(process, order, edge.now()))
    async with process.database.read(programs=[program_id]) as tx:
        async for one in codes.export(tx, process.code_keys, program_id=program_id, voucher=voucher, batch=batch):
            whose = None if one.member_id is None else ids.to_wire("mem", one.member_id)
            worth = "" if one.value is None else str(Decimal(one.value).scaleb(-scale))
            yield (one.text, one.batch, one.state, worth, one.until_at, whose)


def scale_of(compiled: Compiled, voucher: Voucher) -> int:
    """How many decimals the value of a code has."""
    if voucher.gift is not None:
        return compiled.program.currencies[voucher.gift].scale
    return int(money.decimals(compiled.program.program.money))


def value_of(text: str, scale: int) -> int:
    """A value as a person writes it, in the smallest unit. Raises ValueError."""
    try:
        found = Decimal(text).scaleb(scale)
    except ArithmeticError as fault:
        raise ValueError(text) from fault
    # Held against the largest first: a number of a million digits is never written out.
    if not found.is_finite() or not 0 < found <= money.AMOUNT_MAX or found != int(found):
        raise ValueError(text)
    return int(found)


class _NotReadable(Exception):
    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


async def _campaign(process: Process, order: Order, now: dt.datetime) -> tuple[Compiled, Voucher]:
    await process.programs.ready(order.program_id)
    compiled = process.programs.at(order.program_id, now)
    voucher = compiled.program.vouchers.get(order.voucher)
    if voucher is None:
        raise UnknownCampaign(voucher=order.voucher, known=", ".join(sorted(compiled.program.vouchers)) or "-")
    return compiled, voucher


def _kind(order: Order, voucher: Voucher) -> codes.Kind:
    return codes.Kind(
        program_id=order.program_id,
        voucher=order.voucher,
        batch=order.batch,
        state="idle" if order.idle else "open",
        pattern=voucher.codes.pattern or "",
        check=voucher.codes.check,
        value=order.value,
        until_at=order.until_at,
    )


def _parts(rows: Iterable[Mapping[str, str]]) -> Iterator[Sequence[tuple[int, Mapping[str, str]]]]:
    part: list[tuple[int, Mapping[str, str]]] = []
    # The heading is the first row of the file.
    for number, row in enumerate(rows, start=2):
        part.append((number, row))
        if len(part) == CHUNK:
            yield part
            part = []
    if part:
        yield part


def _read(number: int, row: Mapping[str, str], compiled: Compiled, voucher: Voucher, shared: Collection[str]) -> CodeIn:
    zone = ZoneInfo(compiled.program.program.zone)
    # A letter with its mark beside it is one letter, and is read as one.
    code = unicodedata.normalize("NFC", (row.get("code") or "").strip())
    if not _CODE.fullmatch(code) or None in row:
        # A cell that runs over two lines, or a row with more cells than the heading.
        raise _NotReadable("malformed")
    if codes.normal(code) in shared:
        raise _NotReadable("taken")
    value = (row.get("value") or "").strip()
    member = (row.get("member") or "").strip()
    try:
        worth = value_of(value, scale_of(compiled, voucher)) if value else None
    except ValueError as fault:
        raise _NotReadable("value") from fault
    try:
        whose = ids.from_wire("mem", member) if member else None
    except RegularsError as fault:
        raise _NotReadable("member") from fault
    from_at, until_at = _moment(row.get("from"), zone), _moment(row.get("until"), zone)
    if from_at is not None and until_at is not None and until_at <= from_at:
        raise _NotReadable("date")
    return CodeIn(row=number, code=code, value=worth, from_at=from_at, until_at=until_at, member_id=whose)


def _moment(text: str | None, zone: ZoneInfo) -> dt.datetime | None:
    """A day begins in the program's zone; a moment has its own."""
    if not text or not text.strip():
        return None
    try:
        at = dt.datetime.fromisoformat(text.strip())
    except ValueError as fault:
        raise _NotReadable("date") from fault
    return at.replace(tzinfo=zone) if at.tzinfo is None else at
