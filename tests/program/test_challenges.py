"""What publishing finds in challenges, and in rules that wake each other."""

from __future__ import annotations

import pytest

from regulars.program import service as program

BASE = """
program: {name: p, money: EUR, zone: UTC, languages: [en]}
currencies: {points: {title: {en: Points}, cost: {house: 1}}}
activities: {purchase: {basket: true}, visit: {}}
metrics:
  cups: {count: activities, where: "type == 'purchase'"}
  month: {count: activities, where: "type == 'purchase'", window: calendar month}
  dead: {count: activities, where: "type == 'tick'"}
  weeks: {streak: week}
segments:
  a: {static: true}
  b: {static: true}
  c: {if: "'a' in member.segments"}
  tall: {if: "member.attributes.size == 'big'"}
purposes: {p: {title: {en: P}, texts: {v1: {en: Why}}}}
attributes: {size: {type: text, purpose: p}}
"""


def faults(text: str) -> set[tuple[str, str]]:
    found = program.check(BASE + text)
    return {(one.code, one.path) for one in (*found.faults, *found.warnings)}


def challenge(fields: str) -> set[tuple[str, str]]:
    return faults(f"challenges:\n  x: {{title: {{en: X}}, {fields}}}\n")


SOUND = 'goal: "member.metrics.cups", target: "3"'


def test_a_sound_challenge_has_no_faults() -> None:
    assert challenge(SOUND) == set()
    assert challenge('goal: "member.metrics.cups", steps: {one: {target: "1"}}') == set()


@pytest.mark.parametrize(
    ("fields", "code", "path"),
    [
        ("effects: [{badge: b}]", "challenge_without_goal", "challenges.x"),
        ('target: "3"', "challenge_target_alone", "challenges.x"),
        ('goal: "member.metrics.cups"', "challenge_target_alone", "challenges.x"),
        ('steps: {one: {target: "1"}}', "step_without_goal", "challenges.x.steps.one"),
        ('goal: "member.metrics.cups", target: "0"', "target_not_positive", "challenges.x.target"),
        ('goal: "member.metrics.cups", target: "-1.5"', "target_not_positive", "challenges.x.target"),
        ('goal: "3", target: "3"', "goal_never_grows", "challenges.x.goal"),
        ('goal: "member.metrics.dead", target: "3"', "goal_never_grows", "challenges.x.goal"),
        (f"{SOUND}, window: previous calendar month", "challenge_window", "challenges.x.window"),
        (f"{SOUND}, window: since last visit", "challenge_window", "challenges.x.window"),
        (f"{SOUND}, window: 3 hours", "challenge_window", "challenges.x.window"),
        (f"{SOUND}, window: {{from: 2026-02-01, until: 2026-01-01}}", "dates_reversed", "challenges.x.window"),
        (
            f"{SOUND}, until: 2026-01-01, window: {{from: 2026-02-01}}",
            "challenge_dates_apart",
            "challenges.x.window",
        ),
        (f"{SOUND}, recurrence: each period", "never_comes_back", "challenges.x.recurrence"),
        (
            'goal: "member.metrics.month", target: "3", window: week',
            "challenge_windows_differ",
            "challenges.x.goal",
        ),
        ('goal: "member.metrics.month", target: "3"', "challenge_windows_differ", "challenges.x.goal"),
        ('goal: "member.metrics.weeks", target: "3", counts: new', "counts_new_of_moving", "challenges.x.counts"),
        (f"{SOUND}, audience: nobody", "unknown_segment", "challenges.x.audience"),
        (f"{SOUND}, times: 0, recurrence: again", "not_positive", "challenges.x.times"),
        (f"{SOUND}, times: 2, recurrence: once", "once_and_times", "challenges.x.times"),
        (f"{SOUND}, team: household", "team_without_households", "challenges.x.team"),
        (f"{SOUND}, effects: [{{multiply: points, by: 2}}]", "prize_not_here", "challenges.x.effects[0]"),
        (f"{SOUND}, effects: [{{give: pints, amount: '1'}}]", "unknown_currency", "challenges.x.effects[0].give"),
        (f"{SOUND}, effects: [{{freeze: cups}}]", "freeze_of_no_streak", "challenges.x.effects[0].freeze"),
        (f"{SOUND}, effects: [{{progress: y}}]", "unknown_name", "challenges.x.effects[0].progress"),
        (
            f"{SOUND}, effects: [{{give: points, amount: 'goal.total'}}]",
            "expression_unknown_field",
            "challenges.x.effects[0].amount",
        ),
        ('goal: "basket.total", target: "3"', "expression_segment_reads_member", "challenges.x.goal"),
    ],
)
def test_what_cannot_be_is_told_with_its_place(fields: str, code: str, path: str) -> None:
    assert (code, path) in challenge(fields)


