"""An arrival as the engine reads it, and the account as it finds it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from regulars.activities import prepare
from regulars.activities.contracts import MemberOut
from regulars.engine import service as engine
from regulars.kit import ids

if TYPE_CHECKING:
    from regulars.activities.items import Item
    from regulars.engine.contracts.activity import Activity
    from regulars.engine.contracts.known import Known


def activity_of(item: Item) -> Activity:
    """The item as the engine reads it; made once its member and its id are known."""
    made = item.made
    if made is None or (made.activity_id, made.account_id) != (item.activity_id, item.who.account_id):
        made = prepare.activity(
            item.intake,
            item.compiled.program,
            activity_id=item.activity_id,
            account_id=item.who.account_id,
            member_id=item.who.member_id,
            occurred_at=item.occurred_at,
            lines=item.lines,
            store=item.store,
            sale=item.sale_id,
            undoes=item.undoes,
            card=None if item.who.card is None else str(item.who.card.card_id),
            card_blocked=_card_blocked(item),
            earner=item.who.named,
            traces=item.traces,
            late=not item.history and prepare.is_late(item.intake, item.compiled.program, item.occurred_at),
            answered=not item.history,
            # What a till without a connection took has left its shop; an old history keeps its own time.
            online=(not item.history or item.waited) and item.intake.offline is None,
            paid=item.paid,
            abroad=item.abroad,
        )
        item.made = engine.as_kept(item.compiled, made)
        return item.made
    return made


def known_for(item: Item, known: Known) -> Known:
    """The account as this very item finds it."""
    return msgspec.structs.replace(
        known,
        enrolled_at=item.who.enrolled_at or item.occurred_at,
        card_blocked=_card_blocked(item),
    )


def _card_blocked(item: Item) -> bool:
    """Whether the card that was shown may not spend: at a till without a connection, whether it might not then."""
    card = item.who.card
    if card is None or not card.blocked:
        return False
    return item.intake.offline is None or card.blocked_at is None or card.blocked_at <= item.occurred_at


def member_out(item: Item) -> MemberOut:
    """Who it was, as the answer says it."""
    return MemberOut(
        id=ids.to_wire("mem", item.who.member_id),
        new=item.who.enrolled is not None,
        card=None if item.who.new_card is None else item.who.new_card.number,
        card_blocked=item.who.card is not None and item.who.card.blocked,
    )
