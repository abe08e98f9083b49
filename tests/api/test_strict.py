"""Bodies are decoded strictly: what a number, a key, a text may not be. Expected words are written by hand."""

from __future__ import annotations

from typing import Annotated

import msgspec
import pytest
from msgspec import Meta

from regulars.kit import strict
from regulars.kit.errors import RegularsError

Small = Annotated[int, Meta(ge=0, le=9)]


class Thing(msgspec.Struct, forbid_unknown_fields=True):
    amount: Small
    name: Annotated[str, Meta(max_length=3)] = ""
    parts: list[Small] = []
    at: Annotated[msgspec.UnsetType | str, Meta()] = ""


DECODER = msgspec.json.Decoder(Thing)


def test_a_good_body_is_decoded() -> None:
    assert strict.decode(b'{"amount": 5, "name": "abc", "parts": [1, 2]}', DECODER) == Thing(5, "abc", [1, 2])


@pytest.mark.parametrize(
    ("raw", "code", "english"),
    [
        (b'{"amount":"5"}', "not_a_whole_number", "amount must be a whole number, such as 1250 for 12.50."),
        (b'{"amount":5.0}', "not_a_whole_number", "amount must be a whole number, such as 1250 for 12.50."),
        (b'{"amount":1e0}', "not_a_whole_number", "amount must be a whole number, such as 1250 for 12.50."),
        (b'{"amount":1e400}', "not_a_whole_number", "amount must be a whole number, such as 1250 for 12.50."),
        (b'{"amount":true}', "not_a_whole_number", "amount must be a whole number, such as 1250 for 12.50."),
        (b'{"amount":null}', "not_a_whole_number", "amount must be a whole number, such as 1250 for 12.50."),
        (b'{"amount":10}', "validation_fault", "amount: must be at most 9"),
        (b'{"amount":-1}', "validation_fault", "amount: must be at least 0"),
        (b'{"amount":9223372036854775808}', "validation_fault", "amount: must be at most 9"),
        (b'{"amount":-0}', "negative_zero", "The body holds the number -0. Give 0."),
        (b'{"amount":1,"parts":[1,-0 ]}', "negative_zero", "The body holds the number -0. Give 0."),
        (b'{"amount":NaN}', "malformed_json", "The body is not valid JSON at byte 10, near amount."),
        (b'{"amount":Infinity}', "malformed_json", "The body is not valid JSON at byte 10, near amount."),
        ('{"amount":１２}'.encode(), "malformed_json", "The body is not valid JSON at byte 10, near amount."),
        (b'{"amount":05}', "malformed_json", "The body is not valid JSON at byte 11, near amount."),
        (b'{"amount":1', "malformed_json", "The body is not valid JSON at byte 11, near amount."),
        (b"", "missing_body", "This request needs a JSON body."),
        (b'{"amount":1,"amount":1}', "duplicate_key", "The key amount is given twice in one object."),
        (b'{"amount":1,"amoun\\u0074":2}', "duplicate_key", "The key amount is given twice in one object."),
        (
            b'{"amount":1,"name":"a\\u0000"}',
            "forbidden_character",
            "A text in the body holds the character U+0000. Please leave it out.",
        ),
        (b'{"amount":1,"name":"abcd"}', "validation_fault", "name: has more than 3 characters"),
        (b'{"amount":1,"nmae":"a"}', "validation_fault", "nmae: there is no such field; check its spelling"),
        (b'{"name":"a"}', "validation_fault", "amount: is missing"),
        (
            b'{"amount":1,"parts":[1,"2"]}',
            "not_a_whole_number",
            "parts[1] must be a whole number, such as 1250 for 12.50.",
        ),
        (b'{"amount":1,"name":7}', "validation_fault", "name: expected a text, got a whole number"),
        (b"[]", "validation_fault", "body: expected an object, got a list"),
    ],
)
def test_a_wrong_body_is_refused_in_words(raw: bytes, code: str, english: str) -> None:
    with pytest.raises(RegularsError) as refused:
        strict.decode(raw, DECODER)
    assert (refused.value.code, refused.value.status, refused.value.text("en")) == (code, 422, english)


def test_the_words_are_in_three_languages() -> None:
    with pytest.raises(RegularsError) as refused:
        strict.decode(b'{"name":"a"}', DECODER)
    assert refused.value.text("ru") == "amount: не указано"
    assert refused.value.text("ro") == "amount: lipsește"


@pytest.mark.parametrize("text", ["x -0 y", "a\\\\u0000", "2026-01-01"])
def test_texts_that_look_like_trouble_pass(text: str) -> None:
    raw = b'{"amount":1,"at":"' + text.encode() + b'"}'
    assert strict.decode(raw, DECODER).at == text.replace("\\\\", "\\")


def test_deep_brackets_are_no_json_and_no_crash() -> None:
    with pytest.raises(strict.MalformedJson):
        strict.decode(b'{"amount":1,"parts":' + b"[" * 100_000, DECODER)


def test_a_number_of_five_thousand_digits_is_refused() -> None:
    with pytest.raises(RegularsError) as refused:
        strict.decode(b'{"amount":' + b"9" * 5000 + b"}", DECODER)
    assert refused.value.status == 422
