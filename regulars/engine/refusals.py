"""Why the engine says no: one class a case, so that each has its code, its data and its words in three languages."""

from __future__ import annotations

from typing import Final

from regulars.engine.contracts.decision import Refusal
from regulars.kit.errors import RegularsError
from regulars.kit.i18n import Text


class TypeNotInProgram(RegularsError):
    """The program has no such type."""

    status = 422
    texts = Text(
        en="This program knows no activity of type {type}.",
        ru="В этой программе нет действия типа {type}.",
        ro="Acest program nu cunoaște activitatea de tipul {type}.",
    )
    type: str


class LimitReached(RegularsError):
    """A limit of the program refuses this activity."""

    texts = Text(
        en="The limit {limit} is reached.",
        ru="Достигнут лимит {limit}.",
        ro="Limita {limit} a fost atinsă.",
    )
    status = 409
    limit: str
    metric: str | None = None
    value: object = None
    at_most: object = None
    owner: str | None = None
    """Whose number it is where it is not the member's: `till:17`."""
    cooldown: str | None = None
    minutes_left: int | None = None


class RefusedByRule(RegularsError):
    """A rule of the program refuses this activity; `reason` is its own code."""

    status = 409
    texts = Text(
        en="The program refuses this: {reason}.",
        ru="Программа это отклоняет: {reason}.",
        ro="Programul refuză aceasta: {reason}.",
    )
    rule: str
    reason: str


class CurrencyCannotPay(RegularsError):
    """The currency has no value at the till, or the program has no such currency."""

    status = 422
    texts = Text(
        en="{currency} cannot be used to pay.",
        ru="{currency} нельзя использовать для оплаты.",
        ro="{currency} nu poate fi folosit la plată.",
    )
    currency: str


class UnknownPointsCurrency(RegularsError):
    """The program has no such currency of points."""

    status = 422
    texts = Text(
        en="This program has no currency {currency}.",
        ru="В этой программе нет валюты {currency}.",
        ro="Acest program nu are valuta {currency}.",
    )
    currency: str


class PointsNotSaid(RegularsError):
    """A till without a connection says how many points it took, not "max"."""

    status = 422
    texts = Text(
        en="A till that was offline says how many {currency} it took, not max.",
        ru="Касса, работавшая без связи, указывает, сколько {currency} она списала, а не max.",
        ro="O casă care a lucrat fără conexiune spune câte {currency} a luat, nu max.",
    )
    currency: str


class NothingPayable(RegularsError):
    """Nothing of this basket may be paid with points."""

    status = 409
    texts = Text(
        en="Nothing in this basket can be paid with {currency}.",
        ru="В этом чеке ничего нельзя оплатить ({currency}).",
        ro="Nimic din acest coș nu poate fi plătit cu {currency}.",
    )
    currency: str


class PointsStep(RegularsError):
    """Points of this currency are spent in whole steps only."""

    status = 409
    texts = Text(
        en="{currency} are used in steps of {step}: {possible} is possible.",
        ru="{currency} списываются с шагом {step}: возможно {possible}.",
        ro="{currency} se folosesc în pași de {step}: este posibil {possible}.",
    )
    currency: str
    asked: int
    step: int
    possible: int


class PointsLeast(RegularsError):
    """Fewer than the least number of points."""

    status = 409
    texts = Text(
        en="At least {least} of {currency} must be used; {possible} are possible.",
        ru="Минимальное списание {currency}: {least}, возможно {possible}.",
        ro="Trebuie folosite cel puțin {least} {currency}; sunt posibile {possible}.",
    )
    currency: str
    asked: int
    least: int
    possible: int


class PointsLargestShare(RegularsError):
    """Points may pay only a part of a basket."""

    status = 409
    texts = Text(
        en="At most {possible} of {currency} can be used for this basket.",
        ru="Для этого чека можно списать не более {possible} ({currency}).",
        ro="Pentru acest coș se pot folosi cel mult {possible} {currency}.",
    )
    currency: str
    asked: int
    possible: int


