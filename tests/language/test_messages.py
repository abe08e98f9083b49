"""Every fault: its place, its sentence, and that it has one in each language."""

from __future__ import annotations

import re

import pytest
from msgspec import structs

from regulars.language import service as language
from regulars.language import texts
from regulars.language.contracts import BOOL, INT, NUMBER, TIMESTAMP, ExpressionFaults, Fault, Root, Schema, Type
from tests.language.world import EARNING, METRIC, SEGMENT

PIECES = {"did_you_mean", "known_names", "nothing_known", "no_arguments"}
# code, text, start, end, English sentence
EARNING_CASES: tuple[tuple[str, str, int, int, str], ...] = (
    ("unknown_field", "member.teir == 'gold'", 7, 11, "member has no field 'teir'. Did you mean 'tier'?"),
    ("unknown_field", "basket.lines.exists(l, l.qty >= 2)", 25, 28, "line has no field 'qty'. Did you mean 'quantity'?"),
    ("cannot_compare", "member.tier == 3", 0, 16, "Cannot compare text with whole number"),
    ("bad_moment", "basket.at > timestamp('2026-13-01')", 22, 34, "This is not a valid moment"),
    ("expected_value_but_ends", "basket.total >=", 15, 16, "Expected a value here, but the rule ends"),
    ("text_too_long", "1" + " " * 4000, 0, 4001, "This expression is too long: at most 4000 characters"),
    ("too_many_parts", "||".join(["true"] * 401), 0, 2404, "This expression has too many parts: at most 400"),
    ("too_deep", "(" * 41 + "1", 40, 41, "Too deeply nested: at most 40 levels"),
    ("bad_character", "type == #", 8, 9, "Unexpected character #"),
    ("single_operator", "type = 'a'", 5, 6, "Use == to compare"),
    ("single_operator", "true & true", 5, 6, "Use && instead of &"),
    ("single_operator", "true and true", 5, 8, "Use && instead of and"),
    ("single_operator", "not true", 0, 3, "Use ! instead of not"),
    ("open_text", "type == 'a", 8, 9, "This text has no closing quote"),
    ("bad_escape", r"type == 'a\q'", 10, 12,
     "\\q is not known in a text. Possible are \\n \\t \\r \\\\ \\' \\\" and \\u0041"),
    ("bad_number", "basket.total > 1e5", 15, 18, "'1e5' is not a number. Write 20 or 20.00"),
    ("too_many_decimals", "basket.total > 0.1234567", 15, 24, "At most 6 decimals are possible"),
    ("number_too_large", "basket.total > 1234567890123456789", 15, 34, "This number is too large: at most 18 digits"),
    ("expected_value", "basket.total > )", 15, 16, "Expected a value here, not ')'"),
    ("expected", "[1 2]", 3, 4, "Expected ']' here, not '2'"),
    ("expected_but_ends", "(true", 5, 6, "Expected ')' here, but the rule ends"),
    ("expected_field", "member.", 7, 8, "Expected a field name after '.'"),
    ("unexpected", "true true", 5, 9, "Unexpected 'true'"),
    ("bad_index", "basket.lines[0]", 13, 14, "Only ['name'] is possible between square brackets"),
    ("unknown_name", "mmber.tier == 'a'", 0, 5, "Unknown name 'mmber'. Did you mean 'member'?"),
    ("unknown_name", "zzz == 1", 0, 3, "Unknown name 'zzz'. Known: basket, mcc, member, now, store, type"),
    ("unknown_step", "member.tier.atLeast('gould')", 20, 27, "There is no level 'gould'. Did you mean 'gold'?"),
    ("wrong_arguments", "member.tier.atLeast(type)", 12, 25,
     "'atLeast' is written atLeast('platinum'); this has text"),
    ("unknown_method", "type.atLeast('gold')", 5, 12,
     "A value of type text has no function 'atLeast'. Known: contains, endsWith, size, startsWith"),
    ("unknown_list", "type in lists.citys", 14, 19, "There is no list 'citys'. Did you mean 'cities'?"),
    ("unknown_table", "tables.mmc.find(mcc).earns", 7, 10, "There is no table 'mmc'. Did you mean 'mcc'?"),
    ("unknown_function", "flor(2.5) == 2", 0, 4, "Unknown function 'flor'. Did you mean 'floor'?"),
    ("unknown_method", "type.startswith('a')", 5, 15,
     "A value of type text has no function 'startswith'. Did you mean 'startsWith'?"),
    ("no_fields", "type.name == 'a'", 5, 9, "A value of type text has no fields"),
    ("list_has_no_fields", "basket.lines.category == 'a'", 13, 21,
     "This is a list. Use basket.lines.exists(x, ...) or another walk"),
    ("use_month", "now.getMonth() == 1", 4, 12, "Use month(), which counts from 1"),
    ("use_day", "now.getDate() == 1", 4, 11, "Use day(), which counts from 1"),
    ("use_weekday", "now.getDayOfWeek() == 1", 4, 16, "Use weekday(): Monday is 1, Sunday is 7"),
    ("use_instead", "type.matches('a.*')", 5, 12, "There is no 'matches'. Use startsWith, endsWith, contains"),
    ("use_instead", "sum(basket.lines) > 1", 0, 3, "There is no 'sum(...)'. Use list.sum()"),
    ("use_instead", "metric('spend') > 1", 0, 6, "There is no 'metric'. Use member.metrics.<name>"),
    ("cannot_order", "type < 'b'", 0, 10, "A value of type text is compared with == and != only, not with <"),
    ("cannot_do", "type * 2 == 1", 0, 8, "Cannot do text * whole number"),
    ("cannot_negate", "-type == 'a'", 0, 5, "'-' needs a number, not text"),
    ("cannot_look", "basket.total in ['a']", 0, 21, "'in' cannot look for amount in list of text"),
    ("in_needs_list", "'a' in type", 7, 11, "'in' needs a list on its right, not text"),
    ("needs_condition", "type && true", 0, 4, "'&&' needs yes/no here, not text"),
    ("needs_list", "type.exists(x, true)", 0, 4, "'exists' needs a list; this is text"),
    ("needs_numbers", "member.tags.sum() > 1", 0, 11, "'sum' needs a list of numbers; this is list of text"),
    ("wrong_arguments", "type.contains(1)", 5, 16, "'contains' is written text.contains(text); this has whole number"),
    ("wrong_arguments", "type.contains()", 5, 15, "'contains' is written text.contains(text); this has nothing"),
    ("constant_needed", "date(type) == today()", 5, 9, "'date' needs a value written out here, not one worked out"),
    ("out_of_range", "round(basket.total, 7) > 1", 20, 21, "'round' takes 0 to 6 here"),
    ("branches_differ", "(true ? 1 : 'a') == 1", 8, 15, "Both sides of ':' must be of one type; these are whole number and text"),
    ("no_choice_of", "(true ? member.tags : member.tags).size() == 1", 8, 19,
     "'? :' chooses between values, not between a list of text"),
    ("mixed_list", "1 in [1, 'a']", 5, 13, "All values of a list must be of one type; these are whole number and text"),
    ("bad_list_item", "1 in [null]", 6, 10, "A list written out holds values, not empty"),
    ("list_too_long", "1 in [" + "1," * 200 + "1]", 5, 408,
     "At most 200 values may be written out. Keep longer lists in lists.<name>"),
    ("map_to_list", "basket.lines.map(l, l.tags).size() > 1", 20, 26, "'map' gives one value for each, not a list"),
    ("walk_arguments", "basket.lines.exists(true)", 13, 25, "'exists' needs a name and an expression: exists(x, ...)"),
    ("walk_name_taken", "basket.lines.exists(l, l.tags.exists(l, l == 'a'))", 37, 38,
     "The name 'l' is already in use in the walk around this one"),
    ("walks_too_deep", "[1].exists(a, [1].exists(b, [1].exists(c, c == a)))", 28, 49, "Lists may be walked at most 2 deep"),
    ("chain_too_long", "[1].map(a, a).map(b, b).map(c, c).sum() > 1", 0, 39, "At most 3 list steps may follow one another"),
    ("join_in_walk", "basket.lines.exists(l, l.brand + 'a' == 'b')", 23, 36, "Texts cannot be joined inside a walk over a list"),
    ("scale_too_large", "0.000001 * 0.000001 * 0.1 == 0.1", 0, 25,
     "This would have 13 decimals; at most 12 are possible. Round it first"),
    ("number_may_grow", "*".join(["member.metrics.purchases"] * 7) + " > 1", 0, 174, "This number may grow beyond 120 digits"),
    ("too_costly", "basket.lines.exists(a, basket.lines.exists(b, a.brand == b.brand))", 0, 66,
     "This is too much work for one rule: 1756011 units, at most 200000"),
    ("bad_date", "today() > date('2026-02-30')", 15, 27, "This is not a valid date. Write date('2026-01-31')"),
    ("bad_period", "duration('1 hour') > days(1)", 9, 17,
     "This is not a valid period. Write duration('90m'), with s, m, h or d"),
    ("bad_zone", "now.hour('Europe/Kishinau') > 1", 9, 26, "There is no time zone 'Europe/Kishinau'. Did you mean 'Europe/Chisinau'?"),
    ("wrong_result", "basket.total", 0, 12, "This must give yes/no, but gives amount"),
)  # fmt: skip
NO_NOW = Schema(name="no now", params=("zone",), roots={}, records={}, zone="zone")
PLACELESS = Schema(name="placeless", params=("now",), roots={"now": Root("now", TIMESTAMP, "now")}, records={})
OTHER_CASES: tuple[tuple[Schema, Type, str, str, int, int, str], ...] = (
    (SEGMENT, BOOL, "segment_reads_member", "basket.total > 5", 0, 6,
     "A segment looks at the member only. Use a metric, for example member.metrics.spend_30d"),
    (METRIC, BOOL, "metric_reads_activity", "member.tier == 'gold'", 0, 6,
     "A metric looks at the activity only, so that it can be worked out again later"),
    (NO_NOW, BOOL, "no_now", "today() > date('2026-01-01')", 0, 7,
     "'today' needs the present moment, which is not known here"),
    (PLACELESS, BOOL, "no_zone", "now.hour() > 3", 4, 8,
     "'hour' needs a time zone, which is not known here. Name one: t.hour(), t.hour('Europe/Chisinau')"),
    (EARNING, INT, "wrong_result", "1.5", 0, 3, "This must give whole number, but gives amount"),
    (EARNING, NUMBER, "wrong_result", "true", 0, 4, "This must give number, but gives yes/no"),
)  # fmt: skip


