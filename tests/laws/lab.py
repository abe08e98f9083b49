"""A shop in which random tests live: a program that uses much, histories of a member, and a picture of all that is stored."""

from __future__ import annotations

import asyncio
import datetime as dt
import hashlib
import os
from collections.abc import Callable, Coroutine, Sequence
from itertools import count
from typing import Any, TypeVar
from uuid import UUID

import msgspec
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st

from regulars.activities import service as activities
from regulars.activities.contracts import Answer, Identifier, Intake, LineIn, Reply, SaleRef
from regulars.activities.service import Runtime
from regulars.engine.contracts.activity import (
    Adjustment,
    ChallengeAct,
    ChoiceMade,
    ConsentSaid,
    HoldAction,
    PointsPayment,
    ProfileChange,
    ReturnedLine,
    TierSet,
)
from regulars.engine.contracts.gifts import OfferAct
from regulars.kit import ids
from regulars.kit.database import Database

T = TypeVar("T")
START = dt.datetime(2026, 3, 2, 9, 0, tzinfo=dt.UTC)
MORE = int(os.environ.get("REGULARS_LAWS", "1"))
"""How many times as many examples as in an ordinary run."""

PROGRAM = """
program: {name: lab, title: {en: Lab, ru: Лаборатория, ro: Laborator}, money: EUR, zone: Europe/Bucharest}
purposes:
  service:
    title: {en: Service, ru: Обслуживание, ro: Serviciu}
    texts: {v1: {en: To serve you, ru: Для обслуживания, ro: Pentru a vă servi}}
currencies:
  points:
    title: {en: Points, ru: Баллы, ro: Puncte}
    expiry: 20 days
    round_up: day
    value: 0.01
    cost: {house: 0.008}
    caps: {day: 90}
    hold_ttl: 1 day
  stamps: {title: {en: Stamps, ru: Марки, ro: Timbre}, kind: stamps, expiry: never, pending: 3 days, cost: {house: 0.1}}
attributes:
  colour: {type: text, options: [red, blue], purpose: service, edits: [member, desk], sees: [desk]}
activities:
  purchase: {title: {en: Purchase, ru: Покупка, ro: Cumpărătură}, basket: true, purpose: service}
  return: {title: {en: Return, ru: Возврат, ro: Retur}, basket: true, reverses: purchase, purpose: service}
  visit: {title: {en: Visit, ru: Визит, ro: Vizită}, purpose: service}
metrics:
  spend: {sum: "basket.total", where: "type == 'purchase'"}
  week: {sum: "basket.base", where: "type == 'purchase'", window: 7 days}
  visits: {count: activities, where: "type == 'visit'", window: 14 days}
  shelves: {distinct: "line.category", over: lines, where: "type == 'purchase'", window: 10 days}
  month: {count: activities, where: "type == 'purchase'", window: calendar month}
  earned: {sum: "entry.amount", over: entries, where: "entry.kind == 'earn' && entry.currency == 'points'", window: 30 days}
  largest: {max: "basket.total", where: "type == 'purchase'"}
  recent: {max: "basket.total", where: "type == 'purchase'", window: 12 days}
  row: {streak: week, where: "type == 'purchase'"}
  rung: {count: activities, where: "type == 'purchase'", window: 1 day, per: till}
segments:
  busy: {title: {en: Busy, ru: Частые, ro: Activi}, if: "member.metrics.week >= 60.00"}
  club: {title: {en: Club, ru: Клуб, ro: Club}, static: true}
rules:
  base:
    title: {en: Base, ru: Основа, ro: Bază}
    kind: base
    trigger: purchase
    effects: [{give: points, amount: "basket.base"}]
  tea:
    title: {en: Tea, ru: Чай, ro: Ceai}
    trigger: purchase
    lines: "line.category == 'tea'"
    effects: [{multiply: points, by: 2, funding: [{by: house, share: 0.4}, {by: brand, share: 0.6}]}]
  busy_week:
    title: {en: Busy week, ru: Неделя, ro: Săptămână}
    trigger: purchase
    audience: busy
    if: "basket.total >= 5.00"
    effects: [{give: points, amount: "7"}, {add_to: club}, {event: busy_week, fields: {visits: "member.metrics.visits"}}]
  cup:
    title: {en: Cup, ru: Чашка, ro: Ceașcă}
    trigger: purchase
    if: "member.metrics.shelves >= 2"
    caps: {calendar month: 5}
    effects: [{give: stamps, amount: "1", per: unit}]
  greet:
    title: {en: Welcome, ru: Добро пожаловать, ro: Bun venit}
    trigger: enrolled
    effects: [{give: stamps, amount: "2"}]
  record:
    title: {en: Record, ru: Рекорд, ro: Record}
    trigger: purchase
    if: "member.metrics.largest >= 40.00 && member.metrics.row >= 2"
    effects: [{give: points, amount: "5"}]
  recent:
    title: {en: Recent, ru: Недавно, ro: Recent}
    trigger: visit
    if: "member.metrics.recent >= 20.00"
    effects: [{give: points, amount: "2"}]
  hello:
    title: {en: Hello, ru: Привет, ro: Salut}
    trigger: visit
    if: "member.attributes.colour == 'red'"
    effects: [{give: points, amount: "3"}]
  ended:
    title: {en: Month, ru: Месяц, ro: Lună}
    trigger: {period: calendar month, ended: true}
    if: "member.metrics.spend > 100.00"
    effects: [{give: points, amount: "11"}]
limits:
  crowded: {metric: rung, at_most: 400, applies_to: [purchase], then: refuse}
"""