class NothingToReview(RegularsError):
    """Nothing waits there for a person's yes: nothing was held back, somebody reviewed it, or its time is over."""

    status = 409
    texts = Text(
        en="Nothing of this activity waits for a review.",
        ru="По этому действию ничего не ждёт проверки.",
        ro="Nimic din această activitate nu așteaptă verificarea.",
    )
    activity: str


class OwnReview(RegularsError):
    """Whoever handed an activity in cannot approve it."""

    status = 403
    texts = Text(
        en="Somebody else has to review what you handed in.",
        ru="То, что внесли вы, проверяет другой человек.",
        ro="Ce ați introdus dumneavoastră verifică altcineva.",
    )
    activity: str


class InHouseholdStill(RegularsError):
    """Somebody who shares a household cannot be erased: the points of others are there too."""

    status = 409
    texts = Text(
        en="This member shares a household: let them leave it first.",
        ru="Участник состоит в домохозяйстве: сначала выведите его оттуда.",
        ro="Membrul face parte dintr-o gospodărie: scoateți-l mai întâi din ea.",
    )


class OrdersOpen(RegularsError):
    """Somebody with open orders of rewards cannot be erased."""

    status = 409
    texts = Text(
        en="Open orders: {orders}. Cancel or fulfil them first.",
        ru="Открытых заказов: {orders}. Сначала отмените или выполните их.",
        ro="Comenzi deschise: {orders}. Anulați-le sau îndepliniți-le mai întâi.",
    )
    orders: int


class ErasureLosesPoints(RegularsError):
    """Erasing would forfeit points that nobody said may go; below 0 is what is owed."""

    status = 409
    texts = Text(
        en="The balance is not empty ({points}). Pay out what is there first, or say forfeits: true.",
        ru="Баланс не пуст ({points}). Сначала выплатите остаток или укажите forfeits: true.",
        ro="Soldul nu este gol ({points}). Plătiți întâi ce este în el sau indicați forfeits: true.",
    )
    points: dict[str, int]


class AccountErased(RegularsError):
    """The member was forgotten: nothing is given, spent or changed under their id any more."""

    status = 410
    texts = Text(
        en="This member was erased; nothing is done under this id any more.",
        ru="Участник удалён; под этим номером больше ничего не выполняется.",
        ro="Membrul a fost șters; sub acest identificator nu se mai face nimic.",
    )


class SaleInOtherMoney(RegularsError):
    """A return names amounts in another money than its sale was in."""

    status = 422
    texts = Text(
        en="The sale was in {expected}; the return names amounts in {given}.",
        ru="Продажа была в {expected}, а в возврате суммы в {given}.",
        ro="Vânzarea a fost în {expected}, iar returul numește sume în {given}.",
    )
    expected: str
    given: str


class ReviewerNotAPerson(RegularsError):
    """What staff did by hand was to be approved with the key of a machine."""

    status = 403
    texts = Text(
        en="What was done by hand is reviewed by a person: use the key of somebody of the staff.",
        ru="Сделанное вручную проверяет человек: используйте ключ сотрудника.",
        ro="Ce s-a făcut manual verifică un om: folosiți cheia unui angajat.",
    )
    activity: str


class DayIsOver(RegularsError):
    """Points were to live through a day that has passed."""

    status = 422
    texts = Text(
        en="{day} is over. Name today or a later day.",
        ru="{day} уже прошло. Укажите сегодняшний или более поздний день.",
        ro="{day} a trecut. Indicați ziua de azi sau una ulterioară.",
    )
    day: str


class NothingToExtend(RegularsError):
    """No points of this currency would end before the day named."""

    status = 409
    texts = Text(
        en="No {currency} that can be used now end before {through}: there is nothing to extend.",
        ru="Нет доступных {currency}, которые сгорели бы до {through}: продлевать нечего.",
        ro="Nu există {currency} disponibile care să expire înainte de {through}: nu e nimic de prelungit.",
    )
    currency: str
    through: str


class NothingLapsed(RegularsError):
    """More points were to be reinstated than have expired and were not reinstated yet."""

    status = 409
    texts = Text(
        en="{asked} {currency} were to be reinstated; {lapsed} have expired and were not reinstated yet.",
        ru="Запрошено восстановить {asked} {currency}; сгорело и ещё не восстановлено {lapsed}.",
        ro="S-a cerut repunerea a {asked} {currency}; au expirat și nu au fost repuse încă {lapsed}.",
    )
    currency: str
    asked: int
    lapsed: int


