"""The sentences of faults about discounts and stacking."""

from __future__ import annotations

from typing import Final

from regulars.program.fault_rows import Row
from regulars.program.fault_rows import fault_row as _fault
from regulars.program.fault_rows import warning_row as _warning

PRICES: Final[dict[str, Row]] = {
    "price_elsewhere": _fault(
        "A discount stands here, where no basket is about to be paid.",
        "Скидка стоит там, где никакой чек не оплачивается.",
        "Reducerea stă aici, unde nu se plătește niciun coș.",
        (
            "Put it into a rule, an offer or a voucher; a prize may give an offer that brings it.",
            "Перенесите её в правило, предложение или ваучер; приз может дать предложение со скидкой.",
            "Puneți-o într-o regulă, o ofertă sau un voucher; un premiu poate da o ofertă care o aduce.",
        ),
    ),
    "discount_refuses": _fault(
        "One rule refuses the activity and takes something off its price.",
        "Одно правило отклоняет событие и даёт скидку на него.",
        "O singură regulă refuză activitatea și îi reduce prețul.",
        ("Make two rules of it.", "Сделайте из него два правила.", "Faceți două reguli din ea."),
    ),
    "one_reduction": _fault(
        "A discount says in exactly one way how much comes off: percent, amount, per_unit or fixed, not {found}.",
        "Скидка указывает размер ровно одним способом: percent, amount, per_unit или fixed, а не {found}.",
        "O reducere spune exact într-un fel cât se scade: percent, amount, per_unit sau fixed, nu {found}.",
    ),
    "percent_above_100": _fault(
        "{found} percent is more than the whole price.",
        "{found} процентов больше всей цены.",
        "{found} la sută depășește prețul întreg.",
        ("Write at most 100.", "Укажите не больше 100.", "Scrieți cel mult 100."),
    ),
    "nth_of_one": _fault(
        "Every unit is no nth unit: count must be at least 2.",
        "Каждая единица — это не «каждая N-я»: count должно быть не меньше 2.",
        "Fiecare unitate nu este „a n-a”: count trebuie să fie cel puțin 2.",
        (
            "Leave which away to reduce all units.",
            "Уберите which, чтобы снизить цену всех.",
            "Omiteți which pentru toate.",
        ),
    ),
    "bundle_alone": _fault(
        "A bundle names its units itself: buy, which and on do not go with it.",
        "Набор сам называет свои товары: buy, which и on с ним не сочетаются.",
        "Un pachet își numește singur unitățile: buy, which și on nu merg cu el.",
    ),
    "buy_cheapest": _fault(
        "With buy the cheapest of the matched units are reduced: write which: cheapest, and leave on away.",
        "С buy снижается цена самых дешёвых единиц: напишите which: cheapest и уберите on.",
        "Cu buy se reduc cele mai ieftine unități: scrieți which: cheapest și omiteți on.",
    ),
    "which_of_lines": _fault(
        "Only of lines can some units be picked, not of the basket or the shipping as a sum.",
        "Отдельные единицы выбираются только у позиций, а не у суммы чека или доставки.",
        "Doar din linii se pot alege unități, nu din suma coșului sau a livrării.",
    ),
    "count_of_all": _fault(
        "count says nothing where all units are reduced.",
        "count ничего не значит, когда снижается цена всех единиц.",
        "count nu înseamnă nimic când se reduc toate unitățile.",
        (
            "Write which: cheapest or which: nth.",
            "Напишите which: cheapest или which: nth.",
            "Scrieți which: cheapest sau nth.",
        ),
    ),
    "times_of_nothing": _fault(
        "times bounds how often: it goes with buy, a bundle or which: nth.",
        "times ограничивает число раз: он сочетается с buy, bundle или which: nth.",
        "times mărginește de câte ori: merge cu buy, bundle sau which: nth.",
    ),
    "group_mixes_price": _fault(
        "The group {group} holds rules about the price and others ('{first}' came first): the price is decided before.",
        "В группе {group} есть правила о цене и другие (первое — «{first}»): цена решается раньше.",
        "Grupul {group} are reguli de preț și altele (prima este „{first}”): prețul se decide mai înainte.",
        ("Make two groups of it.", "Разделите её на две группы.", "Faceți două grupuri."),
    ),
    "stacking_twice": _fault(
        "A program has one stacking; '{first}' is there already.",
        "В программе один stacking; «{first}» уже есть.",
        "Un program are un singur stacking; „{first}” există deja.",
        ("Put its groups into that one.", "Перенесите его группы туда.", "Mutați grupurile lui acolo."),
    ),
    "share_of_price": _fault(
        "The largest discount is a share of the price: above 0 and at most 1.",
        "Наибольшая скидка — доля цены: больше 0 и не больше 1.",
        "Cea mai mare reducere este o parte din preț: peste 0 și cel mult 1.",
    ),
    "same_priority_discounts": _warning(
        "In the group {group} only the first counts, and '{first}' has the same priority, {priority}.",
        "В группе {group} действует только первая скидка, а у «{first}» тот же приоритет {priority}.",
        "În grupul {group} contează doar prima, iar „{first}” are aceeași prioritate, {priority}.",
        (
            "Give them different priorities; as it is, the one written first wins.",
            "Задайте разные приоритеты; иначе выигрывает записанная раньше.",
            "Dați-le priorități diferite; altfel câștigă cea scrisă prima.",
        ),
    ),
}
