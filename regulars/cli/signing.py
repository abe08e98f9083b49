"""Who signs what a command does: the person whose key stands in MY_REGULARS_KEY, or a name that nobody vouches for."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

from regulars.access import service as access
from regulars.access.contracts import Actor, ScopeMissing, Signature
from regulars.access.contracts import Program as Wall
from regulars.kit import edge
from regulars.kit.errors import RegularsError
from regulars.kit.i18n import Text

if TYPE_CHECKING:
    from regulars.kit.database import Database
    from regulars.kit.settings import Settings

KEY: Final = "MY_REGULARS_KEY"


class KeyMissing(RegularsError):
    """A step that only a person may take was asked for without their own key."""

    status = 401
    texts = Text(
        en="Whose yes is it? Put your own API key into {variable}.",
        ru="Чьё это согласие? Укажите свой ключ API в {variable}.",
        ro="Al cui este acordul? Puneți propria cheie API în {variable}.",
    )
    variable: str


class KeyOfOtherProgram(RegularsError):
    """The key belongs to a program that the command is not about."""

    status = 403
    texts = Text(
        en="This key is not one of {program}.",
        ru="Этот ключ не относится к программе {program}.",
        ro="Această cheie nu este a programului {program}.",
    )
    program: str


class NotAnotherPerson(RegularsError):
    """Two people were needed, and both keys are of one, or of nobody."""

    status = 403
    texts = Text(
        en="This needs two people: {variable} must be the key of another staff member.",
        ru="Нужны два человека: {variable} должен быть ключом другого сотрудника.",
        ro="Sunt necesare două persoane: {variable} trebuie să fie cheia altui angajat.",
    )
    variable: str


async def person(
    settings: Settings,
    database: Database,
    found: Wall,
    *scopes: str,
    variable: str = KEY,
    other_than: Signature | None = None,
) -> Signature:
    """Whose key is set, if it may do one of `scopes`; with `other_than` it must be another person's. Raises KeyMissing,
    KeyOfOtherProgram, ScopeMissing, BadToken, NotAnotherPerson."""
    token = os.environ.get(variable, "").strip()
    if not token:
        raise KeyMissing(variable=variable)
    now = edge.now()
    actor: Actor = await access.authenticate(database, token, now=now)
    if actor.program_id != found.program_id:
        raise KeyOfOtherProgram(program=found.key)
    if not any(actor.may(scope) for scope in scopes):
        raise ScopeMissing(scope=scopes[0])
    signed = access.signature_of(actor, home=settings.home, now=now, act_id=edge.new_id(now))
    if other_than is not None and (
        None in (signed.staff_id, other_than.staff_id) or signed.staff_id == other_than.staff_id
    ):
        raise NotAnotherPerson(variable=variable)
    return signed


async def signature(settings: Settings, database: Database, found: Wall, by: str, *scopes: str) -> Signature:
    """Whose key is set, else `by`, as somebody at the machine calls themselves.

    Raises KeyOfOtherProgram, ScopeMissing, BadToken where a key is set.
    """
    # Four eyes hold only if whoever proposes with a key is known to be the one who approves with it.
    if os.environ.get(KEY, "").strip():
        return await person(settings, database, found, *scopes)
    return machine(settings, found, by)


def machine(settings: Settings, found: Wall, by: str) -> Signature:
    """By the name that somebody at the machine gives themselves: nobody whom the program knows."""
    now = edge.now()
    return access.machine_signature(found.program_id, actor=by, home=settings.home, now=now, act_id=edge.new_id(now))
