"""How a row of the tables of faults is written: its severity, what is wrong, what to do about it."""

from __future__ import annotations

from typing import Final

from regulars.kit.i18n import Text

Row = tuple[str, Text, Text]
_NOTHING: Final = Text(en="", ru="", ro="")


def fault_row(en: str, ru: str, ro: str, mend: tuple[str, str, str] | None = None) -> Row:
    return "fault", Text(en=en, ru=ru, ro=ro), Text(en=mend[0], ru=mend[1], ro=mend[2]) if mend else _NOTHING


def warning_row(en: str, ru: str, ro: str, mend: tuple[str, str, str] | None = None) -> Row:
    return "warning", Text(en=en, ru=ru, ro=ro), Text(en=mend[0], ru=mend[1], ro=mend[2]) if mend else _NOTHING
