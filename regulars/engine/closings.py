"""What is remembered of a rule that waited for the end of a period."""

from __future__ import annotations

from typing import Any

import msgspec


class Closed(msgspec.Struct, array_like=True, gc=False):
    """Of the last period that ended: its number, the form of the rule, (place of the effect, points), the values that
    it read beyond the period, whether something was cut.
    """

    index: int
    form: int
    given: list[tuple[int, int]] = []
    pins: list[Any] = []
    cut: bool = False
