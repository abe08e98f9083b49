"""A small invented world for the language's tests: one schema that has SQL, one for a basket, and their values."""

from __future__ import annotations

import json
import random
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

from regulars.language.contracts import (
    BOOL,
    DATE,
    DURATION,
    INT,
    METRIC_READS_ACTIVITY,
    SEGMENT_READS_MEMBER,
    TEXT,
    TIMESTAMP,
    Amount,
    Field,
    ListOf,
    ListValues,
    Record,
    Root,
    Schema,
    TableValues,
)

NOW = datetime(2026, 11, 21, 22, 30, tzinfo=UTC)
ZONE = "Europe/Chisinau"
LISTS = {
    "cities": ListValues(TEXT, frozenset({"Chișinău", "Bălți", "t3"})),
    "lucky": ListValues(INT, frozenset({7, 11, 13})),
    "prices": ListValues(Amount(2), frozenset({1250, 9900, 100})),
}


STEPS = ("silver", "gold", "platinum")


def plain(name: str, kind: Any, *, nullable: bool = False, jsonb: bool = False) -> Field:
    return Field(kind, f"{{b}}[{name!r}]", f"{{b}}.{name}", nullable, jsonb=jsonb)


def in_json(name: str, kind: Any, sql_type: str, *, nullable: bool = True) -> Field:
    return Field(kind, f"{{b}}.get({name!r})", f"({{b}}->>'{name}')::{sql_type}", nullable)


MEMBER = {
    "tier": Field(TEXT, "{b}['tier']", "{b}.tier", nullable=True, order=STEPS),
    "city": plain("city", TEXT),
    "points": plain("points", INT, nullable=True),
    "visits": plain("visits", INT),
    "balance": plain("balance", Amount(2), nullable=True),
    "spend": plain("spend", Amount(2)),
    "weight": plain("weight", Amount(3), nullable=True),
    "vegan": plain("vegan", BOOL, nullable=True),
    "active": plain("active", BOOL),
    "born": plain("born", DATE, nullable=True),
    "enrolled": plain("enrolled", DATE),
    "joined": plain("joined", TIMESTAMP),
    "seen": plain("seen", TIMESTAMP, nullable=True),
    "pause": plain("pause", DURATION, nullable=True),
    "tags": plain("tags", ListOf(TEXT, 5, 40)),
    "marks": plain("marks", ListOf(INT, 5, 40), nullable=True),
    "attrs": Field(Record("attrs"), "{b}['attrs']", "{b}.attrs", nullable=True),
}
ATTRS = {
    "shoe": in_json("shoe", TEXT, "text"),
    "month": in_json("month", INT, "bigint"),
    "kids": Field(ListOf(Record("kid"), 3, 20), "{b}.get('kids')", "({b}->'kids')", nullable=True, jsonb=True),
    "codes": Field(ListOf(TEXT, 3, 20), "{b}.get('codes')", "({b}->'codes')", nullable=True, jsonb=True),
    "fees": Field(ListOf(Amount(2), 3, 20), "{b}.get('fees')", "({b}->'fees')", nullable=True, jsonb=True),
}
KID = {
    "name": in_json("name", TEXT, "text", nullable=False),
    "age": in_json("age", INT, "bigint"),
    "gift": in_json("gift", Amount(2), "bigint"),
}

SEGMENT = Schema(
    name="segment",
    params=("m", "now", "zone"),
    roots={
        "member": Root("member", Record("member"), "m", sql="m"),
        "now": Root("now", TIMESTAMP, "now"),
    },
    records={"member": MEMBER, "attrs": ATTRS, "kid": KID},
    lists=LISTS,
    zone="zone",
    foreign_roots={"basket": SEGMENT_READS_MEMBER, "line": SEGMENT_READS_MEMBER},
    version="1",
    whole_table=True,
)

