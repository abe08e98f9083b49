from __future__ import annotations

import asyncio
import datetime as dt
import time
from uuid import UUID

import msgspec
import pytest

from regulars.kit import ids
from regulars.members import claims, codes, sealed
from regulars.members import service as members
from regulars.members.contracts import CodeFault, Strength
from tests.members.conftest import NOW

ANN = ("phone", "069 123 456")
ANN_MAIL = ("email", "ann@example.md")
BOB = ("own_id", "bob-1")


async def test_an_unknown_phone_becomes_one_member_with_a_card(database, keys, want, enrol):
    async with database.transaction(programs=[1]) as tx:
        (found,) = await members.claim(tx, [want(ANN)], keys=keys, now=NOW)
        await enrol(tx, found, ANN)
    assert found.new
    assert found.new_card is not None
    assert found.account_id == found.member_id
    async with database.transaction(programs=[1]) as tx:
        (again,) = await members.claim(tx, [want(("phone", "+37369123456"))], keys=keys, now=NOW)
        (by_card,) = await members.claim(tx, [want(("card", found.new_card.number))], keys=keys, now=NOW)
    assert (again.member_id, again.new, again.new_card) == (found.member_id, False, None)
    assert by_card.member_id == found.member_id
    assert by_card.card is not None
    assert (by_card.card.card_id, by_card.card.blocked) == (found.new_card.card_id, False)


async def test_each_of_six_ways_leads_to_the_one_member(database, keys, want, enrol):
    ways = [ANN, ANN_MAIL, ("token", "PAR29ABCDEFGHIJKLMNOPQRSTUVWX"), BOB]
    async with database.transaction(programs=[1]) as tx:
        (found,) = await members.claim(tx, [want(*ways)], keys=keys, now=NOW)
        await enrol(tx, found, *ways)
        assert found.new_card is not None
        number = found.new_card.number
        shown = [*ways, ("card", number), ("qr", codes.payload(number))]
        answers = await members.claim(tx, [want(way) for way in shown], keys=keys, now=NOW)
    assert [one.member_id for one in answers] == [found.member_id] * 6


async def test_our_own_id_needs_no_lookup_row(database, keys, want, enrol):
    async with database.transaction(programs=[1]) as tx:
        (found,) = await members.claim(tx, [want(ANN)], keys=keys, now=NOW)
        await enrol(tx, found, ANN)
        assert found.member_id is not None
        (again,) = await members.claim(tx, [want(("member", ids.to_wire("mem", found.member_id)))], keys=keys, now=NOW)
        nobody = ids.to_wire("mem", UUID(int=7))
        (missing,) = await members.claim(tx, [want(("member", nobody))], keys=keys, now=NOW)
    assert again.member_id == found.member_id
    assert missing.missing


async def test_an_unknown_name_beside_a_known_one_is_linked(database, keys, want, enrol):
    async with database.transaction(programs=[1]) as tx:
        (found,) = await members.claim(tx, [want(ANN)], keys=keys, now=NOW)
        await enrol(tx, found, ANN)
        (both,) = await members.claim(tx, [want(ANN, ANN_MAIL)], keys=keys, now=NOW)
        (by_mail,) = await members.claim(tx, [want(ANN_MAIL)], keys=keys, now=NOW)
    assert both.member_id == by_mail.member_id == found.member_id


async def test_without_link_an_unknown_name_stays_unknown(database, keys, want, enrol):
    async with database.transaction(programs=[1]) as tx:
        (found,) = await members.claim(tx, [want(ANN)], keys=keys, now=NOW)
        await enrol(tx, found, ANN)
        (both,) = await members.claim(tx, [want(ANN, ANN_MAIL, link=False)], keys=keys, now=NOW)
        (by_mail,) = await members.claim(tx, [want(ANN_MAIL, enrol=False)], keys=keys, now=NOW)
    assert both.member_id == found.member_id
    assert by_mail.missing


async def test_names_of_two_members_conflict_and_write_nothing(database, keys, want, enrol):
    async with database.transaction(programs=[1]) as tx:
        ann, bob = await members.claim(tx, [want(ANN), want(BOB)], keys=keys, now=NOW)
        await enrol(tx, ann, ANN)
        await enrol(tx, bob, BOB)
        before = await tx.fetchval("select count(*) from identifier")
        (both,) = await members.claim(tx, [want(ANN, BOB, ANN_MAIL)], keys=keys, now=NOW)
        after = await tx.fetchval("select count(*) from identifier")
    assert both.conflict == (ann.member_id, bob.member_id)
    assert both.member_id is None
    # Two names and two cards.
    assert (before, after) == (4, 4)


