"""Whose a sale is that comes back: where it was recorded, or just before it in the same batch, and where its member is
now."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

import msgspec

from regulars.activities import faults, prepare, trails, waiting
from regulars.activities.items import Item, Who
from regulars.kit import arrays, ids
from regulars.kit.errors import RegularsError
from regulars.members import service as members

if TYPE_CHECKING:
    from collections.abc import Sequence

    from regulars.kit.database import Transaction


class _Basket(msgspec.Struct):
    """Whether a recorded activity has lines of its own, and whose card was shown, where that was somebody merged into
    its member."""

    lines: list[msgspec.Raw] = []
    earner: UUID | None = None


_basket: Final = msgspec.json.Decoder(_Basket)

_BY_ID: Final = """
select t.nr, v.activity_id, v.account_id, v.member_id, v.type, v.occurred_at, v.reverses, v.body
from unnest($1::int[], $2::int[], $3::uuid[]) as t (nr, p, i)
join regulars.activity v on v.activity_id = t.i and v.program_id = t.p
"""

# By its id alone: what waited was claimed before anybody knew whose account it is.
_BY_DOCUMENT: Final = """
select t.nr, v.activity_id, v.account_id, v.member_id, v.type, v.occurred_at, v.reverses, v.body
from unnest($1::int[], $2::int[], $3::text[], $4::text[]) as t (nr, p, s, n)
join regulars.natural_key n on n.program_id = t.p and n.source = t.s and n.document = t.n
join regulars.activity v on v.activity_id = n.activity_id
"""


async def find(tx: Transaction, items: Sequence[Item]) -> None:
    """The account of each sale that is undone; one named by document may come later, one named by id must be there or
    wait itself (L15)."""
    by_id, by_document = [], []
    for nr, item in enumerate(items):
        sale = item.intake.sale
        if sale is None or item.sale_id is not None:
            continue
        if sale.activity_id is not None:
            try:
                by_id.append((nr, item.intake.program_id, ids.from_wire("act", sale.activity_id)))
            except RegularsError as fault:
                item.fault = fault
        elif (key := prepare.sale_key(item.intake, item.compiled.program)) is not None:
            by_document.append((nr, item.intake.program_id, *key))
    for statement, asked in ((_BY_ID, by_id), (_BY_DOCUMENT, by_document)):
        if asked:
            for row in await tx.fetch(statement, *arrays.of(asked)):
                item = items[row["nr"]]
                item.sale_id = row["activity_id"]
                basket = _basket.decode(row["body"])
                _name_return(item, row, basket)
                item.sale_of = _sold_to(row, basket)
                if item.waited:
                    # It came first: that it did not happen before its sale nobody could know then.
                    item.occurred_at = max(item.occurred_at, row["occurred_at"])
    await _follow_undone(tx, [item for item in items if item.undoes is not None])
    await _follow_moves(tx, [item for item in items if item.sale_of is not None])
    missing = [(items[nr], named) for nr, _, named in by_id if items[nr].sale_id is None]
    await waiting.find_named(tx, missing)
    for item, named in missing:
        if not item.awaits_named:
            item.fault = faults.UnknownSale(sale=ids.to_wire("act", named))


def _name_return(item: Item, row: Any, basket: _Basket) -> None:
    """A return that names a return undoes it: what it is about is the sale (L18)."""
    types = item.compiled.program.activities
    kind, named = types.get(item.intake.type), types.get(row["type"])
    if row["reverses"] is None or kind is None or kind.reverses is None or named is None:
        return
    # What brings goods of its own, an exchange, is a sale itself.
    if not basket.lines:
        item.undoes, item.sale_id = row["activity_id"], row["reverses"]


def _sold_to(row: Any, basket: _Basket) -> Who:
    # What somebody's own card earned goes home with them when they are taken apart, and so does the sale.
    return Who(account_id=row["account_id"], member_id=basket.earner or row["member_id"])


async def _follow_undone(tx: Transaction, items: Sequence[Item]) -> None:
    """A return is undone where its sale is, wherever its member was when they brought it back."""
    asked = [(nr, item.intake.program_id, item.sale_id) for nr, item in enumerate(items)]
    for row in await tx.fetch(_BY_ID, *arrays.of(asked)) if asked else ():
        items[row["nr"]].sale_of = _sold_to(row, _basket.decode(row["body"]))


async def _follow_moves(tx: Transaction, items: Sequence[Item]) -> None:
    """What was sold to somebody who has moved since comes back where they are now (L67)."""
    asked = [(item.intake.program_id, item.sale_of.member_id) for item in items if item.sale_of is not None]
    homes = await members.homes(tx, asked) if asked else {}
    accounts = await trails.accounts(tx, asked) if asked else {}
    for item in items:
        sold = item.sale_of
        if sold is None:
            continue
        who = (item.intake.program_id, sold.member_id)
        if who in homes:
            account_id, member_id = homes[who].account_id, homes[who].member_id
        elif who in accounts:
            # Home again: alone in the account of their own id.
            account_id = member_id = sold.member_id
        else:
            continue
        led_from = tuple(one for one in accounts.get(who, (sold.account_id,)) if one != account_id)
        item.sale_of = Who(account_id=account_id, member_id=member_id, led_from=led_from)


def find_in_batch(items: Sequence[Item]) -> None:
    """A sale may come in the same batch as its return, just before it: it is as good as recorded."""
    filed: dict[tuple[int, str, str], Item] = {}
    for item in items:
        key = prepare.sale_key(item.intake, item.compiled.program)
        if waiting.waits(item) and key is not None:
            sale = filed.get((item.intake.program_id, *key))
            # With what waits itself nothing is decided: it waits too.
            item.sale_item = None if sale is None or waiting.waits(sale) else sale
        named = prepare.natural_key(item.intake, item.compiled.program)
        if named is not None:
            filed.setdefault((item.intake.program_id, *named), item)


def follow(item: Item) -> None:
    """What comes with its sale in one batch belongs to whoever that is found to belong to."""
    if item.sale_item is None or item.fault is not None:
        return
    found = owner(item)
    if found is None:
        item.fault = faults.UnknownSale(sale=item.sale_item.intake.document or "")
    else:
        item.who = Who(account_id=found.account_id, member_id=found.member_id, led_from=found.led_from)


def owner(item: Item) -> Who | None:
    """Whose the sale is, as far as it is found."""
    if item.sale_item is not None:
        return item.sale_item.who if item.sale_item.fault is None else None
    return item.sale_of
