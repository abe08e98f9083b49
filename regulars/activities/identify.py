"""Who an activity belongs to: by its identifiers, by the sale that it undoes, or by an account that the caller
knows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

import msgspec

from regulars.access import service as access
from regulars.activities import claims, faults, prepare, trails, waiting
from regulars.activities.items import Item, Who
from regulars.codes import service as codes
from regulars.engine import service as engine
from regulars.kit import arrays, ids, outbox
from regulars.kit.errors import RegularsError
from regulars.members import service as members
from regulars.members.contracts import Found, Strength, Wanted
from regulars.program.contracts.definitions import UnknownMember

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    from regulars.activities.contracts import Intake
    from regulars.activities.process import Process
    from regulars.kit.database import Transaction


class _Basket(msgspec.Struct):
    """Whether a recorded activity has lines of its own, and whose card was shown, where that was somebody merged into
    its member."""

    lines: list[msgspec.Raw] = []
    earner: UUID | None = None


_basket: Final = msgspec.json.Decoder(_Basket)

_GIFT_CARD: Final = "gift_card"

_BY_ID: Final = """
select t.nr, v.activity_id, v.account_id, v.member_id, v.type, v.reverses, v.body
from unnest($1::int[], $2::int[], $3::uuid[]) as t (nr, p, i)
join regulars.activity v on v.activity_id = t.i and v.program_id = t.p
"""

_BY_DOCUMENT: Final = """
select t.nr, n.activity_id, n.account_id, v.member_id, v.type, v.reverses, v.body
from unnest($1::int[], $2::int[], $3::text[], $4::text[]) as t (nr, p, s, n)
join regulars.natural_key n on n.program_id = t.p and n.source = t.s and n.document = t.n
join regulars.activity v on v.activity_id = n.activity_id and v.account_id = n.account_id
"""


async def identify(process: Process, tx: Transaction, items: Sequence[Item], *, now: dt.datetime) -> None:
    """Give each item its `who` (and `sale_id`), or a fault. Unknown members are claimed here, and written with their
    first activity."""
    await find_sales(tx, items)
    _find_in_batch(items)
    for item in items:
        _known_already(item)
        name(item)
    await _check_gift_cards(process, tx, items)
    named = [item for item in items if item.fault is None and item.named]
    await _adopt(tx, [item for item in named if any(one.code is not None for one in item.named)])
    asked = [(item, _wanted(process, item, now=now)) for item in named]
    founds = await members.claim(tx, [one for _, one in asked], keys=process.member_keys, now=now) if asked else []
    for (item, wanted), found in zip(asked, founds, strict=True):
        _settle(process, item, found)
        item.traces = engine.traces_of(item.compiled, wanted.hashes)
        if found.conflict is not None:
            await _open_case(process, tx, item, [ids.to_wire("mem", one) for one in found.conflict], now=now)
    for item in items:
        _follow_sale(item)
    await _follow_orders(tx, items)
    await _find_referrers(process, tx, items)
    await _forbid_own(tx, items)


def _is_by_hand(intake: Intake) -> bool:
    """Whether staff do this to somebody: move points, give something, set a tier, or say yes to it."""
    given = any(said is not None and said.act == "give" for said in (intake.voucher, intake.offer, intake.order))
    by_staff = given or intake.type in engine.BY_HAND or intake.tier is not None or intake.verdict is not None
    # What members do themselves comes through a machine's key; with a person's own it is done for somebody.
    return by_staff or (intake.in_person and any(part is not None for part in _for_members(intake)))


def _for_members(intake: Intake) -> tuple[object, ...]:
    return (
        intake.transfer,
        intake.moving,
        intake.household,
        intake.voucher,
        intake.offer,
        intake.order,
        intake.plan,
        intake.challenge,
        # A sale is not refused because its cashier brought whoever buys.
        None if intake.lines else intake.referral,
    )


async def _forbid_own(tx: Transaction, items: Sequence[Item]) -> None:
    """Nobody does anything by hand to their own points, brings any there, or says yes to it (L75)."""
    asked = [
        (item, item.intake.person)
        for item in items
        if item.fault is None and item.intake.person is not None and _is_by_hand(item.intake)
    ]
    if not asked:
        return
    own = await access.own_members(tx, [(item.intake.program_id, person) for item, person in asked])
    if not own:
        return
    pairs = [(program_id, member) for (program_id, _), some in own.items() for member in some]
    referrers = [(item.intake.program_id, said.referrer_id) for item, _ in asked if (said := item.intake.referral)]
    homes = await members.homes(tx, pairs + [(program_id, one) for program_id, one in referrers if one is not None])

    def account_of(program_id: int, member: UUID) -> UUID:
        there = homes.get((program_id, member))
        return member if there is None else there.account_id

    for item, person in asked:
        program_id = item.intake.program_id
        mine = {account_of(program_id, member) for member in own.get((program_id, person), ())}
        said, reached = item.intake.referral, _reached(item)
        if said is not None and said.referrer_id is not None:
            reached.add(account_of(program_id, said.referrer_id))
        if mine & reached:
            item.fault = faults.OwnAccount()


def _reached(item: Item) -> set[UUID]:
    """The account that it is about, and the one on the other side of it."""
    intake, found = item.intake, {item.who.account_id}
    if intake.transfer is not None and intake.transfer.to_account is not None:
        found.add(intake.transfer.to_account)
    if intake.moving is not None:
        found.add(intake.moving.account_id)
    return found


async def look_up(process: Process, tx: Transaction, item: Item, *, now: dt.datetime) -> None:
    """As `identify`, for a quote: reads only; somebody unknown gets ids that nobody will ever see again."""
    await find_sales(tx, [item])
    _known_already(item)
    name(item)
    await _check_gift_cards(process, tx, [item])
    if item.fault is None and item.named:
        wanted = _wanted(process, item, now=now)
        [found] = await members.find(tx, [wanted], keys=process.member_keys, now=now)
        _settle(process, item, found)
        item.traces = engine.traces_of(item.compiled, wanted.hashes)
    await _find_referrers(process, tx, [item])


async def _follow_orders(tx: Transaction, items: Sequence[Item]) -> None:
    """An order that is cancelled may have been paid in an account that its member has left since (L65)."""
    for item in items:
        said, program_id = item.intake.order, item.intake.program_id
        if item.fault is not None or said is None or said.act != "cancel":
            continue
        people = await members.people(tx, program_id=program_id, member_id=item.who.member_id)
        been = await trails.accounts(tx, [(program_id, one) for one in people])
        led_from = {account_id: None for found in been.values() for account_id in found}
        led_from.pop(item.who.account_id, None)
        item.who = msgspec.structs.replace(item.who, led_from=tuple(led_from))


async def _find_referrers(process: Process, tx: Transaction, items: Sequence[Item]) -> None:
    """Whose the codes are that somebody joins by."""
    asked = [
        (item, said)
        for item in items
        if item.fault is None and (said := item.intake.referral) is not None and said.code is not None
    ]
    if not asked:
        return
    shown = [
        members.Shown(item.intake.program_id, said.code or "", tuple(item.compiled.program.referrals))
        for item, said in asked
    ]
    found = await members.referrers(tx, shown, keys=process.member_keys)
    for (item, said), owner in zip(asked, found, strict=True):
        if owner is not None:
            known = msgspec.structs.replace(said, referral=owner.referral, referrer_id=owner.member_id)
            item.intake = msgspec.structs.replace(item.intake, referral=known)


async def find_sales(tx: Transaction, items: Sequence[Item]) -> None:
    """The account of each sale that is undone; a sale named by id must be there, one named by document may come later
    (L15)."""
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
    await _follow_undone(tx, [item for item in items if item.undoes is not None])
    await _follow_moves(tx, [item for item in items if item.sale_of is not None])
    for nr, *_ in by_id:
        item, named = items[nr], items[nr].intake.sale
        if item.sale_id is None and named is not None:
            item.fault = faults.UnknownSale(sale=named.activity_id or "")


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


def _find_in_batch(items: Sequence[Item]) -> None:
    """A sale may come in the same batch as its return, just before it: it is as good as recorded."""
    filed: dict[tuple[int, str, str], Item] = {}
    for item in items:
        key = prepare.sale_key(item.intake, item.compiled.program)
        if waiting.waits(item) and key is not None:
            item.sale_item = filed.get((item.intake.program_id, *key))
        named = prepare.natural_key(item.intake, item.compiled.program)
        if named is not None:
            filed.setdefault((item.intake.program_id, *named), item)


def _follow_sale(item: Item) -> None:
    if item.sale_item is None or item.fault is not None:
        return
    owner = _sale_owner(item)
    if owner is None:
        item.fault = faults.UnknownSale(sale=item.sale_item.intake.document or "")
    else:
        item.who = Who(account_id=owner.account_id, member_id=owner.member_id)


def _sale_owner(item: Item) -> Who | None:
    if item.sale_item is not None:
        return item.sale_item.who if item.sale_item.fault is None else None
    return item.sale_of


def _known_already(item: Item) -> None:
    """What needs no identifier: a caller that names the account, a sale, a return that has to wait for its sale."""
    intake = item.intake
    if intake.account_id is not None and intake.member_id is not None:
        # What it speaks of may have been done in an account that its member has left since.
        sold = item.sale_of
        led_from = sold.led_from if sold is not None and sold.account_id == intake.account_id else ()
        item.who = Who(account_id=intake.account_id, member_id=intake.member_id, named=intake.named, led_from=led_from)
    elif item.sale_of is not None:
        item.who = item.sale_of
    elif waiting.waits(item):
        item.who = waiting.stand_in(item)
    elif not intake.who and item.sale_item is None and item.fault is None:
        item.fault = faults.NobodyNamed()


def name(item: Item) -> None:
    """The identifiers of an item in canonical form, or what is wrong with one of them."""
    region = item.compiled.program.program.region
    if item.fault is None and item.intake.who:
        try:
            item.named = members.named([(one.kind, one.value) for one in item.intake.who], region=region)
        except RegularsError as fault:
            item.fault = fault


async def _check_gift_cards(process: Process, tx: Transaction, items: Sequence[Item]) -> None:
    """Somebody who is known by a gift card alone shows the code of one, and not of some other campaign, or of none."""
    asked = [
        (item, (item.intake.program_id, codes.id_of(process.code_keys, item.intake.program_id, one.value)))
        for item in items
        if item.fault is None
        for one in item.intake.who
        if one.kind == _GIFT_CARD
    ]
    if not asked:
        return
    found = await codes.find(tx.connection, [key for _, key in asked])
    for item, key in asked:
        there = found.get(key)
        voucher = None if there is None else item.compiled.program.vouchers.get(there.seen.voucher)
        if voucher is None or voucher.gift is None:
            intake = item.intake
            process.guesses.note(intake.client_id, intake.till, intake.received_at)
            item.fault = faults.NotAGiftCard()


async def _adopt(tx: Transaction, items: Sequence[Item]) -> None:
    """A retry goes on under the id of its first try before a rotating code is looked at: that code is its own."""
    if items:
        keys = [(item.intake.program_id, item.intake.client_id, item.intake.key) for item in items]
        for place, activity_id in (await claims.earlier(tx.connection, keys)).items():
            items[place].activity_id = activity_id


def _wanted(process: Process, item: Item, *, now: dt.datetime) -> Wanted:
    settings = item.compiled.program.program
    intake = item.intake
    # A return makes nobody a member.
    enrols = intake.may_enrol and settings.unknown_member is UnknownMember.ENROL and intake.sale is None
    return members.wanted(
        process.member_keys,
        item.named,
        program_id=intake.program_id,
        now=now,
        enrol=enrols,
        link=intake.sale is None,
        code_at=_shown_at(item),
        spend_code_for=item.activity_id if _spends(item) else None,
    )


def _shown_at(item: Item) -> dt.datetime:
    """When a rotating code was shown: what was quoted with one may be committed a little later, and a till without a
    connection tells of it when it has one again."""
    intake = item.intake
    if intake.offline is not None:
        return item.occurred_at
    return intake.received_at if intake.quoted is None else intake.quoted.at


def _settle(process: Process, item: Item, found: Found) -> None:
    if found.conflict is not None:
        item.fault = faults.IdentifiersDisagree(members=[ids.to_wire("mem", one) for one in found.conflict])
    elif found.account_id is None or found.member_id is None:
        # Also where a sale is named: whoever says whose it is must be right. Only where the sale is still to come, its
        # member may be too.
        if not waiting.waits(item):
            item.fault = faults.UnknownMember()
    elif (owner := _sale_owner(item)) is not None and owner.account_id != found.account_id:
        item.fault = faults.SaleOfAnotherMember()
    elif _spends(item) and found.code_fault is not None:
        item.fault = faults.RedeemCodeRefused(why=found.code_fault.value)
    elif _spends(item) and _needs_code(item) and found.strength is not Strength.ROTATING:
        item.fault = faults.RedeemCodeNeeded()
    elif not waiting.waits(item):
        item.who = Who(
            account_id=found.account_id,
            member_id=found.member_id,
            enrolled_at=found.enrolled_at,
            new_card=found.new_card,
            card=found.card,
            named=found.named,
            led_from=() if owner is None else owner.led_from,
            enrolled=members.enrolled(
                process.member_keys,
                account_id=found.account_id,
                member_id=found.member_id,
                program_id=item.intake.program_id,
                named=item.named,
                card=found.new_card,
                enrolled_at=item.occurred_at,
            )
            if found.new
            else None,
        )


def _spends(item: Item) -> bool:
    hold = item.intake.hold
    return bool(item.intake.pay) or (hold is not None and hold.act == "place")


def _needs_code(item: Item) -> bool:
    return item.compiled.program.program.redeem_needs_code


async def _open_case(process: Process, tx: Transaction, item: Item, conflict: list[str], *, now: dt.datetime) -> None:
    # There is no desk yet: the case is an event that somebody can find. It must be kept although the activity is
    # refused.
    await tx.execute("set local synchronous_commit = on")
    await outbox.record(
        tx,
        {
            "type": "case.opened",
            "case": "identifiers_disagree",
            "members": conflict,
            "store": item.intake.store,
            "till": item.intake.till,
        },
        program_id=item.intake.program_id,
        event_id=process.new_id(now),
        occurred_at=item.intake.received_at,
    )