def faults(text: str, schema: Schema = EARNING, want: Type | None = BOOL) -> tuple[Fault, ...]:
    with pytest.raises(ExpressionFaults) as caught:
        language.check(text, schema, want)
    return caught.value.errors


@pytest.mark.parametrize(("code", "text", "start", "end", "sentence"), EARNING_CASES)
def test_a_fault_has_its_place_and_sentence(code: str, text: str, start: int, end: int, sentence: str) -> None:
    (fault,) = faults(text)
    assert (fault.code, fault.start, fault.end, fault.text("en")) == (code, start, end, sentence)
    told_in_three_languages(fault)


@pytest.mark.parametrize(("schema", "want", "code", "text", "start", "end", "sentence"), OTHER_CASES)
def test_a_fault_of_a_place(
    schema: Schema, want: Type, code: str, text: str, start: int, end: int, sentence: str
) -> None:
    (fault,) = faults(text, schema, want)
    assert (fault.code, fault.start, fault.end, fault.text("en")) == (code, start, end, sentence)
    told_in_three_languages(fault)


def told_in_three_languages(fault: Fault) -> None:
    english, russian, romanian = (fault.text(lang) for lang in ("en", "ru", "ro"))
    assert re.search("[а-яё]", russian)
    assert len({english, russian, romanian}) == 3
    assert not any(re.search(r"\{\w*\}", sentence) for sentence in (english, russian, romanian))
    assert fault.text("de") == english


