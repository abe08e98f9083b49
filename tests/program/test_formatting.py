"""The house style changes how a program looks, never what it says."""

from __future__ import annotations

import pytest

from regulars.program import service as program
from regulars.program.contracts.report import ProgramNotAccepted
from regulars.program.formatting import single_quotes
from tests.program.program_base import BASE, changed


def test_expressions_get_double_quotes_and_their_texts_single_ones() -> None:
    text = changed(
        ("\"type == 'purchase'\"", "type == 'purchase'"),
        ("\"!('smoke' in line.groups)\"", "'!(\"smoke\" in line.groups)'"),
        ('"basket.base"', "basket.base"),
    )
    assert text != BASE
    for same in (text, "\ufeff" + text, text.replace("\n", "\r\n")):
        assert program.format_text(same) == program.format_text(BASE)


def test_comments_stay_and_sections_stand_apart() -> None:
    text = changed(("limits:", "# Bounds\n# of everything\nlimits:   \n\n\n")).replace("\n", "\r\n")
    formatted = program.format_text(text)
    assert "\n\n# Bounds\n# of everything\nlimits:\n\n  spend: {metric" in formatted
    assert "\r" not in formatted
    assert formatted.endswith("alert}\n")
    assert program.read(formatted) == program.read(text)


def test_formatting_twice_changes_nothing_more() -> None:
    for text in (BASE, program.preset()):
        once = program.format_text(text)
        assert program.format_text(once) == once
        assert program.read(once) == program.read(text)


def test_the_preset_is_in_the_house_style() -> None:
    assert program.format_text(program.preset()) == program.preset()


def test_a_text_that_cannot_be_read_is_not_touched() -> None:
    with pytest.raises(ProgramNotAccepted):
        program.format_text(changed(("rules:", "ruls:")))


@pytest.mark.parametrize(
    ("written", "turned"),
    [
        ('tier == "gold"', "tier == 'gold'"),
        ("""name == "it's" """, """name == "it's" """),
        ("""'say "hi"' == x""", """'say "hi"' == x"""),
        ("""a // "gold" stays a comment""", """a // "gold" stays a comment"""),
        (r'x == "a\"b"', "x == 'a\"b'"),
    ],
)
def test_texts_inside_an_expression(written: str, turned: str) -> None:
    assert single_quotes(written) == turned