STANDING = (
    PROGRAM.replace("zone: Europe/Bucharest}", "zone: Europe/Bucharest, main_ladder: status, return_window: 7 days}")
    .replace(
        "currencies:\n",
        """  ads:
    title: {en: Offers, ru: Предложения, ro: Oferte}
    texts: {v1: {en: Offers, ru: Предложения, ro: Oferte}}
    needs: consent
    on_withdrawal: clear
currencies:
""",
        1,
    )
    .replace(
        "segments:\n",
        """  tier_sum: {sum: "basket.total", where: "type == 'purchase'", window: tier year}
segments:
  high: {title: {en: High, ru: Высокие, ro: Sus}, if: "member.tiers.status.atLeast('silver')"}
""",
        1,
    )
    .replace(
        "rules:\n",
        """ladders:
  status:
    title: {en: Status, ru: Статус, ro: Statut}
    qualify: "member.metrics.tier_sum"
    year: calendar month
    downgrade: one_step
    grace: 5 days
    warn: 10 days
    by_hand: true
    levels: {green: 0, silver: 30.00, gold: 90.00}
  visits:
    title: {en: Guest, ru: Гость, ro: Oaspete}
    qualify: {any: {visits: "member.metrics.visits", spend: "member.metrics.spend"}}
    on_return: drop
    downgrade: reassess
    year: rolling 3 months
    levels: {new: {}, regular: {visits: 2, spend: 100.00}}
challenges:
  three:
    title: {en: Three, ru: Три, ro: Trei}
    goal: "member.metrics.month"
    target: "3"
    window: calendar month
    on_reversal: reverse
    effects: [{give: points, amount: "20"}, {badge: three}]
  sum:
    title: {en: Sum, ru: Сумма, ro: Sumă}
    join: tap
    goal: "member.metrics.spend"
    target: "50.00"
    recurrence: again
    window: 30 days
    steps:
      half: {title: {en: Half, ru: Половина, ro: Jumătate}, target: "25.00", effects: [{give: stamps, amount: "1"}]}
      all: {title: {en: All, ru: Всё, ro: Tot}, target: "50.00"}
    effects: [{give: points, amount: "9"}]
choices:
  mine:
    title: {en: Mine, ru: Моё, ro: Al meu}
    options: [tea, milk, bread]
    pick: "member.tier == 'gold' ? 2 : 1"
    period: calendar month
    default: last
    change: {fee: {points: 3}, from: tomorrow}
draws:
  wheel:
    title: {en: Wheel, ru: Колесо, ro: Roata}
    cycle: calendar month
    prizes: {big: {odds: 0.2, effects: [{give: points, amount: "15"}]}, small: {odds: 0.5, effects: [{give: stamps, amount: "1"}]}}
boards:
  buyers:
    title: {en: Buyers, ru: Покупатели, ro: Cumpărători}
    metric: month
    cycle: calendar month
    prizes: {1: [{give: points, amount: "100"}]}
offers:
  stretch:
    title: {en: More, ru: Больше, ro: Mai mult}
    params: {least: "member.metrics.tier_sum / 4"}
    if: "basket.total >= offer.least"
    window: 9 days
    uses: 2
    effects: [{multiply: points, by: 3}]
  tea_week:
    title: {en: Tea, ru: Чай, ro: Ceai}
    audience: busy
    activate: tap
    window: 20 days
    lines: "line.category == 'tea'"
    effects: [{discount: {percent: "10"}}, {give: points, amount: "1"}]
  quiet:
    title: {en: Quiet, ru: Тихо, ro: Liniște}
    audience: "member.metrics.visits >= 1"
    params: {extra: "member.metrics.visits"}
    uses: 3
    effects: [{give: points, amount: "offer.extra"}]
rules:
  offered:
    title: {en: Offered, ru: Предложено, ro: Oferit}
    trigger: purchase
    if: "basket.total >= 20.00"
    effects: [{offer: stretch}]
  picked:
    title: {en: Picked, ru: Выбранное, ro: Ales}
    trigger: purchase
    lines: "line.category in member.choices.mine"
    effects: [{give: points, amount: "2", per: line}]
  golden:
    title: {en: Golden, ru: Золотые, ro: De aur}
    trigger: purchase
    if: "member.tier.atLeast('silver') && 'ads' in member.consents"
    effects: [{give: points, amount: "4"}, {play: wheel}]
  up:
    title: {en: Up, ru: Вверх, ro: Sus}
    trigger: {event: tier.up, name: status}
    effects: [{give: stamps, amount: "3"}, {add_to: club}]
  high:
    title: {en: High, ru: Высоко, ro: Sus}
    trigger: {event: segment.entered, name: high}
    effects: [{give: points, amount: "1"}]
  three_done:
    title: {en: Done, ru: Готово, ro: Gata}
    trigger: {event: challenge.completed, name: three}
    effects: [{give: stamps, amount: "2"}]
""",
        1,
    )
)
"""The same shop with all that a member becomes: tiers, challenges, choices, a wheel, a board, consents."""


