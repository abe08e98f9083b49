"""An activity, and its events, without the person who did it: amounts, lines, places and times stay, since returns,
reports and the books stand on them; whatever was said by or of somebody goes. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any, Final
from uuid import UUID

import msgspec

from regulars.engine.contracts.activity import Activity

_GONE: Final[dict[str, object]] = {
    "device": None,
    "card": None,
    "fields": {},
    "profile": None,
    "consents": (),
    "entry": None,
    "traces": (),
    "notes": {},
    "referral": None,
    "codes": (),
    "issued": {},
    "counted": {},
}
"""Fields that are emptied as a whole."""
_REASONS: Final = (
    "reverses",
    "hold",
    "adjustment",
    "extension",
    "tier",
    "transfer",
    "offer",
    "voucher",
    "review",
    "erasure",
)
"""Parts in which somebody wrote why, or what came with it."""
_SAID: Final = ("reason", "note", "text", "proof", "code", "luggage")
NOTHING: Final = "erased"
_PLACE: Final = "api"


def stripped(activity: Activity) -> Activity:
    """The same activity, of nobody."""
    changes: dict[str, object] = dict(_GONE)
    for part in _REASONS:
        value = getattr(activity, part)
        if value is not None:
            changes[part] = _silent(value)
    if activity.order is not None:
        changes["order"] = None
    if activity.moving is not None:
        changes["moving"] = None
    if activity.consents:
        # Where somebody consented is written in words of the caller's.
        changes["source"] = _PLACE
    return msgspec.structs.replace(activity, **changes)


def unladen(activity: Activity, people: Collection[UUID]) -> Activity:
    """The same activity; where one of these people came to its member or left them, without what they had along."""
    moving = activity.moving
    if moving is None or moving.member_id not in people:
        return activity
    return msgspec.structs.replace(activity, moving=msgspec.structs.replace(moving, luggage=b"", reason=None))


def _silent(part: msgspec.Struct) -> msgspec.Struct:
    known = {field.name: field for field in msgspec.structs.fields(part)}
    emptied: dict[str, object] = {}
    for name in _SAID:
        value = getattr(part, name, None) if name in known else None
        if isinstance(value, str) and value:
            # What must be there says that it was erased; what may be left out is.
            emptied[name] = NOTHING if known[name].required else known[name].default
        elif isinstance(value, bytes):
            emptied[name] = b""
    return msgspec.structs.replace(part, **emptied) if emptied else part


_FACTS: Final = frozenset(
    (
        "type activity member account name currency rule case of occurred_at state level before cause through period"
        " period_start limit metric then by side kind prize stage role variant choice source document channel store"
        " till cashier code voucher budget what game within attribute attributes picked own ends starts_at until to"
    ).split()
)
"""Fields of our own events whose texts are ids, moments, and names of definitions, places and documents."""
_RULED: Final = frozenset({"voucher.given", "voucher.short", "points.extended", "case.opened"})
"""Our own events that name a rule. In any other one with a rule the program's author chose the fields, and they may say
anything."""
_OWN: Final = frozenset({"type", "activity", "member", "account", "rule"})
_ID: Final = re.compile(r"[a-z]{3}_[0-9A-HJKMNP-TV-Z]{26}")

_events: Final = msgspec.json.Decoder(list[dict[str, Any]])


def events(body: bytes, people: Collection[str] | None) -> bytes:
    """The stored events of an activity without words, those of members by these ids (None: of everybody): types, order
    and numbers stay."""
    found = _events.decode(body)
    silent = [_fact(one) if people is None or one.get("member") in people else one for one in found]
    return body if silent == found else msgspec.json.encode(silent)


def _fact(event: dict[str, Any]) -> dict[str, Any]:
    if "rule" in event and event["type"] not in _RULED:
        return {name: value for name, value in event.items() if name in _OWN}
    return {name: value for name, value in event.items() if _is_fact(name, value)}


def _is_fact(name: str, value: object) -> bool:
    if isinstance(value, str):
        return name in _FACTS or _ID.fullmatch(value) is not None
    if isinstance(value, dict):
        return not any(isinstance(one, str | list | dict) for one in value.values())
    return name in _FACTS if isinstance(value, list) else True
