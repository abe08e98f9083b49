"""Campaigns of vouchers made ready: for which activities, members and baskets their codes count."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from regulars.engine.making import Making
from regulars.engine.rules import RulePlan
from regulars.engine.scope import Scope
from regulars.program.contracts.audiences import segment_named
from regulars.program.contracts.effects import Discount, FreeItem
from regulars.program.contracts.triggers import OnActivity
from regulars.program.contracts.vouchers import Applies, Holder, Voucher


class VoucherPlan:
    """One campaign; `rule` is what its codes do."""

    __slots__ = (
        "_segment",
        "_whom",
        "assigned",
        "by_itself",
        "definition",
        "lasts",
        "most",
        "name",
        "only_priced",
        "path",
        "priced",
        "reads",
        "rule",
        "unlimited",
    )

    def __init__(self, definition: Voucher, rule: RulePlan, made_from: Making) -> None:
        self.definition = definition
        self.name = definition.name
        self.path = f"vouchers.{definition.name}"
        self.rule = rule
        self.assigned = definition.holder is Holder.ASSIGNED
        self.most = definition.uses_of_code
        """How often one code counts; None: without limit."""
        uses = definition.uses
        self.unlimited = self.most is None and uses.member is None and uses.day is None
        """Whether it counts however often it was used."""
        self.lasts = definition.from_ is None and definition.until is None
        """Whether the campaign itself neither begins nor ends."""
        self.by_itself = definition.applies is Applies.SELF
        self.priced = any(isinstance(effect, Discount | FreeItem) for effect in definition.effects)
        """Whether it takes something off the price."""
        self.only_priced = self.priced and all(isinstance(one, Discount | FreeItem) for one in definition.effects)
        audience = definition.audience
        self._segment = segment_named(audience) if audience is not None else None
        self._whom: Callable[..., bool] | None = None
        if audience is not None and self._segment is None:
            self._whom = made_from.expressions.condition(audience, made_from.places.segment())
        self.reads = tuple(
            sorted(
                {path.split(".")[2].removesuffix("[]") for path in rule.reads() if path.startswith("member.metrics.")}
            )
        )

    @property
    def types(self) -> tuple[str, ...]:
        """The activities that its codes count for."""
        trigger = self.rule.definition.trigger
        return trigger.types if isinstance(trigger, OnActivity) else ()

    def is_for(self, s: Scope) -> bool:
        """Whether it is for this member."""
        if self._segment is not None:
            return self._segment in s.member.segments
        return self._whom is None or self._whom(s)

    def failed(self, s: Scope, facts: dict[str, Any]) -> tuple[str, str] | None:
        """Which part of the campaign does not hold for this member and basket, and its text; None: all hold."""
        definition = self.definition
        if s.type not in self.types:
            return "on", ", ".join(self.types)
        if not self.is_for(s):
            return "audience", definition.audience or ""
        if not self.rule.ready:
            self.rule.prepare()
        s.carrier = facts
        if self.rule.condition is not None and not self.rule.condition(s):
            return "if", definition.if_ or ""
        if self.rule.lines is not None and True not in self.rule.lines(s):
            return "lines", definition.lines or ""
        return None

    def numbers(self, s: Scope) -> dict[str, Any]:
        """The member's numbers that its condition reads, as they are now."""
        if not self.reads:
            return {}
        found = {name: s.member.metrics[name] for name in self.reads}
        return {name: value for name, value in found.items() if not isinstance(value, dt.date)}


def plans(definitions: Mapping[str, Voucher], rules: Sequence[RulePlan], made_from: Making) -> dict[str, VoucherPlan]:
    """The campaigns of a program by name."""
    carried = {rule.carrier: rule for rule in rules if rule.carrier is not None}
    return {
        name: VoucherPlan(definition, carried[f"vouchers.{name}"], made_from)
        for name, definition in definitions.items()
    }
