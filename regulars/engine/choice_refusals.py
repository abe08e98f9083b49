"""Why a choice is refused: one class a case."""

from __future__ import annotations

from regulars.kit.errors import RegularsError
from regulars.kit.i18n import Text


class UnknownChoice(RegularsError):
    """The program has no choice of this name."""

    status = 404
    texts = Text(
        en="This program has no choice {choice}.",
        ru="В этой программе нет выбора {choice}.",
        ro="Acest program nu are alegerea {choice}.",
    )
    choice: str


class NoNextPeriod(RegularsError):
    """The choice has no periods, so nothing lies ahead."""

    status = 422
    texts = Text(
        en="{choice} has no periods: pick for now.",
        ru="У {choice} нет периодов: выбирайте на текущее время.",
        ro="{choice} nu are perioade: alegeți pentru acum.",
    )
    choice: str


class ChoiceNotOpen(RegularsError):
    """Picking has not begun yet, or the choice is not in force; `opens_on` is the first day, where there is one."""

    status = 409
    texts = Text(
        en="{choice} is not open yet.",
        ru="{choice}: выбор ещё не открыт.",
        ro="{choice}: alegerea nu este încă deschisă.",
    )
    choice: str
    opens_on: str | None = None


class ChoiceClosed(RegularsError):
    """The day by which it had to be decided is over; `closed_on` was the last one."""

    status = 409
    texts = Text(
        en="{choice} could be picked through {closed_on}.",
        ru="{choice}: выбрать можно было по {closed_on}.",
        ro="{choice}: se putea alege până la {closed_on} inclusiv.",
    )
    choice: str
    closed_on: str


class ChoiceLocked(RegularsError):
    """What was picked for this period may not be changed."""

    status = 409
    texts = Text(
        en="What is picked in {choice} cannot be changed in this period.",
        ru="{choice}: сделанный выбор нельзя изменить в этом периоде.",
        ro="{choice}: ce ați ales nu se poate schimba în această perioadă.",
    )
    choice: str


class NotOffered(RegularsError):
    """The option does not exist, or is not offered to this member."""

    status = 409
    texts = Text(
        en="{choice}: {option} is not offered.",
        ru="{choice}: вариант {option} не предлагается.",
        ro="{choice}: opțiunea {option} nu este oferită.",
    )
    choice: str
    option: str
    offered: list[str]


class PickedTwice(RegularsError):
    """The same option twice."""

    status = 422
    texts = Text(
        en="{choice}: {option} is there twice.",
        ru="{choice}: вариант {option} указан дважды.",
        ro="{choice}: opțiunea {option} apare de două ori.",
    )
    choice: str
    option: str


class TooManyPicked(RegularsError):
    """More than the member may pick."""

    status = 409
    texts = Text(
        en="{choice}: at most {allowed} may be picked, not {picked}.",
        ru="{choice}: можно выбрать не более {allowed}, а не {picked}.",
        ro="{choice}: se pot alege cel mult {allowed}, nu {picked}.",
    )
    choice: str
    picked: int
    allowed: int


class FeeShort(RegularsError):
    """Fewer points than the change costs."""

    status = 409
    texts = Text(
        en="{choice}: the change costs {fee} of {currency}, {available} are there.",
        ru="{choice}: изменение стоит {fee} ({currency}), доступно {available}.",
        ro="{choice}: schimbarea costă {fee} {currency}, disponibil {available}.",
    )
    choice: str
    currency: str
    fee: int
    available: int


CASES: tuple[type[RegularsError], ...] = (
    UnknownChoice,
    NoNextPeriod,
    ChoiceNotOpen,
    ChoiceClosed,
    ChoiceLocked,
    NotOffered,
    PickedTwice,
    TooManyPicked,
    FeeShort,
)
"""Every refusal of choices, for the documentation."""
