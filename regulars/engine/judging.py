"""Judging a return: the earning part is decided again over what is left of the sale, under the release and the values
of its day (L1, L2).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from uuid import UUID

from msgspec.structs import replace

from regulars.engine import (
    budgets,
    earning,
    foreign,
    limits,
    lines,
    periods,
    pinning,
    recording,
    refusals,
    remaining,
    repricing,
)
from regulars.engine.compiled import Compiled, TypePlan
from regulars.engine.contracts.activity import Activity, Reversal
from regulars.engine.contracts.known import Sale
from regulars.engine.dealing_refusals import DealUndone, NotSuchADeal
from regulars.engine.earning import Claim, Outcome
from regulars.engine.effects import PointsPlan
from regulars.engine.offers import plans as offers
from regulars.engine.recording import PaidWith, Recorded, Took
from regulars.engine.remaining import Back, Left
from regulars.engine.rules import RulePlan
from regulars.engine.scope import LineScope, Scope
from regulars.engine.state import MemberState
from regulars.engine.work import Work
from regulars.kit import ids
from regulars.kit.money import spread
from regulars.program.contracts.effects import OnReversal

Effect = tuple[int, int]
"""The number of a rule in the release of the sale, and the place of its effect."""


class Judged:
    """What is left of a sale at some time, and what it earns: points of each effect, whole and for each line of the
    sale.
    """

    __slots__ = ("claims", "fired", "outcome", "parts", "points", "rest", "scope", "to_review")

    def __init__(self, rest: list[Left], scope: Scope) -> None:
        self.rest = rest
        self.scope = scope
        self.points: dict[Effect, int] = {}
        self.parts: dict[Effect, list[int]] = {}
        self.claims: dict[Effect, Claim] = {}
        self.fired: set[int] = set()
        self.outcome: Outcome | None = None
        self.to_review: set[Effect] = set()

    @property
    def is_empty(self) -> bool:
        """Whether nothing is left: the sale counts no more."""
        return not any(one.is_there for one in self.rest)


class Judge:
    """One sale, as its release and the values of its day see it."""

    __slots__ = ("compiled", "cut", "plan", "recorded", "sale", "sale_day", "shelf")

    def __init__(self, compiled: Compiled, sale: Activity, recorded: bytes) -> None:
        self.compiled = compiled
        self.recorded: Recorded = recording.decode(recorded)
        self.shelf = sale
        """The sale at the prices of the shelf."""
        self.sale = repricing.net(sale, self.recorded.priced)
        """The sale at the prices that were paid: units come back at what was paid for them."""
        self.plan: TypePlan = compiled.type(sale.type)
        self.sale_day: dt.date = periods.local_date(sale.occurred_at, compiled.zone)
        self.cut: frozenset[Effect] = frozenset()
        """Effects with a carry of which a cap or limit cut off whole points: they are judged like those without one, or
        a return would take what was never given."""

    def carries(self, effect: Effect) -> bool:
        """Whether what an effect of this sale gave went through its carry."""
        return self.plan_of(effect).carry and effect not in self.cut

    def judged(self, back: Back, *, explains: bool = False) -> Judged:
        """What the sale earns when so much of it came back."""
        whole = not self.sale.lines
        rest = self.rest(back)
        judged = Judged(rest, scope_of(self, rest, groups=self.compiled.groups))
        if (whole and back.whole) or (not whole and judged.is_empty):
            self._keep(judged)
            return judged
        outcome = earning.run(
            self._rules(judged.scope, explains=explains),
            judged.scope,
            groups=self.plan.groups,
            member=MemberState(id=b"", joined_day=0, enrolled_ms=0),
            zone=self.compiled.zone,
            day=self.sale_day,
            explains=explains,
        )
        judged.outcome = outcome
        self._cut(outcome, judged.scope)
        judged.fired = {firing.rule.number for firing in outcome.firings} | self._discounted(rest)
        places = [one.place for one in rest if one.is_there]
        for claim in outcome.claims:
            effect = (claim.rule.number, claim.place)
            judged.claims[effect] = claim
            if claim.points:
                judged.points[effect] = claim.points
                judged.parts[effect] = _placed(claim.parts, places, len(self.sale.lines))
        self._keep(judged)
        return judged

    def rest(self, back: Back) -> list[Left]:
        """What is left of the sale when so much of it came back, at what it cost; and more, where a discount was lost
        with it.
        """
        rest = remaining.left(self.sale, back)
        if back.withheld > 0:
            repricing.charge(rest, self.recorded.priced, back.withheld)
        return rest

    def _discounted(self, rest: list[Left]) -> set[int]:
        """The rules whose discount still stands on something that is left."""
        taken = self.recorded.priced.taken if self.recorded.priced is not None else ()
        there = {one.place for one in rest if one.is_there}
        return {one.rule for one in taken if any(cut and place in there for place, cut in enumerate(one.cuts))}

    def _rules(self, scope: Scope, *, explains: bool) -> list[RulePlan]:
        # How often a rule may fire was decided with the sale: what had used itself up then does not come back now.
        fired = set(self.recorded.fired)
        rules = self.plan.with_carried(self.plan.rules, scope)
        # Whoever asks why wants to hear of the carriers, too, that counted and did nothing.
        return [
            rule
            for rule in rules
            if not rule.is_rationed or rule.number in fired or (explains and rule.carrier is not None)
        ]

    def _cut(self, outcome: Outcome, scope: Scope) -> None:
        rooms = self.recorded.rooms
        if rooms:
            for firing in outcome.firings:
                if firing.rule.name in rooms:
                    earning.cut_to(firing.claims, rooms[firing.rule.name], f"rules.{firing.rule.name}")
            for limit in self.plan.cutting_limits:
                if limit.by in rooms:
                    limits.cut_to(limit, limits.counted(limit, outcome.claims, scope), rooms[limit.by])
            budgets.cut_again(outcome, rooms)
        earned: dict[str, int] = {}
        for given in self.recorded.gives:
            currency = self.plan_of((given.rule, given.effect)).currency.name
            earned[currency] = earned.get(currency, 0) + given.points
        for currency in {claim.currency for claim in outcome.claims}:
            mine = [
                claim
                for claim in outcome.claims
                if claim.currency == currency and not self.carries((claim.rule.number, claim.place))
            ]
            for name in (f"currencies.{currency}", f"currencies.{currency}.largest_balance"):
                if name in rooms:
                    earning.cut_to(mine, rooms[name], name)
            # Between 0 and what was earned (L2): what is left of a sale never earns more than the whole did.
            earning.cut_to(mine, earned.get(currency, 0), f"currencies.{currency}")

    def _keep(self, judged: Judged) -> None:
        for given in self.recorded.gives:
            effect = (given.rule, given.effect)
            mode = self.plan_of(effect).definition.on_reversal
            if mode is OnReversal.REVERSE:
                continue
            if mode is OnReversal.REVIEW and judged.points.get(effect, 0) < given.points:
                judged.to_review.add(effect)
            judged.points[effect] = given.points
            judged.parts[effect] = list(given.parts)

    def plan_of(self, effect: Effect) -> PointsPlan:
        """What an effect of the sale's release gives."""
        rule = self.compiled.rules[effect[0]]
        if not rule.ready:
            rule.prepare()
        return next(plan for place, plan in rule.points if place == effect[1])


