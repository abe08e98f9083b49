"""Compiled Python gives what a plain walk over the tree gives, for random expressions over random values."""

from __future__ import annotations

import random
from collections import Counter
from zoneinfo import ZoneInfo

import pytest

from regulars.language import runtime
from regulars.language import service as language
from regulars.language.contracts import BOOL, Expression, ExpressionFaults
from regulars.language.functions import FUNCTIONS
from tests.language.grammar import COMPARED, Grammar
from tests.language.walker import Walker
from tests.language.world import EARNING, NOW, SEGMENT, ZONE, random_member, random_scope

ROUNDS = 250


@pytest.mark.parametrize("seed", range(4))
def test_member_expressions_agree(seed: int) -> None:
    random_ = random.Random(seed)
    members = [random_member(random_, number) for number in range(25)]
    grammar = Grammar(SEGMENT, random_)
    accepted = 0
    for _ in range(ROUNDS):
        kind = random_.choice((*COMPARED, "bool", "bool"))
        text = grammar.condition() if kind == "bool" else grammar.value(kind)
        try:
            expression = language.check(text, SEGMENT)
        except ExpressionFaults:
            continue
        accepted += 1
        run = language.to_python_value(expression, SEGMENT)
        for member in members:
            walker = Walker(SEGMENT, {"member": member, "now": NOW}, NOW, ZoneInfo(ZONE))
            assert run(member, NOW, ZoneInfo(ZONE)) == expected(walker, expression), text
    assert accepted > ROUNDS * 0.6


@pytest.mark.parametrize("seed", range(4))
def test_basket_expressions_agree(seed: int) -> None:
    random_ = random.Random(1000 + seed)
    scopes = [random_scope(random_) for _ in range(25)]
    grammar = Grammar(EARNING, random_)
    for _ in range(ROUNDS):
        text = grammar.condition()
        try:
            expression = language.check(text, EARNING)
        except ExpressionFaults:
            continue
        run = language.to_python(expression, EARNING)
        for scope in scopes:
            roots = {"member": scope.member, "basket": scope.basket, "store": scope.store, "type": scope.type}
            roots |= {"mcc": scope.fields.get("mcc"), "now": scope.now}
            assert run(scope) is expected(Walker(EARNING, roots, NOW, ZoneInfo(ZONE)), expression), text


def test_a_division_that_rounds_down_would_be_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: with Python's own division the comparison fails."""
    monkeypatch.setitem(runtime.GLOBALS, "divided", lambda left, right: left // right if right else 0)
    with pytest.raises(AssertionError):
        test_member_expressions_agree(0)


def test_the_grammar_draws_every_function() -> None:
    random_ = random.Random(5)
    grammar = Grammar(SEGMENT, random_)
    drawn: Counter[str] = Counter()
    for _ in range(4000):
        grammar.used.clear()
        text = grammar.condition()
        try:
            language.check(text, SEGMENT)
        except ExpressionFaults:
            continue
        drawn.update(grammar.used)
    wanted = {f"{row.receiver}.{row.name}" for row in FUNCTIONS if not row.own_tree}
    assert wanted <= set(drawn)


def expected(walker: Walker, expression: Expression) -> object:
    found = walker.run(expression.tree)
    return found is True if expression.type == BOOL else found
