"""What is said about referrals and transfers before anybody can publish them."""

from __future__ import annotations

import pytest

from regulars.program import service as program
from regulars.program.contracts.effects import Give
from regulars.program.contracts.referrals import Referral, ReferralCode, ReferralEffects, Same, Undone
from regulars.program.contracts.report import Report
from regulars.program.contracts.transfers import Transfer, TransferTo
from regulars.program.contracts.values import Period, Span, Unit

HEAD = """program: {name: friends, languages: [en], money: EUR, zone: Europe/Chisinau}
currencies:
  points: {cost: {house: 0.01}}
  coins: {scale: 2, cost: {house: 1}}
  stars: {kind: status}
activities:
  purchase: {basket: true}
"""
BOTH = '{both: [{give: points, amount: "1"}]}'


def checked(text: str, currency: str = "") -> Report:
    return program.check(HEAD.replace("  coins: {scale: 2, ", f"  coins: {{scale: 2, {currency}") + text)


def codes(report: Report) -> list[tuple[str, str]]:
    told = (*report.faults, *report.warnings)
    return [(one.code, one.path) for one in told if one.code != "missing_title"]


def referral(converts: str = "basket.total >= 3.00", effects: str = BOTH, more: str = "") -> str:
    return f'referrals:\n  friend: {{converts: "{converts}", effects: {effects}{more}}}\n'


def test_the_forms_in_yaml() -> None:
    text = HEAD.replace(
        "scale: 2,", 'scale: 2, transfer: {least: 1.50, most: 20, per: {day: 30}, fee: "0.10", to: household},'
    ) + referral(
        effects='{both: [{give: points, amount: "1"}], levels: [[{give: coins, amount: "event.total * 0.01"}]]}',
        more=", code: {prefix: MAX-, length: 6}, join: 3 days, within: 2 weeks, limits: {calendar year: 5}, "
        "same_person: [phone], on_reversal: keep",
    )
    text += "households:\n  family: {size: 4}\n"
    read = program.read(text)
    assert read.currencies["coins"].transfer == Transfer(
        least=150, most=2000, per={Period.DAY: 3000}, fee="0.10", to=TransferTo.HOUSEHOLD
    )
    assert read.referrals["friend"] == Referral(
        name="friend",
        converts="basket.total >= 3.00",
        code=ReferralCode(prefix="MAX-", length=6),
        join=Span(3, Unit.DAY),
        within=Span(2, Unit.WEEK),
        limits={Period.YEAR: 5},
        same_person=(Same.PHONE,),
        on_reversal=Undone.KEEP,
        effects=ReferralEffects(
            both=(Give(give="points", amount="1"),), levels=((Give(give="coins", amount="event.total * 0.01"),),)
        ),
    )
    assert codes(program.check(text)) == []
    assert program.read(program.export(read)) == read


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (referral("member.tier == 'gold'"), ("expression_metric_reads_activity", "referrals.friend.converts")),
        (referral(more=", same_person: [shoe]"), ("unknown_value", "referrals.friend.same_person[0]")),
        (referral(more=", code: {length: 5}"), ("referral_code_length", "referrals.friend.code.length")),
        (referral(more=", code: {prefix: max}"), ("referral_code_prefix", "referrals.friend.code.prefix")),
        (referral(more=", link: https://x.example"), ("referral_link", "referrals.friend.link")),
        (referral(more=", limits: {day: 0}"), ("not_positive", "referrals.friend.limits.day")),
        (referral(more=", limits: {activity: 1}"), ("referral_limit_period", "referrals.friend.limits.activity")),
        (referral(effects="{both: []}"), ("referral_gives_nothing", "referrals.friend.effects")),
        (
            referral(effects='{both: [{give: ponts, amount: "1"}]}'),
            ("unknown_currency", "referrals.friend.effects.both[0].give"),
        ),
        (
            referral(effects='{friend: [{give: points, amount: "basket.no"}]}'),
            ("expression_unknown_field", "referrals.friend.effects.friend[0].amount"),
        ),
        (
            referral(effects="{referrer: [{multiply: points, by: 2}]}"),
            ("effect_not_in_referral", "referrals.friend.effects.referrer[0]"),
        ),
        (
            referral(effects=BOTH[:-1] + ", levels: " + str([[], [], []]) + "}"),
            ("referral_levels", "referrals.friend.effects.levels"),
        ),
    ],
)
def test_what_a_referral_may_not_be(text: str, expected: tuple[str, str]) -> None:
    assert expected in codes(checked(text)), codes(checked(text))


@pytest.mark.parametrize(
    ("transfer", "expected"),
    [
        ("{least: 0}", ("not_positive", "currencies.coins.transfer.least")),
        ("{least: 2, most: 1}", ("transfer_out_of_reach", "currencies.coins.transfer.most")),
        ("{least: 2, per: {day: 1}}", ("transfer_out_of_reach", "currencies.coins.transfer.per.day")),
        ("{to: household}", ("transfer_without_household", "currencies.coins.transfer.to")),
        ('{fee: "basket.nothing"}', ("expression_unknown_field", "currencies.coins.transfer.fee")),
    ],
)
def test_what_a_transfer_may_not_be(transfer: str, expected: tuple[str, str]) -> None:
    assert expected in codes(checked("", currency=f"transfer: {transfer}, "))


def test_what_all_share_is_passed_on_to_nobody() -> None:
    report = checked("households:\n  family: {size: 3, pooled: [coins]}\n", currency="transfer: {to: household}, ")
    assert ("transfer_of_what_is_shared", "currencies.coins.transfer.to") in codes(report)


def test_status_points_that_are_passed_on_are_worth_a_warning() -> None:
    report = program.check(HEAD.replace("{kind: status}", "{kind: status, transfer: {}}"))
    assert [(one.code, one.path) for one in report.warnings if one.code == "status_transferred"] == [
        ("status_transferred", "currencies.stars.transfer")
    ]
    assert report.faults == ()
