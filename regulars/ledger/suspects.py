"""Which column of which row was changed, and what it said: asked of the chain itself.

A link tells that an entry, the lot that it made, its lot uses or its hold changed, not which of them. But much of it is
written twice: put back the value that the other rows give, and the link fits again; then that column was it, and that
is what it said. Pure. A value that stands nowhere else cannot be told.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any, Final

from msgspec.structs import replace

from regulars.engine.contracts.points import Book, Entry, EntryKind, Hold, Lot, LotId, LotUse
from regulars.ledger import chain
from regulars.ledger.broken import broken, entry_key, hold_key, lot_key, use_key
from regulars.ledger.contracts import Break
from regulars.ledger.history import History, Posted

# Names of columns where the value is called otherwise.
_COLUMNS: Final = {"from_": "from_book", "to": "to_book"}
# Small numbers are tried one after the other this far to either side.
_NEAR: Final = 1_000

_Guess = tuple[str, str, str, Any, Any, Posted, Lot | None, Hold | None]
"""Table, row, column, what it says, what it would say, and all that is hashed with it."""


def culprit(
    history: History, posted: Posted, *, lot: Lot | None, hold: Hold | None, before: bytes, key: bytes
) -> Break | None:
    """The one column with which the link fits again; None where none was found."""
    for table, row, column, stored, expected, entry, made, placed in _guesses(history, posted, lot, hold):
        canonical = chain.entry_bytes(
            history.account_id, entry.activity_id, entry.posted_at, entry.entry, lot=made, hold=placed
        )
        if chain.link(key, before, canonical) == posted.hash:
            text = "it was changed: with this value the chain holds"
            return broken(history, "I2", table, row, text, column=column, stored=stored, expected=expected)
    return None


def _guesses(history: History, posted: Posted, lot: Lot | None, hold: Hold | None) -> Iterator[_Guess]:
    yield from _of_entry(history, posted, lot, hold)
    yield from _of_uses(posted, lot, hold)
    if lot is not None:
        yield from _of_lot(history, posted, lot, hold)
    if hold is not None:
        for field, value in _moments_of(history, posted, hold, ("placed_at", "expires_at")):
            row = hold_key(hold.hold_id)
            changed = replace(hold, **{field: value})
            yield "hold", row, field, getattr(hold, field), value, posted, lot, changed


def _of_entry(history: History, posted: Posted, lot: Lot | None, hold: Hold | None) -> Iterator[_Guess]:
    entry = posted.entry
    row = entry_key(entry.version)
    for field, values in _entry_values(history, posted, lot, hold).items():
        for value in values:
            if value != getattr(entry, field):
                changed = replace(posted, entry=replace(entry, **{field: value}))
                column = _COLUMNS.get(field, field)
                yield "entry", row, column, getattr(entry, field), value, changed, lot, hold
    for value in _moments(history, posted):
        yield "entry", row, "posted_at", posted.posted_at, value, replace(posted, posted_at=value), lot, hold
    for activity_id in {one.activity_id for one in history.entries} | ({lot.lot_id.activity_id} if lot else set()):
        changed = replace(posted, activity_id=activity_id)
        made = lot or history.lots.get(LotId(activity_id, entry.n))
        yield "entry", row, "activity_id", posted.activity_id, activity_id, changed, made, hold


def _entry_values(history: History, posted: Posted, lot: Lot | None, hold: Hold | None) -> dict[str, Any]:
    entry = posted.entry
    moved = abs(sum(use.amount for use in entry.uses)) + (lot.granted if lot is not None else 0)
    return {
        "amount": [moved, *([hold.amount] if hold is not None else [])],
        "kind": EntryKind,
        "from_": Book,
        "to": Book,
        "member_id": {one.entry.member_id for one in history.entries} | ({lot.member_id} if lot else set()),
        "effective_at": list(_moments(history, posted)),
        "funder": {None} | {one.funder for one in history.lots.values()},
        "rule": {None} | {one.rule for one in history.lots.values()} | {one.entry.rule for one in history.entries},
        "line": [None, *range(200)],
        "release": range(1, _NEAR),
        "hold_id": {None} | history.holds.keys(),
        "n": range(1, 200),
    }


def _of_uses(posted: Posted, lot: Lot | None, hold: Hold | None) -> Iterator[_Guess]:
    entry, made = posted.entry, lot.granted if lot is not None else 0
    for place, use in enumerate(entry.uses):
        rest = sum(one.amount for other, one in enumerate(entry.uses) if other != place)
        row = use_key(entry.version, use.lot_id)
        for value in (entry.amount - made - rest, -(entry.amount - made) - rest, -use.amount):
            changed = _used(posted, entry, place, replace(use, amount=value))
            yield "lot_use", row, "amount", use.amount, value, changed, lot, hold


def _used(posted: Posted, entry: Entry, place: int, use: LotUse) -> Posted:
    uses = (*entry.uses[:place], use, *entry.uses[place + 1 :])
    return replace(posted, entry=replace(entry, uses=uses))


def _of_lot(history: History, posted: Posted, lot: Lot, hold: Hold | None) -> Iterator[_Guess]:
    entry, row = posted.entry, lot_key(lot.lot_id)
    others = history.lots.values()
    taken = sum(use.amount for use in entry.uses)
    values: dict[str, Any] = {
        "granted": [entry.amount - abs(taken), *range(max(1, lot.granted - _NEAR), lot.granted + _NEAR)],
        "member_id": {entry.member_id} | {one.member_id for one in others},
        "funder": {entry.funder} | {one.funder for one in others},
        "zone": {one.zone for one in others},
        "source_id": {posted.activity_id} | {one.source_id for one in others},
        "rule": {None, entry.rule} | {one.rule for one in others},
        "line": [None, *range(200)],
        "release": [entry.release, *range(1, _NEAR)],
        "cost_minor": range(max(0, lot.cost_minor - _NEAR), lot.cost_minor + _NEAR),
        "origin": [None],
    }
    for field, tried in values.items():
        for value in tried:
            if value != getattr(lot, field) and not (field == "funder" and value is None):
                yield "lot", row, field, getattr(lot, field), value, posted, replace(lot, **{field: value}), hold
    for field, value in _moments_of(history, posted, lot, ("earned_at", "active_at", "expires_at", "cancels_at")):
        yield "lot", row, field, getattr(lot, field), value, posted, replace(lot, **{field: value}), hold
    for day in _days(lot, others):
        yield "lot", row, "expires_on", lot.expires_on, day, posted, replace(lot, expires_on=day), hold


def _days(lot: Lot, others: Any) -> set[dt.date | None]:
    days = {one.expires_on for one in others}
    if lot.expires_at is not None:
        days |= {(lot.expires_at + dt.timedelta(days=shift)).date() for shift in (-2, -1, 0, 1)}
    return days


def _moments_of(history: History, posted: Posted, value: Any, fields: tuple[str, ...]) -> Iterator[tuple[str, Any]]:
    known = _moments(history, posted)
    for field in fields:
        yield from ((field, moment) for moment in known)
        if field not in ("earned_at", "placed_at"):
            yield field, None


def _moments(history: History, posted: Posted) -> set[dt.datetime]:
    # What was written together, or right before and after, mostly bears the same moments.
    found = {posted.posted_at, posted.entry.effective_at}
    for one in history.entries:
        if one.activity_id == posted.activity_id or abs(one.entry.version - posted.entry.version) == 1:
            found |= {one.posted_at, one.entry.effective_at}
    for lot in history.lots.values():
        found |= {moment for moment in (lot.earned_at, lot.active_at, lot.expires_at, lot.cancels_at) if moment}
    return found