def some(examples: int) -> settings:
    """So many examples, more where the environment asks for it. The laboratory is shared by the examples of a test:
    each takes members of its own."""
    return settings(
        max_examples=examples * MORE,
        deadline=None,
        # Histories are short as they are; making a failing one shorter takes minutes of database.
        phases=(Phase.explicit, Phase.generate),
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    )


class Act(msgspec.Struct, frozen=True, kw_only=True):
    """One thing in a history: `kind` says which of the fields count; `of` picks an earlier sale or hold."""

    kind: str
    after_h: int = 1
    lines: tuple[tuple[int, int, str], ...] = ()
    pay: int = 0
    of: int = 0
    part: str = "all"
    amount: int = 0
    late_d: int = 0


CATEGORIES = ("tea", "milk", "bread")
_lines = st.lists(
    st.tuples(st.integers(0, 3000), st.integers(1, 3), st.sampled_from(CATEGORIES)), min_size=1, max_size=4
).map(tuple)
_hours = st.sampled_from([0, 1, 5, 26, 24 * 4, 24 * 9, 24 * 25])

buys = st.builds(Act, kind=st.just("buy"), after_h=_hours, lines=_lines, pay=st.sampled_from([0, 0, 0, 5, -1]))
acts = st.one_of(
    buys,
    buys,
    st.builds(
        Act,
        kind=st.just("return"),
        after_h=_hours,
        of=st.integers(0, 3),
        part=st.sampled_from(["all", "line", "unit", "amount"]),
        amount=st.integers(1, 2000),
    ),
    st.builds(Act, kind=st.just("visit"), after_h=_hours),
    st.builds(Act, kind=st.just("hold"), after_h=_hours, amount=st.integers(1, 30)),
    st.builds(
        Act, kind=st.just("end"), after_h=_hours, of=st.integers(0, 1), part=st.sampled_from(["capture", "void"])
    ),
    st.builds(Act, kind=st.just("paint"), after_h=_hours, part=st.sampled_from(["red", "blue"])),
    st.builds(Act, kind=st.just("adjust"), after_h=_hours, amount=st.sampled_from([-4, 6, 40])),
)
standing = st.one_of(
    acts,
    buys,
    st.builds(Act, kind=st.just("pick"), after_h=_hours, part=st.sampled_from(CATEGORIES), of=st.integers(0, 1)),
    st.builds(Act, kind=st.just("tap"), after_h=_hours, part=st.sampled_from(["join", "leave"])),
    st.builds(Act, kind=st.just("agree"), after_h=_hours, of=st.integers(0, 1)),
    st.builds(
        Act,
        kind=st.just("offer"),
        after_h=_hours,
        part=st.sampled_from(["activate", "activate", "give", "refuse", "withdraw"]),
        of=st.integers(0, 2),
    ),
    st.builds(Act, kind=st.just("crown"), after_h=_hours, of=st.integers(0, 2)),
)
"""Also what a member picks, joins, allows, activates, refuses, and what staff set."""
histories = st.lists(acts, min_size=1, max_size=9).map(tuple)


