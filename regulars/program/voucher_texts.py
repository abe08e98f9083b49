"""The sentences of faults about vouchers."""

from __future__ import annotations

from typing import Final

from regulars.program.fault_rows import Row
from regulars.program.fault_rows import fault_row as _fault
from regulars.program.fault_rows import warning_row as _warning

VOUCHERS: Final[dict[str, Row]] = {
    "voucher_codes_both": _fault(
        "The codes are either shared or made by a pattern, not both.",
        "Код либо общий (shared), либо коды создаются по шаблону (pattern), но не то и другое.",
        "Codul este fie comun (shared), fie codurile se fac după un șablon (pattern), nu ambele.",
    ),
    "voucher_pattern_fixed": _fault(
        "The pattern {pattern} has neither # nor @: all its codes would be the same.",
        "В шаблоне {pattern} нет ни #, ни @: все коды были бы одинаковыми.",
        "Șablonul {pattern} nu are nici #, nici @: toate codurile ar fi la fel.",
        (
            "# is a digit, @ a letter or digit: SUMMER-@@@@-@@@@.",
            "# — цифра, @ — буква или цифра: SUMMER-@@@@-@@@@.",
            "# este o cifră, @ o literă sau cifră: SUMMER-@@@@-@@@@.",
        ),
    ),
    "voucher_pattern_narrow": _warning(
        "The pattern {pattern} has only {combinations} codes: somebody who tries some may find one.",
        "У шаблона {pattern} всего {combinations} кодов: перебором можно найти действующий.",
        "Șablonul {pattern} are doar {combinations} coduri: prin încercări se poate găsi unul.",
        (
            "Eight @ have a million million codes.",
            "Восемь @ дают триллион кодов.",
            "Opt @ dau un bilion de coduri.",
        ),
    ),
    "voucher_code_short": _fault(
        "The code {shared} is too short: four letters and digits at least.",
        "Код {shared} слишком короткий: нужно не меньше четырёх букв и цифр.",
        "Codul {shared} este prea scurt: cel puțin patru litere și cifre.",
    ),
    "voucher_code_letters": _fault(
        "{written} has letters that no code has: {found}. Tills would not find it.",
        "В {written} есть буквы, которых не бывает в кодах: {found}. Касса его не найдёт.",
        "{written} are litere pe care niciun cod nu le are: {found}. Casa nu l-ar găsi.",
        (
            "Write it in letters from A to Z and digits; marks above or below them may stay (Ă counts as A).",
            "Запишите его латинскими буквами A–Z и цифрами; значки над буквами и под ними допустимы (Ă — это A).",
            "Scrieți-l cu litere de la A la Z și cifre; semnele pot rămâne (Ă este A).",
        ),
    ),
    "voucher_shared_twice": _fault(
        "The code {shared} is that of {other}, too.",
        "Код {shared} уже есть у {other}.",
        "Codul {shared} este și al {other}.",
    ),
    "voucher_shared_assigned": _fault(
        "A code that all share belongs to nobody; holder cannot be assigned.",
        "Общий код никому не принадлежит; holder не может быть assigned.",
        "Un cod comun nu aparține nimănui; holder nu poate fi assigned.",
    ),
    "voucher_gift_effects": _fault(
        "A gift card puts its money on the balance; it has no effects.",
        "Подарочная карта зачисляет деньги на баланс; действий у неё нет.",
        "Un card cadou pune banii pe sold; nu are efecte.",
    ),
    "voucher_gift_currency": _fault(
        "{currency} cannot pay at the till: a gift card needs a currency of kind money with a value.",
        "{currency} нельзя платить: для подарочной карты нужна валюта вида money с value.",
        "Cu {currency} nu se poate plăti: cardul cadou cere o monedă de tip money, cu value.",
    ),
    "voucher_lock": _fault(
        "A code is set aside for minutes or hours, at most a day, not {found}.",
        "Код откладывают на минуты или часы, не больше суток, а не на {found}.",
        "Un cod se rezervă pentru minute sau ore, cel mult o zi, nu {found}.",
    ),
    "voucher_window": _fault(
        "A code lasts for whole days, weeks, months or years, not {found}.",
        "Код действует целое число дней, недель, месяцев или лет, а не {found}.",
        "Un cod durează zile, săptămâni, luni sau ani întregi, nu {found}.",
    ),
    "voucher_refuses": _fault(
        "A voucher cannot refuse an activity or hold it back; a rule can.",
        "Ваучер не может отклонить или задержать операцию; это делает правило.",
        "Un voucher nu poate refuza sau reține o operațiune; o regulă poate.",
    ),
    "voucher_untranslated": _warning(
        "Members will read this on the receipt, and it is missing in: {languages}.",
        "Участники прочитают это на чеке, а текста нет на: {languages}.",
        "Membrii vor citi acest text pe bon, iar el lipsește în: {languages}.",
    ),
}
