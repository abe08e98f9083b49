"""The sentences of every fault, in three languages: code -> severity, what is wrong, what to do about it."""

from __future__ import annotations

from typing import Final

from regulars.kit.i18n import Text
from regulars.program import fixes_of_forms as forms
from regulars.program import fixes_of_kinds as kinds
from regulars.program.boards_texts import BOARDS, DRAWS
from regulars.program.budget_texts import BUDGETS
from regulars.program.challenge_texts import CHALLENGES
from regulars.program.choice_texts import CHOICES, PURPOSES
from regulars.program.dealing_texts import DEALINGS
from regulars.program.fault_rows import Row
from regulars.program.fault_rows import fault_row as _fault
from regulars.program.fault_rows import warning_row as _warning
from regulars.program.form_texts import FORM
from regulars.program.household_texts import HOUSEHOLDS
from regulars.program.ladder_texts import LADDERS
from regulars.program.memory_texts import MEMORY
from regulars.program.offer_texts import OFFERS
from regulars.program.plan_texts import PLANS
from regulars.program.price_texts import PRICES
from regulars.program.referral_texts import REFERRALS
from regulars.program.reward_texts import REWARDS
from regulars.program.title_texts import TITLES
from regulars.program.voucher_texts import VOUCHERS
from regulars.program.window_texts import WINDOWS

THINGS: Final[dict[str, Text]] = {
    "kind": Text(en="kind", ru="Вид", ro="Felul"),
    "partner": Text(en="partner", ru="Партнёр", ro="Partenerul"),
    "currency": Text(en="currency", ru="Валюта", ro="Moneda"),
    "ladder": Text(en="ladder", ru="Лестница уровней", ro="Scara de niveluri"),
    "level": Text(en="level", ru="Уровень", ro="Nivelul"),
    "activity": Text(en="activity type", ru="Тип события", ro="Tipul de activitate"),
    "metric": Text(en="metric", ru="Показатель", ro="Indicatorul"),
    "segment": Text(en="segment", ru="Сегмент", ro="Segmentul"),
    "attribute": Text(en="attribute", ru="Атрибут", ro="Atributul"),
    "choice": Text(en="choice", ru="Выбор", ro="Alegerea"),
    "option": Text(en="option", ru="Вариант", ro="Opțiunea"),
    "list": Text(en="list", ru="Список", ro="Lista"),
    "purpose": Text(en="purpose", ru="Цель", ro="Scopul"),
    "effect": Text(en="effect", ru="Действие", ro="Efectul"),
    "group": Text(en="group of lines", ru="Группа товаров", ro="Grupul de linii"),
    "field": Text(en="field", ru="Поле", ro="Câmpul"),
    "value": Text(en="value", ru="Значение", ro="Valoarea"),
    "zone": Text(en="time zone", ru="Часовой пояс", ro="Fusul orar"),
    "event": Text(en="event", ru="Событие решения", ro="Evenimentul"),
    "name": Text(en="definition", ru="Определение", ro="Definiția"),
    "plan": Text(en="plan", ru="Абонемент", ro="Abonamentul"),
    "stacking_group": Text(en="stacking group", ru="Группа скидок", ro="Grupul de reduceri"),
    "reward": Text(en="reward", ru="Награда", ro="Recompensa"),
    "reward_type": Text(en="reward type", ru="Тип награды", ro="Tipul de recompensă"),
    "reward_step": Text(en="step", ru="Шаг", ro="Pasul"),
    "language": Text(en="language", ru="Язык", ro="Limba"),
}
"""What a name may be the name of, as the sentences of `unknown_name` say it."""

