"""Drafts: change sets over a named release. Two that touch different definitions publish one after the other."""

from __future__ import annotations

import copy
import datetime as dt
from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

import msgspec

from regulars.kit.database import Transaction
from regulars.kit.errors import NotFound, ValidationFault
from regulars.kit.i18n import Text
from regulars.program.contracts.audiences import NAME
from regulars.program.contracts.definitions import KINDS
from regulars.program.contracts.report import DraftConflict
from regulars.program.contracts.workflow import Meeting

Tree = dict[str, Any]
"""A program or a part of it as plain mappings, lists and texts, as YAML writes it."""

CHANGES_MAX: Final = 500
_DEPTH_MAX: Final = 20
_COLUMNS: Final = "name, base, changes, authors, changed_by, changed_at, partner"


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody wants to change in release `base`: kind -> name -> the definition, or None where it goes.

    The settings stand under kind `program`, name `program`. `authors` are the people who changed it.
    """

    name: str
    base: int
    changes: dict[str, dict[str, Tree | None]]
    authors: tuple[UUID, ...] = ()
    changed_by: str
    changed_at: dt.datetime
    partner: str | None = None
    """The partner whose it is; none: the house's."""

    @property
    def touched(self) -> tuple[str, ...]:
        """The paths that it changes."""
        return tuple(f"{kind}.{name}" for kind, named in self.changes.items() for name in named)


async def load(tx: Transaction, *, program_id: int, name: str, lock: bool = False) -> Draft | None:
    """One draft; with `lock`, nobody else changes it until the transaction ends."""
    row = await tx.fetchrow(
        f"""select {_COLUMNS} from draft where program_id = $1 and name = $2
        {"for update" if lock else ""}""",
        program_id,
        name,
    )
    return None if row is None else _draft(row)


async def listed(tx: Transaction, *, program_id: int, partner: str | None = None) -> list[Draft]:
    """All drafts of a program, or those of a partner, by name."""
    rows = await tx.fetch(
        f"""select {_COLUMNS} from draft where program_id = $1 and ($2::text is null or partner = $2)
        order by name limit 100""",
        program_id,
        partner,
    )
    return [_draft(row) for row in rows]


async def begin(
    tx: Transaction, *, program_id: int, name: str, base: int, by: str, now: dt.datetime, partner: str | None = None
) -> bool:
    """Make an empty draft; false where there is one of that name."""
    added = await tx.execute(
        """insert into draft (program_id, name, base, changes, authors, changed_by, changed_at, partner)
        values ($1, $2, $3, $4, '{}', $5, $6, $7) on conflict do nothing""",
        program_id,
        name,
        base,
        b"{}",
        by,
        now,
        partner,
    )
    return added == 1


async def store(tx: Transaction, *, program_id: int, draft: Draft) -> None:
    """Write a draft that was loaded under its lock."""
    await tx.execute(
        """update draft set base = $3, changes = $4, authors = $5, changed_by = $6, changed_at = $7
        where program_id = $1 and name = $2""",
        program_id,
        draft.name,
        draft.base,
        msgspec.json.encode(draft.changes),
        list(draft.authors),
        draft.changed_by,
        draft.changed_at,
    )


async def discard(tx: Transaction, *, program_id: int, name: str) -> None:
    """Throw a draft away. Raises NotFound."""
    if not await tx.execute("delete from draft where program_id = $1 and name = $2", program_id, name):
        raise NotFound(kind="draft", id=name[:60])


def with_change(draft: Draft, *, kind: str, name: str, definition: Mapping[str, Any] | None) -> Draft:
    """The draft with one definition more, or with a removal. Raises ValidationFault."""
    check_place(kind, name)
    if kind == "program" and not definition:
        raise wrong_part(
            "program",
            en="the settings can be changed, not removed",
            ru="настройки можно изменить, но не удалить",
            ro="setările pot fi modificate, nu eliminate",
        )
    changes = {**draft.changes, kind: {**draft.changes.get(kind, {})}}
    changes[kind][name] = None if definition is None else _plain(definition, name)
    if sum(len(named) for named in changes.values()) > CHANGES_MAX:
        raise wrong_part(
            "draft",
            en=f"touches at most {CHANGES_MAX} definitions",
            ru=f"затрагивает не больше {CHANGES_MAX} определений",
            ro=f"atinge cel mult {CHANGES_MAX} de definiții",
        )
    return msgspec.structs.replace(draft, changes=changes)


def without_change(draft: Draft, *, kind: str, name: str) -> Draft:
    """The draft as if it had never touched a definition. Raises ValidationFault."""
    check_place(kind, name)
    changes = {
        of: {one: value for one, value in named.items() if (of, one) != (kind, name)}
        for of, named in draft.changes.items()
    }
    return msgspec.structs.replace(draft, changes={of: named for of, named in changes.items() if named})


