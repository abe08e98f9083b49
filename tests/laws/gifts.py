"""The laboratory with all that a member gets: prices, vouchers, offers, rewards, exchange, transfer, a plan, a referral."""

from __future__ import annotations

import datetime as dt
import hashlib
from uuid import UUID

import msgspec
from hypothesis import strategies as st

from regulars.activities import service as activities
from regulars.activities.contracts import Intake, Reply, SaleRef
from regulars.engine.contracts.gifts import OfferAct, OrderAct, PlanAct, TransferAct, VoucherAct
from regulars.engine.contracts.known import CounterKey
from tests.laws.lab import PROGRAM, Act, Lab, Member, _hours, _lines, acts, buys

SCARCE = {"spring": "4.00", "welcome": "60", "coin": "5"}
AMPLE = {"spring": "99999.00", "welcome": "9999999", "coin": "999999"}
STOCK = {"mug": 12, "parcel": 6}


def program_of(sizes: dict[str, str]) -> str:
    """The program, with budgets of these sizes."""
    return (
        PROGRAM.replace(
            "    hold_ttl: 1 day\n",
            "    hold_ttl: 1 day\n    exchange: {to: {miles: 1/3}, least: 3, per: {calendar month: 60}}\n"
            '    transfer: {least: 2, per: {calendar month: 50}, fee: "1"}\n',
            1,
        )
        .replace(
            "attributes:\n",
            "  miles: {title: {en: Miles, ru: Мили, ro: Mile}, expiry: 40 days, round_up: day, value: 0.02, cost: {house: 0.02}}\n"
            "attributes:\n",
            1,
        )
        .replace(
            "rules:\n",
            """stacking:
  till: {groups: {goods: {mode: best}, codes: {mode: first}}, otherwise: all, largest_line: 0.8, largest_basket: 0.6}
plans:
  club_plan: {title: {en: Club, ru: Клуб, ro: Club}, price: 9.00, period: 20 days, trial: 5 days, grace: 2 days}
offers:
  stretch:
    title: {en: More, ru: Больше, ro: Mai mult}
    params: {least: "member.metrics.spend / 4"}
    if: "basket.total >= offer.least"
    window: 9 days
    uses: 2
    effects: [{multiply: points, by: 3}]
  spring:
    title: {en: Spring, ru: Весна, ro: Primăvara}
    audience: "member.metrics.month >= 1"
    activate: tap
    window: 20 days
    lines: "line.category == 'tea'"
    budget: {money: $spring, points: {points: $welcome}}
    effects: [{discount: {percent: "10"}, group: goods}, {give: points, amount: "2"}]
vouchers:
  welcome:
    title: {en: Welcome, ru: Привет, ro: Salut}
    codes: {shared: WELCOME}
    uses: {member: 2, day: 1}
    rollback: recalculate
    effects: [{discount: {amount: "1.50"}, on: basket, group: codes}]
  back:
    title: {en: Back, ru: Ещё раз, ro: Din nou}
    codes: {pattern: "BACK-@@@@-@@@@"}
    holder: assigned
    applies: self
    if: "basket.total >= 10.00"
    window: 14 days
    effects: [{give: points, amount: "4"}]
reward_types:
  at_till: {title: {en: Till, ru: Касса, ro: Casă}, effects: [{free_item: 1}]}
  home:
    title: {en: Home, ru: Домой, ro: Acasă}
    steps: [{parcel: [packed, delivered], within: 5 days}]
    cancel: [member, staff]
    cancel_within: 3 days
    on_expiry: full
  now: {title: {en: Now, ru: Сразу, ro: Acum}, steps: [{credit: miles, amount: "2"}], cancel: [member], cancel_within: 2 days}
rewards:
  cup: {title: {en: Cup, ru: Чашка, ro: Ceașcă}, type: at_till, prices: [{points: 9}], lines: "line.category == 'milk'", limits: {calendar month: 2}, value: 0.60}
  mug: {title: {en: Mug, ru: Кружка, ro: Cană}, type: home, prices: [{points: 15}, {points: 4, stamps: 1}], stock: true, value: 3.00}
  parcel: {title: {en: Parcel, ru: Посылка, ro: Pachet}, type: home, prices: [{points: 8}], stock: true, expires: 4 days, limits: {calendar month: 3}}
  coin: {title: {en: Coin, ru: Монета, ro: Monedă}, type: now, prices: [{points: 5}], budget: {uses: $coin}}
rules:
  offered:
    title: {en: Offered, ru: Предложено, ro: Oferit}
    trigger: purchase
    if: "basket.total >= 20.00"
    effects: [{offer: stretch}, {voucher: back}]
  bread:
    title: {en: Bread, ru: Хлеб, ro: Pâine}
    trigger: purchase
    lines: "line.category == 'bread'"
    effects: [{discount: {percent: "20"}, group: goods}]
  three:
    title: {en: Three, ru: Три, ro: Trei}
    trigger: purchase
    lines: "line.category == 'bread'"
    effects: [{discount: {percent: "100"}, which: nth, count: 3, group: goods}]
  planned:
    title: {en: Plan, ru: План, ro: Plan}
    trigger: purchase
    if: "member.plan == 'club_plan'"
    effects: [{discount: {percent: "5"}, on: basket}, {give: points, amount: "1"}]
  ordered:
    title: {en: Ordered, ru: Заказ, ro: Comandă}
    trigger: {event: reward.fulfilled}
    effects: [{give: stamps, amount: "1"}]
""",
            1,
        )
        .replace("$spring", sizes["spring"])
        .replace("$welcome", sizes["welcome"])
        .replace("$coin", sizes["coin"])
    )


