from __future__ import annotations

import asyncio
import datetime as dt
from uuid import UUID

import pytest

from regulars.kit import ids
from regulars.members import codes, sealed
from regulars.members import service as members
from regulars.members.contracts import (
    BlockReason,
    CardNotActive,
    CardNotFound,
    CardNumberTaken,
    CardStatus,
    IdentifierTaken,
    MemberErased,
    MemberNotFound,
    NotAPhone,
    Profile,
    ProfileIn,
    Strength,
)
from tests.members.conftest import NOW

ANN = ("phone", "069 123 456")
BOB = ("own_id", "bob-1")
LATER = NOW + dt.timedelta(hours=1)


@pytest.fixture
async def ann(database, keys, want, enrol):
    async with database.transaction(programs=[1]) as tx:
        (found,) = await members.claim(tx, [want(ANN)], keys=keys, now=NOW)
        await enrol(tx, found, ANN)
    return found


@pytest.fixture
async def bob(database, keys, want, enrol):
    async with database.transaction(programs=[1]) as tx:
        (found,) = await members.claim(tx, [want(BOB)], keys=keys, now=NOW)
        await enrol(tx, found, BOB)
    return found


def of(found, keys, **more):
    return {"keys": keys, "program_id": 1, "member_id": found.member_id, **more}


def new_card(keys):
    return members.draw_card(keys, program_id=1, now=LATER)


async def events(tx) -> list[str]:
    return [row["types"] for row in await tx.fetch("select types from event order by id")]


async def test_a_blocked_card_leads_to_its_owner_but_cannot_spend(database, keys, want, ann):
    card_id = ann.new_card.card_id
    async with database.transaction(programs=[1]) as tx:
        blocked = await members.block_card(tx, **of(ann, keys, card_id=card_id, reason=BlockReason.LOST, now=LATER))
        again = await members.block_card(tx, **of(ann, keys, card_id=card_id, reason=BlockReason.MISUSE, now=LATER))
        (found,) = await members.claim(tx, [want(("card", ann.new_card.number))], keys=keys, now=LATER)
        heard = await events(tx)
    assert (blocked.status, blocked.reason, blocked.changed_at) == (CardStatus.BLOCKED, "lost", LATER)
    assert again == blocked
    assert found.member_id == ann.member_id
    assert found.card is not None
    assert found.card.blocked
    assert heard == ["members.card_blocked"]


async def test_a_replaced_card_has_a_successor_and_both_numbers_lead_home(database, keys, want, ann):
    old, new = ann.new_card, new_card(keys)
    async with database.transaction(programs=[1]) as tx:
        issued = await members.replace_card(
            tx, **of(ann, keys, card_id=old.card_id, new=new, reason=BlockReason.STOLEN, now=LATER)
        )
        cards = await members.cards(tx, **of(ann, keys))
        by_old, by_new = await members.claim(
            tx, [want(("card", old.number)), want(("card", new.number))], keys=keys, now=LATER
        )
        with pytest.raises(CardNotActive):
            await members.replace_card(
                tx, **of(ann, keys, card_id=old.card_id, new=new_card(keys), reason=BlockReason.LOST, now=LATER)
            )
    assert (issued.number, issued.status) == (new.number, CardStatus.ACTIVE)
    assert [(card.number, card.status, card.replaced_by) for card in cards] == [
        (new.number, CardStatus.ACTIVE, None),
        (old.number, CardStatus.REPLACED, new.card_id),
    ]
    assert by_old.member_id == by_new.member_id == ann.member_id
    assert [one.card and one.card.blocked for one in (by_old, by_new)] == [True, False]


async def test_a_taken_number_is_told(database, keys, ann, bob):
    with pytest.raises(CardNumberTaken):
        async with database.transaction(programs=[1]) as tx:
            await members.issue_card(tx, **of(ann, keys, card=bob.new_card, now=LATER))
    async with database.transaction(programs=[1]) as tx:
        assert len(await members.cards(tx, **of(ann, keys))) == 1
        assert await events(tx) == []


