"""Tells whether an audience names a segment or is a condition of its own."""

from __future__ import annotations

import re
from typing import Final

NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,62}")
"""What a definition may be called."""


def segment_named(audience: str) -> str | None:
    """The segment that an audience names; None where it is a condition over the member."""
    return audience if NAME.fullmatch(audience) else None
