"""What to do about faults whose sentence does not say it yet: of the file itself, settings, currencies, what is counted
and rules. Code -> en, ru, ro.
"""

from __future__ import annotations

from typing import Final

Fix = tuple[str, str, str]

FILE: Final[dict[str, Fix]] = {
    "not_yaml": (
        "Mend this place. A text with brackets, braces, a colon or a comma stands in quotes: 'a[].b'.",
        "Исправьте это место. Текст со скобками, двоеточием или запятой берётся в кавычки: 'a[].b'.",
        "Corectați acest loc. Un text cu paranteze, două puncte sau virgulă se pune între ghilimele: 'a[].b'.",
    ),
    "not_a_program": (
        "Begin with `regulars init`, or with a preset.",
        "Начните с `regulars init` или с готовой программы.",
        "Începeți cu `regulars init` sau cu un model.",
    ),
    "expected_value": ("Write one value.", "Напишите одно значение.", "Scrieți o singură valoare."),
    "expected_list": ("Put it in brackets.", "Возьмите в квадратные скобки.", "Puneți între paranteze drepte."),
    "empty_list": ("Name at least one.", "Назовите хотя бы одно.", "Numiți cel puțin unul."),
    "expected_mapping": (
        "Write the fields, or leave the name out.",
        "Напишите поля или уберите имя.",
        "Scrieți câmpurile sau lăsați numele afară.",
    ),
    "missing_field": ("Add {name}.", "Добавьте {name}.", "Adăugați {name}."),
    "not_understood": (
        "Write it in one of these ways.",
        "Напишите одним из этих способов.",
        "Scrieți într-unul din aceste feluri.",
    ),
    "unknown_trigger": ("Write one of them.", "Укажите один из них.", "Scrieți unul dintre ele."),
    "list_too_long": (
        "Shorten it, or keep it as an attribute of members.",
        "Сократите его или ведите как атрибут участников.",
        "Scurtați-o sau țineți-o ca atribut al membrilor.",
    ),
    "row_length": (
        "Add what is missing, or take out what is too much.",
        "Добавьте недостающее или уберите лишнее.",
        "Adăugați ce lipsește sau scoateți ce este în plus.",
    ),
    "wrong_header": (
        "Write that as the first line of the file.",
        "Сделайте это первой строкой файла.",
        "Scrieți aceasta ca prima linie a fișierului.",
    ),
    "file_not_beside": (
        "Put it into the folder of the program and name it without a path.",
        "Положите его в папку программы и укажите без пути.",
        "Puneți-l în dosarul programului și numiți-l fără cale.",
    ),
    "file_unreadable": (
        "Look whether it is there and is text in UTF-8.",
        "Проверьте, что файл есть и что это текст в UTF-8.",
        "Vedeți dacă există și este text în UTF-8.",
    ),
    "bad_row": (
        "Mend the value in that row.",
        "Исправьте значение в этой строке.",
        "Corectați valoarea din acel rând.",
    ),
}

