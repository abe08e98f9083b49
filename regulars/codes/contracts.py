"""What the room hands out: codes as staff see them, what an import refuses, and what can go wrong."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

import msgspec

from regulars.engine.contracts.gifts import CodeSeen
from regulars.kit.errors import RegularsError
from regulars.kit.i18n import Text


class CodeKeys(msgspec.Struct, frozen=True):
    """What codes are found by and sealed under: two keys of one secret of this installation."""

    lookup: bytes
    seal: bytes


class Code(msgspec.Struct, frozen=True, kw_only=True):
    """A code as its row says. `text` is the code itself, only where it was asked for; `tail` its last characters."""

    code_id: UUID
    voucher: str
    state: str
    text: str | None
    tail: str
    batch: str
    value: int | None
    from_at: dt.datetime | None
    until_at: dt.datetime | None
    member_id: UUID | None
    given_at: dt.datetime | None
    locked_until: dt.datetime | None


class Found(msgspec.Struct, frozen=True):
    """A code as its row says, and who has set it aside until when."""

    seen: CodeSeen
    lock_session: str | None = None
    lock_until: dt.datetime | None = None

    def is_locked(self, session: str | None, at: dt.datetime) -> bool:
        """Whether another session than this one has set it aside."""
        return self.lock_until is not None and self.lock_until > at and self.lock_session != session


class Batch(msgspec.Struct, frozen=True, kw_only=True):
    """How many codes of a batch there are, and how many of them nobody has and nobody blocked."""

    voucher: str
    batch: str
    codes: int
    free: int


class CodeIn(msgspec.Struct, frozen=True, kw_only=True):
    """A code of a file, with the number of its row; `member_id` makes it this member's alone."""

    row: int
    code: str
    value: int | None = None
    from_at: dt.datetime | None = None
    until_at: dt.datetime | None = None
    member_id: UUID | None = None


class RowRefused(msgspec.Struct, frozen=True, kw_only=True):
    """Why a row of a file is no code: `malformed`, `letters` (of another alphabet), `value`, `date`, `member` (not
    understood), `twice` (in this file), `taken` (there already, or shared by a campaign)."""

    row: int
    code: str
    why: str


class UnknownCode(RegularsError):
    """Nobody ever made or imported this code."""

    status = 404
    texts = Text(
        en="There is no such voucher code.",
        ru="Такого кода ваучера нет.",
        ro="Nu există acest cod de voucher.",
    )


class CodeLocked(RegularsError):
    """Another till has set the code aside."""

    status = 409
    texts = Text(
        en="This voucher is being used at another till until {until}.",
        ru="Этот ваучер используется на другой кассе до {until}.",
        ro="Acest voucher este folosit la altă casă până la {until}.",
    )
    until: dt.datetime


class CodeUsedUp(RegularsError):
    """It counts no more."""

    status = 409
    texts = Text(
        en="This voucher has been used as often as it may be.",
        ru="Этот ваучер уже использован столько раз, сколько можно.",
        ro="Acest voucher a fost folosit de câte ori este permis.",
    )


class CodeShared(RegularsError):
    """A code that everybody may use is not set aside for one."""

    status = 409
    texts = Text(
        en="This code is for everybody and cannot be set aside.",
        ru="Этот код общий, его нельзя отложить для одного.",
        ro="Acest cod este pentru toți și nu poate fi rezervat.",
    )


class PatternTooNarrow(RegularsError):
    """There are hardly more codes of this pattern than are to be made."""

    status = 422
    texts = Text(
        en="The pattern has {combinations} codes; for {count} of them it needs at least {needed}. Add # or @.",
        ru="У шаблона {combinations} кодов; для {count} нужно не меньше {needed}. Добавьте # или @.",
        ro="Șablonul are {combinations} coduri; pentru {count} sunt necesare cel puțin {needed}. Adăugați # sau @.",
    )
    combinations: int
    count: int
    needed: int


class UnknownCampaign(RegularsError):
    """The program in force has no such campaign of vouchers."""

    status = 404
    texts = Text(
        en="This program has no vouchers {voucher}; it has: {known}.",
        ru="В этой программе нет ваучеров {voucher}; есть: {known}.",
        ro="Acest program nu are vouchere {voucher}; are: {known}.",
    )
    voucher: str
    known: str


class NoPattern(RegularsError):
    """The campaign says nothing of how its codes look."""

    status = 422
    texts = Text(
        en="The campaign {voucher} has no pattern: import its codes, or give it a pattern.",
        ru="У кампании {voucher} нет шаблона: импортируйте коды или задайте шаблон.",
        ro="Campania {voucher} nu are șablon: importați codurile sau dați-i un șablon.",
    )
    voucher: str