async def test_nobody_is_enrolled_where_enrolment_is_off_or_by_an_unknown_card(database, keys, want):
    async with database.transaction(programs=[1]) as tx:
        off, card = await members.claim(
            tx, [want(ANN, enrol=False), want(("card", "438812345679"))], keys=keys, now=NOW
        )
        rows = await tx.fetchval("select count(*) from identifier")
    assert (off.missing, card.missing, rows) == (True, True, 0)


async def test_a_batch_equals_one_by_one(database, keys, want):
    # Ann; Ann again; Bob; Ann's phone with a mail (linked); the mail alone; a mail of two people.
    batch = [[ANN], [ANN], [BOB], [ANN, ANN_MAIL], [ANN_MAIL], [ANN_MAIL, BOB]]
    async with database.transaction(programs=[1]) as tx:
        together = await members.claim(tx, [want(*who) for who in batch], keys=keys, now=NOW)
    ann, bob = together[0].member_id, together[2].member_id
    assert [one.member_id for one in together] == [ann, ann, bob, ann, ann, None]
    assert together[5].conflict == (ann, bob)
    # Both of Ann's first visits speak of the one card that was taken for her.
    assert together[0].new_card == together[1].new_card is not None
    async with database.transaction(programs=[2]) as tx:
        apart = [
            (await members.claim(tx, [want(*who, program_id=2)], keys=keys, now=NOW))[0].member_id for who in batch
        ]
    assert [one and apart.index(one) for one in apart] == [0, 0, 2, 0, 0, None]


async def test_a_claim_of_a_crashed_process_is_taken_over(database, keys, want, enrol):
    async with database.transaction(programs=[1]) as tx:
        (first,) = await members.claim(tx, [want(ANN)], keys=keys, now=NOW)
    async with database.transaction(programs=[1]) as tx:
        (second,) = await members.claim(tx, [want(ANN)], keys=keys, now=NOW)
        await enrol(tx, second, ANN)
    assert second.new
    assert second.member_id == first.member_id
    # The first card's number died with the process, so another was taken.
    assert second.new_card != first.new_card


async def test_a_taken_card_number_is_passed_over(database, keys, want, enrol):
    async with database.transaction(programs=[1]) as tx:
        (ann,) = await members.claim(tx, [want(ANN)], keys=keys, now=NOW)
        await enrol(tx, ann, ANN)
        free = members.draw_card(keys, program_id=1, now=NOW)
        assert ann.new_card is not None
        numbers = [msgspec.structs.replace(ann.new_card, card_id=free.card_id), free]
        (bob,) = await claims.claim(tx, [want(BOB)], keys=keys, now=NOW, draw=lambda _: numbers.pop(0))
    assert bob.new_card == free


async def test_two_enrolments_of_one_phone_at_once_are_one_member(database, keys, want):
    async def enrol_once() -> UUID | None:
        async with database.transaction(programs=[1]) as tx:
            (found,) = await members.claim(tx, [want(ANN)], keys=keys, now=NOW)
            await asyncio.sleep(0.01)
            return found.member_id

    found = await asyncio.gather(*(enrol_once() for _ in range(5)))
    assert len(set(found)) == 1


async def test_crosswise_races_leave_no_half_member_and_no_deadlock(database, keys, want):
    # Each round two batches name the same two people by a phone and a mail each, in opposite order, and one by the phone alone.
    async def one(batch) -> list[UUID | None]:
        async with database.transaction(programs=[1]) as tx:
            return [found.member_id for found in await members.claim(tx, batch, keys=keys, now=NOW)]

    for turn in range(15):
        phones = [("phone", f"+373691{turn:02d}{n:03d}") for n in range(4)]
        mails = [("email", f"m{turn}-{n}@example.md") for n in range(4)]
        pairs = [want(phone, mail) for phone, mail in zip(phones, mails, strict=True)]
        alone = [want(phone) for phone in phones]
        left, right, single = await asyncio.gather(
            one(pairs), one([want(m, p) for p, m in reversed(list(zip(phones, mails, strict=True)))]), one(alone)
        )
        assert left == right[::-1] == single
    async with database.transaction(programs=[1]) as tx:
        # 60 people with a phone and a mail; no identifier of anybody else but cards.
        people = await tx.fetchval("select count(distinct member_id) from identifier where kind in ('phone', 'email')")
    assert people == 60


async def test_the_wall_hides_members_of_another_program(database, keys, want, enrol):
    async with database.transaction(programs=[1]) as tx:
        (found,) = await members.claim(tx, [want(ANN)], keys=keys, now=NOW)
        await enrol(tx, found, ANN)
    async with database.transaction(programs=[2]) as tx:
        (other,) = await members.claim(tx, [want(ANN, program_id=2, enrol=False)], keys=keys, now=NOW)
        (peek,) = await members.find(tx, [want(ANN, program_id=1, enrol=False)], keys=keys, now=NOW)
    assert other.missing
    assert peek.missing


