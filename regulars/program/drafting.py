"""What people do with drafts: change, look at, check, bring onto a newer release, discard."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from typing import Any, Final, Literal

import msgspec

from regulars.access import service as access
from regulars.access.contracts import Signature
from regulars.kit.database import Transaction
from regulars.kit.errors import NotFound
from regulars.program import changes, drafts, emitter, noting, partnership, queries, reader, writer
from regulars.program.checks import run
from regulars.program.contracts.changes import Change
from regulars.program.contracts.definitions import Program, Release
from regulars.program.contracts.report import DraftConflict, Fault, NothingReleased, Report
from regulars.program.contracts.workflow import DraftNameTaken, Meeting, NotYours
from regulars.program.drafts import Draft, Tree

Side = Literal["yours", "theirs"]
_NAME: Final = re.compile(r"[a-z][a-z0-9_-]{0,62}")


class Merged(msgspec.Struct, frozen=True, kw_only=True):
    """The program in force with a draft's changes, as YAML; `in_force` is the number of that release, `program` what it
    says."""

    draft: Draft
    in_force: int
    program: Program
    text: str


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """A draft as people look at it: what it changes in the release in force, and where both meet.

    While there are conflicts, `changes` leaves them out.
    """

    draft: Draft
    in_force: int
    changes: tuple[Change, ...]
    conflicts: tuple[Meeting, ...]


async def load(tx: Transaction, *, program_id: int, name: str, lock: bool = False, partner: str | None = None) -> Draft:
    """One draft with its changes; for a `partner` only their own. Raises NotFound, NotYours."""
    found = await drafts.load(tx, program_id=program_id, name=name, lock=lock)
    if found is None:
        raise NotFound(kind="draft", id=name[:60])
    partnership.check_draft(found, partner)
    return found


async def listed(tx: Transaction, *, program_id: int, partner: str | None = None) -> list[Draft]:
    """The drafts of a program, or of a partner, by name, at most a hundred. Raises nothing."""
    return await drafts.listed(tx, program_id=program_id, partner=partner)


async def change(
    tx: Transaction,
    *,
    program_id: int,
    name: str,
    kind: str,
    definition_name: str,
    definition: Mapping[str, Any] | None,
    by: Signature,
    undo: bool = False,
) -> Draft:
    """Put a definition into a draft, or with None its removal; with `undo`, leave it as it is in force. The first
    change begins the draft over what is in force.

    `definition` is what YAML would say, with decimals as texts. It is checked with the whole, by `check`.
    Raises NothingReleased, ValidationFault, and for a partner's key NotYours, NotForPartners.
    """
    _check_name(name)
    drafts.check_place(kind, definition_name)
    in_force = await _current(tx, program_id)
    if by.partner is not None:
        definition = partnership.owned(
            in_force.program, by.partner, kind=kind, name=definition_name, definition=definition
        )
    await drafts.begin(
        tx, program_id=program_id, name=name, base=in_force.number, by=by.actor, now=by.at, partner=by.partner
    )
    held = await load(tx, program_id=program_id, name=name, lock=True, partner=by.partner)
    if undo:
        changed = drafts.without_change(held, kind=kind, name=definition_name)
    else:
        changed = drafts.with_change(held, kind=kind, name=definition_name, definition=definition)
    old, new = (_says(one, in_force, kind, definition_name) for one in (held, changed))
    await noting.edited(tx, by, name, kind=kind, name=definition_name, old=old, new=new)
    return await store(tx, changed, by)


def _says(draft: Draft, in_force: Release, kind: str, name: str) -> Tree | None:
    """A definition as a draft has it, else as it is in force; None: it is not there."""
    named = draft.changes.get(kind, {})
    if name in named:
        return named[name]
    found = drafts.at(writer.tree(in_force.program), kind, name)
    return None if found is None else drafts.plain(found)


async def begin_new(tx: Transaction, *, name: str, base: int, by: Signature) -> None:
    """Begin a draft of a name that is free. Raises DraftNameTaken, ValidationFault."""
    _check_name(name)
    if not await drafts.begin(tx, program_id=by.program_id, name=name, base=base, by=by.actor, now=by.at):
        raise DraftNameTaken(draft=name)


async def store(tx: Transaction, draft: Draft, by: Signature) -> Draft:
    """Write a draft that was loaded under its lock and changed by somebody."""
    authors = draft.authors
    if by.answerable is not None and by.answerable not in authors:
        authors = (*authors, by.answerable)
    # Never before a change or a proposal that was written already: publishing asks by this whether anything is new.
    at = max(by.at, draft.changed_at + dt.timedelta(microseconds=1))
    draft = msgspec.structs.replace(draft, authors=authors, changed_by=by.actor, changed_at=at)
    await drafts.store(tx, program_id=by.program_id, draft=draft)
    return draft


async def discard(tx: Transaction, *, program_id: int, name: str) -> None:
    """Throw a draft away. Raises NotFound."""
    await drafts.discard(tx, program_id=program_id, name=name)


async def show(tx: Transaction, *, program_id: int, name: str, partner: str | None = None) -> Shown:
    """A draft against the release in force, in words and side by side. Raises NotFound, NothingReleased, NotYours."""
    held = await load(tx, program_id=program_id, name=name, partner=partner)
    in_force = await _current(tx, program_id)
    base = await _numbered(tx, program_id, held.base)
    current, before = writer.tree(in_force.program), writer.tree(base.program)
    meetings = drafts.meetings(held, base=before, current=current)
    quiet = held
    for one in meetings:
        kind, _, definition_name = one.path.partition(".")
        quiet = drafts.without_change(quiet, kind=kind, name=definition_name)
    return Shown(
        draft=held,
        in_force=in_force.number,
        changes=_changes(current, drafts.merged(quiet, base=before, current=current)),
        conflicts=meetings,
    )


async def definition(
    tx: Transaction, *, program_id: int, name: str, kind: str, definition_name: str, partner: str | None = None
) -> tuple[bool, Tree | None]:
    """Whether a draft touches a definition, and what it says there: the draft's, else that in force.

    Raises NotFound, NothingReleased, ValidationFault, NotYours.
    """
    drafts.check_place(kind, definition_name)
    held = await load(tx, program_id=program_id, name=name, partner=partner)
    named = held.changes.get(kind, {})
    if definition_name in named:
        return True, named[definition_name]
    found = drafts.at(writer.tree((await _current(tx, program_id)).program), kind, definition_name)
    if found is None:
        raise NotFound(kind=kind, id=definition_name)
    if partner is not None and not partnership.is_theirs(kind, definition_name, found, partner):
        raise NotYours(partner=partner, path=f"{kind}.{definition_name}")
    return False, drafts.plain(found)


async def merge(tx: Transaction, *, program_id: int, name: str, partner: str | None = None) -> Merged:
    """The program in force with a draft's changes. Raises NotFound, NothingReleased, DraftConflict, NotYours."""
    held = await load(tx, program_id=program_id, name=name, partner=partner)
    in_force = await _current(tx, program_id)
    base = await _numbered(tx, program_id, held.base)
    tree = drafts.merged(held, base=writer.tree(base.program), current=writer.tree(in_force.program))
    return Merged(draft=held, in_force=in_force.number, program=in_force.program, text=emitter.emit(tree))


