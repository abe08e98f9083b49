"""One story in JSON, told by the examples of the API description: Ana buys, pays with points, returns."""

from __future__ import annotations

from typing import Any, Final

MEMBER: Final = "mem_06DQ8TT3GJVX1W5Q2N0E9YHK4C"
PURCHASE: Final = "act_06DQ8V0M2KQ7A4RYD1T3ZC5E9G"
HOLD: Final = "hld_06DQ8V1N8WB2S6XHF0Q4JM7P3R"

BASKET: Final[dict[str, Any]] = {
    "member": {"phone": "+40722123456"},
    "store": "31",
    "till": "4",
    "lines": [
        {"sku": "1029743", "name": "Milk 1 l", "category": "DAIRY", "quantity": 2, "amount": 598},
        {"sku": "995242", "name": "Apples", "category": "APPLES", "quantity": "1.250", "unit": "kg", "amount": 374},
    ],
}
ANSWER: Final[dict[str, Any]] = {
    "type": "purchase",
    "occurred_at": "2026-11-21T16:20:00Z",
    "member": {"id": MEMBER, "new": True, "card": "904417382056"},
    "release": 3,
    "total": 972,
    "to_pay": 972,
    "returned": 0,
    "currency": "USD",
    "points": {"points": 9},
    "lines": [{"no": 1, "points": {"points": 6}}, {"no": 2, "points": {"points": 3}}],
    "balances": [{"currency": "points", "active": 9, "pending": 0, "held": 0, "arrears": 0}],
    "expiring": [{"currency": "points", "points": 9, "expires_at": "2027-12-01T05:00:00Z"}],
    "messages": [
        {
            "to": "receipt",
            "code": "points.earned",
            "fields": {"points": 9},
            "text": {"en": "You earned 9 points.", "ru": "Вы получили 9 баллов.", "ro": "Ați primit 9 puncte."},
        }
    ],
}
QUOTED: Final = {**ANSWER, "token": "3mX0uQ..."}
PURCHASE_BODY: Final = {**BASKET, "document": "0004-118", "token": "3mX0uQ..."}
PURCHASED: Final = {"activity_id": PURCHASE, **ANSWER, "as_quoted": True}
PAYING_BODY: Final = {
    **BASKET,
    "document": "0004-119",
    "pay": [{"currency": "points", "points": "max"}],
}
PAID: Final = {
    "activity_id": PURCHASE,
    **ANSWER,
    "to_pay": 472,
    "paid": [{"currency": "points", "points": 500, "amount": 500}],
}
RETURN_BODY: Final[dict[str, Any]] = {
    "sale": {"activity_id": PURCHASE},
    "lines": [{"no": 1, "quantity": 1}],
    "reason": "damaged",
}
RETURNED: Final = {
    "activity_id": PURCHASE,
    "type": "return",
    "occurred_at": "2026-11-22T09:00:00Z",
    "member": {"id": MEMBER},
    "release": 3,
    "total": 0,
    "to_pay": -299,
    "returned": 299,
    "currency": "USD",
    "points": {"points": -3},
    "lines": [{"no": 1, "points": {"points": -3}}],
    "balances": [{"currency": "points", "active": 6, "pending": 0, "held": 0, "arrears": 0}],
}
EXCHANGE_BODY: Final = {**BASKET, "sale": {"activity_id": PURCHASE}, "returned": [{"no": 1}], "reason": "other size"}
# Also where nothing was bought a till finds these.
_NO_GOODS: Final[dict[str, Any]] = {
    "total": 0,
    "to_pay": 0,
    "returned": 0,
    "currency": "USD",
    "points": {},
    "lines": [],
}
HOLD_BODY: Final = {"member": {"card": "904417382056"}, "currency": "points", "points": 200, "ttl_s": 900}
HELD: Final = {
    "activity_id": PURCHASE,
    "type": "hold",
    "occurred_at": "2026-11-21T16:20:00Z",
    "member": {"id": MEMBER},
    "release": 3,
    **_NO_GOODS,
    "balances": [{"currency": "points", "active": 9, "pending": 0, "held": 200, "arrears": 0}],
    "holds": [
        {
            "id": HOLD,
            "currency": "points",
            "points": 200,
            "captured": 0,
            "state": "open",
            "expires_at": "2026-11-21T16:35:00Z",
        }
    ],
}
VISIT_BODY: Final = {"type": "visit", "member": {"qr": "904417382056"}, "store": "31"}
ADJUST_BODY: Final = {
    "type": "adjust",
    "member": {"id": MEMBER},
    "adjustment": {"currency": "points", "points": 50, "reason": "late delivery"},
}
VISITED: Final = {
    "activity_id": PURCHASE,
    "type": "visit",
    "occurred_at": "2026-11-21T16:20:00Z",
    "member": {"id": MEMBER},
    "release": 3,
    **_NO_GOODS,
    "balances": [{"currency": "points", "active": 9, "pending": 0, "held": 0, "arrears": 0}],
}
EXPLANATION: Final = {
    "activity_id": PURCHASE,
    "type": "purchase",
    "release": 3,
    "occurred_at": "2026-11-21T16:20:00Z",
    "points": {"points": 9},
    "rules": [
        {"rule": "base", "fired": True, "because": "fired", "points": {"points": 9}},
        {"rule": "weekend", "fired": False, "because": "asleep"},
    ],
}
SIMULATED: Final = {
    "release": 0,
    "type": "purchase",
    "occurred_at": "2026-12-01T16:30:00Z",
    "points": {"points": 123},
    "rules": EXPLANATION["rules"],
    "answer": {
        "type": "purchase",
        "occurred_at": "2026-12-01T16:30:00Z",
        "member": {"id": "imagined"},
        "release": 0,
        "total": 12345,
        "to_pay": 12345,
        "returned": 0,
        "points": {"points": 123},
        "lines": [{"no": 1, "points": {"points": 123}}],
        "balances": [{"currency": "points", "active": 123, "pending": 0, "held": 0, "arrears": 0}],
    },
    "refused": None,
    "events": [],
    "segments": [{"segment": "fans", "entered": True}],
    "tiers": {},
}
RECORDED: Final = {
    "activity_id": PURCHASE,
    "member": MEMBER,
    "type": "purchase",
    "occurred_at": "2026-11-21T16:20:00Z",
    "release": 3,
    "store": "31",
    "document": "0004-118",
    "total": 598,
    "discount": 0,
    "points": {"points": 6},
    "lines": [
        {"no": 1, "sku": "1029743", "name": "Milk 1 l", "category": "DAIRY", "quantity": "2", "amount": 598},
    ],
    "reverses": None,
}

