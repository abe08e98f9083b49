"""Why an exchange, a purchase of points or a pay-out is refused: one class a case."""

from __future__ import annotations

from regulars.kit.errors import RegularsError
from regulars.kit.i18n import Text


class NotExchangeable(RegularsError):
    """The currency is not exchanged for that one."""

    status = 422
    texts = Text(
        en="{currency} cannot be exchanged for {to}.",
        ru="{currency} нельзя обменять на {to}.",
        ro="{currency} nu poate fi schimbat în {to}.",
    )
    currency: str
    to: str


class PointsNotSold(RegularsError):
    """The currency cannot be bought with money."""

    status = 422
    texts = Text(
        en="{currency} cannot be bought.",
        ru="{currency} нельзя купить.",
        ro="{currency} nu poate fi cumpărat.",
    )
    currency: str


class NotPaidOut(RegularsError):
    """The currency is not paid out as money."""

    status = 422
    texts = Text(
        en="{currency} is not paid out.",
        ru="{currency} не выплачивается.",
        ro="{currency} nu se plătește în bani.",
    )
    currency: str


class DealTooLarge(RegularsError):
    """More than the currency allows at a time, or than is left of what it allows in a period."""

    status = 409
    texts = Text(
        en="{currency}: {possible} is possible at most now.",
        ru="{currency}: сейчас возможно не более {possible}.",
        ro="{currency}: acum sunt posibile cel mult {possible}.",
    )
    currency: str
    asked: int
    possible: int
    period: str | None = None


class PriceDiffers(RegularsError):
    """The money paid is not the price of so many points."""

    status = 409
    texts = Text(
        en="The price is {price}, {paid} was paid.",
        ru="Цена {price}, оплачено {paid}.",
        ro="Prețul este {price}, s-a plătit {paid}.",
    )
    price: int
    paid: int


class NotSuchADeal(RegularsError):
    """The activity named is no such exchange, purchase of points or pay-out of this member."""

    status = 404
    texts = Text(
        en="What is to be undone was not found.",
        ru="То, что нужно отменить, не найдено.",
        ro="Ce trebuie anulat nu a fost găsit.",
    )


class DealUndone(RegularsError):
    """It was undone, given back or returned before."""

    status = 409
    texts = Text(
        en="This was undone before.",
        ru="Это уже отменено.",
        ro="Aceasta a fost deja anulată.",
    )


class ExchangeSpent(RegularsError):
    """What an exchange gave is not all there any more, so it cannot be undone."""

    status = 409
    texts = Text(
        en="{currency}: {left} of {given} are left; an exchange is undone only while all is there.",
        ru="{currency}: осталось {left} из {given}; обмен отменяется, пока всё на месте.",
        ro="{currency}: au rămas {left} din {given}; schimbul se anulează doar cât totul este acolo.",
    )
    currency: str
    given: int
    left: int


class WithdrawalOver(RegularsError):
    """Bought points may be given back only for a while."""

    status = 409
    texts = Text(
        en="These points could be given back through {through}.",
        ru="Эти баллы можно было вернуть по {through} включительно.",
        ro="Aceste puncte puteau fi returnate până la {through} inclusiv.",
    )
    through: str


class NothingLeftOfIt(RegularsError):
    """All points that were bought are spent, gone or held."""

    status = 409
    texts = Text(
        en="Nothing is left of what was bought.",
        ru="От купленного ничего не осталось.",
        ro="Din ce s-a cumpărat nu a mai rămas nimic.",
    )


class AccountMissing(RegularsError):
    """The member has no bank account to be paid to."""

    status = 409
    texts = Text(
        en="The member has no {attribute} to be paid to.",
        ru="У участника не заполнено {attribute}: выплатить некуда.",
        ro="Membrul nu are {attribute}: nu există unde se plătește.",
    )
    attribute: str


class AccountMalformed(RegularsError):
    """What stands as the member's bank account cannot stand in a file of payments: line breaks, signs that are not
    printed, or a beginning that a spreadsheet takes for a formula."""

    status = 409
    texts = Text(
        en="The member's {attribute} is not an account that can be paid into: it is empty, or has characters "
        "that no account has.",
        ru="{attribute} участника не годится для выплаты: пусто или содержит недопустимые знаки.",
        ro="{attribute} al membrului nu este un cont în care se poate plăti: este gol sau are semne nepermise.",
    )
    attribute: str


def payable(account: object) -> bool:
    """Whether this may stand as an account in a file that a bank and a spreadsheet read."""
    text = str(account)
    return text.isprintable() and text.strip()[:1] not in {"", "=", "+", "-", "@"}


CASES: tuple[type[RegularsError], ...] = (
    NotExchangeable,
    PointsNotSold,
    NotPaidOut,
    DealTooLarge,
    PriceDiffers,
    NotSuchADeal,
    DealUndone,
    ExchangeSpent,
    WithdrawalOver,
    NothingLeftOfIt,
    AccountMissing,
    AccountMalformed,
)
"""Every refusal of what members do with currencies, for the documentation and the words of answers."""
