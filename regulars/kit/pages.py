"""The one shape of a list: `{items, next_cursor}`, an opaque cursor, 1 to 100 items."""

from __future__ import annotations

import base64
import binascii
import datetime as dt
from collections.abc import Callable, Sequence
from typing import Any, Final, Generic, TypeVar

import msgspec

from regulars.kit.errors import RegularsError
from regulars.kit.i18n import Text

LIMIT_DEFAULT: Final = 50
LIMIT_MAX: Final = 100

T = TypeVar("T")
K = TypeVar("K")


class Page(msgspec.Struct, Generic[T], frozen=True):
    """Some items, and the cursor for those after them; None where there are no more."""

    items: Sequence[T]
    next_cursor: str | None = None


class MalformedCursor(RegularsError):
    """The cursor did not come from an answer of this list."""

    status = 422
    texts = Text(
        en="This cursor does not belong to this list. Take next_cursor from the answer before.",
        ru="Этот курсор не относится к этому списку. Возьмите next_cursor из предыдущего ответа.",
        ro="Acest cursor nu aparține acestei liste. Folosiți next_cursor din răspunsul anterior.",
    )


class LimitOutOfRange(RegularsError):
    """A page has 1 to 100 items."""

    status = 422
    texts = Text(
        en="limit must lie between 1 and {most}.",
        ru="limit должен быть от 1 до {most}.",
        ro="limit trebuie să fie între 1 și {most}.",
    )
    most: int = LIMIT_MAX


def check_limit(limit: int | None) -> int:
    """The number of items of a page; 50 where none is asked for. Raises LimitOutOfRange."""
    if limit is None:
        return LIMIT_DEFAULT
    if not 1 <= limit <= LIMIT_MAX:
        raise LimitOutOfRange
    return limit


def encode_cursor(key: Any) -> str:
    """An opaque text for the key after which the next page begins; the key is anything that msgspec encodes."""
    return base64.urlsafe_b64encode(msgspec.json.encode(key)).decode().rstrip("=")


def decode_cursor(cursor: str, kind: type[K]) -> K:
    """The key behind a cursor, checked against its type, for example `tuple[int, UUID]`. Raises MalformedCursor."""
    try:
        raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        key = msgspec.json.decode(raw, type=kind)
    except (binascii.Error, ValueError, msgspec.MsgspecError) as fault:
        raise MalformedCursor from fault
    parts = key if isinstance(key, tuple) else (key,)
    if not all(_is_storable(part) for part in parts):
        raise MalformedCursor
    return key


def _is_storable(part: Any) -> bool:
    # What no list of ours ever gave, and a database would refuse much later with a fault of its own.
    if isinstance(part, str):
        return "\x00" not in part
    if isinstance(part, int):
        return abs(part) < 2**63
    if isinstance(part, dt.datetime):
        return part.tzinfo is not None and 1900 <= part.year <= 2200
    return True


def page(rows: Sequence[T], *, limit: int, key: Callable[[T], Any]) -> Page[T]:
    """A page of up to `limit` items out of rows of which one more than `limit` was asked for.

    Asking for one more tells whether there is a next page without counting.
    """
    items = list(rows[:limit])
    more = len(rows) > limit and bool(items)
    return Page(items=items, next_cursor=encode_cursor(key(items[-1])) if more else None)
