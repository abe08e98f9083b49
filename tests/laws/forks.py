"""The laws of the ledger on forks of a world: from the same state two ways are gone, and both must end alike.

Each takes `wrong`: then one of the ways is gone wrong, and whoever does not see it proves nothing.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from regulars.engine import service as engine
from tests.laws.kept import Kept
from tests.laws.pure_world import PureWorld

HOUR = dt.timedelta(hours=1)
MINUTE = dt.timedelta(minutes=1)


def fork(world: PureWorld) -> PureWorld:
    """The same world once more: what is done in one is not seen in the other."""
    made, town = PureWorld.__new__(PureWorld), Kept.__new__(Kept)
    town.__dict__ |= world.town.__dict__
    town.accounts, town.shared = {}, dict(world.town.shared)
    town.homes, town.arrived, town.heard = dict(world.town.homes), dict(world.town.arrived), dict(world.town.heard)
    town.under_way, town.history = list(world.town.under_way), list(world.town.history)
    for account_id, account in world.town.accounts.items():
        other = town.account(account_id)
        for name in ("state", "clock", "metric_day", "review_at", "count", "member_id"):
            setattr(other, name, getattr(account, name))
        for name in ("balances", "lots", "holds", "days", "done"):
            setattr(other, name, dict(getattr(account, name)))
        other.sold = {sale: list(returns) for sale, returns in account.sold.items()}
    made.town, made.sales, made.holds, made.left = town, list(world.sales), dict(world.holds), dict(world.left)
    return made


def picture(world: PureWorld, *whose: int) -> list[Any]:
    """What members see: balances, what ends when, and how much they have bought for."""
    found: list[Any] = []
    for one in whose:
        account = world.at(one)
        seen = engine.view(
            world.town.compiled,
            account.known(account.activity("tick")),
            member_id=account.member_id,
            at=world.town.now,
        )
        found.append(sorted((b.currency, b.active, b.pending, b.held, b.arrears) for b in seen.balances if _some(b)))
        found.append(seen.metrics["spend"])
        for currency in ("points", "miles"):
            ends: dict[str, int] = {}
            for end, left, held, waits, _ in world.lots(one, currency):
                for place, points in ((f"{end} waits" if waits else end, left - held), (f"{end} held", held)):
                    if points:
                        ends[place] = ends.get(place, 0) + points
            found.append(sorted(ends.items()))
    return found


def _some(balance: Any) -> bool:
    return bool(balance.active or balance.pending or balance.held or balance.arrears)


def caught_up(world: PureWorld, *whose: int) -> PureWorld:
    """A fork in which nothing waits for time to be written, so that lots can be compared."""
    made = fork(world)
    for one in whose:
        made.do(one, "tick")
    return made


def law_2(world: PureWorld, member: int, number: int, parts: Sequence[dict[int, int]], *, wrong: bool = False) -> None:
    """Many small returns equal one, in any order; `parts` are units by line."""
    whole: dict[int, int] = {}
    for part in parts:
        for line, units in part.items():
            whole[line] = whole.get(line, 0) + units
    at_once, in_parts = fork(world), fork(world)
    assert at_once.give_back(number, member, whole) is None
    for part in parts[1:] if wrong else parts:
        assert in_parts.give_back(number, member, part) is None
    assert picture(at_once, member) == picture(in_parts, member), "LAW2"


def law_4(world: PureWorld, member: int, into: int, *, wrong: bool = False) -> None:
    """Merge and unmerge is identity."""
    apart = caught_up(world, member, into)
    before = picture(apart, member, into)
    assert apart.merge(member, into) is None
    if wrong:
        assert apart.adjust(into, 7) is None
    assert apart.unmerge(member) is None
    assert picture(apart, member, into) == before, "LAW4"


def law_6(world: PureWorld, member: int, amounts: list[int], pay: int, *, wrong: bool = False) -> None:
    """A sale and its full return leave everything as if neither had happened; with points paid, that is spend and
    refund (LAW7)."""
    made = caught_up(world, member)
    before = picture(made, member)
    if made.buy(member, amounts, [1] * len(amounts), pay) is None:
        number = len(made.sales) - 1
        assert made.give_back(number, member, {0: 1} if wrong else None) is None
        assert picture(made, member) == before, "LAW6"


def law_7(world: PureWorld, member: int, points: int, *, wrong: bool = False) -> None:
    """Hold and capture is spend; hold and void is nothing."""
    spent, captured, voided = (caught_up(world, member) for _ in range(3))
    before = picture(voided, member)
    if spent.adjust(member, -points) is not None:
        return
    for one in (captured, voided):
        assert one.hold(member, points, 20 * HOUR, 1000) is None
    assert captured.capture(member, 1000, points - 1 if wrong else points) is None
    assert voided.void(member, 1000) is None
    assert picture(captured, member) == picture(spent, member), "LAW7"
    assert picture(voided, member) == before, "LAW7"


def law_8(world: PureWorld, member: int, hours: Sequence[int], *, wrong: bool = False) -> None:
    """When a sweeper runs, or whether, changes no balance at any moment."""
    swept, still = fork(world), fork(world)
    if wrong:
        swept.town.now += 24 * 400 * HOUR
        swept.do(member, "tick")
        swept.town.now = world.town.now
    for step in hours:
        for one in (swept, still):
            one.town.now += step * HOUR
        swept.do(member, "tick")
        seen = [[one.balance(member, name) for name in ("points", "miles")] for one in (swept, still)]
        assert seen[0] == seen[1], "LAW8"
    still.do(member, "tick")
    assert picture(swept, member) == picture(still, member), "LAW8"


def law_9(world: PureWorld, member: int, amounts: list[int], pay: int, *, wrong: bool = False) -> None:
    """The order of the lines of a basket changes nothing; that lines add up is looked at with each purchase."""
    straight, turned = fork(world), fork(world)
    units = [1] * len(amounts)
    first = straight.buy(member, amounts, units, pay)
    assert turned.buy(member, [*amounts[:0:-1], 1] if wrong else amounts[::-1], units, pay) == first, "LAW9"
    assert picture(straight, member) == picture(turned, member), "LAW9"


def law_10(world: PureWorld, member: int, to: int, parts: Sequence[int], *, wrong: bool = False) -> None:
    """A transfer in parts equals one, and there and back again is nowhere; of a program without a fee."""
    whole, pieces = caught_up(world, member, to), caught_up(world, member, to)
    if whole.send(member, to, sum(parts)) is not None:
        return
    for part in parts[1:] if wrong else parts:
        assert pieces.send(member, to, part) is None
    assert picture(whole, member, to) == picture(pieces, member, to), "LAW10"
    ring = fork(world)
    assert ring.send(member, 99, sum(parts)) is None
    assert ring.send(99, member, sum(parts)) is None
    assert picture(ring, member) == picture(caught_up(world, member), member), "LAW10"


def law_13(world: PureWorld, member: int, amounts: list[int], *, wrong: bool = False) -> None:
    """What a basket costs depends on nothing that it changes: all points that may pay for it are those of before."""
    made = fork(world)
    active = made.balance(member, "points")[0] + (1 if wrong else 0)
    assert made.buy(member, amounts, [1] * len(amounts), -1) is None
    account = made.at(member)
    _, decision, _ = account.done[account.last()]
    paid = sum(entry.amount for entry in decision.movement.entries if entry.kind.value == "spend")
    assert paid == min(active, sum(amounts)), "LAW13"
