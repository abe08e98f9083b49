"""What can be wrong with rewards and their types, in three languages."""

from __future__ import annotations

from typing import Final

from regulars.program.fault_rows import Row
from regulars.program.fault_rows import fault_row as _fault
from regulars.program.fault_rows import warning_row as _warning

REWARDS: Final[dict[str, Row]] = {
    "several_steps": _fault(
        "One step does one thing; here stand {names}.",
        "Один шаг делает одно; здесь указаны {names}.",
        "Un pas face un singur lucru; aici sunt {names}.",
        ("Make a list item of each.", "Запишите каждый отдельным элементом.", "Scrieți fiecare ca element separat."),
    ),
    "reward_never_had": _warning(
        "Nobody can have it: it has no price, and no effect gives it.",
        "Её никто не получит: нет цены, и ни одно действие её не даёт.",
        "Nimeni nu o poate primi: nu are preț și niciun efect nu o dă.",
        (
            "Write prices, or an effect reward; staff may also give it by hand.",
            "Укажите prices или действие reward; персонал может дать её и вручную.",
            "Scrieți prices sau un efect reward; personalul o poate da și manual.",
        ),
    ),
    "price_not_spendable": _fault(
        "{currency} counts towards a status: nobody can spend it.",
        "{currency} считается для статуса: потратить её нельзя.",
        "{currency} contează pentru un statut: nu poate fi cheltuită.",
    ),
    "price_empty": _fault(
        "This price takes nothing.",
        "Эта цена ничего не списывает.",
        "Acest preț nu ia nimic.",
        ("Name a currency or money.", "Укажите валюту или money.", "Numiți o monedă sau money."),
    ),
    "reward_pays_out": _warning(
        "It is worth {worth} and costs the member {price} (both in the program's money): whoever orders it gains.",
        "Она стоит {worth}, а участник отдаёт {price} (в деньгах программы): заказ выгоднее цены.",
        "Valorează {worth}, iar membrul dă {price} (ambele în banii programului): cine comandă câștigă.",
        (
            "Raise the price, or lower its value.",
            "Поднимите цену или уменьшите value.",
            "Ridicați prețul sau micșorați value.",
        ),
    ),
    "price_not_positive": _fault(
        "A price of 0 or less takes nothing.",
        "Цена 0 или меньше ничего не списывает.",
        "Un preț de 0 sau mai puțin nu ia nimic.",
        (
            "Give a price above 0; what is free is given by an effect, or by staff.",
            "Укажите цену больше 0; бесплатное даёт действие или персонал.",
            "Puneți un preț peste 0; ce e gratuit se dă printr-un efect sau de personal.",
        ),
    ),
    "reward_gives_back": _warning(
        "It credits {credited} {currency} and costs {price} of them: whoever orders it gains.",
        "Она начисляет {credited} ({currency}), а стоит {price}: заказ выгоднее цены.",
        "Acordă {credited} {currency} și costă {price}: cine comandă câștigă.",
        (
            "Raise the price, or credit less.",
            "Поднимите цену или начисляйте меньше.",
            "Ridicați prețul sau acordați mai puțin.",
        ),
    ),
    "reward_beyond_partner": _fault(
        "One order credits {credited} {currency}; the partner's whole budget is {size}.",
        "Один заказ начисляет {credited} ({currency}); весь бюджет партнёра — {size}.",
        "O comandă acordă {credited} {currency}; tot bugetul partenerului este {size}.",
    ),
    "reward_circle": _fault(
        "It is a part of itself: {circle}.",
        "Она является частью самой себя: {circle}.",
        "Este o parte din ea însăși: {circle}.",
    ),
    "reward_nested_choice": _fault(
        "{name} is itself made of rewards to choose from; pick among rewards that are not.",
        "{name} сама состоит из наград на выбор; выбирать можно из тех, что не состоят.",
        "{name} este ea însăși o alegere; alegeți dintre recompense simple.",
    ),
    "variant_unpicked": _fault(
        "variant_of names {name}, which is no attribute that holds a text.",
        "variant_of указывает на {name}, а это не текстовый атрибут.",
        "variant_of numește {name}, care nu este un atribut de tip text.",
    ),
    "variants_missing": _fault(
        "variant_of picks among variants, and there are none.",
        "variant_of выбирает из variants, а их нет.",
        "variant_of alege dintre variants, dar nu există.",
    ),
    "variant_name": _fault(
        "{name} is no name of a variant: letters, digits, blanks and . _ - only, each once.",
        "{name} не может быть вариантом: только буквы, цифры, пробелы и . _ -, каждый один раз.",
        "{name} nu poate fi variantă: doar litere, cifre, spații și . _ -, fiecare o dată.",
    ),
    "form_personal_purpose": _fault(
        "The form asks for {name}, which is personal: name the purpose.",
        "Форма спрашивает личные данные ({name}): укажите purpose.",
        "Formularul cere date personale ({name}): indicați purpose.",
    ),
    "parcel_stages": _fault(
        "A parcel passes states, each once: [packed, shipped, delivered].",
        "Посылка проходит состояния, каждое один раз: [packed, shipped, delivered].",
        "Un colet trece prin stări, fiecare o dată: [packed, shipped, delivered].",
    ),
    "lines_without_effects": _fault(
        "lines say what it does at the till, and its type has no effects.",
        "lines указывают, что награда делает на кассе, а у её типа нет effects.",
        "lines spun ce face la casă, iar tipul ei nu are effects.",
    ),
    "reward_too_many_parts": _fault(
        "One order of it is made of {parts} parts; at most {most} are taken.",
        "Один заказ состоит из {parts} частей; допускается не более {most}.",
        "O comandă este formată din {parts} părți; se acceptă cel mult {most}.",
        (
            "Name each part once, or fewer of them.",
            "Назовите каждую часть один раз или сократите их число.",
            "Numiți fiecare parte o singură dată sau mai puține părți.",
        ),
    ),
    "form_sizes": _fault(
        "Nothing can be filled in: the smallest ({smallest}) is above the largest ({largest}).",
        "Заполнить это нельзя: smallest ({smallest}) больше largest ({largest}).",
        "Nu se poate completa: smallest ({smallest}) este peste largest ({largest}).",
        (
            "Lower smallest, or raise largest.",
            "Уменьшите smallest или увеличьте largest.",
            "Micșorați smallest sau măriți largest.",
        ),
    ),
    "reward_limit": _fault(
        "A limit is 1 or more.",
        "Лимит — не меньше 1.",
        "O limită este cel puțin 1.",
    ),
}
