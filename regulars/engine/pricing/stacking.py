"""How several discounts meet: groups one after the other, each with its mode, within bounds that no price passes.

Whole numbers only. A wish is one effect that would take something off; a table is what is left of the basket meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import attrgetter, sub
from typing import Final, Protocol

import msgspec

from regulars.engine.pricing.plans import Worked
from regulars.kit.money import spread
from regulars.program.contracts.stacking import Mode

EXACT_UP_TO: Final = 8
"""So many discounts of a group are compared in every combination; of more, those go first that stand first."""
NOTHING: Final = "nothing_to_discount"
WORSE: Final = "worse_in_group"
NEVER_BELOW: Final = "never_below"
LARGEST_LINE: Final = "largest_discount_line"
LARGEST_BASKET: Final = "largest_discount_basket"
AT_MOST: Final = "at_most"
BUDGET: Final = "budget"


class Budget(Protocol):
    """The money set aside for a discount."""

    def allows(self, wanted: int) -> int:
        """How much of it may be taken."""

    def use(self, wanted: int) -> int:
        """Take as much of it as may be taken."""


class Wish(msgspec.Struct, eq=False, gc=False):
    """One effect that would take something off: `rule` and `effect` are its places. `until` is the first day on which
    it counts no more, as a number: what ends first is used first where the member loses nothing by it. `most` bounds
    what it may take in all, `budget` is the money set aside for it.
    """

    name: str
    rule: int
    effect: int
    worked: Worked | None
    group: str | None = None
    until: int = 0
    order: tuple[int, ...] = ()
    most: int | None = None
    bound: bool = True
    """Whether the largest discounts and the least prices hold for it: not for what the member pays points for."""
    budget: Budget | None = None
    asked: list[int] = []
    """What it would take if its budget did not end."""
    cuts: list[int] = []
    """What it took off each line; empty: it was not taken."""
    reason: str = NOTHING
    """Why it took nothing, or less than it would have."""
    instead: tuple[str, ...] = ()
    """What was better for the member."""

    @property
    def rank(self) -> tuple[int, str, int]:
        """What ends first, then by name."""
        return self.until, self.name, self.effect


class Bounds:
    """What no price passes: the least that each line costs, by which bound, and the most that comes off in all."""

    __slots__ = ("basket", "because", "floors")

    def __init__(self, floors: Sequence[int], because: Sequence[str], basket: int) -> None:
        self.floors = floors
        self.because = because
        self.basket = basket


class Table:
    """What is left of each line, and what may still come off in all."""

    __slots__ = ("_wanted", "because", "bounded", "floors", "left", "most", "taken")

    def __init__(self, gross: Sequence[int], bounds: Bounds) -> None:
        self.left = list(gross)
        self.floors = bounds.floors
        self.bounded = any(bounds.floors)
        self.because = bounds.because
        self.most = bounds.basket
        self.taken: list[Wish] = []
        """Those that took something off, in this order."""
        self._wanted: dict[Worked, list[int]] = {}
        """What effects take off what is left now, if nothing keeps them from it."""

    def offered(self, wish: Wish) -> list[int]:
        """What a wish would take off each line now; says in it what kept it from more."""
        worked = wish.worked
        if worked is None:
            return [0] * len(self.left)
        if self.bounded and wish.bound:
            room = [max(there - floor, 0) for there, floor in zip(self.left, self.floors, strict=True)]
            cuts = worked.cuts(self.left, room)
            wish.reason = self._bound_by(worked, cuts)
        else:
            cuts = self._cuts(worked)
        cuts = self._fitted(wish, cuts)
        if wish.budget is None:
            return cuts
        wish.asked = cuts
        return _paid_by(wish, cuts)

    def _cuts(self, worked: Worked) -> list[int]:
        found = self._wanted.get(worked)
        if found is None:
            found = self._wanted[worked] = worked.cuts(self.left)
        return found

    def reaches(self, wish: Wish) -> bool:
        """Whether a wish would take anything off now: `offered` without what is only of use to whoever takes it."""
        worked = wish.worked
        if worked is None:
            return False
        if (self.bounded and wish.bound) or wish.most is not None or wish.budget is not None:
            return any(self.offered(wish))
        known = self._wanted.get(worked)
        total = worked.total(self.left) if known is None else sum(known)
        if total and wish.bound and total > self.most:
            wish.reason = LARGEST_BASKET
            return self.most > 0
        return total > 0

    def _bound_by(self, worked: Worked, cuts: Sequence[int]) -> str:
        wanted = worked.cuts(self.left)
        if sum(wanted) == sum(cuts):
            return NOTHING
        for want, cut, because in zip(wanted, cuts, self.because, strict=True):
            if want > cut:
                return because
        return NOTHING

    def _fitted(self, wish: Wish, cuts: list[int]) -> list[int]:
        whole = sum(cuts)
        if wish.most is not None and whole > wish.most:
            whole, cuts = wish.most, spread(wish.most, cuts)
            wish.reason = AT_MOST
        if wish.bound and whole > self.most:
            cuts = spread(self.most, cuts)
            wish.reason = LARGEST_BASKET
        return cuts

    def take(self, wish: Wish, cuts: list[int]) -> None:
        """Take it off. What bounds it in all is asked once more: others may have come before it."""
        cuts = self._fitted(wish, cuts if wish.budget is None else wish.asked)
        if wish.budget is not None:
            cuts = _paid_by(wish, cuts, uses=True)
        whole = sum(cuts)
        if not whole:
            return
        wish.cuts = cuts
        self.taken.append(wish)
        self.left = list(map(sub, self.left, cuts))
        self._wanted = {}
        self.most -= whole if wish.bound else 0


def _paid_by(wish: Wish, cuts: list[int], *, uses: bool = False) -> list[int]:
    whole = sum(cuts)
    if wish.budget is None or not whole:
        return cuts
    allowed = wish.budget.use(whole) if uses else wish.budget.allows(whole)
    if allowed == whole:
        return cuts
    wish.reason = BUDGET
    return spread(allowed, cuts)


def run(groups: Sequence[tuple[str | None, Mode]], wishes: Sequence[Wish], table: Table) -> None:
    """Let all wishes meet: each then has what it took, or why it took nothing."""
    mine: dict[str | None, list[Wish]] = {}
    for wish in wishes:
        mine.setdefault(wish.group, []).append(wish)
    for name, mode in groups:
        if name in mine:
            _MODES[mode](sorted(mine[name], key=_ORDER), table)


_ORDER: Final = attrgetter("order")


def _all(wishes: Sequence[Wish], table: Table) -> None:
    for wish in wishes:
        table.take(wish, table.offered(wish))


def _first(wishes: Sequence[Wish], table: Table) -> None:
    taken: Wish | None = None
    for wish in wishes:
        if taken is None:
            table.take(wish, table.offered(wish))
            taken = wish if wish.cuts else None
        elif table.reaches(wish):
            wish.reason, wish.instead = WORSE, (taken.name,)


def _best(wishes: Sequence[Wish], table: Table) -> None:
    """No line is reduced by two of them; of all combinations that one is taken which takes off the most."""
    if len(wishes) <= EXACT_UP_TO:
        offers = [offer for wish in wishes if any((offer := (wish, table.offered(wish)))[1])]
        apply = [wish for wish, _ in offers]
        chosen = _searched(offers, len(table.left))
    else:
        apply = [wish for wish in wishes if table.reaches(wish)]
        if len(apply) <= EXACT_UP_TO:
            chosen = _searched([(wish, table.offered(wish)) for wish in apply], len(table.left))
        else:
            chosen = _declared(apply, table)
    chosen.sort(key=lambda offer: offer[0].order)
    for wish, cuts in chosen:
        table.take(wish, cuts)
    taken = tuple(dict.fromkeys(wish.name for wish, _ in chosen if wish.cuts))
    for wish in apply:
        if not wish.cuts and wish.reason != LARGEST_BASKET:
            wish.reason, wish.instead = WORSE, taken


Offer = tuple[Wish, list[int]]


def _declared(wishes: Sequence[Wish], table: Table) -> list[Offer]:
    """In the order in which they stand: each where its lines are free."""
    free = [True] * len(table.left)
    chosen = []
    for wish in wishes:
        if True not in free:
            break
        cuts = table.offered(wish)
        fitting = [cut if ok else 0 for cut, ok in zip(cuts, free, strict=True)]
        if not any(fitting) or (_is_whole(wish) and fitting != cuts):
            continue
        chosen.append((wish, fitting))
        free = [ok and not cut for ok, cut in zip(free, fitting, strict=True)]
    return chosen


def _is_whole(wish: Wish) -> bool:
    """Whether all of it is taken or nothing: what is bounded in all is no sum of its lines."""
    return wish.worked is None or wish.worked.whole or wish.most is not None or wish.budget is not None


def _searched(offers: Sequence[Offer], lines: int) -> list[Offer]:
    """The combination that takes off the most; of equal ones that with what ends first, then by name.

    What can be taken line by line is the best of those on each line. What cannot has all of its lines or none: those
    are at most 8, so that every set of them which share no line is looked at, but for branches that cannot win.
    """
    if len(offers) <= 1:
        return list(offers)
    by_line: list[Offer] = []
    whole: list[Offer] = []
    for offer in sorted(offers, key=_rank):
        (whole if _is_whole(offer[0]) else by_line).append(offer)
    best = list(map(max, [0] * lines, *[cuts for _, cuts in by_line])) if by_line else [0] * lines
    if not whole:
        return _combined(by_line, best, 0)
    masks = [sum([1 << place for place, cut in enumerate(cuts) if cut]) for _, cuts in whole]
    gains = [sum([cut - most for most, cut in zip(best, cuts, strict=True) if cut]) for _, cuts in whole]
    found = []
    for chosen in _Sets(masks, gains).found():
        taken = 0
        for place in chosen:
            taken |= masks[place]
        found.append([whole[place] for place in chosen] + _combined(by_line, best, taken))
    return found[0] if len(found) == 1 else min(found, key=lambda one: sorted(wish.rank for wish, _ in one))


def _rank(offer: Offer) -> tuple[int, str, int]:
    return offer[0].rank


class _Sets:
    """The sets of wholes without a line in common that gain the most."""

    __slots__ = ("_gains", "_masks", "_most", "_sets", "_still")

    def __init__(self, masks: Sequence[int], gains: Sequence[int]) -> None:
        self._masks = masks
        self._gains = gains
        # What all from a place on could still gain.
        self._still = [sum(max(gain, 0) for gain in gains[place:]) for place in range(len(gains) + 1)]
        self._most = 0
        self._sets: list[tuple[int, ...]] = [()]

    def found(self) -> list[tuple[int, ...]]:
        """All of them, as places of wholes."""
        self._look(0, 0, 0, ())
        return self._sets

    def _look(self, place: int, taken: int, gained: int, chosen: tuple[int, ...]) -> None:
        if gained + self._still[place] < self._most:
            return
        if place == len(self._masks):
            if gained > self._most:
                self._most, self._sets = gained, [chosen]
            elif gained == self._most and chosen:
                self._sets.append(chosen)
            return
        if not taken & self._masks[place] and self._gains[place] >= 0:
            self._look(place + 1, taken | self._masks[place], gained + self._gains[place], (*chosen, place))
        self._look(place + 1, taken, gained, chosen)


def _combined(by_line: Sequence[Offer], best: Sequence[int], taken: int) -> list[Offer]:
    """Of what can be taken line by line the best of each line that is not taken (a bit for each that is)."""
    found = []
    for wish, cuts in by_line:
        mine = [0] * len(cuts)
        for place, cut in enumerate(cuts):
            # They stand in the order of their rank: the first of the best has the line.
            if cut and cut == best[place] and not taken >> place & 1:
                mine[place] = cut
                taken |= 1 << place
        if any(mine):
            found.append((wish, mine))
    return found


_MODES: Final[dict[Mode, Callable[[Sequence[Wish], Table], None]]] = {
    Mode.ALL: _all,
    Mode.FIRST: _first,
    Mode.BEST: _best,
}
