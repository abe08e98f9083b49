"""What to do about faults whose sentence does not say it yet: of games, choices, ladders, people, partners, challenges,
prices, offers, vouchers and rewards. Code -> en, ru, ro.
"""

from __future__ import annotations

from typing import Final

from regulars.program.fixes_of_forms import Fix

GAMES: Final[dict[str, Fix]] = {
    "board_one_score": (
        "Write metric: ..., or entries: ....",
        "Укажите metric: ... или entries: ....",
        "Scrieți metric: ... sau entries: ....",
    ),
    "game_cycle": (
        "Write a day, a week, a month, a quarter, a year, or ever with until.",
        "Укажите день, неделю, месяц, квартал, год или ever вместе с until.",
        "Scrieți o zi, o săptămână, o lună, un trimestru, un an sau ever cu until.",
    ),
    "no_prizes": ("Add prizes.", "Добавьте prizes.", "Adăugați prizes."),
    "prize_odds": ("Write odds: 0.1.", "Укажите odds: 0.1.", "Scrieți odds: 0.1."),
    "prize_winners": ("Write winners: 1.", "Укажите winners: 1.", "Scrieți winners: 1."),
    "only_at_end": (
        "Take {field} out, or write drawn: {drawn}.",
        "Уберите {field} или укажите drawn: {drawn}.",
        "Scoateți {field} sau scrieți drawn: {drawn}.",
    ),
    "price_step": ("Write fewer decimals.", "Укажите меньше знаков.", "Scrieți mai puține zecimale."),
}

CHOICES: Final[dict[str, Fix]] = {
    "option_twice": ("Take one out.", "Уберите один.", "Scoateți una."),
    "pick_nothing": ("Write 1 or more.", "Укажите 1 или больше.", "Scrieți 1 sau mai mult."),
    "choice_list": ("Name a list of texts.", "Укажите список текстов.", "Numiți o listă de texte."),
    "choice_records": (
        "Name an attribute of type records whose key is a text.",
        "Укажите атрибут типа records, ключ которого — текст.",
        "Numiți un atribut de tip records cu o cheie text.",
    ),
    "day_after_period": ("Name an earlier day.", "Укажите день раньше.", "Numiți o zi mai devreme."),
    "opens_too_early": ("Write a shorter time.", "Укажите срок короче.", "Scrieți un termen mai scurt."),
    "default_above_pick": (
        "Name fewer in default, or let more be picked.",
        "Укажите в default меньше или разрешите выбрать больше.",
        "Numiți mai puține la default sau lăsați să se aleagă mai multe.",
    ),
    "fee_not_whole": ("Write a whole fee.", "Укажите целую плату.", "Scrieți un comision întreg."),
    "renew_hours": ("Write days, months or years.", "Укажите дни, месяцы или годы.", "Scrieți zile, luni sau ani."),
    "channel_name": (
        "Write it so, such as email or sms.",
        "Напишите так, например email или sms.",
        "Scrieți așa, ca email sau sms.",
    ),
}

LADDERS: Final[dict[str, Fix]] = {
    "qualify_form": ("Write one of these.", "Укажите одно из этого.", "Scrieți una din acestea."),
    "ladder_needs_levels": (
        "Add a level with a number above 0.",
        "Добавьте уровень с числом больше 0.",
        "Adăugați un nivel cu un număr peste 0.",
    ),
    "level_named_twice": ("Take {name} out of was.", "Уберите {name} из was.", "Scoateți {name} din was."),
    "span_not_in_days": (
        "Write days, weeks, months or years.",
        "Укажите дни, недели, месяцы или годы.",
        "Scrieți zile, săptămâni, luni sau ani.",
    ),
}

