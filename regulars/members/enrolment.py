"""What a batch writes of members: new ones with their cards, moves between segments, changed attributes, as arrays."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

import msgspec

from regulars.engine.contracts.decision import AttributeChange, ConsentChange, SegmentMove
from regulars.kit import arrays, edge
from regulars.members import codes, sealed
from regulars.members.contracts import Enrolled, Keys, Named, NewCard, Profile

_encode = msgspec.json.Encoder(order="deterministic").encode


def enrolled(
    keys: Keys,
    *,
    account_id: UUID,
    member_id: UUID,
    program_id: int,
    named: Sequence[Named],
    card: NewCard | None,
    enrolled_at: dt.datetime,
    language: str | None = None,
) -> Enrolled:
    """A new member as a row: a key of their own, and under it what they were named by and their card's number and
    secret.
    """
    by_kind = {one.kind: one.canonical for one in named}
    profile = Profile(phone=by_kind.get("phone"), email=by_kind.get("email"), own_id=by_kind.get("own_id"))
    key = sealed.new_key()
    return Enrolled(
        account_id=account_id,
        member_id=member_id,
        program_id=program_id,
        enrolled_at=enrolled_at,
        anonymous=profile.phone is None and profile.email is None,
        language=language,
        wrapped_key=sealed.wrap(keys.personal, key, member_id=member_id),
        sealed_profile=None if profile == Profile() else sealed.seal_profile(key, profile, member_id=member_id),
        card_id=None if card is None else card.card_id,
        last_four="" if card is None else card.number[-4:],
        sealed_number=b"" if card is None else seal_number(key, card.number, member_id=member_id),
        sealed_secret=b"" if card is None else seal_secret(key, member_id=member_id),
    )


def seal_number(key: bytes, number: str, *, member_id: UUID) -> bytes:
    """A card's number as it is stored."""
    return sealed.seal(key, number.encode(), member_id=member_id, what="card number")


def seal_secret(key: bytes, *, member_id: UUID) -> bytes:
    """A fresh secret for a card's rotating codes, as it is stored."""
    return sealed.seal(key, edge.secret(codes.SECRET_BYTES), member_id=member_id, what="card secret")


def enrol_arguments(rows: Sequence[Enrolled]) -> list[Any]:
    """The arguments of `enrol_sql`, in its order. Of several rows of one member (a chain in bulk) the first counts."""
    rows = list({row.member_id: row for row in reversed(rows)}.values())
    return [
        [row.account_id for row in rows],
        [row.member_id for row in rows],
        [row.program_id for row in rows],
        [row.enrolled_at for row in rows],
        [row.anonymous for row in rows],
        [row.language for row in rows],
        [row.wrapped_key for row in rows],
        [row.sealed_profile for row in rows],
        [row.card_id for row in rows],
        [row.last_four for row in rows],
        [row.sealed_number for row in rows],
        [row.sealed_secret for row in rows],
        [row.card_id is not None for row in rows],
    ]


def facts_arguments(
    rows: Iterable[tuple[UUID, int, Sequence[SegmentMove], Sequence[AttributeChange]]],
) -> list[Any]:
    """The arguments of `facts_sql` for (account, program, moves, changes); the last of several words about one fact
    counts.
    """
    moves: dict[tuple[UUID, UUID, str], tuple[int, bool]] = {}
    changes: dict[tuple[UUID, UUID, str], tuple[Any, ...]] = {}
    for account_id, program_id, moved, changed in rows:
        for move in moved:
            moves[account_id, move.member_id, move.segment] = (program_id, move.entered)
        for change in changed:
            changes[account_id, change.member_id, change.name] = (program_id, *_columns(change.value))
    return [
        *arrays.of([(*key, *value) for key, value in moves.items()], 5),
        *arrays.of([(*key, *value) for key, value in changes.items()], 9),
    ]


def consents_arguments(
    rows: Iterable[tuple[UUID, UUID, int, dt.datetime, Sequence[ConsentChange]]],
) -> list[Any]:
    """The arguments of `consents_sql` for (account, activity, program, when, what was said)."""
    return arrays.of(
        [
            (
                account_id,
                activity_id,
                n,
                program_id,
                said.member_id,
                said.purpose,
                said.channel,
                said.given,
                said.version,
                said.source,
                said.proof,
                said_at,
            )
            for account_id, activity_id, program_id, said_at, all_said in rows
            for n, said in enumerate(all_said)
        ],
        12,
    )


def _columns(value: object) -> tuple[Any, ...]:
    """(text, number, date, moment, json): one is set, or none where the attribute is taken away."""
    if value is None:
        return (None, None, None, None, None)
    if isinstance(value, str):
        return (value, None, None, None, None)
    if isinstance(value, int):
        # bool is an int too: no is 0, yes is 1.
        return (None, int(value), None, None, None)
    if isinstance(value, dt.datetime):
        return (None, None, None, value, None)
    if isinstance(value, dt.date):
        return (None, None, value, None, None)
    return (None, None, None, None, _encode(value).decode())
