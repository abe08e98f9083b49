"""What can be wrong with what a till sends, beyond its spelling."""

from __future__ import annotations

from regulars.kit.errors import RegularsError
from regulars.kit.i18n import Text


class DuplicateLine(RegularsError):
    """Two lines of one basket have the same number."""

    status = 422
    texts = Text(
        en="Line {no} is there twice. Each line of a basket has a number of its own.",
        ru="Строка {no} указана дважды. У каждой строки корзины свой номер.",
        ro="Linia {no} apare de două ori. Fiecare linie a coșului are numărul ei.",
    )
    no: int


class MalformedQuantity(RegularsError):
    """A quantity is a whole number, or a decimal written as text."""

    status = 422
    texts = Text(
        en='{field}: a quantity is a whole number such as 2, or a decimal in quotes such as "1.250"; it is above 0.',
        ru="{field}: количество — целое число, например 2, или десятичное в кавычках, например «1.250»; больше 0.",
        ro="{field}: cantitatea este un număr întreg, ca 2, sau un decimal între ghilimele, ca „1.250”; mai mare ca 0.",
    )
    field: str


class QuantityTooFine(RegularsError):
    """A quantity has at most three decimals."""

    status = 422
    texts = Text(
        en="{field}: {given} has more than three decimals. Round it at the till, where the price was made.",
        ru="{field}: {given} содержит больше трёх знаков после запятой. Округлите на кассе, где определена цена.",
        ro="{field}: {given} are mai mult de trei zecimale. Rotunjiți la casă, unde s-a făcut prețul.",
    )
    field: str
    given: str


class BasketTooLarge(RegularsError):
    """The lines add up to more than an amount can be."""

    status = 422
    texts = Text(
        en="The lines add up to more than {most}.",
        ru="Сумма строк больше {most}.",
        ro="Suma liniilor depășește {most}.",
    )
    most: int


class EitherQuantityOrAmount(RegularsError):
    """A returned line gives units and money; only one of them can decide."""

    status = 422
    texts = Text(
        en="{field}: give quantity or amount, not both. Neither means all that is left.",
        ru="{field}: укажите quantity или amount, но не оба. Если нет ни одного, возвращается весь остаток.",
        ro="{field}: dați quantity sau amount, nu ambele. Fără niciuna se returnează tot ce a rămas.",
    )
    field: str


class SaleNotNamed(RegularsError):
    """A return does not say which sale."""

    status = 422
    texts = Text(
        en="sale needs activity_id, or source and document.",
        ru="В sale нужен activity_id или source и document.",
        ro="sale are nevoie de activity_id, sau de source și document.",
    )


class BadQuoteToken(RegularsError):
    """The token is not one that this program's quotes gave."""

    status = 422
    texts = Text(
        en="This quote token is not valid. Quote again, or commit without a token.",
        ru="Токен расчёта недействителен. Запросите расчёт снова или проведите покупку без токена.",
        ro="Tokenul ofertei de preț nu este valabil. Cereți din nou un calcul sau trimiteți fără token.",
    )


class AlreadyOne(RegularsError):
    """A member cannot be merged into themselves, nor once more into somebody."""

    status = 409
    texts = Text(
        en="These are one member already.",
        ru="Это уже один и тот же участник.",
        ro="Aceștia sunt deja același membru.",
    )


class NeverMerged(RegularsError):
    """There is nothing to take apart."""

    status = 409
    texts = Text(
        en="This member was not merged into another.",
        ru="Этот участник не был объединён с другим.",
        ro="Acest membru nu a fost unit cu altul.",
    )


class HasItsOwnOperation(RegularsError):
    """This type of activity has a path of its own, which checks more."""

    status = 422
    texts = Text(
        en="An activity of type {type} goes to {operation}.",
        ru="Активность типа {type} отправляют на {operation}.",
        ro="O activitate de tip {type} se trimite la {operation}.",
    )
    type: str
    operation: str


class TillRevoked(RegularsError):
    """The till was revoked: what it signs counts no more."""

    status = 403
    texts = Text(
        en="The till {till} was revoked; nothing of it is taken any more. Register it anew.",
        ru="Касса {till} отозвана, от неё больше ничего не принимается. Зарегистрируйте её заново.",
        ro="Casa {till} a fost revocată; de la ea nu se mai acceptă nimic. Înregistrați-o din nou.",
    )
    till: str


class TillSignatureWrong(RegularsError):
    """The signature is not that of this till over this act."""

    status = 422
    texts = Text(
        en="The signature of number {number} is not that of this till over these bytes. Nothing was done with it.",
        ru="Подпись номера {number} не соответствует этой кассе и этим данным. С ним ничего не сделано.",
        ro="Semnătura numărului {number} nu este a acestei case peste acești octeți. Nu s-a făcut nimic cu el.",
    )
    number: int


class TillNumberTaken(RegularsError):
    """The till used this number for something else before."""

    status = 409
    texts = Text(
        en="This till used number {number} for another act before. The first stands.",
        ru="Эта касса уже использовала номер {number} для другого действия. Первое остаётся в силе.",
        ro="Această casă a folosit numărul {number} pentru altceva. Primul rămâne valabil.",
    )
    number: int


class OfflineActMalformed(RegularsError):
    """An act has a number, a signature, and exactly one of purchase, return, exchange and activity."""

    status = 422
    texts = Text(
        en="An act has a number from 1, a signature, and exactly one of purchase, return, exchange and activity.",
        ru="У действия есть номер от 1, подпись и ровно одно из: purchase, return, exchange, activity.",
        ro="Un act are un număr de la 1, o semnătură și exact unul dintre purchase, return, exchange și activity.",
    )
