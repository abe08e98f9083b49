"""What an activity asked for and what it moved, for whoever asks why: the act, entries lot by lot, new dates."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

import msgspec

from regulars.access import service as access
from regulars.activities import queries, reviewing
from regulars.activities.contracts import LotMoved, Moved, Redated
from regulars.engine import service as engine
from regulars.engine.contracts import shared
from regulars.kit import ids
from regulars.ledger import service as ledger

if TYPE_CHECKING:
    from collections.abc import Callable

    from regulars.engine.contracts.activity import Activity
    from regulars.engine.contracts.points import LotId
    from regulars.kit.database import Transaction

_IDS: Final = {
    "member_id": "mem",
    "to_member": "mem",
    "from_member": "mem",
    "into_id": "mem",
    "of": "act",
    "hold_id": "hld",
    "order_id": "ord",
}
"""What kind of thing an id is of, by the field's name; of others nobody outside knows."""
_UNTOLD: Final = frozenset({"luggage", "form", "detail", "code", "by"})
_PEOPLE: Final = ("by", "reviewed_by")


async def told(tx: Transaction, row: Any, what: Activity, *, program_id: int) -> dict[str, Any]:
    """The parts of an explanation that speak of the act itself: `said`, `waits`, `entries`, `redated`."""
    moved = await ledger.moved(tx, account_id=row["account_id"], activity_id=row["activity_id"])
    spoken = await queries.spoken_of(tx, account_id=row["account_id"], activity_id=row["activity_id"])
    waits = engine.waits(row["decision"], spoken)
    asked = said(what)
    if asked.keys() & set(_PEOPLE):
        staff = {one.id for one in await access.staff(tx, program_id=program_id)}
        asked |= {name: reviewing.who(str(asked[name]), staff) for name in _PEOPLE if name in asked}
    return {
        "said": asked,
        "waits": waits,
        "entries": tuple(
            Moved(
                kind=entry.kind.value,
                currency=shared.plain(entry.currency),
                points=entry.amount,
                from_=entry.from_.value,
                to=entry.to.value,
                effective_at=entry.effective_at,
                line=entry.line,
                rule=entry.rule,
                funder=entry.funder,
                hold=None if entry.hold_id is None else ids.to_wire("hld", entry.hold_id),
                lots=tuple(LotMoved(lot=lot_name(use.lot_id), points=use.amount) for use in entry.uses),
            )
            for entry in moved.entries
        ),
        "redated": tuple(
            Redated(
                lot=lot_name(change.lot_id),
                currency=shared.plain(change.currency),
                ended_on=change.old_expires_on,
                ends_on=change.expires_on,
            )
            for change in moved.changes
        ),
    }


def lot_name(lot_id: LotId) -> str:
    """A lot as the world reads it: the activity that made it, and its number there."""
    return f"{ids.to_wire('act', lot_id.activity_id)}.{lot_id.n}"


def said(what: Activity) -> dict[str, object]:
    """What the activity asked for beside goods, without what is left out."""
    found: dict[str, object] = {}
    for part, tell in _SAID.items():
        value = getattr(what, part)
        if value is not None:
            found |= {name: fact for name, fact in tell(value).items() if fact is not None}
    if what.by is not None:
        found["by"] = what.by
    if what.late:
        found["late"] = True
    return found | dict(what.notes)


def _plain(part: msgspec.Struct) -> dict[str, object]:
    """A part as it stands, with ids as the world reads them, without what only we read or what a person filled in."""
    found: dict[str, object] = {}
    for field in msgspec.structs.fields(part):
        value = getattr(part, field.name)
        if field.name in _UNTOLD or value == field.default or (isinstance(value, tuple | dict | str) and not value):
            continue
        if isinstance(value, UUID):
            prefix = _IDS.get(field.name)
            if prefix is not None:
                found[field.name.removesuffix("_id")] = ids.to_wire(prefix, value)
        else:
            found[field.name] = msgspec.to_builtins(value)
    return found


def _activity(activity_id: UUID | None) -> str | None:
    return None if activity_id is None else ids.to_wire("act", activity_id)


_SAID: Final[dict[str, Callable[[Any], dict[str, object]]]] = {
    "foreign": lambda one: {
        "money": {
            "currency": one.currency,
            "total": one.total,
            "rate": one.rate,
            "of": f"1 {one.base} in {one.quote}",
            "day": one.day.isoformat(),
            "source": one.source,
        }
    },
    "adjustment": lambda one: {
        "currency": one.currency,
        "points": one.points,
        "reason": one.reason,
        "note": one.note,
    },
    "extension": lambda one: {
        "currency": one.currency,
        "points": one.points,
        "through": one.through.isoformat(),
        "ends_by": None if one.ends_by is None else one.ends_by.isoformat(),
        "reason": one.reason,
        "note": one.note,
    },
    "hold": lambda one: {
        "act": one.act,
        "currency": one.currency,
        "points": one.points,
        "hold": None if one.hold_id is None else ids.to_wire("hld", one.hold_id),
        "ttl_s": one.ttl_s,
        "reason": one.reason,
    },
    "reverses": lambda one: {
        "of": _activity(one.activity_id),
        "amount": one.amount,
        "reason": one.reason,
        "undoes": _activity(one.undoes),
    },
    "review": lambda one: {
        "of": _activity(one.activity_id),
        "verdict": "approve" if one.approves else "reject",
        "reason": one.reason,
        "reviewed_by": one.by,
    },
    **dict.fromkeys(
        (
            "transfer",
            "moving",
            "household",
            "tier",
            "offer",
            "voucher",
            "order",
            "plan",
            "choice",
            "challenge",
            "erasure",
        ),
        _plain,
    ),
}
"""What is told of which part of an activity."""