SETTINGS: Final[dict[str, Fix]] = {
    "unknown_money": (
        "Write three capital letters.",
        "Напишите три заглавные буквы.",
        "Scrieți trei litere mari.",
    ),
    "unknown_region": ("Write two capital letters.", "Напишите две заглавные буквы.", "Scrieți două litere mari."),
    "scale_out_of_range": ("Write 0 to 4.", "Укажите от 0 до 4.", "Scrieți 0 până la 4."),
    "step_unreachable": (
        "Make the one larger, or the other smaller.",
        "Увеличьте одно или уменьшите другое.",
        "Măriți una sau micșorați cealaltă.",
    ),
    "hold_longest_short": (
        "Make longest at least as long as ttl.",
        "Сделайте longest не меньше ttl.",
        "Faceți longest cel puțin cât ttl.",
    ),
    "not_a_share": (
        "Write a number such as 0.5 or 1/2.",
        "Напишите число, например 0.5 или 1/2.",
        "Scrieți un număr, ca 0.5 sau 1/2.",
    ),
    "not_positive": (
        "Write a number above 0, or leave it out.",
        "Укажите число больше 0 или уберите.",
        "Scrieți un număr peste 0 sau lăsați afară.",
    ),
    "cap_twice": ("Keep one of them.", "Оставьте один из них.", "Păstrați unul dintre ele."),
    "bad_counts_from": ("Write one of the two.", "Укажите одно из двух.", "Scrieți unul din cele două."),
    "status_dealt": ("Take {deal} out.", "Уберите {deal}.", "Scoateți {deal}."),
    "sold_below_cost": (
        "Raise the price to the cost at least.",
        "Поднимите цену хотя бы до себестоимости.",
        "Ridicați prețul cel puțin la cost.",
    ),
    "pay_out_not_money": (
        "Write kind: money, or take pay_out out.",
        "Укажите kind: money или уберите pay_out.",
        "Scrieți kind: money sau scoateți pay_out.",
    ),
    "pay_out_shared": (
        "Take it out of pooled, or take pay_out out.",
        "Уберите её из pooled или уберите pay_out.",
        "Scoateți-o din pooled sau scoateți pay_out.",
    ),
    "pay_out_account": (
        "Name an attribute of type text.",
        "Укажите атрибут типа text.",
        "Numiți un atribut de tip text.",
    ),
}

DEFINITIONS: Final[dict[str, Fix]] = {
    "records_without_fields": (
        "Write fields: {{...}} and key: one of their names.",
        "Укажите fields: {{...}} и key: одно из их имён.",
        "Scrieți fields: {{...}} și key: unul din numele lor.",
    ),
    "records_not_here": (
        "Define an attribute of type records.",
        "Заведите атрибут типа records.",
        "Definiți un atribut de tip records.",
    ),
    "wakes_without_date": (
        "Take wakes out, or write type: date.",
        "Уберите wakes или укажите type: date.",
        "Scoateți wakes sau scrieți type: date.",
    ),
    "list_type": (
        "Write all values as texts or all as whole numbers.",
        "Пишите все значения текстами или все целыми числами.",
        "Scrieți toate valorile ca texte sau toate ca numere întregi.",
    ),
    "list_empty": (
        "Add values, or take the list out.",
        "Добавьте значения или уберите список.",
        "Adăugați valori sau scoateți lista.",
    ),
    "table_keys": (
        "Name 1 to 3 keys and a column.",
        "Назовите от 1 до 3 ключей и столбец.",
        "Numiți 1 până la 3 chei și o coloană.",
    ),
    "table_row_twice": ("Keep one of them.", "Оставьте одну из них.", "Păstrați unul dintre ele."),
    "segment_one_form": ("Write one of the two.", "Укажите одно из двух.", "Scrieți una din cele două."),
    "segment_cycle": (
        "Let one of them read what the others are made of: a metric, a balance, an attribute.",
        "Пусть один из них читает то, из чего сделаны другие: показатель, баланс, атрибут.",
        "Faceți ca unul să citească din ce sunt făcute celelalte: un indicator, un sold, un atribut.",
    ),
    "metric_owner": ("Write one of them.", "Укажите одно из них.", "Scrieți una dintre ele."),
    "metric_by": (
        "Write a sum or a count, and as by a text such as line.category.",
        "Укажите sum или count, а в by — текст, например line.category.",
        "Scrieți sum sau count, iar la by un text, ca line.category.",
    ),
    "metric_value": (
        "Measure a number or a date, or another way.",
        "Измеряйте число или дату либо возьмите другую меру.",
        "Măsurați un număr sau o dată, ori altfel.",
    ),
    "streak_period": (
        "Write streak: week, without window and over.",
        "Укажите streak: week без window и over.",
        "Scrieți streak: week, fără window și over.",
    ),
    "freeze_without_streak": ("Take freeze out.", "Уберите freeze.", "Scoateți freeze."),
    "window_too_long": ("Write a shorter window.", "Укажите окно короче.", "Scrieți o fereastră mai scurtă."),
}

