"""Why a reward is not ordered, or an order goes no further: one class a case."""

from __future__ import annotations

from typing import Final

from regulars.kit.errors import RegularsError
from regulars.kit.i18n import Text


class UnknownReward(RegularsError):
    """The program has no such reward."""

    status = 404
    texts = Text(
        en="This program has no reward {reward}.",
        ru="В этой программе нет награды {reward}.",
        ro="Acest program nu are recompensa {reward}.",
    )
    reward: str


class RewardNotOpen(RegularsError):
    """Before its first day, or after its last."""

    status = 409
    texts = Text(
        en="{reward} cannot be had now.",
        ru="Награда {reward} сейчас недоступна.",
        ro="Recompensa {reward} nu este disponibilă acum.",
    )
    reward: str


class RewardNotForMember(RegularsError):
    """The member does not meet its conditions: read when it is ordered, and again when it is used (M72)."""

    status = 409
    texts = Text(
        en="{reward} is not for this member. What does not hold: {condition}.",
        ru="Награда {reward} не для этого участника. Не выполнено: {condition}.",
        ro="Recompensa {reward} nu este pentru acest membru. Nu este îndeplinit: {condition}.",
    )
    reward: str
    condition: str


class RewardLimitReached(RegularsError):
    """The member has had it as often as it may be had in the period."""

    status = 409
    texts = Text(
        en="{reward}: at most {most} for a member in this period ({period}).",
        ru="{reward}: не более {most} на участника за период ({period}).",
        ro="{reward}: cel mult {most} pentru un membru în această perioadă ({period}).",
    )
    reward: str
    period: str
    most: int


class RewardOutOfStock(RegularsError):
    """Less of it is left than was ordered."""

    status = 409
    texts = Text(
        en="{reward}: only {left} left.",
        ru="{reward}: осталось только {left}.",
        ro="{reward}: au rămas doar {left}.",
    )
    reward: str
    left: int
    variant: str | None = None


class RewardBudgetSpent(RegularsError):
    """Its budget is spent."""

    status = 409
    texts = Text(
        en="The budget of {reward} is spent.",
        ru="Бюджет награды {reward} исчерпан.",
        ro="Bugetul recompensei {reward} este epuizat.",
    )
    reward: str


class RewardNotForSale(RegularsError):
    """It has no such price; without any it is only given. One that its formula brings to 0 or less is none."""

    status = 409
    texts = Text(
        en="{reward} has {prices} prices; there is none of number {price} that takes anything.",
        ru="У награды {reward} цен: {prices}; цены с номером {price}, которая что-то списывает, нет.",
        ro="Recompensa {reward} are {prices} prețuri; niciunul cu numărul {price} care să ia ceva.",
    )
    reward: str
    price: int
    prices: int


class RewardMoneyMissing(RegularsError):
    """A part of its price is money, and another amount was paid."""

    status = 422
    texts = Text(
        en="{reward} costs {money} beside the points; {paid} was paid.",
        ru="{reward} стоит {money} сверх баллов; оплачено {paid}.",
        ro="{reward} costă {money} pe lângă puncte; s-a plătit {paid}.",
    )
    reward: str
    money: int
    paid: int


class RewardPartUnknown(RegularsError):
    """A variant or one of several was to be picked, and is not there."""

    status = 422
    texts = Text(
        en="{reward}: pick one of these: {known}.",
        ru="{reward}: выберите из списка: {known}.",
        ro="{reward}: alegeți una dintre: {known}.",
    )
    reward: str
    part: str
    known: str


class RewardNotForBasket(RegularsError):
    """Nothing in the basket is what it is about, or it is not taken at a till at all."""

    status = 409
    texts = Text(
        en="{reward} does nothing for this basket.",
        ru="Награда {reward} не подходит к этой корзине.",
        ro="Recompensa {reward} nu se potrivește acestui coș.",
    )
    reward: str


class RewardFormFault(RegularsError):
    """A field of the form is missing, unknown or of another type."""

    status = 422
    texts = Text(
        en="{field}: expected {expected}.",
        ru="{field}: ожидается {expected}.",
        ro="{field}: se așteaptă {expected}.",
    )
    field: str
    expected: str


class OrderNotOpen(RegularsError):
    """Nothing can happen to the order any more: it was cancelled, it failed, or its time is over."""

    status = 409
    texts = Text(
        en="Order {order} is not open any more: nothing can happen to it.",
        ru="Заказ {order} уже закрыт: изменить его нельзя.",
        ro="Comanda {order} nu mai este deschisă: nu se mai poate schimba nimic.",
    )
    order: str


class OrderStepOver(RegularsError):
    """The order is not at this step, or not waiting for this."""

    status = 409
    texts = Text(
        en="The order is at step {at} ({stage}); {outcome} of step {step} changes nothing.",
        ru="Заказ на шаге {at} ({stage}); «{outcome}» шага {step} ничего не меняет.",
        ro="Comanda este la pasul {at} ({stage}); „{outcome}” al pasului {step} nu schimbă nimic.",
    )
    at: int
    stage: str
    step: int
    outcome: str


class OrderNotCancellable(RegularsError):
    """Its type does not let them cancel it, or no more."""

    status = 409
    texts = Text(
        en="This order cannot be cancelled by {by} now.",
        ru="Этот заказ сейчас не может отменить {by}.",
        ro="Această comandă nu poate fi anulată acum de {by}.",
    )
    by: str


class OrderUsed(RegularsError):
    """Some of what it gave was used since, and cannot go back: `used` says what, such as `vouchers.won`."""

    status = 409
    texts = Text(
        en="What this order gave has been used since ({used}): it cannot be cancelled.",
        ru="Полученное по этому заказу уже использовано ({used}): отменить его нельзя.",
        ro="Ce a oferit această comandă a fost folosit între timp ({used}): nu poate fi anulată.",
    )
    used: str


class RewardOneAtATime(RegularsError):
    """Something of it is given once, however many are ordered."""

    status = 422
    texts = Text(
        en="{reward} can only be ordered one at a time.",
        ru="Награду {reward} можно заказать только по одной.",
        ro="Recompensa {reward} se poate comanda doar câte una.",
    )
    reward: str


class OrderNotOver(RegularsError):
    """Its time is not over yet."""

    status = 409
    texts = Text(
        en="The time of this order is not over.",
        ru="Срок этого заказа ещё не истёк.",
        ro="Termenul acestei comenzi nu a trecut.",
    )


class TooManyOrders(RegularsError):
    """As many orders are open as an account may have."""

    status = 409
    texts = Text(
        en="{open} orders are open; at most {most} may be.",
        ru="Открыто заказов: {open}; не более {most}.",
        ro="Sunt deschise {open} comenzi; cel mult {most}.",
    )
    open: int
    most: int


CASES: Final = (
    UnknownReward,
    RewardNotOpen,
    RewardNotForMember,
    RewardLimitReached,
    RewardOutOfStock,
    RewardBudgetSpent,
    RewardNotForSale,
    RewardMoneyMissing,
    RewardPartUnknown,
    RewardNotForBasket,
    RewardFormFault,
    OrderNotOpen,
    OrderStepOver,
    OrderNotCancellable,
    OrderUsed,
    RewardOneAtATime,
    OrderNotOver,
    TooManyOrders,
)