async def test_find_writes_nothing_and_says_who_it_would_be(database, keys, want):
    async with database.transaction(programs=[1]) as tx:
        (found,) = await members.find(tx, [want(ANN)], keys=keys, now=NOW)
        rows = await tx.fetchval("select count(*) from identifier")
    assert (found.new, found.new_card, rows) == (True, None, 0)


@pytest.fixture
async def ann(database, keys, want, enrol):
    async with database.transaction(programs=[1]) as tx:
        (found,) = await members.claim(tx, [want(ANN)], keys=keys, now=NOW)
        await enrol(tx, found, ANN)
    return found


async def secret_of(tx, keys, found) -> bytes:
    row = await tx.fetchrow("select m.wrapped_key, c.sealed_secret from member m join card c using (account_id)")
    key = sealed.unwrap(keys.personal, row["wrapped_key"], member_id=found.member_id)
    return sealed.unseal(key, row["sealed_secret"], member_id=found.member_id, what="card secret")


async def test_a_rotating_code_counts_once_and_for_a_retry_of_the_same_activity(database, keys, want, ann):
    async with database.transaction(programs=[1]) as tx:
        code = codes.code_of(await secret_of(tx, keys, ann), codes.step_of(NOW))
        shown = ("qr", codes.payload(ann.new_card.number, code))
        quote, first, retry, second = [
            *(await members.find(tx, [want(shown)], keys=keys, now=NOW)),
            *(await members.claim(tx, [want(shown, spend_code_for=UUID(int=1))], keys=keys, now=NOW)),
            *(await members.claim(tx, [want(shown, spend_code_for=UUID(int=1))], keys=keys, now=NOW)),
            *(await members.claim(tx, [want(shown, spend_code_for=UUID(int=2))], keys=keys, now=NOW)),
        ]
    assert [one.strength for one in (quote, first, retry)] == [Strength.ROTATING] * 3
    assert (second.strength, second.code_fault) == (Strength.STATIC, CodeFault.USED)
    assert second.member_id == ann.member_id


@pytest.mark.parametrize(
    ("age_s", "strength"),
    [
        (0, Strength.ROTATING),
        (29, Strength.ROTATING),
        (59, Strength.ROTATING),
        (90, Strength.STATIC),
        (120, Strength.STATIC),
    ],
)
async def test_a_screenshot_90_seconds_old_is_only_a_number(database, keys, want, ann, age_s, strength):
    # NOW is the first second of a half minute.
    async with database.transaction(programs=[1]) as tx:
        code = codes.code_of(await secret_of(tx, keys, ann), codes.step_of(NOW))
        shown = ("qr", codes.payload(ann.new_card.number, code))
        (found,) = await members.find(tx, [want(shown)], keys=keys, now=NOW + dt.timedelta(seconds=age_s))
        (quoted,) = await members.find(tx, [want(shown, code_at=NOW)], keys=keys, now=NOW + dt.timedelta(seconds=age_s))
    assert found.strength == strength
    assert found.member_id == ann.member_id
    assert quoted.strength == Strength.ROTATING


async def test_a_static_number_and_a_made_up_code_are_no_proof(database, keys, want, ann):
    async with database.transaction(programs=[1]) as tx:
        static, made_up = await members.find(
            tx,
            [want(("card", ann.new_card.number)), want(("qr", codes.payload(ann.new_card.number, "00000000")))],
            keys=keys,
            now=NOW,
        )
    assert (static.strength, static.code_fault) == (Strength.STATIC, None)
    assert (made_up.strength, made_up.code_fault) == (Strength.STATIC, CodeFault.WRONG)


async def test_five_thousand_are_claimed_in_one_call(database, keys, want):
    batch = [want(("own_id", f"h-{n}")) for n in range(5000)]
    async with database.transaction(programs=[1]) as tx:
        began = time.perf_counter()
        found = await members.claim(tx, batch, keys=keys, now=NOW)
        took = time.perf_counter() - began
        rows = await tx.fetchval("select count(*) from identifier")
    assert len({one.member_id for one in found}) == 5000
    assert rows == 10_000
    assert took < 30.0, took


async def test_a_dump_of_the_tables_names_nobody(database, keys, want, enrol):
    who = [("phone", "+37369123456"), ("email", "ann@example.md"), ("own_id", "household-77")]
    async with database.transaction(programs=[1]) as tx:
        (found,) = await members.claim(tx, [want(*who)], keys=keys, now=NOW)
        await enrol(tx, found, *who)
        dump = b""
        for table in ("identifier", "member", "card"):
            rows = await tx.fetch(f"select t::text from {table} t")
            dump += "\n".join(row[0] for row in rows).encode()
    assert len(dump) > 1000
    assert found.new_card is not None
    for seeded in ("37369123456", "ann@example.md", "household-77", found.new_card.number):
        assert seeded.encode() not in dump
        assert seeded.encode().hex().encode() not in dump