class Lab:
    """The laboratory: one loop, one program, one process; a new member for every history."""

    numbers = count(1)

    def __init__(self, loop: asyncio.AbstractEventLoop, runtime: Runtime, program_id: int) -> None:
        self.loop = loop
        self.runtime = runtime
        self.program_id = program_id

    @property
    def database(self) -> Database:
        """The app's connections."""
        return self.runtime.database

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Hypothesis cannot await (TOOLS.md 10)."""
        return self.loop.run_until_complete(work)

    def member(self) -> Member:
        """Somebody nobody knows yet."""
        return Member(self, next(self.numbers))

    async def submit(self, intake: Intake) -> Reply:
        """One activity through the door."""
        return await activities.submit(self.runtime, intake)

    async def fetch(self, sql: str, *values: Any) -> list[Any]:
        """Rows of the program."""
        async with self.database.read(programs=[self.program_id]) as tx:
            return await tx.fetch(sql, *values)


class Member:
    """A phone, and what was done with it. Documents are named after the place in the history, so that the same history
    can be told twice."""

    def __init__(self, lab: Lab, number: int) -> None:
        self.lab = lab
        self.number = number
        self.phone = f"+40721{number:06d}"
        self.at = START
        self.sales: list[tuple[str, Act]] = []
        self.holds: list[UUID] = []
        self.told = 0

    def intake(self, type_: str, *, keyed: bool = True, late_d: int = 0, **given: Any) -> Intake:
        """An activity of this member at the moment where their history stands."""
        self.told += 1
        source = given.pop("source", f"till-{self.number}")
        fields = {"document": f"d{self.told}", "till": source, **given}
        body = repr((type_, self.at, sorted((name, str(value)) for name, value in fields.items())))
        return Intake(
            program_id=self.lab.program_id,
            client_id=UUID(int=7),
            key=f"{self.number}-{self.told}" if keyed else None,
            digest=hashlib.sha256(body.encode()).digest(),
            type=type_,
            received_at=self.at,
            occurred_at=self.at - dt.timedelta(days=late_d),
            who=(Identifier("phone", self.phone),),
            source=source,
            **fields,
        )

    def told_as(self, act: Act, *, keyed: bool = True) -> Intake | None:
        """The next thing of a history, or None where it has nothing to refer to."""
        self.at += dt.timedelta(hours=act.after_h, minutes=1)
        tell: Callable[[Act, bool], Intake | None] = getattr(self, f"_{act.kind}")
        return tell(act, keyed)

    def _buy(self, act: Act, keyed: bool) -> Intake:
        lines = tuple(
            LineIn(no=no, amount=amount, quantity=units * 1000, category=category)
            for no, (amount, units, category) in enumerate(act.lines, 1)
        )
        pay = (PointsPayment(currency="points", points=act.pay),) if act.pay else ()
        made = self.intake("purchase", keyed=keyed, late_d=act.late_d, lines=lines, pay=pay)
        self.sales.append((made.document or "", act))
        return made

    def _return(self, act: Act, keyed: bool) -> Intake | None:
        if not self.sales:
            return None
        document, sold = self.sales[act.of % len(self.sales)]
        parts: dict[str, dict[str, Any]] = {
            "all": {},
            "line": {"lines": (ReturnedLine(no=1),)},
            "unit": {"lines": (ReturnedLine(no=len(sold.lines), quantity=1000),)},
            "amount": {"amount": act.amount},
        }
        sale = SaleRef(source=f"till-{self.number}", document=document, **parts[act.part])
        return self.intake("return", keyed=keyed, sale=sale, may_enrol=False)

    def _visit(self, _: Act, keyed: bool) -> Intake:
        return self.intake("visit", keyed=keyed)

    def _hold(self, act: Act, keyed: bool) -> Intake:
        return self.intake("hold", keyed=keyed, hold=HoldAction(act="place", currency="points", points=act.amount))

    def _end(self, act: Act, keyed: bool) -> Intake | None:
        if not self.holds:
            return None
        hold_id = self.holds[act.of % len(self.holds)]
        return self.intake("hold", keyed=keyed, hold=HoldAction(act=act.part, hold_id=hold_id))

    def _paint(self, act: Act, keyed: bool) -> Intake:
        return self.intake("profile", keyed=keyed, profile=ProfileChange(attributes={"colour": act.part}))

    def _pick(self, act: Act, keyed: bool) -> Intake:
        choice = ChoiceMade(choice="mine", picked=(act.part,), ahead=bool(act.of))
        return self.intake("choice", keyed=keyed, choice=choice)

    def _tap(self, act: Act, keyed: bool) -> Intake:
        return self.intake("challenge", keyed=keyed, challenge=ChallengeAct(challenge="sum", act=act.part))

    def _agree(self, act: Act, keyed: bool) -> Intake:
        return self.intake("consent", keyed=keyed, consents=(ConsentSaid(purpose="ads", given=bool(act.of)),))

    def _offer(self, act: Act, keyed: bool) -> Intake:
        name = ("tea_week", "stretch", "quiet")[act.of]
        return self.intake("offer", keyed=keyed, offer=OfferAct(act=act.part, offer=name))

    def _crown(self, act: Act, keyed: bool) -> Intake:
        level = (None, "silver", "gold")[act.of]
        until = None if level is None else (self.at + dt.timedelta(days=20)).date()
        tier = TierSet(ladder="status", level=level, until=until, reason="test")
        return self.intake("tier", keyed=keyed, tier=tier)

    def _adjust(self, act: Act, keyed: bool) -> Intake:
        by_hand = Adjustment(currency="points", points=act.amount, reason="test")
        return self.intake("adjust", keyed=keyed, adjustment=by_hand)

    def heard(self, intake: Intake, reply: Reply) -> None:
        """Remember what later acts refer to."""
        if reply.status == 201 and intake.hold is not None and intake.hold.act == "place" and reply.activity_id:
            self.holds.append(reply.activity_id)

    async def live(self, history: Sequence[Act]) -> list[tuple[Intake, Reply]]:
        """Hand a history in, one after the other."""
        done = []
        for act in history:
            intake = self.told_as(act)
            if intake is not None:
                reply = await self.lab.submit(intake)
                self.heard(intake, reply)
                done.append((intake, reply))
        return done

    async def account(self) -> UUID | None:
        """The account, if there is one by now."""
        rows = await self.lab.fetch(
            "select account_id from regulars.natural_key where source = $1 limit 1", f"till-{self.number}"
        )
        return rows[0]["account_id"] if rows else None

    async def is_known(self) -> bool:
        """Whether something of theirs was ever accepted."""
        return bool((await self.picture()).get("account"))

    async def picture(self) -> dict[str, Any]:
        """Everything that is stored of the account, without ids, hashes and moments of posting."""
        account_id = await self.account()
        return {} if account_id is None else await picture(self.lab, account_id)


_PICTURE = {
    "account": "select version, clock, metric_day, state from regulars.account where account_id = $1",
    "activities": "select activity_id, type, release, version, occurred_at, reverses, decision from regulars.activity"
    " where account_id = $1 order by version",
    "entries": "select currency, version, activity_id, kind, from_book, to_book, amount, effective_at, line, rule, release,"
    " funder, hold_id from regulars.entry where account_id = $1 order by currency, version",
    "lots": "select activity_id, n, currency, granted, remaining, held, pending, earned_at, active_at, expires_at,"
    " expires_on, source_id, line, rule, funder, cost_minor from regulars.lot where account_id = $1",
    "uses": "select currency, version, lot_activity_id, lot_n, amount from regulars.lot_use where account_id = $1",
    "holds": "select hold_id, currency, amount, captured, state, placed_at, expires_at from regulars.hold where account_id = $1",
    "balances": "select currency, active, pending, held, arrears, version, next_change_at from regulars.balance"
    " where account_id = $1 order by currency",
    "days": "select day, sums, keys from regulars.day_row where account_id = $1 order by day",
    "due": "select review_at from regulars.due where account_id = $1",
    "events": "select id, occurred_at, types, body from regulars.event where account_id = $1",
    "segments": "select segment from regulars.member_segment where account_id = $1 order by segment",
    "counters": "select metric, owner, bucket, item, value from regulars.counter where owner like $1",
    "orders": "select order_id, reward, state, step, does, stage, placed_at, due_at, next_at, detail"
    " from regulars.reward_order where account_id = $1 order by placed_at, reward, order_id",
    "codes": "select code_id, tail, voucher, state, until_at from regulars.voucher_code where member_id = $1"
    " order by activity_id, code_id",
}


async def picture(lab: Lab, account_id: UUID, *, but: Sequence[str] = ("counters", "segments")) -> dict[str, Any]:
    """As `Member.picture`, of an account."""
    found = {
        name: [tuple(row) for row in await lab.fetch(sql, account_id)]
        for name, sql in _PICTURE.items()
        if name not in but
    }
    names: dict[UUID | str, int] = {row[0]: place for place, row in enumerate(found["activities"])}
    names[account_id] = -1
    # Codes are made by luck, and an order at the till has a number of its own.
    for place, row in enumerate(found["codes"]):
        names[row[0]] = names[row[1]] = -100 - place
    for place, row in enumerate(found["orders"]):
        names.setdefault(row[0], -200 - place)
    return {name: sorted(repr(plain(rows, names)) for rows in all_rows) for name, all_rows in found.items()}


def differences(mine: dict[str, Any], theirs: dict[str, Any]) -> list[str]:
    """Where two pictures differ, row by row."""
    return [
        f"{side} {name}: {row}"
        for name in sorted(mine.keys() | theirs.keys())
        for side, here, there in (("-", mine, theirs), ("+", theirs, mine))
        for row in here.get(name, ())
        if row not in there.get(name, ())
    ]


def plain(value: Any, names: dict[UUID | str, int]) -> Any:
    """A value with places in the history instead of ids, and of the ends of codes."""
    if isinstance(value, UUID):
        return f"#{names.get(value, '?')}"
    if isinstance(value, (tuple, list)):
        return [plain(one, names) for one in value]
    if isinstance(value, bytes):
        for name, place in names.items():
            mark = f"#{place}".encode()
            for written in _written(name):
                value = value.replace(written, mark)
    if isinstance(value, str):
        for name, place in names.items():
            for written in _written(name)[1:]:
                value = value.replace(written.decode(), f"#{place}")
    return value


_WIRE = ("act", "mem", "hld", "ord", "vch")


def _written(name: UUID | str) -> list[bytes]:
    """How an id, or the end of a code, stands among other bytes."""
    if isinstance(name, str):
        return [name.encode(), name.encode()]
    return [name.bytes, str(name).encode(), *(ids.to_wire(kind, name).encode() for kind in _WIRE)]


def answer_of(reply: Reply) -> Answer:
    """The answer in a reply's bytes."""
    return msgspec.json.decode(reply.body, type=Answer)