gift_buys = st.builds(
    Act,
    kind=st.just("buy_with"),
    after_h=_hours,
    lines=_lines,
    pay=st.sampled_from([0, 0, 5, -1]),
    part=st.sampled_from(["", "", "code", "cup", "both"]),
)
orders = st.builds(
    Act,
    kind=st.just("order"),
    after_h=_hours,
    part=st.sampled_from(["mug", "parcel", "coin"]),
    of=st.integers(0, 1),
    amount=st.integers(1, 2),
)
ends = st.builds(
    Act,
    kind=st.just("further"),
    after_h=_hours,
    part=st.sampled_from(["cancel", "cancel", "delivered", "failed", "overdue"]),
    of=st.integers(0, 2),
)
others = st.one_of(
    st.builds(
        Act,
        kind=st.just("offered"),
        after_h=_hours,
        part=st.sampled_from(["activate", "activate", "give", "refuse", "withdraw"]),
        of=st.integers(0, 1),
    ),
    st.builds(Act, kind=st.just("exchange"), after_h=_hours, amount=st.integers(1, 20)),
    st.builds(
        Act,
        kind=st.just("plan"),
        after_h=_hours,
        part=st.sampled_from(["started", "renewed", "failed", "ended"]),
        of=st.integers(0, 1),
    ),
    st.builds(Act, kind=st.just("voucher"), after_h=_hours),
    st.builds(Act, kind=st.just("undo"), after_h=_hours, of=st.integers(0, 1)),
    st.builds(Act, kind=st.just("return"), after_h=_hours, of=st.integers(0, 2)),
)
gifts = st.one_of(acts, buys, gift_buys, gift_buys, gift_buys, orders, orders, ends, others)
"""Also what a member orders, takes at the till, shows, activates, exchanges, and what becomes of it."""
told = st.one_of(acts.filter(lambda act: act.kind != "end"), gift_buys, gift_buys, orders, others)
"""Of these what can be told in advance: orders go further by an id that only the answer tells."""


