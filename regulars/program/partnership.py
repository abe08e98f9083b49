"""What a partner may see and change of a program by themselves: definitions that they own, of the kinds that they may
define, with effects that cost no more than their budget.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from msgspec import structs

from regulars.program import writer
from regulars.program.contracts.definitions import Program
from regulars.program.contracts.partners import Partner
from regulars.program.contracts.report import Report
from regulars.program.contracts.workflow import NotForPartners, NotYours
from regulars.program.drafts import Draft, Tree

EFFECTS: Final = frozenset(
    {"give", "multiply", "discount", "free_item", "receipt", "cashier", "offer", "voucher", "reward"}
)
"""Keys of effects that a partner's definitions may have: what they cost is in a budget. Tiers, attributes, lists and
what else the house decides by stay the house's."""
_OTHERS: Final = ("offer", "voucher", "reward")
"""Effects that give another definition: it must be the partner's too."""
_STEPS: Final = {"offer": "offers", "issue_code": "vouchers"}
"""Steps of an order that give another definition."""
_PARTS: Final = ("choose", "bundle")
"""What a reward is made of."""
_KINDS: Final = {"offer": "offers", "voucher": "vouchers", "reward": "rewards"}


def partner_of(program: Program, name: str) -> Partner:
    """The partner as the program in force knows them. Raises NotForPartners."""
    found = program.partners.get(name)
    if found is None:
        raise NotForPartners(partner=name, path="partners")
    return found


def seen(tree: Tree, partner: str) -> Tree:
    """What a partner sees of a written program: what they own, and their own terms."""
    found: Tree = {}
    for kind, named in tree.items():
        if kind != "program" and isinstance(named, Mapping):
            mine = {name: one for name, one in named.items() if is_theirs(kind, name, one, partner)}
            if mine:
                found[kind] = mine
    return found


def is_theirs(kind: str, name: str, definition: Any, partner: str) -> bool:
    """Whether a written definition is a partner's own."""
    if kind == "partners":
        return name == partner
    return isinstance(definition, Mapping) and str(definition.get("owner") or "") == partner


def check_draft(draft: Draft, partner: str | None) -> None:
    """A partner's key opens their own drafts alone; the house's opens all. Raises NotYours."""
    if partner is not None and draft.partner != partner:
        raise NotYours(partner=partner, path=f"drafts.{draft.name}")


def owned(
    program: Program, partner: str, *, kind: str, name: str, definition: Mapping[str, Any] | None
) -> Mapping[str, Any] | None:
    """A change that a partner makes, with their name as its owner. Raises NotForPartners, NotYours."""
    terms = partner_of(program, partner)
    path = f"{kind}.{name}"
    if kind not in terms.may_define:
        raise NotForPartners(partner=partner, path=kind)
    held = getattr(program, kind).get(name)
    if held is not None and held.owner != partner:
        raise NotYours(partner=partner, path=path)
    if definition is None:
        return None
    if definition.get("owner", partner) != partner:
        raise NotYours(partner=partner, path=path)
    return {**definition, "owner": partner}


def check_release(old: Program, new: Program, partner: str) -> None:
    """A release of a partner changes what is theirs and nothing else. Raises NotForPartners, NotYours."""
    terms = partner_of(old, partner)
    before, after = writer.tree(old), writer.tree(new)
    for kind, name, was, becomes in _changed(before, after):
        path = f"{kind}.{name}" if name else kind
        if kind not in terms.may_define:
            raise NotForPartners(partner=partner, path=path)
        for one in (was, becomes):
            if one is not None and not is_theirs(kind, name, one, partner):
                raise NotYours(partner=partner, path=path)
        if becomes is not None:
            _check_effects(path, becomes, after, partner)
            _check_steps(becomes, after, partner)
            if kind == "rewards":
                _check_parts(becomes, after, partner)


def told(report: Report, draft: Draft) -> Report:
    """A report without what it says of definitions that the draft does not touch: those may be somebody else's."""
    mine = tuple(f"{path}." for path in draft.touched)
    warnings = tuple(one for one in report.warnings if f"{one.path}.".startswith(mine))
    return structs.replace(report, warnings=warnings)


def _check_effects(path: str, definition: Tree, after: Tree, partner: str) -> None:
    for effect in _effects(definition):
        if not EFFECTS.intersection(effect):
            raise NotForPartners(partner=partner, path=f"{path}.effects.{next(iter(effect), '')}")
        if "cost" in effect:
            # What a point costs them is agreed with the house: the currency says it.
            raise NotForPartners(partner=partner, path=f"{path}.effects.cost")
        for key in _OTHERS:
            _check_theirs(_KINDS[key], str(effect.get(key, "")), after, partner)


def _check_steps(definition: Tree, after: Tree, partner: str) -> None:
    for step in _items(definition, "steps"):
        for key, kind in _STEPS.items() if isinstance(step, Mapping) else ():
            _check_theirs(kind, str(step.get(key, "")), after, partner)


def _check_parts(definition: Tree, after: Tree, partner: str) -> None:
    for field in _PARTS:
        for part in _items(definition, field):
            _check_theirs("rewards", str(part), after, partner)


def _check_theirs(kind: str, given: str, after: Tree, partner: str) -> None:
    if given and not is_theirs(kind, given, after.get(kind, {}).get(given), partner):
        raise NotYours(partner=partner, path=f"{kind}.{given}")


def _effects(definition: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Its effects, and those of its steps."""
    for effect in _items(definition, "effects"):
        if isinstance(effect, Mapping):
            yield effect
    for step in _items(definition, "steps"):
        if isinstance(step, Mapping):
            yield from _effects(step)


def _items(definition: Mapping[str, Any], field: str) -> list[Any]:
    found = definition.get(field)
    return found if isinstance(found, list) else []


def _changed(before: Tree, after: Tree) -> Iterator[tuple[str, str, Tree | None, Tree | None]]:
    for kind in dict.fromkeys((*before, *after)):
        was, becomes = before.get(kind, {}), after.get(kind, {})
        if kind == "program":
            if was != becomes:
                yield kind, "", was, becomes
            continue
        for name in dict.fromkeys((*was, *becomes)):
            if was.get(name) != becomes.get(name):
                yield kind, name, was.get(name), becomes.get(name)
