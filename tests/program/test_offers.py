"""Offers as definitions: what is wrong with one, and what they are read as."""

from __future__ import annotations

import pytest

from regulars.program import service as program
from regulars.program.contracts.offers import Activate
from regulars.program.contracts.values import Span, Unit
from tests.program.program_base import BASE, report

TITLE = "title: {en: Double, ru: Вдвое, ro: Dublu}"
DOES = "effects: [{multiply: points, by: 2}]"


def with_offer(fields: str, rule: str = "") -> str:
    text = BASE.replace("rules:\n", f"rules:\n{rule}", 1)
    return text + f"offers:\n  twice: {{{TITLE}, {fields}}}\n"


def faults(text: str) -> list[tuple[str, str]]:
    return [(one.code, one.path) for one in report(text).faults]


def warnings(text: str) -> list[tuple[str, str]]:
    return [(one.code, one.path) for one in report(text).warnings if one.path.startswith("offers")]


def test_an_offer_of_an_audience_is_sound() -> None:
    text = with_offer(f"audience: new, {DOES}")
    assert (faults(text), warnings(text)) == ([], [])
    read = program.read(text).offers["twice"]
    assert (read.activate, read.uses, read.window) == (Activate.SELF, None, None)
    tapped = program.read(with_offer(f"audience: new, activate: tap, window: 2 weeks, {DOES}")).offers["twice"]
    assert (tapped.activate, tapped.window) == (Activate.TAP, Span(2, Unit.WEEK))


@pytest.mark.parametrize(
    ("fields", "code", "path"),
    [
        ("audience: new, effects: []", "no_effects", "offers.twice"),
        (f"audience: nwe, {DOES}", "unknown_segment", "offers.twice.audience"),
        (f'audience: "basket.total > 1.00", {DOES}', "expression_segment_reads_member", "offers.twice.audience"),
        (f"audience: new, window: 2 hours, {DOES}", "offer_window", "offers.twice.window"),
        (f"audience: new, window: 0 days, {DOES}", "not_understood", "offers.twice.window"),
        (f"audience: new, from: 2027-02-01, until: 2027-02-01, {DOES}", "dates_reversed", "offers.twice"),
        (f"audience: new, uses: 0, {DOES}", "not_positive", "offers.twice.uses"),
        (f"audience: new, activate: tap, {DOES}", "offer_never_ends", "offers.twice"),
        (f"audience: new, on: [sale], {DOES}", "unknown_activity", "offers.twice.on[0]"),
        (f"audience: new, on: [visit], {DOES}", "needs_basket", "offers.twice.on[0]"),
        (f"audience: new, placements: [Till], {DOES}", "bad_name", "offers.twice.placements[0]"),
        (
            f'audience: new, params: {{least: "basket.total"}}, {DOES}',
            "expression_segment_reads_member",
            "offers.twice.params.least",
        ),
        (f'audience: new, params: {{p: "member.segments"}}, {DOES}', "offer_param_type", "offers.twice.params.p"),
        (f'audience: new, params: {{P: "1"}}, {DOES}', "bad_name", "offers.twice.params.P"),
        (f'audience: new, if: "offer.most > 1", {DOES}', "expression_unknown_field", "offers.twice.if"),
        (f"audience: new, lines: \"line.categry == 'x'\", {DOES}", "expression_unknown_field", "offers.twice.lines"),
        ("audience: new, effects: [{multiply: gems, by: 2}]", "unknown_currency", "offers.twice.effects[0].multiply"),
        ("audience: new, effects: [{refuse: no, say: {en: No}}]", "offer_refuses", "offers.twice.effects[0]"),
        ("audience: new, effects: [{offer: thrice}]", "unknown_name", "offers.twice.effects[0].offer"),
        (f"audience: new, funding: [{{by: house, share: 0.5}}], {DOES}", "shares_not_one", "offers.twice.funding"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(fields: str, code: str, path: str) -> None:
    assert (code, path) in faults(with_offer(fields))


def test_an_offer_that_nobody_has_is_warned_of_until_an_effect_gives_it() -> None:
    assert warnings(with_offer(DOES)) == [("offer_never_given", "offers.twice")]
    gives = "  gives: {trigger: purchase, effects: [{offer: twice}]}\n"
    assert warnings(with_offer(DOES, gives)) == []


def test_words_that_a_language_lacks_are_warned_of() -> None:
    text = with_offer(f"audience: new, text: {{en: Twice}}, {DOES}")
    assert warnings(text) == [("offer_untranslated", "offers.twice.text")]
    assert warnings(text.replace(TITLE, "title: {en: Double, ru: Вдвое}")) == [
        ("offer_untranslated", "offers.twice.title"),
        ("offer_untranslated", "offers.twice.text"),
    ]


def test_what_is_sensitive_is_worked_out_for_no_till() -> None:
    text = BASE.replace("size: {type: text,", "size: {type: text, sensitive: true,", 1)
    params = "params: {shown: \"has(member.attributes.size) ? member.attributes.size : 'm'\"}"
    text += f"offers:\n  twice: {{{TITLE}, audience: new, {params}, {DOES}}}\n"
    assert faults(text) == [("sensitive_told", "offers.twice.params.shown")]


def test_rules_that_give_each_other_offers_in_a_circle_are_told() -> None:
    rules = (
        "  one: {trigger: {event: offer.given, name: twice}, effects: [{offer: other}]}\n"
        "  two: {trigger: {event: offer.given, name: other}, effects: [{offer: twice}]}\n"
    )
    text = with_offer(DOES, rules) + f"  other: {{{TITLE}, {DOES}}}\n"
    assert "rules_in_circle" in [code for code, _ in faults(text)]
