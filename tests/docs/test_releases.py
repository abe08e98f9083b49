"""The page about releases is typed from its first line to its last, and what comes back is what it says."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.docs import releasing, shop
from tests.docs import session as pages


@pytest.fixture(scope="module")
def told() -> list[tuple[str, str, Any]]:
    with shop.opened(releasing.PAGE) as (here, session):
        page = releasing.PAGE.read_text(encoding="utf-8")
        return [(block.kind, block.text, came) for block, came in releasing.told(page, here, session)]


def test_every_answer_is_what_the_page_says(told: list[tuple[str, str, Any]]) -> None:
    assert len(told) == 9
    for kind, said, came in told:
        if kind == "json":
            assert pages.masked(came) == pages.masked(json.loads(said))
        else:
            assert releasing.masked(came) == releasing.masked(said)


def test_the_idea_is_what_the_simulation_says(told: list[tuple[str, str, Any]]) -> None:
    # 12 euros are 12 points, and the fifth visit brings 50 more.
    tried = next(came for kind, _, came in told if kind == "json" and "rules" in came)
    assert tried["points"] == {"points": 62}
