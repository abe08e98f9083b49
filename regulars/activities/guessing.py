"""Nobody finds a code by trying: whoever shows too many that nobody made has to wait.

Counted in the process, for a key and, more strictly, for one of its tills; patterns have a thousand times more codes
than are made (`codes.making`), so that what still gets through finds nothing.
"""

from __future__ import annotations

import datetime as dt
from collections import OrderedDict, deque
from typing import TYPE_CHECKING, Final

from regulars.kit.errors import RateLimited

if TYPE_CHECKING:
    from uuid import UUID

    from regulars.activities.contracts import Intake

WINDOW: Final = dt.timedelta(minutes=1)
AT_A_TILL: Final = 20
OF_A_KEY: Final = 300
OWNERS_MAX: Final = 10_000

Owner = tuple[object, ...]


class Guesses:
    """Codes that nobody made, by who showed them; who did so longest ago is forgotten first."""

    def __init__(self) -> None:
        self._wrong: OrderedDict[Owner, deque[dt.datetime]] = OrderedDict()

    def allow(self, client_id: UUID, till: str | None, at: dt.datetime) -> None:
        """Whether more codes may be shown now. Raises RateLimited."""
        for owner, most in _owners(client_id, till):
            wrong = self._wrong.get(owner)
            while wrong and wrong[0] <= at - WINDOW:
                wrong.popleft()
            if wrong and len(wrong) >= most:
                wait_s = max(1, round((wrong[0] + WINDOW - at).total_seconds()))
                raise RateLimited(limit=most, window_s=int(WINDOW.total_seconds()), wait_s=wait_s)

    def note(self, client_id: UUID, till: str | None, at: dt.datetime) -> None:
        """A code was shown that nobody made."""
        for owner, most in _owners(client_id, till):
            self._wrong.setdefault(owner, deque(maxlen=most)).append(at)
            self._wrong.move_to_end(owner)
            if len(self._wrong) > OWNERS_MAX:
                self._wrong.popitem(last=False)

    def admit(self, intake: Intake) -> None:
        """Whether an activity may show its codes now. Raises RateLimited."""
        if intake.codes or intake.activates:
            self.allow(intake.client_id, intake.till, intake.received_at)


def _owners(client_id: UUID, till: str | None) -> tuple[tuple[Owner, int], ...]:
    return (((client_id, till), AT_A_TILL), ((client_id,), OF_A_KEY))
