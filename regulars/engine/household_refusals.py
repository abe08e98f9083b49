"""Why a household or a move between accounts is refused: one class a case."""

from __future__ import annotations

from regulars.engine.contracts.households import NoHousehold
from regulars.kit.errors import RegularsError
from regulars.kit.i18n import Text


class MemberMoved(RegularsError):
    """Nobody is in this account any more: they were merged or have joined a household."""

    status = 409
    texts = Text(
        en="This member has moved to another account. Please try again.",
        ru="Участник перешёл в другой счёт. Повторите попытку.",
        ro="Membrul a trecut în alt cont. Încercați din nou.",
    )


class TargetMoved(RegularsError):
    """Whom somebody was to be merged into has left this account meanwhile: all that came goes home again."""

    status = 409
    texts = Text(
        en="The other member has moved to another account meanwhile. Nothing was merged; merge them again.",
        ru="Другой участник тем временем перешёл в другой счёт. Ничего не объединено; объедините их ещё раз.",
        ro="Celălalt membru a trecut între timp în alt cont. Nimic nu a fost unit; uniți-i din nou.",
    )


class NotMerged(RegularsError):
    """The member was not merged into this one, or went home already."""

    status = 409
    texts = Text(
        en="This member is not merged into another now.",
        ru="Этот участник сейчас ни с кем не объединён.",
        ro="Acest membru nu este unit acum cu altul.",
    )


class LeaveFirst(RegularsError):
    """Somebody who shares an account cannot be merged or join another household: they leave it first."""

    status = 409
    texts = Text(
        en="The member is in the household {household} and has to leave it first.",
        ru="Участник состоит в {household} и сначала должен выйти.",
        ro="Membrul face parte din {household} și trebuie mai întâi să iasă.",
    )
    household: str


class UnknownHousehold(RegularsError):
    """The program has no such kind of household."""

    status = 422
    texts = Text(
        en="There is no household {household}. There are: {known}.",
        ru="Нет семьи {household}. Есть: {known}.",
        ro="Nu există familia {household}. Există: {known}.",
    )
    household: str
    known: str


class UnknownRole(RegularsError):
    """The household has no such role."""

    status = 422
    texts = Text(
        en="There is no role {role} here. Roles: {known}.",
        ru="Здесь нет роли {role}. Роли: {known}.",
        ro="Aici nu există rolul {role}. Roluri: {known}.",
    )
    role: str
    known: str


class HouseholdFull(RegularsError):
    """The household has as many members as it may have."""

    status = 409
    texts = Text(
        en="The household has its {size} members already.",
        ru="В семье уже {size} участников.",
        ro="Familia are deja {size} membri.",
    )
    size: int


class NotInvited(RegularsError):
    """Nobody has asked them in, the code is wrong, or a yes is still missing."""

    status = 403
    texts = Text(
        en="To join, {needs} is needed.",
        ru="Чтобы вступить, требуется: {needs}.",
        ro="Pentru a intra este nevoie de: {needs}.",
    )
    needs: str


class RoleMayNot(RegularsError):
    """The member's role does not allow this."""

    status = 403
    texts = Text(
        en="The role {role} may not do this: {act}.",
        ru="Роли {role} это не разрешено: {act}.",
        ro="Rolului {role} nu i se permite: {act}.",
    )
    role: str
    act: str


class NotInHousehold(RegularsError):
    """Whoever it is about is no member of this household."""

    status = 409
    texts = Text(
        en="They are not in this household.", ru="Их нет в этой семье.", ro="Nu face parte din această familie."
    )


class HoldsOpen(RegularsError):
    """Points are set aside for a purchase of this member: it has to end first."""

    status = 409
    texts = Text(
        en="Points are held for a purchase of this member. Capture or void the hold first.",
        ru="Для покупки участника зарезервированы баллы. Сначала завершите или отмените резерв.",
        ro="Pentru o cumpărătură a membrului sunt rezervate puncte. Încheiați sau anulați mai întâi rezervarea.",
    )


class SuccessorNeeded(RegularsError):
    """The last owner leaves, and nobody was named to follow."""

    status = 409
    texts = Text(
        en="Name a successor first: the household would have no owner.",
        ru="Сначала назовите преемника: семья осталась бы без владельца.",
        ro="Numiți mai întâi un succesor: familia ar rămâne fără proprietar.",
    )


CASES: tuple[type[RegularsError], ...] = (
    MemberMoved,
    TargetMoved,
    NotMerged,
    LeaveFirst,
    UnknownHousehold,
    NoHousehold,
    UnknownRole,
    HouseholdFull,
    NotInvited,
    RoleMayNot,
    NotInHousehold,
    HoldsOpen,
    SuccessorNeeded,
)
