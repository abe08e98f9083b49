"""Returns: what is reversed is the difference between what was left of the sale before and after, so that any split of
a
return ends at the same points.

Metrics and caps go back to the day of the sale; points paid go back to the lots they came from.
"""

from __future__ import annotations

from regulars.engine import (
    at_till,
    budgets,
    caps,
    counting,
    earning,
    offer_returns,
    remaining,
    repricing,
    undoing,
    voucher_returns,
    words,
)
from regulars.engine import state as states
from regulars.engine.actions import RECEIPT
from regulars.engine.budget_plans import USES
from regulars.engine.compiled import Compiled
from regulars.engine.contracts.decision import Fired, Message, PaidLine
from regulars.engine.contracts.points import Book, EntryKind, LotId
from regulars.engine.earning import CARRY, Claim
from regulars.engine.effects import PointsPlan
from regulars.engine.judging import Effect, Judged, TakingBack, still_paid
from regulars.engine.metrics import contribution
from regulars.engine.points import earning as purses
from regulars.engine.points import reversing, settling, spending
from regulars.engine.points.purse import Purse
from regulars.engine.recording import PaidWith
from regulars.engine.scope import EntryScope
from regulars.kit import ids
from regulars.kit.money import spread
from regulars.language import contracts as language
from regulars.program.contracts.effects import Give
from regulars.program.contracts.values import Ratio, Share


def recount(taking: TakingBack, compiled: Compiled) -> None:
    """Metrics and caps as if only the rest had been bought, on the day of the sale (L4, L44)."""
    work, before, after = taking.work, taking.before, taking.after
    for metric in compiled.activity_metrics if taking.counted else ():
        if not compiled.counts(metric, taking.sale.type):
            continue
        old = None if _gone(taking, before) else contribution.of(metric, before.scope)
        new = None if _gone(taking, after) else contribution.of(metric, after.scope)
        if old == new:
            continue
        for part, sign in ((old, -1), (new, 1)):
            if part is not None:
                counting.add(work, compiled, metric, part, sign=sign, of=taking.sale)
    if _gone(taking, after) or _gone(taking, before):
        for metric in compiled.member_metrics:
            if metric.activity == taking.sale.type:
                work.numbers.recount.add(metric.name)
    for effect, points in _reversed(taking).items():
        _give_room(taking, effect, points)
    for number in taking.recorded.fired:
        was, is_now = number in before.fired, number in after.fired
        rule = taking.compiled.rules[number]
        for period in rule.definition.per_member if was != is_now else ():
            caps.add(work.member.used, f"{rule.name}#", period, taking.sale_day, 1 if is_now else -1)
        if was != is_now:
            budgets.give_back(work, taking.compiled, budgets.path_of(rule), USES, -1 if is_now else 1, of=taking.sale)
        if rule.definition.cooldown is not None and was != is_now:
            moved = caps.mark if is_now else caps.unmark
            moved(work.member.used, f"rules.{rule.name}", states.ms(taking.sale.occurred_at))
    offer_returns.take_back(taking, compiled)
    at_till.take_back(taking)
    for limit in taking.plan.cooling_limits if _gone(taking, after) != _gone(taking, before) else ():
        moved = caps.unmark if _gone(taking, after) else caps.mark
        moved(work.member.used, limit.by, states.ms(taking.sale.occurred_at))


def _gone(taking: TakingBack, judged: Judged) -> bool:
    return taking.takes_all if judged is taking.after else taking.brings_all


def _give_room(taking: TakingBack, effect: Effect, points: int) -> None:
    rule, used = taking.compiled.rules[effect[0]], taking.work.member.used
    for period in rule.definition.caps:
        caps.add(used, rule.name, period, taking.sale_day, -points)
    policy = taking.plan_of(effect).currency
    for limit in policy.caps:
        caps.add(used, f"currencies.{policy.name}", limit.period, taking.sale_day, -points)
    budgets.give_back(taking.work, taking.compiled, budgets.path_of(rule), policy.name, points, of=taking.sale)


def _reversed(taking: TakingBack) -> dict[Effect, int]:
    """Points that each effect gives back now (below 0: gives more), but those with a carry."""
    before = taking.before.points
    effects = {*before, *taking.after.points}
    found = {}
    for effect in sorted(effects):
        if taking.carries(effect):
            continue
        points = before.get(effect, 0) - taking.after.points.get(effect, 0)
        if points:
            found[effect] = points
    return found


