from __future__ import annotations

import pickle
from datetime import date

import pytest

from regulars.kit import formats, i18n
from regulars.kit.errors import NotFound, RateLimited, RegularsError, ValidationFault
from regulars.kit.i18n import Text

POINTS = Text(en="{n} {n:point|points}", ru="{n} {n:балл|балла|баллов}", ro="{n} {n:punct|puncte|de puncte}")


@pytest.mark.parametrize(
    ("n", "en", "ru", "ro"),
    [
        (0, "0 points", "0 баллов", "0 puncte"),
        (1, "1 point", "1 балл", "1 punct"),
        (2, "2 points", "2 балла", "2 puncte"),
        (5, "5 points", "5 баллов", "5 puncte"),
        (11, "11 points", "11 баллов", "11 puncte"),
        (12, "12 points", "12 баллов", "12 puncte"),
        (19, "19 points", "19 баллов", "19 puncte"),
        (20, "20 points", "20 баллов", "20 de puncte"),
        (21, "21 points", "21 балл", "21 de puncte"),
        (22, "22 points", "22 балла", "22 de puncte"),
        (100, "100 points", "100 баллов", "100 de puncte"),
        (101, "101 points", "101 балл", "101 puncte"),
        (111, "111 points", "111 баллов", "111 puncte"),
        (-1, "-1 point", "-1 балл", "-1 punct"),
    ],
)
def test_numbers_and_nouns_agree(n: int, en: str, ru: str, ro: str) -> None:
    assert [i18n.fill(POINTS, language, {"n": n}) for language in ("en", "ru", "ro")] == [en, ru, ro]


def test_a_language_is_found_from_its_tag() -> None:
    tags = ["ru", "ro-MD", "RU_ru", "de", "", None]
    assert [i18n.language_of(tag) for tag in tags] == ["ru", "ro", "ru", "en", "en", "en"]


def test_a_text_reaches_no_attribute_of_a_value() -> None:
    leaky = Text(en="{x.__class__}", ru="{x[0]}", ro="{x}")
    for language in ("en", "ru"):
        with pytest.raises(KeyError):
            i18n.fill(leaky, language, {"x": "abc"})


def test_the_wrong_number_of_forms_is_refused() -> None:
    with pytest.raises(ValueError, match="needs 3 plural forms, got 2"):
        i18n.plural(1, "ru", "балл", "баллов")


def test_amounts_points_and_days_read_like_the_language() -> None:
    assert formats.amount(125000, "EUR", "en") == "1,250.00\N{NO-BREAK SPACE}EUR"
    assert formats.amount(-125005, "MDL", "ru") == "-1\N{NO-BREAK SPACE}250,05\N{NO-BREAK SPACE}MDL"
    assert formats.amount(1250, "JPY", "ro") == "1.250\N{NO-BREAK SPACE}JPY"
    assert formats.amount(7, "KWD", "en") == "0.007\N{NO-BREAK SPACE}KWD"
    assert formats.points(1234567, "ru") == "1\N{NO-BREAK SPACE}234\N{NO-BREAK SPACE}567"
    assert formats.points(1250, "en", scale=1) == "125.0"
    assert [formats.day(date(2027, 3, 5), language) for language in ("en", "ru", "ro")] == [
        "5 March 2027",
        "5 марта 2027",
        "5 martie 2027",
    ]


class TooFewPoints(RegularsError):
    status = 409
    texts = Text(
        en="{asked} asked, {available} there", ru="нужно {asked}, есть {available}", ro="{asked} din {available}"
    )
    asked: int
    available: int = 0


def test_an_error_has_a_code_data_and_a_text_in_each_language() -> None:
    error = TooFewPoints(asked=100, available=40)
    assert (error.status, error.code, error.fields) == (409, "too_few_points", {"asked": 100, "available": 40})
    assert [error.text(language) for language in ("en", "ru", "ro", "fr")] == [
        "100 asked, 40 there",
        "нужно 100, есть 40",
        "100 din 40",
        "100 asked, 40 there",
    ]
    assert str(error) == "too_few_points: 100 asked, 40 there"


def test_an_error_needs_its_fields_and_no_others() -> None:
    with pytest.raises(TypeError, match="needs asked"):
        TooFewPoints(available=1)  # type: ignore[call-arg]  # the fault that is tried
    with pytest.raises(TypeError, match="no field 'points'"):
        TooFewPoints(asked=1, points=2)  # type: ignore[call-arg]  # the fault that is tried
    assert TooFewPoints(asked=1).fields == {"asked": 1, "available": 0}


def test_an_error_crosses_processes_whole() -> None:
    copy = pickle.loads(pickle.dumps(TooFewPoints(asked=3, available=2)))  # noqa: S301  our own bytes
    assert (type(copy), copy.fields) == (TooFewPoints, {"asked": 3, "available": 2})


def test_common_errors_say_when_to_come_back() -> None:
    assert RateLimited(limit=5, window_s=60, wait_s=7).retry_after_s == 7
    assert NotFound(kind="member", id="mem_1").retry_after_s is None


def test_what_is_not_found_is_called_in_the_language_of_who_asks() -> None:
    fault = NotFound(kind="activity", id="act_1")
    told = [fault.text(language) for language in ("en", "ru", "ro")]
    assert told == ["There is no activity act_1.", "Не найдено: активность act_1.", "Nu există: activitatea act_1."]
    # Definitions are called as the program calls them.
    assert NotFound(kind="rules", id="base").text("ru") == "Не найдено: rules base."
    assert ValidationFault(field="lines", reason="at most 500").text("en") == "lines: at most 500"
    both = Text(en="at most 500", ru="не более 500", ro="cel mult 500")
    assert ValidationFault(field="lines", reason=both.en, reasons=both).text("ru") == "lines: не более 500"
