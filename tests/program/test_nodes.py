"""YAML 1.2 and nothing beyond it: every scalar a text, every place known."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regulars.program import emitter, nodes
from regulars.program.nodes import Mapping, Scalar, Sequence


def _plain(node: nodes.Node) -> object:
    match node:
        case Scalar(text=text):
            return text
        case Sequence(items=items):
            return [_plain(item) for item in items]
        case Mapping(items=fields):
            return {name: _plain(item) for name, item in fields.items()}


def _read(text: str) -> object:
    root, faults = nodes.parse(text)
    assert faults == []
    assert root is not None
    return _plain(root)


def test_what_a_1_1_reader_would_turn_into_something_else_stays_text() -> None:
    text = "on: off\nno: [NO, yes, 17:00, 1_000, 0o17, 0x1F, 2026-01-31, 1e3, .5, ~, null, 012, +1]\n"
    values = ["NO", "yes", "17:00", "1_000", "0o17", "0x1F", "2026-01-31", "1e3", ".5", "~", "null", "012", "+1"]
    assert _read(text) == {"on": "off", "no": values}


@pytest.mark.parametrize(
    ("text", "code", "line", "column"),
    [
        ("a: &x 1\n", "yaml_anchor", 1, 4),
        ("a: 1\nb: *x\n", "yaml_anchor", 2, 4),
        ("a: !!python/object:os.system x\n", "yaml_tag", 1, 4),
        ("a: {<<: {b: 1}}\n", "yaml_merge", 1, 5),
        ("a: 1\nb: 2\na: 3\n", "written_twice", 3, 1),
        ("a: 1\n---\nb: 1\n", "several_documents", 2, 1),
        ("? [a]\n: 1\n", "key_not_text", 1, 3),
        ("a: [1\n", "not_yaml", 2, 1),
        ("a: 'x\n", "not_yaml", 2, 1),
        ("a:\n\t- x\n", "not_yaml", 2, 1),
        ("- a\n", "not_a_program", 1, 1),
        ("", "not_a_program", 1, 1),
        ("a: \x07\n", "not_yaml", 1, 4),
        ("a: " + "[" * 30 + "]" * 30, "not_yaml", 1, 1),
        ("a: x\n#" + "x" * nodes.BYTES_MAX, "file_too_large", 1, 1),
    ],
    ids=lambda value: str(value)[:20],
)
def test_what_is_not_read_is_said_with_its_place(text: str, code: str, line: int, column: int) -> None:
    _, faults = nodes.parse(text)
    assert [(one.code, one.line, one.column) for one in faults] == [(code, line, column)]


def test_a_billion_laughs_stays_small() -> None:
    text = "a: &a [x]\n" + "".join(
        f"{chr(98 + n)}: &{chr(98 + n)} [*{chr(97 + n)}, *{chr(97 + n)}]\n" for n in range(20)
    )
    _, faults = nodes.parse(text)
    assert {one.code for one in faults} == {"yaml_anchor"}


def _position(text: str, marker: str) -> tuple[int, int]:
    """Where the reader says that the marker stands, and it must be there."""
    root, _ = nodes.parse(text)
    assert root is not None
    scalar = root.items["a"]
    assert isinstance(scalar, Scalar)
    return nodes.position(text, scalar, scalar.text.index(marker))


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [
        ("a: x HERE\n", 1, 6),
        ('a: "x HERE"\n', 1, 7),
        ("a: 'it''s HERE'\n", 1, 11),
        ('a: "q\\"\\t\\x41\\u0042 HERE"\n', 1, 21),
        ('a: "one\n    two HERE"\n', 2, 9),
        ('a: "one\n\n    two HERE"\n', 3, 9),
        ("a: one\n  two HERE\n", 2, 7),
        ("a: |\n  one\n  two HERE\n", 3, 7),
        ("a: >\n  one\n  two HERE\n", 3, 7),
        ("a: >-\n\n  one\n  two HERE\n", 4, 7),
    ],
)
def test_a_place_inside_a_text_is_found_in_the_file(text: str, line: int, column: int) -> None:
    assert _position(text, "HERE") == (line, column)


_TEXTS = st.text(
    st.characters(exclude_categories=["Cs", "Cc", "Co", "Cn"], exclude_characters="\ufeff\u2028\u2029"), max_size=20
)
_TREES = st.dictionaries(
    _TEXTS,
    st.recursive(
        _TEXTS,
        lambda part: st.lists(part, max_size=4) | st.dictionaries(_TEXTS, part, max_size=4),
        max_leaves=12,
    ),
    min_size=1,
    max_size=4,
)


@given(_TREES)
def test_what_is_emitted_reads_back(tree: dict[str, object]) -> None:
    assert _read(emitter.emit(tree)) == tree


@given(st.text("ab: #'\"\\{}[],&*!|>%@`-?~\t\n", max_size=12))
def test_signs_that_mean_something_to_yaml_are_quoted(text: str) -> None:
    assert _read(emitter.emit({"a": {"b": [text, {"c": text}], "d": text}})) == {
        "a": {"b": [text, {"c": text}], "d": text}
    }


def test_the_test_of_emitting_would_notice_a_text_left_bare() -> None:
    # Negative control: the same texts without quotes do not survive.
    assert _read("a: x # y\n") != {"a": "x # y"}
    assert json.dumps("x # y") == '"x # y"'
