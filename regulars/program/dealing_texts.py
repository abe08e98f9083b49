"""The sentences of faults about exchanges, sales of points and pay-outs."""

from __future__ import annotations

from typing import Final

from regulars.program.fault_rows import Row
from regulars.program.fault_rows import fault_row as _fault
from regulars.program.fault_rows import warning_row as _warning

DEALINGS: Final[dict[str, Row]] = {
    "status_dealt": _fault(
        "Status points are earned and nothing else: they have no {deal}.",
        "Статусные баллы только зарабатываются: у них не бывает {deal}.",
        "Punctele de statut doar se câștigă: ele nu au {deal}.",
    ),
    "exchange_nowhere": _fault(
        "It says no currency that it is exchanged for.",
        "Не указана валюта, на которую производится обмен.",
        "Nu este indicată nicio monedă în care se schimbă.",
        ("Name a currency and its rate.", "Укажите валюту и курс.", "Indicați o monedă și cursul ei."),
    ),
    "exchange_circle": _fault(
        "Round {circle}, one becomes {makes}: points are made of nothing.",
        "По кругу {circle} из одной единицы получается {makes}: баллы возникают из ничего.",
        "În cercul {circle}, o unitate devine {makes}: puncte din nimic.",
        (
            "Lower one of the rates, so that a round gives back no more than went in.",
            "Снизьте один из курсов, чтобы круг возвращал не больше, чем вложено.",
            "Micșorați unul dintre cursuri, ca un cerc să nu dea mai mult decât a intrat.",
        ),
    ),
    "sold_below_cost": _warning(
        "A unit is sold for {price} and costs {cost}.",
        "Единица продаётся за {price}, а стоит {cost}.",
        "O unitate se vinde cu {price} și costă {cost}.",
    ),
    "pay_out_not_money": _fault(
        "Only a currency of kind money is paid out; this is {kind}.",
        "Выплачивается только валюта вида money; здесь {kind}.",
        "Doar o monedă de felul money se plătește; aceasta este {kind}.",
    ),
    "pay_out_scale": _fault(
        "It has {scale} decimals and {money} has {decimals}: what is paid out must be exact.",
        "У неё знаков после запятой: {scale}, у {money}: {decimals}; выплата должна быть точной.",
        "Are {scale} zecimale, iar {money} are {decimals}: ce se plătește trebuie să fie exact.",
        ("Write scale: {decimals}.", "Укажите scale: {decimals}.", "Scrieți scale: {decimals}."),
    ),
    "pay_out_value": _fault(
        "It pays {value} at the till, but is paid out one for one.",
        "На кассе она стоит {value}, а выплачивается один к одному.",
        "La casă valorează {value}, dar se plătește unu la unu.",
        ("Write value: 1, or leave it out.", "Укажите value: 1 или уберите.", "Scrieți value: 1 sau omiteți."),
    ),
    "pay_out_shared": _fault(
        "{name} is paid out to a member's own bank account; it cannot be shared.",
        "{name} выплачивается на собственный счёт участника; общей она быть не может.",
        "{name} se plătește în contul propriu al membrului; nu poate fi comună.",
    ),
    "pay_out_account": _fault(
        "{name} is {type}; a bank account is text.",
        "{name}: тип {type}; банковский счёт указывается текстом (text).",
        "{name} este {type}; un cont bancar este text.",
    ),
}
