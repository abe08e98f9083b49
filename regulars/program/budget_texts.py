"""The sentences of faults about budgets and partners."""

from __future__ import annotations

from typing import Final

from regulars.program.fault_rows import Row
from regulars.program.fault_rows import fault_row as _fault

BUDGETS: Final[dict[str, Row]] = {
    "budget_of_nothing": _fault(
        "This budget bounds nothing.",
        "Этот бюджет ничего не ограничивает.",
        "Acest buget nu limitează nimic.",
        ("Give money, points or uses.", "Укажите money, points или uses.", "Indicați money, points sau uses."),
    ),
    "budget_of_zero": _fault(
        "A budget of zero, and everybody may have it: nobody would ever get anything.",
        "Нулевой бюджет при открытой аудитории: никто ничего не получит.",
        "Un buget zero, deschis tuturor: nimeni nu ar primi nimic.",
        ("Give it a size.", "Задайте размер.", "Dați-i o mărime."),
    ),
    "budget_by_activity": _fault(
        "What one activity gives is bounded by caps, not by a budget.",
        "То, что даёт одно действие, ограничивают caps, а не бюджет.",
        "Ce dă o singură activitate se limitează cu caps, nu cu un buget.",
        ("Use caps.", "Используйте caps.", "Folosiți caps."),
    ),
    "budget_shared_differs": _fault(
        "All that share the budget {name} must say the same of it.",
        "Все, кто делит бюджет {name}, должны описывать его одинаково.",
        "Toți cei care împart bugetul {name} trebuie să îl descrie la fel.",
    ),
    "partner_named_house": _fault(
        "house is who runs the program; a partner needs another name.",
        "house — это владелец программы; партнёру нужно другое имя.",
        "house este cel care conduce programul; partenerul are nevoie de alt nume.",
    ),
    "partner_without_budget": _fault(
        "This partner publishes without being asked, and nothing bounds what that costs.",
        "Этот партнёр публикует сам, и расходы ничем не ограничены.",
        "Acest partener publică singur, iar costul nu este limitat.",
        ("Give the partner a budget.", "Задайте партнёру budget.", "Dați partenerului un budget."),
    ),
    "partner_budget_simple": _fault(
        "The budget of a partner counts money and points of the whole program.",
        "Бюджет партнёра считает деньги и баллы по всей программе.",
        "Bugetul unui partener numără bani și puncte în tot programul.",
        ("Leave out uses, per and shared.", "Уберите uses, per и shared.", "Eliminați uses, per și shared."),
    ),
    "partner_unbounded": _fault(
        "{partner} has no budget of {what}: nothing would bound what this gives.",
        "У партнёра {partner} нет бюджета ({what}): ничто не ограничит то, что это даёт.",
        "{partner} nu are buget de {what}: nimic nu ar limita ce se dă aici.",
        (
            "Give something else, or let the house name it in the budget of the partner.",
            "Давайте другое или попросите владельца программы указать это в budget партнёра.",
            "Dați altceva, sau casa să o numească în budget al partenerului.",
        ),
    ),
    "partner_funder": _fault(
        "{by} does not pay for what {partner} publishes.",
        "{by} не платит за то, что публикует {partner}.",
        "{by} nu plătește pentru ce publică {partner}.",
        (
            "Take it off, or let the house name it in funders of the partner.",
            "Уберите или попросите владельца программы указать это в funders партнёра.",
            "Scoateți-l, sau casa să îl numească în funders ai partenerului.",
        ),
    ),
    "partner_sensitive": _fault(
        "{name} is sensitive: what {partner} publishes cannot depend on it, or what it gave would tell {partner}.",
        "{name} — чувствительные данные: то, что публикует {partner}, от них не зависит, иначе они раскрылись бы.",
        "{name} sunt date sensibile: ce publică {partner} nu poate depinde de ele, altfel ce s-a dat le-ar spune.",
        (
            "Leave it out, or ask for a segment that reads nothing sensitive.",
            "Уберите или используйте сегмент, который не читает чувствительные данные.",
            "Scoateți-l sau folosiți un segment care nu citește date sensibile.",
        ),
    ),
    "partner_metric": _fault(
        "{name} counts what members do elsewhere too, so what {partner} publishes cannot read it.",
        "{name} считает и то, что делают в других местах, поэтому определения партнёра {partner} его не читают.",
        "{name} numără și ce fac membrii în alte locuri, deci ce publică {partner} nu îl poate citi.",
        (
            "Let the house make a metric of what is theirs alone, with them as its owner, or a segment.",
            "Пусть владелец программы заведёт metric только о делах партнёра, с ним в owner, или сегмент.",
            "Casa poate face un metric numai despre ce este al lor, cu ei la owner, sau un segment.",
        ),
    ),
    "partner_everywhere": _fault(
        "This looks at purchases in all stores; what {partner} publishes decides in their own stores alone.",
        "Здесь учитываются покупки во всех магазинах; определения партнёра {partner} действуют только в его магазинах.",
        "Aici se văd cumpărăturile din toate magazinele; ce publică {partner} hotărăște doar în magazinele lui.",
        (
            "Let the condition ask for it, together with all else (&&): partner.id == '{partner}'.",
            "Потребуйте этого в if вместе со всем остальным (&&): partner.id == '{partner}'.",
            "Cereți asta în if, împreună cu restul (&&): partner.id == '{partner}'.",
        ),
    ),
    "partner_place": _fault(
        "What {partner} publishes here does not depend on where members are, so it cannot read {name}.",
        "То, что {partner} публикует здесь, не зависит от того, где бывает участник, поэтому {name} читать нельзя.",
        "Ce publică {partner} aici nu depinde de locul unde sunt membrii, deci nu poate citi {name}.",
        (
            "Leave it out, or let the house say in stores of the partner which are theirs.",
            "Уберите или попросите владельца программы указать магазины партнёра в stores.",
            "Scoateți-l, sau casa să spună în stores ai partenerului care sunt ale lui.",
        ),
    ),
    "partner_budget_passed": _fault(
        "Together the partner's definitions may give {total} of {what}; the partner has {size} (smallest units).",
        "Вместе определения партнёра могут дать {total} ({what}), а у партнёра {size} (в наименьших единицах).",
        "Împreună, definițiile partenerului pot da {total} ({what}); partenerul are {size} (unități minime).",
    ),
}