PEOPLE: Final[dict[str, Fix]] = {
    "household_size": ("Write 2 to {most}.", "Укажите от 2 до {most}.", "Scrieți 2 până la {most}."),
    "pooled_twice": ("Take one out.", "Уберите одно.", "Scoateți unul."),
    "referral_code_length": (
        "Write {least} to {most}.",
        "Укажите от {least} до {most}.",
        "Scrieți {least} până la {most}.",
    ),
    "referral_code_prefix": (
        "Write it so, such as FRIEND-.",
        "Напишите так, например FRIEND-.",
        "Scrieți așa, ca FRIEND-.",
    ),
    "referral_link": (
        "Write {{code}} where the code belongs.",
        "Поставьте {{code}} туда, где нужен код.",
        "Scrieți {{code}} unde trebuie codul.",
    ),
    "referral_levels": ("Write at most {most}.", "Укажите не больше {most}.", "Scrieți cel mult {most}."),
    "referral_gives_nothing": (
        "Add effects: {{referrer: [...], friend: [...]}}.",
        "Добавьте effects: {{referrer: [...], friend: [...]}}.",
        "Adăugați effects: {{referrer: [...], friend: [...]}}.",
    ),
    "referral_limit_period": (
        "Write limits: {{calendar month: 10}}.",
        "Укажите limits: {{calendar month: 10}}.",
        "Scrieți limits: {{calendar month: 10}}.",
    ),
    "effect_not_in_referral": ("Take it out.", "Уберите его.", "Scoateți-l."),
    "status_transferred": ("Take transfer out.", "Уберите transfer.", "Scoateți transfer."),
    "transfer_out_of_reach": (
        "Make it larger, or least smaller.",
        "Увеличьте его или уменьшите least.",
        "Măriți-l sau micșorați least.",
    ),
    "transfer_without_household": (
        "Define a household, or write within: program.",
        "Опишите семью или укажите within: program.",
        "Definiți o familie sau scrieți within: program.",
    ),
    "transfer_of_what_is_shared": (
        "Take transfer out, or take the currency out of pooled.",
        "Уберите transfer или уберите валюту из pooled.",
        "Scoateți transfer sau scoateți moneda din pooled.",
    ),
    "budget_shared_differs": (
        "Write the same size, period and per everywhere.",
        "Укажите везде одинаковые размер, период и per.",
        "Scrieți peste tot aceeași mărime, perioadă și per.",
    ),
    "partner_named_house": ("Rename it.", "Переименуйте его.", "Redenumiți-l."),
    "partner_budget_passed": (
        "Lower the budgets of the definitions, or raise the partner's.",
        "Уменьшите бюджеты определений или увеличьте бюджет партнёра.",
        "Micșorați bugetele definițiilor sau măriți-l pe al partenerului.",
    ),
}

CHALLENGES: Final[dict[str, Fix]] = {
    "challenge_target_alone": (
        "Write both: goal and target.",
        "Укажите оба: goal и target.",
        "Scrieți ambele: goal și target.",
    ),
    "step_without_goal": (
        "Add a goal to the step or to the challenge.",
        "Добавьте goal шагу или заданию.",
        "Adăugați goal pasului sau provocării.",
    ),
    "challenge_window": ("Write one of these.", "Укажите одно из этого.", "Scrieți una din acestea."),
    "challenge_dates_apart": (
        "Make the dates overlap, or keep one pair of them.",
        "Сделайте даты пересекающимися или оставьте одну пару.",
        "Faceți datele să se suprapună sau păstrați o pereche.",
    ),
    "counts_new_of_moving": (
        "Write counts: all, or let the metric count for ever.",
        "Укажите counts: all или пусть показатель считает всегда.",
        "Scrieți counts: all sau lăsați indicatorul să numere mereu.",
    ),
    "once_and_times": (
        "Take times out, or write recurrence: again.",
        "Уберите times или укажите recurrence: again.",
        "Scoateți times sau scrieți recurrence: again.",
    ),
    "team_without_households": (
        "Define a household, or take team out.",
        "Опишите семью или уберите team.",
        "Definiți o familie sau scoateți team.",
    ),
    "prize_not_here": ("Give points by amount.", "Давайте баллы через amount.", "Dați puncte prin amount."),
    "freeze_of_no_streak": (
        "Name a metric with streak.",
        "Укажите показатель со streak.",
        "Numiți un indicator cu streak.",
    ),
    "plan_price": ("Write 0 or more.", "Укажите 0 или больше.", "Scrieți 0 sau mai mult."),
}