async def test_nobody_touches_the_card_of_another_member(database, keys, ann, bob):
    async with database.transaction(programs=[1]) as tx:
        with pytest.raises(CardNotFound):
            await members.block_card(
                tx, **of(ann, keys, card_id=bob.new_card.card_id, reason=BlockReason.LOST, now=LATER)
            )
        with pytest.raises(CardNotFound):
            await members.code(tx, **of(ann, keys, card_id=bob.new_card.card_id, now=LATER))


async def test_two_replacements_at_once_give_one_new_card(database, keys, ann):
    async def replace() -> object:
        try:
            async with database.transaction(programs=[1]) as tx:
                return await members.replace_card(
                    tx,
                    **of(
                        ann, keys, card_id=ann.new_card.card_id, new=new_card(keys), reason=BlockReason.LOST, now=LATER
                    ),
                )
        except CardNotActive as refused:
            return refused

    made = await asyncio.gather(replace(), replace())
    assert sorted(type(one).__name__ for one in made) == ["Card", "CardNotActive"]
    async with database.transaction(programs=[1]) as tx:
        assert len(await members.cards(tx, **of(ann, keys))) == 2


async def test_the_apps_code_is_a_proof_and_a_blocked_cards_is_none(database, keys, want, ann):
    card_id = ann.new_card.card_id
    async with database.transaction(programs=[1]) as tx:
        shown = await members.code(tx, **of(ann, keys, card_id=card_id, now=NOW))
        (found,) = await members.find(tx, [want(("qr", shown.payload))], keys=keys, now=NOW)
        secret = await members.app_secret(tx, **of(ann, keys, card_id=card_id, issuer="Corner Shop"))
        await members.block_card(tx, **of(ann, keys, card_id=card_id, reason=BlockReason.LOST, now=NOW))
        with pytest.raises(CardNotActive):
            await members.code(tx, **of(ann, keys, card_id=card_id, now=NOW))
    assert found.strength is Strength.ROTATING
    assert shown.payload == f"RG1.{ann.new_card.number}.{shown.code}"
    # 09:00:00 is the beginning of a half minute.
    assert shown.shown_until == NOW + dt.timedelta(seconds=30)
    assert secret.otpauth.startswith("otpauth://totp/Corner%20Shop:")


