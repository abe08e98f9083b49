"""What the pages of offers show: one request and one answer of each, as they stand in JSON."""

from __future__ import annotations

from typing import Any, Final

OFFER: Final[dict[str, Any]] = {
    "name": "come_back",
    "title": {"en": "10 % off your next shop", "ru": "Скидка 10 %", "ro": "10 % reducere"},
    "text": {"en": "From 250.00", "ru": "От 250,00", "ro": "De la 250,00"},
    "state": "offered",
    "since": "2026-03-02T10:00:00Z",
    "through": "2026-03-16",
    "uses": 1,
    "params": {"least": {"amount": 25000, "scale": 2}},
    "reason": "win_back",
}
SAID: Final[dict[str, Any]] = {
    "type": "offer",
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
    "balances": [{"currency": "points", "active": 120, "pending": 0, "held": 0, "arrears": 0}],
}