_SETTINGS: Final[dict[str, Row]] = {
    "approvals_out_of_range": _fault(
        "{found} approvals can never be given.",
        "Столько согласований ({found}) никогда не будет дано.",
        "{found} aprobări nu vor putea fi date niciodată.",
        ("Write 0, 1 or 2.", "Укажите 0, 1 или 2.", "Scrieți 0, 1 sau 2."),
    ),
    "unknown_money": _fault(
        "{found} is not a currency code of ISO 4217, such as EUR.",
        "{found} не является кодом валюты ISO 4217, например EUR.",
        "{found} nu este un cod de monedă ISO 4217, de exemplu EUR.",
    ),
    "unknown_region": _fault(
        "{found} is not a country code of ISO 3166, such as MD.",
        "{found} не является кодом страны ISO 3166, например MD.",
        "{found} nu este un cod de țară ISO 3166, de exemplu MD.",
    ),
    "dates_reversed": _fault(
        "It ends before it begins: from {from_} until {until}.",
        "Конец раньше начала: с {from_} до {until}.",
        "Se termină înainte de a începe: de la {from_} până la {until}.",
        ("until is the first day after it.", "until — первый день после окончания.", "until este prima zi de după."),
    ),
    "missing_translation": _fault(
        "The text has no wording in: {languages}.",
        "Нет текста на языках: {languages}.",
        "Textul nu există în limbile: {languages}.",
        ("People read it: add the wording.", "Его читают люди: добавьте текст.", "Îl citesc oameni: adăugați textul."),
    ),
    "unknown_text_field": _fault(
        "The text names {{{name}}}, which is not among its fields.",
        "В тексте указано {{{name}}}, но такого поля нет.",
        "Textul conține {{{name}}}, dar nu există un astfel de câmp.",
        ("Fields are: {known}.", "Поля: {known}.", "Câmpurile sunt: {known}."),
    ),
    "bad_text": _fault(
        "The text cannot be filled in: {problem}.",
        "Текст нельзя заполнить: {problem}.",
        "Textul nu poate fi completat: {problem}.",
        ("A brace in a text is written twice.", "Фигурная скобка пишется дважды.", "Acolada se scrie de două ori."),
    ),
}

_CURRENCIES: Final[dict[str, Row]] = {
    "scale_out_of_range": _fault(
        "A unit has 0 to 4 decimals, not {found}.",
        "У единицы может быть от 0 до 4 знаков после запятой, а не {found}.",
        "O unitate are între 0 și 4 zecimale, nu {found}.",
    ),
    "expiry_not_after_pending": _fault(
        "Points counted from the day they are earned would expire ({expiry}) before they become active ({pending}).",
        "Баллы, срок которых считается со дня начисления, сгорят ({expiry}) раньше, чем станут активны ({pending}).",
        "Punctele socotite din ziua câștigării ar expira ({expiry}) înainte de a deveni active ({pending}).",
        (
            "Make the expiry longer, or counts_from: active.",
            "Увеличьте срок или укажите counts_from: active.",
            "Măriți termenul sau scrieți counts_from: active.",
        ),
    ),
    "step_unreachable": _fault(
        "Nobody could ever pay with these points: {why}.",
        "Этими баллами никогда нельзя будет заплатить: {why}.",
        "Cu aceste puncte nu s-ar putea plăti niciodată: {why}.",
    ),
    "pays_nothing": _fault(
        "It cannot pay for a basket, so {name} decides nothing.",
        "Ею нельзя оплатить чек, поэтому {name} ни на что не влияет.",
        "Nu poate plăti un coș, deci {name} nu hotărăște nimic.",
        ("Write a value.", "Укажите value.", "Scrieți value."),
    ),
    "status_has_value": _fault(
        "Status points cannot be spent, so they have no value.",
        "Статусные баллы нельзя тратить, поэтому у них нет стоимости.",
        "Punctele de statut nu se cheltuie, deci nu au valoare.",
        ("Remove value.", "Удалите value.", "Ștergeți value."),
    ),
    "cost_missing": _fault(
        "What one unit costs, and whom, is not said.",
        "Не указано, сколько и кому стоит одна единица.",
        "Nu este spus cât costă o unitate și pe cine.",
        ("Add cost: {{house: 0.01}}.", "Добавьте cost: {{house: 0.01}}.", "Adăugați cost: {{house: 0.01}}."),
    ),
    "ceiling_without_arrears": _fault(
        "A ceiling of arrears has no meaning with negative: {negative}.",
        "Предел долга не имеет смысла при negative: {negative}.",
        "Plafonul datoriei nu are sens cu negative: {negative}.",
        (
            "Remove arrears_ceiling, or write negative: arrears.",
            "Удалите arrears_ceiling или укажите negative: arrears.",
            "Ștergeți arrears_ceiling sau scrieți negative: arrears.",
        ),
    ),
    "hold_longest_short": _fault(
        "A hold lives {ttl} from the start, longer than its longest life, {longest}.",
        "Резерв сразу действует {ttl}, дольше предельного срока {longest}.",
        "Rezervarea durează din start {ttl}, mai mult decât limita {longest}.",
    ),
    "not_a_share": _fault(
        "{found} is not a share between 0 and 1.",
        "{found} не является долей от 0 до 1.",
        "{found} nu este o parte între 0 și 1.",
    ),
    "not_positive": _fault(
        "It must be more than 0.", "Значение должно быть больше 0.", "Valoarea trebuie să fie peste 0."
    ),
    "cap_twice": _fault(
        "Two caps for one period: {period}.",
        "Два предела на один период: {period}.",
        "Două plafoane pentru o perioadă: {period}.",
    ),
    "bad_counts_from": _fault(
        "'{found}' is not understood; expected: active, earned.",
        "Непонятно: '{found}'; ожидается: active, earned.",
        "'{found}' nu se înțelege; se așteaptă: active, earned.",
    ),
}

