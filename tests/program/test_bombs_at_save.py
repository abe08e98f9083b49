"""What is meant to hurt the till does not get into a program: each form is refused as the program is saved, at its place
(TRUST.md S12). The forms are those of tests/language/test_bombs.py, which also holds their cost."""

from __future__ import annotations

import json
import time
from collections import defaultdict

from regulars.program import service as program
from tests.journeys.conftest import SHOP
from tests.language.test_bombs import BOMBS

_RULE = """  bomb_%d:
    title: {en: Bomb, ru: Бомба, ro: Bombă}
    trigger: purchase
    if: %s
    effects: [{give: points, amount: "1"}]
"""


def with_conditions(*texts: str) -> str:
    """The corner shop with one more rule for each."""
    rules = "".join(_RULE % (number, json.dumps(text)) for number, text in enumerate(texts))
    return SHOP.replace("rules:\n", f"rules:\n{rules}", 1)


def test_s12_more_than_fifty_forms_are_each_refused_as_the_program_is_saved_with_their_place() -> None:
    assert len(set(BOMBS)) >= 50
    text = with_conditions(*BOMBS)
    lines = text.split("\n")
    began = time.perf_counter()
    report = program.check(text)
    assert time.perf_counter() - began < 20
    found = defaultdict(list)
    for fault in report.faults:
        found[fault.path.split(".")[1]].append(fault)
    for number, bomb in enumerate(BOMBS):
        faults = found[f"bomb_{number}"]
        assert faults, bomb[:100]
        for fault in faults:
            assert lines[fault.line - 1].strip().startswith("if:"), (bomb[:100], fault)
            assert fault.column > 0
            assert all((fault.texts.en, fault.texts.ru, fault.texts.ro))
    # Control: the rules of the shop itself stand among them and are not touched.
    assert not {name for name in found if not name.startswith("bomb_")}


def test_s12_control_a_plain_condition_is_saved() -> None:
    assert program.check(with_conditions("basket.total > 5.00")).ok
