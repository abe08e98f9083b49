"""Each thing that a release must pass, broken once: its code, its path, and the very place in the file."""

from __future__ import annotations

import re
import string
from pathlib import Path
from typing import NamedTuple

import pytest

from regulars.language.texts import SENTENCES
from regulars.program import fault_texts
from regulars.program.contracts.caused import CAUSED
from regulars.program.contracts.triggers import BUILT_IN_TYPES
from regulars.program.fixes_of_expressions import EXPRESSIONS
from tests.program.program_base import BASE, changed, only, place, report


class Case(NamedTuple):
    """`old` becomes `new`; the fault stands at `marker`, or at the `after` characters into it."""

    code: str
    path: str
    old: str
    new: str
    marker: str
    after: int = 0


CASES = [
    # form
    Case("yaml_anchor", "", "languages: [en, ru, ro]", "languages: &l [en, ru, ro]", "&l"),
    Case("yaml_tag", "", "name: corner", "name: !!str corner", "!!str"),
    Case("yaml_merge", "", "  club: {static: true}", "  club: {static: true, <<: {}}", "<<"),
    Case("written_twice", "", "  club: {static: true}", "  club: {static: true, static: true}", "static: true}"),
    Case("several_documents", "", "limits:", "---\nlimits:", "---"),
    Case("expected_value", "program.zone", "zone: Europe/Chisinau", "zone: [a]", "[a]"),
    Case("empty_value", "currencies.points.cost", "cost: {house: 0.01}", "cost: ", " , spend: {step"),
    Case("quoted_value", "currencies.cash.scale", "scale: 2", 'scale: "2"', '"2"'),
    Case("expected_list", "program.languages", "languages: [en, ru, ro]", "languages: en", "en,"),
    Case("expected_mapping", "currencies.points.cost", "cost: {house: 0.01}", "cost: 0.01", "0.01, spend"),
    Case("missing_field", "attributes.size", "{type: text, purpose: service}", "{type: text}", "{type: text}\npurp"),
    Case("unknown_field_near", "rules.month", 'effects: [{give: points, amount: "1"}]', 'efects: [], effects: [{give: points, amount: "1"}]', "efects"),
    Case("unknown_field", "rules.month", "  month: {", "  month: {zzz: 1, ", "zzz"),
    Case("not_understood", "metrics.spend.window", "window: 30 days", "window: tier month", "tier month"),
    Case("not_understood", "currencies.cash.caps.day", "day: 50.00", "day: 50.001", "50.001"),
    Case("unknown_value", "rules.base.kind", "kind: base", "kind: bse", "bse"),
    Case("unknown_trigger", "rules.month.trigger", "{period: calendar month, ended: true}", "{on: noon}", "{on: noon}"),
    Case("unknown_effect", "rules.month.effects[0]", '[{give: points, amount: "1"}]', "[{giv: points}]", "giv: points"),
    Case("several_effects", "rules.double.effects[0]", "[{multiply: points, by: 2}]", "[{multiply: points, by: 2, give: points}]", "{multiply: points, by: 2, give"),
    Case("empty_list", "rules.month.trigger", "{period: calendar month, ended: true}", "[]", "[], effects"),
    Case("text_without_language", "segments.club.title", "{static: true}", "{static: true, title: Club}", "Club"),
    Case("one_measure", "metrics.top", '{max: "basket.total"}', '{max: "basket.total", min: "basket.total"}', '{max: "basket.total", min'),
    Case("bad_name", "segments.Club", "  club: {static", "  Club: {static", "Club: {static"),
    Case("name_is_key", "segments.club", "{static: true}", "{static: true, name: club}", "club}"),
    Case("row_length", "tables.season.rows[1]", "[2, 20]", "[2]", "[2]]"),
    Case("file_not_beside", "lists.tobacco.file", "tobacco: [CIGARS, CIGARETTES]", "tobacco: {file: ../x.csv}", "../x.csv"),
    # settings and texts
    Case("approvals_out_of_range", "program.approvals", "money: EUR", "money: EUR, approvals: 3", "3, zone"),
    Case("unknown_money", "program.money", "money: EUR", "money: EUX", "EUX"),
    Case("unknown_zone", "program.zone", "Europe/Chisinau", "Europe/Kishinau", "Europe/Kish"),
    Case("unknown_language", "program.languages[2]", "[en, ru, ro]", "[en, ru, mo]", "mo]"),
    Case("unknown_region", "program.region", "money: EUR", "money: EUR, region: moldova", "moldova"),
    Case("dates_reversed", "segments.club.until", "{static: true}", "{static: true, from: 2026-02-01, until: 2026-01-01}", "2026-01-01"),
    Case("missing_translation", "currencies.points.title", "{en: Points, ru: Баллы, ro: Puncte}", "{en: Points, ru: Баллы}", "{en: Points, ru: Баллы}"),
    Case("missing_translation", "rules.hello.effects[0].say", "{en: Hi, ru: Привет, ro: Salut}", "{en: Hi, ru: Привет}", "{en: Hi, ru: Привет}"),
    Case("unknown_text_field", "rules.hello.effects[0].say.en", "en: Hi,", "en: 'Hi {name}',", "Hi {name}"),
    Case("bad_text", "rules.hello.effects[0].say.en", "en: Hi,", "en: 'Hi {',", "Hi {"),
    # currencies
    Case("scale_out_of_range", "currencies.points.scale", "value: 0.01, cost", "scale: 5, value: 0.01, cost", "5, value"),
    Case("bad_counts_from", "currencies.points.counts_from", "value: 0.01, cost", "counts_from: birth, value: 0.01, cost", "birth"),
    Case("not_positive", "currencies.cash.arrears_ceiling", "kind: money", "kind: money, arrears_ceiling: 0", "0, scale"),
    Case("cost_missing", "currencies.points", "cost: {house: 0.01}, ", "", "points: {title"),
    Case("ceiling_without_arrears", "currencies.points.arrears_ceiling", "value: 0.01, cost", "arrears_ceiling: 9, negative: own_lot, value: 0.01, cost", "9, neg"),
    Case("expiry_not_after_pending", "currencies.points.expiry", "value: 0.01, cost", "expiry: 30 days, pending: 1 month, counts_from: earned, value: 0.01, cost", "30 days, p"),
    Case("hold_longest_short", "currencies.points.hold_ttl", "value: 0.01, cost", "hold_ttl: 2 hours, hold_longest: 60 minutes, value: 0.01, cost", "2 hours"),
    Case("not_a_share", "currencies.points.spend.largest_share", "spend: {step: 10}", "spend: {largest_share: 1.5}", "1.5"),
    Case("step_unreachable", "currencies.points.spend.step", "spend: {step: 10}", "largest_balance: 9, spend: {step: 10}", "10}}\n"),
    Case("step_unreachable", "currencies.points.spend.largest_share", "spend: {step: 10}", "spend: {largest_share: 0}", "0}}\n"),
    Case("status_has_value", "currencies.points.value", "value: 0.01, cost", "kind: status, value: 0.01, cost", "0.01, cost"),
    Case("cap_twice", "currencies.points.caps[1]", "spend: {step: 10}", "caps: [{period: day, at_most: 1}, {period: day, at_most: 2, reject: true}]", "{period: day, at_most: 2"),
    Case("unknown_activity", "currencies.points.expiry.resets[0]", "value: 0.01, cost", "expiry: {inactivity: 9 days, resets: [vist]}, value: 0.01, cost", "vist"),
    # things
    Case("reserved_name", "activities.visit.fields.member", "fields: {minutes: int}", "fields: {member: int}", "int}, purpose"),
    Case("reserved_name", "activities.order", "activities:\n", "activities:\n  order: {title: {en: Order, ru: Заказ, ro: Comandă}}\n", "order: {title"),
    Case("field_of_two_types", "activities.visit.fields.note", "fields: {minutes: int}", "fields: {note: int}", "int}, purpose"),
    Case("records_not_here", "activities.visit.fields.minutes", "fields: {minutes: int}", "fields: {minutes: records}", "records}, purpose"),
    Case("unknown_field", "activities.visit.natural_key[0]", "purpose: service}\nattributes", "natural_key: [xx]}\nattributes", "xx"),
    Case("unknown_activity", "activities.return.reverses", "reverses: purchase", "reverses: purchas", "purchas}"),
    Case("unknown_purpose", "attributes.size.purpose", "{type: text, purpose: service}", "{type: text, purpose: servce}", "servce"),
    Case("records_without_fields", "attributes.pets", "key: name, ", "", "pets: {type"),
    Case("wakes_without_date", "attributes.size.wakes", "{type: text, purpose", "{type: text, wakes: true, purpose", "true, purpose"),
    Case("list_type", "lists.days.type", "lists:", "lists:\n  days: {type: date, values: [x]}", "date, values"),
    Case("table_keys", "tables.season", "columns: {percent: int}, rows: [[1, 10], [2, 20]]", "columns: {}", "season: {keys"),
    Case("table_row_twice", "tables.season.rows[1]", "[2, 20]", "[1, 20]", "[1, 20]"),
    # segments
    Case("segment_one_form", "segments.club", "{static: true}", '{static: true, if: "true"}', "club: {static"),
    Case("segment_cycle", "segments.old.if", "  club: {static: true}", "  club: {static: true}\n  old: {if: \"!('old' in member.segments)\"}", "!('old'"),
    Case("unknown_segment", "segments.new.if", 'if: "member.metrics.buys <= 1"', "if: \"'clb' in member.segments\"", "'clb'"),
    # metrics
    Case("metric_owner", "metrics.cards.per", "per: cashier", "per: household", "household"),
    Case("metric_combination", "metrics.cards", '{distinct: "card.id", window: 1 hour, per: cashier}', "{streak: week, per: cashier}", "cards: {streak"),
    Case("metric_combination", "metrics.cards.window", "window: 1 hour, per: cashier", "window: since last visit, per: cashier", "since last"),
    Case("metric_by", "metrics.by_shelf.by", 'by: "line.category"', 'by: "line.amount"', 'line.amount"}'),
    Case("metric_value", "metrics.top.value", '{max: "basket.total"}', '{max: "type"}', 'type"}\n  row'),
    Case("streak_period", "metrics.row", "streak: week", "streak: ever", "row: {"),
    Case("freeze_without_streak", "metrics.top.freeze", '{max: "basket.total"}', '{max: "basket.total", freeze: 2}', "2}\n  row"),
    Case("window_too_long", "metrics.spend.window", "window: 30 days", "window: 4 years", "4 years"),
    # rules
    Case("no_effects", "rules.month", '[{give: points, amount: "1"}]', "[]", "month: {trigger"),
    Case("shares_not_one", "rules.month.effects[0].funding", 'amount: "1"}', 'amount: "1", funding: [{by: house, share: 0.9}]}', "[{by: house"),
    Case("funder_twice", "rules.month.effects[0].funding[1].by", 'amount: "1"}', 'amount: "1", funding: [{by: house, share: 0.5}, {by: house, share: 1/2}]}', "house, share: 1/2"),
    Case("caps_of_several", "rules.month.caps", '[{give: points, amount: "1"}]}', '[{give: points, amount: "1"}, {give: cash, amount: "1"}], caps: {day: 3}}', "{day: 3}"),
    Case("same_priority", "rules.month.group", "  birthday: {trigger", "  birthday: {group: g, trigger", "  month: {"),
    Case("needs_basket", "rules.hello.lines", "hello: {trigger: purchase", 'hello: {trigger: visit, lines: "true"', 'true", aud'),
    Case("needs_basket", "rules.month.effects[0]", 'amount: "1"}', 'amount: "1", per: line}', '{give: points, amount: "1", per'),
    Case("needs_activity", "rules.month.effects[0]", '{give: points, amount: "1"}', "{refuse: no, say: {en: a, ru: b, ro: c}}", "{refuse"),
    Case("date_path", "rules.birthday.trigger.date", "member.attributes.birth_date, every", "member.attributes.size, every", "member.attributes.size"),
    Case("date_every", "rules.birthday.trigger.every", "every: year}", "every: month}", "month}, eff"),
    Case("date_both", "rules.birthday.trigger", "every: year}", "every: year, after: 1 day, before: 1 day}", "{date"),
    Case("period_trigger", "rules.month.trigger", "ended: true}", "ended: false}", "{period"),
    Case("set_type", "rules.month.effects[0].value", '{give: points, amount: "1"}', '{set: size, value: "1"}', '1"}]}'),
    Case("set_records", "rules.month.effects[0].set", '{give: points, amount: "1"}', '{set: pets, value: "null"}', "pets, value"),
    Case("unknown_attribute", "rules.month.effects[0].set", '{give: points, amount: "1"}', '{set: sise, value: "1"}', "sise"),
    Case("convert_same", "rules.month.effects[0].to", '{give: points, amount: "1"}', '{convert: points, to: points, rate: 1, amount: "1"}', "points, rate"),
    Case("unknown_currency", "rules.month.effects[0].give", '{give: points, amount: "1"}', '{give: pints, amount: "1"}', "pints"),
    Case("unknown_currency", "rules.double.effects[0].multiply", "multiply: points", "multiply: pints", "pints"),
    Case("segment_not_static", "rules.month.effects[0].add_to", '{give: points, amount: "1"}', "{add_to: new}", "new}]}"),
    Case("unknown_segment", "rules.hello.audience", "audience: new", "audience: nwe", "nwe"),
    Case("every_activity", "rules.month.per_member", "month: {trigger", "month: {per_member: {activity: 1}, trigger", "{activity: 1}"),
    Case("hours_empty", "rules.month.schedule.hours[0]", "month: {trigger", "month: {schedule: {hours: [10:00-10:00]}, trigger", "10:00-10:00"),
    Case("unknown_zone", "rules.month.schedule.zone", "month: {trigger", "month: {schedule: {zone: Mars}, trigger", "Mars"),
    Case("unknown_group", "rules.double.lines", "'smoke' in line.groups", "'smke' in line.groups", "'smke'"),
    Case("unknown_activity", "metrics.buys.where", "type == 'purchase'", "type == 'purchse'", "'purchse'"),
    # limits
    Case("limit_one_form", "limits.spend", "at_most: 500.00, ", "", "spend: {metric"),
    Case("unknown_metric", "limits.spend.metric", "{metric: spend", "{metric: spnd", "spnd"),
    Case("limit_metric_keyed", "limits.spend.metric", "{metric: spend", "{metric: by_shelf", "by_shelf, at"),
    Case("limit_one_form", "limits.spend", "then: alert", "then: alert, cooldown: 2 hours", "spend: {metric"),
    Case("limit_metric_no_number", "limits.spend.metric", 'spend: {sum: "basket.total", window: 30 days}', 'spend: {last: "now"}', "spend, at_most"),
    Case("cooldown_too_long", "limits.spend.cooldown", "{metric: spend, at_most: 500.00,", "{cooldown: 2 years,", "2 years"),
    Case("cooldown_too_long", "rules.double.cooldown", "  double: {", "  double: {cooldown: 13 months, ", "13 months"),
    Case("tier_year_without_ladder", "metrics.spend.window", "window: 30 days", "window: tier year", "tier year"),
    Case("class_reads_more", "groups.smoke.lines", '"line.category in lists.tobacco", earns: false', "\"line.brand == 'x'\", keep: class", "line.brand"),
    Case("proof_is_text", "activities.visit.proof", "{fields: {minutes: int}, ", "{approve: always, proof: minutes, fields: {minutes: int}, ", "minutes, fields"),
    Case("unknown_field", "activities.visit.proof", "{fields: {minutes: int}, ", "{approve: always, proof: photo, fields: {minutes: int}, ", "photo"),
    Case("without_approval", "activities.visit.deadline", "{fields: {minutes: int}, ", "{deadline: 3 days, fields: {minutes: int}, ", "3 days"),
    Case("approval_of_return", "activities.return.approve", "{basket: true, reverses: purchase}", "{basket: true, reverses: purchase, approve: always}", "always"),
    Case("reverses_a_return", "activities.visit.reverses", "return: {basket: true, reverses: purchase}\n  visit: {", "return: {reverses: purchase}\n  visit: {reverses: return, ", "return, fields"),
    Case("cut_without_currency", "limits.spend", "then: alert", "then: cut", "spend: {metric"),
    # the rule language
    Case("expression_unknown_field", "segments.new.if", "member.metrics.buys", "member.metrics.bys", "bys"),
    Case("expression_segment_reads_member", "segments.new.if", "member.metrics.buys <= 1", "basket.total > 5", "basket.total > 5"),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.code}-{case.path}")
