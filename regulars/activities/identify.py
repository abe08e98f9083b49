"""Who an activity belongs to: by its identifiers, by the sale that it undoes, or by an account that the caller
knows. Whose a sale is: `sales`; what nobody may do to themselves: `own_accounts`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from regulars.activities import claims, faults, own_accounts, sales, trails, waiting
from regulars.activities.guessing import GIFT_CARD
from regulars.activities.items import Item, Who
from regulars.codes import service as codes
from regulars.engine import service as engine
from regulars.kit import ids, outbox
from regulars.kit.errors import RegularsError
from regulars.members import service as members
from regulars.members.contracts import Found, Strength, Wanted
from regulars.program.contracts.definitions import UnknownMember

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    from regulars.activities.process import Process
    from regulars.kit.database import Transaction


async def identify(process: Process, tx: Transaction, items: Sequence[Item], *, now: dt.datetime) -> None:
    """Give each item its `who` (and `sale_id`), or a fault. Unknown members are claimed here, and written with their
    first activity."""
    await sales.find(tx, items)
    sales.find_in_batch(items)
    for item in items:
        _known_already(item)
        name(item)
    await _meet(process, tx, items, now=now)
    for item in items:
        sales.follow(item)
    await _follow_orders(tx, items)
    await _find_referrers(process, tx, items)
    await own_accounts.forbid(tx, items)


async def follow(process: Process, tx: Transaction, items: Sequence[Item], *, now: dt.datetime) -> None:
    """As `identify`, for what waited: it belongs to whoever what it waited for belongs to, and whom it names must be
    the same (L15). Each comes behind what it waited for."""
    for item in items:
        name(item)
    await _meet(process, tx, items, now=now)
    for item in items:
        sales.follow(item)


async def _meet(process: Process, tx: Transaction, items: Sequence[Item], *, now: dt.datetime) -> None:
    """Whom they name, as far as they name somebody."""
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


async def look_up(process: Process, tx: Transaction, item: Item, *, now: dt.datetime) -> None:
    """As `identify`, for a quote: reads only; somebody unknown gets ids that nobody will ever see again."""
    await sales.find(tx, [item])
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
        if one.kind == GIFT_CARD
    ]
    if not asked:
        return
    found = await codes.find(tx.connection, [key for _, key in asked])
    for item, key in asked:
        there = found.get(key)
        voucher = None if there is None else item.compiled.program.vouchers.get(there.seen.voucher)
        if voucher is None or voucher.gift is None:
            process.guesses.wrong(item.intake)
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
    elif (owner := sales.owner(item)) is not None and owner.account_id != found.account_id:
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
