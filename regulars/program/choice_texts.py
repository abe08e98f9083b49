"""The sentences of faults about choices and purposes."""

from __future__ import annotations

from typing import Final

from regulars.program.fault_rows import Row
from regulars.program.fault_rows import fault_row as _fault
from regulars.program.fault_rows import warning_row as _warning

CHOICES: Final[dict[str, Row]] = {
    "choice_without_options": _fault(
        "There is nothing to pick.",
        "Выбирать не из чего.",
        "Nu este nimic de ales.",
        (
            "Name options: [bread, milk], lists.choosable or member.attributes.pets.",
            "Укажите options: [bread, milk], lists.choosable или member.attributes.pets.",
            "Indicați options: [bread, milk], lists.choosable sau member.attributes.pets.",
        ),
    ),
    "option_twice": _fault(
        "The option {name} is there twice.",
        "Вариант {name} указан дважды.",
        "Opțiunea {name} apare de două ori.",
    ),
    "pick_above_options": _fault(
        "{count} may be picked of only {options} options.",
        "Можно выбрать {count}, а вариантов всего {options}.",
        "Se pot alege {count} din doar {options} opțiuni.",
        (
            "Offer more options, or let fewer be picked.",
            "Добавьте варианты или уменьшите pick.",
            "Adăugați opțiuni sau micșorați pick.",
        ),
    ),
    "pick_nothing": _fault(
        "Nobody may pick anything: pick is {count}.",
        "Никто не может ничего выбрать: pick равен {count}.",
        "Nimeni nu poate alege nimic: pick este {count}.",
    ),
    "choice_list": _fault(
        "Options are texts, but the list {name} is of type {found}.",
        "Варианты — это тексты, а список {name} имеет тип {found}.",
        "Opțiunile sunt texte, dar lista {name} este de tip {found}.",
    ),
    "choice_records": _fault(
        "Options come from records that are told apart by a text, and {name} is not such an attribute.",
        "Варианты берутся из записей с текстовым ключом, а {name} — не такой атрибут.",
        "Opțiunile vin din înregistrări cu cheie de tip text, iar {name} nu este un astfel de atribut.",
    ),
    "choice_period": _fault(
        "A choice cannot be made anew with each activity.",
        "Выбор нельзя делать заново при каждом действии.",
        "O alegere nu se poate face din nou la fiecare activitate.",
        (
            "Use day, week, calendar month, calendar quarter, calendar half-year, calendar year or ever.",
            "Используйте day, week, calendar month, calendar quarter, calendar half-year, calendar year или ever.",
            "Folosiți day, week, calendar month, calendar quarter, calendar half-year, calendar year sau ever.",
        ),
    ),
    "choice_needs_period": _fault(
        "{field} is a day of a period, and this choice has none.",
        "{field} — это день периода, а у этого выбора периода нет.",
        "{field} este o zi a perioadei, iar această alegere nu are perioadă.",
        ("Give it a period.", "Задайте period.", "Indicați period."),
    ),
    "day_after_period": _fault(
        "Day {day} lies after the end of {period}, which has at most {days} days.",
        "День {day} позже конца периода {period}: в нём не более {days} дней.",
        "Ziua {day} este după sfârșitul perioadei {period}, care are cel mult {days} zile.",
    ),
    "opens_too_early": _fault(
        "It opens earlier than one {period} before it begins.",
        "Выбор открывается раньше, чем за один период {period} до начала.",
        "Se deschide cu mai mult de o perioadă {period} înainte de început.",
    ),
    "default_above_pick": _fault(
        "The default picks {found}, but only {count} may be picked.",
        "По умолчанию выбрано {found}, а выбрать можно лишь {count}.",
        "Implicit sunt alese {found}, dar se pot alege doar {count}.",
    ),
    "fee_not_whole": _fault(
        "{currency} has no such fraction: {found}.",
        "У {currency} нет такой доли: {found}.",
        "{currency} nu are o astfel de fracțiune: {found}.",
    ),
    "change_without_day": _fault(
        "Changes end with decide_by, which is not set.",
        "Изменения возможны до decide_by, но он не задан.",
        "Schimbările se încheie cu decide_by, care nu este indicat.",
        (
            "Set decide_by, or write change: always.",
            "Задайте decide_by или напишите change: always.",
            "Indicați decide_by sau scrieți change: always.",
        ),
    ),
}
PURPOSES: Final[dict[str, Row]] = {
    "purpose_without_text": _fault(
        "Nobody can consent to a purpose without a text.",
        "Нельзя согласиться на цель без текста.",
        "Nu se poate consimți la un scop fără text.",
        (
            "Add texts: {{v1: {{en: ..., ru: ..., ro: ...}}}}.",
            "Добавьте texts: {{v1: {{en: ..., ru: ..., ro: ...}}}}.",
            "Adăugați texts: {{v1: {{en: ..., ru: ..., ro: ...}}}}.",
        ),
    ),
    "needs_no_consent": _fault(
        "{field} matters only where the purpose needs consent.",
        "{field} имеет смысл, только если цели нужно согласие.",
        "{field} contează numai dacă scopul are nevoie de consimțământ.",
        ("Write needs: consent.", "Напишите needs: consent.", "Scrieți needs: consent."),
    ),
    "renew_hours": _fault(
        "A consent counts for whole days: {found}.",
        "Согласие действует целое число дней: {found}.",
        "Un consimțământ este valabil zile întregi: {found}.",
    ),
    "required_without_consent": _fault(
        "{name} is required, but a member may refuse or withdraw consent to {purpose}.",
        "Атрибут {name} обязателен, но участник может не дать или отозвать согласие на {purpose}.",
        "{name} este obligatoriu, dar membrul poate refuza sau retrage consimțământul pentru {purpose}.",
        (
            "Take away required, or name a purpose that stands on the contract.",
            "Уберите required или укажите цель, основанную на договоре.",
            "Eliminați required sau indicați un scop bazat pe contract.",
        ),
    ),
    "channel_name": _fault(
        "A channel is named by small Latin letters, digits and _: {found}.",
        "Имя канала: строчные латинские буквы, цифры и _: {found}.",
        "Un canal se numește cu litere latine mici, cifre și _: {found}.",
    ),
    "basket_needs_consent": _warning(
        "Purchases would be refused from whoever has not consented to {purpose}.",
        "Покупки тех, кто не дал согласия на {purpose}, будут отклонены.",
        "Cumpărăturile celor care nu au consimțit la {purpose} vor fi refuzate.",
        (
            "Name a purpose that stands on the contract, or write without: drop.",
            "Укажите цель, основанную на договоре, или напишите without: drop.",
            "Indicați un scop bazat pe contract sau scrieți without: drop.",
        ),
    ),
}