class TakingBack(Judge):
    """One return under way."""

    __slots__ = ("after", "back", "before", "counted", "earlier", "returns", "undone", "untaken", "work")

    def __init__(self, work: Work, compiled: Compiled, sale: Sale) -> None:
        super().__init__(compiled, sale.activity, sale.decision)
        self.work = work
        self.returns = sale.returns
        before = self.earlier = came_back(sale)
        reversal = work.activity.reverses
        if reversal is None:
            raise ValueError("an activity that reverses nothing takes nothing back")
        self.undone: Recorded | None = None
        """The return that is undone, where that is what is done."""
        if reversal.undoes is not None:
            self.undone = undone(sale, reversal)
            self._check_order(sale, reversal.undoes)
        self.untaken: list[Took] = _untaken(sale, self.undone) if self.undone is not None else []
        """What this and earlier undone returns took and is not there again yet."""
        if self.undone is not None and self.undone.back is not None:
            self.back: Back = remaining.undone(self.undone.back)
        elif work.activity.type in compiled.settles and reversal.lines == () and reversal.amount is None:
            if not (work.activity.lines or work.activity.total):
                raise refusals.MissingPart(type=work.activity.type, part="settled")
            # What was authorised and is not settled comes back; the total says how much is settled (L23).
            self.back = remaining.unsettled(self.sale, before, work.activity.total)
        else:
            asked = foreign.at_home(reversal, work.activity, sale, money=compiled.money)
            self.back = remaining.asked(self.sale, before, asked)
        withheld = repricing.withheld(self, before, self.back, undoes=self.undone is not None)
        self.back = replace(self.back, withheld=withheld)
        self.cut = self._cut_off(self.judged(Back()))
        self.before: Judged = self.judged(before)
        rest = remaining.total((before, self.back))
        self.after: Judged = self.judged(rest)
        for judged, back in ((self.before, before), (self.after, rest)):
            if back == Back():
                # Nothing came back: what the sale gave stands in its record, whatever is worked out again now.
                for given in self.recorded.gives:
                    judged.points[given.rule, given.effect] = given.points
                    judged.parts[given.rule, given.effect] = list(given.parts)
        self.counted = recording.counts(self.recorded, [data for _, data in sale.returns])
        """Whether the sale is in the numbers: not while it waits to be approved, nor when it was rejected."""
        if recording.verdict(data for _, data in sale.returns) == recording.REJECTED:
            # What a person took back already is not taken back again.
            for judged in (self.before, self.after):
                judged.points.clear()
                judged.parts.clear()
                judged.claims.clear()

    def _check_order(self, sale: Sale, undoes: UUID) -> None:
        """Where a later return took as units what this one took as money, it cannot be told what comes again. Raises
        LaterReturnFirst."""
        spoken = [(one.activity_id, said) for one, _ in sale.returns if (said := one.reverses) is not None]
        over = {said.undoes for _, said in spoken}
        standing = [back for back, said in spoken if said.undoes is None and back not in over]
        if standing[-1:] != [undoes] and remaining.overlaps(self.sale, self.earlier):
            raise refusals.LaterReturnFirst(later=ids.to_wire("act", standing[-1]))

    def _cut_off(self, whole: Judged) -> frozenset[Effect]:
        gave = {(given.rule, given.effect): given.points for given in self.recorded.gives}
        return frozenset(
            effect
            for effect, claim in whole.claims.items()
            if self.plan_of(effect).carry and gave.get(effect, 0) < claim.exact.num // claim.exact.den
        )

    @property
    def is_approved(self) -> bool:
        """Whether the sale waited for a person, who said yes."""
        said = recording.verdict(data for _, data in self.returns)
        return self.recorded.waits != recording.NOTHING_WAITS and said == recording.APPROVED

    @property
    def takes_all(self) -> bool:
        """Whether nothing is left of the sale."""
        return self.after.is_empty if self.sale.lines else self.back.whole

    @property
    def brings_all(self) -> bool:
        """Whether nothing was left of the sale before, and something is now (L18)."""
        return self.before.is_empty if self.sale.lines else self.back.again


