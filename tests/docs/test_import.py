"""The page about files: its files are taken in as it says, and its tables name every column."""

from __future__ import annotations

import pytest

from tests.docs import files
from tests.docs.session import Session
from tests.docs.shop import Shop

WHOLE = files.PAGE.read_text(encoding="utf-8")


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_files_are_taken_in_as_the_page_says(corner: tuple[Shop, Session]) -> None:
    said = [(block.text, heard) for block, heard in files.said(WHOLE, corner[0])]
    assert len(said) == 4
    for written, heard in said:
        assert heard == written


@pytest.mark.parametrize("kind", ["stores", "categories", "goods", "members", "activities"])
def test_every_column_is_named(kind: str) -> None:
    assert files.tables(WHOLE)[kind] == files.table(kind)


def test_a_column_that_is_not_named_would_be_noticed() -> None:
    # Negative control: a table that lacks a line is another table.
    lacking = files.table("goods").replace("| `brand` | key of its brand |\n", "")
    assert files.tables(WHOLE.replace(files.table("goods"), lacking))["goods"] != files.table("goods")
