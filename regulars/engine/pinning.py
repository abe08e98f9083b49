"""The member and the things beside them as they were when something was decided: what was kept of them then."""

from __future__ import annotations

import copy
import datetime as dt
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from regulars.engine import attributes
from regulars.engine.compiled import OWNERS, Compiled
from regulars.engine.scope import MemberScope, Scope
from regulars.language import contracts as language


def member(
    compiled: Compiled, paths: Sequence[str], values: Sequence[Any], *, member_id: UUID, at: dt.datetime, day: dt.date
) -> MemberScope:
    """The member, of whom these paths were kept; `at` and its local `day` are when it was."""
    kept: dict[str, dict[str, Any]] = {"metrics": {}, "attributes": {}, "balances": {}, "tiers": {}, "choices": {}}
    single: dict[str, Any] = {}
    for path, value in zip(paths, values, strict=False):
        root, kind, *name = path.split(".")
        if root == "member" and name:
            kept[kind][name[0]] = value
        elif root == "member":
            single[kind] = value
    scope = MemberScope(
        member_id,
        # Where no rule reads them they were not kept, and any value will do.
        joined_on=_date(single["joined_on"]) if "joined_on" in single else day,
        enrolled_at=single.get("enrolled_at", at),
        attributes=attributes.restored(kept["attributes"], compiled.dated_attributes, compiled.program.attributes),
        segments=tuple(single.get("segments") or ()),
        balances=kept["balances"],
    )
    scope.language = single.get("language", scope.language)
    scope.tier = single.get("tier")
    scope.tiers = kept["tiers"]
    scope.choices = {name: tuple(picked) for name, picked in kept["choices"].items()}
    scope.plan = single.get("plan")
    scope.badges, scope.consents = tuple(single.get("badges") or ()), tuple(single.get("consents") or ())
    for metric, value in kept["metrics"].items():
        dated = isinstance(value, str) and compiled.metrics[metric].value_type == language.DATE
        scope.metrics[metric] = dt.date.fromisoformat(value) if dated else value
    return scope


def show_others(scope: Scope, paths: Sequence[str], values: Sequence[Any]) -> None:
    """Put what was kept of the household, the till, the store and their like into a scope."""
    for path, value in zip(paths, values, strict=False):
        parts = path.split(".")
        if parts[0] == "household" and len(parts) == 2:
            setattr(scope.household, parts[1], value)
        elif parts[0] != "member":
            owner = scope.owner(parts[0])
            if owner is not None:
                owner.metrics[parts[2]] = value


def as_then(compiled: Compiled, s: Scope, paths: Sequence[str], values: Sequence[Any], *, day: dt.date) -> Scope:
    """The same basket with what was kept of everybody else at another moment of the decision."""
    then = copy.copy(s)
    for name in OWNERS:
        owner = copy.copy(s.owner(name))
        if owner is not None:
            owner.metrics = dict(owner.metrics)
        setattr(then, name, owner)
    then.member = member(compiled, paths, values, member_id=s.member.member_id, at=s.now, day=day)
    show_others(then, paths, values)
    return then


def _date(value: Any) -> dt.date:
    return dt.date.fromisoformat(value) if isinstance(value, str) else value
