"""What leads to a release: proposals with their states and approvals, what can go wrong, and what the world hears."""

from __future__ import annotations

import datetime as dt
from enum import StrEnum
from typing import Final
from uuid import UUID

import msgspec

from regulars.kit.errors import RegularsError
from regulars.kit.i18n import Text
from regulars.kit.outbox import Event
from regulars.program.contracts.changes import Did
from regulars.program.contracts.midway import MidwayPolicy
from regulars.program.contracts.report import Report

APPROVALS_MAX: Final = 2


class State(StrEnum):
    """How far a release has come. The last four are for ever."""

    PROPOSED = "proposed"
    APPROVED = "approved"
    SCHEDULED = "scheduled"
    PUBLISHED = "published"
    REJECTED = "rejected"
    OVERTAKEN = "overtaken"
    FAILED = "failed"


OPEN: Final = (State.PROPOSED, State.APPROVED, State.SCHEDULED)


class BacktestState(StrEnum):
    """How far the backtest of a proposal has come."""

    WANTED = "wanted"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class Proposal(msgspec.Struct, frozen=True, kw_only=True):
    """A release that is to be. Its text never changes: another text is another proposal.

    `base` is the release that was in force (0: none); `proposers` are the people who may not approve it.
    `overtaken_by` is the release for which it never came into force; of one that is published, the number under which
    it did, where another release had come between.
    """

    number: int
    state: State
    base: int
    digest: bytes
    draft: str | None
    rolled_back_to: int | None
    note: str
    midway: dict[str, MidwayPolicy]
    report: Report
    checked_at: dt.datetime
    proposed_by: str
    proposers: tuple[UUID, ...]
    proposed_at: dt.datetime
    publish_at: dt.datetime | None = None
    changed_by: str
    changed_at: dt.datetime
    reason: str = ""
    overtaken_by: int | None = None
    backtest_state: BacktestState | None = None
    backtest: msgspec.Raw | None = None
    backtest_at: dt.datetime | None = None


class Approval(msgspec.Struct, frozen=True, kw_only=True):
    """One person's yes to one digest."""

    staff_id: UUID
    digest: bytes
    note: str
    approved_at: dt.datetime


class Touched(msgspec.Struct, frozen=True, kw_only=True):
    """A definition that a release adds, removes or changes.

    `policy` is what becomes of members in the middle of it, none where nobody can be; `members` how many are, none
    where nobody counts them.
    """

    path: str
    did: Did
    policy: MidwayPolicy | None = None
    members: int | None = None


class Meeting(msgspec.Struct, frozen=True, kw_only=True):
    """A definition that a draft and a release since its base both change, side by side; none: it is not there."""

    path: str
    base: dict[str, object] | None
    theirs: dict[str, object] | None
    yours: dict[str, object] | None


class ApprovalNeeded(RegularsError):
    """The program asks for the yes of other people before a release is published."""

    status = 409
    texts = Text(
        en="{missing} more {missing:approval|approvals} by other people {missing:is|are} needed. Propose it first.",
        ru="Нужно ещё {missing} {missing:согласование|согласования|согласований} других людей. "
        "Сначала предложите релиз.",
        ro="Mai {missing:este necesară|sunt necesare|sunt necesare} {missing} "
        "{missing:aprobare|aprobări|de aprobări} de la alte persoane. Mai întâi propuneți versiunea.",
    )
    missing: int


class OwnProposal(RegularsError):
    """Nobody approves what they proposed themselves, with whatever key."""

    status = 403
    texts = Text(
        en="Release {number} was proposed by you. Another person must approve it.",
        ru="Релиз {number} предложили вы. Согласовать его должен другой человек.",
        ro="Versiunea {number} a fost propusă de dumneavoastră. Trebuie aprobată de altă persoană.",
    )
    number: int


class PersonNeeded(RegularsError):
    """Only a person can approve; this key is a machine's."""

    status = 403
    texts = Text(
        en="Only a person can do this, and this key belongs to nobody. Use a key of a staff member.",
        ru="Это может сделать только человек, а этот ключ ничей. Используйте ключ сотрудника.",
        ro="Doar o persoană poate face aceasta, iar această cheie nu e a nimănui. Folosiți cheia unui angajat.",
    )


class OtherText(RegularsError):
    """What was approved is not what the release says: the digest is another."""

    status = 409
    texts = Text(
        en="Release {number} says something else than what you looked at. Look at it again.",
        ru="Релиз {number} отличается от того, что вы смотрели. Посмотрите его ещё раз.",
        ro="Versiunea {number} diferă de ceea ce ați văzut. Consultați-o din nou.",
    )
    number: int
    digest: str


