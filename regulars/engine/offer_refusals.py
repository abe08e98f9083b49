"""Why somebody cannot give, activate or refuse an offer: one class a case."""

from __future__ import annotations

from regulars.kit.errors import RegularsError
from regulars.kit.i18n import Text


class UnknownOffer(RegularsError):
    """The program has no such offer."""

    status = 404
    texts = Text(
        en="There is no offer {offer}.",
        ru="Нет предложения {offer}.",
        ro="Nu există oferta {offer}.",
    )
    offer: str


class OfferNotForMember(RegularsError):
    """Nobody gave it to the member, and they are not in its audience."""

    status = 409
    texts = Text(
        en="This member does not have the offer {offer}.",
        ru="У этого участника нет предложения {offer}.",
        ro="Acest membru nu are oferta {offer}.",
    )
    offer: str


class OfferOver(RegularsError):
    """Its time has passed, or it was withdrawn."""

    status = 409
    texts = Text(
        en="The offer {offer} is over.",
        ru="Предложение {offer} закончилось.",
        ro="Oferta {offer} s-a încheiat.",
    )
    offer: str


class OfferUsedUp(RegularsError):
    """The member has used it as often as it may be used."""

    status = 409
    texts = Text(
        en="The offer {offer} is used up.",
        ru="Предложение {offer} уже использовано.",
        ro="Oferta {offer} a fost folosită.",
    )
    offer: str


class OfferActivated(RegularsError):
    """It counts already."""

    status = 409
    texts = Text(
        en="The offer {offer} is active already.",
        ru="Предложение {offer} уже активно.",
        ro="Oferta {offer} este deja activă.",
    )
    offer: str


class OfferActivatesItself(RegularsError):
    """Nobody has to activate it."""

    status = 409
    texts = Text(
        en="The offer {offer} counts by itself; there is nothing to activate.",
        ru="Предложение {offer} действует само, активировать его не нужно.",
        ro="Oferta {offer} se aplică singură; nu trebuie activată.",
    )
    offer: str


class OfferRefused(RegularsError):
    """The member does not want it."""

    status = 409
    texts = Text(
        en="The member has refused the offer {offer}.",
        ru="Участник отказался от предложения {offer}.",
        ro="Membrul a refuzat oferta {offer}.",
    )
    offer: str


class OfferAlreadyGiven(RegularsError):
    """The member has it, and may use it."""

    status = 409
    texts = Text(
        en="The member has the offer {offer} already.",
        ru="У участника уже есть предложение {offer}.",
        ro="Membrul are deja oferta {offer}.",
    )
    offer: str


class OfferUsedSince(RegularsError):
    """A return cannot be undone: the use of an offer that came back with it was used again since."""

    status = 409
    texts = Text(
        en="The offer {offer} came back with this return and has been used since: the return cannot be undone.",
        ru="Предложение {offer} вернулось с этим возвратом и уже использовано: отменить возврат нельзя.",
        ro="Oferta {offer} a revenit cu această returnare și a fost folosită între timp: ea nu poate fi anulată.",
    )
    offer: str


CASES = (
    UnknownOffer,
    OfferNotForMember,
    OfferOver,
    OfferUsedUp,
    OfferActivated,
    OfferActivatesItself,
    OfferRefused,
    OfferAlreadyGiven,
    OfferUsedSince,
)
