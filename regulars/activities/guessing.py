"""Nobody finds a code by trying: whoever shows too many that nobody made has to wait.

Counted in the process: for a key, and more strictly for one of its tills or, where it names none (a web shop), for whom
it names as the member, so that one who tries keeps nobody else from showing theirs. Patterns have a thousand times more
codes than are made (`codes.making`), so that what still gets through finds nothing.
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
OF_ONE: Final = 20
OF_A_KEY: Final = 300
OWNERS_MAX: Final = 10_000

GIFT_CARD: Final = "gift_card"
"""An identifier that is a code itself: who tries some names another each time."""

Owner = tuple[object, ...]


class Guesses:
    """Codes that nobody made, by who showed them; who did so longest ago is forgotten first."""

    def __init__(self) -> None:
        self._wrong: OrderedDict[Owner, deque[dt.datetime]] = OrderedDict()

    def allow(self, client_id: UUID, one: object, at: dt.datetime) -> None:
        """Whether `one` of a key (None: nobody that it names) may show more codes now. Raises RateLimited."""
        for owner, most in _owners(client_id, one):
            wrong = self._wrong.get(owner)
            while wrong and wrong[0] <= at - WINDOW:
                wrong.popleft()
            if wrong and len(wrong) >= most:
                wait_s = max(1, round((wrong[0] + WINDOW - at).total_seconds()))
                raise RateLimited(limit=most, window_s=int(WINDOW.total_seconds()), wait_s=wait_s)

    def note(self, client_id: UUID, one: object, at: dt.datetime) -> None:
        """A code was shown that nobody made."""
        for owner, most in _owners(client_id, one):
            self._wrong.setdefault(owner, deque(maxlen=most)).append(at)
            self._wrong.move_to_end(owner)
            if len(self._wrong) > OWNERS_MAX:
                self._wrong.popitem(last=False)

    def admit(self, intake: Intake) -> None:
        """Whether an activity may show its codes now. Raises RateLimited."""
        if intake.codes or intake.activates:
            self.allow(intake.client_id, shower(intake), intake.received_at)

    def wrong(self, intake: Intake) -> None:
        """An activity showed a code that nobody made."""
        self.note(intake.client_id, shower(intake), intake.received_at)


def shower(intake: Intake) -> object:
    """Which one of a key shows the codes of an activity: its till, else its member; None: it names neither."""
    return intake.till or frozenset(one for one in intake.who if one.kind != GIFT_CARD) or None


def _owners(client_id: UUID, one: object) -> tuple[tuple[Owner, int], ...]:
    of_key: tuple[Owner, int] = ((client_id,), OF_A_KEY)
    return (of_key,) if one is None else (((client_id, one), OF_ONE), of_key)
