"""What points refuse. The decision turns these into refusals of the same code and fields."""

from __future__ import annotations

from uuid import UUID

from regulars.kit.errors import RegularsError
from regulars.kit.i18n import Text


class InsufficientPoints(RegularsError):
    """More was asked for than is available."""

    status = 409
    texts = Text(
        en="{asked} points were asked for, {available} are available.",
        ru="Запрошено баллов: {asked}, доступно: {available}.",
        ro="S-au cerut {asked} puncte, sunt disponibile {available}.",
    )
    currency: str
    asked: int
    available: int


class BalanceFrozen(RegularsError):
    """The checker found this balance broken; it earns, but nothing is spent from it until a person has looked."""

    status = 409
    texts = Text(
        en="This balance is being checked. Points cannot be used right now.",
        ru="Этот баланс проверяется. Сейчас списать баллы нельзя.",
        ro="Acest sold este în verificare. Punctele nu pot fi folosite acum.",
    )
    currency: str


class FloorLimitExceeded(RegularsError):
    """Offline, more was paid with points than this till may let through unasked (L60)."""

    status = 409
    texts = Text(
        en="Without a connection points paid {amount}; this till may let {floor} through.",
        ru="Без связи баллами оплачено {amount}; этой кассе разрешено {floor}.",
        ro="Fără conexiune s-au plătit cu puncte {amount}; acestei case i se permite {floor}.",
    )
    amount: int
    floor: int


class HoldNotFound(RegularsError):
    """The account has no such hold."""

    status = 404
    texts = Text(
        en="There is no such hold of points.", ru="Такого резерва баллов нет.", ro="Nu există o astfel de rezervare."
    )
    hold_id: UUID


class HoldExpired(RegularsError):
    """The hold is over: it reserves nothing any more (L57)."""

    status = 409
    texts = Text(
        en="The hold is over. The points are free again.",
        ru="Срок резерва истёк. Баллы снова свободны.",
        ro="Rezervarea a expirat. Punctele sunt din nou libere.",
    )
    hold_id: UUID
    ended_at: str


class HoldClosed(RegularsError):
    """The hold was captured or voided before (L56), or goes on under the id that its extension answered."""

    status = 409
    texts = Text(
        en="The hold is closed: it was captured or voided, or extended under a new id.",
        ru="Резерв закрыт: баллы списаны, отпущены, или он продлён под новым номером.",
        ro="Rezervarea este închisă: punctele au fost încasate, eliberate, sau ea continuă sub un număr nou.",
    )
    hold_id: UUID
    state: str


class CaptureExceedsHold(RegularsError):
    """More was to be captured than is held."""

    status = 409
    texts = Text(
        en="{asked} points were to be captured, {held} are held.",
        ru="Запрошено списание баллов: {asked}, зарезервировано: {held}.",
        ro="S-a cerut încasarea a {asked} puncte, sunt rezervate {held}.",
    )
    hold_id: UUID
    asked: int
    held: int


class HoldTooLong(RegularsError):
    """The hold was to live longer than the currency allows."""

    status = 422
    texts = Text(
        en="A hold may live {most_s} s at most, {asked_s} were asked for.",
        ru="Резерв может действовать не более {most_s} с, запрошено {asked_s}.",
        ro="O rezervare poate dura cel mult {most_s} s, s-au cerut {asked_s}.",
    )
    asked_s: int
    most_s: int


class NotTransferable(RegularsError):
    """Points cannot leave an account that owes."""

    status = 409
    texts = Text(
        en="Points cannot be passed on while {owed} are owed.",
        ru="Баллы нельзя передать, пока есть долг: {owed}.",
        ro="Punctele nu pot fi transferate cât timp se datorează {owed}.",
    )
    currency: str
    owed: int


class BalanceTooLarge(RegularsError):
    """The balance would pass the largest number that every program reads right (L38)."""

    status = 422
    texts = Text(
        en="The balance of {currency} would be above {most}.",
        ru="Баланс {currency} превысил бы {most}.",
        ro="Soldul {currency} ar depăși {most}.",
    )
    currency: str
    most: int


CASES: tuple[type[RegularsError], ...] = (
    InsufficientPoints,
    BalanceFrozen,
    HoldNotFound,
    HoldExpired,
    HoldClosed,
    CaptureExceedsHold,
    HoldTooLong,
    NotTransferable,
    BalanceTooLarge,
)
"""Every refusal of points, for the documentation and the words of answers."""
