"""Cards one by one: issued, blocked, replaced, shown. An old number goes on leading to its member."""

from __future__ import annotations

import datetime as dt
from typing import Any, Final
from uuid import UUID

from regulars.kit import edge, ids, outbox
from regulars.kit.database import Transaction
from regulars.members import codes, homes, people, sealed
from regulars.members.contracts import (
    AppSecret,
    BlockReason,
    Card,
    CardBlocked,
    CardIssued,
    CardNotActive,
    CardNotFound,
    CardNumberTaken,
    CardReplaced,
    CardStatus,
    Keys,
    Member,
    NewCard,
    RotatingCode,
)
from regulars.members.enrolment import seal_number, seal_secret

_COLUMNS: Final = """card_id, account_id, member_id, status, sealed_number, sealed_secret, created_at, reason,
changed_at,
    replaced_by"""


async def of_member(tx: Transaction, *, keys: Keys, program_id: int, member_id: UUID) -> list[Card]:
    """A member's cards, the newest first. Raises MemberNotFound, MemberErased."""
    owner = await people.row(tx, program_id=program_id, member_id=member_id)
    mine = await _people(tx, owner.member)
    rows = await tx.fetch(
        f"""select {_COLUMNS} from card where account_id = $1 and member_id = any($2::uuid[])
        order by created_at desc, card_id desc limit 100""",
        owner.member.account_id,
        mine,
    )
    return [_card(row, await _key(tx, keys, owner, row)) for row in rows]


async def numbers_of(tx: Transaction, key: bytes, *, account_id: UUID, member_id: UUID) -> list[str]:
    """The numbers of all cards that were made for a member, whose key this is; none of those emptied already."""
    rows = await tx.fetch(
        "select sealed_number from card where account_id = $1 and member_id = $2 and sealed_number <> ''",
        account_id,
        member_id,
    )
    return [sealed.unseal(key, row["sealed_number"], member_id=member_id, what="card number").decode() for row in rows]


async def issue(
    tx: Transaction, *, keys: Keys, program_id: int, member_id: UUID, card: NewCard, now: dt.datetime
) -> Card:
    """Give a member one more card. Raises MemberNotFound, MemberErased, CardNumberTaken."""
    owner = await people.row(tx, program_id=program_id, member_id=member_id)
    issued = await _insert(tx, owner.member, owner.key(keys), card, now)
    await _tell(tx, CardIssued(member=_wire(member_id), card=ids.to_wire("crd", card.card_id)), owner.member, now)
    return issued


async def block(
    tx: Transaction,
    *,
    keys: Keys,
    program_id: int,
    member_id: UUID,
    card_id: UUID,
    reason: BlockReason,
    now: dt.datetime,
) -> Card:
    """Block a card: it still earns for its owner but cannot spend. Again changes nothing.

    Raises MemberNotFound, MemberErased, CardNotFound, CardNotActive (replaced).
    """
    owner = await people.row(tx, program_id=program_id, member_id=member_id)
    row = await _row(tx, owner.member, card_id, lock=True)
    key = await _key(tx, keys, owner, row)
    card = _card(row, key)
    if card.status is CardStatus.REPLACED:
        raise CardNotActive(state=card.status.value)
    if card.status is CardStatus.BLOCKED:
        return card
    await _change(tx, owner.member, card_id, CardStatus.BLOCKED, reason, None, now)
    told = CardBlocked(member=_wire(member_id), card=ids.to_wire("crd", card_id), reason=reason.value)
    await _tell(tx, told, owner.member, now)
    return _card(await _row(tx, owner.member, card_id), key)


async def replace(
    tx: Transaction,
    *,
    keys: Keys,
    program_id: int,
    member_id: UUID,
    card_id: UUID,
    new: NewCard,
    reason: BlockReason,
    now: dt.datetime,
) -> Card:
    """Put a new card in the place of one that is active or blocked; the new card.

    The old number still leads to the member, but cannot spend. Raises MemberNotFound, MemberErased, CardNotFound,
    CardNotActive (replaced already), CardNumberTaken.
    """
    owner = await people.row(tx, program_id=program_id, member_id=member_id)
    key = owner.key(keys)
    row = await _row(tx, owner.member, card_id, lock=True)
    old = _card(row, await _key(tx, keys, owner, row))
    if old.status is CardStatus.REPLACED:
        raise CardNotActive(state=old.status.value)
    issued = await _insert(tx, owner.member, key, new, now)
    await _change(tx, owner.member, card_id, CardStatus.REPLACED, reason, new.card_id, now)
    told = CardReplaced(
        member=_wire(member_id),
        old=ids.to_wire("crd", card_id),
        card=ids.to_wire("crd", new.card_id),
        reason=reason.value,
    )
    await _tell(tx, told, owner.member, now)
    return issued


async def code(
    tx: Transaction, *, keys: Keys, program_id: int, member_id: UUID, card_id: UUID, now: dt.datetime
) -> RotatingCode:
    """The code of this half minute. Raises MemberNotFound, MemberErased, CardNotFound, CardNotActive."""
    card, secret = await _secret(tx, keys, program_id, member_id, card_id)
    step = codes.step_of(now)
    made = codes.code_of(secret, step)
    until = dt.datetime.fromtimestamp((step + 1) * codes.STEP_S, dt.UTC)
    return RotatingCode(payload=codes.payload(card.number, made), code=made, shown_until=until)


