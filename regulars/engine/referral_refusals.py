"""Why a referral code is not taken: one class a case."""

from __future__ import annotations

from regulars.kit.errors import RegularsError
from regulars.kit.i18n import Text


class ReferralCodeUnknown(RegularsError):
    """Nobody has this code, or its referral is not open."""

    status = 404
    texts = Text(
        en="Nobody has this referral code.",
        ru="Такого реферального кода нет.",
        ro="Nimeni nu are acest cod de recomandare.",
    )


class ReferredAlready(RegularsError):
    """Somebody brought this member already."""

    status = 409
    texts = Text(
        en="This member was brought by somebody already.",
        ru="Участника уже пригласили.",
        ro="Acest membru a fost deja recomandat de cineva.",
    )


class ReferralTooLate(RegularsError):
    """The member joined too long ago, has bought already, or has brought others: nobody brings them any more."""

    status = 409
    texts = Text(
        en="A referral code is taken only right after joining, before the first purchase.",
        ru="Реферальный код принимается только сразу после вступления, до первой покупки.",
        ro="Codul de recomandare se acceptă doar imediat după înscriere, înainte de prima cumpărătură.",
    )


class SelfReferral(RegularsError):
    """Nobody brings themselves: the two are the same person, as far as can be seen (`by`: member, device, card, phone,
    household)."""

    status = 409
    texts = Text(
        en="Members do not bring themselves.",
        ru="Нельзя пригласить самого себя.",
        ro="Nimeni nu se poate recomanda pe sine.",
    )
    by: str


class UnknownReferral(RegularsError):
    """The program has no such referral."""

    status = 404
    texts = Text(
        en="There is no referral {referral}. There are: {known}.",
        ru="Нет реферальной программы {referral}. Есть: {known}.",
        ro="Nu există recomandarea {referral}. Există: {known}.",
    )
    referral: str
    known: str


CASES: tuple[type[RegularsError], ...] = (
    ReferralCodeUnknown,
    ReferredAlready,
    ReferralTooLate,
    SelfReferral,
    UnknownReferral,
)
