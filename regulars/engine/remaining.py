"""What is left of a sale: sums over all that came back, so that the order and the split of returns never matter
(LAW2).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

import msgspec
from msgspec.structs import replace

from regulars.engine import refusals, voucher_refusals
from regulars.engine.contracts.activity import Activity, Line, Payment, ReturnedLine, Reversal
from regulars.kit.money import spread

GIFT_LINE: Final = "gift_card"
ACTIVATE: Final = "activate"
"""The number of the line in an answer that means the sale as a whole."""


class Back(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What came back: (place of the line, quantity, money beside that), `amount` of the sale as a whole, or a sale
    without lines. `withheld` of its worth is not refunded, since a discount was lost with it (L78); below 0 so much is
    refunded after all.
    """

    lines: tuple[tuple[int, int, int], ...] = ()
    amount: int = 0
    whole: bool = False
    withheld: int = 0
    again: bool = False
    """A sale without lines counts again: its return was undone."""


def total(parts: Iterable[Back]) -> Back:
    """All of several returns together."""
    lines: dict[int, tuple[int, int]] = {}
    amount, whole, withheld = 0, False, 0
    for part in parts:
        for place, quantity, money in part.lines:
            before = lines.get(place, (0, 0))
            lines[place] = (before[0] + quantity, before[1] + money)
        amount += part.amount
        whole = part.whole or (whole and not part.again)
        withheld += part.withheld
    there = tuple((place, *both) for place, both in sorted(lines.items()) if any(both))
    return Back(there, amount, whole, withheld)


def undone(back: Back) -> Back:
    """What brings back that a return brought back (L18)."""
    lines = tuple((place, -quantity, -money) for place, quantity, money in back.lines)
    return Back(lines, -back.amount, withheld=-back.withheld, again=back.whole)


class Left:
    """A line of a sale and what is left of it. `more` is what it costs more by now, since a discount was lost."""

    __slots__ = ("amount", "line", "more", "place", "quantity")

    def __init__(self, place: int, line: Line, quantity: int, amount: int) -> None:
        self.place = place
        self.line = line
        self.quantity = quantity
        self.amount = amount
        self.more = 0

    @property
    def is_there(self) -> bool:
        """Whether anything of it was kept: units, and money unless it cost none."""
        return self.quantity > 0 and (self.amount > 0 or self.line.amount == 0)

    def now(self) -> Line:
        """The line as if only this had been bought."""
        return replace(self.line, quantity=self.quantity, amount=self.amount + self.more)

    def share(self, amount: int) -> int:
        """The part of an amount of the whole line that its units still have; what came back was rounded up."""
        return amount * self.quantity // self.line.quantity if self.line.quantity else amount


def cards(sale: Activity) -> tuple[int, ...]:
    """The places of the lines that sold gift cards, in the order of the codes that they made good. The money of such a
    line is on a card that anybody may hold: it comes back whole, with its card, or not at all."""
    sold = sum(one.act == ACTIVATE for one in sale.codes)
    return tuple([place for place, line in enumerate(sale.lines) if line.kind == GIFT_LINE][:sold]) if sold else ()


