"""A code that a campaign shares with everybody is shown as the campaign writes it."""

from __future__ import annotations

from uuid import UUID

import pytest

from regulars.codes import service as codes


@pytest.mark.parametrize(("text", "ending"), [("SPRING-OIL", "-OIL"), ("oil", "l"), ("X", "")])
def test_the_end_of_a_shared_code_has_the_letters_of_the_code(text: str, ending: str) -> None:
    assert codes.of_all(UUID(int=1), voucher="spring", text=text).tail == ending
