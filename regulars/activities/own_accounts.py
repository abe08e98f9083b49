"""What nobody does to their own account: staff who are members too have no hand in their own points (L75)."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from regulars.access import service as access
from regulars.activities import faults
from regulars.activities.items import Item
from regulars.engine import service as engine
from regulars.members import service as members

if TYPE_CHECKING:
    from collections.abc import Sequence

    from regulars.activities.contracts import Intake
    from regulars.kit.database import Transaction


async def forbid(tx: Transaction, items: Sequence[Item]) -> None:
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


def _reached(item: Item) -> set[UUID]:
    """The account that it is about, and the one on the other side of it."""
    intake, found = item.intake, {item.who.account_id}
    if intake.transfer is not None and intake.transfer.to_account is not None:
        found.add(intake.transfer.to_account)
    if intake.moving is not None:
        found.add(intake.moving.account_id)
    return found