def test_a_fault_is_told_with_its_code_path_and_place(case: Case) -> None:
    text = changed((case.old, case.new))
    if case.code == "same_priority":
        text = text.replace("  month: {trigger", "  month: {group: g, trigger")
    if case.code == "same_priority":
        case = case._replace(marker="g, trigger: {period")
    fault = only(report(text))
    line, column = place(text, case.marker)
    assert (fault.code, fault.path, fault.line, fault.column) == (case.code, case.path, line, column + case.after)


def test_what_is_sensitive_is_not_told() -> None:
    text = changed(
        ("size: {type: text, purpose: service}", "size: {type: text, purpose: service, sensitive: true}"),
        ("ro: Salut}}", 'ro: Salut}, fields: {x: "member.attributes.size"}}'),
    )
    fault = only(report(text))
    assert (fault.code, fault.path) == ("sensitive_told", "rules.hello.effects[0].fields.x")


def test_the_base_program_has_no_fault() -> None:
    assert report(BASE).faults == ()


def test_a_report_adds_up_what_the_expressions_cost() -> None:
    before, after = report(BASE), report(changed(('amount: "1"', 'amount: "basket.lines.map(l, l.amount).sum()"')))
    assert 0 < before.cost_typical < after.cost_typical < after.cost_worst


def test_nothing_is_told_twice_and_everything_is_told_at_once() -> None:
    text = changed(
        ("money: EUR", "money: EUX"),
        ("multiply: points", "multiply: pints"),
        ("'smoke' in line.groups", "lne.kind == 'x'"),
        ("type == 'purchase'", "type = 'purchase'"),
    )
    found = report(text)
    assert [(one.path, one.line) for one in found.faults] == [
        ("program.money", 1),
        ("metrics.buys.where", place(text, "buys:")[0]),
        ("rules.double.lines", place(text, "double:")[0]),
        ("rules.double.effects[0].multiply", place(text, "double:")[0]),
    ]


