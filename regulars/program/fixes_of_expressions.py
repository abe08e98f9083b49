"""What to do about a fault of an expression, by the code that the rule language gives it. Code -> en, ru, ro."""

from __future__ import annotations

from typing import Final

from regulars.program.fixes_of_forms import Fix

_SHORTER: Final = (
    "Put a part of it into a metric or a segment and read that.",
    "Вынесите часть в показатель или сегмент и читайте его.",
    "Puneți o parte într-un indicator sau segment și citiți-l.",
)
_REMOVE: Final = (
    "Take it out, or put a text in quotes.",
    "Уберите его или возьмите текст в кавычки.",
    "Scoateți-l sau puneți textul între ghilimele.",
)
_NAMES: Final = (
    "Correct the name, or define it in the program.",
    "Исправьте имя или опишите его в программе.",
    "Corectați numele sau definiți-l în program.",
)
_SAME: Final = (
    "Write both sides in one kind: number with number, text with text.",
    "Запишите обе стороны одного вида: число с числом, текст с текстом.",
    "Scrieți ambele părți de același fel: număr cu număr, text cu text.",
)
_ANOTHER: Final = (
    "Name a value of the right kind here.",
    "Укажите здесь значение нужного вида.",
    "Numiți aici o valoare de felul potrivit.",
)
_SO: Final = ("Write it so.", "Напишите так.", "Scrieți așa.")
_FINISH: Final = ("Write what is missing.", "Допишите недостающее.", "Scrieți ce lipsește.")
_FEWER: Final = (
    "Take steps out, or keep a part in a metric.",
    "Уберите часть шагов или вынесите их в показатель.",
    "Scoateți pași sau țineți o parte într-un indicator.",
)

EXPRESSIONS: Final[dict[str, Fix]] = {
    **dict.fromkeys(("text_too_long", "too_many_parts", "too_deep", "too_costly", "too_long_for_sql"), _SHORTER),
    **dict.fromkeys(("bad_character", "unexpected", "expected", "expected_value"), _REMOVE),
    **dict.fromkeys(("expected_value_but_ends", "expected_but_ends", "expected_field"), _FINISH),
    **dict.fromkeys(
        (
            "unknown_name",
            "unknown_field",
            "unknown_step",
            "unknown_list",
            "unknown_table",
            "unknown_function",
            "unknown_method",
            "bad_zone",
        ),
        _NAMES,
    ),
    **dict.fromkeys(("cannot_compare", "cannot_do", "cannot_look", "branches_differ", "mixed_list"), _SAME),
    **dict.fromkeys(
        ("no_fields", "in_needs_list", "needs_list", "needs_numbers", "cannot_negate", "bad_list_item"), _ANOTHER
    ),
    **dict.fromkeys(
        (
            "single_operator",
            "single_equals",
            "bad_escape",
            "bad_number",
            "bad_index",
            "list_has_no_fields",
            "use_month",
            "use_day",
            "use_weekday",
            "use_instead",
            "wrong_arguments",
            "walk_arguments",
            "bad_date",
            "bad_period",
            "no_zone",
        ),
        _SO,
    ),
    **dict.fromkeys(("walks_too_deep", "chain_too_long"), _FEWER),
    "open_text": ("Add the closing quote.", "Добавьте закрывающую кавычку.", "Adăugați ghilimelele de închidere."),
    "too_many_decimals": ("Write fewer decimals.", "Укажите меньше знаков.", "Scrieți mai puține zecimale."),
    "number_too_large": ("Write a smaller number.", "Укажите число меньше.", "Scrieți un număr mai mic."),
    "cannot_order": ("Write == or !=.", "Укажите == или !=.", "Scrieți == sau !=."),
    "needs_condition": (
        "Compare it with something, such as > 0.",
        "Сравните его с чем-нибудь, например > 0.",
        "Comparați-l cu ceva, ca > 0.",
    ),
    "constant_needed": ("Write the value itself.", "Укажите само значение.", "Scrieți chiar valoarea."),
    "out_of_range": ("Write a number in between.", "Укажите число в этих пределах.", "Scrieți un număr dintre ele."),
    "no_choice_of": (
        "Choose between numbers, texts or dates.",
        "Выбирайте между числами, текстами или датами.",
        "Alegeți între numere, texte sau date.",
    ),
    "list_too_long": ("Keep it in lists.", "Ведите его в lists.", "Țineți-o în lists."),
    "map_to_list": (
        "Map to one value: map(x, x.amount).",
        "Берите одно значение: map(x, x.amount).",
        "Luați o singură valoare: map(x, x.amount).",
    ),
    "walk_name_taken": ("Take another name.", "Возьмите другое имя.", "Luați alt nume."),
    "join_in_walk": (
        "Join the texts outside the walk.",
        "Соедините тексты вне обхода.",
        "Uniți textele în afara parcurgerii.",
    ),
    "scale_too_large": (
        "Round a part of it: round(x).",
        "Округлите часть: round(x).",
        "Rotunjiți o parte: round(x).",
    ),
    "number_may_grow": (
        "Bound it: min(x, 1000000).",
        "Ограничьте его: min(x, 1000000).",
        "Mărginiți-l: min(x, 1000000).",
    ),
    "bad_moment": (
        "Write timestamp('2026-01-31T09:00:00Z').",
        "Напишите timestamp('2026-01-31T09:00:00Z').",
        "Scrieți timestamp('2026-01-31T09:00:00Z').",
    ),
    "no_now": (
        "Leave the present moment out: compare with a date, or use a window.",
        "Не используйте текущий момент: сравните с датой или возьмите окно.",
        "Lăsați momentul de acum: comparați cu o dată sau folosiți o fereastră.",
    ),
    "not_in_segments": (
        "Count it in a metric and read that.",
        "Посчитайте это показателем и читайте его.",
        "Numărați-l într-un indicator și citiți-l.",
    ),
    "wrong_result": (
        "Write a formula that gives it: a number for an amount, a comparison for a condition.",
        "Напишите формулу, которая это даёт: число для суммы, сравнение для условия.",
        "Scrieți o formulă care îl dă: un număr pentru o sumă, o comparație pentru o condiție.",
    ),
    "segment_reads_member": (
        "Define such a metric and read it.",
        "Опишите такой показатель и читайте его.",
        "Definiți un astfel de indicator și citiți-l.",
    ),
    "metric_reads_activity": (
        "Read the activity (type, basket, its fields) here, and the member where the metric is used.",
        "Читайте здесь событие (type, basket, его поля), а участника — там, где показатель используется.",
        "Citiți aici activitatea (type, basket, câmpurile ei), iar membrul acolo unde se folosește indicatorul.",
    ),
    "price_reads_before": (
        "Read what is known before the price: the shelf price, the gross amount.",
        "Читайте то, что известно до цены: цену на полке, сумму до скидок.",
        "Citiți ce se știe înainte de preț: prețul de raft, suma brută.",
    ),
    "not_here": (
        "Read it where it exists, or put it into a metric.",
        "Читайте его там, где оно есть, или посчитайте показателем.",
        "Citiți-l acolo unde există sau puneți-l într-un indicator.",
    ),
    "bad_tree": (
        "Write the expression as text.",
        "Запишите выражение текстом.",
        "Scrieți expresia ca text.",
    ),
}