def test_every_sentence_is_tried() -> None:
    tried = {case[0] for case in EARNING_CASES} | {case[2] for case in OTHER_CASES} | PIECES
    elsewhere = {"single_equals", "bad_tree", "not_in_segments", "too_long_for_sql", "price_reads_before", "not_here"}
    assert set(texts.SENTENCES) - tried == elsewhere


@pytest.mark.parametrize(
    "code", ["single_equals", "bad_tree", "not_in_segments", "too_long_for_sql", "price_reads_before", "not_here"]
)
def test_other_sentences_have_three_languages(code: str) -> None:
    told_in_three_languages(Fault(code, {"found": "x", "name": "x", "use": "y"}, 0, 1))


def test_what_has_no_sql_is_refused_in_a_segment() -> None:
    whole = structs.replace(EARNING, whole_table=True)
    assert [(fault.code, fault.start, fault.end) for fault in faults("basket.total > 5 && type == 'a'", whole)] == [
        ("not_in_segments", 0, 6), ("not_in_segments", 20, 24),
    ]  # fmt: skip


def test_all_faults_come_at_once_in_the_order_of_the_text() -> None:
    found = faults("member.teir == 'gold' && basket.totl > 5 || zzz && now.getMonth() == 1")
    assert [(fault.code, fault.start) for fault in found] == [
        ("unknown_field", 7), ("unknown_field", 32), ("unknown_name", 44), ("use_month", 55),
    ]  # fmt: skip


def test_one_mistake_gives_one_message() -> None:
    assert len(faults("(basket.totl + 1) * 2 > least(3, basket.total)")) == 1


def test_faults_are_an_error_with_fields() -> None:
    with pytest.raises(ExpressionFaults) as caught:
        language.check("zzz", METRIC)
    assert caught.value.code == "expression_faults"
    assert caught.value.text("ru") == "0-3 Неизвестное имя 'zzz'. Известны: type"