def test_a_definition_that_cannot_be_read_is_not_also_called_missing() -> None:
    # Three definitions use `spend`; the one fault is that it has no measure.
    fault = only(report(changed(('spend: {sum: "basket.total", window', "spend: {window"))))
    assert (fault.code, fault.path) == ("one_measure", "metrics.spend")


TITLE = "{en: T, ru: Т, ro: T}"
WARNINGS = [
    ("missing_title", changed(("title: {en: Points, ru: Баллы, ro: Puncte}, ", ""))),
    ("missing_title", BASE + "boards: {b: {metric: buys, cycle: ever}}\n"),
    ("missing_title", BASE + "households: {h: {size: 3}}\n"),
    ("missing_title", BASE + "plans: {p: {period: 1 month}}\n"),
    ("missing_title", BASE + f"choices: {{c: {{options: [a], names: {{a: {TITLE}}}}}}}\n"),
    (
        "missing_title",
        BASE + f"ladders: {{l: {{qualify: member.metrics.spend, levels: {{a: {{from: 5, title: {TITLE}}}}}}}}}\n",
    ),
    (
        "level_without_title",
        BASE + f"ladders: {{l: {{title: {TITLE}, qualify: member.metrics.spend, levels: {{a: 5}}}}}}\n",
    ),
    ("option_without_name", BASE + f"choices: {{c: {{title: {TITLE}, options: [a, b], names: {{a: {TITLE}}}}}}}\n"),
    ("option_without_name", BASE + f"choices: {{c: {{title: {TITLE}, options: [a, b]}}}}\n"),
    ("badge_without_title", changed(('[{give: points, amount: "1"}]', "[{badge: monthly}]"))),
    ("refusal_without_text", changed(("then: alert", "then: refuse"))),
    ("list_empty", changed(("[CIGARS, CIGARETTES]", "[]"))),
    ("multiply_without_base", changed(("multiply: points", "multiply: cash"))),
    ("funder_without_cost", changed(('amount: "1"}', 'amount: "1", funding: [{by: brand, share: 1}]}'))),
]


