"""What each effect on the price does: one table from the definition to the plan that works it out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

import msgspec

from regulars.engine.making import Making
from regulars.engine.pricing import units
from regulars.engine.scope import LineScope, Scope
from regulars.kit.money import QUANTITY_SCALE, spread
from regulars.language import contracts as language
from regulars.program.contracts.effects import Discount, Effect, FreeItem, On, Part, Reduction, Which
from regulars.program.contracts.triggers import AnyTrigger

Read = tuple[str, language.Schema, language.Type | None]
SHIPPING: Final = "shipping"
NEVER_REDUCED: Final = frozenset({"deposit", "gift_card"})
"""Kinds of line that are money themselves."""
NEVER_PAYS: Final = NEVER_REDUCED | {SHIPPING}
"""Kinds of line that are not bought for something else."""
ALL_OF_IT: Final = Reduction(percent="100")


OfLines = Callable[[Sequence[int], Sequence[int], int, Sequence[int]], list[int]]
"""What comes off each line (what is left of it, value, its unit, quantity)."""
OfSum = Callable[[int, "Worked"], int]
"""What comes off a sum of lines of which so much is left."""


class Worked(msgspec.Struct, eq=False, frozen=True, gc=False):
    """One effect on one basket: for each line the money that it may take off, given what is left of the lines.

    `shares` is the quantity of each line that is reduced, `quantities` all of it where that is only a part. Effects
    that say the same of the same lines are one and the same, so that whoever compares many of them works it out once.
    """

    whole: bool
    """Whether it cannot be taken on some of its lines only."""
    of_lines: OfLines | None
    of_sum: OfSum | None
    values: Sequence[int]
    """Of each line, or one of the sum."""
    unit: int
    sets: int
    shares: Sequence[int]
    everything: bool
    """Whether all of each line is reduced."""
    quantities: Sequence[int] | None = None

    def total(self, left: Sequence[int]) -> int:
        """What it takes off all lines together, where there is room for all of it."""
        parts = left if self.everything else self._parts(left)
        if self.of_lines is not None:
            return sum(self.of_lines(parts, self.values, self.unit, self.shares))
        there = sum(parts)
        return 0 if self.of_sum is None else min(self.of_sum(there, self), there)

    def cuts(self, left: Sequence[int], room: Sequence[int] | None = None) -> list[int]:
        """What it takes off each line of which so much is left, and no more than there is room for (none: as much as
        there is)."""
        parts = left if self.everything else self._parts(left)
        if self.of_lines is not None:
            wanted = self.of_lines(parts, self.values, self.unit, self.shares)
            return wanted if room is None else list(map(min, wanted, room))
        there = sum(parts)
        off = 0 if self.of_sum is None else min(self.of_sum(there, self), there)
        if room is not None:
            return within(off, parts, list(map(min, parts, room)))
        return spread(off, parts) if off else [0] * len(parts)

    def _parts(self, left: Sequence[int]) -> Sequence[int]:
        """What is left of the units that are reduced."""
        if self.quantities is None:
            return [there if share else 0 for there, share in zip(left, self.shares, strict=True)]
        return [
            there if share >= whole else _part(there, share, whole) if share else 0
            for there, share, whole in zip(left, self.shares, self.quantities, strict=True)
        ]


Same = tuple[object, ...]


class Reach:
    """The lines of a basket that discounts may reduce at all: looked at once for all of them."""

    __slots__ = ("everything", "goods", "quantities", "shipping", "worked")

    def __init__(self, lines: Sequence[LineScope]) -> None:
        self.worked: dict[Same, Worked | None] = {}
        """What effects came to that name no lines and read nothing, by what they say."""
        may = [line.discounts and line.kind not in NEVER_REDUCED for line in lines]
        self.goods = [ok and line.kind != SHIPPING for ok, line in zip(may, lines, strict=True)]
        self.shipping = [ok and line.kind == SHIPPING for ok, line in zip(may, lines, strict=True)]
        self.quantities = [line.quantity if ok else 0 for ok, line in zip(self.goods, lines, strict=True)]
        """Of the goods, all of it: what most discounts are about."""
        self.everything = 0 not in self.quantities


class PricePlan:
    """`discount` or `free_item`: a reduction of chosen units."""

    __slots__ = (
        "_buy",
        "_by_line",
        "_constant",
        "_constants",
        "_formula",
        "_is_whole",
        "_of_lines",
        "_of_sum",
        "_on_shipping",
        "_parts",
        "_same",
        "_shown",
        "_takes_all",
        "definition",
        "sku",
        "unit",
    )

    def __init__(self, definition: Discount, trigger: AnyTrigger, made_from: Making, *, sku: str | None = None) -> None:
        self.definition = definition
        self.sku = sku
        """Goods that the till may add where the basket has none of what would be free."""
        kind, text = reduction(definition.discount)
        self._by_line = by_line(definition)
        places = made_from.places
        at = places.line if self._by_line else places.rule
        self._formula, scale = made_from.expressions.formula(text, at(trigger, before_price=True))
        self.unit = 10**scale
        # A percentage is a plain number, everything else is money.
        self._shown = 1 if kind == "percent" else 10**places.money_scale
        self._constant = int(text) * self._shown * self.unit if text.strip().isdecimal() else None
        """The value of a formula that is a plain number: most are."""
        self._constants = () if self._constant is None else (self._constant,)
        self._of_lines = _OF_LINES[kind] if self._by_line else None
        self._of_sum = None if self._by_line else _OF_SUM[kind]
        self._buy = None if definition.buy is None else _lines_of(definition.buy, trigger, made_from)
        self._on_shipping = definition.on is On.SHIPPING
        self._is_whole = (
            definition.which is not Which.ALL or definition.at_most is not None or definition.buy is not None
        )
        self._takes_all = definition.which is Which.ALL and not definition.bundle
        self._parts = [(_lines_of(part, trigger, made_from), part.count) for part in definition.bundle]
        chosen = (definition.which, definition.count, definition.times, self._is_whole)
        self._same: Same | None = (
            (kind, self._constant, self.unit, self._by_line, self._on_shipping, *chosen)
            if self._constant is not None and self._buy is None and not self._parts
            else None
        )

    def worked(self, s: Scope, matched: Sequence[bool] | None, reach: Reach) -> Worked | None:
        """The effect on this basket; None where it finds nothing that it could reduce."""
        if matched is not None or self._same is None:
            return self._worked(s, matched, reach)
        known = reach.worked
        if self._same not in known:
            known[self._same] = self._worked(s, None, reach)
        return known[self._same]

    def _worked(self, s: Scope, matched: Sequence[bool] | None, reach: Reach) -> Worked | None:
        lines = s.basket.lines
        eligible = reach.shipping if self._on_shipping else reach.goods
        if matched is not None:
            eligible = [may and match for may, match in zip(eligible, matched, strict=True)]
        if True not in eligible:
            return None
        sets, chosen = (1, None) if self._takes_all else self._chosen(s, eligible)
        if chosen is not None and not any(chosen):
            return None
        whole = chosen is None and eligible is reach.goods
        shares = reach.quantities if whole else _shares(lines, eligible, chosen)
        return Worked(
            whole=self._is_whole or not self._by_line,
            of_lines=self._of_lines,
            of_sum=self._of_sum,
            values=self._values(s, shares),
            unit=self.unit,
            sets=sets,
            shares=shares,
            everything=whole and reach.everything,
            # All units of a line are all that is left of it.
            quantities=None if chosen is None else [line.quantity for line in lines],
        )

    def _values(self, s: Scope, shares: Sequence[int]) -> Sequence[int]:
        formula, shown = self._formula, self._shown
        if not self._by_line:
            return self._constants or (max(formula(s), 0) * shown,)
        if self._constant is not None:
            return self._constants * len(shares)
        return [max(formula(s, line), 0) * shown if n else 0 for line, n in zip(s.basket.lines, shares, strict=True)]

    def _chosen(self, s: Scope, eligible: list[bool]) -> tuple[int, units.Units | None]:
        """How many bundles, and how many units of each line."""
        lines, definition = s.basket.lines, self.definition
        if self._parts:
            of_parts = [
                (units.counts(lines, [a and b for a, b in zip(eligible, holds(s), strict=True)]), n)
                for holds, n in self._parts
            ]
            return units.bundles(lines, of_parts, definition.times)
        there = units.counts(lines, eligible)
        if definition.buy is not None and self._buy is not None:
            pays = [line.gross > 0 and line.kind not in NEVER_PAYS for line in lines]
            buys = units.counts(lines, [a and b for a, b in zip(pays, self._buy(s), strict=True)])
            bought, given = definition.buy.count, definition.count
            return 1, units.earned(lines, there, buys, bought=bought, given=given, times=definition.times)
        if definition.which is Which.CHEAPEST:
            return 1, units.cheapest(lines, there, definition.count)
        return 1, units.every(lines, there, definition.count, definition.times)


def reduction(reduction: Reduction) -> tuple[str, str]:
    """The kind of a reduction and its formula."""
    for kind in ("percent", "amount", "per_unit", "fixed"):
        text = getattr(reduction, kind)
        if text is not None:
            return kind, text
    return "amount", "0"


def by_line(definition: Discount) -> bool:
    """Whether its formula is worked out for each line, and may read it."""
    return definition.on is On.LINES and not definition.bundle and definition.discount.amount is None


def _lines_of(part: Part, trigger: AnyTrigger, made_from: Making) -> Callable[[Scope], list[bool]]:
    places = made_from.places
    line, rule = places.line(trigger, before_price=True), places.rule(trigger, before_price=True)
    return made_from.expressions.each_line(part.lines, line, rule)


def _shares(lines: Sequence[LineScope], eligible: Sequence[bool], chosen: units.Units | None) -> list[int]:
    """The quantity of each line that is reduced."""
    if chosen is None:
        return [line.quantity if may else 0 for line, may in zip(lines, eligible, strict=True)]
    return [
        line.quantity if n >= units.count(line) else n * QUANTITY_SCALE if n else 0
        for line, n in zip(lines, chosen, strict=True)
    ]


def _part(left: int, share: int, quantity: int) -> int:
    """What is left of the chosen units of a line, a half of the smallest coin rounded up: the same as `spread` over
    them and the others."""
    if left < 0:
        return spread(left, [share, quantity - share])[0]
    return (2 * left * share + quantity) // (2 * quantity)


def within(amount: int, weights: Sequence[int], room: Sequence[int]) -> list[int]:
    """An amount spread by weight, no place above its room: what does not fit there goes to the others."""
    found = [0] * len(weights)
    amount = min(amount, sum(room))
    open_places = [place for place, most in enumerate(room) if most > 0 and weights[place] > 0]
    while amount > 0 and open_places:
        parts = spread(amount, [weights[place] for place in open_places])
        full = [place for place, part in zip(open_places, parts, strict=True) if part >= room[place] - found[place]]
        for place, part in zip(open_places, parts, strict=True):
            if not full or place in full:
                more = min(part, room[place] - found[place])
                found[place] += more
                amount -= more
        if not full:
            break
        open_places = [place for place in open_places if place not in full]
    return found


def _half_up(number: int, of: int) -> int:
    # Neither is below 0 here.
    return (2 * number + of) // (2 * of)


def _percent_of_lines(left: Sequence[int], values: Sequence[int], unit: int, shares: Sequence[int]) -> list[int]:
    whole = 100 * unit
    # A half of a cent goes to the member.
    return [
        (there if value >= whole else (2 * there * value + whole) // (2 * whole)) if share and there > 0 else 0
        for there, value, share in zip(left, values, shares, strict=True)
    ]


def _per_unit_of_lines(left: Sequence[int], values: Sequence[int], unit: int, shares: Sequence[int]) -> list[int]:
    whole = unit * QUANTITY_SCALE
    return [
        min((2 * value * share + whole) // (2 * whole), there) if share and there > 0 else 0
        for there, value, share in zip(left, values, shares, strict=True)
    ]


def _fixed_of_lines(left: Sequence[int], values: Sequence[int], unit: int, shares: Sequence[int]) -> list[int]:
    off = _per_unit_of_lines(left, values, unit, shares)
    return [there - less if share and there > 0 else 0 for there, less, share in zip(left, off, shares, strict=True)]


def _percent(left: int, of: Worked) -> int:
    value, whole = of.values[0], 100 * of.unit
    return left if value >= whole else (2 * left * value + whole) // (2 * whole)


def _amount(left: int, of: Worked) -> int:
    return min(_half_up(of.values[0] * of.sets, of.unit), left)


def _per_unit(left: int, of: Worked) -> int:
    return min(_half_up(of.values[0] * sum(of.shares), of.unit * QUANTITY_SCALE), left)


def _fixed(left: int, of: Worked) -> int:
    return left - _amount(left, of)


_OF_LINES: Final[dict[str, OfLines]] = {
    "percent": _percent_of_lines,
    "per_unit": _per_unit_of_lines,
    "fixed": _fixed_of_lines,
}
_OF_SUM: Final[dict[str, OfSum]] = {
    "percent": _percent,
    "amount": _amount,
    "per_unit": _per_unit,
    "fixed": _fixed,
}


def _free(definition: FreeItem, trigger: AnyTrigger, made_from: Making) -> PricePlan:
    return PricePlan(as_discount(definition), trigger, made_from, sku=definition.sku)


def as_discount(definition: FreeItem) -> Discount:
    """Units for nothing are a discount of all of their price."""
    return Discount(
        discount=ALL_OF_IT,
        which=Which.CHEAPEST,
        count=definition.free_item,
        buy=definition.buy,
        times=definition.times,
        group=definition.group,
        rollback=definition.rollback,
        funding=definition.funding,
    )


PRICE: Final[dict[type[Effect], Callable[[Any, AnyTrigger, Making], PricePlan]]] = {
    Discount: PricePlan,
    FreeItem: _free,
}
"""Effects on the price."""


def reads(effect: Effect, trigger: AnyTrigger, made_from: Making) -> list[Read]:
    """What an effect on the price reads."""
    definition = as_discount(effect) if isinstance(effect, FreeItem) else effect
    if not isinstance(definition, Discount):
        return []
    places = made_from.places
    line = places.line(trigger, before_price=True)
    at = line if by_line(definition) else places.rule(trigger, before_price=True)
    found: list[Read] = [(reduction(definition.discount)[1], at, language.NUMBER)]
    parts = (*definition.bundle, *(() if definition.buy is None else (definition.buy,)))
    return found + [(part.lines, line, language.BOOL) for part in parts]
