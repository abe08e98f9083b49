"""Luck: the secret seed of a draw and cycle, and what a play is decided by. docs/games.md tells how anybody checks it.

A seed is worked out from a key of this installation, so that nobody has to keep or guard it, and shown only once its
cycle is over; what an activity is decided by is recorded with it.
"""

from __future__ import annotations

import hashlib
import hmac
from typing import TYPE_CHECKING

import msgspec

from regulars.activities import prepare
from regulars.engine.contracts.games import Luck
from regulars.kit import keyring

if TYPE_CHECKING:
    from collections.abc import Iterable
    from uuid import UUID

    from regulars.engine.contracts.activity import Activity
    from regulars.engine.contracts.known import CounterValue
    from regulars.engine.service import Compiled


class DrawsNeeded(Exception):
    """What is left of the prizes of these draws has to be loaded first."""

    def __init__(self, draws: frozenset[str]) -> None:
        super().__init__(draws)
        self.draws = draws


def seed(key: bytes, *, program_id: int, draw: str, cycle: int) -> bytes:
    """The secret of one draw and cycle, 32 bytes."""
    return keyring.digest(key, "draw", str(program_id), draw, str(cycle))


def commitment(secret: bytes) -> str:
    """What is shown of a seed before it is: its SHA-256, in hex."""
    return hashlib.sha256(secret).hexdigest()


def value(secret: bytes, activity_id: UUID) -> str:
    """The luck of an activity: HMAC-SHA256 of the 16 bytes of its id under the seed, in hex."""
    return hmac.digest(secret, activity_id.bytes, "sha256").hex()


def handed_in(
    activity: Activity, compiled: Compiled, draws: Iterable[str], *, key: bytes, counters: Iterable[CounterValue]
) -> Activity:
    """The activity with its luck for some draws. `counters` is what all members have won, as far as it matters."""
    day = prepare.local_day(activity.received_at, compiled.program.program.zone)
    counted = list(counters)
    lucky = dict(activity.luck)
    for name in draws:
        plan = compiled.draws[name]
        secret = seed(key, program_id=activity.program_id, draw=name, cycle=plan.cycle(day))
        used = plan.used(counted, day)
        lucky[name] = Luck(value=value(secret, activity.activity_id), used=used)
    return msgspec.structs.replace(activity, luck=lucky)


def imagined(activity: Activity, draws: Iterable[str]) -> Activity:
    """The activity with luck that nobody had: for plays that a candidate of a release would give."""
    lucky = {name: Luck(value=hashlib.sha256(activity.activity_id.bytes).hexdigest()) for name in draws}
    return msgspec.structs.replace(activity, luck={**activity.luck, **lucky})


def unknown(activity: Activity, draws: Iterable[str]) -> Activity:
    """The activity as a quote has it: what it would draw depends on an id that it does not have yet."""
    return msgspec.structs.replace(activity, luck={**activity.luck, **{name: Luck(value="") for name in draws}})
