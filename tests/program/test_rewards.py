"""What `check` says of rewards: who can have them, what they cost, what they are made of."""

from __future__ import annotations

import itertools

import pytest

from regulars.program import service as program

HEAD = """
program: {name: desk, money: MDL, zone: Europe/Chisinau}
currencies:
  points: {kind: points, expiry: 12 months, value: 0.01, cost: {house: 0.008}}
  cash: {kind: money, scale: 2, expiry: never, value: 1.00, cost: {house: 1.00}}
  status: {kind: status, expiry: never}
activities: {purchase: {basket: true}}
rules: {base: {kind: base, trigger: purchase, effects: [{give: points, amount: "basket.base"}]}}
"""


def said(text: str) -> dict[str, str]:
    """Path -> code of everything about rewards that `check` has to say."""
    report = program.check(HEAD + text)
    found = {one.path: one.code for one in (*report.faults, *report.warnings)}
    return {path: name for path, name in found.items() if path.startswith(("reward", "rules"))}


def test_a_sound_catalogue_has_nothing_said_about_it() -> None:
    text = """
purposes: {post: {texts: {v1: {en: To send, ru: Отправить, ro: A trimite}}}}
attributes: {size: {type: text, edits: [member], purpose: post}}
reward_types:
  sent: {purpose: post, form: {address: {type: text, personal: true, required: true}}, steps: [{parcel: [packed, there]}]}
  free: {effects: [{free_item: 1}]}
rewards:
  shirt: {type: sent, prices: [{points: 900}, {points: 500, money: 4.00}], variants: [s, m], variant_of: size, value: 8.00}
  coffee: {type: free, prices: [{points: 90}], lines: "line.category == 'coffee'"}
  gift: {prices: [{points: 900}], choose: [shirt, coffee], expires: 14 days, if: "member.balances.points >= 0"}
  cashed: {prices: [{points: 200}], steps: [{credit: cash, amount: 2}]}
"""
    assert said(text) == {}


@pytest.mark.parametrize(
    ("text", "path", "expected"),
    [
        ("rewards: {mug: {title: {en: Mug}}}", "rewards.mug", "reward_never_had"),
        ("rewards: {mug: {prices: [{status: 5}]}}", "rewards.mug.prices[0].status", "price_not_spendable"),
        ("rewards: {mug: {prices: [{stars: 5}]}}", "rewards.mug.prices[0].stars", "unknown_currency"),
        ("rewards: {mug: {prices: [{points: 100}], value: 1.01}}", "rewards.mug", "reward_pays_out"),
        (
            "rewards: {mug: {prices: [{points: 100}], steps: [{credit: cash, amount: 2}]}}",
            "rewards.mug",
            "reward_pays_out",
        ),
        (
            "rewards: {mug: {prices: [{points: 10}], value: 0.01, steps: [{credit: points, amount: 500000 + 500000}]}}",
            "rewards.mug",
            "reward_pays_out",
        ),
        (
            "rewards: {set: {prices: [{points: 10}], bundle: [mug]}, mug: {steps: [{credit: points, amount: 11}]}}",
            "rewards.set",
            "reward_pays_out",
        ),
        (
            "rewards: {mug: {prices: [{points: 10}], steps: [{effects: [{give: points, amount: '11'}]}]}}",
            "rewards.mug",
            "reward_pays_out",
        ),
        ("rewards: {mug: {prices: [{points: 0 - 1000}]}}", "rewards.mug.prices[0].points", "price_not_positive"),
        ("rewards: {mug: {prices: [{points: 0}]}}", "rewards.mug.prices[0].points", "price_not_positive"),
        ("rewards: {mug: {type: sent, prices: [{points: 1}]}}", "rewards.mug.type", "unknown_reward_type"),
        (
            "rewards: {mug: {prices: [{points: 1}], steps: [{credit: stars, amount: 1}]}}",
            "rewards.mug.steps[0].credit",
            "unknown_currency",
        ),
        (
            "rewards: {mug: {prices: [{points: 1}], steps: [{offer: ten}]}}",
            "rewards.mug.steps[0].offer",
            "unknown_name",
        ),
        (
            "rewards: {mug: {prices: [{points: 1}], steps: [{issue_code: ten}]}}",
            "rewards.mug.steps[0].issue_code",
            "unknown_name",
        ),
        ("rewards: {mug: {prices: [{points: 1}], steps: [{fly: ten}]}}", "rewards.mug.steps[0]", "unknown_reward_step"),
        (
            "rewards: {mug: {prices: [{points: 1}], steps: [{offer: ten, webhook: x}]}}",
            "rewards.mug.steps[0]",
            "several_steps",
        ),
        ("rewards: {mug: {prices: [{points: 1}], choose: [cup]}}", "rewards.mug.choose[0]", "unknown_reward"),
        (
            "rewards: {mug: {prices: [{points: 1}], bundle: [cup]}, cup: {bundle: [mug]}}",
            "rewards.mug",
            "reward_circle",
        ),
        (
            "rewards: {mug: {prices: [{points: 1}], choose: [cup]}, cup: {choose: [bag]}, bag: {}}",
            "rewards.mug.choose[0]",
            "reward_nested_choice",
        ),
        (
            "rewards: {mug: {prices: [{points: 1}], variants: [s], variant_of: size}}",
            "rewards.mug.variant_of",
            "variant_unpicked",
        ),
        ("rewards: {mug: {prices: [{points: 1}], variants: [s, s]}}", "rewards.mug.variants[1]", "variant_name"),
        ("rewards: {mug: {prices: [{points: 1}], variant_of: size}}", "rewards.mug.variant_of", "variants_missing"),
        ("rewards: {mug: {prices: [{points: 1}], limits: {day: 0}}}", "rewards.mug.limits.day", "reward_limit"),
        ("rewards: {mug: {prices: [{money: 0}]}}", "rewards.mug.prices[0]", "price_empty"),
        (
            "rewards: {mug: {prices: [{points: 1}], audience: rich}}",
            "rewards.mug.audience",
            "unknown_segment",
        ),
        (
            "reward_types: {sent: {form: {address: {type: text, personal: true}}}}",
            "reward_types.sent.form.address",
            "form_personal_purpose",
        ),
        (
            "reward_types: {sent: {form: {guests: {type: int, smallest: 4, largest: 3}}}}",
            "reward_types.sent.form.guests",
            "form_sizes",
        ),
        ("reward_types: {sent: {purpose: post}}", "reward_types.sent.purpose", "unknown_purpose"),
        ("reward_types: {sent: {steps: [{parcel: [a, a]}]}}", "reward_types.sent.steps[0].parcel", "parcel_stages"),
        (
            'reward_types: {sent: {}}\nrewards: {mug: {type: sent, prices: [{points: 1}], lines: "line.no == 1"}}',
            "rewards.mug.lines",
            "lines_without_effects",
        ),
    ],
)
def test_what_cannot_be_is_told_at_its_place(text: str, path: str, expected: str) -> None:
    assert said(text).get(path) == expected