class CardBlocked(RegularsError):
    """A blocked card still earns for its owner, but cannot spend (L69)."""

    status = 409
    texts = Text(
        en="The card is blocked. It still collects points, but cannot spend them.",
        ru="Карта заблокирована. Она копит баллы, но списать их нельзя.",
        ro="Cardul este blocat. Acumulează puncte, dar nu le poate cheltui.",
    )


class ReturnExceedsSale(RegularsError):
    """More is to be returned than is left of the sale (L16)."""

    status = 409
    texts = Text(
        en="Line {line}: {asked} cannot be returned, {left} is left.",
        ru="Позиция {line}: вернуть {asked} нельзя, осталось {left}.",
        ro="Linia {line}: nu se poate returna {asked}, a rămas {left}.",
    )
    line: int
    measure: str
    asked: int
    left: int


WHOLE_SALE: Final = 0
"""In place of the number of a line."""
_OF_ALL: Final = {
    "en": "{asked} cannot be returned, {left} of the sale is left.",
    "ru": "Вернуть {asked} нельзя, от продажи осталось {left}.",
    "ro": "Nu se poate returna {asked}, din vânzare a rămas {left}.",
}


def too_much_money(line: int, *, asked: int, left: int) -> Refused:
    """`ReturnExceedsSale` of an amount of a line, or of `WHOLE_SALE`, in words that name no line."""
    case = ReturnExceedsSale(line=line, measure="amount", asked=asked, left=left)
    return Refused(of(case, say=_OF_ALL if line == WHOLE_SALE else None))


class UnknownSaleLine(RegularsError):
    """The sale has no line of this number."""

    status = 422
    texts = Text(
        en="The sale has no line {line}.",
        ru="В продаже нет позиции {line}.",
        ro="Vânzarea nu are linia {line}.",
    )
    line: int


class SaleNotFound(RegularsError):
    """The activity that is to be undone is not known, or belongs to another account."""

    status = 404
    texts = Text(
        en="The sale that this undoes was not found.",
        ru="Продажа для отмены не найдена.",
        ro="Vânzarea de anulat nu a fost găsită.",
    )


class NotSuchASale(RegularsError):
    """The activity that is to be undone is not of the type that this one undoes."""

    status = 409
    texts = Text(
        en="What this names is not of the type {expected}, so {type} cannot undo it.",
        ru="Указанная операция не относится к типу «{expected}», поэтому «{type}» её не отменяет.",
        ro="Operația indicată nu este de tipul „{expected}”, deci „{type}” nu o poate anula.",
    )
    type: str
    expected: str
    found: str


class SaleAlreadyReturned(RegularsError):
    """Nothing is left of the sale: it was returned whole, or voided."""

    status = 409
    texts = Text(
        en="All of this sale was returned before.",
        ru="Эта продажа уже возвращена полностью.",
        ro="Această vânzare a fost deja returnată în întregime.",
    )


class ReturnUndoneWhole(RegularsError):
    """A return is undone as a whole; what comes back nevertheless is a new return."""

    status = 422
    texts = Text(
        en="A return is undone as a whole: name no lines and no amount.",
        ru="Возврат отменяется целиком: не указывайте позиции и сумму.",
        ro="Un retur se anulează în întregime: nu indicați linii sau sumă.",
    )


class LaterReturnFirst(RegularsError):
    """A return is not undone while a later one stands that brought back all that it had left: what of the goods comes
    again cannot be told."""

    status = 409
    texts = Text(
        en="A later return, {later}, brought back the rest of the sale: undo that one first.",
        ru="Более поздний возврат {later} вернул остаток этой продажи: сначала отмените его.",
        ro="Un retur ulterior, {later}, a adus înapoi restul vânzării: anulați-l întâi pe acela.",
    )
    later: str


