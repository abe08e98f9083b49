"""Text -> tree -> text -> tree, tree -> JSON -> tree, and what JSON is refused."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest

from regulars.language import json_tree
from regulars.language import service as language
from regulars.language.contracts import BOOL, ExpressionFaults
from regulars.language.tree import Syntax
from tests.language.grammar import Grammar
from tests.language.world import EARNING, SEGMENT


def shape(node: Syntax) -> Any:
    """A tree without its places."""
    return (node.kind, node.value, tuple(shape(child) for child in node.of))


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ("a&&b||c", "a && b || c"),
        ("(a&&b)||c", "a && b || c"),
        ("a&&(b||c)", "a && (b || c)"),
        ("a && (b && c)", "a && (b && c)"),
        ("(a?b:c)?d:e", "(a ? b : c) ? d : e"),
        ("a?(b?c:d):e", "a ? (b ? c : d) : e"),
        ("a?b:c?d:e", "a ? b : c ? d : e"),
        ("1-(2-3)", "1 - (2 - 3)"),
        ("(1-2)-3", "1 - 2 - 3"),
        ("-(1+2)*3", "-(1 + 2) * 3"),
        ("!!a", "!!a"),
        ("(a).b['c d'].e(1,[2,3.50])", "a.b['c d'].e(1, [2, 3.50])"),
        ("\"it's\" + '\"'", "'it\\'s' + '\"'"),
        ("'\\u0007\\n'", "'\\u0007\\n'"),
        ("[1, 2,]", "[1, 2]"),
        ("a // why\n && b", "a && b"),
        ("(-x).abs()", "(-x).abs()"),
        ("0.10", "0.10"),
    ],
)
def test_one_way_to_write(text: str, printed: str) -> None:
    tree = language.parse(text)
    assert language.print_text(tree) == printed
    assert shape(language.parse(printed)) == shape(tree)


@pytest.mark.parametrize("seed", range(3))
def test_random_expressions_survive(seed: int) -> None:
    grammar = Grammar(SEGMENT, random.Random(seed))
    for _ in range(300):
        try:
            tree = language.parse(grammar.condition())
        except ExpressionFaults:
            continue
        printed = language.print_text(tree)
        assert shape(language.parse(printed)) == shape(tree)
        stored = json.loads(json.dumps(language.to_json(tree)))
        assert shape(json_tree.from_json(stored)) == shape(tree)


def test_a_tree_from_the_builder_is_checked_like_a_text() -> None:
    text = "basket.lines.exists(l, l.category == 'pet' && l.amount >= 20.00)"
    expression = language.check(text, EARNING, BOOL)
    again = language.from_json(language.to_json(expression), EARNING, BOOL)
    assert (again.text, shape(language.parse(again.text))) == (text, shape(language.parse(text)))


def test_a_fault_of_a_tree_has_its_place_in_the_printed_text() -> None:
    tree = {"version": 1, "tree": {"kind": "compare", "value": "==", "of": [
        {"kind": "select", "value": "teir", "of": [{"kind": "name", "value": "member"}]},
        {"kind": "text", "value": "gold"},
    ]}}  # fmt: skip
    with pytest.raises(ExpressionFaults) as caught:
        language.from_json(tree, EARNING, BOOL)
    assert [(fault.code, fault.start, fault.end) for fault in caught.value.errors] == [("unknown_field", 7, 11)]


def node(**fields: Any) -> dict[str, Any]:
    return {"version": 1, "tree": fields}


@pytest.mark.parametrize(
    "tree",
    [
        None,
        [],
        {"version": 2, "tree": {"kind": "null"}},
        {"version": 1},
        {"version": 1, "tree": {"kind": "null"}, "more": 1},
        node(kind="lambda"),
        node(kind="null", of=[{"kind": "null"}]),
        node(kind="null", extra=1),
        node(kind="name", value="__import__('os')"),
        node(kind="name", value="a b"),
        node(kind="select", value="x) || (true", of=[{"kind": "name", "value": "a"}]),
        node(kind="int", value=True),
        node(kind="int", value=1.5),
        node(kind="int", value=-1),
        node(kind="amount", value="1e5"),
        node(kind="amount", value="1"),
        node(kind="amount", value="٣.٣"),
        node(kind="text", value=5),
        node(kind="bool", value="true"),
        node(kind="and", of=[{"kind": "null"}]),
        node(kind="compare", value="=", of=[{"kind": "null"}, {"kind": "null"}]),
        node(kind="compare", value="==", of=[{"kind": "null"}]),
        node(kind="not", of="x"),
        node(kind="choose", of=[{"kind": "null"}] * 2),
    ],
)
def test_what_is_no_tree_is_refused(tree: object) -> None:
    with pytest.raises(ExpressionFaults) as caught:
        language.from_json(tree, EARNING)
    assert [fault.code for fault in caught.value.errors] == ["bad_tree"]


def test_a_text_in_a_tree_cannot_break_out_of_its_quotes() -> None:
    value = "gold' || true || '\\"
    tree = {
        "kind": "compare",
        "value": "==",
        "of": [{"kind": "name", "value": "type"}, {"kind": "text", "value": value}],
    }
    expression = language.from_json({"version": 1, "tree": tree}, EARNING, BOOL)
    assert expression.text == "type == 'gold\\' || true || \\'\\\\'"
    assert language.to_json(expression)["tree"] == tree


def test_a_deep_tree_is_refused() -> None:
    deep: dict[str, Any] = {"kind": "null"}
    for _ in range(60):
        deep = {"kind": "not", "of": [deep]}
    with pytest.raises(ExpressionFaults) as caught:
        language.from_json({"version": 1, "tree": deep}, EARNING)
    assert caught.value.errors[0].code == "too_deep"
