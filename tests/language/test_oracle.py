"""The common subset against Google's CEL; every deviation of ours is a listed case."""

from __future__ import annotations

import random
from typing import Any

import pytest
from cel_expr_python import cel

from regulars.language import service as language
from regulars.language.contracts import BOOL, INT, TEXT, ExpressionFaults, Field, ListOf, Record, Root, Schema

SCHEMA = Schema(
    name="oracle",
    params=("d",),
    roots={
        "i": Root("i", INT, "d['i']"),
        "j": Root("j", INT, "d['j']"),
        "s": Root("s", TEXT, "d['s']"),
        "t": Root("t", TEXT, "d['t']"),
        "p": Root("p", BOOL, "d['p']"),
        "q": Root("q", BOOL, "d['q']"),
        "li": Root("li", ListOf(INT, 5, 20), "d['li']"),
        "ls": Root("ls", ListOf(TEXT, 5, 20), "d['ls']"),
        "lr": Root("lr", ListOf(Record("r"), 5, 20), "d['lr']"),
    },
    records={"r": {"a": Field(INT, "{b}['a']"), "b": Field(TEXT, "{b}['b']")}},
)
TYPE = cel.Type
ENVIRONMENT = cel.NewEnv(
    variables={
        "i": TYPE.INT, "j": TYPE.INT, "s": TYPE.STRING, "t": TYPE.STRING, "p": TYPE.BOOL, "q": TYPE.BOOL,
        "li": TYPE.List(TYPE.INT), "ls": TYPE.List(TYPE.STRING), "lr": TYPE.List(TYPE.Map(TYPE.STRING, TYPE.DYN)),
    }
)  # fmt: skip
VALUES = [
    {"i": 7, "j": -3, "s": "gold", "t": "go", "p": True, "q": False, "li": [1, 7, -3], "ls": ["gold", "чай"],
     "lr": [{"a": 7, "b": "go"}, {"a": 0, "b": ""}]},
    {"i": 0, "j": 5, "s": "", "t": "", "p": False, "q": False, "li": [], "ls": [], "lr": []},
    {"i": -8, "j": 3, "s": "чай", "t": "ча", "p": True, "q": True, "li": [0, 0], "ls": [""], "lr": [{"a": 5, "b": "чай"}]},
]  # fmt: skip


def by_cel(text: str, values: dict[str, Any]) -> Any:
    found = ENVIRONMENT.compile(text).eval(data=values)
    assert found.type() != TYPE.ERROR, f"{text}: {found.value()}"
    return found.plain_value()


def by_us(text: str, values: dict[str, Any]) -> Any:
    return language.to_python(language.check(text, SCHEMA), SCHEMA)(values)


CASES = (
    "1 + 2 * 3 - 4", "1 - 2 - 3", "2 * (3 + 4)", "-i * 2", "- -i", "i % 3", "i % -3", "j % 2", "-7 % 3",
    "i + j == 4 && p", "p || q && !p", "p && q || p", "!p == q", "!(p == q)", "p ? i : j", "p ? (q ? 1 : 2) : 3", "p ? 1 : q ? 2 : 3",
    "i < j || i >= j", "i != j", "s == 'gold'", "s != t", 's == "gold"', "'it\\'s' == \"it's\"", "'\\u0041' == 'A'",
    "i in li", "!(i in li)", "s in ls", "5 in [1, 5]", "'x' in ['y']", "i in [j, 7]",
    "li.exists(x, x > 5)", "li.all(x, x > -5)", "li.exists_one(x, x == 0)", "li.filter(x, x > 0).size()",
    "size(li)", "size(s)", "s.size()", "li.map(x, x * 2).exists(y, y == 14)", "li.filter(x, x > 0).map(x, x + 1) == [2, 8] || true",
    "lr.exists(r, r.a > 4 && r.b == 'go')", "lr.filter(r, r.b.size() > 0).size()", "lr.all(r, r['a'] < 10)",
    "li.exists(x, li.exists(y, x + y == 4))", "s.startsWith(t)", "s.endsWith('ld')", "s.contains(t)", "s + t == 'goldgo'",
    "true // a comment", "i == 7 ?\n 'a' : 'b'", "has(lr[0].a) || true", "p ? s : t", "(1 == 1) == p",
)  # fmt: skip
# We refuse what is no single value to compare, and index no list.
REFUSED_BY_US = ("li.filter(x, x > 0).map(x, x + 1) == [2, 8] || true", "has(lr[0].a) || true")


