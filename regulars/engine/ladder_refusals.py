"""Why a tier cannot be set: one class a case."""

from __future__ import annotations

from regulars.kit.errors import RegularsError
from regulars.kit.i18n import Text


class UnknownLadder(RegularsError):
    """The program has no ladder of this name."""

    status = 404
    texts = Text(
        en="This program has no ladder {ladder}.",
        ru="В этой программе нет лестницы уровней {ladder}.",
        ro="Acest program nu are scara de niveluri {ladder}.",
    )
    ladder: str


class UnknownLevel(RegularsError):
    """The ladder has no such level."""

    status = 422
    texts = Text(
        en="{ladder} has no level {level}. There are: {known}.",
        ru="В {ladder} нет уровня {level}. Есть: {known}.",
        ro="{ladder} nu are nivelul {level}. Există: {known}.",
    )
    ladder: str
    level: str
    known: str


class TierNotByHand(RegularsError):
    """The ladder does not say `by_hand`: only numbers and rules move its members."""

    status = 409
    texts = Text(
        en="Tiers of {ladder} are not set by hand.",
        ru="Уровни {ladder} не назначаются вручную.",
        ro="Nivelurile din {ladder} nu se stabilesc manual.",
    )
    ladder: str


class TierEndsInThePast(RegularsError):
    """A tier set by hand must last beyond today."""

    status = 422
    texts = Text(
        en="The tier would end in the past: {until}.",
        ru="Срок уровня уже прошёл: {until}.",
        ro="Nivelul s-ar încheia în trecut: {until}.",
    )
    until: str


CASES = (UnknownLadder, UnknownLevel, TierNotByHand, TierEndsInThePast)
"""All of them, for the documentation."""