def test_people_meet_challenges_by_their_title_in_every_language() -> None:
    text = BASE.replace("languages: [en]", "languages: [en, ro]").replace("{en: Points}", "{en: Points, ro: Puncte}")
    found = program.check(f"{text}challenges:\n  x: {{{SOUND}}}\n  y: {{title: {{en: Y}}, {SOUND}}}\n")
    codes = {(one.code, one.path) for one in (*found.faults, *found.warnings)}
    assert ("missing_title", "challenges.x") in codes
    assert ("missing_translation", "challenges.y.title") in codes


def test_a_goal_that_effects_add_to_needs_no_metric() -> None:
    extra = 'rules: {r: {trigger: visit, effects: [{progress: x}]}}\nchallenges: {x: {title: {en: X}, goal: "0", target: "3"}}'
    assert faults(extra) == set()


def test_a_rule_may_listen_to_a_badge_that_somebody_gives() -> None:
    listens = "rules: {{r: {{trigger: {{event: badge.given, name: {name}}}, effects: [{{event: e}}]}}}}\n"
    gives = f"challenges: {{x: {{title: {{en: X}}, {SOUND}, effects: [{{badge: star}}]}}}}"
    assert faults(listens.format(name="star") + gives) == set()
    assert faults(listens.format(name="moon") + gives) == {("unknown_name", "rules.r.trigger.name")}


def circle(text: str) -> list[str]:
    found = program.check(BASE + text)
    return [one.texts.en for one in found.faults if one.code == "rules_in_circle"]


def listening(**rules: str) -> str:
    lines = [
        f"  {name}: {{trigger: {{event: {text.split(' | ')[0]}}}, effects: [{text.split(' | ')[1]}]}}"
        for name, text in rules.items()
    ]
    return "rules:\n" + "\n".join(lines) + "\n"


def test_rules_that_wake_each_other_are_refused_with_the_circle_named() -> None:
    text = listening(
        off="segment.entered, name: a | {remove_from: a}",
        on="segment.left, name: a | {add_to: a}",
    )
    assert circle(text) == [
        (
            "These rules wake each other in a circle: "
            "segment.entered a -> rules.off -> segment.left a -> rules.on -> segment.entered a."
        )
    ]


@pytest.mark.parametrize(
    "text",
    [
        listening(x="badge.given, name: b | {badge: b}"),
        listening(x="segment.entered, name: tall | {badge: b}", y="badge.given | {set: size, value: \"'big'\"}"),
        listening(x="segment.left, name: c | {add_to: a}", y="segment.entered, name: c | {remove_from: a}"),
        listening(x="challenge.completed, name: x | {progress: x}")
        + f"challenges: {{x: {{title: {{en: X}}, {SOUND}}}}}\n",
        (
            f"challenges: {{x: {{title: {{en: X}}, {SOUND}, effects: [{{progress: y}}]}}, "
            f"y: {{title: {{en: Y}}, {SOUND}, effects: [{{progress: x}}]}}}}\n"
        ),
    ],
)
def test_circles_through_segments_badges_attributes_and_challenges(text: str) -> None:
    assert len(circle(text)) == 1


@pytest.mark.parametrize(
    "text",
    [
        listening(x="segment.entered, name: a | {add_to: a}"),
        listening(x="segment.entered, name: a | {add_to: b}", y="segment.entered, name: b | {badge: b}"),
        listening(x="segment.entered, name: a | {give: points, amount: '5'}"),
        listening(x="challenge.joined, name: x | {progress: x}")
        + f"challenges: {{x: {{title: {{en: X}}, {SOUND}, join: tap}}}}\n",
    ],
)
def test_control_what_ends_by_itself_is_no_circle(text: str) -> None:
    assert circle(text) == []
