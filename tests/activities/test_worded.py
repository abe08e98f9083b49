"""What people read: definitions by their titles, numbers as their language writes them. What machines read stays."""

from __future__ import annotations

import json
from typing import Any

from regulars.activities import answers, worded
from regulars.engine.contracts.decision import Message, Refusal
from regulars.engine.orders import forms
from regulars.program.contracts.definitions import Currency
from regulars.program.contracts.rewards import Reward
from regulars.program.contracts.values import Ratio, Text
from tests.engine.shop import Shop

POINTS = Currency(
    name="points", title=Text(en="Points", ru="Баллы", ro="Puncte"), value=Ratio(1, 100), cost={"house": Ratio(1, 100)}
)
CASH = Currency(name="cash", title=Text(en="Cashback"), scale=2, cost={"house": Ratio(1)})
WASH = Reward(name="wash", title=Text(en="Car wash", ru="Мойка", ro="Spălare"), type="gift")
NBSP = "\N{NO-BREAK SPACE}"


def refusal(code: str, **fields: Any) -> dict[str, Any]:
    compiled = Shop(POINTS, CASH, WASH).compiled
    told: dict[str, Any] = json.loads(answers.refused(Refusal(code=code, status=409, fields=fields), compiled).body)
    return told


def said(code: str, **fields: object) -> dict[str, str]:
    titles = worded.titles(Shop(POINTS, CASH, WASH).compiled)
    return worded.message(Message(to="receipt", code=code, fields=fields), titles)


def test_a_refusal_calls_definitions_by_their_titles_and_machines_keep_the_names() -> None:
    told = refusal("reward_not_for_basket", reward="wash")
    assert told["texts"] == {
        "en": "Car wash does nothing for this basket.",
        "ru": "Награда Мойка не подходит к этой корзине.",
        "ro": "Recompensa Spălare nu se potrivește acestui coș.",
    }
    assert told["fields"] == {"reward": "wash"}
    passed_on = refusal("transfer_not_allowed", currency="points")["texts"]
    assert passed_on["ru"] == "Баллы нельзя передавать другим участникам."
    # What the program does not have is shown as it was written.
    assert refusal("unknown_reward", reward="boat")["detail"] == "This program has no reward boat."


def test_what_an_erasure_would_lose_is_told_by_currency_in_its_units() -> None:
    told = refusal("erasure_loses_points", points={"points": 100, "cash": 1250})
    first = "The balance is not empty (Points: 100, Cashback: 12.50)."
    assert told["detail"] == f"{first} Pay out what is there first, or say forfeits: true."
    assert told["texts"]["ru"].startswith("Баланс не пуст (Баллы: 100, Cashback: 12,50).")
    assert told["fields"] == {"points": {"points": 100, "cash": 1250}}
    lapsed = refusal("nothing_lapsed", currency="cash", asked=200, lapsed=50)["texts"]["en"]
    assert lapsed == "2.00 Cashback were to be reinstated; 0.50 have expired and were not reinstated yet."


def test_a_title_of_one_language_serves_the_others() -> None:
    assert refusal("not_paid_out", currency="cash")["texts"]["ru"].startswith("Cashback")


def test_what_a_form_expects_is_told_in_each_language() -> None:
    told = refusal("reward_form_fault", field="form.address", expected="a text")
    assert told["texts"]["ru"] == "form.address: ожидается текст."
    assert told["texts"]["ro"] == "form.address: se așteaptă un text."
    picked = refusal("reward_part_unknown", reward="wash", part="choice", known="wax, foam")["texts"]
    assert picked["ru"] == "Мойка: выберите из списка: wax, foam."
    assert picked["ro"] == "Spălare: alegeți una dintre: wax, foam."


def test_every_type_of_a_form_has_its_words() -> None:
    assert {expected for expected, _ in forms._FITS.values()} == set(worded._EXPECTED)


def test_money_in_a_refusal_is_a_decimal_with_its_money() -> None:
    told = refusal("reward_money_missing", reward="wash", money=500, paid=0)
    assert told["texts"]["en"] == f"Car wash costs 5.00{NBSP}MDL beside the points; 0.00{NBSP}MDL was paid."
    assert told["texts"]["ru"] == f"Мойка стоит 5,00{NBSP}MDL сверх баллов; оплачено 0,00{NBSP}MDL."
    assert told["fields"] == {"reward": "wash", "money": 500, "paid": 0}


def test_points_in_a_refusal_have_the_decimals_of_their_currency() -> None:
    short = {"asked": 250000, "available": 3427}
    told = refusal("insufficient_points", currency="cash", **short)
    assert told["detail"] == "2,500.00 points were asked for, 34.27 are available."
    told = refusal("insufficient_points", currency="points", **short)
    assert told["detail"] == "250,000 points were asked for, 3,427 are available."
    assert (told["fields"]["asked"], told["fields"]["available"]) == (250000, 3427)


def test_what_becomes_of_an_order_is_told_with_the_title_of_its_reward() -> None:
    assert said("order.fulfilled", reward="wash")["ru"] == "Мойка: заказ выполнен."


def test_what_waits_is_told_with_the_day_or_without_one() -> None:
    assert said("points.waiting", currency="points", points=1200, active_on="2026-03-06") == {
        "en": "Points that can be used from 6 March 2026: 1,200.",
        "ru": f"Баллы: 1{NBSP}200 можно использовать с 6 марта 2026.",
        "ro": "Puncte: 1.200 pot fi folosite din 6 martie 2026.",
    }
    assert said("points.unconfirmed", currency="points", points=5)["ru"] == "Баллы: 5 ожидает подтверждения."


def test_points_are_grouped_as_the_language_groups() -> None:
    assert said("balance", currency="points", points=3427) == {
        "en": "Points, balance: 3,427.",
        "ru": f"Баллы: баланс 3{NBSP}427.",
        "ro": "Puncte: sold 3.427.",
    }


def test_the_noun_beside_a_grouped_number_still_fits_it() -> None:
    own = Message(to="receipt", code="x", fields={"points": 1002}, say={"en": "{points} {points:point|points}"} | NOUNS)
    assert worded.message(own, {}) == {"en": "1,002 points", "ru": f"1{NBSP}002 балла", "ro": "1.002 puncte"}


NOUNS = {"ru": "{points} {points:балл|балла|баллов}", "ro": "{points} {points:punct|puncte|de puncte}"}


def test_quantities_have_no_zeros_at_their_end_and_money_has() -> None:
    litres = {"progress": {"amount": 40_000, "scale": 3}, "target": {"amount": 1_000_000, "scale": 3}}
    assert said("challenge.progress", challenge="Litres", **litres)["en"] == "Litres: 40 of 1,000."
    litres["progress"] = {"amount": 40_500, "scale": 3}
    assert said("challenge.progress", challenge="Litres", **litres)["ro"] == "Litres: 40,5 din 1.000."
    lei = {"progress": {"amount": 4000, "scale": 2}, "target": {"amount": 100_000, "scale": 2}}
    assert said("challenge.progress", challenge="Lei", **lei)["en"] == "Lei: 40.00 of 1,000.00."