PICKED: Final[dict[str, Any]] = {
    "type": "choice",
    "occurred_at": "2027-03-10T09:00:00Z",
    "member": {"id": MEMBER},
    "release": 3,
    "activity_id": PURCHASE,
    "total": 0,
    "to_pay": 0,
    "returned": 0,
    "points": {},
    "lines": [],
    "balances": [{"currency": "points", "active": 9, "pending": 0, "held": 0, "arrears": 0}],
    "messages": [
        {
            "to": "receipt",
            "code": "choice.made",
            "fields": {"choice": "mine", "picked": "bread, milk"},
            "text": {"en": "Favourites: Bread, Milk", "ru": "Любимое: Хлеб, Молоко", "ro": "Favorite: Pâine, Lapte"},
        }
    ],
}
CONSENTED: Final[dict[str, Any]] = {**PICKED, "type": "consent", "messages": []}
CHOICE: Final[dict[str, Any]] = {
    "name": "mine",
    "title": {"en": "Favourites", "ru": "Любимое", "ro": "Favorite"},
    "text": {},
    "options": ["bread", "milk", "fish"],
    "names": {"bread": {"en": "Bread", "ru": "Хлеб", "ro": "Pâine"}},
    "offered": ["bread", "milk"],
    "allowed": 2,
    "picked": ["bread"],
    "own": True,
    "open": True,
    "decide_by": "2027-03-05",
    "ends_on": "2027-03-31",
    "fee": {"points": 100},
    "later": None,
    "later_from": None,
    "next_opens_on": "2027-03-25",
    "next_open": False,
}
CONSENT: Final[dict[str, Any]] = {
    "purpose": "offers",
    "title": {"en": "Offers", "ru": "Предложения", "ro": "Oferte"},
    "version": "v1",
    "texts": {"v1": {"en": "Offers that suit you", "ru": "Предложения для вас", "ro": "Oferte potrivite"}},
    "needs_consent": True,
    "counts": True,
    "given": True,
    "given_version": "v1",
    "said_on": "2027-03-10",
    "lapses_on": None,
    "channels": {"email": True, "sms": False},
    "attributes": ["hobby"],
    "activities": [],
}
CONSENT_WORD: Final[dict[str, Any]] = {
    "purpose": "offers",
    "channel": None,
    "given": True,
    "version": "v1",
    "source": "app",
    "proof": None,
    "said_at": "2027-03-10T09:00:00Z",
    "activity_id": PURCHASE,
}
TIER: Final[dict[str, Any]] = {
    "ladder": "status",
    "title": {"en": "Status", "ru": "Статус", "ro": "Statut"},
    "main": True,
    "level": "silver",
    "level_title": {"en": "Silver", "ru": "Серебро", "ro": "Argint"},
    "benefits": [{"en": "Free delivery", "ru": "Бесплатная доставка", "ro": "Livrare gratuită"}],
    "since": "2027-03-10",
    "through": "2027-12-31",
    "held": "reached",
    "projected": "silver",
    "next": "gold",
    "next_title": {"en": "Gold", "ru": "Золото", "ro": "Aur"},
    "all_measures": False,
    "missing": [
        {
            "measure": "",
            "title": {"en": "Spent", "ru": "Потрачено", "ro": "Cheltuit"},
            "need": {"amount": 100000, "scale": 2},
            "have": {"amount": 75000, "scale": 2},
            "missing": {"amount": 25000, "scale": 2},
        }
    ],
    "to_keep": [],
    "lost_on": None,
    "warned": False,
    "says": [
        {
            "en": "Spent: 250.00 more to Gold.",
            "ru": "Потрачено: ещё 250,00 до уровня «Золото».",
            "ro": "Cheltuit: încă 250,00 până la Aur.",
        }
    ],
}
TIER_SET: Final[dict[str, Any]] = {
    **PICKED,
    "type": "tier",
    "messages": [
        {
            "to": "receipt",
            "code": "tier.up",
            "fields": {"ladder": "status", "level": {"en": "Gold", "ru": "Золото", "ro": "Aur"}},
            "text": {
                "en": "Your new level: Gold.",
                "ru": "Ваш новый уровень: Золото.",
                "ro": "Noul dvs. nivel: Aur.",
            },
        }
    ],
}