LINE = {
    "category": Field(TEXT, "{b}.category", nullable=True),
    "brand": Field(TEXT, "{b}.brand"),
    "amount": Field(Amount(2), "{b}.amount"),
    "discount": Field(Amount(2), "{b}.discount", nullable=True),
    "quantity": Field(Amount(3), "{b}.quantity"),
    "tags": Field(ListOf(TEXT, 3, 20), "{b}.tags"),
}
EARNING = Schema(
    name="earning",
    params=("s",),
    roots={
        "member": Root("member", Record("member"), "s.member"),
        "basket": Root("basket", Record("basket"), "s.basket"),
        "store": Root("store", Record("store"), "s.store", nullable=True),
        "type": Root("type", TEXT, "s.type"),
        "mcc": Root("mcc", TEXT, "s.fields.get('mcc')", nullable=True),
        "now": Root("now", TIMESTAMP, "s.now"),
    },
    records={
        "member": {
            "tier": Field(TEXT, "{b}.tier", nullable=True, order=STEPS),
            "birth_date": Field(DATE, "{b}.birth_date", nullable=True),
            "segments": Field(ListOf(TEXT, 20, 200), "{b}.segments"),
            "tags": Field(ListOf(TEXT, 20, 200), "{b}.tags"),
            "metrics": Field(Record("metrics"), "{b}.metrics"),
        },
        "metrics": {
            "spend_30d": Field(Amount(2), "{b}['spend_30d']"),
            "purchases": Field(INT, "{b}['purchases']"),
        },
        "basket": {
            "lines": Field(ListOf(Record("line"), 30, 500), "{b}.lines"),
            "total": Field(Amount(2), "{b}.total"),
            "at": Field(TIMESTAMP, "{b}.at"),
        },
        "line": LINE,
        "store": {"chain": Field(TEXT, "{b}.chain"), "city": Field(TEXT, "{b}.city", nullable=True)},
    },
    lists=LISTS,
    tables={
        "mcc": TableValues(
            keys=(("mcc", TEXT),),
            columns=(("category", TEXT), ("earns", BOOL), ("rate", Amount(2))),
            rows={
                ("5411",): {"category": "grocery", "earns": True, "rate": 150},
                ("6011",): {"category": "cash", "earns": False},
            },
        )
    },
    zone="s.zone",
    version="1",
)
METRIC = Schema(
    name="metric",
    params=("s",),
    roots={"type": Root("type", TEXT, "s.type")},
    records={},
    foreign_roots={"member": METRIC_READS_ACTIVITY},
)


def line(category: str | None = "pet", amount: int = 1000, **more: Any) -> SimpleNamespace:
    base = {"brand": "acme", "discount": None, "quantity": 1000, "tags": ()}
    return SimpleNamespace(category=category, amount=amount, **{**base, **more})


def scope(*lines: SimpleNamespace, **more: Any) -> SimpleNamespace:
    """Values for EARNING: a gold member at the till."""
    member = {"tier": "gold", "birth_date": date(1990, 2, 28), "segments": ("regular",), "tags": ("vip",)}
    member |= {"metrics": {"spend_30d": 20100, "purchases": 3}}
    member |= more.pop("member", {})
    found = {
        "type": "purchase",
        "store": SimpleNamespace(chain="linella", city="Bălți"),
        "fields": {},
        "now": NOW,
        "zone": ZoneInfo(ZONE),
    }
    total = sum(each.amount for each in lines)
    basket = SimpleNamespace(lines=list(lines), total=total, at=NOW)
    return SimpleNamespace(member=SimpleNamespace(**member), basket=basket, **{**found, **more})


CATEGORIES = ("pet", "dairy", "bread", "tobacco", None)


def random_scope(random_: random.Random) -> SimpleNamespace:
    lines = [
        line(
            random_.choice(CATEGORIES),
            random_.choice((0, 100, 1250, 9900, random_.randint(0, 30_000))),
            brand=random_.choice(("acme", "t3", "whiskas")),
            discount=random_.choice((None, 0, 50, 100)),
            quantity=random_.choice((1000, 2000, 1500, 250)),
            tags=tuple(random_.sample(("fresh", "own", "t3", "bio"), random_.randint(0, 3))),
        )
        for _ in range(random_.choice((0, 1, 3, 8)))
    ]
    member = {
        "tier": random_.choice((None, "silver", "gold", "platinum")),
        "birth_date": random_.choice((None, date(2000, 2, 29), date(1985, 11, 25))),
        "segments": tuple(random_.sample(("regular", "lapsed", "pet_owner"), random_.randint(0, 2))),
        "tags": tuple(random_.sample(("vip", "t3", "staff"), random_.randint(0, 2))),
        "metrics": {"spend_30d": random_.choice((0, 1250, 20_000, 55_555)), "purchases": random_.randint(0, 9)},
    }
    store = random_.choice((None, SimpleNamespace(chain="linella", city=random_.choice((None, "Bălți")))))
    fields = random_.choice(({}, {"mcc": "5411"}, {"mcc": "6011"}, {"mcc": "9999"}))
    return scope(*lines, member=member, store=store, fields=fields, type=random_.choice(("purchase", "return")))