RULES: Final[dict[str, Fix]] = {
    "no_effects": ("Add effects: [...].", "Добавьте effects: [...].", "Adăugați effects: [...]."),
    "shares_not_one": ("Make them add up to 1.", "Сделайте сумму равной 1.", "Faceți suma egală cu 1."),
    "funder_twice": ("Add the two shares together.", "Сложите обе доли.", "Adunați cele două părți."),
    "funder_without_cost": (
        "Add it to cost of the currency.",
        "Добавьте его в cost валюты.",
        "Adăugați-l la cost al monedei.",
    ),
    "needs_activity": (
        "Let an activity wake the rule, or take the effect out.",
        "Запускайте правило событием участника или уберите действие.",
        "Porniți regula printr-o activitate sau scoateți efectul.",
    ),
    "date_every": (
        "Write every: year, or leave it out.",
        "Укажите every: year или уберите.",
        "Scrieți every: year sau lăsați afară.",
    ),
    "date_both": ("Keep one of them.", "Оставьте одно из двух.", "Păstrați unul din ele."),
    "period_trigger": (
        "Write {{period: calendar month, ended: true}}.",
        "Укажите {{period: calendar month, ended: true}}.",
        "Scrieți {{period: calendar month, ended: true}}.",
    ),
    "set_type": (
        "Write a value of that type, or give the attribute the other.",
        "Укажите значение этого типа или смените тип атрибута.",
        "Scrieți o valoare de acest tip sau schimbați tipul atributului.",
    ),
    "set_records": (
        "Set another attribute; records come with an activity.",
        "Задавайте другой атрибут; записи приходят с событием участника.",
        "Setați alt atribut; înregistrările vin cu o activitate.",
    ),
    "convert_same": ("Name another currency in to.", "Укажите в to другую валюту.", "Numiți altă monedă la to."),
    "multiply_without_base": (
        "Write kind: base at the rule that gives it, or use give.",
        "Укажите kind: base у правила, которое её даёт, или используйте give.",
        "Scrieți kind: base la regula care o dă sau folosiți give.",
    ),
    "every_activity": (
        "Name a day, a month, a year or ever.",
        "Укажите день, месяц, год или ever.",
        "Numiți o zi, o lună, un an sau ever.",
    ),
    "hours_empty": (
        "Write an end after the beginning, 17:00-19:00; for the whole day leave hours out.",
        "Укажите конец позже начала, 17:00-19:00; для целого дня уберите hours.",
        "Scrieți un sfârșit după început, 17:00-19:00; pentru toată ziua lăsați hours afară.",
    ),
    "limit_one_form": (
        "Keep one of the forms.",
        "Оставьте одну из форм.",
        "Păstrați una din forme.",
    ),
    "limit_metric_no_number": (
        "Name a metric that counts or sums.",
        "Укажите показатель, который считает или суммирует.",
        "Numiți un indicator care numără sau adună.",
    ),
    "limit_metric_keyed": (
        "Name a metric without by.",
        "Укажите показатель без by.",
        "Numiți un indicator fără by.",
    ),
    "cooldown_too_long": ("Write a shorter one.", "Укажите срок короче.", "Scrieți un termen mai scurt."),
    "proof_is_text": ("Write type: text there.", "Укажите там type: text.", "Scrieți acolo type: text."),
    "sensitive_told": ("Leave it out of the text.", "Уберите его из текста.", "Lăsați-l afară din text."),
    "approval_of_return": (
        "Write approve: never, or leave it out.",
        "Укажите approve: never или уберите.",
        "Scrieți approve: never sau lăsați afară.",
    ),
    "funding_of_nothing": (
        "Take funding out, or take it out of the effects.",
        "Уберите funding здесь или в действиях.",
        "Scoateți funding de aici sau din efecte.",
    ),
}