def test_a_rule_that_gives_what_there_is_not_is_told() -> None:
    text = "  gift: {trigger: purchase, effects: [{reward: nothing}]}\n"
    report = program.check(HEAD.rstrip("\n").replace("rules: {base: ", "rules:\n  base: ").rstrip("}") + "}\n" + text)
    assert "unknown_reward" in {one.code for one in report.faults}


def test_both_figures_stand_in_the_warning_of_what_pays_out() -> None:
    report = program.check(HEAD + "rewards: {mug: {prices: [{points: 100}], value: 1.50}}")
    warning = next(one for one in report.warnings if one.code == "reward_pays_out")
    assert "1.50" in warning.texts.en
    assert "1.00" in warning.texts.en


@pytest.mark.parametrize(
    ("text", "worth"),
    [
        # A gift card of 1.00 for 10 points, which are 0.10.
        ("mug: {prices: [{points: 10}], steps: [{issue_code: won}]}", "1.00"),
        ("mug: {prices: [{points: 10}], steps: [{effects: [{voucher: won}]}]}", "1.00"),
        ("mug: {prices: [{points: 10}], bundle: [cup, bag]}", "7.00"),
        ("mug: {prices: [{points: 10}], bundle: [cup, bag], steps: [{credit: cash, amount: 1}]}", "8.00"),
        ("mug: {prices: [{points: 10}], choose: [cup, bag]}", "5.00"),
        ("mug: {prices: [{points: 799}], bundle: [cup, bag], value: 8.00}", "8.00"),
    ],
)
def test_codes_parts_and_choices_are_worth_what_they_are_worth(text: str, worth: str) -> None:
    rest = """
vouchers: {won: {codes: {pattern: "GIFT-@@@@-@@@@-@@@@"}, gift: cash, value: 1.00}}
rewards:
  cup: {value: 2.00}
  bag: {value: 5.00}
  """
    report = program.check(HEAD + rest + text)
    warning = next(one for one in report.warnings if one.path == "rewards.mug")
    assert (warning.code, f"worth {worth} " in warning.texts.en) == ("reward_pays_out", True), warning.texts.en
    fair = program.check(
        HEAD + rest + text.replace("points: 10}", "points: 800}").replace("points: 799", "points: 800")
    )
    assert not [one for one in fair.warnings if one.path == "rewards.mug"]


def test_an_offer_that_a_reward_gives_is_given_and_nothing_is_made_of_endless_parts() -> None:
    offer = """
offers: {triple: {title: {en: T, ru: Т, ro: T}, effects: [{give: points, amount: "7"}], window: 10 days}}
reward_types: {gives: {steps: [{offer: triple}]}}
rewards: {mug: {type: gives, prices: [{points: 10}]}}
"""
    assert "offer_never_given" not in {one.code for one in program.check(HEAD + offer).warnings}
    # Doubled six times: 2 + 4 + ... + 64 + 1 = 127 parts.
    names = [f"r{n}" for n in range(7)]
    doubled = "".join(f"  {one}: {{bundle: [{part}, {part}]}}\n" for one, part in itertools.pairwise(names))
    made = f"rewards:\n{doubled}  r6: {{}}\n"
    (fault,) = [one for one in program.check(HEAD + made).faults if one.code == "reward_too_many_parts"]
    assert (fault.path, "127 parts" in fault.texts.en) == ("rewards.r0", True)


def test_a_currency_without_a_value_is_held_against_itself() -> None:
    text = HEAD.replace("value: 0.01, ", "")
    reward = "rewards: {mug: {prices: [{points: 10}], steps: [{credit: points, amount: 1000000}]}}"
    warning = next(one for one in program.check(text + reward).warnings if one.code == "reward_gives_back")
    assert "1000000.00 points" in warning.texts.en
    assert "10.00" in warning.texts.en


def test_an_order_of_a_partners_reward_credits_no_more_than_the_partner_has() -> None:
    partner = "partners: {cats: {may_define: [rewards], budget: {points: {points: 999}}}}\n"
    reward = "rewards: {{mug: {{owner: cats, prices: [{{points: 2000}}], steps: [{{credit: points, amount: {}}}]}}}}"
    codes = {
        amount: {one.code for one in program.check(HEAD + partner + reward.format(amount)).faults}
        for amount in (999, 1000)
    }
    assert ["reward_beyond_partner" in codes[amount] for amount in (999, 1000)] == [False, True]
