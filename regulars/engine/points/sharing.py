"""The points of an account of several members, as one of them sees them at a time.

What is shared stands under the name of its currency; what is a member's own under that name and theirs
(`points@<member>`), a balance by itself in every book. The member in focus reads and spends their own by the plain
name, and nobody else's. The member whose id the account has keeps the plain name in the books, so founding a household
moves nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from msgspec.structs import replace

from regulars.engine.contracts.points import Balance, Hold, Lot
from regulars.engine.points.purse import Purse, Standing
from regulars.engine.points.schedule import Schedule
from regulars.program.contracts.definitions import Currency

MARK: Final = "@"


def own(currency: str, member_id: UUID) -> str:
    """The name in the books of what a member alone has of a currency."""
    return f"{currency}{MARK}{member_id.hex}"


def plain(name: str) -> str:
    """The currency that a name in the books is of."""
    return name.partition(MARK)[0]


class SharedPurse(Purse):
    """A purse with somebody in focus; what is others' own rests meanwhile under its name in the books."""

    __slots__ = ("_pooled", "_resting", "account_id")

    def __init__(
        self,
        policies: Mapping[str, Currency],
        *,
        account_id: UUID,
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
        self.account_id = account_id
        self._pooled = pooled
        self._resting: dict[str, Standing] = {}
        self._rename(self._named)
        self._resting, self.standings = self.standings, {}
        self.focus(member_id)

    def focus(self, member_id: UUID) -> None:
        """See and spend as this member from now on."""
        self._rest()
        tail = f"{MARK}{member_id.hex}"
        self._rename(lambda name: name.removesuffix(tail))
        self.standings = {name: found for name, found in self._resting.items() if MARK not in name}
        self._resting = {name: found for name, found in self._resting.items() if MARK in name}
        self.member_id = self.earner = member_id

    def close(self) -> None:
        """Puts every name as it stands in the books; nothing is seen or spent after it."""
        self._rest()
        founder = f"{MARK}{self.account_id.hex}"
        self._rename(lambda name: name.removesuffix(founder))
        self.standings, self._resting = self._resting, {}

    def schedules(self) -> dict[str, Schedule]:
        """When which points end, of every balance, by its name in the books; after `close`."""
        return {
            name: self.schedule(name) if standing.changed else self._schedules.get(name, ())
            for name, standing in self.standings.items()
        }

    def _named(self, name: str) -> str:
        return name if MARK in name or name in self._pooled else own(name, self.account_id)

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


def view(
    balances: Iterable[Balance], *, account_id: UUID, member_id: UUID, pooled: frozenset[str]
) -> tuple[Balance, ...]:
    """What a member of a household sees of its balances: what is shared, and their own by its plain name."""
    mine = f"{MARK}{member_id.hex}"
    found = [
        replace(one, currency=one.currency.removesuffix(mine))
        for one in balances
        if one.currency.endswith(mine)
        or (MARK not in one.currency and (one.currency in pooled or member_id == account_id))
    ]
    return tuple(sorted(found, key=lambda one: one.currency))
