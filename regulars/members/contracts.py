"""What members hands out: what identifies whom, what a claim wants and finds, cards, profiles, and its errors."""

from __future__ import annotations

import datetime as dt
from enum import StrEnum
from typing import Annotated, Final, Literal
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, UnsetType

from regulars.kit.errors import RegularsError
from regulars.kit.i18n import Language, Text
from regulars.kit.outbox import Event

Short = Annotated[str, Meta(min_length=1, max_length=300)]
Kind = Literal["phone", "email", "card", "token", "own_id", "member"]
"""What a lookup row may be of; `qr` is a way to show a card, `gift_card` one to show a token."""

KINDS: Final = ("phone", "email", "card", "qr", "token", "own_id", "gift_card", "member")
"""What a caller may name."""


class Keys(msgspec.Struct, frozen=True):
    """The two keys of this room: `lookup` makes the hashes that find identifiers, `personal` wraps each member's own
    key.
    """

    lookup: bytes
    personal: bytes


class Named(msgspec.Struct, frozen=True):
    """An identifier in its one canonical form. `code` is the rotating code that a QR carried; `member_id` is set for
    kind `member`.
    """

    kind: Kind
    canonical: str
    code: str | None = None
    member_id: UUID | None = None


class NewCard(msgspec.Struct, frozen=True):
    """A card number drawn but not yet taken."""

    card_id: UUID
    number: str
    hash: bytes