PLAN: Final[dict[str, Any]] = {
    "name": "gold_club",
    "title": {"en": "Gold club", "ru": "Золотой клуб", "ro": "Club de aur"},
    "text": {},
    "state": "active",
    "since": "2026-04-01T09:00:00Z",
    "until": "2027-04-01",
    "benefits_until": "2027-04-08",
    "price": 4900,
    "trial_used": True,
}
IN_PLAN: Final[dict[str, Any]] = {**PICKED, "type": "plan"}

CHALLENGE: Final[dict[str, Any]] = {
    "name": "explorer",
    "title": {"en": "Explorer", "ru": "Исследователь", "ro": "Explorator"},
    "text": {},
    "picture": "/pictures/explorer.png",
    "state": "joined",
    "join": "tap",
    "team": False,
    "progress": 3,
    "target": 6,
    "steps": [],
    "times": 0,
    "ends_on": "2027-03-31",
}
BADGE: Final[dict[str, Any]] = {
    "name": "explorer",
    "title": {"en": "Explorer", "ru": "Исследователь", "ro": "Explorator"},
    "picture": "/pictures/explorer.png",
    "times": 2,
    "last_on": "2027-02-11",
}
JOINED: Final[dict[str, Any]] = {
    **PICKED,
    "type": "challenge",
    "messages": [
        {
            "to": "receipt",
            "code": "challenge.joined",
            "fields": {"challenge": "explorer", "progress": 3, "target": 6},
            "text": {
                "en": "Explorer: joined, 3 of 6.",
                "ru": "Исследователь: участие начато, 3 из 6.",
                "ro": "Explorator: înscriere, 3 din 6.",
            },
        }
    ],
}
EXCHANGED_POINTS: Final[dict[str, Any]] = {
    **PICKED,
    "type": "transfer",
    "points": {"points": -48, "miles": 16},
    "balances": [
        {"currency": "points", "active": 52, "pending": 0, "held": 0, "arrears": 0},
        {"currency": "miles", "active": 16, "pending": 0, "held": 0, "arrears": 0},
    ],
    "messages": [],
}
BOUGHT_POINTS: Final[dict[str, Any]] = {
    **PICKED,
    "type": "transfer",
    "points": {"miles": 1000},
    "balances": [{"currency": "miles", "active": 1000, "pending": 0, "held": 0, "arrears": 0}],
    "messages": [],
}
REVIEW: Final = {
    "activity_id": "act_06DQ8V0M2KQ7A4RYD1T3ZC5E9G",
    "member": "mem_06DQ8V0M2KQ7A4RYD1T3ZC5E9H",
    "type": "adjust",
    "why": "by_hand",
    "does_nothing_before": True,
    "opened_at": "2027-03-10T09:00:00Z",
    "until": None,
    "by": "stf_06DQ8V0M2KQ7A4RYD1T3ZC5E9J",
    "currency": "points",
    "points": 800,
    "through": None,
    "reason": "a lost parcel",
    "note": None,
}
TILL: Final = {
    "id": "til_06DQ8V0M2KQ7A4RYD1T3ZC5E9T",
    "name": "2",
    "store": "s1",
    "floor": 2000,
    "created_at": "2027-03-10T09:00:00Z",
    "highest": 40,
    "missing": [[17, 18]],
    "refused": 1,
    "faulty": 0,
}
UPLOAD: Final = {
    "till_time": "2027-03-10T18:00:00Z",
    "activities": [
        {
            "number": 3,
            "signature": "zu1vG4UVmWXWZ0mKZcYvWcHq3YkV6cV8oU4yQxT7mKQ2b8o1S2l9mYHfC0aJc4lVxJmZrGm3v0YtqfBw6t8nDA==",
            "purchase": {
                "member": {"card": "965817956906"},
                "occurred_at": "2027-03-10T17:02:11Z",
                "source": "till-2",
                "document": "0003",
                "lines": [{"name": "Cheese", "amount": 1050}],
            },
        }
    ],
}
UPLOADED: Final = {
    "clock_offset_s": 0,
    "results": [
        {
            "number": 3,
            "outcome": "applied",
            "activity_id": "act_06DQ8V0M2KQ7A4RYD1T3ZC5E9P",
            "answer": PURCHASED,
        }
    ],
    "highest": 3,
    "missing": [[2, 2]],
}
