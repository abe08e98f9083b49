"""Codes of vouchers in a batch: found as they were shown, reserved where a decision gives some, proved and written with
it.

A code is looked up in the snapshot of the decision, and its row is locked and compared before the batch is written: so
whoever sets a code aside, or blocks it, is heard by everybody who is not written yet. How often it counts is a number
of its own (`rationing`).
"""

from __future__ import annotations

import datetime as dt
from functools import lru_cache
from typing import TYPE_CHECKING, Final
from uuid import UUID

import msgspec

from regulars.codes import service as codes
from regulars.codes.contracts import Found
from regulars.engine.contracts.gifts import CodeChange, CodeGiven, CodeSeen
from regulars.kit import edge
from regulars.members import service as members

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from asyncpg import Connection

    from regulars.activities.contracts import Intake
    from regulars.activities.items import Item
    from regulars.activities.process import Process
    from regulars.codes.contracts import CodeKeys
    from regulars.engine.contracts.activity import Activity
    from regulars.engine.contracts.decision import Decision
    from regulars.engine.service import Compiled
    from regulars.program.contracts.vouchers import Voucher

RESERVED: Final = dt.timedelta(minutes=15)
"""Longer than any batch may take: what was reserved and not given by then nobody will give."""
USE: Final = "use"
ACTIVATE: Final = "activate"
HELD: Final = "held"
LOCKED: Final = "locked"
_TYPED: Final = 20
"""So much is shown again of what is too short for a code, or has no letters."""
MADE: Final = "given"
"""The batch of codes that were made when a rule gave them."""

_PROVE: Final = """
select c.program_id, c.code_id, c.blocked, c.state, c.lock_session, c.lock_until
from unnest($1::int[], $2::uuid[]) as t (p, i)
join regulars.voucher_code c on c.program_id = t.p and c.code_id = t.i
order by c.program_id, c.code_id for no key update of c
"""


class Used(msgspec.Struct, frozen=True):
    """A code that an activity was decided on: for which session, and in which state."""

    program_id: int
    code_id: UUID
    session: str | None
    state: str
    at: dt.datetime


class Written(msgspec.Struct, frozen=True):
    """What an activity does to a code."""

    program_id: int
    activity_id: UUID
    change: CodeChange


def shown(process: Process, item: Item) -> tuple[tuple[str, str, UUID], ...]:
    """(act, text, id) of the codes that came with an activity, each once."""
    if item.shown is None:
        item.shown = _shown(process, item.intake, item.compiled)
    return item.shown


def _shown(process: Process, intake: Intake, compiled: Compiled) -> tuple[tuple[str, str, UUID], ...]:
    if not intake.codes and not intake.activates:
        return ()
    named = [(USE, text) for text in intake.codes] + [(ACTIVATE, text) for text in intake.activates]
    found: dict[UUID, tuple[str, str, UUID]] = {}
    known = _shared_forms(process.code_keys, compiled)
    for act, text in named:
        # What everybody may know need not be hashed anew for everybody who shows it.
        code_id = known.get(codes.normal(text)) if known else None
        if code_id is None:
            code_id = codes.id_of(process.code_keys, intake.program_id, text)
        found.setdefault(code_id, (act, text, code_id))
    return tuple(found.values())


def wanted(process: Process, group: Sequence[Item]) -> tuple[UUID, ...]:
    """The codes that have to be loaded to decide these activities."""
    ids = {code_id for item in group for *_, code_id in shown(process, item)}
    return tuple(sorted(ids.union(*(item.held for item in group))))


async def load(connection: Connection, asked: Iterable[tuple[int, UUID]]) -> dict[tuple[int, UUID], Found]:
    """Codes as the snapshot has them; whose they are is followed to where that member is now (L65)."""
    found = await codes.find(connection, list(asked))
    owners = [(program_id, one.seen.member_id) for (program_id, _), one in found.items() if one.seen.member_id]
    homes = await members.homes(connection, owners) if owners else {}
    for key, one in found.items():
        home = homes.get((key[0], one.seen.member_id)) if one.seen.member_id is not None else None
        if home is not None:
            found[key] = msgspec.structs.replace(one, seen=msgspec.structs.replace(one.seen, member_id=home.member_id))
    return found


