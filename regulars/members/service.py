"""The door of members: who is it, enrolment inside a batch, cards, profiles."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path
from typing import Final
from uuid import UUID

from regulars.kit import edge, keyring
from regulars.kit.database import Transaction
from regulars.members import claims, identity, numbers, sealed
from regulars.members.cards import app_secret, code, forget_used_codes
from regulars.members.cards import block as block_card
from regulars.members.cards import issue as issue_card
from regulars.members.cards import numbers_of as card_numbers
from regulars.members.cards import of_member as cards
from regulars.members.cards import replace as replace_card
from regulars.members.claims import find
from regulars.members.consents import history as consents
from regulars.members.contracts import (
    Enrolled,
    Found,
    Keys,
    Member,
    Named,
    NewCard,
    NoIdentifier,
    TooManyIdentifiers,
    Wanted,
)
from regulars.members.counting import in_segments, on_ladders
from regulars.members.enrolment import consents_arguments, enrol_arguments, enrolled, facts_arguments
from regulars.members.homes import Home, earlier_accounts, followers, home, homes, lead, people, then
from regulars.members.people import by_account, change_profile, profile
from regulars.members.people import row as _row
from regulars.members.queries import consents_sql, enrol_sql, facts_sql
from regulars.members.referrals import Referrer, Shown, referral_code, referrers
from regulars.members.session import Session
from regulars.members.tiers import tiers_arguments, tiers_sql

CODES_KEPT: Final = dt.timedelta(days=100)
"""A code is dead after a minute, but a till that was offline shows it when it tells of that minute, up to as late as
activities are taken without a person's yes (90 days): used once, it is used then too."""

__all__ = [
    "IDENTIFIERS_MAX",
    "Enrolled",
    "Found",
    "Home",
    "Referrer",
    "Shown",
    "app_secret",
    "block_card",
    "by_account",
    "cards",
    "change_profile",
    "claim",
    "clean",
    "code",
    "consents",
    "consents_arguments",
    "consents_sql",
    "draw_card",
    "earlier_accounts",
    "enrol_arguments",
    "enrol_sql",
    "enrolled",
    "facts_arguments",
    "facts_sql",
    "find",
    "followers",
    "forget_used_codes",
    "home",
    "homes",
    "in_segments",
    "issue_card",
    "keys",
    "lead",
    "member",
    "named",
    "normalise",
    "on_ladders",
    "people",
    "profile",
    "referral_code",
    "referrers",
    "replace_card",
    "then",
    "tiers_arguments",
    "tiers_sql",
    "wanted",
]

IDENTIFIERS_MAX: Final = 8

normalise = identity.normalise


def keys(home: Path) -> Keys:
    """This room's keys of an installation."""
    return Keys(lookup=keyring.key(home, "lookup"), personal=keyring.key(home, "personal"))


def named(identifiers: Sequence[tuple[str, str]], *, region: str) -> tuple[Named, ...]:
    """(kind, value) pairs in canonical form, each once; `region` is the ISO country of phones without a prefix.

    Raises NoIdentifier, TooManyIdentifiers, and what `normalise` raises.
    """
    if not identifiers:
        raise NoIdentifier
    if len(identifiers) > IDENTIFIERS_MAX:
        raise TooManyIdentifiers(most=IDENTIFIERS_MAX)
    return tuple(dict.fromkeys(identity.normalise(kind, value, region=region) for kind, value in identifiers))


def wanted(
    keys: Keys,
    who: Sequence[Named],
    *,
    program_id: int,
    now: dt.datetime,
    enrol: bool = True,
    link: bool = True,
    code_at: dt.datetime | None = None,
    spend_code_for: UUID | None = None,
) -> Wanted:
    """What to hand to `claim` or `find` for these names; the ids of a possible newcomer are made here.

    `code_at` is the moment a rotating code was shown, where that is not now: a commit that carries a quote's token
    gives
    the moment of the quote. `spend_code_for` is the activity that uses the code up.
    """
    one_id = edge.new_id(now)
    return Wanted(
        program_id=program_id,
        hashes=tuple((one.kind, identity.keyed_hash(keys.lookup, program_id=program_id, named=one)) for one in who),
        member_id=next((one.member_id for one in who if one.member_id is not None), None),
        enrol=enrol,
        link=link,
        new_account_id=one_id,
        new_member_id=one_id,
        code=next((one.code for one in who if one.code is not None), None),
        code_at=code_at,
        spend_code_for=spend_code_for,
    )