_DEFINITIONS: Final[dict[str, Row]] = {
    "reserved_name": _fault(
        "'{name}' has a meaning of its own and cannot be defined.",
        "'{name}' имеет собственное значение, так назвать нельзя.",
        "'{name}' are un sens propriu și nu poate fi definit.",
        ("Choose another name.", "Выберите другое имя.", "Alegeți alt nume."),
    ),
    "field_of_two_types": _fault(
        "The field '{name}' is {here} here and {there} in the type {other}.",
        "Поле '{name}' здесь имеет тип {here}, а в {other} — тип {there}.",
        "Câmpul '{name}' este aici {here}, iar în tipul {other} este {there}.",
        ("Give one of them another name.", "Переименуйте одно из них.", "Redenumiți unul dintre ele."),
    ),
    "records_without_fields": _fault(
        "Records need fields, and a key that is one of them.",
        "Для записей нужны поля и ключ из их числа.",
        "Înregistrările au nevoie de câmpuri și de o cheie dintre ele.",
    ),
    "records_not_here": _fault(
        "Records are possible as an attribute only.",
        "Записи возможны только в атрибуте.",
        "Înregistrările sunt posibile doar ca atribut.",
    ),
    "wakes_without_date": _fault(
        "Only a date can wake a rule.", "Запустить правило может только дата.", "Doar o dată poate declanșa o regulă."
    ),
    "list_type": _fault(
        "A list holds text or whole numbers, not {found}.",
        "Список содержит текст или целые числа, а не {found}.",
        "O listă conține text sau numere întregi, nu {found}.",
    ),
    "list_empty": _warning("The list has no values.", "В списке нет значений.", "Lista nu are valori."),
    "table_keys": _fault(
        "A table has 1 to 3 keys and at least one column.",
        "В таблице от 1 до 3 ключей и хотя бы один столбец.",
        "Un tabel are 1 până la 3 chei și cel puțin o coloană.",
    ),
    "table_row_twice": _fault(
        "Two rows have the key {key}.", "Две строки с ключом {key}.", "Două rânduri au cheia {key}."
    ),
    "segment_one_form": _fault(
        "A segment has either a condition (if) or static: true.",
        "У сегмента либо условие (if), либо static: true.",
        "Un segment are fie o condiție (if), fie static: true.",
    ),
    "segment_cycle": _fault(
        "Segments depend on each other in a circle: {circle}.",
        "Сегменты зависят друг от друга по кругу: {circle}.",
        "Segmentele depind unul de altul în cerc: {circle}.",
    ),
    "segment_not_static": _fault(
        "'{name}' has a condition; only a static segment can be filled.",
        "У '{name}' есть условие; заполнять можно только статический сегмент.",
        "'{name}' are o condiție; doar un segment static poate fi completat.",
        ("Write static: true there.", "Укажите там static: true.", "Scrieți acolo static: true."),
    ),
}

