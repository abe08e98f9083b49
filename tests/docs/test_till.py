"""The page about a first till is typed from its first line to its last, and what comes back is what it says."""

from __future__ import annotations

import time
from typing import Any

import msgspec
import pytest

from tests.docs import session as pages
from tests.docs import shop
from tests.docs.session import Session
from tests.docs.shop import Shop
from tests.docs.test_events import DOCUMENTED, fields_of


class Told(msgspec.Struct, frozen=True):
    """What the page says and what came, block by block; then every event of it."""

    answers: list[tuple[str, Any, Any]]
    events: list[dict[str, Any]]


@pytest.fixture(scope="session")
def told(corner: tuple[Shop, Session]) -> Told:
    """Typed once, however the tests of this file are spread over a run: a key that is typed twice is a retry."""
    _, session = corner
    answers = [
        (block.kind, msgspec.json.decode(block.text), came)
        for block, came in pages.typed(shop.PAGE.read_text(encoding="utf-8"), session)
        if block.kind != "sh"
    ]
    return Told(answers, heard(session))


def heard(session: Session) -> list[dict[str, Any]]:
    """All events so far; the relay numbers them a moment after they happened."""
    until = time.monotonic() + 60
    while True:
        page = session.curl('curl "$URL/v1/events?limit=100" -H "$AUTH"')
        items: list[dict[str, Any]] = page["items"]
        # The relay numbers events a moment after they are written; the exchange and the void come last on the page.
        heard = {item["type"] for item in items}
        if heard >= {"hold.captured", "points.refunded", "points.reversed"} or time.monotonic() > until:
            return items
        time.sleep(0.1)


def test_every_answer_is_what_the_page_says(told: Told) -> None:
    assert len(told.answers) >= 11
    for _, said, came in told.answers:
        assert pages.masked(came) == pages.masked(said)


def test_another_number_would_be_noticed(told: Told) -> None:
    # Negative control: points and codes are compared, ids and moments are not.
    said = told.answers[1][1]
    assert pages.masked(said | {"points": {"points": 158}}) != pages.masked(told.answers[1][2])
    assert pages.masked(said | {"occurred_at": "2031-01-01T00:00:00Z"}) == pages.masked(told.answers[1][2])


def test_the_events_of_the_page_have_the_fields_that_events_md_names(told: Told) -> None:
    assert {item["type"] for item in told.events} >= {
        "member.enrolled", "purchase.recorded", "return.recorded", "hold.placed", "hold.captured", "points.earned", "points.spent",
        "points.reversed", "points.refunded",
    }  # fmt: skip
    for item in told.events:
        assert set(item) == {"id", "position", "type", "occurred_at", "account", "data"}
        assert set(item["data"]) <= fields_of(item["type"]), item
    assert "points.earned" in DOCUMENTED