async def claim(tx: Session, wanted: Sequence[Wanted], *, keys: Keys, now: dt.datetime) -> list[Found]:
    """Find or claim everybody of a batch, in the order given, in a handful of statements however many there are.

    An unknown phone, e-mail, token or own id beside a known identifier is linked to the same member; so only callers
    who may say who somebody is (a till, an import) may ask with `link`. Two identifiers of two members: `conflict`, and
    nothing is written for that one. A newcomer's card number is drawn and taken here. Raises DatabaseBusy when others
    keep claiming the same identifiers crosswise.
    """
    return await claims.claim(
        tx, wanted, keys=keys, now=now, draw=lambda program_id: draw_card(keys, program_id=program_id, now=now)
    )


def draw_card(keys: Keys, *, program_id: int, now: dt.datetime) -> NewCard:
    """A card number that is probably free; whoever claims it learns whether it is."""
    number = numbers.number_of(edge.random_digits(numbers.BODY))
    digest = identity.keyed_hash(keys.lookup, program_id=program_id, named=Named("card", number))
    return NewCard(edge.new_id(now), number, digest)


async def member(tx: Transaction, *, program_id: int, member_id: UUID) -> Member:
    """A member by our own id. Raises MemberNotFound."""
    return (await _row(tx, program_id=program_id, member_id=member_id)).member


async def identifying(
    tx: Transaction, *, keys: Keys, program_id: int, accounts: Sequence[UUID], people: Sequence[UUID]
) -> frozenset[tuple[str, str]]:
    """What members, of these accounts, are known by, as (kind, canonical form), their cards too; nothing of those who
    are erased already."""
    found = set[tuple[str, str]]()
    rows = await tx.fetch(
        "select account_id, member_id, wrapped_key, sealed_profile from member"
        " where account_id = any($1::uuid[]) and member_id = any($2::uuid[]) and program_id = $3",
        list(accounts),
        list(people),
        program_id,
    )
    for row in rows:
        if row["wrapped_key"] is not None:
            who = row["member_id"]
            key = sealed.unwrap(keys.personal, row["wrapped_key"], member_id=who)
            known = sealed.unseal_profile(key, row["sealed_profile"], member_id=who)
            found |= {(kind, text) for kind in ("phone", "email", "own_id") if (text := getattr(known, kind))}
            numbers = await card_numbers(tx, key, account_id=row["account_id"], member_id=who)
            found |= {("card", number) for number in numbers}
    return frozenset(found)


async def forget(tx: Transaction, *, program_id: int, accounts: Sequence[UUID], people: Sequence[UUID]) -> None:
    """Destroy the keys of members, so that what is sealed opens nowhere in this database any more, and all that leads
    to them but their cards: what is shown late must be known as that of nobody (L67). Repeats safely."""
    await tx.execute(
        """update member set status = 'erased', wrapped_key = null, sealed_profile = null, language = null,
        anonymous = true where account_id = any($1::uuid[]) and member_id = any($2::uuid[])""",
        list(accounts),
        list(people),
    )
    await tx.execute(
        "delete from identifier where program_id = $1 and member_id = any($2::uuid[]) and kind <> 'card'",
        program_id,
        list(people),
    )
    for table in ("member_segment", "member_tier"):
        await tx.execute(
            f"delete from {table} where account_id = any($1::uuid[]) and member_id = any($2::uuid[])",
            list(accounts),
            list(people),
        )


async def clean(tx: Transaction, *, now: dt.datetime) -> int:
    """Delete what only mattered for a while: codes used so long ago that no till will show them any more. How many
    rows."""
    return await forget_used_codes(tx, before=now - CODES_KEPT)
