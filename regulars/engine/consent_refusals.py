"""Why a consent, or data without one, is refused: one class a case."""

from __future__ import annotations

from regulars.kit.errors import RegularsError
from regulars.kit.i18n import Text


class UnknownPurpose(RegularsError):
    """The program has no purpose of this name."""

    status = 404
    texts = Text(
        en="This program has no purpose {purpose}. There are: {known}.",
        ru="В этой программе нет цели {purpose}. Есть: {known}.",
        ro="Acest program nu are scopul {purpose}. Există: {known}.",
    )
    purpose: str
    known: str


class UnknownChannel(RegularsError):
    """The purpose does not reach members that way."""

    status = 422
    texts = Text(
        en="{purpose} has no channel {channel}. There are: {known}.",
        ru="У цели {purpose} нет канала {channel}. Есть: {known}.",
        ro="{purpose} nu are canalul {channel}. Există: {known}.",
    )
    purpose: str
    channel: str
    known: str


class UnknownTextVersion(RegularsError):
    """The purpose never had a text of this version."""

    status = 422
    texts = Text(
        en="{purpose} has no text {version}.",
        ru="У цели {purpose} нет текста {version}.",
        ro="{purpose} nu are textul {version}.",
    )
    purpose: str
    version: str


class ConsentMissing(RegularsError):
    """What was handed in is for a purpose that the member has not consented to."""

    status = 409
    texts = Text(
        en="{what} needs consent to {purpose}.",
        ru="Для {what} нужно согласие на {purpose}.",
        ro="{what} are nevoie de consimțământ pentru {purpose}.",
    )
    what: str
    purpose: str


CASES: tuple[type[RegularsError], ...] = (UnknownPurpose, UnknownChannel, UnknownTextVersion, ConsentMissing)
"""Every refusal of consents, for the documentation."""