def check_place(kind: str, name: str) -> None:
    """Raises ValidationFault where no definition can stand."""
    if kind not in KINDS and (kind, name) != ("program", "program"):
        known = ", ".join(("program", *KINDS))
        raise wrong_part(
            "kind", en=f"must be one of {known}", ru=f"должно быть одним из: {known}", ro=f"unul din: {known}"
        )
    if not NAME.fullmatch(name):
        raise wrong_part(
            "name",
            en="must be small Latin letters, digits and _, at most 63",
            ru="только строчные латинские буквы, цифры и _, не больше 63",
            ro="doar litere latine mici, cifre și _, cel mult 63",
        )


def meetings(draft: Draft, *, base: Tree, current: Tree) -> tuple[Meeting, ...]:
    """What the draft and a release since its base both changed, and not alike, side by side."""
    return tuple(
        Meeting(
            path=f"{kind}.{name}",
            base=_side(at(base, kind, name)),
            theirs=_side(at(current, kind, name)),
            yours=wanted,
        )
        for kind, named in draft.changes.items()
        for name, wanted in named.items()
        if at(base, kind, name) != at(current, kind, name) and wanted != at(current, kind, name)
    )


def merged(draft: Draft, *, base: Tree, current: Tree) -> Tree:
    """The program in force with the draft's changes. Raises DraftConflict."""
    conflicts = meetings(draft, base=base, current=current)
    if conflicts:
        raise DraftConflict(draft=draft.name, base=draft.base, paths=tuple(one.path for one in conflicts))
    result = copy.deepcopy(current)
    for kind, named in draft.changes.items():
        for name, wanted in named.items():
            put(result, kind, name, wanted)
    return {kind: part for kind, part in result.items() if part}


def put(tree: Tree, kind: str, name: str, wanted: Tree | None) -> None:
    """Put a definition into a tree, or take it out."""
    if kind == "program":
        tree["program"] = wanted
    elif wanted is None:
        tree.get(kind, {}).pop(name, None)
    else:
        tree.setdefault(kind, {})[name] = wanted


def differing(before: Tree, wanted: Tree) -> list[tuple[str, str, Tree | None]]:
    """The definitions in which a tree differs from another: kind, name, and what it says; None where it is gone."""
    found: list[tuple[str, str, Tree | None]] = []
    if before["program"] != wanted["program"]:
        found.append(("program", "program", wanted["program"]))
    for kind in dict.fromkeys([*wanted, *before]):
        if kind == "program":
            continue
        old, new = before.get(kind, {}), wanted.get(kind, {})
        found += [(kind, name, value) for name, value in new.items() if old.get(name) != value]
        found += [(kind, name, None) for name in old if name not in new]
    return found


def at(tree: Tree, kind: str, name: str) -> Any:
    """A definition in a tree; None where it is not there."""
    return tree.get("program") if kind == "program" else tree.get(kind, {}).get(name)


def wrong_part(field: str, *, en: str, ru: str, ro: str) -> ValidationFault:
    """What is wrong with a part of a draft, in three languages."""
    return ValidationFault(field=field, reason=en, reasons=Text(en=en, ru=ru, ro=ro))


def _side(part: Any) -> Any:
    return None if part is None else plain(part)


def plain(part: Any) -> Any:
    """A part of a written program with bare texts alone, as JSON takes them."""
    match part:
        case dict():
            return {key: plain(value) for key, value in part.items()}
        case list():
            return [plain(value) for value in part]
        case _:
            return str(part)


def _plain(value: Any, path: str, depth: int = 0) -> Any:
    """JSON as YAML would have written it: every value a text. Raises ValidationFault."""
    if depth > _DEPTH_MAX:
        raise wrong_part(
            path, en="is nested too deeply", ru="слишком глубокая вложенность", ro="este imbricat prea adânc"
        )
    match value:
        case bool():
            return "true" if value else "false"
        case int() | str():
            return str(value)
        case float():
            raise wrong_part(
                path,
                en='must be written as text, such as "0.01"',
                ru='нужно записать как текст, например "0.01"',
                ro='trebuie scris ca text, de exemplu "0.01"',
            )
        case Mapping():
            return {str(key): _plain(part, f"{path}.{key}", depth + 1) for key, part in value.items()}
        case list() | tuple():
            return [_plain(part, f"{path}[{place}]", depth + 1) for place, part in enumerate(value)]
        case _:
            raise wrong_part(path, en="must be a value", ru="нужно значение", ro="trebuie să fie o valoare")


def _draft(row: Any) -> Draft:
    changes = msgspec.json.decode(row["changes"], type=dict[str, dict[str, Tree | None]])
    return Draft(
        name=row["name"],
        base=row["base"],
        changes=changes,
        authors=tuple(UUID(str(one)) for one in row["authors"]),
        changed_by=row["changed_by"],
        changed_at=row["changed_at"],
        partner=row["partner"],
    )
