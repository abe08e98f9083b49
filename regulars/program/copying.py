"""One program's definitions brought into another one, as a draft that is then checked and proposed like any other."""

from __future__ import annotations

from regulars.access import service as access
from regulars.access.contracts import Signature
from regulars.kit.database import Transaction
from regulars.program import changes as differences
from regulars.program import drafting, drafts, noting, queries, writer
from regulars.program.contracts.definitions import Program
from regulars.program.contracts.report import NothingReleased
from regulars.program.contracts.workflow import NothingChanges
from regulars.program.drafts import Draft

# What a program is, not what it does: a sandbox must not rename the shop, nor do away with its approvals.
_OWN = ("name", "title", "approvals")


async def into_draft(tx: Transaction, *, source: Program, name: str, settings: bool, by: Signature) -> Draft:
    """A new draft after which the program says what `source` says; with `settings`, its settings too, but for the
    name, the title and the number of approvals.

    A draft of that name must not be there. Raises NothingReleased, NothingChanges, ValidationFault.
    """
    in_force = await queries.newest(tx, program_id=by.program_id)
    if in_force is None:
        raise NothingReleased(program_id=by.program_id)
    before, wanted = writer.tree(in_force.program), writer.tree(source)
    own = {key: value for key, value in before["program"].items() if key in _OWN}
    others = {key: value for key, value in wanted["program"].items() if key not in _OWN}
    wanted["program"] = {**own, **others} if settings else before["program"]
    changes = drafts.differing(before, wanted)
    if not changes:
        raise NothingChanges(number=in_force.number)
    await drafting.begin_new(tx, name=name, base=in_force.number, by=by)
    held = await drafting.load(tx, program_id=by.program_id, name=name, lock=True)
    for kind, definition_name, value in changes:
        held = drafts.with_change(held, kind=kind, name=definition_name, definition=value)
    new = {"touched": held.touched, "changes": noting.differences(differences.between_trees(before, wanted))}
    await access.sign(tx, by, action="draft.copy", target=f"draft {name}", old={"base": held.base}, new=new)
    return await drafting.store(tx, held, by)
