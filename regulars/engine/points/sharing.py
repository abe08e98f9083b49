"""The points of an account of several members, as one of them sees them at a time.

What is shared stands under the name of its currency; what is a member's own under that name and theirs
(`points@<member>`), a balance by itself in every book. The member in focus reads and spends their own by the plain
name, and nobody else's. What stood under the plain name before there was a household rests under that name and a mark.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from msgspec.structs import replace

from regulars.engine.contracts.points import Balance, Hold, Lot
from regulars.engine.contracts.shared import MARK, own
from regulars.engine.points.purse import Purse, Standing
from regulars.engine.points.schedule import Schedule
from regulars.program.contracts.definitions import Currency


class SharedPurse(Purse):
    """A purse with somebody in focus; what is others' own rests meanwhile under its name in the books."""

    __slots__ = ("_pooled", "_resting")

    def __init__(
        self,
        policies: Mapping[str, Currency],
        *,
        pooled: frozenset[str],
        balances: Iterable[Balance],
        lots: Sequence[Lot] | None,
        holds: Iterable[Hold] = (),
        schedules: Mapping[str, Schedule] | None = None,
        member_id: UUID,
        **given: Any,
    ) -> None:
        super().__init__(
            policies,
            balances=balances,
            lots=lots,
            holds=holds,
            schedules=dict(schedules or {}),
            member_id=member_id,
            **given,
        )
        self._begin(pooled)

    @classmethod
    def adopt(cls, purse: Purse, *, pooled: frozenset[str]) -> SharedPurse:
        """A purse of a member alone who has just founded a household, with all that was done so far."""
        made = cls.__new__(cls)
        for name in Purse.__slots__:
            setattr(made, name, getattr(purse, name))
        made._begin(pooled)
        return made

    def _begin(self, pooled: frozenset[str]) -> None:
        self._pooled = pooled
        self._resting: dict[str, Standing] = {}
        self._rename(lambda name: name if MARK in name or name in pooled else name + MARK)
        self._resting, self.standings = self.standings, {}
        self.focus(self.member_id)

    def focus(self, member_id: UUID) -> None:
        """See and spend as this member from now on."""
        self._rest()
        tail = f"{MARK}{member_id.hex}"
        # What was somebody's own in an earlier household and is shared in this one rests, empty, under its own name.
        self._rename(lambda name: name if name.removesuffix(tail) in self._pooled else name.removesuffix(tail))
        self.standings = {name: found for name, found in self._resting.items() if MARK not in name}
        self._resting = {name: found for name, found in self._resting.items() if MARK in name}
        self.member_id = self.earner = member_id

    def close(self) -> None:
        """Puts every name as it stands in the books; nothing is seen or spent after it."""
        self._rest()
        self._rename(lambda name: name.removesuffix(MARK))
        self.standings, self._resting = self._resting, {}

    def schedules(self) -> dict[str, Schedule]:
        """When which points end, of every balance, by its name in the books; after `close`."""
        return {
            name: self.schedule(name) if standing.changed else self._schedules.get(name, ())
            for name, standing in self.standings.items()
        }

    def _rest(self) -> None:
        member_id = self.member_id
        self._resting |= self.standings
        self.standings = {}
        self._rename(lambda name: name if MARK in name or name in self._pooled else own(name, member_id))

    def _rename(self, named: Callable[[str], str]) -> None:
        """Give balances, lots, holds, entries and changes other names, each by its present one."""
        self._resting = {named(name): standing for name, standing in self._resting.items()}
        self.standings = {named(name): standing for name, standing in self.standings.items()}
        self.lots = {
            lot_id: lot if named(lot.currency) == lot.currency else replace(lot, currency=named(lot.currency))
            for lot_id, lot in self.lots.items()
        }
        self.holds = {key: replace(hold, currency=named(hold.currency)) for key, hold in self.holds.items()}
        self.entries = [
            entry if named(entry.currency) == entry.currency else replace(entry, currency=named(entry.currency))
            for entry in self.entries
        ]
        self._changes = [replace(change, currency=named(change.currency)) for change in self._changes]
        self._schedules = {named(name): schedule for name, schedule in self._schedules.items()}
        # Lots of different people never become one.
        self.merging.clear()