@pytest.mark.parametrize(("code", "text"), WARNINGS)
def test_a_doubt_does_not_stop_a_release(code: str, text: str) -> None:
    found = report(text)
    assert found.ok
    assert [one.code for one in found.warnings] == [code]


def test_titles_and_texts_that_are_there_are_not_missed() -> None:
    # Negative control for the warnings above.
    text = changed(
        ('[{give: points, amount: "1"}]', "[{badge: monthly}]"),
        ("month: {trigger", f"month: {{title: {TITLE}, trigger"),
        ("then: alert", f"then: refuse, text: {TITLE}"),
    )
    level = f"ladders: {{l: {{title: {TITLE}, qualify: member.metrics.spend, levels: {{a: {{from: 5, title: {TITLE}}}}}}}}}\n"
    choice = f"choices: {{c: {{title: {TITLE}, options: [a], names: {{a: {TITLE}}}}}}}\n"
    found = report(text + level + choice)
    assert (found.faults, found.warnings) == ((), ())


def test_brackets_in_a_path_without_quotes_are_told_how_to_write() -> None:
    trigger = (
        "{date: member.attributes.birth_date, every: year}",
        "{date: member.attributes.pets[].born, every: year}",
    )
    fault = only(report(changed(trigger)))
    assert (fault.code, "stands in quotes: 'a[].b'" in fault.mend("en")) == ("not_yaml", True)
    quoted = (trigger[0], '{date: "member.attributes.pets[].born", every: year}')
    assert report(changed(quoted)).ok


