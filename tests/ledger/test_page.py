"""What docs/ledger-cases.md prints of a story can be done by hand: amounts, moments, requests."""

from __future__ import annotations

import re

from tests.ledger import page as cases

DOCS = cases.PAGE.parent


def test_the_cases_send_nobody_to_a_page_that_is_not_there() -> None:
    named = set(re.findall(r"[\w-]+\.md", cases.page()))
    assert "ledger.md" in named
    assert [name for name in sorted(named) if not (DOCS / name).exists()] == []


def test_amounts_of_the_cases_have_the_decimals_of_their_money() -> None:
    _, yen = cases.page().split("**Yen have no decimals**")
    yen, dinars = yen.split("**Dinars have three**")
    assert "ann buys 1,250 (sale)" in yen
    assert "ann buys 1.999 (sale)" in dinars


def test_rows_of_the_cases_call_things_by_their_names() -> None:
    page = cases.page()
    assert "| ann is given 50 points by hand (late parcel) |" in page
    assert "| ann has 20 points taken away by hand (too much) |" in page
    assert "ann charges back 5.50 of sale" in page
    # What a person can change is told as it is built, and notes to engineers are left out.
    assert "these limits stand in the currency" in page
    assert "zoneinfo" not in page


def test_moments_of_the_cases_are_local_and_requests_whole() -> None:
    page = cases.page()
    # 22:00 UTC, from case 29 and, with the hour that the clock springs, 30.
    assert "| 1 March 2027, 00:00 | the first instant of 1 March in Bucharest | has 0 |" in page
    assert "| 30 April 2027, 01:00 | 01:00 in Cairo" in page
    assert '{"member": {"own_id": "ann"}, "lines": [{"amount": true}]}' in page
    assert "earn 100 on 3 January 2027, 12:00; expire 100 on 3 February 2027, 00:00." in page
