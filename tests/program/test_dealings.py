"""What is said about exchanges, sales of points and pay-outs before anybody can publish them."""

from __future__ import annotations

from regulars.program import service as program
from regulars.program.contracts.dealings import Buying, Exchange, PayDay, PayOut
from regulars.program.contracts.report import Report
from regulars.program.contracts.values import Period, Ratio, Span, Unit

HEAD = "program: {name: deals, languages: [en], money: EUR, zone: Europe/Chisinau}\n"


def checked(currencies: str, rest: str = "") -> Report:
    return program.check(f"{HEAD}currencies:\n{currencies}\nactivities:\n  purchase: {{basket: true}}\n{rest}")


def codes(report: Report) -> list[tuple[str, str]]:
    told = (*report.faults, *report.warnings)
    return [(one.code, one.path) for one in told if one.code != "missing_title"]


def test_the_forms_in_yaml() -> None:
    text = f"""{HEAD}
currencies:
  points: {{scale: 1, cost: {{house: 0.01}}, exchange: {{to: {{miles: 1/3}}, least: 2.5, step: 0.5, per: {{calendar month: 100}}}}}}
  miles: {{cost: {{house: 0.02}}, buy: {{price: 0.02, step: 100, most: 5000, per: {{calendar year: 20000}}, withdrawal: 30 days}}}}
  cashback: {{kind: money, scale: 2, cost: {{house: 1}}, pay_out: {{monthly: day 10, smallest: 50.00, account: iban}}}}
attributes:
  iban: {{type: text, purpose: service}}
purposes:
  service: {{texts: {{v1: {{en: Service}}}}}}
activities:
  purchase: {{basket: true}}
"""
    report = program.check(text)
    assert [(one.path, one.message("en")) for one in report.faults] == []
    read = program.read(text)
    assert read.currencies["points"].exchange == Exchange(
        to={"miles": Ratio(1, 3)}, least=25, step=5, per={Period.MONTH: 1000}
    )
    assert read.currencies["miles"].buy == Buying(
        price=Ratio(1, 50), step=100, most=5000, per={Period.YEAR: 20000}, withdrawal=Span(30, Unit.DAY)
    )
    assert read.currencies["cashback"].pay_out == PayOut(account="iban", smallest=5000, monthly=PayDay(10))
    assert program.read(program.export(read)) == read


def test_a_circle_of_exchanges_that_makes_points_of_nothing_is_a_fault_with_its_figures() -> None:
    report = checked("""
  a: {cost: {house: 1}, exchange: {to: {b: 2}}}
  b: {cost: {house: 1}, exchange: {to: {c: 0.5}}}
  c: {cost: {house: 1}, exchange: {to: {a: 1.1}}}
""")
    (found,) = report.faults
    assert (found.code, found.path) == ("exchange_circle", "currencies.a")
    assert found.message("en") == "Round a > b > c > a, one becomes 1.1: points are made of nothing."


def test_a_circle_that_loses_or_keeps_is_none() -> None:
    assert (
        codes(
            checked("""
  a: {cost: {house: 1}, exchange: {to: {b: 2}}}
  b: {cost: {house: 1}, exchange: {to: {a: 0.5}}}
""")
        )
        == []
    )


def test_money_may_not_grow_by_buying_and_paying_out() -> None:
    report = checked(
        """
  miles: {cost: {house: 0.01}, buy: {price: 0.02}, exchange: {to: {cash: 0.03}}}
  cash: {kind: money, scale: 2, cost: {house: 1}, pay_out: {account: iban}}
""",
        "attributes: {iban: {type: text, purpose: p}}\npurposes: {p: {texts: {v1: {en: One}}}}",
    )
    assert [one.message("en") for one in report.faults] == [
        "Round cash > money > miles > cash, one becomes 1.5: points are made of nothing."
    ]


def test_contradictions() -> None:
    report = checked(
        """
  a: {cost: {house: 1}, exchange: {to: {a: 1, x: 2, b: 0}, step: 0, per: {day: 0}}}
  b: {cost: {house: 0.03}, buy: {price: 0.02, step: 100, most: 50}}
  c: {kind: status, exchange: {to: {b: 1}}}
  d: {scale: 1, value: 0.5, cost: {house: 1}, pay_out: {smallest: 0, account: nowhere}}
  e: {kind: money, scale: 2, cost: {house: 1}, pay_out: {account: born}}
  f: {cost: {house: 1}, exchange: {to: {}}}
""",
        "attributes: {born: {type: date, purpose: p}}\npurposes: {p: {texts: {v1: {en: One}}}}\n"
        "households: {family: {size: 3, pooled: [a, e]}}",
    )
    assert set(codes(report)) == {
        ("pay_out_shared", "households.family.pooled[1]"),
        ("convert_same", "currencies.a.exchange.to.a"),
        ("unknown_currency", "currencies.a.exchange.to.x"),
        ("not_positive", "currencies.a.exchange.to.b"),
        ("not_positive", "currencies.a.exchange.step"),
        ("not_positive", "currencies.a.exchange.per.day"),
        ("step_unreachable", "currencies.b.buy.step"),
        ("sold_below_cost", "currencies.b.buy.price"),
        ("status_dealt", "currencies.c.exchange"),
        ("pay_out_not_money", "currencies.d.pay_out"),
        ("pay_out_scale", "currencies.d.pay_out"),
        ("pay_out_value", "currencies.d.pay_out"),
        ("not_positive", "currencies.d.pay_out.smallest"),
        ("unknown_attribute", "currencies.d.pay_out.account"),
        ("pay_out_account", "currencies.e.pay_out.account"),
        ("exchange_nowhere", "currencies.f.exchange.to"),
    }
    assert [one.message("en") for one in report.warnings if one.code == "sold_below_cost"] == [
        "A unit is sold for 0.02 and costs 0.03."
    ]


def test_what_decides_nothing_is_a_fault() -> None:
    report = checked(
        "  a: {cost: {house: 1}, earns: true, spend: {same_basket: true}}",
        """rules:
  told: {trigger: purchase, effects: [{receipt: hello, say: {en: Hello}}], funding: [{by: house, share: 1}]}
  paid: {trigger: purchase, effects: [{give: a, amount: "1"}], funding: [{by: brand, share: 0.5}]}
""",
    )
    assert {one for one in codes(report) if one[0] != "unused"} == {
        ("pays_nothing", "currencies.a.earns"),
        ("pays_nothing", "currencies.a.spend.same_basket"),
        ("funding_of_nothing", "rules.told.funding"),
        ("shares_not_one", "rules.paid.funding"),
        ("funder_without_cost", "rules.paid.funding[0].by"),
    }


def test_a_day_that_some_months_have_not_is_no_pay_day() -> None:
    report = checked("  d: {kind: money, scale: 2, cost: {house: 1}, pay_out: {monthly: day 29, account: x}}")
    assert ("not_understood", "currencies.d.pay_out.monthly") in codes(report)