TABLE = """
CREATE TEMP TABLE member (
    id int PRIMARY KEY, tier text, city text NOT NULL, points bigint, visits int NOT NULL, balance bigint,
    spend bigint NOT NULL, weight bigint, vegan boolean, active boolean NOT NULL, born date, enrolled date NOT NULL,
    joined timestamptz NOT NULL, seen timestamptz, pause interval, tags text[] NOT NULL, marks bigint[], attrs jsonb
)
"""
COLUMNS = tuple(part.split()[0] for part in TABLE.split("(", 1)[1].rsplit(")", 1)[0].split(",") if part.strip())
TEXTS = ("gold", "silver", "platinum", "t1", "t3", "42", "", "a'b", 'quo"te', "back\\slash", "чай", "Bălți", "50%_x")
# Days on which something is odd: ends of months, leap days, the days of the clock changes.
DAYS = (
    date(2000, 2, 29),
    date(1996, 2, 29),
    date(2026, 11, 22),
    date(1985, 11, 21),
    date(2026, 3, 29),
    date(2025, 12, 31),
)


def random_member(random_: random.Random, number: int) -> dict[str, Any]:
    def maybe(value: Any, share: float = 0.2) -> Any:
        return None if random_.random() < share else value

    def day() -> date:
        return random_.choice((random_.choice(DAYS), date(1940, 1, 1) + timedelta(random_.randint(0, 31_700))))

    def moment() -> datetime:
        change = random_.choice((datetime(2026, 3, 29, 0, 59, tzinfo=UTC), datetime(2026, 10, 25, 0, 59, tzinfo=UTC)))
        any_ = datetime(2020, 1, 1, tzinfo=UTC) + timedelta(seconds=random_.randint(0, 220_000_000))
        return random_.choice((change + timedelta(minutes=random_.randint(-90, 90)), any_))

    def number_() -> int:
        return random_.choice((0, 1, -1, 3, 7, 11, 100, 2500, random_.randint(-500, 10_000)))

    def kid() -> dict[str, Any]:
        return {"name": random_.choice(TEXTS), "age": maybe(random_.randint(0, 17)), "gift": maybe(number_() * 100)}

    attrs = {
        "shoe": maybe(random_.choice(TEXTS)),
        "month": maybe(random_.randint(1, 12)),
        "kids": [kid() for _ in range(random_.randint(0, 3))],
        "codes": random_.sample(TEXTS, random_.randint(0, 3)),
        "fees": [number_() for _ in range(random_.randint(0, 3))],
    }
    for name in random_.sample(sorted(attrs), random_.randint(0, 3)):
        del attrs[name]
    return {
        "id": number, "tier": maybe(random_.choice(TEXTS)), "city": random_.choice(TEXTS), "points": maybe(number_()),
        "visits": number_(), "balance": maybe(number_() * random_.choice((1, 50, 100))), "spend": number_() * 50,
        "weight": maybe(number_() * 125), "vegan": maybe(random_.random() < 0.5), "active": random_.random() < 0.5,
        "born": maybe(day()), "enrolled": day(), "joined": moment(), "seen": maybe(moment()),
        "pause": maybe(timedelta(minutes=random_.choice((0, 90, 1440, 43_200)))),
        "tags": random_.sample(TEXTS, random_.randint(0, 3)),
        "marks": maybe([number_() for _ in range(random_.randint(0, 3))]), "attrs": maybe(attrs, 0.1),
    }  # fmt: skip


def fill(connection: Any, members: list[dict[str, Any]]) -> None:
    connection.execute(TABLE)
    marks = ", ".join("%s" for _ in COLUMNS)
    for member in members:
        row = [
            json.dumps(member[name]) if name == "attrs" and member[name] is not None else member[name]
            for name in COLUMNS
        ]
        connection.execute(f"INSERT INTO member VALUES ({marks})", row)
