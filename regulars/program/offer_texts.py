"""The sentences of faults about offers."""

from __future__ import annotations

from typing import Final

from regulars.program.fault_rows import Row
from regulars.program.fault_rows import fault_row as _fault
from regulars.program.fault_rows import warning_row as _warning

OFFERS: Final[dict[str, Row]] = {
    "offer_never_given": _warning(
        "Nobody has this offer: no effect gives it and it has no audience.",
        "Этого предложения нет ни у кого: его не даёт ни одно действие, и у него нет аудитории.",
        "Nimeni nu are această ofertă: niciun efect nu o dă și nu are audiență.",
        (
            "Give it by a rule, or name an audience; staff can give it by hand all the same.",
            "Дайте его правилом или укажите audience; сотрудники могут дать его и вручную.",
            "Dați-o printr-o regulă sau indicați audience; personalul o poate da și manual.",
        ),
    ),
    "offer_window": _fault(
        "An offer lasts for whole days, weeks, months or years, not {found}.",
        "Предложение действует целое число дней, недель, месяцев или лет, а не {found}.",
        "O ofertă durează zile, săptămâni, luni sau ani întregi, nu {found}.",
    ),
    "offer_never_ends": _fault(
        "Whoever activates this offer has it for ever, as often as they like.",
        "Кто активирует это предложение, имеет его навсегда и без ограничений.",
        "Cine activează această ofertă o are pentru totdeauna, fără limită.",
        ("Give it uses, a window or until.", "Задайте uses, window или until.", "Indicați uses, window sau until."),
    ),
    "offer_param_type": _fault(
        "The parameter {name} must be a number, a text, yes or no, a date or a moment: only that can be kept.",
        "Параметр {name} должен быть числом, текстом, да/нет, датой или моментом: только это можно сохранить.",
        "Parametrul {name} trebuie să fie număr, text, da/nu, dată sau moment: doar acestea se pot păstra.",
    ),
    "offer_refuses": _fault(
        "An offer cannot refuse an activity or hold it back; a rule can.",
        "Предложение не может отклонить или задержать операцию; это делает правило.",
        "O ofertă nu poate refuza sau reține o operațiune; o regulă poate.",
    ),
    "offer_untranslated": _warning(
        "Members will read this, and it is missing in: {languages}.",
        "Это прочитают участники, а текста нет на: {languages}.",
        "Membrii vor citi acest text, iar el lipsește în: {languages}.",
    ),
}