class MemberRef(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who it is, in one or more ways that must lead to one member."""

    phone: Annotated[str | None, Meta(description="Any spelling: +40 722 123 456, or as dialled at home.")] = None
    email: str | None = None
    card: Annotated[str | None, Meta(description="The number of a loyalty card.")] = None
    qr: Annotated[str | None, Meta(description="What the scanner read from the member's code.")] = None
    token: Annotated[str | None, Meta(description="A payment token (never a card number); kept as a hash.")] = None
    own_id: Annotated[str | None, Meta(description="The member's id in your own system.")] = None
    gift_card: Annotated[str | None, Meta(description="Nobody named: whoever holds this gift card.")] = None
    id: Annotated[str | None, Meta(description="The member's id here: mem_...")] = None

    def names(self) -> tuple[tuple[str, str], ...]:
        """(kind, value) of every way that was given; our own id is of kind `member`."""
        given = ((kind, getattr(self, "id" if kind == "member" else kind)) for kind in KINDS)
        return tuple((kind, value) for kind, value in given if value is not None)


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """Who is meant: keyed hashes of the identifiers that were shown, in the order they were shown.

    `member_id` is set where one of them was our own id. `enrol`: whoever is unknown becomes a member with these new
    ids.
    `link`: an unknown identifier beside a known one is from now on the same member's. `code` is a rotating code of the
    card shown, good at `code_at`; `spend_code_for` names the activity that uses it up (none: only looked at).
    """

    program_id: int
    hashes: tuple[tuple[Kind, bytes], ...]
    member_id: UUID | None = None
    enrol: bool = True
    link: bool = True
    new_account_id: UUID
    new_member_id: UUID
    code: str | None = None
    code_at: dt.datetime | None = None
    spend_code_for: UUID | None = None


class CardStatus(StrEnum):
    ACTIVE = "active"
    BLOCKED = "blocked"
    REPLACED = "replaced"


class ConsentWord(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that a member said of a purpose, or of one `channel` of it, and the activity that carried it."""

    purpose: str
    channel: str | None
    given: bool
    version: str
    source: str
    proof: str | None
    said_at: dt.datetime
    activity_id: UUID


class MemberStatus(StrEnum):
    ACTIVE = "active"
    BLOCKED = "blocked"
    ERASED = "erased"
    MERGED = "merged"


class CardFacts(msgspec.Struct, frozen=True):
    """The card that was shown; `blocked` also for one that was replaced: it earns for its owner but cannot spend
    (LEDGER L69).
    """

    card_id: UUID
    last_four: str
    blocked: bool
    blocked_at: dt.datetime | None = None
    """Since when it cannot spend; none: it can, or nobody knows."""


class Strength(StrEnum):
    """How sure it is that the member is there: a `static` number or name can be copied, a `rotating` code cannot."""

    STATIC = "static"
    ROTATING = "rotating"


class CodeFault(StrEnum):
    """Why a rotating code that was shown did not count; the number beside it still leads to the member."""

    WRONG = "wrong"
    USED = "used"


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """Who it is. Exactly one of: a member (`member_id` set), `conflict` (two members), `missing` (nobody, and not to
    be enrolled).

    `new`: there is no member row yet; whoever applies the activity writes it (`enrol_sql`) under the account's
    version. `new_card` is then the card that
    the claim took for them.
    """

    account_id: UUID | None = None
    member_id: UUID | None = None
    new: bool = False
    new_card: NewCard | None = None
    conflict: tuple[UUID, UUID] | None = None
    missing: bool = False
    card: CardFacts | None = None
    status: MemberStatus = MemberStatus.ACTIVE
    enrolled_at: dt.datetime | None = None
    strength: Strength = Strength.STATIC
    code_fault: CodeFault | None = None
    named: UUID | None = None
    """Whom the first identifier names, where that member was merged into this one (L66)."""


class Enrolled(msgspec.Struct, frozen=True, kw_only=True):
    """A new member with their first card, ready to be written with their first activity (`enrolled` makes it).

    Only sealed values: whoever carries it about sees nobody.
    """

    account_id: UUID
    member_id: UUID
    program_id: int
    enrolled_at: dt.datetime
    anonymous: bool
    language: str | None
    wrapped_key: bytes
    sealed_profile: bytes | None
    card_id: UUID | None
    last_four: str
    sealed_number: bytes
    sealed_secret: bytes


class Profile(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """What identifies the person. Stored sealed; nothing in it is read by a rule."""

    phone: str | None = None
    email: str | None = None
    own_id: str | None = None
    given_name: str | None = None
    family_name: str | None = None
    address: str | None = None


class ProfileIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A change of a profile: what is left out stays, null empties."""

    phone: Short | UnsetType | None = UNSET
    email: Short | UnsetType | None = UNSET
    own_id: Short | UnsetType | None = UNSET
    given_name: Short | UnsetType | None = UNSET
    family_name: Short | UnsetType | None = UNSET
    address: Annotated[str, Meta(min_length=1, max_length=1000)] | UnsetType | None = UNSET
    language: Language | UnsetType | None = UNSET


class Member(msgspec.Struct, frozen=True, kw_only=True):
    """A member without what identifies the person. `anonymous`: nobody ever gave a phone or an e-mail."""

    account_id: UUID
    member_id: UUID
    program_id: int
    status: MemberStatus
    enrolled_at: dt.datetime
    language: str | None
    anonymous: bool


class Card(msgspec.Struct, frozen=True, kw_only=True):
    """A card; `number` is its twelve digits, readable as long as the member is not erased."""

    card_id: UUID
    member_id: UUID
    number: str
    status: CardStatus
    created_at: dt.datetime
    reason: str | None = None
    changed_at: dt.datetime | None = None
    replaced_by: UUID | None = None


class RotatingCode(msgspec.Struct, frozen=True):
    """What the member's app shows: the QR payload with the code of this half minute, and until when it is shown."""

    payload: str
    code: str
    shown_until: dt.datetime


class AppSecret(msgspec.Struct, frozen=True):
    """What the member's app needs to make codes without a network: an `otpauth://` address."""

    otpauth: str


class BlockReason(StrEnum):
    LOST = "lost"
    STOLEN = "stolen"
    DAMAGED = "damaged"
    MISUSE = "misuse"
    MEMBER_ASKED = "member_asked"


class CardIssued(Event, frozen=True, kw_only=True, tag="members.card_issued"):
    """A member has one more card."""

    member: str
    card: str


class CardBlocked(Event, frozen=True, kw_only=True, tag="members.card_blocked"):
    """A card was blocked: it earns but cannot spend."""

    member: str
    card: str
    reason: str


class CardReplaced(Event, frozen=True, kw_only=True, tag="members.card_replaced"):
    """A new card stands in the place of an old one."""

    member: str
    old: str
    card: str
    reason: str


class UnknownIdentifierKind(RegularsError):
    """An identifier of a kind that does not exist."""

    status = 422
    texts = Text(
        en="Members are not found by {kind}. Use one of: {known}.",
        ru="Участника нельзя найти по {kind}. Возможны: {known}.",
        ro="Membrii nu se găsesc după {kind}. Folosiți: {known}.",
    )
    kind: str
    known: str = ", ".join(KINDS)


class NotAPhone(RegularsError):
    """The text is no phone number that exists in its numbering plan."""

    status = 422
    texts = Text(
        en="This is not a phone number. Write it with its country: +373 69 123 456 (without: {region} is assumed).",
        ru="Это не номер телефона. Укажите его с кодом страны: +373 69 123 456 (без кода: {region}).",
        ro="Acesta nu este un număr de telefon. Scrieți-l cu prefixul țării: +373 69 123 456 (fără prefix: {region}).",
    )
    region: str


class NotAnEmail(RegularsError):
    """The text is no e-mail address."""

    status = 422
    texts = Text(
        en="This is not an e-mail address.",
        ru="Это не адрес электронной почты.",
        ro="Aceasta nu este o adresă de e-mail.",
    )


class NotACardNumber(RegularsError):
    """A card number of ours has twelve digits."""

    status = 422
    texts = Text(
        en="This is not a card number: it has twelve digits.",
        ru="Это не номер карты: в нём двенадцать цифр.",
        ro="Acesta nu este un număr de card: are douăsprezece cifre.",
    )


class WrongCheckDigit(RegularsError):
    """Twelve digits, but mistyped: the check digit does not fit."""

    status = 422
    texts = Text(
        en="The card number is mistyped: its last digit does not fit. Please check it.",
        ru="В номере карты опечатка: последняя цифра не подходит. Проверьте номер.",
        ro="Numărul cardului este scris greșit: ultima cifră nu se potrivește. Verificați-l.",
    )


class NotAQrCode(RegularsError):
    """The text did not come from a QR code of ours."""

    status = 422
    texts = Text(
        en="This QR code does not belong to a card of this program.",
        ru="Этот QR-код не относится к карте программы.",
        ro="Acest cod QR nu aparține unui card al programului.",
    )


class NotAToken(RegularsError):
    """A payment token has 1 to 200 printable characters without spaces."""

    status = 422
    texts = Text(
        en="A payment token has 1 to 200 printable characters without spaces.",
        ru="Платёжный токен состоит из 1-200 печатных символов без пробелов.",
        ro="Un token de plată are 1-200 de caractere tipăribile, fără spații.",
    )


class NotAnOwnId(RegularsError):
    """An id of the client's own has 1 to 100 printable characters."""

    status = 422
    texts = Text(
        en="An own id has 1 to 100 printable characters.",
        ru="Собственный идентификатор состоит из 1-100 печатных символов.",
        ro="Un identificator propriu are 1-100 de caractere tipăribile.",
    )


class CardNumberRefused(RegularsError):
    """What was sent looks like the number of a payment card. It was neither stored nor logged, and is not repeated
    here.
    """

    status = 422
    texts = Text(
        en="This looks like a payment card's number. Send the payment token (PAR) instead; the number was not kept.",
        ru="Похоже на номер банковской карты. Передайте платёжный токен (PAR); номер не сохранён.",
        ro="Acesta pare numărul unui card bancar. Trimiteți tokenul de plată (PAR); numărul nu a fost păstrat.",
    )


class NoIdentifier(RegularsError):
    """Nobody was named."""

    status = 422
    texts = Text(
        en="Name the member: a phone, e-mail, card, QR code, payment token, own id or member id.",
        ru="Укажите участника: телефон, e-mail, карта, QR-код, платёжный токен, свой идентификатор или id участника.",
        ro="Indicați membrul: telefon, e-mail, card, cod QR, token de plată, identificator propriu sau id de membru.",
    )


class TooManyIdentifiers(RegularsError):
    """More ways to say who it is than anybody has."""

    status = 422
    texts = Text(
        en="At most {most} identifiers can be given.",
        ru="Можно указать не более {most} идентификаторов.",
        ro="Se pot indica cel mult {most} identificatori.",
    )
    most: int


class MemberNotFound(RegularsError):
    """Nobody is known by this, and nobody was to be enrolled."""

    status = 404
    texts = Text(en="There is no such member.", ru="Такого участника нет.", ro="Nu există un astfel de membru.")


class TwoMembers(RegularsError):
    """The identifiers belong to two people."""

    status = 409
    texts = Text(
        en="These identifiers belong to two members. A colleague will look into it.",
        ru="Эти идентификаторы принадлежат двум участникам. Сотрудник разберётся.",
        ro="Acești identificatori aparțin la doi membri. Un coleg va verifica.",
    )
    members: tuple[str, str]


class MemberErased(RegularsError):
    """The member has been erased: there is nothing left to show or change."""

    status = 410
    texts = Text(en="This member was erased.", ru="Данные участника удалены.", ro="Acest membru a fost șters.")


class CardNotFound(RegularsError):
    """The member has no such card."""

    status = 404
    texts = Text(en="There is no card {id}.", ru="Нет карты {id}.", ro="Nu există cardul {id}.")
    id: str


class CardNotActive(RegularsError):
    """The card is blocked or replaced."""

    status = 409
    texts = Text(en="This card is {state}.", ru="Состояние этой карты: {state}.", ro="Starea acestui card: {state}.")
    state: str


class CardNumberTaken(RegularsError):
    """The number that was drawn belongs to another card; drawing again helps."""

    status = 409
    texts = Text(
        en="The card number is taken. Please try again.",
        ru="Номер карты занят. Повторите попытку.",
        ro="Numărul cardului este ocupat. Încercați din nou.",
    )


class IdentifierTaken(RegularsError):
    """The phone, e-mail or id belongs to another member already."""

    status = 409
    texts = Text(
        en="This {kind} belongs to another member.",
        ru="Этот {kind} принадлежит другому участнику.",
        ro="Acest {kind} aparține altui membru.",
    )
    kind: str
