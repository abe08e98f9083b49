"""docs/reference.md is what the types say today, and says something of every field."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from regulars.program import page
from regulars.program.contracts.definitions import KINDS
from regulars.program.contracts.effects import EFFECTS
from regulars.program.contracts.triggers import TRIGGERS

PAGE = Path(__file__).parents[2] / "docs" / "reference.md"


def test_the_page_is_fresh() -> None:
    assert PAGE.read_text(encoding="utf-8") == page.page(), "run: python -m regulars.program.page > docs/reference.md"


@pytest.mark.parametrize("kind", [*KINDS.values(), *EFFECTS.values(), *TRIGGERS.values()], ids=lambda one: one.__name__)
def test_every_field_of_every_kind_is_a_row(kind: type[msgspec.Struct]) -> None:
    text = page.page()
    for field in msgspec.structs.fields(kind):
        if field.name != "name":
            assert f"| `{field.encode_name}` |" in text
