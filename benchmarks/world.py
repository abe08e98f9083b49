"""The world of the benchmarks: a program of N rules, goods, stores, and members with baskets, all from a seed."""

from __future__ import annotations

import datetime as dt
import hashlib
import random
from collections.abc import Iterator
from typing import Any, Final
from uuid import UUID

import msgspec

from regulars.activities.contracts import Identifier, Intake, LineIn
from regulars.activities.importing.baskets import Item
from regulars.activities.importing.faults import Fault

CATEGORIES: Final = 40
GOODS: Final = 2_000
STORES: Final = 20
LINES: Final = 5
CLIENT: Final = UUID(int=0xBE7C)


def program_text(rules: int) -> str:
    """A program with this many active rules: a base rule, rules over categories, stores, metrics and schedules."""
    head = """
program: {name: bench, languages: [en, ru, ro], money: EUR, zone: Europe/Chisinau, region: MD, unknown_member: enrol}
currencies:
  points:
    title: {en: Points, ru: Баллы, ro: Puncte}
    kind: points
    expiry: 12 months
    round_up: month
    value: 0.01
    cost: {house: 0.01}
activities:
  purchase: {title: {en: Purchase, ru: Покупка, ro: Cumpărătură}, basket: true}
  return: {title: {en: Return, ru: Возврат, ro: Retur}, basket: true, reverses: purchase}
metrics:
  spent_30: {sum: "basket.total", over: activities, where: "type == 'purchase'", window: 30 days}
  visits_month: {count: activities, where: "type == 'purchase'", window: calendar month}
  spent_ever: {sum: "basket.total", over: activities, where: "type == 'purchase'", window: ever}
rules:
  base:
    kind: base
    trigger: purchase
    effects: [{give: points, amount: "basket.base / 1.00"}]
"""
    return head + "".join(_rule(number) for number in range(1, rules))


def _rule(number: int) -> str:
    category = f"C{number % CATEGORIES}"
    # A hundred and more rules are about single goods, as those of a large chain are.
    lines = f"line.category == '{category}'" if number < 100 else f"line.sku == 'G{number}'"
    conditions = (
        f"member.metrics.spent_30 > {number % 90 + 10}.00",
        f"store.id == 'S{number % STORES}'",
        f"basket.total > {number % 40}.00 && member.metrics.visits_month > {number % 7}",
        f"member.metrics.spent_ever > {number % 500}.00",
    )
    return (
        f'  r{number}: {{trigger: purchase, if: "{conditions[number % len(conditions)]}", lines: "{lines}",'
        f' effects: [{{give: points, amount: "{number % 3 + 1}", per: unit}}]}}\n'
    )


def standing_text() -> str:
    """The same trade with 200 rules, 3 ladders, 3 challenges and 20 segments: what a member becomes at a till."""
    conditions = ("spent_30 > {n}0.00", "visits_month > {n}", "spent_ever > {n}00.00", "visits_month == {n}")
    segments = "".join(
        f'  s{number}: {{if: "member.metrics.{conditions[number % 4].format(n=number)}"}}\n' for number in range(20)
    )
    return f"""{program_text(200)}segments:
{segments}ladders:
  status: {{qualify: "member.metrics.spent_ever", levels: {{green: 0, silver: 100.00, gold: 1000.00}}}}
  month: {{qualify: "member.metrics.spent_30", levels: {{low: 0, high: 200.00}}}}
  visitor: {{qualify: "member.metrics.visits_month", levels: {{new: 0, regular: 3, friend: 8}}}}
challenges:
  five:
    {{goal: "member.metrics.visits_month", target: "5", window: calendar month,
     effects: [{{give: points, amount: "10"}}]}}
  big: {{goal: "member.metrics.spent_ever", target: "500.00", effects: [{{give: points, amount: "20"}}]}}
  again:
    {{goal: "member.metrics.spent_ever", target: "300.00", recurrence: again,
     effects: [{{give: points, amount: "30"}}]}}
"""


VOUCHERS: Final = tuple(f"SAVE-{number}" for number in range(5))
"""The shared codes of the vouchers of `prices_text`."""


def prices_text() -> str:
    """The same trade with 20 live offers that this member has, of which a basket meets 6, and 5 vouchers that all hold,
    in groups of the best and the first: what a busy till sees.

    The others are about goods that are seldom in a basket (8), about baskets that are larger (3), or about the app (3).
    """
    return _prices(
        [
            *(_MET for _ in range(6)),
            *(f"lines: \"line.sku in ['G{number}', 'G{number + 900}']\"" for number in range(5)),
            *(f"lines: \"line.category == 'C{number}'\"" for number in range(3)),
            *(f'if: "basket.total >= {500 + 100 * number}.00"' for number in range(3)),
            *("if: \"channel == 'app'\"" for _ in range(3)),
        ]
    )


