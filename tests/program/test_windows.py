"""Dates, days and hours that never meet are refused; those that do are not."""

from __future__ import annotations

import pytest

from regulars.program import service as program

BASE = """
program: {name: p, money: EUR, zone: UTC, languages: [en]}
currencies: {points: {title: {en: Points}, cost: {house: 1}}}
activities: {purchase: {basket: true}}
metrics:
  ever: {count: activities}
  january: {count: activities, window: {from: 2026-01-01, until: 2026-02-01}}
"""


def told(text: str) -> list[tuple[str, str]]:
    return [(one.code, one.path) for one in program.check(BASE + text).faults]


def rule(fields: str) -> list[tuple[str, str]]:
    return told(f"rules:\n  x: {{{fields}, effects: [{{give: points, amount: '1'}}]}}\n")


def challenge(fields: str) -> list[tuple[str, str]]:
    return told(f"challenges:\n  x: {{title: {{en: X}}, {fields}, target: '3'}}\n")


BUY, JOINED = "trigger: purchase", "trigger: {date: member.joined_on, after: 7 days}"
MONTH, WEEK = "trigger: {period: calendar month, ended: true}", "trigger: {period: week, ended: true}"
# 2026-09-01 is a Tuesday.
RUN = 'trigger: {run: "2026-09-01T09:00", audience: "member.metrics.ever > 3"}'


@pytest.mark.parametrize(
    ("fields", "code", "path"),
    [
        (
            f"{BUY}, from: 2026-01-01, until: 2026-02-01, schedule: {{from: 2026-02-01, until: 2026-03-01}}",
            "schedule_apart",
            "schedule",
        ),
        (f"{BUY}, until: 2026-02-01, schedule: {{from: 2026-02-01}}", "schedule_apart", "schedule"),
        (f"{BUY}, schedule: {{days: [MO], from: 2026-09-01, until: 2026-09-07}}", "days_outside", "schedule"),
        (f"{BUY}, from: 2026-09-01, schedule: {{days: [SA-SU], until: 2026-09-05}}", "days_outside", "schedule"),
        (f"{RUN}, until: 2026-09-01", "never_awake", "trigger.run"),
        (f"{RUN}, from: 2026-09-02", "never_awake", "trigger.run"),
        (f"{RUN}, schedule: {{days: [MO]}}", "never_awake", "trigger.run"),
        (f"{RUN}, schedule: {{hours: 17:00-19:00}}", "never_awake", "trigger.run"),
        (f"{MONTH}, schedule: {{hours: 17:00-19:00}}", "never_awake", "schedule"),
        (f"{JOINED}, schedule: {{days: [MO], hours: 00:01-19:00}}", "never_awake", "schedule"),
        (f"{WEEK}, schedule: {{days: [TU-SU]}}", "never_awake", "schedule"),
        (f"{WEEK}, schedule: {{days: [MO], hours: 22:00-02:00}}", "never_awake", "schedule"),
    ],
)
def test_a_rule_that_is_never_awake_is_refused(fields: str, code: str, path: str) -> None:
    assert rule(fields) == [(code, f"rules.x.{path}")]


@pytest.mark.parametrize(
    "fields",
    [
        f"{BUY}, from: 2026-01-01, until: 2026-02-01, schedule: {{from: 2026-01-31}}",
        f"{BUY}, schedule: {{days: [MO], from: 2026-09-01, until: 2026-09-08}}",
        f"{BUY}, schedule: {{days: [MO], from: 2026-09-01}}",
        f"{BUY}, schedule: {{hours: 22:00-02:00}}",
        f"{RUN}, from: 2026-09-01, until: 2026-09-02, schedule: {{days: [TU], hours: 09:00-10:00}}",
        f"{RUN}, schedule: {{days: [MO], hours: 22:00-10:00}}",
        f"{RUN}, schedule: {{days: [MO], zone: Asia/Tokyo}}",
        f"{MONTH}, schedule: {{days: [MO], hours: 00:00-06:00}}",
        f"{JOINED}, schedule: {{hours: 22:00-02:00}}",
        f"{JOINED}, schedule: {{hours: 17:00-19:00, zone: Asia/Tokyo}}",
        f"{WEEK}, schedule: {{days: [MO]}}",
        f"{WEEK}, schedule: {{days: [SU], hours: 22:00-02:00}}",
    ],
)
def test_control_a_rule_that_is_awake_at_some_time_is_not(fields: str) -> None:
    assert rule(fields) == []


@pytest.mark.parametrize(
    ("fields", "apart"),
    [
        ('goal: "member.metrics.january", window: {from: 2026-02-01, until: 2026-03-01}', True),
        ('goal: "member.metrics.january", from: 2026-02-01', True),
        ('goal: "member.metrics.january", until: 2026-01-01', True),
        ('goal: "member.metrics.january", from: 2026-02-01, counts: all', False),
        ('goal: "member.metrics.january", from: 2026-01-31', False),
        ('goal: "member.metrics.january"', False),
        ('goal: "member.metrics.ever", from: 2026-02-01', False),
    ],
)
def test_a_challenge_and_its_metric_look_at_the_same_time(fields: str, apart: bool) -> None:
    assert challenge(fields) == ([("challenge_metric_apart", "challenges.x.goal")] if apart else [])