PRICES: Final[dict[str, Fix]] = {
    "one_reduction": ("Keep one of them.", "Оставьте одно из них.", "Păstrați unul din ele."),
    "bundle_alone": ("Take those out.", "Уберите их.", "Scoateți-le."),
    "buy_cheapest": ("Write it so.", "Напишите так.", "Scrieți așa."),
    "which_of_lines": (
        "Write on: lines, or take which out.",
        "Укажите on: lines или уберите which.",
        "Scrieți on: lines sau scoateți which.",
    ),
    "times_of_nothing": (
        "Take times out, or add one of these.",
        "Уберите times или добавьте одно из этого.",
        "Scoateți times sau adăugați una din acestea.",
    ),
    "share_of_price": ("Write 0.5, say.", "Укажите, например, 0.5.", "Scrieți, de exemplu, 0.5."),
}

OFFERS: Final[dict[str, Fix]] = {
    "offer_window": ("Write one of these.", "Укажите одно из этого.", "Scrieți una din acestea."),
    "offer_param_type": (
        "Work out one such value.",
        "Вычислите одно такое значение.",
        "Calculați o astfel de valoare.",
    ),
    "offer_refuses": ("Move it into a rule.", "Перенесите в правило.", "Mutați-l într-o regulă."),
    "offer_untranslated": ("Add the wording.", "Добавьте текст.", "Adăugați textul."),
    "voucher_codes_both": ("Keep one of them.", "Оставьте одно из двух.", "Păstrați una din ele."),
    "voucher_code_short": ("Write a longer code.", "Укажите код длиннее.", "Scrieți un cod mai lung."),
    "voucher_shared_twice": ("Write another code.", "Укажите другой код.", "Scrieți alt cod."),
    "voucher_shared_assigned": (
        "Write holder: open, or a pattern.",
        "Укажите holder: open или pattern.",
        "Scrieți holder: open sau un pattern.",
    ),
    "voucher_gift_effects": ("Take effects out.", "Уберите effects.", "Scoateți effects."),
    "voucher_gift_currency": ("Name such a currency.", "Укажите такую валюту.", "Numiți o astfel de monedă."),
    "voucher_lock": ("Write 15 minutes, say.", "Укажите, например, 15 minutes.", "Scrieți, de exemplu, 15 minutes."),
    "voucher_window": ("Write one of these.", "Укажите одно из этого.", "Scrieți una din acestea."),
    "voucher_refuses": ("Move it into a rule.", "Перенесите в правило.", "Mutați-l într-o regulă."),
    "voucher_untranslated": ("Add the wording.", "Добавьте текст.", "Adăugați textul."),
}

REWARDS: Final[dict[str, Fix]] = {
    "price_not_spendable": (
        "Name a currency that is spent.",
        "Укажите валюту, которую тратят.",
        "Numiți o monedă care se cheltuie.",
    ),
    "reward_beyond_partner": (
        "Credit less, or raise the partner's budget.",
        "Начисляйте меньше или увеличьте бюджет партнёра.",
        "Creditați mai puțin sau măriți bugetul partenerului.",
    ),
    "reward_circle": (
        "Take one of them out of bundle or choose.",
        "Уберите одну из них из bundle или choose.",
        "Scoateți una din ele din bundle sau choose.",
    ),
    "reward_nested_choice": (
        "Name those rewards themselves.",
        "Назовите сами эти награды.",
        "Numiți chiar acele recompense.",
    ),
    "variant_unpicked": (
        "Name an attribute of type text.",
        "Укажите атрибут типа text.",
        "Numiți un atribut de tip text.",
    ),
    "variants_missing": (
        "Add variants: [S, M, L], or take variant_of out.",
        "Добавьте variants: [S, M, L] или уберите variant_of.",
        "Adăugați variants: [S, M, L] sau scoateți variant_of.",
    ),
    "variant_name": ("Rename it.", "Переименуйте его.", "Redenumiți-o."),
    "form_personal_purpose": (
        "Add purpose: ... to the reward type.",
        "Добавьте purpose: ... типу награды.",
        "Adăugați purpose: ... la tipul de recompensă.",
    ),
    "parcel_stages": ("Name each stage once.", "Назовите каждый этап один раз.", "Numiți fiecare etapă o dată."),
    "lines_without_effects": (
        "Add effects to its type, or take lines out.",
        "Добавьте effects её типу или уберите lines.",
        "Adăugați effects la tipul ei sau scoateți lines.",
    ),
    "form_sizes": ("Swap the two.", "Поменяйте их местами.", "Schimbați-le între ele."),
    "reward_limit": ("Write 1 or more.", "Укажите 1 или больше.", "Scrieți 1 sau mai mult."),
}
