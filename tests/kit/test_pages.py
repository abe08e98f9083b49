from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from regulars.kit import pages


def test_a_page_knows_whether_there_is_more() -> None:
    first = pages.page([1, 2, 3], limit=2, key=lambda item: (item, "x"))
    assert first.items == [1, 2]
    assert first.next_cursor is not None
    assert pages.decode_cursor(first.next_cursor, tuple[int, str]) == (2, "x")
    assert pages.page([1, 2], limit=2, key=lambda item: item).next_cursor is None


@pytest.mark.parametrize("cursor", ["!", "abc", "MQ", "", "W10", "é"])
def test_a_cursor_from_elsewhere_is_refused(cursor: str) -> None:
    with pytest.raises(pages.MalformedCursor):
        pages.decode_cursor(cursor, tuple[int, str])


@pytest.mark.parametrize("limit", [0, -1, 101])
def test_a_limit_out_of_range_is_refused(limit: int) -> None:
    with pytest.raises(pages.LimitOutOfRange) as refused:
        pages.check_limit(limit)
    assert refused.value.fields == {"most": 100}


def test_limits_within_range_are_taken() -> None:
    assert [pages.check_limit(limit) for limit in (None, 1, 100)] == [50, 1, 100]


@pytest.mark.parametrize(
    ("key", "kind"),
    [
        (("0001-01-01T00:00:00+14:00", 1, "a"), tuple[dt.datetime, int, str]),
        (("9999-12-31T23:59:59-14:00", 1, "a"), tuple[dt.datetime, int, str]),
        (("2026-11-22T03:11:25", 1, "a"), tuple[dt.datetime, int, str]),
        (("2026-11-22T03:11:25Z", 2**63, "a"), tuple[dt.datetime, int, str]),
        (("2026-11-22T03:11:25Z", 10**23, "a"), tuple[dt.datetime, int, str]),
        (("2026-11-22T03:11:25Z", 1, "a\x00"), tuple[dt.datetime, int, str]),
        ("\x00", str),
        (2**63, int),
    ],
)
def test_a_cursor_that_no_database_could_look_for_is_refused(key: Any, kind: Any) -> None:
    with pytest.raises(pages.MalformedCursor):
        pages.decode_cursor(pages.encode_cursor(key), kind)


def test_a_cursor_with_a_moment_is_read() -> None:
    key = (dt.datetime(2026, 11, 22, 3, 11, 25, tzinfo=dt.UTC), 2**63 - 1, "a")
    assert pages.decode_cursor(pages.encode_cursor(key), tuple[dt.datetime, int, str]) == key