def handed_in(process: Process, item: Item, activity: Activity, found: Mapping[UUID, Found]) -> Activity:
    """The activity with the codes that were shown or that the member has, as they are."""
    given = list(shown(process, item))
    there = {code_id for *_, code_id in given}
    given += [(HELD, "", code_id) for code_id in sorted(item.held - there)]
    if not given:
        return activity
    seen = tuple(_seen(process, item, one, found) for one in given)
    return msgspec.structs.replace(activity, codes=seen)


def _seen(process: Process, item: Item, asked: tuple[str, str, UUID], found: Mapping[UUID, Found]) -> CodeSeen:
    act, text, code_id = asked
    intake, row = item.intake, found.get(code_id)
    shared = _shared(process.code_keys, item.compiled).get(code_id)
    # A code that everybody may know is no secret; of others only the end is kept.
    told = codes.tail(text) if shared is None else (shared.codes.shared or "")
    if row is None:
        if shared is None:
            process.guesses.wrong(intake)
        if shared is None:
            return CodeSeen(code_id=code_id, voucher="", code=_as_typed(text, told), act=act)
        return CodeSeen(code_id=code_id, voucher=shared.name, code=told, act=act)
    state = _state(row, intake)
    return msgspec.structs.replace(row.seen, act=act, state=state, code=told or row.seen.code)


def _state(row: Found, intake: Intake) -> str:
    state = row.seen.state
    return LOCKED if state == "open" and row.is_locked(intake.session, intake.received_at) else state


def _as_typed(text: str, told: str) -> str:
    # It may be a code whose file is not imported yet: of it, too, only the end is kept, in the letters that were typed.
    typed = "".join(sign for sign in text.strip() if sign.isprintable())
    return typed[-len(told) :] if told else typed[:_TYPED]


@lru_cache(maxsize=32)
def _shared(keys: CodeKeys, compiled: Compiled) -> dict[UUID, Voucher]:
    """The campaigns of a release whose one code everybody may know, by its id."""
    found: dict[UUID, Voucher] = {}
    for one in compiled.program.vouchers.values():
        if one.codes.shared is not None:
            found.setdefault(codes.id_of(keys, compiled.release.program_id, one.codes.shared), one)
    return found


@lru_cache(maxsize=32)
def _shared_forms(keys: CodeKeys, compiled: Compiled) -> dict[str, UUID]:
    """The ids of those codes by their normal form."""
    return {codes.normal(one.codes.shared or ""): code_id for code_id, one in _shared(keys, compiled).items()}


def used(item: Item, activity: Activity, loaded: Mapping[UUID, Found]) -> list[Used]:
    """What an activity was decided on, to be proved before it is written: not what those before it in its row made of
    the codes, but what they were in the snapshot."""
    return [
        Used(
            activity.program_id,
            one.code_id,
            item.intake.session,
            # Made for this very batch, after its snapshot: open until the batch is written.
            "open" if (row := loaded.get(one.code_id)) is None else _state(row, item.intake),
            activity.received_at,
        )
        for one in activity.codes
        if one.voucher
    ]


class Codes:
    """Codes as the activities of one account find them one after the other: each with what those before it did."""

    def __init__(self, loaded: Mapping[UUID, Found]) -> None:
        self.found = dict(loaded)

    def take(self, decision: Decision) -> None:
        """Go on from what an activity gave and changed."""
        for name, given in decision.issued.items():
            for one in given:
                if one.code_id is not None and not one.shared and one.code_id not in self.found:
                    self.found[one.code_id] = Found(CodeSeen(code_id=one.code_id, voucher=name, code=one.tail))
        for change in decision.codes:
            row = self.found.get(change.code_id)
            if row is not None:
                self.found[change.code_id] = msgspec.structs.replace(row, seen=_changed(row.seen, change))


def _changed(seen: CodeSeen, change: CodeChange) -> CodeSeen:
    return msgspec.structs.replace(
        seen,
        state=seen.state if change.state is None else change.state,
        member_id=seen.member_id if change.member_id is None else change.member_id,
        given=seen.given or change.member_id is not None,
        value=seen.value if change.value is None else change.value,
        until_at=_until(seen, change),
    )


def _until(seen: CodeSeen, change: CodeChange) -> dt.datetime | None:
    ends = [one for one in (seen.until_at, change.until_at) if one is not None]
    return change.until_at or seen.until_at if change.member_id is None else min(ends, default=None)


