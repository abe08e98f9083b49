"""What comes back of a sale that was in another money: each part at its share of what the sale was kept at, as a sum
over all parts so far, so that the split of returns never matters (L46, LAW2)."""

from __future__ import annotations

from msgspec.structs import replace

from regulars.engine import refusals
from regulars.engine.contracts.activity import Activity, ReturnedLine, Reversal
from regulars.engine.contracts.known import Sale
from regulars.kit.money import round_ratio


def at_home(reversal: Reversal, activity: Activity, sale: Sale, *, money: str) -> Reversal:
    """A return with its amounts in the program's `money`. Raises SaleInOtherMoney, ReturnExceedsSale."""
    theirs, foreign = activity.currency, sale.activity.foreign
    if theirs is None or theirs == money or not (reversal.lines or reversal.amount is not None):
        return reversal
    if foreign is None or foreign.currency != theirs:
        raise refusals.SaleInOtherMoney(expected=money if foreign is None else foreign.currency, given=theirs)
    earlier = _standing(sale, theirs)
    if reversal.amount is not None:
        before = sum(one.amount or 0 for one in earlier)
        part = _part(before, reversal.amount, whole=foreign.total, worth=sale.activity.total, line=refusals.WHOLE_SALE)
        return replace(reversal, amount=part)
    places = {line.no: place for place, line in enumerate(sale.activity.lines)}
    lines = []
    for line in reversal.lines:
        place = places.get(line.no)
        if place is None or line.amount is None:
            lines.append(line)
            continue
        before = sum(one.amount or 0 for each in earlier for one in each.lines if one.no == line.no)
        worth = sale.activity.lines[place].amount
        part = _part(before, line.amount, whole=foreign.amounts[place], worth=worth, line=line.no)
        lines.append(ReturnedLine(no=line.no, amount=part))
    return replace(reversal, lines=tuple(lines))


def _standing(sale: Sale, theirs: str) -> list[Reversal]:
    """Earlier returns in the same money that nobody has undone."""
    undone = {one.reverses.undoes for one, _ in sale.returns if one.reverses is not None}
    return [
        one.reverses
        for one, _ in sale.returns
        if one.reverses is not None and one.currency == theirs and one.activity_id not in undone
    ]


def _part(before: int, amount: int, *, whole: int, worth: int, line: int) -> int:
    if before + amount > whole:
        raise refusals.too_much_money(line, asked=amount, left=whole - before)
    return _share(before + amount, whole, worth) - _share(before, whole, worth)


def _share(amount: int, whole: int, worth: int) -> int:
    return round_ratio(amount * worth, whole, "half_up")