class ReturnBeforeSale(RegularsError):
    """It is dated before what it undoes, by more than clocks of tills differ."""

    status = 409
    texts = Text(
        en="The return is dated {returned_at}, before the sale of {sold_at}.",
        ru="Возврат датирован {returned_at}, раньше продажи {sold_at}.",
        ro="Returul are data {returned_at}, înainte de vânzarea din {sold_at}.",
    )
    returned_at: str
    sold_at: str


class AttributeInvalid(RegularsError):
    """An attribute is unknown, or its value is not of its type."""

    status = 422
    texts = Text(
        en="Attribute {attribute}: expected {expected}.",
        ru="Атрибут {attribute}: ожидается {expected}.",
        ro="Atributul {attribute}: se așteaptă {expected}.",
    )
    attribute: str
    expected: str


class AttributeNotEditable(RegularsError):
    """The attribute is not for this role to set."""

    status = 403
    texts = Text(
        en="{attribute} cannot be changed by {role}; it is for: {edits}.",
        ru="{attribute} не может изменить {role}; это могут: {edits}.",
        ro="{attribute} nu poate fi schimbat de {role}; pot: {edits}.",
    )
    attribute: str
    role: str
    edits: str


class UnknownStaticSegment(RegularsError):
    """The program has no static segment of this name."""

    status = 422
    texts = Text(
        en="{segment} is no static segment of this program.",
        ru="{segment} не является статическим сегментом программы.",
        ro="{segment} nu este un segment static al programului.",
    )
    segment: str


class MissingPart(RegularsError):
    """An activity of this type needs a part that was not given."""

    status = 422
    texts = Text(
        en="An activity of type {type} needs {part}.",
        ru="Для действия типа {type} нужна часть {part}.",
        ro="O activitate de tipul {type} are nevoie de {part}.",
    )
    type: str
    part: str


class StateTooLarge(RegularsError):
    """What the account would have to remember passes what one may: too many challenges, choices or people in it."""

    status = 409
    texts = Text(
        en="This member would have to remember too much: end some challenges or choices.",
        ru="Для участника пришлось бы помнить слишком много: завершите часть заданий или выборов.",
        ro="Pentru acest membru ar trebui ținute minte prea multe: încheiați unele provocări sau alegeri.",
    )
    bytes: int
    most: int


class MetricTooLarge(RegularsError):
    """A number that is kept of the member would pass the largest that every program reads right (L38)."""

    status = 422
    texts = Text(
        en="A sum that is kept of this member would be above {most}.",
        ru="Одна из сумм участника превысила бы {most}.",
        ro="O sumă ținută pentru acest membru ar depăși {most}.",
    )
    most: int


CASES: tuple[type[RegularsError], ...] = (
    TypeNotInProgram,
    NotSuchASale,
    LimitReached,
    RefusedByRule,
    CurrencyCannotPay,
    UnknownPointsCurrency,
    NothingToReview,
    OwnReview,
    PointsNotSaid,
    NothingPayable,
    PointsStep,
    PointsLeast,
    PointsLargestShare,
    CardBlocked,
    ReturnExceedsSale,
    UnknownSaleLine,
    SaleNotFound,
    SaleAlreadyReturned,
    ReturnBeforeSale,
    ReturnUndoneWhole,
    LaterReturnFirst,
    AttributeInvalid,
    AttributeNotEditable,
    UnknownStaticSegment,
    MissingPart,
    StateTooLarge,
    MetricTooLarge,
    InHouseholdStill,
    OrdersOpen,
    ErasureLosesPoints,
    AccountErased,
    SaleInOtherMoney,
    ReviewerNotAPerson,
    DayIsOver,
    NothingToExtend,
    NothingLapsed,
)
"""Every refusal of the engine's own, for the documentation; those of points are in `engine.points.errors`."""


class Refused(Exception):
    """Carries a refusal out of the middle of a decision."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.code)
        self.refusal = refusal


def of(error: RegularsError, *, by: str | None = None, say: dict[str, str] | None = None) -> Refusal:
    """The refusal that a case becomes in a decision."""
    fields = {name: value for name, value in error.fields.items() if value is not None}
    return Refusal(code=error.code, status=error.status, fields=fields, by=by, say=say or {})