def undone(sale: Sale, reversal: Reversal) -> Recorded:
    """The return that is undone, which nobody undid before. Raises ReturnUndoneWhole, DealUndone, NotSuchADeal."""
    if reversal.lines or reversal.amount is not None:
        raise refusals.ReturnUndoneWhole
    found = None
    for activity, data in sale.returns:
        spoken = activity.reverses
        if spoken is not None and spoken.undoes == reversal.undoes:
            raise DealUndone
        if activity.activity_id == reversal.undoes and spoken is not None and spoken.undoes is None:
            found = recording.decode(data)
    if found is None or found.back is None:
        raise NotSuchADeal
    return found


def _untaken(sale: Sale, undone: Recorded) -> list[Took]:
    """What an undone return took, after what is left of those that were undone before it: a threshold that the first
    of them lost may only be reached again with the last (L3)."""
    records = [recording.decode(data) for one, data in sale.returns if one.reverses is not None and one.reverses.undoes]
    return [*(records[-1].took if records else ()), *undone.took]


def came_back(sale: Sale) -> Back:
    """All that earlier returns brought back of a sale."""
    return remaining.total(back for _, data in sale.returns if (back := recording.decode(data).back) is not None)


def _placed(parts: Sequence[int], places: Sequence[int], count: int) -> list[int]:
    placed = [0] * count
    for part, place in zip(parts, places, strict=False):
        placed[place] = part
    return placed


