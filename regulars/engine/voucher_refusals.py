"""Why a code does not count: one class a case."""

from __future__ import annotations

import datetime as dt
from typing import Final

from regulars.kit.errors import RegularsError
from regulars.kit.i18n import Text


class UnknownVoucher(RegularsError):
    """No campaign that runs has such a code."""

    status = 404
    texts = Text(
        en="There is no voucher with a code ending in {shown}.",
        ru="Ваучера с кодом, который оканчивается на {shown}, нет.",
        ro="Nu există voucher cu un cod care se termină în {shown}.",
    )
    shown: str


class UnknownVoucherCampaign(RegularsError):
    """The program has no campaign of vouchers of this name."""

    status = 404
    texts = Text(
        en="This program has no vouchers {voucher}; it has: {known}.",
        ru="В этой программе нет ваучеров {voucher}; есть: {known}.",
        ro="Acest program nu are vouchere {voucher}; are: {known}.",
    )
    voucher: str
    known: str


class VoucherUsedUp(RegularsError):
    """Used as often as it may be: `whose` says the code's uses, the member's, or the member's of a day."""

    status = 409
    texts = Text(
        en="The voucher {shown} was used as often as it may be ({most}).",
        ru="Ваучер {shown} использован столько раз, сколько можно ({most}).",
        ro="Voucherul {shown} a fost folosit de câte ori este permis ({most}).",
    )
    shown: str
    voucher: str
    whose: str
    most: int


class VoucherNotYours(RegularsError):
    """Somebody else has it."""

    status = 409
    texts = Text(
        en="The voucher {shown} belongs to another member.",
        ru="Ваучер {shown} принадлежит другому участнику.",
        ro="Voucherul {shown} aparține altui membru.",
    )
    shown: str
    voucher: str


class VoucherNotGiven(RegularsError):
    """It is for whoever is given it, and nobody was yet."""

    status = 409
    texts = Text(
        en="The voucher {shown} has not been given to anybody yet.",
        ru="Ваучер {shown} пока никому не выдан.",
        ro="Voucherul {shown} nu a fost dat încă nimănui.",
    )
    shown: str
    voucher: str


class VoucherOver(RegularsError):
    """Its time has passed."""

    status = 409
    texts = Text(
        en="The voucher {shown} is no longer valid.",
        ru="Срок действия ваучера {shown} истёк.",
        ro="Voucherul {shown} nu mai este valabil.",
    )
    shown: str
    voucher: str
    ended_at: dt.datetime | dt.date | None = None


class VoucherNotYet(RegularsError):
    """Its time has not come."""

    status = 409
    texts = Text(
        en="The voucher {shown} is not valid yet.",
        ru="Ваучер {shown} ещё не действует.",
        ro="Voucherul {shown} nu este încă valabil.",
    )
    shown: str
    voucher: str
    begins_at: dt.datetime | dt.date | None = None


class VoucherBlocked(RegularsError):
    """Staff blocked it, or what it was given for came back."""

    status = 409
    texts = Text(
        en="The voucher {shown} is blocked.",
        ru="Ваучер {shown} заблокирован.",
        ro="Voucherul {shown} este blocat.",
    )
    shown: str
    voucher: str


class VoucherNotSold(RegularsError):
    """A gift card that nobody has paid for."""

    status = 409
    texts = Text(
        en="The gift card {shown} has not been sold yet.",
        ru="Подарочная карта {shown} ещё не продана.",
        ro="Cardul cadou {shown} nu a fost încă vândut.",
    )
    shown: str
    voucher: str


class VoucherLocked(RegularsError):
    """Another till has set it aside."""

    status = 409
    texts = Text(
        en="The voucher {shown} is being used at another till.",
        ru="Ваучер {shown} используется на другой кассе.",
        ro="Voucherul {shown} este folosit la altă casă.",
    )
    shown: str
    voucher: str


class VoucherCondition(RegularsError):
    """It is not for this member or basket; `failed` says which part of the campaign does not hold: `on`, `audience`,
    `if` or `lines`, and `condition` its text."""

    status = 409
    texts = Text(
        en="The voucher {shown} does not apply here: {condition}.",
        ru="Ваучер {shown} здесь не действует: {condition}.",
        ro="Voucherul {shown} nu se aplică aici: {condition}.",
    )
    shown: str
    voucher: str
    failed: str
    condition: str


