"""The sentences of faults about boards and draws."""

from __future__ import annotations

from typing import Final

from regulars.program.fault_rows import Row
from regulars.program.fault_rows import fault_row as _fault
from regulars.program.fault_rows import warning_row as _warning

BOARDS: Final[dict[str, Row]] = {
    "board_one_score": _fault(
        "A board has either a metric or, as a contest, entries.",
        "У таблицы лидеров либо показатель (metric), либо, если это конкурс, entries.",
        "Un clasament are fie un indicator (metric), fie, la un concurs, entries.",
    ),
    "board_metric": _fault(
        "{name} is not one number of a member: {why}.",
        "{name} не является одним числом участника: {why}.",
        "{name} nu este un singur număr al membrului: {why}.",
        (
            "Use a sum, count, distinct, min or max per member, without by.",
            "Используйте sum, count, distinct, min или max на участника, без by.",
            "Folosiți sum, count, distinct, min sau max pe membru, fără by.",
        ),
    ),
    "board_window": _fault(
        "The board begins anew with each {cycle}, but its metric {name} looks at {window}.",
        "Таблица начинается заново ({cycle}), а её показатель {name} считается за другое окно: {window}.",
        "Clasamentul începe din nou ({cycle}), dar indicatorul {name} se uită la altă fereastră: {window}.",
        (
            "Write window: {fits} at the metric, or another cycle here.",
            "Укажите у показателя window: {fits} или измените cycle.",
            "Scrieți la indicator window: {fits} sau schimbați cycle.",
        ),
    ),
    "game_cycle": _fault(
        "'{found}' is no cycle.",
        "'{found}' не подходит как цикл.",
        "'{found}' nu este un ciclu.",
    ),
    "game_never_ends": _fault(
        "With cycle: ever it needs an end.",
        "При cycle: ever нужно указать окончание.",
        "Cu cycle: ever este nevoie de un sfârșit.",
        ("Add until.", "Добавьте until.", "Adăugați until."),
    ),
    "prizes_late": _fault(
        "Prizes after {span} are later than the next cycle ends ({cycle}): only the last cycle can still change.",
        "Призы через {span} — позже конца следующего цикла ({cycle}): меняться может только прошлый цикл.",
        "Premiile după {span} vin după sfârșitul ciclului următor ({cycle}): doar ultimul ciclu se mai poate schimba.",
        (
            "Write a shorter prizes_after, or a longer cycle.",
            "Сократите prizes_after или увеличьте cycle.",
            "Scurtați prizes_after sau măriți cycle.",
        ),
    ),
    "bad_rank": _fault(
        "'{found}' names no ranks.",
        "'{found}' не обозначает места.",
        "'{found}' nu numește locuri.",
        ("Write 1, 2-3 or top 10 %.", "Напишите 1, 2-3 или top 10 %.", "Scrieți 1, 2-3 sau top 10 %."),
    ),
    "shown_name": _fault(
        "Others may read {name} only with a consent, and only if it is a text.",
        "Показывать {name} другим можно только с согласием и только если это текст.",
        "{name} poate fi citit de alții doar cu consimțământ și doar dacă este un text.",
        (
            "Add consent: and a purpose; choose an attribute of type text.",
            "Добавьте consent с целью; выберите атрибут типа text.",
            "Adăugați consent cu un scop; alegeți un atribut de tip text.",
        ),
    ),
    "nobody_judges": _fault(
        "Nobody judges this contest: there are no votes and no jury.",
        "Этот конкурс никто не оценивает: нет ни голосов, ни жюри.",
        "Nimeni nu judecă acest concurs: nu sunt nici voturi, nici juriu.",
        ("Write votes: 1 or jury: 1.", "Укажите votes: 1 или jury: 1.", "Scrieți votes: 1 sau jury: 1."),
    ),
}

DRAWS: Final[dict[str, Row]] = {
    "no_prizes": _fault(
        "A draw without prizes.",
        "Розыгрыш без призов.",
        "O tragere la sorți fără premii.",
    ),
    "odds_over_one": _fault(
        "The odds of all prizes together are {sum}, more than 1.",
        "Сумма вероятностей всех призов {sum}, больше 1.",
        "Șansele tuturor premiilor împreună sunt {sum}, peste 1.",
        (
            "Lower them; what is left of 1 wins nothing.",
            "Уменьшите их; остаток до 1 не выигрывает ничего.",
            "Micșorați-le; ce rămâne până la 1 nu câștigă nimic.",
        ),
    ),
    "prize_odds": _fault(
        "Drawn at once, a prize has odds above 0 and no winners.",
        "При drawn: at once у приза есть odds больше 0 и нет winners.",
        "Cu drawn: at once un premiu are odds peste 0 și nu are winners.",
    ),
    "prize_winners": _fault(
        "Drawn at the end, a prize has winners (1 or more), and neither odds nor at_most.",
        "При drawn: at end у приза есть winners (от 1) и нет ни odds, ни at_most.",
        "Cu drawn: at end un premiu are winners (cel puțin 1) și nu are nici odds, nici at_most.",
    ),
    "only_at_end": _fault(
        "{field} is for draws with drawn: {drawn}.",
        "{field} относится к розыгрышам с drawn: {drawn}.",
        "{field} este pentru trageri cu drawn: {drawn}.",
    ),
    "price_step": _fault(
        "{currency} has {scale} decimals: {found} is no price in it.",
        "У {currency} {scale} знаков после запятой: {found} не может быть ценой.",
        "{currency} are {scale} zecimale: {found} nu poate fi un preț.",
    ),
    "age_unknown": _fault(
        "The age is asked for, but {name} is no attribute that holds a date.",
        "Возраст проверяется, но {name} не является атрибутом с датой.",
        "Se cere vârsta, dar {name} nu este un atribut cu o dată.",
        ("Write born: and a date.", "Укажите born с датой.", "Scrieți born cu o dată."),
    ),
    "never_played": _warning(
        "Nobody can play: there is no price, and no effect gives a play.",
        "Играть никто не сможет: нет цены, и ни одно действие не даёт игру.",
        "Nimeni nu poate juca: nu există preț și niciun efect nu dă un joc.",
        ("Add a price, or an effect play.", "Добавьте price или действие play.", "Adăugați price sau efectul play."),
    ),
}