def _met_elsewhere() -> set[str]:
    """The codes that tests of other files expect: those of a kind stand beside what else is said of it."""
    here = Path(__file__)
    files = [file for file in here.parents[1].rglob("test_*.py") if file != here]
    return {code for file in files for code in re.findall(r'"([a-z_0-9]+)"', file.read_text(encoding="utf-8"))}


def test_every_fault_of_the_table_is_met_by_a_case() -> None:
    met = {case.code for case in CASES} | {code for code, _ in WARNINGS} | _met_elsewhere()
    # `unknown` gives the code of what is unknown to a sentence with the nearest name.
    assert set(fault_texts.TABLE) - met == {"unknown_name_near"}


def test_every_sentence_exists_in_three_languages_with_the_same_fields() -> None:
    for code, (severity, texts, mends) in fault_texts.TABLE.items():
        assert severity in {"fault", "warning"}, code
        for text in (texts, mends):
            fields = [
                {name for _, name, _, _ in string.Formatter().parse(wording) if name}
                for wording in (text.en, text.ru, text.ro)
            ]
            assert fields[0] == fields[1] == fields[2], code
            assert bool(text.en) == bool(text.ru) == bool(text.ro), code
        assert texts.en, code
        assert texts.en != texts.ru != texts.ro, code
        assert mends.en, f"{code} does not say what to do"


