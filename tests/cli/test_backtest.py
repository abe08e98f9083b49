from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from regulars.kit import edge
from tests.cli.conftest import PROGRAM, Run
from tests.cli.test_imports import take_in, write


@pytest.fixture
def judged(shop: Run, tmp_path: Path) -> Any:
    """What `backtest` says of a month in which two members, whom nobody else uses, bought for 12.50 and 30.00."""
    one, two = (f"b{edge.random_digits(10)}" for _ in range(2))
    bought = f"{one},{one}-1,2024-03-05T12:00:00Z,Tea,1,12.50\n{two},{two}-1,2024-03-06T12:00:00Z,Tea,1,30.00\n"
    take_in(shop, write(tmp_path, bought))

    def backtest(text: str, *more: object, code: int = 0) -> Any:
        file = tmp_path / "candidate.yaml"
        file.write_text(text, encoding="utf-8")
        period = ("--since", "2024-03-01", "--until", "2024-04-01")
        ran = shop("program", "backtest", file, "--program", "corner", "--processes", 1, *period, *more)
        assert ran.code == code, ran
        return json.loads(ran.out) if "--json" in more else ran.out

    return backtest


def test_backtest_of_the_same_program_finds_no_difference(judged: Any) -> None:
    found = judged(PROGRAM, "--json")
    lines = [*found["by_currency"].values()]
    lines += [line for part in ("by_month", "by_rule") for names in found[part].values() for line in names.values()]
    assert found["activities"] >= 2
    assert [found["members_more"], found["members_less"], found["refused_now"]] == [0, 0, 0]
    assert {(line["difference"], line["cost_minor"]["difference"], line["members"]) for line in lines} == {(0, 0, 0)}
    assert "This file gives exactly what was given." in judged(PROGRAM)


def test_backtest_tells_points_cost_and_members_by_rule_and_month(judged: Any) -> None:
    double = PROGRAM.replace("basket.base / 1.00", "basket.base / 0.50")
    found = judged(double, "--json")
    times = found["activities"] // 2
    # 12.50 gave 12 points and gives 25, 30.00 gave 30 and gives 60: 42 and 85, at a cent each.
    line = {
        "recorded": 42 * times,
        "candidate": 85 * times,
        "difference": 43 * times,
        "cost_minor": {"recorded": 42 * times, "candidate": 85 * times, "difference": 43 * times},
        "members": 2 * times,
    }
    assert found["by_currency"] == {"points": line}
    assert found["by_month"] == {"2024-03": {"points": line}}
    assert found["by_rule"] == {"base": {"points": line}}
    assert (found["members_more"], found["members_less"]) == (2 * times, 0)
    told = judged(double)
    assert f"{2 * times} would have more" in told
    assert f"+{43 * times}" in told


def test_backtest_counts_the_cost_of_the_one_who_pays(judged: Any) -> None:
    shared = PROGRAM.replace("cost: {house: 0.01}", "cost: {house: 0.01, dairy: 0.03}").replace(
        '"basket.base / 1.00"}', '"basket.base / 1.00", funding: [{by: dairy, share: 1}]}'
    )
    found = judged(shared, "--json")
    times = found["activities"] // 2
    # The same 42 points, paid by the dairy at three cents each instead of one.
    assert found["by_currency"]["points"]["difference"] == 0
    assert found["cost_minor"] == {"recorded": 42 * times, "candidate": 126 * times, "difference": 84 * times}
    assert found["by_rule"]["base"]["points"]["members"] == 2 * times


def test_backtest_says_what_would_be_refused(judged: Any) -> None:
    refusing = PROGRAM + (
        "  large:\n    trigger: purchase\n    if: basket.total >= 20.00\n"
        "    effects: [{refuse: too_large, say: {en: No., ru: Нет., ro: Nu.}}]\n"
    )
    found = judged(refusing, "--json")
    times = found["activities"] // 2
    assert found["refused_now"] == times
    assert found["by_rule"]["base"]["points"]["difference"] == -30 * times
    assert found["members_less"] == times
