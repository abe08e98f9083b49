"""Choices and purposes under check: each fault once, at its place, and a program without any."""

from __future__ import annotations

import pytest

from regulars.program.choice_texts import CHOICES, PURPOSES
from tests.program.program_base import BASE, only, report

SOUND = (
    BASE.replace(
        "purposes:\n",
        """purposes:
  news: {title: {en: N, ru: Н, ro: N}, texts: {v1: {en: N, ru: Н, ro: N}}, channels: [sms], needs: consent, renew_after: 2 years}
""",
    )
    .replace("  tobacco: ", "  shelf: [bread, milk]\n  numbers: {type: int, values: [1]}\n  tobacco: ")
    .replace("  size: {type: text, purpose: service}", "  size: {type: text, purpose: news}")
    .replace("limits:\n", "  more: {trigger: visit, effects: [{slots: mine, by: 2}]}\nlimits:\n")
    + """
choices:
  mine: {options: [bread, milk, fish], pick: "2", period: calendar month, opens: day 25, decide_by: day 5, default: [bread], names: {bread: {en: B, ru: Х, ro: P}}, change: {fee: {cash: 1.50}, from: tomorrow, until: decide_by}}
  listed: {options: lists.shelf, period: calendar quarter, opens: 3 weeks}
  had: {options: member.attributes.pets, offered: "option != 'Rex'"}
"""
)

CASES = [
    ("choice_without_options", "choices.had.options", "member.attributes.pets, o", "[], o"),
    ("option_twice", "choices.mine.options[1]", "[bread, milk, fish]", "[bread, bread, fish]"),
    ("unknown_list", "choices.listed.options", "lists.shelf", "lists.shelv"),
    ("choice_list", "choices.listed.options", "lists.shelf", "lists.numbers"),
    ("unknown_attribute", "choices.had.options", "attributes.pets,", "attributes.pet,"),
    ("choice_records", "choices.had.options", "attributes.pets,", "attributes.size,"),
    ("not_understood", "choices.listed.options", "lists.shelf", "tables.shelf"),
    ("pick_above_options", "choices.mine.pick", 'pick: "2"', 'pick: "4"'),
    ("pick_nothing", "choices.mine.pick", 'pick: "2", period: calendar month, opens: day 25, decide_by: day 5, default: [bread]', 'pick: "0", period: calendar month, opens: day 25, decide_by: day 5'),
    ("expression_unknown_field", "choices.mine.pick", 'pick: "2"', 'pick: "member.teir == \'x\' ? 1 : 2"'),
    ("expression_unknown_name", "choices.mine.pick", 'pick: "2"', 'pick: "option == \'x\' ? 1 : 2"'),
    ("choice_period", "choices.listed.period", "period: calendar quarter", "period: activity"),
    ("choice_needs_period", "choices.listed.opens", "period: calendar quarter, opens", "opens"),
    ("day_after_period", "choices.mine.decide_by", "decide_by: day 5", "decide_by: day 32"),
    ("opens_too_early", "choices.listed.opens", "opens: 3 weeks", "opens: 4 months"),
    ("not_understood", "choices.listed.opens", "opens: 3 weeks", "opens: 3"),
    ("unknown_option", "choices.mine.default[0]", "default: [bread]", "default: [breed]"),
    ("default_above_pick", "choices.mine.default", "default: [bread]", "default: [bread, milk, fish]"),
    ("unknown_option", "choices.mine.names.wine", "names: {bread", "names: {wine"),
    ("unknown_currency", "choices.mine.change.fee.cahs", "fee: {cash", "fee: {cahs"),
    ("fee_not_whole", "choices.mine.change.fee.cash", "1.50", "1.505"),
    ("not_positive", "choices.mine.change.fee.cash", "1.50", "0"),
    ("not_understood", "choices.mine.change.from", "from: tomorrow", "from: today"),
    ("change_without_day", "choices.mine.change", "decide_by: day 5, ", ""),
    ("missing_translation", "choices.mine.names.bread", "names: {bread: {en: B, ru: Х, ro: P}}", "names: {bread: {en: B}}"),
    ("unknown_choice", "rules.more.effects[0].slots", "slots: mine", "slots: mien"),
    ("not_positive", "rules.more.effects[0].by", "mine, by: 2", "mine, by: 0"),
    ("purpose_without_text", "purposes.news.texts", "texts: {v1: {en: N, ru: Н, ro: N}}", "texts: {}"),
    ("missing_translation", "purposes.news.texts.v1", "texts: {v1: {en: N, ru: Н, ro: N}}", "texts: {v1: {en: N, ro: N}}"),
    ("needs_no_consent", "purposes.news.renew_after", "needs: consent, ", ""),
    ("renew_hours", "purposes.news.renew_after", "2 years", "2 hours"),
    ("channel_name", "purposes.news.channels[0]", "channels: [sms]", "channels: [S M S]"),
    ("required_without_consent", "attributes.size.required", "size: {type: text", "size: {required: true, type: text"),
    ("unknown_option", "rules.double.lines", "!('smoke' in line.groups)", "'breed' in member.choices.mine"),
    ("unknown_purpose", "rules.double.lines", "!('smoke' in line.groups)", "'news:email' in member.consents"),
    ("unknown_purpose", "attributes.size.purpose", "size: {type: text, purpose: news", "size: {type: text, purpose: nwes"),
]  # fmt: skip


def test_a_sound_program_has_no_faults() -> None:
    assert [(one.code, one.path) for one in report(SOUND).faults] == []


@pytest.mark.parametrize(("code", "path", "old", "new"), CASES)
def test_each_fault_at_its_place(code: str, path: str, old: str, new: str) -> None:
    assert old in SOUND
    found = only(report(SOUND.replace(old, new, 1)))
    assert (found.code, found.path) == (code, path)


def test_a_purchase_that_needs_consent_is_a_doubt() -> None:
    found = report(SOUND.replace("purchase: {basket: true", "purchase: {purpose: news, basket: true"))
    assert found.ok
    assert [one.code for one in found.warnings if one.path == "activities.purchase.purpose"] == ["basket_needs_consent"]


def test_every_fault_of_choices_and_purposes_is_met_by_a_case() -> None:
    met = {code for code, *_ in CASES} | {"basket_needs_consent"}
    assert {*CHOICES, *PURPOSES} - met == set()


def test_a_fault_says_what_to_do() -> None:
    found = only(report(SOUND.replace("decide_by: day 5, ", "", 1)))
    assert found.message("en") == "Changes end with decide_by, which is not set."
    assert found.mend("ru") == "Задайте decide_by или напишите change: always."