async def app_secret(
    tx: Transaction, *, keys: Keys, program_id: int, member_id: UUID, card_id: UUID, issuer: str
) -> AppSecret:
    """What the member's own app needs to make codes without a network. Raises as `code` does."""
    card, secret = await _secret(tx, keys, program_id, member_id, card_id)
    return AppSecret(otpauth=codes.otpauth(secret, label=card.number, issuer=issuer))


async def forget_used_codes(tx: Transaction, *, before: dt.datetime) -> int:
    """Delete what is known of codes used before a moment."""
    return await tx.execute("delete from card_step where used_at < $1", before)


async def _secret(tx: Transaction, keys: Keys, program_id: int, member_id: UUID, card_id: UUID) -> tuple[Card, bytes]:
    owner = await people.row(tx, program_id=program_id, member_id=member_id)
    row = await _row(tx, owner.member, card_id)
    key = await _key(tx, keys, owner, row)
    card = _card(row, key)
    if card.status is not CardStatus.ACTIVE:
        raise CardNotActive(state=card.status.value)
    return card, sealed.unseal(key, row["sealed_secret"], member_id=row["member_id"], what="card secret")


async def _row(tx: Transaction, member: Member, card_id: UUID, *, lock: bool = False) -> Any:
    row = await tx.fetchrow(
        f"""select {_COLUMNS} from card where account_id = $1 and card_id = $2 and member_id = any($3::uuid[])
        {"for no key update" if lock else ""}""",
        member.account_id,
        card_id,
        await _people(tx, member),
    )
    if row is None:
        raise CardNotFound(id=ids.to_wire("crd", card_id))
    return row


async def _people(tx: Transaction, member: Member) -> list[UUID]:
    """A member and whoever was merged into them: their cards are the member's (L63)."""
    merged = await homes.followers(tx, program_id=member.program_id, member_id=member.member_id)
    return [member.member_id, *merged]


async def _key(tx: Transaction, keys: Keys, owner: people.Row, row: Any) -> bytes:
    """The key that a card was sealed under: that of whom it was made for. Raises MemberErased."""
    if row["member_id"] == owner.member.member_id:
        return owner.key(keys)
    wrapped = await tx.fetchval(
        "select wrapped_key from member where account_id = $1 and member_id = $2",
        owner.member.account_id,
        row["member_id"],
    )
    return sealed.unwrap(keys.personal, wrapped, member_id=row["member_id"])


async def _insert(tx: Transaction, member: Member, key: bytes, card: NewCard, now: dt.datetime) -> Card:
    # The number is claimed first: it is unique across members, and on a cluster only the lookup table can say so.
    claimed = await tx.execute(
        """insert into identifier (program_id, kind, hash, account_id, member_id, card_id, claimed_at)
        values ($1, 'card', $2, $3, $4, $5, $6) on conflict do nothing""",
        member.program_id,
        card.hash,
        member.account_id,
        member.member_id,
        card.card_id,
        now,
    )
    if not claimed:
        raise CardNumberTaken
    await tx.execute(
        """insert into card (account_id, card_id, program_id, member_id, status, last_four, sealed_number,
        sealed_secret,
            created_at) values ($1, $2, $3, $4, 'active', $5, $6, $7, $8)""",
        member.account_id,
        card.card_id,
        member.program_id,
        member.member_id,
        card.number[-4:],
        seal_number(key, card.number, member_id=member.member_id),
        seal_secret(key, member_id=member.member_id),
        now,
    )
    return Card(
        card_id=card.card_id,
        member_id=member.member_id,
        number=card.number,
        status=CardStatus.ACTIVE,
        created_at=now,
    )


async def _change(
    tx: Transaction,
    member: Member,
    card_id: UUID,
    status: CardStatus,
    reason: BlockReason,
    replaced_by: UUID | None,
    now: dt.datetime,
) -> None:
    await tx.execute(
        """update card set status = $3, reason = $4, replaced_by = $5, changed_at = $6,
        blocked_at = coalesce(blocked_at, $6) where account_id = $1 and card_id = $2""",
        member.account_id,
        card_id,
        status.value,
        reason.value,
        replaced_by,
        now,
    )


async def _tell(tx: Transaction, event: outbox.Event, member: Member, now: dt.datetime) -> None:
    await outbox.record(
        tx,
        event,
        program_id=member.program_id,
        event_id=edge.new_id(now),
        occurred_at=now,
        account_id=member.account_id,
    )


def _wire(member_id: UUID) -> str:
    return ids.to_wire("mem", member_id)


def _card(row: Any, key: bytes) -> Card:
    number = sealed.unseal(key, row["sealed_number"], member_id=row["member_id"], what="card number").decode()
    return Card(
        card_id=row["card_id"],
        member_id=row["member_id"],
        number=number,
        status=CardStatus(row["status"]),
        created_at=row["created_at"],
        reason=row["reason"],
        changed_at=row["changed_at"],
        replaced_by=row["replaced_by"],
    )
