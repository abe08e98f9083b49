"""The sentence of every fault, in the three languages; a parameter that is a type is put into words."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from regulars.kit.i18n import LANGUAGES
from regulars.language.types import Amount, ListOf, Plain, Record, word

SENTENCES: dict[str, tuple[str, str, str]] = {
    "text_too_long": (
        "This expression is too long: at most {limit} characters",
        "Выражение слишком длинное: не более {limit} символов",
        "Expresia este prea lungă: cel mult {limit} de caractere",
    ),
    "too_many_parts": (
        "This expression has too many parts: at most {limit}",
        "В выражении слишком много частей: не более {limit}",
        "Expresia are prea multe părți: cel mult {limit}",
    ),
    "too_deep": (
        "Too deeply nested: at most {limit} levels",
        "Слишком глубокая вложенность: не более {limit} уровней",
        "Imbricare prea adâncă: cel mult {limit} niveluri",
    ),
    "bad_character": ("Unexpected character {found}", "Неожиданный символ {found}", "Caracter neașteptat {found}"),
    "single_operator": (
        "Use {use} instead of {found}",
        "Вместо {found} нужно {use}",
        "Folosiți {use} în loc de {found}",
    ),
    "single_equals": ("Use == to compare", "Для сравнения нужно ==", "Pentru comparație folosiți =="),
    "open_text": (
        "This text has no closing quote",
        "У текста нет закрывающей кавычки",
        "Textul nu are ghilimele de închidere",
    ),
    "bad_escape": (
        "{found} is not known in a text. Possible are \\n \\t \\r \\\\ \\' \\\" and \\u0041",
        "{found} в тексте не поддерживается. Можно \\n \\t \\r \\\\ \\' \\\" и \\u0041",
        "{found} nu este cunoscut într-un text. Se poate \\n \\t \\r \\\\ \\' \\\" și \\u0041",
    ),
    "bad_number": (
        "'{found}' is not a number. Write 20 or 20.00",
        "'{found}' — не число. Пишите 20 или 20.00",
        "'{found}' nu este un număr. Scrieți 20 sau 20.00",
    ),
    "too_many_decimals": (
        "At most {limit} decimals are possible",
        "Возможно не более {limit} знаков после точки",
        "Sunt posibile cel mult {limit} zecimale",
    ),
    "number_too_large": (
        "This number is too large: at most {limit} digits",
        "Число слишком большое: не более {limit} цифр",
        "Numărul este prea mare: cel mult {limit} cifre",
    ),
    "expected_value": (
        "Expected a value here, not '{found}'",
        "Здесь нужно значение, а не '{found}'",
        "Aici trebuie o valoare, nu '{found}'",
    ),
    "expected_value_but_ends": (
        "Expected a value here, but the rule ends",
        "Здесь нужно значение, но правило закончилось",
        "Aici trebuie o valoare, dar regula se termină",
    ),
    "expected": (
        "Expected '{wanted}' here, not '{found}'",
        "Здесь нужно '{wanted}', а не '{found}'",
        "Aici trebuie '{wanted}', nu '{found}'",
    ),
    "expected_but_ends": (
        "Expected '{wanted}' here, but the rule ends",
        "Здесь нужно '{wanted}', но правило закончилось",
        "Aici trebuie '{wanted}', dar regula se termină",
    ),
    "expected_field": (
        "Expected a field name after '.'",
        "После '.' нужно имя поля",
        "După '.' trebuie numele unui câmp",
    ),
    "unexpected": ("Unexpected '{found}'", "Неожиданно: '{found}'", "Neașteptat: '{found}'"),
    "bad_index": (
        "Only ['name'] is possible between square brackets",
        "В квадратных скобках возможно только ['имя']",
        "Între paranteze pătrate se poate doar ['nume']",
    ),
    "unknown_name": (
        "Unknown name '{name}'. {known}",
        "Неизвестное имя '{name}'. {known}",
        "Nume necunoscut '{name}'. {known}",
    ),
    "unknown_field": (
        "{record} has no field '{name}'. {known}",
        "У {record} нет поля '{name}'. {known}",
        "{record} nu are câmpul '{name}'. {known}",
    ),
    "unknown_step": (
        "There is no level '{name}'. {known}",
        "Нет уровня '{name}'. {known}",
        "Nu există nivelul '{name}'. {known}",
    ),
    "unknown_list": (
        "There is no list '{name}'. {known}",
        "Нет списка '{name}'. {known}",
        "Nu există lista '{name}'. {known}",
    ),
    "unknown_table": (
        "There is no table '{name}'. {known}",
        "Нет таблицы '{name}'. {known}",
        "Nu există tabelul '{name}'. {known}",
    ),
    "unknown_function": (
        "Unknown function '{name}'. {known}",
        "Неизвестная функция '{name}'. {known}",
        "Funcție necunoscută '{name}'. {known}",
    ),
    "unknown_method": (
        "A value of type {type} has no function '{name}'. {known}",
        "У значения типа «{type}» нет функции '{name}'. {known}",
        "O valoare de tip {type} nu are funcția '{name}'. {known}",
    ),
    "no_fields": (
        "A value of type {type} has no fields",
        "У значения типа «{type}» нет полей",
        "O valoare de tip {type} nu are câmpuri",
    ),
    "list_has_no_fields": (
        "This is a list. Use {name}.exists(x, ...) or another walk",
        "Это список. Используйте {name}.exists(x, ...) или другой обход",
        "Aceasta este o listă. Folosiți {name}.exists(x, ...) sau altă parcurgere",
    ),
    "use_month": (
        "Use month(), which counts from 1",
        "Используйте month(), считает с 1",
        "Folosiți month(), care numără de la 1",
    ),
    "use_day": (
        "Use day(), which counts from 1",
        "Используйте day(), считает с 1",
        "Folosiți day(), care numără de la 1",
    ),
    "use_weekday": (
        "Use weekday(): Monday is 1, Sunday is 7",
        "Используйте weekday(): понедельник 1, воскресенье 7",
        "Folosiți weekday(): luni este 1, duminică este 7",
    ),
    "use_instead": (
        "There is no '{name}'. Use {use}",
        "'{name}' нет. Используйте {use}",
        "'{name}' nu există. Folosiți {use}",
    ),
    "cannot_compare": (
        "Cannot compare {left} with {right}",
        "Нельзя сравнить: {left} и {right}",
        "Nu se pot compara: {left} și {right}",
    ),
    "cannot_order": (
        "A value of type {type} is compared with == and != only, not with {op}",
        "Значение типа «{type}» сравнивают только через == и !=, не через {op}",
        "O valoare de tip {type} se compară doar cu == și !=, nu cu {op}",
    ),
    "cannot_do": (
        "Cannot do {left} {op} {right}",
        "Нельзя вычислить: {left} {op} {right}",
        "Nu se poate calcula: {left} {op} {right}",
    ),
    "cannot_negate": (
        "'-' needs a number, not {type}",
        "Для '-' нужно число, а не {type}",
        "'-' are nevoie de un număr, nu de {type}",
    ),
    "cannot_look": (
        "'in' cannot look for {item} in {list}",
        "'in' не может искать: {item} в {list}",
        "'in' nu poate căuta: {item} în {list}",
    ),
    "in_needs_list": (
        "'in' needs a list on its right, not {type}",
        "Справа от 'in' нужен список, а не {type}",
        "'in' are nevoie de o listă în dreapta, nu de {type}",
    ),
    "needs_condition": (
        "'{op}' needs yes/no here, not {type}",
        "Для '{op}' здесь нужно да/нет, а не {type}",
        "'{op}' are nevoie aici de da/nu, nu de {type}",
    ),
    "needs_list": (
        "'{name}' needs a list; this is {type}",
        "Для '{name}' нужен список, а здесь {type}",
        "'{name}' are nevoie de o listă; aici este {type}",
    ),
    "needs_numbers": (
        "'{name}' needs a list of numbers; this is {type}",
        "Для '{name}' нужен список чисел, а здесь {type}",
        "'{name}' are nevoie de o listă de numere; aici este {type}",
    ),
    "wrong_arguments": (
        "'{name}' is written {usage}; this has {found}",
        "'{name}' пишется так: {usage}; здесь {found}",
        "'{name}' se scrie {usage}; aici este {found}",
    ),
    "constant_needed": (
        "'{name}' needs a value written out here, not one worked out",
        "Для '{name}' здесь нужно записанное значение, а не вычисляемое",
        "'{name}' are nevoie aici de o valoare scrisă, nu de una calculată",
    ),
    "out_of_range": (
        "'{name}' takes {least} to {most} here",
        "Для '{name}' здесь возможно от {least} до {most}",
        "'{name}' acceptă aici de la {least} la {most}",
    ),
    "branches_differ": (
        "Both sides of ':' must be of one type; these are {left} and {right}",
        "Обе стороны ':' должны быть одного типа; здесь {left} и {right}",
        "Ambele părți ale lui ':' trebuie să fie de același tip; aici {left} și {right}",
    ),
    "no_choice_of": (
        "'? :' chooses between values, not between a {type}",
        "'? :' выбирает между значениями; здесь {type}",
        "'? :' alege între valori; aici este {type}",
    ),
    "mixed_list": (
        "All values of a list must be of one type; these are {left} and {right}",
        "Все значения списка должны быть одного типа; здесь {left} и {right}",
        "Toate valorile unei liste trebuie să fie de același tip; aici {left} și {right}",
    ),
    "bad_list_item": (
        "A list written out holds values, not {type}",
        "Записанный список содержит значения; здесь {type}",
        "O listă scrisă conține valori; aici este {type}",
    ),
    "list_too_long": (
        "At most {limit} values may be written out. Keep longer lists in lists.<name>",
        "Можно записать не более {limit} значений. Длинные списки храните в lists.<имя>",
        "Se pot scrie cel mult {limit} valori. Listele mai lungi se păstrează în lists.<nume>",
    ),
    "map_to_list": (
        "'map' gives one value for each, not a list",
        "'map' даёт по одному значению, а не список",
        "'map' dă câte o valoare, nu o listă",
    ),
    "walk_arguments": (
        "'{name}' needs a name and an expression: {name}(x, ...)",
        "Для '{name}' нужны имя и выражение: {name}(x, ...)",
        "'{name}' are nevoie de un nume și o expresie: {name}(x, ...)",
    ),
    "walk_name_taken": (
        "The name '{name}' is already in use in the walk around this one",
        "Имя '{name}' уже занято во внешнем обходе",
        "Numele '{name}' este deja folosit în parcurgerea din jur",
    ),
    "walks_too_deep": (
        "Lists may be walked at most {limit} deep",
        "Списки можно обходить не глубже {limit} уровней",
        "Listele pot fi parcurse cel mult {limit} una în alta",
    ),
    "chain_too_long": (
        "At most {limit} list steps may follow one another",
        "Подряд возможно не более {limit} шагов по списку",
        "Se pot înlănțui cel mult {limit} pași pe listă",
    ),
    "join_in_walk": (
        "Texts cannot be joined inside a walk over a list",
        "Внутри обхода списка тексты не соединяют",
        "Textele nu se pot uni în parcurgerea unei liste",
    ),
    "scale_too_large": (
        "This would have {scale} decimals; at most {limit} are possible. Round it first",
        "Получится {scale} знаков после точки; возможно не более {limit}. Сначала округлите",
        "Ar avea {scale} zecimale; sunt posibile cel mult {limit}. Rotunjiți mai întâi",
    ),
    "number_may_grow": (
        "This number may grow beyond {limit} digits",
        "Это число может вырасти свыше {limit} цифр",
        "Acest număr poate depăși {limit} de cifre",
    ),
    "too_costly": (
        "This is too much work for one rule: {cost} units, at most {limit}",
        "Слишком много работы для одного правила: {cost} единиц, не более {limit}",
        "Prea multă muncă pentru o singură regulă: {cost} unități, cel mult {limit}",
    ),
    "bad_date": (
        "This is not a valid date. Write date('2026-01-31')",
        "Это не дата. Пишите date('2026-01-31')",
        "Aceasta nu este o dată validă. Scrieți date('2026-01-31')",
    ),
    "bad_moment": ("This is not a valid moment", "Это недопустимый момент времени", "Acesta nu este un moment valid"),
    "bad_period": (
        "This is not a valid period. Write duration('90m'), with s, m, h or d",
        "Это не период. Пишите duration('90m'), с s, m, h или d",
        "Aceasta nu este o perioadă validă. Scrieți duration('90m'), cu s, m, h sau d",
    ),
    "bad_zone": (
        "There is no time zone '{name}'. {known}",
        "Нет часового пояса '{name}'. {known}",
        "Nu există fusul orar '{name}'. {known}",
    ),
    "no_now": (
        "'{name}' needs the present moment, which is not known here",
        "Для '{name}' нужен текущий момент, здесь он неизвестен",
        "'{name}' are nevoie de momentul prezent, necunoscut aici",
    ),
    "too_long_for_sql": (
        "This is too large for a segment",
        "Это слишком велико для сегмента",
        "Este prea mare pentru un segment",
    ),
    "no_zone": (
        "'{name}' needs a time zone, which is not known here. Name one: {usage}",
        "Для '{name}' нужен часовой пояс, здесь он неизвестен. Назовите его: {usage}",
        "'{name}' are nevoie de un fus orar, necunoscut aici. Numiți unul: {usage}",
    ),
    "not_in_segments": (
        "'{name}' cannot be used in a segment",
        "'{name}' нельзя использовать в сегменте",
        "'{name}' nu se poate folosi într-un segment",
    ),
    "wrong_result": (
        "This must give {wanted}, but gives {found}",
        "Результат должен быть: {wanted}, а здесь {found}",
        "Rezultatul trebuie să fie {wanted}, dar este {found}",
    ),
    "segment_reads_member": (
        "A segment looks at the member only. Use a metric, for example member.metrics.spend_30d",
        "Сегмент смотрит только на участника. Используйте метрику, например member.metrics.spend_30d",
        "Un segment privește doar membrul. Folosiți o metrică, de exemplu member.metrics.spend_30d",
    ),
    "metric_reads_activity": (
        "A metric looks at the activity only, so that it can be worked out again later",
        "Метрика смотрит только на событие, чтобы её можно было пересчитать позже",
        "O metrică privește doar activitatea, ca să poată fi recalculată mai târziu",
    ),
    "price_reads_before": (
        "A price cannot read '{name}', which depends on it",
        "Цена не может читать '{name}': оно от неё зависит",
        "Un preț nu poate citi '{name}', care depinde de el",
    ),
    "not_here": (
        "'{name}' is not known in this place",
        "'{name}' здесь неизвестно",
        "'{name}' nu este cunoscut aici",
    ),
    "bad_tree": (
        "This is not a tree of the rule language: {found}",
        "Это не дерево языка правил: {found}",
        "Acesta nu este un arbore al limbajului de reguli: {found}",
    ),
    # Pieces of sentences.
    "did_you_mean": ("Did you mean '{name}'?", "Может быть, '{name}'?", "Ați vrut să scrieți '{name}'?"),
    "known_names": ("Known: {names}", "Известны: {names}", "Cunoscute: {names}"),
    "nothing_known": ("There are none", "Их нет", "Nu există niciunul"),
    "no_arguments": ("nothing", "ничего нет", "nimic"),
}


class Known(Struct, frozen=True):
    """What could have been meant: a likely name, or the names there are. Worded when the sentence is."""

    likely: str | None
    names: tuple[str, ...]

    def text(self, lang: str) -> str:
        """The second half of an "unknown ..." sentence."""
        if self.likely is not None:
            return sentence("did_you_mean", {"name": self.likely}, lang)
        if not self.names:
            return sentence("nothing_known", {}, lang)
        return sentence("known_names", {"names": ", ".join(self.names)}, lang)


def sentence(code: str, params: Mapping[str, object], lang: str) -> str:
    """The worded sentence of a code."""
    if code == "single_operator" and params.get("found") == "=":
        code = "single_equals"
    index = LANGUAGES.index(lang) if lang in LANGUAGES else 0
    return SENTENCES[code][index].format(**{name: worded(value, LANGUAGES[index]) for name, value in params.items()})


def worded(value: object, lang: str) -> str:
    """A parameter as people read it."""
    if isinstance(value, Plain | Amount | ListOf | Record):
        return word(value, lang)
    if isinstance(value, Known):
        return value.text(lang)
    if isinstance(value, tuple):
        return ", ".join(worded(each, lang) for each in value) or sentence("no_arguments", {}, lang)
    return str(value)