def prices_all_text() -> str:
    """The same where all 20 offers hold for every basket: more than any shop does to itself."""
    return _prices([_MET] * 20)


_MET: Final = 'if: "basket.total >= 2.00"'


def _prices(conditions: list[str]) -> str:
    effects = (
        '{discount: {percent: "10"}, group: goods}',
        '{discount: {amount: "2.00"}, on: basket, group: goods}',
        '{discount: {percent: "100"}, which: nth, count: 3, group: deals}',
        '{discount: {per_unit: "0.10"}, group: deals}',
    )
    offers = "".join(
        f'  o{number}: {{audience: "member.metrics.visits_month >= 0", uses: 1000000, {condition},'
        f" effects: [{effects[number % 4]}], priority: {number}}}\n"
        for number, condition in enumerate(conditions)
    )
    vouchers = "".join(
        f'  v{number}: {{codes: {{shared: {code}}}, if: "basket.total >= 5.00",'
        f' effects: [{{discount: {{amount: "{number + 1}.00"}}, on: basket, group: codes}}], priority: {number}}}\n'
        for number, code in enumerate(VOUCHERS)
    )
    return f"""{program_text(50)}stacking:
  till: {{groups: {{goods: {{mode: best}}, deals: {{mode: best}}, codes: {{mode: first}}}}, largest_basket: 0.7}}
offers:
{offers}vouchers:
{vouchers}"""


def lines_of(draw: random.Random, count: int = LINES) -> list[dict[str, Any]]:
    """The lines of a basket as a till sends them."""
    return [
        {"sku": f"G{draw.randrange(GOODS)}", "quantity": draw.randrange(1, 4), "amount": draw.randrange(50, 2_000)}
        for _ in range(count)
    ]


class Request(msgspec.Struct, frozen=True):
    """One request of the load maker: its key, and the body as bytes."""

    key: str
    body: bytes


def requests(
    *, run: str, seed: int, members: int, skewed: bool = False, keyed: bool = True, codes: tuple[str, ...] = ()
) -> Iterator[Request]:
    """Purchases (or quotes, without a document) for ever; with `skewed` 1 % of the members make 20 % of them."""
    draw = random.Random(seed)
    number = 0
    while True:
        number += 1
        hot = skewed and draw.random() < 0.2
        member = draw.randrange(max(members // 100, 1)) if hot else draw.randrange(members)
        key = f"{run}-{seed}-{number}"
        body: dict[str, Any] = {"member": {"own_id": f"M{member}"}, "store": f"S{draw.randrange(STORES)}"}
        body |= {"till": "1", "lines": lines_of(draw)} | ({"document": key, "source": "bench"} if keyed else {})
        body |= {"vouchers": list(codes)} if codes else {}
        yield Request(key, msgspec.json.encode(body))


class HistoryPlan(msgspec.Struct, frozen=True, kw_only=True):
    """A history to import: so many members with so many activities each."""

    program_id: int
    run: str
    members: int
    each: int
    first: int = 0
    until: dt.datetime


def history(plan: HistoryPlan, part: int, parts: int, after: int) -> Iterator[Item | Fault]:
    """The activities of a part, member by member in the order of time."""
    row = 0
    for member in range(plan.first + part, plan.first + plan.members, parts):
        draw = random.Random(member)
        for number in range(plan.each):
            row += 1
            if row > after:
                yield Item(row, row, _intake(plan, member, number, draw))


def _intake(plan: HistoryPlan, member: int, number: int, draw: random.Random) -> Intake:
    document = f"{plan.run}-{member}-{number}"
    lines = tuple(
        LineIn(no=no, sku=line["sku"], quantity=line["quantity"] * 1000, amount=line["amount"])
        for no, line in enumerate(lines_of(draw), start=1)
    )
    return Intake(
        program_id=plan.program_id,
        client_id=CLIENT,
        key=None,
        digest=hashlib.sha256(document.encode()).digest(),
        type="purchase",
        received_at=plan.until,
        occurred_at=plan.until - dt.timedelta(days=(plan.each - number) * 300 // plan.each, minutes=member % 600),
        who=(Identifier(kind="own_id", value=f"M{member}"),),
        source="bench",
        document=document,
        store=f"S{draw.randrange(STORES)}",
        lines=lines,
    )