def test_every_fault_of_an_expression_says_what_to_do_in_three_languages() -> None:
    parts = {"did_you_mean", "known_names", "nothing_known", "no_arguments"}
    assert set(EXPRESSIONS) == set(SENTENCES) - parts
    for code, fix in EXPRESSIONS.items():
        assert len({*fix}) == 3, code
        assert all(fix), code


GROUPED = "  {name}: {{title: {{en: A, ru: А, ro: A}}, group: g, priority: {priority}, effects: [{{give: points, amount: '1'}}]"


@pytest.mark.parametrize(
    ("priority", "paths"), [(3, {"offers.two.group", "offers.three.group"}), (2, {"offers.three.group"})]
)
def test_rules_and_offers_of_one_group_differ_in_priority(priority: int, paths: set[str]) -> None:
    rule = GROUPED.format(name="one", priority=3) + ", trigger: purchase}\n"
    offers = (GROUPED.format(name=name, priority=priority) + ", audience: new}\n" for name in ("two", "three"))
    text = changed(("rules:\n", f"rules:\n{rule}")) + "offers:\n" + "".join(offers)
    assert {one.path for one in report(text).faults if one.code == "same_priority"} == paths


def test_faults_of_circles_hours_metrics_and_amounts_say_what_to_do() -> None:
    for text, mend in (
        (
            ("  club: {static: true}", "  club: {static: true}\n  old: {if: \"!('old' in member.segments)\"}"),
            "Let one of",
        ),
        (("month: {trigger:", 'month: {schedule: {hours: ["17:00-17:00"]}, trigger:'), "Write an end after"),
        (('amount: "1"}', "amount: \"'x'\"}"), "Write a formula that gives it"),
        (('top: {max: "basket.total"}', 'top: {max: "basket.total", where: "member.metrics.buys > 1"}'), "Read the"),
    ):
        fault = only(report(changed(text)))
        assert fault.mend("en").startswith(mend)
        assert fault.mend("ru") != fault.mend("en") != fault.mend("ro")


