"""Why nobody plays, enters or votes: one class a case."""

from __future__ import annotations

from typing import Final

from regulars.kit.errors import RegularsError
from regulars.kit.i18n import Text


class UnknownGame(RegularsError):
    """The program has no such board or draw."""

    status = 422
    texts = Text(
        en="This program has no {game}. There are: {known}.",
        ru="В этой программе нет {game}. Есть: {known}.",
        ro="Acest program nu are {game}. Există: {known}.",
    )
    game: str
    known: str


class GameNotOpen(RegularsError):
    """Before its first day, or after its last."""

    status = 409
    texts = Text(
        en="{game} is not open.",
        ru="{game}: сейчас закрыто.",
        ro="{game}: închis acum.",
    )
    game: str


class NotAContest(RegularsError):
    """The board takes no entries, or has no jury: nobody enters, votes or judges."""

    status = 409
    texts = Text(
        en="{game} does not take this: {act}.",
        ru="{game}: здесь это невозможно: {act}.",
        ro="{game} nu permite aceasta: {act}.",
    )
    game: str
    act: str


class UnknownAct(RegularsError):
    """Nothing of a board is done by this name."""

    status = 422
    texts = Text(
        en="On a board nobody does {act}. There are: {known}.",
        ru="Для рейтинга нет действия {act}. Есть: {known}.",
        ro="Pentru clasament nu există acțiunea {act}. Există: {known}.",
    )
    act: str
    known: str


class GameNotForMember(RegularsError):
    """The member is not in the audience."""

    status = 409
    texts = Text(
        en="{game} is not open to this member.",
        ru="{game}: этот участник не может участвовать.",
        ro="{game}: acest membru nu poate participa.",
    )
    game: str


class TooYoungToPlay(RegularsError):
    """Younger than the least age, or of unknown age."""

    status = 409
    texts = Text(
        en="{game} is for those of {age} and older; the date of birth must be known.",
        ru="{game}: возраст не меньше {age}; дата рождения должна быть известна.",
        ro="{game}: vârsta minimă {age}; data nașterii trebuie cunoscută.",
    )
    game: str
    age: int


class NoPlaysLeft(RegularsError):
    """All plays, entries or votes of a period are used."""

    status = 409
    texts = Text(
        en="{game}: nothing is left in this period ({period}), at most {most}.",
        ru="{game}: лимит исчерпан ({period}), не более {most}.",
        ro="{game}: limita a fost atinsă ({period}), cel mult {most}.",
    )
    game: str
    period: str
    most: int


class NotForSale(RegularsError):
    """The draw has no price: only rules give plays."""

    status = 409
    texts = Text(
        en="Plays of {game} cannot be bought.",
        ru="{game}: купить игру нельзя.",
        ro="{game}: jocurile nu se pot cumpăra.",
    )
    game: str


class ProofMissing(RegularsError):
    """An entry without what must come with it."""

    status = 422
    texts = Text(
        en="An entry to {game} needs its proof: {proof}.",
        ru="{game}: к заявке нужно подтверждение: {proof}.",
        ro="{game}: înscrierea cere o dovadă: {proof}.",
    )
    game: str
    proof: str


class EntryNotFound(RegularsError):
    """No such entry in this contest, or not of this member."""

    status = 404
    texts = Text(
        en="There is no such entry.",
        ru="Такой заявки нет.",
        ro="Nu există o astfel de înscriere.",
    )


class EntryNotOpen(RegularsError):
    """The entry is in a state in which this cannot be done."""

    status = 409
    texts = Text(
        en="The entry is {state}.",
        ru="Состояние заявки: {state}.",
        ro="Starea înscrierii: {state}.",
    )
    state: str


class OwnEntry(RegularsError):
    """Nobody votes for themselves."""

    status = 409
    texts = Text(
        en="Nobody votes for an own entry.",
        ru="За свою заявку голосовать нельзя.",
        ro="Nu se votează pentru propria înscriere.",
    )


class VotedAlready(RegularsError):
    """One vote an entry."""

    status = 409
    texts = Text(
        en="This entry has the member's vote already.",
        ru="За эту заявку участник уже голосовал.",
        ro="Membrul a votat deja pentru această înscriere.",
    )


CASES: Final = (
    UnknownGame,
    GameNotOpen,
    NotAContest,
    UnknownAct,
    GameNotForMember,
    TooYoungToPlay,
    NoPlaysLeft,
    NotForSale,
    ProofMissing,
    EntryNotFound,
    EntryNotOpen,
    OwnEntry,
    VotedAlready,
)