def left(sale: Activity, back: Back) -> list[Left]:
    """Each line of the sale with what is left of it.

    Units take their share of the line, rounded up as a sum over all units returned so far; money returned for a line
    comes off the rest; what was returned of the sale as a whole is spread over what is then left, but for gift cards,
    by largest remainder.
    """
    returned = {place: (quantity, money) for place, quantity, money in back.lines}
    rest = []
    for place, line in enumerate(sale.lines):
        quantity, money = returned.get(place, (0, 0))
        amount = line.amount
        if quantity:
            amount -= line.amount if quantity >= line.quantity else -(-line.amount * quantity // line.quantity)
        rest.append(Left(place, line, line.quantity - quantity, max(amount - money, 0)))
    if back.amount and rest:
        amounts = _loose(sale, rest)
        for one, part in zip(rest, spread(min(back.amount, sum(amounts)), amounts), strict=True):
            one.amount -= part
    return rest


def overlaps(sale: Activity, back: Back) -> bool:
    """Whether some of a sale came back twice: as money first, and then with the units that it was refunded on."""
    rest = left(sale, replace(back, amount=0))
    units = left(sale, Back(tuple((place, quantity, 0) for place, quantity, _ in back.lines)))
    money = {place: amount for place, _, amount in back.lines}
    return any(money.get(one.place, 0) > one.amount for one in units) or back.amount > sum(_loose(sale, rest))


def _loose(sale: Activity, rest: Sequence[Left]) -> list[int]:
    """What of each line may come back as a part of a sum over the whole sale."""
    bound = cards(sale)
    return [0 if one.place in bound else one.amount for one in rest]


def payments(sale: Activity, rest: Sequence[Left]) -> tuple[Payment, ...]:
    """The payments as if only the rest had been bought, each its share."""
    if not sale.payments or not sale.total:
        return sale.payments
    paid = sum(payment.amount for payment in sale.payments)
    kept = paid * sum(one.amount + one.more for one in rest) // sale.total
    shares = spread(kept, [max(payment.amount, 0) for payment in sale.payments])
    return tuple(Payment(kind=payment.kind, amount=share) for payment, share in zip(sale.payments, shares, strict=True))


def asked(sale: Activity, before: Back, reversal: Reversal) -> Back:
    """What a return brings back, after what came back before. Raises UnknownSaleLine, ReturnExceedsSale,
    SaleAlreadyReturned, GiftCardWhole.
    """
    if not sale.lines:
        if before.whole:
            raise refusals.SaleAlreadyReturned
        return Back(whole=True)
    if reversal.lines:
        return _by_line(sale, before, reversal.lines)
    rest = left(sale, before)
    if reversal.amount is not None:
        there = sum(_loose(sale, rest))
        if there < reversal.amount <= sum(one.amount for one in rest):
            raise voucher_refusals.GiftCardWhole(line=min(sale.lines[place].no for place in cards(sale)))
        if reversal.amount > there:
            raise refusals.too_much_money(refusals.WHOLE_SALE, asked=reversal.amount, left=there)
        return Back(amount=reversal.amount)
    if not any(one.is_there for one in rest):
        raise refusals.SaleAlreadyReturned
    return Back(tuple((one.place, one.quantity, 0) for one in rest if one.quantity))


def unsettled(sale: Activity, before: Back, settled: int) -> Back:
    """What comes back of a sale of which only so much was settled: nothing where it was settled whole, or for more.
    Raises GiftCardWhole."""
    rest = left(sale, before)
    short = max(sum(one.amount for one in rest) - settled, 0)
    loose = sum(_loose(sale, rest))
    if short <= loose:
        return Back(amount=short)
    if settled > 0:
        raise voucher_refusals.GiftCardWhole(line=min(sale.lines[place].no for place in cards(sale)))
    return Back(tuple((one.place, one.quantity, 0) for one in rest if one.quantity))


def _by_line(sale: Activity, before: Back, lines: Sequence[ReturnedLine]) -> Back:
    places = {line.no: place for place, line in enumerate(sale.lines)}
    found = Back()
    for line in lines:
        place = places.get(line.no)
        if place is None:
            raise refusals.UnknownSaleLine(line=line.no)
        if line.amount == 0:
            # So little of another money that it is nothing of ours.
            continue
        there = left(sale, total((before, found)))[place]
        quantity, money = _of_line(line, there)
        if place in cards(sale):
            if max(quantity, money) < (there.quantity if quantity else there.amount):
                raise voucher_refusals.GiftCardWhole(line=line.no)
            quantity, money = there.quantity, 0
        found = total((found, Back(((place, quantity, money),))))
    return found


def _of_line(asked: ReturnedLine, there: Left) -> tuple[int, int]:
    quantity, money = asked.quantity, asked.amount
    if quantity is None and money is None:
        if there.quantity <= 0:
            raise refusals.ReturnExceedsSale(
                line=asked.no, measure="quantity", asked=there.line.quantity, left=there.quantity
            )
        return there.quantity, 0
    if quantity is not None and not 0 < quantity <= there.quantity:
        raise refusals.ReturnExceedsSale(line=asked.no, measure="quantity", asked=quantity, left=there.quantity)
    if quantity is not None:
        return quantity, 0
    if money is None or not 0 < money <= there.amount:
        raise refusals.ReturnExceedsSale(line=asked.no, measure="amount", asked=money or 0, left=there.amount)
    return 0, money
