from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regulars.kit import money
from regulars.kit.money import Rounding


def test_l47_decimals_are_those_of_the_currency() -> None:
    assert [money.decimals(code) for code in ("EUR", "RON", "RUB", "MDL", "USD")] == [2, 2, 2, 2, 2]
    assert [money.decimals(code) for code in ("JPY", "KRW", "KWD", "TND", "CLF")] == [0, 0, 3, 3, 4]


@pytest.mark.parametrize("code", ["", "eur", "EURO", "QQQ", "ZZZ", "12"])
def test_an_unknown_currency_is_refused(code: str) -> None:
    assert not money.is_currency(code)
    with pytest.raises(money.UnknownCurrency):
        money.decimals(code)


@pytest.mark.parametrize(
    ("total", "weights", "parts"),
    [
        (1000, [1, 1, 1], [334, 333, 333]),  # L39: 10.00 over three equal lines
        (11, [399, 399, 399], [4, 4, 3]),  # L40: 11 points over three lines of 3.99
        (101, [6, 4], [61, 40]),  # L82: 60.6 and 40.4
        (0, [5, 5], [0, 0]),
        (7, [0, 1, 0], [0, 7, 0]),
        (5, [0, 0], [3, 2]),
        (-10, [1, 1, 1], [-4, -3, -3]),
        (1, [1, 2, 2], [0, 1, 0]),  # 0.2, 0.4, 0.4: the tie goes to the earlier line
        (money.AMOUNT_MAX, [money.AMOUNT_MAX, 1], [money.AMOUNT_MAX - 1, 1]),
    ],
)
def test_l39_spread_by_largest_remainder(total: int, weights: list[int], parts: list[int]) -> None:
    assert money.spread(total, weights) == parts


@given(st.integers(-(10**15), 10**15), st.lists(st.integers(0, 10**12), min_size=1, max_size=30))
def test_spread_parts_add_up_and_are_off_by_less_than_one(total: int, weights: list[int]) -> None:
    parts = money.spread(total, weights)
    assert sum(parts) == total
    if any(weights):
        for part, weight in zip(parts, weights, strict=True):
            assert abs(part - Fraction(total * weight, sum(weights))) < 1


@pytest.mark.parametrize("weights", [[], [1, -1]])
def test_spread_refuses_weights_that_are_none(weights: list[int]) -> None:
    with pytest.raises(ValueError, match="weight"):
        money.spread(1, weights)


@pytest.mark.parametrize(
    ("numerator", "denominator", "down", "half_up", "half_even", "up"),
    [
        (5, 2, 2, 3, 2, 3),
        (7, 2, 3, 4, 4, 4),
        (-5, 2, -2, -3, -2, -3),
        (5, -2, -2, -3, -2, -3),
        (9, 4, 2, 2, 2, 3),
        (11, 4, 2, 3, 3, 3),
        (6, 3, 2, 2, 2, 2),
        (0, 7, 0, 0, 0, 0),
        (-1, 3, 0, 0, 0, -1),
    ],
)
def test_rounding_is_exact(numerator: int, denominator: int, down: int, half_up: int, half_even: int, up: int) -> None:
    modes: list[Rounding] = ["down", "half_up", "half_even", "up"]
    assert [money.round_ratio(numerator, denominator, mode) for mode in modes] == [down, half_up, half_even, up]


@pytest.mark.parametrize("value", [True, 5.0, "5", None, 1e400, float("nan"), "１２", -0.0])
def test_l38_what_is_no_whole_number_is_refused(value: object) -> None:
    with pytest.raises(money.NotAWholeNumber) as refused:
        money.whole(value, field="amount_minor")
    assert refused.value.fields == {"field": "amount_minor"}


@pytest.mark.parametrize("value", [-1, 2**53, 2**63])
def test_l38_what_is_out_of_range_is_refused(value: int) -> None:
    with pytest.raises(money.AmountOutOfRange) as refused:
        money.whole(value, field="amount_minor")
    assert refused.value.fields == {"field": "amount_minor", "least": 0, "most": 9007199254740991}


def test_the_largest_amount_is_taken() -> None:
    assert money.whole(9007199254740991, field="amount_minor") == 9007199254740991
