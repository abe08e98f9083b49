"""Many rules: finding those that have a chance changes nothing but the time that it takes."""

from __future__ import annotations

import datetime as dt
from typing import Any

from regulars.engine import indexing
from regulars.engine.contracts.activity import Activity, Line, Store
from regulars.engine.contracts.decision import Decision
from regulars.program.contracts.definitions import Segment
from regulars.program.contracts.values import Schedule
from tests.engine.shop import Shop, at, base, give, rule

EVENING = Schedule(hours=((dt.time(17), dt.time(20)),))
RULES = 240
BASKETS = 48


def many_rules() -> list[Any]:
    """Rules of five kinds: a brand and a category, a brand in the evening, a store and a category, a segment and a
    brand, and a basket of some size.
    """
    made: list[Any] = [
        base(),
        Segment(name="young", if_="member.joined_on.addDays(60) >= today()"),
        Segment(name="nobody", static=True),
    ]
    for n in range(RULES):
        brand, category = f"brand {n % 12}", f"category {n % 7}"
        kinds: list[dict[str, Any]] = [
            {"lines": f"line.brand == '{brand}' && line.category == '{category}'"},
            {"lines": f"line.brand == '{brand}'", "schedule": EVENING},
            {"lines": f"line.category == '{category}'", "if": f"store != null && store.id in ['s{n % 5}', 's9']"},
            {"lines": f"line.brand in ['{brand}', 'other']", "audience": "young" if n % 2 else "nobody"},
            {"if": f"basket.total >= {n}.00"},
        ]
        made.append(rule(f"rule_{n}", give(str(n + 1)), **kinds[n % 5]))
    return made


def basket(shop: Shop, number: int) -> Activity:
    """A basket of three lines in one of six stores, or in none, an hour after the one before."""
    shop.now = at("2026-03-02 00:00") + dt.timedelta(hours=number)
    bought = tuple(
        Line(no=no, amount=2_500 * no, brand=f"brand {(number + no) % 15}", category=f"category {number * no % 9}")
        for no in (1, 2, 3)
    )
    return shop.activity("purchase", lines=bought, store=Store(id=f"s{number % 6}") if number % 4 else None)


def fired(decision: Decision) -> dict[str, int]:
    return {one.rule: one.points for one in decision.fired}


def differing(shop: Shop) -> int:
    """In how many of the baskets something else fires than when every rule is run, as for an explanation."""
    found = 0
    for number in range(BASKETS):
        activity = basket(shop, number)
        found += fired(shop.ask(activity)) != fired(shop.ask(activity, trace=True))
    return found


def finder(shop: Shop) -> indexing.RuleFinder:
    found = shop.compiled.type("purchase")._finder
    assert found is not None
    return found


def test_rules_that_were_not_looked_at_would_not_have_fired() -> None:
    shop = Shop(*many_rules())
    assert differing(shop) == 0
    # What the law compares is not nothing: 48 baskets of 150.00 each fire the sizes 4.00 to 149.00, every fifth rule.
    assert sum(name.startswith("rule_") for name in fired(shop.ask(basket(shop, 1)))) >= 30


def test_a_sieve_that_loses_a_rule_is_noticed() -> None:
    shop = Shop(*many_rules())
    for sieve in finder(shop)._sieves:
        if isinstance(sieve, indexing.Sieve):
            # A broken sieve: no value suits any rule.
            sieve.rows = [(read, needing, {}) for read, needing, _ in sieve.rows]
    assert differing(shop) > 0


def test_few_rules_are_all_run() -> None:
    shop = Shop(rule("s", give("1"), lines="line.brand == 'b'"), base())
    activity = basket(shop, 1)
    # Asking the index would cost more than running them.
    assert shop.compiled.type("purchase")._finder is None
    assert sorted(one.rule for one in shop.ask(activity, trace=True).trace) == ["base", "s"]


def test_a_bit_stands_for_each_place() -> None:
    assert indexing._bits([("a", 0), ("b", 1), ("a", 9)]) == {"a": 0b10_0000_0001, "b": 0b10}
