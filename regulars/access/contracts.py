"""What access hands out: programs, keys, the actor of a request, audit entries, and its errors."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Final, Literal, get_args
from uuid import UUID

import msgspec
from msgspec import Meta

from regulars.kit.errors import RegularsError
from regulars.kit.i18n import Text

Scope = Literal[
    "till",
    "members:read",
    "members:write",
    "activities:write",
    "activities:approve",
    "import",
    "program:read",
    "program:write",
    "program:approve",
    "program:publish",
    "events:read",
    "ledger:read",
    "admin",
]
RatePerMinute = Annotated[int, Meta(ge=1, le=2_000_000_000)]
SCOPES: Final[tuple[Scope, ...]] = get_args(Scope)
"""`till` quotes, commits and identifies; `activities:write` acts by hand, `activities:approve` says yes or no to what
others did; `admin` holds keys and audit, and every other scope with them."""
PARTNER_SCOPES: Final[tuple[Scope, ...]] = ("program:read", "program:write", "program:publish")
"""What a partner's key may hold; each then means the partner's own alone."""


class Program(msgspec.Struct, frozen=True, kw_only=True):
    """A wall: what belongs to one program is never visible from another. `key` is its short name in URLs."""

    program_id: int
    key: str
    name: str
    created_at: dt.datetime


class StaffMember(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who works for a program. With `active` off, all their keys stop. `members` are whom they are as members
    of it: nothing is done by hand to their own points, nor to those of their household."""

    id: str
    name: str
    email: str
    languages: tuple[str, ...]
    active: bool
    created_at: dt.datetime
    members: tuple[str, ...] = ()


class Actor(msgspec.Struct, frozen=True, kw_only=True):
    """Who asks: an API key of one program. `rate_per_minute` none: the installation's own limit.

    `staff_id` is the person whose key it is, none for a machine's; `answerable` the person who answers for what it
    does: its owner, or whoever made the machine's key.
    """

    program_id: int
    key_id: UUID
    label: str
    scopes: frozenset[str]
    rate_per_minute: int | None = None
    staff_id: UUID | None = None
    answerable: UUID | None = None
    partner: str | None = None
    """The partner whose key it is: it sees and changes what is theirs, and nothing else."""

    def may(self, scope: str) -> bool:
        """Whether this actor has the right."""
        return scope in self.scopes or "admin" in self.scopes


class ApiKey(msgspec.Struct, frozen=True, kw_only=True):
    """A key as its owner sees it later: never the token, only its last four characters."""

    id: str
    label: str
    scopes: tuple[str, ...]
    last_four: str
    created_at: dt.datetime
    staff: str | None = None
    """The staff member whose key it is; none: a machine's."""
    partner: str | None = None
    """The partner whose key it is; none: the house's."""
    rate_per_minute: int | None = None
    expires_at: dt.datetime | None = None
    revoked_at: dt.datetime | None = None


class IssuedKey(msgspec.Struct, frozen=True, kw_only=True):
    """A new key with its token, shown this once."""

    token: str
    key: ApiKey


class Signature(msgspec.Struct, frozen=True, kw_only=True):
    """Who carries out an act that is audited, and when; `act_id` is a fresh id of the act, for its events.

    `actor` is as the audit names it: the key, with the person whose it is, or what an operator calls themselves.
    """

    program_id: int
    act_id: UUID
    actor: str
    at: dt.datetime
    key: bytes
    """The secret of the audit chain."""
    staff_id: UUID | None = None
    answerable: UUID | None = None
    partner: str | None = None


class AuditEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One link of a program's chain: who did what to what, the values before and after, and the hash over it and the
    link before.
    """

    position: int
    at: dt.datetime
    actor: str
    action: str
    target: str
    old: msgspec.Raw
    new: msgspec.Raw


class AuditRoot(msgspec.Struct, frozen=True, kw_only=True):
    """The end of a chain at a moment, signed, to be kept elsewhere: with it even a cut tail is found."""

    program_id: int
    position: int
    hash: str
    at: dt.datetime
    signature: str


class AuditBreak(msgspec.Struct, frozen=True, kw_only=True):
    """Where a chain does not hold: `reason` is changed, missing, cut_off, or wrong_root."""

    position: int
    reason: str


class MissingToken(RegularsError):
    """No API key came with the request."""

    status = 401
    texts = Text(
        en="An API key is needed: Authorization: Bearer rk_...",
        ru="Нужен ключ API: Authorization: Bearer rk_...",
        ro="Este nevoie de o cheie API: Authorization: Bearer rk_...",
    )


class BadToken(RegularsError):
    """The API key is unknown, revoked or over; which of them is not told."""

    status = 401
    texts = Text(
        en="This API key is not valid.", ru="Этот ключ API недействителен.", ro="Această cheie API nu este valabilă."
    )


class ScopeMissing(RegularsError):
    """The API key is good but has no right to do this."""

    status = 403
    texts = Text(
        en="This API key lacks the scope {scope}.",
        ru="У этого ключа API нет права {scope}.",
        ro="Această cheie API nu are dreptul {scope}.",
    )
    scope: str


class ClosedToPartners(RegularsError):
    """The API key is a partner's, and this is the house's."""

    status = 403
    texts = Text(
        en="This API key is of the partner {partner}: it opens only what is theirs.",
        ru="Это ключ API партнёра {partner}: он открывает только то, что принадлежит партнёру.",
        ro="Această cheie API este a partenerului {partner}: deschide doar ce este al lui.",
    )
    partner: str


class UnknownPartner(RegularsError):
    """A key was to be made for a partner that the release in force does not define."""

    status = 422
    texts = Text(
        en="There is no partner {partner}. There are: {known}.",
        ru="Партнёра {partner} нет. Есть: {known}.",
        ro="Nu există partenerul {partner}. Există: {known}.",
    )
    partner: str
    known: str


class ScopeNotForPartners(RegularsError):
    """A partner's key was to get a right of the house."""

    status = 422
    texts = Text(
        en="The key of a partner cannot have the scope {scope}. It may have: {known}.",
        ru="У ключа партнёра не может быть права {scope}. Возможны: {known}.",
        ro="Cheia unui partener nu poate avea dreptul {scope}. Poate avea: {known}.",
    )
    scope: str
    known: str


class UnknownScope(RegularsError):
    """A key was to get a right that does not exist."""

    status = 422
    texts = Text(
        en="There is no scope {scope}. Known are: {known}.",
        ru="Нет права {scope}. Известны: {known}.",
        ro="Nu există dreptul {scope}. Sunt cunoscute: {known}.",
    )
    scope: str
    known: str


class UnknownProgram(RegularsError):
    """There is no such program, or the caller belongs to another."""

    status = 404
    texts = Text(
        en="There is no program {program}.", ru="Нет программы {program}.", ro="Nu există programul {program}."
    )
    program: str


class ProgramKeyTaken(RegularsError):
    """A program with this key exists already."""

    status = 409
    texts = Text(
        en="A program with the key {key} exists already.",
        ru="Программа с ключом {key} уже существует.",
        ro="Un program cu cheia {key} există deja.",
    )
    key: str


class MalformedProgramKey(RegularsError):
    """A program's key is 1 to 40 lower-case letters, digits and hyphens, and begins with a letter."""

    status = 422
    texts = Text(
        en="{given} is no key for a program: 1-40 lower-case letters, digits and hyphens, a letter first.",
        ru="{given} не подходит как ключ программы: 1-40 строчных латинских букв, цифр, дефисов; первая буква.",
        ro="{given} nu poate fi cheie de program: 1-40 litere mici, cifre și cratime; prima e literă.",
    )
    given: str


class UnknownKey(RegularsError):
    """This program has no such API key."""

    status = 404
    texts = Text(en="There is no API key {id}.", ru="Нет ключа API {id}.", ro="Nu există cheia API {id}.")
    id: str


class UnknownStaff(RegularsError):
    """This program has no such staff member."""

    status = 404
    texts = Text(en="There is no staff member {id}.", ru="Нет сотрудника {id}.", ro="Nu există angajatul {id}.")
    id: str


class StaffEmailTaken(RegularsError):
    """Another staff member of the program has this e-mail address."""

    status = 409
    texts = Text(
        en="Another staff member has this e-mail address already.",
        ru="Этот адрес электронной почты уже есть у другого сотрудника.",
        ro="Un alt angajat are deja această adresă de e-mail.",
    )


class KeyForAnother(RegularsError):
    """A key of somebody of the staff was to be made by another: who holds it would be two people."""

    status = 403
    texts = Text(
        en="Only {id} can make another key of their own; the first one is made with regulars key create --staff.",
        ru="Ещё один ключ для {id} создаёт только сам сотрудник; первый создаётся так: regulars key create --staff.",
        ro="Doar {id} își face încă o cheie; prima se face cu regulars key create --staff.",
    )
    id: str


class OwnStanding(RegularsError):
    """Somebody would change, with a key of theirs, whom they are as a member: what they may not do to their own points
    hangs on it."""

    status = 403
    texts = Text(
        en="Whom you are as a member is changed by somebody else, with a key of their own.",
        ru="Кем вы являетесь как участник, меняет другой сотрудник своим ключом.",
        ro="Cine sunteți ca membru schimbă altcineva, cu propria cheie.",
    )


class StaffInactive(RegularsError):
    """A key was to be made for somebody who does not work here any more."""

    status = 409
    texts = Text(
        en="{id} is not active. Activate this staff member first.",
        ru="{id} не активен. Сначала активируйте этого сотрудника.",
        ro="{id} nu este activ. Activați mai întâi acest angajat.",
    )
    id: str
