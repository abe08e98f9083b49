"""What a ladder must pass, broken once each: its code, its path, what to do about it."""

from __future__ import annotations

import pytest

from regulars.engine.contracts.points import EntryKind
from regulars.program import ladder_texts, reader
from regulars.program.checks import run
from regulars.program.contracts.place_fields import ENTRY_KINDS
from regulars.program.contracts.report import Fault

SOUND = """program: {name: air, languages: [en, ru, ro], money: EUR, zone: Europe/Chisinau, main_ladder: status}
currencies:
  points: {title: {en: Points, ru: Баллы, ro: Puncte}, value: 0.01, cost: {house: 0.01}}
  miles: {title: {en: Miles, ru: Мили, ro: Mile}, kind: status, expiry: {dates: [12-31]}}
activities:
  purchase: {basket: true}
  visit: {fields: {minutes: int}}
metrics:
  spend: {sum: "basket.total", where: "type == 'purchase'", window: tier year}
  visits: {count: activities, where: "type == 'visit'", window: tier year}
  flown: {sum: "entry.amount", over: entries, where: "entry.currency == 'miles'", window: tier year}
  month: {count: activities, window: tier year, ladder: club}
segments:
  big: {if: "member.metrics.spend > 100.00"}
  golden: {if: "member.tier == 'gold'"}
ladders:
  status:
    qualify: "member.metrics.flown"
    year: calendar year
    grace: 30 days
    warn: 60 days
    rollover: miles
    lifetime: {total: "member.metrics.visits", levels: {gold: 100}}
    levels: {green: 0, silver: 300, gold: {from: 1000, title: {en: Gold, ru: Золото, ro: Aur}, was: [top]}}
  club:
    qualify: {any: {spend: "member.metrics.spend", visits: "member.metrics.visits"}}
    year: calendar month
    levels: {start: {}, big: {spend: 100.00, visits: 2}, more: {spend: 200.00, visits: 5}}
rules:
  base: {kind: base, trigger: purchase, effects: [{give: points, amount: "basket.base"}, {give: miles, amount: "1"}]}
  lends: {trigger: visit, if: "member.tier.atLeast('silver')", effects: [{tier: club, level: big, until: 30 days}]}
"""

CASES = [
    ("unknown_ladder", "program.main_ladder", "main_ladder: status", "main_ladder: stats"),
    ("unknown_ladder", "metrics.month.ladder", "ladder: club", "ladder: clb"),
    ("ladder_without_tier_year", "metrics.month.ladder", "window: tier year, ladder: club", "ladder: club"),
    ("qualify_form", "ladders.club.qualify", "{any: {spend:", "{some: {spend:"),
    ("ladder_needs_levels", "ladders.club.levels", ("{start: {}, big: {spend: 100.00, visits: 2}, more: {spend: 200.00, "
     "visits: 5}}"), "{start: {}, big: {}}"),
    ("unknown_measure", "ladders.club.levels.big", "big: {spend: 100.00", "big: {spent: 100.00"),
    ("unknown_measure", "ladders.status.levels.silver", "silver: 300", "silver: {miles: 300}"),
    ("level_not_above", "ladders.status.levels.silver", "silver: 300", "silver: 0"),
    ("level_not_above", "ladders.status.levels.gold", "from: 1000", "from: 300"),
    ("level_not_above", "ladders.club.levels.more", "more: {spend: 200.00", "more: {spend: 99.99"),
    ("measure_never_rises", "ladders.club.qualify.any.visits", "where: \"type == 'visit'\", window",
     "where: \"type == 'enrolled'\", window"),
    ("measure_never_rises", "ladders.club.qualify.any.spend", "where: \"type == 'purchase'\", window",
     "where: \"type == 'visit'\", window"),
    ("measure_never_rises", "ladders.status.qualify", ', {give: miles, amount: "1"}', ""),
    ("measure_is_constant", "ladders.club.qualify.any.spend", 'spend: "member.metrics.spend"', 'spend: "2 + 3"'),
    ("ladder_reads_itself", "ladders.status.qualify", 'qualify: "member.metrics.flown"',
     "qualify: \"'golden' in member.segments ? member.metrics.flown : 0\""),
    ("ladder_reads_itself", "ladders.club.qualify", 'spend: "member.metrics.spend"',
     "spend: \"member.tiers.club == 'big' ? 1 : 2\""),
    ("starts_without_period", "ladders.club.starts", "year: calendar month", "year: rolling 3 months, starts: next period"),
    ("warn_too_early", "ladders.status.warn", "warn: 60 days", "warn: 12 months"),
    ("warn_too_early", "ladders.status.warn", "warn: 60 days", "warn: 60 days, valid_until: 2 months"),
    ("grace_too_long", "ladders.status.grace", "grace: 30 days", "grace: 2 years"),
    ("never_reviewed", "ladders.club.warn", "year: calendar month", "year: ever, warn: 3 days"),
    ("never_reviewed", "ladders.club.grace", "year: calendar month", "downgrade: never, year: calendar year, grace: 3 days"),
    ("unknown_currency", "ladders.status.rollover", "rollover: miles", "rollover: mils"),
    ("rollover_without_status", "ladders.status.rollover", "rollover: miles", "rollover: points"),
    ("rollover_without_status", "ladders.status.rollover", 'qualify: "member.metrics.flown"',
     'qualify: "member.metrics.visits"'),
    ("level_named_twice", "ladders.status.levels.gold.was[0]", "was: [top]", "was: [silver]"),
    ("span_not_in_days", "ladders.status.grace", "grace: 30 days", "grace: 30 hours"),
    ("span_not_in_days", "ladders.club.year", "year: calendar month", "year: rolling 30 hours"),
    ("unknown_level", "ladders.status.lifetime.levels.gld", "levels: {gold: 100}", "levels: {gld: 100}"),
    ("unknown_level", "rules.lends.effects[0].level", "level: big, until", "level: bg, until"),
    ("unknown_ladder", "rules.lends.effects[0].tier", "tier: club, level", "tier: clb, level"),
    ("unknown_level", "segments.golden.if", "member.tier == 'gold'", "member.tier == 'gould'"),
    ("expression_unknown_step", "rules.lends.if", "atLeast('silver')", "atLeast('slver')"),
    ("unknown_name", "ladders.club.pooled", "year: calendar month", "year: calendar month, pooled: famly"),
    ("missing_translation", "ladders.status.levels.gold.title", "{en: Gold, ru: Золото, ro: Aur}", "{en: Gold}"),
    ("missing_translation", "ladders.status.levels.gold.benefits[0]", "was: [top]", "benefits: [{en: Tea, ru: Чай}]"),
    ("not_understood", "ladders.club.year", "year: calendar month", "year: each month"),
    ("not_understood", "ladders.status.valid_until", "warn: 60 days", "valid_until: soon"),
]  # fmt: skip


