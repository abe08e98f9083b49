"""The sentences of faults about challenges, and about rules that wake each other."""

from __future__ import annotations

from typing import Final

from regulars.program.fault_rows import Row
from regulars.program.fault_rows import fault_row as _fault
from regulars.program.fault_rows import warning_row as _warning

CHALLENGES: Final[dict[str, Row]] = {
    "rules_in_circle": _fault(
        "These rules wake each other in a circle: {circle}.",
        "Правила запускают друг друга по кругу: {circle}.",
        "Regulile se pornesc una pe alta în cerc: {circle}.",
        (
            "Take one of the effects out, or let one of the rules wait for an activity.",
            "Уберите одно из действий или запускайте одно из правил событием участника.",
            "Scoateți unul dintre efecte sau porniți una dintre reguli printr-o activitate.",
        ),
    ),
    "challenge_pays_itself": _fault(
        "What it gives reaches its own goal again, without end: {circle}.",
        "То, что он даёт, снова и снова выполняет его же цель: {circle}.",
        "Ceea ce dă îi atinge din nou propriul scop, fără sfârșit: {circle}.",
        (
            "Give another currency or less than the target, or say how often: times.",
            "Давайте другую валюту или меньше цели, либо укажите, сколько раз: times.",
            "Dați altă monedă sau mai puțin decât ținta, ori spuneți de câte ori: times.",
        ),
    ),
    "challenge_metric_apart": _fault(
        "The dates of the challenge and those that {metric} counts never meet: it could not be kept.",
        "Даты задания и даты показателя {metric} не пересекаются: выполнить его нельзя.",
        "Datele provocării și cele ale indicatorului {metric} nu se întâlnesc: nu ar putea fi ținută.",
        (
            "Make the dates overlap, or write counts: all.",
            "Сделайте даты пересекающимися или укажите counts: all.",
            "Faceți datele să se suprapună sau scrieți counts: all.",
        ),
    ),
    "chain_too_long": _warning(
        "This rule may not be woken: a decision follows {most} rules in a row, and it would be the next: {chain}.",
        "Это правило может не сработать: решение проходит {most} правила подряд, а это было бы следующим: {chain}.",
        "Regula poate rămâne nepornită: o decizie urmează {most} reguli la rând, iar ea ar fi următoarea: {chain}.",
        (
            "Let one rule do what several do, or let this one listen to an earlier event.",
            "Объедините правила или запускайте это правило более ранним событием.",
            "Uniți regulile sau porniți-o pe aceasta la un eveniment de mai devreme.",
        ),
    ),
    "challenge_without_goal": _fault(
        "There is nothing to reach.",
        "Нечего достигать.",
        "Nu este nimic de atins.",
        (
            "Give goal and target, or steps.",
            "Укажите goal и target или steps.",
            "Indicați goal și target sau steps.",
        ),
    ),
    "challenge_target_alone": _fault(
        "A target needs a goal, and a goal needs a target here or steps with one.",
        "Для target нужен goal, а для goal нужен target здесь или в steps.",
        "Un target cere un goal, iar un goal cere un target aici sau în steps.",
    ),
    "step_without_goal": _fault(
        "This step has no goal, and the challenge has none that it could be a milestone of.",
        "У этого шага нет goal, и у задания его тоже нет.",
        "Acest pas nu are goal, iar provocarea nu are nici ea.",
    ),
    "target_not_positive": _fault(
        "A target of {found} is reached by whoever begins.",
        "Цель {found} достигнута уже в начале.",
        "Ținta {found} este atinsă încă de la început.",
        ("It must be above 0.", "Она должна быть больше 0.", "Trebuie să fie peste 0."),
    ),
    "goal_never_grows": _fault(
        "Nothing can raise this goal: {why}.",
        "Эту цель ничто не увеличит: {why}.",
        "Nimic nu poate ridica acest scop: {why}.",
        (
            "Let it read a metric that counts what members do here.",
            "Используйте показатель, который считает действия участников.",
            "Folosiți un indicator care numără ce fac membrii.",
        ),
    ),
    "challenge_window": _fault(
        "The window of a challenge is ever, a calendar period from day to year, a span of days or longer, or dates.",
        "Окно задания: ever, календарный период от дня до года, срок от дня или даты.",
        "Fereastra unei provocări: ever, o perioadă calendaristică de la zi la an, un interval de zile sau date.",
    ),
    "challenge_windows_differ": _fault(
        "The metric {metric} begins anew each {metric_window}, the challenge runs over {window}: it could not be kept.",
        "Показатель {metric} начинается заново каждый {metric_window}, а задание идёт {window}.",
        "Indicatorul {metric} începe din nou la fiecare {metric_window}, iar provocarea ține {window}.",
        (
            "Give both the same window, or let the metric count for ever.",
            "Задайте обоим одно окно или считайте показатель всегда (ever).",
            "Dați-le aceeași fereastră sau numărați indicatorul permanent (ever).",
        ),
    ),
    "challenge_dates_apart": _fault(
        "The dates of its window and those of the definition never meet.",
        "Даты окна и даты определения не пересекаются.",
        "Datele ferestrei și cele ale definiției nu se întâlnesc.",
    ),
    "counts_new_of_moving": _fault(
        "counts: new needs numbers that only grow, and {metric} does not.",
        "counts: new возможно, только если числа лишь растут, а {metric} — нет.",
        "counts: new cere numere care doar cresc, iar {metric} nu este așa.",
    ),
    "never_comes_back": _fault(
        "With the window {window} it does not come back each period.",
        "С окном {window} задание не повторяется каждый период.",
        "Cu fereastra {window} provocarea nu revine în fiecare perioadă.",
        (
            "Use once, again, or a calendar period or span.",
            "Используйте once, again, календарный период или срок.",
            "Folosiți once, again, o perioadă calendaristică sau un interval.",
        ),
    ),
    "once_and_times": _fault(
        "A challenge that is done once has no times.",
        "Задание, которое выполняют один раз, не имеет times.",
        "O provocare care se face o dată nu are times.",
    ),
    "team_without_households": _fault(
        "The program has no households, so there are no teams.",
        "В программе нет households, поэтому нет команд.",
        "Programul nu are households, deci nu sunt echipe.",
    ),
    "prize_not_here": _fault(
        "A prize cannot use {what}: there is no basket when it is given.",
        "Награда не может использовать {what}: корзины в этот момент нет.",
        "Un premiu nu poate folosi {what}: nu există coș în acel moment.",
    ),
    "freeze_of_no_streak": _fault(
        "{name} is no streak, so there is nothing to freeze.",
        "{name} — не серия, замораживать нечего.",
        "{name} nu este o serie, deci nu este ce îngheța.",
    ),
}
