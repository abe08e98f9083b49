"""How codes look, are checked and are found again however somebody writes them."""

from __future__ import annotations

import pytest

from regulars.codes import patterns


@pytest.mark.parametrize(
    ("body", "character"),
    # The examples of the standard's page: ISO 7064 MOD 11,10 and the GRid of MOD 37,36.
    [("79462", "3"), ("00200667308", "5"), ("A12425GABC1234002", "M")],
)
def test_check_characters_are_those_of_the_standard(body: str, character: str) -> None:
    assert patterns.check_character(body) == character


def test_a_single_wrong_character_never_makes_another_code() -> None:
    code = patterns.made("SUM-##@@", 123_456, check=True)
    form = patterns.normal(code)
    for place in range(len(form) - 1):
        for letter in patterns.CLEAR:
            if letter != form[place]:
                wrong = form[:place] + letter + form[place + 1 : -1]
                assert patterns.normal(patterns.check_character(wrong)) != form[-1]


def test_a_pattern_says_how_many_codes_it_has_and_each_is_another() -> None:
    assert patterns.combinations("A-##-@") == 3200
    assert patterns.combinations("SAME") == 1
    assert len({patterns.made("A-##-@", number, check=False) for number in range(3200)}) == 3200
    assert patterns.made("A-##-@", 3199, check=False) == "A-99-Z"
    assert patterns.made("A-##-@", 33, check=False) == "A-01-1"


def test_letters_of_made_codes_are_not_mistaken_for_others() -> None:
    assert not set("ILOU") & set(patterns.CLEAR)


@pytest.mark.parametrize(
    "written", ["sum-0117-qk8n", "SUM 0117 QK8N", "sum–O1l7 qk8n", "ＳＵＭ0117QK8N", " S.U.M.0117/QK8N "]
)
def test_however_it_is_written_it_is_the_same_code(written: str) -> None:
    assert patterns.normal(written) == "SUM0117QK8N"


@pytest.mark.parametrize("written", ["PRIMĂVARĂ26", "primăvară-26", "PRIMA\u0306VARA\u0306 26", "primavara26"])
def test_marks_of_letters_are_passed_over(written: str) -> None:
    assert patterns.normal(written) == "PR1MAVARA26"
    assert patterns.foreign(written) == ""


@pytest.mark.parametrize(("written", "foreign"), [("ВЕСНА2026", "ВЕСНА"), ("скидка 2026", "СКИДА"), ("Łódź26", "Ł")])
def test_letters_of_other_alphabets_stay_and_are_told(written: str, foreign: str) -> None:
    assert patterns.normal(written) not in {"2026", "0DZ26"}
    assert patterns.foreign(written) == foreign
    # A pattern of before that has such letters still makes codes, each found as it was made.
    made = patterns.made(f"{written}-##", 7, check=True)
    assert patterns.normal(made.lower()) == patterns.normal(made)


def test_what_may_be_shown_of_a_code_is_its_end_and_never_more_than_half() -> None:
    assert patterns.tail("SUM-0117-QK8N") == "QK8N"
    assert patterns.tail("AB12") == "12"
    assert patterns.tail("A") == ""
    assert patterns.tail("") == ""