class Shopper(Member):
    """A member who also gets things."""

    def __init__(self, lab: Lab, number: int) -> None:
        super().__init__(lab, number)
        self.orders: list[UUID] = []
        self.returns: list[str] = []

    def _buy_with(self, act: Act, keyed: bool) -> Intake:
        made = self._buy(act, keyed)
        codes = ("WELCOME",) if act.part in {"code", "both"} else ()
        rewards = ("cup",) if act.part in {"cup", "both"} else ()
        return _told_anew(msgspec.structs.replace(made, codes=codes, rewards=rewards), act.part)

    def _return(self, act: Act, keyed: bool) -> Intake | None:
        made = super()._return(act, keyed)
        if made is not None:
            self.returns.append(made.document or "")
        return made

    def _undo(self, act: Act, keyed: bool) -> Intake | None:
        """A return that was keyed by mistake (L18)."""
        if not self.returns:
            return None
        back = SaleRef(source=f"till-{self.number}", document=self.returns[act.of % len(self.returns)])
        return self.intake("return", keyed=keyed, sale=back, may_enrol=False)

    def _order(self, act: Act, keyed: bool) -> Intake:
        price = act.of if act.part == "mug" else 0
        said = OrderAct(act="place", reward=act.part, price=price, quantity=act.amount, by="member")
        return self.intake("order", keyed=keyed, order=said, may_enrol=False)

    def _further(self, act: Act, keyed: bool) -> Intake | None:
        if not self.orders:
            return None
        order_id = self.orders[act.of % len(self.orders)]
        if act.part in {"cancel", "overdue"}:
            said = OrderAct(act=act.part, order_id=order_id, by="member" if act.of else "staff")
        elif act.part == "failed":
            said = OrderAct(act="step", order_id=order_id, step=1, outcome="failed")
        else:
            said = OrderAct(act="step", order_id=order_id, step=1, outcome="moved", detail={"stage": act.part})
        return self.intake("order", keyed=keyed, order=said, may_enrol=False)

    def _offered(self, act: Act, keyed: bool) -> Intake:
        return self.intake("offer", keyed=keyed, offer=OfferAct(act=act.part, offer=("spring", "stretch")[act.of]))

    def _exchange(self, act: Act, keyed: bool) -> Intake:
        said = TransferAct(act="exchange", currency="points", points=act.amount, to="miles")
        return self.intake("transfer", keyed=keyed, transfer=said, may_enrol=False)

    def _plan(self, act: Act, keyed: bool) -> Intake:
        return self.intake("plan", keyed=keyed, plan=PlanAct(act=act.part, plan="club_plan", trial=bool(act.of)))

    def _voucher(self, _: Act, keyed: bool) -> Intake:
        return self.intake("voucher", keyed=keyed, voucher=VoucherAct(act="give", voucher="back"), may_enrol=False)

    def heard(self, intake: Intake, reply: Reply) -> None:
        super().heard(intake, reply)
        placed = intake.order is not None and intake.order.act == "place"
        if reply.status == 201 and placed and reply.activity_id:
            self.orders.append(reply.activity_id)

    async def send(self, to: Shopper, points: int) -> Reply:
        """Points for somebody else; who they are is looked up as a till does it."""
        self.at += dt.timedelta(minutes=1)
        home = await self.account()  # Of somebody who was never merged the account and the member are one.
        made = self.intake("transfer", transfer=TransferAct(act="send", currency="points", points=points))
        made = msgspec.structs.replace(made, who=(), account_id=home, member_id=home, may_enrol=False)
        return await activities.send(self.lab.runtime, made, (("phone", to.phone),))


def _told_anew(intake: Intake, part: str) -> Intake:
    return msgspec.structs.replace(intake, digest=hashlib.sha256(intake.digest + part.encode()).digest())


class GiftLab(Lab):
    """The laboratory of those who get things."""

    def member(self) -> Shopper:
        return Shopper(self, next(self.numbers))

    def supply(self, *, times: int = 1) -> None:
        """So much of each reward that there is only so much of."""

        async def put() -> None:
            async with self.database.transaction(programs=[self.program_id]) as tx:
                for name, units in STOCK.items():
                    key = CounterKey(f"stock:{name}", "program", "ever")
                    await activities.supply(tx, program_id=self.program_id, key=key, wanted=units * times)

        self.run(put())