class VoucherTwice(RegularsError):
    """Two codes of one campaign: one counts for a basket."""

    status = 409
    texts = Text(
        en="Only one voucher of {voucher} counts for a basket; leave out {shown}.",
        ru="Для одного чека действует только один ваучер {voucher}; уберите {shown}.",
        ro="La un coș se aplică un singur voucher {voucher}; renunțați la {shown}.",
    )
    shown: str
    voucher: str


class VoucherNeedsBasket(RegularsError):
    """All that it does is done to a price."""

    status = 409
    texts = Text(
        en="The voucher {shown} is used with a purchase.",
        ru="Ваучер {shown} используется при покупке.",
        ro="Voucherul {shown} se folosește la o cumpărătură.",
    )
    shown: str
    voucher: str


class VoucherNotForSale(RegularsError):
    """It is no gift card that waits to be sold."""

    status = 409
    texts = Text(
        en="The code {shown} is no gift card that waits to be sold.",
        ru="Код {shown} не относится к подарочной карте, ожидающей продажи.",
        ro="Codul {shown} nu este al unui card cadou care așteaptă să fie vândut.",
    )
    shown: str


class VoucherWithoutLine(RegularsError):
    """More gift cards are sold than lines of kind gift_card stand in the basket."""

    status = 422
    texts = Text(
        en="The gift card {shown} needs a line of kind gift_card of its own.",
        ru="Для подарочной карты {shown} нужна своя позиция вида gift_card.",
        ro="Cardul cadou {shown} are nevoie de o linie proprie de tip gift_card.",
    )
    shown: str


class GiftCardUsed(RegularsError):
    """A gift card that was used cannot be taken back."""

    status = 409
    texts = Text(
        en="The gift card {shown} has been used and cannot be returned.",
        ru="Подарочная карта {shown} использована и не может быть возвращена.",
        ro="Cardul cadou {shown} a fost folosit și nu poate fi returnat.",
    )
    shown: str


class GiftCardWhole(RegularsError):
    """What sold a gift card comes back whole, with the card: neither in part nor as a sum over the sale."""

    status = 409
    texts = Text(
        en="Line {line} sold a gift card: it can only be returned whole, as a line.",
        ru="Позиция {line} — проданная подарочная карта: её можно вернуть только целиком, отдельной позицией.",
        ro="Linia {line} este un card cadou vândut: se poate returna doar întreagă, ca linie.",
    )
    line: int


class GiftCardLine(RegularsError):
    """The line that sells a gift card is of one piece and costs something."""

    status = 422
    texts = Text(
        en="The gift card {shown} needs a line of its own of quantity 1 with an amount above 0; line {line} is not.",
        ru="Подарочной карте {shown} нужна своя позиция с количеством 1 и суммой больше 0; позиция {line} не такая.",
        ro="Cardul cadou {shown} cere o linie proprie cu cantitatea 1 și suma peste 0; linia {line} nu este așa.",
    )
    shown: str
    line: int


class VoucherUsedSince(RegularsError):
    """A return cannot be undone: the code that came back with it was used, or ended, since."""

    status = 409
    texts = Text(
        en="The voucher {shown} came back with this return and has been used since: the return cannot be undone.",
        ru="Ваучер {shown} вернулся с этим возвратом и уже использован: отменить возврат нельзя.",
        ro="Voucherul {shown} a revenit cu această returnare și a fost folosit între timp: ea nu poate fi anulată.",
    )
    shown: str
    voucher: str


CASES: Final[tuple[type[RegularsError], ...]] = (
    UnknownVoucher,
    UnknownVoucherCampaign,
    VoucherUsedUp,
    VoucherNotYours,
    VoucherNotGiven,
    VoucherOver,
    VoucherNotYet,
    VoucherBlocked,
    VoucherNotSold,
    VoucherLocked,
    VoucherCondition,
    VoucherTwice,
    VoucherNeedsBasket,
    VoucherNotForSale,
    VoucherWithoutLine,
    GiftCardUsed,
    GiftCardWhole,
    GiftCardLine,
    VoucherUsedSince,
)
"""All of them, for the catalogue of words."""
