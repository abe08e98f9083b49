"""Purposes of a release made ready: which consents count, and which attributes stand behind each.

The state keeps a consent under `purpose` or `purpose:channel` as [1 if given and 0 if not, the version of the text, the
day on which it was said].
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, Final

from regulars.engine import periods
from regulars.engine.points import calendar
from regulars.program.contracts.definitions import Needs, Program, Purpose, Withheld
from regulars.program.contracts.values import Span

Kept = Mapping[str, Sequence[Any]]

HIDDEN: Final = "-"
"""The key under which the state keeps the purposes whose attributes nobody may read now; no purpose has such a name."""


class PurposePlan:
    """One purpose: its text in force, and what stands or falls with it."""

    __slots__ = ("attributes", "definition", "keys", "name", "needs_consent", "refuses", "version")

    def __init__(self, definition: Purpose, program: Program) -> None:
        self.definition = definition
        self.name = definition.name
        self.version: str = next(reversed(definition.texts), "")
        self.needs_consent = definition.needs is Needs.CONSENT
        self.refuses = definition.without is Withheld.REFUSE
        self.attributes = tuple(
            name for name, attribute in program.attributes.items() if attribute.purpose == definition.name
        )
        self.keys = tuple(key_of(self.name, channel) for channel in (None, *definition.channels))

    def counts(self, key: str, kept: Kept, day: dt.date) -> bool:
        """Whether the consent under a key counts on a day: a channel only while its purpose does."""
        if key != self.name and self.needs_consent and not self.counts(self.name, kept, day):
            return False
        said = kept.get(key)
        if said is None or not said[0] or (self.definition.renew and said[1] != self.version):
            return False
        lapses = self.lapses_on(said)
        return lapses is None or day < lapses

    def lapses_on(self, said: Sequence[Any]) -> dt.date | None:
        """The first day on which a given consent counts no more by its age."""
        after = self.definition.renew_after
        return None if after is None or not said[0] else _added(said[2], after)

    def is_withheld(self, kept: Kept, day: dt.date) -> bool:
        """Whether nobody may take or read what stands behind this purpose."""
        return self.needs_consent and not self.counts(self.name, kept, day)


@lru_cache(maxsize=4096)
def _added(day: int, span: Span) -> dt.date:
    # Every decision asks, several times.
    return calendar.add(periods.date(day), span)


def key_of(purpose: str, channel: str | None) -> str:
    """The key of a consent, as rules read it too."""
    return purpose if channel is None else f"{purpose}:{channel}"


def plans(program: Program) -> tuple[PurposePlan, ...]:
    """The purposes of a release."""
    return tuple(PurposePlan(purpose, program) for purpose in program.purposes.values())


def merged(name: str, mine: list[Any], theirs: list[Any]) -> list[Any]:
    """What two members who are one said of the same: a refusal on either side wins (L64), else what was said last."""
    if name == HIDDEN:
        return sorted({*mine, *theirs})
    if mine[0] != theirs[0]:
        return mine if not mine[0] else theirs
    return mine if mine[2] >= theirs[2] else theirs