def test_codes_are_those_of_rfc_6238():
    # Appendix B of the RFC, SHA-1, eight digits, secret "12345678901234567890".
    secret = b"12345678901234567890"
    moments = {59: "94287082", 1111111109: "07081804", 1234567890: "89005924", 20000000000: "65353130"}
    for unix_s, code in moments.items():
        assert codes.code_of(secret, unix_s // 30) == code
    at = dt.datetime.fromtimestamp(59, dt.UTC)
    assert codes.matching_step(secret, "94287082", at) == 1
    assert codes.matching_step(secret, "94287083", at) is None
    assert codes.matching_step(secret, "", at) is None
    assert codes.matching_step(secret, "9" * 300, at) is None


async def test_used_codes_are_forgotten_after_a_day(database, keys, want, ann):
    async with database.transaction(programs=[1]) as tx:
        shown = await members.code(tx, **of(ann, keys, card_id=ann.new_card.card_id, now=NOW))
        await members.claim(tx, [want(("qr", shown.payload), spend_code_for=UUID(int=1))], keys=keys, now=NOW)
        assert await members.forget_used_codes(tx, before=NOW) == 0
        assert await members.forget_used_codes(tx, before=NOW + dt.timedelta(days=1)) == 1


async def test_a_profile_is_read_back_and_a_new_phone_leads_to_the_member(database, keys, want, ann):
    changes = ProfileIn(phone="069 777 888", given_name="Ana", language="ro")
    async with database.transaction(programs=[1]) as tx:
        await members.change_profile(tx, **of(ann, keys, changes=changes, region="MD", now=LATER))
        profile = await members.profile(tx, **of(ann, keys))
        old, new = await members.find(
            tx, [want(ANN, enrol=False), want(("phone", "069777888"), enrol=False)], keys=keys, now=LATER
        )
        member = await members.member(tx, program_id=1, member_id=ann.member_id)
    assert profile == Profile(phone="+37369777888", given_name="Ana")
    assert (old.missing, new.member_id) == (True, ann.member_id)
    assert (member.language, member.anonymous) == ("ro", False)


async def test_a_phone_of_somebody_else_is_refused_and_nothing_changes(database, keys, want, ann, bob):
    changes = ProfileIn(phone="069123456", given_name="Bob")
    with pytest.raises(IdentifierTaken) as caught:
        async with database.transaction(programs=[1]) as tx:
            await members.change_profile(tx, **of(bob, keys, changes=changes, region="MD", now=LATER))
    assert caught.value.kind == "phone"
    async with database.transaction(programs=[1]) as tx:
        assert await members.profile(tx, **of(bob, keys)) == Profile(own_id="bob-1")
        (found,) = await members.find(tx, [want(ANN)], keys=keys, now=LATER)
    assert found.member_id == ann.member_id


async def test_a_profile_takes_no_nonsense(database, keys, ann):
    async with database.transaction(programs=[1]) as tx:
        with pytest.raises(NotAPhone):
            await members.change_profile(tx, **of(ann, keys, changes=ProfileIn(phone="none"), region="MD", now=LATER))


async def test_a_member_without_a_name_is_anonymous_until_one_comes(database, keys, bob):
    async with database.transaction(programs=[1]) as tx:
        assert (await members.member(tx, program_id=1, member_id=bob.member_id)).anonymous
        await members.change_profile(tx, **of(bob, keys, changes=ProfileIn(email="b@x.md"), region="MD", now=LATER))
        assert not (await members.member(tx, program_id=1, member_id=bob.member_id)).anonymous


async def test_a_destroyed_key_closes_profile_and_cards_for_ever(database, keys, want, ann):
    async with database.transaction(programs=[1]) as tx:
        shown = await members.code(tx, **of(ann, keys, card_id=ann.new_card.card_id, now=NOW))
        await tx.execute("update member set wrapped_key = null")
        with pytest.raises(MemberErased):
            await members.profile(tx, **of(ann, keys))
        with pytest.raises(MemberErased):
            await members.cards(tx, **of(ann, keys))
        (found,) = await members.find(tx, [want(("qr", shown.payload))], keys=keys, now=NOW)
    assert found.strength is Strength.STATIC


def test_what_is_sealed_for_one_opens_for_no_other():
    key, wrong, one, two = b"k" * 32, b"x" * 32, UUID(int=1), UUID(int=2)
    closed = sealed.seal(key, b"Ann", member_id=one, what="profile")
    assert b"Ann" not in closed
    assert sealed.unseal(key, closed, member_id=one, what="profile") == b"Ann"
    for other in (
        (wrong, closed, one, "profile"),
        (key, closed, two, "profile"),
        (key, closed, one, "card number"),
        (key, closed[:-1] + bytes([closed[-1] ^ 1]), one, "profile"),
        (key, b"", one, "profile"),
    ):
        with pytest.raises(MemberErased):
            sealed.unseal(other[0], other[1], member_id=other[2], what=other[3])


async def test_members_of_another_program_are_not_there(database, keys, ann):
    async with database.transaction(programs=[2]) as tx:
        with pytest.raises(MemberNotFound):
            await members.member(tx, program_id=2, member_id=ann.member_id)
        with pytest.raises(MemberNotFound):
            await members.member(tx, program_id=1, member_id=ann.member_id)
        assert await members.by_account(tx, [ann.account_id]) == {}


async def test_accounts_tell_their_members(database, keys, ann, bob):
    async with database.transaction(programs=[1]) as tx:
        found = await members.by_account(tx, [ann.account_id, bob.account_id, UUID(int=9)])
    assert {account: [one.member_id for one in them] for account, them in found.items()} == {
        ann.account_id: [ann.member_id],
        bob.account_id: [bob.member_id],
    }
    assert ids.to_wire("mem", ann.member_id).startswith("mem_")
