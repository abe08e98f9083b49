"""What was asked for lately of what is shared and runs out: it is loaded at once where it will be asked for again."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

    from regulars.engine.contracts.known import CounterKey

Place = tuple[int, int, str, str | None]
"""Program, release, type of activity, store: who comes next there will ask for much the same."""
PLACES: Final = 2000
KEYS: Final = 32
_ALONE: Final = ("member:", "code:")
"""Owners whose quotas nobody else asks for."""


class Remembered:
    """Which quotas were asked for lately, by place: the usual checkout is decided once, not twice."""

    def __init__(self) -> None:
        self._places: OrderedDict[Place, OrderedDict[CounterKey, None]] = OrderedDict()

    def of(self, place: Place) -> Iterable[CounterKey]:
        """What was asked for there lately."""
        return self._places.get(place, ())

    def note(self, place: Place, keys: Iterable[CounterKey]) -> None:
        """Remember what was asked for; what nobody asked for any more is forgotten first."""
        shared = [key for key in keys if not key.owner.startswith(_ALONE)]
        if not shared:
            return
        held = self._places.setdefault(place, OrderedDict())
        self._places.move_to_end(place)
        for key in shared:
            held[key] = None
            held.move_to_end(key)
        while len(held) > KEYS:
            held.popitem(last=False)
        while len(self._places) > PLACES:
            self._places.popitem(last=False)