def test_a_fault_speaks_three_languages_and_says_what_was_probably_meant() -> None:
    fault = only(report(changed(("audience: new", "audience: nwe"))))
    assert fault.message("en") == "There is no segment 'nwe'."
    assert fault.mend("en") == "Did you mean 'new'?"
    assert fault.message("ru") == "Сегмент 'nwe' не существует."
    assert fault.mend("ro") == "Ați vrut să scrieți 'new'?"


def test_the_codes_made_in_this_room_are_those_of_the_table() -> None:
    # A negative control for the test of cases: the codes in the source are those of the table.
    source = Path(fault_texts.__file__).parent
    text = "\n".join(file.read_text() for file in sorted(source.rglob("*.py")))
    made = set(re.findall(r'(?:\bfault|\btell|\b_fault)\(\s*"([a-z0-9_]+)"', text))
    assert made - set(fault_texts.TABLE) == set()
    assert set(fault_texts.TABLE) - made == set()


@pytest.mark.parametrize("name", BUILT_IN_TYPES)
def test_no_type_of_a_program_takes_a_built_in_name(name: str) -> None:
    typed = f"activities:\n  {name}: {{title: {{en: X, ru: Х, ro: X}}}}\n"
    found = [one for one in report(changed(("activities:\n", typed))).faults if one.path == f"activities.{name}"]
    assert [one.code for one in found] == ["reserved_name"]


def test_a_name_beside_a_built_in_one_is_free() -> None:
    # Negative control.
    typed = "activities:\n  orders: {title: {en: X, ru: Х, ro: X}}\n"
    assert [one for one in report(changed(("activities:\n", typed))).faults if one.path == "activities.orders"] == []


@pytest.mark.parametrize("event", CAUSED)
def test_a_rule_may_listen_to_every_event_there_is(event: str) -> None:
    """Whatever else is wrong with it: the check itself never fails."""
    listening = BASE.replace(
        "rules:\n", f"rules:\n  hears: {{trigger: {{event: {event}}}, effects: [{{badge: hears}}]}}\n", 1
    )
    assert listening != BASE
    assert "rules.hears.trigger.event" not in {one.path for one in report(listening).faults}
