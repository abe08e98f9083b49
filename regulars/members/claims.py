"""Step one of a batch, this room's part: who is meant, and whoever is unknown gets their place in the lookup table
first.

The lookup row decides, since it is unique across accounts and so on a cluster too; the member row follows under the
account's version. Within a batch the wanted are taken one after the other, so that the result is that of one by one.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

import msgspec

from regulars.kit import arrays
from regulars.kit.errors import DatabaseBusy
from regulars.members import queries, strength
from regulars.members.contracts import (
    CardFacts,
    CardStatus,
    CodeFault,
    Found,
    Keys,
    MemberStatus,
    NewCard,
    Strength,
    Wanted,
)
from regulars.members.session import Session

TRIES: Final = 4
ENROLS: Final = frozenset({"phone", "email", "token", "own_id"})
"""What an unknown person may become a member by. A card or an id of ours that nobody has is a mistake."""


class Owner(msgspec.Struct, frozen=True):
    """Whose an identifier is."""

    account_id: UUID
    member_id: UUID
    card_id: UUID | None = None
    named: UUID | None = None
    """Whom it names, where that member was merged into this one."""


Key = tuple[int, str, bytes]
Owners = dict[Key, Owner]
Rows = dict[UUID, Any]
"""By id the rows of members (`status`, `enrolled_at`) that are written already."""


class _Settled(msgspec.Struct, frozen=True):
    """What one wanted comes to: its owners (one is good, two are a conflict, none is nobody)."""

    owners: tuple[Owner, ...]


async def claim(
    tx: Session, wanted: Sequence[Wanted], *, keys: Keys, now: dt.datetime, draw: Callable[[int], NewCard]
) -> list[Found]:
    """Find or claim everybody of a batch, in the order given, in a handful of statements however many there are.

    An unknown phone, e-mail, token or own id beside a known identifier is linked to the same member; so only callers
    who may say who somebody is (a till, an import) may ask with `link`. Two identifiers of two members: `conflict`, and
    nothing is written for that one. `draw` makes a card number of a program. Raises DatabaseBusy when others keep
    claiming the same identifiers crosswise.
    """
    for _ in range(TRIES):
        known, rows = await _known(tx, wanted)
        settled, fresh = _settle(wanted, known)
        gone = await _erased(tx, fresh, known)
        if gone:
            settled, fresh = _settle(wanted, known, gone)
        if not fresh or await _take(tx, wanted, settled, known, fresh, now):
            break
    else:
        raise DatabaseBusy
    return await _found(tx, wanted, settled, known, rows, keys=keys, now=now, draw=draw)


async def find(tx: Session, wanted: Sequence[Wanted], *, keys: Keys, now: dt.datetime) -> list[Found]:
    """What `claim` would find, without writing: for quotes and for asking who it is. A rotating code is checked, not
    spent.
    """
    known, rows = await _known(tx, wanted)
    settled, _ = _settle(wanted, known)
    return await _found(tx, wanted, settled, known, rows, keys=keys, now=now, draw=None)


async def _known(tx: Session, wanted: Sequence[Wanted]) -> tuple[Owners, Rows]:
    """Whose each identifier is, and the rows of those members that are written."""
    keys = sorted({key for one in wanted for key in _keys(one)})
    known: Owners = {}
    rows: Rows = {}
    for row in await tx.fetch(queries.IDENTIFIERS, list(range(len(keys))), *arrays.of(keys, 3)):
        known[keys[row["nr"]]] = _owner(row, row["card_id"])
        if row["status"] is not None:
            rows[row["member_id"]] = row
    own = {(one.program_id, one.member_id): key for one in wanted for key in _keys(one) if key[1] == "member"}
    asked = [pair for pair, key in own.items() if key not in known]
    if asked:
        for row in await tx.fetch(queries.OWN_IDS, *arrays.of(asked, 2)):
            known[own[row["program_id"], row["named"]]] = _owner(row, None)
    return known, rows


def _owner(row: Any, card_id: UUID | None) -> Owner:
    return Owner(
        row["account_id"], row["member_id"], card_id, None if row["named"] == row["member_id"] else row["named"]
    )


def _settle(
    wanted: Sequence[Wanted], known: Owners, gone: frozenset[UUID] = frozenset()
) -> tuple[list[_Settled], Owners]:
    """Take the wanted one after the other: what each comes to, and the identifiers to be claimed for it. Nothing more
    is to lead to those who are `gone`. Pure."""
    fresh: Owners = {}
    settled = []
    for one in wanted:
        keys = _keys(one)
        theirs = {key: known.get(key) or fresh.get(key) for key in keys}
        owners = _people(owner for owner in theirs.values() if owner is not None)
        unknown = [key for key, owner in theirs.items() if owner is None]
        if not owners and one.enrol and unknown and all(key[1] in ENROLS for key in unknown):
            owners = (Owner(one.new_account_id, one.new_member_id),)
            fresh |= dict.fromkeys(unknown, owners[0])
        elif any(key[1] not in ENROLS for key in unknown):
            owners = ()
        elif len(owners) == 1 and one.link and owners[0].member_id not in gone:
            fresh |= dict.fromkeys(unknown, owners[0])
        settled.append(_Settled(owners))
    return settled, fresh


async def _erased(tx: Session, fresh: Owners, known: Owners) -> frozenset[UUID]:
    """Of those to whom more is to lead, who was erased."""
    there = set(known.values())
    linked = sorted({(owner.account_id, owner.member_id) for owner in fresh.values() if owner in there})
    if not linked:
        return frozenset()
    # Whoever is just being erased is waited for, or waits for us and then finds what we claim.
    rows = await tx.fetch(queries.STATUSES, *arrays.of(linked, 2))
    return frozenset(row["member_id"] for row in rows if row["status"] == MemberStatus.ERASED)


async def _take(
    tx: Session, wanted: Sequence[Wanted], settled: list[_Settled], known: Owners, fresh: Owners, now: dt.datetime
) -> bool:
    """Write the lookup rows and read who won each; on success `settled` and `known` say so. False: look again."""
    # Somebody with two new identifiers may win one and lose the other to a stranger's batch. Then nothing of this try
    # must stay: a row for a member who never comes to be would be in everybody's way for ever.
    crosswise = any(len(_keys(one)) > 1 for one in wanted)
    if crosswise:
        await tx.execute("savepoint members_claim")
    await _insert(tx, fresh, now)
    known |= await _winners(tx, list(fresh))
    for place, one in enumerate(wanted):
        if len(settled[place].owners) != 1:
            continue
        owners = _people(known[key] for key in _keys(one) if key in known)
        if len(owners) > 1:
            await tx.execute("rollback to savepoint members_claim")
            return False
        settled[place] = _Settled(owners or settled[place].owners)
    return True


async def _insert(tx: Session, rows: Mapping[Key, Owner], now: dt.datetime) -> None:
    ordered = sorted(rows.items(), key=lambda item: item[0])
    flat = [(*key, owner.account_id, owner.member_id, owner.card_id) for key, owner in ordered]
    await tx.fetch(queries.CLAIM, *arrays.of(flat, 6), now)


async def _winners(tx: Session, keys: Sequence[Key]) -> Owners:
    rows = await tx.fetch(queries.IDENTIFIERS, list(range(len(keys))), *arrays.of(keys, 3))
    return {keys[row["nr"]]: _owner(row, row["card_id"]) for row in rows}


async def _found(
    tx: Session,
    wanted: Sequence[Wanted],
    settled: Sequence[_Settled],
    known: Owners,
    rows: Rows,
    *,
    keys: Keys,
    now: dt.datetime,
    draw: Callable[[int], NewCard] | None,
) -> list[Found]:
    people = {(owner.account_id, owner.member_id) for one in settled for owner in one.owners}
    asked = sorted(pair for pair in people if pair[1] not in rows)
    if asked:
        rows = rows | {row["member_id"]: row for row in await tx.fetch(queries.MEMBERS, *arrays.of(asked, 2))}
    shown = await _shown(tx, wanted, settled, known)
    codes = await strength.of_codes(tx, wanted, shown, keys=keys, now=now, writing=draw is not None)
    new_cards = await _new_cards(tx, wanted, settled, rows, draw, now) if draw else {}
    found = []
    for place, (one, what) in enumerate(zip(wanted, settled, strict=True)):
        if len(what.owners) != 1:
            pair = (what.owners[0].member_id, what.owners[1].member_id) if what.owners else None
            found.append(Found(conflict=pair, missing=pair is None))
            continue
        owner, row, card = what.owners[0], rows.get(what.owners[0].member_id), shown.get(place)
        proof, fault = codes.get(place, (Strength.STATIC, CodeFault.WRONG if one.code else None))
        found.append(
            Found(
                account_id=owner.account_id,
                member_id=owner.member_id,
                new=row is None,
                new_card=new_cards.get(owner.member_id) if row is None else None,
                card=None if card is None else _facts(card),
                status=MemberStatus.ACTIVE if row is None else MemberStatus(row["status"]),
                enrolled_at=None if row is None else row["enrolled_at"],
                strength=proof,
                code_fault=fault,
                named=owner.named,
            )
        )
    return found


async def _shown(tx: Session, wanted: Sequence[Wanted], settled: Sequence[_Settled], known: Owners) -> dict[int, Any]:
    """The row of the card that each showed, by place."""
    asked = [
        (place, known[key].account_id, known[key].card_id)
        for place, one in enumerate(wanted)
        if len(settled[place].owners) == 1
        for key in _keys(one)
        if key[1] == "card" and key in known
    ]
    if not asked:
        return {}
    rows = await tx.fetch(queries.CARDS, [account for _, account, _ in asked], [card for _, _, card in asked])
    by_card = {row["card_id"]: row for row in rows}
    return {place: by_card[card] for place, _, card in asked if card in by_card}


def _facts(row: Any) -> CardFacts:
    blocked = row["status"] != CardStatus.ACTIVE
    return CardFacts(row["card_id"], row["last_four"], blocked=blocked, blocked_at=row["blocked_at"])


async def _new_cards(
    tx: Session,
    wanted: Sequence[Wanted],
    settled: Sequence[_Settled],
    rows: Mapping[UUID, Any],
    draw: Callable[[int], NewCard],
    now: dt.datetime,
) -> dict[UUID, NewCard]:
    """Take a card number for each member who is to be written; one that somebody has is drawn again."""
    waiting = {
        what.owners[0].member_id: (one.program_id, what.owners[0])
        for one, what in zip(wanted, settled, strict=True)
        if len(what.owners) == 1 and what.owners[0].member_id not in rows
    }
    taken: dict[UUID, NewCard] = {}
    for _ in range(TRIES):
        if not waiting:
            break
        cards = {member_id: draw(program_id) for member_id, (program_id, _) in waiting.items()}
        claims = {
            (program_id, "card", cards[member_id].hash): Owner(owner.account_id, member_id, cards[member_id].card_id)
            for member_id, (program_id, owner) in waiting.items()
        }
        await _insert(tx, claims, now)
        won = await _winners(tx, list(claims))
        for key, owner in claims.items():
            if won.get(key) == owner:
                taken[owner.member_id] = cards[owner.member_id]
                del waiting[owner.member_id]
    return taken


def _keys(one: Wanted) -> list[Key]:
    return [(one.program_id, kind, digest) for kind, digest in one.hashes]


def _people(owners: Iterable[Owner]) -> tuple[Owner, ...]:
    """One owner a member, in the order met."""
    return tuple({owner.member_id: owner for owner in reversed(list(owners))}.values())[::-1]
