"""Rules in a decision: who fires, what is cut, what is earned in which lots, what else then happens."""

from __future__ import annotations

from collections.abc import Sequence

from regulars.engine import budgets, cases, curbing, earning, words
from regulars.engine.compiled import Compiled, TypePlan
from regulars.engine.contracts.decision import Fired
from regulars.engine.earning import Claim, Outcome, Terms
from regulars.engine.points import earning as purses
from regulars.engine.rules import RulePlan
from regulars.engine.work import Work
from regulars.program.contracts.effects import HoldForReview


class LotPart:
    """Claims that became the same lots: `lots` are (number of the lot, points)."""

    __slots__ = ("claims", "currency", "lots")

    def __init__(self, currency: str, claims: list[Claim], lots: list[tuple[int, int]]) -> None:
        self.currency = currency
        self.claims = claims
        self.lots = lots


class Giving:
    """What the rules of one activity gave: kept with it, so that a return can take it back."""

    __slots__ = ("lots", "outcome", "rooms")

    def __init__(self, outcome: Outcome, rooms: dict[str, int], lots: list[LotPart]) -> None:
        self.outcome = outcome
        self.rooms = rooms
        self.lots = lots

    @property
    def claims(self) -> Sequence[Claim]:
        """All claims, in the order of their rules."""
        return self.outcome.claims


def give(
    work: Work,
    compiled: Compiled,
    plan: TypePlan,
    *,
    rules: Sequence[RulePlan] | None = None,
    groups: earning.Groups | None = None,
) -> Giving:
    """Run the rules of this activity (or some of them), earn what they give, do what they say. Raises LotsNeeded."""
    outcome = earning.run(
        _candidates(work, plan) if rules is None else rules,
        work.scope,
        groups=plan.groups if groups is None else groups,
        member=work.member,
        zone=compiled.zone,
        day=work.day,
        explains=work.explains,
    )
    rooms = cut(work, compiled, plan, outcome)
    curbing.watch(work, compiled, plan, outcome)
    _wait_for_review(work, outcome)
    lots = earn(work, outcome, rooms)
    earning.use_caps(outcome, member=work.member, day=work.day, at=work.scope.now)
    for claim in outcome.claims:
        if claim.points or claim.cuts:
            work.fired.append(fired(work, claim))
    for firing in outcome.firings if not work.asks_first else ():
        if firing.rule.carrier is not None:
            work.scope.carrier = work.scope.carried[firing.rule.carrier]
        for place, action in firing.rule.actions:
            action.act(work, firing.rule.name, place)
    return Giving(outcome, rooms, lots)


def _candidates(work: Work, plan: TypePlan) -> Sequence[RulePlan]:
    # Whoever asks why wants to hear of every rule.
    return plan.with_carried(plan.rules, work.scope) if work.explains else plan.candidates(work.scope)


def cut(work: Work, compiled: Compiled, plan: TypePlan, outcome: Outcome) -> dict[str, int]:
    """Cut claims to all caps and budgets; the rooms that were short, by what was short."""
    rooms = earning.cap_rules(outcome, used=work.member.used, day=work.day)
    rooms |= curbing.cut(work, compiled, plan, outcome)
    rooms |= budgets.cut(work, compiled, outcome)
    rooms |= earning.cap_currencies(outcome.claims, used=work.member.used, day=work.day)
    return rooms


def earn(work: Work, outcome: Outcome, rooms: dict[str, int]) -> list[LotPart]:
    """Earn what claims give, those with the same terms together."""
    by_terms: dict[Terms, list[Claim]] = {}
    for claim in outcome.claims:
        if claim.points:
            by_terms.setdefault(claim.terms(), []).append(claim)
    lots = [_earn(work, terms, claims, rooms) for terms, claims in by_terms.items()]
    budgets.settle(work, outcome)
    return lots


def _earn(work: Work, terms: Terms, claims: list[Claim], rooms: dict[str, int]) -> LotPart:
    currency, funding, expires, pending, cost = terms
    purse = work.purse
    wanted = sum(claim.points for claim in claims)
    before = {lot_id: purse.lots[lot_id].granted for lot_id in purse.made} if purse.made else {}
    earned = purses.earn(
        purse,
        currency,
        wanted,
        rule=claims[0].rule.name if len(claims) == 1 or _is_of_one_rule(claims) else None,
        funding=funding,
        expires=expires,
        pending=pending,
        waits=work.waits,
        cost=cost,
    )
    if earned.cut:
        name = f"currencies.{currency}.largest_balance"
        earning.cut_to(claims, wanted - earned.cut, name)
        rooms[name] = rooms.get(name, 0) + wanted - earned.cut
    lots = []
    for lot_id in sorted(purse.made):
        lot = purse.lots[lot_id]
        gained = lot.granted - before.get(lot_id, 0)
        if gained and lot.currency == currency:
            lots.append((lot_id.n, gained))
    return LotPart(currency, claims, lots)


def _is_of_one_rule(claims: Sequence[Claim]) -> bool:
    return len({claim.rule.number for claim in claims}) == 1


def fired(work: Work, claim: Claim) -> Fired:
    """A claim as the answer says it."""
    lines = work.scope.basket.lines
    return Fired(
        rule=claim.rule.name,
        effect=claim.place,
        currency=claim.currency,
        points=claim.points,
        per_line=tuple([(line.no, part) for line, part in zip(lines, claim.parts, strict=False) if part]),
        cuts=tuple(claim.cuts),
    )


def _wait_for_review(work: Work, outcome: Outcome) -> None:
    for firing in outcome.firings:
        if firing.rule.keeps_waiting:
            for effect in firing.rule.definition.effects:
                if isinstance(effect, HoldForReview):
                    work.waits = True
                    cases.open_case(
                        work, effect.hold, rule=firing.rule.name, then="hold", say=words.wording(effect.say)
                    )
