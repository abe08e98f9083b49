"""The people who work for a program: found by their e-mail address, each with keys of their own."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

import asyncpg

from regulars.access.contracts import StaffEmailTaken, StaffMember, UnknownStaff
from regulars.kit import i18n, ids
from regulars.kit.database import Transaction
from regulars.kit.errors import ValidationFault
from regulars.kit.i18n import Text

NAME_MAX: Final = 100
_EMAIL: Final = re.compile(r"[^\s@]{1,64}@[^\s@.]+(\.[^\s@.]+)+")
_COLUMNS: Final = "staff_id, name, email, languages, active, created_at, member_ids"


async def add(
    tx: Transaction,
    *,
    program_id: int,
    staff_id: UUID,
    name: str,
    email: str,
    languages: Sequence[str],
    now: dt.datetime,
    members: Sequence[UUID] = (),
) -> StaffMember:
    """Write somebody new, active; `members` are whom they are as members. Raises ValidationFault, StaffEmailTaken."""
    row = await tx.fetchrow(
        f"""insert into staff (program_id, staff_id, name, email, languages, active, created_at, member_ids)
        values ($1, $2, $3, $4, $5, true, $6, $7) on conflict do nothing returning {_COLUMNS}""",
        program_id,
        staff_id,
        _name(name),
        _email(email),
        _languages(languages),
        now,
        list(dict.fromkeys(members)),
    )
    if row is None:
        raise StaffEmailTaken
    return _member(row)


async def change(
    tx: Transaction,
    *,
    program_id: int,
    staff_id: UUID,
    name: str,
    email: str,
    languages: Sequence[str],
    active: bool,
    members: Sequence[UUID] = (),
) -> StaffMember:
    """Write what is known of somebody anew; who is not active has no key that works.

    Raises UnknownStaff, ValidationFault, StaffEmailTaken.
    """
    try:
        row = await tx.fetchrow(
            f"""update staff set name = $3, email = $4, languages = $5, active = $6,
            member_ids = $7 where program_id = $1 and staff_id = $2 returning {_COLUMNS}""",
            program_id,
            staff_id,
            _name(name),
            _email(email),
            _languages(languages),
            active,
            list(dict.fromkeys(members)),
        )
    except asyncpg.UniqueViolationError as taken:
        raise StaffEmailTaken from taken
    if row is None:
        raise UnknownStaff(id=ids.to_wire("stf", staff_id))
    return _member(row)


async def listed(tx: Transaction, *, program_id: int) -> list[StaffMember]:
    """Everybody, the newest first; there are never many."""
    rows = await tx.fetch(
        f"select {_COLUMNS} from staff where program_id = $1 order by staff_id desc limit 1000", program_id
    )
    return [_member(row) for row in rows]


async def named(tx: Transaction, *, program_id: int, staff_id: UUID) -> StaffMember:
    """One staff member. Raises UnknownStaff."""
    row = await tx.fetchrow(
        f"select {_COLUMNS} from staff where program_id = $1 and staff_id = $2", program_id, staff_id
    )
    if row is None:
        raise UnknownStaff(id=ids.to_wire("stf", staff_id))
    return _member(row)


async def own_members(tx: Transaction, asked: Sequence[tuple[int, UUID]]) -> dict[tuple[int, UUID], tuple[UUID, ...]]:
    """Whom some of the staff are as members of their programs, by (program, staff)."""
    rows = await tx.fetch(
        """select s.program_id, s.staff_id, s.member_ids from unnest($1::int[], $2::uuid[]) as t (p, i)
        join staff s on s.program_id = t.p and s.staff_id = t.i where s.member_ids <> '{}'""",
        [program_id for program_id, _ in asked],
        [staff_id for _, staff_id in asked],
    )
    return {(row["program_id"], row["staff_id"]): tuple(row["member_ids"]) for row in rows}


async def with_email(tx: Transaction, *, program_id: int, email: str) -> StaffMember:
    """The staff member with this address. Raises UnknownStaff."""
    row = await tx.fetchrow(
        f"select {_COLUMNS} from staff where program_id = $1 and email = $2", program_id, email.strip().lower()
    )
    if row is None:
        raise UnknownStaff(id=email[:100])
    return _member(row)


def _member(row: Any) -> StaffMember:
    return StaffMember(
        id=ids.to_wire("stf", row["staff_id"]),
        name=row["name"],
        email=row["email"],
        languages=tuple(row["languages"]),
        active=row["active"],
        created_at=row["created_at"],
        members=tuple(ids.to_wire("mem", one) for one in row["member_ids"]),
    )


def _name(given: str) -> str:
    name = " ".join(given.split())
    if not 1 <= len(name) <= NAME_MAX:
        raise _fault(
            "name",
            en=f"1 to {NAME_MAX} characters are needed",
            ru=f"нужно от 1 до {NAME_MAX} символов",
            ro=f"sunt necesare între 1 și {NAME_MAX} de caractere",
        )
    return name


def _email(given: str) -> str:
    email = given.strip().lower()
    if len(email) > 254 or not _EMAIL.fullmatch(email):
        raise _fault(
            "email", en="is no e-mail address", ru="это не адрес электронной почты", ro="nu este o adresă de e-mail"
        )
    return email


def _languages(given: Sequence[str]) -> list[str]:
    wanted = list(dict.fromkeys(given))
    if not wanted or not set(wanted) <= set(i18n.LANGUAGES):
        raise _fault(
            "languages",
            en="at least one of en, ru, ro is needed",
            ru="нужен хотя бы один из языков en, ru, ro",
            ro="este necesară cel puțin una dintre limbile en, ru, ro",
        )
    return wanted


def _fault(field: str, *, en: str, ru: str, ro: str) -> ValidationFault:
    return ValidationFault(field=field, reason=en, reasons=Text(en=en, ru=ru, ro=ro))
