"""An activity without the person who did it: amounts, lines, places and times stay, since returns, reports and
the books stand on them; whatever was said by or of somebody goes. Pure."""

from __future__ import annotations

from typing import Final

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
    return msgspec.structs.replace(activity, **changes)


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