_METRICS: Final[dict[str, Row]] = {
    "metric_owner": _fault(
        "Metrics per {per} are not kept; possible are: {known}.",
        "Показатели по {per} не ведутся; возможны: {known}.",
        "Indicatorii pe {per} nu se țin; posibile sunt: {known}.",
    ),
    "metric_combination": _fault(
        "{measure} over {over} in the window '{window}' is not kept per {per}.",
        "{measure} по {over} за '{window}' не ведётся для {per}.",
        "{measure} peste {over} în fereastra '{window}' nu se ține pe {per}.",
        ("Possible are: {known}.", "Возможны: {known}.", "Posibile sunt: {known}."),
    ),
    "metric_by": _fault(
        "by needs a sum or a count, and gives a text.",
        "by возможно для суммы или количества и даёт текст.",
        "by cere o sumă sau o numărare și dă un text.",
    ),
    "metric_value": _fault(
        "{measure} needs {expected}, found {found}.",
        "Для {measure} нужно {expected}, найдено {found}.",
        "{measure} cere {expected}, s-a găsit {found}.",
    ),
    "streak_period": _fault(
        "A streak counts days, weeks, months, quarters or years, without a window.",
        "Серия считает дни, недели, месяцы, кварталы или годы, без окна.",
        "O serie numără zile, săptămâni, luni, trimestre sau ani, fără fereastră.",
    ),
    "freeze_without_streak": _fault(
        "Only a streak can be frozen.", "Заморозить можно только серию.", "Doar o serie poate fi înghețată."
    ),
    "tier_year_without_ladder": _fault(
        "The window 'tier year' needs a ladder whose year it is.",
        "Окну 'tier year' нужна лестница уровней, чей это год.",
        "Fereastra 'tier year' cere o scară de niveluri al cărei an este.",
        ("Name it: program.main_ladder.", "Назовите её: program.main_ladder.", "Numiți-o: program.main_ladder."),
    ),
    "window_too_long": _fault(
        "A window slides over at most {most}.",
        "Окно может охватывать не более {most}.",
        "O fereastră cuprinde cel mult {most}.",
    ),
}