async def moved(connection: Connection, proofs: Mapping[UUID, Sequence[Used]]) -> set[UUID]:
    """The accounts whose codes are no longer as they were decided on: set aside, let go or blocked since. The rows stay
    locked until the transaction ends."""
    pairs = sorted({(one.program_id, one.code_id) for ones in proofs.values() for one in ones})
    if not pairs:
        return set()
    rows = await connection.fetch(_PROVE, [pair[0] for pair in pairs], [pair[1] for pair in pairs])
    there = {(row["program_id"], row["code_id"]): row for row in rows}
    return {account_id for account_id, ones in proofs.items() if any(_differs(one, there) for one in ones)}


def _differs(one: Used, there: Mapping[tuple[int, UUID], Mapping[str, object]]) -> bool:
    row = there.get((one.program_id, one.code_id))
    if row is None:
        return False
    until = row["lock_until"]
    locked = isinstance(until, dt.datetime) and until > one.at and row["lock_session"] != one.session
    state = "blocked" if row["blocked"] else row["state"]
    return one.state != (LOCKED if locked and state == "open" else state)


async def write(connection: Connection, written: Sequence[Written], *, at: dt.datetime) -> None:
    """Write what activities do to codes. Raises RuntimeError (`codes.change`)."""
    if written:
        await codes.change(connection, [(one.program_id, one.activity_id, one.change) for one in written], at=at)


async def reserve(process: Process, group: Sequence[Item], more: Mapping[str, int], *, now: dt.datetime) -> None:
    """See to it that these activities have so many codes of each campaign to give."""
    first, compiled = group[0], group[-1].compiled
    for name, count in sorted(more.items()):
        there = sum(len(item.issued.get(name, ())) for item in group)
        voucher = compiled.program.vouchers.get(name)
        if voucher is not None and count > there:
            new = await _reserved(process, first.intake.program_id, compiled, voucher, count - there, now=now)
            first.issued.setdefault(name, []).extend(new)


async def _reserved(
    process: Process, program_id: int, compiled: Compiled, voucher: Voucher, count: int, *, now: dt.datetime
) -> list[CodeGiven]:
    keys, form = process.code_keys, voucher.codes
    if form.shared is not None:
        one = CodeGiven(
            code_id=codes.id_of(keys, program_id, form.shared),
            code=form.shared,
            tail=codes.tail(form.shared),
            shared=True,
        )
        return [one] * count
    until = now + RESERVED
    kind = codes.Kind(
        program_id=program_id,
        voucher=voucher.name,
        batch=MADE,
        pattern=form.pattern or "",
        check=form.check,
        reserved_by=process.new_id(now),
        reserved_until=until,
    )
    async with process.database.transaction(programs=[program_id]) as tx:
        found = await codes.reserve(tx, keys, kind, count, now=now, random=edge.secret)
    given = [CodeGiven(code_id=code_id, code=text, tail=codes.tail(text)) for code_id, text in found]
    return given + [CodeGiven()] * (count - len(given))


class Stock:
    """Codes that were reserved for the activities of one account, given one after the other."""

    def __init__(self, group: Sequence[Item]) -> None:
        self._left: dict[str, list[CodeGiven]] = {}
        self._gone: dict[str, int] = {}
        for item in group:
            for name, given in item.issued.items():
                self._left.setdefault(name, []).extend(given)

    def handed_in(self, activity: Activity) -> Activity:
        """The activity with the codes that it may give."""
        if not self._left:
            return activity
        return msgspec.structs.replace(activity, issued={name: tuple(given) for name, given in self._left.items()})

    def needs(self, more: Mapping[str, int]) -> dict[str, int]:
        """How many have to be reserved in all, so that the next activity has so many."""
        return {name: self._gone.get(name, 0) + count for name, count in more.items()}

    def take(self, activity: Activity, decision: Decision) -> Activity:
        """Go on without what an activity gave; it keeps that, but not the codes themselves."""
        for name, given in decision.issued.items():
            self._left[name] = self._left.get(name, [])[len(given) :]
            self._gone[name] = self._gone.get(name, 0) + len(given)
        return msgspec.structs.replace(activity, issued=decision.issued) if activity.issued else activity


def imagined(activity: Activity, more: Mapping[str, int]) -> Activity:
    """The activity as a quote has it: which code it would be nobody knows yet."""
    nobody = {name: tuple(CodeGiven(code_id=UUID(int=n)) for n in range(count)) for name, count in more.items()}
    return msgspec.structs.replace(activity, issued={**activity.issued, **nobody})
