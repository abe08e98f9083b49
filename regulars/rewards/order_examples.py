"""What orders look like, for the OpenAPI page."""

from __future__ import annotations

from typing import Any, Final

MEMBER: Final = "mem_06DQ8TT3GJVX1W5Q2N0E9YHK4C"
ID: Final = "ord_06DQ8V0M2KQ7A4RYD1T3ZC5E9G"
ORDER: Final[dict[str, Any]] = {
    "id": ID,
    "member": MEMBER,
    "reward": "mug",
    "state": "open",
    "step": 1,
    "does": "parcel",
    "target": "",
    "stage": "packed",
    "placed_at": "2027-03-02T10:00:00Z",
    "changed_at": "2027-03-03T08:30:00Z",
    "due_at": "2027-04-01T21:00:00Z",
    "service": "",
    "ends_at": None,
    "tries": 0,
    "fault": None,
    "form": {"address": "Str. Pușkin 22, Chișinău"},
    "detail": {"points": {"points": 900}, "money": 0, "quantity": 1, "variant": "blue"},
}
ORDERS: Final = {"items": [ORDER], "next_cursor": None}
SERVICES: Final = {
    "items": [
        {
            **ORDER,
            "reward": "lounge",
            "state": "fulfilled",
            "step": 0,
            "does": "",
            "stage": "",
            "due_at": None,
            "service": "lounge_visit",
            "ends_at": "2027-03-04T22:00:00Z",
            "form": {},
            "detail": {"points": {"points": 5000}, "money": 0, "quantity": 1},
        }
    ],
    "next_cursor": None,
}
ANSWER: Final = {
    "activity_id": "act_06DQ8V0M2KQ7A4RYD1T3ZC5E9G",
    "type": "order",
    "occurred_at": "2027-03-02T10:00:00Z",
    "member": {"id": MEMBER},
    "release": 3,
    "total": 0,
    "to_pay": 0,
    "returned": 0,
    "points": {},
    "lines": [],
    "balances": [{"currency": "points", "active": 350, "pending": 0, "held": 900, "arrears": 0}],
    "orders": [
        {
            "id": ID,
            "reward": "mug",
            "state": "open",
            "step": 1,
            "does": "parcel",
            "stage": "packed",
            "due_at": "2027-04-01T21:00:00Z",
        }
    ],
}
CATALOGUE: Final = {
    "items": [
        {
            "reward": "mug",
            "title": {"en": "Mug", "ru": "Кружка", "ro": "Cană"},
            "text": {},
            "type": "sent_home",
            "affordable": True,
            "why_not": None,
            "condition": None,
            "prices": [{"points": {"points": 900}}],
            "variants": ["blue", "red"],
            "variant": None,
            "choose": [],
            "bundle": [],
            "left": {"blue": 3, "red": 0},
            "till": False,
            "pictures": [
                {
                    "reward": "mug",
                    "language": "any",
                    "sort": 0,
                    "picture": "https://img.example/mug.jpg",
                    "text": "0.4 l",
                }
            ],
        }
    ],
    "next_cursor": None,
}
