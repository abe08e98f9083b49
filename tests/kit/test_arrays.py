from __future__ import annotations

import pytest

from regulars.kit import arrays

COLUMNS = (("account_id", "uuid"), ("n", "int"))


def test_rows_become_an_array_for_each_column() -> None:
    assert arrays.of([("a", 1), ("b", 2)], 2) == [["a", "b"], [1, 2]]


def test_no_rows_are_as_many_empty_arrays() -> None:
    assert arrays.of([], 2) == [[], []]


def test_rows_of_unequal_length_are_a_mistake() -> None:
    with pytest.raises(ValueError, match="shorter"):
        arrays.of([("a", 1), ("b",)], 2)


def test_a_statement_takes_them_from_wherever_the_part_before_ended() -> None:
    assert arrays.names(COLUMNS) == "account_id, n"
    assert arrays.source(COLUMNS, 4) == "unnest($4::uuid[], $5::int[]) as t (account_id, n)"
