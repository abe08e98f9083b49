"""What a decision writes about orders of rewards: for lists, for history, and for whoever fulfils them."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

import msgspec


class OrderRow(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """An order as it is after a decision. `does` is the kind of step that it waits at (`webhook`, `parcel`, ...), with
    its `target`; `next_at` when somebody has to look at it without being told to."""

    order_id: UUID
    member_id: UUID
    reward: str
    state: str
    """`open`, `fulfilled`, `failed`, `cancelled`, `expired`."""
    step: int
    """From 1; 0 where it waits at none."""
    does: str = ""
    target: str = ""
    stage: str = ""
    placed_at: dt.datetime
    changed_at: dt.datetime
    due_at: dt.datetime | None = None
    next_at: dt.datetime | None = None
    form: dict[str, object] | None = None
    """What was filled in, where it was placed just now."""
    detail: dict[str, object] = {}
    """What is known of it beside: added to what is there."""
    service: str = ""
    ends_at: dt.datetime | None = None
    """When its service ends."""
