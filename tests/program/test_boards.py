"""Boards and draws under check: each fault once, at its place, and a program without any."""

from __future__ import annotations

import pytest

from regulars.program.boards_texts import BOARDS, DRAWS
from regulars.program.contracts.ranks import Ranks, ranks
from tests.program.program_base import BASE, only, report

GAMES = (
    BASE.replace(
        "metrics:\n",
        'metrics:\n  month_spend: {sum: "basket.total", window: calendar month}\n  ever_spend: {sum: "basket.total"}\n',
    )
    + """
boards:
  best: {metric: month_spend, prizes_after: 14 days, shows: size, consent: service, prizes: {1: [{give: points, amount: "100"}]}}
  photo: {entries: {votes: 1}}
draws:
  wheel: {price: {points: 5}, age: 18, prizes: {car: {odds: 0.25, effects: [{give: points, amount: "9"}]}, cup: {odds: 3/4, effects: [{give: points, amount: "1"}]}}}
  lottery: {drawn: at end, price: {cash: 1.50}, prizes: {car: {winners: 1, effects: [{give: points, amount: "1"}]}}}
"""
)

CASES = [
    ("board_one_score", "boards.best", "best: {metric", "best: {entries: {votes: 1}, metric"),
    ("board_one_score", "boards.photo", "photo: {entries: {votes: 1}}", "photo: {cycle: week}"),
    ("unknown_metric", "boards.best.metric", "best: {metric: month_spend", "best: {metric: month_spendd"),
    ("board_metric", "boards.best.metric", "best: {metric: month_spend", "best: {metric: row"),
    ("board_metric", "boards.best.metric", "best: {metric: month_spend", "best: {metric: cards"),
    ("board_metric", "boards.best.metric", "best: {metric: month_spend", "best: {metric: by_shelf"),
    ("board_window", "boards.best.metric", "best: {metric: month_spend", "best: {metric: ever_spend"),
    ("board_window", "boards.best.metric", "best: {metric: month_spend", "best: {cycle: calendar quarter, metric: spend"),
    ("game_cycle", "boards.photo.cycle", "photo: {entries", "photo: {cycle: activity, entries"),
    ("game_never_ends", "draws.wheel", "wheel: {price", "wheel: {cycle: ever, price"),
    ("prizes_late", "boards.best", "prizes_after: 14 days", "prizes_after: 29 days"),
    ("bad_rank", "boards.best.prizes.0", "prizes: {1: ", "prizes: {0: "),
    ("shown_name", "boards.best.shows", "shows: size, consent: service", "shows: size"),
    ("shown_name", "boards.best.shows", "shows: size", "shows: birth_date"),
    ("unknown_attribute", "boards.best.shows", "shows: size", "shows: sise"),
    ("unknown_purpose", "boards.best.consent", "consent: service", "consent: servise"),
    ("nobody_judges", "boards.photo.entries", "{votes: 1}", "{votes: 0}"),
    ("not_positive", "boards.photo.entries.per_member", "{votes: 1}", "{per_member: 0}"),
    ("unknown_segment", "boards.photo.audience", "photo: {entries", "photo: {audience: nwe, entries"),
    ("unknown_currency", "boards.best.prizes.1[0].give", '{1: [{give: points, amount: "100"', '{1: [{give: pts, amount: "100"'),
    ("no_effects", "boards.best.prizes.1", '{1: [{give: points, amount: "100"}]}', "{1: []}"),
    ("no_prizes", "draws.lottery", 'prizes: {car: {winners: 1, effects: [{give: points, amount: "1"}]}}', "prizes: {}"),
    ("odds_over_one", "draws.wheel.prizes", "odds: 0.25", "odds: 0.2501"),
    ("prize_odds", "draws.wheel.prizes.car", "odds: 0.25", "winners: 2"),
    ("prize_winners", "draws.lottery.prizes.car", "winners: 1", "winners: 0"),
    ("prize_winners", "draws.lottery.prizes.car", "winners: 1", "winners: 1, at_most: {day: 1}"),
    ("only_at_end", "draws.wheel.draw_after", "wheel: {price", "wheel: {draw_after: 2 days, price"),
    ("only_at_end", "draws.lottery.at_most", "lottery: {drawn", "lottery: {at_most: {ever: 1}, drawn"),
    ("price_step", "draws.wheel.price.points", "price: {points: 5}", "price: {points: 5.5}"),
    ("not_positive", "draws.wheel.price.points", "price: {points: 5}", "price: {points: 0}"),
    ("unknown_currency", "draws.wheel.price.pts", "price: {points: 5}", "price: {pts: 5}"),
    ("age_unknown", "draws.wheel.age", "age: 18", "age: 18, born: birthday"),
    ("age_unknown", "draws.wheel.born", "age: 18", "age: 18, born: size"),
    ("not_positive", "draws.wheel.plays.day", "wheel: {price", "wheel: {plays: {day: 0}, price"),
    ("every_activity", "draws.wheel.plays", "wheel: {price", "wheel: {plays: {activity: 1}, price"),
    ("not_positive", "draws.wheel.at_most.day", "wheel: {price", "wheel: {at_most: {day: 0}, price"),
    ("unknown_name", "rules.base.effects[1].play", 'amount: "basket.base", carry: true}', 'amount: "basket.base", carry: true}, {play: whel}'),
]  # fmt: skip


def test_a_program_with_games_has_no_faults() -> None:
    assert [(one.code, one.path) for one in report(GAMES).faults] == []


@pytest.mark.parametrize(("code", "path", "old", "new"), CASES)
def test_each_fault_at_its_place(code: str, path: str, old: str, new: str) -> None:
    assert old in GAMES
    found = only(report(GAMES.replace(old, new, 1)))
    assert (found.code, found.path) == (code, path)


def test_every_fault_of_boards_and_draws_is_met_by_a_case() -> None:
    met = {code for code, *_ in CASES} | {"never_played"}
    assert {*BOARDS, *DRAWS} - met == set()


def test_a_draw_that_nobody_can_play_is_a_doubt() -> None:
    found = report(GAMES.replace("wheel: {price: {points: 5}, ", "wheel: {", 1))
    assert found.ok
    assert [one.code for one in found.warnings if one.code == "never_played"] == ["never_played"]
    given = GAMES.replace("wheel: {price: {points: 5}, ", "wheel: {", 1).replace(
        '{odds: 3/4, effects: [{give: points, amount: "1"}]}', "{odds: 3/4, effects: [{play: wheel}]}", 1
    )
    assert [one.code for one in report(given).warnings if one.code == "never_played"] == []


def test_the_window_of_a_metric_is_mended_in_words() -> None:
    found = only(report(GAMES.replace("best: {metric: month_spend", "best: {metric: ever_spend", 1)))
    assert found.mend("en") == "Write window: calendar month at the metric, or another cycle here."


def test_odds_that_add_up_to_one_are_no_fault() -> None:
    # Negative control of odds_over_one: 0.25 + 3/4 is exactly 1.
    assert report(GAMES).ok


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("1", Ranks(1, 1)),
        ("2-3", Ranks(2, 3)),
        ("top 10 %", Ranks(percent=10)),
        ("3-2", None),
        ("0", None),
        ("top 0 %", None),
        ("first", None),
    ],
)
def test_ranks(text: str, found: Ranks | None) -> None:
    assert ranks(text) == found


def test_a_top_share_is_rounded_up() -> None:
    top = Ranks(percent=10)
    # 10 % of 11 is 1.1: two win.
    assert [rank for rank in range(1, 12) if top.holds(rank, 11)] == [1, 2]