async def check(tx: Transaction, *, program_id: int, name: str) -> Report:
    """What is wrong with the program in force as the draft would change it; faults have paths, no lines.

    Raises NotFound, NothingReleased, DraftConflict.
    """
    return report_of((await merge(tx, program_id=program_id, name=name)).text)


async def rebase(tx: Transaction, *, program_id: int, name: str, choose: Mapping[str, Side], by: Signature) -> Draft:
    """Bring a draft onto the release in force; where both changed the same, `choose` says by path whose it is.

    Raises NotFound, NothingReleased, ValidationFault, NotYours, DraftConflict while one is not chosen.
    """
    held = await load(tx, program_id=program_id, name=name, lock=True, partner=by.partner)
    in_force = await _current(tx, program_id)
    base = await _numbered(tx, program_id, held.base)
    meetings = drafts.meetings(held, base=writer.tree(base.program), current=writer.tree(in_force.program))
    paths = {one.path for one in meetings}
    for path in choose:
        if path not in paths:
            raise drafts.wrong_part(
                "choose",
                en=f"{path[:130]} is in no conflict",
                ru=f"{path[:130]} ни с чем не конфликтует",
                ro=f"{path[:130]} nu este în conflict",
            )
    missing = tuple(path for path in sorted(paths) if path not in choose)
    if missing:
        raise DraftConflict(draft=held.name, base=held.base, paths=missing)
    for path, side in choose.items():
        if side == "theirs":
            kind, _, definition_name = path.partition(".")
            held = drafts.without_change(held, kind=kind, name=definition_name)
    new = {"base": in_force.number, "touched": held.touched, "choose": choose}
    await access.sign(tx, by, action="draft.rebase", target=f"draft {name}", old={"base": held.base}, new=new)
    return await store(tx, msgspec.structs.replace(held, base=in_force.number), by)


async def after_publish(tx: Transaction, *, program_id: int, name: str, proposed_at: dt.datetime, number: int) -> None:
    """End the draft of a release that came into force; what was changed since stays, over the new release."""
    held = await drafts.load(tx, program_id=program_id, name=name, lock=True)
    if held is None:
        return
    if held.changed_at <= proposed_at:
        await drafts.discard(tx, program_id=program_id, name=name)
    else:
        await drafts.store(tx, program_id=program_id, draft=msgspec.structs.replace(held, base=number))


async def stamp(tx: Transaction, *, program_id: int, held: Draft, at: dt.datetime) -> dt.datetime:
    """Note that a draft is proposed as it stands, so that a later change is known to be later; the moment noted."""
    moment = max(at, held.changed_at)
    await drafts.store(tx, program_id=program_id, draft=msgspec.structs.replace(held, changed_at=moment))
    return moment


def report_of(text: str) -> Report:
    """The report on a text that nobody wrote by hand: paths without lines."""
    report = run.source(reader.read(text))
    return Report(faults=_without_lines(report.faults), warnings=_without_lines(report.warnings))


def _changes(before: Tree, after: Tree) -> tuple[Change, ...]:
    # What somebody wrote may say the same in other words; read and written again, it differs only where it means to.
    source = reader.read(emitter.emit(after))
    if source.program is not None and not source.faults:
        after = writer.tree(source.program)
    return changes.between_trees(before, after)


def _without_lines(faults: tuple[Fault, ...]) -> tuple[Fault, ...]:
    return tuple(msgspec.structs.replace(one, line=0, column=0) for one in faults)


def _check_name(name: str) -> None:
    if not _NAME.fullmatch(name):
        raise drafts.wrong_part(
            "draft",
            en="must be small Latin letters, digits, - and _, a letter first, at most 63",
            ru="только строчные латинские буквы, цифры, - и _, первая - буква, не больше 63",
            ro="doar litere latine mici, cifre, - și _, prima literă, cel mult 63",
        )


async def _current(tx: Transaction, program_id: int) -> Release:
    found = await queries.newest(tx, program_id=program_id)
    if found is None:
        raise NothingReleased(program_id=program_id)
    return found


async def _numbered(tx: Transaction, program_id: int, number: int) -> Release:
    found = await queries.numbered(tx, program_id=program_id, number=number)
    if found is None:
        raise NotFound(kind="release", id=str(number))
    return found
