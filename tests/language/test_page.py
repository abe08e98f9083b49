"""docs/language.md is what the function table says today, and its examples hold."""

from __future__ import annotations

from pathlib import Path

from regulars.language import functions, page
from regulars.language import service as language
from tests.language.world import EARNING

PAGE = Path(__file__).parents[2] / "docs" / "language.md"


def test_the_page_is_fresh() -> None:
    assert PAGE.read_text(encoding="utf-8") == page.page(), "run: python -m regulars.language.page > docs/language.md"


def test_each_sample_and_each_walk_checks() -> None:
    examples = [*page.SAMPLES, *(example for example, _ in functions.MACROS.values())]
    assert [language.check(example, EARNING).text for example in examples] == examples


def test_every_function_is_on_the_page_in_every_language() -> None:
    text = page.page()
    for row in functions.FUNCTIONS:
        assert text.count(f"| `{row.usage}` |") >= 3
