"""The sentences of faults of ladders: code -> severity, what is wrong, what to do about it."""

from __future__ import annotations

from typing import Final

from regulars.program.fault_rows import Row
from regulars.program.fault_rows import fault_row as _fault

LADDERS: Final[dict[str, Row]] = {
    "qualify_form": _fault(
        "qualify is one formula, or {{any: ...}} or {{all: ...}} of named formulas.",
        "qualify — это одна формула либо {{any: ...}} или {{all: ...}} из именованных формул.",
        "qualify este o formulă, sau {{any: ...}} ori {{all: ...}} cu formule denumite.",
    ),
    "ladder_without_tier_year": _fault(
        "A ladder only says whose year 'tier year' is; this window is another.",
        "ladder лишь говорит, чей год означает 'tier year'; здесь другое окно.",
        "ladder spune doar al cui an este 'tier year'; fereastra de aici este alta.",
        ("Remove it, or write window: tier year.", "Удалите его или напишите window: tier year.",
         "Ștergeți-l sau scrieți window: tier year."),
    ),
    "ladder_needs_levels": _fault(
        "A ladder needs at least two levels, or one that must be reached.",
        "Лестнице нужны хотя бы два уровня или один, которого надо достичь.",
        "O scară cere cel puțin două niveluri, sau unul care trebuie atins.",
    ),
    "unknown_measure": _fault(
        "{name} is no measure of qualify; there is: {known}.",
        "{name} — не мера из qualify; есть: {known}.",
        "{name} nu este o măsură din qualify; există: {known}.",
        ("Give the number of each measure by its name.", "Укажите число каждой меры по её имени.",
         "Dați numărul fiecărei măsuri după numele ei."),
    ),
    "level_not_above": _fault(
        "{level} asks for {found}; {below}, the level below it, for {least}.",
        "{level} требует {found}; {below}, уровень ниже, — {least}.",
        "{level} cere {found}; {below}, nivelul de dedesubt, cere {least}.",
        ("Write levels from the lowest to the highest.", "Запишите уровни от низшего к высшему.",
         "Scrieți nivelurile de la cel mai jos la cel mai înalt."),
    ),
    "measure_never_rises": _fault(
        "Nothing can raise {metric}: no activity type of the program counts in it.",
        "Ничто не увеличит {metric}: ни один тип событий программы в нём не считается.",
        "Nimic nu poate ridica {metric}: niciun tip de activitate al programului nu contează în el.",
        ("Look at its where, or add the activity type.", "Проверьте его where или добавьте тип события.",
         "Verificați where sau adăugați tipul de activitate."),
    ),
    "measure_is_constant": _fault(
        "Nothing can raise {found}: it reads nothing of the member.",
        "Ничто не увеличит {found}: формула ничего не читает об участнике.",
        "Nimic nu poate ridica {found}: formula nu citește nimic despre membru.",
        ("Read a metric, such as member.metrics.spend.", "Читайте показатель, например member.metrics.spend.",
         "Citiți un indicator, ca member.metrics.spend."),
    ),
    "ladder_reads_itself": _fault(
        "The tier would depend on itself: {circle}.",
        "Уровень зависел бы сам от себя: {circle}.",
        "Nivelul ar depinde de el însuși: {circle}.",
        ("Qualify by metrics, balances or attributes.", "Используйте показатели, балансы или атрибуты.",
         "Folosiți indicatori, solduri sau atribute."),
    ),
    "starts_without_period": _fault(
        "A level cannot start in the next period where there are no periods.",
        "Уровень не может начаться со следующего периода: периодов нет.",
        "Un nivel nu poate începe în perioada următoare unde nu există perioade.",
        ("Give the ladder a year, such as calendar year.", "Укажите year, например calendar year.",
         "Dați scării un year, de exemplu calendar year."),
    ),
    "warn_too_early": _fault(
        "The warning would come {warn} before the end of {year}.",
        "Предупреждение пришло бы за {warn} до конца срока {year}.",
        "Avertismentul ar veni cu {warn} înainte de sfârșitul a {year}.",
        ("Warn later than the level begins.", "Предупреждайте позже начала уровня.",
         "Avertizați după ce începe nivelul."),
    ),
    "grace_too_long": _fault(
        "A grace of {grace} goes beyond the next review.",
        "Отсрочка {grace} выходит за следующий пересмотр.",
        "O păsuire de {grace} trece de următoarea revizuire.",
        ("Make it shorter than {year}.", "Сделайте её короче, чем {year}.", "Faceți-o mai scurtă decât {year}."),
    ),
    "never_reviewed": _fault(
        "{field} changes nothing: this ladder is never reviewed.",
        "{field} ничего не меняет: эта лестница не пересматривается.",
        "{field} nu schimbă nimic: această scară nu se revizuiește.",
        ("Give it a year or valid_until, or remove the field.", "Укажите year или valid_until либо удалите поле.",
         "Dați-i year sau valid_until, sau ștergeți câmpul."),
    ),
    "rollover_without_status": _fault(
        "{name} cannot be rolled over: it must be a currency of kind status that qualify counts.",
        "{name} нельзя перенести: нужна валюта вида status, которую считает qualify.",
        "{name} nu se poate reporta: trebuie să fie o monedă de tip status pe care qualify o numără.",
        ("Qualify by a metric over its entries in the window tier year.",
         "Используйте показатель по её проводкам за tier year.",
         "Folosiți un indicator peste înregistrările ei în fereastra tier year."),
    ),
    "level_named_twice": _fault(
        "{name} is a level of this ladder and cannot be what another one was.",
        "{name} — уровень этой лестницы и не может быть прежним именем другого.",
        "{name} este un nivel al acestei scări și nu poate fi fostul nume al altuia.",
    ),
    "span_not_in_days": _fault(
        "{found} is no whole number of days.",
        "{found} — не целое число дней.",
        "{found} nu este un număr întreg de zile.",
    ),
}  # fmt: skip
