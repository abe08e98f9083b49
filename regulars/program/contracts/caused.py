"""What a decision causes beside points, and rules may listen to: each event with the facts under `event.`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from regulars.kit.i18n import Text
from regulars.language.contracts import BOOL, INT, TEXT, Field, ListOf, Type


def _field(name: str, kind: Type, words: Text, *, nullable: bool = True) -> Field:
    return Field(kind, f"{{b}}.get({name!r})" if nullable else f"{{b}}[{name!r}]", nullable=nullable, help=words)


_NAME: Final = _field("name", TEXT, Text("its definition", "определение", "definiția"), nullable=False)
_TIER: Final = {
    "name": _field("name", TEXT, Text("the ladder", "лестница уровней", "scara nivelurilor"), nullable=False),
    "level": _field("level", TEXT, Text("the tier now", "уровень теперь", "nivelul de acum")),
    "before": _field("before", TEXT, Text("the tier before", "прежний уровень", "nivelul dinainte")),
    "cause": _field("cause", TEXT, Text("why it moved", "почему изменился", "de ce s-a schimbat")),
}
_CHALLENGE: Final = {
    "name": _NAME,
    "step": _field("step", TEXT, Text("the step taken", "пройденный шаг", "pasul făcut")),
    "times": _field("times", INT, Text("how often completed", "сколько раз пройдено", "de câte ori")),
}
_CONSENT: Final = {
    "name": _field("name", TEXT, Text("the purpose", "цель", "scopul"), nullable=False),
    "channel": _field("channel", TEXT, Text("the channel", "канал", "canalul")),
}
_HOUSEHOLD: Final = {
    "name": _NAME,
    "role": _field("role", TEXT, Text("the role", "роль", "rolul")),
}
_PLAN: Final = {
    "name": _NAME,
    "state": _field("state", TEXT, Text("trial or active", "trial или active", "trial sau active")),
    "cause": _field("cause", TEXT, Text("why", "почему", "de ce")),
}
CAUSED: Final[Mapping[str, Mapping[str, Field]]] = {
    "segment.entered": {"name": _NAME},
    "segment.left": {"name": _NAME},
    "tier.joined": _TIER,
    "tier.up": _TIER,
    "tier.down": _TIER,
    "tier.kept": _TIER,
    "challenge.joined": _CHALLENGE,
    "challenge.step": _CHALLENGE,
    "challenge.completed": _CHALLENGE,
    "challenge.missed": _CHALLENGE,
    "badge.given": {"name": _NAME},
    "limit.hit": {
        "name": _NAME,
        "then": _field(
            "then", TEXT, Text("cut, hold or alert", "cut, hold или alert", "cut, hold sau alert"), nullable=False
        ),
    },
    "choice.made": {
        "name": _NAME,
        "picked": _field("picked", ListOf(TEXT, typical=3, largest=50), Text("what was picked", "выбор", "alegerea")),
        "own": _field(
            "own",
            BOOL,
            Text("whether the member picked it", "выбрано самим участником", "dacă a ales chiar membrul"),
            nullable=False,
        ),
    },
    "board.closed": {
        "name": _NAME,
        "rank": _field("rank", INT, Text("the place", "место", "locul")),
        "score": _field("score", INT, Text("the score", "счёт", "scorul")),
        "tied": _field("tied", INT, Text("how many share the place", "сколько делят место", "câți împart locul")),
    },
    "draw.played": {"name": _NAME, "prize": _field("prize", TEXT, Text("the prize", "приз", "premiul"))},
    "plan.started": _PLAN,
    "plan.renewed": _PLAN,
    "plan.failed": _PLAN,
    "plan.ended": _PLAN,
    "consent.given": _CONSENT,
    "consent.withdrawn": _CONSENT,
    "household.joined": _HOUSEHOLD,
    "household.left": _HOUSEHOLD,
}
"""The one table of what `{event: ...}` may name. Every event has `event.name`: the definition that it is about."""
