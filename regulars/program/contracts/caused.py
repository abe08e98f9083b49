"""What a decision causes beside points, and rules may listen to: each event with the facts under `event.`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from regulars.kit.i18n import Text
from regulars.language.contracts import BOOL, INT, TEXT, Amount, Field, ListOf, Type


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
_POINTS: Final = {
    "name": _field("name", TEXT, Text("the currency", "валюта", "moneda"), nullable=False),
    "points": _field("points", INT, Text("how many, in smallest units", "сколько, в мин. единицах", "câte")),
}
MOVED: Final = {
    "name": _field("name", TEXT, Text("the currency", "валюта", "moneda"), nullable=False),
    "points": _field("points", INT, Text("how many", "сколько", "câte"), nullable=False),
}
"""Of points that pass between members; `points` at the largest scale of the program's currencies."""
_OFFER: Final = {
    "by": _field("by", TEXT, Text("who gave it", "кто дал", "cine a dat-o")),
    "times": _field("times", INT, Text("how often used", "сколько раз использовано", "de câte ori s-a folosit")),
    "cause": _field("cause", TEXT, Text("why it ended", "почему закончилось", "de ce s-a încheiat")),
}
_REWARD: Final = {
    "name": _field("name", TEXT, Text("the reward", "награда", "recompensa"), nullable=False),
    "order": _field("order", TEXT, Text("the order", "заказ", "comanda")),
    "quantity": _field("quantity", INT, Text("how many", "сколько", "câte")),
    "variant": _field("variant", TEXT, Text("the variant", "вариант", "varianta")),
    "choice": _field("choice", TEXT, Text("what was chosen", "что выбрано", "ce s-a ales")),
    "value": _field("value", Amount(2), Text("what it costs", "себестоимость", "costul")),
    "reason": _field("reason", TEXT, Text("why", "почему", "de ce")),
}
_SERVICE: Final = {
    "name": _field("name", TEXT, Text("the service", "услуга", "serviciul"), nullable=False),
    "order": _field("order", TEXT, Text("the order", "заказ", "comanda")),
}
_VOUCHER: Final = {
    "name": _NAME,
    "id": _field("id", TEXT, Text("the id of the code", "номер кода", "numărul codului")),
}
REFERRED: Final = {
    "name": _NAME,
    "side": _field(
        "side", TEXT, Text("friend or referrer", "friend или referrer", "friend sau referrer"), nullable=False
    ),
    "level": _field(
        "level",
        INT,
        Text(
            "0 friend, 1 referrer, 2 and 3 above", "0 друг, 1 пригласивший, 2 и 3 выше", "0 prieten, 1, 2, 3 deasupra"
        ),
        nullable=False,
    ),
    "total": _field(
        "total", INT, Text("the basket that counted", "засчитанная корзина", "coșul care a contat"), nullable=False
    ),
}
"""Of a friend who counts; `total` in the program's money."""
CAUSED: Final[Mapping[str, Mapping[str, Field]]] = {
    "referral.converted": REFERRED,
    "points.sent": MOVED,
    "points.received": MOVED,
    "points.came_back": MOVED,
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
    "offer.given": {"name": _NAME, "by": _OFFER["by"]},
    "offer.activated": {"name": _NAME},
    "offer.used": {"name": _NAME, "times": _OFFER["times"]},
    "offer.refused": {"name": _NAME},
    "offer.ended": {"name": _NAME, "times": _OFFER["times"], "cause": _OFFER["cause"]},
    "plan.started": _PLAN,
    "plan.renewed": _PLAN,
    "plan.failed": _PLAN,
    "plan.ended": _PLAN,
    "points.exchanged": {
        **_POINTS,
        "to": _field("to", TEXT, Text("the other currency", "другая валюта", "cealaltă monedă")),
        "given": _field("given", INT, Text("how many came of it", "сколько получено", "câte s-au obținut")),
    },
    "points.bought": {
        **_POINTS,
        "money": _field("money", INT, Text("minor units paid", "оплачено, в минимальных единицах", "plătit, în bani")),
    },
    "points.paid_out": _POINTS,
    "points.pay_out_failed": _POINTS,
    "voucher.given": _VOUCHER,
    "voucher.used": _VOUCHER,
    "voucher.returned": _VOUCHER,
    "voucher.ended": _VOUCHER,
    "voucher.activated": _VOUCHER,
    "consent.given": _CONSENT,
    "consent.withdrawn": _CONSENT,
    "household.joined": _HOUSEHOLD,
    "household.left": _HOUSEHOLD,
    "reward.ordered": _REWARD,
    "reward.fulfilled": _REWARD,
    "reward.failed": _REWARD,
    "reward.cancelled": _REWARD,
    "reward.expired": _REWARD,
    "service.started": _SERVICE,
    "service.ended": _SERVICE,
}
"""The one table of what `{event: ...}` may name. Every event has `event.name`: the definition that it is about."""
