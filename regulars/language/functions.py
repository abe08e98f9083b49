"""The function table: one row a function, read by the checker, both compilers, completion and the documentation page.

A template has `{0}`, `{1}` for the arguments (a receiver is the first), `{zone}` for the time zone that applies and
`{today}` for today. Of a list's receiver, SQL sees `{value}` and `{rows}`: `SELECT {value} FROM {rows}` gives its
elements.
Whoever adds a row adds it to the tests' random grammar by that alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal

from msgspec import Struct

from regulars.kit.i18n import Text
from regulars.language import function_texts
from regulars.language.types import (
    BOOL,
    DATE,
    DURATION,
    INT,
    NUMBER,
    TEXT,
    TIMESTAMP,
    ListOf,
    Plain,
    Record,
    Type,
    is_number,
)

Receiver = Literal["list", "text", "date", "timestamp", ""]
Group = Literal["list", "text", "number", "time", "other"]


Template = str | Callable[[function_texts.Written], str]


class Function(Struct, frozen=True, kw_only=True):
    """One function. `empty` says what becomes of an empty argument: the result is empty, or false, or not affected.

    `elements` limits a list's elements; `several` lets the last argument repeat; `written` are the positions (receiver
    0) that must be constants; `own_tree` marks what the checker turns into something else, so that no back end sees it.
    """

    name: str
    group: Group
    receiver: Receiver = ""
    args: tuple[Type, ...] = ()
    optional: tuple[Type, ...] = ()
    several: bool = False
    written: tuple[int, ...] = ()
    elements: Literal["any", "numbers", "ordered"] = "any"
    result: Type | Callable[[tuple[Type, ...]], Type]
    empty: Literal["empty", "false", "unaffected"] = "empty"
    may_be_empty: bool = False
    python: Template = ""
    sql: Template | None = None
    own_tree: bool = False
    volatile: bool = False
    cost: int = 1
    usage: str
    example: str
    help: Text


def _part(name: str, python: str, sql: str, example: int, text: Text) -> tuple[Function, ...]:
    """The same part of a date, and of a moment in a zone."""
    on_date = Function(
        name=name, group="time", receiver="date", result=INT, python=f"{{0}}.{python}",
        sql=f"extract({sql} FROM {{0}})::bigint", usage=f"d.{name}()",
        example=f"date('2026-01-31').{name}() == {example}", help=text,
    )  # fmt: skip
    return (on_date, _moment_part(name, python, sql, f"timestamp('2026-01-31T10:00:00Z').{name}() == {example}", text))


def _moment_part(name: str, python: str, sql: str, example: str, text: Text) -> Function:
    return Function(
        name=name, group="time", receiver="timestamp", optional=(TEXT,), written=(1,), result=INT, cost=40,
        python=f"{{0}}.astimezone({{zone}}).{python}", sql=f"extract({sql} FROM {{0}} AT TIME ZONE {{zone}})::bigint",
        usage=f"t.{name}(), t.{name}('Europe/Chisinau')", example=example, help=text,
    )  # fmt: skip


_LISTS: tuple[Function, ...] = (
    Function(
        name="sum", group="list", receiver="list", elements="numbers",
        result=function_texts.element, empty="unaffected",
        python="sum({0})", sql="(SELECT COALESCE(sum({value}), 0) FROM {rows})",
        usage="list.sum()", example="[1, 2, 3].sum() == 6",
        help=Text("Everything added up; 0 for no elements. Empty elements do not count.",
                  "Сумма всех; 0, если элементов нет. Пустые не учитываются.",
                  "Suma tuturor; 0 dacă nu sunt elemente. Cele goale nu se numără."),
    ),
    Function(
        name="min", group="list", receiver="list", elements="ordered",
        result=function_texts.element, empty="unaffected",
        may_be_empty=True, python="min({0}, default=None)", sql="(SELECT min({value}) FROM {rows})",
        usage="list.min()", example="[3, 1, 2].min() == 1",
        help=Text("The smallest; empty for no elements.", "Наименьшее; пусто, если элементов нет.",
                  "Cel mai mic; gol dacă nu sunt elemente."),
    ),
    Function(
        name="max", group="list", receiver="list", elements="ordered",
        result=function_texts.element, empty="unaffected",
        may_be_empty=True, python="max({0}, default=None)", sql="(SELECT max({value}) FROM {rows})",
        usage="list.max()", example="[3, 1, 2].max() == 3",
        help=Text("The largest; empty for no elements.", "Наибольшее; пусто, если элементов нет.",
                  "Cel mai mare; gol dacă nu sunt elemente."),
    ),
    Function(
        name="size", group="list", receiver="list", result=INT, empty="unaffected",
        python="len({0})", sql="(SELECT count(*) FROM {rows})",
        usage="list.size()", example="['a', 'b'].size() == 2",
        help=Text("How many elements there are.", "Сколько элементов.", "Câte elemente sunt."),
    ),
    Function(
        name="top", group="list", receiver="list", elements="ordered", args=(INT,), written=(1,),
        result=function_texts.first,
        empty="unaffected", python="largest({0}, {1})", cost=4,
        sql="(SELECT {value} AS value FROM {rows} ORDER BY 1 DESC LIMIT {1})",
        usage="list.top(n)", example="[5, 9, 7].top(2).sum() == 16",
        help=Text("The n largest, largest first.", "n наибольших, начиная с самого большого.",
                  "Cele mai mari n, începând cu cel mai mare."),
    ),
)  # fmt: skip

_TEXTS: tuple[Function, ...] = (
    Function(
        name="startsWith", group="text", receiver="text", args=(TEXT,), result=BOOL, empty="false",
        python="{0}.startswith({1})", sql="starts_with({0}, {1})", cost=6,
        usage="text.startsWith(text)", example="'gold card'.startsWith('gold')",
        help=Text("Whether the text begins so.", "Начинается ли текст так.", "Dacă textul începe astfel."),
    ),
    Function(
        name="endsWith", group="text", receiver="text", args=(TEXT,), result=BOOL, empty="false",
        python="{0}.endswith({1})", sql="(right({0}, char_length({1})) = {1})", cost=6,
        usage="text.endsWith(text)", example="'gold card'.endsWith('card')",
        help=Text("Whether the text ends so.", "Заканчивается ли текст так.", "Dacă textul se termină astfel."),
    ),
    Function(
        name="contains", group="text", receiver="text", args=(TEXT,), result=BOOL, empty="false",
        python="({1} in {0})", sql="(strpos({0}, {1}) > 0)", cost=6,
        usage="text.contains(text)", example="'gold card'.contains('d c')",
        help=Text("Whether the text has this in it.", "Есть ли это в тексте.", "Dacă textul conține aceasta."),
    ),
    Function(
        name="size", group="text", receiver="text", result=INT, python="len({0})", cost=3,
        sql="char_length({0})::bigint",
        usage="text.size()", example="'чай'.size() == 3",
        help=Text("How many characters the text has.", "Сколько символов в тексте.", "Câte caractere are textul."),
    ),
)  # fmt: skip

_NUMBERS: tuple[Function, ...] = (
    Function(
        name="floor", group="number", args=(NUMBER,), result=INT, cost=4,
        python=function_texts.floor_python, sql=function_texts.by_fraction("floor"),
        usage="floor(x)", example="floor(2.99) == 2",
        help=Text("Rounded down to a whole number.", "Округлить вниз до целого.", "Rotunjit în jos la întreg."),
    ),
    Function(
        name="ceil", group="number", args=(NUMBER,), result=INT,
        python=function_texts.ceil_python, sql=function_texts.by_fraction("ceil"), cost=4,
        usage="ceil(x)", example="ceil(2.01) == 3",
        help=Text("Rounded up to a whole number.", "Округлить вверх до целого.", "Rotunjit în sus la întreg."),
    ),
    Function(
        name="round", group="number", args=(NUMBER,), optional=(INT,), written=(1,), result=INT,
        python=function_texts.round_python, sql=function_texts.by_fraction("round"), cost=12,
        usage="round(x), round(x, decimals)", example="round(2.345, 2) == 2.35",
        help=Text("Rounded to a whole number or to so many decimals (0 to 6); a half goes away from zero.",
                  "Округлить до целого или до стольких знаков (0–6); половина — от нуля.",
                  "Rotunjit la întreg sau la atâtea zecimale (0-6); jumătatea se îndepărtează de zero."),
    ),
    Function(
        name="abs", group="number", args=(NUMBER,),
        result=function_texts.first, python="abs({0})", sql="abs({0})", cost=4,
        usage="abs(x)", example="abs(0 - 3) == 3",
        help=Text("Without its sign.", "Без знака.", "Fără semn."),
    ),
    Function(
        name="least", group="number", args=(NUMBER, NUMBER), several=True, result=function_texts.common,
        python=function_texts.call_scaled("min"), sql=function_texts.call_scaled("LEAST"), cost=12,
        usage="least(a, b, ...)", example="least(3, 2.50) == 2.50",
        help=Text("The smallest of these.", "Наименьшее из этих.", "Cel mai mic dintre acestea."),
    ),
    Function(
        name="greatest", group="number", args=(NUMBER, NUMBER), several=True, result=function_texts.common,
        python=function_texts.call_scaled("max"), sql=function_texts.call_scaled("GREATEST"), cost=12,
        usage="greatest(a, b, ...)", example="greatest(3, 2.50) == 3",
        help=Text("The largest of these.", "Наибольшее из этих.", "Cel mai mare dintre acestea."),
    ),
)  # fmt: skip

_TIMES: tuple[Function, ...] = (
    Function(
        name="today", group="time", result=DATE, python="{today}", sql="{today}", volatile=True, cost=40,
        usage="today()", example="today() >= date('2026-01-31')",
        help=Text("The date now, in the zone of this place.", "Сегодняшняя дата в поясе этого места.",
                  "Data de azi, în fusul acestui loc."),
    ),
    Function(
        name="toDate", group="time", receiver="timestamp", optional=(TEXT,), written=(1,), result=DATE, cost=40,
        python="{0}.astimezone({zone}).date()", sql="({0} AT TIME ZONE {zone})::date",
        usage="t.toDate(), t.toDate('Europe/Chisinau')",
        example="timestamp('2026-01-31T23:30:00Z').toDate('Europe/Chisinau') == date('2026-02-01')",
        help=Text("The local date of a moment.", "Местная дата момента.", "Data locală a unui moment."),
    ),
    *_part("year", "year", "year", 2026, Text("The year.", "Год.", "Anul.")),
    *_part("month", "month", "month", 1, Text("The month, 1 to 12.", "Месяц, 1–12.", "Luna, de la 1 la 12.")),
    *_part("day", "day", "day", 31, Text("The day of the month, 1 to 31.", "День месяца, 1–31.",
                                         "Ziua lunii, de la 1 la 31.")),
    *_part("weekday", "isoweekday()", "isodow", 6,
           Text("The day of the week: Monday 1, Sunday 7.", "День недели: понедельник 1, воскресенье 7.",
                "Ziua săptămânii: luni 1, duminică 7.")),
    _moment_part("hour", "hour", "hour", "timestamp('2026-01-31T10:00:00Z').hour('UTC') == 10",
                 Text("The hour of the day, 0 to 23.", "Час дня, 0–23.", "Ora zilei, de la 0 la 23.")),
    _moment_part("minute", "minute", "minute", "timestamp('2026-01-31T10:45:00Z').minute('UTC') == 45",
                 Text("The minute of the hour, 0 to 59.", "Минута часа, 0–59.", "Minutul orei, de la 0 la 59.")),
    Function(
        name="addDays", group="time", receiver="date", args=(INT,), result=DATE, may_be_empty=True, cost=40,
        python="add_days({0}, {1})", sql=function_texts.add_days_sql,
        usage="d.addDays(n)", example="date('2026-01-31').addDays(1) == date('2026-02-01')",
        help=Text("The date so many days later; earlier for a negative number. At most 36,600 days.",
                  "Дата через столько дней; для отрицательного — раньше. Не более 36 600 дней.",
                  "Data peste atâtea zile; mai devreme pentru un număr negativ. Cel mult 36.600 de zile."),
    ),
    Function(
        name="addMonths", group="time", receiver="date", args=(INT,), result=DATE, may_be_empty=True, cost=300,
        python="add_months({0}, {1})", sql=function_texts.add_months_sql,
        usage="d.addMonths(n)", example="date('2026-01-31').addMonths(1) == date('2026-02-28')",
        help=Text("The same day so many months later, or the last day of that month. At most 1,200 months.",
                  "Тот же день через столько месяцев или последний день того месяца. Не более 1200 месяцев.",
                  "Aceeași zi peste atâtea luni sau ultima zi a acelei luni. Cel mult 1.200 de luni."),
    ),
    Function(
        name="daysTo", group="time", receiver="date", args=(DATE,), result=INT, cost=15,
        python="({1} - {0}).days", sql="({1} - {0})::bigint",
        usage="d.daysTo(other)", example="date('2026-01-31').daysTo(date('2026-02-02')) == 2",
        help=Text("Days from this date to the other; negative when the other is earlier.",
                  "Дней от этой даты до другой; отрицательно, если другая раньше.",
                  "Zile de la această dată la cealaltă; negativ dacă cealaltă este mai devreme."),
    ),
    Function(
        name="yearsTo", group="time", receiver="date", args=(DATE,), result=INT, cost=300,
        python="years_to({0}, {1})", sql=function_texts.YEARS_TO_SQL,
        usage="d.yearsTo(other)", example="date('2008-02-29').yearsTo(date('2026-02-28')) == 18",
        help=Text("Full years from this date to the other. 29 February counts as the 28th in common years.",
                  "Полных лет от этой даты до другой. 29 февраля в обычный год — это 28-е.",
                  "Ani împliniți de la această dată la cealaltă. 29 februarie este 28 în anii obișnuiți."),
    ),
    Function(
        name="daysToAnniversary", group="time", receiver="date", result=INT, volatile=True, cost=600,
        may_be_empty=True, python="days_to_anniversary({0}, {today})", sql=function_texts.ANNIVERSARY_SQL,
        usage="d.daysToAnniversary()", example="member.birth_date.daysToAnniversary() <= 7",
        help=Text("Days from today to the next anniversary, 0 on the day. 29 February is the 28th in common years.",
                  "Дней до ближайшей годовщины, 0 в сам день. 29 февраля в обычный год — это 28-е.",
                  "Zile până la următoarea aniversare, 0 în acea zi. 29 februarie este 28 în anii obișnuiți."),
    ),
)  # fmt: skip

_FORMS: tuple[Function, ...] = (
    Function(
        name="date", group="time", args=(TEXT,), written=(0,), result=DATE, own_tree=True,
        usage="date('2026-01-31')", example="date('2026-01-31').day() == 31",
        help=Text("A date.", "Дата.", "O dată."),
    ),
    Function(
        name="timestamp", group="time", args=(TEXT,), written=(0,), result=TIMESTAMP, own_tree=True,
        usage="timestamp('2026-01-31T10:00:00Z')",
        example="timestamp('2026-01-31T10:00:00Z') < timestamp('2026-01-31T10:00:00+00:30') == false",
        help=Text("A moment, with Z or an offset; without one it is UTC.", "Момент, с Z или смещением; без него — UTC.",
                  "Un moment, cu Z sau decalaj; fără el este UTC."),
    ),
    Function(
        name="duration", group="time", args=(TEXT,), written=(0,), result=DURATION, own_tree=True,
        usage="duration('90m')", example="duration('90m') == duration('1h30m')",
        help=Text("A period: s, m, h and d, largest first.", "Период: s, m, h и d, от большего к меньшему.",
                  "O perioadă: s, m, h și d, de la mare la mic."),
    ),
    Function(
        name="days", group="time", args=(INT,), written=(0,), result=DURATION, own_tree=True,
        usage="days(30)", example="days(1) == duration('24h')",
        help=Text("A period of so many times 24 hours.", "Период: столько раз по 24 часа.",
                  "O perioadă de atâtea ori 24 de ore."),
    ),
    Function(
        name="has", group="other", args=(NUMBER,), result=BOOL, own_tree=True,
        usage="has(x)", example="has(member.tier)",
        help=Text("Whether x is not empty; the same as x != null.", "Не пусто ли x; то же, что x != null.",
                  "Dacă x nu este gol; la fel ca x != null."),
    ),
)  # fmt: skip

FUNCTIONS: tuple[Function, ...] = (*_LISTS, *_TEXTS, *_NUMBERS, *_TIMES, *_FORMS)
BY_NAME: Mapping[tuple[str, str], Function] = {(row.receiver, row.name): row for row in FUNCTIONS}

MACROS: Mapping[str, tuple[str, Text]] = {
    "exists": ("basket.lines.exists(l, l.category == 'pet')", Text(
        "Whether it holds for at least one element; false for no elements.",
        "Верно ли хотя бы для одного элемента; ложь, если элементов нет.",
        "Dacă este adevărat pentru cel puțin un element; fals dacă nu sunt elemente.")),
    "all": ("basket.lines.all(l, l.category == 'pet')", Text(
        "Whether it holds for every element; true for no elements.",
        "Верно ли для каждого элемента; истина, если элементов нет.",
        "Dacă este adevărat pentru fiecare element; adevărat dacă nu sunt elemente.")),
    "exists_one": ("basket.lines.exists_one(l, l.category == 'pet')", Text(
        "Whether it holds for exactly one element.", "Верно ли ровно для одного элемента.",
        "Dacă este adevărat pentru exact un element.")),
    "filter": ("basket.lines.filter(l, l.category == 'pet').size()", Text(
        "The elements for which it holds.", "Элементы, для которых это верно.",
        "Elementele pentru care este adevărat.")),
    "map": ("basket.lines.map(l, l.amount).sum()", Text(
        "The value worked out for each element.", "Значение, вычисленное для каждого элемента.",
        "Valoarea calculată pentru fiecare element.")),
}  # fmt: skip

# What people who know CEL or a spreadsheet type, and what to say instead.
USE_INSTEAD: Mapping[str, str] = {
    "getMonth": "use_month",
    "getDate": "use_day",
    "getDayOfMonth": "use_day",
    "getDayOfWeek": "use_weekday",
}
USE_NAME: Mapping[str, str] = {
    "getHours": "hour()",
    "getMinutes": "minute()",
    "getFullYear": "year()",
    "matches": "startsWith, endsWith, contains",
    "length": "size()",
    "len": "size()",
    "count": "filter(x, ...).size()",
    "any": "exists(x, ...)",
    "existsOne": "exists_one(x, ...)",
    "metric": "member.metrics.<name>",
    "toLower": "==",
    "lower": "==",
    "int": "floor(x)",
    "double": "20.00",
    "string": "'...'",
    "if": "? :",
}


_RECEIVERS: dict[str, Receiver] = {"text": "text", "date": "date", "timestamp": "timestamp"}


def receiver_of(kind: Type) -> Receiver:
    """The word under which a type's functions are filed."""
    if isinstance(kind, ListOf):
        return "list"
    if isinstance(kind, Plain) and kind in (TEXT, DATE, TIMESTAMP):
        return _RECEIVERS[kind.code]
    return ""


def suits(wanted: Type, found: Type) -> bool:
    """Whether an argument may stand where `wanted` does."""
    return is_number(found) if wanted == NUMBER else wanted == found


def element_suits(function: Function, kind: ListOf) -> bool:
    """Whether the elements of a list are what the function works on."""
    if function.elements == "any" or isinstance(kind.of, Record):
        return function.elements == "any"
    return is_number(kind.of) or (function.elements == "ordered" and kind.of in (DATE, TIMESTAMP))