_RULES: Final[dict[str, Row]] = {
    "no_effects": _fault("The rule does nothing.", "Правило ничего не делает.", "Regula nu face nimic."),
    "shares_not_one": _fault(
        "The shares of funding add up to {sum}, not to 1.",
        "Доли финансирования дают в сумме {sum}, а не 1.",
        "Părțile finanțării dau suma {sum}, nu 1.",
    ),
    "funder_twice": _fault("'{name}' pays twice.", "'{name}' указан дважды.", "'{name}' apare de două ori."),
    "funder_without_cost": _warning(
        "The currency {currency} does not say what a unit costs '{name}'.",
        "В валюте {currency} не указано, сколько единица стоит для '{name}'.",
        "Moneda {currency} nu spune cât costă o unitate pentru '{name}'.",
    ),
    "caps_of_several": _fault(
        "Caps need exactly one currency that the rule gives; it gives: {found}.",
        "Для пределов правило должно давать ровно одну валюту; даёт: {found}.",
        "Plafoanele cer ca regula să dea exact o monedă; ea dă: {found}.",
        ("Make two rules of it.", "Разделите на два правила.", "Împărțiți în două reguli."),
    ),
    "same_priority": _fault(
        "{first} and {second} of group {group} have the same priority, {priority}.",
        "У {first} и {second} группы {group} одинаковый приоритет {priority}.",
        "{first} și {second} din grupul {group} au aceeași prioritate, {priority}.",
        (
            "Only one of them may win: make them differ.",
            "Победить может одно: задайте разные приоритеты.",
            "Doar una poate câștiga: dați priorități diferite.",
        ),
    ),
    "needs_basket": _fault(
        "This needs basket lines, but {name} has none.",
        "Здесь нужны позиции чека, но у {name} их нет.",
        "Aici sunt necesare linii de bon, dar {name} nu are.",
        (
            "Write basket: true at the activity type.",
            "Укажите basket: true у типа события.",
            "Scrieți basket: true la tipul de activitate.",
        ),
    ),
    "needs_activity": _fault(
        "{what} needs an activity; a day or a period cannot be refused or held.",
        "Для {what} нужно событие; день или период нельзя отклонить или задержать.",
        "{what} cere o activitate; o zi sau o perioadă nu poate fi refuzată sau reținută.",
    ),
    "date_path": _fault(
        "'{found}' is not a date that can wake a rule.",
        "'{found}' — не дата, которая может запустить правило.",
        "'{found}' nu este o dată care poate declanșa o regulă.",
        ("Possible are: {known}.", "Возможны: {known}.", "Posibile sunt: {known}."),
    ),
    "date_every": _fault(
        "A date repeats every year; '{found}' is not possible.",
        "Дата повторяется каждый год (year); '{found}' невозможно.",
        "O dată se repetă în fiecare an (year); '{found}' nu este posibil.",
    ),
    "date_both": _fault(
        "Either after or before, not both.", "Либо after, либо before.", "Fie after, fie before, nu ambele."
    ),
    "period_trigger": _fault(
        "A rule wakes at the end of a day, week, month, quarter, half-year or year, with ended: true.",
        "Правило запускается в конце дня, недели, месяца, квартала, полугодия или года, с ended: true.",
        "O regulă pornește la sfârșit de zi, săptămână, lună, trimestru, semestru sau an, cu ended: true.",
    ),
    "set_type": _fault(
        "The attribute {name} is {expected}, the value is {found}.",
        "Атрибут {name} имеет тип {expected}, а значение — {found}.",
        "Atributul {name} este {expected}, iar valoarea este {found}.",
    ),
    "set_records": _fault(
        "A rule cannot set records.", "Правило не может задавать записи.", "O regulă nu poate seta înregistrări."
    ),
    "convert_same": _fault(
        "A currency cannot be turned into itself.",
        "Нельзя обменять валюту на саму себя.",
        "O monedă nu se schimbă în ea însăși.",
    ),
    "multiply_without_base": _warning(
        "No base rule gives {currency}, so there is nothing to multiply.",
        "Ни одно базовое правило не даёт {currency}: умножать нечего.",
        "Nicio regulă de bază nu dă {currency}, deci nu este ce înmulți.",
    ),
    "every_activity": _fault(
        "'activity' is no period for {what}.",
        "Период 'activity' не подходит для {what}.",
        "Perioada 'activity' nu se potrivește pentru {what}.",
    ),
    "hours_empty": _fault(
        "These hours begin and end at the same time.",
        "Начало и конец этих часов совпадают.",
        "Orele încep și se termină la fel.",
    ),
}

