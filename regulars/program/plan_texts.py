"""The sentences of faults about plans."""

from __future__ import annotations

from typing import Final

from regulars.program.fault_rows import Row
from regulars.program.fault_rows import fault_row as _fault

PLANS: Final[dict[str, Row]] = {
    "plan_in_days": _fault(
        "A plan lasts for whole days, weeks, months or years, not {found}.",
        "Абонемент действует целое число дней, недель, месяцев или лет, а не {found}.",
        "Abonamentul durează zile, săptămâni, luni sau ani întregi, nu {found}.",
        ("Write 30 days, 1 month or 1 year.", "Укажите 30 days, 1 month или 1 year.", "Scrieți 30 days, 1 month."),
    ),
    "plan_price": _fault(
        "A plan cannot cost {found}.", "Абонемент не может стоить {found}.", "Abonamentul nu poate costa {found}."
    ),
    "trial_of_no_period": _fault(
        "A plan without a period has nothing to try: it lasts until it is ended.",
        "У абонемента без срока нет пробного периода: он действует, пока его не завершат.",
        "Un abonament fără perioadă nu are ce proba: durează până este încheiat.",
        ("Give it a period.", "Задайте period.", "Indicați period."),
    ),
}
