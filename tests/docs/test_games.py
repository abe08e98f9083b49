"""The club of docs/games.md: it is sound, and its purchases earn what the page says."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from regulars.engine.contracts.activity import ChoiceMade, Line
from regulars.program import service as programs
from tests.docs import session as pages
from tests.programs.baskets import Till

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "games.md").read_text(encoding="utf-8")
CLUB = next(block.text for block in pages.blocks(PAGE) if block.kind == "yaml" and "name: club" in block.text)


def bought(no: int, euros: int, category: str) -> Line:
    return Line(no=no, amount=euros * 100, category=category)


def test_the_club_is_sound() -> None:
    found = programs.check(CLUB)
    assert (found.faults, found.warnings) == ((), ())


def test_the_favourite_counts_twice_once_it_is_picked() -> None:
    till = Till(CLUB)
    till.until(dt.datetime(2026, 3, 2, 8, tzinfo=dt.UTC))
    first = till.do(till.activity("purchase", lines=(bought(1, 100, "shoes"),)))
    assert first.points == {"points": 100}
    till.do(till.activity("choice", choice=ChoiceMade(choice="favourite", picked=("shoes",))))
    # Shoes 2 x 40, bags 10.
    second = till.do(till.activity("purchase", lines=(bought(1, 40, "shoes"), bought(2, 10, "bags"))))
    assert second.points == {"points": 90}
