from __future__ import annotations

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
