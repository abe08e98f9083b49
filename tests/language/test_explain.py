"""Why a condition did not hold: each part, its place, its result, what it read."""

from __future__ import annotations

import pytest

from regulars.language import service as language
from regulars.language.contracts import BOOL, ExplainedNode
from tests.language.world import EARNING, line, scope

TILL = scope(line("pet", 1250), line(None, 500), member={"tier": "silver"})


def explain(text: str) -> ExplainedNode:
    return language.explain(language.check(text, EARNING), EARNING, TILL)


def test_each_part_is_told_with_its_place_and_what_it_read() -> None:
    text = "type == 'purchase' && (member.tier in ['gold', 'platinum'] || basket.total >= 20)"
    whole = explain(text)
    assert (whole.text, whole.result, whole.reads) == (text, False, ())
    first, second = whole.parts
    assert (first.text, first.start, first.end, first.result) == ("type == 'purchase'", 0, 18, True)
    assert first.reads == (("type", "purchase"),)
    assert second.text == "(member.tier in ['gold', 'platinum'] || basket.total >= 20)"
    assert [(part.result, part.reads) for part in second.parts] == [
        (False, (("member.tier", "silver"),)),
        (False, (("basket.total", 1750),)),
    ]


def test_what_a_short_circuit_skips_is_told_too() -> None:
    assert [part.result for part in explain("false && basket.total > 5 && true").parts] == [False, True, True]


@pytest.mark.parametrize(
    ("text", "en", "ru", "ro"),
    [
        ("member.tier in ['gold', 'platinum']", "`member.tier` is silver; needs gold or platinum",
         "`member.tier` — silver; нужно gold или platinum", "`member.tier` este silver; trebuie gold sau platinum"),
        ("basket.total >= 20", "`basket.total` is 17.50; needs at least 20",
         "`basket.total` — 17.50; нужно не менее 20", "`basket.total` este 17.50; trebuie cel puțin 20"),
        ("20 < basket.total", "`basket.total` is 17.50; needs more than 20",
         "`basket.total` — 17.50; нужно больше 20", "`basket.total` este 17.50; trebuie mai mult de 20"),
        ("member.tier != 'silver'", "`member.tier` is silver; needs anything but silver",
         "`member.tier` — silver; нужно не silver", "`member.tier` este silver; trebuie altceva decât silver"),
        ("mcc == '5411'", "`mcc` is empty; needs 5411", "`mcc` — пусто; нужно 5411", "`mcc` este gol; trebuie 5411"),
        ("'lapsed' in member.segments", "`member.segments` is regular; needs a list with lapsed in it",
         "`member.segments` — regular; нужно список, где есть lapsed",
         "`member.segments` este regular; trebuie o listă care conține lapsed"),
        ("basket.lines.exists(l, l.category == 'dog')",
         "`basket.lines.exists(l, l.category == 'dog')` does not hold: `basket.lines[].category` is pet, empty",
         "`basket.lines.exists(l, l.category == 'dog')` не выполняется: `basket.lines[].category` — pet, пусто",
         "`basket.lines.exists(l, l.category == 'dog')` nu este îndeplinită: `basket.lines[].category` este pet, gol"),
        ("true", "`true` holds", "`true` выполняется", "`true` este îndeplinită"),
    ],
)  # fmt: skip
def test_a_sentence(text: str, en: str, ru: str, ro: str) -> None:
    part = explain(text)
    assert (part.sentence("en"), part.sentence("ru"), part.sentence("ro")) == (en, ru, ro)


def test_a_formula_tells_what_it_read() -> None:
    whole = explain("basket.lines.filter(l, l.category == 'pet').map(l, l.amount).sum() / 10")
    assert whole.result == 1_250_000
    assert whole.reads == (("basket.lines[].category", ["pet", None]), ("basket.lines[].amount", [1250]))


def test_explaining_agrees_with_running() -> None:
    texts = ("type == 'return' || !(basket.total > 5 && member.tier == 'gold')", "has(store) ? true : mcc == '1'")
    for text in texts:
        assert explain(text).result is language.to_python(language.check(text, EARNING, BOOL), EARNING)(TILL)
