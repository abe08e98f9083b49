"""What a release says of vouchers before it is published."""

from __future__ import annotations

import pytest

from regulars.program import service as program

HEAD = """
program: {name: shop, title: {en: A}, languages: [en], money: MDL, zone: Europe/Chisinau}
currencies:
  points: {title: {en: A}, expiry: 12 months, value: 0.01, cost: {house: 0.01}}
  gift: {title: {en: A}, kind: money, scale: 2, value: 1, expiry: never, cost: {house: 0}}
activities:
  purchase: {title: {en: A}, basket: true}
vouchers:
  other: {title: {en: A}, codes: {shared: HELLO}, effects: [{give: points, amount: "1"}]}
"""
GIVE = 'effects: [{give: points, amount: "1"}]'


@pytest.mark.parametrize(
    ("fields", "code", "where"),
    [
        (f'codes: {{shared: ABCD, pattern: "@@@@@@@@"}}, {GIVE}', "voucher_codes_both", "codes"),
        (f"codes: {{pattern: SAME}}, {GIVE}", "voucher_pattern_fixed", "codes.pattern"),
        (f"codes: {{pattern: 'A-####'}}, {GIVE}", "voucher_pattern_narrow", "codes.pattern"),
        (f"codes: {{shared: AB}}, {GIVE}", "voucher_code_short", "codes.shared"),
        (f"codes: {{shared: ВЕСНА2026}}, {GIVE}", "voucher_code_letters", "codes.shared"),
        (f"codes: {{pattern: 'ЛЕТО-####-@@@@'}}, {GIVE}", "voucher_code_letters", "codes.pattern"),
        # An L reads as a 1 and an O as a 0: it is the same code.
        (f"codes: {{shared: he1l0}}, {GIVE}", "voucher_shared_twice", "codes.shared"),
        (f"codes: {{shared: ABCD}}, holder: assigned, {GIVE}", "voucher_shared_assigned", "holder"),
        (f"gift: gift, {GIVE}", "voucher_gift_effects", "effects"),
        ("gift: points", "voucher_gift_currency", "gift"),
        ("gift: money", "unknown_currency", "gift"),
        ("holder: open", "no_effects", ""),
        (f"lock: 2 days, {GIVE}", "voucher_lock", "lock"),
        (f"lock: 1 month, {GIVE}", "voucher_lock", "lock"),
        (f"window: 3 hours, {GIVE}", "voucher_window", "window"),
        (f"from: 2026-02-01, until: 2026-01-01, {GIVE}", "dates_reversed", ""),
        (f"uses: {{code: 0}}, {GIVE}", "not_positive", "uses.code"),
        (f"value: 0, {GIVE}", "not_positive", "value"),
        (f"on: [visit], {GIVE}", "unknown_activity", "on[0]"),
        (f"audience: crowd, {GIVE}", "unknown_segment", "audience"),
        ("effects: [{voucher: winter}]", "unknown_name", "effects[0].voucher"),
        ("effects: [{refuse: no, say: {en: No}}]", "voucher_refuses", "effects[0]"),
    ],
)
def test_each_fault_is_told_at_its_place(fields: str, code: str, where: str) -> None:
    report = program.check(f"{HEAD}  card: {{title: {{en: A}}, {fields}}}\n")
    found = [(one.code, one.path) for one in (*report.faults, *report.warnings)]
    assert (code, f"vouchers.card.{where}".rstrip(".")) in found


def test_without_a_title_the_receipt_has_nothing_to_say() -> None:
    report = program.check(f"{HEAD}  card: {{{GIVE}}}\n")
    assert "voucher_untranslated" in [one.code for one in report.warnings]


def test_a_campaign_that_gives_a_code_to_who_was_given_one_goes_round_for_ever() -> None:
    text = HEAD.replace(
        "vouchers:\n",
        "rules:\n  again: {trigger: {event: voucher.given, name: other}, effects: [{voucher: other}]}\nvouchers:\n",
    )
    assert program.check(text).faults


def test_a_sound_campaign_has_no_faults() -> None:
    report = program.check(
        f'{HEAD}  card: {{title: {{en: A}}, codes: {{pattern: "A-@@@@-@@@@"}}, lock: 1 day, window: 1 year, gift: gift, value: 5.00}}\n'
    )
    assert (report.faults, report.warnings) == ((), ())