@pytest.mark.parametrize("text", CASES)
def test_the_common_subset_gives_the_same(text: str) -> None:
    if text in REFUSED_BY_US:
        with pytest.raises(ExpressionFaults):
            language.check(text, SCHEMA)
        return
    for values in VALUES:
        assert by_us(text, values) == by_cel(text, values)


# text, ours, CEL's ("refused" where it does not compile, "error" where it fails at run time)
DEVIATIONS = (
    ("i / 2 == 3.5", True, "refused"),
    ("i == 7.0", True, "refused"),
    ("i / 0 == 0", True, "error"),
    ("i % 0 == 0", True, "error"),
    ("s == null", False, "refused"),
    ("s < t", "refused", False),
    ("li[0] == 1", "refused", True),
    ("s.matches('g.*')", "refused", True),
    ("{'a': 1}.size() == 1", "refused", True),
    ("1u == 1u", "refused", True),
    ("0x10 == 16", "refused", True),
    ("int('5') == 5", "refused", True),
    ("timestamp('2026-01-31T10:00:00Z').getMonth() == 0", "refused", True),
    ("li.map(x, x > 0, x).size() == 2", "refused", True),
    ("r'\\d' == '\\\\d'", "refused", True),
    ("li.sum() == 5", True, "refused"),
    ("li == [1, 7, -3]", "refused", True),
    ("9223372036854775807 + 1 > 0", "refused", "error"),
    ("p ? q ? 1 : 2 : 3", "refused", "refused"),
    ("[].exists(x, true)", False, False),
)


@pytest.mark.parametrize(("text", "ours", "theirs"), DEVIATIONS)
def test_a_deviation_is_the_one_that_is_listed(text: str, ours: object, theirs: object) -> None:
    assert outcome_of_us(text) == ours
    assert outcome_of_cel(text) == theirs


def outcome_of_us(text: str) -> object:
    try:
        return by_us(text, VALUES[0])
    except ExpressionFaults:
        return "refused"


def outcome_of_cel(text: str) -> object:
    try:
        compiled = ENVIRONMENT.compile(text)
    except Exception:  # noqa: BLE001  the wrapper raises plain exceptions
        return "refused"
    found = compiled.eval(data=VALUES[0])
    return "error" if found.type() == TYPE.ERROR else found.plain_value()


def drawn(random_: random.Random, kind: str, depth: int) -> str:
    """An expression in the common subset."""
    if kind == "bool":
        return condition(random_, depth)
    if kind == "text":
        return random_.choice(("s", "t", "'go'", "'чай'", "''"))
    if depth < 3 and random_.random() < 0.5:
        a, b = drawn(random_, "int", depth + 1), drawn(random_, "int", depth + 1)
        return random_.choice(
            (
                f"{a} + {b}",
                f"({a} - {b})",
                f"{a} * {b}",
                f"-{a}",
                f"{a} % 7",
                f"({condition(random_, depth + 1)} ? {a} : {b})",
            )
        )
    return random_.choice(("i", "j", "3", "-2", "s.size()", "li.size()", "li.filter(x, x > 0).size()"))


def condition(random_: random.Random, depth: int) -> str:
    if depth < 3 and random_.random() < 0.5:
        a, b = condition(random_, depth + 1), condition(random_, depth + 1)
        return random_.choice(
            (f"{a} && {b}", f"{a} || {b}", f"!({a})", f"({a} ? {b} : {a})", f"({a}) == ({b})", f"({a} || {b}) && {b}")
        )
    number, text = drawn(random_, "int", depth + 1), drawn(random_, "text", depth + 1)
    return random_.choice(
        (
            "p", "q", f"{number} {random_.choice(('<', '<=', '>', '>=', '==', '!='))} {drawn(random_, 'int', depth + 1)}",
            f"s == {text}", f"{text} in ls", f"{number} in li", f"s.{random_.choice(('startsWith', 'endsWith', 'contains'))}({text})",
            f"li.{random_.choice(('exists', 'all', 'exists_one'))}(x, x * 2 > {number})", f"lr.exists(r, r.b == {text} && r.a > {number})",
        )
    )  # fmt: skip


@pytest.mark.parametrize("seed", range(2))
def test_random_expressions_give_the_same(seed: int) -> None:
    random_ = random.Random(seed)
    accepted = 0
    for _ in range(300):
        text = drawn(random_, random_.choice(("bool", "int")), 0)
        try:
            language.check(text, SCHEMA)
        except ExpressionFaults:
            continue
        accepted += 1
        for values in VALUES:
            assert by_us(text, values) == by_cel(text, values), text
    assert accepted > 250
