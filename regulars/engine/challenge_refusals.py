"""Why somebody cannot join or leave a challenge: one class a case."""

from __future__ import annotations

from regulars.kit.errors import RegularsError
from regulars.kit.i18n import Text


class UnknownChallenge(RegularsError):
    """The program has no such challenge."""

    status = 404
    texts = Text(
        en="There is no challenge {challenge}.",
        ru="Нет задания {challenge}.",
        ro="Nu există provocarea {challenge}.",
    )
    challenge: str


class ChallengeNotOpen(RegularsError):
    """It has not begun, or is over."""

    status = 409
    texts = Text(
        en="The challenge {challenge} is not open now.",
        ru="Задание {challenge} сейчас не идёт.",
        ro="Provocarea {challenge} nu este deschisă acum.",
    )
    challenge: str


class ChallengeNotOffered(RegularsError):
    """It is not for this member."""

    status = 409
    texts = Text(
        en="The challenge {challenge} is not offered to this member.",
        ru="Задание {challenge} не предлагается этому участнику.",
        ro="Provocarea {challenge} nu este oferită acestui membru.",
    )
    challenge: str


class ChallengeJoinsItself(RegularsError):
    """Nobody has to say that they take part, and nobody can leave."""

    status = 409
    texts = Text(
        en="In the challenge {challenge} everybody takes part by themselves.",
        ru="В задании {challenge} участвуют автоматически.",
        ro="La provocarea {challenge} toți participă automat.",
    )
    challenge: str


class ChallengeJoined(RegularsError):
    """The member is in it."""

    status = 409
    texts = Text(
        en="The member has joined the challenge {challenge} already.",
        ru="Участник уже в задании {challenge}.",
        ro="Membrul participă deja la provocarea {challenge}.",
    )
    challenge: str


class ChallengeOver(RegularsError):
    """The member has done it as often as it can be done."""

    status = 409
    texts = Text(
        en="The challenge {challenge} is over for this member.",
        ru="Для этого участника задание {challenge} завершено.",
        ro="Provocarea {challenge} s-a încheiat pentru acest membru.",
    )
    challenge: str


class NotInChallenge(RegularsError):
    """The member is not in it."""

    status = 409
    texts = Text(
        en="The member is not in the challenge {challenge}.",
        ru="Участник не в задании {challenge}.",
        ro="Membrul nu participă la provocarea {challenge}.",
    )
    challenge: str


CASES: tuple[type[RegularsError], ...] = (
    UnknownChallenge,
    ChallengeNotOpen,
    ChallengeNotOffered,
    ChallengeJoinsItself,
    ChallengeJoined,
    ChallengeOver,
    NotInChallenge,
)
