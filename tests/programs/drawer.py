"""A till that has codes of vouchers in its drawer: those that rules give are made, and shown again by their campaign."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from msgspec.structs import replace

from regulars.engine.contracts.activity import Activity
from regulars.engine.contracts.decision import Decision
from regulars.engine.contracts.games import FactsNeeded, Luck
from regulars.engine.contracts.gifts import CodeGiven, CodeSeen, CodesNeeded
from regulars.engine.contracts.known import CounterKey
from tests.engine.shop import MEMBER
from tests.programs.baskets import Till

LUCK = "00" * 32
"""Its first roll falls at 0.4286 of the wheel."""
_SHARED = 9_000


class Drawer(Till):
    """One account, and every code that was ever given to it."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.worth: dict[UUID, int] = {}
        """What the codes of a letter are worth, in minor units."""
        self.given: dict[str, UUID] = {}
        """By campaign the last code that a rule gave."""
        self.states: dict[UUID, str] = {}

    def shown(self, names: Iterable[str]) -> tuple[CodeSeen, ...]:
        """Codes as somebody shows them: of a campaign that shares one, or the member's own."""
        return tuple(self._shown(name) for name in names)

    def post(self, name: str, value: int) -> None:
        """A code that a letter brought, with a worth of its own."""
        self.given[name] = UUID(int=7_000 + len(self.given))
        self.worth[self.given[name]] = value

    def supply(self, reward: str, count: int) -> None:
        """So many of a reward (`shirt/m` of a variant) arrive."""
        place = (CounterKey(f"stock:{reward}", "program", "ever"), "in")
        self.counters[place] = self.counters.get(place, 0) + count

    def _shown(self, name: str) -> CodeSeen:
        shared = self.program.vouchers[name].codes.shared
        if shared is not None:
            return CodeSeen(code_id=UUID(int=_SHARED), voucher=name, code=shared)
        return self._of_member(self.given[name], name, "use")

    def _of_member(self, code_id: UUID, name: str, act: str) -> CodeSeen:
        state = self.states.get(code_id, "open")
        state = "open" if state == "given" else state
        worth = self.worth.get(code_id)
        by_rule = worth is None
        return CodeSeen(
            code_id=code_id, voucher=name, act=act, member_id=MEMBER, given=by_rule, value=worth, state=state
        )

    def ask(self, activity: Activity, **options: Any) -> Decision:
        try:
            return super().ask(activity, **options)
        except FactsNeeded as need:
            lucky = {name: Luck(value=LUCK) for name in need.draws}
            return super().ask(replace(activity, luck={**activity.luck, **lucky}), **options)

    def do(self, activity: Activity, **options: Any) -> Decision:
        while True:
            try:
                decision = self.ask(activity, **options)
                break
            except CodesNeeded as need:
                names = {code_id: name for name, code_id in self.given.items()}
                held = need.held - {one.code_id for one in activity.codes}
                activity = replace(
                    activity,
                    codes=(
                        *activity.codes,
                        *(self._of_member(one, names.get(one, ""), "held") for one in sorted(held)),
                    ),
                    issued={name: self._made(activity, count) for name, count in need.more.items()},
                )
        for change in decision.codes:
            self.states[change.code_id] = change.state or "given"
        for name, codes in (decision.issued or {}).items():
            for code_id in [one.code_id for one in codes if one.code_id is not None]:
                self.given[name] = code_id
        return super().do(replace(activity, issued=decision.issued or activity.issued), **options)

    @staticmethod
    def _made(activity: Activity, count: int) -> tuple[CodeGiven, ...]:
        first = activity.activity_id.int * 10
        return tuple(CodeGiven(code_id=UUID(int=first + n), code=f"CODE-{n}", tail=str(n)) for n in range(count))