def post(taking: TakingBack, compiled: Compiled) -> tuple[list[PaidLine], list[EntryScope]]:
    """Give back the points that were paid, then take back those that were earned.

    Says what was given back of each line (below 0), and the earnings that are undone, for metrics over entries. Raises
    LotsNeeded.
    """
    taking.work.returned = taking.before.scope.basket.total - taking.after.scope.basket.total
    if taking.back.withheld > 0:
        amount = words.plain(taking.back.withheld, language.Amount(compiled.money_scale))
        taking.work.messages.append(Message(to=RECEIPT, code="discount.lost", fields={"amount": amount}))
    repricing.give_back(taking.work, taking, taking.earlier, remaining.total((taking.earlier, taking.back)))
    began = len(taking.work.purse.entries)
    # What an undone return took is there again before what it gave back is paid again.
    refunded = [] if taking.undone is not None else _refund_all(taking)
    undone = _fire(taking, compiled)
    for currency, lots in _lots(taking).items():
        for n, points in lots.items():
            _take_from(taking, currency, n, points)
    undone += _carried(taking, compiled)
    if taking.undone is not None:
        refunded = _refund_all(taking)
    if taking.undone is None:
        taking.work.took = undoing.taken(taking.work.purse.entries[began:])
    else:
        taking.work.took = tuple(one for one in taking.untaken if one.points)
    _settle(taking, compiled)
    _ask_for_review(taking)
    voucher_returns.take_back(taking)
    return refunded, undone


def _settle(taking: TakingBack, compiled: Compiled) -> None:
    """Points that waited for this type of activity become active, as far as they were not taken back (L23); and those
    that a person said yes to, where a return is undone."""
    currencies = compiled.settles.get(taking.work.activity.type, ())
    said_yes = taking.undone is not None and taking.is_approved
    for part in taking.recorded.lots:
        if part.currency in currencies or said_yes:
            lots = [LotId(taking.sale.activity_id, n) for n, _ in part.lots]
            settling.settle(taking.work.purse, part.currency, lots)


def _refund_all(taking: TakingBack) -> list[PaidLine]:
    return [line for with_ in taking.recorded.paid for line in _refund(taking, with_)]


def _refund(taking: TakingBack, with_: PaidWith) -> list[PaidLine]:
    before = {
        place: (points, amount)
        for place, currency, points, amount in still_paid(taking.recorded.paid, taking.before.rest)
        if currency == with_.currency
    }
    after = {
        place: (points, amount)
        for place, currency, points, amount in still_paid(taking.recorded.paid, taking.after.rest)
        if currency == with_.currency
    }
    lines = [
        PaidLine(taking.sale.lines[place].no, with_.currency, now[0] - was[0], now[1] - was[1])
        for place, was in before.items()
        if (now := after.get(place, (0, 0))) != was
    ]
    points = -sum(line.points for line in lines)
    if with_.house:
        # The house bore them, so it is the house that has them back.
        _settle_house(taking.work.purse, with_.currency, points)
    elif points > 0:
        uses = undoing.uses_left(taking, with_)
        owed = reversing.forgive(taking.work.purse, with_.currency, points - sum(use.amount for use in uses))
        spending.refund(taking.work.purse, with_.currency, points - owed, uses=uses)
    elif points < 0:
        first = undoing.uses_back(taking, with_)
        charged = reversing.charge(taking.work.purse, with_.currency, -points, first=first)
        taking.work.dealt[with_.currency] = charged
    return lines


def _settle_house(purse: Purse, currency: str, points: int) -> None:
    if points > 0:
        purse.post(currency, EntryKind.REFUND, Book.SPENT, Book.WRITTEN_OFF, points)
    elif points < 0:
        purse.post(currency, EntryKind.WRITE_OFF, Book.WRITTEN_OFF, Book.SPENT, -points)


def _fire(taking: TakingBack, compiled: Compiled) -> list[EntryScope]:
    undone = []
    for effect, points in _reversed(taking).items():
        count = len(taking.sale.lines)
        was, now = taking.before.parts.get(effect, [0] * count), taking.after.parts.get(effect, [0] * count)
        plan = taking.plan_of(effect)
        rule = taking.compiled.rules[effect[0]]
        taking.work.fired.append(
            Fired(
                rule=rule.name,
                effect=effect[1],
                currency=plan.currency.name,
                points=-points,
                per_line=tuple(
                    (line.no, there - before)
                    for line, before, there in zip(taking.sale.lines, was, now, strict=False)
                    if there != before
                ),
            )
        )
        undone += counting.earned_by(compiled, plan, rule.name, -points)
    return undone


def _lots(taking: TakingBack) -> dict[str, dict[int, int]]:
    """By currency and lot of the sale: points to take back now (below 0: to give again)."""
    before, after = _taken(taking, taking.before), _taken(taking, taking.after)
    found: dict[str, dict[int, int]] = {}
    for (currency, n), points in after.items():
        now = points - before.get((currency, n), 0)
        if now:
            found.setdefault(currency, {})[n] = now
    return found