def scope_of(taking: Judge, rest: Sequence[Left], *, groups: lines.Groups) -> Scope:
    """The sale as if only the rest had been bought, with the values of its day."""
    sale, compiled = taking.sale, taking.compiled
    there = [one for one in rest if one.is_there]
    activity = replace(
        sale,
        lines=tuple(one.now() for one in there),
        total=sum(one.amount + one.more for one in there),
        payments=remaining.payments(sale, there),
    )
    pinned = (taking.plan.pins, taking.recorded.pins)
    scope = Scope(
        activity,
        lines=[LineScope.of(line) for line in activity.lines],
        member=pinning.member(compiled, *pinned, member_id=sale.member_id, at=sale.occurred_at, day=taking.sale_day),
        zone=compiled.zone,
        money=compiled.money,
    )
    pinning.show_others(scope, *pinned)
    scope.carried = offers.restored(compiled.offers, taking.recorded.carried)
    earning = {with_.currency for with_ in taking.recorded.paid if with_.earns}
    paid = still_paid(taking.recorded.paid, rest)
    for one, line in zip(there, scope.basket.lines, strict=True):
        mine = [(currency, amount) for place, currency, _, amount in paid if place == one.place]
        line.paid = sum(amount for _, amount in mine)
        line.paid_earning = sum(amount for currency, amount in mine if currency in earning)
    repricing.show(scope, there, taking.recorded.priced)
    lines.find_groups(scope, groups)
    scope.took = repricing.took(compiled, taking.plan, scope, taking.recorded.priced, day=taking.sale_day)
    return scope


def still_paid(paid: Sequence[PaidWith], rest: Sequence[Left]) -> list[tuple[int, str, int, int]]:
    """(place, currency, points, amount) that points still pay of what is left.

    What came back of a line is split between its tenders by largest remainder, as a sum over all returns (L11). What is
    withheld, since a discount was lost, is withheld of the money first.
    """
    found = []
    money = 0
    for one in rest:
        money += one.line.amount - one.amount
        tenders = [
            (with_.currency, points, amount)
            for with_ in paid
            for place, points, amount in with_.lines
            if place == one.place
        ]
        if not tenders:
            continue
        bought = one.line.amount
        in_money = bought - sum(amount for _, _, amount in tenders)
        returned = spread(bought - one.amount, [in_money, *(amount for _, _, amount in tenders)])[1:]
        for (currency, points, amount), part in zip(tenders, returned, strict=True):
            gone = points if part >= amount else points * part // amount
            found.append((one.place, currency, points - gone, amount - part))
            money -= part
    short = sum(one.more for one in rest) - money
    return _with_withheld(found, paid, short) if short > 0 else found


def _with_withheld(
    found: list[tuple[int, str, int, int]], paid: Sequence[PaidWith], short: int
) -> list[tuple[int, str, int, int]]:
    """What points still pay where less of them comes back than their share: `short` is worth so much money."""
    whole = {(place, with_.currency): (points, amount) for with_ in paid for place, points, amount in with_.lines}
    made = []
    for place, currency, points, amount in found:
        all_points, all_amount = whole[place, currency]
        more = min(short, all_amount - amount)
        short -= more
        still = amount + more
        # The points that came back are worth no more than the money that they stand for.
        kept = points if not more else all_points - (all_amount - still) * all_points // all_amount
        made.append((place, currency, kept, still))
    return made
