"""The sentences of faults about referrals, and about points that are passed on."""

from __future__ import annotations

from typing import Final

from regulars.program.fault_rows import Row
from regulars.program.fault_rows import fault_row as _fault
from regulars.program.fault_rows import warning_row as _warning

REFERRALS: Final[dict[str, Row]] = {
    "referral_code_length": _fault(
        "A code has {least} to {most} letters and digits, not {found}.",
        "В коде от {least} до {most} букв и цифр, а не {found}.",
        "Un cod are de la {least} la {most} litere și cifre, nu {found}.",
    ),
    "referral_code_prefix": _fault(
        "{found} is no prefix of a code: at most 12 capital letters, digits and hyphens.",
        "{found} не подходит как начало кода: не более 12 заглавных латинских букв, цифр и дефисов.",
        "{found} nu poate fi începutul unui cod: cel mult 12 litere mari, cifre și cratime.",
    ),
    "referral_link": _fault(
        "The link has no {{code}} in it: it would lead everybody to the same place.",
        "В ссылке нет {{code}}: она вела бы всех в одно и то же место.",
        "În legătură lipsește {{code}}: ea i-ar duce pe toți în același loc.",
    ),
    "referral_levels": _fault(
        "{found} levels above the referrer are more than the {most} that are followed.",
        "Уровней над пригласившим: {found}; учитываются не более {most}.",
        "{found} niveluri deasupra celui care recomandă sunt mai multe decât cele {most} urmărite.",
    ),
    "referral_gives_nothing": _fault(
        "Nobody gets anything for bringing a friend.",
        "За приглашённого друга никто ничего не получает.",
        "Nimeni nu primește nimic pentru un prieten adus.",
    ),
    "referral_limit_period": _fault(
        "Each friend who counts is one act of their own: name a day, a month, a year.",
        "Каждый засчитанный друг — отдельное событие: укажите день, месяц или год.",
        "Fiecare prieten este un act aparte: indicați o zi, o lună, un an.",
    ),
    "effect_not_in_referral": _fault(
        "This effect has no basket here to work on, and nothing to refuse.",
        "Здесь у этого действия нет корзины и нечего отклонять.",
        "Aici efectul nu are un coș și nu are ce refuza.",
    ),
    "status_transferred": _warning(
        "Status points that can be passed on no longer say what somebody did themselves.",
        "Статусные баллы, которые можно передавать, уже не показывают собственных заслуг.",
        "Punctele de statut care se transferă nu mai arată ce a făcut fiecare.",
    ),
    "transfer_out_of_reach": _fault(
        "This is less than the least that may be passed on at a time.",
        "Это меньше наименьшего, что можно передать за раз.",
        "Aceasta este sub minimul care se poate transfera odată.",
    ),
    "transfer_without_household": _fault(
        "Passed on inside a household only, and the program has no households.",
        "Передача только внутри семьи, а семей в программе нет.",
        "Se transferă doar în familie, iar programul nu are familii.",
    ),
    "transfer_of_what_is_shared": _fault(
        "Members of {household} share it already: there is nobody to pass it on to.",
        "Участники {household} и так пользуются ею вместе: передавать некому.",
        "Membrii {household} o au deja în comun: nu e cui să o transfere.",
    ),
}
