from __future__ import annotations

import itertools
from collections import Counter

import damm
import pytest

from regulars.kit import ids
from regulars.members import identity, numbers
from regulars.members import service as members
from regulars.members.contracts import (
    CardNumberRefused,
    NoIdentifier,
    NotACardNumber,
    NotAnEmail,
    NotAnOwnId,
    NotAPhone,
    NotAQrCode,
    NotAToken,
    TooManyIdentifiers,
    UnknownIdentifierKind,
    WrongCheckDigit,
)
from regulars.members.service import named
from tests.members.conftest import NOW

# 43881234567 with check digit 9 is the worked example of the Damm tables' author.
GOOD = "438812345679"


def canonical(kind: str, value: str, region: str = "MD") -> str:
    return identity.normalise(kind, value, region=region).canonical


@pytest.mark.parametrize(
    ("value", "region", "expected"),
    [
        ("069 123 456", "MD", "+37369123456"),
        ("+373 69 123-456", "RU", "+37369123456"),
        ("00373 69123456", "MD", "+37369123456"),
        ("8 (912) 345-67-89", "RU", "+79123456789"),
        ("0721 234 567", "RO", "+40721234567"),
    ],
)
def test_phones_have_one_form(value, region, expected):
    assert canonical("phone", value, region) == expected


@pytest.mark.parametrize(
    "value", ["", "12", "call me", "+373 69 12", "+999 123 456 789", "0" * 500, "\0", "069123456x"]
)
def test_what_is_no_phone_is_told(value):
    with pytest.raises(NotAPhone) as caught:
        canonical("phone", value)
    assert caught.value.fields == {"region": "MD"}


def test_mails_fold_case_and_keep_dots_and_tags():
    assert canonical("email", "  Ann.Pop+Shop@Example.MD ") == "ann.pop+shop@example.md"
    assert canonical("email", "annpop@example.md") != canonical("email", "ann.pop@example.md")


@pytest.mark.parametrize(
    "value",
    ["", "ann", "ann@", "@example.md", "a@b@c.md", "ann@example", "a nn@example.md", "a@exa..mple.md", "a\0@b.md"],
)
def test_what_is_no_mail_is_told(value):
    with pytest.raises(NotAnEmail):
        canonical("email", value)


def test_a_card_is_read_with_or_without_its_spaces():
    assert canonical("card", "4388 1234 5679") == canonical("card", " 4388-1234-5679 ") == GOOD


@pytest.mark.parametrize("value", ["", "43881234567", "4388123456790", "4388l2345679", "４３８８１２３４５６７９"])
def test_a_card_number_has_twelve_digits(value):
    with pytest.raises(NotACardNumber):
        canonical("card", value)


def test_a_mistyped_card_is_told():
    with pytest.raises(WrongCheckDigit):
        canonical("card", "438812345678")


def test_the_check_digit_catches_every_single_error_and_every_swap_of_neighbours():
    for body in ("43881234567", "00000000000", "90909090909", "12345678901"):
        number = numbers.number_of(body)
        assert numbers.fits(number)
        for place, digit in itertools.product(range(12), "0123456789"):
            if number[place] != digit:
                assert not numbers.fits(number[:place] + digit + number[place + 1 :])
        for place in range(11):
            if number[place] != number[place + 1]:
                assert not numbers.fits(number[:place] + number[place + 1] + number[place] + number[place + 2 :])


def test_luhn_would_miss_a_swap_that_ours_catches():
    # The negative control: 09 and 90 look alike to Luhn's check.
    assert identity._passes_luhn("5409000000000004") == identity._passes_luhn("5490000000000004")
    number = numbers.number_of("40900000000")
    assert not numbers.fits(number[:1] + "90" + number[3:])


def test_every_pair_of_digits_is_told_from_its_swap():
    # Damm's guarantee rests on the state before the pair; all ten states and all pairs are tried.
    for state, (left, right) in itertools.product(range(10), itertools.permutations("0123456789", 2)):
        front = str(state)
        assert damm.encode(front + left + right) != damm.encode(front + right + left)


def test_a_qr_is_the_number_and_maybe_a_code():
    assert identity.normalise("qr", f"RG1.{GOOD}", region="MD").code is None
    named_card = identity.normalise("qr", f"rg1.{GOOD}.12345678", region="MD")
    assert (named_card.kind, named_card.canonical, named_card.code) == ("card", GOOD, "12345678")
    # A plain barcode of the number is a card too.
    assert canonical("qr", GOOD) == GOOD


@pytest.mark.parametrize(
    "value", ["", "RG2.438812345679", "https://example.md", "RG1", f"RG1.{GOOD}.1.2", f"RG1.{GOOD}.x"]
)
def test_a_strangers_qr_is_told(value):
    with pytest.raises(NotAQrCode):
        canonical("qr", value)


