"""The token of a quote says what the quote was decided on, and nobody else can write one."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

import pytest

from regulars.activities.contracts import Quoted
from regulars.checkout import tokens
from regulars.checkout.contracts import BadQuoteToken

KEY = b"k" * 32
QUOTED = Quoted(
    account_id=UUID(int=9),
    version=4,
    release=2,
    digest=b"\x01\x02",
    at=dt.datetime(2026, 11, 21, 16, 20, tzinfo=dt.UTC),
    points={"points": 9},
    paid={"points": 500},
)


def test_a_token_is_read_back() -> None:
    assert tokens.read(tokens.sign(QUOTED, program_id=3, key=KEY), program_id=3, key=KEY) == QUOTED


def test_a_token_of_another_program_or_another_key_is_refused() -> None:
    token = tokens.sign(QUOTED, program_id=3, key=KEY)
    with pytest.raises(BadQuoteToken):
        tokens.read(token, program_id=4, key=KEY)
    with pytest.raises(BadQuoteToken):
        tokens.read(token, program_id=3, key=b"x" * 32)


def test_a_token_with_any_letter_changed_is_refused() -> None:
    token = tokens.sign(QUOTED, program_id=3, key=KEY)
    refused = 0
    for place, letter in enumerate(token):
        changed = token[:place] + ("A" if letter != "A" else "B") + token[place + 1 :]
        try:
            # The last letter may carry bits that mean nothing; the same bytes are the same token.
            assert tokens.read(changed, program_id=3, key=KEY) == QUOTED
            assert place == len(token) - 1
        except BadQuoteToken:
            refused += 1
    assert refused >= len(token) - 1


@pytest.mark.parametrize("token", ["", "x", "====", "ü", "a b", "A" * 2000])
def test_what_is_no_token_is_refused(token: str) -> None:
    with pytest.raises(BadQuoteToken):
        tokens.read(token, program_id=3, key=KEY)