def _taken(taking: TakingBack, judged: Judged) -> dict[tuple[str, int], int]:
    """What is taken back of each lot of the sale in all, once only `judged` is left of it."""
    gives = taking.recorded.gives
    known = {(given.rule, given.effect) for given in gives}
    more: dict[str, int] = {}
    for effect, points in judged.points.items():
        plan = taking.plan_of(effect)
        if effect not in known and not taking.carries(effect):
            more[plan.currency.name] = more.get(plan.currency.name, 0) + points
    taken: dict[tuple[str, int], int] = {}
    for part in reversed(taking.recorded.lots):
        if not part.lots:
            # The largest balance left no room for any of it: nothing was given, so nothing is taken.
            continue
        back = 0
        for place in part.gives:
            effect = (gives[place].rule, gives[place].effect)
            if not taking.carries(effect):
                back += gives[place].points - judged.points.get(effect, 0)
        # Where another rule gives something for what is left, that much less is taken back.
        instead = min(max(back, 0), more.get(part.currency, 0))
        more[part.currency] = more.get(part.currency, 0) - instead
        back = max(back, 0) - instead
        for (n, _), points in zip(part.lots, spread(back, [granted for _, granted in part.lots]), strict=True):
            taken[part.currency, n] = taken.get((part.currency, n), 0) + points
    return taken


def _take_from(taking: TakingBack, currency: str, n: int, points: int) -> None:
    purse, lot_id = taking.work.purse, LotId(taking.sale.activity_id, n)
    (lot,) = purse.named([lot_id])
    if points > 0:
        reversing.reverse(purse, currency, points, lots=(lot_id,), rule=lot.rule)
        return
    rest = undoing.give_again(purse, currency, -points, taking.untaken, own=lot_id)
    if rest:
        funding = (Share(lot.funder, Ratio(1)),)
        purses.earn(purse, currency, rest, rule=lot.rule, funding=funding, cost=_cost_of(taking, currency, n))


def _cost_of(taking: TakingBack, currency: str, n: int) -> Ratio | None:
    """What a unit of a lot of the sale cost, where its effect says so."""
    for part in taking.recorded.lots:
        if part.currency == currency and part.gives and n in {one for one, _ in part.lots}:
            given = taking.recorded.gives[part.gives[0]]
            return _own_cost(taking.plan_of((given.rule, given.effect)))
    return None


def _own_cost(plan: PointsPlan) -> Ratio | None:
    return plan.definition.cost if isinstance(plan.definition, Give) else None


def _carried(taking: TakingBack, compiled: Compiled) -> list[EntryScope]:
    """Effects with a carry: what they gave goes back into the carry, which borrows whole points where it falls below 0
    (L49).
    """
    undone = []
    work = taking.work
    for effect in sorted({*taking.before.claims, *taking.after.claims}):
        plan = taking.plan_of(effect)
        if not taking.carries(effect):
            continue
        was, now = taking.before.claims.get(effect), taking.after.claims.get(effect)
        rule = taking.compiled.rules[effect[0]]
        name = earning.carry_key(rule, effect[1])
        change = _whole(now) - _whole(was)
        carried = work.member.carries.get(name, 0) + change
        points = carried // CARRY
        earning.set_carry(work.member, name, carried - points * CARRY)
        if not points:
            continue
        own = tuple(
            LotId(taking.sale.activity_id, n)
            for part in taking.recorded.lots
            if any(
                (given := taking.recorded.gives[place]).rule == effect[0] and given.effect == effect[1]
                for place in part.gives
            )
            for n, _ in part.lots
        )
        work.purse.require_lots(plan.currency.name)
        if points < 0:
            reversing.reverse(work.purse, plan.currency.name, -points, lots=own, rule=rule.name)
        elif rest := undoing.give_again(
            work.purse, plan.currency.name, points, taking.untaken, own=own[0] if own else None
        ):
            funding, cost = plan.definition.funding, _own_cost(plan)
            purses.earn(work.purse, plan.currency.name, rest, rule=rule.name, funding=funding, cost=cost)
        weighed = was or now
        places = [one.place for one in (taking.before if was else taking.after).rest if one.is_there]
        parts = spread(points, weighed.exact.weights) if weighed is not None else []
        work.fired.append(
            Fired(
                rule=rule.name,
                effect=effect[1],
                currency=plan.currency.name,
                points=points,
                per_line=tuple(
                    (taking.sale.lines[place].no, part) for place, part in zip(places, parts, strict=False) if part
                ),
            )
        )
        _give_room(taking, effect, -points)
        undone += counting.earned_by(compiled, plan, rule.name, points)
    return undone


def _whole(claim: Claim | None) -> int:
    return claim.exact.num * CARRY // claim.exact.den if claim is not None else 0


def _ask_for_review(taking: TakingBack) -> None:
    for effect in sorted(taking.after.to_review - taking.before.to_review):
        rule = taking.compiled.rules[effect[0]]
        points = next(given.points for given in taking.recorded.gives if (given.rule, given.effect) == effect)
        taking.work.hear(
            "case.opened",
            case="reversal",
            rule=rule.name,
            currency=taking.plan_of(effect).currency.name,
            points=points,
            sale=ids.to_wire("act", taking.sale.activity_id),
        )
