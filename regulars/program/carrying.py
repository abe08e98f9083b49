"""A proposal over a release that is in force no more: what it changes, brought over the one that is, as long as both
have nothing to do with each other.

What others said yes to is the change set: how the proposal differs from its base, definition by definition. Neither its
text nor its digest ever changes; what is published is the release in force with exactly that change set.
"""

from __future__ import annotations

import copy

import msgspec

from regulars.kit.database import Transaction
from regulars.program import drafting, drafts, emitter, proposals, queries, reader, writer
from regulars.program.checks import run
from regulars.program.contracts.definitions import Program, Release
from regulars.program.contracts.report import Report
from regulars.program.contracts.workflow import Proposal
from regulars.program.drafts import Tree


class Carried(msgspec.Struct, frozen=True, kw_only=True):
    """A proposal's change set over the release in force; `report` is of the whole."""

    program: Program | None
    text: str
    report: Report
    clean: bool
    """Whether it is published as approved: no fault, no doubt that neither of both had alone, and no other change."""


def may(proposal: Proposal) -> bool:
    """Whether a proposal is a change set at all: a whole text, or a way back, says what everything shall be."""
    return proposal.draft is not None and proposal.rolled_back_to is None and proposal.base > 0


async def meets(tx: Transaction, proposal: Proposal, in_force: Release, *, program_id: int) -> bool:
    """Whether a proposal and the releases since its base change the same definition, and not alike."""
    base = await queries.numbered(tx, program_id=program_id, number=proposal.base)
    if base is None or not may(proposal):
        return True
    program, _ = await proposals.content(tx, program_id=program_id, number=proposal.number)
    before, now = writer.tree(base.program), writer.tree(in_force.program)
    return any(
        drafts.at(before, kind, name) != drafts.at(now, kind, name) != value
        for kind, name, value in drafts.differing(before, writer.tree(program))
    )


def carry(base: Program, proposed: Program, in_force: Program, approved: Report) -> Carried:
    """The release in force with what `proposed` changes in `base`; they do not meet. It takes as long as a check."""
    before, now = writer.tree(base), writer.tree(in_force)
    wanted = drafts.differing(before, writer.tree(proposed))
    merged = copy.deepcopy(now)
    for kind, name, value in wanted:
        drafts.put(merged, kind, name, value)
    text = emitter.emit({kind: part for kind, part in merged.items() if part})
    report, program = drafting.report_of(text), reader.read(text).program
    clean = False
    if program is not None and report.ok:
        left = [one for one in wanted if drafts.at(now, one[0], one[1]) != one[2]]
        known = {(one.code, one.path) for one in approved.warnings}
        new = [one for one in report.warnings if (one.code, one.path) not in known]
        if new:
            known = {(one.code, one.path) for one in run.program(in_force).warnings}
        clean = all((one.code, one.path) in known for one in new)
        # What is published is what was approved, whatever the writer and the reader make of it.
        clean = clean and _sorted(drafts.differing(now, writer.tree(program))) == _sorted(left)
    return Carried(program=program, text=text, report=report, clean=clean)


def _sorted(found: list[tuple[str, str, Tree | None]]) -> list[tuple[str, str, Tree | None]]:
    return sorted(found, key=lambda one: one[:2])