def faults(text: str) -> tuple[Fault, ...]:
    return run.source(reader.read(text)).faults


def test_the_sound_one_has_no_faults() -> None:
    """The negative control of all cases."""
    assert [(one.path, one.message("en")) for one in faults(SOUND)] == []


@pytest.mark.parametrize(("code", "path", "old", "new"), CASES)
def test_what_is_wrong_is_told_with_its_place_and_in_three_languages(code: str, path: str, old: str, new: str) -> None:
    # Written on lines of their own in a block, side by side in a flow.
    inside = new.replace(", ", "\n    ") if old.startswith(("year:", "warn:")) else new
    text = SOUND.replace(old, inside, 1)
    assert text != SOUND
    found = faults(text)
    assert (code, path) in [(one.code, one.path) for one in found], [(one.code, one.path) for one in found]
    one = next(one for one in found if (one.code, one.path) == (code, path))
    assert one.line > 1 or path.startswith("program")
    assert len({one.message(language) for language in ("en", "ru", "ro")}) == 3


def test_every_fault_of_ladders_is_met_by_a_case() -> None:
    assert set(ladder_texts.LADDERS) - {code for code, *_ in CASES} == set()


@pytest.mark.parametrize(
    ("where", "rises"),
    [
        ("entry.kind == 'earn'", True),
        ("entry.kind == 'earned'", False),
        ("entry.kind in ['earn', 'convert'] && entry.currency == 'miles'", True),
        ("entry.kind == 'earn' && entry.kind == 'spend'", False),
        ("!(entry.kind == 'earn') && entry.kind == 'earn'", False),
        ("entry.currency == 'points'", True),
    ],
)
def test_entries_that_there_are_not_raise_nothing(where: str, rises: bool) -> None:
    found = run.source(reader.read(SOUND.replace("entry.currency == 'miles'", where)))
    assert ("measure_never_rises" in {one.code for one in found.faults}) is not rises


@pytest.mark.parametrize(
    ("where", "rises"),
    [
        ("type == 'purchase' && type == 'visit'", False),
        ("type == 'purchase' || type == 'visit'", True),
        ("!(type == 'purchase')", True),
        ("type == 'visit' && basket.total > 1.00", False),
        ("type in ['return', 'purchase'] && type != 'purchase'", False),
    ],
)
def test_activities_that_cannot_be_raise_nothing(where: str, rises: bool) -> None:
    text = SOUND.replace("type == 'purchase'", where).replace("member.metrics.flown", "member.metrics.spend")
    found = run.source(reader.read(text))
    assert ("measure_never_rises" in {one.code for one in found.faults}) is not rises


def test_the_kinds_of_entries_that_a_condition_may_name_are_those_of_the_books() -> None:
    assert set(ENTRY_KINDS) == {kind.value for kind in EntryKind}


@pytest.mark.parametrize(("silver", "sound"), [("1000", True), ("2000", False), ("3000", False)])
def test_levels_for_life_rise_like_the_others(silver: str, sound: bool) -> None:
    ladder = (
        '  own: {qualify: "member.metrics.spend", levels: {bronze: 0, silver: 10, gold: 20}, '
        f'lifetime: {{total: "member.metrics.spend", levels: {{gold: 2000, silver: {silver}}}}}}}\n'
    )
    found = run.source(reader.read(SOUND.replace("ladders:\n", f"ladders:\n{ladder}")))
    told = [(one.code, one.path) for one in found.faults if one.path.startswith("ladders.own")]
    assert told == ([] if sound else [("level_not_above", "ladders.own.lifetime.levels.gold")])
