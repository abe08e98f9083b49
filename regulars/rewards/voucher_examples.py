"""What the pages of vouchers show."""

from __future__ import annotations

from typing import Any, Final

_ID: Final = "vch_2c8y4m7k1q9t5w3z6r0x8p2d4f"
GIFT_CARD: Final[dict[str, Any]] = {
    "id": _ID,
    "voucher": "gift_card",
    "state": "open",
    "ending": "8ZT3",
    "title": {"en": "Gift card", "ru": "Подарочная карта", "ro": "Card cadou"},
    "uses_left": 1,
    "value": 50000,
    "currency": "gift",
    "batch": "2026-12",
    "until_at": "2027-12-01T00:00:00Z",
}
HELD: Final[dict[str, Any]] = {
    "id": _ID,
    "voucher": "come_back",
    "state": "open",
    "ending": "K7QZ",
    "code": "BACK-4821-K7QZ",
    "title": {"en": "10 % off your next shop", "ru": "Скидка 10 %", "ro": "10 % reducere"},
    "batch": "given",
    "given_on": "2026-03-02",
    "until": "2026-04-06",
}
LISTED: Final[dict[str, Any]] = {
    "id": _ID,
    "voucher": "summer",
    "state": "blocked",
    "ending": "K7QZ",
    "batch": "2026-05",
}
_ANSWER: Final[dict[str, Any]] = {
    "type": "voucher",
    "occurred_at": "2026-03-03T09:00:00Z",
    "member": {"id": "mem_06a1xk3m7e7hd9y5f2zr8q4w1c"},
    "release": 3,
    "activity_id": "act_06a1xk9pbq7vt3k8m2d6s0y4ae",
    "total": 0,
    "to_pay": 0,
    "returned": 0,
    "currency": "MDL",
    "points": {},
    "lines": [],
    "balances": [],
}
REDEEMED: Final[dict[str, Any]] = {
    **_ANSWER,
    "balances": [{"currency": "gift", "active": 50000, "pending": 0, "held": 0, "arrears": 0}],
}
GIVEN: Final[dict[str, Any]] = {
    **_ANSWER,
    "messages": [
        {
            "to": "receipt",
            "code": "voucher.given",
            "fields": {"voucher": {"en": "Sorry", "ru": "Извините", "ro": "Scuze"}, "code": "SORRY-4821-K7QZ"},
            "text": {
                "en": "Sorry: your code is SORRY-4821-K7QZ.",
                "ru": "Извините: ваш код SORRY-4821-K7QZ.",
                "ro": "Scuze: codul dvs. este SORRY-4821-K7QZ.",
            },
        }
    ],
}
