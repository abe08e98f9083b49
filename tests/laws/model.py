"""A plain model of the ledger, written from docs/ledger.md's cases alone: what is accepted, which refusal comes, what a
member has afterwards, lot by lot. Nothing of the product is used here.

One model, one program (`Climate`): points that end some days after they begin, are earned at 20 per 1.00 (40 for gold)
with 50 more from 10.00 up, are worth 0.01 each, may be sent and exchanged three to one for miles that never end.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field, replace
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("Europe/Bucharest")
GRACE_DAYS = 30
HOLD_LONGEST = dt.timedelta(days=7)
POINTS, MILES = "points", "miles"
HOUSE, BRAND = "house", "brand"
BIG, BONUS, RATE = 1000, 50, 20
GOLD_FROM = 6000


@dataclass(frozen=True)
class Climate:
    """What the currency chooses."""

    negative: str = "arrears"
    ceiling: int | None = None
    life_days: int | None = 9
    pending_days: int = 0
    fee: int = 0
    gold: bool = False
    oldest_first: bool = False
    cap: int | None = None
    """Points that purchases of one local day may earn."""
    rejects: bool = False
    """What does not fit under the cap earns nothing, not what room is left."""
    shared: bool = False
    """Who pays for the points: 0.6 the house, 0.4 the brand."""


@dataclass
class Lot:
    """What is left of one credit."""

    currency: str
    left: int
    earned_at: dt.datetime
    begins: dt.datetime
    ends: dt.datetime | None
    seq: int
    home: int
    sale: int = 0
    waits: bool = False
    held: int = 0
    funder: str = HOUSE
    origin: Lot | None = None
    """The first lot that these points were in, before they moved house or came back to one that had."""

    @property
    def free(self) -> int:
        return self.left - self.held

    def lives(self, now: dt.datetime) -> bool:
        return self.ends is None or now < self.ends


@dataclass
class Hold:
    """Points set aside, lot by lot."""

    currency: str
    pins: list[tuple[Lot, int]]
    placed_at: dt.datetime
    ends: dt.datetime
    state: str = "open"

    @property
    def amount(self) -> int:
        return sum(part for _, part in self.pins)


@dataclass
class Sale:
    """A basket, how it was paid, what it earned, and what came back of it."""

    member: int
    amounts: list[int]
    units: list[int]
    paid: list[int]
    """Of each line in points."""
    uses: list[tuple[Lot, int]]
    earned: int
    rate: int
    day: dt.date
    room: int | None
    """What the cap of its day left for it; none: enough."""
    back: list[int] = field(default_factory=list)
    """Of each line in money."""
    refunded: int = 0
    reversed: int = 0
    mode: str = ""
    closed: bool = False


@dataclass
class Account:
    """Where one member, or several who are one, have their points."""

    lots: list[Lot] = field(default_factory=list)
    holds: dict[int, Hold] = field(default_factory=dict)
    owes: dict[str, int] = field(default_factory=dict)
    spent_money: int = 0
    gold: bool = False
    used: dict[dt.date, int] = field(default_factory=dict)
    """What purchases of a local day earned under its cap."""


def spread(amount: int, over: list[int]) -> list[int]:
    """By largest remainder, ties to the earlier (L39)."""
    whole = sum(over)
    if whole == 0:
        return [0] * len(over)
    parts = [amount * one // whole for one in over]
    by_rest = sorted(range(len(over)), key=lambda n: (-(amount * over[n] % whole), n))
    for n in by_rest[: amount - sum(parts)]:
        parts[n] += 1
    return parts


def after(day: dt.date) -> dt.datetime:
    """The first instant of the next local day (L29)."""
    return dt.datetime.combine(day + dt.timedelta(days=1), dt.time(), ZONE).astimezone(dt.UTC)


class Model:
    """All members of a program. Verbs give None, or the code of the refusal."""

    def __init__(self, climate: Climate) -> None:
        self.climate = climate
        self.accounts: dict[int, Account] = {}
        self.homes: dict[int, int] = {}
        self.sales: list[Sale] = []
        self.seq = 0

    def at(self, member: int) -> Account:
        return self.accounts.setdefault(self.homes.get(member, member), Account())

    # What time does (L25, L27): at one moment holds let go first, then lots end, then others begin.

    def pass_time(self, account: Account, now: dt.datetime) -> None:
        while True:
            due = [(hold.ends, 0, n) for n, hold in account.holds.items() if hold.state == "open" and hold.ends <= now]
            for n, lot in enumerate(account.lots):
                if lot.free and lot.ends is not None and lot.ends <= now:
                    due.append((lot.ends, 1, n))
                if lot.waits and lot.begins <= now:
                    due.append((lot.begins, 2, n))
            if not due:
                return
            at, rank, n = min(due)
            if rank == 0:
                self.let_go(account, account.holds[n], at, "expired")
            elif rank == 1:
                account.lots[n].left = account.lots[n].held
            else:
                same = [account.lots[m] for moment, kind, m in due if (moment, kind) == (at, rank)]
                for lot in same:
                    lot.waits = False
                self.pay_debt(account, same[0].currency)

    def let_go(self, account: Account, hold: Hold, at: dt.datetime, state: str) -> None:
        for lot, part in hold.pins:
            lot.held -= part
            if not lot.lives(at):
                lot.left = lot.held
        hold.state = state
        self.pay_debt(account, hold.currency)

    def pay_debt(self, account: Account, currency: str) -> None:
        """What a member has pays first (L8)."""
        due = min(account.owes.get(currency, 0), self.active(account, currency))
        if due:
            self.take(account, currency, due)
            account.owes[currency] -= due

    # Lots.

    def usable(self, account: Account, currency: str) -> list[Lot]:
        """In spend order (L24)."""
        never = dt.datetime.max.replace(tzinfo=dt.UTC)
        found = [lot for lot in account.lots if lot.currency == currency and lot.free and not lot.waits]
        if self.climate.oldest_first and currency == POINTS:
            return sorted(found, key=lambda lot: (lot.earned_at, lot.ends or never, lot.seq))
        return sorted(found, key=lambda lot: (lot.ends or never, lot.earned_at, lot.seq))

    def active(self, account: Account, currency: str) -> int:
        return sum(lot.free for lot in self.usable(account, currency))

    def take(self, account: Account, currency: str, points: int, of: list[Lot] | None = None) -> list[tuple[Lot, int]]:
        taken = self.chosen(self.usable(account, currency) if of is None else of, points)
        for lot, part in taken:
            lot.left -= part
        return taken

    def chosen(self, lots: list[Lot], points: int) -> list[tuple[Lot, int]]:
        found = []
        for lot in lots:
            part = min(lot.free, points)
            if part:
                found.append((lot, part))
                points -= part
        return found

    def give(
        self, account: Account, points: int, now: dt.datetime, *, home: int, sale: int = 0, since: dt.datetime
    ) -> None:
        """A lot as the currency dates it, one for each funder of a sale (L82), then debts (L8, L29, L32, L33)."""
        today, begins = since.astimezone(ZONE).date(), since
        if sale and self.climate.pending_days:
            today += dt.timedelta(days=self.climate.pending_days)
            begins = after(today - dt.timedelta(days=1))
        life = self.climate.life_days
        ends = None if life is None else after(today + dt.timedelta(days=life))
        for funder, part in self.parts(points).items() if sale else [(HOUSE, points)]:
            if part:
                lot = Lot(POINTS, part, since, begins, ends, 0, home, sale, begins > now, funder=funder)
                self.put(account, lot)

    def parts(self, points: int) -> dict[str, int]:
        """What each funder bears of what a sale earns."""
        if not self.climate.shared:
            return {HOUSE: points}
        house, brand = spread(points, [3, 2])
        return {HOUSE: house, BRAND: brand}

    def put(self, account: Account, lot: Lot) -> Lot:
        self.seq += 1
        lot.seq = self.seq
        account.lots.append(lot)
        if not lot.waits:
            self.pay_debt(account, lot.currency)
        return lot

    # Purchases and returns.

    def buy(
        self,
        member: int,
        amounts: list[int],
        units: list[int],
        pay: int,
        now: dt.datetime,
        since: dt.datetime | None = None,
    ) -> str | None:
        """A purchase, now or `since` a moment of which the till tells late (L32)."""
        account = self.at(member)
        self.pass_time(account, now)
        total = sum(amounts)
        burns = self.burns(account, total, pay)
        if burns > self.active(account, POINTS):
            return "insufficient_points"
        uses = self.take(account, POINTS, burns)
        rate = 2 * RATE if account.gold else RATE
        earned, day = self.worth(total, total - burns, rate), (since or now).astimezone(ZONE).date()
        room = self.room(account, day, earned)
        earned = earned if room is None else room
        paid = spread(burns, amounts)
        self.sales.append(Sale(member, amounts, units, paid, uses, earned, rate, day, room, [0] * len(amounts)))
        account.used[day] = account.used.get(day, 0) + earned
        if earned:
            self.give(account, earned, now, home=member, sale=len(self.sales), since=since or now)
        account.spent_money += total
        account.gold = account.gold or (self.climate.gold and account.spent_money >= GOLD_FROM)
        return None

    def burns(self, account: Account, total: int, pay: int) -> int:
        """Points that pay for a basket: no more than apply (L41); below 0: all that are there."""
        return min(self.active(account, POINTS) if pay < 0 else pay, total)

    def room(self, account: Account, day: dt.date, points: int) -> int | None:
        """What the cap of a day leaves of so many points; none: all of them (L43)."""
        if self.climate.cap is None:
            return None
        room = max(self.climate.cap - account.used.get(day, 0), 0)
        if points <= room:
            return None
        return 0 if self.climate.rejects else room

    def worth(self, total: int, base: int, rate: int) -> int:
        return base * rate // 100 + (BONUS if total >= BIG else 0)

    def give_back(self, number: int, asked: dict[int, int] | int | None, now: dt.datetime) -> str | None:
        """Units of lines, money, or all that is left (L2, L16, L22)."""
        account = self.at(self.sales[number].member)
        self.pass_time(account, now)
        refused = self.back_refused(number, asked)
        if refused is None:
            self.post_back(account, number, self.note_back(account, number, asked), now)
        return refused

    def back_refused(self, number: int, asked: dict[int, int] | int | None) -> str | None:
        sale = self.sales[number]
        if asked is None and (sale.closed or sale.back == sale.amounts):
            return "sale_already_returned"
        return "return_exceeds_sale" if self.came_back(sale, asked) is None else None

    def note_back(self, account: Account, number: int, asked: dict[int, int] | int | None) -> tuple[int, int]:
        """What came back and the room that it leaves under the cap of its day (L44); says what is given back of the
        points that were paid, and taken back of those that were earned, in all."""
        sale = self.sales[number]
        back = self.came_back(sale, asked) or []
        sale.closed = sale.closed or asked is None
        account.spent_money -= sum(back) - sum(sale.back)
        sale.back = back
        points = sum(
            spread(part, [whole - paid, paid])[1]
            for part, whole, paid in zip(back, sale.amounts, sale.paid, strict=True)
        )
        left = sum(sale.amounts) - sum(back)
        target = self.worth(left, left - (sum(sale.paid) - points), sale.rate)
        if sale.room is not None:
            target = min(target, sale.room)
        taken_back = sale.earned - min(target, sale.earned)
        account.used[sale.day] = account.used.get(sale.day, 0) - (taken_back - sale.reversed)
        return points, taken_back

    def post_back(self, account: Account, number: int, in_all: tuple[int, int], now: dt.datetime) -> None:
        sale, (points, taken_back) = self.sales[number], in_all
        self.refund(account, sale, points - sale.refunded, now)
        whole = self.parts(sale.earned)
        before, after = (spread(part, list(whole.values())) for part in (sale.reversed, taken_back))
        for funder, was, now_is in zip(whole, before, after, strict=True):
            self.reverse(account, number + 1, funder, now_is - was)
        sale.reversed = taken_back

    def swap(
        self,
        number: int,
        asked: dict[int, int] | int | None,
        amounts: list[int],
        units: list[int],
        pay: int,
        now: dt.datetime,
    ) -> str | None:
        """Goods for goods in one (L14): what is earned anew is there before anything is taken back."""
        member = self.sales[number].member
        account = self.at(member)
        self.pass_time(account, now)
        if self.burns(account, sum(amounts), pay) > self.active(account, POINTS):
            return "insufficient_points"
        refused = self.back_refused(number, asked)
        if refused is None:
            in_all = self.note_back(account, number, asked)
            self.buy(member, amounts, units, pay, now)
            self.post_back(account, number, in_all, now)
        return refused

    def came_back(self, sale: Sale, asked: dict[int, int] | int | None) -> list[int] | None:
        """Of each line in money, all in all; None: more than was sold."""
        if asked is None:
            return list(sale.amounts)
        if isinstance(asked, int):
            money = sum(sale.back) + asked
            return None if money > sum(sale.amounts) else spread(money, sale.amounts)
        back = list(sale.back)
        for line, units in asked.items():
            back[line] += sale.amounts[line] // sale.units[line] * units
            if back[line] > sale.amounts[line]:
                return None
        return back

    def refund(self, account: Account, sale: Sale, points: int, now: dt.datetime) -> None:
        """To the lots they came from, last taken first; for dead ones a lot with the return grace (L9, L10)."""
        skip = sale.refunded
        sale.refunded += points
        for lot, part in reversed(sale.uses):
            gone = min(skip, part)
            skip -= gone
            home = min(part - gone, points)
            points -= home
            if home and lot.lives(now) and self.stands(account, lot):
                lot.left += home
            elif home:
                self.seq += 1
                if lot.lives(now):
                    # The lot has moved house: what comes back goes on from it, for its turn and for its sale.
                    made = replace(lot, left=home, held=0, waits=False, seq=self.seq, origin=lot.origin or lot)
                else:
                    ends = after(now.astimezone(ZONE).date() + dt.timedelta(days=GRACE_DAYS))
                    made = Lot(lot.currency, home, now, now, ends, self.seq, lot.home, funder=lot.funder)
                account.lots.append(made)
        self.pay_debt(account, POINTS)

    def is_whole(self, number: int, now: dt.datetime) -> bool:
        """Whether all that a sale was paid with lives where it was, and would stay there if it came back."""
        account, uses = self.at(self.sales[number].member), self.sales[number].uses
        self.pass_time(account, now)
        return not (uses and account.owes.get(POINTS, 0)) and all(
            lot.lives(now) and self.stands(account, lot) for lot, _ in uses
        )

    def stands(self, account: Account, lot: Lot) -> bool:
        """Whether a lot is where it was: here, and not empty beside what goes on from it."""
        heirs = [one for one in account.lots if one.origin is lot]
        return any(lot is one for one in account.lots) and bool(lot.left or not heirs)

    def is_still(self, member: int, since: dt.datetime, until: dt.datetime) -> bool:
        """Whether time alone does nothing to an account between two moments."""
        account = self.at(member)
        moments = [moment for lot in account.lots for moment in (lot.begins, lot.ends) if moment is not None]
        moments += [hold.ends for hold in account.holds.values()]
        return not any(since < moment <= until for moment in moments)

    def reverse(self, account: Account, sale: int, funder: str, points: int) -> None:
        """Its own pending points, its own lot, others, a debt, or written off (L5 to L7); each funder's apart."""
        own = [lot for lot in account.lots if (lot.sale, lot.funder) == (sale, funder)]
        for lot in own:
            if lot.waits:
                part = min(lot.left, points)
                lot.left -= part
                points -= part
        if self.climate.negative == "pending_only":
            return
        usable = self.usable(account, POINTS)
        first = [lot for lot in usable if (lot.sale, lot.funder) == (sale, funder)]
        points -= sum(part for _, part in self.take(account, POINTS, points, first))
        if self.climate.negative == "own_lot":
            return
        points -= sum(part for _, part in self.take(account, POINTS, points))
        if self.climate.negative == "arrears":
            owes = account.owes.get(POINTS, 0)
            most = points if self.climate.ceiling is None else max(self.climate.ceiling - owes, 0)
            account.owes[POINTS] = owes + min(points, most)

    # Holds (L27, L56, L57).

    def hold(self, member: int, points: int, ttl: dt.timedelta, number: int, now: dt.datetime) -> str | None:
        account = self.at(member)
        self.pass_time(account, now)
        if ttl > HOLD_LONGEST:
            return "hold_too_long"
        if points > self.active(account, POINTS):
            return "insufficient_points"
        pins = self.chosen(self.usable(account, POINTS), points)
        for lot, part in pins:
            lot.held += part
        account.holds[number] = Hold(POINTS, pins, now, now + ttl)
        return None

    def open_hold(self, account: Account, number: int) -> Hold | str:
        hold = account.holds.get(number)
        if hold is None:
            return "hold_not_found"
        if hold.state == "expired":
            return "hold_expired"
        return hold if hold.state == "open" else "hold_closed"

    def capture(self, member: int, number: int, points: int | None, now: dt.datetime) -> str | None:
        account = self.at(member)
        self.pass_time(account, now)
        hold = self.open_hold(account, number)
        if isinstance(hold, str):
            return hold
        points = hold.amount if points is None else points
        if points > hold.amount:
            return "capture_exceeds_hold"
        order = self.usable_pins(hold)
        rest = []
        for lot, part in order:
            used = min(part, points)
            points -= used
            lot.held -= used
            lot.left -= used
            if part > used:
                rest.append((lot, part - used))
        hold.pins = rest
        self.let_go(account, hold, now, "captured")
        return None

    def usable_pins(self, hold: Hold) -> list[tuple[Lot, int]]:
        never = dt.datetime.max.replace(tzinfo=dt.UTC)
        if self.climate.oldest_first:
            return sorted(hold.pins, key=lambda pin: (pin[0].earned_at, pin[0].ends or never, pin[0].seq))
        return sorted(hold.pins, key=lambda pin: (pin[0].ends or never, pin[0].earned_at, pin[0].seq))

    def void(self, member: int, number: int, now: dt.datetime) -> str | None:
        account = self.at(member)
        self.pass_time(account, now)
        hold = self.open_hold(account, number)
        if isinstance(hold, str):
            return hold
        self.let_go(account, hold, now, "voided")
        return None

    def extend(self, member: int, number: int, ttl: dt.timedelta, new: int, now: dt.datetime) -> str | None:
        """What a hold pins goes over to a new one, which ends within the longest time since it was placed, and never
        before the old one would have ended."""
        account = self.at(member)
        self.pass_time(account, now)
        hold = self.open_hold(account, number)
        if isinstance(hold, str):
            return hold
        if now + ttl > hold.placed_at + HOLD_LONGEST:
            return "hold_too_long"
        account.holds[new] = Hold(hold.currency, hold.pins, hold.placed_at, max(now + ttl, hold.ends))
        hold.pins, hold.state = [], "extended"
        return None

    # By hand, exchange, transfer.

    def adjust(self, member: int, points: int, now: dt.datetime) -> str | None:
        account = self.at(member)
        self.pass_time(account, now)
        if points < 0:
            if -points > self.active(account, POINTS):
                return "insufficient_points"
            self.take(account, POINTS, -points)
        else:
            self.give(account, points, now, home=member, since=now)
        return None

    def exchange(self, member: int, points: int, now: dt.datetime) -> str | None:
        """Three points a mile; what makes no whole one stays (L76)."""
        account = self.at(member)
        self.pass_time(account, now)
        if points > self.active(account, POINTS):
            return "insufficient_points"
        if points < 3:
            return "points_least"
        bore: dict[str, int] = {}
        for lot, part in self.take(account, POINTS, points - points % 3):
            bore[lot.funder] = bore.get(lot.funder, 0) + part
        # Each funder's points stay that funder's.
        for funder, part in zip(bore, spread(points // 3, list(bore.values())), strict=True):
            if part:
                self.put(account, Lot(MILES, part, now, now, None, 0, member, funder=funder))
        return None

    def send(self, member: int, to: int, points: int, now: dt.datetime) -> str | None:
        """Lots with their dates; never while something is owed (L35, L36)."""
        account, there = self.at(member), self.at(to)
        self.pass_time(account, now)
        self.pass_time(there, now)
        if account is there:
            return "transfer_to_oneself"
        if points < 2:
            return "transfer_too_small"
        if account.owes.get(POINTS, 0):
            return "not_transferable"
        if points + self.climate.fee > self.active(account, POINTS):
            return "insufficient_points"
        for lot, part in self.take(account, POINTS, points):
            self.seq += 1
            # Not earned: it is whose account it is that was given something, whatever card was named (L66).
            home = self.homes.get(to, to)
            sent = Lot(POINTS, part, lot.earned_at, lot.begins, lot.ends, self.seq, home, funder=lot.funder)
            there.lots.append(sent)
        self.take(account, POINTS, self.climate.fee)
        self.pay_debt(there, POINTS)
        return None

    # Two who are one (L63 to L66).

    def merge(self, member: int, into: int, now: dt.datetime) -> str | None:
        account, there = self.at(member), self.at(into)
        self.pass_time(account, now)
        self.pass_time(there, now)
        moved: dict[int, Lot] = {}
        for lot in account.lots:
            # What is empty has nothing that could move.
            if lot.left:
                self.seq += 1
                moved[id(lot)] = replace(lot, seq=self.seq, origin=lot.origin or lot)
                lot.left = lot.held = 0
        there.lots += moved.values()
        for number, hold in account.holds.items():
            if hold.state == "open":
                hold.pins = [(moved[id(lot)], part) for lot, part in hold.pins]
                there.holds[number] = hold
        for currency, owes in account.owes.items():
            there.owes[currency] = there.owes.get(currency, 0) + owes
        for currency in (POINTS, MILES):
            self.pay_debt(there, currency)
        there.spent_money += account.spent_money
        # The higher of two tiers, or what both have bought for together comes to.
        there.gold = there.gold or account.gold or (self.climate.gold and there.spent_money >= GOLD_FROM)
        self.accounts[self.homes.get(member, member)] = Account(lots=account.lots, holds=account.holds)
        self.homes[member] = self.homes.get(into, into)
        return None

    def unmerge(self, member: int, now: dt.datetime) -> str | None:
        """Lots go home by origin (L66), unless an open hold pins some of them."""
        there = self.at(member)
        self.pass_time(there, now)
        holds = [hold for hold in there.holds.values() if hold.state == "open"]
        if any(lot.home == member for hold in holds for lot, _ in hold.pins):
            return "holds_open"
        del self.homes[member]
        before = self.accounts[member]
        account = Account(lots=before.lots)
        self.accounts[member] = account
        # A hold that went along is over here, whatever became of it there.
        account.holds = {
            number: replace(hold, pins=[], state="moved" if number in there.holds else hold.state)
            for number, hold in before.holds.items()
        }
        for lot in [lot for lot in there.lots if lot.home == member and lot.free]:
            self.seq += 1
            account.lots.append(replace(lot, left=lot.free, held=0, seq=self.seq, origin=lot.origin or lot))
            lot.left = lot.held
        return None

    # What is seen.

    def balance(self, member: int, currency: str, now: dt.datetime) -> tuple[int, int, int, int]:
        """Active, pending, held, owed."""
        account = self.at(member)
        self.pass_time(account, now)
        mine = [lot for lot in account.lots if lot.currency == currency]
        return (
            sum(lot.free for lot in mine if not lot.waits),
            sum(lot.left for lot in mine if lot.waits),
            sum(lot.held for lot in mine),
            account.owes.get(currency, 0),
        )

    def lots(self, member: int, currency: str) -> list[tuple[str, int, int, bool, str]]:
        """End, what is left, what of it is held, whether it waits, who pays for it: of each lot, in one order."""
        return sorted(
            (str(lot.ends), lot.left, lot.held, lot.waits, lot.funder)
            for lot in self.at(member).lots
            if lot.currency == currency and lot.left
        )
