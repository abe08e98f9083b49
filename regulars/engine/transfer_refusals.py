"""Why points are not passed on, or not taken on the other side: one class a case."""

from __future__ import annotations

from regulars.kit.errors import RegularsError
from regulars.kit.i18n import Text


class TransferNotAllowed(RegularsError):
    """The currency is not passed on between members."""

    status = 422
    texts = Text(
        en="{currency} cannot be passed on to other members.",
        ru="{currency} нельзя передавать другим участникам.",
        ro="{currency} nu poate fi transferat altor membri.",
    )
    currency: str


class TransferToOneself(RegularsError):
    """The points are there already: it is the same member, or the two share this balance."""

    status = 422
    texts = Text(
        en="These points belong to the same balance already.",
        ru="Эти баллы уже находятся на том же балансе.",
        ro="Aceste puncte se află deja în același sold.",
    )
    currency: str


class TransferTooSmall(RegularsError):
    """Less than the currency lets one pass on at a time."""

    status = 422
    texts = Text(
        en="At least {least} may be passed on at a time.",
        ru="За один раз передаётся не менее {least}.",
        ro="Se pot transfera cel puțin {least} odată.",
    )
    currency: str
    least: int


class TransferTooLarge(RegularsError):
    """More than the currency lets one pass on: at a time, or in a period."""

    status = 409
    texts = Text(
        en="Only {possible} more may be passed on now.",
        ru="Сейчас можно передать ещё не более {possible}.",
        ro="Acum se mai pot transfera cel mult {possible}.",
    )
    currency: str
    asked: int
    possible: int
    period: str | None = None


class TransferOutsideHousehold(RegularsError):
    """The currency is passed on inside a household only."""

    status = 409
    texts = Text(
        en="{currency} may only be passed on to somebody of the same household.",
        ru="{currency} можно передать только участнику той же семьи.",
        ro="{currency} poate fi transferat doar unui membru al aceleiași familii.",
    )
    currency: str


class ReceiverUnknown(RegularsError):
    """Nobody has the identifier that the points are for, and the program enrols nobody by it."""

    status = 404
    texts = Text(
        en="Nobody is known by the identifier of the receiver.",
        ru="Получатель с таким идентификатором неизвестен.",
        ro="Destinatarul nu este cunoscut după acest identificator.",
    )


class ReceiverFull(RegularsError):
    """The other member may not hold so many points: they come back."""

    status = 409
    texts = Text(
        en="The other member may hold only {room} more. The points came back.",
        ru="Другой участник может принять ещё не более {room}. Баллы вернулись.",
        ro="Celălalt membru mai poate primi cel mult {room}. Punctele s-au întors.",
    )
    currency: str
    room: int


class ReceiverGone(RegularsError):
    """The other member is blocked, erased or not there: the points come back."""

    status = 409
    texts = Text(
        en="The other member cannot receive points. They came back.",
        ru="Другой участник не может принять баллы. Они вернулись.",
        ro="Celălalt membru nu poate primi puncte. Acestea s-au întors.",
    )


CASES: tuple[type[RegularsError], ...] = (
    TransferNotAllowed,
    TransferToOneself,
    TransferTooSmall,
    TransferTooLarge,
    TransferOutsideHousehold,
    ReceiverUnknown,
    ReceiverFull,
    ReceiverGone,
)