_LIMITS: Final[dict[str, Row]] = {
    "limit_one_form": _fault(
        "A limit has a metric with at_most, or a condition (if), or a cooldown (with or without if).",
        "У ограничения либо показатель с at_most, либо условие (if), либо пауза (cooldown, с if или без).",
        "O limită are un indicator cu at_most, sau o condiție (if), sau o pauză (cooldown, cu sau fără if).",
    ),
    "limit_metric_no_number": _fault(
        "The metric {name} is no number ({found}); a limit needs one.",
        "Показатель {name} не число ({found}); ограничению нужно число.",
        "Indicatorul {name} nu este un număr ({found}); o limită cere unul.",
    ),
    "cooldown_too_long": _fault(
        "A cool-down lasts at most {most}.",
        "Пауза длится не более {most}.",
        "O pauză durează cel mult {most}.",
    ),
    "proof_is_text": _fault(
        "A proof is a text, such as an address or a number; {name} is {found}.",
        "Подтверждение — это текст, например адрес или номер; {name} имеет тип {found}.",
        "O dovadă este un text, de exemplu o adresă sau un număr; {name} este {found}.",
    ),
    "class_reads_more": _fault(
        "Only the class of these lines is kept, so their group cannot depend on {name}.",
        "У этих позиций хранится только категория, поэтому группа не может зависеть от {name}.",
        "La aceste linii se păstrează doar categoria, deci grupul nu poate depinde de {name}.",
        (
            "Use line.category or line.department.",
            "Используйте line.category или line.department.",
            "Folosiți line.category sau line.department.",
        ),
    ),
    "sensitive_told": _fault(
        "{name} is sensitive; it is not told on receipts, at tills or in events.",
        "{name} — чувствительные данные; их нет в чеках, на кассах и в событиях.",
        "{name} sunt date sensibile; nu apar pe bonuri, la case sau în evenimente.",
    ),
    "without_approval": _fault(
        "Nobody approves this type, so {what} decides nothing.",
        "Этот тип никто не подтверждает, поэтому {what} ни на что не влияет.",
        "Nimeni nu aprobă acest tip, deci {what} nu hotărăște nimic.",
        ("Say approve: always.", "Укажите approve: always.", "Scrieți approve: always."),
    ),
    "approval_of_return": _fault(
        "What undoes a sale is not approved first: the goods are back already.",
        "Отмена продажи не подтверждается: товар уже вернули.",
        "Ce anulează o vânzare nu se aprobă întâi: marfa este deja înapoi.",
    ),
    "reverses_a_return": _fault(
        "{name} undoes a sale and sells nothing itself, so this type could never undo it.",
        "«{name}» отменяет продажу и сам ничего не продаёт, поэтому отменить его этим типом нельзя.",
        "„{name}” anulează o vânzare și nu vinde nimic, deci acest tip nu l-ar putea anula.",
        (
            "Leave it out: a return keyed by mistake is undone by a return that names it.",
            "Уберите его: ошибочный возврат отменяет возврат, который его называет.",
            "Scoateți-l: un retur greșit se anulează cu un retur care îl numește.",
        ),
    ),
    "funding_of_nothing": _fault(
        "Nobody has to pay here: every effect names its own funders, or costs nothing.",
        "Платить здесь не за что: каждое действие называет своих плательщиков или ничего не стоит.",
        "Nu este nimic de plătit aici: fiecare efect își numește plătitorii sau nu costă nimic.",
    ),
    "cut_without_currency": _fault(
        "What should be cut is not said.",
        "Не указано, что урезать.",
        "Nu este spus ce se taie.",
        ("Add the currency.", "Укажите currency.", "Adăugați currency."),
    ),
    "limit_metric_keyed": _fault(
        "The metric {name} keeps one number a key; a limit needs a single number.",
        "Показатель {name} хранит число для каждого ключа; ограничению нужно одно число.",
        "Indicatorul {name} ține câte un număr pe cheie; o limită cere un singur număr.",
    ),
}

_ROWS: Final[dict[str, Row]] = {
    **FORM,
    **_SETTINGS,
    **_CURRENCIES,
    **DEALINGS,
    **_DEFINITIONS,
    **_METRICS,
    **_RULES,
    **_LIMITS,
    **BOARDS,
    **DRAWS,
    **CHOICES,
    **PURPOSES,
    **LADDERS,
    **HOUSEHOLDS,
    **REFERRALS,
    **BUDGETS,
    **CHALLENGES,
    **MEMORY,
    **PLANS,
    **PRICES,
    **OFFERS,
    **VOUCHERS,
    **REWARDS,
    **WINDOWS,
    **TITLES,
}
_FIXES: Final = {
    **forms.FILE,
    **forms.SETTINGS,
    **forms.DEFINITIONS,
    **forms.RULES,
    **kinds.GAMES,
    **kinds.CHOICES,
    **kinds.LADDERS,
    **kinds.PEOPLE,
    **kinds.CHALLENGES,
    **kinds.PRICES,
    **kinds.OFFERS,
    **kinds.REWARDS,
}


def _with_fix(code: str, row: Row) -> Row:
    severity, texts, mends = row
    fix = _FIXES.get(code)
    return (severity, texts, mends if fix is None else Text(*fix))


TABLE: Final[dict[str, Row]] = {code: _with_fix(code, row) for code, row in _ROWS.items()}
"""Every fault that this room words itself; those of expressions are worded by the rule language."""
