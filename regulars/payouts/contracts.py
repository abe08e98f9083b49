"""Pay-outs as they are shown, and what can go wrong with them."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

import msgspec

from regulars.kit.errors import RegularsError
from regulars.kit.i18n import Text

WANTED, PAID, SKIPPED, CONFIRMED, FAILED = "wanted", "paid", "skipped", "confirmed", "failed"


class PayoutNotDue(RegularsError):
    """A monthly pay-out is not made before its day."""

    status = 409
    texts = Text(
        en="{currency} is paid out from day {day} of the month.",
        ru="{currency}: выплата с {day}-го числа месяца.",
        ro="{currency} se plătește din ziua {day} a lunii.",
    )
    currency: str
    day: int


class CurrencyNotPaidOut(RegularsError):
    """The program pays no such currency out."""

    status = 422
    texts = Text(
        en="{currency} is not paid out in this program.",
        ru="{currency} в этой программе не выплачивается.",
        ro="{currency} nu se plătește în acest program.",
    )
    currency: str


class NoSuchPayout(RegularsError):
    """The program has no pay-out of this id."""

    status = 404
    texts = Text(en="There is no such pay-out.", ru="Такой выплаты нет.", ro="Nu există o astfel de plată.")


class PayoutUnfinished(RegularsError):
    """Members are still being debited: make it again, and it goes on where it stood."""

    status = 409
    texts = Text(
        en="This pay-out is not finished: make it again to go on.",
        ru="Выплата не завершена: запустите её ещё раз, чтобы продолжить.",
        ro="Această plată nu este încheiată: porniți-o din nou pentru a continua.",
    )


class NoSuchPayoutLine(RegularsError):
    """The pay-out has no such line, or nothing was paid by it."""

    status = 422
    texts = Text(
        en="Nothing was paid by line {no}.",
        ru="По строке {no} ничего не выплачено.",
        ro="Prin linia {no} nu s-a plătit nimic.",
    )
    no: int


class PayoutLineFailed(RegularsError):
    """A payment that failed has come back as points: it cannot be confirmed any more."""

    status = 409
    texts = Text(
        en="Line {no} failed, and its points are with the member again.",
        ru="Строка {no} не прошла, её баллы снова у участника.",
        ro="Linia {no} a eșuat, iar punctele ei sunt din nou la membru.",
    )
    no: int


class LineFailed(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A line whose payment failed, and why the bank says so."""

    no: int
    reason: str = ""


class PayoutLine(msgspec.Struct, frozen=True, kw_only=True):
    """One member's payment; `points` are minor units of money. `state` is `wanted` (not debited yet), `paid` (in the
    file), `skipped` (with the code of the refusal as `reason`), `confirmed` or `failed`."""

    no: int
    account_id: UUID
    member_id: UUID
    state: str
    points: int
    bank_account: str | None
    activity_id: UUID | None
    returned_id: UUID | None
    reason: str | None


class Payout(msgspec.Struct, frozen=True, kw_only=True):
    """A pay-out and its lines."""

    payout_id: UUID
    currency: str
    period: str
    made_by: str
    made_at: dt.datetime
    finished_at: dt.datetime | None
    lines: tuple[PayoutLine, ...]
    money: str
    scale: int

    @property
    def paid(self) -> tuple[PayoutLine, ...]:
        """The lines of the file, whatever became of them."""
        return tuple(line for line in self.lines if line.state in (PAID, CONFIRMED, FAILED))

    @property
    def total(self) -> int:
        """Minor units of all lines of the file."""
        return sum(line.points for line in self.paid)


class PayoutLineOut(msgspec.Struct, frozen=True, kw_only=True):
    """One member's payment; `amount` in minor units of money. The bank account stands in the file alone."""

    no: int
    member: str
    state: str
    amount: int
    activity_id: str | None
    returned_by: str | None
    reason: str | None


class PayoutOut(msgspec.Struct, frozen=True, kw_only=True):
    """A pay-out: `total` minor units in `payments` lines of the file. `finished_at` is empty while it is under way."""

    id: str
    currency: str
    period: str
    made_by: str
    made_at: dt.datetime
    finished_at: dt.datetime | None
    payments: int
    total: int
    money: str
    lines: tuple[PayoutLineOut, ...]