@pytest.mark.parametrize("kind", ["token", "own_id", "card", "qr", "phone"])
@pytest.mark.parametrize(
    "value",
    [
        "4111111111111111",
        "4111 1111 1111 1111",
        "4111-1111-1111-1111",
        "５５００００００００００００４",
        ";4111111111111111=25121010000000000000?",
        "%B4111111111111111^POP/ANN^2512",
        "378282246310005",
        "2200000000000004",
    ],
)
def test_a_payment_cards_number_is_refused_and_not_repeated(kind, value):
    with pytest.raises(CardNumberRefused) as caught:
        canonical(kind, value)
    assert caught.value.fields == {}
    assert "4111" not in str(caught.value)


@pytest.mark.parametrize(
    "value",
    [
        "V001ABCDEFGHIJKLMNOPQRSTUVWXY",
        "5001BO8B9NXVVIXCT0HAJU98I512Z",
        "0f8fad5b-d9cb-469f-a165-70867728950e",
        "4111111111111112",
        "a4111111111111111b",
    ],
)
def test_payment_tokens_pass(value):
    assert canonical("token", f" {value} ") == value


@pytest.mark.parametrize("value", ["", "two words", "é", "x" * 201, "a\nb"])
def test_what_is_no_token_is_told(value):
    with pytest.raises(NotAToken):
        canonical("token", value)


@pytest.mark.parametrize("value", ["1", "household-77", "2004001234567", "1789012345678901234", "Ион-7"])
def test_own_ids_are_kept_as_they_are(value):
    assert canonical("own_id", value) == value


@pytest.mark.parametrize("value", ["", "   ", "x" * 101, "a\0b", "a\u202eb", "a\nb"])
def test_what_is_no_own_id_is_told(value):
    with pytest.raises(NotAnOwnId):
        canonical("own_id", value)


def test_an_unknown_kind_is_told_with_those_that_exist():
    with pytest.raises(UnknownIdentifierKind) as caught:
        canonical("passport", "1")
    assert caught.value.fields == {
        "kind": "passport",
        "known": "phone, email, card, qr, token, own_id, gift_card, member",
    }


def test_our_own_ids_must_be_of_members():
    with pytest.raises(ids.WrongKindOfId):
        canonical("member", "act_01KA3V5J8Z0000000000000000")


def test_one_to_eight_names_are_taken():
    with pytest.raises(NoIdentifier):
        named([], region="MD")
    with pytest.raises(TooManyIdentifiers):
        named([("own_id", str(n)) for n in range(9)], region="MD")


def test_hashes_differ_by_key_program_and_kind():
    one = identity.hash_of(b"a" * 32, 1, "own_id", "7")
    assert len(one) == 32
    assert len({one, identity.hash_of(b"b" * 32, 1, "own_id", "7"), identity.hash_of(b"a" * 32, 2, "own_id", "7")}) == 3
    assert identity.hash_of(b"a" * 32, 1, "token", "7") != one
    # The parts cannot run into each other.
    assert identity.hash_of(b"a" * 32, 1, "x", "12") != identity.hash_of(b"a" * 32, 11, "x", "2")


def test_s8_the_check_digit_tells_every_single_error_wherever_it_stands():
    # Whatever stood before (ten states), two different digits lead to different states, and so do one digit and two
    # different states: a single error changes the state and no later digit can bring it back.
    after = {(state, digit): damm.encode(f"{state}{digit}") for state in range(10) for digit in range(10)}
    for state in range(10):
        assert len({after[state, digit] for digit in range(10)}) == 10
    for digit in range(10):
        assert len({after[state, digit] for state in range(10)}) == 10
    # Control: a plain sum of the digits is told from its swap nowhere.
    assert sum(map(int, "09")) % 10 == sum(map(int, "90")) % 10


def test_s8_bodies_are_ten_thousand_million_and_more_and_never_in_a_row(keys):
    assert 10**numbers.BODY >= 10**10
    drawn = [members.draw_card(keys, program_id=1, now=NOW).number for _ in range(2000)]
    assert all(numbers.fits(number) for number in drawn)
    bodies = [int(number[:-1]) for number in drawn]
    assert len(set(bodies)) == 2000
    # No two of them stand in a row, and each digit of each place is about as frequent: 200 of 2,000, 6 deviations 81.
    assert min(abs(one - other) for one, other in itertools.pairwise(bodies)) > 1
    for place in range(numbers.BODY):
        counts = Counter(number[place] for number in drawn)
        assert all(119 <= counts[digit] <= 281 for digit in "0123456789"), (place, counts)
