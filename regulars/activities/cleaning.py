"""What only mattered for a while, deleted in small steps: claims of idempotency keys, numbers of windows long gone."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from regulars.kit.database import Transaction

STEP: Final = 5_000
# The longest look back of a window in days is three years; the previous calendar year, read on the last day of this
# one, is shorter.
DAYS_KEPT: Final = 1200
# Windows of hours and minutes are kept in buckets of minutes, by far the most of all.
_FINE_DAYS_KEPT: Final = 40

_CLAIMS: Final = """
delete from regulars.claim where ctid = any(array(
    select ctid from regulars.claim where claimed_at < $1 limit $2 for update skip locked
))
"""

# Names of buckets sort as text, `2026-11-22T10:05` or `2026-11-22`; what never goes by is called `ever`.
_COUNTERS: Final = """
delete from regulars.counter where ctid = any(array(
    select ctid from regulars.counter
    where bucket <> 'ever' and bucket < case when length(bucket) > 10 then $1 else $2 end
    limit $3 for update skip locked
))
"""


async def clean(tx: Transaction, *, now: dt.datetime, days: int) -> int:
    """Delete claims older than `days` and counters whose window has gone by, a bounded step of each; how many rows.

    Call it again while it gives `STEP` or more. A document is known for ever: a retry that comes after its claim went
    still finds the activity, if it names one.
    """
    claims = await tx.execute(_CLAIMS, now - dt.timedelta(days=days), STEP)
    fine, coarse = (f"{now - dt.timedelta(days=kept):%Y-%m-%d}" for kept in (_FINE_DAYS_KEPT, DAYS_KEPT))
    return claims + await tx.execute(_COUNTERS, fine, coarse, STEP)