class StateForbids(RegularsError):
    """A release in this state cannot take this step."""

    status = 409
    texts = Text(
        en="Release {number} is {state}; this cannot be done with it any more or yet.",
        ru="Релиз {number} в состоянии {state}; сейчас это с ним сделать нельзя.",
        ro="Versiunea {number} este în starea {state}; acum nu se poate face aceasta.",
    )
    number: int
    state: str


class NothingChanges(RegularsError):
    """The text says what is in force already."""

    status = 409
    texts = Text(
        en="This says exactly what release {number} says, which is in force.",
        ru="Это в точности то, что говорит действующий релиз {number}.",
        ro="Acesta spune exact ce spune versiunea {number}, care este în vigoare.",
    )
    number: int


class DraftMoved(RegularsError):
    """Somebody changed the draft while it was being proposed; nothing was proposed."""

    status = 409
    texts = Text(
        en="Draft {draft} has just been changed. Look at it and propose it again.",
        ru="Черновик {draft} только что изменили. Посмотрите его и предложите снова.",
        ro="Ciorna {draft} tocmai a fost modificată. Consultați-o și propuneți-o din nou.",
    )
    draft: str


class NotYours(RegularsError):
    """A partner's key was to see or change what belongs to somebody else."""

    status = 403
    texts = Text(
        en="{path} does not belong to {partner}.",
        ru="{path} не принадлежит партнёру {partner}.",
        ro="{path} nu aparține partenerului {partner}.",
    )
    partner: str
    path: str


class NotForPartners(RegularsError):
    """A partner's key was to change what the house has not left to them."""

    status = 403
    texts = Text(
        en="{partner} may not change {path}: may_define in the terms of the partner says what they may.",
        ru="Партнёр {partner} не может менять {path}: что можно, указано в may_define условий партнёра.",
        ro="Partenerul {partner} nu poate schimba {path}: may_define din condițiile lui spune ce poate.",
    )
    partner: str
    path: str


class DraftNameTaken(RegularsError):
    """A draft was to be begun under a name that another one has."""

    status = 409
    texts = Text(
        en="There is a draft {draft} already. Take another name, or discard it.",
        ru="Черновик {draft} уже есть. Возьмите другое имя или удалите его.",
        ro="Există deja o ciornă {draft}. Alegeți alt nume sau ștergeți-o.",
    )
    draft: str


class MomentTooEarly(RegularsError):
    """A release can be scheduled for a moment to come, at most a year ahead."""

    status = 422
    texts = Text(
        en="{at} is not within the next year. Give a moment to come.",
        ru="{at} не в пределах ближайшего года. Укажите будущий момент.",
        ro="{at} nu este în următorul an. Indicați un moment viitor.",
    )
    at: dt.datetime


class ReasonNeeded(RegularsError):
    """An emergency is told to whoever looks later."""

    status = 422
    texts = Text(
        en="Say why: an emergency needs a reason for the record.",
        ru="Укажите причину: для срочного случая она нужна в журнале.",
        ro="Spuneți de ce: o urgență are nevoie de un motiv pentru registru.",
    )


class NotMidway(RegularsError):
    """A policy for members in the middle names something that the release does not change, or where nobody can be."""

    status = 422
    texts = Text(
        en="{path} is no ladder, challenge or choice that this release changes or removes.",
        ru="{path} - не лестница, не задание и не выбор, которые меняет или удаляет этот релиз.",
        ro="{path} nu este o scară, provocare sau alegere pe care această versiune o schimbă sau o elimină.",
    )
    path: str


class ReleaseProposed(Event, frozen=True, kw_only=True, tag="program.release_proposed"):
    """Somebody proposed a release; `needed` other people must approve it."""

    number: int
    digest: str
    needed: int


class ReleaseApproved(Event, frozen=True, kw_only=True, tag="program.release_approved"):
    """One more person said yes; `given` have."""

    number: int
    given: int
    needed: int


class ReleaseRejected(Event, frozen=True, kw_only=True, tag="program.release_rejected"):
    """Somebody said no."""

    number: int


class ReleaseScheduled(Event, frozen=True, kw_only=True, tag="program.release_scheduled"):
    """It will be published at a moment."""

    number: int
    publish_at: dt.datetime


class ReleasePublished(Event, frozen=True, kw_only=True, tag="program.release_published"):
    """It is in force. `proposed_as` is the number of its proposal, where another release came between."""

    number: int
    digest: str
    proposed_as: int | None = None
    rolled_back_to: int | None = None
    emergency: bool = False


class ReleaseOvertook(Event, frozen=True, kw_only=True, tag="program.release_overtaken"):
    """Another one was published, or proposed in its place: this one never will be."""

    number: int
    by: int


class ReleaseFailed(Event, frozen=True, kw_only=True, tag="program.release_failed"):
    """Its moment came and it could not be published; `code` is that of the error."""

    number: int
    code: str
